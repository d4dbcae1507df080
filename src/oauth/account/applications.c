/*
 * oauth/account/applications.c - clients that the person allowed something, or that hold living tokens; what is
 * withdrawn ends with the tokens, as by an operator's order.
 */
#include "oauth/account/account.h"

#define CLIENTS_MAX 50          /* that are shown */
#define ROWS_MAX    100         /* of one page of a list */
#define HANDLE      "account client 1"

/* What is found of the person's clients. room: of the rows that are looked at. */
struct found {
	struct call *c;
	const struct account_here *h;
	struct arena *room;
	struct account_client *at;
	size_t n;
	bool more;
};

/* The row of this client at this issuer, a new one where there is none; NULL: there are too many. */
static struct account_client *
row_of(struct found *f, struct str issuer, struct str client)
{
	struct account_client *row;

	for (size_t i = 0; i < f->n; i++)
		if (str_eq(f->at[i].issuer, issuer) && str_eq(f->at[i].client, client))
			return &f->at[i];
	if (f->n == CLIENTS_MAX) {
		f->more = true;
		return NULL;
	}
	row = &f->at[f->n++];
	*row = (struct account_client){ .issuer = arena_dup(f->c->mem, issuer), .client = arena_dup(f->c->mem, client),
		.scopes = S(""), .until_s = -1 };
	return row;
}

static void
scopes_add(struct found *f, struct account_client *row, struct str scopes)
{
	struct str word;

	while (str_given(scopes) && (word = str_cut(&scopes, ' ')).p != NULL)
		if (word.n > 0 && !str_has_word(row->scopes, word, ' '))
			row->scopes = row->scopes.n > 0 ? ARENA_CAT(f->c->mem, row->scopes, S(" "), word)
							: arena_dup(f->c->mem, word);
}

/* The last of the ends; 0: one of them has none. -1: nothing is known yet. */
static void
until(struct account_client *row, int64_t expires_s)
{
	if (expires_s == 0 || row->until_s == 0)
		row->until_s = 0;
	else if (expires_s > row->until_s)
		row->until_s = expires_s;
}

static bool
is_elsewhere(const struct found *f, struct str issuer)
{
	return str_has_word(f->c->issuer->elsewhere, issuer, ' ');
}

static void
add_held(struct found *f, const struct authorization *auth, int64_t issued_s, int64_t expires_s)
{
	struct account_client *row;

	if (is_elsewhere(f, auth->issuer) || expired(expires_s, f->c->now_s)
	    || (row = row_of(f, auth->issuer, auth->client)) == NULL)
		return;
	row->holds = true;
	if (row->since_s == 0 || issued_s < row->since_s)
		row->since_s = issued_s;
	until(row, expires_s);
	scopes_add(f, row, auth->scope);
}

/* --- lists of the store: false: it is in trouble -------------------------------------------------- */

static bool
look_at_approvals(struct found *f)
{
	struct approval_walk w = { .user = &f->h->u.id, .client = STR_ABSENT, .now_s = f->c->now_s };
	struct approval *rows = arena_array(f->room, struct approval, ROWS_MAX);
	int n = ROWS_MAX;

	while (n == ROWS_MAX && rows != NULL) {
		n = store_approval_rows(f->c->svc->store, f->room, &w, ROWS_MAX, rows);
		for (int i = 0; i < n; i++) {
			struct account_client *row = is_elsewhere(f, rows[i].issuer)
			    ? NULL : row_of(f, rows[i].issuer, rows[i].client);

			if (row == NULL)
				continue;
			row->allowed = true;
			until(row, rows[i].expires_s);
			scopes_add(f, row, approval_words(f->room, rows[i].scope, false));
		}
		if (n > 0)
			w.after = rows[n - 1];
	}
	return rows != NULL && n >= 0;
}

static bool
look_at_families(struct found *f)
{
	struct family *rows = arena_array(f->room, struct family, ROWS_MAX);
	struct family_walk w = { .user = &f->h->u.id };
	int n = ROWS_MAX;

	while (n == ROWS_MAX && rows != NULL) {
		n = store_families(f->c->svc->store, f->room, &w, ROWS_MAX, rows);
		for (int i = 0; i < n; i++)
			if (rows[i].state == FAMILY_LIVE)
				add_held(f, &rows[i].auth, rows[i].issued_s, rows[i].expires_s);
		if (n > 0)
			w.after = rows[n - 1];
	}
	return rows != NULL && n >= 0;
}

