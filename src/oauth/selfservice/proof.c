/* oauth/selfservice/proof.c - a mailbox or telephone is somebody's: asked for, sent, held against what comes back. */
#include "oauth/selfservice/selfservice.h"

#define HANDLE "selfservice 1"
#define DRAW_SIZE 16
/*
 * Sealed: kind, way, expiry, user, draw, the nonce's length and the receiver's; then both, filled up, so that the
 * length of the text tells nothing of a receiver whom the form did not name (U2).
 */
#define HEAD_SIZE (1 + 1 + 8 + 16 + DRAW_SIZE + 1 + 1)
#define TAIL_SIZE (16 + MAIL_ADDRESS_MAX)
#define MAIL_CODES 100000000
#define SMS_CODES  1000000

static struct dig32
key_of(const struct call *c, struct str plain)
{
	return digest_of(c->issuer, S("self-service"), plain);
}

bool
proof_make(struct call *c, struct proof *p)
{
	static const char filling[TAIL_SIZE];
	uint8_t head[HEAD_SIZE] = { (uint8_t)p->of, p->by_sms };
	struct str plain;

	for (int i = 0; i < 8; i++)
		head[2 + i] = (uint8_t)((uint64_t)p->expires_s >> (56 - 8 * i));
	memcpy(head + 10, p->user.b, sizeof p->user.b);
	rand_bytes(head + 26, DRAW_SIZE);
	head[HEAD_SIZE - 2] = (uint8_t)p->nonce.n;
	head[HEAD_SIZE - 1] = (uint8_t)p->to.n;
	if (p->nonce.n + p->to.n > TAIL_SIZE)
		return fail(c, R_INTERNAL, S("proof"));
	plain = ARENA_CAT(c->mem, str_span(head, sizeof head), p->nonce, p->to,
	    str_span(filling, TAIL_SIZE - p->nonce.n - p->to.n));
	p->handle = browser_seal(c, HANDLE, plain);
	p->key = key_of(c, plain);
	return (str_given(plain) && str_given(p->handle)) || fail(c, R_INTERNAL, S("memory"));
}

bool
proof_read(struct call *c, enum self_kind of, struct proof *out)
{
	struct str plain;
	uint64_t until = 0;
	size_t n, n_to;

	if (!browser_unseal(c, HANDLE, c->arg[P_PROOF], &plain) || plain.n != HEAD_SIZE + TAIL_SIZE)
		return false;
	n = (unsigned char)plain.p[HEAD_SIZE - 2];
	n_to = (unsigned char)plain.p[HEAD_SIZE - 1];
	if ((enum self_kind)plain.p[0] != of || n + n_to > TAIL_SIZE)
		return false;
	for (int i = 0; i < 8; i++)
		until = until << 8 | (unsigned char)plain.p[2 + i];
	*out = (struct proof){ .of = of, .by_sms = plain.p[1] != 0, .expires_s = (int64_t)until,
		.nonce = str_sub(plain, HEAD_SIZE, n), .to = str_sub(plain, HEAD_SIZE + n, n_to), .handle = c->arg[P_PROOF],
		.key = key_of(c, plain) };
	memcpy(out->user.b, plain.p + 10, sizeof out->user.b);
	return out->expires_s > c->now_s;
}

bool
proof_is_of_browser(const struct call *c, const struct proof *p)
{
	struct saved s;

	return saved_of_form(c, &s) && p->nonce.n > 0 && str_eq_secret(s.nonce, p->nonce);
}

static struct dig32
digest_under(const struct token_key *under, const struct proof *p, struct str code, const struct user *on)
{
	int64_t version = on != NULL ? on->version : 0;
	struct dig32 d;

	HMAC256(d.b, token_key_str(under), S("self-service code"), dig_str(&p->key), str_span(&version, sizeof version),
	    code);
	return d;
}

struct dig32
proof_digest(const struct call *c, const struct proof *p, struct str code, const struct user *on)
{
	return digest_under(token_key_now(c->issuer), p, code, on);
}

/* --- sent ------------------------------------------------------------------------------------- */

struct planned {
	struct ops o;
	struct one_time row;
	bool by_sms;
	struct mail_sending mail;
	struct sms_sending sms;
};

static bool
message_add(struct call *c, const struct proof *p, const struct proof_sending *s, struct str code, struct planned *plan)
{
	int64_t minutes = c->issuer->policy->selfservice.ttl_s / 60;
	struct sms_order sms = { .number = p->to, .code = code, .minutes = minutes, .not_after_s = p->expires_s,
		.user = s->known, .nobody = !s->send };
	struct mail_order mail = { .user = s->known, .nobody = !s->send, .not_after_s = p->expires_s,
		.words = { .what = str_of(s->what), .to = p->to, .minutes = s->decoy ? 0 : minutes,
		    .name = s->known != NULL ? s->known->display_name : S(""),
		    .link = s->decoy ? S("") : self_url(c, p->handle, code), .code = s->decoy ? S("") : code } };

	return p->by_sms ? sms_add(c, &plan->o, &sms, &plan->sms) : mail_add(c, &plan->o, &mail, &plan->mail);
}

