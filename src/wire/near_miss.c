/*
 * wire/near_miss.c - of a refused request: what came, and what is registered nearest to it. It is
 * for the log line and, in a demo, for the page. Values come from outside: bounded, and no query's
 * value, user name or long word without a likeness is repeated, for it may be a secret.
 */
#include "wire/wire_int.h"

#define SHOWN_MAX   256
#define WORD_MAX    40                  /* a word that is like nothing here and longer is cut: a secret in the wrong place */
#define TRIES_MAX   64                  /* distances computed for one request */

/* --- what may be shown ------------------------------------------------------------------------ */

/* At most n bytes of it, whole characters. */
static struct str
cut(struct str s, size_t n)
{
	size_t used = 0, step;

	while (used < s.n && (step = str_utf8_step(str_from(s, used))) > 0 && used + step <= n)
		used += step;
	return str_sub(s, 0, used);
}

/* Names of a query with "…" in the place of the values that the registered address has not. */
static struct str
query_shown(struct arena *mem, struct str query, struct str registered)
{
	struct str piece, out = S("?");
	bool first = true;

	while (str_given(query) && (piece = str_cut(&query, '&')).p) {
		struct str whole = piece, name = str_cut(&piece, '=');
		bool known = str_contains(registered, whole) && whole.n > 0;

		out = ARENA_CAT(mem, out, first ? S("") : S("&"),
		    known || !str_given(piece) ? whole : ARENA_CAT(mem, name, S("=…")));
		first = false;
	}
	return out;
}

/* Scheme, host, port and path as they came; a user name, and what may hold a value of somebody, is left out. */
static struct str
address_shown(struct arena *mem, struct str uri, struct str registered)
{
	ptrdiff_t hash = str_index(uri, '#'), mark;
	struct str base = hash < 0 ? uri : str_sub(uri, 0, (size_t)hash), query = STR_ABSENT, path, out;
	ptrdiff_t at, slash;

	mark = str_index(base, '?');
	if (mark >= 0) {
		query = str_from(base, (size_t)mark + 1);
		base = str_sub(base, 0, (size_t)mark);
	}
	at = str_rindex(base, '@');
	slash = str_index(base, ':');
	if (at >= 0 && slash >= 0 && slash < at)
		base = ARENA_CAT(mem, str_sub(base, 0, (size_t)slash + 1),
		    str_starts(str_from(base, (size_t)slash), S("://")) ? S("//…") : S("…"),
		    str_from(base, (size_t)at));
	path = cut(base, SHOWN_MAX);
	out = ARENA_CAT(mem, path, str_given(query) ? query_shown(mem, query, registered) : S(""),
	    hash < 0 ? S("") : S("#…"));
	return out.n > SHOWN_MAX ? ARENA_CAT(mem, cut(out, SHOWN_MAX - 8), S("…")) : out;
}

static struct str
word_shown(struct arena *mem, struct str word, bool is_like_one)
{
	if (is_like_one || word.n <= WORD_MAX / 2)
		return cut(word, SHOWN_MAX);
	return ARENA_CAT(mem, cut(word, 4), S("…"));
}

/* --- the address ------------------------------------------------------------------------------ */

static bool
but_for_slash(struct str a, struct str b)
{
	if (a.n < b.n)
		return but_for_slash(b, a);
	return a.n == b.n + 1 && a.p[b.n] == '/' && str_eq(str_sub(a, 0, b.n), b);
}

struct difference { const char *first; int n; };

static void
differ(struct difference *d, bool differs, const char *what, int weight)
{
	if (!differs)
		return;
	if (d->first == NULL)
		d->first = what;
	d->n += weight;
}

/* The first part that differs, and how far apart the two are. */
static struct difference
difference_of(struct str registered, struct str asked)
{
	struct difference d = { NULL, 0 };
	struct url r, a;

	if (url_read(registered, &r) != NULL || url_read(asked, &a) != NULL)
		return (struct difference){ str_eq_nocase(registered, asked) ? "case"
			    : but_for_slash(registered, asked)               ? "slash"
									     : "form",
			20 };
	differ(&d, !str_eq_nocase(r.scheme, a.scheme), "scheme", 1);
	differ(&d, strcmp(r.host, a.host) != 0, "host", 5);
	differ(&d, r.port != a.port && str_eq_nocase(r.scheme, a.scheme), "port", 1);
	differ(&d, but_for_slash(r.path, a.path), "slash", 1);
	differ(&d, !str_eq(r.path, a.path) && str_eq_nocase(r.path, a.path), "case", 1);
	differ(&d, !but_for_slash(r.path, a.path) && !str_eq_nocase(r.path, a.path), "path", 3);
	differ(&d, !str_eq(r.query, a.query) || str_given(r.query) != str_given(a.query), "query", 2);
	differ(&d, str_given(a.fragment), "fragment", 1);
	differ(&d, d.first == NULL, "case", 1);
	return d;
}

