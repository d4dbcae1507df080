/* tests/unit/setup/snapshot_test.c - a snapshot built from settings and a store: issuers, keys, clients, and its last holder. */
#include "../test.h"
#include "setup/setup.h"

#include <stdlib.h>

static struct snapshot *
build(const struct conf *c, struct store *s, const uint8_t *key, struct arena *mem, struct str *why)
{
	struct findings f;
	struct snapshot *snap;

	findings_init(&f, mem);
	snap = snapshot_build(c, s, NULL, key, &f);
	*why = findings_lines(&f, FINDING_ERROR);
	return snap;
}

static char *no_env[] = { NULL };
static const uint8_t kek[32] = { 7 };
static const char yaml[] =
	"listeners:\n  a:\n    bind: 127.0.0.1:1\n  b:\n    bind: 127.0.0.1:2\n"
	"issuers:\n"
	"  modern:\n    url: https://login.example\n    listener: a\n    realm: r\n"
	"  old:\n    url: http://localhost:2/api-uaa\n    dialect: spring\n    realm: r\n    signing_alg: ES256\n";

struct rig { char dir[64]; struct store *store; struct conf *conf; };

static bool
rig_up(struct rig *g, struct arena *mem, const char *text)
{
	struct str why = STR_ABSENT;
	struct store_conf sc = { .readers = 1 };

	snprintf(g->dir, sizeof g->dir, "/tmp/hufu-setup-XXXXXX");
	if (mkdtemp(g->dir) == NULL)
		return false;
	sc.path = str_of(g->dir);
	g->store = store_open(&sc, mem, &why);
	g->conf = conf_parse(S("test.yaml"), str_of(text), no_env, &why, mem);
	return g->store != NULL && g->conf != NULL;
}

static void
rig_down(struct rig *g)
{
	char command[128];

	conf_free(g->conf);
	store_close(g->store);
	snprintf(command, sizeof command, "rm -rf '%s'", g->dir);
	EXPECT_INT(system(command), 0);
}

static void
client_put(struct store *s, const char *id)
{
	struct client c = { .realm = S("r"), .id = str_of(id), .name = S(""), .secret = S(""), .grants = S(""), .scopes = S(""), .redirect_uris = S(""),
		.auto_approve = S(""), .authorities = S(""), .resource_ids = S(""), .origins = S(""), .acts_for = S(""), .legacy = S(""), .introspects = S(""), .info = S("{}"), .enabled = true };
	struct store_op op = { .kind = OP_CLIENT_PUT, .client = &c };

	EXPECT_INT(store_commit(s, &op, 1, NULL), STORE_DONE);
}

TEST(issuers_keys_and_clients)
{
	struct rig g;
	struct str why = STR_ABSENT, rest;
	struct snapshot *s;
	const struct mount *t;
	char id[32];

	NEED(rig_up(&g, mem, yaml));
	for (int i = 0; i < 300; i++) {                                 /* more than one page */
		snprintf(id, sizeof id, "client%03d", i);
		client_put(g.store, id);
	}
	s = build(g.conf, g.store, kek, mem, &why);
	if (s == NULL)
		printf("%.*s\n", STR_ARG(why));
	NEED(s != NULL);
	conf_free(g.conf);                                              /* a snapshot outlives its settings */
	g.conf = NULL;
	EXPECT_INT(s->n_realms, 1);
	EXPECT_INT(s->n_rings, 2);
	t = snapshot_issuer(s, S("modern"));
	NEED(t != NULL);
	EXPECT(t->secure);
	EXPECT_STR(t->prefix, S(""));
	EXPECT(keyring_signer(t->issuer->keys, t->issuer->policy->token.signing_alg) != NULL);
	EXPECT(realm_client(t->issuer->realm, S("client000")) != NULL);
	EXPECT(realm_client(t->issuer->realm, S("client299")) != NULL);
	t = snapshot_route(s, 1, S("localhost:2"), S("/api-uaa/oauth/token"), &rest);
	NEED(t != NULL);
	EXPECT_STR(t->issuer->name, S("old"));
	EXPECT_STR(rest, S("/oauth/token"));
	EXPECT(snapshot_route(s, 1, S("localhost"), S("/token"), &rest) == NULL);       /* modern is on listener a only */
	EXPECT(s->mounts[0]->all == s->mounts && s->mounts[2] == NULL);
	EXPECT_INT(s->svc.throttle.account_free, 5);
	EXPECT_INT(s->svc.throttle.account_max_ms, 900000);
	snapshot_drop(s);
	rig_down(&g);
}

TEST(the_last_holder_frees)
{
	struct rig g;
	struct str why = STR_ABSENT;
	struct snapshot *s, *held;

	NEED(rig_up(&g, mem, yaml));
	s = build(g.conf, g.store, kek, mem, &why);
	NEED(s != NULL);
	held = snapshot_hold(s);
	snapshot_drop(s);
	EXPECT(snapshot_issuer(held, S("old")) != NULL);                /* the sanitizer watches both */
	snapshot_drop(held);
	rig_down(&g);
}

TEST(a_wrong_key_stops_the_start)
{
	static const uint8_t other[32] = { 8 };
	struct rig g;
	struct str why = STR_ABSENT;

	NEED(rig_up(&g, mem, yaml));
	snapshot_drop(build(g.conf, g.store, kek, mem, &why));
	EXPECT(build(g.conf, g.store, other, mem, &why) == NULL);
	EXPECT(str_contains(why, S("key-encryption key")));
	rig_down(&g);
}
