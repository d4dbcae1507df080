/*
 * oauth/session/room.c - who may be where: how many sessions of one user there are, by the policy of the issuer that
 * begins another one, and what kind of device a session is on.
 */
#include "oauth/session/session.h"

static const struct { struct str part, kind; } kinds[] = {
#define DEVICE_KIND(part, kind) { { part, sizeof part - 1 }, { kind, sizeof kind - 1 } },
#include "oauth/session/device_kinds.def"
};

struct str
device_kind(struct str agent)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (str_given(agent) && str_contains(agent, kinds[i].part))
			return kinds[i].kind;
	return S("other");
}

void
session_room(const struct call *c, const struct session *new, struct ops *o)
{
	const struct policy *p = c->issuer->policy;
	struct op_session_room *r;

	if (p->session.per_user == SESSIONS_MANY && p->session.most == 0)
		return;
	r = &ops_add(o, OP_SESSION_ROOM)->session_room;
	*r = (struct op_session_room){ .row = new, .most = p->session.most,
		.refuses = p->session.conflict == SESSION_NEWEST_REFUSED,
		.whole_realm = p->session.counted == SESSIONS_OF_REALM,
		.elsewhere = c->issuer->elsewhere, .now_s = c->now_s };
	if (p->session.per_user == SESSIONS_ONE)
		r->most = 1;
	if (p->session.per_user == SESSIONS_ONE_PER_DEVICE_KIND)
		r->most_of_kind = 1;
}

const char *
session_why_ended(struct call *c)
{
	struct ended_session was;
	struct dig32 digest;

	if (str_empty(c->session_cookie))
		return NULL;
	digest = session_digest(c->issuer, c->session_cookie);
	if (!store_answered(c, store_ended_session(c->svc->store, c->mem, &digest, &was))
	    || !str_eq(was.issuer, c->issuer->name))
		return NULL;
	switch (was.why) {
	case SESSION_END_ELSEWHERE: return "ended_elsewhere";
	case SESSION_END_OPERATOR: return "ended_by_operator";
	default: return NULL;
	}
}
