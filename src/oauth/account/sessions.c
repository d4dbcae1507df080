/*
 * oauth/account/sessions.c - where the person is logged in, at every issuer of the realm; one of them ends, or all
 * but this.
 */
#include "oauth/account/account.h"

#define ROWS_MAX  1000          /* that are looked at */
#define SHOWN_MAX 50
#define NAMES_MAX 64            /* clients of one session */

struct sessions { struct session *at; int n; bool all; };

static bool
is_same(const struct session *a, const struct session *b)
{
	return memcmp(a->digest.b, b->digest.b, sizeof a->digest.b) == 0;
}

/* Of another realm's issuer it is none of this person's; one of this issuer may have been idle too long. */
static bool
is_shown(const struct call *c, const struct session *s)
{
	if (str_has_word(c->issuer->elsewhere, s->issuer, ' '))
		return false;
	return str_eq(s->issuer, c->issuer->name) ? session_lives(c, s) : !expired(s->expires_s, c->now_s);
}

/* Whoever was used last comes first. */
static int
by_use(const void *a, const void *b)
{
	int64_t x = ((const struct session *)a)->seen_s, y = ((const struct session *)b)->seen_s;

	return x < y ? 1 : x > y ? -1 : 0;
}

/* Those that live, in a room of their own. False: c->why. */
static bool
sessions_read(struct call *c, const struct account_here *h, struct sessions *out)
{
	struct arena *room = account_room(c);
	struct session *rows = room != NULL ? arena_array(room, struct session, ROWS_MAX) : NULL;
	int n = rows != NULL ? store_sessions(c->svc->store, room, &h->u.id, NULL, ROWS_MAX, rows) : -1;

	*out = (struct sessions){ rows, 0, n < ROWS_MAX };
	if (n < 0)
		return fail(c, R_STORE, S("read"));
	for (int i = 0; i < n; i++)
		if (is_shown(c, &rows[i]))
			rows[out->n++] = rows[i];
	qsort(rows, (size_t)out->n, sizeof *rows, by_use);
	return true;
}

static void
put_name(struct buf *b, struct str client)
{
	if (str_empty(client) || str_has_word(buf_str(b), client, ' '))
		return;
	if (b->n > 0)
		buf_putc(b, ' ');
	buf_put(b, client);
}

/* Ids of clients hold no blank. False: c->why. */
static bool
clients_of(struct call *c, const struct session *s, struct str *out)
{
	struct session_client *rows = arena_array(c->mem, struct session_client, NAMES_MAX);
	struct session_client_walk w = { .session = &s->digest };
	int n = rows == NULL ? -1 : store_session_clients(c->svc->store, c->mem, &w, NAMES_MAX, rows);
	struct buf b;

	if (n < 0)
		return fail(c, R_STORE, S("read"));
	buf_init(&b, c->mem, NAMES_MAX * 260);
	put_name(&b, s->client);
	for (int i = 0; i < n; i++)
		put_name(&b, rows[i].client);
	*out = buf_str(&b);
	return true;
}

static bool
logins_put(struct call *c, const struct account_here *h, struct account_page *p)
{
	struct account_login *at = arena_array(c->mem, struct account_login, SHOWN_MAX);
	struct sessions all;

	if (at == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	if (!sessions_read(c, h, &all))
		return false;
	for (int i = 0; i < all.n && i < SHOWN_MAX; i++) {
		const struct session *s = &all.at[i];

		at[i] = (struct account_login){ .id = account_id(c, s), .issuer = s->issuer, .address = s->address,
			.agent = s->agent, .begun_s = s->auth_s, .seen_s = s->seen_s, .expires_s = s->expires_s,
			.here = is_same(s, &h->s) };
		if (!clients_of(c, s, &at[i].clients))
			return false;
		p->n_logins++;
	}
	p->logins = at;
	p->more = all.n > SHOWN_MAX || !all.all;
	return true;
}

static struct account_page *
page(struct call *c, const struct account_here *h)
{
	struct account_page *p = account_page(c, ACCOUNT_SESSIONS, h);

	return p != NULL && logins_put(c, h, p) ? p : NULL;
}

/* --- the end -------------------------------------------------------------------------------------- */

/* What a form calls so is one of this person's own, or nothing. NULL: there is none, or c->why. */
static const struct session *
session_called(struct call *c, const struct account_here *h, struct str id)
{
	struct sessions all;

	if (!sessions_read(c, h, &all))
		return NULL;
	for (int i = 0; i < all.n; i++)
		if (str_eq(id, account_id(c, &all.at[i])))
			return &all.at[i];
	return NULL;
}

/* The operations of an operator's order: what waits in it and what it gave ends too, and its clients are told. */
static bool
one_ends(struct call *c, const struct account_here *h, struct answer *a)
{
	const struct session *s = session_called(c, h, c->arg[P_ENDED_SESSION]);
	struct ops o = { .n = 0 };

	if (s == NULL || is_same(s, &h->s)) {
		*a = c->why != R_NONE ? answer_fault(c) : account_wrong(c, page(c, h), 400, "account_session_gone");
		return true;
	}
	ops_add(&o, OP_SESSION_END)->session = s;
	if (!account_commit(c, h, &o))
		return false;
	c->detail = SAY("the person has ended one of the sessions");
	*a = account_done(c, "session");
	return true;
}

static bool
others_end(struct call *c, const struct account_here *h, struct answer *a)
{
	struct ops o = { .n = 0 };

	ops_add(&o, OP_SESSIONS_END_OTHERS)->others = (struct op_others){ &h->s, c->issuer->elsewhere };
	if (!account_commit(c, h, &o))
		return false;
	c->detail = SAY("the person has ended all other sessions");
	*a = account_done(c, "others");
	return true;
}

/* True: *a is the answer. */
static bool
end_once(struct call *c, struct answer *a)
{
	struct account_here h;
	bool done;

	if (!account_session(c, ACCOUNT_SEES, &h, a))
		return true;
	if (!account_form_holds(c)) {
		*a = c->why == R_NONE ? account_wrong(c, page(c, &h), 403, "expired_form") : answer_fault(c);
		return true;
	}
	done = str_given(c->arg[P_END_SESSIONS]) ? others_end(c, &h, a) : one_ends(c, &h, a);
	if (!done && c->why != R_NONE)
		*a = answer_fault(c);
	return done || c->why != R_NONE;
}

struct answer
account_sessions_endpoint(struct call *c, bool posted)
{
	struct account_here h;
	struct answer a;

	if (posted)
		return account_settles(c, end_once);
	return account_session(c, ACCOUNT_SEES, &h, &a) ? account_answer(c, page(c, &h)) : a;
}