/* Those that stem from no family: what has one is seen with it. */
static bool
look_at_tokens(struct found *f)
{
	struct token *rows = arena_array(f->room, struct token, ROWS_MAX);
	struct token_walk w = { .user = &f->h->u.id };
	int n = ROWS_MAX;

	while (n == ROWS_MAX && rows != NULL) {
		n = store_tokens(f->c->svc->store, f->room, &w, ROWS_MAX, rows);
		for (int i = 0; i < n; i++)
			if (id_none(&rows[i].family))
				add_held(f, &rows[i].auth, rows[i].issued_s, rows[i].expires_s);
		if (n > 0)
			w.after = rows[n - 1].id;
	}
	return rows != NULL && n >= 0;
}

/* --- the page ------------------------------------------------------------------------------------- */

static void
row_finish(struct call *c, struct account_client *row)
{
	const struct client *k = client_find(c, row->client);

	row->name = k != NULL && !str_empty(k->name) ? k->name : row->client;
	row->sealed = browser_seal(c, HANDLE, ARENA_CAT(c->mem, row->issuer, S(" "), row->client));
	if (row->until_s < 0)
		row->until_s = 0;
}

static bool
clients_put(struct call *c, const struct account_here *h, struct account_page *p)
{
	struct found f = { .c = c, .h = h, .room = account_room(c),
		.at = arena_array(c->mem, struct account_client, CLIENTS_MAX) };

	if (f.room == NULL || f.at == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	if (!look_at_approvals(&f) || !look_at_families(&f) || !look_at_tokens(&f))
		return fail(c, R_STORE, S("read"));
	for (size_t i = 0; i < f.n; i++)
		row_finish(c, &f.at[i]);
	p->clients = f.at;
	p->n_clients = f.n;
	p->more = f.more;
	return true;
}

static struct account_page *
page(struct call *c, const struct account_here *h)
{
	struct account_page *p = account_page(c, ACCOUNT_APPLICATIONS, h);

	return p != NULL && clients_put(c, h, p) ? p : NULL;
}

/* --- withdrawn ------------------------------------------------------------------------------------ */

/* Which issuer and client the button is of; another realm's issuer is none of this person's. */
static bool
client_called(struct call *c, struct str *issuer, struct str *client)
{
	struct str plain;

	if (!browser_unseal(c, HANDLE, c->arg[P_WITHDRAWN], &plain))
		return false;
	*issuer = str_cut(&plain, ' ');
	*client = plain;
	return str_given(*client) && !str_has_word(c->issuer->elsewhere, *issuer, ' ');
}

/* True: *a is the answer. */
static bool
withdraw_once(struct call *c, struct answer *a)
{
	struct account_here h;
	struct str issuer, client;
	struct person_ops end;
	struct ops o = { .n = 0 };

	if (!account_session(c, ACCOUNT_SEES, &h, a))
		return true;
	if (!account_form_holds(c)) {
		*a = c->why == R_NONE ? account_wrong(c, page(c, &h), 403, "expired_form") : answer_fault(c);
		return true;
	}
	if (!client_called(c, &issuer, &client)) {
		*a = account_wrong(c, page(c, &h), 400, "account_client_gone");
		return true;
	}
	person_withdraws(&end, &h.u, issuer, client);
	for (size_t i = 0; i < end.n; i++)
		*ops_add(&o, end.at[i].kind) = end.at[i];
	if (!account_commit(c, &h, &o)) {
		*a = answer_fault(c);
		return c->why != R_NONE;
	}
	c->detail = arena_say(c->mem, "the person has withdrawn what client \"%.*s\" was allowed", STR_ARG(client));
	*a = account_done(c, "withdrawn");
	return true;
}

struct answer
account_applications_endpoint(struct call *c, bool posted)
{
	struct account_here h;
	struct answer a;

	if (posted)
		return account_settles(c, withdraw_once);
	return account_session(c, ACCOUNT_SEES, &h, &a) ? account_answer(c, page(c, &h)) : a;
}
