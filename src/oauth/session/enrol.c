/*
 * oauth/session/enrol.c - a one-time password is set up: the secret waits in the form, sealed, until a first code shows
 * that the user's device has it; nothing is stored before.
 */
#include "oauth/session/factor_kinds.h"

#define KIND "enrolment 1"
#define HEAD_SIZE (16 + 16 + 8)         /* user, factor, when */

struct enrolment { struct id16 user, factor; int64_t begun_s; struct str secret; };

static struct str
enrolment_write(const struct call *c, const struct enrolment *e)
{
	uint8_t when[8];

	for (int i = 0; i < 8; i++)
		when[i] = (uint8_t)((uint64_t)e->begun_s >> (56 - 8 * i));
	return browser_seal(c, KIND, ARENA_CAT(c->mem, id_str(&e->user), id_str(&e->factor),
	    str_span(when, sizeof when), e->secret));
}

static bool
enrolment_read(const struct call *c, const struct user *u, struct enrolment *e)
{
	uint64_t when = 0;
	struct str plain;

	if (!browser_unseal(c, KIND, c->arg[P_ENROLMENT], &plain) || plain.n != HEAD_SIZE + TOTP_SECRET)
		return false;
	memcpy(e->user.b, plain.p, 16);
	memcpy(e->factor.b, plain.p + 16, 16);
	for (int i = 0; i < 8; i++)
		when = when << 8 | (unsigned char)plain.p[32 + i];
	e->begun_s = (int64_t)when;
	e->secret = str_from(plain, HEAD_SIZE);
	return memcmp(e->user.b, u->id.b, 16) == 0 && c->now_s - e->begun_s <= ENROLMENT_TTL_S
	    && e->begun_s - c->now_s <= ENROLMENT_TTL_S;
}

/* RFC 4648 section 6, without padding: 20 bytes are 32 letters. */
static struct str
base32(struct arena *mem, struct str bytes)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	uint32_t bits = 0;
	int n = 0;
	struct buf b;

	buf_init(&b, mem, 2 * bytes.n + 8);
	for (size_t i = 0; i < bytes.n; i++) {
		bits = bits << 8 | (unsigned char)bytes.p[i];
		for (n += 8; n >= 5; n -= 5)
			buf_putc(&b, letters[bits >> (n - 5) & 31]);
	}
	return buf_str(&b);
}

static void
shown(struct call *c, const struct enrolment *e, struct answer *a)
{
	a->factor.secret = base32(c->mem, e->secret);
	a->factor.enrolment = enrolment_write(c, e);
}

bool
enrolment_begin(struct call *c, const struct user *u, struct answer *a)
{
	struct enrolment e = { .user = u->id, .factor = id_new(), .begun_s = c->now_s };
	uint8_t raw[TOTP_SECRET];

	rand_bytes(raw, sizeof raw);
	e.secret = arena_dup(c->mem, str_span(raw, sizeof raw));
	explicit_bzero(raw, sizeof raw);
	shown(c, &e, a);
	return str_given(a->factor.enrolment) || fail(c, R_INTERNAL, S("memory"));
}

bool
enrolment_again(struct call *c, const struct user *u, struct answer *a)
{
	struct enrolment e;

	if (!enrolment_read(c, u, &e))
		return false;
	shown(c, &e, a);
	return true;
}

/* The first factor brings recovery codes along. */
static bool
rows_of(struct call *c, const struct user *u, const struct factor_set *has, struct factor first, struct ops *o,
    const struct str **codes, size_t *n)
{
	bool draws = factors_of_kind(has, FACTOR_RECOVERY) == 0;
	struct factor *rows, *drawn;
	struct str *texts;

	*n = 0;
	if (!factor_may_be_added(has, 1 + RECOVERY_CODES))
		return fail(c, R_FACTOR_CODE, SAY("the user has too many factors"));
	if ((rows = arena_array(c->mem, struct factor, 1 + RECOVERY_CODES)) == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	rows[0] = first;
	if (draws) {
		if (!recovery_draw(c, u, &drawn, &texts))
			return false;
		memcpy(&rows[1], drawn, RECOVERY_CODES * sizeof *drawn);
		*codes = texts;
		*n = RECOVERY_CODES;
	}
	ops_add(o, OP_FACTORS_ADD)->factors = (struct op_factors){ .user = u, .rows = rows, .n = 1 + *n };
	return true;
}

static bool
code_confirmed(struct call *c, const struct user *u, const struct factor_set *has, struct ops *o,
    const struct str **codes, size_t *n)
{
	struct enrolment e;
	struct factor first = { .realm = u->realm, .user = u->id, .kind = S("totp"), .name = c->arg[P_FACTOR_NAME],
		.created_s = c->now_s, .last_s = c->now_s };

	if (!enrolment_read(c, u, &e))
		return fail(c, R_CSRF, SAY("the enrolment has ended"));
	first.id = e.factor;
	first.counter = totp_step(e.secret, c->now_s, 0, str_trim(c->arg[P_FACTOR_CODE]));
	if (first.counter == 0)
		return fail(c, R_FACTOR_CODE, S("enrolment"));
	if (!text_is_shown(first.name) || first.name.n > 64)
		first.name = S("");
	first.data = totp_seal(c, u, e.secret);
	if (!str_given(first.data))
		return fail(c, R_INTERNAL, SAY("there is no key to seal a second factor with"));
	return rows_of(c, u, has, first, o, codes, n);
}

/* --- either ----------------------------------------------------------------------------------- */

enum factor_kind
enrolment_kind(const struct call *c)
{
	if (!str_empty(c->arg[P_PASSKEY]))
		return FACTOR_PASSKEY;
	return factor_named(c->arg[P_FACTOR]) == FACTOR_PASSKEY ? FACTOR_PASSKEY : FACTOR_TOTP;
}

bool
enrolment_is_answered(const struct call *c)
{
	return !str_empty(c->arg[P_ENROLMENT]) || !str_empty(c->arg[P_PASSKEY]);
}

bool
enrolment_offer(struct call *c, const struct user *u, struct str secret, struct answer *a)
{
	bool passkey = passkey_is_offered(c->issuer, PASSKEY_ENROL);

	return (!passkey || passkey_ask(c, PASSKEY_ENROL, secret, u, a))
	    && ((passkey && enrolment_kind(c) == FACTOR_PASSKEY) || enrolment_begin(c, u, a));
}

/* What the browser made is proven by its answer: no code is to be typed. */
static bool
passkey_confirmed(struct call *c, const struct user *u, const struct factor_set *has, struct str secret,
    struct ops *o, const struct str **codes, size_t *n)
{
	struct passkey_proof *p = arena_new(c->mem, struct passkey_proof);

	if (p == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	if (!passkey_enrols(c, secret, u, p))
		return false;
	ops_add(o, OP_ONCE_USE)->once = p->once;
	return rows_of(c, u, has, p->row, o, codes, n);
}

bool
enrolment_confirmed(struct call *c, const struct user *u, const struct factor_set *has, struct str secret,
    struct ops *o, const struct str **codes, size_t *n)
{
	if (enrolment_kind(c) == FACTOR_PASSKEY)
		return passkey_confirmed(c, u, has, secret, o, codes, n);
	return code_confirmed(c, u, has, o, codes, n);
}
