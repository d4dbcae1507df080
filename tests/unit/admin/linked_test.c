/* tests/unit/admin/linked_test.c - whose password a directory may judge: login/directory.c with a scripted directory. */
#include "../oauth/world.h"
#include "scripted_directory.h"

struct rig { struct world *w; struct scripted_directory s; };

static enum login_result
enters(struct rig *g, struct arena *mem)
{
	struct login_try t = { .realm = S("r"), .name = g->s.user, .password = S("right"), .address = S("192.0.2.1") };

	return login_directory(mem, g->w->store, &g->w->svc.throttle, &g->s.d, &t);
}

static void
user_put(struct rig *g, struct str account_type, struct str origin)
{
	struct user u = { .realm = S("r"), .name = g->s.user, .display_name = S(""), .phone = S(""), .email = S(""), .open_id = S(""),
		.account_type = account_type, .password = S(""), .authorities = S(""), .origin = origin, .enabled = true };

	rand_id(u.id.b);
	EXPECT_INT(store_commit(g->w->store, &(struct store_op){ .kind = OP_USER_PUT, .user = &u }, 1, NULL), STORE_DONE);
}

TEST(a_user_without_a_type_is_linked_where_the_settings_say_so)
{
	struct rig g = { .w = world_new() };

	scripted_directory_init(&g.s, mem, S("bea"), 60);
	user_put(&g, S(""), S(""));
	EXPECT_INT(enters(&g, mem), LOGIN_WRONG);
	g.s.d.link_users = true;
	EXPECT_INT(enters(&g, mem), LOGIN_OK);
	world_free(g.w);
}

TEST(a_user_of_another_kind_or_of_a_table_is_never_linked)
{
	struct rig g = { .w = world_new() };

	scripted_directory_init(&g.s, mem, S("cut"), 60);
	g.s.d.link_users = true;
	user_put(&g, S("partner"), S(""));
	EXPECT_INT(enters(&g, mem), LOGIN_WRONG);
	scripted_directory_init(&g.s, mem, S("dan"), 60);
	g.s.d.link_users = true;
	user_put(&g, S(""), S("old:7"));
	EXPECT_INT(enters(&g, mem), LOGIN_WRONG);
	world_free(g.w);
}

/* Whoever verified the address before says nothing of the one that the directory has now. */
TEST(an_address_that_the_directory_changes_is_verified_no_longer)
{
	struct rig g = { .w = world_new() };
	struct user u;

	scripted_directory_init(&g.s, mem, S("eve"), 60);
	g.s.mail = S("eve@x.example");
	EXPECT_INT(enters(&g, mem), LOGIN_OK);
	NEED(store_user_by_name(g.w->store, mem, S("r"), S("eve"), &u) == FOUND);
	u.claims = S("{\"email_verified\":true,\"nickname\":\"e\",\"phone_number_verified\":true}");
	EXPECT_INT(store_commit(g.w->store, &(struct store_op){ .kind = OP_USER_SET, .user = &u }, 1, NULL), STORE_DONE);
	EXPECT_INT(enters(&g, mem), LOGIN_OK);
	NEED(store_user_by_name(g.w->store, mem, S("r"), S("eve"), &u) == FOUND);
	EXPECT_STR(u.claims, S("{\"email_verified\":true,\"nickname\":\"e\",\"phone_number_verified\":true}"));
	g.s.mail = S("new@x.example");
	EXPECT_INT(enters(&g, mem), LOGIN_OK);
	NEED(store_user_by_name(g.w->store, mem, S("r"), S("eve"), &u) == FOUND);
	EXPECT_STR(u.email, S("new@x.example"));
	EXPECT_STR(u.claims, S("{\"nickname\":\"e\",\"phone_number_verified\":true}"));
	world_free(g.w);
}
