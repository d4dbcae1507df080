/*
 * wire/demo.c - the demo page: starts each flow by a link, receives the redirect, shows the code
 * with the finished request.
 */
#include "wire/wire_int.h"

/* The pair of RFC 7636 appendix B: known to everyone, so for a demonstration only. */
#define VERIFIER  "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
#define ISSUERS_MAX 16
#define CURLS_MAX 4

struct param_text { enum param is; struct str value; };

static struct str
callback(struct arena *mem, const struct mount *t)
{
	const struct demo_facts *d = t->wire->demo;

	return d->redirect_uri ? str_of(d->redirect_uri) : ARENA_CAT(mem, t->issuer->url, S("/demo"));
}

/* Everything but unreserved characters is encoded, so a value is safe between a shell's quotes too. */
static void
put_param(struct buf *b, const struct wire *w, const char *lead, enum param p, struct str value)
{
	buf_put(b, str_of(lead));
	buf_put(b, str_of(wire_param_name(w, p)));
	buf_putc(b, '=');
	pct_encode(b, value, S(""));
}

static struct str
token_url(struct arena *mem, const struct mount *t, const struct grant *g)
{
	for (const struct route *r = t->wire->routes; r->path != NULL; r++)
		if (r->endpoint == EP_TOKEN && (r->only == NULL || r->only == g))
			return ARENA_CAT(mem, t->issuer->url, str_of(r->path));
	return STR_ABSENT;
}

/* The name that a grant has on the wire; its own where the dialect has none. */
static const char *
wire_grant_name(const struct wire *w, const struct grant *g)
{
	const struct grant_row *row = grant_row_of(w, g);

	return row != NULL ? row->name : g->name;
}

/* One token request the way the manual of the dialect writes it. */
static struct str
curl_line(struct arena *mem, const struct mount *t, const struct grant *g, const struct param_text *p, size_t n)
{
	const struct demo_facts *d = t->wire->demo;
	bool service = g->index == GI_client_credentials && d->service,
	     query = d->style == DEMO_QUERY || d->style == DEMO_QUERY_BASIC;
	bool basic = d->style == DEMO_BASIC || d->style == DEMO_QUERY_BASIC;
	const char *id = service ? d->service : d->client, *secret = service ? d->service_secret : d->secret,
		   *lead = query ? "&" : " -d ";
	struct buf b;

	buf_init(&b, mem, 8192);
	buf_put(&b, query ? S("curl -X POST") : S("curl"));
	if (basic)
		buf_printf(&b, " -u %s:%s", id, secret);
	if (query) {
		buf_put(&b, S(" '"));
		buf_put(&b, token_url(mem, t, g));
	}
	put_param(&b, t->wire, query ? "?" : lead, P_GRANT_TYPE, str_of(wire_grant_name(t->wire, g)));
	if (!basic) {
		put_param(&b, t->wire, lead, P_CLIENT_ID, str_of(id));
		put_param(&b, t->wire, lead, P_CLIENT_SECRET, str_of(secret));
	}
	for (size_t i = 0; i < n; i++)
		put_param(&b, t->wire, lead, p[i].is, p[i].value);
	buf_putc(&b, query ? '\'' : ' ');
	if (!query)
		buf_put(&b, token_url(mem, t, g));
	return body_of(&b);
}

static struct str
curl_for_code(struct arena *mem, const struct mount *t, struct str code)
{
	struct param_text p[] = { { P_CODE, code }, { P_REDIRECT_URI, callback(mem, t) },
		{ P_CODE_VERIFIER, S(VERIFIER) } };

	return curl_line(mem, t, &grant_authorization_code, p, t->wire->demo->pkce ? 3 : 2);
}

/* The authorize request that the link of an issuer starts. */
static struct str
flow_href(struct arena *mem, const struct mount *t)
{
	const struct route *r = route_of_endpoint(t->wire, EP_AUTHORIZE);
	const struct demo_facts *d = t->wire->demo;
	struct buf b;

	if (r == NULL)
		return t->issuer->url;
	buf_init(&b, mem, 8192);
	buf_put(&b, t->issuer->url);
	buf_put(&b, str_of(r->path));
	put_param(&b, t->wire, "?", P_RESPONSE_TYPE, S("code"));
	put_param(&b, t->wire, "&", P_CLIENT_ID, str_of(d->client));
	put_param(&b, t->wire, "&", P_REDIRECT_URI, callback(mem, t));
	if (d->scope)
		put_param(&b, t->wire, "&", P_SCOPE, str_of(d->scope));
	put_param(&b, t->wire, "&", P_STATE, S("demo"));
	if (d->pkce) {
		put_param(&b, t->wire, "&", P_CODE_CHALLENGE, S(CHALLENGE));
		put_param(&b, t->wire, "&", P_CODE_CHALLENGE_METHOD, S("S256"));
	}
	return body_of(&b);
}

