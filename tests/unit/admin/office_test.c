/* tests/unit/admin/office_test.c - probes and commands: who may ask what, and answers that say what to do. */
#include "../test.h"
#include "admin/admin.h"

#include <stdlib.h>

struct fake { bool ready, reload_ok, rotated, rotated_now, token_key_rotated, refreshed; int revoked; };
struct rig { char dir[64]; struct fake fake; struct office office; };

static bool
fake_ready(void *ctx, struct arena *mem, struct str *why)
{
	(void)mem;
	*why = S("the store cannot write");
	return ((struct fake *)ctx)->ready;
}

static bool
fake_reload(void *ctx, struct arena *mem, struct reloaded *told, struct str *why)
{
	(void)mem;
	*told = (struct reloaded){ S("log.level issuers.new"), S("http.drain") };
	*why = S("line 3: no such key");
	return ((struct fake *)ctx)->reload_ok;
}

static bool
fake_refresh(void *ctx, struct arena *mem, struct str *why)
{
	(void)mem, (void)why;
	return ((struct fake *)ctx)->refreshed = true;
}

static bool
fake_key_do(void *ctx, const struct key_order *o, struct arena *mem, struct str *out)
{
	struct fake *f = ctx;

	(void)mem;
	*out = S("kid-1");
	f->rotated_now = o->now;
	f->rotated |= o->what == KEY_ROTATE;
	f->token_key_rotated |= o->what == KEY_ROTATE_TOKEN_KEY;
	f->revoked += o->what == KEY_REVOKE;
	return true;
}

static struct str
fake_issuers(void *ctx, struct arena *mem)
{
	(void)ctx, (void)mem;
	return S("one two");
}

static struct str
fake_introspect(void *ctx, struct arena *mem, struct str issuer, struct str token)
{
	(void)ctx, (void)mem, (void)issuer;
	return str_is(token, "good") ? S("{\"active\":true}") : S("{\"active\":false}");
}

static bool
fake_revoke(void *ctx, struct arena *mem, struct str issuer, struct str token, struct str *why)
{
	(void)ctx, (void)mem, (void)issuer;
	*why = S("the token is unknown or revoked");
	return str_is(token, "good");
}

static bool
rig_up(struct rig *g, struct arena *mem)
{
	struct store_conf sc = { .readers = 1 };
	struct str why;

	*g = (struct rig){ .fake = { .ready = true, .reload_ok = true } };
	snprintf(g->dir, sizeof g->dir, "/tmp/hufu-office-XXXXXX");
	if (mkdtemp(g->dir) == NULL)
		return false;
	sc.path = str_of(g->dir);
	g->office = (struct office){
		.store = store_open(&sc, mem, &why), .metrics = metrics_new(), .reload = fake_reload, .refresh = fake_refresh, .key_do = fake_key_do,
		.issuers = fake_issuers, .introspect = fake_introspect, .revoke = fake_revoke, .ready = fake_ready, .ctx = &g->fake,
	};
	return g->office.store != NULL;
}

static void
rig_down(struct rig *g)
{
	char command[128];

	store_close(g->office.store);
	metrics_free(g->office.metrics);
	snprintf(command, sizeof command, "rm -rf '%s'", g->dir);
	EXPECT_INT(system(command), 0);
}

static struct http_reply
ask(struct rig *g, struct arena *mem, enum http_method method, const char *path, const char *body, bool control)
{
	struct http_req q = { .mem = mem, .method = method, .path = str_of(path), .body = str_of(body) };
	struct http_reply r = { 0 };

	office_serve(&g->office, &q, &r, control);
	return r;
}

static struct http_reply
command(struct rig *g, struct arena *mem, const char *body)
{
	return ask(g, mem, M_POST, "/control", body, true);
}

