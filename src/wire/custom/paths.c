/* wire/custom/paths.c - `paths`: where endpoints are, and what follows a path that moved. */
#include "wire/custom/custom.h"

#define ROUTES_MAX 64

struct table { struct route at[ROUTES_MAX + 1]; size_t n; };

static const struct route *
named(struct derive *d, const struct route *rows, struct str name)
{
	return route_named(d->mem, rows, name);
}

/* Browsers are led there, by pages and redirects. */
static bool
is_needed(const struct wire *base, enum endpoint e)
{
	return endpoint_is(e, EF_NEEDED) || e == EP_ACCOUNTS || (e == EP_CONFIRM_PAGE && base->consent_url);
}

/* --- one path --------------------------------------------------------------------------------- */

static bool
has_dots(struct str path)
{
	struct str rest = str_from(path, 1), piece;

	while (str_given(rest) && (piece = str_cut(&rest, '/')).p)
		if (str_is(piece, ".") || str_is(piece, ".."))
			return true;
	return str_contains(path, S("//"));
}

/*
 * Matched byte for byte, so it has one spelling only; a star at its end is one segment more: a phone
 * number, the id of a client.
 */
static bool
path_is_good(struct derive *d, const struct tree *node, struct str path, enum endpoint e)
{
	struct str stem = path;
	const char *bad = NULL;

	if ((e == EP_SMS_CODE || e == EP_REGISTERED || e == EP_STATUS_LIST) && str_ends(path, S("/*")))
		stem.n--;
	for (size_t i = 0; i < stem.n && bad == NULL; i++) {
		char c = stem.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || strchr("/-._~", c)))
			bad = say("a path is of letters, digits and / - . _ ~");
	}
	if (path.n == 0 || path.p[0] != '/')
		bad = say("a path begins with / and has no host; the issuer's URL stands before it");
	else if (path.n > 200)
		bad = say("the path is longer than 200 bytes");
	else if (bad == NULL && has_dots(stem))
		bad = say("a path has no empty segment, no . and no ..");
	else if (bad == NULL && route_is_reserved(path))
		bad = say("/assets/, /demo, /login/with/, /login/back/ and /login/link are taken; choose another path");
	if (bad != NULL)
		wrong(d, "paths", node, "\"%.*s\": %s", STR_ARG(path), bad);
	return bad == NULL;
}

static void
add(struct derive *d, struct table *t, const struct route *like, struct str path)
{
	if (t->n == ROUTES_MAX) {
		wrong(d, "paths", NULL, "there are more than %d paths", ROUTES_MAX);
		return;
	}
	t->at[t->n] = *like;
	if (str_given(path))
		t->at[t->n].path = arena_z(d->mem, path);
	t->n++;
}

/* The i-th path gets the manners of the base's i-th row of that name, those beyond the last the last one's. */
static void
place(struct derive *d, struct table *t, const struct tree *node, const struct route *rows, struct str name)
{
	const struct route *like = rows;
	struct words paths;

	if (!words_of(d, "paths", node, &paths))
		return;
	if (paths.n == 0 && is_needed(d->base, rows->endpoint))
		wrong(d, "paths", node, "browsers are led there; give it another path instead");
	for (size_t i = 0; i < paths.n; i++) {
		const struct route *next = like->path[0] != '\0' && i > 0 ? named(d, like + 1, name) : NULL;

		like = next ? next : like;
		if (path_is_good(d, node, paths.at[i], rows->endpoint))
			add(d, t, like, paths.at[i]);
	}
}

/* --- what the base does not have -------------------------------------------------------------- */

static const struct grant *
grant_called(struct str name)
{
	for (int i = 0; i < GI_COUNT; i++)
		if (str_is(name, grants[i]->name))
			return grants[i];
	return NULL;
}

/* The manners of an endpoint that a dialect may take up though its base has none; false: it may not. */
static bool
addition(enum endpoint e, struct route *out)
{
	bool get = endpoint_is(e, EF_BY_GET), post = endpoint_is(e, EF_BY_POST);

	*out = (struct route){ .methods = (get ? BIT(M_GET) : 0) | (post ? BIT(M_POST) : 0), .path = "", .endpoint = e,
		.sources = endpoint_is(e, EF_PAGE) ? SRC_QUERY | SRC_FORM : post ? 0 : SRC_QUERY };
	return get || post;
}

static bool
addition_named(struct str name, struct route *out)
{
	for (int e = 0; e < EP_COUNT; e++)
		if (str_is(name, endpoint_rows[e].name) && addition((enum endpoint)e, out))
			return true;
	return false;
}

/* "token.GRANT" and "authorize.code": the base's own row, narrowed. */
static bool
narrowed(const struct wire *base, struct str name, struct route *out)
{
	const struct route *token = route_of_endpoint(base, EP_TOKEN),
			   *authorize = route_of_endpoint(base, EP_AUTHORIZE);
	const struct grant *g = str_starts(name, S("token.")) ? grant_called(str_from(name, 6)) : NULL;

	if (g != NULL && token != NULL) {
		*out = *token;
		out->only = g;
		out->flags |= RF_IMPLIED_GRANT;
		return true;
	}
	if (authorize == NULL || (!str_is(name, "authorize.code") && !str_is(name, "authorize.token")))
		return false;
	*out = *authorize;
	out->response_type = str_is(name, "authorize.code") ? "code" : "token";
	return true;
}

