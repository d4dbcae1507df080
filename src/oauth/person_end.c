/* oauth/person_end.c - how what is stored of a person ends, by an operator's word or the person's own. */
#include "login/login.h"
#include "oauth/person.h"

struct throttle
person_failures(const struct user *u, struct str name)
{
	struct throttle_key k = throttle_account(u->realm, name);

	return (struct throttle){ .kind = k.kind, .key = k.digest };
}

void
person_deleted(struct person_ops *o, const struct user *u, struct str elsewhere)
{
	o->by_name = person_failures(u, u->name);
	o->by_phone = person_failures(u, u->phone);
	o->n = 3;
	o->at[0] = (struct store_op){ .kind = OP_USER_DELETE, .ends = { .user = u, .elsewhere = elsewhere } };
	o->at[1] = (struct store_op){ .kind = OP_THROTTLE_FORGET, .throttle = &o->by_name };
	o->at[2] = (struct store_op){ .kind = OP_THROTTLE_FORGET, .throttle = &o->by_phone };
}

void
person_withdraws(struct person_ops *o, const struct user *u, struct str issuer, struct str client)
{
	o->n = 2;
	o->at[0] = (struct store_op){ .kind = OP_APPROVALS_DELETE,
		.withdrawn = { .user = &u->id, .issuer = issuer, .client = client } };
	o->at[1] = (struct store_op){ .kind = OP_USER_REVOKE,
		.ends = { .user = u, .issuer = issuer, .client = client } };
}