TEST(probes)
{
	struct rig g;

	NEED(rig_up(&g, mem));
	EXPECT_INT(ask(&g, mem, M_GET, "/livez", NULL, false).status, 200);
	EXPECT_INT(ask(&g, mem, M_HEAD, "/readyz", NULL, false).status, 200);
	g.fake.ready = false;
	EXPECT_INT(ask(&g, mem, M_GET, "/livez", NULL, false).status, 200);
	EXPECT_INT(ask(&g, mem, M_GET, "/readyz", NULL, false).status, 503);
	EXPECT(str_contains(ask(&g, mem, M_GET, "/readyz", NULL, false).body, S("the store cannot write")));
	EXPECT(str_contains(ask(&g, mem, M_GET, "/metrics", NULL, false).body, S("hufu_store_commits_total")));
	EXPECT_INT(ask(&g, mem, M_POST, "/metrics", NULL, false).status, 405);
	EXPECT_INT(ask(&g, mem, M_GET, "/etc/passwd", NULL, false).status, 404);
	rig_down(&g);
}

TEST(commands_only_on_the_control_socket)
{
	struct rig g;

	NEED(rig_up(&g, mem));
	EXPECT_INT(ask(&g, mem, M_POST, "/control", "{\"do\":\"reload\"}", false).status, 404);
	EXPECT_INT(command(&g, mem, "{\"do\":\"reload\"}").status, 200);
	EXPECT_INT(ask(&g, mem, M_GET, "/control", NULL, true).status, 405);
	rig_down(&g);
}

TEST(each_command_answers)
{
	static const struct { const char *ask; int status; const char *says; } rows[] = {
		{ "{\"do\":\"version\"}", 200, "\"version\":\"" HUFU_VERSION "\"" },
		{ "{\"do\":\"status\"}", 200, "\"issuers\":[\"one\",\"two\"]" },
		{ "{\"do\":\"key.list\"}", 200, "\"keys\":[]" },
		{ "{\"do\":\"key.list\",\"issuer\":\"three\"}", 400, "there is no such issuer" },
		{ "{\"do\":\"key.rotate\",\"issuer\":\"one\",\"now\":true}", 200, "\"kid\":\"kid-1\"" },
		{ "{\"do\":\"key.rotate\"}", 400, "an issuer is needed" },
		{ "{\"do\":\"token.introspect\",\"issuer\":\"one\",\"token\":\"good\"}", 200, "\"token\":{\"active\":true}" },
		{ "{\"do\":\"token.introspect\",\"issuer\":\"one\"}", 400, "a token is needed" },
		{ "{\"do\":\"token.revoke\",\"issuer\":\"two\",\"token\":\"good\"}", 200, "\"ok\":true" },
		{ "{\"do\":\"token.revoke\",\"issuer\":\"two\",\"token\":\"bad\"}", 400, "unknown or revoked" },
		{ "{\"do\":\"clock.turn\",\"ms\":5}", 400, "--test-clock" },
		{ "{\"do\":\"client.list\",\"realm\":\"r\"}", 200, "\"clients\":[]" },
		{ "{\"do\":\"dance\"}", 400, "dance" },
		{ "{\"do\":7}", 400, "hint" },
		{ "[]", 400, "hint" },
		{ "{", 400, "hint" },
		{ NULL, 400, "hint" },
	};
	struct rig g;

	NEED(rig_up(&g, mem));
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct http_reply r = command(&g, mem, rows[i].ask);

		if (r.status != rows[i].status || !str_contains(r.body, str_of(rows[i].says)) || json_read(mem, r.body) == NULL)
			test_fail(__FILE__, __LINE__, "%s: %d %.*s", rows[i].ask ? rows[i].ask : "no body", r.status, STR_ARG(r.body));
	}
	EXPECT(g.fake.rotated && g.fake.rotated_now);
	EXPECT(!g.fake.refreshed);                                      /* nothing changed so far */
	rig_down(&g);
}

