/*
 * oauth/grant/token_exchange.c - a token for another: narrower, for another server, with the one who acts named in it
 * (delegation) or not (impersonation). RFC 8693.
 *
 * Whose tokens a client may exchange, how, for which audiences and into what are members of its registration, which
 * operators alone write: token_exchange_subjects, _modes, _audiences, _types. Without them a client may narrow what was
 * given to itself, and delegate what was meant for it. What comes of an exchange is a family of its own below that of
 * the subject token: it ends when that one does, and no later. An assertion for another authorization server is no token
 * of ours: id_jag_give.c.
 */
#include "oauth/client_metadata.h"
#include "oauth/confirm.h"
#include "oauth/grant/exchange.h"
#include "oauth/grant/id_jag.h"

#define CHAIN_MAX  8            /* exchanges of what was exchanged; actors in one act */
#define ACT_MAX    2048

/* --- whom, and how ---------------------------------------------------------------------------- */

static bool
is_own(const struct call *c, const struct party *p)
{
	return p->from == NULL && str_eq(p->client, c->client->id);
}

static bool
has_audience(const struct party *p, struct str list)
{
	struct str aud = p->aud;

	while (str_given(aud)) {
		struct str one = str_cut(&aud, ' ');

		if (one.n > 0 && str_has_word(list, one, ' '))
			return true;
	}
	return false;
}

/* Given to it, meant for it by its id, or on its list. */
static bool
may_exchange(const struct call *c, const struct party *p)
{
	struct str list = client_metadata(c->client)->token_exchange_subjects;

	if (p->from != NULL)
		return str_has_word(list, p->from->name, ' ');
	if (is_own(c, p))
		return true;
	if (p->type == TT_REFRESH || p->type == TT_ID)
		return false;                           /* nobody else's, whatever its list says */
	return str_has_word(p->aud, c->client->id, ' ') || str_has_word(list, S("all"), ' ')
	    || str_has_word(list, p->client, ' ') || has_audience(p, list);
}

static bool
mode_is_allowed(const struct call *c, const struct party *subject, bool delegates)
{
	struct str modes = client_metadata(c->client)->token_exchange_modes;

	if (str_empty(modes))
		return delegates || is_own(c, subject);
	return str_has_word(modes, delegates ? S("delegation") : S("impersonation"), ' ')
	    || (!delegates && is_own(c, subject));
}

/* --- act, may_act: RFC 8693 sections 4.1, 4.4 ------------------------------------------------- */

/* Whoever has the token says so itself: the actor's token, or the client where there is none. */
static bool
actor_is_named(const struct call *c, const struct party *subject, const struct party *actor)
{
	const json_t *m = subject->may_act;
	struct str iss = json_member_str(m, "iss"), sub = json_member_str(m, "sub");
	struct str client = json_member_str(m, "client_id"), of = actor != NULL ? actor->sub : c->client->id;
	struct str at = actor != NULL && actor->from != NULL ? actor->from->url : c->issuer->url;

	if (m == NULL)
		return true;
	if (!json_is_object(m) || (json_object_get(m, "iss") != NULL && !str_eq(iss, at)))
		return false;
	if (json_object_get(m, "client_id") != NULL && !str_eq(client, c->client->id))
		return false;
	return str_given(sub) ? str_eq(sub, of) : str_given(client);
}

static size_t
chain_of(const json_t *act)
{
	size_t n = 0;

	for (; json_is_object(act); act = json_object_get(act, "act"))
		n++;
	return n;
}

/* The actor now, and within it those before. */
static bool
act_write(struct call *c, const struct party *subject, const struct party *actor, struct str *out)
{
	struct buf b;

	*out = subject->extra.act;
	if (str_given(*out) && chain_of(json_read(c->mem, *out)) >= CHAIN_MAX)
		return fail(c, R_EXCHANGE_ACTOR, SAY("too many actors before"));
	if (actor == NULL)
		return true;
	buf_init(&b, c->mem, ACT_MAX);
	jw_open(&b, '{');
	jm_str(&b, S("sub"), actor->sub);
	if (actor->from != NULL)
		jm_str(&b, S("iss"), actor->from->url);
	if (str_given(subject->extra.act))
		jm_raw(&b, S("act"), subject->extra.act);
	jw_close(&b, '}');
	*out = buf_str(&b);
	return !b.full || fail(c, R_EXCHANGE_ACTOR, SAY("too many actors before"));
}

/* --- resolve ---------------------------------------------------------------------------------- */

