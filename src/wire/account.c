/* wire/account.c - the pages on which people look after their account: what oauth/account_page.h says, as HTML. */
#include "oauth/account_page.h"
#include "wire/wire_int.h"

#include <time.h>

static const struct section { enum endpoint endpoint; const char *word; enum page_kind page; } sections[] = {
#define ACCOUNT_SECTION(id, endpoint, page, word, offered) [ACCOUNT_##id] = { EP_##endpoint, #word, PAGE_##page },
#include "oauth/account_sections.def"
#undef ACCOUNT_SECTION
};

static struct str
href_of(struct exchange *x, enum endpoint e)
{
	const struct route *r = route_of_endpoint(x->w, e);

	return r != NULL ? local_href(x, r->path) : STR_ABSENT;
}

struct str
account_home_href(struct exchange *x)
{
	return x->mount->issuer->policy->account.pages ? href_of(x, EP_ACCOUNT) : STR_ABSENT;
}

/* A row of a list in the making; its cells lie in the call's memory. NULL: there is no memory. */
struct cells { struct page_var *at; size_t n; };

static void
cell(struct cells *c, const char *name, struct str value)
{
	if (str_given(value))
		c->at[c->n++] = (struct page_var){ .name = name, .value = value };
}

/* Rows for a page, n of them at most, each of so many cells. NULL: there is no memory. */
struct table { struct page_vars *rows; struct page_var *cells; size_t width; struct page_rows out; };

static struct table *
table_new(struct exchange *x, size_t n, size_t width)
{
	struct table *t = arena_new(x->q->mem, struct table);

	if (t == NULL)
		return NULL;
	t->rows = arena_array(x->q->mem, struct page_vars, n + 1);
	t->cells = arena_array(x->q->mem, struct page_var, (n + 1) * width);
	t->width = width;
	t->out.at = t->rows;
	return t->rows != NULL && t->cells != NULL ? t : NULL;
}

static struct cells
table_row(struct table *t)
{
	return (struct cells){ &t->cells[t->out.n * t->width], 0 };
}

static void
table_add(struct table *t, const struct cells *c)
{
	t->rows[t->out.n++] = (struct page_vars){ c->at, c->n };
}

static void
table_put(struct page_list *v, const char *name, const struct table *t)
{
	if (t != NULL && t->out.n > 0)
		page_put_rows(v, name, &t->out);
}

static struct str
number(struct exchange *x, size_t n)
{
	return arena_printf(x->q->mem, "%zu", n);
}

/* "2026-01-02 03:04 UTC", so that it is the same wherever it is read; absent: not known. */
static struct str
moment(struct exchange *x, int64_t s)
{
	time_t at = (time_t)s;
	char text[64];
	struct tm t;

	if (s <= 0 || gmtime_r(&at, &t) == NULL)
		return STR_ABSENT;
	return arena_dup(x->q->mem, str_span(text, strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &t)));
}

/* --- what every page has -------------------------------------------------------------------------- */

static void
put_sections(struct exchange *x, const struct account_page *p, struct page_list *v)
{
	struct table *t = table_new(x, ACCOUNT_SECTIONS, 3);

	for (int i = 0; t != NULL && i < ACCOUNT_SECTIONS; i++) {
		struct cells c = table_row(t);
		struct str href = href_of(x, sections[i].endpoint);

		if (!p->offered[i] || !str_given(href))
			continue;
		cell(&c, "section", str_of(sections[i].word));
		cell(&c, "href", href);
		if (p->section == (enum account_section)i)
			cell(&c, "current", S("1"));
		table_add(t, &c);
	}
	table_put(v, "sections", t);
}

static struct str
switch_href(struct exchange *x, struct str here)
{
	struct str chooser = href_of(x, EP_ACCOUNTS);

	return str_given(here) && str_given(chooser) ? ARENA_CAT(x->q->mem, chooser, S("?"), REQUEST_IN_QUERY, here)
						     : STR_ABSENT;
}

static void
put_common(struct exchange *x, const struct account_page *p, struct page_list *v)
{
	page_put(v, "user_name", p->user_name);
	page_put(v, "display_name", str_some(p->display_name));
	page_put(v, "account_href", href_of(x, EP_ACCOUNT));
	page_put(v, "switch_href", switch_href(x, p->here));
	page_put(v, "logout_href", href_of(x, EP_LOGOUT));
	page_put(v, "action", local_href(x, x->route->path));
	page_put(v, "csrf", p->csrf);
	if (p->section == ACCOUNT_HOME)
		page_put(v, "account_home", S("1"));
	if (p->error != NULL)
		page_put(v, "error", str_of(p->error));
	if (p->notice != NULL)
		page_put(v, "notice", str_of(p->notice));
	if (p->wait_s > 0)
		page_put(v, "wait_s", number(x, (size_t)p->wait_s));
	if (p->managed)
		page_put(v, "managed", S("1"));
	if (p->more)
		page_put(v, "more", S("1"));
	put_sections(x, p, v);
}

