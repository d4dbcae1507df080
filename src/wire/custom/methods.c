/* wire/custom/methods.c - `methods` and `read_from`: how endpoints for programs are asked. */
#include "wire/custom/custom.h"

/* --- methods ---------------------------------------------------------------------------------- */

/* The rows of a custom dialect are its own. */
static struct route *
own_routes(struct derive *d)
{
	return (struct route *)(uintptr_t)d->w->routes;
}

static unsigned
methods_of(const struct words *words)
{
	unsigned methods = 0;

	for (size_t i = 0; i < words->n; i++)
		methods |= str_is(words->at[i], "GET") ? (unsigned)BIT(M_GET)
		         : str_is(words->at[i], "POST") ? (unsigned)BIT(M_POST) : 0;
	return (unsigned)__builtin_popcount(methods) == words->n ? methods : 0;
}

static void
set_methods(struct derive *d, const struct tree *node)
{
	struct words words;
	unsigned methods;
	bool found = false;

	if (!words_of(d, "methods", node, &words))
		return;
	if ((methods = methods_of(&words)) == 0) {
		wrong(d, "methods", node, "write GET, POST or [GET, POST]");
		return;
	}
	for (struct route *r = own_routes(d); r->path != NULL; r++) {
		if (!str_eq(route_name(d->mem, r), node->name))
			continue;
		found = true;
		if (endpoint_is(r->endpoint, EF_VARIES)) {
			r->methods = methods;
			r->allow = r->options = NULL;
		} else
			wrong(d, "methods", node,
			    "only endpoints for programs can be asked by other methods: forms of pages stay "
			    "POST");
	}
	if (!found)
		unknown_endpoint(d, "methods", node);
}

static void
strict_base_keeps(struct derive *d, const char *key, const struct tree *node)
{
	wrong(d, key, node, "%s is strict: parameters come once, by POST and in a form", d->base->name);
}

void
read_methods(struct derive *d)
{
	const struct tree *map = d->spec->methods;

	if (d->base->strict && map != NULL)
		strict_base_keeps(d, "methods", map);
	for (size_t i = 0; map != NULL && i < map->n; i++)
		set_methods(d, &map->at[i]);
}

static void
put_methods(struct buf *b, const struct route *r)
{
	bool get = (r->methods & BIT(M_GET)) != 0;

	buf_put(b, get && (r->methods & BIT(M_POST)) ? S("[GET, POST]") : get ? S("GET") : S("POST"));
	buf_putc(b, '\n');
}

/* Only those that differ: a row that is asked by the base's methods keeps what the base says of others. */
void
show_methods(struct buf *b, const struct wire *w, const struct wire *base)
{
	bool any = false;

	for (const struct route *r = w->routes; base && r->path != NULL; r++) {
		const struct route *old = route_named(b->mem, base->routes, route_name(b->mem, r));

		if (old == NULL)
			old = route_of_endpoint(base, r->endpoint);
		if (route_seen_before(w, r, b->mem) || !endpoint_is(r->endpoint, EF_VARIES)
		    || (old && old->methods == r->methods))
			continue;
		if (!any)
			buf_put(b, S("    methods:\n"));
		any = true;
		put_key(b, "      ", route_name(b->mem, r));
		put_methods(b, r);
	}
}

/* --- read_from -------------------------------------------------------------------------------- */

static const struct { const char *word; enum source source; } sources[] = {
	{ "query", SRC_QUERY }, { "form", SRC_FORM }, { "json", SRC_JSON }, { "multipart", SRC_MULTIPART },
};

static unsigned
source_called(struct derive *d, struct str word)
{
	for (size_t i = 0; i < COUNT(sources); i++)
		if (str_is(word, sources[i].word))
			return sources[i].source;
	wrong(d, "read_from", NULL, "\"%.*s\" is none of query, form, json, multipart", STR_ARG(word));
	return 0;
}

void
read_sources(struct derive *d)
{
	const struct wire_words *from = &d->spec->read_from;

	if (d->base->strict && from->n > 0)
		strict_base_keeps(d, "read_from", NULL);
	d->w->read_from = 0;
	for (size_t i = 0; i < from->n; i++)
		d->w->read_from |= source_called(d, from->at[i]);
	for (struct route *r = own_routes(d); d->w->read_from && r->path != NULL; r++)
		if (endpoint_is(r->endpoint, EF_VARIES))
			r->sources = d->w->read_from;
}

void
show_sources(struct buf *b, const struct wire *w, const struct wire *base)
{
	const struct route *token = route_of_endpoint(w, EP_TOKEN);
	unsigned read = w->read_from ? w->read_from : token && token->sources ? token->sources : w->sources;
	bool more = false;

	(void)base;
	buf_put(b, w->read_from ? S("    read_from: [") : S("    # read_from: ["));
	for (size_t i = 0; i < COUNT(sources); i++) {
		if (!(read & sources[i].source))
			continue;
		buf_printf(b, "%s%s", more ? ", " : "", sources[i].word);
		more = true;
	}
	buf_put(b, w->strict ? S("]    # a strict dialect keeps this\n") : S("]\n"));
}
