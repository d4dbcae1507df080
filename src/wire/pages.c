/* wire/pages.c - the pages of an issuer: login, consent, errors and small ones, and what each shows. */
#include "oauth/client_metadata.h"
#include "wire/wire_int.h"

static const char *
path_of(const struct exchange *x, enum endpoint e)
{
	const struct route *r = route_of_endpoint(x->w, e);

	return r ? r->path : "/";
}

/* The word behind "error" in the address: only keys that the page knows. */
static const char *
error_key(const struct exchange *x)
{
	static const char *const known[] = { "wait", "disabled", "locked", "expired", "passkey_refused", "sessions",
		"password_expired", "with_down", "with_state", "with_denied", "with_code", "with_token", "with_stale",
		"with_outside", "with_unknown" };
	struct str word = pair_first(&x->pairs, S("error"));

	if (!str_given(word))
		return NULL;
	for (size_t i = 0; i < COUNT(known); i++)
		if (str_is(word, known[i]))
			return known[i];
	return "bad_credentials";
}

bool
signed_out(const struct exchange *x)
{
	return str_given(pair_first(&x->pairs, S("logout")));
}

/* What the saved request says in its address. */
static struct str
saved_param(struct exchange *x, struct str url, enum param param)
{
	ptrdiff_t mark = str_index(url, '?');
	struct pairs *p = arena_new(x->q->mem, struct pairs);

	if (mark < 0 || p == NULL || form_read(x->q->mem, str_from(url, (size_t)mark + 1), true, p) != FORM_OK)
		return STR_ABSENT;
	return wire_pair(x->w, p, param);
}

/*
 * Who it is probably: the name of a moment ago, else the one that the application names (OpenID
 * Connect Core 3.1.2.1).
 */
static struct str
likely_name(struct exchange *x, const struct answer *a)
{
	if (str_given(a->login.username))
		return a->login.username;
	if (error_key(x) != NULL && str_given(a->login.failed_name))
		return a->login.failed_name;
	if (!x->mount->issuer->policy->authorize.extensions_are_judged)
		return STR_ABSENT;
	return str_given(a->login.hint) ? a->login.hint : saved_param(x, a->login.saved_url, P_LOGIN_HINT);
}

static struct str
login_name(const struct exchange *x, enum param p)
{
	const struct route *r = route_of_endpoint(x->w, EP_LOGIN);

	for (const struct param_alias *a = r ? r->aliases : NULL; a != NULL && a->name != NULL; a++)
		if (a->is == p)
			return str_of(a->name);
	return str_of(wire_param_name(x->w, p));
}

/* What the form's fields are called. */
static void
login_names(const struct exchange *x, struct page_list *v)
{
	page_put(v, "username_name", login_name(x, P_USERNAME));
	page_put(v, "password_name", login_name(x, P_PASSWORD));
}

/* What the script of passkey.html asks the browser; the page's policy lets it run. */
void
put_passkey(struct exchange *x, const struct answer *a, struct page_list *v)
{
	const struct passkey_shown *p = &a->passkey;

	if (str_empty(p->use))
		return;
	page_put(v, "passkey", p->use);
	page_put(v, "passkey_challenge", p->challenge);
	page_put(v, "passkey_ticket", p->ticket);
	page_put(v, "passkey_rp_id", p->rp_id);
	page_put(v, "passkey_credentials", p->credentials);
	page_put(v, "passkey_verification", p->verification);
	page_put(v, "passkey_resident", p->resident);
	page_put(v, "passkey_user", p->user);
	page_put(v, "passkey_user_name", p->user_name);
	if (p->conditional)
		page_put(v, "passkey_conditional", S("1"));
	v->csp = str_given(v->csp) ? ARENA_CAT(x->q->mem, v->csp, page_passkey_csp()) : page_passkey_csp();
}

