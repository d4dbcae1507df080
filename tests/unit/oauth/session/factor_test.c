/* Second factors: what holds as one, once, and that no grant leads around a factor that is needed. */
#include <pthread.h>

#include "oauth/session/factor_kinds.h"
#include "../world.h"

static const uint8_t key[32] = { 9 };

/* A world whose user has one, of RFC 6238's secret. */
static const char secret[] = "12345678901234567890";

static struct world *
world_with_factor(struct arena *mem)
{
	struct world *w = world_new();
	struct call c = call_at(w, &w->modern, mem);
	struct factor row = { .id = id_new(), .realm = w->alice.realm, .user = w->alice.id, .kind = S("totp") };

	w->svc.secret_key = key;
	row.data = totp_seal(&c, &w->alice, S(secret));
	EXPECT(store_commit(w->store, &(struct store_op){ .kind = OP_FACTORS_ADD, .factors = { .user = &w->alice, .rows = &row, .n = 1 } },
	    1, NULL) == STORE_DONE);
	return w;
}

/* RFC 6238 appendix B, the last six of its eight digits; a step either way, and never one that is not behind the last. */
TEST(a_step_says_its_code_and_its_neighbours_do)
{
	static const struct { int64_t at; const char *code; } rows[] = { { 59, "287082" }, { 1111111109, "081804" }, { 1111111111, "050471" },
		{ 1234567890, "005924" }, { 2000000000, "279037" }, { 20000000000, "353130" } };

	(void)mem;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t step = rows[i].at / TOTP_STEP_S;

		for (int64_t by = -1; by <= 1; by++)
			EXPECT_INT(totp_step(S(secret), rows[i].at + by * TOTP_STEP_S, 0, str_of(rows[i].code)), step);
		EXPECT_INT(totp_step(S(secret), rows[i].at + 2 * TOTP_STEP_S, 0, str_of(rows[i].code)), 0);
		if (i > 0)                      /* the first is as old as time */
			EXPECT_INT(totp_step(S(secret), rows[i].at - 2 * TOTP_STEP_S, 0, str_of(rows[i].code)), 0);
		EXPECT_INT(totp_step(S(secret), rows[i].at, step, str_of(rows[i].code)), 0);
		EXPECT_INT(totp_step(S(secret), rows[i].at, step - 1, str_of(rows[i].code)), step);
	}
	EXPECT_INT(totp_step(S(secret), 59, 0, S("")), 0);
	EXPECT_INT(totp_step(S(secret), 59, 0, S("28708")), 0);
	EXPECT_INT(totp_step(S(secret), 59, 0, S("2870820")), 0);
	EXPECT_INT(totp_step(S(secret), 59, 0, STR_ABSENT), 0);
}

/* The secret opens for its user alone. */
TEST(a_secret_lies_sealed_for_its_user)
{
	struct world *w = world_with_factor(mem);
	struct call c = call_at(w, &w->modern, mem);
	struct factor_set *has = arena_new(mem, struct factor_set);
	struct user other = w->alice;
	struct ops o = { .n = 0 };
	struct factor_try t = { .u = &w->alice, .has = has, .code = S("287082") };

	EXPECT(factors_of(&c, &w->alice, has) && has->n == 1);
	EXPECT(!str_contains(has->at[0].data, S(secret)));
	c.now_s = 59;
	EXPECT(totp_check(&c, &t, &o) && o.n == 1 && o.at[0].kind == OP_FACTOR_USE && o.at[0].factor.row->counter == 1);
	other.id.b[0]++;
	t.u = &other;
	EXPECT(!totp_check(&c, &t, &o) && c.why == R_NONE && o.n == 1);
	t.u = &w->alice;
	w->svc.secret_key = NULL;
	EXPECT(!totp_check(&c, &t, &o) && o.n == 1);
	world_free(w);
}

