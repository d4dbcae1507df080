/*
 * login/directory.c - a login that a directory decides: throttled like a password, then the user's
 * row made or brought up to date.
 */
#include "login/directory_int.h"
#include "login/throttle_int.h"
#include "store/user_claims.h"

/*
 * The entry that was found, whatever was typed, before its password is tried. What was typed counts
 * as the directory would read it (L16).
 */
struct entry_count { struct arena *mem; struct login_try *t; struct attempt *c; bool trouble; };

static bool
entry_is_free(void *ctx, struct str entry_name)
{
	struct entry_count *e = ctx;

	/* the directory's answer is gone when it is counted */
	e->trouble = !attempt_also(e->c, e->t, arena_dup(e->mem, entry_name));
	return !e->trouble && e->t->wait_ms == 0;
}

/* --- the row ---------------------------------------------------------------------------------- */

/* What the directory says where it says something; true when that is news. */
static bool
take(struct str *field, struct str said)
{
	if (!str_given(said) || str_eq(*field, said))
		return false;
	*field = said;
	return true;
}

/* Nobody has verified the new one here; without memory for saying so the old one stays. */
static bool
reach_apply(struct arena *mem, struct user *u, const struct directory_person *p)
{
	struct user_marks changed = { .email = str_given(p->mail) && !str_eq(u->email, p->mail),
		.phone = str_given(p->phone) && !str_eq(u->phone, p->phone) };
	bool news;

	if (!user_claims_unmark(mem, &u->claims, changed))
		return false;
	news = take(&u->email, p->mail);
	return take(&u->phone, p->phone) || news;
}

/* More than there is room for: they stay as they were. */
static bool
claims_apply(struct arena *mem, const struct directory *d, struct user *u, const struct directory_person *p)
{
	struct str was = u->claims;

	if (!claim_map_apply(mem, &d->claims, p->claims, &u->claims)
	    && log_is_due_about(d->name, S("claims"), 60))
		log_warn("directory %.*s: the claims of %.*s have more than %d bytes; they stay as they were",
		    STR_ARG(d->name), STR_ARG(u->name), USER_CLAIMS_MAX);
	return !str_eq(was, u->claims);
}

bool
directory_apply(struct arena *mem, const struct directory *d, struct user *u, const struct directory_person *p)
{
	bool news = p->has_number && u->number != p->number;

	if (news)
		u->number = p->number;
	news |= take(&u->display_name, p->display_name);
	news |= reach_apply(mem, u, p);
	news |= claims_apply(mem, d, u, p);
	news |= take(&u->authorities, p->authorities);
	news |= u->must_change != p->must_change;
	u->must_change = p->must_change;
	return news;
}

struct str
directory_entry(struct arena *mem, const struct directory *d, const struct directory_person *p, struct str name)
{
	return ARENA_CAT(mem, d->name, S(":"), p->key, S(":"), name);
}

struct entry_parts
entry_parts(struct str entry)
{
	struct entry_parts p = { .name = entry };

	p.directory = str_cut(&p.name, ':');
	p.key = str_cut(&p.name, ':');
	return p;
}

/* The row is that of this entry and of no other: its key, where both have one. */
static bool
is_another_entry(const struct user *u, struct str entry)
{
	struct str was = entry_parts(u->entry).key, now = entry_parts(entry).key;

	return was.n > 0 && now.n > 0 && !str_eq(was, now);
}

/* What the row says of its entry, when that is news. */
static bool
entry_apply(struct user *u, struct str entry)
{
	bool news = !str_eq(u->entry, entry) || u->shut.n > 0;

	u->entry = entry;
	u->shut = S("");
	u->checked_s = clock_now_s();
	return news;
}

static struct user
user_new(struct arena *mem, const struct directory *d, struct str realm, const struct directory_person *p)
{
	struct user u = { .realm = realm,
		.name = p->name,
		.display_name = S(""),
		.phone = S(""),
		.email = S(""),
		.open_id = S(""),
		.account_type = d->name,
		.password = S(""),
		.authorities = d->authorities,
		.enabled = true,
		.created_s = clock_now_s() };

	rand_id(u.id.b);
	directory_apply(mem, d, &u, p);
	return u;
}

static enum store_result
user_add(struct store *s, struct user *u)
{
	u->updated_s = clock_now_s();
	u->version = store_version_new();
	return store_commit(s, &(struct store_op){ .kind = OP_USER_ADD, .user = u }, 1, NULL);
}

/*
 * Over the row as it was read: what the operator has said meanwhile stays (S6). ends: what was
 * given before is another person's now.
 */
static enum store_result
user_set(struct store *s, struct user *u, bool news, bool ends)
{
	struct store_op ops[] = { { .kind = news ? OP_USER_SET : OP_USER_CHECKED, .user = u },
		{ .kind = OP_USER_REVOKE, .ends.user = u } };
	enum store_result r;

	u->updated_s = news ? clock_now_s() : u->updated_s;
	r = store_commit(s, ops, ends ? 2 : 1, NULL);
	u->version += ends ? 2 : news ? 1 : 0;
	return r;
}

/* The password was right; is this somebody of the realm? *again: the row has changed since it was read. */
static enum login_result
known_user(struct arena *mem, struct store *s, const struct directory *d, const struct directory_person *p,
    struct str entry, struct user *u, bool *again)
{
	bool own = str_eq(u->account_type, d->name), news, ends;