void
speak_login_page(struct exchange *x, const struct answer *a, struct http_reply *r, int status, const char *error)
{
	struct page_list v = { .n = 0 };
	struct str id = str_given(a->login.client_id) ? a->login.client_id
						      : saved_param(x, a->login.saved_url, P_CLIENT_ID);
	const struct client *k = client_find(&x->c, id);
	struct page_rows *providers = upstream_rows(x, a->upstreams, a->login.saved);

	x->page_request = a->login.saved;
	page_put(&v, "action", local_href(x, path_of(x, EP_LOGIN)));
	page_put(&v, "csrf", a->login.csrf);
	page_put(&v, "saved_request", a->login.saved);
	page_put(&v, "error", str_of(error ? error : error_key(x)));
	if (a->login.wait_s > 0)
		page_put(&v, "wait_s", arena_printf(x->q->mem, "%lld", (long long)a->login.wait_s));
	if (signed_out(x))
		page_put(&v, "signed_out", S("1"));
	else if (a->login.ended != NULL)
		page_put(&v, "ended", str_of(a->login.ended));
	page_put(&v, "username", likely_name(x, a));
	page_put(&v, "here", a->login.here);
	if (k != NULL)
		page_put(&v, "client_name", client_shown(x, k));
	login_names(x, &v);
	put_passkey(x, a, &v);
	put_self_links(x, a, &v);
	if (providers != NULL)
		page_put_rows(&v, "providers", providers);
	put_page(x, r, status, HS_GENERIC, PAGE_LOGIN, &v);
}

/* --- accounts --------------------------------------------------------------------------------- */

static struct page_rows *
account_rows(struct exchange *x, const struct answer *a)
{
	size_t n = a->accounts.n;
	struct page_vars *rows = arena_array(x->q->mem, struct page_vars, n);
	struct page_var *cells = arena_array(x->q->mem, struct page_var, n * 4);
	struct page_rows *out = arena_new(x->q->mem, struct page_rows);

	if (rows == NULL || cells == NULL || out == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		const struct account_shown *one = &a->accounts.at[i];
		struct page_var *cell = &cells[i * 4];

		cell[0] = (struct page_var){ .name = "account", .value = one->id };
		cell[1] = (struct page_var){ .name = "account_name", .value = one->user_name };
		cell[2] = (struct page_var){ .name = "account_n", .value = arena_printf(x->q->mem, "%zu", i + 1) };
		cell[3] = (struct page_var){ .name = "account_active", .value = S("1") };
		rows[i] = (struct page_vars){ cell, one->active ? 4 : 3 };
	}
	*out = (struct page_rows){ rows, n };
	return out;
}

/* The login page about the same request. */
static struct str
other_account_href(struct exchange *x)
{
	struct str href = local_href(x, x->w->places[PLACE_LOGIN]), saved = x->c.arg[P_SAVED_REQUEST];

	if (str_empty(saved))
		return href;
	return ARENA_CAT(x->q->mem, href, str_index(href, '?') < 0 ? S("?") : S("&"), REQUEST_IN_QUERY, saved);
}

void
speak_accounts_page(struct exchange *x, const struct answer *a, struct http_reply *r, int status, const char *error)
{
	struct page_list v = { .n = 0 };
	struct page_rows *rows = account_rows(x, a);
	const struct client *k;

	k = client_find(&x->c, str_given(a->login.client_id) ? a->login.client_id
							     : saved_param(x, a->login.saved_url, P_CLIENT_ID));
	x->page_request = a->login.saved;
	page_put(&v, "action", local_href(x, path_of(x, EP_ACCOUNTS)));
	page_put(&v, "csrf", a->login.csrf);
	page_put(&v, "saved_request", a->login.saved);
	page_put(&v, "error", str_of(error));
	page_put(&v, "login_href", other_account_href(x));
	page_put(&v, "logout_href", local_href(x, path_of(x, EP_LOGOUT)));
	if (k != NULL)
		page_put(&v, "client_name", client_shown(x, k));
	if (rows != NULL)
		page_put_rows(&v, "accounts", rows);
	put_page(x, r, rows != NULL ? status : 500, HS_GENERIC, PAGE_ACCOUNTS, &v);
}