TEST(recovery_codes_are_told_apart_from_everything_else)
{
	struct world *w = world_new();
	struct call c = call_at(w, &w->modern, mem);
	struct factor_set *has = arena_new(mem, struct factor_set);
	struct factor_try t = { .u = &w->alice, .has = has };
	struct user other = w->alice;
	struct ops o = { .n = 0 };
	struct factor *rows;
	struct str *texts;

	NEED(recovery_draw(&c, &w->alice, &rows, &texts));
	memcpy(has->at, rows, RECOVERY_CODES * sizeof *rows);
	has->n = RECOVERY_CODES;
	for (size_t i = 0; i < RECOVERY_CODES; i++) {
		char loud[32], *p = loud;

		EXPECT_INT(texts[i].n, 19);
		EXPECT(!str_contains(rows[i].data, texts[i]));
		o.n = 0;
		t.code = texts[i];
		EXPECT(recovery_check(&c, &t, &o) && o.n == 1 && o.at[0].kind == OP_FACTOR_SPEND && o.at[0].factor.row == &has->at[i]);
		for (size_t k = 0; k < texts[i].n; k++)         /* as somebody types it */
			*p++ = texts[i].p[k] == '-' ? ' ' : texts[i].p[k] == '0' ? 'O' : texts[i].p[k] == '1' ? 'L'
			    : (char)(texts[i].p[k] >= 'a' ? texts[i].p[k] - 32 : texts[i].p[k]);
		t.code = str_span(loud, texts[i].n);
		EXPECT(recovery_check(&c, &t, &o));
	}
	o.n = 0;
	t.code = str_sub(texts[0], 0, 18);
	EXPECT(!recovery_check(&c, &t, &o));
	t.code = ARENA_CAT(mem, texts[0], S("0"));
	EXPECT(!recovery_check(&c, &t, &o));
	t.code = S("uuuu-uuuu-uuuu-uuuu");
	EXPECT(!recovery_check(&c, &t, &o));
	other.id.b[0]++;
	t.u = &other;
	t.code = texts[0];
	EXPECT(!recovery_check(&c, &t, &o) && o.n == 0 && c.why == R_NONE);
	EXPECT(!factors_stand(has));            /* alone they are no second factor */
	world_free(w);
}

TEST(a_half_login_is_of_one_browser_and_of_ten_minutes)
{
	struct world *w = world_new();
	struct call c = call_at(w, &w->modern, mem), there = call_at(w, &w->legacy, mem);
	struct half_login h = { .user = w->alice.id, .version = INT64_C(-5), .begun_s = c.now_s, .auth_s = c.now_s - 5, .amr = S("pwd"), .account_type = S("admin"),
		.link = { .provider = S("corp"), .subject = S("s\0 1"), .shown = S("Ann") } }, got;
	struct str nonce = S("0123456789abcdef"), text = half_write(&c, &h, nonce), broken;

	NEED(str_given(text));
	EXPECT(!half_read(&c, HALF_PASSWORD, text, nonce, &got));            /* F5: it has not chosen a password */
	NEED(half_read(&c, HALF_FACTOR, text, nonce, &got));
	EXPECT(memcmp(&got.user, &h.user, 16) == 0 && got.version == h.version && got.begun_s == h.begun_s && got.auth_s == h.auth_s);
	EXPECT_STR(got.amr, S("pwd"));
	EXPECT_STR(got.account_type, S("admin"));
	EXPECT_STR(got.link.provider, S("corp"));
	EXPECT_STR(got.link.subject, S("s\0 1"));
	EXPECT_STR(got.link.shown, S("Ann"));
	EXPECT(!half_read(&c, HALF_FACTOR, text, S("0123456789abcdeF"), &got) && !half_read(&c, HALF_FACTOR, text, STR_ABSENT, &got));
	EXPECT(!half_read(&there, HALF_FACTOR, text, nonce, &got));          /* O4 */
	broken = arena_dup(mem, text);
	((char *)(uintptr_t)broken.p)[20] ^= 1;
	EXPECT(!half_read(&c, HALF_FACTOR, broken, nonce, &got) && !half_read(&c, HALF_FACTOR, S(""), nonce, &got) && !half_read(&c, HALF_FACTOR, S("x"), nonce, &got));
	c.now_s += HALF_TTL_S;
	EXPECT(half_read(&c, HALF_FACTOR, text, nonce, &got));
	c.now_s++;
	EXPECT(!half_read(&c, HALF_FACTOR, text, nonce, &got));
	EXPECT(!str_given(half_write(&c, &h, S("short"))));
	c.now_s -= HALF_TTL_S + 1;
	h.lacks = HALF_PASSWORD;
	h.by_password = true;
	text = half_write(&c, &h, nonce);
	EXPECT(!half_read(&c, HALF_FACTOR, text, nonce, &got));              /* ... nor the other the factor */
	EXPECT(half_read(&c, HALF_PASSWORD, text, nonce, &got) && got.by_password && got.lacks == HALF_PASSWORD);
	world_free(w);
}

