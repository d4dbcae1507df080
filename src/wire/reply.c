/* wire/reply.c - a reply's headers by the dialect's sets, and a JSON body. */
#include "wire/wire_int.h"

void
reply_headers(struct exchange *x, struct http_reply *r, enum header_set set)
{
	for (const struct header *h = x->w->headers[set]; h != NULL && h->name != NULL; h++)
		http_reply_header(r, h->name, str_of(h->value));
}

void
reply_json_as(struct exchange *x, struct http_reply *r, int status, enum header_set set, struct str body,
    const char *type)
{

	if (!str_given(body)) {                         /* the answer did not fit: nothing half-written goes out */
		r->status = 500;
		x->why = R_INTERNAL;
		return;
	}
	r->status = status;
	r->body = body;
	http_reply_header(r, "Content-Type", str_of(type));
	reply_headers(x, r, set);
}

void
reply_json(struct exchange *x, struct http_reply *r, int status, enum header_set set, struct str body)
{
	const char *type = x->w->json_type;

	if (set == HS_TOKENS)
		type = x->w->tokens_type;
	else if (x->mount->style.error_charset && set != HS_PUBLIC)
		type = "application/json;charset=UTF-8";
	reply_json_as(x, r, status, set, body, type);
}

void
reply_retry_after(struct exchange *x, int status, struct http_reply *r)
{
	int64_t wait = x->c.retry_after_s > 0 ? x->c.retry_after_s : 1;

	if (status == 429 || status == 503)
		http_reply_header(r, "Retry-After", arena_printf(x->q->mem, "%lld", (long long)wait));
}
