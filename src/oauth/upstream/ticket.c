/*
 * oauth/upstream/ticket.c - who somebody is at a provider, sealed for the page that asks whether the two are to be
 * connected: for one page, in one browser or session alone, for ten minutes. Nothing is stored, so a restart ends none.
 */
#include "oauth/upstream/upstream_int.h"

#define TTL_S 600

struct str
ticket_seal(const struct call *c, const char *kind, const struct somebody *p, struct str bound)
{
	struct buf b;

	buf_init(&b, c->mem, 4096);
	jw_open(&b, '{');
	jm_str(&b, S("p"), p->provider);
	jm_str(&b, S("s"), p->subject);
	jm_str(&b, S("h"), p->shown);
	jm_str(&b, S("m"), p->amr);
	jm_int(&b, S("a"), p->auth_s);
	jm_str(&b, S("o"), b64url_encode(c->mem, str_span(p->once.b, sizeof p->once.b)));
	jm_str(&b, S("n"), b64url_encode(c->mem, bound));
	jm_int(&b, S("t"), c->now_s + TTL_S);
	jw_close(&b, '}');
	return b.full ? STR_ABSENT : browser_seal(c, kind, buf_str(&b));
}

bool
ticket_unseal(const struct call *c, const char *kind, struct str bound, struct somebody *out)
{
	int64_t until = 0;
	struct str plain;
	json_t *o;

	if (!browser_unseal(c, kind, c->arg[P_IDENTITY], &plain) || (o = json_read(c->mem, plain)) == NULL)
		return false;
	*out = (struct somebody){ .provider = json_member_str(o, "p"), .subject = json_member_str(o, "s"),
		.shown = json_member_str(o, "h"), .amr = json_member_str(o, "m") };
	return json_member_int(o, "t", &until) && until > c->now_s && json_member_int(o, "a", &out->auth_s)
	    && b64url_read(json_member_str(o, "o"), out->once.b, sizeof out->once.b) && !str_empty(bound)
	    && str_eq_secret(json_member_str(o, "n"), b64url_encode(c->mem, bound));
}

bool
ticket_ends(struct call *c, const struct somebody *p)
{
	struct ops o = { .n = 0 };

	upstream_spends(c, &o, p);
	switch (store_commit(c->svc->store, o.at, o.n, NULL)) {
	case STORE_DONE:
		c->detail = arena_say(c->mem, "the person does not connect an account of identity provider %.*s",
		    STR_ARG(p->provider));
		return true;
	case STORE_LOST: return false;
	default: return fail(c, R_STORE, S("commit"));
	}
}
