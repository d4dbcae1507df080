/* oauth/decoupled/ciba.c - an application asks for its user's consent through the issuer. CIBA Core 1.0 section 7. */
#include "oauth/client_metadata.h"
#include "oauth/decoupled/ciba_int.h"
#include "oauth/openid/openid.h"
#include "oauth/session/factor.h"
#include "oauth/subject.h"

#define HOUR_S      3600
#define MESSAGE_MAX 120                 /* characters: both sides show it, and people compare it */
#define NOTIFY_MAX  1024                /* section 7.1 */

static bool
client_may_ask(struct call *c)
{
	if (!(c->issuer->policy->grant.offered & BIT(GI_ciba)))
		return fail(c, R_NOT_FOUND, STR_ABSENT);
	if (!client_authenticate_confidential(c))
		return false;
	if (!str_empty(c->arg[P_CLIENT_ID]) && !str_eq(c->arg[P_CLIENT_ID], c->client->id))
		return fail(c, R_CLIENT_OTHER, c->arg[P_CLIENT_ID]);
	return client_may(c->client, str_of(grant_ciba.name))
	    || fail_with(c, R_GRANT_FORBIDDEN, str_of(grant_ciba.name));
}

/* --- whom it is about ------------------------------------------------------------------------- */

/* By name, else by phone number. */
static bool
user_by_hint(struct call *c, struct user *u)
{
	struct str hint = c->arg[P_LOGIN_HINT];

	if (user_find(c, TABLE_BY_NAME, hint, u))
		return true;
	return c->why == R_NONE && user_find(c, TABLE_BY_PHONE, hint, u);
}

/* An ID token of this issuer. What it calls the user must be what this client is told: two clients could compare. */
static bool
user_by_token(struct call *c, struct user *u)
{
	struct jwt t;

	if (!id_token_read(c, c->arg[P_ID_TOKEN_HINT], &t))
		return ciba_wrong(c, S("id_token_hint is no ID token of this issuer"));
	return id_token_user(c, &t, u)
	    && str_eq(subject_of(c->mem, c->issuer, c->client, &u->id), json_member_str(t.claims, "sub"));
}

static bool
user_is_named(struct call *c, struct user *u)
{
	int hints = !str_empty(c->arg[P_LOGIN_HINT]) + !str_empty(c->arg[P_ID_TOKEN_HINT])
	    + !str_empty(c->arg[P_LOGIN_HINT_TOKEN]);

	if (hints != 1)
		return ciba_wrong(c, S("exactly one of login_hint, id_token_hint and login_hint_token is needed"));
	if (!str_empty(c->arg[P_LOGIN_HINT_TOKEN]))
		return ciba_wrong(c, S("login_hint_token is not supported"));
	if (!(str_empty(c->arg[P_LOGIN_HINT]) ? user_by_token(c, u) : user_by_hint(c, u)) || !user_may_enter(u))
		return fail(c, R_CIBA_USER, STR_ABSENT);
	return true;
}

/* --- the other parameters --------------------------------------------------------------------- */

/* Nothing that steers a terminal or turns a line round. */
static bool
message_is_sound(struct call *c)
{
	struct str rest = c->arg[P_BINDING_MESSAGE];
	size_t n = 0;

	if (!call_has(c, P_BINDING_MESSAGE))
		return true;
	if (str_empty(rest) || !str_utf8(rest) || !text_is_shown(rest))
		return fail(c, R_CIBA_MESSAGE, STR_ABSENT);
	for (; rest.n > 0; n++)
		rest = str_from(rest, str_utf8_step(rest));
	return n <= MESSAGE_MAX || fail(c, R_CIBA_MESSAGE, STR_ABSENT);
}

/* RFC 6750 section 2.1: what can stand behind Bearer. */
static bool
token_is_sound(struct str t)
{
	if (str_empty(t) || t.n > NOTIFY_MAX)
		return false;
	for (size_t i = 0; i < t.n; i++)
		if (!((t.p[i] >= '0' && t.p[i] <= '9') || (t.p[i] >= 'A' && t.p[i] <= 'Z')
			|| (t.p[i] >= 'a' && t.p[i] <= 'z')
			|| str_index(S("-._~+/="), t.p[i]) >= 0))
			return false;
	return true;
}

static bool
notice_is_settled(struct call *c, struct str auth_req_id, struct decoupled *row)
{
	const struct client_metadata *m = client_metadata(c->client);

	if (!str_is(m->backchannel_token_delivery_mode, "ping"))
		return true;
	if (str_empty(m->backchannel_client_notification_endpoint))
		return fail_with(c, R_GRANT_FORBIDDEN, S("backchannel_client_notification_endpoint"));
	if (!token_is_sound(c->arg[P_CLIENT_NOTIFICATION_TOKEN]))
		return ciba_wrong(c, S("client_notification_token is missing, too long or no bearer token"));
	row->notify = ciba_notice_seal(c, auth_req_id, c->arg[P_CLIENT_NOTIFICATION_TOKEN]);
	return str_given(row->notify) || fail(c, R_INTERNAL, S("memory"));
}

static bool
life_is_settled(struct call *c, struct decoupled *row, int64_t *life_s)
{
	const struct policy *policy = c->issuer->policy;
	int64_t asked;

	*life_s = policy->decoupled.ciba_ttl_s;
	if (call_has(c, P_REQUESTED_EXPIRY)) {
		if (!str_int(c->arg[P_REQUESTED_EXPIRY], &asked) || asked <= 0)
			return ciba_wrong(c, S("requested_expiry is a positive number of seconds"));
		if (asked < *life_s)
			*life_s = asked;
	}
	row->interval_s = policy->decoupled.ciba_interval_s;
	row->expires_s = c->now_s + *life_s;
	return true;
}

