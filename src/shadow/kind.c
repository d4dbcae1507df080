/* shadow/kind.c - which values are secret, by their names and by what they look like, and what stands for them (D1). */
#include "shadow/shadow_int.h"

#define SHAPE_MAX 6             /* "opaque" */
#define MARK_SIZE 16            /* hex digits of a placeholder */
#define CODE_LEAST 3

static struct str
squeezed(char *room, size_t size, struct str name)
{
	size_t n = 0;

	for (size_t i = 0; i < name.n && n < size; i++)
		if (name.p[i] != '_' && name.p[i] != '-')
			room[n++] = ascii_lower(name.p[i]);
	return str_span(room, n);
}

enum shadow_kind
kind_of_name(struct str name)
{
	static const struct { struct str name; enum shadow_kind kind; } rows[] = {
#define NAME(name, kind) { { name, sizeof name - 1 }, KIND_##kind },
#include "shadow/names.def"
#undef NAME
	};
	char room[64], row[64];
	struct str text = squeezed(room, sizeof room, name);

	for (size_t i = 0; i < COUNT(rows); i++)
		if (str_eq(text, squeezed(row, sizeof row, rows[i].name)))
			return rows[i].kind;
	if (str_contains(text, S("password")) || str_contains(text, S("pwd")))
		return KIND_PASSWORD;
	if (str_ends(text, S("secret")))
		return KIND_CLIENT_SECRET;
	return str_ends(text, S("token")) || str_ends(text, S("tokenvalue")) ? KIND_TOKEN : KIND_PLAIN;
}

bool
kind_is_secret(enum shadow_kind k)
{
	return k != KIND_PLAIN && k != KIND_PUBLIC;
}

enum shadow_kind
kind_of(struct str name, struct str value)
{
	enum shadow_kind k = kind_of_name(name);

	if (k == KIND_CODE && value.n <= CODE_LEAST)    /* "code": "422" says what went wrong */
		return KIND_PLAIN;
	return k == KIND_PLAIN && looks_drawn(value) ? KIND_ID : k;
}

/* --- what a value looks like -------------------------------------------------------------------------------------- */

struct letters { size_t upper, lower, digits, hex, others; };

static struct letters
count_letters(struct str s)
{
	struct letters l = { 0 };

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		l.upper += c >= 'A' && c <= 'Z';
		l.lower += c >= 'a' && c <= 'z';
		l.digits += c >= '0' && c <= '9';
		l.hex += hex_value(c) >= 0;
		l.others += !((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'
		    || c == '-');
	}
	return l;
}

bool
looks_jwt(struct str word)
{
	struct str rest = word;
	size_t parts = 0;

	if (!str_starts(word, S("eyJ")))
		return false;
	for (struct str one; str_given(rest) && (one = str_cut(&rest, '.')).p != NULL; parts++)
		if (count_letters(one).others > 0)
			return false;
	return parts == 3 || parts == 5;
}

bool
looks_drawn(struct str word)
{
	struct letters l = count_letters(word);
	uint8_t id[16];

	if (word.n < 20)
		return false;
	if (looks_jwt(word) || is_placeholder(word) || uuid_read(word, id))
		return true;
	if (l.others > 0)
		return false;
	return (l.upper > 0 && l.lower > 0 && (l.digits > 1 || word.n == 27))
	    || (word.n >= 32 && l.hex == word.n && l.digits > 4);
}

bool
is_placeholder(struct str value)
{
	struct str rest = value, mark = str_cut(&rest, '.'), shape = str_cut(&rest, '.');

	if (!str_is(mark, "shadow") || shape.n == 0 || shape.n > SHAPE_MAX || rest.n != MARK_SIZE)
		return false;
	for (size_t i = 0; i < rest.n; i++)
		if (hex_value(rest.p[i]) < 0)
			return false;
	return true;
}

struct str
shape_of(struct str value)
{
	struct str rest = value;
	uint8_t id[16];

	if (is_placeholder(value)) {
		str_cut(&rest, '.');
		return str_cut(&rest, '.');
	}
	return looks_jwt(value) ? S("jwt") : uuid_read(value, id) ? S("uuid") : S("opaque");
}

