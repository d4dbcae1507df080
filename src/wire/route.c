/* wire/route.c - what is served at which path, by the dialect's table. RFC 9110 sections 15.5.5, 15.5.6. */
#include "wire/wire_int.h"

static const struct { enum http_method method; const char *name; } method_order[] = {
	{ M_GET, "GET" }, { M_HEAD, "HEAD" }, { M_POST, "POST" }, { M_PUT, "PUT" }, { M_PATCH, "PATCH" },
	{ M_DELETE, "DELETE" }, { M_OPTIONS, "OPTIONS" },
};

/* Served by every dialect: style sheets, the demo, logins at identity providers. The hash in the name lets a browser keep the sheet for ever. */
static const struct route common[] = {
	{ BIT(M_GET), "/assets/custom.css", EP_CUSTOM_CSS, .sources = SRC_QUERY },
	{ BIT(M_GET), "/demo", EP_DEMO, .sources = SRC_QUERY },
	{ BIT(M_GET), LOGIN_WITH_PATH "*", EP_LOGIN_WITH, .sources = SRC_QUERY },
	{ BIT(M_GET) | BIT(M_POST), LOGIN_BACK_PATH "*", EP_LOGIN_BACK, .sources = SRC_QUERY | SRC_FORM },
	{ BIT(M_GET), LOGIN_LINK_PATH, EP_LOGIN_LINK_PAGE, .sources = SRC_QUERY },
	{ BIT(M_POST), LOGIN_LINK_PATH, EP_LOGIN_LINK, .sources = SRC_FORM },
	{ 0 },
};
static const struct route style = { BIT(M_GET), "/assets/", EP_CSS, .sources = SRC_QUERY };

static bool
path_is_style(struct str path)
{
	struct str hash = page_css_hash();

	return str_starts(path, S("/assets/")) && path.n == 8 + hash.n + 4 && str_ends(path, S(".css"))
	    && str_eq(str_sub(path, 8, hash.n), hash);
}

/* A row that ends with a star takes one segment more. */
static bool
path_fits(struct str path, const char *row)
{
	struct str stem = str_of(row);

	if (!str_ends(stem, S("/*")))
		return str_eq(path, stem);
	stem.n--;
	return str_starts(path, stem) && path.n > stem.n && str_index(str_from(path, stem.n), '/') < 0;
}

struct str
route_rest(const struct route *r, struct str path)
{
	struct str stem = str_of(r->path);

	return str_ends(stem, S("/*")) ? str_from(path, stem.n - 1) : STR_ABSENT;
}

struct str
route_name(struct arena *mem, const struct route *r)
{
	struct str name = str_of(endpoint_rows[r->endpoint].name);

	if (r->only != NULL)
		return ARENA_CAT(mem, name, S("."), str_of(r->only->name));
	return r->response_type != NULL ? ARENA_CAT(mem, name, S("."), str_of(r->response_type)) : name;
}

const struct route *
route_named(struct arena *mem, const struct route *rows, struct str name)
{
	for (; rows->path != NULL; rows++)
		if (str_eq(route_name(mem, rows), name))
			return rows;
	return NULL;
}

bool
routes_meet(const struct route *a, const struct route *b)
{
	unsigned methods = a->methods & b->methods;
	struct str of_a = str_of(a->path), of_b = str_of(b->path);

	return methods != 0 && (str_eq(of_a, of_b) || path_fits(of_a, b->path) || path_fits(of_b, a->path));
}

/* Rows may share a path: the one that takes the method, else the first. */
static const struct route *
find_in(const struct route *table, struct str path, enum http_method m)
{
	const struct route *first = NULL;

	for (const struct route *r = table; r->path != NULL; r++) {
		if (!path_fits(path, r->path))
			continue;
		if (route_takes(r, m))
			return r;
		if (first == NULL)
			first = r;
	}
	return first;
}

bool
route_is_reserved(struct str path)
{
	return str_starts(path, S("/assets/")) || find_in(common, path, M_GET) != NULL;
}

const struct route *
route_find(const struct wire *w, struct str path, enum http_method m)
{
	const struct route *r = find_in(w->routes, path, m);

	if (r == NULL)
		r = find_in(common, path, m);
	return r == NULL && path_is_style(path) ? &style : r;
}

bool
route_takes(const struct route *r, enum http_method m)
{
	return (r->methods & BIT(m)) || (m == M_HEAD && (r->methods & BIT(M_GET)));
}

/* Every method that some row of this path takes. */
static unsigned
methods_of(const struct wire *w, const struct route *here)
{
	unsigned methods = here->methods;

	for (const struct route *r = w->routes; r->path != NULL; r++)
		if (strcmp(r->path, here->path) == 0)
			methods |= r->methods;
	return methods;
}

struct str
route_allow(struct arena *mem, const struct wire *w, const struct route *r)
{
	struct route all = { .methods = methods_of(w, r) };
	struct buf b;

	if (r->allow)
		return str_of(r->allow);
	buf_init(&b, mem, 256);
	for (size_t i = 0; i < COUNT(method_order); i++) {
		if (!route_takes(&all, method_order[i].method))
			continue;
		if (b.n)
			buf_put(&b, S(", "));
		buf_put(&b, str_of(method_order[i].name));
	}
	return buf_str(&b);
}

const struct route *
route_of_endpoint(const struct wire *w, enum endpoint e)
{
	for (const struct route *r = w->routes; r->path != NULL; r++)
		if (r->endpoint == e)
			return r;
	return NULL;
}

struct str
wire_userinfo_url(const struct wire *w, struct str issuer_url, struct arena *mem)
{
	const struct route *r = route_of_endpoint(w, EP_USERINFO);

	return r != NULL ? ARENA_CAT(mem, issuer_url, str_of(r->path)) : STR_ABSENT;
}

struct str
wire_status_lists_url(const struct wire *w, const struct policy *policy, struct str issuer_url, struct arena *mem)
{
	const struct route *r = policy->token.status_list ? route_of_endpoint(w, EP_STATUS_LIST) : NULL;

	return r != NULL && str_ends(str_of(r->path), S("/*"))
	    ? ARENA_CAT(mem, issuer_url, str_sub(str_of(r->path), 0, strlen(r->path) - 2)) : STR_ABSENT;
}

const struct grant_row *
grant_row_of(const struct wire *w, const struct grant *g)
{
	for (const struct grant_row *row = w->grants; row->name != NULL; row++)
		if (row->grant == g)
			return row;
	return NULL;
}

enum endpoint
exchange_endpoint(const struct exchange *x)
{
	return x->route ? x->route->endpoint : EP_COUNT;
}

struct str
issuer_href(const struct exchange *x, const char *path)
{
	return ARENA_CAT(x->q->mem, x->mount->issuer->url, str_of(path));
}

struct str
mtls_href(const struct exchange *x, const char *path)
{
	struct str url = x->mount->issuer->mtls_url;

	return str_given(url) ? ARENA_CAT(x->q->mem, url, str_of(path)) : STR_ABSENT;
}

struct str
local_href(const struct exchange *x, const char *path)
{
	return ARENA_CAT(x->q->mem, x->mount->prefix, str_of(path));
}
