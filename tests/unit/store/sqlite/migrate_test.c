/*
 * tests/unit/store/sqlite/migrate_test.c - what is alive in a store of an earlier schema goes on in this one, also when
 * the power fails while it is brought up to date.
 */
#include "cutvfs.h"
#include "store/store_int.h"
#include "../open.h"

#define ID    "x'01020304050600000001070000000000'"
#define DIG   "x'0000000109000800000000000000000000000000000000000000000000000000'"
#define DIG_2 "x'0000000209000800000000000000000000000000000000000000000000000000'"
#define USER  ID ", 'admin', "
#define ISSUER_CLIENT "'http://localhost:8080', 'app', "

/* One row of every kind of evidence, as schema 15 wrote them; the second request that waits says nothing readable. */
static const char schema_15_rows[] =
    "INSERT INTO clients (realm, id, name, access_ttl_s, refresh_ttl_s, enabled, created_s, updated_s)"
    " VALUES ('demo', 'app', 'x', -1, -1, 1, 1, 1);"
    "INSERT INTO users (realm, id, name, number, enabled, locked, created_s, updated_s)"
    " VALUES ('demo', " ID ", 'admin', 0, 1, 0, 1, 1);"
    "INSERT INTO sessions (digest, issuer, user_id, user_name, account_type, auth_s, seen_s, expires_s)"
    " VALUES (" DIG ", 'http://localhost:8080', " USER "'admin', 10, 11, 1000);"
    "INSERT INTO pendings (id, session, issuer, data, expires_s) VALUES (" ID ", " DIG ", 'http://localhost:8080',"
    " '{\"client\":\"app\",\"uri\":\"http://localhost\",\"scope\":\"read\",\"nonce\":\"n\",\"state\":\"s\"}', 1000);"
    "INSERT INTO pendings (id, session, issuer, data, expires_s) VALUES (x'02', " DIG_2 ", 'i', '{', 1000);"
    "INSERT INTO codes (digest, issuer, client, user_id, user_name, redirect_uri, redirect_sent, scope, challenge, nonce,"
    " account_type, auth_s, issued_s, expires_s, state) VALUES (" DIG ", " ISSUER_CLIENT USER "'http://localhost', 1,"
    " 'read write', 'E9Mel', 'n-0S6', 'admin', 1, 2, 1000, 0);"
    "INSERT INTO families (id, issuer, client, user_id, user_name, scope, account_type, nonce, digest, refreshable,"
    " generation, rotated_ms, auth_s, issued_s, expires_s, state, grant_name) VALUES (" ID ", " ISSUER_CLIENT USER
    "'read write', 'admin', 'n-0S6', " DIG ", 1, 3, 4, 1, 2, 1000, 0, 'password');"
    "INSERT INTO tokens (id, issuer, client, user_id, user_name, scope, account_type, family, digest, reuse, issued_s,"
    " expires_s, keep_s) VALUES (" ID ", " ISSUER_CLIENT USER "'read', 'admin', " ID ", " DIG ", " DIG_2 ", 2, 900, 1000);";

static void
expect_given(struct authorization a, const char *scope, int64_t auth_s)
{
	struct id16 user = suite_id(1);

	EXPECT_STR(a.issuer, S("http://localhost:8080"));
	EXPECT_STR(a.client, S("app"));
	EXPECT(memcmp(&a.user, &user, sizeof user) == 0);
	EXPECT_STR(a.user_name, S("admin"));
	EXPECT_STR(a.account_type, S("admin"));
	EXPECT_STR(a.scope, str_of(scope));
	EXPECT_INT(a.auth_s, auth_s);
	EXPECT(!str_given(a.extra));
}

static void
expect_evidence(struct store *s, struct arena *mem)
{
	struct id16 id = suite_id(1);
	struct dig32 digest = suite_dig(1);
	struct pending pending;
	struct family family;
	struct token token;
	struct code code;

	NEED(store_pending(s, mem, &id, &pending) == FOUND && store_code(s, mem, &digest, &code) == FOUND);
	NEED(store_family(s, mem, &id, &family) == FOUND && store_token_by_digest(s, mem, &digest, &token) == FOUND);
	expect_given(pending.auth, "read", 10);
	EXPECT_STR(pending.auth.nonce, S("n"));
	expect_given(code.auth, "read write", 1);
	EXPECT_STR(code.auth.nonce, S("n-0S6"));
	EXPECT_STR(code.challenge, S("E9Mel"));
	EXPECT_INT(code.redirect_sent, 1);
	expect_given(family.auth, "read write", 1);
	EXPECT_STR(family.auth.nonce, S("n-0S6"));
	EXPECT_STR(family.grant, S("password"));
	EXPECT_INT(family.generation, 3);
	expect_given(token.auth, "read", 0);
	EXPECT_INT(token.keep_s, 1000);
}

static struct store *
open_cut(struct arena *mem, struct str directory)
{
	struct str why = STR_ABSENT;

	return store_open(&(struct store_conf){ .path = directory, .vfs = CUTVFS }, mem, &why);
}

TEST(evidence_of_schema_15)
{
	EMBEDDED_ONLY;
	struct str directory = suite_directory(mem);
	struct id16 second = { { 2 } };
	struct store *s;
	struct pending unreadable;

	NEED(suite_earlier(mem, directory, 15, schema_15_rows));
	NEED(s = suite_open_at(mem, directory));
	expect_evidence(s, mem);
	EXPECT_INT(store_pending(s, mem, &second, &unreadable), NOT_FOUND);     /* its id is too short to be one */
	store_close(s);
}

/* S3: whatever was written when the power went, the next start finds the rows, in one schema or the other. */
TEST(power_fails_while_schema_15_is_brought_up)
{
	EMBEDDED_ONLY;
	bool whole = false;

	suite_hush(mem);
	cutvfs_register();
	for (int n = 1; n < 400 && !whole; n += n < 12 ? 1 : 7) {
		struct str directory = suite_directory(mem);
		struct store *s;

		NEED(suite_earlier(mem, directory, 15, schema_15_rows));
		cutvfs_power_off_after(n);
		s = open_cut(mem, directory);
		whole = s != NULL && !cutvfs_is_off();
		store_close(s);
		cutvfs_power_off();
		cutvfs_power_on((unsigned)n % 3);
		NEED(s = open_cut(mem, directory));
		EXPECT_INT(store_schema_version(s), store_schema_newest());
		expect_evidence(s, mem);
		store_close(s);
	}
	EXPECT(whole);
}

/* Before there were claims of users, in schema 18. */
TEST(users_of_schema_18)
{
	EMBEDDED_ONLY;
	struct str directory = suite_directory(mem);
	struct store *s;
	struct user u;

	NEED(suite_earlier(mem, directory, 18,
	    "INSERT INTO users (realm, id, name, email, number, enabled, locked, created_s, updated_s)"
	    " VALUES ('demo', " ID ", 'admin', 'a@x.example', 0, 1, 0, 1, 1);"));
	NEED(s = suite_open_at(mem, directory));
	NEED(store_user_by_name(s, mem, S("demo"), S("admin"), &u) == FOUND);
	EXPECT(!str_given(u.claims));
	EXPECT_STR(u.email, S("a@x.example"));
	u.claims = S("{\"email_verified\":true}");
	EXPECT_INT(DO(s, OP_USER_SET, user, &u), STORE_DONE);
	NEED(store_user_by_name(s, mem, S("demo"), S("admin"), &u) == FOUND);
	EXPECT_STR(u.claims, S("{\"email_verified\":true}"));
	store_close(s);
}
