/* shadow/ask.c - the secrets of a request: query, Authorization, Cookie, body. */
#include "http/http.h"
#include "shadow/shadow_int.h"

bool
pair_next(struct arena *mem, struct str *rest, struct str *name, struct str *value)
{
	struct str pair, key;

	do {
		if (!str_given(*rest))
			return false;
		pair = str_cut(rest, '&');
	} while (pair.n == 0);
	key = str_cut(&pair, '=');
	if (!pct_decode(mem, key, true, name))
		*name = key;
	if (!pct_decode(mem, pair, true, value))
		*value = pair;
	return true;
}

struct str
pair_of(struct arena *mem, struct str pairs, struct str name)
{
	struct str rest = pairs, key, value;

	while (pair_next(mem, &rest, &key, &value))
		if (str_eq(key, name))
			return str_given(value) ? value : S("");
	return STR_ABSENT;
}

/* --- what a request says ------------------------------------------------------------------------------------------- */

struct str
ask_path(const struct shadow_ask *ask)
{
	struct str rest = ask->target;

	return str_cut(&rest, '?');
}

static struct str
ask_query(const struct shadow_ask *ask)
{
	struct str rest = ask->target;

	str_cut(&rest, '?');
	return rest;
}

enum body_kind
ask_body_kind(const struct shadow_ask *ask)
{
	struct str type = media_type(fields_get(&ask->fields, "content-type"));

	if (str_empty(ask->body))
		return BODY_NONE;
	if (str_eq_nocase(type, S("application/x-www-form-urlencoded")))
		return BODY_FORM;
	if (str_eq_nocase(type, S("application/json")))
		return BODY_JSON;
	/* a log may not have the field; the first name of a form tells it */
	return str_empty(type) && str_index(ask->body, '=') > 0 && str_index(ask->body, '{') != 0
		&& str_is_visible(ask->body)
	    ? BODY_FORM
	    : BODY_OTHER;
}

struct str
ask_param(struct arena *mem, const struct shadow_ask *ask, const char *name)
{
	struct str value = pair_of(mem, ask_query(ask), str_of(name));

	if (str_given(value))
		return value;
	switch (ask_body_kind(ask)) {
	case BODY_FORM: return pair_of(mem, ask->body, str_of(name));
	case BODY_JSON: return json_member_str(json_read_upto(mem, ask->body, SHADOW_LINE_MAX), name);
	default: return STR_ABSENT;
	}
}

struct str
ask_endpoint(struct arena *mem, const struct shadow_ask *ask)
{
	struct str path = ask_path(ask), grant = ask_param(mem, ask, "grant_type");
	struct str type = str_given(grant) ? STR_ABSENT : ask_param(mem, ask, "response_type"), what, rest = path;
	struct buf b;

	what = str_given(grant) ? grant : type;
	buf_init(&b, mem, 16 * 1024);
	buf_put(&b, ask->method);
	buf_putc(&b, ' ');
	str_cut(&rest, '/');
	if (!str_given(rest))
		buf_put(&b, path);
	for (struct str one; str_given(rest) && (one = str_cut(&rest, '/')).p != NULL; ) {
		int64_t number;

		buf_putc(&b, '/');
		buf_put(&b, looks_drawn(one) || str_int(one, &number) ? S("*") : one);
	}
	if (!str_empty(what)) {
		buf_putc(&b, ' ');
		buf_put(&b, str_sub(what, 0, 100));
	}
	return arena_plain(mem, buf_str(&b));
}

/* --- swapped ------------------------------------------------------------------------------------------------------- */

/* whose[0]: of the client's secret; whose[1]: of the password */
static struct str
value_swapped(struct arena *mem, struct secret *s, struct str whose[2], bool plain_challenge, secret_swap *swap,
    void *ctx)
{
	s->kind = kind_of(s->name, s->value);
	if (s->kind == KIND_CHALLENGE && plain_challenge)
		s->kind = KIND_VERIFIER;
	if (!kind_is_secret(s->kind) || str_empty(s->value))
		return s->value;
	s->who = s->kind == KIND_CLIENT_SECRET ? whose[0] : s->kind == KIND_PASSWORD ? whose[1] : STR_ABSENT;
	return swap(ctx, mem, s);
}

struct str
pairs_swap(struct arena *mem, struct str pairs, struct str whose[2], secret_swap *swap, void *ctx)
{
	struct str rest = pairs, put;
	bool plain = !str_is(pair_of(mem, pairs, S("code_challenge_method")), "S256");
	struct secret s = { 0 };
	struct buf b;

	if (!str_given(pairs))
		return pairs;
	buf_init(&b, mem, 4 * pairs.n + 64 * 1024);
	while (pair_next(mem, &rest, &s.name, &s.value)) {
		put = value_swapped(mem, &s, whose, plain, swap, ctx);
		if (b.n > 0)
			buf_putc(&b, '&');
		pct_encode(&b, s.name, S(""));
		if (str_given(s.value)) {
			buf_putc(&b, '=');
			pct_encode(&b, put, S(""));
		}
	}
	return b.full ? STR_ABSENT : buf_str(&b);
}

