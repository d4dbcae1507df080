/* tests/unit/oauth/lane/neighbour_test.c - the choice of a lane where users may be of a directory. */
#include "../world.h"
#include "login/ldap.h"
#include "store/store_int.h"

static void
count(void *ctx)
{
	++*(int *)ctx;
}

/* How often introspection of the token uses the store, the choice of its lane included; the answer must say what is expected. */
static int
uses(struct world *w, const struct issuer *i, struct arena *mem, struct str token, bool active)
{
	struct call c = call_at(w, i, mem);
	int n = 0;

	call_basic(&c, S("web"), S("secret"));
	call_set(&c, P_TOKEN, token);
	store_hook_set(w->store, count, &n);
	EXPECT_INT(call_lane(&c, OE_INTROSPECT), LANE_INLINE);
	EXPECT_INT(introspect_endpoint(&c).facts.active, active);
	store_hook_set(w->store, NULL, NULL);
	return n;
}

TEST(beside_a_directory_a_token_is_read_once)
{
	static const struct directory corp = { .name = { "corp", 4 } };
	static const struct directory *const all[] = { &corp, NULL };
	struct world *w = world_new();
	struct issuer beside = w->modern;
	struct str code = world_code(w, &w->modern, mem, S("web"), S("https://app.example/cb"), CHALLENGE);
	struct answer a = redeem(w, &w->modern, mem, S("web"), S("secret"), code, S("https://app.example/cb"), VERIFIER);

	beside.directories = all;
	EXPECT(uses(w, &w->modern, mem, a.tokens.access, true) > 0);
	EXPECT_INT(uses(w, &beside, mem, a.tokens.access, true), uses(w, &w->modern, mem, a.tokens.access, true));
	EXPECT_INT(uses(w, &beside, mem, a.tokens.refresh, true), uses(w, &w->modern, mem, a.tokens.refresh, true));
	EXPECT_INT(uses(w, &beside, mem, S("unknown"), false), uses(w, &w->modern, mem, S("unknown"), false));
	world_free(w);
}

/* One answer takes what was found; whoever asks again reads. */
TEST(what_was_found_is_good_for_one_answer)
{
	static const struct directory corp = { .name = { "corp", 4 } };
	static const struct directory *const all[] = { &corp, NULL };
	struct world *w = world_new();
	struct issuer beside = w->modern;
	struct str code = world_code(w, &w->modern, mem, S("web"), S("https://app.example/cb"), CHALLENGE);
	struct answer a = redeem(w, &w->modern, mem, S("web"), S("secret"), code, S("https://app.example/cb"), VERIFIER);
	struct call c = call_at(w, &beside, mem), end = call_at(w, &w->modern, mem);

	beside.directories = all;
	call_basic(&c, S("web"), S("secret"));
	call_set(&c, P_TOKEN, a.tokens.access);
	EXPECT_INT(call_lane(&c, OE_INTROSPECT), LANE_INLINE);
	EXPECT(introspect_endpoint(&c).facts.active);
	call_basic(&end, S("web"), S("secret"));
	call_set(&end, P_TOKEN, a.tokens.access);
	EXPECT_INT(revoke_endpoint(&end).kind, ANS_EMPTY);
	EXPECT(!introspect_endpoint(&c).facts.active);
	world_free(w);
}