static void
message_done(struct call *c, struct planned *plan, bool committed)
{
	if (plan->by_sms)
		sms_done(c, &plan->sms, committed);
	else
		mail_done(c, &plan->mail, committed);
}

/* The code of a decoy is another one than any that is sent. */
static bool
plan_make(struct call *c, const struct proof *p, const struct proof_sending *s, struct planned *plan)
{
	bool real = s->send && !s->decoy;
	struct str code = p->by_sms ? arena_printf(c->mem, "%06u", (unsigned)rand_below(SMS_CODES))
				    : arena_printf(c->mem, "%08u", (unsigned)rand_below(MAIL_CODES));
	struct str kept = real ? code : arena_printf(c->mem, "decoy %08x", (unsigned)rand_below(UINT32_MAX));
	struct store_op *op;

	*plan = (struct planned){ .by_sms = p->by_sms };
	plan->row = (struct one_time){ .key = p->key, .code = proof_digest(c, p, kept, s->on), .sent_s = c->now_s,
		.expires_s = p->expires_s };
	op = ops_add(&plan->o, OP_ONE_TIME_PUT);
	op->one_time.row = &plan->row;
	op->one_time.before_s = c->now_s;
	return message_add(c, p, s, code, plan);
}

static enum mail_bound
bound_lost(struct call *c, const struct planned *plan, size_t lost)
{
	return plan->by_sms ? sms_bound(c, &plan->sms, lost) : mail_bound(c, &plan->mail, lost);
}

/* *again: what the receiver had is no stranger's business, so the same once more without him. */
static bool
plan_commit(struct call *c, struct planned *plan, bool *again)
{
	size_t lost = 0;
	enum store_result r = store_commit(c->svc->store, plan->o.at, plan->o.n, &lost);
	enum mail_bound bound = r == STORE_LOST ? bound_lost(c, plan, lost) : MAIL_UNBOUND;

	message_done(c, plan, r == STORE_DONE);
	*again = bound == MAIL_BOUND_QUIET;
	if (r == STORE_DONE)
		return true;
	if (r == STORE_LOST && bound != MAIL_UNBOUND)
		return *again ? false : fail(c, plan->by_sms ? R_SMS_LIMIT : R_MAIL_LIMIT, STR_ABSENT);
	return fail(c, R_STORE, S("commit"));
}

static bool
proof_send(struct call *c, const struct proof *p, const struct proof_sending *s)
{
	struct proof_sending nobody = { .what = s->what };
	struct planned *plan = arena_new(c->mem, struct planned);
	bool again = false;

	if (plan == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	if (!plan_make(c, p, s, plan))
		return false;
	if (plan_commit(c, plan, &again))
		return true;
	return again && plan_make(c, p, &nobody, plan) && plan_commit(c, plan, &again);
}

/* It is known by its nonce as long as the proof lives, however old the cookie is that brought it. */
static void
browser_kept(struct call *c)
{
	struct saved s;

	if (saved_read(c, &s))
		c->set_saved = saved_write(c, &s);
}

struct answer
proof_begin(struct call *c, struct proof *p, const struct proof_sending *s)
{
	browser_kept(c);
	if (!proof_make(c, p) || !proof_send(c, p, s))
		return answer_fault(c);
	return (struct answer){ .kind = ANS_GO, .go = { .place = PLACE_SAVED, .saved_exists = true,
		.url = self_url(c, p->handle, STR_ABSENT) } };
}

/* --- given ------------------------------------------------------------------------------------ */

/* Before anything is compared: of many at once few pass. */
static bool
try_is_free(struct call *c, const struct proof *p)
{
	struct one_time row = { .key = p->key };
	struct store_op op = { .kind = OP_ONE_TIME_TRY, .one_time = { .row = &row, .now_s = c->now_s,
		.tries = c->issuer->policy->selfservice.tries } };
	enum store_result r = store_commit(c->svc->store, &op, 1, NULL);

	return r == STORE_DONE || (r == STORE_FAILED && fail(c, R_STORE, S("commit")));
}

/* It may have been sent before the token key was replaced. */
static bool
code_fits(const struct call *c, const struct proof *p, const struct user *on, const struct one_time *row)
{
	const struct keyring *ring = c->issuer->keys;
	struct str code = str_trim(c->arg[P_PROOF_CODE]);
	bool fits = false;

	for (size_t k = 0; !fits && k < ring->n_token_keys && !ring->token_keys[k].revoked; k++) {
		struct dig32 given = digest_under(&ring->token_keys[k], p, code, on);

		fits = str_eq_secret(dig_str(&given), dig_str(&row->code));
	}
	return fits;
}

bool
address_is_proven(struct call *c, const struct proof *p, const struct user *on, struct one_time *row)
{
	struct throttle_key from = throttle_address_codes(c->peer);

	if (!may_try(c, &from, S("self-service codes")) || !try_is_free(c, p))
		return false;
	if (store_answered(c, store_one_time(c->svc->store, &p->key, row)) && !row->spent && code_fits(c, p, on, row))
		return true;
	if (c->why == R_NONE && !throttle_is_none(&from))
		try_counted(c, &from);
	return false;
}
