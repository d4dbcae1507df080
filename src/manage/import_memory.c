/*
 * manage/import_memory.c - what an import remembers of the rows it took, so that the next one knows
 * which side has changed.
 */
#include <assert.h>

#include "manage/import_int.h"

#define PARTS_MAX 4     /* of what names a row */

struct id16
import_what(const struct import *m, char kind, const struct str *parts, size_t n)
{
	struct str all[2 * PARTS_MAX];
	uint8_t d[DIGEST_SIZE];
	struct id16 what;
	size_t k = 0;

	assert(n <= PARTS_MAX);
	for (size_t i = 0; i < n; i++) {
		all[k++] = i == 0 ? str_span(&kind, 1) : str_span("", 1);
		all[k++] = parts[i];
	}
	hmac_sha256(m->key, all, k, d);
	memcpy(what.b, d, sizeof what.b);
	return what;
}

struct str
import_digest(const struct import *m, const char *name, struct str value)
{
	uint8_t d[DIGEST_SIZE];
	char *hex = arena_alloc(m->j->mem, 16);

	HMAC256(d, m->key, str_of(name), str_span("", 1), value);
	if (hex == NULL)
		return S("");
	hex_write(hex, d, 8);
	return str_span(hex, 16);
}

json_t *
import_object(struct import *m)
{
	json_t *o = json_object();

	return o != NULL && arena_defer(m->j->mem, (void (*)(void *))json_decref, o) ? o : NULL;
}

static struct imported
key_of(struct import *m, char kind, const struct id16 *what)
{
	return (struct imported){ .realm = m->realm, .source = m->source, .kind = kind, .what = *what };
}

bool
import_recall(struct import *m, char kind, const struct id16 *what, struct imported *was, const json_t **base)
{
	struct imported key = key_of(m, kind, what);

	*base = NULL;
	switch (store_imported(m->j->store, m->j->mem, &key, was)) {
	case FOUND:
		*base = json_read(m->j->mem, was->base);
		return *base != NULL || import_no_memory(m);
	case NOT_FOUND:
		return true;
	default:
		return job_store_failed(m->j);
	}
}

struct imported *
import_remember(struct import *m, char kind, const struct id16 *what, const json_t *base, int64_t version,
    int64_t expires_s)
{
	struct imported *r = arena_new(m->j->mem, struct imported);
	char *text = json_dumps(base, JSON_COMPACT | JSON_SORT_KEYS);

	if (r != NULL && text != NULL) {
		*r = key_of(m, kind, what);
		r->base = arena_dup(m->j->mem, str_of(text));
		r->version = version;
		r->at_s = m->now_s;
		r->expires_s = expires_s;
	}
	free(text);
	return r != NULL && str_given(r->base) ? r : NULL;
}

struct imported *
import_forgotten(struct import *m, char kind, const struct id16 *what)
{
	struct imported *r = arena_new(m->j->mem, struct imported);

	if (r != NULL)
		*r = key_of(m, kind, what);
	return r;
}

/* --- the key ---------------------------------------------------------------------------------- */

#define KIND_KEY 'k'

/* The old memory goes, and the key of the new one is written down, before the first row. */
static bool
memory_begin(struct import *m, const json_t *base)
{
	static const struct id16 none;
	struct imported *key = import_remember(m, KIND_KEY, &none, base, 0, 0);
	struct imported all = { .realm = m->realm, .source = m->source };
	struct store_op ops[] = { { .kind = OP_IMPORTS_FORGET, .imported = &all },
		{ .kind = OP_IMPORTED_PUT, .imported = key } };
	size_t first = m->memory_lost ? 0 : 1;

	if (key == NULL)
		return import_no_memory(m);
	return m->j->check || job_commit(m->j, ops + first, COUNT(ops) - first);
}