/* --- consent ---------------------------------------------------------------------------------- */

struct page_rows *
scope_rows(struct exchange *x, const struct consent_scope *scopes, size_t n)
{
	struct page_vars *rows = arena_array(x->q->mem, struct page_vars, n);
	struct page_var *cells = arena_array(x->q->mem, struct page_var, n * 2);
	struct page_rows *out = arena_new(x->q->mem, struct page_rows);

	if (rows == NULL || cells == NULL || out == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		const struct consent_scope *s = &scopes[i];
		struct page_var *cell = &cells[i * 2];
		bool ticked = s->approved || !x->w->consent_radios;

		cell[0] = (struct page_var){ .name = "scope", .value = s->name };
		cell[1] = (struct page_var){ .name = "checked", .value = S("1") };
		rows[i] = (struct page_vars){ cell, ticked ? 2 : 1 };
	}
	*out = (struct page_rows){ rows, n };
	return out;
}

static struct page_rows *
resource_rows(struct exchange *x, const struct answer *a)
{
	size_t n = a->consent.n_resources;
	struct page_vars *rows = arena_array(x->q->mem, struct page_vars, n);
	struct page_var *cells = arena_array(x->q->mem, struct page_var, n * 2);
	struct page_rows *out = arena_new(x->q->mem, struct page_rows);

	if (rows == NULL || cells == NULL || out == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		const struct consent_resource *one = &a->consent.resources[i];

		cells[i * 2] = (struct page_var){ .name = "resource", .value = one->id };
		cells[i * 2 + 1] = (struct page_var){ .name = "resource_name", .value = one->name };
		rows[i] = (struct page_vars){ &cells[i * 2], str_given(one->name) ? 2 : 1 };
	}
	*out = (struct page_rows){ rows, n };
	return out;
}

/* The largest unit of which there are two or more: no text needs another form for one. */
static void
put_remembered(struct exchange *x, const struct answer *a, struct page_list *v)
{
	static const struct { const char *unit; int64_t s; } units[] = {
		{ "days", 86400 }, { "hours", 3600 }, { "minutes", 60 }, { "seconds", 1 } };
	int64_t s = a->consent.remembered_s;
	size_t i = 0;

	if (!a->consent.remembered)
		page_put(v, "remembered", S("not"));
	else if (s == 0)
		page_put(v, "remembered", S("ever"));
	else {
		while (i + 1 < COUNT(units) && s < 2 * units[i].s)
			i++;
		page_put(v, "remembered", str_of(units[i].unit));
		page_put(v, "remembered_n", arena_printf(x->q->mem, "%lld", (long long)(s / units[i].s)));
	}
}

/* For which APIs, for how long: what the dialects' own pages never said is left out there. */
static void
put_reach(struct exchange *x, const struct answer *a, struct page_list *v)
{
	struct page_rows *rows;

	if (!x->w->strict)
		return;
	if (a->consent.n_resources > 0 && (rows = resource_rows(x, a)) != NULL)
		page_put_rows(v, "resources", rows);
	if (a->consent.offline)
		page_put(v, "offline", S("1"));
	put_remembered(x, a, v);
}

/* Old clients script the page: by scope it has pairs of radio buttons, by yes or no two forms. */
static void
consent_style(struct exchange *x, struct page_list *v)
{
	if (x->mount->issuer->policy->consent.rule == CONSENT_YES_NO)
		page_put(v, "two_forms", S("1"));
	else if (x->w->consent_radios)
		page_put(v, "radio_style", S("1"));
}

static const char *
consent_action(const struct exchange *x)
{
	for (const struct route *r = x->w->routes; r->path != NULL; r++)
		if (r->endpoint == EP_CONSENT && !(r->flags & RF_JSON))
			return r->path;
	return path_of(x, EP_AUTHORIZE);
}

