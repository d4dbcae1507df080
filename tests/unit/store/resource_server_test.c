/* tests/unit/store/resource_server_test.c - resource servers: one of an id in a realm, changed as it was read, listed by id. S5, S6. */
#include "open.h"

static struct resource_server
sample(const char *id)
{
	return (struct resource_server){ .realm = S("demo"), .id = str_of(id), .name = S("Orders"), .scopes = S("read write"),
		.signing_alg = S("ES256"), .typ = S("JWT"), .shape = S("jwt"), .access_ttl_s = 60, .enabled = true,
		.created_s = 5, .updated_s = 6 };
}

static enum store_result
put(struct store *s, enum store_op_kind kind, const struct resource_server *r, uint64_t epoch)
{
	struct store_op op = { .kind = kind, .resource = { r, epoch } };

	return store_commit(s, &op, 1, NULL);
}

TEST(a_resource_server_is_what_was_written)
{
	struct store *s = suite_open(mem);
	struct resource_server a = sample("https://api.example"), got;

	NEED(s);
	EXPECT_INT(store_resource_server(s, mem, a.realm, a.id, &got), NOT_FOUND);
	EXPECT_INT(put(s, OP_RESOURCE_ADD, &a, 0), STORE_DONE);
	EXPECT_INT(put(s, OP_RESOURCE_ADD, &a, 0), STORE_LOST);
	NEED(store_resource_server(s, mem, a.realm, a.id, &got) == FOUND);
	EXPECT_STR(got.realm, a.realm);
	EXPECT_STR(got.id, a.id);
	EXPECT_STR(got.name, a.name);
	EXPECT_STR(got.scopes, a.scopes);
	EXPECT_STR(got.signing_alg, a.signing_alg);
	EXPECT_STR(got.typ, a.typ);
	EXPECT_STR(got.shape, a.shape);
	EXPECT_INT(got.access_ttl_s, 60);
	EXPECT(got.enabled && got.version != 0);
	EXPECT_INT(got.created_s, 5);
	EXPECT_INT(got.updated_s, 6);
	EXPECT_INT(store_resource_server(s, mem, S("other"), a.id, &got), NOT_FOUND);
}

TEST(a_resource_server_is_changed_as_it_was_read)
{
	struct store *s = suite_open(mem);
	struct resource_server a = sample("https://api.example"), read, now;
	uint64_t epoch;

	NEED(s);
	EXPECT_INT(put(s, OP_RESOURCE_ADD, &a, 0), STORE_DONE);
	epoch = store_clients_epoch(s);
	NEED(store_resource_server(s, mem, a.realm, a.id, &read) == FOUND);
	EXPECT_INT(put(s, OP_RESOURCE_STANDS, &read, epoch), STORE_DONE);
	EXPECT_INT(put(s, OP_RESOURCE_STANDS, &read, 0), STORE_DONE);
	now = read;
	now.enabled = false;
	now.scopes = S("");
	EXPECT_INT(put(s, OP_RESOURCE_SET, &now, 0), STORE_DONE);
	EXPECT(store_clients_epoch(s) != epoch);
	EXPECT_INT(put(s, OP_RESOURCE_SET, &now, 0), STORE_LOST);
	EXPECT_INT(put(s, OP_RESOURCE_STANDS, &read, epoch), STORE_LOST);
	EXPECT_INT(put(s, OP_RESOURCE_DELETE, &read, 0), STORE_LOST);
	NEED(store_resource_server(s, mem, a.realm, a.id, &now) == FOUND);
	EXPECT(!now.enabled && now.scopes.n == 0);
	EXPECT_INT(put(s, OP_RESOURCE_DELETE, &now, 0), STORE_DONE);
	EXPECT_INT(store_resource_server(s, mem, a.realm, a.id, &now), NOT_FOUND);
	EXPECT_INT(put(s, OP_RESOURCE_ADD, &a, 0), STORE_DONE);         /* another of the same id */
	EXPECT_INT(put(s, OP_RESOURCE_STANDS, &read, 0), STORE_LOST);
}

TEST(resource_servers_come_by_id)
{
	struct store *s = suite_open(mem);
	struct resource_server a = sample("https://a.example"), b = sample("https://b.example"), other = sample("https://c.example"), got[4];

	other.realm = S("other");
	NEED(s);
	EXPECT_INT(put(s, OP_RESOURCE_ADD, &b, 0), STORE_DONE);
	EXPECT_INT(put(s, OP_RESOURCE_ADD, &a, 0), STORE_DONE);
	EXPECT_INT(put(s, OP_RESOURCE_ADD, &other, 0), STORE_DONE);
	EXPECT_INT(store_resource_servers(s, mem, S("demo"), STR_ABSENT, 4, got), 2);
	EXPECT_STR(got[0].id, a.id);
	EXPECT_INT(store_resource_servers(s, mem, S("demo"), a.id, 4, got), 1);
	EXPECT_STR(got[0].id, b.id);
	EXPECT_INT(store_resource_servers(s, mem, S("demo"), STR_ABSENT, 1, got), 1);
}
