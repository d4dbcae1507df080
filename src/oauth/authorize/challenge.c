/*
 * oauth/authorize/challenge.c - the authorization challenge endpoint: a first-party application asks its user itself, and
 * gets a code for what it was told. draft-ietf-oauth-first-party-apps-03, -04.
 *
 * The request is that of the authorization endpoint, judged by the same checks; the logins are those of the login page
 * and of the codes by text message, counted and throttled as there. Who logs in to an application of the issuer's own has
 * no third party to consent to, so the login is the consent to the scopes that the client is registered for. What has to
 * be shown all the same (authorization details, prompt=consent) is shown by a browser: redirect_to_web.
 */
#include "oauth/authorize/authorize_int.h"
#include "oauth/claims_asked.h"
#include "oauth/client_metadata.h"
#include "oauth/session/factor.h"
#include "oauth/subject.h"

enum proof { PROOF_NONE, PROOF_PASSWORD, PROOF_PHONE, PROOF_CODE, PROOF_WECHAT };

/* One call, over the looks that it takes. */
struct challenging {
	enum proof proof;
	bool continues;                 /* by an auth_session that was sent */
	struct auth_session session;
	struct authz z;
	struct user u;
	struct one_time sms;            /* with PROOF_CODE: spent with the code that is given */
	struct str open_id;             /* with PROOF_WECHAT: WeChat tells it once */
	struct ops factor;              /* what spends the one-time password that was shown */
};

bool
challenge_takes_sms(const struct issuer *i)
{
	return i->sms != NULL;
}

bool
challenge_takes_wechat(const struct issuer *i)
{
	return i->wechat != NULL;
}

/* --- what is sent ----------------------------------------------------------------------------- */

/* One of them, or none; a phone number of its own asks for a code, and a code says which number it was sent to. */
static bool
proof_read(struct call *c, enum proof *out)
{
	bool password = !str_empty(c->arg[P_USERNAME]) || !str_empty(c->arg[P_PASSWORD]);
	bool phone = !str_empty(c->arg[P_PHONE]), code = !str_empty(c->arg[P_CODE]);
	bool wechat = !str_empty(c->arg[P_WECHAT_CODE]);

	*out = password ? PROOF_PASSWORD : phone ? PROOF_PHONE : code ? PROOF_CODE : wechat ? PROOF_WECHAT : PROOF_NONE;
	if (password + phone + code + wechat > 1)
		return fail(c, R_CHALLENGE_MIXED, STR_ABSENT);
	if (!str_empty(c->arg[P_OTP]) && (*out == PROOF_NONE || *out == PROOF_PHONE))
		return fail(c, R_CHALLENGE_MIXED, SAY("otp goes with another proof"));
	if (password && (str_empty(c->arg[P_USERNAME]) || str_empty(c->arg[P_PASSWORD])))
		return fail(c, R_PARAM_MISSING, str_empty(c->arg[P_USERNAME]) ? S("username") : S("password"));
	if (code && str_empty(c->arg[P_AUTH_SESSION]))
		return fail(c, R_PARAM_MISSING, S("auth_session"));
	return !((*out == PROOF_PHONE && !challenge_takes_sms(c->issuer))
		   || (*out == PROOF_WECHAT && !challenge_takes_wechat(c->issuer)))
	    || fail(c, R_CHALLENGE_METHOD, STR_ABSENT);
}

static bool
application_is_known(struct call *c)
{
	if (c->issuer->policy->authorize.first_party_draft == FIRST_PARTY_OFF)
		return fail(c, R_NOT_FOUND, STR_ABSENT);
	if (!client_authenticate(c))
		return false;
	if (!str_empty(c->arg[P_CLIENT_ID]) && !str_eq(c->arg[P_CLIENT_ID], c->client->id))
		return fail(c, R_CLIENT_OTHER, c->arg[P_CLIENT_ID]);
	call_put(c, P_CLIENT_ID, c->client->id);
	c->challenges = true;
	return true;
}

