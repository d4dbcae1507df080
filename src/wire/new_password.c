/* wire/new_password.c - the page on which a password is changed in the middle of a login. */
#include "wire/wire_int.h"

static struct str
number_of(struct exchange *x, int64_t n)
{
	return arena_printf(x->q->mem, "%lld", (long long)n);
}

static int
status_of(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	if (a->new_password.error == NULL)
		return 200;
	if (a->new_password.wait_s <= 0)
		return 400;
	http_reply_header(r, "Retry-After", number_of(x, a->new_password.wait_s));
	return 429;
}

/* A login that connects an account goes on where that is done. */
static struct str
action(struct exchange *x, const struct answer *a)
{
	return str_given(a->new_password.identity)
	    ? local_href(x, LOGIN_LINK_PATH) : local_href(x, route_of_endpoint(x->w, EP_NEW_PASSWORD)->path);
}

void
speak_new_password_page(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	struct page_list v = { .n = 0 };

	x->why = a->why;
	x->page_request = a->new_password.saved;
	if (asks_as_script(x)) {
		speak_fault(x, R_PASSWORD_EXPIRED, r);
		return;
	}
	page_put(&v, "action", action(x, a));
	page_put(&v, "csrf", a->new_password.csrf);
	page_put(&v, "half_login", a->new_password.half);
	page_put(&v, "identity", a->new_password.identity);
	page_put(&v, "saved_request", a->new_password.saved);
	page_put(&v, "account_type", a->new_password.account_type);
	page_put(&v, "user_name", a->new_password.user_name);
	if (str_empty(a->new_password.half))
		page_put(&v, "asks_password", S("1"));
	if (a->new_password.error != NULL)
		page_put(&v, "error", str_of(a->new_password.error));
	if (a->new_password.wait_s > 0)
		page_put(&v, "wait_s", number_of(x, a->new_password.wait_s));
	put_password_rules(x, &a->new_password.rules, &v);
	put_page(x, r, status_of(x, a, r), HS_GENERIC, PAGE_NEW_PASSWORD, &v);
}
