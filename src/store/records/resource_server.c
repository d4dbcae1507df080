/* store/records/resource_server.c - resource servers: rows, operations, reads. */
#include "store/records/records_int.h"

static enum step
resource_write(struct conn *c, enum sql which, const struct resource_server *r)
{
	struct query q;

	c->client_writes++;
	op_begin(&q, c, which);
	bind_str(&q, r->realm);
	bind_str(&q, r->id);
	bind_str(&q, r->name);
	bind_str(&q, r->scopes);
	bind_str(&q, r->signing_alg);
	bind_str(&q, r->typ);
	bind_str(&q, r->shape);
	bind_int(&q, r->access_ttl_s);
	bind_int(&q, r->enabled);
	bind_int(&q, r->created_s);
	bind_int(&q, r->updated_s);
	bind_int(&q, r->version != 0 ? r->version : store_version_new());
	bind_str(&q, r->sign_out_uri);
	return op_run_cond(&q);
}

enum step
op_resource_add(struct conn *c, const struct store_op *op)
{
	return resource_write(c, SQL_RESOURCE_ADD, op->resource.row);
}

enum step
op_resource_set(struct conn *c, const struct store_op *op)
{
	return resource_write(c, SQL_RESOURCE_SET, op->resource.row);
}

static void
begin_with_version(struct query *q, struct conn *c, enum sql which, const struct resource_server *r)
{
	op_begin(q, c, which);
	bind_str(q, r->realm);
	bind_str(q, r->id);
	bind_int(q, r->version);
}

enum step
op_resource_delete(struct conn *c, const struct store_op *op)
{
	struct query q;

	c->client_writes++;
	begin_with_version(&q, c, SQL_RESOURCE_DELETE, op->resource.row);
	return op_run_cond(&q);
}

/* As of a client: no look at the row while nothing has changed since it was read. */
enum step
op_resource_stands(struct conn *c, const struct store_op *op)
{
	struct query q;

	if (!c->engine->shared && op->resource.epoch == c->client_writes)
		return STEP_DONE;
	begin_with_version(&q, c, SQL_RESOURCE_STANDS, op->resource.row);
	return op_run_guard(&q);
}

static void
resource_fill(struct query *q, struct resource_server *r)
{
	*r = (struct resource_server){ .realm = get_str(q) };
	r->id = get_str(q);
	r->name = get_str(q);
	r->scopes = get_str(q);
	r->signing_alg = get_str(q);
	r->typ = get_str(q);
	r->shape = get_str(q);
	r->access_ttl_s = get_int(q);
	r->enabled = get_int(q) != 0;
	r->created_s = get_int(q);
	r->updated_s = get_int(q);
	r->version = get_int(q);
	r->sign_out_uri = get_str(q);
}

enum store_found
read_resource_server(struct store *s, struct arena *mem, struct str realm, struct str id, struct resource_server *out)
{
	struct query q;
	bool found;

	read_begin(&q, s, mem, SQL_RESOURCE);
	bind_str(&q, realm);
	bind_str(&q, id);
	if ((found = query_row(&q)))
		resource_fill(&q, out);
	return read_end(&q, s, found);
}

int
read_resource_servers(
    struct store *s, struct arena *mem, struct str realm, struct str after, int max, struct resource_server *out)
{
	struct query q;
	int n = 0;

	read_begin(&q, s, mem, SQL_RESOURCES);
	bind_str(&q, realm);
	bind_str(&q, str_given(after) ? after : S(""));
	bind_int(&q, max);
	for (; n < max && query_row(&q); n++)
		resource_fill(&q, &out[n]);
	return read_end_list(&q, s, n);
}
