/*
 * wire/read.c - the one routine that reads parameters: from the sources the table allows, by the
 * names it knows. RFC 6749 section 3.
 */
#include "wire/wire_int.h"

static enum reason
reason_of_form(enum form_error e)
{
	switch (e) {
	case FORM_OK:        return R_NONE;
	case FORM_TOO_MANY:  return R_PARAM_TOO_MANY;
	case FORM_NO_MEMORY: return R_INTERNAL;
	default:             return R_PARAM_ENCODING;
	}
}

static unsigned
sources_of(const struct exchange *x)
{
	return x->route->sources ? x->route->sources : x->w->sources;
}

/* A charset in which a byte is not a character: its body would be read as something else than was written. */
static bool
is_wide(struct exchange *x, struct str field)
{
	static const char *const wide[] = { "utf-16", "utf16", "utf-32", "utf32", "utf-7", "ucs-2", "ucs-4",
		"iso-10646-ucs" };
	struct str charset = field_param(x->q->mem, field, S("charset"));

	for (size_t i = 0; i < COUNT(wide); i++)
		if (str_starts_nocase(charset, str_of(wide[i])))
			return true;
	return false;
}

/* The body by its media type. A lax dialect does not look at a body of another type; a strict one refuses it. */
static enum reason
read_body(struct exchange *x)
{
	const struct http_req *q = x->q;
	struct str field = http_header(q, "Content-Type"), type = media_type(field);
	unsigned sources = sources_of(x);

	if (str_empty(q->body))
		return R_NONE;
	if (endpoint_is(x->route->endpoint, EF_JSON)) {
		x->c.body = q->body;
		return str_eq_nocase(type, S("application/json")) ? R_NONE : R_REGISTRATION_MEDIA;
	}
	if (is_wide(x, field))
		return R_PARAM_ENCODING;
	if ((sources & SRC_FORM) && str_eq_nocase(type, S("application/x-www-form-urlencoded")))
		return reason_of_form(form_read(q->mem, q->body, false, &x->pairs));
	if ((sources & SRC_MULTIPART) && str_eq_nocase(type, S("multipart/form-data")))
		return reason_of_form(form_read_multipart(q->mem, field, q->body, &x->pairs));
	if ((sources & SRC_JSON) && str_eq_nocase(type, S("application/json")))
		return form_read_json(q->mem, q->body, &x->pairs) == FORM_OK ? R_NONE : R_BAD_REQUEST;
	return x->w->strict ? R_MEDIA_TYPE : R_NONE;
}

/*
 * A name may mean another parameter for one grant, on one path, or in one dialect; such a meaning
 * hides the canonical one.
 */
static int
alias_of(const struct param_alias *table, struct str name)
{
	for (const struct param_alias *a = table; a != NULL && a->name != NULL; a++)
		if (str_is(name, a->name))
			return (int)a->is;
	return -1;
}

int
wire_param(const struct wire *w, struct str name)
{
	if (w->params != NULL)
		return alias_of(w->params, name);
	for (int i = 0; i < P_COUNT; i++)
		if (str_is(name, param_names[i]))
			return i;
	return -1;
}

/* RFC 6749 2.3.1: credentials MUST NOT be in the request URI; a strict token endpoint reads nothing there. */
static enum reason
query_is_unused(struct exchange *x)
{
	struct pairs p = { .n = 0 };
	enum reason why = reason_of_form(form_read(x->q->mem, x->q->query, true, &p));

	for (size_t i = 0; i < p.n && why == R_NONE; i++)
		if (wire_param(x->w, p.at[i].name) >= 0)
			x->query_refused = true;
	return x->query_refused ? R_BAD_REQUEST : why;
}

/* The query stands first, so that it wins where a dialect takes the first of two. */
static enum reason
read_pairs(struct exchange *x)
{
	enum reason why = R_NONE;

	if (str_given(x->q->query)) {
		if (sources_of(x) & SRC_QUERY)
			why = reason_of_form(form_read(x->q->mem, x->q->query, true, &x->pairs));
		else if (x->w->strict)
			why = query_is_unused(x);
	}
	return why == R_NONE ? read_body(x) : why;
}