/* "https://app.example" of what the client calls its home, or of its own id. */
static struct str
client_host(const struct exchange *x, const struct client *k)
{
	struct url u;
	bool document = x->mount->issuer->policy->registration.documents && url_read(k->id, &u) == NULL && u.web;

	return host_shown(document ? k->id : client_metadata(k)->client_uri);
}

static struct str
logo_href(struct exchange *x, const struct client *k)
{
	const struct route *r = route_of_endpoint(x->w, EP_LOGO);
	struct buf b;

	if (r == NULL || str_empty(client_metadata(k)->logo_uri))
		return STR_ABSENT;
	buf_init(&b, x->q->mem, 4096);
	buf_put(&b, local_href(x, r->path));
	buf_put(&b, S("?client_id="));
	pct_encode(&b, k->id, S(""));
	return body_of(&b);
}

/* What it says of itself; whether that is so nobody knows. */
void
client_vars(struct exchange *x, const struct client *k, struct page_list *v)
{
	const struct client_metadata *m = client_metadata(k);
	struct str host = client_host(x, k);

	page_put(v, "client_host", str_some(host));
	page_put(v, "logo_href", logo_href(x, k));
	page_put(v, "policy_href", str_some(m->policy_uri));
	page_put(v, "tos_href", str_some(m->tos_uri));
	if (k->lease_s != 0)
		page_put(v, "self_registered", S("1"));
}

static bool
is_of_this_machine(struct str uri)
{
	struct url u;

	return url_read(uri, &u) == NULL && u.kind == ADDRESS_LOOPBACK;
}

void
speak_consent_page(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	struct page_list v = { .n = 0 };
	struct page_rows *rows = scope_rows(x, a->consent.scopes, a->consent.n_scopes);
	const struct client *k = a->consent.client;

	/* the question is asked at an address of its own */
	if (x->w->consent_url && exchange_endpoint(x) != EP_CONFIRM_PAGE) {
		speak_onward(x, r,
		    &(struct onward){
			x->w->consent_url(x, a), x->mount->style.redirect_status, HS_AUTHORIZE });
		return;
	}
	page_put(&v, "action", local_href(x, consent_action(x)));
	page_put(&v, "csrf", a->consent.csrf);
	page_put(&v, "client_name", client_shown(x, k));
	page_put(&v, "client_id", k->id);
	page_put(&v, "user_name", a->consent.user_name);
	page_put(&v, "redirect_host", host_shown(a->consent.redirect_uri));
	if (is_of_this_machine(a->consent.redirect_uri) && k->lease_s != 0)
		page_put(&v, "redirect_local", S("1"));
	client_vars(x, k, &v);
	page_put(&v, "request", a->consent.request_id);
	page_put(&v, "saved_request", a->consent.saved);
	if (rows != NULL)
		page_put_rows(&v, "scopes", rows);
	put_reach(x, a, &v);
	consent_style(x, &v);
	if (!details_show(x, a->consent.details, &v))
		rows = NULL;
	put_page(x, r, rows ? 200 : 500, HS_AUTHORIZE, PAGE_CONSENT, &v);
}

/* --- errors and small pages ------------------------------------------------------------------- */

/* error="...", error_description="...": the line that old clients look for. The page escapes it. */
static struct str
error_line(struct exchange *x, const struct wording *s)
{
	struct buf b;

	if (str_empty(s->error) || s->shape == ERROR_GENERIC)   /* there was no OAuth error to name */
		return STR_ABSENT;
	buf_init(&b, x->q->mem, 32 * 1024);
	buf_put(&b, S("error=\""));
	buf_put(&b, s->error);
	buf_put(&b, S("\", error_description=\""));
	buf_put(&b, s->shown);
	buf_putc(&b, '"');
	if (x->w->line_more)
		x->w->line_more(x, s, &b);
	else if (!str_empty(s->allowed) && str_is(s->error, "invalid_scope")) {
		buf_put(&b, S(", scope=\""));
		buf_put(&b, s->allowed);
		buf_putc(&b, '"');
	}
	return body_of(&b);
}

