/* manage/user.c - users: create, list, set, set-password, disable, enable, delete. */
#include "manage/manage_int.h"

const struct field user_fields[] = {
	{ "display_name", FIELD_TEXT, offsetof(struct user, display_name), check_text },
	{ "phone", FIELD_TEXT, offsetof(struct user, phone), check_text },
	{ "email", FIELD_TEXT, offsetof(struct user, email), check_text },
	{ "open_id", FIELD_TEXT, offsetof(struct user, open_id), check_text },
	{ "account_type", FIELD_TEXT, offsetof(struct user, account_type), check_text },
	{ "authorities", FIELD_WORDS, offsetof(struct user, authorities), check_word, AUTHORITIES_MAX },
	{ "number", FIELD_INT, offsetof(struct user, number), NULL },
	{ "enabled", FIELD_BOOL, offsetof(struct user, enabled), NULL },
	{ "locked", FIELD_BOOL, offsetof(struct user, locked), NULL },
	{ "must_change", FIELD_BOOL, offsetof(struct user, must_change), NULL },
	{ "claims", FIELD_CLAIMS, offsetof(struct user, claims), NULL },
	{ .name = NULL },
};
#define USER_KNOWN "do realm id name password password_encoded encoded"

static bool
answer(struct job *j, const struct user *u)
{
	struct buf b;

	answer_open(j, &b);
	jw_name(&b, S("user"));
	user_json(&b, j->mem, u);
	warnings_put(j, &b);
	return answer_close(j, &b);
}

static bool
put(struct job *j, struct user *u)
{
	struct store_op op = { .kind = u->version == 0 ? OP_USER_ADD : OP_USER_SET, .user = u };

	u->updated_s = clock_now_s();
	realm_warning(j, u->realm);
	return job_commit(j, &op, 1);
}

/* The account's counters of failures start anew, from wherever they came and whichever of its names was used. */
static bool
put_with(struct job *j, struct user *u, enum store_op_kind more)
{
	struct throttle by_name = person_failures(u, u->name), by_phone = person_failures(u, u->phone);
	struct store_op ops[] = { { .kind = OP_USER_SET, .user = u },
		{ .kind = OP_THROTTLE_FORGET, .throttle = &by_name },
		{ .kind = OP_THROTTLE_FORGET, .throttle = &by_phone },
		{ .kind = more, .ends = { .user = u, .elsewhere = j->elsewhere } } };

	u->updated_s = clock_now_s();
	return job_commit(j, ops, COUNT(ops));
}

/* Who was let in before must come in anew: sessions, codes and tokens end, at every issuer of the realm (S8). */
static bool
put_and_revoke(struct job *j, struct user *u)
{
	return put_with(j, u, OP_USER_REVOKE);
}

static const char *
name_wrong(struct str name)
{
	return str_empty(name) ? say("is needed")
	    : name.n > 256     ? say("must have at most 256 bytes")
			       : check_text(name);
}

bool
user_in_ask(struct job *j, struct user *u)
{
	struct str realm, name = job_arg(j, "name");
	enum store_found found;

	if (!job_realm(j, &realm))
		return false;
	if (str_empty(name))
		return job_refuse(j, "invalid", "name the user in the member \"name\"", "a user name is needed");
	found = store_user_by_name(j->store, j->mem, realm, name, u);
	if (found == NOT_FOUND)
		return job_refuse(j, "not_found", "hufu user list shows those there are",
		    "there is no user \"%.*s\" in realm \"%.*s\"", STR_ARG(name), STR_ARG(realm));
	return found == FOUND || job_store_failed(j);
}

/* What is read from another database is changed there; here it would last until the next login. */
static bool
is_ours(struct job *j, const struct user *u)
{
	struct str rest = u->origin, table = str_cut(&rest, ':');

	return !user_is_shadow(u)
	    || job_refuse(j, "invalid",
		"change it there; here such a user can be disabled, enabled and deleted",
		"user \"%.*s\" comes from the user table %.*s (key %.*s)", STR_ARG(u->name), STR_ARG(table),
		STR_ARG(rest));
}

/* Only a password that is kept here can be changed here. */
static bool
can_be_changed(struct job *j, const struct user *u, struct str password)
{
	if (!json_is_true(json_object_get(j->ask, "must_change")) || (str_empty(u->entry) && !str_empty(password)))
		return true;
	return job_refuse(j, "invalid", "what a directory or another server knows is changed there",
	    "user \"%.*s\" has no password here that could be changed", STR_ARG(u->name));
}

