/* tests/unit/oauth/decoupled/settle_test.c - a request whose user decides elsewhere begins while its client is changed. O7. */
#include "../world.h"
#include "oauth/decoupled/decoupled.h"

/* The row changes; the snapshot stays as it was. */
static void
client_set(struct world *w, struct arena *mem, const char *name, bool enabled)
{
	struct client k;
	struct store_op op = { .kind = OP_CLIENT_SET, .client = &k };

	NEED(store_client(w->store, mem, S("r"), S("web"), &k) == FOUND);
	k.name = str_of(name);
	k.grants = S("urn:ietf:params:oauth:grant-type:device_code urn:openid:params:grant-type:ciba");
	k.scopes = S("openid read");
	k.enabled = enabled;
	EXPECT_INT(store_commit(w->store, &op, 1, NULL), STORE_DONE);
}

static struct call
asking(struct world *w, struct arena *mem)
{
	struct call c = call_at(w, &w->modern, mem);

	call_basic(&c, S("web"), S("secret"));
	call_set(&c, P_SCOPE, S("openid"));
	call_set(&c, P_LOGIN_HINT, S("alice"));
	return c;
}

TEST(a_client_that_changes_meanwhile_is_read_anew)
{
	static struct answer (*const ends[])(struct call *) = { device_authorization_endpoint, ciba_endpoint };

	for (size_t i = 0; i < COUNT(ends); i++) {
		struct world *w = world_new();
		struct call c;

		w->strict.grant.offered |= BIT(GI_device_code) | BIT(GI_ciba);
		w->strict.decoupled.device_ttl_s = w->strict.decoupled.ciba_ttl_s = 300;
		w->strict.decoupled.user_per_hour = 10;
		client_set(w, mem, "first", true);
		realm_free(w->realm);
		world_realm(w);
		client_set(w, mem, "second", true);
		c = asking(w, mem);
		EXPECT_INT(ends[i](&c).kind, ANS_WAITS);
		EXPECT_INT(c.why, R_NONE);
		client_set(w, mem, "third", false);
		c = asking(w, mem);
		EXPECT_INT(ends[i](&c).kind, ANS_FAULT);
		EXPECT_INT(c.why, R_CLIENT_DISABLED);
		world_free(w);
	}
}