/* As it is now: an operator may have taken the mark away. */
static bool
application_is_ours(struct call *c)
{
	const struct client *k = client_find(c, c->client->id);

	return (k != NULL && client_metadata(k)->first_party) || fail(c, R_FIRST_PARTY, STR_ABSENT);
}

/* Section 9.5.1.1: a session that began with a key goes on with that key. */
static bool
key_is_the_same(struct call *c, const struct auth_session *s)
{
	struct str shown = c->proven[CONFIRM_DPOP];

	return str_empty(s->jkt) || (str_given(shown) && str_eq(shown, s->jkt))
	    || fail(c, R_CHALLENGE_SESSION, SAY("another key than it began with, or none"));
}

/* The request that waits in place of what was sent, which may repeat it. */
static bool
request_goes_on(struct call *c, struct challenging *w)
{
	json_t *request;

	w->session = (struct auth_session){ .jkt = S(""), .phone = S("") };
	w->continues = !str_empty(c->arg[P_AUTH_SESSION]);
	if (!w->continues)
		return true;
	if (!auth_session_read(c, &w->session))
		return fail(c, R_CHALLENGE_SESSION, SAY("none that this issuer has given"));
	if (!key_is_the_same(c, &w->session) || (request = auth_session_request(c, &w->session)) == NULL)
		return false;
	if (interaction_differs(c, request))
		return fail(c, R_CHALLENGE_OTHER, STR_ABSENT);
	return interaction_read(c, request);
}

/* --- what is still wanted --------------------------------------------------------------------- */

/* Section 5.2.2: the request waits, and the application hears what it goes on by. False: c->why, or look again. */
static bool
more_is_wanted(struct call *c, struct challenging *w, struct answer *a)
{
	int64_t ttl_s = c->issuer->policy->authorize.auth_session_ttl_s;

	if (!w->continues && !request_push(c, &w->z, ttl_s, &w->session.id))
		return false;
	if (w->proof == PROOF_PHONE && !sms_code_send(c))
		return false;
	if (w->proof == PROOF_PHONE)
		w->session.phone = c->arg[P_PHONE];
	if (str_given(c->proven[CONFIRM_DPOP]))
		w->session.jkt = c->proven[CONFIRM_DPOP];
	*a = (struct answer){ .kind = ANS_CHALLENGED, .why = R_CHALLENGE_MORE };
	a->challenge.auth_session = auth_session_write(c, &w->session);
	a->challenge.sent = w->proof == PROOF_PHONE;
	if (!str_given(a->challenge.auth_session))
		return fail(c, R_INTERNAL, S("memory"));
	fail(c, R_CHALLENGE_MORE, a->challenge.sent ? S("sms") : STR_ABSENT);
	return true;
}

/* Where the browser will send the user: what was sent, else the one that is registered. Absent: not known. */
static struct str
redirect_of(const struct authz *z)
{
	if (z->redirect_sent)
		return z->redirect_uri;
	return str_index(z->client->redirect_uris, '\n') < 0 && z->client->redirect_uris.n > 0 ? z->client->redirect_uris
											       : STR_ABSENT;
}

/*
 * Section 5.2.2.1.1: a browser goes on, with this very request where it has PKCE. The application sends the redirect URI
 * with that code, as RFC 6749 section 4.1.3 wants it: it stands in the request now. otp: see struct answer.
 */
static bool
web_is_wanted(struct call *c, struct challenging *w, bool otp, struct answer *a)
{
	struct str uri = redirect_of(&w->z);
	int64_t ttl_s = c->issuer->policy->authorize.par_ttl_s;
	struct id16 id;

	*a = (struct answer){ .kind = ANS_CHALLENGED, .why = R_CHALLENGE_WEB };
	a->challenge.otp = otp;
	if (str_given(w->z.challenge) && str_given(uri) && ttl_s > 0) {
		call_put(c, P_REDIRECT_URI, uri);
		if (!request_push(c, &w->z, ttl_s, &id))
			return false;
		a->pushed.uri = pushed_uri(c, &id);
		a->pushed.expires_in_s = ttl_s;
	}
	fail(c, R_CHALLENGE_WEB, STR_ABSENT);
	return true;
}

