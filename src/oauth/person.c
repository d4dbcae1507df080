/* oauth/person.c - users of the issuer's realm: its own, and those of the table it reads. */
#include "oauth/oauth_int.h"

bool
user_found(struct call *c, enum person_answer a)
{
	switch (a) {
	case PERSON_FOUND: return true;
	case PERSON_NONE: return false;
	case PERSON_TROUBLE: return fail(c, R_STORE, S("read"));
	case PERSON_DOWN: break;
	}
	c->retry_after_s = DOWN_RETRY_S;
	return fail(c, R_USER_TABLE, c->issuer->table->name);
}

bool
user_find(struct call *c, enum table_by by, struct str value, struct user *out)
{
	return user_found(c, person_find(c->mem, c->svc->store, c->issuer->table, by, realm_name(c->issuer->realm), value, out));
}

struct str
account_type_asked(const struct call *c)
{
	return str_empty(c->arg[P_ACCOUNT_TYPE]) ? c->issuer->law->default_account_type : c->arg[P_ACCOUNT_TYPE];
}

void
login_of_type(const struct call *c, struct login_try *t)
{
	if (!c->issuer->law->account_type_selects_users)
		return;
	t->account_type = str_empty(account_type_asked(c)) ? S("") : account_type_asked(c);
	t->default_type = c->issuer->law->default_account_type;
}

bool
account_type_fits(const struct call *c, const struct user *u)
{
	const struct policy *law = c->issuer->law;

	return !law->account_type_selects_users || str_eq(account_type_asked(c), str_empty(u->account_type) ? law->default_account_type : u->account_type);
}

bool
user_again(struct call *c, const struct id16 *id, struct user *out)
{
	return user_found(c, person_again(c->mem, c->svc->store, c->issuer->table, realm_name(c->issuer->realm), id, out));
}

bool
user_is_let_in(struct call *c, const struct user *u, struct str who)
{
	if (!u->enabled)
		return fail(c, R_USER_DISABLED, who);
	return !u->locked || fail(c, R_USER_LOCKED, who);
}
