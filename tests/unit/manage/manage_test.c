/* tests/unit/manage/manage_test.c - what an operator does to clients, users and sessions, against a real store. */
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "../test.h"
#include "login/login.h"
#include "manage/manage.h"

struct bench { struct arena *mem; char dir[32]; struct store *store; bool ok, changed; struct str elsewhere, out; json_t *got; };

static bool
bench_open(struct bench *b, struct arena *mem)
{
	struct store_conf conf = { .readers = 2 };
	struct str why = STR_ABSENT;

	*b = (struct bench){ .mem = mem, .dir = "/tmp/hufu-manage-XXXXXX" };
	if (mkdtemp(b->dir) == NULL)
		return false;
	conf.path = str_of(b->dir);
	b->store = store_open(&conf, mem, &why);
	if (b->store == NULL)
		printf("%.*s\n", STR_ARG(why));
	return b->store != NULL;
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
	json_t *request = json_read(b->mem, str_of(json));

	b->ok = manage_do(b->store, b->mem, request, &(struct lent){ .elsewhere = b->elsewhere }, &b->out, &b->changed);
	b->got = json_read(b->mem, b->out);
	if (b->got == NULL || b->ok != json_is_true(json_object_get(b->got, "ok")))
		test_fail(__FILE__, __LINE__, "%s -> %.*s", json, STR_ARG(b->out));
	return b->ok;
}

static bool
refused(struct bench *b, const char *json, const char *part)
{
	bool ok = !ask(b, json) && str_contains(b->out, str_of(part)) && str_given(json_member_str(b->got, "hint")) && !b->changed;

	if (!ok)
		printf("%s -> %.*s\n", json, STR_ARG(b->out));
	return ok;
}

static bool
fits(struct arena *mem, struct str stored, struct str given)
{
	enum password_result r = password_verify(mem, stored, given);

	return r == PASSWORD_OK || r == PASSWORD_OK_REHASH;
}

#define CREATE "{\"do\":\"client.create\",\"realm\":\"r\",\"id\":\"app\",\"redirect_uris\":[\"https://app.example/cb\"]}"

TEST(a_client_is_created_with_a_secret_shown_once)
{
	struct bench b;
	struct client c;
	struct str secret;

	NEED(bench_open(&b, mem));
	NEED(ask(&b, CREATE));
	EXPECT(b.changed);
	secret = json_member_str(b.got, "secret");
	EXPECT_INT(secret.n, 43);
	EXPECT_INT(store_client(b.store, mem, S("r"), S("app"), &c), FOUND);
	EXPECT_STR(c.grants, S("authorization_code refresh_token"));
	EXPECT_STR(c.legacy, S(""));
	EXPECT(!str_contains(c.secret, secret));
	EXPECT(fits(mem, c.secret, secret));
	EXPECT(ask(&b, "{\"do\":\"client.show\",\"realm\":\"r\",\"id\":\"app\"}") && !b.changed);
	EXPECT(!str_contains(b.out, secret) && !str_contains(b.out, c.secret));
	EXPECT(refused(&b, CREATE, "\"code\":\"exists\""));
	bench_close(&b);
}

TEST(client_set_changes_only_what_is_given)
{
	struct bench b;
	struct client was, is;

	NEED(bench_open(&b, mem));
	NEED(ask(&b, CREATE));
	store_client(b.store, mem, S("r"), S("app"), &was);
	EXPECT(ask(&b, "{\"do\":\"client.set\",\"realm\":\"r\",\"id\":\"app\",\"scopes\":\"write read write\",\"access_ttl_s\":60,\"auto_approve\":true,\"info\":{\"a\":1}}"));
	EXPECT(b.changed);
	EXPECT_INT(store_client(b.store, mem, S("r"), S("app"), &is), FOUND);
	EXPECT_STR(is.scopes, S("write read"));
	EXPECT_INT(is.access_ttl_s, 60);
	EXPECT_INT(is.refresh_ttl_s, -1);
	EXPECT_STR(is.auto_approve, S("*"));
	EXPECT_STR(is.info, S("{\"a\":1}"));
	EXPECT_STR(is.secret, was.secret);
	EXPECT_STR(is.redirect_uris, S("https://app.example/cb"));
	EXPECT(ask(&b, "{\"do\":\"client.set\",\"realm\":\"r\",\"id\":\"app\",\"access_ttl_s\":null,\"auto_approve\":[\"read\"],\"public\":true,\"enabled\":false}"));
	EXPECT_INT(store_client(b.store, mem, S("r"), S("app"), &is), FOUND);
	EXPECT_INT(is.access_ttl_s, -1);
	EXPECT_STR(is.auto_approve, S("read"));
	EXPECT_STR(is.secret, S(""));
	EXPECT(!is.enabled);
	EXPECT(refused(&b, "{\"do\":\"client.set\",\"realm\":\"r\",\"id\":\"none\"}", "not_found"));
	bench_close(&b);
}