	if (!own && !(d->link_users && str_empty(u->account_type) && !user_is_shadow(u))) {
		log_warn("directory %.*s: the password of %.*s is right, but the realm's user of that name "
			 "is not of this directory; give it account type %.*s, or set link_users",
		    STR_ARG(d->name), STR_ARG(p->name), STR_ARG(d->name));
		return LOGIN_WRONG;
	}
	if (!u->enabled)
		return LOGIN_DISABLED;
	if (u->locked)
		return LOGIN_LOCKED;
	ends = is_another_entry(u, entry);
	if (ends)
		log_warn("directory %.*s: %.*s is another entry than before: what was given to the one "
			 "before has ended",
		    STR_ARG(d->name), STR_ARG(p->name));
	news = own && directory_apply(mem, d, u, p);
	news |= entry_apply(u, entry);
	switch (user_set(s, u, news || ends, ends)) {
	case STORE_DONE: return LOGIN_OK;
	case STORE_LOST: *again = true; return LOGIN_TROUBLE;
	default: break;
	}
	log_warn("directory %.*s: the store did not take what is new about %.*s", STR_ARG(d->name), STR_ARG(p->name));
	return LOGIN_TROUBLE;
}

static enum login_result
user_look(struct arena *mem, struct store *s, const struct directory *d, const struct directory_person *p,
    struct login_try *t, bool *again)
{
	struct str typed = S(""), entry;
	enum store_result put;

	(void)ldap_user_read(d, t->name, &typed);
	entry = directory_entry(mem, d, p, typed);
	*again = false;
	switch (store_user_by_name(s, mem, t->realm, p->name, &t->user)) {
	case FOUND: return known_user(mem, s, d, p, entry, &t->user, again);
	case FIND_FAILED: return LOGIN_TROUBLE;
	default: break;
	}
	if (!d->create_users) {
		log_info("directory %.*s: %.*s is no user of realm %.*s, and create_users is off",
		    STR_ARG(d->name), STR_ARG(p->name), STR_ARG(t->realm));
		return LOGIN_WRONG;
	}
	t->user = user_new(mem, d, t->realm, p);
	entry_apply(&t->user, entry);
	put = user_add(s, &t->user);
	*again = put == STORE_LOST;                     /* two first logins at once */
	return put == STORE_DONE ? LOGIN_OK : LOGIN_TROUBLE;
}

#define LOOKS_MAX 16
static enum login_result
user_settle(struct arena *mem, struct store *s, const struct directory *d, const struct directory_person *p,
    struct login_try *t)
{
	enum login_result r = LOGIN_TROUBLE;
	bool again = true;

	for (int i = 0; again && i < LOOKS_MAX; i++)
		r = user_look(mem, s, d, p, t, &again);
	return r;
}

/* --- the question ----------------------------------------------------------------------------- */

static void
failures_forget(struct store *s, const struct attempt *c, const struct login_try *t)
{
	struct store_op ops[ATTEMPT_OPS];
	size_t n = attempt_right(c, t, ops);

	if (n > 0 && store_commit(s, ops, n, NULL) != STORE_DONE)
		log_warn("a user logged in, but the store did not take the cleared failure count");
}

/* What the directory says of the try; *t has the wait. */
static enum login_result
directory_says(enum directory_result said, const struct entry_count *e, struct store *s, struct login_try *t)
{
	switch (said) {
	case DIRECTORY_DOWN: t->directory_down = true; return LOGIN_DOWN;
	case DIRECTORY_WAIT: return e->trouble ? LOGIN_TROUBLE : LOGIN_WAIT;
	case DIRECTORY_WRONG: return attempt_wrong(e->c) ? LOGIN_WRONG : LOGIN_TROUBLE;
	default: break;
	}
	failures_forget(s, e->c, t);
	return said == DIRECTORY_DISABLED ? LOGIN_DISABLED : said == DIRECTORY_STALE ? LOGIN_STALE : LOGIN_OK;
}

enum login_result
login_directory(struct arena *mem, struct store *s, const struct throttle_rules *r, const struct directory *d,
    struct login_try *t)
{
	struct directory_person p = { .number = 0 };
	enum directory_result said = DIRECTORY_WRONG;
	struct str user = t->name;
	bool sound = ldap_user_read(d, t->name, &user) && t->password.n > 0 && t->password.n <= PASSWORD_MAX;
	struct attempt c;
	struct entry_count e = { mem, t, &c, false };
	struct directory_try try = { user, t->password, entry_is_free, &e, t->new_password, &t->fault };
	enum login_result result;

	if (!attempt_begin(&c, s, r, t, ldap_name_folded(mem, user)))
		return LOGIN_TROUBLE;
	if (t->wait_ms > 0)
		return LOGIN_WAIT;
	if (sound)
		said = directory_ask(mem, d, &try, &p);
	result = directory_says(said, &e, s, t);
	if (result != LOGIN_OK)
		return result;
	result = user_settle(mem, s, d, &p, t);
	if (result != LOGIN_OK && result != LOGIN_DISABLED && result != LOGIN_LOCKED)
		t->user = (struct user){ 0 };
	return result;
}
