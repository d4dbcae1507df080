/* hufud/office_calls.c - what the office asks of the daemon: readiness, keys, tokens. */
#include "hufud/daemon_int.h"

static bool
ready(void *ctx, struct arena *mem, struct str *why)
{
	struct daemon *d = ctx;
	struct snapshot *s;
	bool ok = true;

	if (atomic_load(&d->stopping)) {
		*why = S("stopping");
		return false;
	}
	if (!store_ready(d->store)) {
		*why = S("the store cannot write");
		return false;
	}
	s = daemon_hold(d);
	for (const struct tongue *const *t = s->tongues; ok && *t != NULL; t++) {
		ok = keyring_signer((*t)->issuer->keys, (*t)->issuer->law->signing_alg) != NULL;
		if (!ok)
			*why = arena_printf(mem, "issuer %.*s has no signing key", STR_ARG((*t)->issuer->name));
	}
	snapshot_drop(s);
	return ok;
}

static struct str
issuers(void *ctx, struct arena *mem)
{
	struct daemon *d = ctx;
	struct snapshot *s = daemon_hold(d);
	struct buf b;

	buf_init(&b, mem, 16 * 1024);
	for (const struct tongue *const *t = s->tongues; *t != NULL; t++) {
		if (b.n > 0)
			buf_putc(&b, ' ');
		buf_put(&b, (*t)->issuer->name);
	}
	snapshot_drop(s);
	return buf_str(&b);
}

static bool
rotate(void *ctx, struct str issuer, bool now, struct arena *mem, struct str *out)
{
	struct daemon *d = ctx;
	struct snapshot *s = daemon_hold(d);
	const struct tongue *t = snapshot_issuer(s, issuer);
	struct str why = S("there is no such issuer");
	struct key_rules rules;
	bool ok;

	pthread_mutex_lock(&d->change);
	if (t != NULL)
		rules = setup_key_rules(d->conf, t->issuer->law);
	pthread_mutex_unlock(&d->change);
	ok = t != NULL && keys_rotate(d->store, d->kek, issuer, &rules, now, clock_now_s(), mem, out, &why) && daemon_refresh(d, mem, &why);
	snapshot_drop(s);
	if (!ok)
		*out = why;
	return ok;
}

/* --- tokens, asked about with the operator's right: no client authentication -------------------------------------------------------- */

struct operator_call { struct policy law; struct issuer issuer; struct call call; struct snapshot *snap; };

static struct operator_call *
call_begin(struct daemon *d, struct arena *mem, struct str issuer, struct str token)
{
	struct operator_call *o = arena_new(mem, struct operator_call);
	const struct tongue *t;

	if (o == NULL)
		return NULL;
	o->snap = daemon_hold(d);
	t = snapshot_issuer(o->snap, issuer);
	if (t == NULL) {
		snapshot_drop(o->snap);
		return NULL;
	}
	o->issuer = *t->issuer;
	o->law = *t->issuer->law;
	o->law.introspect_open = o->law.introspect_any_client = true;
	o->issuer.law = &o->law;
	o->call = (struct call){ .mem = mem, .issuer = &o->issuer, .svc = &o->snap->svc, .now_s = clock_now_s(), .now_ms = clock_now_ms(), .given = BIT(P_TOKEN) };
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

static struct str
introspect(void *ctx, struct arena *mem, struct str issuer, struct str token)
{
	struct operator_call *o = call_begin(ctx, mem, issuer, token);
	struct answer a;
	struct buf b;

	if (o == NULL)
		return S("{\"active\":false}");
	a = check_token_endpoint(&o->call);
	buf_init(&b, mem, 32 * 1024);
	jw_open(&b, '{');
	if (a.kind == ANS_FACTS && a.facts.active) {
		put_facts(&b, &a.facts);
	} else {
		enum reason why = a.kind == ANS_FAULT ? a.why : o->call.why;

		jm_bool(&b, S("active"), false);
		jw_name(&b, S("reason"));
		buf_putc(&b, '"');
		reason_put(&b, why);
		buf_putc(&b, '"');
	}
	jw_close(&b, '}');
	snapshot_drop(o->snap);
	return buf_str(&b);
}

static bool
revoke(void *ctx, struct arena *mem, struct str issuer, struct str token, struct str *why)
{
	struct operator_call *o = call_begin(ctx, mem, issuer, token);
	struct answer a;

	if (o == NULL) {
		*why = S("there is no such issuer");
		return false;
	}
	a = check_token_endpoint(&o->call);     /* the endpoint itself says nothing about a token that it does not know */
	if (a.kind == ANS_FACTS)
		a = remove_token_endpoint(&o->call);
	snapshot_drop(o->snap);
	if (a.kind == ANS_FAULT)
		*why = str_of(reason_rows[a.why].text);
	return a.kind != ANS_FAULT;
}

/* --- the listener -------------------------------------------------------------------------------------------------------------------- */

static const char *const lane_names[] = { "sign", "commit", "password" };

void
office_make(struct daemon *d)
{
	d->office = (struct office){
		.store = d->store, .metrics = d->metrics,
		.sources = { d->store, d->server, &d->lanes[LANE_SIGN], lane_names, COUNT(lane_names) },
		.reload = daemon_reload, .refresh = daemon_refresh, .rotate = rotate, .issuers = issuers, .introspect = introspect, .revoke = revoke,
		.ready = ready, .test_clock = d->opt.test_clock, .ctx = d,
	};
}

/* Commands may hash a password or commit: one at a time, off the thread that answers probes. */
static void
command(void *ctx, struct http_req *q, struct http_reply *r)
{
	struct daemon *d = ctx;

	office_serve(&d->office, q, r, true);
}

enum http_when
office_request(void *ctx, struct http_req *q, struct http_reply *r)
{
	struct daemon *d = ctx;

	if (q->listener == d->control_socket && q->method == M_POST && http_defer(d->control_lane, q, r, command, d))
		return HTTP_LATER;
	office_serve(&d->office, q, r, false);
	return HTTP_NOW;
}
