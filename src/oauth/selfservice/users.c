/* oauth/selfservice/users.c - who may help themselves. */
#include "oauth/selfservice/selfservice.h"

#include "store/user_claims.h"

bool
user_by_anything(struct call *c, struct str text, struct user *out)
{
	struct str realm = realm_name(c->issuer->realm);
	struct user by_phone, by_mail[2];
	bool named = store_answered(c, store_user_by_name(c->svc->store, c->mem, realm, text, out));
	bool phoned = store_answered(c, store_user_by_phone(c->svc->store, c->mem, realm, text, &by_phone));
	int mailed = store_users_by_email(c->svc->store, c->mem, realm, text, COUNT(by_mail), by_mail);

	if (mailed < 0)
		return fail(c, R_STORE, S("read"));
	if (c->why != R_NONE)
		return false;
	if (!named && mailed == 1)
		*out = by_mail[0];
	else if (!named && phoned)
		*out = by_phone;
	return named || mailed == 1 || phoned;
}

bool
user_claim_mark(struct call *c, struct user *u, const char *claim, bool set)
{
	json_t *claims = user_claims_read(c->mem, u->claims), *own = NULL;
	bool ok;

	if (claims == NULL)
		claims = own = json_object();
	if (set)
		json_object_set_new(claims, claim, json_true());
	else
		json_object_del(claims, claim);
	ok = user_claims_write(c->mem, claims, &u->claims);
	if (own != NULL)
		json_decref(own);
	return ok || fail(c, R_INTERNAL, S("claims"));
}