TEST(rotate_secret_and_delete)
{
	struct bench b;
	struct client c;
	struct str first;

	NEED(bench_open(&b, mem));
	NEED(ask(&b, CREATE));
	first = json_member_str(b.got, "secret");
	EXPECT(ask(&b, "{\"do\":\"client.rotate-secret\",\"realm\":\"r\",\"id\":\"app\"}") && b.changed);
	EXPECT_INT(store_client(b.store, mem, S("r"), S("app"), &c), FOUND);
	EXPECT(!fits(mem, c.secret, first));
	EXPECT(fits(mem, c.secret, json_member_str(b.got, "secret")));
	EXPECT(ask(&b, "{\"do\":\"client.delete\",\"realm\":\"r\",\"id\":\"app\"}") && b.changed);
	EXPECT_INT(store_client(b.store, mem, S("r"), S("app"), &c), NOT_FOUND);
	EXPECT(refused(&b, "{\"do\":\"client.delete\",\"realm\":\"r\",\"id\":\"app\"}", "not_found"));
	bench_close(&b);
}

#define WITH(member) "{\"do\":\"client.create\",\"realm\":\"r\",\"id\":\"x\"," member "}"

TEST(what_a_client_may_not_hold)
{
	static const char *const uris[] = { "javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x", "https://a/#f", "/cb", "https:///cb", "https:cb",
		"https://u:p@a/cb", "https://a\\\\@b/", "ftp://a/", "app:/cb", "https://a/\\u0001", "https://a/ b", "", "https://中文/", "1a.b:/x", ":x",
		"https://a:0/", "https://a:65536/", "https://a:/", "https://a%40b/", "https://@a/", "https://a..b/", "https://127.0.0.1./", "https://256.1.1.1/", "https:/a/",
		"https://[fe80::1%25eth0]/", "https://[::1/", "com.example.app://u@h/", "https://a/\\\\b", "https://a.b\\\\c/" };
	struct bench b;

	NEED(bench_open(&b, mem));
	for (size_t i = 0; i < COUNT(uris); i++)
		EXPECT(refused(&b, arena_z(mem, arena_printf(mem, WITH("\"redirect_uris\":[\"%s\"]"), uris[i])), "redirect_uris must"));
	EXPECT(refused(&b, WITH("\"redirect_uris\":[\"https://a/cb?x=1&code=2\"]"), "belongs to the response"));
	EXPECT(refused(&b, WITH("\"redirect_uris\":\"https://a/\",\"grants\":[\"device\"]"), "grants must be grants"));
	EXPECT(refused(&b, WITH("\"redirect_uris\":\"https://a/\",\"scopes\":[\"a\\\"b\"]"), "scopes must be scope words"));
	EXPECT(refused(&b, WITH("\"redirect_uris\":\"https://a/\",\"legacy\":\"anything\""), "legacy must be"));
	EXPECT(refused(&b, WITH("\"redirect_uris\":\"https://a/\",\"origins\":\"https://a/path\""), "origins must be"));
	EXPECT(refused(&b, WITH("\"redirect_uris\":\"https://a/\",\"name\":\"a\\u001b[0m\""), "name must not contain control"));
	EXPECT(refused(&b, WITH("\"redirect_uris\":\"https://a/\",\"access_ttl_s\":-2"), "out of range"));
	EXPECT(refused(&b, WITH("\"redirect_uris\":\"https://a/\",\"enabled\":\"yes\""), "true or false"));
	EXPECT(refused(&b, WITH("\"redirect_uris\":\"https://a/\",\"grant\":\"x\""), "no field"));
	EXPECT(refused(&b, WITH("\"redirect_uris\":\"https://a/\",\"scopes\":5"), "must be words"));
	EXPECT(refused(&b, WITH("\"name\":\"x\""), "needs a redirect URI"));
	EXPECT(refused(&b, WITH("\"public\":true,\"grants\":\"client_credentials\""), "public client"));
	EXPECT(refused(&b, WITH("\"public\":true,\"secret\":\"x\""), "public client has no secret"));
	EXPECT(refused(&b, "{\"do\":\"client.create\",\"realm\":\"r\",\"id\":\"a b\"}", "client id must be"));
	EXPECT(refused(&b, "{\"do\":\"client.create\",\"realm\":\"r\"}", "client id is needed"));
	EXPECT(refused(&b, "{\"do\":\"client.create\",\"id\":\"x\"}", "a realm is needed"));
	EXPECT(refused(&b, "{\"do\":\"client.create\",\"realm\":\"a/b\",\"id\":\"x\"}", "the realm's name"));
	EXPECT(refused(&b, "{\"do\":\"client.paint\",\"realm\":\"r\"}", "no command"));
	EXPECT(refused(&b, "[]", "no command"));
	bench_close(&b);
}

/* RFC 8252 7.1 binds new clients; an old application's scheme stays, but none that runs code. */
TEST(an_old_application_keeps_its_scheme)
{
	struct bench b;
	struct client c;

	NEED(bench_open(&b, mem));
	EXPECT(refused(&b, WITH("\"redirect_uris\":\"myapp://cb\""), "redirect_uris must be https, http, or a private-use scheme with a dot"));
	EXPECT(refused(&b, WITH("\"redirect_uris\":\"javascript:alert(1)\",\"legacy\":\"loose_redirect\""), "runs code"));
	EXPECT(ask(&b, WITH("\"redirect_uris\":[\"myapp://cb\",\"mymobileapp:/oauthredirect\",\"urn:ietf:wg:oauth:2.0:oob\"],\"legacy\":\"loose_redirect\"")));
	EXPECT(ask(&b, "{\"do\":\"client.set\",\"realm\":\"r\",\"id\":\"x\",\"legacy\":\"\"}"));
	EXPECT(refused(&b, "{\"do\":\"client.set\",\"realm\":\"r\",\"id\":\"x\",\"redirect_uris\":\"other:/cb\"}", "redirect_uris must be"));
	EXPECT_INT(store_client(b.store, mem, S("r"), S("x"), &c), FOUND);
	EXPECT_STR(c.redirect_uris, S("myapp://cb\nmymobileapp:/oauthredirect\nurn:ietf:wg:oauth:2.0:oob"));
	bench_close(&b);
}

