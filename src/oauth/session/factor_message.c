/*
 * oauth/session/factor_message.c - codes by text message and by mail as second factors. One is sent when a form asks for
 * it, and never for a page that is opened; it is of one user, issuer, kind and use by the key of its row, of one address
 * by its digest, and good once.
 */
#include "oauth/session/factor_kinds.h"

#define CODES 1000000           /* six digits */

/* --- sent ------------------------------------------------------------------------------------- */

static struct dig32
row_key(const struct call *c, const struct user *u, enum factor_kind kind, enum message_use use)
{
	struct str what = ARENA_CAT(c->mem, use == MESSAGE_ENROLS ? S("factor enrolment ") : S("factor code "),
	    str_of(factor_rows[kind].word));

	return digest_of(c->issuer, what, ARENA_CAT(c->mem, u->realm, str_span("", 1), id_str(&u->id)));
}

static struct dig32
code_digest(const struct token_key *under, const struct dig32 *key, const struct dig32 *address, struct str code)
{
	struct dig32 d;

	HMAC256(d.b, token_key_str(under), S("factor code"), dig_str(key), dig_str(address), code);
	return d;
}

struct sending {
	struct ops o;
	struct one_time row;
	bool by_sms;
	struct sms_sending sms;
	struct mail_sending mail;
};

/* The row first, then what bounds the message. */
static bool
sending_plan(struct call *c, const struct user *u, enum factor_kind kind, enum message_use use, struct sending *s)
{
	const struct policy *p = c->issuer->policy;
	struct str to = message_address(c, u, kind), code = arena_printf(c->mem, "%06u", (unsigned)rand_below(CODES));
	struct dig32 key = row_key(c, u, kind, use), address = message_digest(c, u, kind, to);
	struct sms_order sms = { .number = to, .code = code, .minutes = (p->factor.code_ttl_s + 59) / 60,
		.not_after_s = c->now_s + p->factor.code_ttl_s, .user = u };
	struct mail_order mail = { .user = u,
		.not_after_s = sms.not_after_s,
		.words = {
		    .what = S("code"), .to = to, .name = u->display_name, .code = code, .minutes = sms.minutes } };
	struct store_op *op;

	*s = (struct sending){ .by_sms = kind == FACTOR_SMS };
	s->row = (struct one_time){ .key = key, .code = code_digest(token_key_now(c->issuer), &key, &address, code),
		.sent_s = c->now_s, .expires_s = sms.not_after_s };
	op = ops_add(&s->o, OP_ONE_TIME_PUT);
	op->one_time.row = &s->row;
	op->one_time.before_s = c->now_s - p->factor.code_pause_s;
	return s->by_sms ? sms_add(c, &s->o, &sms, &s->sms) : mail_add(c, &s->o, &mail, &s->mail);
}

/* Who has shown the password hears of every bound: there is nothing to hide from the owner. */
static bool
sending_lost(struct call *c, const struct sending *s, size_t lost)
{
	if (lost == 0) {
		c->retry_after_s = c->issuer->policy->factor.code_pause_s;
		return fail(c, R_SMS_SOON, S("second factor"));
	}
	if (s->by_sms)
		sms_bound(c, &s->sms, lost);
	else
		mail_bound(c, &s->mail, lost);
	return fail(c, s->by_sms ? R_SMS_LIMIT : R_MAIL_LIMIT, S("second factor"));
}