bool
import_key_judge(struct import *m)
{
	static const struct id16 none;
	struct str digest = import_digest(m, "key", m->source);
	json_t *base = import_object(m);
	const json_t *remembered;
	struct imported was;

	if (base == NULL || !json_put_str(base, "key", digest))
		return import_no_memory(m);
	if (!import_recall(m, KIND_KEY, &none, &was, &remembered))
		return false;
	if (remembered != NULL && str_eq(json_member_str(remembered, "key"), digest))
		return true;
	m->memory_lost = remembered != NULL;
	if (m->memory_lost && !m->replace && !m->keep)
		return job_refuse(m->j, "invalid",
		    "decide for all rows with --replace (the old side's values) or --keep (those here); "
		    "whoever was deleted here "
		    "since comes back, and whoever is gone there stays: look at the report of --dry-run",
		    "what earlier imports from \"%.*s\" remembered was kept under a key-encryption key that "
		    "is lost, so nobody can tell which side "
		    "has changed since",
		    STR_ARG(m->source));
	return memory_begin(m, base);
}

/* --- asked from outside ----------------------------------------------------------------------- */

/* Of a user the name that it has today; false: it is gone, and with it what it had. */
static bool
user_named(struct job *j, struct str realm, json_t *row)
{
	struct str id = json_member_str(row, "user");
	struct user u;
	struct id16 raw;

	if (!str_given(id))
		return true;
	if (!uuid_read(id, raw.b) || store_user_by_id(j->store, j->mem, realm, &raw, &u) != FOUND)
		return false;
	return json_put_str(row, "user", u.name);
}

/* One row as the lists of an import name it. */
static void
row_put(struct job *j, struct buf *b, const struct imported *r)
{
	json_t *row = json_read(j->mem, r->base);
	static const char *const members[] = { "id", "issuer", "client", "user", "scope", "token" };

	if (row == NULL || json_is_true(json_object_get(row, "gone")) || !user_named(j, r->realm, row))
		return;
	jw_open(b, '{');
	for (size_t i = 0; i < COUNT(members); i++)
		jm_str(b, str_of(members[i]), json_member_str(row, members[i]));
	jw_close(b, '}');
}

static const struct {
	const char *list;
	char kind;
} kinds[] = { { "users", 'u' }, { "clients", 'c' }, { "approvals", 'a' }, { "tokens", 't' } };

static bool
list_asked(struct job *j, struct imported *from)
{
	struct str list = job_arg(j, "list"), after = job_arg(j, "after"), raw;

	*from = (struct imported){ .source = job_arg(j, "source") };
	if (!job_realm(j, &from->realm))
		return false;
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (str_is(list, kinds[i].list))
			from->kind = kinds[i].kind;
	if (from->kind == 0 || !str_given(from->source))
		return job_refuse(
		    j, "invalid", "name a list and a source", "list is users, clients, approvals or tokens");
	if (str_given(after) && (!hex_decode(j->mem, after, &raw) || raw.n != sizeof from->what.b))
		return job_refuse(j, "invalid", "send \"at\" of the answer before", "after is no place in a list");
	if (str_given(after))
		memcpy(from->what.b, raw.p, raw.n);
	return true;
}

bool
realm_imported(struct job *j)
{
	struct imported from, *rows = arena_array(j->mem, struct imported, LIST_MAX);
	char at[2 * sizeof from.what.b];
	struct buf b;
	int n;

	if (!list_asked(j, &from))
		return false;
	n = rows != NULL ? store_imports(j->store, j->mem, &from, LIST_MAX, rows) : -1;
	if (n < 0)
		return job_store_failed(j);
	answer_open(j, &b);
	jw_name(&b, S("rows"));
	jw_open(&b, '[');
	for (int i = 0; i < n; i++)
		row_put(j, &b, &rows[i]);
	jw_close(&b, ']');
	if (n == LIST_MAX) {
		hex_write(at, rows[n - 1].what.b, sizeof from.what.b);
		jm_str(&b, S("at"), str_span(at, sizeof at));
	}
	return answer_close(j, &b);
}

bool
realm_import_forget(struct job *j)
{
	struct imported all = { .source = job_arg(j, "source") };
	struct store_op op = { .kind = OP_IMPORTS_FORGET, .imported = &all };
	struct buf b;

	if (!job_realm(j, &all.realm) || !job_commit(j, &op, 1))
		return false;
	answer_open(j, &b);
	return answer_close(j, &b);
}