TEST(good_redirect_uris)
{
	struct bench b;
	struct client c;

	NEED(bench_open(&b, mem));
	EXPECT(ask(&b, WITH("\"redirect_uris\":[\"http://localhost\",\"https://a.example:8443/cb?x=1\",\"com.example.app:/cb\",\"http://[::1]/x\"],\"grants\":\"authorization_code implicit\"")));
	EXPECT_INT(store_client(b.store, mem, S("r"), S("x"), &c), FOUND);
	EXPECT_STR(c.redirect_uris, S("http://localhost\nhttps://a.example:8443/cb?x=1\ncom.example.app:/cb\nhttp://[::1]/x"));
	EXPECT_STR(c.grants, S("authorization_code implicit"));
	bench_close(&b);
}

TEST(given_secrets)
{
	struct bench b;
	struct client c;

	NEED(bench_open(&b, mem));
	EXPECT(ask(&b, WITH("\"grants\":\"client_credentials\",\"secret\":\"{noop}clear\"")));
	EXPECT_INT(store_client(b.store, mem, S("r"), S("x"), &c), FOUND);
	EXPECT(str_starts(c.secret, S("{argon2}")));
	EXPECT_INT(password_verify(mem, c.secret, S("{noop}clear")), PASSWORD_OK);
	EXPECT(!str_given(json_member_str(b.got, "secret")));
	EXPECT(ask(&b, "{\"do\":\"client.set\",\"realm\":\"r\",\"id\":\"x\",\"secret\":\"{noop}clear\",\"encoded\":true}"));
	EXPECT_INT(store_client(b.store, mem, S("r"), S("x"), &c), FOUND);
	EXPECT_STR(c.secret, S("{noop}clear"));
	EXPECT(refused(&b, "{\"do\":\"client.set\",\"realm\":\"r\",\"id\":\"x\",\"secret_encoded\":\"clear\"}", "encoding of the secret is not known"));
	EXPECT(refused(&b, "{\"do\":\"client.set\",\"realm\":\"r\",\"id\":\"x\",\"secret\":\"\"}", "1 to"));
	bench_close(&b);
}

TEST(users)
{
	struct bench b;
	struct user u, was;

	NEED(bench_open(&b, mem));
	EXPECT(ask(&b, "{\"do\":\"user.create\",\"realm\":\"r\",\"name\":\"张三\",\"password\":\"密码\",\"authorities\":[\"ROLE_USER\"],\"number\":7}"));
	EXPECT(!b.changed);
	EXPECT(!str_contains(b.out, S("argon2$")));
	EXPECT_INT(store_user_by_name(b.store, mem, S("r"), S("张三"), &was), FOUND);
	EXPECT_INT(password_verify(mem, was.password, S("密码")), PASSWORD_OK);
	EXPECT_INT(was.number, 7);
	EXPECT(refused(&b, "{\"do\":\"user.create\",\"realm\":\"r\",\"name\":\"张三\"}", "already a user"));
	EXPECT(ask(&b, "{\"do\":\"user.set\",\"realm\":\"r\",\"name\":\"张三\",\"email\":\"z@example.com\",\"locked\":true}"));
	EXPECT_INT(store_user_by_name(b.store, mem, S("r"), S("张三"), &u), FOUND);
	EXPECT_STR(u.email, S("z@example.com"));
	EXPECT(u.locked && u.number == 7);
	EXPECT(memcmp(&u.id, &was.id, sizeof u.id) == 0);
	EXPECT_STR(u.password, was.password);
	EXPECT(ask(&b, "{\"do\":\"user.set-password\",\"realm\":\"r\",\"name\":\"张三\",\"password\":\"new\"}"));
	EXPECT_INT(store_user_by_name(b.store, mem, S("r"), S("张三"), &u), FOUND);
	EXPECT_INT(password_verify(mem, u.password, S("new")), PASSWORD_OK);
	EXPECT(ask(&b, "{\"do\":\"user.disable\",\"realm\":\"r\",\"name\":\"张三\"}"));
	EXPECT_INT(store_user_by_name(b.store, mem, S("r"), S("张三"), &u), FOUND);
	EXPECT(!u.enabled);
	EXPECT(ask(&b, "{\"do\":\"user.enable\",\"realm\":\"r\",\"name\":\"张三\"}"));
	EXPECT_INT(store_user_by_name(b.store, mem, S("r"), S("张三"), &u), FOUND);
	EXPECT(u.enabled && !u.locked);
	EXPECT(ask(&b, "{\"do\":\"user.delete\",\"realm\":\"r\",\"name\":\"张三\"}"));
	EXPECT_INT(store_user_by_name(b.store, mem, S("r"), S("张三"), &u), NOT_FOUND);
	EXPECT(refused(&b, "{\"do\":\"user.create\",\"realm\":\"r\",\"name\":\"\"}", "user name is needed"));
	EXPECT(refused(&b, "{\"do\":\"user.create\",\"realm\":\"r\",\"name\":\"a\\nb\"}", "control characters"));
	EXPECT(refused(&b, "{\"do\":\"user.set\",\"realm\":\"r\",\"name\":\"x\",\"password\":\"y\"}", "set-password"));
	bench_close(&b);
}

