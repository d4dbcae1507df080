/* store/records/client.c - clients: rows, operations, reads. */
#include "store/records/records_int.h"

struct client
store_client_new(struct str realm, struct str id, int64_t now_s)
{
	return (struct client){ .realm = realm,
		.id = id,
		.name = S(""),
		.secret = S(""),
		.former_secret = S(""),
		.grants = S(""),
		.scopes = S(""),
		.redirect_uris = S(""),
		.auto_approve = S(""),
		.authorities = S(""),
		.resource_ids = S(""),
		.origins = S(""),
		.acts_for = S(""),
		.legacy = S(""),
		.introspects = S(""),
		.info = S("{}"),
		.metadata = S(""),
		.access_ttl_s = -1,
		.refresh_ttl_s = -1,
		.enabled = true,
		.created_s = now_s,
		.updated_s = now_s };
}

static enum step
client_write(struct conn *c, enum sql which, const struct client *r)
{
	struct dig32 before = tombstone_key(S("client"), r->realm, r->id);
	struct query q;

	c->client_writes++;
	if (which != SQL_CLIENT_SET && op_run_texts(c, SQL_REALM_BEGINS, r->realm, STR_ABSENT) != STEP_DONE)
		return STEP_FAILED;
	op_begin(&q, c, which);
	bind_str(&q, r->realm);
	bind_str(&q, r->id);
	bind_str(&q, r->name);
	bind_str(&q, r->secret);
	bind_str(&q, r->grants);
	bind_str(&q, r->scopes);
	bind_str(&q, r->redirect_uris);
	bind_str(&q, r->auto_approve);
	bind_str(&q, r->authorities);
	bind_str(&q, r->resource_ids);
	bind_str(&q, r->origins);
	bind_str(&q, r->acts_for);
	bind_str(&q, r->legacy);
	bind_str(&q, r->info);
	bind_int(&q, r->access_ttl_s);
	bind_int(&q, r->refresh_ttl_s);
	bind_int(&q, r->enabled);
	bind_int(&q, r->created_s);
	bind_int(&q, r->updated_s);
	bind_str(&q, r->introspects);
	bind_str(&q, r->metadata);
	bind_int(&q, r->version != 0 ? r->version : store_version_new());
	if (which != SQL_CLIENT_SET)
		bind_dig(&q, &before);
	else
		bind_skip(&q);
	if (which != SQL_CLIENT_ADD)
		bind_int(&q, after_now());
	else
		bind_skip(&q);
	bind_int(&q, r->lease_s);
	bind_str(&q, r->former_secret);
	bind_int(&q, r->former_until_s);
	return op_run_cond(&q);
}

enum step
op_client_put(struct conn *c, const struct store_op *op)
{
	return client_write(c, SQL_CLIENT_PUT, op->client);
}

enum step
op_client_add(struct conn *c, const struct store_op *op)
{
	return client_write(c, SQL_CLIENT_ADD, op->client);
}

enum step
op_client_set(struct conn *c, const struct store_op *op)
{
	return client_write(c, SQL_CLIENT_SET, op->client);
}

/* No look at the row while no client has changed at all since this one was read. */
enum step
op_client_stands(struct conn *c, const struct store_op *op)
{
	const struct client *r = op->stands.client;
	struct query q;

	if (!c->engine->shared && op->stands.epoch == c->client_writes)
		return STEP_DONE;
	op_begin(&q, c, SQL_CLIENT_STANDS);
	bind_str(&q, r->realm);
	bind_str(&q, r->id);
	bind_int(&q, r->version);
	return op_run_guard(&q);
}

/* What it was given dies with it. A client of the same id in another realm is another client. */
enum step
op_client_delete(struct conn *c, const struct store_op *op)
{
	const struct client *k = op->gone.client;
	enum step r = op_run_texts(c, SQL_CLIENT_DELETE, k->realm, k->id);

	c->client_writes++;
	if (r == STEP_DONE)
		r = tombstone_put(c, S("client"), k->realm, k->id);
	return r == STEP_DONE ? ends_of_client(c, &op->gone) : r;
}

static void
client_fill(struct query *q, struct client *c)
{
	*c = (struct client){ 0 };
	c->realm = get_str(q);
	c->id = get_str(q);
	c->name = get_str(q);
	c->secret = get_str(q);
	c->grants = get_str(q);
	c->scopes = get_str(q);
	c->redirect_uris = get_str(q);
	c->auto_approve = get_str(q);
	c->authorities = get_str(q);
	c->resource_ids = get_str(q);
	c->origins = get_str(q);
	c->acts_for = get_str(q);
	c->legacy = get_str(q);
	c->info = get_str(q);
	c->access_ttl_s = get_int(q);
	c->refresh_ttl_s = get_int(q);
	c->enabled = get_int(q) != 0;
	c->created_s = get_int(q);
	c->updated_s = get_int(q);
	c->introspects = get_str(q);
	c->metadata = get_str(q);
	c->version = get_int(q);
	c->not_before_s = get_int(q);
	c->lease_s = get_int(q);
	c->former_secret = get_str(q);
	c->former_until_s = get_int(q);
}

enum store_found
read_client(struct store *s, struct arena *mem, struct str realm, struct str id, struct client *out)
{
	struct query q;
	bool found;

	read_begin(&q, s, mem, SQL_CLIENT);
	bind_str(&q, realm);
	bind_str(&q, id);
	if ((found = query_row(&q)))
		client_fill(&q, out);
	return read_end(&q, s, found);
}

int
read_clients(struct store *s, struct arena *mem, struct str realm, struct str after, int max, struct client *out)
{
	struct query q;
	int n = 0;

	read_begin(&q, s, mem, SQL_CLIENTS);
	bind_str(&q, realm);
	bind_str(&q, str_given(after) ? after : S(""));
	bind_int(&q, max);
	for (; n < max && query_row(&q); n++)
		client_fill(&q, &out[n]);
	return read_end_list(&q, s, n);
}
