/* Refresh: RFC 6749 section 6, rotation with theft detection RFC 9700 4.14. */
#include <pthread.h>

#include "../world.h"

#define CB S("https://app.example/cb")

static struct answer
first_tokens(struct world *w, struct arena *mem)
{
	return redeem(w, &w->modern, mem, S("web"), S("secret"), world_code(w, &w->modern, mem, S("web"), CB, CHALLENGE), CB, VERIFIER);
}

TEST(rotation_and_theft)
{
	struct world *w = world_new();
	struct answer a = first_tokens(w, mem), b, c;

	b = refresh(w, &w->modern, mem, S("web"), S("secret"), a.tokens.refresh);
	EXPECT_INT(b.kind, ANS_TOKENS);
	EXPECT(!str_eq(a.tokens.refresh, b.tokens.refresh));
	c = refresh(w, &w->modern, mem, S("web"), S("secret"), a.tokens.refresh);       /* within the window: the same successor */
	EXPECT_STR(c.tokens.refresh, b.tokens.refresh);
	clock_turn_ms(10500);
	EXPECT_INT(refresh(w, &w->modern, mem, S("web"), S("secret"), a.tokens.refresh).why, R_REFRESH_REPLAYED);
	EXPECT_INT(refresh(w, &w->modern, mem, S("web"), S("secret"), b.tokens.refresh).why, R_REFRESH_REVOKED);
	EXPECT(!is_active(w, &w->modern, mem, b.tokens.access));
	clock_turn_ms(-10500);
	world_free(w);
}

TEST(the_window_does_not_slide)
{
	struct world *w = world_new();
	struct answer a = first_tokens(w, mem);

	EXPECT_INT(refresh(w, &w->modern, mem, S("web"), S("secret"), a.tokens.refresh).kind, ANS_TOKENS);
	clock_turn_ms(6000);
	EXPECT_INT(refresh(w, &w->modern, mem, S("web"), S("secret"), a.tokens.refresh).kind, ANS_TOKENS);
	clock_turn_ms(6000);
	EXPECT_INT(refresh(w, &w->modern, mem, S("web"), S("secret"), a.tokens.refresh).why, R_REFRESH_REPLAYED);
	clock_turn_ms(-12000);
	world_free(w);
}

/* Twice in the same millisecond. */
TEST(without_a_window_nothing_is_forgiven)
{
	struct world *w = world_new();
	struct answer a = first_tokens(w, mem);
	struct call c = call_at(w, &w->modern, mem), d;

	w->strict.refresh.grace_ms = 0;
	c.grant = &grant_refresh_token;
	call_basic(&c, S("web"), S("secret"));
	call_set(&c, P_GRANT_TYPE, S("refresh_token"));
	call_set(&c, P_REFRESH_TOKEN, a.tokens.refresh);
	d = c;
	EXPECT_INT(token_endpoint(&c).kind, ANS_TOKENS);
	EXPECT_INT(token_endpoint(&d).why, R_REFRESH_REPLAYED);
	world_free(w);
}

TEST(a_clock_set_back_does_not_open_the_window_again)
{
	struct world *w = world_new();
	struct answer a = first_tokens(w, mem);

	EXPECT_INT(refresh(w, &w->modern, mem, S("web"), S("secret"), a.tokens.refresh).kind, ANS_TOKENS);
	clock_turn_ms(-3600000);
	EXPECT_INT(refresh(w, &w->modern, mem, S("web"), S("secret"), a.tokens.refresh).why, R_REFRESH_REPLAYED);
	clock_turn_ms(3600000);
	world_free(w);
}

static enum answer_kind
revoke(struct world *w, struct arena *mem, struct str client, struct str token)
{
	struct call c = call_at(w, &w->modern, mem);

	call_basic(&c, client, S("secret"));
	call_set(&c, P_TOKEN, token);
	return revoke_endpoint(&c).kind;
}