/* What is asked for and reached by a login here is said of it; the page of the decision says it anew. */
static bool
scope_is_asked(struct call *c, struct decoupled *row)
{
	const struct policy *policy = c->issuer->policy;
	struct str acr = acr_needs_factor(policy, c->arg[P_ACR_VALUES]) ? policy->token.acr_second_factor : policy->token.acr;
	struct authorization_extra x;

	if (!str_has_word(c->arg[P_SCOPE], S("openid"), ' '))
		return fail(c, R_CIBA_SCOPE, STR_ABSENT);
	if (!decoupled_asks(c, row))
		return false;
	if (str_empty(acr) || !str_has_word(c->arg[P_ACR_VALUES], acr, ' '))
		return str_empty(c->arg[P_ACR_VALUES]) || !policy->authorize.needs_acr_values
		    || fail(c, R_ACR, c->arg[P_ACR_VALUES]);
	if (!authorization_extra_get(c->mem, &row->auth, &x))
		return fail(c, R_INTERNAL, S("memory"));
	x.acr = acr;
	return authorization_extra_set(c->mem, &row->auth, &x) || fail(c, R_INTERNAL, S("memory"));
}

/* --- the request ------------------------------------------------------------------------------ */

/* Nobody is asked until he gives in. */
static struct quota
user_quota(const struct call *c, const struct user *u)
{
	struct str hour = ARENA_CAT(c->mem, S("ciba "), c->client->id,
	    arena_printf(c->mem, " %lld", (long long)(c->now_s / HOUR_S)));

	return (struct quota){ .key = digest_of(c->issuer, hour, id_str(&u->id)),
		.limit = c->issuer->policy->decoupled.user_per_hour, .expires_s = (c->now_s / HOUR_S + 1) * HOUR_S };
}

static bool
request_commit(struct call *c, struct decoupled *row, const struct user *u)
{
	struct quota quota = user_quota(c, u);
	struct ops o = { .n = 0 };

	row->auth.user = u->id;
	row->auth.user_name = u->name;
	row->message = call_has(c, P_BINDING_MESSAGE) ? c->arg[P_BINDING_MESSAGE] : S("");
	ops_add(&o, OP_QUOTA_USE)->quota = &quota;
	switch (decoupled_commit(c, &o, row)) {
	case STORE_DONE: return true;
	case STORE_LOST: return fail(c, R_STORE, S("commit"));
	default: return false;
	}
}

static struct answer
ciba_look(struct call *c)
{
	struct decoupled row = { .kind = DECOUPLED_CIBA };
	struct answer a = { .kind = ANS_WAITS };
	struct user u;

	if (!client_may_ask(c) || !ciba_request_is_read(c) || !scope_is_asked(c, &row))
		return answer_fault(c);
	if (call_has(c, P_USER_CODE) && !str_empty(c->arg[P_USER_CODE])) {
		fail(c, R_CIBA_USER_CODE, STR_ABSENT);
		return answer_fault(c);
	}
	if (!message_is_sound(c) || !life_is_settled(c, &row, &a.waits.expires_in_s) || !user_is_named(c, &u)
	    || !decoupled_begin(c, DECOUPLED_CIBA, S("auth_req_id"), &row, &a.waits.code)
	    || !notice_is_settled(c, a.waits.code, &row) || !request_commit(c, &row, &u))
		return answer_fault(c);
	a.waits.interval_s = row.interval_s;
	return a;
}

struct answer
ciba_endpoint(struct call *c)
{
	return decoupled_settle(c, ciba_look);
}

/* --- what waits for whoever is logged in ------------------------------------------------------ */

#define SHOWN_MAX 50

static struct answer
waiting_page(struct call *c, const struct session *s, const struct user *u)
{
	struct decoupled *rows = arena_array(c->mem, struct decoupled, SHOWN_MAX);
	struct waiting_request *shown = arena_array(c->mem, struct waiting_request, SHOWN_MAX);
	struct answer a = { .kind = ANS_PAGE_APPROVALS };
	int n = rows == NULL || shown == NULL ? -1
	    : store_decoupled_waiting(c->svc->store, c->mem, &(struct decoupled_walk){ .user = &u->id }, SHOWN_MAX,
		rows);

	if (n < 0) {
		fail(c, R_STORE, S("read"));
		return answer_fault(c);
	}
	for (int i = 0; i < n; i++) {
		const struct client *k = client_find(c, rows[i].auth.client);

		if (k == NULL || !k->enabled || rows[i].kind != DECOUPLED_CIBA
		    || !str_eq(rows[i].auth.issuer, c->issuer->name)
		    || expired(rows[i].expires_s, c->now_s))
			continue;
		shown[a.approve.n_waiting++] = (struct waiting_request){ .client = k, .message = rows[i].message,
			.handle = decoupled_handle(c, &rows[i], S("")) };
	}
	a.approve.waiting = shown;
	a.approve.user_name = s->user_name;
	return a;
}

struct answer
approvals_page_endpoint(struct call *c, bool posted)
{
	struct session s;
	struct user u;

	if (!(c->issuer->policy->grant.offered & BIT(GI_ciba))) {
		fail(c, R_NOT_FOUND, STR_ABSENT);
		return answer_fault(c);
	}
	if (!str_empty(c->arg[P_DECOUPLED]))
		return posted ? decision_taken(c, DECOUPLED_CIBA) : decision_page(c, DECOUPLED_CIBA);
	if (!session_find(c, &s) || !session_touch(c, &s) || !user_of_session_again(c, &s, &u))
		return c->why == R_NONE ? decision_login(c) : answer_fault(c);
	return waiting_page(c, &s, &u);
}