/* --- who it is -------------------------------------------------------------------------------- */

static bool
user_by_wechat(struct call *c, struct challenging *w)
{
	if (!str_given(w->open_id) && !wechat_open_id(c, c->arg[P_WECHAT_CODE], &w->open_id))
		return false;
	return wechat_user(c, w->open_id, &w->u) && user_is_let_in(c, &w->u, w->u.name);
}

static bool
user_by_code(struct call *c, struct challenging *w)
{
	if (str_empty(w->session.phone))
		return fail(c, R_PARAM_MISSING, SAY("no code was sent in this auth_session"));
	call_put(c, P_PHONE, w->session.phone);
	return sms_code_holds(c, &w->u, &w->sms);
}

static bool
user_is_proven(struct call *c, struct challenging *w)
{
	bool ok = w->proof == PROOF_PASSWORD ? login_by_password(c, &w->u)
	    : w->proof == PROOF_CODE         ? user_by_code(c, w)
					     : user_by_wechat(c, w);

	if (ok)
		c->user_name = w->u.name;
	return ok;
}

/* RFC 8176. What WeChat has asked its user for, nobody says. */
static struct session
login_of(const struct call *c, const struct challenging *w)
{
	static const char *const amr[] = { [PROOF_PASSWORD] = "pwd", [PROOF_CODE] = "otp sms", [PROOF_WECHAT] = "" };

	return (struct session){ .issuer = c->issuer->name, .user = w->u.id, .user_name = w->u.name,
		.account_type = w->proof == PROOF_WECHAT ? w->u.account_type : c->arg[P_ACCOUNT_TYPE],
		.auth_s = c->now_s, .amr = str_of(amr[w->proof]) };
}

/* OpenID Connect Core 5.5.1.1, RFC 9470 section 5: a worth that no login without amr has. */
static bool
worth_is_wanted(struct call *c, const struct client *k)
{
	const struct policy *policy = c->issuer->policy;
	struct str words = str_empty(c->arg[P_ACR_VALUES]) ? client_metadata(k)->default_acr_values : c->arg[P_ACR_VALUES];
	const json_t *claims = policy->authorize.claims_are_read ? claims_asked_read(c->mem, c->arg[P_CLAIMS]) : NULL;

	return (policy->authorize.needs_acr_values && !str_empty(words))
	    || claim_is_essential(json_object_get(json_object_get(claims, CLAIMS_ID_TOKEN), "acr"));
}

bool
login_is_enough(struct call *c, const struct authz *z, const struct session *login, const struct user *u)
{
	bool asked = z->factor || request_needs_factor(c->issuer->policy, z->client, z->auth.scope);

	if (session_lacks_factor(c, login, u, asked) || c->why != R_NONE
	    || password_is_stale(c, u, str_has_word(login->amr, S("pwd"), ' ')))
		return false;
	if (str_empty(login->amr) && worth_is_wanted(c, z->client))
		return false;
	return !(z->prompts & BIT(PROMPT_CONSENT)) && authz_details_are_allowed(c, z, login);
}

/* --- the second factor ------------------------------------------------------------------------ */

static void
factor_counts(struct call *c, struct session *login)
{
	login->factor_s = c->now_s;
	login->amr = amr_joined(c, login->amr, str_of(factor_rows[FACTOR_TOTP].amr));
}

/* NULL: c->why. */
static struct factor_set *
factors_read(struct call *c, const struct challenging *w)
{
	struct factor_set *has = arena_new(c->mem, struct factor_set);

	if (has == NULL)
		fail(c, R_INTERNAL, S("memory"));
	return has != NULL && factors_of(c, &w->u, has) ? has : NULL;
}

