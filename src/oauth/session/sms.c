/*
 * oauth/session/sms.c - one-time codes by text message: asked for, bounded, sent, redeemed once.
 *
 * A code is bound to issuer, purpose and number by the key of its row, and stored as an HMAC. For a
 * number of nobody a row is made as well, of a code that nobody knows, so that neither answers nor
 * pauses tell who has an account.
 */
#include "oauth/session/session.h"

#define CODES 1000000           /* six digits */
#define HOUR_S 3600
#define DAY_S  86400

static struct dig32
row_key(const struct call *c)
{
	return digest_of(c->issuer, S("sms sign-in"), c->arg[P_PHONE]);
}

static struct dig32
code_digest(const struct token_key *under, const struct dig32 *key, struct str code)
{
	struct dig32 d;

	HMAC256(d.b, token_key_str(under), S("sms code"), dig_str(key), code);
	return d;
}

/* It may have been sent before the token key was replaced. */
static bool
code_fits(const struct call *c, const struct one_time *row, struct str code)
{
	const struct keyring *ring = c->issuer->keys;
	bool fits = false;

	for (size_t k = 0; !fits && k < ring->n_token_keys && !ring->token_keys[k].revoked; k++) {
		struct dig32 given = code_digest(&ring->token_keys[k], &row->key, code);

		fits = str_eq_secret(dig_str(&given), dig_str(&row->code));
	}
	return fits;
}

/*
 * Somebody of the table is looked for like somebody of the realm, and nothing is written for it.
 * FIND_FAILED has failed the call.
 */
static enum store_found
owner_of_number(struct call *c, struct person *p)
{
	if (user_found(c,
		person_look(c->mem, c->svc->store, c->issuer->table, TABLE_BY_PHONE,
		    realm_name(c->issuer->realm), c->arg[P_PHONE], p)))
		return FOUND;
	return c->why == R_NONE ? NOT_FOUND : FIND_FAILED;
}

/* --- asking for a code ------------------------------------------------------------------------ */

enum { Q_NUMBER_HOUR, Q_NUMBER_DAY, Q_ADDRESS_HOUR, Q_BUDGET };
_Static_assert(Q_BUDGET + 1 == SMS_QUOTAS, "as many as session.h says");
struct sending { struct one_time row; struct quota quotas[SMS_QUOTAS]; struct ops o; };

static struct quota
quota_of(const struct call *c, const char *what, struct str whose, int64_t window_s, int64_t limit)
{
	struct str window = arena_printf(c->mem, "%s %lld", what, (long long)(c->now_s / window_s));

	return (struct quota){ .key = digest_of(c->issuer, window, whose),
		.limit = limit,
		.expires_s = (c->now_s / window_s + 1) * window_s };
}

static void
quotas_make(const struct call *c, struct str number, struct quota quotas[SMS_QUOTAS])
{
	const struct policy *policy = c->issuer->policy;
	struct throttle_key from = throttle_address(c->peer);

	quotas[Q_NUMBER_HOUR] = quota_of(c, "sms number hour", number, HOUR_S, policy->sms.number_per_hour);
	quotas[Q_NUMBER_DAY] = quota_of(c, "sms number day", number, DAY_S, policy->sms.number_per_day);
	quotas[Q_ADDRESS_HOUR] = quota_of(c, "sms address hour", dig_str(&from.digest), HOUR_S,
	    throttle_is_none(&from) ? INT64_MAX : policy->sms.address_per_hour);
	quotas[Q_BUDGET] = quota_of(c, "sms budget", S(""), DAY_S, policy->sms.budget_per_day);
}

/*
 * The row first, then what bounds it; the budget only for what is really sent. One transaction:
 * what is refused counts nowhere.
 */
static void
sending_plan(const struct call *c, struct sending *s, struct str code, bool paid)
{
	const struct policy *policy = c->issuer->policy;
	struct store_op *op;

	s->o.n = 0;
	s->row = (struct one_time){
		.key = row_key(c), .sent_s = c->now_s, .expires_s = c->now_s + policy->sms.code_ttl_s
	};
	s->row.code = code_digest(token_key_now(c->issuer), &s->row.key, code);
	quotas_make(c, c->arg[P_PHONE], s->quotas);
	op = ops_add(&s->o, OP_ONE_TIME_PUT);
	op->one_time.row = &s->row;
	op->one_time.before_s = c->now_s - policy->sms.pause_s;
	for (int i = 0; i < (paid ? SMS_QUOTAS : Q_BUDGET); i++)
		ops_add(&s->o, OP_QUOTA_USE)->quota = &s->quotas[i];
}

