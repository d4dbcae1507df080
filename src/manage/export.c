/*
 * manage/export.c - realm.export: a page of clients, users or resource servers in the form that realm.load takes, by
 * the same rows of fields, so that what is loaded again is the same. Secrets and passwords come as
 * stored (encoded), and only when they are asked for.
 */
#include "manage/manage_int.h"

struct exporting { struct str realm; bool secrets; };

static void
claims_put(struct buf *b, struct str name, struct str claims)
{
	if (claims.n > 0)
		jm_raw(b, name, claims);
}

static void
field_put(struct buf *b, const struct field *f, const void *record)
{
	const void *at = (const char *)record + f->at;
	struct str name = str_of(f->name);

	switch (f->kind) {
	case FIELD_TEXT: jm_str(b, name, ((const struct str *)at)->n > 0 ? *(const struct str *)at : STR_ABSENT); break;
	case FIELD_WORDS: case FIELD_APPROVE: jm_words(b, name, *(const struct str *)at, ' '); break;
	case FIELD_LINES: jm_words(b, name, *(const struct str *)at, '\n'); break;
	case FIELD_OBJECT: case FIELD_METADATA: jm_raw(b, name, ((const struct str *)at)->n > 0 ? *(const struct str *)at : S("{}")); break;
	case FIELD_CLAIMS: claims_put(b, name, *(const struct str *)at); break;
	case FIELD_TTL: case FIELD_INT: jm_int(b, name, *(const int64_t *)at); break;
	case FIELD_BOOL: jm_bool(b, name, *(const bool *)at); break;
	}
}

static void
fields_put(struct buf *b, const struct field *rows, const void *record)
{
	for (; rows->name != NULL; rows++)
		field_put(b, rows, record);
}

/* Without secrets a record is silent about them, and the loader keeps what is there. */
static void
secret_put(const struct page *p, struct buf *b, struct str name, struct str encoded)
{
	if (((const struct exporting *)p->filter)->secrets)
		jm_str(b, name, encoded.n > 0 ? encoded : S(""));
}

/* --- clients ---------------------------------------------------------------------------------- */

static int
clients_read(struct page *p, void *rows, int max)
{
	return store_clients(p->job->store, &p->mem, ((const struct exporting *)p->filter)->realm, p->after, max, rows);
}

static bool
every_row(const struct page *p, const void *row)
{
	(void)p, (void)row;
	return true;
}

static void
client_put(struct page *p, const void *row)
{
	const struct client *c = row;
	struct buf *b = &p->out;

	jw_open(b, '{');
	jm_str(b, S("id"), c->id);
	jm_bool(b, S("public"), client_row_is_public(c));
	if (c->secret.n > 0)
		secret_put(p, b, S("secret_encoded"), c->secret);
	fields_put(b, client_fields, c);
	jw_close(b, '}');
}

static struct str
client_key(struct page *p, const void *row)
{
	return arena_dup(p->job->mem, ((const struct client *)row)->id);
}

/* --- users ------------------------------------------------------------------------------------ */

static int
users_read(struct page *p, void *rows, int max)
{
	return store_users(p->job->store, &p->mem, ((const struct exporting *)p->filter)->realm, p->after, max, rows);
}

/* What is known here of a user table's row comes from there again. */
static bool
own_user(const struct page *p, const void *row)
{
	(void)p;
	return !user_is_shadow(row);
}

static void
user_row_put(struct page *p, const void *row)
{
	const struct user *u = row;
	struct buf *b = &p->out;

	jw_open(b, '{');
	jm_str(b, S("name"), u->name);
	jm_str(b, S("id"), uuid_write(&p->mem, u->id.b));
	secret_put(p, b, S("password_encoded"), u->password);
	fields_put(b, user_fields, u);
	jw_close(b, '}');
}

static struct str
user_key(struct page *p, const void *row)
{
	return arena_dup(p->job->mem, ((const struct user *)row)->name);
}

/* --- resource servers ------------------------------------------------------------------------- */

static int
servers_read(struct page *p, void *rows, int max)
{
	return store_resource_servers(
	    p->job->store, &p->mem, ((const struct exporting *)p->filter)->realm, p->after, max, rows);
}

static void
server_put(struct page *p, const void *row)
{
	jw_open(&p->out, '{');
	jm_str(&p->out, S("id"), ((const struct resource_server *)row)->id);
	fields_put(&p->out, resource_fields, row);
	jw_close(&p->out, '}');
}

static struct str
server_key(struct page *p, const void *row)
{
	return arena_dup(p->job->mem, ((const struct resource_server *)row)->id);
}

/* "what": clients, users or resource_servers. */
bool
realm_export(struct job *j)
{
	static const struct paged clients = { "clients", sizeof(struct client), clients_read, every_row,
		client_put, client_key };
	static const struct paged servers = { "resource_servers", sizeof(struct resource_server), servers_read,
		every_row, server_put, server_key };
	static const struct paged users = { "users", sizeof(struct user), users_read, own_user, user_row_put,
		user_key };
	struct exporting e = { .secrets = json_is_true(json_object_get(j->ask, "secrets")) };
	struct str what = job_arg(j, "what");

	if (!job_realm(j, &e.realm))
		return false;
	if (str_is(what, "resource_servers"))
		return page_answer(j, &servers, &e);
	if (!str_is(what, "clients") && !str_is(what, "users"))
		return job_refuse(j, "invalid", "ask for each, one after the other",
		    "\"what\" must be clients, users or resource_servers");
	return page_answer(j, str_is(what, "users") ? &users : &clients, &e);
}