/* {"do":..., "MEMBER": [n words of that length]} behind head. */
static const char *
with_words(struct arena *mem, const char *head, const char *member, int n)
{
	struct buf b;

	buf_init(&b, mem, 60000);
	buf_printf(&b, "%s,\"%s\":[", head, member);
	for (int i = 0; i < n; i++)
		buf_printf(&b, "%s\"OP_%04d\"", i > 0 ? "," : "", i);
	buf_printf(&b, "]}");
	return arena_z(mem, buf_str(&b));
}

TEST(what_no_token_can_say_is_refused_when_it_is_given)
{
	struct bench b;

	NEED(bench_open(&b, mem));
	EXPECT(refused(&b, with_words(mem, "{\"do\":\"user.create\",\"realm\":\"r\",\"name\":\"a\"", "authorities", 2000), "authorities has 2000 words"));
	EXPECT(ask(&b, with_words(mem, "{\"do\":\"user.create\",\"realm\":\"r\",\"name\":\"a\"", "authorities", 1000)));
	EXPECT(refused(&b, with_words(mem, "{\"do\":\"user.set\",\"realm\":\"r\",\"name\":\"a\"", "authorities", 2000), "there is room for 10240 bytes"));
	EXPECT(refused(&b, with_words(mem, "{\"do\":\"client.create\",\"realm\":\"r\",\"id\":\"c\",\"grants\":[\"client_credentials\"]", "authorities", 2000), "2000 words"));
	EXPECT(refused(&b, with_words(mem, "{\"do\":\"client.create\",\"realm\":\"r\",\"id\":\"c\",\"grants\":[\"client_credentials\"]", "scopes", 257), "there is room for 256"));
	EXPECT(refused(&b, with_words(mem, "{\"do\":\"client.create\",\"realm\":\"r\",\"id\":\"c\",\"grants\":[\"client_credentials\"]", "resource_ids", 500), "room for 4096 bytes"));
	bench_close(&b);
}

TEST(lists_go_on_behind_a_name)
{
	struct bench b;

	NEED(bench_open(&b, mem));
	for (int i = 0; i < 5; i++)
		EXPECT(ask(&b, arena_z(mem, arena_printf(mem, "{\"do\":\"user.create\",\"realm\":\"r\",\"name\":\"u%d\",\"password_encoded\":\"{noop}x\"}", i))));
	EXPECT(ask(&b, "{\"do\":\"user.list\",\"realm\":\"r\",\"max\":3}"));
	EXPECT_INT(json_array_size(json_object_get(b.got, "users")), 3);
	EXPECT(json_is_true(json_object_get(b.got, "more")));
	EXPECT(ask(&b, "{\"do\":\"user.list\",\"realm\":\"r\",\"max\":3,\"after\":\"u2\"}"));
	EXPECT_INT(json_array_size(json_object_get(b.got, "users")), 2);
	EXPECT(json_is_false(json_object_get(b.got, "more")));
	EXPECT(ask(&b, "{\"do\":\"client.list\",\"realm\":\"r\"}"));
	EXPECT_INT(json_array_size(json_object_get(b.got, "clients")), 0);
	bench_close(&b);
}

TEST(sessions)
{
	struct bench b;
	struct user u;
	struct session s = { .issuer = S("i"), .user_name = S("u"), .account_type = S(""), .auth_s = 1, .seen_s = 2, .expires_s = 4102444800 };
	struct store_op op = { .kind = OP_SESSION_ADD, .session = &s };

	NEED(bench_open(&b, mem));
	EXPECT(ask(&b, "{\"do\":\"user.create\",\"realm\":\"r\",\"name\":\"u\"}"));
	EXPECT_INT(store_user_by_name(b.store, mem, S("r"), S("u"), &u), FOUND);
	s.user = u.id;
	for (int i = 0; i < 3; i++) {
		s.digest.b[0] = (uint8_t)i;
		EXPECT_INT(store_commit(b.store, &op, 1, NULL), STORE_DONE);
	}
	EXPECT(ask(&b, "{\"do\":\"session.list\",\"issuer\":\"i\"}"));
	EXPECT_INT(json_array_size(json_object_get(b.got, "sessions")), 3);
	EXPECT(ask(&b, "{\"do\":\"session.end\",\"session\":\"0100000000000000000000000000000000000000000000000000000000000000\"}"));
	EXPECT(ask(&b, "{\"do\":\"session.list\",\"issuer\":\"i\",\"realm\":\"r\",\"user\":\"u\"}"));
	EXPECT_INT(json_array_size(json_object_get(b.got, "sessions")), 2);
	EXPECT(ask(&b, "{\"do\":\"session.end\",\"realm\":\"r\",\"user\":\"u\"}"));
	EXPECT(ask(&b, "{\"do\":\"session.list\",\"issuer\":\"i\"}"));
	EXPECT_INT(json_array_size(json_object_get(b.got, "sessions")), 0);
	EXPECT(refused(&b, "{\"do\":\"session.end\",\"session\":\"zz\"}", "names no session"));
	EXPECT(refused(&b, "{\"do\":\"session.end\"}", "not said"));
	EXPECT(refused(&b, "{\"do\":\"session.list\",\"after\":\"zz\"}", "names no place"));
	EXPECT(refused(&b, "{\"do\":\"session.list\",\"max\":201}", "from 1 to 200"));
	bench_close(&b);
}

