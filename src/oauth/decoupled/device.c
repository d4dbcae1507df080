/*
 * oauth/decoupled/device.c - the device authorization request, and the page where its user types the code. RFC 8628
 * sections 3.1 to 3.3, 5.1, 5.4.
 */
#include "oauth/decoupled/decoupled.h"
#include "oauth/session/session.h"

#define HOUR_S 3600
#define DRAWS  8                        /* a code that is taken is drawn again */

static int64_t
hour_end(const struct call *c)
{
	return (c->now_s / HOUR_S + 1) * HOUR_S;
}

/* Anybody may be a public client: of one network only so many in an hour. */
static struct quota
codes_quota(const struct call *c)
{
	struct throttle_key from = throttle_address(c->peer);
	bool counted = client_is_public(c->client) && !throttle_is_none(&from);
	struct str hour = arena_printf(c->mem, "device codes %lld", (long long)(c->now_s / HOUR_S));

	return (struct quota){ .key = digest_of(c->issuer, hour, dig_str(&from.digest)),
		.limit = counted ? c->issuer->policy->decoupled.per_hour : INT64_MAX, .expires_s = hour_end(c) };
}

static bool
device_may_ask(struct call *c)
{
	if (!(c->issuer->policy->grant.offered & BIT(GI_device_code)))
		return fail(c, R_NOT_FOUND, STR_ABSENT);
	if (!client_authenticate(c))
		return false;
	if (!str_empty(c->arg[P_CLIENT_ID]) && !str_eq(c->arg[P_CLIENT_ID], c->client->id))
		return fail(c, R_CLIENT_OTHER, c->arg[P_CLIENT_ID]);
	return client_may(c->client, str_of(grant_device_code.name))
	    || fail_with(c, R_GRANT_FORBIDDEN, str_of(grant_device_code.name));
}

/* With a user code that nobody else has now. */
static bool
device_commit(struct call *c, struct decoupled *row, struct str *user_code)
{
	struct quota quota = codes_quota(c);
	struct ops o = { .n = 0 };

	if (quota.limit != INT64_MAX)
		ops_add(&o, OP_QUOTA_USE)->quota = &quota;
	row->has_user_code = true;
	for (int i = 0; i < DRAWS; i++) {
		*user_code = user_code_draw(c->mem);
		row->user_code = user_code_digest(c, token_key_now(c->issuer), *user_code);
		switch (decoupled_commit(c, &o, row)) {
		case STORE_DONE: return true;
		case STORE_LOST: break;
		default: return false;
		}
	}
	return fail(c, R_STORE, SAY("every code drawn was taken"));
}

static struct answer
device_look(struct call *c)
{
	const struct policy *policy = c->issuer->policy;
	struct decoupled row = { .auth.nonce = c->arg[P_NONCE], .interval_s = policy->decoupled.device_interval_s,
		.expires_s = c->now_s + policy->decoupled.device_ttl_s };
	struct answer a = { .kind = ANS_WAITS };

	if (!device_may_ask(c) || !decoupled_asks(c, &row)
	    || !decoupled_begin(c, DECOUPLED_DEVICE, S("device_code"), &row, &a.waits.code)
	    || !device_commit(c, &row, &a.waits.user_code))
		return answer_fault(c);
	a.waits.expires_in_s = policy->decoupled.device_ttl_s;
	a.waits.interval_s = row.interval_s;
	return a;
}

struct answer
device_authorization_endpoint(struct call *c)
{
	return decoupled_settle(c, device_look);
}

/* --- the page: section 3.3 -------------------------------------------------------------------- */

/* error: NULL, or what was wrong with the code. What came is shown again. */
static struct answer
entry_page(struct call *c, const char *error)
{
	struct answer a = { .kind = ANS_PAGE_DEVICE };
	struct saved s;
	struct str code;

	a.approve.csrf = csrf_token(c, form_secret(c, &s));
	a.approve.error = error;
	a.approve.wait_s = c->retry_after_s;
	a.approve.user_code = user_code_read(c->mem, c->arg[P_USER_CODE], &code) ? code : STR_ABSENT;
	return a;
}

static struct answer
entry_again(struct call *c, const char *error)
{
	int64_t wait_s = c->retry_after_s;

	call_begins_anew(c);
	c->retry_after_s = wait_s;
	return entry_page(c, error);
}

/*
 * Section 5.1: a code is short, so its guesses are counted: wrong ones of a network, and every one there is. False:
 * c->why.
 */
static bool
may_enter(struct call *c)
{
	struct throttle_key from = throttle_address_codes(c->peer);
	struct str hour = arena_printf(c->mem, "%lld", (long long)(c->now_s / HOUR_S));
	struct quota all = { .key = digest_of(c->issuer, S("user codes"), hour),
		.limit = c->issuer->policy->decoupled.tries_per_hour, .expires_s = hour_end(c) };
	struct store_op op = { .kind = OP_QUOTA_USE, .quota = &all };

	if (!may_try(c, &from, S("user codes")))
		return false;
	switch (store_commit(c->svc->store, &op, 1, NULL)) {
	case STORE_DONE: return true;
	case STORE_LOST: c->retry_after_s = all.expires_s - c->now_s; return fail(c, R_WAIT, S("user codes"));
	default: return fail(c, R_STORE, S("commit"));
	}
}

static struct answer
code_entered(struct call *c)
{
	struct throttle_key from = throttle_address_codes(c->peer);
	struct decoupled row;
	struct saved s;
	struct str code, handle;

	saved_of_form(c, &s);
	if (!csrf_holds(c, s.nonce))
		return c->why == R_CSRF ? entry_again(c, "expired_form") : answer_fault(c);
	if (!user_code_read(c->mem, c->arg[P_USER_CODE], &code))
		return entry_page(c, "user_code_malformed");
	if (!may_enter(c))
		return c->why == R_WAIT ? entry_again(c, "wait") : answer_fault(c);
	if (!user_code_find(c, code, &row)) {
		if (c->why != R_NONE || !tries_counted(c, &from, throttle_is_none(&from) ? 0 : 1))
			return answer_fault(c);
		return entry_page(c, "user_code_wrong");
	}
	handle = decoupled_handle(c, &row, code);
	return (struct answer){ .kind = ANS_GO, .go = { .place = PLACE_SAVED, .saved_exists = true,
		.url = ARENA_CAT(c->mem, c->self, S("?decoupled_request="), handle) } };
}

struct answer
device_page_endpoint(struct call *c, bool posted)
{
	if (!(c->issuer->policy->grant.offered & BIT(GI_device_code))) {
		fail(c, R_NOT_FOUND, STR_ABSENT);
		return answer_fault(c);
	}
	if (!str_empty(c->arg[P_DECOUPLED]))
		return posted ? decision_taken(c, DECOUPLED_DEVICE) : decision_page(c, DECOUPLED_DEVICE);
	return posted ? code_entered(c) : entry_page(c, NULL);
}