static struct page_vars
curl_row(struct arena *mem, const char *text, struct str line)
{
	struct page_var *cells = arena_array(mem, struct page_var, 2);

	if (cells == NULL)
		return (struct page_vars){ NULL, 0 };
	cells[0] = (struct page_var){ .name = "text", .value = str_of(text) };
	cells[1] = (struct page_var){ .name = "line", .value = line };
	return (struct page_vars){ cells, 2 };
}

/* Requests to paste: the other grants of the issuer. */
static struct page_rows *
curl_rows(struct arena *mem, const struct mount *t)
{
	struct param_text who[] = { { P_USERNAME, S("user") }, { P_PASSWORD, S("password") } },
			  again[] = { { P_REFRESH_TOKEN, S("REFRESH") } };
	struct page_vars *rows = arena_array(mem, struct page_vars, CURLS_MAX);
	struct page_rows *out = arena_new(mem, struct page_rows);
	uint64_t offered = t->issuer->policy->grant.offered;

	if (rows == NULL || out == NULL)
		return NULL;
	out->at = rows;
	if (t->wire->demo->redirect_uri != NULL)        /* its code does not come to this page */
		rows[out->n++] = curl_row(mem, "authorization_code", curl_for_code(mem, t, S("CODE")));
	if (offered & BIT(GI_client_credentials))
		rows[out->n++] = curl_row(
		    mem, "client_credentials", curl_line(mem, t, &grant_client_credentials, NULL, 0));
	if (offered & BIT(GI_password))
		rows[out->n++] = curl_row(mem, "password", curl_line(mem, t, &grant_password, who, 2));
	if (offered & BIT(GI_refresh_token))
		rows[out->n++] = curl_row(mem, "refresh_token", curl_line(mem, t, &grant_refresh_token, again, 1));
	return out;
}

static struct page_vars
issuer_row(struct arena *mem, const struct mount *t)
{
	struct page_var *cells = arena_array(mem, struct page_var, 6);
	bool elsewhere = t->wire->demo->redirect_uri != NULL;

	if (cells == NULL)
		return (struct page_vars){ NULL, 0 };
	cells[0] = (struct page_var){ .name = "title", .value = t->issuer->name };
	cells[1] = (struct page_var){ .name = "url", .value = t->issuer->url };
	cells[2] = (struct page_var){ .name = "href", .value = flow_href(mem, t) };
	cells[3] = (struct page_var){ .name = "users", .value = S("user / password, admin / admin") };
	cells[4] = (struct page_var){ .name = "curls", .rows = curl_rows(mem, t) };
	cells[5] = (struct page_var){ .name = "callback", .value = callback(mem, t) };
	return (struct page_vars){ cells, elsewhere ? 6 : 5 };
}

static void
issuer_rows(struct exchange *x, struct page_rows *out, struct page_vars *rows)
{
	out->at = rows;
	for (size_t i = 0; x->mount->all != NULL && x->mount->all[i] != NULL && out->n < ISSUERS_MAX; i++)
		if (x->mount->all[i]->demo && x->mount->all[i]->wire->demo != NULL)
			rows[out->n++] = issuer_row(x->q->mem, x->mount->all[i]);
}

/* What the authorize endpoint sent here. */
static struct str
redirected(const struct exchange *x, enum redirect_word word)
{
	return pair_first(&x->pairs, str_of(wire_redirect_word(x->w, word)));
}

/* Our own sentences in the language of the page; what the address says else is shown as it came. */
static struct str
description_shown(const struct exchange *x)
{
	struct str said = redirected(x, RW_DESCRIPTION);
	const char *z = x->lang == LANG_ZH ? arena_z(x->q->mem, said) : NULL;

	return z != NULL ? str_of(sentence_in(LANGUAGE_CHINESE, z)) : said;
}

void
speak_demo(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	struct page_vars rows[ISSUERS_MAX];
	struct page_rows issuers = { NULL, 0 };
	struct str code = redirected(x, RW_CODE);
	struct page_var vars[] = {
		{ .name = "code", .value = code }, { .name = "error", .value = redirected(x, RW_ERROR) },
		{ .name = "description", .value = description_shown(x) },
		{ .name = "curl", .value = str_empty(code) ? STR_ABSENT : curl_for_code(x->q->mem, x->mount, code) },
		{ .name = "issuers", .rows = &issuers },
	};

	(void)a;
	issuer_rows(x, &issuers, rows);
	speak_page(x, r, PAGE_DEMO, vars, COUNT(vars));
}
