/* oauth/session/person.c - users of the issuer's realm: its own, and those of the table it reads. */
#include "oauth/session/session.h"
#include "login/ldap.h"

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
	return user_found(c,
		   person_find(
		       c->mem, c->svc->store, c->issuer->table, by, realm_name(c->issuer->realm), value, out))
	    && (user_is_shadow(out)
		|| user_holds(c, out, by != TABLE_BY_NAME)); /* a table has just been asked */
}

/* Nobody vouches for them any more; always true. */
static bool
user_is_gone(struct user *u)
{
	u->enabled = false;
	return true;
}

struct str
account_type_asked(const struct call *c)
{
	return str_empty(c->arg[P_ACCOUNT_TYPE]) ? c->issuer->policy->grant.default_account_type
						 : c->arg[P_ACCOUNT_TYPE];
}

void
login_of_type(const struct call *c, struct login_try *t)
{
	if (!c->issuer->policy->grant.account_type_selects_users)
		return;
	t->account_type = str_empty(account_type_asked(c)) ? S("") : account_type_asked(c);
	t->default_type = c->issuer->policy->grant.default_account_type;
}

bool
account_type_fits(const struct call *c, const struct user *u)
{
	const struct policy *policy = c->issuer->policy;

	return !policy->grant.account_type_selects_users
	    || str_eq(account_type_asked(c),
		str_empty(u->account_type) ? policy->grant.default_account_type : u->account_type);
}

/* A directory's own: the word that is stored, or a newer one. */
static bool
directory_holds(struct call *c, const struct directory *d, struct user *u, bool always)
{
	enum again due = directory_again_due(d, u, always, c->now_s);
	enum person_answer a;

	if (due == AGAIN_ASK && !c->must_not_wait) {
		c->asked = true;
		a = directory_again(c->mem, c->svc->store, d, u);
		if (a != PERSON_DOWN)
			return user_found(c, a) || (c->why == R_NONE && user_is_gone(u));
		due = directory_again_due(d, u, always, c->now_s);
	}
	if (due == AGAIN_OVER)
		u->shut = str_of(state_words[STATE_STALE]);
	if (due == AGAIN_NOT || due == AGAIN_OVER || (due == AGAIN_ASK && directory_word_holds(d, u, c->now_s)))
		return true;
	c->retry_after_s = DOWN_RETRY_S;
	return fail(c, R_DIRECTORY, d->name);
}

/* A shadow, in an answer about a token. */
static bool
table_holds(struct call *c, struct user *u)
{
	const struct user_table *t = c->issuer->table;
	struct user now;
	enum person_answer a;

	if (t == NULL)
		return user_is_gone(u);
	if (table_word_is_fresh(t, u, c->now_s) || (c->must_not_wait && table_word_holds(t, u, c->now_s)))
		return true;
	c->asked = !c->must_not_wait;
	a = c->must_not_wait ? PERSON_DOWN : person_again(c->mem, c->svc->store, t, u->realm, &u->id, &now);
	if (a == PERSON_DOWN && table_word_holds(t, u, c->now_s))
		return true;
	if (a == PERSON_NONE)
		return user_is_gone(u);
	if (!user_found(c, a))
		return false;
	*u = now;
	return true;
}

bool
user_holds(struct call *c, struct user *u, bool always)
{
	const struct directory *d = directory_of(c->issuer->directories, u);

	if (user_is_shadow(u))
		return table_holds(c, u);
	if (d != NULL)
		return directory_holds(c, d, u, always);
	return !user_is_orphan(c->issuer->directories, u) || user_is_gone(u);
}

bool
user_again(struct call *c, const struct id16 *id, bool at_refresh, struct user *out)
{
	struct str realm = realm_name(c->issuer->realm);

	if (!store_answered(c, store_user_by_id(c->svc->store, c->mem, realm, id, out)))
		return false;
	if (!user_is_shadow(out))
		return user_holds(c, out, at_refresh);
	if (c->must_not_wait) {                 /* it has become one since the lane was chosen */
		c->retry_after_s = 1;
		return fail(c, R_TOO_BUSY, SAY("a user table must be asked"));
	}
	return user_found(c, person_again(c->mem, c->svc->store, c->issuer->table, realm, id, out));
}

bool
user_is_let_in(struct call *c, const struct user *u, struct str who)
{
	if (user_may_enter(u))
		return true;
	if (u->enabled && (u->locked || str_is(u->shut, state_words[STATE_LOCKED])))
		return fail(c, R_USER_LOCKED, who);
	return fail(c, R_USER_DISABLED, who);
}

bool
user_is_own(const struct user *u)
{
	return str_empty(u->origin) && str_empty(u->entry) && user_may_enter(u);
}