/* Where everybody's passwords are known, the page may say what elsewhere is in the log alone. */
static void
miss_vars(const struct exchange *x, struct page_list *v)
{
	if (x->miss.param == NULL)
		return;
	page_put(v, "came_name", str_of(x->miss.param));
	page_put(v, "came", x->miss.came);
	page_put(v, "near", x->miss.near);
	page_put(v, "differs", str_of(x->miss.differs));
}

void
speak_error_page(struct exchange *x, const struct wording *s, struct http_reply *r)
{
	struct page_list v = { .n = 0 };

	page_put(&v, "status", arena_printf(x->q->mem, "%d", s->status));
	if (s->shape == ERROR_OAUTH && s->why != R_NOT_FOUND && s->why != R_METHOD)
		page_put(&v, "error", s->error);
	page_put(&v, "description", s->shown);
	page_put(&v, "error_id", str_of(x->error_id));
	if (x->mount->demo)
		miss_vars(x, &v);
	if (!x->w->strict)
		page_put(&v, "line", error_line(x, s));
	put_page(x, r, s->status, HS_GENERIC, PAGE_ERROR, &v);
}

/* The first is the one that the page asks about; each of the others may go instead, or all. */
static void
put_accounts_to_leave(struct exchange *x, const struct answer *a, struct page_list *v)
{
	struct page_rows *rows = account_rows(x, a);

	page_put(v, "account", a->accounts.at[0].id);
	if (rows != NULL) {
		rows->at++;
		rows->n--;
		page_put_rows(v, "accounts", rows);
	}
}

void
speak_logout_page(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	struct page_list v = { .n = 0 };

	page_put(&v, "action", local_href(x, path_of(x, EP_LOGOUT)));
	page_put(&v, "csrf", str_given(a->login.csrf) ? a->login.csrf : a->consent.csrf);
	page_put(&v, "saved_request", a->login.saved);
	if (a->login.client != NULL)
		page_put(&v, "client_name", client_shown(x, a->login.client));
	page_put(&v, "user_name", x->c.user_name);
	if (a->accounts.n > 1)
		put_accounts_to_leave(x, a, &v);
	page_put(&v, "back_href", local_href(x, x->w->places[PLACE_HOME]));
	put_page(x, r, a->why == R_CSRF ? 403 : 200, HS_GENERIC, PAGE_LOGOUT_CONFIRM, &v);
}

/* The error page that an old address shows when nothing has failed. */
void
speak_no_error(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	struct page_list v = { .n = 0 };

	(void)a;
	page_put(&v, "title", S("title_oauth"));
	page_put(&v, "description", phrase_of(x, R_NO_ERROR).shown);
	put_page(x, r, 200, HS_GENERIC, PAGE_ERROR, &v);
}

static struct page_vars
link_row(struct exchange *x, const char *path, const char *key)
{
	struct page_var *cells = arena_array(x->q->mem, struct page_var, 2);

	if (cells == NULL)
		return (struct page_vars){ NULL, 0 };
	cells[0] = (struct page_var){ .name = "href", .value = local_href(x, path) };
	cells[1] = (struct page_var){ .name = "text", .value = str_of(key) };
	return (struct page_vars){ cells, 2 };
}

#define APPLICATIONS_MAX 64

/* Where the application begins a login with this issuer: OpenID Connect Core section 4. */
static struct str
begin_href(struct exchange *x, const struct client *k)
{
	struct str uri = client_metadata(k)->initiate_login_uri;
	struct buf b;

	buf_init(&b, x->q->mem, 16 * 1024);
	buf_put(&b, uri);
	buf_put(&b, str_index(uri, '?') < 0 ? S("?iss=") : S("&iss="));
	pct_encode(&b, x->mount->issuer->url, S(""));
	return body_of(&b);
}

