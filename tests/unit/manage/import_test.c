/* Rows of an old server's database come in once, and stay what they became. */
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "../test.h"
#include "login/login.h"
#include "manage/manage.h"
#include "store/store_int.h"

struct bench { struct arena *mem; char dir[32]; struct store *store; bool changed; json_t *got; };

static bool
bench_open(struct bench *b, struct arena *mem)
{
	struct store_conf conf = { .readers = 2 };
	struct str why = STR_ABSENT;

	*b = (struct bench){ .mem = mem, .dir = "/tmp/hufu-import-XXXXXX" };
	if (mkdtemp(b->dir) == NULL)
		return false;
	conf.path = str_of(b->dir);
	return (b->store = store_open(&conf, mem, &why)) != NULL;
}

static void
bench_close(struct bench *b)
{
	DIR *d = opendir(b->dir);

	store_close(b->store);
	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL; )
		unlinkat(dirfd(d), e->d_name, 0);
	if (d != NULL)
		closedir(d);
	rmdir(b->dir);
}

static bool
ask(struct bench *b, const char *json)
{
	struct str out = STR_ABSENT;
	bool ok = manage_do(b->store, b->mem, json_read(b->mem, str_of(json)), &(struct lent){ .elsewhere = STR_ABSENT }, &out, &b->changed);

	b->got = json_read(b->mem, out);
	if (b->got == NULL)
		test_fail(__FILE__, __LINE__, "%s -> %.*s", json, STR_ARG(out));
	return ok;
}

static int64_t
count(const struct bench *b, const char *name)
{
	int64_t n = -1;

	json_member_int(b->got, name, &n);
	return n;
}

#define PEOPLE "\"clients\":[{\"id\":\"app\",\"secret\":\"s3cret\",\"grants\":[\"password\"],\"scopes\":[\"read\"]}],\"users\":[{\"name\":\"alice\",\"password_encoded\":\"{noop}pw\"}]"
#define IMPORT "{\"do\":\"realm.import\",\"realm\":\"r\","

TEST(a_check_writes_nothing_and_a_second_run_changes_nothing)
{
	struct bench b;
	struct client c;

	NEED(bench_open(&b, mem));
	EXPECT(ask(&b, IMPORT "\"check\":true," PEOPLE "}"));
	EXPECT_INT(count(&b, "added"), 2);
	EXPECT_INT(store_client(b.store, mem, S("r"), S("app"), &c), NOT_FOUND);
	EXPECT(ask(&b, IMPORT PEOPLE "}") && b.changed);
	EXPECT_INT(count(&b, "added"), 2);
	EXPECT_INT(store_client(b.store, mem, S("r"), S("app"), &c), FOUND);
	EXPECT(password_verify(mem, c.secret, S("s3cret")) == PASSWORD_OK);
	EXPECT(!str_contains(c.secret, S("s3cret")));
	EXPECT(ask(&b, IMPORT PEOPLE "}") && !b.changed);
	EXPECT_INT(count(&b, "same"), 2);
	bench_close(&b);
}

TEST(what_became_different_stays_unless_it_is_to_be_replaced)
{
	struct bench b;
	struct user u;

	NEED(bench_open(&b, mem));
	EXPECT(ask(&b, IMPORT PEOPLE "}"));
	EXPECT(ask(&b, "{\"do\":\"user.set\",\"realm\":\"r\",\"name\":\"alice\",\"email\":\"a@example.org\"}"));
	EXPECT(ask(&b, IMPORT PEOPLE "}"));
	EXPECT_INT(count(&b, "kept"), 1);
	store_user_by_name(b.store, mem, S("r"), S("alice"), &u);
	EXPECT_STR(u.email, S("a@example.org"));
	EXPECT(ask(&b, IMPORT "\"replace\":true," PEOPLE "}"));
	EXPECT_INT(count(&b, "replaced"), 1);
	store_user_by_name(b.store, mem, S("r"), S("alice"), &u);
	EXPECT_STR(u.email, S(""));
	bench_close(&b);
}

TEST(what_the_old_table_does_not_say_is_not_replaced)
{
	struct bench b;
	struct user u;

	NEED(bench_open(&b, mem));
	EXPECT(ask(&b, "{\"do\":\"user.create\",\"realm\":\"r\",\"name\":\"alice\",\"email\":\"a@id.example\",\"password_encoded\":\"{noop}other\"}"));
	EXPECT(ask(&b, IMPORT "\"replace\":true," PEOPLE "}"));
	EXPECT_INT(store_user_by_name(b.store, mem, S("r"), S("alice"), &u), FOUND);
	EXPECT(str_is(u.password, "{noop}pw") && str_is(u.email, "a@id.example"));
	bench_close(&b);
}

