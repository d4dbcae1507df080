/*
 * oauth/client/fetch.c - other servers are asked because a client says so: never addresses of this
 * machine or of a private network, unless client_documents_private, and never often in vain.
 */
#include "oauth/client/register_int.h"

#define CONNECT_MS 3000
#define TOTAL_MS   5000
#define WINDOW_S   60
#define IN_WINDOW  3

struct outbound_rules
client_fetch_rules(const struct call *c)
{
	return (struct outbound_rules){ .stranger = true,
		.allow_private = c->issuer->policy->client.documents_private,
		.connect_ms = CONNECT_MS,
		.total_ms = TOTAL_MS,
		.answer_max = DOCUMENT_MAX };
}

bool
client_fetch_is_due(struct call *c, struct str url)
{
	struct str window = arena_printf(c->mem, "fetch %lld", (long long)(c->now_s / WINDOW_S));
	struct quota q = { .key = digest_of(c->issuer, window, url),
		.limit = IN_WINDOW,
		.expires_s = (c->now_s / WINDOW_S + 1) * WINDOW_S };
	struct store_op op = { .kind = OP_QUOTA_USE, .quota = &q };

	return store_commit(c->svc->store, &op, 1, NULL) == STORE_DONE;
}

bool
client_fetch(struct call *c, struct str url, int64_t keep_ms, enum fetch how, struct str *body,
    const char **trouble)
{
	const struct outbound_rules rules = client_fetch_rules(c);

	*trouble = say("it cannot be asked for now");
	if (c->svc->documents == NULL)
		return false;
	if (keep_ms > 0 && document_kept(c->svc->documents, c->mem, url, keep_ms, c->now_ms, body))
		return true;
	if (c->must_not_wait || (how == FETCH_RARELY && !client_fetch_is_due(c, url)))
		return false;
	*trouble = document_get(c->svc->documents, c->mem, &rules, url, keep_ms, c->now_ms, body);
	return *trouble == NULL;
}
