/* login/directory.c - a login that a directory decides: throttled like a password, then the user's row made or brought up to date. */
#include "login/ldap.h"
#include "login/throttle_int.h"

/* The counters of one try, and how long it must wait; false: the store cannot be read. */
struct counters { struct throttle_key keys[2]; struct throttle rows[2]; };

static bool
counters_read(struct store *s, const struct throttle_rules *r, struct str user, struct login_try *t, struct counters *c)
{
	int64_t now_ms = clock_now_ms();

	c->keys[0] = throttle_account(t->realm, user);
	c->keys[1] = throttle_address(t->address);
	for (size_t i = 0; i < COUNT(c->keys); i++) {
		int64_t left;

		if (throttle_look(s, r, &c->keys[i], now_ms, &c->rows[i]) == FIND_FAILED)
			return false;
		left = throttle_left_ms(r, &c->rows[i], now_ms);
		t->wait_ms = left > t->wait_ms ? left : t->wait_ms;
	}
	return true;
}

/* --- the row ---------------------------------------------------------------------------------------------------------------------- */

/* What the directory says where it says something; true when that is news. */
static bool
take(struct str *field, struct str said)
{
	if (!str_given(said) || str_eq(*field, said))
		return false;
	*field = said;
	return true;
}

static bool
person_apply(struct user *u, const struct directory_person *p)
{
	bool news = p->number != 0 && u->number != p->number;

	if (news)
		u->number = p->number;
	news |= take(&u->display_name, p->display_name);
	news |= take(&u->email, p->mail);
	news |= take(&u->phone, p->phone);
	news |= take(&u->authorities, p->authorities);
	return news;
}

static struct user
user_new(const struct directory *d, struct str realm, const struct directory_person *p)
{
	struct user u = { .realm = realm, .name = p->name, .display_name = S(""), .phone = S(""), .email = S(""), .open_id = S(""),
		.account_type = d->name, .password = S(""), .authorities = d->authorities, .enabled = true, .created_s = clock_now_s() };

	rand_id(u.id.b);
	person_apply(&u, p);
	return u;
}

static enum store_result
user_add(struct store *s, struct user *u)
{
	u->updated_s = clock_now_s();
	u->version = store_version_new();
	return store_commit(s, &(struct store_op){ .kind = OP_USER_ADD, .user = u }, 1, NULL);
}

/* Over the row as it was read: what the operator has said meanwhile stays (S6). */
static enum store_result
user_set(struct store *s, struct user *u)
{
	enum store_result r;

	u->updated_s = clock_now_s();
	r = store_commit(s, &(struct store_op){ .kind = OP_USER_SET, .user = u }, 1, NULL);
	u->version++;
	return r;
}

/* The password was right; is this somebody of the realm? *again: the row has changed since it was read. */
static enum login_result
known_user(struct store *s, const struct directory *d, const struct directory_person *p, struct user *u, bool *again)
{
	bool own = str_eq(u->account_type, d->name);

	if (!own && !(d->link_users && str_empty(u->account_type))) {
		log_warn("directory %.*s: the password of %.*s is right, but the realm's user of that name is not of this directory; give it account type %.*s, or set link_users",
		    STR_ARG(d->name), STR_ARG(p->name), STR_ARG(d->name));
		return LOGIN_WRONG;
	}
	if (!u->enabled)
		return LOGIN_DISABLED;
	if (u->locked)
		return LOGIN_LOCKED;
	if (!own || !person_apply(u, p))
		return LOGIN_OK;
	switch (user_set(s, u)) {
	case STORE_DONE: return LOGIN_OK;
	case STORE_LOST: *again = true; return LOGIN_TROUBLE;
	default: break;
	}
	log_warn("directory %.*s: the store did not take what is new about %.*s", STR_ARG(d->name), STR_ARG(p->name));
	return LOGIN_TROUBLE;
}

static enum login_result
user_look(struct arena *mem, struct store *s, const struct directory *d, const struct directory_person *p, struct login_try *t, bool *again)
{
	enum store_result put;

	*again = false;
	switch (store_user_by_name(s, mem, t->realm, p->name, &t->user)) {
	case FOUND: return known_user(s, d, p, &t->user, again);
	case FIND_FAILED: return LOGIN_TROUBLE;
	default: break;
	}
	if (!d->create_users) {
		log_info("directory %.*s: %.*s is no user of realm %.*s, and create_users is off", STR_ARG(d->name), STR_ARG(p->name), STR_ARG(t->realm));
		return LOGIN_WRONG;
	}
	t->user = user_new(d, t->realm, p);
	put = user_add(s, &t->user);
	*again = put == STORE_LOST;                     /* two first logins at once */
	return put == STORE_DONE ? LOGIN_OK : LOGIN_TROUBLE;
}

#define LOOKS_MAX 16
static enum login_result
user_settle(struct arena *mem, struct store *s, const struct directory *d, const struct directory_person *p, struct login_try *t)
{
	enum login_result r = LOGIN_TROUBLE;
	bool again = true;

	for (int i = 0; again && i < LOOKS_MAX; i++)
		r = user_look(mem, s, d, p, t, &again);
	return r;
}

/* --- the question ----------------------------------------------------------------------------------------------------------------- */

static void
failures_forget(struct store *s, const struct counters *c)
{
	struct store_op op = { .kind = OP_THROTTLE_CLEAR, .throttle = &c->rows[0] };

	if (c->rows[0].failures > 0 && store_commit(s, &op, 1, NULL) != STORE_DONE)
		log_warn("a user logged in, but the store did not take the cleared failure count");
}

enum login_result
login_directory(struct arena *mem, struct store *s, const struct throttle_rules *r, const struct directory *d, struct login_try *t)
{
	struct directory_person p = { .number = 0 };
	enum directory_result said = DIRECTORY_WRONG;
	struct str user = t->name;
	bool sound = ldap_user_read(d, t->name, &user) && t->password.n > 0 && t->password.n <= PASSWORD_MAX;
	enum login_result result;
	struct counters c;

	if (!counters_read(s, r, user, t, &c))
		return LOGIN_TROUBLE;
	if (t->wait_ms > 0)
		return LOGIN_WAIT;
	if (sound)
		said = directory_ask(mem, d, user, t->password, &p);
	if (said == DIRECTORY_DOWN)
		return LOGIN_DOWN;
	if (said == DIRECTORY_WRONG)
		return throttle_count(s, r, c.keys, COUNT(c.keys), clock_now_ms()) ? LOGIN_WRONG : LOGIN_TROUBLE;
	failures_forget(s, &c);
	if (said == DIRECTORY_DISABLED)
		return LOGIN_DISABLED;
	result = user_settle(mem, s, d, &p, t);
	if (result != LOGIN_OK && result != LOGIN_DISABLED && result != LOGIN_LOCKED)
		t->user = (struct user){ 0 };
	return result;
}