/* Forms of our own pages may hold a name twice (a hidden field and a button); requests of applications may not. */
static bool
repeats_are_refused(const struct exchange *x)
{
	return x->mount->style.duplicate_parameters == DUPLICATES_REFUSED && !endpoint_is(x->route->endpoint, EF_FORM);
}

static void
take(struct exchange *x, enum param id, const struct pair *p)
{
	struct call *c = &x->c;

	bool again = call_has(c, id), repeats = (param_flags[id] & PF_REPEATS) != 0;

	if (again && !repeats) {
		if (repeats_are_refused(x) && x->early == R_NONE) {
			x->early = R_PARAM_REPEATED;
			c->offender = p->name;
		}
		return;
	}
	if (x->w->strict && p->value.n == 0 && id != P_STATE)   /* RFC 6749 3.1: without a value means omitted */
		return;
	if (repeats) {
		if (!call_add(c, id, p->value))
			x->early = R_INTERNAL;
		return;
	}
	bits_put(c->given, id, true);
	c->arg[id] = p->value;
	if (id == P_CLIENT_SECRET)
		c->evidence.secret_in_query = p->from_query && p->value.n > 0;
}

static void
name_pairs(struct exchange *x)
{
	for (size_t i = 0; i < x->pairs.n; i++) {
		const struct pair *p = &x->pairs.at[i];
		int id = alias_of(x->grant ? x->grant->aliases : NULL, p->name);

		if (id < 0)
			id = alias_of(x->route->aliases, p->name);
		if (id < 0)
			id = wire_param(x->w, p->name);
		if (id >= 0 && id < P_COUNT)                    /* RFC 6749 3.1, 3.2: unknown ones are ignored */
			take(x, (enum param)id, p);
	}
}

const char *
wire_param_name(const struct wire *w, enum param p)
{
	if (w->params == NULL)
		return param_names[p];
	for (const struct param_alias *a = w->params; a->name != NULL; a++)
		if (a->is == p)
			return a->name;
	return NULL;
}

struct str
wire_pair(const struct wire *w, const struct pairs *all, enum param p)
{
	for (size_t i = 0; i < all->n; i++)
		if (wire_param(w, all->at[i].name) == (int)p)
			return all->at[i].value;
	return STR_ABSENT;
}

static const struct grant_row *
grant_named(const struct exchange *x, struct str name)
{
	bool implied = (x->route->flags & RF_IMPLIED_GRANT) && str_empty(name);

	for (const struct grant_row *g = x->w->grants; g->name != NULL; g++)
		if ((implied || str_is(name, g->name)) && (x->route->only == NULL || x->route->only == g->grant))
			return g;
	return NULL;
}

/* A word of scope.<name>: "true" or "approve..." means ticked. */
static bool
ticked(struct str value)
{
	return str_starts_nocase(value, S("true")) || str_starts_nocase(value, S("approve"));
}

/* The consent form: scope.<name> for each scope, and the button that was pressed. */
static void
read_decision(struct exchange *x)
{
	struct buf yes, no;

	buf_init(&yes, x->q->mem, BODY_MAX);
	buf_init(&no, x->q->mem, BODY_MAX);
	for (size_t i = 0; i < x->pairs.n; i++) {
		const struct pair *p = &x->pairs.at[i];
		struct buf *b = ticked(p->value) ? &yes : &no;

		if (!str_starts(p->name, S("scope.")))
			continue;
		if (b->n)
			buf_putc(b, ' ');
		buf_put(b, str_from(p->name, 6));
	}
	if (yes.full || no.full)
		x->early = R_INTERNAL;          /* a refusal that is cut off would be a consent */
	if (str_is(pair_first(&x->pairs, S("decision")), "deny"))
		buf_init(&yes, x->q->mem, 1);
	x->c.approved = buf_str(&yes);
	x->c.denied = buf_str(&no);
}