TEST(a_realm_is_loaded_whole_or_not_at_all)
{
	struct bench b;
	struct client c;
	struct user u, again;
	struct str many;
	struct buf text;

	NEED(bench_open(&b, mem));
	EXPECT(refused(&b, "{\"do\":\"realm.load\",\"realm\":\"r\",\"clients\":[{\"id\":\"ok\"},{\"id\":\"bad one\"}]}", "clients[1]: the client id"));
	EXPECT_INT(store_client(b.store, mem, S("r"), S("ok"), &c), NOT_FOUND);
	buf_init(&text, mem, 64 * 1024);
	buf_put(&text, S("{\"do\":\"realm.load\",\"realm\":\"r\",\"clients\":[{\"id\":\"c\",\"secret_encoded\":\"{noop}s\",\"grants\":[\"implicit\"],\"legacy\":[\"implicit\"]}],\"users\":["));
	for (int i = 0; i < 40; i++)
		buf_printf(&text, "%s{\"name\":\"u%d\",\"password_encoded\":\"{noop}p\",\"id\":\"00000000-0000-4000-8000-0000000000%02d\"}", i ? "," : "", i, i);
	buf_put(&text, S("]}"));
	many = buf_str(&text);
	EXPECT(ask(&b, arena_z(mem, many)) && b.changed);
	EXPECT_INT(json_integer_value(json_object_get(b.got, "users")), 40);
	EXPECT_INT(store_client(b.store, mem, S("r"), S("c"), &c), FOUND);
	EXPECT_STR(c.secret, S("{noop}s"));
	EXPECT_STR(c.redirect_uris, S(""));
	EXPECT_INT(store_user_by_name(b.store, mem, S("r"), S("u39"), &u), FOUND);
	EXPECT_INT(u.id.b[15], 0x39);
	EXPECT(ask(&b, "{\"do\":\"realm.load\",\"realm\":\"r\",\"users\":[{\"name\":\"u39\",\"password_encoded\":\"{noop}q\"}]}"));
	EXPECT_INT(store_user_by_name(b.store, mem, S("r"), S("u39"), &again), FOUND);
	EXPECT(memcmp(&again.id, &u.id, sizeof u.id) == 0);
	EXPECT_STR(again.password, S("{noop}q"));
	bench_close(&b);
}

#define ID "00000000-0000-4000-8000-0000000000aa"
TEST(an_id_means_one_user_of_the_store)
{
	struct bench b;
	struct user u, v;

	NEED(bench_open(&b, mem));
	EXPECT(ask(&b, "{\"do\":\"realm.load\",\"realm\":\"r\",\"users\":[{\"name\":\"a\",\"id\":\"" ID "\"}]}"));
	EXPECT(refused(&b, "{\"do\":\"realm.load\",\"realm\":\"r\",\"users\":[{\"name\":\"b\",\"id\":\"" ID "\"}]}", "users[0]: the id belongs to the user \\\"a\\\""));
	EXPECT(refused(&b, "{\"do\":\"realm.load\",\"realm\":\"s\",\"users\":[{\"name\":\"c\",\"id\":\"10000000-0000-4000-8000-0000000000aa\"},"
	    "{\"name\":\"d\",\"id\":\"10000000-0000-4000-8000-0000000000aa\"}]}", "users[1]: the id of"));
	EXPECT(ask(&b, "{\"do\":\"realm.load\",\"realm\":\"s\",\"users\":[{\"name\":\"a\",\"id\":\"" ID "\"}]}"));
	EXPECT(str_contains(b.out, S("id_new")));
	EXPECT_INT(store_user_by_name(b.store, mem, S("r"), S("a"), &u), FOUND);
	EXPECT_INT(store_user_by_name(b.store, mem, S("s"), S("a"), &v), FOUND);
	EXPECT(memcmp(&u.id, &v.id, sizeof u.id) != 0);
	EXPECT_INT(u.id.b[15], 0xaa);
	EXPECT(ask(&b, "{\"do\":\"realm.load\",\"realm\":\"s\",\"users\":[{\"name\":\"a\",\"id\":\"" ID "\"}]}"));
	EXPECT(!str_contains(b.out, S("id_new")));              /* it is there, and keeps the one it got */
	bench_close(&b);
}

TEST(a_check_of_a_load_names_what_is_to_be_hashed_and_writes_nothing)
{
	struct bench b;
	struct client c;
	struct user u;

	NEED(bench_open(&b, mem));
	EXPECT(ask(&b, "{\"do\":\"user.create\",\"realm\":\"r\",\"name\":\"old\",\"password\":\"as it is\"}"));
	EXPECT(ask(&b, "{\"do\":\"realm.load\",\"realm\":\"r\",\"check\":true,\"users\":[{\"name\":\"old\",\"password\":\"as it is\"},"
	    "{\"name\":\"new\",\"password\":\"clear\"},{\"name\":\"ready\",\"password_encoded\":\"{noop}x\"}],"
	    "\"clients\":[{\"id\":\"app\",\"secret\":\"clear\"},{\"id\":\"open\",\"public\":true}]}") && !b.changed);
	EXPECT(str_contains(b.out, S("\"hash\":[\"app\",\"new\"]")));
	EXPECT(!str_contains(b.out, S("warnings")));
	EXPECT_INT(store_client(b.store, mem, S("r"), S("app"), &c), NOT_FOUND);
	EXPECT_INT(store_user_by_name(b.store, mem, S("r"), S("new"), &u), NOT_FOUND);
	EXPECT(refused(&b, "{\"do\":\"realm.load\",\"realm\":\"r\",\"first\":50,\"users\":[{\"name\":\"a\"},{\"name\":\"b\",\"hat\":1}]}", "users[51]: there is no field"));
	EXPECT(manage_reads(json_read(mem, S("{\"do\":\"realm.load\",\"check\":true}"))));
	EXPECT(!manage_reads(json_read(mem, S("{\"do\":\"user.create\",\"check\":true}"))));
	bench_close(&b);
}

