/* The password grant by phone number. */
#include "../world.h"

static struct answer
log_in(struct world *w, struct arena *mem, struct str phone, struct str password)
{
	struct call *c = arena_new(mem, struct call);

	*c = call_at(w, &w->legacy, mem);
	c->grant = &grant_mobile_password;
	call_basic(c, S("web"), S("secret"));
	call_set(c, P_GRANT_TYPE, S("mobile_password"));
	call_set(c, P_PHONE, phone);
	call_set(c, P_PASSWORD, password);
	return token_endpoint(c);
}

TEST(a_phone_number_stands_for_its_user)
{
	struct world *w = world_new();
	struct answer a = log_in(w, mem, S("13812345678"), S("wonderland"));

	EXPECT_INT(a.kind, ANS_TOKENS);
	EXPECT_STR(a.tokens.user->name, S("alice"));
	EXPECT_INT(log_in(w, mem, S("13812345678"), S("x")).why, R_USER_CREDENTIALS);
	EXPECT_INT(log_in(w, mem, S("13800000000"), S("wonderland")).why, R_USER_CREDENTIALS);
	EXPECT_INT(log_in(w, mem, S("alice"), S("wonderland")).why, R_USER_CREDENTIALS);
	EXPECT_INT(log_in(w, mem, S(""), S("wonderland")).why, R_USER_CREDENTIALS);
	EXPECT_INT(log_in(w, mem, S("13812345678"), STR_ABSENT).why, R_PARAM_MISSING);
	w->old.client.habits_need_mark = true;
	EXPECT_INT(log_in(w, mem, S("13812345678"), S("wonderland")).why, R_GRANT_FORBIDDEN);
	world_free(w);
}

TEST(wrong_passwords_of_a_number_make_it_wait)
{
	struct world *w = world_new();

	for (int i = 0; i < 6; i++)
		EXPECT_INT(log_in(w, mem, S("13812345678"), S("x")).why, R_USER_CREDENTIALS);
	EXPECT_INT(log_in(w, mem, S("13812345678"), S("wonderland")).why, R_WAIT);
	world_free(w);
}