/* The form of a profile: claim.<name> for each that was on the page. */
static void
read_claims(struct exchange *x)
{
	struct claim_sent *at = endpoint_is(x->route->endpoint, EF_FORM)
	    ? arena_array(x->q->mem, struct claim_sent, x->pairs.n) : NULL;
	size_t n = 0;

	for (size_t i = 0; at != NULL && i < x->pairs.n; i++)
		if (str_starts(x->pairs.at[i].name, S("claim.")))
			at[n++] = (struct claim_sent){ str_from(x->pairs.at[i].name, 6), x->pairs.at[i].value };
	x->c.claims = at;
	x->c.n_claims = n;
}

/* A path that serves one response type only: another one is as good as none. */
static void
narrow_response_type(struct exchange *x)
{
	const char *only = x->route->response_type;

	if (only != NULL && !str_is(x->c.arg[P_RESPONSE_TYPE], only))
		x->c.arg[P_RESPONSE_TYPE] = S("");
}

/* oauth/ separates scopes by blanks. */
static void
read_scope(struct exchange *x)
{
	struct str scope = x->c.arg[P_SCOPE];
	struct buf b;

	if (x->w->scope_separator == '\0' || str_index(scope, x->w->scope_separator) < 0)
		return;
	buf_init(&b, x->q->mem, scope.n + 1);
	for (size_t i = 0; i < scope.n; i++)
		buf_putc(&b, scope.p[i] == x->w->scope_separator ? ' ' : scope.p[i]);
	if (b.full)
		x->early = R_INTERNAL;
	else
		x->c.arg[P_SCOPE] = buf_str(&b);
}

struct str
scope_out(const struct exchange *x, struct str scope)
{
	struct buf b;

	if (x->w->scope_separator == '\0' || str_index(scope, ' ') < 0)
		return scope;
	buf_init(&b, x->q->mem, scope.n + 1);
	for (size_t i = 0; i < scope.n; i++)
		buf_putc(&b, scope.p[i] == ' ' ? x->w->scope_separator : scope.p[i]);
	return body_of(&b);
}

/* RFC 7521 section 4.2: where the dialect knows no assertions, one is a parameter that nobody understands. */
static void
read_assertion(struct exchange *x)
{
	const struct route *token = route_of_endpoint(x->w, EP_TOKEN);

	if (!(x->w->client_auth & (BIT(METHOD_JWT) | BIT(METHOD_HMAC)))) {
		call_put(&x->c, P_CLIENT_ASSERTION, STR_ABSENT);
		call_put(&x->c, P_CLIENT_ASSERTION_TYPE, STR_ABSENT);
	}
	if ((call_has(&x->c, P_CLIENT_ASSERTION) || call_has(&x->c, P_ASSERTION)) && token != NULL) {
		x->c.evidence.token_url = issuer_href(x, token->path);
		x->c.evidence.seen = arena_new(x->q->mem, struct assertion_seen);
		x->c.evidence.here_url = issuer_href(x, x->route->path);
		x->c.evidence.here_alias = mtls_href(x, x->route->path);
		x->c.evidence.token_alias = mtls_href(x, token->path);
	}
}

void
exchange_read(struct exchange *x)
{
	struct call *c = &x->c;
	struct str name;

	x->early = read_pairs(x);
	name = wire_pair(x->w, &x->pairs, P_GRANT_TYPE);
	if (x->route->endpoint == EP_TOKEN) {
		x->grant = grant_named(x, name);
		c->grant = x->grant ? x->grant->grant : NULL;
		c->grant_is_implicit = x->grant == NULL && str_is(name, "implicit");
	}
	name_pairs(x);
	read_scope(x);
	if (str_given(route_rest(x->route, x->path))) {
		enum endpoint e = x->route->endpoint;

		if (e == EP_STATUS_LIST)
			c->list_asked = route_rest(x->route, x->path);
		else
			call_put(c, e == EP_REGISTERED ? P_CLIENT_ID
			    : e == EP_LOGIN_WITH || e == EP_LOGIN_BACK ? P_PROVIDER : P_PHONE, route_rest(x->route, x->path));
	}
	x->form_tried = call_has(c, P_CLIENT_ID);
	if (!(x->w->client_auth & BIT(METHOD_POST)))
		call_put(c, P_CLIENT_SECRET, STR_ABSENT);
	read_assertion(x);
	read_decision(x);
	read_claims(x);
	narrow_response_type(x);
}
