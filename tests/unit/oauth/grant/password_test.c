/* The password grant of old issuers, and the live token that they return again. */
#include <pthread.h>

#include "../world.h"

static struct answer
password(struct world *w, const struct issuer *i, struct arena *mem, struct str pw, struct str scope)
{
	struct call *c = arena_new(mem, struct call);

	*c = call_at(w, i, mem);
	c->grant = &grant_password;
	call_set(c, P_CLIENT_ID, S("web"));
	call_set(c, P_CLIENT_SECRET, S("secret"));
	call_set(c, P_GRANT_TYPE, S("password"));
	call_set(c, P_USERNAME, S("alice"));
	call_set(c, P_PASSWORD, pw);
	call_set(c, P_SCOPE, scope);
	return token_endpoint(c);
}

TEST(the_live_token_is_returned_again)
{
	struct world *w = world_new();
	struct answer a = password(w, &w->legacy, mem, S("wonderland"), STR_ABSENT), b;

	EXPECT_INT(a.kind, ANS_TOKENS);
	EXPECT_INT(a.tokens.access.n, 27);
	b = password(w, &w->legacy, mem, S("wonderland"), S("write+read"));
	EXPECT_STR(b.tokens.access, a.tokens.access);
	EXPECT_STR(b.tokens.refresh, a.tokens.refresh);
	EXPECT(!str_eq(password(w, &w->legacy, mem, S("wonderland"), S("read")).tokens.access, a.tokens.access));
	clock_turn_ms(43200 * 1000);
	b = password(w, &w->legacy, mem, S("wonderland"), STR_ABSENT);
	EXPECT(!str_eq(b.tokens.access, a.tokens.access));      /* expired: a new one, under the refresh token kept */
	EXPECT_STR(b.tokens.refresh, a.tokens.refresh);
	clock_turn_ms(-43200 * 1000);
	world_free(w);
}

TEST(a_refresh_keeps_its_token_and_kills_the_old_access_token)
{
	struct world *w = world_new();
	struct answer a = password(w, &w->legacy, mem, S("wonderland"), STR_ABSENT), b;

	b = refresh(w, &w->legacy, mem, S("web"), S("secret"), a.tokens.refresh);
	EXPECT_STR(b.tokens.refresh, a.tokens.refresh);
	EXPECT(!str_eq(b.tokens.access, a.tokens.access));
	EXPECT(!is_active(w, &w->legacy, mem, a.tokens.access));
	EXPECT(is_active(w, &w->legacy, mem, b.tokens.access));
	EXPECT_STR(password(w, &w->legacy, mem, S("wonderland"), STR_ABSENT).tokens.access, b.tokens.access);
	world_free(w);
}

struct racer { struct world *w; char got[27]; enum answer_kind kind; };

static void *
race(void *arg)
{
	struct racer *r = arg;
	struct arena mem;
	struct answer a;

	arena_init(&mem, 1 << 20);
	a = password(r->w, &r->w->legacy, &mem, S("wonderland"), STR_ABSENT);
	r->kind = a.kind;
	if (a.tokens.access.n == 27)
		memcpy(r->got, a.tokens.access.p, 27);
	arena_free(&mem);
	return NULL;
}

TEST(racing_logins_get_one_live_token)
{
	struct world *w = world_new();
	struct racer r[16];
	pthread_t t[16];

	for (int i = 0; i < 16; i++) {
		r[i] = (struct racer){ .w = w };
		pthread_create(&t[i], NULL, race, &r[i]);
	}
	for (int i = 0; i < 16; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < 16; i++) {
		EXPECT_INT(r[i].kind, ANS_TOKENS);
		EXPECT_STR(str_span(r[i].got, 27), str_span(r[0].got, 27));
	}
	world_free(w);
}

TEST(wrong_password_and_strict_issuer)
{
	struct world *w = world_new();

	EXPECT_INT(password(w, &w->legacy, mem, S("nope"), STR_ABSENT).why, R_USER_CREDENTIALS);
	EXPECT_INT(password(w, &w->legacy, mem, STR_ABSENT, STR_ABSENT).why, R_PARAM_MISSING);
	EXPECT_INT(password(w, &w->modern, mem, S("wonderland"), STR_ABSENT).why, R_GRANT_UNKNOWN);
	w->old.client.habits_need_mark = true;
	EXPECT_INT(password(w, &w->legacy, mem, S("wonderland"), STR_ABSENT).why, R_GRANT_FORBIDDEN);
	world_free(w);
}