TEST(each_refused_row_is_told)
{
	struct bench b;

	NEED(bench_open(&b, mem));
	EXPECT(ask(&b, IMPORT "\"check\":true,\"clients\":[{\"id\":\"a b\"},{\"id\":\"good\"},{\"id\":\"c\",\"secret_encoded\":\"{rot13}x\"}]}"));
	EXPECT_INT(count(&b, "refused"), 2);
	EXPECT_INT(count(&b, "added"), 1);
	EXPECT(str_starts(str_of(json_string_value(json_array_get(json_object_get(b.got, "why"), 1))), S("clients: c: the encoding of the secret")));
	bench_close(&b);
}

static bool
ask_under(struct bench *b, uint8_t byte, const char *json)
{
	uint8_t key[DIGEST_SIZE];
	struct str out = STR_ABSENT;
	bool ok;

	memset(key, byte, sizeof key);
	ok = manage_do(b->store, b->mem, json_read(b->mem, str_of(json)), &(struct lent){ .elsewhere = STR_ABSENT, .import_key = key }, &out, &b->changed);
	b->got = json_read(b->mem, out);
	return ok;
}

#define HERS IMPORT "\"users\":[{\"name\":\"alice\",\"email\":\"a@old.example\"}]"
TEST(a_memory_that_nobody_can_read_decides_nothing)
{
	struct bench b;
	struct user u;

	NEED(bench_open(&b, mem));
	EXPECT(ask_under(&b, 1, HERS "}") && count(&b, "added") == 1);
	EXPECT(ask_under(&b, 1, HERS "}") && count(&b, "same") == 1);
	EXPECT(ask_under(&b, 1, "{\"do\":\"user.set\",\"realm\":\"r\",\"name\":\"alice\",\"email\":\"a@new.example\"}"));
	for (int check = 0; check < 2; check++) {
		EXPECT(!ask_under(&b, 2, check ? HERS ",\"check\":true}" : HERS "}"));
		EXPECT(str_contains(json_member_str(b.got, "error"), S("key-encryption key that is lost")));
		EXPECT(str_contains(json_member_str(b.got, "hint"), S("--keep")));
	}
	EXPECT(ask_under(&b, 2, HERS ",\"source\":\"another\",\"check\":true}"));       /* its memory is empty */
	EXPECT(ask_under(&b, 2, HERS ",\"check\":true,\"keep\":true}") && json_is_true(json_object_get(b.got, "memory_lost")));
	EXPECT(!ask_under(&b, 2, HERS "}"));                    /* a check decides nothing for good */
	EXPECT(ask_under(&b, 2, HERS ",\"keep\":true}") && count(&b, "kept") == 1 && json_is_true(json_object_get(b.got, "memory_lost")));
	EXPECT_INT(store_user_by_name(b.store, mem, S("r"), S("alice"), &u), FOUND);
	EXPECT_STR(u.email, S("a@new.example"));
	EXPECT(ask_under(&b, 2, HERS ",\"keep\":true}") && json_object_get(b.got, "memory_lost") == NULL);
	EXPECT(!ask_under(&b, 1, HERS "}"));
	EXPECT(ask_under(&b, 1, HERS ",\"replace\":true}") && count(&b, "replaced") == 1);
	bench_close(&b);
}

TEST(a_clear_secret_is_hashed_by_whoever_sends_it)
{
	struct bench b;
	struct user u;

	NEED(bench_open(&b, mem));
	EXPECT(ask(&b, IMPORT "\"check\":true," PEOPLE "}"));
	EXPECT_INT(json_array_size(json_object_get(b.got, "hash")), 1);
	EXPECT_STR(str_of(json_string_value(json_array_get(json_object_get(b.got, "hash"), 0))), S("app"));
	EXPECT(ask(&b, IMPORT "\"users\":[{\"name\":\"eve\",\"password\":\"clear\",\"hashed\":\"{SHA-256}3c9dd2dd\"}]}"));
	EXPECT(ask(&b, IMPORT "\"users\":[{\"name\":\"fay\",\"password\":\"clear\",\"hashed\":\"{noop}clear\"}]}"));
	EXPECT_INT(store_user_by_name(b.store, mem, S("r"), S("fay"), &u), FOUND);
	EXPECT_STR(u.password, S("{noop}clear"));               /* as it came */
	EXPECT_INT(store_user_by_name(b.store, mem, S("r"), S("eve"), &u), FOUND);
	EXPECT(str_starts(u.password, S("{argon2}")));          /* what came is no encoding */
	EXPECT(ask(&b, IMPORT "\"check\":true,\"users\":[{\"name\":\"fay\",\"password\":\"clear\"}]}"));
	EXPECT(json_object_get(b.got, "hash") == NULL);         /* nothing of it has changed */
	EXPECT_INT(count(&b, "same"), 1);
	bench_close(&b);
}

