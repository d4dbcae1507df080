/* hufu/offline_token.c - tokens of a store at rest, asked about with the operator's right: no client authentication. */
#include "hufu/hufu_int.h"

struct operator_call { struct policy law; struct issuer issuer; struct call call; };

static struct operator_call *
call_begin(struct at_rest *r, struct arena *mem, struct str issuer, struct str token, struct str *why)
{
	struct operator_call *o = arena_new(mem, struct operator_call);
	const struct tongue *t = o != NULL && rest_snapshot(r, mem, why) ? snapshot_issuer(r->snap, issuer) : NULL;

	if (t == NULL)
		return NULL;
	o->issuer = *t->issuer;
	o->law = *t->issuer->law;
	o->law.introspect_open = true;
	o->issuer.law = &o->law;
	o->call = (struct call){ .mem = mem, .issuer = &o->issuer, .svc = &r->snap->svc, .now_s = clock_now_s(), .now_ms = clock_now_ms(), .given = BIT(P_TOKEN) };
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

/* Reasons are named in lower case wherever people read them. */
static struct str
reason_name(struct arena *mem, enum reason why)
{
	struct buf b;

	buf_init(&b, mem, 64);
	for (const char *p = reason_rows[why].name; *p != '\0'; p++)
		buf_putc(&b, *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p);
	return why == R_NONE ? STR_ABSENT : buf_str(&b);
}

struct str
rest_introspect(void *ctx, struct arena *mem, struct str issuer, struct str token)
{
	struct str why = STR_ABSENT;
	struct operator_call *o = call_begin(ctx, mem, issuer, token, &why);
	struct answer a = { .kind = ANS_FAULT, .why = R_INTERNAL };
	struct buf b;

	if (o != NULL)
		a = check_token_endpoint(&o->call);     /* introspection proper always asks who the client is */
	buf_init(&b, mem, 32 * 1024);
	jw_open(&b, '{');
	if (a.kind == ANS_FACTS && a.facts.active)
		put_facts(&b, &a.facts);
	else {
		jm_bool(&b, S("active"), false);
		jm_str(&b, S("reason"), str_given(why) ? why : reason_name(mem, a.kind == ANS_FAULT || o == NULL ? a.why : o->call.why));
	}
	jw_close(&b, '}');
	return buf_str(&b);
}

bool
rest_revoke(void *ctx, struct arena *mem, struct str issuer, struct str token, struct str *why)
{
	struct operator_call *o = call_begin(ctx, mem, issuer, token, why);
	struct answer a;

	if (o == NULL)
		return false;
	a = remove_token_endpoint(&o->call);
	if (a.kind == ANS_FAULT)
		*why = str_of(reason_rows[a.why].text);
	return a.kind != ANS_FAULT;
}
