/* One-time codes: sent once, bounded, redeemed once, and no word about who has an account. */
#include <stdio.h>
#include <unistd.h>

#include "../../outpost.h"
#include "../world.h"

#define PHONE S("13812345678")          /* of alice */

/* A world whose legacy issuer has the gateway that prints; what it prints is read from a file. */
struct sms_world { struct world *w; struct sms_gateway gateway; struct outpost *post; int kept; FILE *out; };

static const struct sms_gateway gateway_that_prints = { .name = { "log", 3 }, .kind = SMS_LOG };

static struct sms_world
sms_world_new(void)
{
	struct sms_world s = { .w = world_new(), .gateway = { .name = S("log"), .kind = SMS_LOG } };
	struct policy *policy = &s.w->old;

	policy->sms.code_ttl_s = 300;
	policy->sms.pause_s = 60;
	policy->sms.tries = 5;
	policy->sms.number_per_hour = policy->sms.number_per_day = 5;
	policy->sms.address_per_hour = 100;
	policy->sms.budget_per_day = 1000;
	policy->sms.prefixes = S("13 15");
	policy->sms.digits = 11;
	s.post = outpost_new(s.w->store, &sms_outbox, 10000);
	s.post->issuer.gateway = &gateway_that_prints;
	s.w->svc.sms = s.post->box;
	fflush(stdout);
	s.kept = dup(1);
	s.out = tmpfile();
	dup2(fileno(s.out), 1);
	return s;
}

static void
sms_world_free(struct sms_world *s)
{
	fflush(stdout);
	dup2(s->kept, 1);
	close(s->kept);
	fclose(s->out);
	outpost_free(s->post);
	world_free(s->w);
}

static int64_t
sent(struct sms_world *s, int64_t expected)
{
	struct outbox_counts n = { 0 };

	for (int i = 0; i < 2000 && (outbox_counts(s->w->svc.sms, &n), n.sent < expected); i++)
		usleep(1000);
	return n.sent;
}

/* The newest code that was printed. */
static struct str
last_code(struct sms_world *s, struct arena *mem, int64_t expected)
{
	char line[256] = "", newest[256] = "";

	sent(s, expected);
	rewind(s->out);
	while (fgets(line, sizeof line, s->out) != NULL)
		memcpy(newest, line, sizeof line);
	return arena_dup(mem, str_sub(str_of(newest), str_of(newest).n - 7, 6));
}

static enum reason
ask_from(struct sms_world *s, struct arena *mem, struct str phone, struct str peer)
{
	struct call c = call_at(s->w, &s->w->legacy, mem);

	s->w->legacy.sms = &s->gateway;
	c.peer = peer;
	call_set(&c, P_PHONE, phone);
	sms_code_endpoint(&c, false);
	return c.why;
}

static enum reason
ask(struct sms_world *s, struct arena *mem, struct str phone)
{
	return ask_from(s, mem, phone, S("192.0.2.1"));
}

static struct answer
redeem_sms(struct sms_world *s, struct arena *mem, struct str phone, struct str code)
{
	struct call *c = arena_new(mem, struct call);

	*c = call_at(s->w, &s->w->legacy, mem);
	c->grant = &grant_sms;
	call_basic(c, S("web"), S("secret"));
	call_set(c, P_GRANT_TYPE, S("sms"));
	call_set(c, P_PHONE, phone);
	call_set(c, P_CODE, code);
	return token_endpoint(c);
}

TEST(a_code_is_redeemed_once)
{
	struct sms_world s = sms_world_new();
	struct str code;
	struct answer a;

	EXPECT_INT(ask(&s, mem, PHONE), R_NONE);
	code = last_code(&s, mem, 1);
	a = redeem_sms(&s, mem, PHONE, code);
	EXPECT_INT(a.kind, ANS_TOKENS);
	EXPECT_STR(a.tokens.user->name, S("alice"));
	EXPECT_INT(redeem_sms(&s, mem, PHONE, code).why, R_SMS_CODE);
	EXPECT_INT(redeem_sms(&s, mem, PHONE, STR_ABSENT).why, R_PARAM_MISSING);
	sms_world_free(&s);
}

TEST(a_code_dies_with_time_or_five_wrong_tries)
{
	struct sms_world s = sms_world_new();
	struct str code;

	EXPECT_INT(ask(&s, mem, PHONE), R_NONE);
	code = last_code(&s, mem, 1);
	clock_turn_ms(300 * 1000);
	EXPECT_INT(redeem_sms(&s, mem, PHONE, code).why, R_SMS_CODE);
	EXPECT_INT(ask(&s, mem, PHONE), R_NONE);
	code = last_code(&s, mem, 2);
	for (int i = 0; i < 5; i++)
		EXPECT_INT(redeem_sms(&s, mem, PHONE, S("0000000")).why, R_SMS_CODE);
	EXPECT_INT(redeem_sms(&s, mem, PHONE, code).why, R_SMS_CODE);
	clock_turn_ms(-300 * 1000);
	sms_world_free(&s);
}

