/* wire/preview.c - see wire/preview.h. */
#include "wire/preview.h"

#include "oauth/client_metadata.h"
#include "wire/wire_int.h"

const char *
wire_preview_grant(const struct wire *w, const struct grant *g)
{
	const struct grant_row *row = grant_row_of(w, g);

	return row != NULL ? row->name : NULL;
}

/* A path that is for everything, else one for this alone. */
static const struct route *
route_for(const struct preview_asking *p)
{
	const struct route *own = NULL;

	for (const struct route *r = p->mount->wire->routes; r->path != NULL; r++) {
		if (r->endpoint != p->endpoint)
			continue;
		if (r->only == NULL && r->response_type == NULL)
			return r;
		if (r->only == p->grant && (r->response_type == NULL || strcmp(r->response_type, "code") == 0))
			own = r;
	}
	return own;
}

void
preview_put(struct preview_asking *p, enum param is, struct str value)
{
	if (str_given(value) && p->n < COUNT(p->values))
		p->values[p->n++] = (struct preview_value){ is, value };
}

static void
values_put(struct exchange *x, const struct preview_asking *p)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct preview_value *v = &p->values[i];

		if (param_flags[v->is] & PF_REPEATS)
			call_add(&x->c, v->is, v->value);
		else
			call_put(&x->c, v->is, v->value);
	}
}

static void
grant_put(struct exchange *x, const struct grant *g)
{
	x->grant = grant_row_of(x->w, g);
	x->c.grant = x->grant != NULL ? g : NULL;
	if (g != NULL)
		call_put(&x->c, P_GRANT_TYPE, str_of(x->grant != NULL ? x->grant->name : g->name));
}

/* Its keys and certificates are not ours: it is taken to have shown them. */
static void
client_is_believed(struct exchange *x, const struct client *k)
{
	x->c.proof = (struct client_proof){ .asked = true, .ok = k->enabled, .client = k->enabled ? k : NULL,
		.why = k->enabled ? R_NONE : R_CLIENT_DISABLED, .detail = k->id };
}

static bool
has_a_secret_method(const struct client *k)
{
	struct str name = client_metadata(k)->token_endpoint_auth_method;

	return str_empty(name) || str_is(name, method_rows[METHOD_BASIC].name)
	    || str_is(name, method_rows[METHOD_POST].name) || str_is(name, method_rows[METHOD_NONE].name);
}

static bool
is_in_the_form(const struct exchange *x, const struct client *k)
{
	const struct policy *policy = x->mount->issuer->policy;

	return str_is(client_metadata(k)->token_endpoint_auth_method, method_rows[METHOD_POST].name)
	    || !(x->w->client_auth & BIT(METHOD_BASIC))
	    || (!policy->client.auth_repeat && !policy_takes_method(policy, METHOD_BASIC));
}

static void
client_put(struct exchange *x, const struct preview_asking *p)
{
	const struct client *k = p->client;

	if (k == NULL)
		return;
	if (!has_a_secret_method(k))
		client_is_believed(x, k);
	else if (client_is_public(k) || is_in_the_form(x, k)) {
		call_put(&x->c, P_CLIENT_ID, k->id);
		call_put(&x->c, P_CLIENT_SECRET, client_is_public(k) ? STR_ABSENT : p->secret);
		x->form_tried = true;
	} else {
		x->c.evidence.basic_sent = true;
		x->c.evidence.basic_id = k->id;
		x->c.evidence.basic_secret = p->secret;
	}
}

static struct http_req
request_of(const struct preview_asking *p, const struct route *r)
{
	bool get = (r->methods & BIT(M_GET)) && !p->posts && p->endpoint != EP_TOKEN;

	return (struct http_req){ .mem = p->mem,
		.method = get ? M_GET : M_POST,
		.method_name = get ? S("GET") : S("POST"),
		.path = ARENA_CAT(p->mem, p->mount->prefix, str_of(r->path)),
		.peer = S("127.0.0.1"),
		.secure = p->mount->secure };
}

static struct exchange *
begun(const struct preview_asking *p, const struct route *r)
{
	struct http_req *q = arena_new(p->mem, struct http_req);
	struct exchange *x;

	if (q == NULL)
		return NULL;
	*q = request_of(p, r);
	x = wire_begin(p->mount, p->svc, q, str_of(r->path));
	if (x == NULL)
		return NULL;
	x->route = r;
	x->early = R_NONE;                      /* nothing was sent that could have been misread */
	x->wrong_method = false;
	x->cached = NULL;
	x->c.session_cookie = p->session;
	x->c.saved_cookie = p->saved;
	x->c.bearer = p->bearer;
	x->c.approved = p->approved;
	if (x->c.accounts != NULL)
		x->c.accounts->active = p->session;
	if (p->endpoint == EP_TOKEN)
		grant_put(x, p->grant);
	client_put(x, p);
	values_put(x, p);
	return x;
}

bool
wire_preview(const struct preview_asking *p, struct previewed *out)
{
	const struct route *r = route_for(p);
	struct exchange *x;

	*out = (struct previewed){ .served = r != NULL };
	if (r == NULL) {
		out->why = p->endpoint == EP_TOKEN ? R_GRANT_UNKNOWN : R_NOT_FOUND;
		return true;
	}
	x = begun(p, r);
	if (x == NULL)
		return false;
	x->keeps = &out->said;
	wire_finish(x, &out->reply);
	out->why = x->why;
	out->detail = x->c.detail;
	out->offender = x->c.offender;
	out->saved = str_given(x->c.set_saved) ? x->c.set_saved : p->saved;
	return !p->mem->full;
}

bool
wire_preview_login(const struct preview_asking *p, const struct user *u, struct preview_login *out,
    struct str *session)
{
	struct preview_asking at = *p;
	const struct route *r;
	struct exchange *x;

	at.endpoint = EP_AUTHORIZE;
	at.client = NULL;
	r = route_for(&at);
	x = r != NULL ? begun(&at, r) : NULL;
	*out = (struct preview_login){ .why = r == NULL ? R_NOT_FOUND : R_INTERNAL };
	if (x == NULL)
		return false;
	if (!preview_login(&x->c, u, out)) {
		if (out->why == R_NONE)
			out->why = x->c.why != R_NONE ? x->c.why : R_INTERNAL;
		return false;
	}
	*session = x->c.set_session;
	return true;
}