static void
address_missed(struct exchange *x)
{
	struct near_miss *m = &x->miss;
	struct str rest = x->c.client != NULL ? x->c.client->redirect_uris : STR_ABSENT, one,
		   asked = x->c.arg[P_REDIRECT_URI];
	struct difference best = { NULL, INT32_MAX };

	m->param = wire_param_name(x->w, P_REDIRECT_URI);
	while (str_given(rest) && (one = str_cut(&rest, '\n')).p) {
		struct difference d = difference_of(one, asked);

		if (one.n == 0 || d.n >= best.n)
			continue;
		best = d;
		m->near = one;
	}
	m->came = str_empty(asked) ? STR_ABSENT : address_shown(x->q->mem, asked, m->near);
	m->differs = str_empty(asked) ? NULL : best.first;
	m->near = cut(m->near, SHOWN_MAX);
}

/* --- words ------------------------------------------------------------------------------------ */

static void
word_missed(struct exchange *x, enum param p, struct str came, struct nearest near)
{
	x->miss = (struct near_miss){ wire_param_name(x->w, p),
		str_empty(came) ? STR_ABSENT : word_shown(x->q->mem, came, str_given(near.name)), near.name,
		NULL };
}

/*
 * Distances are expensive, and a stranger asks for them: only what begins or ends alike is
 * measured, and not for ever.
 */
static void
client_missed(struct exchange *x, struct str came)
{
	struct nearest near = nearest_to(came);
	const struct client *list;
	size_t n = realm_clients(x->mount->issuer->realm, &list);
	int tries = 0;

	for (size_t i = 0; came.n > 0 && i < n && tries < TRIES_MAX; i++) {
		struct str id = list[i].id;

		if (id.n == 0
		    || (ascii_lower(id.p[0]) != ascii_lower(came.p[0])
			&& id.p[id.n - 1] != came.p[came.n - 1])
		    || id.n > came.n + near.far || came.n > id.n + near.far)
			continue;
		nearest_try(&near, id);
		tries++;
	}
	word_missed(x, P_CLIENT_ID, came, near);
}

/* The first word that the client has not; without one, what it has. */
static void
scope_missed(struct exchange *x)
{
	struct str rest = x->c.arg[P_SCOPE], has = x->c.client != NULL ? x->c.client->scopes : STR_ABSENT,
		   word = STR_ABSENT, one;
	struct nearest near;

	while (str_given(rest) && (word = str_cut(&rest, ' ')).p && (word.n == 0 || str_has_word(has, word, ' ')))
		word = STR_ABSENT;
	near = nearest_to(word);
	for (int i = 0; i < TRIES_MAX && word.n > 0 && str_given(has) && (one = str_cut(&has, ' ')).p; i++)
		nearest_try(&near, one);
	if (!str_given(near.name) && x->c.client != NULL)
		near.name = str_sub(x->c.client->scopes, 0, SHOWN_MAX);
	word_missed(x, P_SCOPE, word, near);
}

static void
grant_missed(struct exchange *x, struct str came)
{
	struct nearest near = nearest_to(came);

	for (const struct grant_row *g = x->w->grants; g->name != NULL; g++)
		nearest_try(&near, str_of(g->name));
	word_missed(x, P_GRANT_TYPE, came, near);
}

/* The whole value was noted for the log; what may be repeated of it stands in its place. */
static void
detail_drop(struct exchange *x)
{
	static const enum param compared[] = { P_CLIENT_ID, P_REDIRECT_URI, P_SCOPE, P_GRANT_TYPE, P_RESPONSE_TYPE };

	for (size_t i = 0; i < COUNT(compared); i++)
		if (str_given(x->c.detail) && str_eq(x->c.detail, x->c.arg[compared[i]]))
			x->c.detail = STR_ABSENT;
}

void
near_miss_find(struct exchange *x)
{
	struct str word = STR_ABSENT;

	if (x->miss.param != NULL)
		return;
	switch (x->why) {
	case R_AUTHZ_CLIENT:
		client_missed(x, x->c.arg[P_CLIENT_ID]);
		break;
	case R_REDIRECT_UNREGISTERED: case R_REDIRECT_MISSING: case R_REDIRECT_NONE: case R_CODE_REDIRECT:
		address_missed(x);
		break;
	case R_SCOPE_UNKNOWN: case R_SCOPE_WIDER: case R_SCOPE_EMPTY:
		scope_missed(x);
		break;
	case R_GRANT_UNKNOWN:
		grant_missed(x, x->c.arg[P_GRANT_TYPE]);
		break;
	case R_GRANT_FORBIDDEN:
		word = x->c.client != NULL ? str_sub(x->c.client->grants, 0, SHOWN_MAX) : STR_ABSENT;
		word_missed(x, P_GRANT_TYPE, x->c.arg[P_GRANT_TYPE], (struct nearest){ .name = word });
		break;
	case R_RESPONSE_TYPE:
		word_missed(x, P_RESPONSE_TYPE, x->c.arg[P_RESPONSE_TYPE], (struct nearest){ .name = S("code") });
		break;
	default:
		break;
	}
	if (x->miss.param != NULL)
		detail_drop(x);
}