#define D1 "1111111111111111111111111111111111111111111111111111111111111111"
#define D2 "2222222222222222222222222222222222222222222222222222222222222222"
#define D3 "3333333333333333333333333333333333333333333333333333333333333333"
#define TOKENS "\"tokens\":[{\"issuer\":\"i\",\"client\":\"app\",\"user\":\"alice\",\"scope\":\"read\",\"access\":\"" D1 "\",\"access_expires_s\":4000000000,\"refresh\":\"" D2 "\"}," \
	"{\"issuer\":\"i\",\"client\":\"app\",\"scope\":\"read\",\"access\":\"" D3 "\"}," \
	"{\"issuer\":\"i\",\"client\":\"app\",\"scope\":\"read\",\"access\":\"" D1 "\",\"access_expires_s\":1}," \
	"{\"issuer\":\"i\",\"client\":\"app\",\"user\":\"nobody\",\"scope\":\"read\",\"access\":\"" D1 "\"}]"

TEST(live_tokens_are_rows_found_by_digest)
{
	struct bench b;
	struct dig32 d;
	struct token t;
	struct family f;

	NEED(bench_open(&b, mem));
	EXPECT(ask(&b, IMPORT PEOPLE "," TOKENS "}"));
	EXPECT_INT(count(&b, "added"), 4);
	EXPECT_INT(count(&b, "expired"), 1);
	EXPECT_INT(count(&b, "orphaned"), 1);
	memset(d.b, 0x11, 32);
	NEED(store_token_by_digest(b.store, mem, &d, &t) == FOUND);
	EXPECT(!t.has_reuse && t.expires_s == 4000000000);
	memset(d.b, 0x22, 32);
	NEED(store_family_by_digest(b.store, mem, &d, &f) == FOUND);
	EXPECT(f.refreshable && f.expires_s == 0 && memcmp(f.id.b, t.family.b, 16) == 0);
	memset(d.b, 0x33, 32);
	NEED(store_token_by_digest(b.store, mem, &d, &t) == FOUND);
	EXPECT(t.expires_s == 0 && id_none(&t.family));
	EXPECT(ask(&b, IMPORT TOKENS "}") && !b.changed);
	EXPECT_INT(count(&b, "same"), 2);
	bench_close(&b);
}

TEST(a_refresh_jwt_leads_to_its_row_by_id)
{
	struct bench b;
	struct id16 id;
	struct family f;

	NEED(bench_open(&b, mem));
	EXPECT(ask(&b, IMPORT PEOPLE ",\"tokens\":[{\"issuer\":\"i\",\"client\":\"app\",\"user\":\"alice\",\"scope\":\"read\",\"family\":\"7f1f8f5e-2f0b-4d1a-8c55-3d1f5a2b2222\","
	    "\"refresh_expires_s\":4000000000},{\"issuer\":\"i\",\"client\":\"app\",\"family\":\"7f1f8f5e-2f0b-4d1a-8c55-3d1f5a2b2223\",\"refresh_expires_s\":1},"
	    "{\"issuer\":\"i\",\"client\":\"app\",\"family\":\"no\"}]}"));
	EXPECT_INT(count(&b, "expired"), 1);
	EXPECT_INT(count(&b, "refused"), 1);
	uuid_read(S("7f1f8f5e-2f0b-4d1a-8c55-3d1f5a2b2222"), id.b);
	NEED(store_family(b.store, mem, &id, &f) == FOUND);
	EXPECT(f.refreshable && !f.has_digest && f.expires_s == 4000000000);
	bench_close(&b);
}