/* False with the reason; *spent: only the budget stood in the way. */
static bool
sending_commit(struct call *c, struct sending *s, bool *spent)
{
	size_t lost = 0;

	*spent = false;
	switch (store_commit(c->svc->store, s->o.at, s->o.n, &lost)) {
	case STORE_DONE:
		return true;
	case STORE_FAILED:
		return fail(c, R_STORE, S("commit"));
	case STORE_LOST:
		break;
	}
	*spent = lost == 1 + Q_BUDGET;
	if (*spent)
		return false;
	c->retry_after_s = lost == 0 ? c->issuer->policy->sms.pause_s : s->quotas[lost - 1].expires_s - c->now_s;
	return fail(c, lost == 0 ? R_SMS_SOON : R_SMS_LIMIT, STR_ABSENT);
}

static void
budget_is_spent(const struct call *c)
{
	static _Atomic int64_t told;
	struct record r;

	if (!log_is_due(&told, 60))
		return;
	log_warn("issuer %.*s: the day's budget of %lld text messages is spent; nothing more is sent before "
		 "tomorrow (sms_budget_per_day)",
	    STR_ARG(c->issuer->name), (long long)c->issuer->policy->sms.budget_per_day);
	record_begin(&r, EV_budget_spent);
	record_text(&r, "issuer", c->issuer->name);
	record_int(&r, "budget", c->issuer->policy->sms.budget_per_day);
	record_end(&r);
}

/* *paid: the message is written down too, in the same transaction. */
static bool
code_commit(struct call *c, struct str code, struct str decoy, const struct outgoing *e, bool *paid)
{
	struct sending s;
	bool spent;

	sending_plan(c, &s, *paid ? code : decoy, *paid);
	if (*paid)
		ops_add(&s.o, OP_OUTGOING_ADD)->outgoing = e;
	if (sending_commit(c, &s, &spent))
		return true;
	if (!spent)
		return false;
	budget_is_spent(c);
	*paid = false;
	sending_plan(c, &s, decoy, false);
	return sending_commit(c, &s, &spent);
}

/* The place in the queue is taken for a number of nobody too, so that a full one tells nobody apart. */
static bool
send_code(struct call *c, const struct user *known)
{
	const struct policy *policy = c->issuer->policy;
	struct str code = arena_printf(c->mem, "%06u", (unsigned)rand_below(CODES));
	struct str decoy = arena_printf(c->mem, "decoy %u", (unsigned)rand_below(CODES));
	struct sms_message m = { c->arg[P_PHONE], code, (policy->sms.code_ttl_s + 59) / 60 };
	struct errand *e = sms_prepare(c->mem, c->svc->sms, c->issuer->name, c->issuer->sms, &m,
	    c->now_s + policy->sms.code_ttl_s);
	bool paid = known != NULL, done;
	struct outgoing row;

	if (e == NULL) {
		c->retry_after_s = policy->sms.code_ttl_s;         /* by then whoever waits now is sent, or dead */
		return fail(c, R_SMS_LIMIT, SAY("too many text messages wait"));
	}
	row = *errand_row(e);
	if (known != NULL)
		row.user = known->id;           /* it goes with the user */
	done = code_commit(c, code, decoy, &row, &paid);
	if (done && paid)
		outbox_post(c->svc->sms, e);
	else
		outbox_cancel(c->svc->sms, e);
	return done;
}

bool
sms_code_send(struct call *c)
{
	enum store_found found;
	struct person p;
	bool known;

	if (!sms_number_ok(c->issuer->policy, c->arg[P_PHONE]))
		return fail(c, R_SMS_NUMBER, STR_ABSENT);
	found = owner_of_number(c, &p);
	known = found == FOUND && user_may_enter(&p.user);
	return found != FIND_FAILED && send_code(c, known ? &p.user : NULL);
}

/* --- a code for another purpose than a login -------------------------------------------------- */

