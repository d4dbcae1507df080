/* oauth/lane/neighbour.c - must another server be asked about the user of a call, and in which lane? */
#include "oauth/lane/lane_int.h"
#include "oauth/session/session.h"
#include "oauth/token/token.h"
#include "login/ldap.h"

static bool
user_of_token(struct call *c, struct str text, unsigned modes, struct user *u, const struct inspection **seen)
{
	const struct inspection *i = str_empty(text) ? NULL : token_inspection(c, text, modes);

	*seen = i;
	if (i == NULL || id_none(&c->about))
		return false;
	if (i->facts.user == NULL)
		return store_user_by_id(c->svc->store, c->mem, realm_name(c->issuer->realm), &c->about, u) == FOUND;
	*u = *i->facts.user;
	return true;
}

/* Whose phone a code was sent to, or is to be. */
static bool
user_of_challenge(struct call *c, struct user *u)
{
	struct str phone = c->arg[P_PHONE];
	struct auth_session s;

	if (str_empty(phone) && !str_empty(c->arg[P_CODE]) && auth_session_read(c, &s))
		phone = s.phone;
	return !str_empty(phone)
	    && store_user_by_phone(c->svc->store, c->mem, realm_name(c->issuer->realm), phone, u) == FOUND;
}

/* Of whom the call is, as far as that can be told without asking anybody. */
static bool
user_of_call(struct call *c, enum oauth_endpoint e, struct user *u, const struct inspection **seen)
{
	struct session s;

	switch (e) {
	case OE_TOKEN: return c->grant != NULL && c->grant->whose != NULL && c->grant->whose(c, u);
	case OE_INTROSPECT: return user_of_token(c, c->arg[P_TOKEN], INSPECT_ACCESS | INSPECT_REFRESH, u, seen);
	case OE_CHECK_TOKEN: return user_of_token(c, c->arg[P_TOKEN], INSPECT_ACCESS, u, seen);
	case OE_BEARER: return user_of_token(c, c->bearer, INSPECT_ACCESS, u, seen);
	case OE_SMS:
		return store_user_by_phone(
			   c->svc->store, c->mem, realm_name(c->issuer->realm), c->arg[P_PHONE], u)
		    == FOUND;
	case OE_CHALLENGE: return user_of_challenge(c, u);
	case OE_AUTHORIZE:
	case OE_CONSENT:
	case OE_APPROVE:
	case OE_FACTOR:
	case OE_ACCOUNT:
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
		return e == OE_SMS || e == OE_CHALLENGE;
	return c->grant != NULL && !c->grant->user_stands;
}

static enum lane
lane_of_user(const struct call *c, enum oauth_endpoint e, const struct user *u)
{
	const struct directory *d = directory_of(c->issuer->directories, u);

	if (user_is_shadow(u)) {
		bool token = e == OE_INTROSPECT || e == OE_CHECK_TOKEN || e == OE_BEARER || e == OE_SESSION_USER;

		return c->issuer->table != NULL && !(token && table_word_is_fresh(c->issuer->table, u, c->now_s))
		    ? LANE_TABLE
		    : LANE_INLINE;
	}
	return d != NULL && directory_again_due(d, u, always_asks(c, e), c->now_s) == AGAIN_ASK
	    ? LANE_DIRECTORY
	    : LANE_INLINE;
}

/* With which of a browser's accounts the call goes on is not known yet: any of them may have to be asked about. */
static enum lane
lane_of_accounts(struct call *c, enum oauth_endpoint e)
{
	enum lane lane = LANE_INLINE;
	struct accounts all;
	struct user u;

	if (!accounts_live(c, &all))
		return LANE_INLINE;
	for (size_t i = 0; lane == LANE_INLINE && i < all.n; i++)
		if (store_user_by_id(c->svc->store, c->mem, realm_name(c->issuer->realm), &all.at[i].s.user, &u)
		    == FOUND)
			lane = lane_of_user(c, e, &u);
	return lane;
}

enum lane
neighbour_lane(const struct call *c, enum oauth_endpoint e, const struct inspection **seen)
{
	struct call look = *c;                  /* what it finds wrong is told when the call is answered */
	struct user u;

	*seen = NULL;
	look.must_not_wait = true;
	look.about = (struct id16){ { 0 } };
	if (c->issuer->directories == NULL && c->issuer->table == NULL)
		return LANE_INLINE;
	if (e == OE_ACCOUNTS || ((e == OE_AUTHORIZE || e == OE_CONSENT) && accounts_are_several(c)))
		return lane_of_accounts(&look, e);
	return user_of_call(&look, e, &u, seen) ? lane_of_user(c, e, &u) : LANE_INLINE;
}
