/* wire/upstream.c - logins at identity providers: what comes back, its cookie, buttons, the page that connects. */
#include "upstream/upstream.h"
#include "wire/wire_int.h"

void
upstream_read_back(struct exchange *x)
{
	struct call *c = &x->c;
	struct upstream_names names = upstream_names_of(c->issuer, c->arg[P_PROVIDER]);
	struct str suffix;

	call_put(c, P_STATE, pair_first(&x->pairs, S("state")));
	suffix = login_way_suffix(x->q->mem, c->arg[P_STATE]);
	c->back.code = pair_first(&x->pairs, str_of(names.code));
	c->back.error = pair_first(&x->pairs, S("error"));
	c->back.iss = pair_first(&x->pairs, S("iss"));
	c->back.user = pair_first(&x->pairs, S("user"));
	c->back.sealed = pair_first(&x->pairs, S("answer"));
	c->back.posted = x->q->method == M_POST;
	if (str_given(suffix))
		c->back.way = cookie_get(http_header(x->q, "Cookie"), upstream_way_cookie(x, suffix));
}

void
upstream_read_link(struct exchange *x)
{
	call_put(&x->c, P_IDENTITY, pair_first(&x->pairs, S("identity")));
	call_put(&x->c, P_USERNAME, pair_first(&x->pairs, S("username")));
	call_put(&x->c, P_PASSWORD, pair_first(&x->pairs, S("password")));
	call_put(&x->c, P_CONNECTS, pair_first(&x->pairs, S("connects")));
}

/* --- buttons and words ------------------------------------------------------------------------ */

struct str
upstream_label(const struct exchange *x, const struct upstream *u)
{
	return x->lang == LANG_ZH && !str_empty(u->label_zh) ? u->label_zh : u->label;
}

static struct str
button_href(struct exchange *x, const struct upstream *u, struct str saved)
{
	struct str href = ARENA_CAT(x->q->mem, local_href(x, LOGIN_WITH_PATH), u->name);

	return str_empty(saved) ? href : ARENA_CAT(x->q->mem, href, S("?"), REQUEST_IN_QUERY, saved);
}

struct page_rows *
upstream_rows(struct exchange *x, const struct upstream *const *all, struct str saved)
{
	struct page_rows *out = arena_new(x->q->mem, struct page_rows);
	struct page_vars *rows;
	struct page_var *cells;
	size_t n = 0;

	while (all != NULL && all[n] != NULL)
		n++;
	rows = n > 0 ? arena_array(x->q->mem, struct page_vars, n) : NULL;
	cells = n > 0 ? arena_array(x->q->mem, struct page_var, n * 3) : NULL;
	if (rows == NULL || cells == NULL || out == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		const struct upstream *u = all[i];

		cells[i * 3] = (struct page_var){ .name = "provider_href", .value = button_href(x, u, saved) };
		cells[i * 3 + 1] = (struct page_var){ .name = "provider_label", .value = upstream_label(x, u) };
		cells[i * 3 + 2] = (struct page_var){ .name = "provider", .value = u->name };
		rows[i] = (struct page_vars){ &cells[i * 3], 3 };
	}
	*out = (struct page_rows){ rows, n };
	return out;
}

const char *
upstream_failure_word(enum reason why)
{
	switch (why) {
	case R_UPSTREAM: return "with_down";
	case R_UPSTREAM_STATE: return "with_state";
	case R_UPSTREAM_DENIED: return "with_denied";
	case R_UPSTREAM_CODE: return "with_code";
	case R_UPSTREAM_TOKEN: return "with_token";
	case R_UPSTREAM_STALE: return "with_stale";
	case R_UPSTREAM_OUTSIDE: return "with_outside";
	case R_UPSTREAM_TAKEN: return "with_taken";
	case R_UPSTREAM_UNKNOWN: return "with_unknown";
	default: return NULL;
	}
}

/* --- the page that connects ------------------------------------------------------------------- */

static const char *
wrong_key(enum reason why)
{
	switch (why) {
	case R_NONE: return NULL;
	case R_WAIT: return "wait";
	case R_USER_DISABLED: return "disabled";
	case R_USER_LOCKED: return "locked";
	case R_PASSWORD_EXPIRED: return "password_expired";
	default: return "bad_credentials";
	}
}

void
speak_link_page(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	struct page_list v = { .n = 0 };

	x->page_request = a->login.saved;
	x->why = a->why;
	page_put(&v, "action", local_href(x, LOGIN_LINK_PATH));
	page_put(&v, "csrf", a->login.csrf);
	page_put(&v, "saved_request", a->login.saved);
	page_put(&v, "identity", a->link.identity);
	page_put(&v, "provider_label", upstream_label(x, a->link.at));
	page_put(&v, "provider_user", a->link.shown);
	page_put(&v, "username", a->login.username);
	page_put(&v, "error", str_of(wrong_key(a->why)));
	page_put(&v, "login_href", local_href(x, x->w->places[PLACE_LOGIN]));
	if (a->login.wait_s > 0)
		page_put(&v, "wait_s", arena_printf(x->q->mem, "%lld", (long long)a->login.wait_s));
	put_page(x, r, a->why == R_WAIT ? 429 : 200, HS_GENERIC, PAGE_LINK, &v);
	if (a->login.wait_s > 0)
		http_reply_header(r, "Retry-After", arena_printf(x->q->mem, "%lld", (long long)a->login.wait_s));
}
