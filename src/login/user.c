/* login/user.c - user name and password to user: RFC 6749 section 4.3, and what the login page asks. */
#include "login/ldap.h"
#include "login/password_int.h"
#include "login/throttle_int.h"

/* What a wrong answer costs at least (L1): the most expensive encoding met so far, within reason. */
#define DEAREST_MAX_US (12 * COST_DEFAULT_US)
static int64_t dearest_us = COST_DEFAULT_US;

static int64_t
dearest_with(int64_t cost_us)
{
	int64_t seen = __atomic_load_n(&dearest_us, __ATOMIC_RELAXED);

	if (cost_us > DEAREST_MAX_US)
		cost_us = DEAREST_MAX_US;
	while (cost_us > seen
	    && !__atomic_compare_exchange_n(&dearest_us, &seen, cost_us, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	return cost_us > seen ? cost_us : seen;
}

/*
 * The password of nobody is checked like that of somebody. An empty password opens nothing, though an empty stored one
 * means "public" where client secrets are concerned.
 */
static enum password_result
user_check(struct arena *mem, const struct login_try *t, bool exists)
{
	struct str stored =
	    exists && !str_empty(t->user.password) && !str_empty(t->password) ? t->user.password : STR_ABSENT;
	enum password_result result;

	result = password_check(mem, stored, t->password, dearest_with(password_cost_us(stored)));
	if (result == PASSWORD_UNKNOWN_ENCODING) {
		struct str name = password_prefix(stored);

		log_warn("the password of user %.*s of realm %.*s cannot be verified: encoding %.*s is "
			 "unknown or too dear",
		    STR_ARG(t->user.name), STR_ARG(t->realm),
		    STR_ARG(str_given(name) ? name : S("without a name")));
	}
	return result;
}

/* Forget the failures and keep a better hash, when there is either; most logins write nothing. */
static void
right_password(struct arena *mem, struct store *s, struct login_try *t, const struct attempt *c, bool rehash)
{
	struct str better = rehash ? password_hash(mem, t->password) : STR_ABSENT, verified = t->user.password;
	struct store_op ops[ATTEMPT_OPS + 1];
	size_t n = attempt_right(c, t, ops);

	/* the password may have been changed while we verified the old one: that stays */
	if (str_given(better)) {
		t->user.password = better;
		ops[n++] = (struct store_op){ .kind = OP_USER_REHASH, .rehash = { &t->user, verified } };
	}
	if (n > 0 && store_commit(s, ops, n, NULL) != STORE_DONE)
		log_warn("a user logged in, but the store did not take the new password hash or the cleared "
			 "failure count");
}

/* A question to the directory that says nothing of anybody, and carries nothing that was typed. */
static void
directory_pay(struct arena *mem, const struct directory *d)
{
	struct directory_person nobody;
	struct directory_try try;
	const char *fault;
	uint8_t raw[12];

	rand_bytes(raw, sizeof raw);
	try = (struct directory_try){
		.name = hex_encode(mem, str_span(raw, sizeof raw)), .password = S("nobody's"), .fault = &fault
	};
	(void)directory_ask(mem, d, &try, &nobody);
}

/* Is it the directory that knows whether the password is right? Its own users have none here; a linked one may have. */
static bool
directory_judges(const struct login_try *t, enum person_answer who, const struct person *p)
{
	const struct directory *d = t->directory;

	if (d == NULL || who == PERSON_TROUBLE || who == PERSON_DOWN
	    || (str_given(t->account_type) && !str_eq(t->account_type, d->name)))
		return false;
	if (who == PERSON_NONE)
		return true;
	return !p->of_table
	    && (str_eq(p->user.account_type, d->name)
		|| (d->link_users && str_empty(p->user.account_type) && str_empty(p->user.password)));
}

static enum login_result
ask_directory(struct arena *mem, struct store *s, const struct throttle_rules *r, struct login_try *t)
{
	enum login_result result = login_directory(mem, s, r, t->directory, t);

	if (result == LOGIN_WRONG)
		password_pay(mem, t->password);         /* as a wrong one of an own user costs */
	return result;
}

/*
 * The realm's own users need no table and no directory; a wrong password for one of them asks them
 * all the same (L1).
 */
static enum login_result
wrong_password(struct arena *mem, struct login_try *t, const struct attempt *c, bool own)
{
	struct table_row nobody;
	struct str why;

	if (own && t->table != NULL)
		(void)table_ask(mem, t->table, t->by, t->name, &nobody, &why);
	if (t->directory != NULL)
		directory_pay(mem, t->directory);
	t->user = (struct user){ 0 };
	return attempt_wrong(c) ? LOGIN_WRONG : LOGIN_TROUBLE;
}

/* The password was right. What is stored of a user of the table is written now, and nothing of the password. */
static enum login_result
let_in(struct arena *mem, struct store *s, struct login_try *t, struct person *p, const struct attempt *c, bool rehash)
{
	switch (person_settle(mem, s, t->table, p)) {
	case PERSON_FOUND: break;
	case PERSON_NONE: t->user = (struct user){ 0 }; return LOGIN_WRONG;
	case PERSON_DOWN: t->user = (struct user){ 0 }; return LOGIN_DOWN;
	default: t->user = (struct user){ 0 }; return LOGIN_TROUBLE;
	}
	t->user = p->user;
	if (!t->user.enabled || (t->user.shut.n > 0 && !str_is(t->user.shut, state_words[STATE_LOCKED])))
		return LOGIN_DISABLED;
	if (!user_may_enter(&t->user))
		return LOGIN_LOCKED;
	right_password(mem, s, t, c, rehash && !p->of_table);
	return LOGIN_OK;
}

static bool
type_fits(const struct login_try *t, const struct user *u)
{
	return !str_given(t->account_type)
	    || str_eq(t->account_type, str_empty(u->account_type) ? t->default_type : u->account_type);
}

enum login_result
login_password(struct arena *mem, struct store *s, const struct throttle_rules *r, struct login_try *t)
{
	struct attempt c;
	struct person p;
	enum person_answer who;
	enum password_result result;

	if (!attempt_begin(&c, s, r, t, t->name))
		return LOGIN_TROUBLE;
	if (t->wait_ms > 0)
		return LOGIN_WAIT;
	who = person_look(mem, s, t->table, t->by, t->realm, t->name, &p);
	if (who == PERSON_TROUBLE || (who == PERSON_FOUND && p.of_table && !attempt_also(&c, t, p.user.name)))
		return LOGIN_TROUBLE;
	if (who == PERSON_DOWN)
		return LOGIN_DOWN;
	if (t->wait_ms > 0)
		return LOGIN_WAIT;
	if (directory_judges(t, who, &p))
		return ask_directory(mem, s, r, t);
	t->known = who == PERSON_FOUND && type_fits(t, &p.user);
	t->user = t->known ? p.user : (struct user){ 0 };
	result = user_check(mem, t, t->known);
	if (result != PASSWORD_OK && result != PASSWORD_OK_REHASH)
		return wrong_password(mem, t, &c, who == PERSON_FOUND && !p.of_table);
	return let_in(mem, s, t, &p, &c, t->rehash && result == PASSWORD_OK_REHASH);
}
