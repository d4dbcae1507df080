/* admin/operator.c - tokens asked about and ended with the operator's right. */
#include "admin/admin.h"

static struct call *
call_begin(const struct issuer *i, const struct services *svc, struct arena *mem, struct str token)
{
	struct call *c = arena_new(mem, struct call);

	if (c == NULL)
		return NULL;
	*c = (struct call){ .mem = mem, .issuer = i, .svc = svc, .now_s = clock_now_s(), .now_ms = clock_now_ms() };
	bits_put(c->given, P_TOKEN, true);
	c->arg[P_TOKEN] = token;
	return c;
}

static void
put_facts(struct buf *b, const struct token_facts *f)
{
	jm_bool(b, S("active"), true);
	jm_str(b, S("kind"), f->is_refresh ? S("refresh_token") : S("access_token"));
	jm_str(b, S("scope"), f->scope);
	jm_str(b, S("client_id"), f->client_id);
	jm_str(b, S("username"), f->user_name);
	jm_str(b, S("sub"), f->sub);
	jm_str(b, S("jti"), f->jti);
	if (f->exp_s != 0)
		jm_int(b, S("exp"), f->exp_s);
	if (f->iat_s != 0)
		jm_int(b, S("iat"), f->iat_s);
}

static void
put_inactive(struct buf *b, enum reason why)
{
	jm_bool(b, S("active"), false);
	jw_name(b, S("reason"));
	buf_putc(b, '"');
	reason_put(b, why);
	buf_putc(b, '"');
}

struct str
operator_introspect(const struct issuer *i, const struct services *svc, struct arena *mem, struct str token)
{
	struct call *c = call_begin(i, svc, mem, token);
	struct answer a = { .kind = ANS_FAULT, .why = R_INTERNAL };
	struct buf b;

	if (c != NULL)
		a = operator_inspect_endpoint(c);
	buf_init(&b, mem, 8 * JWT_MAX);          /* what a token says, however it is escaped */
	jw_open(&b, '{');
	if (a.kind == ANS_FACTS)
		put_facts(&b, &a.facts);
	else
		put_inactive(&b, a.why);
	jw_close(&b, '}');
	return buf_str(&b);
}

bool
operator_revoke(
    const struct issuer *i, const struct services *svc, struct arena *mem, struct str token, struct str *why)
{
	struct call *c = call_begin(i, svc, mem, token);
	struct answer a = { .kind = ANS_FAULT, .why = R_INTERNAL };

	if (c != NULL)
		a = operator_revoke_endpoint(c);
	if (a.kind == ANS_FAULT)
		*why = str_of(reason_rows[a.why].text);
	return a.kind != ANS_FAULT;
}