static bool
type_asked(struct call *c, enum param p, enum token_type otherwise, enum token_type *out)
{
	*out = otherwise;
	return (str_empty(c->arg[p]) && otherwise != TT_COUNT) || token_type_read(c->arg[p], out)
	    || fail_with(c, R_EXCHANGE_TYPE, c->arg[p]);
}

static bool
type_is_given(struct call *c, enum token_type t)
{
	struct str types = client_metadata(c->client)->token_exchange_types;
	bool listed = t == TT_ID_JAG ? c->issuer->policy->token.id_jag : str_empty(types) ? t == TT_ACCESS || t == TT_JWT : str_has_word(types, token_type_word(t), ' ');
	const struct policy *policy = c->issuer->policy;
	bool refreshes = t != TT_REFRESH || ((policy->grant.offered & BIT(GI_refresh_token))
	    && (!policy->refresh.needs_grant || client_may(c->client, S("refresh_token"))));

	return (listed && refreshes) || fail_with(c, R_EXCHANGE_TYPE, str_of(token_types[t]));
}

static bool
subject_read(struct call *c, struct party *p)
{
	enum token_type said;
	struct str why = STR_ABSENT;

	if (!type_asked(c, P_SUBJECT_TOKEN_TYPE, TT_COUNT, &said))
		return false;
	if (!party_read(c, c->arg[P_SUBJECT_TOKEN], said, &c->evidence.grant_used, p, &why))
		return c->why == R_NONE ? fail(c, R_EXCHANGE_SUBJECT, why) : false;
	return may_exchange(c, p) || fail(c, R_EXCHANGE_SUBJECT, SAY("neither given to the client nor on its list"));
}

/* RFC 8693 section 2.1: the token and its type stand together or not at all. */
static bool
actor_read(struct call *c, struct party *p, bool *there)
{
	enum token_type said;
	struct str why = STR_ABSENT;

	*there = !str_empty(c->arg[P_ACTOR_TOKEN]);
	if (!*there)
		return str_empty(c->arg[P_ACTOR_TOKEN_TYPE])
		    || fail_with(c, R_EXCHANGE_TYPE, c->arg[P_ACTOR_TOKEN_TYPE]);
	if (!type_asked(c, P_ACTOR_TOKEN_TYPE, TT_COUNT, &said))
		return false;
	if (!party_read(c, c->arg[P_ACTOR_TOKEN], said, &c->evidence.actor_used, p, &why))
		return c->why == R_NONE ? fail(c, R_EXCHANGE_ACTOR, why) : false;
	return may_exchange(c, p) || fail(c, R_EXCHANGE_ACTOR, SAY("neither given to the client nor on its list"));
}

static bool
depth_is_sound(struct call *c, const struct party *p)
{
	int depth = p->has_family ? ancestors_live(c, &p->family.auth) : 0;

	if (depth < 0)
		return c->why == R_NONE && fail(c, R_EXCHANGE_SUBJECT, SAY("family is revoked"));
	return depth < CHAIN_MAX || fail(c, R_EXCHANGE_SUBJECT, SAY("it comes of too many exchanges"));
}

/*
 * What goes on: who the user is and how he logged in, and the key that this request had to show. Where it is for, and
 * whatever else was asked of it, does not.
 */
