/* oauth/lane/neighbour.c - must another server be asked about the user of a call, and in which lane? */
#include "oauth/lane/lane_int.h"
#include "oauth/session/session.h"
#include "oauth/token/token.h"
#include "login/ldap.h"

static bool
user_of_token(struct call *c, struct str text, unsigned modes, struct user *u)
{
	struct token_facts f;
	struct id16 family;
	struct token row;

	if (!str_empty(text))
		(void)token_inspect(c, text, modes, &f, &family, &row);
	return !id_none(&c->about)
	    && store_user_by_id(c->svc->store, c->mem, realm_name(c->issuer->realm), &c->about, u) == FOUND;
}

/* Of whom the call is, as far as that can be told without asking anybody. */
static bool
user_of_call(struct call *c, enum oauth_endpoint e, struct user *u)
{
	struct session s;

	switch (e) {
	case OE_TOKEN: return c->grant != NULL && c->grant->whose != NULL && c->grant->whose(c, u);
	case OE_INTROSPECT: return user_of_token(c, c->arg[P_TOKEN], INSPECT_ACCESS | INSPECT_REFRESH, u);
	case OE_CHECK_TOKEN: return user_of_token(c, c->arg[P_TOKEN], INSPECT_ACCESS, u);
	case OE_BEARER: return user_of_token(c, c->bearer, INSPECT_ACCESS, u);
	case OE_SMS: return store_user_by_phone(c->svc->store, c->mem, realm_name(c->issuer->realm), c->arg[P_PHONE], u) == FOUND;
	case OE_AUTHORIZE:
	case OE_CONSENT:
	case OE_SESSION_USER:
		return session_find(c, &s)
		    && store_user_by_id(c->svc->store, c->mem, realm_name(c->issuer->realm), &s.user, u) == FOUND;
	default: return false;
	}
}

/* Where the user logs in by this very call, or gets new tokens by an old one. */
static bool
always_asks(const struct call *c, enum oauth_endpoint e)
{
	if (e != OE_TOKEN)
		return e == OE_SMS;
	return c->grant != NULL && !c->grant->user_stands;
}

enum lane
neighbour_lane(const struct call *c, enum oauth_endpoint e)
{
	struct call look = *c;                  /* what it finds wrong is told when the call is answered */
	const struct directory *d;
	struct user u;

	look.must_not_wait = true;
	look.about = (struct id16){ { 0 } };
	if ((c->issuer->directories == NULL && c->issuer->table == NULL) || !user_of_call(&look, e, &u))
		return LANE_INLINE;
	if (user_is_shadow(&u)) {
		bool token = e == OE_INTROSPECT || e == OE_CHECK_TOKEN || e == OE_BEARER || e == OE_SESSION_USER;

		return c->issuer->table != NULL && !(token && table_word_is_fresh(c->issuer->table, &u, c->now_s))
		    ? LANE_TABLE
		    : LANE_INLINE;
	}
	d = directory_of(c->issuer->directories, &u);
	return d != NULL && directory_again_due(d, &u, always_asks(c, e), c->now_s) == AGAIN_ASK ? LANE_DIRECTORY : LANE_INLINE;
}
