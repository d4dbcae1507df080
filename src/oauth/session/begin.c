/*
 * oauth/session/begin.c - a session begins, rises by a second factor, or goes on after another password: always under a
 * new cookie, and the one before ends in the same commit.
 */
#include "oauth/session/factor.h"

/* What clients know of the old session goes on where it is the same user's. */
static bool
old_sessions_end(struct call *c, const struct session *s, struct ops *o)
{
	struct session *old = arena_new(c->mem, struct session);

	if (c->accounts != NULL)
		return accounts_join(c, s, c->set_session, o);
	if (str_empty(c->session_cookie))
		return true;
	if (old == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	old->digest = session_digest(c->issuer, c->session_cookie);
	ops_add(o, OP_SESSION_CLIENTS_MOVE)->session_move = (struct op_session_move){ old, s };
	ops_add(o, OP_SESSION_END)->session = old;
	return true;
}

/* Another cookie, by which s is known. */
static void
cookie_drawn(struct call *c, struct session *s)
{
	uint8_t raw[32];

	accounts_forget(c);
	rand_bytes(raw, sizeof raw);
	c->set_session = b64url_encode(c->mem, str_span(raw, sizeof raw));
	s->digest = session_digest(c->issuer, c->set_session);
}

void
session_not_begun(struct call *c)
{
	c->set_session = STR_ABSENT;
	c->set_device = STR_ABSENT;
	accounts_forget(c);
}

/* It lives as long as it would have, and was used where it was. */
static void
goes_on(struct session *s, const struct session *from)
{
	s->expires_s = from->expires_s;
	s->client = from->client;
}

static bool
operations(struct call *c, const struct beginning *b, const struct session *s, struct ops *o)
{
	if (b->first != NULL)
		ops_append(o, b->first);
	ops_stand_on(c, o, b->u, b->from);
	if (b->with != NULL)
		ops_append(o, b->with);
	if (!old_sessions_end(c, s, o))
		return false;
	session_room(c, s, o);
	ops_add(o, OP_SESSION_ADD)->session = s;
	return true;
}

void
proof_lost(struct call *c, const struct ops *first, enum reason why, size_t lost)
{
	bool is_another = first != NULL && lost > 0 && lost < first->n;

	if (why != R_NONE && !is_another)
		fail(c, why, S("spend"));
}

/* An identity that is somebody's by now: who has just come by it is looked for anew, a half login ends. */
static void
begin_lost(struct call *c, const struct beginning *b, enum store_op_kind kind, size_t lost)
{
	if (kind == OP_SESSION_ROOM)
		fail(c, R_SESSIONS_FULL, S("session"));
	else if (kind != OP_IDENTITY_ADD)
		proof_lost(c, b->first, b->lost, lost);
	else if (b->first == NULL)
		fail(c, R_UPSTREAM_STATE, SAY("it is somebody's by now"));
}

bool
proof_is_spent(struct call *c, const struct user *u, const struct login_proof *p)
{
	struct ops o = { .n = 0 };
	size_t lost;

	if ((p->with == NULL || p->with->n == 0) && p->first == NULL)
		return true;
	if (p->first != NULL)
		ops_append(&o, p->first);
	ops_stand_on(c, &o, u, NULL);
	if (p->with != NULL)
		ops_append(&o, p->with);
	switch (commit_standing(c, &o, &lost)) {
	case STORE_DONE: return true;
	case STORE_LOST:
		if (!stands_no_more(c, &o, lost))
			proof_lost(c, p->first, p->lost, lost);
		return false;
	default: return false;
	}
}

int64_t
proven_s(const struct call *c, const struct login_proof *p)
{
	return p->auth_s > 0 ? p->auth_s : c->now_s;
}

static struct session
session_of(const struct call *c, const struct beginning *b, const struct saved *request)
{
	const struct policy *p = c->issuer->policy;

	return (struct session){ .issuer = c->issuer->name,
		.user = b->u->id,
		.user_name = b->u->name,
		.account_type = b->account_type,
		.auth_s = b->auth_s,
		.seen_s = c->now_s,
		.expires_s = expiry(c->now_s, p->session.ttl_s),
		.address = c->address,
		.agent = session_agent(c),
		.client = S(""),
		.amr = b->amr,
		.factor_s = b->factor_s,
		.answered = b->answered,
		.request = request_digest(c->issuer, request->url),
		.device = device_kind(c->agent),
		.idle_s = p->session.idle_s,
		.refresh_ends = p->session.ends_refresh };
}

/* In memory of the call: its commit may be left to the store's writer. */
enum store_result
session_begin(struct call *c, const struct beginning *b, const struct saved *request)
{
	struct session *s = arena_new(c->mem, struct session);
	struct ops o = { .n = 0 };
	enum store_result r = STORE_FAILED;
	size_t lost;

	if (s == NULL) {
		fail(c, R_INTERNAL, S("memory"));
		return STORE_FAILED;
	}
	*s = session_of(c, b, request);
	cookie_drawn(c, s);
	if (b->from != NULL)
		goes_on(s, b->from);
	if (operations(c, b, s, &o))
		r = commit_standing(c, &o, &lost);
	if (r != STORE_DONE)
		session_not_begun(c);
	if (r == STORE_LOST && !stands_no_more(c, &o, lost))
		begin_lost(c, b, o.at[lost].kind, lost);
	return r;
}

const struct session *
session_renew(struct call *c, const struct session *old, struct ops *o)
{
	struct session *new = arena_new(c->mem, struct session);

	if (new == NULL) {
		fail(c, R_INTERNAL, S("memory"));
		return NULL;
	}
	*new = *old;
	new->seen_s = c->now_s;
	cookie_drawn(c, new);
	if (!old_sessions_end(c, new, o))
		return NULL;
	ops_add(o, OP_SESSION_ADD)->session = new;
	return new;
}