/* --- weak habits ------------------------------------------------------------------------------------------------------------- */

static void
used(struct bench *b, const char *client, const char *issuer, const char *habit, int64_t at_s)
{
	struct habit_use u = { .realm = S("r"), .issuer = str_of(issuer), .client = str_of(client), .endpoint = S("token"), .habit = str_of(habit), .first_s = at_s, .last_s = at_s, .count = 2 };
	struct store_op op = { .kind = OP_HABITS_USED, .habits = { &u, 1 } };

	EXPECT_INT(store_commit(b->store, &op, 1, NULL), STORE_DONE);
}

#define MARKED(id, marks) ask(&b, "{\"do\":\"client.create\",\"realm\":\"r\",\"id\":\"" id "\",\"grants\":[\"client_credentials\"],\"legacy\":" marks "}")

TEST(habits_that_are_used_and_marks_that_are_not)
{
	struct bench b;

	NEED(bench_open(&b, mem));
	EXPECT(MARKED("a", "[\"password\",\"implicit\"]") && MARKED("b", "[\"password\"]") && MARKED("c", "[]"));
	used(&b, "a", "one", "password", 1795276800);
	used(&b, "b", "two", "query_secret", 1795276801);
	EXPECT(ask(&b, "{\"do\":\"legacy.uses\"}"));
	EXPECT(str_contains(b.out, S("{\"client\":\"a\",\"issuer\":\"one\",\"realm\":\"r\",\"endpoint\":\"token\",\"habit\":\"password\",\"count\":2,\"first_s\":1795276800,"
	    "\"last_s\":1795276800,\"last_seen\":\"2026-11-21T16:00:00Z\",\"instead\":\"authorization_code with PKCE\",\"at\":\"one a token password\"}")));
	EXPECT_INT(json_array_size(json_object_get(b.got, "uses")), 2);
	EXPECT(ask(&b, "{\"do\":\"legacy.uses\",\"issuer\":\"two\"}") && json_array_size(json_object_get(b.got, "uses")) == 1);
	EXPECT(ask(&b, "{\"do\":\"legacy.uses\",\"realm\":\"other\"}") && json_array_size(json_object_get(b.got, "uses")) == 0);
	EXPECT(ask(&b, "{\"do\":\"legacy.uses\",\"max\":1}") && json_is_true(json_object_get(b.got, "more")));
	EXPECT(ask(&b, "{\"do\":\"legacy.uses\",\"max\":1,\"after\":\"one a token password\"}"));
	EXPECT_STR(json_member_str(json_array_get(json_object_get(b.got, "uses"), 0), "client"), S("b"));
	EXPECT(ask(&b, "{\"do\":\"legacy.uses\",\"after\":\"two b token query_secret\"}") && json_array_size(json_object_get(b.got, "uses")) == 0);
	EXPECT(ask(&b, "{\"do\":\"legacy.uses\",\"after\":\"nonsense\"}"));
	EXPECT(ask(&b, "{\"do\":\"legacy.unused\"}") && json_array_size(json_object_get(b.got, "unused")) == 2);
	EXPECT(str_contains(b.out, S("{\"client\":\"a\",\"realm\":\"r\",\"habit\":\"implicit\",\"since_s\":")));
	EXPECT(str_contains(b.out, S("{\"client\":\"b\",\"realm\":\"r\",\"habit\":\"password\",\"since_s\":")));
	EXPECT(ask(&b, "{\"do\":\"legacy.unused\",\"issuer\":\"two\"}") && json_array_size(json_object_get(b.got, "unused")) == 3);
	EXPECT(ask(&b, "{\"do\":\"legacy.unused\",\"realm\":\"other\"}") && json_array_size(json_object_get(b.got, "unused")) == 0);
	bench_close(&b);
}

TEST(marks_of_many_clients_and_realms_come_in_pages)
{
	struct bench b;
	size_t got = 0, pages = 0;
	struct str after = STR_ABSENT;

	NEED(bench_open(&b, mem));
	for (int i = 0; i < 450; i++) {
		struct client c = { .realm = i % 3 ? S("r") : S("q"), .id = arena_printf(mem, "client%d", i), .legacy = S("implicit"), .enabled = true, .created_s = 1 };
		struct store_op op = { .kind = OP_CLIENT_PUT, .client = &c };

		EXPECT_INT(store_commit(b.store, &op, 1, NULL), STORE_DONE);
	}
	do {
		EXPECT(ask(&b, arena_z(mem, arena_printf(mem, "{\"do\":\"legacy.unused\",\"after\":\"%.*s\"}", STR_ARG(after)))));
		got += json_array_size(json_object_get(b.got, "unused"));
		after = json_member_str(b.got, "after");
		pages++;
	} while (json_is_true(json_object_get(b.got, "more")) && pages < 10);
	EXPECT_INT(got, 450);
	EXPECT_INT(pages, 3);
	bench_close(&b);
}