/* RFC 7009 2.1: handing in a refresh token ends what stems from its authorization, whichever generation of it is handed in. */
TEST(a_replaced_token_revokes_its_family)
{
	for (int older = 0; older < 2; older++) {
		struct world *w = world_new();
		struct answer a = first_tokens(w, mem), b = refresh(w, &w->modern, mem, S("web"), S("secret"), a.tokens.refresh);

		if (older)
			b = refresh(w, &w->modern, mem, S("web"), S("secret"), b.tokens.refresh);
		EXPECT_INT(revoke(w, mem, S("other"), a.tokens.refresh), ANS_FAULT);            /* another client's is not ended */
		EXPECT(is_active(w, &w->modern, mem, b.tokens.access));
		EXPECT_INT(revoke(w, mem, S("web"), a.tokens.refresh), ANS_EMPTY);
		EXPECT(!is_active(w, &w->modern, mem, b.tokens.access));
		EXPECT_INT(refresh(w, &w->modern, mem, S("web"), S("secret"), b.tokens.refresh).why, R_REFRESH_REVOKED);
		EXPECT_INT(revoke(w, mem, S("web"), a.tokens.refresh), ANS_EMPTY);
		world_free(w);
	}
}

TEST(an_older_generation_kills_the_family_inside_the_window)
{
	struct world *w = world_new();
	struct answer a = first_tokens(w, mem), b = refresh(w, &w->modern, mem, S("web"), S("secret"), a.tokens.refresh);

	EXPECT_INT(refresh(w, &w->modern, mem, S("web"), S("secret"), b.tokens.refresh).kind, ANS_TOKENS);
	EXPECT_INT(refresh(w, &w->modern, mem, S("web"), S("secret"), a.tokens.refresh).why, R_REFRESH_REPLAYED);
	world_free(w);
}

struct racer { struct world *w; struct str token; char got[64]; size_t n; enum answer_kind kind; };

static void *
race(void *arg)
{
	struct racer *r = arg;
	struct arena mem;
	struct answer a;

	arena_init(&mem, 1 << 20);
	a = refresh(r->w, &r->w->modern, &mem, S("web"), S("secret"), r->token);
	r->kind = a.kind;
	r->n = a.tokens.refresh.n < sizeof r->got ? a.tokens.refresh.n : 0;
	if (r->n > 0)
		memcpy(r->got, a.tokens.refresh.p, r->n);
	arena_free(&mem);
	return NULL;
}

TEST(sixty_four_threads_get_one_successor)
{
	struct world *w = world_new();
	struct answer a = first_tokens(w, mem);
	struct racer r[64];
	pthread_t t[64];

	for (int i = 0; i < 64; i++) {
		r[i] = (struct racer){ .w = w, .token = a.tokens.refresh };
		pthread_create(&t[i], NULL, race, &r[i]);
	}
	for (int i = 0; i < 64; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < 64; i++) {
		EXPECT_INT(r[i].kind, ANS_TOKENS);
		EXPECT_STR(str_span(r[i].got, r[i].n), str_span(r[0].got, r[0].n));
	}
	world_free(w);
}

TEST(foreign_forged_and_narrowed)
{
	struct world *w = world_new();
	struct answer a = first_tokens(w, mem), b;
	struct str forged = arena_dup(mem, a.tokens.refresh);
	struct call c = call_at(w, &w->modern, mem);

	EXPECT_INT(refresh(w, &w->modern, mem, S("other"), S("secret"), a.tokens.refresh).why, R_REFRESH_OTHER_CLIENT);
	((char *)forged.p)[30] ^= 1;
	EXPECT_INT(refresh(w, &w->modern, mem, S("web"), S("secret"), forged).why, R_REFRESH_UNKNOWN);
	c.grant = &grant_refresh_token;
	call_basic(&c, S("web"), S("secret"));
	call_set(&c, P_REFRESH_TOKEN, a.tokens.refresh);
	call_set(&c, P_SCOPE, S("read"));
	b = token_endpoint(&c);
	EXPECT_STR(b.tokens.scope, S("read"));
	EXPECT_STR(refresh(w, &w->modern, mem, S("web"), S("secret"), b.tokens.refresh).tokens.scope, S("read write"));
	world_free(w);
}

