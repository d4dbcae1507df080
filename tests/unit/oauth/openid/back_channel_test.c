/* tests/unit/oauth/openid/back_channel_test.c - what has ended becomes an errand, once, or nothing. */
#include "../../outpost.h"
#include "../world.h"
#include "oauth/back_channel.h"

/* "one" wants to hear of logouts, "two" does not. */
static struct realm *
realm_of_two(struct world *w)
{
	struct client k[2] = { *realm_client(w->realm, S("web")), *realm_client(w->realm, S("web")) };

	k[0].id = S("one");
	k[0].metadata = S("{\"backchannel_logout_uri\":\"https://app.example/logout\"}");
	k[1].id = S("two");
	for (int i = 0; i < 2; i++)
		EXPECT_INT(store_commit(w->store, &(struct store_op){ .kind = OP_CLIENT_PUT, .client = &k[i] }, 1, NULL), STORE_DONE);
	w->modern.realm = realm_new(S("r"), k, 2, 0);
	return (struct realm *)(uintptr_t)w->modern.realm;
}

static const struct issuer *
find(void *ctx, struct str name)
{
	struct world *w = ctx;

	return str_eq(name, w->modern.name) ? &w->modern : NULL;
}

static void
ended(struct world *w, struct str issuer, struct str client)
{
	struct session s = { .issuer = issuer };
	struct session_client row = { .id = id_new(), .session = s.digest, .issuer = issuer, .client = client, .user = w->alice.id, .sid = issuer };

	EXPECT_INT(store_commit(w->store, (struct store_op[]){ { .kind = OP_SESSION_CLIENT_ADD, .session_client = &row },
	    { .kind = OP_SESSION_END, .session = &s } }, 2, NULL), STORE_DONE);
}

static int
rows(struct world *w, struct arena *mem, bool waiting, struct session_client out[8])
{
	return store_session_clients(w->store, mem, &(struct session_client_walk){ .ended = waiting }, 8, out);
}

TEST(what_has_ended_is_handed_over_once)
{
	struct world *w = world_new();
	struct realm *realm = realm_of_two(w);
	struct outpost *p = outpost_new(w->store, &logout_outbox, 4);
	const struct issuers_by_name issuers = { find, w };
	struct session_client out[8];
	struct outgoing sent[8];

	w->strict.logout.tells_clients = true;
	p->issuer.issuer = &w->modern;
	p->silent = true;
	ended(w, w->modern.name, S("one"));
	ended(w, w->modern.name, S("two"));
	ended(w, S("elsewhere"), S("one"));
	ended(w, w->modern.name, S("gone"));
	EXPECT_INT(rows(w, mem, true, out), 4);
	EXPECT_INT(back_channel_hand_over(w->store, p->box, &issuers, 8), 4);
	EXPECT_INT(rows(w, mem, true, out), 0);
	EXPECT_INT(rows(w, mem, false, out), 1);
	EXPECT(str_is(out[0].client, "one") && out[0].state == SC_SENDING && out[0].expires_s > clock_now_s());
	EXPECT_INT(back_channel_hand_over(w->store, p->box, &issuers, 8), 0);
	EXPECT_INT(store_outgoing(w->store, mem, 'b', &(struct id16){ { 0 } }, 8, sent), 1);
	outpost_free(p);
	realm_free(realm);
	world_free(w);
}

/* A full outbox takes nothing, and nothing is lost by that. */
TEST(what_finds_no_room_waits)
{
	struct world *w = world_new();
	struct realm *realm = realm_of_two(w);
	struct outpost *p = outpost_new(w->store, &logout_outbox, 0);
	struct session_client out[8];

	w->strict.logout.tells_clients = true;
	ended(w, w->modern.name, S("one"));
	EXPECT_INT(back_channel_hand_over(w->store, p->box, &(struct issuers_by_name){ find, w }, 8), -1);
	EXPECT_INT(rows(w, mem, true, out), 1);
	outpost_free(p);
	realm_free(realm);
	world_free(w);
}
