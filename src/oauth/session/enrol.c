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

/* The one that the form brings, which has not ended, else a new one. */
static bool
secret_shown(struct call *c, const struct user *u, struct answer *a)
{
	struct enrolment e;
	uint8_t raw[TOTP_SECRET];

	if (!enrolment_read(c, u, &e)) {
		e = (struct enrolment){ .user = u->id, .factor = id_new(), .begun_s = c->now_s };
		rand_bytes(raw, sizeof raw);
		e.secret = arena_dup(c->mem, str_span(raw, sizeof raw));
		explicit_bzero(raw, sizeof raw);
	}
	shown(c, &e, a);
	return str_given(a->factor.enrolment) || fail(c, R_INTERNAL, S("memory"));
}

static struct str
name_given(const struct call *c)
{
	struct str name = str_trim(c->arg[P_FACTOR_NAME]);

	return str_utf8(name) && text_is_shown(name) && name.n <= 64 ? name : S("");
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
	struct factor first = { .realm = u->realm, .user = u->id, .kind = S("totp"), .name = name_given(c),
		.created_s = c->now_s, .last_s = c->now_s };

	if (!enrolment_read(c, u, &e))
		return fail(c, R_CSRF, SAY("the enrolment has ended"));
	first.id = e.factor;
	first.counter = totp_step(e.secret, c->now_s, 0, str_trim(c->arg[P_FACTOR_CODE]));
	if (first.counter == 0)
		return fail(c, R_FACTOR_CODE, S("enrolment"));
	first.data = totp_seal(c, u, e.secret);
	if (!str_given(first.data))
		return fail(c, R_INTERNAL, SAY("there is no key to seal a second factor with"));
	return rows_of(c, u, has, first, o, codes, n);
}

/* --- codes that are sent ---------------------------------------------------------------------- */

bool
enrolment_send(struct call *c, const struct user *u)
{
	enum factor_kind kind = enrolment_kind(c, u);

	if (kind == FACTOR_COUNT || !(factor_rows[kind].flags & FACTOR_BY_MESSAGE))
		return fail(c, R_BAD_REQUEST, c->arg[P_FACTOR]);
	return message_send(c, u, kind, MESSAGE_ENROLS);
}

/* One of the kind that was of another address goes with it. */
static void
former_dropped(const struct user *u, const struct factor_set *has, enum factor_kind kind, struct ops *o)
{
	if (factors_of_kind(has, kind) > 0)
		ops_add(o, OP_FACTORS_DROP)->factors =
		    (struct op_factors){ .user = u, .kind = str_of(factor_rows[kind].word) };
}

/* Guesses count like those of one that is shown. */
static bool
message_confirmed(struct call *c, const struct user *u, const struct factor_set *has, enum factor_kind kind,
    struct ops *o, const struct str **codes, size_t *n)
{
	struct str address = message_address(c, u, kind);
	struct factor first = { .id = id_new(),
		.realm = u->realm,
		.user = u->id,
		.kind = str_of(factor_rows[kind].word),
		.name = name_given(c),
		.created_s = c->now_s,
		.last_s = c->now_s };

	if (!factor_try_begins(c, u, kind)
	    || !factor_try_ends(c, u, kind, message_holds(c, u, kind, MESSAGE_ENROLS, o), o))
		return false;
	if (str_empty(first.name))
		first.name = message_masked(c, address);
	first.data = message_data(c, u, kind, address);
	former_dropped(u, has, kind, o);
	return rows_of(c, u, has, first, o, codes, n);
}

/* --- any of them ------------------------------------------------------------------------------ */

bool
enrolment_is_offered(struct call *c, const struct user *u, enum factor_kind kind)
{
	if (kind == FACTOR_PASSKEY)
		return passkey_is_offered(c->issuer, PASSKEY_ENROL);
	if (kind == FACTOR_COUNT || !(factor_rows[kind].flags & FACTOR_STANDS) || !factor_is_on(c->issuer, kind))
		return false;
	return !(factor_rows[kind].flags & FACTOR_BY_MESSAGE) || str_given(message_address(c, u, kind));
}

/* A passkey comes last where nothing is named: its button stands beside the one-time passwords. */
enum factor_kind
enrolment_kind(struct call *c, const struct user *u)
{
	enum factor_kind named = factor_named(c->arg[P_FACTOR]);

	if (!str_empty(c->arg[P_PASSKEY]))
		return FACTOR_PASSKEY;
	if (enrolment_is_offered(c, u, named))
		return named;
	for (enum factor_kind k = FACTOR_PASSKEY + 1; k < FACTOR_COUNT; k++)
		if (enrolment_is_offered(c, u, k))
			return k;
	return enrolment_is_offered(c, u, FACTOR_PASSKEY) ? FACTOR_PASSKEY : FACTOR_COUNT;
}

bool
enrolment_is_answered(const struct call *c)
{
	enum factor_kind kind = factor_named(c->arg[P_FACTOR]);

	return !str_empty(c->arg[P_ENROLMENT]) || !str_empty(c->arg[P_PASSKEY])
	    || (!str_empty(c->arg[P_FACTOR_CODE]) && kind < FACTOR_COUNT
		&& (factor_rows[kind].flags & FACTOR_BY_MESSAGE));
}

/* Words of what else may be set up, but for what stands on the page itself. */
static bool
others_put(struct call *c, const struct user *u, enum factor_kind kind, struct answer *a)
{
	struct str *words = arena_array(c->mem, struct str, FACTOR_COUNT);

	if (words == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	a->factor.n_others = 0;
	for (enum factor_kind k = 0; k < FACTOR_COUNT; k++)
		if (k != kind && !(k == FACTOR_PASSKEY && kind == FACTOR_TOTP) && enrolment_is_offered(c, u, k))
			words[a->factor.n_others++] = str_of(factor_rows[k].word);
	a->factor.others = words;
	return true;
}

bool
enrolment_offer(struct call *c, const struct user *u, struct str secret, struct answer *a)
{
	enum factor_kind kind = enrolment_kind(c, u);

	if (kind == FACTOR_COUNT)
		return fail(
		    c, R_FACTOR_REQUIRED, SAY("there is no kind of second factor that the user could set up here"));
	if (!others_put(c, u, kind, a))
		return false;
	if (factor_rows[kind].flags & FACTOR_BY_MESSAGE)
		return message_page(c, u, kind, MESSAGE_ENROLS, a);
	return (!passkey_is_offered(c->issuer, PASSKEY_ENROL) || passkey_ask(c, PASSKEY_ENROL, secret, u, a))
	    && (kind == FACTOR_PASSKEY || secret_shown(c, u, a));
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
	enum factor_kind kind = enrolment_kind(c, u);

	if (kind == FACTOR_PASSKEY)
		return passkey_confirmed(c, u, has, secret, o, codes, n);
	if (kind == FACTOR_COUNT)
		return fail(c, R_FACTOR_CODE, S("enrolment"));
	if (factor_rows[kind].flags & FACTOR_BY_MESSAGE)
		return message_confirmed(c, u, has, kind, o, codes, n);
	return code_confirmed(c, u, has, o, codes, n);
}