bool
message_send(struct call *c, const struct user *u, enum factor_kind kind, enum message_use use)
{
	struct sending *s = arena_new(c->mem, struct sending);
	enum store_result r;
	size_t lost = 0;

	if (s == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	if (!sending_plan(c, u, kind, use, s))
		return false;
	r = store_commit(c->svc->store, s->o.at, s->o.n, &lost);
	if (s->by_sms)
		sms_done(c, &s->sms, r == STORE_DONE);
	else
		mail_done(c, &s->mail, r == STORE_DONE);
	if (r == STORE_LOST)
		return sending_lost(c, s, lost);
	return r == STORE_DONE || fail(c, R_STORE, S("commit"));
}

bool
message_page(struct call *c, const struct user *u, enum factor_kind kind, enum message_use use, struct answer *a)
{
	struct dig32 key = row_key(c, u, kind, use);
	struct one_time row;

	a->factor.kind = str_of(factor_rows[kind].word);
	a->factor.sent_to = message_masked(c, message_address(c, u, kind));
	a->factor.code_sent = store_answered(c, store_one_time(c->svc->store, &key, &row)) && !row.spent
	    && !expired(row.expires_s, c->now_s) && row.tries < c->issuer->policy->factor.code_tries;
	return c->why == R_NONE;
}

/* --- shown ------------------------------------------------------------------------------------ */

/* Before anything is compared: of many at once few pass. */
static bool
try_is_free(struct call *c, const struct dig32 *key)
{
	struct one_time row = { .key = *key };
	struct store_op op = { .kind = OP_ONE_TIME_TRY, .one_time = { .row = &row, .now_s = c->now_s,
		.tries = c->issuer->policy->factor.code_tries } };
	enum store_result r = store_commit(c->svc->store, &op, 1, NULL);

	return r == STORE_DONE || (r == STORE_FAILED && fail(c, R_STORE, S("commit")));
}

/* It may have been sent before the token key was replaced. */
static bool
code_fits(const struct call *c, const struct one_time *row, const struct dig32 *address, struct str code)
{
	const struct keyring *ring = c->issuer->keys;
	bool fits = false;

	for (size_t k = 0; !fits && k < ring->n_token_keys && !ring->token_keys[k].revoked; k++) {
		struct dig32 given = code_digest(&ring->token_keys[k], &row->key, address, code);

		fits = str_eq_secret(dig_str(&given), dig_str(&row->code));
	}
	return fits;
}

bool
message_holds(struct call *c, const struct user *u, enum factor_kind kind, enum message_use use, struct ops *o)
{
	struct one_time *row = arena_new(c->mem, struct one_time);
	struct dig32 key = row_key(c, u, kind, use), digest;
	struct str address = message_address(c, u, kind);

	if (row == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	digest = message_digest(c, u, kind, address);
	if (!str_given(address) || !try_is_free(c, &key) || !store_answered(c, store_one_time(c->svc->store, &key, row))
	    || row->spent || !code_fits(c, row, &digest, str_trim(c->arg[P_FACTOR_CODE])))
		return false;
	ops_add(o, OP_ONE_TIME_SPEND)->one_time.row = row;
	return true;
}

static bool
check(struct call *c, const struct factor_try *t, enum factor_kind kind, struct ops *o)
{
	const struct factor *row = message_row(c, t->u, t->has, kind);
	struct factor *used = arena_new(c->mem, struct factor);

	if (used == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	if (row == NULL || !message_holds(c, t->u, kind, MESSAGE_SHOWS, o))
		return false;
	*used = *row;
	used->counter++;
	used->last_s = c->now_s;
	ops_add(o, OP_FACTOR_USE)->factor = (struct op_factor){ used, row->counter };
	return true;
}

bool
sms_check(struct call *c, const struct factor_try *t, struct ops *o)
{
	return check(c, t, FACTOR_SMS, o);
}

bool
mail_check(struct call *c, const struct factor_try *t, struct ops *o)
{
	return check(c, t, FACTOR_MAIL, o);
}

bool
sms_begin(struct call *c, const struct factor_try *t, struct answer *a)
{
	return message_page(c, t->u, FACTOR_SMS, MESSAGE_SHOWS, a);
}

bool
mail_begin(struct call *c, const struct factor_try *t, struct answer *a)
{
	return message_page(c, t->u, FACTOR_MAIL, MESSAGE_SHOWS, a);
}