bool
sms_add(struct call *c, struct ops *o, const struct sms_order *m, struct sms_sending *out)
{
	struct sms_message message = { m->number, m->code, m->minutes };

	*out = (struct sms_sending){ .first = o->n, .nobody = m->nobody };
	if (c->issuer->sms == NULL)
		return fail(c, R_SMS_NONE, STR_ABSENT);
	out->errand = sms_prepare(c->mem, c->svc->sms, c->issuer->name, c->issuer->sms, &message, m->not_after_s);
	if (out->errand == NULL)
		return fail(c, R_SMS_LIMIT, SAY("too many text messages wait"));
	out->row = *errand_row(out->errand);
	if (m->user != NULL)
		out->row.user = m->user->id;
	quotas_make(c, m->number, out->quotas);
	ops_add(o, OP_QUOTA_USE)->quota = &out->quotas[Q_ADDRESS_HOUR];
	if (m->nobody)
		return true;
	ops_add(o, OP_QUOTA_USE)->quota = &out->quotas[Q_NUMBER_HOUR];
	ops_add(o, OP_QUOTA_USE)->quota = &out->quotas[Q_NUMBER_DAY];
	ops_add(o, OP_QUOTA_USE)->quota = &out->quotas[Q_BUDGET];
	ops_add(o, OP_OUTGOING_ADD)->outgoing = &out->row;
	return true;
}

void
sms_done(struct call *c, struct sms_sending *m, bool committed)
{
	if (committed && m->errand != NULL && !m->nobody)
		outbox_post(c->svc->sms, m->errand);
	else if (m->errand != NULL)
		outbox_cancel(c->svc->sms, m->errand);
	m->errand = NULL;
}

enum mail_bound
sms_bound(struct call *c, const struct sms_sending *m, size_t lost)
{
	if (lost < m->first || lost >= m->first + (m->nobody ? 1 : SMS_QUOTAS))
		return MAIL_UNBOUND;
	if (lost == m->first + 3)
		budget_is_spent(c);
	c->retry_after_s = m->quotas[Q_ADDRESS_HOUR].expires_s - c->now_s;
	return lost == m->first ? MAIL_BOUND_NETWORK : MAIL_BOUND_QUIET;
}

struct answer
sms_code_endpoint(struct call *c, bool client_first)
{
	if (client_first && !client_authenticate_confidential(c))
		return answer_fault(c);
	if (c->issuer->sms == NULL)
		fail(c, R_SMS_NONE, STR_ABSENT);
	else if (client_first && !client_may(c->client, S("sms")))
		fail(c, R_GRANT_FORBIDDEN, S("sms"));
	if (c->why != R_NONE || !sms_code_send(c))
		return answer_fault(c);
	return (struct answer){ .kind = ANS_EMPTY };
}

/* --- redeeming it ----------------------------------------------------------------------------- */

/*
 * Wrong codes count against the address, and every try against the code, before anything is
 * compared: of many at once few pass.
 */
static bool
try_is_free(struct call *c, const struct dig32 *key)
{
	struct one_time row = { .key = *key };
	struct store_op op = { .kind = OP_ONE_TIME_TRY,
		.one_time = { .row = &row, .now_s = c->now_s, .tries = c->issuer->policy->sms.tries } };
	enum store_result r = store_commit(c->svc->store, &op, 1, NULL);

	if (r == STORE_FAILED)
		return fail(c, R_STORE, S("commit"));
	return r == STORE_DONE;
}

static bool
is_wrong(struct call *c, const struct throttle_key *from, bool known)
{
	if (c->why != R_NONE)
		return false;
	return try_counted(c, from)
	    && fail(c,
		known || !c->issuer->policy->session.distinct_login_errors ? R_SMS_CODE : R_PHONE_UNKNOWN,
		STR_ABSENT);
}

bool
sms_code_holds(struct call *c, struct user *u, struct one_time *row)
{
	struct throttle_key from = throttle_address(c->peer);
	struct dig32 key = row_key(c);
	enum store_found found;
	struct person p;

	if (!may_try(c, &from, S("sms codes")))
		return false;
	found = str_empty(c->arg[P_PHONE]) ? NOT_FOUND : owner_of_number(c, &p);
	if (found == FOUND && !account_type_fits(c, &p.user))
		found = NOT_FOUND;
	if (found == FIND_FAILED || !try_is_free(c, &key)
	    || !store_answered(c, store_one_time(c->svc->store, &key, row))
	    || !code_fits(c, row, c->arg[P_CODE]) || found != FOUND)
		return is_wrong(c, &from, found == FOUND);
	if (!user_found(c, person_settle(c->mem, c->svc->store, c->issuer->table, &p)))
		return c->why == R_NONE ? is_wrong(c, &from, true) : false;
	*u = p.user;
	return (p.of_table || user_holds(c, u, true)) && user_is_let_in(c, u, u->name);
}
