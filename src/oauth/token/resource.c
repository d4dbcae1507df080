/*
 * oauth/token/resource.c - what an access token is for: the resources that were asked for, and by whose rules it is
 * made. RFC 8707; RFC 9068 section 3.
 *
 * A client may ask for the resources on its list (resource_ids); one without a list for every enabled resource server
 * of the realm; everybody for the issuer itself. What an authorization request named is what was granted, and token
 * requests name some of it; where it named nothing, everything was granted that the client may ask for. Who names
 * nothing gets a token for all that was named before, else for the client's list, else for the issuer.
 *
 * A token for several resource servers is made by rules that all of them have: signed or not, by which algorithm, of
 * which type. Where they differ there is no such token. It lives as long as the strictest allows, and holds the scopes
 * that at least one of them understands.
 */
#include "oauth/client_metadata.h"
#include "oauth/token/token.h"

/* Distinct, as they are registered. */
struct resources { struct str at[TARGETS_MAX]; size_t n; };

/* --- which ------------------------------------------------------------------------------------ */

bool
resource_is_indicator(struct str s)
{
	struct url u;

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= 0x20 || s.p[i] >= 0x7f || s.p[i] == '"' || s.p[i] == '\\')
			return false;
	return url_read(s, &u) == NULL && !str_given(u.fragment);
}

/* The client has a list of its own of whom what it exchanges may be for: RFC 8693 section 2.1. */
static bool
is_for_exchange(const struct call *c, const struct client *k)
{
	return c->grant != NULL && c->grant->takes_audience && !str_empty(client_metadata(k)->token_exchange_audiences);
}

static struct str
list_of(const struct call *c, const struct client *k)
{
	return is_for_exchange(c, k) ? client_metadata(k)->token_exchange_audiences : k->resource_ids;
}

/* As it is registered; absent: it is none for this client. */
static struct str
resource_for(const struct call *c, const struct client *k, struct str asked)
{
	const struct resource_server *s = resource_find(c, asked);
	struct str list = list_of(c, k);

	if (s != NULL && !s->enabled)
		return STR_ABSENT;
	if (resource_is(c->issuer->url, asked) && !is_for_exchange(c, k))
		return c->issuer->url;
	if (str_given(c->issuer->userinfo) && str_eq(c->issuer->userinfo, asked) && !is_for_exchange(c, k))
		return c->issuer->userinfo;
	if (str_empty(list))
		return s != NULL ? s->id : STR_ABSENT;
	while (str_given(list)) {
		struct str one = str_cut(&list, ' ');

		if (one.n > 0 && resource_is(one, asked))
			return s != NULL ? s->id : one;
	}
	return STR_ABSENT;
}

static bool
resource_add(struct call *c, struct resources *r, struct str id)
{
	for (size_t i = 0; i < r->n; i++)
		if (str_eq(r->at[i], id))
			return true;
	if (r->n == TARGETS_MAX)
		return fail(c, R_RESOURCE_MANY, STR_ABSENT);
	r->at[r->n++] = id;
	return true;
}

/* RFC 8693 section 2.1: an audience is a name, which need not be an address. */
static bool
resources_of(struct call *c, const struct client *k, enum param p, struct resources *r)
{
	for (const struct param_value *v = NULL; (v = call_next(c, p, v)) != NULL;) {
		struct str id;

		if (str_empty(v->value))
			continue;
		if (p == P_RESOURCE && !resource_is_indicator(v->value))
			return fail_with(c, R_RESOURCE_MALFORMED, v->value);
		if (!str_given(id = resource_for(c, k, v->value)))
			return fail_with(c, R_RESOURCE_UNKNOWN, v->value);
		if (!resource_add(c, r, id))
			return false;
	}
	return true;
}

/* What the request names. */
static bool
resources_read(struct call *c, const struct client *k, struct resources *r)
{
	r->n = 0;
	return resources_of(c, k, P_RESOURCE, r)
	    && (c->grant == NULL || !c->grant->takes_audience || resources_of(c, k, P_AUDIENCE, r));
}

static struct str
words_of(struct arena *mem, const struct resources *r)
{
	struct str parts[2 * TARGETS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++) {
		if (i > 0)
			parts[n++] = S(" ");
		parts[n++] = r->at[i];
	}
	return n > 0 ? arena_cat(mem, parts, n) : STR_ABSENT;
}

/* --- scopes ----------------------------------------------------------------------------------- */