/* Basic: the secret alone, so that the client is still known. Any other scheme: all of it is a token. */
static struct str
authorization_swap(struct arena *mem, struct str field, secret_swap *swap, void *ctx)
{
	struct str id, secret, rest = str_trim(field), scheme = str_cut(&rest, ' ');
	struct secret s = { .name = S("authorization"), .value = str_trim(rest), .kind = KIND_TOKEN };

	if (str_eq_nocase(scheme, S("Basic")) && basic_read(mem, field, false, &id, &secret) == BASIC_OK) {
		s = (struct secret){ .name = S("client_secret"), .kind = KIND_CLIENT_SECRET, .value = secret,
			.who = id };
		secret = str_empty(secret) ? secret : swap(ctx, mem, &s);
		return ARENA_CAT(mem, S("Basic "), b64_encode(mem, ARENA_CAT(mem, id, S(":"), secret)));
	}
	if (str_empty(s.value))                 /* no scheme: what is it, if not a secret? */
		s.value = scheme;
	if (str_empty(s.value))
		return field;
	return ARENA_CAT(mem, str_given(rest) ? scheme : S(""), str_given(rest) ? S(" ") : S(""), swap(ctx, mem, &s));
}

static struct str
cookies_swap(struct arena *mem, struct str field, secret_swap *swap, void *ctx)
{
	struct secret s = { .kind = KIND_COOKIE };
	struct str rest = field;
	struct buf b;

	buf_init(&b, mem, 4 * field.n + 64 * 1024);
	while (cookie_next(&rest, &s.name, &s.value)) {
		buf_put(&b, b.n > 0 ? S("; ") : S(""));
		buf_put(&b, s.name);
		buf_putc(&b, '=');
		buf_put(&b, str_empty(s.value) ? S("") : swap(ctx, mem, &s));
	}
	return b.full ? STR_ABSENT : buf_str(&b);
}

static struct str
field_swap(struct arena *mem, const struct shadow_field *f, secret_swap *swap, void *ctx)
{
	struct secret s = { .name = f->name, .value = f->value, .kind = KIND_TOKEN };
	struct str rest = f->value;

	if (str_eq_nocase(f->name, S("authorization")))
		return authorization_swap(mem, f->value, swap, ctx);
	if (str_eq_nocase(f->name, S("cookie")))
		return cookies_swap(mem, f->value, swap, ctx);
	if (str_eq_nocase(f->name, S("dpop")))
		return swap(ctx, mem, &s);
	if (str_eq_nocase(f->name, S("referer")))
		return str_cut(&rest, '?');
	return f->value;
}

static bool
body_swap(struct arena *mem, const struct shadow_ask *ask, struct str whose[2], secret_swap *swap, void *ctx,
    struct str *out)
{
	json_t *v;
	char *text;

	*out = ask->body;
	switch (ask_body_kind(ask)) {
	case BODY_NONE: return true;
	case BODY_FORM: *out = pairs_swap(mem, ask->body, whose, swap, ctx); return str_given(*out);
	case BODY_JSON: break;
	case BODY_OTHER: *out = STR_ABSENT; return false;
	}
	*out = STR_ABSENT;
	v = json_read_upto(mem, ask->body, SHADOW_LINE_MAX);
	if ((!json_is_object(v) && !json_is_array(v)) || !json_swap(mem, v, swap, ctx))
		return false;
	text = json_dumps(v, JSON_COMPACT);
	if (text == NULL || !arena_defer(mem, free, text))
		return false;
	*out = str_of(text);
	return true;
}

bool
ask_swap(struct arena *mem, const struct shadow_ask *ask, secret_swap *swap, void *ctx, struct shadow_ask *out)
{
	struct str whose[2] = { ask_param(mem, ask, "client_id"), ask_param(mem, ask, "username") };
	struct str query = pairs_swap(mem, ask_query(ask), whose, swap, ctx);

	*out = *ask;
	out->fields = (struct shadow_fields){ 0 };
	out->target = str_given(query) ? ARENA_CAT(mem, ask_path(ask), S("?"), query) : ask_path(ask);
	for (size_t i = 0; i < ask->fields.n; i++)
		if (!fields_add(mem, &out->fields, ask->fields.at[i].name,
			field_swap(mem, &ask->fields.at[i], swap, ctx)))
			return false;
	return body_swap(mem, ask, whose, swap, ctx, &out->body);
}