TEST(a_disabled_user_cannot_refresh)
{
	struct world *w = world_new();
	struct answer a = first_tokens(w, mem);
	struct store_op op = { .kind = OP_USER_PUT, .user = &w->alice };

	w->alice.enabled = false;
	store_commit(w->store, &op, 1, NULL);
	EXPECT_INT(refresh(w, &w->modern, mem, S("web"), S("secret"), a.tokens.refresh).why, R_USER_DISABLED);
	EXPECT(!is_active(w, &w->modern, mem, a.tokens.access));
	world_free(w);
}

/* A family as an import leaves it: found by the text its old server gave, which this one cannot make. */
static struct family
imported(struct world *w, struct str text)
{
	struct family f = { .id = id_new(), .auth.issuer = w->legacy.name, .auth.client = S("web"), .auth.user = w->alice.id, .auth.user_name = w->alice.name, .auth.scope = S("read write"),
		.auth.account_type = S(""), .auth.nonce = S(""), .has_digest = true, .digest = digest_of(&w->legacy, S("refresh"), text), .refreshable = true,
		.issued_s = clock_now_s(), .expires_s = clock_now_s() + 86400, .state = FAMILY_LIVE };
	struct store_op op = { .kind = OP_FAMILY_ADD, .family = &f };

	EXPECT_INT(store_commit(w->store, &op, 1, NULL), STORE_DONE);
	return f;
}

TEST(a_kept_refresh_token_of_an_old_server_comes_back_as_it_was)
{
	struct world *w = world_new();
	struct str old = S("7b431db8-f78a-4fea-9049-1185732a4fde");
	struct answer a, b;

	imported(w, old);
	a = refresh(w, &w->legacy, mem, S("web"), S("secret"), old);
	EXPECT_INT(a.kind, ANS_TOKENS);
	EXPECT_STR(a.tokens.refresh, old);
	b = refresh(w, &w->legacy, mem, S("web"), S("secret"), a.tokens.refresh);
	EXPECT_STR(b.tokens.refresh, old);
	EXPECT(!is_active(w, &w->legacy, mem, a.tokens.access) && is_active(w, &w->legacy, mem, b.tokens.access));
	world_free(w);
}

/* The live token would be returned again, but its refresh token cannot: both are new, and the old ones go on. */
TEST(a_login_beside_an_imported_family_gets_a_refresh_token_that_works)
{
	struct world *w = world_new();
	struct str old = S("7b431db8-f78a-4fea-9049-1185732a4fde");
	struct answer a, b;
	struct call c;

	imported(w, old);
	a = refresh(w, &w->legacy, mem, S("web"), S("secret"), old);
	c = call_at(w, &w->legacy, mem);
	c.grant = &grant_password;
	call_basic(&c, S("web"), S("secret"));
	call_set(&c, P_USERNAME, S("alice"));
	call_set(&c, P_PASSWORD, S("wonderland"));
	b = token_endpoint(&c);
	NEED(b.kind == ANS_TOKENS);
	EXPECT(!str_eq(b.tokens.refresh, old) && !str_eq(b.tokens.access, a.tokens.access));
	EXPECT_INT(refresh(w, &w->legacy, mem, S("web"), S("secret"), b.tokens.refresh).kind, ANS_TOKENS);
	EXPECT_INT(refresh(w, &w->legacy, mem, S("web"), S("secret"), old).kind, ANS_TOKENS);
	world_free(w);
}