TEST(what_is_shown_of_an_address_names_nobody)
{
	static const struct { const char *address, *shown; } rows[] = {
		{ "+491510000012", "+49\u2022\u2022\u2022\u202212" }, { "13800138000", "13\u2022\u2022\u2022\u202200" },
		{ "123456", "\u2022\u2022\u2022\u202256" }, { "1", "\u2022\u2022\u2022\u2022" },
		{ "alice@example.org", "a\u2022\u2022\u2022\u2022@example.org" }, { "a@b", "\u2022\u2022\u2022\u2022@b" },
		{ "\u5f20\u4e09@b", "\u2022\u2022\u2022\u2022@b" }, { "", "\u2022\u2022\u2022\u2022" },
	};
	struct world *w = world_new();
	struct call c = call_at(w, &w->modern, mem);

	for (size_t i = 0; i < COUNT(rows); i++)
		EXPECT_STR(message_masked(&c, str_of(rows[i].address)), str_of(rows[i].shown));
	world_free(w);
}

/* It is demanded as before, and cannot be shown: who sets another address has no factor by that. */
TEST(a_factor_by_message_is_of_the_address_it_was_set_up_for)
{
	static const struct { enum factor_kind kind; struct str word; } kinds[] = {
		{ FACTOR_SMS, S("sms") }, { FACTOR_MAIL, S("mail") },
	};
	struct world *w = world_new();
	struct call c = call_at(w, &w->modern, mem);
	struct factor_set *has = arena_new(mem, struct factor_set);

	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct user u = w->alice, other = w->alice;

		u.email = S("Alice@Example.org");
		u.phone = S("13800138000");
		*has = (struct factor_set){ .n = 1, .at = { { .kind = kinds[i].word,
			.data = message_data(&c, &u, kinds[i].kind, message_address(&c, &u, kinds[i].kind)) } } };
		EXPECT(message_row(&c, &u, has, kinds[i].kind) == &has->at[0] && factors_stand(has));
		u.email = S("alice@example.org");
		EXPECT(message_row(&c, &u, has, kinds[i].kind) != NULL);
		u.email = S("alice@example.com");
		u.phone = S("13800138001");
		EXPECT(message_row(&c, &u, has, kinds[i].kind) == NULL && factors_stand(has));
		other.email = S("alice@example.org");
		other.phone = S("13800138000");
		other.id.b[3] ^= 1;
		EXPECT(message_row(&c, &other, has, kinds[i].kind) == NULL);
		EXPECT(!factor_is_on(&w->modern, kinds[i].kind));       /* there is no gateway, and no mail server */
	}
	EXPECT(factor_is_on(&w->modern, FACTOR_TOTP) && factor_is_on(&w->modern, FACTOR_RECOVERY));
	*has = (struct factor_set){ .hidden = 0 };
	factors_beside(has, S("pwd sms mfa"));
	EXPECT_INT(has->hidden, 0);
	factors_beside(has, S("otp sms"));
	EXPECT_INT(has->hidden, BIT(FACTOR_SMS));
	world_free(w);
}

/* --- F1, F2 ----------------------------------------------------------------------------------------------------------- */

static struct str
now_says(struct arena *mem, int64_t now_s)
{
	for (int n = 0; n < 1000000; n++) {
		struct str code = arena_printf(mem, "%06d", n);

		if (totp_step(S(secret), now_s, 0, code) != 0)
			return code;
	}
	return STR_ABSENT;
}