/* A resource that is not registered, and one without a list of its own, takes every scope. */
static bool
takes_scope(const struct call *c, struct str resource, struct str word)
{
	const struct resource_server *s = resource_find(c, resource);

	return s == NULL || str_empty(s->scopes) || str_has_word(s->scopes, word, ' ');
}

static bool
is_taken(const struct call *c, struct str aud, struct str word)
{
	while (str_given(aud))
		if (takes_scope(c, str_cut(&aud, ' '), word))
			return true;
	return false;
}

/* Of the scope what the resources understand; a token that opens nothing there is given to nobody. */
static bool
scope_for(struct call *c, struct str aud, struct str scope, struct str *out)
{
	struct scope_words all, kept = { .n = 0 };

	if (!scope_split(c->issuer->policy, scope, &all))
		return fail_with(c, R_SCOPE_UNKNOWN, S("..."));
	for (size_t i = 0; i < all.n; i++)
		if (is_taken(c, aud, all.at[i]))
			kept.at[kept.n++] = all.at[i];
	*out = kept.n == all.n ? scope : scope_join(c->mem, &kept, S(" "));
	return all.n == 0 || kept.n > 0 || fail_with(c, R_RESOURCE_SCOPE, aud);
}

bool
resources_ask(struct call *c, const struct client *k, struct authorization *auth)
{
	struct authorization_extra x;
	struct resources r;
	struct str ignored;

	if (!c->issuer->policy->token.takes_resource)
		return true;
	if (!resources_read(c, k, &r))
		return false;
	for (size_t i = 0; i < r.n; i++)
		if (!scope_for(c, r.at[i], auth->scope, &ignored))
			return false;
	if (r.n == 0)
		return true;
	if (!authorization_extra_get(c->mem, auth, &x))
		return fail(c, R_INTERNAL, S("memory"));
	x.resource = words_of(c->mem, &r);
	return authorization_extra_set(c->mem, auth, &x) || fail(c, R_RESOURCE_MANY, STR_ABSENT);
}

/* --- for whom --------------------------------------------------------------------------------- */

/* Each of them must be part of what was granted, where that was said. */
static bool
named_now(struct call *c, const struct resources *asked, struct str granted, struct target *t)
{
	for (size_t i = 0; i < asked->n; i++)
		if (!str_empty(granted) && !str_has_word(granted, asked->at[i], ' '))
			return fail_with(c, R_RESOURCE_WIDER, asked->at[i]);
	t->aud = words_of(c->mem, asked);
	return t->named = true;
}

/* What was granted and may still be asked for. */
static bool
named_before(struct call *c, struct str granted, struct target *t)
{
	struct resources r = { .n = 0 };

	for (struct str rest = granted; str_given(rest);) {
		struct str id = resource_for(c, c->client, str_cut(&rest, ' '));

		if (str_given(id) && !resource_add(c, &r, id))
			return false;
	}
	if (r.n == 0)
		return fail_with(c, R_RESOURCE_UNKNOWN, granted);
	t->aud = words_of(c->mem, &r);
	return t->named = true;
}

/*
 * Nobody named anything. The client's list without resource servers that are disabled; a list without any registered
 * one is the policy's claim rows' to tell.
 */
static bool
never_named(struct call *c, struct target *t)
{
	bool registered = is_for_exchange(c, c->client);
	struct buf b;

	buf_init(&b, c->mem, RESOURCES_MAX);
	for (struct str rest = list_of(c, c->client); str_given(rest);) {
		struct str one = str_cut(&rest, ' ');
		const struct resource_server *s = resource_find(c, one);

		registered = registered || s != NULL;
		if (one.n == 0 || (s != NULL && !s->enabled))
			continue;
		if (b.n > 0)
			buf_putc(&b, ' ');
		buf_put(&b, one);
	}
	if (!registered)
		return true;
	if (b.full)
		return fail(c, R_RESOURCE_MANY, STR_ABSENT);
	if (b.n == 0)
		return fail_with(c, R_RESOURCE_UNKNOWN, list_of(c, c->client));
	t->aud = buf_str(&b);
	return t->named = true;
}

static bool
resources_settle(struct call *c, const struct authority *a, struct target *t)
{
	struct authorization_extra x;
	struct resources asked;

	if (!authorization_extra_get(c->mem, &a->auth, &x))
		return fail(c, R_INTERNAL, SAY("the authorization cannot be read"));
	if (!resources_read(c, c->client, &asked))
		return false;
	if (asked.n > 0)
		return named_now(c, &asked, x.resource, t);
	return str_empty(x.resource) ? never_named(c, t) : named_before(c, x.resource, t);
}

/* --- by whose rules --------------------------------------------------------------------------- */

