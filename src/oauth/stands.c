/*
 * oauth/stands.c - the rows that what is given stands on: their guards, and what to do when one of
 * them is no longer so. O7, S6.
 */
#include <assert.h>

#include "oauth/client_metadata.h"
#include "oauth/oauth_int.h"

/*
 * Who registers itself works at once, and is bound by what it changed a moment ago, before the next
 * snapshot knows it: clients that an operator made cost nothing more, others one read while the
 * snapshot is behind, and never where nobody registers.
 */
static bool
may_be_newer(const struct call *c, const struct client *known, struct str id)
{
	const struct realm *r = c->issuer->realm;

	if ((known != NULL && known->lease_s == 0) || !str_given(id) || id.n > CLIENT_ID_MAX)
		return false;
	return issuer_registers(c->issuer) && realm_epoch(r) != 0 && realm_epoch(r) != store_clients_epoch(c->svc->store);
}

const struct client *
client_find(const struct call *c, struct str id)
{
	const struct client *known;
	struct client *now;
	enum store_found f;

	if (str_given(c->renewed.id) && str_eq(c->renewed.id, id))
		return c->renewed.row;
	known = realm_client(c->issuer->realm, id);
	if (!may_be_newer(c, known, id) || (now = arena_new(c->mem, struct client)) == NULL)
		return known;
	f = store_client(c->svc->store, c->mem, realm_name(c->issuer->realm), id, now);
	if (f == FIND_FAILED)
		return known;
	if (f == NOT_FOUND || (known != NULL && known->version == now->version))
		return f == FOUND ? known : NULL;
	now->registered = metadata_keep(c->mem, now->metadata);
	return now;
}

static const struct renewed_resource *
resource_renewed(const struct call *c, struct str asked)
{
	const struct renewed_resource *r = c->renewed_resources;

	while (r != NULL && !resource_is(r->id, asked))
		r = r->next;
	return r;
}

const struct resource_server *
resource_find(const struct call *c, struct str asked)
{
	const struct renewed_resource *r = resource_renewed(c, asked);

	return r != NULL ? r->row : realm_resource(c->issuer->realm, asked);
}

void
ops_stand_on_resource(const struct call *c, struct ops *o, const struct resource_server *s)
{
	const struct renewed_resource *r = resource_renewed(c, s->id);
	struct store_op *op = ops_add(o, OP_RESOURCE_STANDS);

	op->resource.row = s;
	op->resource.epoch = r != NULL ? r->epoch : realm_epoch(c->issuer->realm);
}

/* A use moves the end of the client's lease, by steps of a sixteenth. */
static void
lease_goes_on(const struct call *c, struct ops *o)
{
	const struct client *k = c->client;
	struct registration *row = k->lease_s > 0 ? arena_new(c->mem, struct registration) : NULL;

	if (row == NULL)
		return;
	*row = (struct registration){ .realm = k->realm, .client = k->id, .expires_s = c->now_s + k->lease_s };
	ops_add(o, OP_REGISTRATION_USED)->registration =
	    (struct op_registration){ row, 0, row->expires_s - k->lease_s / 16 };
}

void
ops_stand_on(struct call *c, struct ops *o, const struct user *u, const struct session *s)
{
	if (c->client != NULL) {
		struct store_op *op = ops_add(o, OP_CLIENT_STANDS);

		op->stands.client = c->client;
		op->stands.epoch = c->client == c->renewed.row ? c->renewed.epoch : realm_epoch(c->issuer->realm);
		lease_goes_on(c, o);
	}
	if (u != NULL)
		ops_add(o, OP_USER_STANDS)->user = u;
	if (s != NULL)
		ops_add(o, OP_SESSION_ALIVE)->session = s;
}

/* --- does a list hold the guards of what it gives? -------------------------------------------- */

static bool
is_guard(const struct store_op *op)
{
	return store_op_only_looks(op->kind);
}

bool
ops_only_guard(const struct ops *o)
{
	for (size_t i = 0; i < o->n; i++)
		if (!is_guard(&o->at[i]))
			return false;
	return true;
}

static bool
has(const struct ops *o, enum store_op_kind kind)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->at[i].kind == kind)
			return true;
	return false;
}

/* Of a kind of operation that gives something: which guards must be there. */
struct needs { bool client, user, session; };

static struct needs
needs_of(const struct store_op *op)
{
	switch (op->kind) {
	case OP_CODE_ADD: return (struct needs){ .client = true, .user = true, .session = true };
	case OP_CODE_GIVE: return (struct needs){ .client = true, .user = true };
	case OP_DECOUPLED_ADD: return (struct needs){ .client = true };
	case OP_DECOUPLED_DECIDE: {
		bool gives = op->decoupled.row->state == DECOUPLED_ALLOWED;

		return (struct needs){ .client = gives, .user = gives, .session = gives };
	}
	case OP_FAMILY_ADD: return (struct needs){ .client = true, .user = !id_none(&op->family->auth.user) };
	case OP_FAMILY_ROTATE: return (struct needs){ .client = true, .user = !id_none(&op->family->auth.user) };
	case OP_TOKEN_ADD: return (struct needs){ .client = true, .user = !id_none(&op->token->auth.user) };
	case OP_FACTORS_ADD:
	case OP_DEVICE_ADD:
	case OP_SESSION_ADD: return (struct needs){ .user = true };
	case OP_IDENTITY_ADD: return (struct needs){ .user = true };
	case OP_PENDING_ADD: return (struct needs){ .client = true, .user = true, .session = true };
	case OP_APPROVAL_PUT:
	case OP_APPROVALS_PUT: return (struct needs){ .client = true, .user = true, .session = true };
	case OP_PUSHED_ADD:
	case OP_JTI_ADD: return (struct needs){ .client = true };
	default: return (struct needs){ .client = false };
	}
}

