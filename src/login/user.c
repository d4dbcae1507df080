/* login/user.c - user name and password to user: RFC 6749 section 4.3, and what the login page asks. */
#include "login/password_int.h"
#include "login/throttle_int.h"

/* What a wrong answer costs at least (L1): the dearest encoding met so far, within reason. */
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

/* The counters of one try. */
struct counters { struct throttle_key keys[2]; struct throttle rows[2]; };

/* False: the store cannot be read. */
static bool
counters_read(struct store *s, const struct throttle_rules *r, const struct login_try *t, struct counters *c)
{
	int64_t now_ms = clock_now_ms();

	c->keys[0] = throttle_account(t->realm, t->name);
	c->keys[1] = throttle_address(t->address);
	for (size_t i = 0; i < COUNT(c->keys); i++)
		if (throttle_look(s, r, &c->keys[i], now_ms, &c->rows[i]) == FIND_FAILED)
			return false;
	return true;
}

static int64_t
counters_wait_ms(const struct throttle_rules *r, const struct counters *c)
{
	int64_t now_ms = clock_now_ms(), account = throttle_left_ms(r, &c->rows[0], now_ms);
	int64_t address = throttle_left_ms(r, &c->rows[1], now_ms);

	return account > address ? account : address;
}

/*
 * The password of nobody is checked like that of somebody. An empty password opens nothing, though an empty stored one
 * means "public" where client secrets are concerned.
 */
static enum password_result
user_check(struct arena *mem, const struct login_try *t, bool exists)
{
	struct str stored = exists && !str_empty(t->user.password) && !str_empty(t->password) ? t->user.password : STR_ABSENT;
	enum password_result result;

	result = password_check(mem, stored, t->password, dearest_with(password_cost_us(stored)));
	if (result == PASSWORD_UNKNOWN_ENCODING) {
		struct str name = password_prefix(stored);

		log_warn("the password of user %.*s of realm %.*s cannot be verified: encoding %.*s is unknown or too dear",
		    STR_ARG(t->user.name), STR_ARG(t->realm), STR_ARG(str_given(name) ? name : S("without a name")));
	}
	return result;
}

/* Forget the failures and keep a better hash, when there is either; most logins write nothing. */
static void
right_password(struct arena *mem, struct store *s, struct login_try *t, const struct counters *c, bool rehash)
{
	struct store_op ops[2];
	size_t n = 0;

	if (c->rows[0].failures > 0)
		ops[n++] = (struct store_op){ .kind = OP_THROTTLE_CLEAR, .throttle = &c->rows[0] };
	if (rehash) {
		struct str better = password_hash(mem, t->password);

		if (str_given(better)) {
			t->user.password = better;
			ops[n++] = (struct store_op){ .kind = OP_USER_PASSWORD, .user = &t->user };
		}
	}
	if (n > 0 && store_commit(s, ops, n, NULL) != STORE_DONE)
		log_warn("a user logged in, but the store did not take the new password hash or the cleared failure count");
}

enum login_result
login_password(struct arena *mem, struct store *s, const struct throttle_rules *r, struct login_try *t)
{
	struct counters c;
	enum store_found found;
	enum password_result result;

	if (!counters_read(s, r, t, &c))
		return LOGIN_TROUBLE;
	t->wait_ms = counters_wait_ms(r, &c);
	if (t->wait_ms > 0)
		return LOGIN_WAIT;
	found = t->by_phone ? store_user_by_phone(s, mem, t->realm, t->name, &t->user) : store_user_by_name(s, mem, t->realm, t->name, &t->user);
	if (found == FIND_FAILED)
		return LOGIN_TROUBLE;
	t->known = found == FOUND;
	result = user_check(mem, t, t->known);
	if (result != PASSWORD_OK && result != PASSWORD_OK_REHASH) {
		t->user = (struct user){ 0 };
		return throttle_count(s, r, c.keys, COUNT(c.keys), clock_now_ms()) ? LOGIN_WRONG : LOGIN_TROUBLE;
	}
	if (!t->user.enabled)
		return LOGIN_DISABLED;
	if (t->user.locked)
		return LOGIN_LOCKED;
	right_password(mem, s, t, &c, t->rehash && result == PASSWORD_OK_REHASH);
	return LOGIN_OK;
}