/* --- profile -------------------------------------------------------------------------------------- */

/* The key of its text: a member of an address has no dot there. */
static struct str
label_of(struct exchange *x, const char *name)
{
	struct str s = arena_dup(x->q->mem, str_of(name));
	ptrdiff_t dot = str_index(s, '.');

	return dot < 0 ? s : ARENA_CAT(x->q->mem, str_sub(s, 0, (size_t)dot), S("_"), str_from(s, (size_t)dot + 1));
}

/* What a browser may fill in by itself: HTML Standard, autofill; WCAG 2.2, 1.3.5. */
static struct str
autocomplete_of(const char *name)
{
	static const struct { const char *name, *token; } rows[] = {
		{ "name", "name" }, { "given_name", "given-name" }, { "family_name", "family-name" },
		{ "middle_name", "additional-name" }, { "nickname", "nickname" }, { "picture", "photo" },
		{ "website", "url" }, { "gender", "sex" }, { "birthdate", "bday" }, { "locale", "language" },
		{ "address.street_address", "street-address" }, { "address.postal_code", "postal-code" },
		{ "address.locality", "address-level2" }, { "address.region", "address-level1" },
		{ "address.country", "country-name" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			return str_of(rows[i].token);
	return STR_ABSENT;
}

static void
put_profile(struct exchange *x, const struct account_page *p, struct page_list *v)
{
	struct table *t = table_new(x, p->n_fields, 8);

	for (size_t i = 0; t != NULL && i < p->n_fields; i++) {
		const struct account_field *f = &p->fields[i];
		struct cells c = table_row(t);

		cell(&c, "label", label_of(x, f->name));
		cell(&c, "field_name", str_of(f->name));
		cell(&c, "field_value", str_some(f->value));
		cell(&c, "input_type", str_of(f->input));
		cell(&c, "autocomplete", autocomplete_of(f->name));
		cell(&c, f->may_change ? "may_change" : "fixed", S("1"));
		if (f->wrong != NULL)
			cell(&c, "wrong", str_of(f->wrong));
		if (f->mark != ACCOUNT_UNMARKED)
			cell(&c, f->mark == ACCOUNT_VERIFIED ? "verified" : "unverified", S("1"));
		table_add(t, &c);
	}
	table_put(v, "profile_fields", t);
	page_put(v, "seen", p->seen);
	if (p->may_change)
		page_put(v, "changes", S("1"));
}

/* --- password ------------------------------------------------------------------------------------- */

static void
put_password(struct exchange *x, const struct account_page *p, struct page_list *v)
{
	put_password_rules(x, &p->rules, v);
}

/* --- sessions, applications ----------------------------------------------------------------------- */

static struct str
client_name(struct exchange *x, struct str id)
{
	const struct client *k = client_find(&x->c, id);

	return k != NULL ? client_shown(x, k) : id;
}

/* "Shop, Till" */
static struct str
client_names(struct exchange *x, struct str ids)
{
	struct buf b;
	struct str id;

	buf_init(&b, x->q->mem, BODY_MAX);
	while (str_given(ids) && (id = str_cut(&ids, ' ')).p != NULL) {
		if (id.n == 0)
			continue;
		if (b.n > 0)
			buf_put(&b, S(", "));
		buf_put(&b, client_name(x, id));
	}
	return str_some(buf_str(&b));
}

/* Another issuer than the one whose page it is. */
static struct str
other_issuer(const struct exchange *x, struct str issuer)
{
	return str_eq(issuer, x->mount->issuer->name) ? STR_ABSENT : issuer;
}

static void
put_sessions(struct exchange *x, const struct account_page *p, struct page_list *v)
{
	struct table *t = table_new(x, p->n_logins, 10);
	bool others = p->more;

	for (size_t i = 0; t != NULL && i < p->n_logins; i++) {
		const struct account_login *l = &p->logins[i];
		struct cells c = table_row(t);

		cell(&c, "login", l->id);
		cell(&c, "login_n", number(x, i + 1));
		cell(&c, "browser", agent_shown(x->q->mem, l->agent));
		cell(&c, "agent", str_some(l->agent));
		cell(&c, "address", str_some(l->address));
		cell(&c, "issuer", other_issuer(x, l->issuer));
		cell(&c, "begun", moment(x, l->begun_s));
		cell(&c, "last", moment(x, l->seen_s));
		cell(&c, "used_for", client_names(x, l->clients));
		if (l->here)
			cell(&c, "this_one", S("1"));
		others = others || !l->here;
		table_add(t, &c);
	}
	table_put(v, "logins", t);
	if (others)
		page_put(v, "others", S("1"));
}

static void
put_identities(struct exchange *x, const struct account_page *p, struct page_list *v)
{
	struct page_rows *providers = upstream_rows(x, p->providers, STR_ABSENT);
	struct table *t = table_new(x, p->n_identities, 7);

	for (size_t i = 0; t != NULL && i < p->n_identities; i++) {
		const struct account_identity *r = &p->identities[i];
		struct cells c = table_row(t);

		cell(&c, "identity_n", number(x, i + 1));
		cell(&c, "identity_handle", r->sealed);
		cell(&c, "provider", r->provider);
		cell(&c, "provider_label", r->at != NULL ? upstream_label(x, r->at) : STR_ABSENT);
		cell(&c, "provider_user", str_some(r->shown));
		cell(&c, "connected", moment(x, r->linked_s));
		cell(&c, "last", moment(x, r->last_s));
		table_add(t, &c);
	}
	table_put(v, "identities", t);
	if (providers != NULL)
		page_put_rows(v, "providers", providers);
}

static void
put_connecting(struct exchange *x, const struct account_identity *r, struct page_list *v)
{
	page_put(v, "identity", r->sealed);
	page_put(v, "provider_label", upstream_label(x, r->at));
	page_put(v, "provider_user", str_some(r->shown));
}

static struct table *
scope_words(struct exchange *x, struct str scopes)
{
	struct table *t;
	struct str word;
	size_t n = 1;

	for (size_t i = 0; i < scopes.n; i++)
		n += scopes.p[i] == ' ';
	t = table_new(x, n, 1);
	while (t != NULL && str_given(scopes) && (word = str_cut(&scopes, ' ')).p != NULL) {
		struct cells c = table_row(t);

		if (word.n == 0)
			continue;
		cell(&c, "scope", word);
		table_add(t, &c);
	}
	return t;
}

static void
put_clients(struct exchange *x, const struct account_page *p, struct page_list *v)
{
	struct table *t = table_new(x, p->n_clients, 9);

	for (size_t i = 0; t != NULL && i < p->n_clients; i++) {
		const struct account_client *k = &p->clients[i];
		struct table *scopes = scope_words(x, k->scopes);
		struct cells c = table_row(t);

		cell(&c, "client_name", client_name(x, k->client));
		cell(&c, "client_id", str_eq(k->name, k->client) ? STR_ABSENT : k->client);
		cell(&c, "client_n", number(x, i + 1));
		cell(&c, "client_handle", k->sealed);
		cell(&c, "issuer", other_issuer(x, k->issuer));
		cell(&c, "since", moment(x, k->since_s));
		cell(&c, "until", moment(x, k->until_s));
		if (k->holds)
			cell(&c, "holds", S("1"));
		if (scopes != NULL && scopes->out.n > 0)
			c.at[c.n++] = (struct page_var){ .name = "scopes", .rows = &scopes->out };
		table_add(t, &c);
	}
	table_put(v, "clients", t);
}

/* -------------------------------------------------------------------------------------------------- */

static enum page_kind
kind_of(const struct account_page *p)
{
	return p->connecting.at != NULL ? PAGE_ACCOUNT_CONNECT
	    : p->section == ACCOUNT_HOME ? PAGE_ACCOUNT
	    : p->section == ACCOUNT_DELETED ? PAGE_ACCOUNT_DELETED : sections[p->section].page;
}

void
speak_account_page(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	const struct account_page *p = a->account;
	struct page_list v = { .n = 0 };

	put_common(x, p, &v);
	switch (p->section) {
	case ACCOUNT_PROFILE: put_profile(x, p, &v); break;
	case ACCOUNT_PASSWORD: put_password(x, p, &v); break;
	case ACCOUNT_SESSIONS: put_sessions(x, p, &v); break;
	case ACCOUNT_IDENTITIES:
		if (p->connecting.at != NULL)
			put_connecting(x, &p->connecting, &v);
		else
			put_identities(x, p, &v);
		break;
	case ACCOUNT_APPLICATIONS: put_clients(x, p, &v); break;
	case ACCOUNT_DELETION:
		if (p->asks_password)
			page_put(&v, "asks_password", S("1"));
		break;
	default: break;
	}
	put_page(x, r, p->status, HS_GENERIC, kind_of(p), &v);
	if (p->wait_s > 0)
		http_reply_header(r, "Retry-After", number(x, (size_t)p->wait_s));
}

/* A file for whoever it is about, and for nobody in between. */
void
speak_account_data(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	r->status = 200;
	r->body = a->document.body;
	reply_headers(x, r, HS_GENERIC);
	http_reply_header(r, "Content-Type", a->document.type);
	http_reply_header(r, "Content-Disposition", S("attachment; filename=\"account.json\""));
}
