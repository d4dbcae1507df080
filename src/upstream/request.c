/* upstream/request.c - requests to an identity provider, made of its templates. */
#include "upstream/upstream.h"

#define BODY_MAX_BYTES (32 * 1024)
#define PAIRS_MAX      32

static void
release(void *json)
{
	json_decref(json);
}

bool
upstream_know(json_t *known, const char *name, struct str value)
{
	return !str_given(value) || json_put_str(known, name, value);
}

json_t *
upstream_known(struct arena *mem, const struct upstream *u)
{
	json_t *known = json_object();
	bool ok = known != NULL && arena_defer(mem, release, known);

	for (size_t i = 0; ok && i < u->n_parameters; i++)
		ok = upstream_know(known, arena_z(mem, u->parameters[i].name), u->parameters[i].value);
	return ok && upstream_know(known, "client_id", u->client_id)
		&& upstream_know(known, "client_secret", str_some(u->client_secret)) && upstream_know(known, "scope", u->scope)
		&& upstream_know(known, "own_certificate_number", str_some(u->own_number))
		&& upstream_know(known, "root_certificate_numbers", str_some(u->root_number))
	    ? known : NULL;
}

struct str
upstream_address(struct arena *mem, const struct upstream *u, struct str url)
{
	for (size_t i = 0; i < u->n_addresses; i++) {
		struct str from = u->addresses[i].name;

		if (str_starts(url, from) && (url.n == from.n || url.p[from.n] == '/' || url.p[from.n] == '?'))
			return ARENA_CAT(mem, u->addresses[i].value, str_from(url, from.n));
	}
	return url;
}

static struct str
with_query(struct arena *mem, struct str url, struct str query)
{
	if (!str_given(url) || query.n == 0)
		return url;
	return ARENA_CAT(mem, url, str_index(url, '?') < 0 ? S("?") : S("&"), query);
}

struct str
upstream_authorize_url(struct arena *mem, const struct upstream *u, const json_t *known)
{
	struct str url = upstream_address(mem, u, upstream_fill(mem, known, u->what.authorize_url));
	struct str fragment = str_of(u->what.fragment);
	struct buf b;

	buf_init(&b, mem, URL_MAX);
	if (str_empty(url) || !upstream_pairs_put(&b, mem, known, u->what.authorize))
		return STR_ABSENT;
	return ARENA_CAT(mem, with_query(mem, url, buf_str(&b)), str_given(fragment) ? S("#") : S(""), fragment);
}

/* --- signed ----------------------------------------------------------------------------------- */

struct list { struct str name[PAIRS_MAX], value[PAIRS_MAX]; size_t n; };

/* In the order of their names; a value that is empty is none. */
static bool
pairs_read(struct arena *mem, const json_t *known, const char *pairs, struct list *l)
{
	struct str rest = str_of(pairs);

	for (l->n = 0; str_given(rest);) {
		struct str piece = str_cut(&rest, '&'), value = piece, name = str_cut(&value, '=');
		char *z = arena_z(mem, value);
		struct str v = upstream_fill(mem, known, z);
		size_t at = l->n;

		if (!str_given(v) || l->n == PAIRS_MAX)
			return false;
		if (v.n == 0)
			continue;
		for (; at > 0 && str_cmp(name, l->name[at - 1]) < 0; at--) {
			l->name[at] = l->name[at - 1];
			l->value[at] = l->value[at - 1];
		}
		l->name[at] = name;
		l->value[at] = v;
		l->n++;
	}
	return true;
}

/* RSA2: SHA256withRSA over "a=1&b=2", the values as they are; the signature as base64. */
static bool
signed_put(struct buf *b, struct arena *mem, const struct upstream *u, const json_t *known, const char *pairs)
{
	struct str sig = STR_ABSENT;
	struct list l;
	struct buf text;

	buf_init(&text, mem, BODY_MAX_BYTES);
	if (!pairs_read(mem, known, pairs, &l))
		return false;
	for (size_t i = 0; i < l.n; i++)
		buf_printf(&text, "%s%.*s=%.*s", i > 0 ? "&" : "", STR_ARG(l.name[i]), STR_ARG(l.value[i]));
	if (!text.full && u->key != NULL)
		sig = key_sign(mem, u->key, buf_str(&text));
	if (!str_given(sig) || !upstream_pairs_put(b, mem, known, pairs))
		return false;
	buf_put(b, S("&sign="));
	pct_encode(b, b64_encode(mem, sig), S(""));
	return !b->full;
}

/* --- one request ------------------------------------------------------------------------------ */

static bool
json_body(struct buf *b, struct arena *mem, const json_t *known, const char *pairs)
{
	struct list l;

	if (!pairs_read(mem, known, pairs, &l))
		return false;
	jw_open(b, '{');
	for (size_t i = 0; i < l.n; i++)
		jm_str(b, l.name[i], l.value[i]);
	jw_close(b, '}');
	return !b->full;
}

static bool
header_add(struct outbound_ask *out, struct str line)
{
	if (out->n_headers == OUTBOUND_HEADERS_MAX || str_index(line, '\r') >= 0 || str_index(line, '\n') >= 0)
		return false;
	out->headers[out->n_headers++] = line;
	return true;
}

/* A line without its value is not sent: "Authorization: {basic}" of a client that has another way. */
static bool
headers_put(struct arena *mem, const json_t *known, const char *lines, struct outbound_ask *out)
{
	struct str rest = str_of(lines);

	while (str_given(rest)) {
		struct str line = upstream_fill(mem, known, arena_z(mem, str_cut(&rest, '|')));

		if (!str_given(line) || (!str_ends(line, S(":")) && !header_add(out, line)))
			return false;
	}
	return true;
}

bool
upstream_request(struct arena *mem, const struct upstream *u, const struct upstream_step *s, const json_t *known,
    struct outbound_ask *out)
{
	struct buf query, body;

	buf_init(&query, mem, URL_MAX);
	buf_init(&body, mem, BODY_MAX_BYTES);
	*out = (struct outbound_ask){ .method = s->form != NULL || s->json != NULL ? S("POST") : S("GET") };
	out->url = upstream_address(mem, u, upstream_fill(mem, known, s->url));
	if (str_empty(out->url))
		return str_given(out->url);
	if (!upstream_pairs_put(&query, mem, known, s->query) || !headers_put(mem, known, s->headers, out))
		return false;
	out->url = with_query(mem, out->url, buf_str(&query));
	if (s->form != NULL
	    && (!(s->signs ? signed_put(&body, mem, u, known, s->form) : upstream_pairs_put(&body, mem, known, s->form))
		|| !header_add(out, S("Content-Type: application/x-www-form-urlencoded;charset=utf-8"))))
		return false;
	if (s->json != NULL && (!json_body(&body, mem, known, s->json)
		|| !header_add(out, S("Content-Type: application/json; charset=utf-8"))))
		return false;
	out->body = s->form != NULL || s->json != NULL ? buf_str(&body) : STR_ABSENT;
	return str_given(out->url);
}
