/*
 * wire/device.c - requests whose user decides elsewhere: the answer to the client, the page where a code is typed, the
 * page of the decision. RFC 8628 sections 3.2, 3.3.
 */
#include "oauth/client_metadata.h"
#include "wire/wire_int.h"

static struct str
device_href(struct exchange *x)
{
	return issuer_href(x, route_of_endpoint(x->w, EP_DEVICE)->path);
}

/* Section 3.3.1; what the code is made of needs no encoding. */
static struct str
complete_href(struct exchange *x, struct str user_code)
{
	return ARENA_CAT(x->q->mem, device_href(x), S("?user_code="), user_code);
}

static void
put_user_code(struct buf *b, struct exchange *x, struct str user_code)
{
	const struct route *qr = route_of_endpoint(x->w, EP_DEVICE_QR);

	jm_str(b, S("user_code"), user_code);
	if (route_of_endpoint(x->w, EP_DEVICE) == NULL)
		return;
	jm_str(b, S("verification_uri"), device_href(x));
	jm_str(b, S("verification_uri_complete"), complete_href(x, user_code));
	if (qr != NULL)
		jm_str(b, S("verification_qr_uri"),
		    ARENA_CAT(x->q->mem, issuer_href(x, qr->path), S("?user_code="), user_code));
}

void
speak_waits(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	struct buf b;

	buf_init(&b, x->q->mem, BODY_MAX);
	jw_open(&b, '{');
	if (exchange_endpoint(x) == EP_BC_AUTHORIZE)
		jm_str(&b, S("auth_req_id"), a->waits.code);            /* CIBA Core 7.3 */
	else {
		jm_str(&b, S("device_code"), a->waits.code);
		put_user_code(&b, x, a->waits.user_code);
	}
	jm_int(&b, S("expires_in"), a->waits.expires_in_s);
	jm_int(&b, S("interval"), a->waits.interval_s);
	jw_close(&b, '}');
	reply_json(x, r, 200, HS_TOKENS, body_of(&b));
}

void
speak_device_qr(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	(void)a;
	r->body = qr_svg(x->q->mem, complete_href(x, x->c.arg[P_USER_CODE]));
	r->status = str_given(r->body) ? 200 : 500;
	http_reply_header(r, "Content-Type", S("image/svg+xml"));
	http_reply_header(r, "X-Content-Type-Options", S("nosniff"));
	http_reply_header(r, "Content-Security-Policy", S("default-src 'none'; sandbox"));
	http_reply_header(r, "Cross-Origin-Resource-Policy", S("cross-origin"));
	http_reply_header(r, "Cache-Control", S("no-store"));
}

void
speak_device_page(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	struct page_list v = { .n = 0 };
	int status = a->approve.error == NULL ? 200 : a->approve.wait_s > 0 ? 429 : 400;

	page_put(&v, "action", local_href(x, x->route->path));
	page_put(&v, "csrf", a->approve.csrf);
	page_put(&v, "user_code", a->approve.user_code);
	if (a->approve.error != NULL)
		page_put(&v, "error", str_of(a->approve.error));
	if (a->approve.wait_s > 0) {
		struct str wait = arena_printf(x->q->mem, "%lld", (long long)a->approve.wait_s);

		page_put(&v, "wait_s", wait);
		http_reply_header(r, "Retry-After", wait);
	}
	put_page(x, r, status, HS_GENERIC, PAGE_DEVICE, &v);
}

static void
put_client(struct exchange *x, const struct client *k, struct page_list *v)
{
	page_put(v, "client_name", client_shown(x, k));
	page_put(v, "client_id", k->id);
}

void
speak_approve_page(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	struct page_rows *rows = scope_rows(x, a->approve.scopes, a->approve.n_scopes);
	struct page_list v = { .n = 0 };

	page_put(&v, "action", local_href(x, x->route->path));
	page_put(&v, "csrf", a->approve.csrf);
	page_put(&v, "decoupled_request", a->approve.handle);
	put_client(x, a->approve.client, &v);
	client_vars(x, a->approve.client, &v);
	page_put(&v, "user_name", a->approve.user_name);
	page_put(&v, "user_code", str_some(a->approve.user_code));
	page_put(&v, "address", str_some(a->approve.address));
	page_put(&v, "agent", str_some(a->approve.agent));
	page_put(&v, "message", str_some(a->approve.message));
	if (rows != NULL)
		page_put_rows(&v, "scopes", rows);
	if (!details_show(x, a->approve.details, &v))
		rows = NULL;
	put_page(x, r, rows ? 200 : 500, HS_GENERIC, PAGE_APPROVE, &v);
}

void
speak_decided_page(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	struct page_list v = { .n = 0 };

	put_client(x, a->approve.client, &v);
	if (a->approve.allowed)
		page_put(&v, "allowed", S("1"));
	put_page(x, r, 200, HS_GENERIC, PAGE_DECIDED, &v);
}

static struct page_rows *
waiting_rows(struct exchange *x, const struct answer *a)
{
	size_t n = a->approve.n_waiting;
	struct page_vars *rows = arena_array(x->q->mem, struct page_vars, n);
	struct page_var *cells = arena_array(x->q->mem, struct page_var, n * 3);
	struct page_rows *out = n > 0 ? arena_new(x->q->mem, struct page_rows) : NULL;

	if (rows == NULL || cells == NULL || out == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		const struct waiting_request *w = &a->approve.waiting[i];
		struct page_var *cell = &cells[i * 3];

		cell[0] = (struct page_var){ .name = "client_name",
			.value = client_shown(x, w->client) };
		cell[1] = (struct page_var){ .name = "approve_href",
			.value = ARENA_CAT(x->q->mem, local_href(x, x->route->path), S("?decoupled_request="),
			    w->handle) };
		cell[2] = (struct page_var){ .name = "message", .value = w->message };
		rows[i] = (struct page_vars){ cell, str_empty(w->message) ? 2 : 3 };
	}
	*out = (struct page_rows){ rows, n };
	return out;
}

void
speak_approvals_page(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	struct page_rows *rows = waiting_rows(x, a);
	struct page_list v = { .n = 0 };

	page_put(&v, "user_name", a->approve.user_name);
	if (rows != NULL)
		page_put_rows(&v, "waiting", rows);
	put_page(x, r, rows != NULL || a->approve.n_waiting == 0 ? 200 : 500, HS_GENERIC, PAGE_APPROVALS, &v);
}