void
unknown_endpoint(struct derive *d, const char *map, const struct tree *node)
{
	struct nearest near = nearest_to(node->name);

	for (const struct route *r = d->base->routes; r->path != NULL; r++)
		nearest_try(&near, route_name(d->mem, r));
	for (int e = 0; e < EP_COUNT; e++)
		if (endpoint_is((enum endpoint)e, EF_BY_GET | EF_BY_POST))
			nearest_try(&near, str_of(endpoint_rows[e].name));
	wrong_name(d, map, node, "endpoint", &near);
}

static void
place_addition(struct derive *d, struct table *t, const struct tree *node)
{
	struct route own[2] = { { 0 } };
	const struct route *like =
	    addition_named(node->name, &own[0]) || narrowed(d->base, node->name, &own[0]) ? own : NULL;

	if (like == NULL)
		unknown_endpoint(d, "paths", node);
	else if (d->base->strict)
		wrong(d, "paths", node, "%s is strict and takes up no endpoint that it does not have", d->base->name);
	else if (like->endpoint == EP_USERINFO && d->base->userinfo == NULL && d->spec->userinfo == NULL)
		wrong(d, "paths", node, "%s has no user information; say in `userinfo` what is printed", d->base->name);
	else
		place(d, t, node, like, node->name);
}

/* --- the table -------------------------------------------------------------------------------- */

static void
fill_table(struct derive *d, struct table *t)
{
	const struct tree *paths = d->spec->paths;

	for (const struct route *r = d->base->routes; r->path != NULL; r++) {
		struct str name = route_name(d->mem, r);
		const struct tree *node = tree_member(paths, arena_z(d->mem, name));

		if (node == NULL)
			add(d, t, r, STR_ABSENT);
		else if (named(d, d->base->routes, name) == r)
			place(d, t, node, r, name);
	}
	for (size_t i = 0; paths != NULL && i < paths->n; i++)
		if (named(d, d->base->routes, paths->at[i].name) == NULL)
			place_addition(d, t, &paths->at[i]);
}

static const struct tree *
node_of(struct derive *d, const struct route *r)
{
	return tree_member(d->spec->paths, arena_z(d->mem, route_name(d->mem, r)));
}

static void
check_meetings(struct derive *d)
{
	for (const struct route *a = d->w->routes; a->path != NULL; a++)
		for (const struct route *b = a + 1; b->path != NULL; b++) {
			const struct tree *node = node_of(d, b);

			if (routes_meet(a, b))
				wrong(d, "paths", node ? node : node_of(d, a),
					"%.*s and %.*s are both at %s; give one of them another path",
					STR_ARG(route_name(d->mem, a)), STR_ARG(route_name(d->mem, b)), b->path);
		}
}

/* Where browsers are sent: the path that the base names there, moved like the row that it belongs to. */
static void
move_places(struct derive *d)
{
	for (size_t p = 0; p < COUNT(d->w->places); p++) {
		struct str query = str_of(d->base->places[p]),
			   path = str_given(query) ? str_cut(&query, '?') : STR_ABSENT;

		for (const struct route *r = d->base->routes; str_given(path) && r->path != NULL; r++) {
			const struct route *now = str_is(path, r->path) && route_takes(r, M_GET)
			    ? named(d, d->w->routes, route_name(d->mem, r))
			    : NULL;

			if (now == NULL)
				continue;
			d->w->places[p] = arena_z(d->mem,
			    ARENA_CAT(d->mem, str_of(now->path), str_given(query) ? S("?") : S(""), query));
			break;
		}
	}
}

void
read_paths(struct derive *d)
{
	struct table *t = arena_new(d->mem, struct table);

	if (t == NULL)
		return;
	fill_table(d, t);
	d->w->routes = t->at;
}

void
routes_settle(struct derive *d)
{
	check_meetings(d);
	move_places(d);
}

/* --- printed ---------------------------------------------------------------------------------- */

bool
route_seen_before(const struct wire *w, const struct route *r, struct arena *mem)
{
	for (const struct route *p = w->routes; p < r; p++)
		if (str_eq(route_name(mem, p), route_name(mem, r)))
			return true;
	return false;
}

void
show_paths(struct buf *b, const struct wire *w, const struct wire *base)
{
	buf_put(b, S("    paths:\n"));
	for (const struct route *r = w->routes; r->path != NULL; r++) {
		struct str paths[WORDS_MAX];
		size_t n = 0;

		if (route_seen_before(w, r, b->mem))
			continue;
		for (const struct route *p = r; p->path != NULL; p++)
			if (str_eq(route_name(b->mem, p), route_name(b->mem, r)))
				one_more(paths, &n, p->path);
		put_key(b, "      ", route_name(b->mem, r));
		put_words(b, paths, n);
	}
	for (const struct route *r = base ? base->routes : w->routes; base && r->path != NULL; r++)
		if (!route_seen_before(base, r, b->mem)
		    && route_named(b->mem, w->routes, route_name(b->mem, r)) == NULL) {
			put_key(b, "      ", route_name(b->mem, r));
			put_words(b, NULL, 0);
		}
}
