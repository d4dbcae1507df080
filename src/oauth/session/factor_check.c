/* oauth/session/factor_check.c - a code is looked at: counted first, and spent by whoever believes it. */
#include "oauth/session/factor_kinds.h"

static void
record_begin_of(const struct call *c, struct record *r, enum event what, const struct user *u, struct str kind)
{
	record_begin(r, what);
	record_text(r, "issuer", c->issuer->name);
	record_text(r, "realm", u->realm);
	record_text(r, "user", u->name);
	record_text(r, "kind", kind);
	record_text(r, "address", str_some(c->address));
}

void
factor_record(const struct call *c, enum event what, const struct user *u, struct str kind, int64_t left)
{
	struct record r;

	record_begin_of(c, &r, what, u, kind);
	if (left >= 0)
		record_int(&r, "recovery_left", left);
	record_end(&r);
}

static void
failure_record(const struct call *c, const struct user *u, struct str kind, int64_t wait_ms)
{
	struct record r;

	record_begin_of(c, &r, EV_factor_failed, u, kind);
	if (wait_ms > 0)
		record_int(&r, "wait_ms", wait_ms);
	record_end(&r);
}

/* False: R_WAIT, or R_STORE. */
static bool
try_is_free(struct call *c, const struct throttle_key *k)
{
	int64_t wait_ms;

	if (call_must_wait(c))
		return false;
	if (throttle_take(c->svc->store, &c->svc->throttle, k, c->now_ms, &wait_ms))
		return true;
	c->retry_after_s = (wait_ms + 999) / 1000;
	return fail(c, wait_ms > 0 ? R_WAIT : R_STORE, S("second factor"));
}

static bool
counter_clears(struct call *c, const struct throttle_key *k, struct ops *o)
{
	struct throttle *row = arena_new(c->mem, struct throttle);

	if (row == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	*row = (struct throttle){ .kind = k->kind, .key = k->digest };
	ops_add(o, OP_THROTTLE_CLEAR)->throttle = row;
	return true;
}

static struct str
secret_of(const struct call *c)
{
	struct saved s;

	if (str_empty(c->arg[P_HALF_LOGIN]))
		return c->session_cookie;
	saved_of_form(c, &s);
	return s.nonce;
}

const char *
factor_refusal(enum reason why)
{
	switch (why) {
	case R_WAIT:          return "wait";
	case R_SMS_SOON:      return "factor_soon";
	case R_SMS_LIMIT:
	case R_MAIL_LIMIT:    return "factor_sent_much";
	case R_FACTOR_CODE:   return "factor_wrong";
	case R_PASSKEY:       return "passkey_refused";
	case R_PASSKEY_KNOWN: return "passkey_known";
	case R_PASSKEYS_MANY: return "passkeys_many";
	default:              return NULL;
	}
}

static struct throttle_key
counter_of(const struct user *u, enum factor_kind kind)
{
	return throttle_factor(u->realm, &u->id, u->name, str_of(factor_rows[kind].word));
}

bool
factor_try_begins(struct call *c, const struct user *u, enum factor_kind kind)
{
	struct throttle_key k = counter_of(u, kind);

	return try_is_free(c, &k);
}

bool
factor_try_ends(struct call *c, const struct user *u, enum factor_kind kind, bool right, struct ops *o)
{
	struct throttle_key k = counter_of(u, kind);
	struct str word = str_of(factor_rows[kind].word);

	if (right)
		return counter_clears(c, &k, o);
	if (c->why != R_NONE && c->why != R_PASSKEY)
		return false;
	failure_record(c, u, word, throttle_wait_ms(c->svc->store, &c->svc->throttle, &k, c->now_ms));
	return fail(c, R_FACTOR_CODE, word);
}

bool
factor_holds(struct call *c, const struct user *u, const struct factor_set *has, enum factor_kind kind, struct ops *o)
{
	struct factor_try t = { .u = u, .has = has, .code = str_trim(c->arg[P_FACTOR_CODE]),
		.secret = secret_of(c) };

	return factor_try_begins(c, u, kind)
	    && factor_try_ends(c, u, kind, factor_acts[kind].check(c, &t, o), o);
}
