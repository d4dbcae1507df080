/* A client that says who the user is: only a confidential one, marked where marks are asked for, and not as often as it likes. */
#include "../world.h"

static struct answer
assert_id(struct world *w, struct arena *mem, struct str client, struct str secret, struct str open_id)
{
	struct call *c = arena_new(mem, struct call);

	*c = call_at(w, &w->legacy, mem);
	c->grant = &grant_open_id;
	call_set(c, P_CLIENT_ID, client);
	call_set(c, P_CLIENT_SECRET, secret);
	call_set(c, P_GRANT_TYPE, S("openId"));
	call_set(c, P_OPEN_ID, open_id);
	return token_endpoint(c);
}

TEST(an_open_id_gives_tokens_for_its_user)
{
	struct world *w = world_new();
	struct answer a = assert_id(w, mem, S("web"), S("secret"), S("o-alice"));

	EXPECT_INT(a.kind, ANS_TOKENS);
	EXPECT_STR(a.tokens.user->name, S("alice"));
	EXPECT_INT(assert_id(w, mem, S("web"), S("secret"), S("o-bob")).why, R_OPEN_ID_UNKNOWN);
	EXPECT_INT(assert_id(w, mem, S("web"), S("secret"), S("")).why, R_OPEN_ID_UNKNOWN);
	EXPECT_INT(assert_id(w, mem, S("web"), S("secret"), STR_ABSENT).why, R_PARAM_MISSING);
	EXPECT_INT(assert_id(w, mem, S("web"), S("wrong"), S("o-alice")).why, R_CLIENT_SECRET);
	world_free(w);
}

TEST(an_open_id_needs_a_client_that_is_trusted_to_say_it)
{
	struct world *w = world_new();

	EXPECT_INT(assert_id(w, mem, S("spa"), S(""), S("o-alice")).why, R_GRANT_FORBIDDEN);     /* public */
	EXPECT_INT(assert_id(w, mem, S("other"), S("secret"), S("o-alice")).why, R_GRANT_FORBIDDEN);     /* not registered for it */
	w->old.client.habits_need_mark = true;
	EXPECT_INT(assert_id(w, mem, S("web"), S("secret"), S("o-alice")).why, R_GRANT_FORBIDDEN);
	world_free(w);
}

TEST(wrong_open_ids_are_counted_by_address)
{
	struct world *w = world_new();

	for (int i = 0; i < 30; i++)
		EXPECT_INT(assert_id(w, mem, S("web"), S("secret"), S("o-nobody")).why, R_OPEN_ID_UNKNOWN);
	EXPECT_INT(assert_id(w, mem, S("web"), S("secret"), S("o-alice")).why, R_WAIT);
	world_free(w);
}

TEST(a_locked_or_disabled_user_gets_nothing)
{
	struct world *w = world_new();
	struct store_op op = { .kind = OP_USER_PUT, .user = &w->alice };

	w->alice.locked = true;
	store_commit(w->store, &op, 1, NULL);
	EXPECT_INT(assert_id(w, mem, S("web"), S("secret"), S("o-alice")).why, R_USER_LOCKED);
	w->alice.enabled = false;
	store_commit(w->store, &op, 1, NULL);
	EXPECT_INT(assert_id(w, mem, S("web"), S("secret"), S("o-alice")).why, R_USER_DISABLED);
	world_free(w);
}
