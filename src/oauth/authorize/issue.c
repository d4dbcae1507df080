/*
 * oauth/authorize/issue.c - what an approved authorization request gives: a code, tokens, both, or
 * nothing. RFC 6749 4.1.2, 4.2.2; OpenID Connect Core 3.2.2.5, 3.3.2.5.
 */
#include "oauth/authorize/authorize_int.h"
#include "oauth/client/client.h"
#include "oauth/openid/openid.h"
#include "oauth/session/factor.h"
#include "oauth/token/token.h"

static bool
remembered(struct call *c, const struct authz *z, const struct session *s, struct str *scopes)
{
	const struct policy *policy = c->issuer->policy;
	enum store_found f = NOT_FOUND;
	struct str living = S("");

	*scopes = S("");
	/* where living tokens count, approvals are those that an import brought */
	if (policy->consent.memory != MEMORY_NONE)
		f = store_approvals(c->svc->store, c->mem, c->issuer->name, &s->user, z->client->id, c->now_s, scopes);
	if (f != FIND_FAILED && policy->consent.memory == MEMORY_LIVE_TOKENS)
		f = store_live_scopes(
		    c->svc->store, c->mem, c->issuer->name, &s->user, z->client->id, c->now_s, &living);
	if (f == FIND_FAILED)
		return fail(c, R_STORE, S("read"));
	if (living.n > 0)
		*scopes = ARENA_CAT(c->mem, *scopes, S(" "), living);
	return true;
}

bool
authz_details_are_allowed(struct call *c, const struct authz *z, const struct session *login)
{
	struct str memory;

	return str_empty(authz_details(c, z))
	    || (remembered(c, z, login, &memory) && details_are_approved(c, z, memory));
}

bool
authz_is_approved(struct call *c, const struct authz *z, const struct session *s, struct str *approved)
{
	struct scope_words w, yes = { .n = 0 };
	struct str memory;
	size_t auto_n = 0;

	*approved = S("");
	if (!remembered(c, z, s, &memory) || !scope_split(c->issuer->policy, authz_asks(c, z), &w))
		return false;
	for (size_t i = 0; i < w.n; i++)
		if (scope_is_auto_approved(z->client, w.at[i])) {
			yes.at[yes.n++] = w.at[i];
			auto_n++;
		} else if (str_has_word(memory, w.at[i], ' ') && !scope_is_asked_always(c, z->client, w.at[i]))
			yes.at[yes.n++] = w.at[i];
	*approved = scope_join(c->mem, &yes, S(" "));
	if (c->issuer->policy->consent.rule == CONSENT_NEVER)
		return true;
	if (!details_are_approved(c, z, memory))
		return false;
	return auto_n == w.n || (yes.n == w.n && authz_resources_are_in(c, z, memory));
}

/*
 * False: c->why, or the whole request is looked at again, because a guard was lost (O7), another
 * call has made the one living token of client, user and scope, has used up what the user had
 * answered, or has decided about the same form.
 */
static bool
lost_by(struct call *c, const struct ops *o, size_t lost)
{
	if (stands_no_more(c, o, lost) || c->why != R_NONE || o->at[lost].kind == OP_TOKEN_ADD || o->at[lost].kind == OP_STATUS_ADD
	    || o->at[lost].kind == OP_SESSION_SPEND || o->at[lost].kind == OP_PENDING_DECIDE
	    || o->at[lost].kind == OP_CODE_ADD)
		return false;
	if (o->at[lost].kind == OP_PUSHED_TAKE)
		return fail(c, c->challenges ? R_CHALLENGE_SESSION : R_PUSHED_UNKNOWN, SAY("used meanwhile"));
	if (o->at[lost].kind == OP_ONE_TIME_SPEND)
		return fail(c, R_SMS_CODE, SAY("used meanwhile"));
	/* the pending request was taken by another POST of the same form */
	return fail(c, R_NOTHING_PENDING, S("taken"));
}

static bool
commit_with(struct call *c, struct ops *o)
{
	size_t lost;
	enum store_result r = commit_standing(c, o, &lost);

	return r == STORE_DONE || (r == STORE_LOST && lost_by(c, o, lost));
}