TEST(a_family_moves_from_an_issuer_that_is_honoured)
{
	struct world *w = world_new();
	const struct issuer *const honoured[] = { &w->legacy, NULL };
	struct answer a = first_tokens(w, mem), b;
	struct str old = redeem(w, &w->legacy, mem, S("web"), S("secret"), world_code(w, &w->legacy, mem, S("web"), CB, STR_ABSENT), CB, STR_ABSENT).tokens.refresh;

	EXPECT_INT(refresh(w, &w->modern, mem, S("web"), S("secret"), old).why, R_REFRESH_UNKNOWN);
	w->modern.accepted = honoured;
	b = refresh(w, &w->modern, mem, S("web"), S("secret"), old);
	NEED(b.kind == ANS_TOKENS);
	EXPECT_INT(b.tokens.refresh.n, 48);
	EXPECT_STR(b.tokens.scope, S("read write"));
	EXPECT(is_active(w, &w->modern, mem, b.tokens.access));
	EXPECT_INT(refresh(w, &w->modern, mem, S("web"), S("secret"), b.tokens.refresh).kind, ANS_TOKENS);
	EXPECT_INT(refresh(w, &w->legacy, mem, S("web"), S("secret"), old).kind, ANS_TOKENS);   /* its issuer keeps refresh tokens */
	EXPECT_INT(refresh(w, &w->modern, mem, S("other"), S("secret"), old).why, R_REFRESH_OTHER_CLIENT);
	w->legacy.accepted = (const struct issuer *const[]){ &w->modern, NULL };
	EXPECT_INT(refresh(w, &w->legacy, mem, S("web"), S("secret"), a.tokens.refresh).kind, ANS_TOKENS);
	EXPECT_INT(refresh(w, &w->modern, mem, S("web"), S("secret"), a.tokens.refresh).why, R_REFRESH_REVOKED);
	world_free(w);
}

/* --- where tokens are used again by marked clients only -------------------------------------------------------------------------- */

static struct answer
old_tokens(struct world *w, struct arena *mem)
{
	return redeem(w, &w->legacy, mem, S("web"), S("secret"), world_code(w, &w->legacy, mem, S("web"), CB, STR_ABSENT), CB, STR_ABSENT);
}

static struct answer
old_refresh(struct world *w, struct arena *mem, struct str token)
{
	return refresh(w, &w->legacy, mem, S("web"), S("secret"), token);
}

TEST(without_the_mark_an_old_issuer_rotates)
{
	struct world *w = world_new();
	struct answer a, b, c;

	w->old.client.habits_need_mark = true;
	w->old.refresh.grace_ms = 10000;
	a = old_tokens(w, mem);
	NEED(a.kind == ANS_TOKENS);
	EXPECT_INT(a.tokens.refresh.n, 48);
	b = old_refresh(w, mem, a.tokens.refresh);
	NEED(b.kind == ANS_TOKENS);
	EXPECT(!str_eq(a.tokens.refresh, b.tokens.refresh) && !is_active(w, &w->legacy, mem, a.tokens.access));
	c = old_refresh(w, mem, a.tokens.refresh);
	EXPECT_STR(c.tokens.refresh, b.tokens.refresh);
	EXPECT(is_active(w, &w->legacy, mem, b.tokens.access) && is_active(w, &w->legacy, mem, c.tokens.access));        /* threads that raced both go on */
	clock_turn_ms(10500);
	EXPECT_INT(old_refresh(w, mem, a.tokens.refresh).why, R_REFRESH_REPLAYED);
	EXPECT_INT(old_refresh(w, mem, b.tokens.refresh).why, R_REFRESH_REVOKED);
	EXPECT(!is_active(w, &w->legacy, mem, b.tokens.access) && !is_active(w, &w->legacy, mem, c.tokens.access));
	clock_turn_ms(-10500);
	world_free(w);
}

