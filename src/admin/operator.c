/* admin/operator.c - tokens asked about and ended with the operator's right: the law's own endpoints, without client authentication. */
#include "admin/admin.h"

struct operator_call { struct policy law; struct issuer issuer; struct call call; };

static struct operator_call *
call_begin(const struct issuer *i, const struct services *svc, struct arena *mem, struct str token)
{
	struct operator_call *o = arena_new(mem, struct operator_call);

	if (o == NULL)
		return NULL;
	o->issuer = *i;
	o->law = *i->law;
	o->law.introspect_open = true;
	o->issuer.law = &o->law;
	o->call = (struct call){ .mem = mem, .issuer = &o->issuer, .svc = svc, .now_s = clock_now_s(), .now_ms = clock_now_ms(), .given = BIT(P_TOKEN) };
	o->call.arg[P_TOKEN] = token;
	return o;
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
	struct operator_call *o = call_begin(i, svc, mem, token);
	struct answer a = { .kind = ANS_FAULT, .why = R_INTERNAL };
	struct buf b;

	if (o != NULL)
		a = check_token_endpoint(&o->call);     /* introspection proper always asks who the client is */
	buf_init(&b, mem, 32 * 1024);
	jw_open(&b, '{');
	if (a.kind == ANS_FACTS)
		put_facts(&b, &a.facts);
	else
		put_inactive(&b, a.why);
	jw_close(&b, '}');
	return buf_str(&b);
}

bool
operator_revoke(const struct issuer *i, const struct services *svc, struct arena *mem, struct str token, struct str *why)
{
	struct operator_call *o = call_begin(i, svc, mem, token);
	struct answer a = { .kind = ANS_FAULT, .why = R_INTERNAL };

	if (o != NULL)
		a = check_token_endpoint(&o->call);     /* the endpoint that ends a token says nothing when it knows none */
	if (a.kind == ANS_FACTS)
		a = remove_token_endpoint(&o->call);
	if (a.kind == ANS_FAULT)
		*why = str_of(reason_rows[a.why].text);
	return a.kind != ANS_FAULT;
}