static struct user
fresh(struct str realm, struct str name)
{
	int64_t now = clock_now_s();
	struct user u = { .realm = realm,
		.name = name,
		.display_name = S(""),
		.phone = S(""),
		.email = S(""),
		.open_id = S(""),
		.account_type = S(""),
		.password = S(""),
		.authorities = S(""),
		.origin = S(""),
		.enabled = true,
		.created_s = now,
		.updated_s = now };

	rand_id(u.id.b);
	return u;
}

/* --- a password in clear ---------------------------------------------------------------------- */

/* Loaded in clear, and nobody's password changes by it. */
static bool
is_the_same(struct job *j, const json_t *obj, const struct user *old)
{
	struct str clear = json_member_str(obj, "password");

	enum password_result r;

	if (old->version == 0 || str_empty(old->password))
		return false;
	r = password_verify(j->mem, old->password, clear);
	return r == PASSWORD_OK || r == PASSWORD_OK_REHASH;     /* a login makes a better hash of it */
}

/* Says which rule it breaks, never the password. */
static bool
unfit(struct job *j, enum password_fault fault, struct str place)
{
	const char *hint = "choose another one; hufu config show passwords tells the rules";

	switch (fault) {
	case PASSWORD_SHORT:
		return job_refuse(j, "invalid", hint,
		    "%.*sthe password must have at least %lld characters (passwords.min)", STR_ARG(place),
		    (long long)j->passwords->min);
	case PASSWORD_OWN_WORDS:
		return job_refuse(j, "invalid", hint,
		    "%.*sthe password is the user's own name, mail address or phone number, or little more "
		    "than that (passwords.own_words)",
		    STR_ARG(place));
	case PASSWORD_COMMON:
		return job_refuse(j, "invalid", hint,
		    "%.*sthe password is one of the most common ones (passwords.common)", STR_ARG(place));
	case PASSWORD_LISTED:
		return job_refuse(j, "invalid", hint,
		    "%.*sthe password is one of those that the file passwords.common_file forbids",
		    STR_ARG(place));
	case PASSWORD_LONG:
		return job_refuse(j, "invalid", hint,
		    "%.*sthe password must have at most %lld characters (passwords.max)", STR_ARG(place),
		    (long long)j->passwords->max);
	case PASSWORD_BREACHED:
		return job_refuse(j, "invalid", hint,
		    "%.*sthe password has been found in a breach (passwords.breached_file)", STR_ARG(place));
	case PASSWORD_REUSED:
		return job_refuse(j, "invalid", hint,
		    "%.*sthe user has had this password before (passwords.history)", STR_ARG(place));
	case PASSWORD_FITS:
	case PASSWORD_FAULTS:
		break;
	}
	return true;
}

/*
 * The password of the object, encoded; absent without one. The rules bind who chooses one: neither
 * what comes encoded nor what the user has already (old, version 0: nobody).
 */
static bool
password_read(struct job *j, const json_t *obj, const struct user *u, const struct user *old, struct str *out,
    struct str place)
{
	struct str clear = json_member_str(obj, "password");
	enum password_fault fault = PASSWORD_FITS;
	bool same = false;
	bool encoded =
	    json_is_true(json_object_get(obj, "encoded")) || json_object_get(obj, "password_encoded") != NULL;

	if (clear.n > 0 && clear.n <= PASSWORD_MAX && !encoded) {
		same = is_the_same(j, obj, old);
		fault = same ? PASSWORD_FITS : password_judge(j->passwords, j->mem, clear, u);
	}
	if (fault != PASSWORD_FITS)
		return unfit(j, fault, place);
	if (same)
		*out = old->password;
	return same || secret_read(j, obj, "password", password_hash, out, place);
}

bool
user_create(struct job *j)
{
	struct str realm, name = job_arg(j, "name"), password;
	const char *wrong = name_wrong(name);
	struct user u, old;
	enum store_found found;

	if (!job_realm(j, &realm))
		return false;
	if (wrong != NULL)
		return job_refuse(j, "invalid", "give another name", "the user name %s", wrong);
	if ((found = store_user_by_name(j->store, j->mem, realm, name, &old)) != NOT_FOUND)
		return found == FIND_FAILED ? job_store_failed(j)
					    : job_refuse(j, "exists", "choose another name",
						"there is already a user \"%.*s\"", STR_ARG(old.name));
	u = fresh(realm, name);
	old.version = 0;
	if (!fields_read(j, j->ask, user_fields, USER_KNOWN, &u, S(""))
	    || !password_read(j, j->ask, &u, &old, &password, S("")))
		return false;
	if (str_given(password))
		u.password = password;
	return can_be_changed(j, &u, u.password) && put(j, &u) && answer(j, &u);
}