TEST(a_deleted_client_spares_its_namesake)
{
	struct bench b;
	struct family f = { .auth.issuer = S("there"), .auth.client = S("a"), .auth.scope = S(""), .auth.account_type = S(""), .auth.nonce = S(""), .refreshable = true }, got;
	struct store_op op = { .kind = OP_FAMILY_ADD, .family = &f };

	NEED(bench_open(&b, mem));
	f.id.b[0] = 1;
	EXPECT_INT(store_commit(b.store, &op, 1, NULL), STORE_DONE);
	EXPECT(MARKED("a", "[]"));
	b.elsewhere = S("there");
	EXPECT(ask(&b, "{\"do\":\"client.delete\",\"realm\":\"r\",\"id\":\"a\"}"));
	NEED(store_family(b.store, mem, &f.id, &got) == FOUND);
	EXPECT_INT(got.state, FAMILY_LIVE);
	EXPECT(MARKED("a", "[]"));
	b.elsewhere = S("");
	EXPECT(ask(&b, "{\"do\":\"client.delete\",\"realm\":\"r\",\"id\":\"a\"}"));
	NEED(store_family(b.store, mem, &f.id, &got) == FOUND);
	EXPECT_INT(got.state, FAMILY_REVOKED);
	bench_close(&b);
}

/* set-password, disable, and a user.set that locks: whoever is in must come in anew. A change of an address does not. */
TEST(who_may_no_longer_come_in_is_put_out)
{
	static const char *const orders[] = { "user.set-password\",\"password\":\"new", "user.disable", "user.set (locked)", "user.set\",\"email\":\"a@b.example" };
	struct bench b;
	struct user u;
	struct family f = { .auth.issuer = S("i"), .auth.client = S("a"), .auth.scope = S(""), .auth.account_type = S(""), .auth.nonce = S(""), .refreshable = true }, got;
	struct store_op op = { .kind = OP_FAMILY_ADD, .family = &f };

	NEED(bench_open(&b, mem));
	for (size_t i = 0; i < COUNT(orders); i++) {
		const char *json = i == 2 ? "{\"do\":\"user.set\",\"realm\":\"r\",\"name\":\"u2\",\"locked\":true}"
		    : arena_z(mem, arena_printf(mem, "{\"realm\":\"r\",\"name\":\"u%zu\",\"do\":\"%s\"}", i, orders[i]));

		EXPECT(ask(&b, arena_z(mem, arena_printf(mem, "{\"do\":\"user.create\",\"realm\":\"r\",\"name\":\"u%zu\"}", i))));
		EXPECT_INT(store_user_by_name(b.store, mem, S("r"), arena_printf(mem, "u%zu", i), &u), FOUND);
		f.id.b[0] = (uint8_t)(i + 1);
		f.auth.user = u.id;
		EXPECT_INT(store_commit(b.store, &op, 1, NULL), STORE_DONE);
		EXPECT(ask(&b, json));
		NEED(store_family(b.store, mem, &f.id, &got) == FOUND);
		EXPECT_INT(got.state, i < 3 ? FAMILY_REVOKED : FAMILY_LIVE);
	}
	bench_close(&b);
}

/* --- claims of a user -------------------------------------------------------------------------- */

#define SET_U "{\"do\":\"user.set\",\"realm\":\"r\",\"name\":\"u\","

static struct str
claims_of(struct bench *b)
{
	struct user u;

	return store_user_by_name(b->store, b->mem, S("r"), S("u"), &u) == FOUND ? u.claims : S("?");
}

TEST(claims_of_a_user_are_patched)
{
	struct bench b;

	NEED(bench_open(&b, mem));
	EXPECT(ask(&b, "{\"do\":\"user.create\",\"realm\":\"r\",\"name\":\"u\",\"claims\":{\"given_name\":\"Ada\",\"address\":{\"country\":\"DE\",\"locality\":\"Ulm\"}}}"));
	EXPECT(str_contains(b.out, S("\"claims\":{\"address\":{\"country\":\"DE\",\"locality\":\"Ulm\"},\"given_name\":\"Ada\"}")));
	EXPECT(ask(&b, SET_U "\"claims\":{\"address\":{\"country\":\"AT\",\"locality\":null},\"department\":[\"a\",\"b\"],\"given_name\":null}}"));
	EXPECT_STR(claims_of(&b), S("{\"address\":{\"country\":\"AT\"},\"department\":[\"a\",\"b\"]}"));
	EXPECT(ask(&b, SET_U "\"display_name\":\"U\"}"));
	EXPECT_STR(claims_of(&b), S("{\"address\":{\"country\":\"AT\"},\"department\":[\"a\",\"b\"]}"));
	EXPECT(ask(&b, SET_U "\"claims\":{\"address\":{\"country\":null}}}"));
	EXPECT_STR(claims_of(&b), S("{\"department\":[\"a\",\"b\"]}"));
	EXPECT(ask(&b, "{\"do\":\"user.show\",\"realm\":\"r\",\"name\":\"u\"}") && str_contains(b.out, S("\"claims\":{\"department\"")));
	EXPECT(ask(&b, SET_U "\"claims\":null}"));
	EXPECT(!str_given(claims_of(&b)));
	EXPECT(ask(&b, "{\"do\":\"user.list\",\"realm\":\"r\"}") && !str_contains(b.out, S("claims")));
	bench_close(&b);
}

