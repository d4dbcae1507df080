/* The last way in is not given up by a page: what counts as one, and the guard of an identity that is left. */
#include "oauth/session/factor_kinds.h"
#include "upstream/upstream.h"
#include "../world.h"

static const struct upstream idp = { .name = S("idp") };
static const struct upstream *const offered[] = { &idp, NULL };

static bool
has_identity(struct world *w, const char *provider)
{
	struct identity row = { .realm = w->alice.realm, .provider = str_of(provider), .subject = S("1"), .user = w->alice.id,
		.shown = S("") };

	return store_commit(w->store, &(struct store_op){ .kind = OP_IDENTITY_ADD, .identity = &row }, 1, NULL) == STORE_DONE;
}

static struct factor
has_passkey(struct world *w)
{
	struct factor row = { .id = id_new(), .realm = w->alice.realm, .user = w->alice.id, .kind = S(PASSKEY_KIND),
		.data = S("{}"), .name = S("") };

	EXPECT(store_commit(w->store, &(struct store_op){ .kind = OP_FACTORS_ADD,
		.factors = { .user = &w->alice, .rows = &row, .n = 1 } }, 1, NULL) == STORE_DONE);
	return row;
}

TEST(what_lets_a_user_in)
{
	struct world *w = world_new();
	struct call c = call_at(w, &w->modern, mem);
	struct user u = w->alice;
	struct ops o = { .n = 0 };
	struct ways_in in;

	w->modern.upstreams = offered;
	EXPECT(ways_in_of(&c, &u, &in) && in.own && in.passkeys == 0 && in.identities == 0);
	EXPECT(ways_in_suffice(&in, &u, &o) && o.n == 0);
	u.password = u.phone = S("");
	EXPECT(ways_in_of(&c, &u, &in) && !in.own && !ways_in_suffice(&in, &u, &o));
	EXPECT(has_identity(w, "gone") && ways_in_of(&c, &u, &in) && in.identities == 0);      /* no button has it */
	EXPECT(has_identity(w, "idp") && ways_in_of(&c, &u, &in) && in.identities == 1);
	EXPECT(ways_in_suffice(&in, &u, &o) && o.n == 1 && o.at[0].kind == OP_IDENTITY_LEFT);
	has_passkey(w);
	EXPECT(ways_in_of(&c, &u, &in) && in.passkeys == 0);
	w->strict.passkey.rule = PASSKEYS_LOGIN;
	EXPECT(ways_in_of(&c, &u, &in) && in.passkeys == 1);
	w->strict.passkey.rule = PASSKEYS_SECOND_FACTOR;
	EXPECT(ways_in_of(&c, &u, &in) && in.passkeys == 0);
	u.entry = S("corp:1:alice");
	EXPECT(ways_in_of(&c, &u, &in) && in.own);
	world_free(w);
}

static struct answer
removes(struct world *w, struct arena *mem, struct str cookie, const struct factor *f)
{
	struct call c = call_at(w, &w->modern, mem);

	c.session_cookie = cookie;
	c.self = S("https://id.example/account/factors");
	call_set(&c, P_CSRF, csrf_token(&c, cookie));
	call_set(&c, P_ACTION, S("remove"));
	call_set(&c, P_FACTOR, uuid_write(mem, f->id.b));
	return account_factors_endpoint(&c, true);
}

TEST(a_passkey_that_is_the_last_way_in_stays)
{
	struct world *w = world_new();
	struct str cookie = world_login(w, &w->modern, mem);
	struct factor f;
	struct answer a;

	w->modern.upstreams = offered;
	w->strict.passkey.rule = PASSKEYS_LOGIN;
	w->strict.factor.rule = SECOND_FACTOR_OFF;
	f = has_passkey(w);
	NEED(store_user_by_name(w->store, mem, S("r"), S("alice"), &w->alice) == FOUND);
	w->alice.password = w->alice.phone = S("");
	EXPECT(store_commit(w->store, &(struct store_op){ .kind = OP_USER_SET, .user = &w->alice }, 1, NULL) == STORE_DONE);
	a = removes(w, mem, cookie, &f);
	NEED(a.kind == ANS_PAGE_FACTORS && a.factor.error != NULL);
	EXPECT_STR(str_of(a.factor.error), S("last_way_in"));
	EXPECT(has_identity(w, "idp"));
	a = removes(w, mem, cookie, &f);
	EXPECT(a.kind == ANS_GO && a.go.place == PLACE_SAVED);
	EXPECT_INT(store_factors(w->store, mem, w->alice.realm, &w->alice.id, 1, &f), 0);
	world_free(w);
}
