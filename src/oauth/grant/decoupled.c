/*
 * oauth/grant/decoupled.c - a client comes back for what a user decides elsewhere. RFC 8628 section 3.5; CIBA Core
 * section 10.1. What it is told while nobody has decided is written down, so that no restart makes it quicker.
 */
#include "oauth/grant/grant.h"
#include "oauth/session/session.h"

#define SLOWER_S       5                /* RFC 8628 3.5: "the interval MUST be increased by 5 seconds" */
#define INTERVAL_MAX_S 300

/*
 * Of two at once the later one may be read first: what came a little after this call was too soon as well. In a future
 * that a clock set back has made nobody has come back too soon.
 */
static bool
is_too_soon(const struct call *c, const struct decoupled *row)
{
	int64_t since_ms = c->now_ms - row->polled_ms, wait_ms = row->interval_s * 1000;

	return row->polled_ms != 0 && since_ms < wait_ms && -since_ms < wait_ms;
}

/* Who loses has come back at the same time as another. */
static bool
is_told_to_wait(struct call *c, const struct decoupled *row)
{
	bool soon = is_too_soon(c, row);
	struct decoupled now = *row;
	struct store_op op = { .kind = OP_DECOUPLED_POLL, .decoupled = { &now, row->polled_ms, 0 } };

	now.polled_ms = soon && row->polled_ms > c->now_ms ? row->polled_ms : c->now_ms;
	if (soon && now.interval_s < INTERVAL_MAX_S)
		now.interval_s += SLOWER_S;
	if (call_must_wait(c))
		return false;
	switch (store_commit(c->svc->store, &op, 1, NULL)) {
	case STORE_DONE: return fail(c, soon ? R_SLOW_DOWN : R_AUTHORIZATION_PENDING, STR_ABSENT);
	case STORE_LOST: return fail(c, R_SLOW_DOWN, SAY("two questions at once"));
	default: return fail(c, R_STORE, S("commit"));
	}
}

static bool
user_is_there(struct call *c, struct authority *a)
{
	const struct decoupled *row = &a->decoupled;
	struct str realm = realm_name(c->issuer->realm);

	if (!store_answered(c, store_user_by_id(c->svc->store, c->mem, realm, &row->auth.user, &a->user))
	    || !user_holds(c, &a->user, false))
		return fail(c, R_USER_DISABLED, row->auth.user_name);
	return a->has_user = user_is_let_in(c, &a->user, row->auth.user_name);
}

bool
decoupled_resolve(struct call *c, struct authority *a, enum decoupled_kind kind, struct dig32 digest)
{
	struct decoupled *row = &a->decoupled;
	enum store_found found = store_decoupled_by_digest(c->svc->store, c->mem, &digest, row);

	if (found == FIND_FAILED)
		return fail(c, R_STORE, S("read"));
	if (found == NOT_FOUND || row->kind != kind || !str_eq(row->auth.issuer, c->issuer->name))
		return fail(c, R_DECOUPLED_UNKNOWN, STR_ABSENT);
	if (!str_eq(row->auth.client, c->client->id))
		return fail(c, R_DECOUPLED_UNKNOWN, row->auth.client);
	if (row->state == DECOUPLED_SPENT)
		return fail(c, R_DECOUPLED_UNKNOWN, SAY("it has been used"));
	if (row->state == DECOUPLED_DENIED)
		return fail(c, R_ACCESS_DENIED, STR_ABSENT);
	if (expired(row->expires_s, c->now_s))
		return fail(c, R_DECOUPLED_EXPIRED, STR_ABSENT);
	if (row->state == DECOUPLED_WAITS)
		return is_told_to_wait(c, row);
	if (!user_is_there(c, a))
		return false;
	a->auth = row->auth;
	return a->spends_decoupled = true;
}

bool
decoupled_whose(struct call *c, struct dig32 digest, struct user *u)
{
	struct decoupled row;

	return store_decoupled_by_digest(c->svc->store, c->mem, &digest, &row) == FOUND
	    && store_user_by_id(c->svc->store, c->mem, realm_name(c->issuer->realm), &row.auth.user, u) == FOUND;
}