TEST(a_token_ended_here_does_not_come_back_by_a_second_run)
{
	struct bench b;
	struct dig32 d;
	struct family f;
	struct token t;
	struct store_op op = { .kind = OP_FAMILY_REVOKE, .family = &f };

	NEED(bench_open(&b, mem));
	EXPECT(ask(&b, IMPORT PEOPLE "," TOKENS "}"));
	memset(d.b, 0x22, 32);
	NEED(store_family_by_digest(b.store, mem, &d, &f) == FOUND);
	store_commit(b.store, &op, 1, NULL);
	EXPECT(ask(&b, IMPORT TOKENS "}"));
	memset(d.b, 0x11, 32);
	EXPECT_INT(store_token_by_digest(b.store, mem, &d, &t), NOT_FOUND);
	bench_close(&b);
}

TEST(approvals)
{
	struct bench b;
	struct user u;
	struct str scopes;

	NEED(bench_open(&b, mem));
	EXPECT(ask(&b, IMPORT PEOPLE ",\"approvals\":[{\"issuer\":\"i\",\"client\":\"app\",\"user\":\"alice\",\"scope\":\"read\",\"expires_s\":4000000000},"
	    "{\"issuer\":\"i\",\"client\":\"app\",\"user\":\"alice\",\"scope\":\"write\",\"expires_s\":1}]}"));
	EXPECT_INT(count(&b, "expired"), 1);
	store_user_by_name(b.store, mem, S("r"), S("alice"), &u);
	store_approvals(b.store, mem, S("i"), &u.id, S("app"), clock_now_s(), &scopes);
	EXPECT_STR(scopes, S("read"));
	bench_close(&b);
}

/* --- the second run ------------------------------------------------------------------------------------------------------------- */

#define ALICE(more) "\"users\":[{\"name\":\"alice\",\"password_encoded\":\"{noop}pw\"" more "}]"

static struct user
alice_now(struct bench *b)
{
	struct user u = { .version = 0 };

	if (store_user_by_name(b->store, b->mem, S("r"), S("alice"), &u) != FOUND)
		test_fail(__FILE__, __LINE__, "alice is gone");
	return u;
}

static struct str
decision(const struct bench *b, size_t i)
{
	return json_member_str(json_array_get(json_object_get(b->got, "differs"), i), "decision");
}

TEST(each_side_keeps_what_it_changed)
{
	struct bench b;
	struct user u;

	NEED(bench_open(&b, mem));
	EXPECT(ask(&b, IMPORT ALICE(",\"phone\":\"1\"") "}"));
	EXPECT(ask(&b, "{\"do\":\"user.set\",\"realm\":\"r\",\"name\":\"alice\",\"email\":\"a@example.org\"}"));
	EXPECT(ask(&b, IMPORT ALICE(",\"phone\":\"2\"") "}"));
	EXPECT_INT(count(&b, "updated"), 1);
	u = alice_now(&b);
	EXPECT_STR(u.phone, S("2"));
	EXPECT_STR(u.email, S("a@example.org"));
	EXPECT(ask(&b, "{\"do\":\"user.set\",\"realm\":\"r\",\"name\":\"alice\",\"phone\":\"3\"}"));
	EXPECT(ask(&b, IMPORT ALICE(",\"phone\":\"4\"") "}"));
	EXPECT_INT(count(&b, "conflict"), 1);
	EXPECT_STR(alice_now(&b).phone, S("3"));
	EXPECT(ask(&b, IMPORT "\"keep\":true," ALICE(",\"phone\":\"4\"") "}"));
	EXPECT_INT(count(&b, "kept"), 1);
	EXPECT(ask(&b, IMPORT ALICE(",\"phone\":\"4\"") "}"));      /* decided: no conflict any more */
	EXPECT_INT(count(&b, "kept"), 1);
	EXPECT_STR(decision(&b, 0), S("kept"));
	EXPECT(ask(&b, IMPORT "\"replace\":true," ALICE(",\"phone\":\"4\"") "}"));
	EXPECT_STR(alice_now(&b).phone, S("4"));
	EXPECT(!ask(&b, IMPORT "\"replace\":true,\"keep\":true," ALICE("") "}"));
	bench_close(&b);
}

