/* manage/field.c - members of a JSON object become members of a record, by rows. */
#include "manage/manage_int.h"
#include "oauth/client_metadata.h"

/* One member being read. */
struct member { struct job *j; const struct field *row; const json_t *v; void *into; struct str place; };

static bool
wrong(const struct member *m, const char *what)
{
	return job_refuse(
	    m->j, "invalid", "correct the value", "%.*s%s %s", STR_ARG(m->place), m->row->name, say(what));
}

static bool
text_read(const struct member *m)
{
	struct str text = json_is_null(m->v) ? S("") : json_text(m->v);
	const char *what = !str_given(text) ? say("must be text") : text.n > 0 ? m->row->check(text) : NULL;

	if (what != NULL)
		return wrong(m, what);
	*(struct str *)m->into = text;
	return true;
}

static bool
word_add(const struct member *m, struct buf *b, struct str word, char sep)
{
	const char *what = m->row->check(word);

	if (what != NULL)
		return wrong(m, what);
	if (str_has_word(buf_str(b), word, sep))
		return true;
	if (b->n > 0)
		buf_putc(b, sep);
	buf_put(b, word);
	return true;
}

/* A token could not say more, and says no less. */
static bool
words_fit(const struct member *m, struct str words, char sep)
{
	size_t n = str_words(words, sep, NULL), size = jw_words_size(words, sep);
	const struct field *row = m->row;

	if (row->words_max > 0 && n > row->words_max)
		return job_refuse(m->j, "invalid", "give fewer", "%.*s%s has %zu words; there is room for %zu",
		    STR_ARG(m->place), row->name, n, row->words_max);
	if (row->size_max > 0 && size > row->size_max)
		return job_refuse(m->j, "invalid", "give fewer or shorter ones",
		    "%.*s%s has %zu words that take %zu bytes in a token; there is room for %zu bytes",
		    STR_ARG(m->place), row->name, n, size, row->size_max);
	return true;
}

/* "a b", or ["a","b"]. */
static bool
words_read(const struct member *m, char sep)
{
	struct str rest = json_text(m->v), word;
	bool ok = json_is_array(m->v) || str_given(rest) || json_is_null(m->v);
	const json_t *one;
	struct buf b;
	size_t i;

	buf_init(&b, m->j->mem, 128 * 1024);
	while (ok && str_given(rest)) {
		struct str line = str_cut(&rest, sep);
		while (ok && str_given(line))
			ok = (word = str_trim(str_cut(&line, ' '))).n == 0 || word_add(m, &b, word, sep);
	}
	json_array_foreach(m->v, i, one) {
		if (!json_is_string(one))
			return wrong(m, "must be a list of texts");
		ok = ok && word_add(m, &b, json_text(one), sep);
	}
	if (b.full)
		return wrong(m, "is too long");
	if (!ok)
		return str_given(m->j->out) ? false : wrong(m, "must be words or a list of texts");
	*(struct str *)m->into = buf_str(&b);
	return words_fit(m, buf_str(&b), sep);
}

static bool
approve_read(const struct member *m)
{
	if (!json_is_boolean(m->v) && !(json_is_string(m->v) && str_is(json_text(m->v), "*")))
		return words_read(m, ' ');
	*(struct str *)m->into = json_is_false(m->v) ? S("") : S("*");
	return true;
}

static bool
object_read(const struct member *m)
{
	char *text = json_is_object(m->v) ? json_dumps(m->v, JSON_COMPACT) : NULL;

	if (text == NULL)
		return wrong(m, "must be a JSON object");
	*(struct str *)m->into = arena_dup(m->j->mem, str_of(text));
	free(text);
	return true;
}

/* One after another into those that are there already. */
static bool
metadata_take(const struct member *m)
{
	struct client_metadata md;
	struct str text;
	const char *name;
	json_t *v;

	if (!json_is_object(m->v))
		return wrong(m, "must be a JSON object");
	if (!metadata_read(m->j->mem, *(struct str *)m->into, &md))
		return wrong(m, "cannot be read as it is stored");
	json_object_foreach((json_t *)(uintptr_t)m->v, name, v) {
		const struct metadata_row *row = metadata_row(str_of(name));
		const char *what = row != NULL ? metadata_put(m->j->mem, &md, row, v) : say("is not known");

		if (what != NULL)
			return job_refuse(m->j, "invalid", "correct the value", "%.*s%s.%s %s", STR_ARG(m->place),
			    m->row->name, name, what);
	}
	text = metadata_text(m->j->mem, &md);
	if (!str_given(text))
		return wrong(m, "is too long");
	*(struct str *)m->into = text;
	return true;
}

