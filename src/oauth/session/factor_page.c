/*
 * oauth/session/factor_page.c - the page that asks for a second factor, or, where the user has none, sets one up in the
 * middle of the login.
 */
#include "oauth/session/factor_kinds.h"

struct str
factor_form_secret(const struct call *c, const struct factor_asking *f)
{
	return str_given(f->half) ? f->saved->nonce : c->session_cookie;
}

static enum factor_kind
kind_of(const struct factor_asking *f)
{
	if (factor_is_offered(f->has, f->kind))
		return f->kind;
	for (enum factor_kind k = 0; k < FACTOR_COUNT; k++)
		if (factor_is_offered(f->has, k))
			return k;
	return FACTOR_COUNT;
}

static bool
others_put(struct call *c, const struct factor_asking *f, enum factor_kind but, struct answer *a)
{
	struct str *words = arena_array(c->mem, struct str, FACTOR_COUNT);

	if (words == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	for (enum factor_kind k = 0; k < FACTOR_COUNT; k++)
		if (k != but && factor_is_offered(f->has, k))
			words[a->factor.n_others++] = str_of(factor_rows[k].word);
	a->factor.others = words;
	return true;
}

static struct answer
ask_page(struct call *c, const struct factor_asking *f, struct answer a)
{
	enum factor_kind kind = kind_of(f);
	struct factor_try t = { .u = f->u, .has = f->has, .secret = factor_form_secret(c, f) };

	if (kind == FACTOR_COUNT) {             /* those of the user are asked for at other issuers of the realm */
		fail(c, R_FACTOR_REQUIRED, SAY("this issuer asks for no factor of the kinds that the user has"));
		return answer_fault(c);
	}
	a.kind = ANS_PAGE_FACTOR;
	a.factor.kind = str_of(factor_rows[kind].word);
	a.factor.remember_s = c->issuer->policy->factor.remembered_s;
	if (!others_put(c, f, kind, &a)
	    || (factor_acts[kind].begin != NULL && !factor_acts[kind].begin(c, &t, &a) && c->why != R_NONE))
		return answer_fault(c);
	return a;
}

static struct answer
enrol_page(struct call *c, const struct factor_asking *f, struct answer a)
{
	a.kind = ANS_PAGE_ENROL;
	return enrolment_offer(c, f->u, factor_form_secret(c, f), &a) ? a : answer_fault(c);
}

struct answer
factor_page(struct call *c, const struct factor_asking *f)
{
	struct answer a = { .kind = ANS_PAGE_FACTOR };

	a.factor.csrf = csrf_token(c, factor_form_secret(c, f));
	a.factor.half = f->half;
	a.factor.saved = request_write(c, f->saved);
	a.factor.user_name = f->u->name;
	a.factor.error = f->error;
	a.factor.wait_s = f->wait_s;
	return factors_stand(f->has) ? ask_page(c, f, a) : enrol_page(c, f, a);
}

struct answer
factor_wanted(struct call *c, struct str url)
{
	struct saved s = { .url = url, .demanded = BIT(PROMPT_FACTOR) };

	return (struct answer){ .kind = ANS_GO, .go = { .place = PLACE_FACTOR, .saved = saved_begin(c, &s) } };
}