static struct page_rows *
application_rows(struct exchange *x)
{
	const struct client *list[APPLICATIONS_MAX];
	size_t n = applications_of(&x->c, list, APPLICATIONS_MAX);
	struct page_vars *rows = arena_array(x->q->mem, struct page_vars, n);
	struct page_var *cells = arena_array(x->q->mem, struct page_var, n * 2);
	struct page_rows *out = n > 0 ? arena_new(x->q->mem, struct page_rows) : NULL;

	if (rows == NULL || cells == NULL || out == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		struct page_var *cell = &cells[i * 2];

		cell[0] = (struct page_var){ .name = "begin_href", .value = begin_href(x, list[i]) };
		cell[1] = (struct page_var){ .name = "client_name",
			.value = client_shown(x, list[i]) };
		rows[i] = (struct page_vars){ cell, 2 };
	}
	*out = (struct page_rows){ rows, n };
	return out;
}

void
speak_home(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	struct page_list v = { .n = 0 };
	struct page_vars links[5];
	struct page_rows rows = { links, 0 };
	struct session s;
	bool live = session_is_live(&x->c, &s);
	struct page_rows *applications = live && x->w->strict ? application_rows(x) : NULL;
	const struct route *meta = route_of_endpoint(x->w, EP_METADATA);

	(void)a;
	links[rows.n++] = live ? link_row(x, path_of(x, EP_LOGOUT), "link_logout")
			       : link_row(x, x->w->places[PLACE_LOGIN], "link_login");
	if (live && route_of_endpoint(x->w, EP_ACCOUNT) != NULL && x->mount->issuer->policy->account.pages)
		links[rows.n++] = link_row(x, path_of(x, EP_ACCOUNT), "link_account");
	if (live && route_of_endpoint(x->w, EP_APPROVALS) != NULL
	    && (x->mount->issuer->policy->grant.offered & BIT(GI_ciba)))
		links[rows.n++] = link_row(x, path_of(x, EP_APPROVALS), "link_approvals");
	if (meta != NULL)
		links[rows.n++] = link_row(x, meta->path, "link_metadata");
	if (x->mount->demo)
		links[rows.n++] = link_row(x, "/demo", "link_demo");
	page_put(&v, "issuer", x->mount->issuer->url);
	if (live)
		page_put(&v, "user_name", s.user_name);
	page_put_rows(&v, "links", &rows);
	if (applications != NULL)
		page_put_rows(&v, "applications", applications);
	put_page(x, r, 200, HS_GENERIC, PAGE_HOME, &v);
}

/* Any site may frame it: that is what it is for. Session Management 1.0 section 3.2. */
void
speak_check_session(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	(void)a;
	r->body = page_check_session(x->q->mem, cookie_name(x, "-state"));
	r->status = str_given(r->body) ? 200 : 500;
	http_reply_header(r, "Content-Type", S("text/html;charset=UTF-8"));
	http_reply_header(r, "Content-Security-Policy", page_check_session_csp(x->q->mem));
	http_reply_header(r, "X-Content-Type-Options", S("nosniff"));
	http_reply_header(r, "Cache-Control", S("public, max-age=300"));
}

static void
speak_sheet(struct http_reply *r, struct str sheet, struct str kept)
{
	r->status = 200;
	r->body = sheet;
	http_reply_header(r, "Content-Type", S("text/css;charset=UTF-8"));
	http_reply_header(r, "X-Content-Type-Options", S("nosniff"));
	http_reply_header(r, "Cache-Control", kept);
}

void
speak_style(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	(void)x, (void)a;
	speak_sheet(r, page_css(), S("public, max-age=31536000, immutable"));
}

void
speak_custom_style(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	(void)a;
	speak_sheet(r, x->mount->custom_css, S("public, max-age=300"));
}