/* A code of six characters may be taken: another is drawn. */
static bool
commit_code(struct call *c, const struct authz *z, struct ops *o, struct code *code, struct str *text)
{
	for (int i = 0; i < 4; i++) {
		size_t lost = o->n;

		*text = code_text(c->issuer->policy, c->mem);
		if (!str_given(*text))
			return fail(c, R_INTERNAL, S("memory"));
		code->digest = digest_of(c->issuer, S("code"), *text);
		if (!authz_decided(c, z, *text))
			return false;
		switch (commit_standing(c, o, &lost)) {
		case STORE_DONE:
			return true;
		case STORE_LOST:
			if (lost != o->n - 1)
				return lost_by(c, o, lost);
			break;
		default:
			return false;
		}
	}
	return fail(c, R_STORE, SAY("every code drawn was taken"));
}

struct authorization
authz_given(struct call *c, const struct authz *z, const struct session *s, const struct user *u)
{
	struct authorization a = z->auth;

	a.issuer = s->issuer;
	a.client = z->client->id;
	a.user = u->id;
	a.user_name = u->name;
	a.account_type = s->account_type;
	a.auth_s = z->factor && session_has_factor(s) ? s->factor_s : s->auth_s;        /* what was asked for */
	login_told(c, s, &a);
	return a;
}

static struct code *
code_new(struct call *c, const struct authz *z, const struct session *s, const struct user *u)
{
	struct code *code = arena_new(c->mem, struct code);

	if (code == NULL) {
		fail(c, R_INTERNAL, S("memory"));
		return NULL;
	}
	*code = (struct code){
		.auth = authz_given(c, z, s, u),
		.redirect_uri = z->redirect_uri,
		.redirect_sent = z->redirect_sent,
		.challenge = z->challenge,
		.issued_s = c->now_s,
		.expires_s = c->now_s + c->issuer->policy->authorize.code_ttl_s,
		.state = CODE_FRESH,
	};
	return code;
}

static struct answer
issue_code(struct call *c, const struct authz *z, const struct session *s, const struct user *u, struct ops *o)
{
	struct answer a = { .kind = ANS_REDIRECT };
	struct str text;
	struct code *code = code_new(c, z, s, u);

	if (code == NULL || !session_used(c, s, o))
		return answer_fault(c);
	ops_add(o, OP_CODE_ADD)->code = code;
	if (commit_code(c, z, o, code, &text)) {
		a.redirect.kind = REDIRECT_CODE;
		a.redirect.code = text;
		return a;
	}
	return answer_fault(c);
}

/* WeChat says nothing of how it knows its user, so no worth of a login here is claimed for it. */
static bool
worth_is_told(struct call *c, const struct session *login, struct authorization *a)
{
	struct authorization_extra x;

	if (!str_empty(login->amr) || str_empty(a->extra))
		return true;
	if (!authorization_extra_get(c->mem, a, &x))
		return fail(c, R_INTERNAL, S("memory"));
	x.acr = STR_ABSENT;
	return authorization_extra_set(c->mem, a, &x) || fail(c, R_INTERNAL, S("memory"));
}

bool
authz_give(struct call *c, const struct authz *z, const struct session *login, const struct user *u,
    const struct ops *with, struct str *text)
{
	struct code *code = code_new(c, z, login, u);
	struct ops o = { .n = 0 };

	if (code == NULL || !worth_is_told(c, login, &code->auth))
		return false;
	c->client = z->client;
	ops_stand_on(c, &o, u, NULL);
	if (with != NULL)
		ops_append(&o, with);
	ops_add(&o, OP_CODE_GIVE)->code = code;
	return commit_code(c, z, &o, code, text);
}

static bool
scope_is_news(const struct call *c, const struct authz *z)
{
	struct scope_words asked, granted;
	struct str foreign;

	if (!scope_split(c->issuer->policy, z->requested, &asked)
	    || !scope_split(c->issuer->policy, z->auth.scope, &granted))
		return true;
	return asked.n == 0 || asked.n != granted.n || !scope_within(&asked, z->auth.scope, &foreign);
}

/*
 * What passes the browser at once; no refresh token (OpenID Connect Core 3.2.2.5), but where a living token is
 * returned again.
 */
static struct authority *
front_authority(struct call *c, const struct authz *z, const struct session *s, const struct user *u, struct str code)
{
	struct authority *who = arena_new(c->mem, struct authority);

	if (who == NULL) {
		fail(c, R_INTERNAL, S("memory"));
		return NULL;
	}
	*who = (struct authority){ .has_user = true,
		.user = *u,
		.auth = authz_given(c, z, s, u),
		.wants_refresh = c->issuer->policy->token.live_is_returned
		    && client_may(z->client, S("refresh_token")) && refresh_is_reused(c->issuer, z->client) };
	if (c->issuer->policy->authorize.responses != RESPONSES_PLAIN) {
		who->front.gives = authz_gives(z);
		who->front.code = code;
		who->front.state = z->state;
		who->wants_refresh = false;
	}
	return who;
}