static bool
authority_of(struct call *c, const struct party *s, const struct party *actor, struct str act, struct authority *a)
{
	struct authorization_extra x = { .sid = s->extra.sid, .acr = s->extra.acr, .amr = s->extra.amr, .act = act,
		.parent = s->parent,
		.cnf = confirmation_joined(c, s->cnf, actor != NULL ? actor->cnf : STR_ABSENT) };

	a->auth.account_type = s->auth.account_type;
	a->auth.auth_s = s->auth.auth_s;
	a->has_user = s->has_user;
	a->user = s->user;
	if (!s->has_user && !str_eq(s->sub, c->client->id))
		x.sub = s->sub;
	a->scope_most = s->scope;
	a->derived = true;
	a->vouched = s->from == NULL;
	a->parent = s->family;
	a->ends_s = s->ends_s;
	if (s->has_session && (a->session = arena_new(c->mem, struct session)) == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	if (s->has_session)
		*a->session = s->session;
	return authorization_extra_set(c->mem, &a->auth, &x)
	    || fail(c, R_EXCHANGE_ACTOR, SAY("too many actors before"));
}

/* A refresh token goes on after the access token that it was made of, as long as that one's family does. */
static void
kind_put(struct authority *a, const struct party *s, enum token_type wanted)
{
	a->without_refresh = wanted != TT_REFRESH;
	a->is_assertion = wanted == TT_ID_JAG;
	if (wanted == TT_REFRESH && s->has_family && s->family.refreshable)
		a->ends_s = s->family.expires_s;
	if (wanted == TT_ID)
		a->front.gives = GIVES_ID_TOKEN;
}

static bool
resolve(struct call *c, struct authority *a)
{
	struct party subject, actor;
	enum token_type wanted;
	bool delegates;
	struct str act;

	if (client_is_public(c->client))
		return fail_with(c, R_GRANT_FORBIDDEN, c->arg[P_GRANT_TYPE]);
	if (!type_asked(c, P_REQUESTED_TOKEN_TYPE, TT_ACCESS, &wanted) || !type_is_given(c, wanted)
	    || !subject_read(c, &subject) || !actor_read(c, &actor, &delegates) || !depth_is_sound(c, &subject))
		return false;
	if (!mode_is_allowed(c, &subject, delegates))
		return fail(c, R_EXCHANGE_MODE, delegates ? S("delegation") : S("impersonation"));
	if (!actor_is_named(c, &subject, delegates ? &actor : NULL))
		return fail(c, R_EXCHANGE_ACTOR, SAY("may_act of the subject token names somebody else"));
	if (wanted == TT_ID_JAG && !id_jag_may_be_given(c, &subject, delegates))
		return false;
	if (!act_write(c, &subject, delegates ? &actor : NULL, &act)
	    || !authority_of(c, &subject, delegates ? &actor : NULL, act, a))
		return false;
	kind_put(a, &subject, wanted);
	return true;
}

/* --- the answer: RFC 8693 section 2.2.1 ------------------------------------------------------- */

static bool
shape(struct call *c, struct authority *a, struct tokens *t)
{
	enum token_type wanted = TT_ACCESS;

	(void)token_type_read(c->arg[P_REQUESTED_TOKEN_TYPE], &wanted);
	if (wanted == TT_ID_JAG)
		return id_jag_make(c, a, t);
	t->issued_type = str_of(token_types[wanted]);
	if (wanted == TT_JWT && !a->target.jwt)
		return fail_with(c, R_EXCHANGE_TYPE, t->issued_type);
	if (wanted == TT_REFRESH) {
		t->access = t->refresh;
		t->expires_in_s = a->family.expires_s == 0 ? 0 : a->family.expires_s - c->now_s;
		a->access_row_is_new = false;           /* nobody is told of it */
	} else if (wanted == TT_ID) {
		t->access = t->id_token;
		t->expires_in_s = c->issuer->policy->token.id_token_ttl_s;
	}
	if (wanted == TT_REFRESH || wanted == TT_ID)
		t->type = S("N_A");
	t->refresh = t->id_token = STR_ABSENT;
	return str_given(t->access) || fail_with(c, R_EXCHANGE_TYPE, t->issued_type);
}

static bool
whose(struct call *c, struct user *u)
{
	struct token_facts f;
	struct id16 family;
	struct token row;

	if (trusted_whose(c, c->arg[P_SUBJECT_TOKEN], TRUST_TOKEN_EXCHANGE, u))
		return true;
	(void)token_inspect(c, c->arg[P_SUBJECT_TOKEN], INSPECT_ACCESS | INSPECT_REFRESH, &f, &family, &row);
	return !id_none(&c->about)
	    && store_user_by_id(c->svc->store, c->mem, realm_name(c->issuer->realm), &c->about, u) == FOUND;
}

static bool
needs_document(const struct call *c)
{
	return trusted_needs_document(c, c->arg[P_SUBJECT_TOKEN], TRUST_TOKEN_EXCHANGE)
	    || trusted_needs_document(c, c->arg[P_ACTOR_TOKEN], TRUST_TOKEN_EXCHANGE);
}

const struct grant grant_token_exchange = {
	.name = "urn:ietf:params:oauth:grant-type:token-exchange",
	.index = GI_token_exchange,
	.needs = NEEDS(P_SUBJECT_TOKEN, P_SUBJECT_TOKEN_TYPE),
	.when_missing = R_PARAM_MISSING,
	.only_store = true,
	.reads_users = true,
	.user_stands = true,
	.takes_audience = true,
	.one_factor = true, .resolve = resolve,
	.shape = shape,
	.whose = whose,
	.needs_document = needs_document,
};
