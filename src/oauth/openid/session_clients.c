/*
 * oauth/openid/session_clients.c - which clients took part in a session, by which name they know it, and which
 * frames tell them of its end. Back-Channel Logout 1.0 section 2.1, Front-Channel Logout 1.0 section 3.
 */
#include "oauth/client_metadata.h"
#include "oauth/openid/openid.h"

#define SID_BYTES   16
#define CLIENTS_MAX 256                 /* of one session, that are told by frames */

/* Of the session's digest, which is one of a random value: the name leads to neither. */
static struct str
sid_of(const struct call *c, const struct session *s)
{
	struct dig32 d = digest_of(c->issuer, S("sid"), dig_str(&s->digest));

	return hex_encode(c->mem, str_span(d.b, SID_BYTES));
}

/* Who is to hear of its end; and whoever holds what is to end with it. */
static bool
is_noted(const struct policy *p, const struct authorization *a)
{
	return p->session.ends_refresh || (p->logout.tells_clients && id_token_is_asked(p, a->scope));
}

bool
session_is_joined(struct call *c, const struct session *s, struct authorization *a, struct ops *o)
{
	struct session_client *row = arena_new(c->mem, struct session_client);
	struct authorization_extra x;

	if (!is_noted(c->issuer->policy, a))
		return true;
	if (row == NULL || !authorization_extra_get(c->mem, a, &x))
		return fail(c, R_INTERNAL, S("memory"));
	x.sid = sid_of(c, s);
	*row = (struct session_client){ .id = id_new(), .session = s->digest, .issuer = s->issuer,
		.client = c->client->id, .user = s->user, .sid = x.sid, .expires_s = s->expires_s };
	if (!str_given(row->sid) || !authorization_extra_set(c->mem, a, &x))
		return fail(c, R_INTERNAL, S("memory"));
	ops_add(o, OP_SESSION_CLIENT_ADD)->session_client = row;
	return true;
}

/* Room for those of one session, for one after another. NULL: c->why. */
static struct session_client *
clients_room(struct call *c)
{
	struct session_client *rows = arena_array(c->mem, struct session_client, CLIENTS_MAX);

	if (rows == NULL)
		fail(c, R_INTERNAL, S("memory"));
	return rows;
}

/* -1: c->why. */
static int
clients_of(struct call *c, const struct session *s, struct session_client *rows)
{
	const struct session_client_walk of = { .session = &s->digest };
	int n = rows != NULL ? store_session_clients(c->svc->store, c->mem, &of, CLIENTS_MAX, rows) : -1;

	if (n < 0)
		fail(c, R_STORE, S("read"));
	return n;
}

static bool
is_called(struct call *c, const struct session *s, struct str client, struct str sid, struct session_client *rows)
{
	int n;

	if (str_eq(sid, sid_of(c, s)))
		return true;
	n = clients_of(c, s, rows);
	for (int i = 0; i < n; i++)
		if (str_eq(rows[i].client, client) && str_eq(rows[i].sid, sid))
			return true;
	return false;
}

bool
session_is_called(struct call *c, const struct session *s, struct str client, struct str sid)
{
	return str_eq(sid, sid_of(c, s)) || is_called(c, s, client, sid, clients_room(c));
}

#define PAGE 32                 /* sessions of one user, at a time */

bool
session_by_name(struct call *c, const struct id16 *user, struct str client, struct str sid, struct session *out)
{
	struct session *page = arena_array(c->mem, struct session, PAGE);
	struct session_client *rows = clients_room(c);
	int64_t idle_s = c->issuer->policy->session.idle_s;
	struct dig32 after;
	int n = PAGE;

	if (page == NULL || rows == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	for (bool more = false; n == PAGE; more = true) {
		n = store_sessions(c->svc->store, c->mem, user, more ? &after : NULL, PAGE, page);
		if (n < 0)
			return fail(c, R_STORE, S("read"));
		for (int i = 0; i < n; i++) {
			*out = page[i];
			if (str_eq(out->issuer, c->issuer->name) && !expired(out->expires_s, c->now_s)
			    && (idle_s == 0 || c->now_s - out->seen_s <= idle_s)
			    && is_called(c, out, client, sid, rows))
				return c->why == R_NONE;
			after = out->digest;
		}
	}
	return false;
}

static void
member_put(struct buf *b, const char *name, struct str value)
{
	buf_put(b, str_of(name));
	buf_putc(b, '=');
	pct_encode(b, value, S(""));
}

/* Absent: the client is told by no frame. */
static struct str
frame_of(struct call *c, const struct session_client *row)
{
	const struct client *k = client_find(c, row->client);
	const struct client_metadata *m = k != NULL && k->enabled ? client_metadata(k) : NULL;
	struct buf b;

	if (m == NULL || str_empty(m->frontchannel_logout_uri))
		return STR_ABSENT;
	if (!m->frontchannel_logout_session_required)
		return m->frontchannel_logout_uri;
	buf_init(&b, c->mem, URL_MAX);
	buf_put(&b, m->frontchannel_logout_uri);
	buf_putc(&b, str_index(m->frontchannel_logout_uri, '?') >= 0 ? '&' : '?');
	member_put(&b, "iss", c->issuer->url);
	buf_putc(&b, '&');
	member_put(&b, "sid", row->sid);
	return b.full ? STR_ABSENT : buf_str(&b);
}

bool
session_frames(struct call *c, const struct session *s, const struct str **frames, size_t *n)
{
	struct str *out = arena_array(c->mem, struct str, CLIENTS_MAX);
	struct session_client *rows = out != NULL ? clients_room(c) : NULL;
	int found = rows != NULL ? clients_of(c, s, rows) : -1;

	*frames = out;
	*n = 0;
	if (out == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	if (found == CLIENTS_MAX)
		log_warn("issuer %.*s: a session has %d clients or more: not all of them are told of its end by frames",
		    STR_ARG(c->issuer->name), CLIENTS_MAX);
	for (int i = 0; i < found; i++) {
		struct str frame = frame_of(c, &rows[i]);

		if (str_given(frame))
			out[(*n)++] = frame;
	}
	return found >= 0;
}
