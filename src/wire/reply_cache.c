/* wire/reply_cache.c - documents that are the same for everyone are spoken once and kept with the snapshot. */
#include "wire/wire_int.h"

/*
 * Nothing in such a request changes the answer: a GET or HEAD without query (which may choose a
 * language) and without body. Fields do not: these documents are open, in one language, and
 * readable from every origin (cors.c).
 */
static _Atomic(struct http_kept *) *
slot_of(const struct exchange *x)
{
	const struct http_req *q = x->q;
	enum endpoint e = exchange_endpoint(x);

	if (!endpoint_is(e, EF_CACHED))
		return NULL;
	if (x->mount->cache == NULL || (q->method != M_GET && q->method != M_HEAD) || str_given(q->query)
	    || !str_empty(q->body))
		return NULL;
	return route_takes(x->route, q->method) ? &x->mount->cache->of[e] : NULL;
}

struct http_kept *
reply_cache_find(const struct exchange *x)
{
	_Atomic(struct http_kept *) *slot = slot_of(x);

	return slot != NULL ? atomic_load_explicit(slot, memory_order_acquire) : NULL;
}

/* Two threads may come here at once: the first one's reply stays. */
void
reply_cache_put(const struct exchange *x, const struct http_reply *r)
{
	_Atomic(struct http_kept *) *slot = x->why == R_NONE && r->status == 200 ? slot_of(x) : NULL;
	struct http_kept *none = NULL, *mine;

	if (slot == NULL || atomic_load_explicit(slot, memory_order_acquire) != NULL)
		return;
	mine = http_keep(r);
	if (mine != NULL && !atomic_compare_exchange_strong(slot, &none, mine))
		http_kept_free(mine);
}

void
reply_cache_free(struct reply_cache *k)
{
	for (int e = 0; k != NULL && e < EP_COUNT; e++)
		http_kept_free(atomic_exchange(&k->of[e], NULL));
}