TEST(claims_that_cannot_be_are_refused)
{
	static const char *const rows[][2] = {
		{ "\"claims\":7", "claims must be a JSON object" }, { "\"claims\":[]", "claims must be a JSON object" },
		{ "\"claims\":{\"birthdate\":\"1.2.90\"}", "the claim birthdate must be a date" },
		{ "\"claims\":{\"address\":{\"city\":\"Ulm\"}}", "the claim address.city is no member of an address" },
		{ "\"claims\":{\"email\":\"a@x.example\"}", "the claim email stands elsewhere" },
		{ "\"claims\":{\"sub\":\"other\"}", "the claim sub stands elsewhere" },
		{ "\"claims\":{\"email_verified\":\"yes\"}", "the claim email_verified must be true or false" },
		{ "\"claims\":{\"own\":{\"a\":[{\"b\":{}}]}}", "the claim own must be text, a number" },
		{ "\"claims\":{\"own\":\"\\u001b[2J\"}", "the claim own must not contain control characters" },
		{ "\"claims\":{\"a b\":1}", "is no name for an attribute" },
	};
	struct bench b;
	struct buf big;

	NEED(bench_open(&b, mem));
	EXPECT(ask(&b, "{\"do\":\"user.create\",\"realm\":\"r\",\"name\":\"u\",\"claims\":{\"nickname\":\"n\"}}"));
	for (size_t i = 0; i < COUNT(rows); i++)
		EXPECT(refused(&b, arena_z(mem, ARENA_CAT(mem, S(SET_U), str_of(rows[i][0]), S("}"))), rows[i][1]));
	buf_init(&big, mem, 32 * 1024);
	buf_put(&big, S(SET_U "\"claims\":{\"a0\":1"));
	for (int i = 1; i < 10; i++)
		buf_printf(&big, ",\"a%d\":\"%01000d\"", i, i);
	buf_put(&big, S("}}"));
	EXPECT(refused(&b, arena_z(mem, buf_str(&big)), "more than 8192 bytes"));
	EXPECT_STR(claims_of(&b), S("{\"nickname\":\"n\"}"));
	bench_close(&b);
}

TEST(a_new_address_is_not_verified)
{
	struct bench b;

	NEED(bench_open(&b, mem));
	EXPECT(ask(&b, "{\"do\":\"user.create\",\"realm\":\"r\",\"name\":\"u\",\"email\":\"a@x.example\",\"phone\":\"1\","
	    "\"claims\":{\"email_verified\":true,\"phone_number_verified\":true}}"));
	EXPECT(ask(&b, SET_U "\"email\":\"a@x.example\",\"phone\":\"2\"}"));
	EXPECT_STR(claims_of(&b), S("{\"email_verified\":true}"));
	EXPECT(ask(&b, SET_U "\"email\":\"b@x.example\",\"claims\":{\"nickname\":\"b\"}}"));
	EXPECT_STR(claims_of(&b), S("{\"nickname\":\"b\"}"));
	EXPECT(ask(&b, SET_U "\"claims\":{\"email_verified\":true},\"email\":\"c@x.example\"}"));
	EXPECT_STR(claims_of(&b), S("{\"email_verified\":true,\"nickname\":\"b\"}"));
	EXPECT(ask(&b, SET_U "\"email\":\"\"}"));
	EXPECT_STR(claims_of(&b), S("{\"nickname\":\"b\"}"));
	bench_close(&b);
}

TEST(claims_are_loaded_as_they_were_exported)
{
	struct bench b;
	struct str text, load;

	NEED(bench_open(&b, mem));
	EXPECT(ask(&b, "{\"do\":\"user.create\",\"realm\":\"r\",\"name\":\"u\",\"email\":\"a@x.example\",\"claims\":{\"email_verified\":true,\"level\":3}}"));
	EXPECT(ask(&b, "{\"do\":\"user.create\",\"realm\":\"r\",\"name\":\"v\"}"));
	EXPECT(ask(&b, "{\"do\":\"realm.export\",\"realm\":\"r\",\"what\":\"users\"}"));
	text = str_of(json_dumps(json_object_get(b.got, "users"), JSON_COMPACT));
	EXPECT(str_contains(text, S("\"claims\":{\"email_verified\":true,\"level\":3}")));
	load = ARENA_CAT(mem, S("{\"do\":\"realm.load\",\"realm\":\"r\",\"users\":"), text, S("}"));
	free((char *)(uintptr_t)text.p);
	EXPECT(ask(&b, SET_U "\"claims\":{\"level\":4,\"locale\":\"de\"}}"));
	EXPECT(ask(&b, arena_z(mem, load)));
	EXPECT_STR(claims_of(&b), S("{\"email_verified\":true,\"level\":3}"));
	EXPECT(refused(&b, "{\"do\":\"realm.load\",\"realm\":\"r\",\"users\":[{\"name\":\"w\",\"claims\":{\"locale\":7}}]}", "users[0]: the claim locale must be text"));
	bench_close(&b);
}