/* --- what stands for it ------------------------------------------------------------------------------------------- */

struct str
placeholder(struct arena *mem, const uint8_t key[32], enum shadow_kind kind, struct str value)
{
	uint8_t digest[DIGEST_SIZE], mark[DIGEST_SIZE];
	struct str text = value;
	char hex[MARK_SIZE];

	if (!str_given(value))
		return STR_ABSENT;
	if (kind == KIND_VERIFIER) {            /* the same as its challenge: RFC 7636 section 4.2 */
		SHA256(digest, value);
		text = b64url_encode(mem, str_span(digest, sizeof digest));
	}
	HMAC256(mark, str_span(key, 32), text);
	hex_write(hex, mark, sizeof hex / 2);
	return ARENA_CAT(mem, S(PLACEHOLDER_MARK), shape_of(value), S("."), str_span(hex, sizeof hex));
}

/* --- texts --------------------------------------------------------------------------------------------------------- */

static bool
is_of_word(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'
	    || c == '.';
}

/* What parts two words says that the second one is the value of the first. */
static bool
parts_name_and_value(struct str between)
{
	return str_index(between, '=') >= 0 || str_index(between, ':') >= 0 || str_index(between, '>') >= 0;
}

static size_t
run_length(struct str s, bool words)
{
	size_t n = 0;

	while (n < s.n && is_of_word(s.p[n]) == words)
		n++;
	return n;
}

struct str
text_swap(struct arena *mem, struct str text, secret_swap *swap, void *ctx)
{
	struct str rest = text, last = S(""), between, word;
	struct buf b;

	buf_init(&b, mem, 4 * text.n + 4096);
	while (rest.n > 0) {
		between = str_sub(rest, 0, run_length(rest, false));
		buf_put(&b, between);
		rest = str_from(rest, between.n);
		word = str_sub(rest, 0, run_length(rest, true));
		rest = str_from(rest, word.n);
		if (word.n == 0)
			break;
		struct secret s = { .name = last, .value = word, .kind = KIND_ID };
		bool named = kind_is_secret(kind_of_name(last)) && parts_name_and_value(between);
		struct str put = named || looks_drawn(word) ? swap(ctx, mem, &s) : word;

		buf_put(&b, str_given(put) ? put : S(""));
		last = word;
	}
	return b.full ? STR_ABSENT : buf_str(&b);
}

/* --- JSON ---------------------------------------------------------------------------------------------------------- */

static bool
string_swap(struct arena *mem, json_t *in, const char *name, size_t at, json_t *v, secret_swap *swap, void *ctx)
{
	struct secret s = { .name = str_of(name), .value = json_text(v) };
	struct str put;

	s.kind = kind_of(s.name, s.value);
	if (json_is_object(in) && str_is(s.name, "value")
	    && str_starts_nocase(json_member_str(in, "alg"), S("H")))   /* a symmetric key at /oauth/token_key */
		s.kind = KIND_KEY;
	if (s.value.n == 0)
		return true;
	put = kind_is_secret(s.kind) ? swap(ctx, mem, &s)
	    : s.kind == KIND_PUBLIC  ? s.value
				     : text_swap(mem, s.value, swap, ctx);
	if (str_eq(put, s.value))
		return true;
	return (json_is_object(in) ? json_object_set_new(in, name, json_str(put))
				   : json_array_set_new(in, at, json_str(put)))
	    == 0;
}

/* name: of the member that v is, or is in a list of */
static bool
value_swap(struct arena *mem, json_t *v, const char *name, secret_swap *swap, void *ctx)
{
	const char *key;
	json_t *one;
	size_t i;

	json_object_foreach(v, key, one)
		if (json_is_string(one) ? !string_swap(mem, v, key, 0, one, swap, ctx)
					: !value_swap(mem, one, key, swap, ctx))
			return false;
	json_array_foreach(v, i, one)
		if (json_is_string(one) ? !string_swap(mem, v, name, i, one, swap, ctx)
					: !value_swap(mem, one, name, swap, ctx))
			return false;
	return true;
}

bool
json_swap(struct arena *mem, json_t *v, secret_swap *swap, void *ctx)
{
	return value_swap(mem, v, "", swap, ctx);
}
