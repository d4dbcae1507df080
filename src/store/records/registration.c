/* store/records/registration.c - clients that registered themselves, and the tokens that let them. */
#include "store/records/records_int.h"

/* --- registrations ---------------------------------------------------------------------------- */

/* Two that come at once are counted one after the other. */
static enum step
realm_counted(struct conn *c, struct str realm)
{
	struct query q;

	if (!c->engine->shared)
		return STEP_DONE;
	op_begin(&q, c, SQL_REALM_COUNTED);
	bind_str(&q, realm);
	return op_hold(&q);
}

enum step
op_registration_add(struct conn *c, const struct store_op *op)
{
	const struct registration *r = op->registration.row;
	struct query q;

	if (realm_counted(c, r->realm) != STEP_DONE)
		return STEP_FAILED;
	op_begin(&q, c, SQL_REGISTRATION_ADD);
	bind_str(&q, r->realm);
	bind_str(&q, r->client);
	bind_str(&q, r->issuer);
	bind_str(&q, r->by);
	bind_str(&q, r->address);
	bind_dig(&q, &r->token);
	bind_int(&q, r->created_s);
	bind_int(&q, r->expires_s);
	bind_int(&q, r->fresh_s);
	bind_int(&q, op->registration.most);
	return op_run_cond(&q);
}

static void
bind_whose(struct query *q, const struct registration *r)
{
	bind_str(q, r->realm);
	bind_str(q, r->client);
}

enum step
op_registration_used(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_REGISTRATION_USED);
	bind_whose(&q, op->registration.row);
	bind_int(&q, op->registration.row->expires_s);
	bind_int(&q, op->registration.before_s);
	return op_finish(&q);
}

enum step
op_registration_fresh(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_REGISTRATION_FRESH);
	bind_whose(&q, op->registration.row);
	bind_int(&q, op->registration.row->fresh_s);
	return op_finish(&q);
}

enum step
op_registration_end(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_REGISTRATION_END);
	bind_whose(&q, op->registration.row);
	bind_int(&q, op->registration.before_s);
	return op_run_cond(&q);
}

static void
registration_fill(struct query *q, struct registration *r)
{
	*r = (struct registration){ 0 };
	r->realm = get_str(q);
	r->client = get_str(q);
	r->issuer = get_str(q);
	r->by = get_str(q);
	r->address = get_str(q);
	r->token = get_dig(q, NULL);
	r->created_s = get_int(q);
	r->expires_s = get_int(q);
	r->fresh_s = get_int(q);
}

enum store_found
read_registration(struct store *s, struct arena *mem, struct str realm, struct str client, struct registration *out)
{
	struct query q;
	bool found;

	read_begin(&q, s, mem, SQL_REGISTRATION);
	bind_str(&q, realm);
	bind_str(&q, client);
	if ((found = query_row(&q)))
		registration_fill(&q, out);
	return read_end(&q, s, found);
}

int
read_registrations(struct store *s, struct arena *mem, const struct registration_walk *w, int max,
    struct registration *out)
{
	struct query q;
	int n = 0;

	read_begin(&q, s, mem, w->over_s != 0 ? SQL_REGISTRATIONS_OVER : SQL_REGISTRATIONS);
	if (w->over_s != 0) {
		bind_int(&q, w->over_s);
	} else {
		bind_str(&q, str_given(w->realm) ? w->realm : S(""));
		bind_str(&q, str_given(w->client) ? w->client : S(""));
		bind_str(&q, w->realm);
	}
	bind_int(&q, max);
	for (; n < max && query_row(&q); n++)
		registration_fill(&q, &out[n]);
	return read_end_list(&q, s, n);
}

/* --- initial access tokens -------------------------------------------------------------------- */

enum step
op_initial_token_add(struct conn *c, const struct store_op *op)
{
	const struct initial_token *t = op->initial_token;
	struct query q;

	op_begin(&q, c, SQL_INITIAL_TOKEN_ADD);
	bind_blob(&q, id_str(&t->id));
	bind_str(&q, t->realm);
	bind_str(&q, t->name);
	bind_dig(&q, &t->digest);
	bind_int(&q, t->uses);
	bind_int(&q, t->created_s);
	bind_int(&q, t->expires_s);
	return op_run_cond(&q);
}

enum step
op_initial_token_use(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_INITIAL_TOKEN_USE);
	bind_str(&q, op->initial_token->realm);
	bind_dig(&q, &op->initial_token->digest);
	bind_int(&q, op->initial_token->created_s);
	return op_run_cond(&q);
}

enum step
op_initial_token_end(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_INITIAL_TOKEN_END);
	bind_str(&q, op->initial_token->realm);
	bind_str(&q, op->initial_token->name);
	return op_run_cond(&q);
}

static void
initial_token_fill(struct query *q, struct initial_token *t)
{
	*t = (struct initial_token){ 0 };
	t->id = get_id(q);
	t->realm = get_str(q);
	t->name = get_str(q);
	t->digest = get_dig(q, NULL);
	t->uses = get_int(q);
	t->created_s = get_int(q);
	t->expires_s = get_int(q);
}

enum store_found
read_initial_token(struct store *s, struct arena *mem, struct str realm, const struct dig32 *digest,
    struct initial_token *out)
{
	struct query q;
	bool found;

	read_begin(&q, s, mem, SQL_INITIAL_TOKEN);
	bind_str(&q, realm);
	bind_dig(&q, digest);
	if ((found = query_row(&q)))
		initial_token_fill(&q, out);
	return read_end(&q, s, found);
}

int
read_initial_tokens(struct store *s, struct arena *mem, struct str realm, struct str after, int max,
    struct initial_token *out)
{
	struct query q;
	int n = 0;

	read_begin(&q, s, mem, SQL_INITIAL_TOKENS);
	bind_str(&q, realm);
	bind_str(&q, str_given(after) ? after : S(""));
	bind_int(&q, max);
	for (; n < max && query_row(&q); n++)
		initial_token_fill(&q, &out[n]);
	return read_end_list(&q, s, n);
}
