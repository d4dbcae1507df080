/*
 * wire/page.c - one page: its variables, those that every page has, and the headers that go with
 * HTML. RFC 9700 section 4.16.
 */
#include "wire/wire_int.h"

#include <assert.h>

void
page_put(struct page_list *v, const char *name, struct str value)
{
	if (!str_given(value))
		return;
	assert(v->n < PAGE_LIST_MAX);
	v->at[v->n++] = (struct page_var){ .name = name, .value = value };
}

void
page_put_rows(struct page_list *v, const char *name, const struct page_rows *rows)
{
	assert(v->n < PAGE_LIST_MAX);
	v->at[v->n++] = (struct page_var){ .name = name, .rows = rows };
}

/*
 * The name that the operator gave, else the host that a visitor sees in the address bar; an
 * issuer's own name is for settings and logs.
 */
struct str
mount_brand(const struct mount *t)
{
	struct url u;

	if (!str_empty(t->style.brand))
		return t->style.brand;
	if (url_read(t->issuer->url, &u) != NULL || str_empty(u.authority))
		return t->issuer->name;
	return u.has_port && str_rindex(u.authority, ':') > 0
	    ? str_sub(u.authority, 0, (size_t)str_rindex(u.authority, ':'))
	    : u.authority;
}

/* This page in each language. */
static const struct page_rows *
language_rows(struct exchange *x)
{
	const struct page_set *p = x->mount->pages;
	size_t n = (size_t)page_lang_count(p);
	struct page_rows *out = arena_new(x->q->mem, struct page_rows);
	struct page_vars *rows = arena_array(x->q->mem, struct page_vars, n);
	struct page_var *cells = arena_array(x->q->mem, struct page_var, n * 4);

	if (out == NULL || rows == NULL || cells == NULL)
		return NULL;
	for (int i = 0; i < (int)n; i++) {
		struct page_var *cell = &cells[i * 4];
		struct str tag = page_lang_tag(p, i);

		cell[0] = (struct page_var){ .name = "lang_tag", .value = tag };
		cell[1] = (struct page_var){ .name = "lang_name", .value = page_lang_name(p, i) };
		cell[2] = (struct page_var){ .name = "lang_href", .value = self_in_language(x, tag) };
		cell[3] = (struct page_var){ .name = "lang_here", .value = S("1") };
		rows[i] = (struct page_vars){ cell, i == x->lang ? 4 : 3 };
	}
	*out = (struct page_rows){ rows, n };
	return out;
}

/*
 * What every page shows. One made by a POST, or left at once, has no address of its own to offer in
 * another language.
 */
static void
common_vars(struct exchange *x, enum page_kind kind, struct page_list *v)
{
	const struct mount *t = x->mount;
	const struct page_rows *languages;

	page_put(v, "issuer_name", mount_brand(t));
	page_put(v, "css_href", ARENA_CAT(x->q->mem, t->prefix, S("/assets/"), page_css_hash(), S(".css")));
	if (str_given(t->custom_css))
		page_put(v, "custom_css_href", local_href(x, "/assets/custom.css"));
	if ((x->q->method == M_GET || x->q->method == M_HEAD) && kind != PAGE_ONWARD && kind != PAGE_FORM_POST
	    && (languages = language_rows(x)) != NULL)
		page_put_rows(v, "languages", languages);
}

void
put_page(struct exchange *x, struct http_reply *r, int status, enum header_set set, enum page_kind kind,
    struct page_list *v)
{
	struct page_vars all;

	common_vars(x, kind, v);
	all = (struct page_vars){ v->at, v->n };
	r->body = page_render(x->mount->pages, x->q->mem, kind, x->lang, &all);
	r->status = str_given(r->body) ? status : 500;
	reply_headers(x, r, set);
	http_reply_header(r, "Content-Type", S("text/html;charset=UTF-8"));
	http_reply_header(r, "Content-Security-Policy",
	    str_given(v->csp) ? ARENA_CAT(x->q->mem, page_csp(kind), v->csp) : page_csp(kind));
	/* no-referrer would make browsers send "Origin: null" with our own forms, same-origin with one to an application */
	http_reply_header(r, "Referrer-Policy", kind == PAGE_FORM_POST ? S("strict-origin") : S("same-origin"));
	http_reply_header(r, "Content-Language", page_lang_tag(x->mount->pages, x->lang));
}

/* A page of another file of this room. */
void
speak_page(struct exchange *x, struct http_reply *r, enum page_kind kind, const struct page_var *vars, size_t n)
{
	struct page_list v = { .n = 0 };

	for (size_t i = 0; i < n; i++) {
		if (!vars[i].rows && !str_given(vars[i].value))
			continue;
		assert(v.n < PAGE_LIST_MAX);
		v.at[v.n++] = vars[i];
	}
	put_page(x, r, 200, HS_GENERIC, kind, &v);
}

struct str
host_shown(struct str uri)
{
	struct url u;
	size_t n = 0;

	if (url_read(uri, &u) == NULL && !str_empty(u.authority))
		return u.authority;
	while (n < uri.n && uri.p[n] != '?' && uri.p[n] != '#')
		n++;
	return str_sub(uri, 0, n);
}
