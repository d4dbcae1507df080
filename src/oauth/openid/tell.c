/*
 * oauth/openid/tell.c - rows of who is to hear of an end, from there to an outbox and what becomes of them: the same for
 * clients and for resource servers, which differ in what they are told.
 */
#include "oauth/openid/tell.h"

#define SCRATCH_MAX (1024 * 1024)

bool
told_id(struct arena *mem, struct str hex, struct id16 *id)
{
	struct str bytes;

	if (!hex_decode(mem, hex, &bytes) || bytes.n != sizeof id->b)
		return false;
	memcpy(id->b, bytes.p, sizeof id->b);
	return true;
}

bool
told_drop(struct store *s, const struct session_client *row)
{
	struct store_op op = { .kind = OP_SESSION_CLIENT_DROP, .session_client = row };

	return store_commit(s, &op, 1, NULL) != STORE_FAILED;
}

bool
told_hand_over(struct store *s, struct outbox *o, struct str payload, struct session_client *row)
{
	struct errand *e = outbox_prepare(o, row->issuer, payload, clock_now_s() + NOTICE_KEEP_S);
	enum store_result r;

	if (e == NULL)
		return false;
	row->expires_s = clock_now_s() + DELIVERIES_KEEP_S;
	r = store_commit(s, (struct store_op[]){ { .kind = OP_SESSION_CLIENT_HAND, .session_client = row },
		{ .kind = OP_OUTGOING_ADD, .outgoing = errand_row(e) } }, 2, NULL);
	if (r == STORE_DONE)
		outbox_post(o, e);
	else
		outbox_cancel(o, e);
	return r != STORE_FAILED;
}

void
told_settled(struct store *s, const struct id16 *id, struct str resource, enum errand_end end,
    const struct errand_report *r)
{
	static const enum session_client_state states[] = {
		[ERRAND_DONE] = SC_DELIVERED, [ERRAND_REFUSED] = SC_FAILED, [ERRAND_LATER] = SC_SENDING };
	struct session_client now = { .id = *id, .state = states[end], .status = r->status, .told_s = clock_now_s(),
		.expires_s = clock_now_s() + DELIVERIES_KEEP_S, .resource = resource };
	struct store_op op = { .kind = OP_SESSION_CLIENT_TELL, .session_client = &now };

	store_commit(s, &op, 1, NULL);          /* a store in trouble says so itself */
}

int
told_walk(struct store *s, struct outbox *o, const struct issuers_by_name *issuers, bool resources, int max,
    told_settles_fn *settles)
{
	struct session_client *rows;
	struct arena mem;
	int n = -1;

	arena_init(&mem, SCRATCH_MAX);
	rows = arena_array(&mem, struct session_client, (size_t)max);
	if (rows != NULL)
		n = store_session_clients(
		    s, &mem, &(struct session_client_walk){ .ended = true, .resources = resources }, max, rows);
	for (int i = 0; i < n; i++)
		if (!settles(s, o, issuers->find(issuers->ctx, rows[i].issuer), &rows[i])) {
			n = -1;
			break;
		}
	arena_free(&mem);
	return n;
}
