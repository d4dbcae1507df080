/* hufu/offline_token.c - tokens of a store at rest, asked about and ended with the operator's right. */
#include "hufu/hufu_int.h"

static const struct issuer *
issuer_of(struct at_rest *r, struct arena *mem, struct str name, struct str *why)
{
	const struct mount *t;

	if (!rest_snapshot(r, mem, why))
		return NULL;
	t = snapshot_issuer(r->snap, name);
	if (t == NULL)
		*why = SAY("there is no such issuer");
	return t != NULL ? t->issuer : NULL;
}

struct str
rest_introspect(void *ctx, struct arena *mem, struct str issuer, struct str token)
{
	struct at_rest *r = ctx;
	struct str why = STR_ABSENT;
	const struct issuer *i = issuer_of(r, mem, issuer, &why);
	struct buf b;

	if (i != NULL)
		return operator_introspect(i, &r->snap->svc, mem, token);
	buf_init(&b, mem, 4096);
	jw_open(&b, '{');
	jm_bool(&b, S("active"), false);
	jm_str(&b, S("reason"), why);
	jw_close(&b, '}');
	return buf_str(&b);
}

bool
rest_revoke(void *ctx, struct arena *mem, struct str issuer, struct str token, struct str *why)
{
	struct at_rest *r = ctx;
	const struct issuer *i = issuer_of(r, mem, issuer, why);

	return i != NULL && operator_revoke(i, &r->snap->svc, mem, token, why);
}