TEST(a_code_is_bound_to_issuer_and_number)
{
	struct sms_world s = sms_world_new();
	struct issuer other = s.w->legacy;
	struct str code;

	EXPECT_INT(ask(&s, mem, PHONE), R_NONE);
	code = last_code(&s, mem, 1);
	EXPECT_INT(redeem_sms(&s, mem, S("13812345679"), code).why, R_SMS_CODE);
	other.name = S("other");
	s.w->legacy = other;
	EXPECT_INT(redeem_sms(&s, mem, PHONE, code).why, R_SMS_CODE);
	sms_world_free(&s);
}

TEST(malformed_numbers_and_an_issuer_without_a_gateway)
{
	struct sms_world s = sms_world_new();
	struct call c;

	EXPECT_INT(ask(&s, mem, S("1381234567")), R_SMS_NUMBER);
	EXPECT_INT(ask(&s, mem, S("138123456789")), R_SMS_NUMBER);
	EXPECT_INT(ask(&s, mem, S("1381234567x")), R_SMS_NUMBER);
	EXPECT_INT(ask(&s, mem, S("18812345678")), R_SMS_NUMBER);        /* a prefix that is not allowed */
	EXPECT_INT(ask(&s, mem, STR_ABSENT), R_SMS_NUMBER);
	s.w->old.sms.digits = 0;
	s.w->old.sms.prefixes = S("+4930 13");
	EXPECT_INT(ask(&s, mem, S("+49301234567")), R_NONE);
	EXPECT_INT(ask(&s, mem, S("+1900123456")), R_SMS_NUMBER);
	EXPECT_INT(ask(&s, mem, S("1312345")), R_NONE);                  /* 7 to 15 digits, with the country's (E.164) */
	EXPECT_INT(ask(&s, mem, S("131234")), R_SMS_NUMBER);
	EXPECT_INT(ask(&s, mem, S("131234567890123")), R_NONE);
	EXPECT_INT(ask(&s, mem, S("1312345678901234")), R_SMS_NUMBER);
	s.w->legacy.sms = NULL;
	c = call_at(s.w, &s.w->legacy, mem);
	call_set(&c, P_PHONE, PHONE);
	EXPECT_INT(sms_code_endpoint(&c, false).why, R_SMS_NONE);
	sms_world_free(&s);
}

TEST(a_number_of_nobody_looks_like_one_of_somebody)
{
	struct sms_world s = sms_world_new();
	struct str nobody = S("13899999999");

	EXPECT_INT(ask(&s, mem, nobody), R_NONE);
	EXPECT_INT(ask(&s, mem, nobody), R_SMS_SOON);
	EXPECT_INT(redeem_sms(&s, mem, nobody, S("123456")).why, R_SMS_CODE);
	EXPECT_INT(ask(&s, mem, PHONE), R_NONE);
	EXPECT_INT(ask(&s, mem, PHONE), R_SMS_SOON);
	EXPECT_INT(redeem_sms(&s, mem, PHONE, S("0000000")).why, R_SMS_CODE);
	EXPECT_INT(sent(&s, 1), 1);
	s.w->old.session.distinct_login_errors = true;
	EXPECT_INT(redeem_sms(&s, mem, nobody, S("123456")).why, R_PHONE_UNKNOWN);
	sms_world_free(&s);
}

TEST(numbers_and_addresses_have_limits)
{
	struct sms_world s = sms_world_new();
	int64_t turned = 0;

	s.w->old.sms.pause_s = 0;
	for (int i = 0; i < 5; i++)
		EXPECT_INT(ask(&s, mem, PHONE), R_NONE);
	EXPECT_INT(ask(&s, mem, PHONE), R_SMS_LIMIT);
	EXPECT_INT(ask_from(&s, mem, PHONE, S("192.0.2.99")), R_SMS_LIMIT);
	for (; turned < 86400; turned += 3600)
		clock_turn_ms(3600 * 1000);
	EXPECT_INT(ask(&s, mem, PHONE), R_NONE);
	s.w->old.sms.address_per_hour = 3;
	EXPECT_INT(ask_from(&s, mem, S("13800000001"), S("192.0.2.7")), R_NONE);
	EXPECT_INT(ask_from(&s, mem, S("13800000002"), S("192.0.2.7")), R_NONE);
	EXPECT_INT(ask_from(&s, mem, S("13800000003"), S("192.0.2.7")), R_NONE);
	EXPECT_INT(ask_from(&s, mem, S("13800000004"), S("192.0.2.7")), R_SMS_LIMIT);
	EXPECT_INT(ask_from(&s, mem, S("13800000004"), S("192.0.2.8")), R_NONE);
	clock_turn_ms(-turned * 1000);
	sms_world_free(&s);
}