TEST(an_imported_family_rotates_from_its_old_text)
{
	struct world *w = world_new();
	struct str old = S("7b431db8-f78a-4fea-9049-1185732a4fde");
	struct answer a, b;

	imported(w, old);
	w->old.client.habits_need_mark = true;
	a = old_refresh(w, mem, old);
	NEED(a.kind == ANS_TOKENS);
	EXPECT(!str_eq(a.tokens.refresh, old));
	b = old_refresh(w, mem, a.tokens.refresh);
	NEED(b.kind == ANS_TOKENS);
	EXPECT_INT(old_refresh(w, mem, old).why, R_REFRESH_REPLAYED);
	EXPECT_INT(old_refresh(w, mem, b.tokens.refresh).why, R_REFRESH_REVOKED);
	world_free(w);
}

TEST(sixty_four_threads_get_one_successor_at_an_old_issuer_too)
{
	struct world *w = world_new();
	struct answer a;
	struct racer r[64];
	pthread_t t[64];

	w->old.client.habits_need_mark = true;
	w->old.refresh.grace_ms = 60000;
	a = old_tokens(w, mem);
	w->modern = w->legacy;                  /* race() asks the modern one */
	for (int i = 0; i < 64; i++) {
		r[i] = (struct racer){ .w = w, .token = a.tokens.refresh };
		pthread_create(&t[i], NULL, race, &r[i]);
	}
	for (int i = 0; i < 64; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < 64; i++) {
		EXPECT_INT(r[i].kind, ANS_TOKENS);
		EXPECT_STR(str_span(r[i].got, r[i].n), str_span(r[0].got, r[0].n));
	}
	world_free(w);
}

TEST(what_a_moved_family_gets_works_where_tokens_are_kept)
{
	struct world *w = world_new();
	struct answer a = first_tokens(w, mem), b;

	w->legacy.accepted = (const struct issuer *const[]){ &w->modern, NULL };
	b = old_refresh(w, mem, a.tokens.refresh);
	NEED(b.kind == ANS_TOKENS);
	EXPECT(!str_eq(b.tokens.refresh, a.tokens.refresh));
	EXPECT_STR(old_refresh(w, mem, b.tokens.refresh).tokens.refresh, b.tokens.refresh);
	EXPECT_INT(old_refresh(w, mem, a.tokens.refresh).why, R_REFRESH_REVOKED);
	world_free(w);
}

TEST(a_refusal_tells_the_operator_which_mark_is_missing)
{
	struct world *w = world_new();
	struct call c = call_at(w, &w->legacy, mem);

	w->old.client.habits_need_mark = true;
	c.grant = &grant_password;
	call_basic(&c, S("web"), S("secret"));
	call_set(&c, P_GRANT_TYPE, S("password"));
	call_set(&c, P_USERNAME, S("alice"));
	call_set(&c, P_PASSWORD, S("wonderland"));
	EXPECT_INT(token_endpoint(&c).why, R_GRANT_FORBIDDEN);
	EXPECT_STR(c.detail, S("client \"web\" is not marked for \"password\": hufu client set web --realm r --legacy \"password\""));
	EXPECT_INT(c.habits, 0);
	world_free(w);
}

/* The report of weak habits counts it; where tokens rotate there is nothing to count. */
TEST(a_refresh_token_that_is_kept_is_a_habit)
{
	struct world *w = world_new();
	struct answer a = old_tokens(w, mem);
	struct call c = call_at(w, &w->legacy, mem), d;

	NEED(a.kind == ANS_TOKENS);
	c.grant = &grant_refresh_token;
	call_basic(&c, S("web"), S("secret"));
	call_set(&c, P_GRANT_TYPE, S("refresh_token"));
	call_set(&c, P_REFRESH_TOKEN, a.tokens.refresh);
	d = c;
	EXPECT_INT(token_endpoint(&c).kind, ANS_TOKENS);
	EXPECT((c.habits & BIT(HABIT_REFRESH_REUSE)) != 0);
	w->old.client.habits_need_mark = true;
	EXPECT_INT(token_endpoint(&d).kind, ANS_TOKENS);
	EXPECT((d.habits & BIT(HABIT_REFRESH_REUSE)) == 0);
	world_free(w);
}