/* Seconds; null means the issuer's own, which the record writes as -1. */
static bool
number_read(const struct member *m)
{
	int64_t least = m->row->kind == FIELD_TTL ? -1 : INT64_MIN,
		most = m->row->kind == FIELD_TTL ? INT64_C(3153600000) : INT64_MAX;
	int64_t n = json_is_null(m->v) && m->row->kind == FIELD_TTL ? -1 : json_integer_value(m->v);

	if (!json_is_integer(m->v) && !json_is_null(m->v))
		return wrong(m, "must be a whole number");
	if (n < least || n > most)
		return wrong(m, "is out of range");
	*(int64_t *)m->into = n;
	return true;
}

static bool
bool_read(const struct member *m)
{
	if (!json_is_boolean(m->v))
		return wrong(m, "must be true or false");
	*(bool *)m->into = json_is_true(m->v);
	return true;
}

static bool
member_read(const struct member *m)
{
	switch (m->row->kind) {
	case FIELD_TEXT: return text_read(m);
	case FIELD_WORDS: return words_read(m, ' ');
	case FIELD_LINES: return words_read(m, '\n');
	case FIELD_APPROVE: return approve_read(m);
	case FIELD_OBJECT: return object_read(m);
	case FIELD_METADATA: return metadata_take(m);
	case FIELD_CLAIMS: return claims_patch(m->j, m->v, m->into, m->place);
	case FIELD_TTL: case FIELD_INT: return number_read(m);
	case FIELD_BOOL: return bool_read(m);
	}
	return false;
}

bool
fields_read(struct job *j, const json_t *obj, const struct field *rows, const char *known, void *record,
    struct str place)
{
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)obj, name, v) {
		const struct field *row = rows;
		while (row->name != NULL && strcmp(row->name, name) != 0)
			row++;
		struct member m = { j, row, v, (char *)record + row->at, place };
		if (row->name != NULL && !member_read(&m))
			return false;
		if (row->name == NULL && !str_has_word(str_of(known), str_of(name), ' '))
			return job_refuse(j, "invalid", "remove it or correct its name",
			    "%.*sthere is no field \"%s\"", STR_ARG(place), name);
	}
	return !j->mem->full || job_refuse(j, "invalid", "send less at once", "the request is too large");
}

struct str
job_hash_note(struct job *j, struct str name)
{
	if (j->to_hash.mem == NULL) {
		buf_init(&j->to_hash, j->mem, ANSWER_MAX / 2);
		jw_open(&j->to_hash, '[');
	}
	ja_str(&j->to_hash, name);
	return S("{noop}");
}

void
hash_put(struct job *j, struct buf *b)
{
	if (j->to_hash.mem == NULL)
		return;
	jw_close(&j->to_hash, ']');
	b->full = b->full || j->to_hash.full;
	jm_raw(b, S("hash"), buf_str(&j->to_hash));
}

bool
secret_read(struct job *j, const json_t *obj, const char *name,
    struct str (*hash)(struct arena *, struct str), struct str *out, struct str place)
{
	struct str clear = json_member_str(obj, name),
		   ready =
		       json_member_str(obj, arena_z(j->mem, ARENA_CAT(j->mem, str_of(name), S("_encoded"))));

	*out = STR_ABSENT;
	if (json_is_true(json_object_get(obj, "encoded")) && str_given(clear)) {
		ready = clear;
		clear = STR_ABSENT;
	}
	if (str_given(clear) && str_given(ready))
		return job_refuse(j, "invalid", "give one of them", "%.*sthere are both %s and %s_encoded",
		    STR_ARG(place), name, name);
	if (str_given(clear) && (clear.n == 0 || clear.n > PASSWORD_MAX))
		return job_refuse(j, "invalid", "choose another one", "%.*sthe %s must have 1 to %d bytes",
		    STR_ARG(place), name, PASSWORD_MAX);
	if (ready.n > 0 && (!str_given(password_encoding(ready)) || check_text(ready) != NULL))
		return job_refuse(j, "invalid",
		    "write it as {bcrypt}$2a$..., {noop}text, ... or give it in clear",
		    "%.*sthe encoding of the %s is not known", STR_ARG(place), name);
	if (str_given(clear) && j->check)
		*out = job_hash_note(j, json_member_str(obj, strcmp(name, "password") == 0 ? "name" : "id"));
	else
		*out = str_given(clear) ? hash(j->mem, clear) : ready;
	return !j->mem->full || job_refuse(j, "invalid", "send less at once", "the request is too large");
}