/* The tokens and the rows that must be there before they leave. */
static bool
front_tokens(struct call *c, const struct authz *z, struct authority *who, struct answer *a, struct ops *o)
{
	struct ops dropped = { .n = 0 };

	if (!tokens_mint(c, who, &a->tokens, &dropped))
		return false;
	ops_stand_on_target(c, o, &who->target);
	if (c->issuer->policy->token.single_login && who->has_family)
		rivals_end(c, who, o);
	if (who->family_is_new)
		ops_add(o, OP_FAMILY_ADD)->family = &who->family;
	if (who->has_family && !who->family_is_new)
		ops_add(o, OP_FAMILY_ALIVE)->family = &who->family;
	ops_append(o, &dropped);
	if (who->access_row_is_new)
		ops_add(o, OP_TOKEN_ADD)->token = &who->access_row;
	a->tokens.scope_is_news = scope_is_news(c, z);
	return true;
}

/* A code that goes beside tokens; it is in one commit with them. */
static bool
front_code(struct call *c, const struct authz *z, const struct session *s, const struct user *u, struct ops *o,
    struct str *text)
{
	struct code *code = code_new(c, z, s, u);

	if (code == NULL)
		return false;
	*text = code_text(c->issuer->policy, c->mem);
	if (!str_given(*text))
		return fail(c, R_INTERNAL, S("memory"));
	code->digest = digest_of(c->issuer, S("code"), *text);
	ops_add(o, OP_CODE_ADD)->code = code;
	return true;
}

/* Everything but a code alone. */
static struct answer
issue_front(struct call *c, const struct authz *z, const struct session *s, const struct user *u, struct ops *o)
{
	struct answer a = { .kind = ANS_REDIRECT };
	struct authority *who = NULL;
	unsigned gives = authz_gives(z);

	a.redirect.kind = REDIRECT_TOKENS;
	if ((gives & GIVES_CODE) && !front_code(c, z, s, u, o, &a.redirect.code))
		return answer_fault(c);
	if ((gives & ~GIVES_CODE)
	    && ((who = front_authority(c, z, s, u, a.redirect.code)) == NULL || !front_tokens(c, z, who, &a, o)))
		return answer_fault(c);
	if (gives == GIVES_TOKEN && !who->family_is_new && !who->access_row_is_new)
		return commit_with(c, o) ? a : answer_fault(c);         /* a living one again: nothing new is used */
	return session_used(c, s, o) && commit_with(c, o) ? a : answer_fault(c);
}

/* Counted once, where the answer is given, not at each step of the way through login and consent. */
static void
habits_note(struct call *c, const struct authz *z)
{
	if (authz_gives(z) & GIVES_TOKEN)
		habit_note(c, HABIT_IMPLICIT);
	if (redirect_is_loose(c->issuer->policy, z->client, z->redirect_uri))
		habit_note(c, HABIT_LOOSE_REDIRECT);
}

struct answer
authz_issue(struct call *c, const struct authz *z, const struct session *s, const struct user *u,
    const struct ops *with)
{
	struct ops o = { .n = 0 };
	struct authz named = *z;
	struct answer a;

	c->client = z->client;
	if ((authz_gives(z) & (GIVES_TOKEN | GIVES_ID_TOKEN)) && call_must_wait(c))
		return answer_fault(c); /* signed elsewhere, also where the lane could not see what is asked for */
	ops_stand_on(c, &o, u, s);
	if (!session_is_joined(c, s, &named.auth, &o))
		return answer_fault(c);
	z = &named;
	if (s->answered != 0)
		ops_add(&o, OP_SESSION_SPEND)->session = s;     /* what was answered gives one code, once */
	if (with != NULL)
		ops_append(&o, with);
	if (!authz_uses_pushed(c, z, &o))
		return answer_fault(c);
	a = authz_gives(z) == GIVES_CODE ? issue_code(c, z, s, u, &o) : issue_front(c, z, s, u, &o);
	if (a.kind != ANS_REDIRECT)
		return a;
	habits_note(c, z);
	a.redirect.mode = z->mode;
	a.redirect.uri = z->redirect_uri;
	a.redirect.state = z->state;
	a.redirect.iss = c->issuer->policy->authorize.iss_in_response;
	a.redirect.session_state = session_state(c, z->client->id, z->redirect_uri, z->auth.scope);
	return a;
}