struct rule { bool jwt; enum jose_alg alg; struct str typ; int64_t ttl_s; };

static int64_t
shorter(int64_t a, int64_t b)
{
	return a == 0 ? b : b == 0 || a < b ? a : b;
}

/* Of one resource; s NULL: it is not registered, and has those of the issuer. */
static struct rule
rule_of(const struct call *c, const struct resource_server *s)
{
	const struct policy *policy = c->issuer->policy;
	int64_t own = c->client->access_ttl_s;
	struct rule r = { policy->token.access_shape == SHAPE_JWT, policy->token.signing_alg,
		str_of(policy->token.access_typ), ttl_of(own, policy->token.access_ttl_s) };

	if (s == NULL)
		return r;
	if (s->shape.n > 0)
		r.jwt = str_is(s->shape, "jwt");
	if (s->signing_alg.n > 0)
		(void)alg_read(s->signing_alg, &r.alg); /* judged when it was registered */
	if (s->typ.n > 0)
		r.typ = s->typ;
	if (s->access_ttl_s >= 0)
		r.ttl_s = own >= 0 ? shorter(own, s->access_ttl_s) : s->access_ttl_s;
	return r;
}

static bool
rules_agree(const struct rule *a, const struct target *t)
{
	return a->jwt == t->jwt && (!a->jwt || (a->alg == t->alg && str_eq(a->typ, t->typ)));
}

static bool
rules_settle(struct call *c, struct target *t)
{
	bool first = true;

	for (struct str rest = t->aud; str_given(rest); first = false) {
		struct str id = str_cut(&rest, ' ');
		const struct resource_server *s = resource_find(c, id);
		struct rule r = rule_of(c, s);

		if (!first && !rules_agree(&r, t))
			return fail_with(c, R_RESOURCE_RULES, t->aud);
		if (s != NULL && t->n == SERVERS_MAX)
			return fail(c, R_RESOURCE_MANY, STR_ABSENT);
		if (s != NULL)
			t->servers[t->n++] = s;
		t->jwt = r.jwt;
		t->alg = r.alg;
		t->typ = r.typ;
		t->ttl_s = first ? r.ttl_s : shorter(t->ttl_s, r.ttl_s);
	}
	return true;
}

bool
target_settle(struct call *c, const struct authority *a, struct target *t)
{
	struct rule issuers = rule_of(c, NULL);

	*t = (struct target){ .aud = STR_ABSENT, .scope = a->auth.scope, .jwt = issuers.jwt, .alg = issuers.alg,
		.typ = issuers.typ, .ttl_s = issuers.ttl_s };
	if (c->issuer->policy->token.takes_resource
	    && !(resources_settle(c, a, t) && rules_settle(c, t)
		&& (!str_given(t->aud) || scope_for(c, t->aud, a->auth.scope, &t->scope))))
		return false;
	return details_settle(c, a, t);
}

void
ops_stand_on_target(const struct call *c, struct ops *o, const struct target *t)
{
	for (size_t i = 0; i < t->n; i++)
		ops_stand_on_resource(c, o, t->servers[i]);
}

/* The session's name, as the client of the family was told it. */
static bool
sid_of(struct call *c, const struct authority *a, struct str *sid)
{
	struct authorization_extra x;

	if (!authorization_extra_get(c->mem, &a->family.auth, &x))
		return fail(c, R_INTERNAL, SAY("the authorization cannot be read"));
	*sid = str_some(x.sid);
	return true;
}

bool
resources_hear(struct call *c, const struct authority *a, struct ops *o)
{
	struct session_client *rows;
	struct store_op *op;
	struct str sid;
	size_t n = 0;

	for (size_t i = 0; i < a->target.n; i++)
		n += !str_empty(a->target.servers[i]->sign_out_uri);
	if (n == 0 || !a->has_family || !a->has_user)
		return true;
	rows = arena_array(c->mem, struct session_client, n);
	if (rows == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	if (!sid_of(c, a, &sid))
		return false;
	op = ops_add(o, OP_RESOURCE_SESSIONS_ADD);
	op->resource_sessions.rows = rows;
	for (size_t i = 0; i < a->target.n; i++)
		if (!str_empty(a->target.servers[i]->sign_out_uri))
			rows[op->resource_sessions.n++] = (struct session_client){
				.id = id_new(), .family = a->family.id, .issuer = c->issuer->name,
				.client = c->client->id, .user = a->user.id, .sid = sid,
				.expires_s = a->family.expires_s, .resource = a->target.servers[i]->id,
			};
	return true;
}