TEST(what_is_gone_there_is_disabled_once)
{
	struct bench b;

	NEED(bench_open(&b, mem));
	EXPECT(ask(&b, IMPORT PEOPLE "}"));
	EXPECT(ask(&b, IMPORT "\"users\":[{\"name\":\"alice\",\"gone\":true}],\"clients\":[{\"id\":\"app\",\"gone\":true}]}") && b.changed);
	EXPECT_INT(count(&b, "ended"), 2);
	EXPECT(!alice_now(&b).enabled);
	EXPECT(ask(&b, "{\"do\":\"user.enable\",\"realm\":\"r\",\"name\":\"alice\"}"));
	EXPECT(ask(&b, IMPORT "\"users\":[{\"name\":\"alice\",\"gone\":true}]}"));
	EXPECT(alice_now(&b).enabled);                          /* enabled here since */
	EXPECT(ask(&b, IMPORT "\"source\":\"another\",\"users\":[{\"name\":\"alice\",\"gone\":true}]}"));
	EXPECT(alice_now(&b).enabled);
	bench_close(&b);
}

TEST(what_is_remembered_can_be_listed_and_forgotten)
{
	struct bench b;

	NEED(bench_open(&b, mem));
	EXPECT(ask(&b, IMPORT "\"source\":\"s\"," PEOPLE "}"));
	EXPECT(ask(&b, "{\"do\":\"realm.imported\",\"realm\":\"r\",\"source\":\"s\",\"list\":\"users\"}"));
	EXPECT_STR(json_member_str(json_array_get(json_object_get(b.got, "rows"), 0), "user"), S("alice"));
	EXPECT(ask(&b, "{\"do\":\"user.delete\",\"realm\":\"r\",\"name\":\"alice\"}"));
	EXPECT(ask(&b, "{\"do\":\"realm.imported\",\"realm\":\"r\",\"source\":\"s\",\"list\":\"users\"}"));
	EXPECT_INT(json_array_size(json_object_get(b.got, "rows")), 0);
	EXPECT(!ask(&b, "{\"do\":\"realm.imported\",\"realm\":\"r\",\"source\":\"s\",\"list\":\"people\"}"));
	EXPECT(!ask(&b, "{\"do\":\"realm.imported\",\"realm\":\"r\",\"source\":\"s\",\"list\":\"users\",\"after\":\"x\"}"));
	EXPECT(ask(&b, IMPORT "\"source\":\"s\"," PEOPLE "}"));
	EXPECT_INT(count(&b, "kept"), 1);                       /* deleted here */
	EXPECT(ask(&b, "{\"do\":\"realm.import-forget\",\"realm\":\"r\",\"source\":\"s\"}"));
	EXPECT(ask(&b, IMPORT "\"source\":\"s\"," PEOPLE "}"));
	EXPECT_INT(count(&b, "added"), 1);
	bench_close(&b);
}

/* The operator acts at the k-th use of the store by the second import, for each k: neither side's change is lost (S6). */
struct beside { struct bench *b; const char *act; int left; bool acting, acted; };

static void
act_beside(void *ctx)
{
	struct beside *x = ctx;
	struct str out = STR_ABSENT;
	bool changed;

	if (x->acting || x->acted || x->left-- > 0)
		return;
	x->acting = x->acted = true;
	if (!manage_do(x->b->store, x->b->mem, json_read(x->b->mem, str_of(x->act)), &(struct lent){ .elsewhere = STR_ABSENT }, &out, &changed))
		test_fail(__FILE__, __LINE__, "%s: %.*s", x->act, STR_ARG(out));
	x->acting = false;
}

static bool
import_beside(struct bench *b, const char *act, int step, const char *again)
{
	struct beside x = { .b = b, .act = act, .left = step };

	ask(b, "{\"do\":\"realm.import-forget\",\"realm\":\"r\"}");
	ask(b, IMPORT "\"replace\":true," ALICE(",\"enabled\":true") "}");
	store_hook_set(b->store, act_beside, &x);
	EXPECT(ask(b, again));
	store_hook_set(b->store, NULL, NULL);
	return x.acted;
}

TEST(an_operator_beside_an_import_loses_nothing)
{
	struct bench b;
	int k = 0;

	NEED(bench_open(&b, mem));
	for (; import_beside(&b, "{\"do\":\"user.set\",\"realm\":\"r\",\"name\":\"alice\",\"email\":\"a@example.org\"}", k,
	    IMPORT ALICE(",\"enabled\":false") "}"); k++)
		EXPECT(!alice_now(&b).enabled && str_is(alice_now(&b).email, "a@example.org"));
	EXPECT(k >= 3);
	for (k = 0; import_beside(&b, "{\"do\":\"user.set-password\",\"realm\":\"r\",\"name\":\"alice\",\"password_encoded\":\"{noop}mine\"}", k,
	    IMPORT "\"users\":[{\"name\":\"alice\",\"password_encoded\":\"{noop}theirs\",\"enabled\":true}]}"); k++)
		EXPECT_STR(alice_now(&b).password, S("{noop}mine"));
	EXPECT(k >= 3);
	bench_close(&b);
}