TEST(a_changed_client_is_in_force_at_once)
{
	struct rig g;

	NEED(rig_up(&g, mem));
	EXPECT_INT(command(&g, mem, "{\"do\":\"client.create\",\"realm\":\"r\",\"id\":\"a\",\"grants\":\"client_credentials\",\"scopes\":\"x\"}").status, 200);
	EXPECT(g.fake.refreshed);
	rig_down(&g);
}

TEST(a_reload_tells_what_it_found)
{
	struct rig g;
	struct http_reply r;

	NEED(rig_up(&g, mem));
	r = command(&g, mem, "{\"do\":\"reload\"}");
	EXPECT_INT(r.status, 200);
	EXPECT(str_contains(r.body, S("\"changed\":[\"log.level\",\"issuers.new\"],\"restart\":[\"http.drain\"]")));
	rig_down(&g);
}

TEST(a_failed_reload_says_why)
{
	struct rig g;
	struct http_reply r;

	NEED(rig_up(&g, mem));
	g.fake.reload_ok = false;
	r = command(&g, mem, "{\"do\":\"reload\"}");
	EXPECT_INT(r.status, 400);
	EXPECT(str_contains(r.body, S("line 3")) && str_contains(r.body, S("stays in force")));
	rig_down(&g);
}

TEST(the_test_clock_turns_when_allowed)
{
	struct rig g;
	int64_t before = clock_now_s();

	NEED(rig_up(&g, mem));
	g.office.test_clock = true;
	EXPECT_INT(command(&g, mem, "{\"do\":\"clock.turn\",\"ms\":3600000}").status, 200);
	EXPECT(clock_now_s() >= before + 3600);
	EXPECT_INT(command(&g, mem, "{\"do\":\"clock.turn\",\"ms\":-3600000}").status, 200);
	EXPECT(clock_now_s() < before + 60);
	EXPECT_INT(command(&g, mem, "{\"do\":\"clock.turn\"}").status, 400);
	rig_down(&g);
}

TEST(a_key_is_revoked_wherever_it_is_used)
{
	struct key_row rows[] = { { .issuer = S("one"), .kid = S("-shared"), .alg = S("ES256"), .state = S("active"), .sealed = S("x") },
		{ .issuer = S("two"), .kid = S("-shared"), .alg = S("ES256"), .state = S("active"), .sealed = S("x") },
		{ .issuer = S("one"), .kid = S("token-key"), .alg = S("HMAC"), .state = S("active"), .sealed = S("x") },
		{ .issuer = S("two"), .kid = S("token-key"), .alg = S("HMAC"), .state = S("active"), .sealed = S("x") } };
	struct rig g;

	NEED(rig_up(&g, mem));
	for (size_t i = 0; i < COUNT(rows); i++)
		EXPECT_INT(store_commit(g.office.store, &(struct store_op){ .kind = OP_KEY_ADD, .key = &rows[i] }, 1, NULL), STORE_DONE);
	EXPECT(str_contains(command(&g, mem, "{\"do\":\"key.revoke\"}").body, S("kid")));
	EXPECT(str_contains(command(&g, mem, "{\"do\":\"key.revoke\",\"kid\":\"none\"}").body, S("nothing was revoked")));
	EXPECT(str_contains(command(&g, mem, "{\"do\":\"key.revoke\",\"kid\":\"token-key\"}").body, S("more than one")));
	EXPECT_INT(g.fake.revoked, 0);
	EXPECT_INT(command(&g, mem, "{\"do\":\"key.revoke\",\"kid\":\"-shared\"}").status, 200);
	EXPECT_INT(g.fake.revoked, 2);
	EXPECT_INT(command(&g, mem, "{\"do\":\"key.revoke\",\"kid\":\"token-key\",\"issuer\":\"two\"}").status, 200);
	EXPECT_INT(g.fake.revoked, 3);
	EXPECT_INT(command(&g, mem, "{\"do\":\"key.rotate\",\"issuer\":\"one\",\"token_key\":true}").status, 200);
	EXPECT(g.fake.token_key_rotated && !g.fake.rotated);
	rig_down(&g);
}