/* The page after the right password. */
static struct answer
half_way(struct world *w, struct arena *mem, struct str *saved)
{
	struct call page = call_at(w, &w->modern, mem), *c = arena_new(mem, struct call);
	struct answer a = login_page_endpoint(&page);

	*c = call_at(w, &w->modern, mem);
	c->saved_cookie = *saved = page.set_saved;
	call_set(c, P_CSRF, a.login.csrf);
	call_set(c, P_USERNAME, S("alice"));
	call_set(c, P_PASSWORD, S("wonderland"));
	a = login_endpoint(c);
	EXPECT(!str_given(c->set_session));
	return a;
}

struct racer { struct world *w; struct answer page; struct str saved, code; bool won; };

static void *
race(void *arg)
{
	struct racer *r = arg;
	struct arena mem;
	struct call c;
	struct answer a;

	arena_init(&mem, 1 << 22);
	c = call_at(r->w, &r->w->modern, &mem);
	c.saved_cookie = r->saved;
	call_set(&c, P_CSRF, r->page.factor.csrf);
	call_set(&c, P_HALF_LOGIN, r->page.factor.half);
	call_set(&c, P_FACTOR, S("totp"));
	call_set(&c, P_FACTOR_CODE, r->code);
	a = factor_endpoint(&c, true);
	r->won = a.kind == ANS_GO && str_given(c.set_session);
	arena_free(&mem);
	return NULL;
}

TEST(of_64_at_once_one_gets_a_session)
{
	struct world *w = world_with_factor(mem);
	struct racer racers[64];
	pthread_t threads[COUNT(racers)];
	struct str saved, code;
	struct answer page = half_way(w, mem, &saved);
	int won = 0;

	EXPECT_INT(page.kind, ANS_PAGE_FACTOR);
	EXPECT_STR(page.factor.kind, S("totp"));
	code = now_says(mem, clock_now_s());
	for (size_t i = 0; i < COUNT(racers); i++) {
		racers[i] = (struct racer){ w, page, saved, code, false };
		pthread_create(&threads[i], NULL, race, &racers[i]);
	}
	for (size_t i = 0; i < COUNT(racers); i++) {
		pthread_join(threads[i], NULL);
		won += racers[i].won;
	}
	EXPECT_INT(won, 1);
	world_free(w);
}

/* --- the matrix: no door leads around a factor ------------------------------------------------------------------------ */

/* Their evidence is of a login here, or of no user: the rest proves somebody without a page, and says so. */
static bool
stands_on_a_page(const struct grant *g)
{
	return g == &grant_authorization_code || g == &grant_refresh_token || g == &grant_device_code || g == &grant_ciba
	    || g == &grant_client_credentials;
}

TEST(every_grant_says_whether_it_proves_a_user_by_one_factor)
{
	(void)mem;
	for (size_t i = 0; i < GI_COUNT; i++)
		if (grants[i]->one_factor == stands_on_a_page(grants[i]))
			test_fail(__FILE__, __LINE__, "%s: it is not known whether it may pass a second factor over", grants[i]->name);
}

static enum reason
ask(struct world *w, struct arena *mem, const struct grant *g, struct str scope)
{
	struct call *c = arena_new(mem, struct call);
	struct answer a;

	*c = call_at(w, &w->legacy, mem);
	c->grant = g;
	call_basic(c, S("web"), S("secret"));
	call_set(c, P_GRANT_TYPE, str_of(g->name));
	call_set(c, P_USERNAME, S("alice"));
	call_set(c, P_PHONE, S("13812345678"));
	call_set(c, P_OPEN_ID, S("o-alice"));
	call_set(c, P_PASSWORD, S("wonderland"));
	call_set(c, P_SCOPE, scope);
	a = token_endpoint(c);
	return a.kind == ANS_TOKENS ? R_NONE : a.why;
}

