/*
 * oauth/grant/id_jag_give.c - an ID-JAG for a client that is to call the API of another authorization server for its
 * user. draft-ietf-oauth-identity-assertion-authz-grant-04 sections 3.1, 4.3.
 *
 * Who may have one, for whom and how much is a member of the client's registration that operators alone write:
 * id_jag_audiences, a line for each authorization server with its issuer, the client's id there and the scopes there.
 */
#include "oauth/client_metadata.h"
#include "oauth/grant/id_jag.h"
#include "oauth/subject.h"

#define CLAIMS_MAX (24 * 1024)

/* A line of id_jag_audiences. scopes: words; empty: whatever is asked for, which the other server judges. */
struct permit { struct str audience, client, scopes; };

static struct permit
permit_read(const struct call *c, struct str line)
{
	struct permit p = { .scopes = S("") };

	p.audience = str_cut(&line, ' ');
	p.client = str_given(line) ? str_cut(&line, ' ') : c->client->id;
	if (str_given(line))
		p.scopes = line;
	return p;
}

/* Section 4.3: the issuer of the other server, and it alone. */
static bool
permit_find(const struct call *c, struct permit *out)
{
	struct str lines = client_metadata(c->client)->id_jag_audiences;
	const struct param_value *first = call_next(c, P_AUDIENCE, NULL);

	if (first == NULL || str_empty(first->value) || call_next(c, P_AUDIENCE, first) != NULL)
		return false;
	while (str_given(lines)) {
		struct str line = str_cut(&lines, '\n');

		if (line.n > 0 && str_eq((*out = permit_read(c, line)).audience, first->value))
			return !str_eq(first->value, c->issuer->url);
	}
	return false;
}

static bool
resources_are_addresses(struct call *c)
{
	for (const struct param_value *v = NULL; (v = call_next(c, P_RESOURCE, v)) != NULL;)
		if (!resource_is_indicator(v->value))
			return fail_with(c, R_RESOURCE_MALFORMED, v->value);
	return true;
}

bool
id_jag_may_be_given(struct call *c, const struct party *s, bool delegates)
{
	struct permit p;

	if (delegates)
		return fail(c, R_EXCHANGE_MODE, S("delegation"));
	if (s->from != NULL || !(s->type == TT_ID || s->type == TT_REFRESH) || !s->has_user)
		return fail_with(c, R_EXCHANGE_TYPE, c->arg[P_SUBJECT_TOKEN_TYPE]);
	if (!permit_find(c, &p))
		return fail_with(c, R_RESOURCE_UNKNOWN, c->arg[P_AUDIENCE]);
	return resources_are_addresses(c);
}

/* --- the assertion ---------------------------------------------------------------------------- */

/* What was asked for of what is permitted; nothing asked, all of that. */
static bool
scope_granted(struct call *c, const struct permit *p, struct str *out)
{
	struct scope_words w, kept = { .n = 0 };

	c->allowed = p->scopes;
	if (!scope_split(c->issuer->policy, c->arg[P_SCOPE], &w))
		return fail_with(c, R_SCOPE_UNKNOWN, S("..."));
	for (size_t i = 0; i < w.n; i++)
		if (str_empty(p->scopes) || str_has_word(p->scopes, w.at[i], ' '))
			kept.at[kept.n++] = w.at[i];
	*out = w.n == 0 ? p->scopes : scope_join(c->mem, &kept, S(" "));
	return w.n == 0 || kept.n > 0 || fail_with(c, R_SCOPE_WIDER, w.at[0]);
}

static void
put_resources(struct buf *b, const struct call *c)
{
	const struct param_value *v = call_next(c, P_RESOURCE, NULL);

	if (v == NULL)
		return;
	if (call_next(c, P_RESOURCE, v) == NULL) {
		jm_str(b, S("resource"), v->value);
		return;
	}
	jw_name(b, S("resource"));
	jw_open(b, '[');
	for (; v != NULL; v = call_next(c, P_RESOURCE, v))
		ja_str(b, v->value);
	jw_close(b, ']');
}

/* Section 3.1: how the user has logged in here. */
static void
put_login(struct buf *b, const struct authority *a, const struct authorization_extra *x)
{
	if (a->auth.auth_s != 0)
		jm_int(b, S("auth_time"), a->auth.auth_s);
	if (!str_empty(x->acr))
		jm_str(b, S("acr"), x->acr);
	if (!str_empty(x->amr))
		jm_words(b, S("amr"), x->amr, ' ');
}

struct jag { struct permit permit; struct str jti, scope; int64_t exp_s; };

static struct str
claims_of(struct call *c, const struct authority *a, const struct jag *j, const struct authorization_extra *x)
{
	struct buf b;

	buf_init(&b, c->mem, CLAIMS_MAX);
	jw_open(&b, '{');
	jm_str(&b, S("iss"), c->issuer->url);
	jm_str(&b, S("sub"), subject_of(c->mem, c->issuer, NULL, &a->user.id));
	jm_str(&b, S("aud"), j->permit.audience);
	jm_str(&b, S("client_id"), j->permit.client);
	jm_str(&b, S("jti"), j->jti);
	jm_int(&b, S("iat"), c->now_s);
	jm_int(&b, S("exp"), j->exp_s);
	if (!str_empty(j->scope))
		jm_str(&b, S("scope"), j->scope);
	put_resources(&b, c);
	put_login(&b, a, x);
	if (!str_empty(a->user.email))
		jm_str(&b, S("email"), a->user.email);
	if (!str_empty(x->authorization_details))
		jm_raw(&b, S("authorization_details"), x->authorization_details);
	if (!str_empty(a->cnf))
		jm_raw(&b, S("cnf"), a->cnf);
	jw_close(&b, '}');
	return b.full ? STR_ABSENT : buf_str(&b);
}

/* Section 4.3.4. It lives no longer than what it was made of. */
bool
id_jag_make(struct call *c, struct authority *a, struct tokens *t)
{
	const struct policy *policy = c->issuer->policy;
	struct jag j = { .exp_s = c->now_s + policy->token.id_jag_ttl_s };
	struct authorization_extra x;
	uint8_t id[16];

	if (!permit_find(c, &j.permit))
		return fail_with(c, R_RESOURCE_UNKNOWN, c->arg[P_AUDIENCE]);
	if (!scope_granted(c, &j.permit, &j.scope) || !details_ask(c, c->client, &a->auth))
		return false;
	if (!authorization_extra_get(c->mem, &a->auth, &x))
		return fail(c, R_INTERNAL, SAY("the authorization cannot be read"));
	if (a->ends_s != 0 && a->ends_s < j.exp_s)
		j.exp_s = a->ends_s;
	rand_bytes(id, sizeof id);
	j.jti = uuid4_write(c->mem, id);
	*t = (struct tokens){ .type = S("N_A"), .issued_type = str_of(token_types[TT_ID_JAG]), .scope = str_some(j.scope),
		.details = str_some(x.authorization_details), .expires_in_s = j.exp_s - c->now_s, .user = &a->user,
		.client = c->client, .grant = c->grant };
	return token_sign(c, S(ID_JAG_TYP), j.jti, policy->token.signing_alg, claims_of(c, a, &j, &x), &t->access);
}