bool
ops_are_guarded(const struct ops *o)
{
	bool client = has(o, OP_CLIENT_STANDS), user = has(o, OP_USER_STANDS), session = has(o, OP_SESSION_ALIVE);

	for (size_t i = 0; i < o->n; i++) {
		struct needs n = needs_of(&o->at[i]);

		if ((n.client && !client) || (n.user && !user) || (n.session && !session))
			return false;
	}
	return true;
}

/* --- committing ------------------------------------------------------------------------------- */

static enum store_result
version_is(enum store_found f, int64_t now, int64_t read)
{
	return f == FIND_FAILED ? STORE_FAILED : f == FOUND && now == read ? STORE_DONE : STORE_LOST;
}

/* Where others write too, this process hears of it a moment later: the row is looked at. */
static bool
none_changed(struct store *s, uint64_t epoch)
{
	return !store_is_shared(s) && epoch == store_clients_epoch(s);
}

/* One guard by a read: for an answer that writes nothing. */
static enum store_result
guard_holds(struct call *c, const struct store_op *op)
{
	struct store *s = c->svc->store;
	struct resource_server server;
	struct session session;
	struct family family;
	struct client client;
	struct user user;
	enum store_found f;

	switch (op->kind) {
	case OP_CLIENT_STANDS:
		if (none_changed(s, op->stands.epoch))
			return STORE_DONE;
		f = store_client(s, c->mem, op->stands.client->realm, op->stands.client->id, &client);
		return version_is(f, client.version, op->stands.client->version);
	case OP_RESOURCE_STANDS:
		if (none_changed(s, op->resource.epoch))
			return STORE_DONE;
		f = store_resource_server(s, c->mem, op->resource.row->realm, op->resource.row->id, &server);
		return version_is(f, server.version, op->resource.row->version);
	case OP_USER_STANDS:
		f = store_user_by_id(s, c->mem, op->user->realm, &op->user->id, &user);
		return version_is(f, user.version, op->user->version);
	case OP_SESSION_ALIVE:
		return version_is(store_session(s, c->mem, &op->session->digest, &session), 0, 0);
	default:
		f = store_family(s, c->mem, &op->family->id, &family);
		return version_is(f, family.state, FAMILY_LIVE);
	}
}

static enum store_result
guards_hold(struct call *c, const struct ops *o, size_t *lost)
{
	enum store_result r = STORE_DONE;

	for (size_t i = 0; r == STORE_DONE && i < o->n; i++) {
		*lost = i;
		r = guard_holds(c, &o->at[i]);
	}
	return r;
}

enum store_result
commit_standing(struct call *c, const struct ops *o, size_t *lost)
{
	enum store_result r;

	assert(ops_are_guarded(o));
	*lost = 0;
	if (c->defers && !ops_only_guard(o))
		return call_leaves(c, o) ? STORE_DONE : STORE_FAILED;
	r = ops_only_guard(o) ? guards_hold(c, o, lost) : store_commit(c->svc->store, o->at, o->n, lost);
	if (r == STORE_FAILED)
		fail(c, R_STORE, S("commit"));
	return r;
}

bool
commit_or_fail(struct call *c, const struct ops *o)
{
	assert(ops_are_guarded(o));
	if (o->n > 0 && call_must_wait(c))
		return false;
	if (o->n == 0 || store_commit(c->svc->store, o->at, o->n, NULL) == STORE_DONE)
		return true;
	return fail(c, R_STORE, S("commit"));
}

/* The epoch first: it may only be older than what is read. */
static bool
client_again(struct call *c, const struct client *was)
{
	struct client *now = arena_new(c->mem, struct client);
	uint64_t epoch = store_clients_epoch(c->svc->store);
	enum store_found f = now == NULL ? FIND_FAILED : store_client(c->svc->store, c->mem, was->realm, was->id, now);

	if (f == FIND_FAILED)
		return fail(c, R_STORE, S("read"));
	if (f == FOUND)
		now->registered = metadata_keep(c->mem, now->metadata);
	c->renewed.id = was->id;
	c->renewed.row = f == FOUND ? now : NULL;
	c->renewed.epoch = epoch;
	return true;
}

/* As client_again. */
static bool
resource_again(struct call *c, const struct resource_server *was)
{
	struct renewed_resource *r = arena_new(c->mem, struct renewed_resource);
	struct resource_server *now = arena_new(c->mem, struct resource_server);
	uint64_t epoch = store_clients_epoch(c->svc->store);
	enum store_found f = r == NULL || now == NULL
	    ? FIND_FAILED : store_resource_server(c->svc->store, c->mem, was->realm, was->id, now);

	if (f == FIND_FAILED)
		return fail(c, R_STORE, S("read"));
	*r = (struct renewed_resource){ was->id, f == FOUND ? now : NULL, epoch, c->renewed_resources };
	c->renewed_resources = r;
	return true;
}

bool
stands_no_more(struct call *c, const struct ops *o, size_t lost)
{
	const struct store_op *op = &o->at[lost];

	if (op->kind == OP_CLIENT_STANDS)
		return client_again(c, op->stands.client);
	if (op->kind == OP_RESOURCE_STANDS)
		return resource_again(c, op->resource.row);
	return is_guard(op);
}