TEST(a_grant_without_a_page_is_refused_or_says_so_in_its_setting)
{
	static const struct grant *const doors[] = { &grant_password, &grant_mobile_password, &grant_open_id };

	for (size_t i = 0; i < COUNT(doors); i++) {
		struct world *w = world_with_factor(mem), *none = world_new();

		EXPECT_INT(ask(w, mem, doors[i], S("read")), R_FACTOR_REQUIRED);
		w->old.factor.at_grants = FACTOR_SKIPPED;
		EXPECT_INT(ask(w, mem, doors[i], S("read")), R_NONE);
		w->old.factor.at_grants = FACTOR_REFUSED;
		w->old.factor.rule = SECOND_FACTOR_OFF;
		EXPECT_INT(ask(w, mem, doors[i], S("read")), R_NONE);
		/* who has none is refused where one is demanded: by all, a group, a scope */
		EXPECT_INT(ask(none, mem, doors[i], S("read")), R_NONE);
		none->old.factor.rule = SECOND_FACTOR_REQUIRED;
		EXPECT_INT(ask(none, mem, doors[i], S("read")), R_FACTOR_REQUIRED);
		none->old.factor.rule = SECOND_FACTOR_OFFERED;
		none->old.factor.groups = S("ROLE_X ROLE_USER");
		EXPECT_INT(ask(none, mem, doors[i], S("read")), R_FACTOR_REQUIRED);
		none->old.factor.groups = S("ROLE_X");
		none->old.factor.scopes = S("write");
		EXPECT_INT(ask(none, mem, doors[i], S("read")), R_NONE);
		EXPECT_INT(ask(none, mem, doors[i], S("read write")), R_FACTOR_REQUIRED);
		world_free(w);
		world_free(none);
	}
}

/* What was given before the scope was one of them is not given again by a refresh. */
TEST(a_refresh_gives_no_scope_that_a_factor_is_asked_for)
{
	struct world *w = world_new();
	struct str code = world_code(w, &w->modern, mem, S("web"), S("https://app.example/cb"), CHALLENGE);
	struct answer a = redeem(w, &w->modern, mem, S("web"), S("secret"), code, S("https://app.example/cb"), VERIFIER);

	NEED(a.kind == ANS_TOKENS);
	w->strict.factor.scopes = S("write");
	EXPECT_INT(refresh(w, &w->modern, mem, S("web"), S("secret"), a.tokens.refresh).why, R_FACTOR_REQUIRED);
	w->strict.factor.scopes = S("");
	EXPECT_INT(refresh(w, &w->modern, mem, S("web"), S("secret"), a.tokens.refresh).kind, ANS_TOKENS);
	world_free(w);
}

/* --- acr -------------------------------------------------------------------------------------------------------------- */

TEST(acr_says_what_a_session_is_worth)
{
	struct policy p = { .token = { .acr = S("1"), .acr_second_factor = S("2") } };
	struct session plain = { .factor_s = 0 }, device = { .factor_s = FACTOR_BY_DEVICE }, both = { .factor_s = 5 };

	(void)mem;
	EXPECT_STR(session_acr(&p, &plain), S("1"));
	EXPECT_STR(session_acr(&p, &device), S("1"));           /* F3 */
	EXPECT_STR(session_acr(&p, &both), S("2"));
	EXPECT(acr_needs_factor(&p, S("2")) && acr_needs_factor(&p, S("3 2")));
	EXPECT(!acr_needs_factor(&p, S("2 1")) && !acr_needs_factor(&p, S("1")) && !acr_needs_factor(&p, S("22")) && !acr_needs_factor(&p, S("")));
	EXPECT(acr_suffices(&p, S("1"), S("2")) && acr_suffices(&p, S("2"), S("2")) && acr_suffices(&p, S("1"), S("1")));
	EXPECT(!acr_suffices(&p, S("2"), S("1")) && !acr_suffices(&p, S("3"), S("2")) && !acr_suffices(&p, S("1"), S("")));
	p.factor.rule = SECOND_FACTOR_OFF;
	EXPECT(!acr_needs_factor(&p, S("2")));
	p.factor.rule = SECOND_FACTOR_OFFERED;
	p.token.acr_second_factor = S("");
	EXPECT_STR(session_acr(&p, &both), S("1"));
	EXPECT(!acr_needs_factor(&p, S("2")));
}