/* --- claims of users --------------------------------------------------------------------------- */

#define CAROL(email, claims) IMPORT "\"users\":[{\"name\":\"carol\",\"email\":\"" email "\",\"password_encoded\":\"{noop}p\"" claims "}]"
#define SET_CAROL "{\"do\":\"user.set\",\"realm\":\"r\",\"name\":\"carol\","

static struct user
carol(struct bench *b)
{
	struct user u = { .email = STR_ABSENT };

	EXPECT_INT(store_user_by_name(b->store, b->mem, S("r"), S("carol"), &u), FOUND);
	return u;
}

TEST(claims_are_merged_like_other_values)
{
	struct bench b;

	NEED(bench_open(&b, mem));
	EXPECT(ask(&b, CAROL("c@x.example", ",\"claims\":{\"nickname\":\"c\",\"locale\":\"de\"}") "}"));
	EXPECT(ask(&b, CAROL("c@x.example", ",\"claims\":{\"locale\":\"de\",\"nickname\":\"c\"}") "}") && !b.changed);     /* another order */
	EXPECT_INT(count(&b, "same"), 1);
	EXPECT(ask(&b, CAROL("c@x.example", ",\"claims\":{\"nickname\":\"cc\"}") "}"));
	EXPECT_INT(count(&b, "updated"), 1);
	EXPECT_STR(carol(&b).claims, S("{\"nickname\":\"cc\"}"));
	EXPECT(ask(&b, SET_CAROL "\"claims\":{\"nickname\":\"here\"}}"));
	EXPECT(ask(&b, CAROL("c@x.example", ",\"claims\":{\"nickname\":\"cc\"}") "}"));
	EXPECT_INT(count(&b, "kept"), 1);
	EXPECT(ask(&b, CAROL("c@x.example", ",\"claims\":{\"nickname\":\"there\"}") "}"));
	EXPECT_INT(count(&b, "conflict"), 1);
	EXPECT_STR(carol(&b).claims, S("{\"nickname\":\"here\"}"));
	bench_close(&b);
}

TEST(a_mark_is_about_the_address_of_its_side)
{
	struct bench b;

	NEED(bench_open(&b, mem));
	EXPECT(ask(&b, CAROL("c@x.example", "") "}"));
	EXPECT(ask(&b, SET_CAROL "\"email\":\"here@x.example\"}"));
	EXPECT(ask(&b, CAROL("c@x.example", ",\"claims\":{\"email_verified\":true,\"nickname\":\"c\"}") "}"));
	EXPECT_STR(carol(&b).email, S("here@x.example"));
	EXPECT_STR(carol(&b).claims, S("{\"nickname\":\"c\"}"));
	bench_close(&b);
}

/* What is remembered of carol, as an earlier version wrote it. */
static bool
forget_claims(struct bench *b)
{
	struct imported all = { .realm = S("r"), .source = S("import"), .kind = 'u' }, rows[8];
	int n = store_imports(b->store, b->mem, &all, COUNT(rows), rows);
	bool found = false;

	for (int i = 0; i < n; i++) {
		json_t *base = json_read(b->mem, rows[i].base);
		struct store_op op = { .kind = OP_IMPORTED_PUT, .imported = &rows[i] };
		char *text;

		if (json_object_del(base, "claims") != 0)
			continue;
		text = json_dumps(base, JSON_COMPACT);
		rows[i].base = arena_dup(b->mem, str_of(text));
		free(text);
		found = store_commit(b->store, &op, 1, NULL) == STORE_DONE;
	}
	return found;
}

TEST(claims_come_to_users_imported_before_there_were_any)
{
	struct bench b;

	NEED(bench_open(&b, mem));
	EXPECT(ask(&b, CAROL("c@x.example", "") "}"));
	EXPECT(forget_claims(&b));
	EXPECT(ask(&b, CAROL("c@x.example", ",\"claims\":{\"given_name\":\"Carol\"}") "}"));
	EXPECT_INT(count(&b, "updated"), 1);
	EXPECT_STR(carol(&b).claims, S("{\"given_name\":\"Carol\"}"));
	bench_close(&b);
}