bool
user_set(struct job *j)
{
	struct user u, before;

	if (str_given(job_arg(j, "password")) || str_given(job_arg(j, "password_encoded")))
		return job_refuse(j, "invalid", "use user.set-password", "user.set does not change the password");
	if (!user_in_ask(j, &u) || !is_ours(j, &u))
		return false;
	before = u;
	if (!fields_read(j, j->ask, user_fields, USER_KNOWN, &u, S("")) || !claims_follow(j, &before, &u, j->ask)
	    || !can_be_changed(j, &u, u.password))
		return false;
	return (u.enabled && !u.locked ? put(j, &u) : put_and_revoke(j, &u)) && answer(j, &u);
}

/* A password in clear that the user has or had: the rule is named. What comes encoded is not asked. */
static bool
is_new_to(struct job *j, const struct user *u)
{
	struct str clear = job_arg(j, "password");
	int used = 0;

	if (j->passwords != NULL && clear.n > 0 && clear.n <= PASSWORD_MAX && !json_is_true(json_object_get(j->ask, "encoded"))
	    && json_object_get(j->ask, "password_encoded") == NULL)
		used = password_was_used(j->store, j->mem, u, clear, j->passwords->history);
	if (used < 0)
		return job_store_failed(j);
	return used == 0 || unfit(j, PASSWORD_REUSED, S(""));
}

/* As put_and_revoke; the password that was replaced is remembered, as far as the rule says. */
static bool
put_password(struct job *j, struct user *u, struct str former)
{
	struct throttle by_name = person_failures(u, u->name), by_phone = person_failures(u, u->phone);
	int64_t keep = j->passwords != NULL && str_given(former) ? j->passwords->history : 0;
	struct store_op ops[] = { { .kind = OP_USER_SET, .user = u },
		{ .kind = OP_THROTTLE_FORGET, .throttle = &by_name },
		{ .kind = OP_THROTTLE_FORGET, .throttle = &by_phone },
		{ .kind = OP_USER_REVOKE, .ends = { .user = u, .elsewhere = j->elsewhere } },
		{ .kind = OP_PASSWORD_FORMER, .former = { .user = u, .password = str_given(former) ? former : S(""), .keep = keep } } };

	u->updated_s = clock_now_s();
	return job_commit(j, ops, COUNT(ops));
}

bool
user_set_password(struct job *j)
{
	static const struct user nobody = { .version = 0 };     /* the same again may no longer fit */
	struct str password, former;
	struct user u;

	if (!user_in_ask(j, &u) || !is_ours(j, &u) || !is_new_to(j, &u)
	    || !password_read(j, j->ask, &u, &nobody, &password, S("")))
		return false;
	if (!str_given(password))
		return job_refuse(j, "invalid", "send the member \"password\"", "a password is needed");
	former = u.password;
	u.password = password;
	u.must_change = json_is_true(json_object_get(j->ask, "must_change"));
	return can_be_changed(j, &u, password) && put_password(j, &u, former) && answer(j, &u);
}

bool
user_disable(struct job *j)
{
	struct user u;

	if (!user_in_ask(j, &u))
		return false;
	u.enabled = false;
	return put_and_revoke(j, &u) && answer(j, &u);
}

bool
user_enable(struct job *j)
{
	struct user u;

	if (!user_in_ask(j, &u))
		return false;
	u.enabled = true;
	u.locked = false;
	return put_with(j, &u, OP_SESSIONS_END_USER) && answer(j, &u);
}

bool
user_delete(struct job *j)
{
	struct user u;
	struct person_ops end;
	struct store_op ops[1 + PERSON_OPS_MAX] = { { .kind = OP_USER_STANDS, .user = &u } };

	if (!user_in_ask(j, &u))
		return false;
	person_deleted(&end, &u, j->elsewhere);
	memcpy(&ops[1], end.at, end.n * sizeof end.at[0]);
	return job_commit(j, ops, 1 + end.n) && warn_of_namesakes(j, &u) && answer(j, &u);
}

