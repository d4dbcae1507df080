/* oauth/session/totp.c - time-based one-time passwords (RFC 6238), whose secrets lie in the store sealed. */
#include <liboath/oath.h>
#include <pthread.h>

#include "oauth/session/factor_kinds.h"

#define DIGITS 6

static void
library_begin(void)
{
	if (oath_init() != OATH_OK)
		fatal("liboath does not start");
}

static bool
step_says(struct str secret, int64_t step, struct str code)
{
	char text[DIGITS + 1];

	return oath_totp_generate(secret.p, secret.n, step * TOTP_STEP_S, TOTP_STEP_S, 0, DIGITS, text) == OATH_OK
	    && str_eq_secret(str_span(text, DIGITS), code);
}

/* A clock may be half a minute wrong either way: section 6. */
int64_t
totp_step(struct str secret, int64_t now_s, int64_t after, struct str code)
{
	static pthread_once_t begun = PTHREAD_ONCE_INIT;
	int64_t now = now_s / TOTP_STEP_S, found = 0;

	pthread_once(&begun, library_begin);
	for (int64_t step = now - 1; step <= now + 1; step++)
		if (step_says(secret, step, code) && step > after)
			found = step;
	return found;
}

static struct str
label_of(const struct call *c, const struct user *u)
{
	return ARENA_CAT(c->mem, S("second factors"), str_span("", 1), u->realm, str_span("", 1), id_str(&u->id));
}

struct str
totp_seal(const struct call *c, const struct user *u, struct str secret)
{
	struct str sealed = c->svc->secret_key == NULL ? STR_ABSENT
	    : seal(c->mem, c->svc->secret_key, label_of(c, u), secret);

	return str_given(sealed) ? b64url_encode(c->mem, sealed) : STR_ABSENT;
}

static bool
totp_unseal(const struct call *c, const struct user *u, struct str data, struct str *secret)
{
	struct str sealed;

	return c->svc->secret_key != NULL && b64url_decode(c->mem, data, &sealed)
	    && unseal(c->mem, c->svc->secret_key, label_of(c, u), sealed, secret);
}

static bool
spend(struct call *c, const struct factor *row, int64_t step, struct ops *o)
{
	struct factor *used = arena_new(c->mem, struct factor);

	if (used == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	*used = *row;
	used->counter = step;
	used->last_s = c->now_s;
	ops_add(o, OP_FACTOR_USE)->factor = (struct op_factor){ used, row->counter };
	return true;
}

/* All of them are looked at, whichever it is. */
bool
totp_check(struct call *c, const struct factor_try *t, struct ops *o)
{
	const struct factor *right = NULL;
	int64_t step = 0, found;
	struct str secret;

	for (size_t i = 0; i < t->has->n; i++) {
		const struct factor *f = &t->has->at[i];

		if (factor_named(f->kind) != FACTOR_TOTP)
			continue;
		if (!totp_unseal(c, t->u, f->data, &secret)) {
			log_warn("user %.*s: a second factor cannot be opened; the key-encryption key is not the one it was made under",
			    STR_ARG(t->u->name));
			continue;
		}
		if ((found = totp_step(secret, c->now_s, f->counter, t->code)) != 0) {
			step = found;
			right = f;
		}
	}
	return right != NULL && spend(c, right, step, o);
}