/* A one-time password that came beside the first proof; it is spent with the code that is given (F2). False: c->why. */
static bool
factor_holds_here(struct call *c, struct challenging *w, struct session *login)
{
	const struct factor_set *has;

	w->factor = (struct ops){ .n = 0 };
	if (str_empty(c->arg[P_OTP]))
		return true;
	if ((has = factors_read(c, w)) == NULL)
		return false;
	if (!factor_is_offered(has, FACTOR_TOTP))
		return fail(c, R_FACTOR_CODE, SAY("the user has no one-time passwords"));
	call_put(c, P_FACTOR_CODE, c->arg[P_OTP]);
	if (!factor_holds(c, &w->u, has, FACTOR_TOTP, &w->factor))
		return false;
	factor_counts(c, login);
	return true;
}

/* The user has one-time passwords, and with one the login would be enough. */
static bool
otp_is_missing(struct call *c, const struct challenging *w, const struct session *login)
{
	struct session with = *login;
	const struct factor_set *has;

	if (session_has_factor(login) || (has = factors_read(c, w)) == NULL || !factor_is_offered(has, FACTOR_TOTP))
		return false;
	factor_counts(c, &with);
	return login_is_enough(c, &w->z, &with, &w->u);
}

/* id_token_hint, or a claim `sub` that is asked for, names whom the application means. */
static bool
user_is_meant(struct call *c, const struct challenging *w)
{
	return !(w->z.prompts & BIT(PROMPT_HINT))
	    || str_has_word(w->z.hinted, subject_of(c->mem, c->issuer, w->z.client, &w->u.id), ' ')
	    || fail(c, R_LOGIN_REQUIRED, SAY("another user than the hint names"));
}

/* What was sent by text message, and the request, are spent with the code that comes of them. */
static bool
code_is_given(struct call *c, struct challenging *w, const struct session *login, struct answer *a)
{
	struct pushed row = { .id = w->session.id };
	struct ops with = { .n = 0 };

	if (w->continues)
		ops_add(&with, OP_PUSHED_TAKE)->pushed = (struct op_pushed){ .row = &row };
	if (w->proof == PROOF_CODE)
		ops_add(&with, OP_ONE_TIME_SPEND)->one_time.row = &w->sms;
	ops_append(&with, &w->factor);
	*a = (struct answer){ .kind = ANS_CHALLENGED };
	if (!authz_give(c, &w->z, login, &w->u, &with, &a->challenge.code))
		return false;
	if (session_has_factor(login))
		factor_record(c, EV_factor_used, &w->u, str_of(factor_rows[FACTOR_TOTP].word), -1);
	return true;
}

/* --- the request ------------------------------------------------------------------------------ */

/* False: c->why, or a row that it stands on has changed, and all is looked at again (O7). */
static bool
look_at_challenge(struct call *c, struct challenging *w, struct answer *a)
{
	struct session login;
	bool otp;

	if (!application_is_ours(c) || !request_goes_on(c, w))
		return false;
	key_stays(c);
	if (!authz_check(c, &w->z))
		return false;
	if (w->proof == PROOF_NONE || w->proof == PROOF_PHONE)
		return more_is_wanted(c, w, a);
	if (!user_is_proven(c, w)) {
		if (c->why != R_PASSWORD_EXPIRED)
			return false;
		call_begins_anew(c);
		return web_is_wanted(c, w, false, a);
	}
	if (!user_is_meant(c, w))
		return false;
	login = login_of(c, w);
	if (!factor_holds_here(c, w, &login))
		return false;
	if (login_is_enough(c, &w->z, &login, &w->u))
		return code_is_given(c, w, &login, a);
	otp = c->why == R_NONE && otp_is_missing(c, w, &login);
	return c->why == R_NONE && web_is_wanted(c, w, otp, a);
}

struct answer
challenge_endpoint(struct call *c)
{
	struct challenging w = { .open_id = STR_ABSENT };
	struct answer a;

	if (!application_is_known(c) || !proof_holds(c) || !proof_read(c, &w.proof))
		return answer_fault(c);
	for (int i = 0; i < RACES_MAX; i++) {
		if (look_at_challenge(c, &w, &a))
			return a;
		if (c->why != R_NONE)
			return answer_fault(c);
	}
	return login_too_busy(c);
}