/* --- user.list -------------------------------------------------------------------------------- */

static int
users_read(struct page *p, void *rows, int max)
{
	return store_users(p->job->store, &p->mem, *(const struct str *)p->filter, p->after, max, rows);
}

static bool
user_wanted(const struct page *p, const void *row)
{
	const struct user *u = row;
	const struct job *j = p->job;
	struct str text = job_arg(j, "search"), origin = u->origin;

	return flag_fits(j, "enabled", u->enabled) && flag_fits(j, "locked", u->locked)
	    && word_fits(u->authorities, job_arg(j, "authority"))
	    && is_or_any(str_cut(&origin, ':'), job_arg(j, "origin"))
	    && (says(u->name, text) || says(u->display_name, text) || says(u->phone, text) || says(u->email, text));
}

static void
user_row_put(struct page *p, const void *row)
{
	user_json(&p->out, p->job->mem, row);
}

static struct str
user_key(struct page *p, const void *row)
{
	return arena_dup(p->job->mem, ((const struct user *)row)->name);
}

bool
user_list(struct job *j)
{
	static const struct paged users = { "users", sizeof(struct user), users_read, user_wanted, user_row_put,
		user_key };
	struct str realm;

	return job_realm(j, &realm) && page_answer(j, &users, &realm);
}

/* --- realm.load ------------------------------------------------------------------------------- */

/*
 * An id that comes along is the user's, unless somebody has it: tokens, sessions and approvals name
 * it without their realm, so it must mean one person.
 */
static bool
id_load(struct job *j, struct str id, struct user *u, struct str place)
{
	struct id16 wanted;
	struct user holder;
	struct str other;
	enum store_found here, there;

	if (!str_given(id))
		return true;
	if (!uuid_read(id, wanted.b))
		return job_refuse(j, "invalid", "leave it out, or write a UUID",
		    "%.*sthe user's id is no UUID", STR_ARG(place));
	here = store_user_by_id(j->store, j->mem, u->realm, &wanted, &holder);
	if (here == FOUND)
		return job_refuse(j, "exists", "leave the id out, and the user gets one of its own",
		    "%.*sthe id belongs to the user \"%.*s\"", STR_ARG(place), STR_ARG(holder.name));
	there = store_user_elsewhere(j->store, j->mem, u->realm, &wanted, &other);
	if (here == FIND_FAILED || there == FIND_FAILED)
		return job_store_failed(j);
	if (there == FOUND)
		job_warn(j, "id_new", u->name,
		    "its id belongs to a user of another realm of this store: it has got a new one");
	else
		u->id = wanted;
	return true;
}

bool
user_load(struct job *j, const json_t *obj, struct str realm, struct user *out, struct user *old, struct str place)
{
	struct str name = json_member_str(obj, "name"), password;
	const char *wrong = name_wrong(name);
	enum store_found found;

	*old = (struct user){ .version = 0 };
	if (wrong != NULL)
		return job_refuse(j, "invalid", "correct the file", "%.*sthe user name %s", STR_ARG(place), wrong);
	*out = fresh(realm, name);
	found = store_user_by_name(j->store, j->mem, realm, name, old);
	if (found == FIND_FAILED)
		return job_store_failed(j);
	if (found == FOUND) {                   /* what tokens and approvals name stays */
		out->id = old->id;
		out->name = old->name;          /* another spelling of it changes nothing of what tokens say */
		out->created_s = old->created_s;
		out->version = old->version;
	} else if (!id_load(j, json_member_str(obj, "id"), out, place))
		return false;
	if (!fields_read(j, obj, user_fields, USER_KNOWN, out, place)
	    || !password_read(j, obj, out, old, &password, place))
		return false;
	if (str_given(password))
		out->password = password;
	return true;
}

size_t
user_ops(const struct job *j, struct store_op ops[2], struct user *u, const struct user *old)
{
	/* a shadow had none: nobody's end */
	bool new_password = !str_empty(old->password) && !str_eq(u->password, old->password);
	bool ends = old->version != 0 && (new_password || (old->enabled && !u->enabled) || (u->locked && !old->locked));

	ops[0] = (struct store_op){ .kind = u->version == 0 ? OP_USER_ADD : OP_USER_SET, .user = u };
	ops[1] = (struct store_op){ .kind = OP_USER_REVOKE, .ends = { .user = u, .elsewhere = j->elsewhere } };
	return ends ? 2 : 1;
}