/* Every number is somebody's, every address a new one: the budget is all that stands in the way. */
TEST(the_budget_stops_a_flood_and_nobody_notices)
{
	struct sms_world s = sms_world_new();
	enum { FLOOD = 10000, BUDGET = 50 };

	s.w->old.sms.budget_per_day = BUDGET;
	for (int i = 0; i < FLOOD; i++) {
		struct arena small;
		struct user u = s.w->alice;
		struct store_op op = { .kind = OP_USER_PUT, .user = &u };

		arena_init(&small, 1 << 20);
		u.phone = arena_printf(&small, "139%08d", i);
		if (i < BUDGET * 4) {
			store_commit(s.w->store, &op, 1, NULL);         /* the number is alice's new one */
			EXPECT_INT(ask_from(&s, &small, u.phone, arena_printf(&small, "198.51.%d.%d", i / 250, i % 250)), R_NONE);
		} else if (i % 50 == 0) {
			EXPECT_INT(ask_from(&s, &small, u.phone, arena_printf(&small, "198.51.%d.%d", i / 250, i % 250)), R_NONE);
		}
		arena_free(&small);
	}
	EXPECT_INT(sent(&s, BUDGET), BUDGET);
	usleep(20000);
	EXPECT_INT(sent(&s, BUDGET), BUDGET);
	sms_world_free(&s);
}

TEST(a_login_by_code)
{
	struct sms_world s = sms_world_new();
	struct call c;
	struct answer a;

	EXPECT_INT(ask(&s, mem, PHONE), R_NONE);
	c = call_at(s.w, &s.w->legacy, mem);
	call_set(&c, P_PHONE, PHONE);
	call_set(&c, P_CODE, S("0000000"));
	a = sms_login_endpoint(&c);
	EXPECT(a.kind == ANS_GO && a.go.place == PLACE_LOGIN_FAILED && a.why == R_SMS_CODE && !str_given(c.set_session));
	c = call_at(s.w, &s.w->legacy, mem);
	call_set(&c, P_PHONE, PHONE);
	call_set(&c, P_CODE, last_code(&s, mem, 1));
	a = sms_login_endpoint(&c);
	EXPECT(a.kind == ANS_GO && a.go.place == PLACE_HOME && str_given(c.set_session));
	c = call_at(s.w, &s.w->legacy, mem);
	c.site = SITE_CROSS;
	EXPECT_INT(sms_login_endpoint(&c).why, R_CROSS_SITE);
	sms_world_free(&s);
}

TEST(a_client_is_asked_for_where_the_path_says_so)
{
	struct sms_world s = sms_world_new();
	struct call c = call_at(s.w, &s.w->legacy, mem);

	s.w->legacy.sms = &s.gateway;
	call_set(&c, P_PHONE, PHONE);
	EXPECT_INT(sms_code_endpoint(&c, true).why, R_CLIENT_NONE);
	c = call_at(s.w, &s.w->legacy, mem);
	call_basic(&c, S("other"), S("secret"));
	call_set(&c, P_PHONE, PHONE);
	EXPECT_INT(sms_code_endpoint(&c, true).why, R_GRANT_FORBIDDEN);
	c = call_at(s.w, &s.w->legacy, mem);
	call_basic(&c, S("web"), S("secret"));
	call_set(&c, P_PHONE, PHONE);
	EXPECT_INT(sms_code_endpoint(&c, true).kind, ANS_EMPTY);
	sms_world_free(&s);
}

/* What is acknowledged is in the store, sealed; what cannot be written down is told, alike for a number of nobody. */
TEST(a_message_is_written_down_and_a_full_queue_is_told)
{
	struct sms_world s = sms_world_new();
	struct outgoing row;

	outpost_free(s.post);
	s.post = outpost_new(s.w->store, &sms_outbox, 1);
	s.post->silent = true;
	s.post->issuer.gateway = &gateway_that_prints;
	s.w->svc.sms = s.post->box;
	s.w->old.sms.pause_s = 0;
	EXPECT_INT(ask(&s, mem, PHONE), R_NONE);
	NEED(store_outgoing(s.w->store, mem, 's', &(struct id16){ { 0 } }, 1, &row) == 1);
	EXPECT(row.not_after_s == row.created_s + 300 && !str_contains(row.sealed, PHONE)
	    && str_eq(row.issuer, S("legacy")));
	EXPECT_INT(ask(&s, mem, PHONE), R_SMS_LIMIT);
	EXPECT_INT(ask(&s, mem, S("13899999999")), R_SMS_LIMIT);
	EXPECT_INT(outpost_rows(s.post, mem), 1);
	EXPECT_INT(outpost_counts(s.post).dropped, 2);
	s.post->silent = false;
	EXPECT_INT(sent(&s, 1), 1);
	EXPECT_INT(ask(&s, mem, PHONE), R_NONE);
	EXPECT_INT(sent(&s, 2), 2);
	sms_world_free(&s);
}
