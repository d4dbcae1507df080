/* oauth/authorize.c - the authorization endpoint: login, checks, consent, code or token. RFC 6749 section 3.1. */
#include "oauth/authorize_int.h"

#define PENDING_TTL_S (30 * 60)
#define FRESH_LOGIN_S 60        /* prompt=login is satisfied by a login this recent */

static struct answer
go_login(struct call *c)
{
	struct str nonce;

	c->set_saved = saved_write(c, c->self, &nonce);
	return (struct answer){ .kind = ANS_GO, .go = { .place = PLACE_LOGIN } };
}

static bool
prompt_has(const struct call *c, struct str word)
{
	return c->issuer->law->prompt_is_understood && str_has_word(c->arg[P_PROMPT], word, ' ');
}

struct answer
authz_page(struct call *c, const struct authz *z, const struct session *s, const struct pending *p, struct str approved)
{
	struct answer a = { .kind = ANS_PAGE_CONSENT };
	struct scope_words w;
	struct consent_scope *rows;

	if (!scope_split(c->issuer->law, z->auth.scope, &w) || (rows = arena_array(c->mem, struct consent_scope, w.n)) == NULL) {
		fail(c, R_INTERNAL, S("memory"));
		return answer_fault(c);
	}
	for (size_t i = 0; i < w.n; i++)
		rows[i] = (struct consent_scope){ .name = w.at[i], .approved = str_has_word(approved, w.at[i], ' ') };
	a.consent.client = z->client;
	a.consent.user_name = s->user_name;
	a.consent.redirect_uri = z->redirect_uri;
	a.consent.request_id = hex_encode(c->mem, id_str(&p->id));
	a.consent.csrf = csrf_token(c, c->session_cookie);
	a.consent.scopes = rows;
	a.consent.n_scopes = w.n;
	return a;
}

/* Keep the request with the session until the decision arrives. */
static struct answer
ask_consent(struct call *c, const struct authz *z, const struct session *s, const struct user *u, struct str approved)
{
	struct pending p = { .id = id_new(), .session = s->digest, .auth = authz_given(z, s, u),
		.data = authz_write(c->mem, z), .expires_s = c->now_s + PENDING_TTL_S };
	struct ops o = { .n = 0 };
	struct store_op *op;
	size_t lost;

	c->client = z->client;
	ops_stand_on(c, &o, u, s);
	if (!session_used(c, s, &o))
		return answer_fault(c);
	op = ops_add(&o, OP_PENDING_ADD);
	op->pending.row = &p;
	op->pending.replace_others = !c->issuer->law->csrf_required;    /* legacy forms carry no id: the newest request counts */
	if (!str_given(p.data))
		fail(c, R_INTERNAL, S("memory"));
	else
		switch (commit_standing(c, &o, &lost)) {
		case STORE_DONE: return authz_page(c, z, s, &p, approved);
		case STORE_LOST: stands_no_more(c, &o, lost); break;
		default: break;
		}
	return answer_fault(c);
}

static struct answer
answer_user(struct call *c, const struct authz *z, const struct session *s)
{
	struct str approved;
	struct user u;

	if (!user_of_session_again(c, s, &u))
		return c->why != R_NONE ? answer_fault(c) : go_login(c);
	if (authz_is_approved(c, z, s, &approved) && !prompt_has(c, S("consent")))
		return authz_issue(c, z, s, &u, NULL);
	if (c->why != R_NONE)
		return answer_fault(c);
	if (prompt_has(c, S("none"))) {
		fail(c, R_CONSENT_REQUIRED, STR_ABSENT);
		return authz_failed(c);
	}
	return ask_consent(c, z, s, &u, approved);
}

struct answer
authz_settle(struct call *c, struct answer (*look)(struct call *c))
{
	for (int i = 0; i < RACES_MAX; i++) {
		struct answer a = look(c);

		if (a.kind != ANS_FAULT || c->why != R_NONE)
			return a;
	}
	c->retry_after_s = 1;
	fail(c, R_TOO_BUSY, S("lost the race too often"));
	return answer_fault(c);
}

static struct answer
look_at_request(struct call *c)
{
	struct authz z;
	struct session s;
	bool live = session_find(c, &s);

	live = live && session_touch(c, &s);
	if (c->why != R_NONE)
		return answer_fault(c);
	if (!live && c->issuer->law->login_before_checks)
		return go_login(c);
	if (!authz_check(c, &z))
		return authz_failed(c);
	if (live && prompt_has(c, S("login")) && c->now_s - s.auth_s > FRESH_LOGIN_S)
		live = false;
	if (!live && prompt_has(c, S("none"))) {
		fail(c, R_LOGIN_REQUIRED, STR_ABSENT);
		return authz_failed(c);
	}
	return live ? answer_user(c, &z, &s) : go_login(c);
}

struct answer
authorize_endpoint(struct call *c)
{
	return authz_settle(c, look_at_request);
}
