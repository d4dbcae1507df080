/* store/records/user.c - users: rows, operations, reads. */
#include "store/records/records_int.h"

/* Of a name in another form: Unicode makes it a few times longer at most. */
#define FOLD_ROOM (1u << 20)

/* Whether names fold in a realm is not changed while a name of it is written. */
static enum step
realm_held(struct conn *c, struct str realm)
{
	struct query q;

	if (!c->engine->shared)
		return STEP_DONE;
	op_begin(&q, c, SQL_REALM_HELD);
	bind_str(&q, realm);
	return op_hold(&q);
}

static enum step
user_write(struct conn *c, enum sql which, const struct user *r)
{
	struct dig32 before = tombstone_key(S("user"), r->realm, r->name), folded;
	struct arena mem;
	struct query q;
	struct str fold;
	enum step done;

	if (which != SQL_USER_SET && op_run_texts(c, SQL_REALM_BEGINS, r->realm, STR_ABSENT) != STEP_DONE)
		return STEP_FAILED;
	if (realm_held(c, r->realm) != STEP_DONE)
		return STEP_FAILED;
	arena_init(&mem, FOLD_ROOM);
	fold = str_fold(&mem, r->name);
	folded = tombstone_key(S("user"), r->realm, fold);

	op_begin(&q, c, which);
	bind_str(&q, r->realm);
	bind_blob(&q, id_str(&r->id));
	bind_str(&q, r->name);
	bind_str(&q, r->display_name);
	bind_str(&q, r->phone);
	bind_str(&q, r->email);
	bind_str(&q, r->open_id);
	bind_str(&q, r->account_type);
	bind_str(&q, r->password);
	bind_str(&q, r->authorities);
	bind_int(&q, r->number);
	bind_int(&q, r->enabled);
	bind_int(&q, r->locked);
	bind_int(&q, r->created_s);
	bind_int(&q, r->updated_s);
	bind_str(&q, r->origin);
	bind_int(&q, r->version != 0 ? r->version : store_version_new());
	if (which != SQL_USER_SET)
		bind_dig(&q, &before);
	else
		bind_skip(&q);
	if (which != SQL_USER_ADD)
		bind_int(&q, after_now());
	else
		bind_skip(&q);
	bind_str(&q, r->entry);
	bind_str(&q, r->shut);
	bind_str(&q, r->mark);
	bind_int(&q, r->checked_s);
	bind_str(&q, fold);
	if (which != SQL_USER_SET)
		bind_dig(&q, &folded);
	else
		bind_skip(&q);
	bind_str(&q, str_some(r->claims));
	bind_int(&q, clock_now_s());
	bind_int(&q, r->must_change);
	done = op_run_cond(&q);
	arena_free(&mem);
	return done;
}

enum step
op_user_checked(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_USER_CHECKED);
	bind_str(&q, op->user->realm);
	bind_blob(&q, id_str(&op->user->id));
	bind_int(&q, op->user->checked_s);
	return op_finish(&q);
}

enum step
op_user_put(struct conn *c, const struct store_op *op)
{
	return user_write(c, SQL_USER_PUT, op->user);
}

enum step
op_user_add(struct conn *c, const struct store_op *op)
{
	return user_write(c, SQL_USER_ADD, op->user);
}

enum step
op_user_set(struct conn *c, const struct store_op *op)
{
	return user_write(c, SQL_USER_SET, op->user);
}

enum step
op_user_stands(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_USER_STANDS);
	bind_str(&q, op->user->realm);
	bind_blob(&q, id_str(&op->user->id));
	bind_int(&q, op->user->version);
	return op_run_guard(&q);
}

enum step
op_user_rehash(struct conn *c, const struct store_op *op)
{
	const struct user *r = op->rehash.user;
	struct query q;

	op_begin(&q, c, SQL_USER_REHASH);
	bind_str(&q, r->realm);
	bind_blob(&q, id_str(&r->id));
	bind_str(&q, r->password);
	bind_str(&q, op->rehash.verified);
	return op_finish(&q);
}

static void
user_fill(struct query *q, struct user *u)
{
	*u = (struct user){ 0 };
	u->realm = get_str(q);
	u->id = get_id(q);
	u->name = get_str(q);
	u->display_name = get_str(q);
	u->phone = get_str(q);
	u->email = get_str(q);
	u->open_id = get_str(q);
	u->account_type = get_str(q);
	u->password = get_str(q);
	u->authorities = get_str(q);
	u->number = get_int(q);
	u->enabled = get_int(q) != 0;
	u->locked = get_int(q) != 0;
	u->created_s = get_int(q);
	u->updated_s = get_int(q);
	u->origin = get_str(q);
	u->version = get_int(q);
	u->not_before_s = get_int(q);
	u->entry = get_str(q);
	u->shut = get_str(q);
	u->mark = get_str(q);
	u->checked_s = get_int(q);
	u->claims = get_str(q);
	u->password_s = get_int(q);
	u->must_change = get_int(q) != 0;
}

static enum store_found
user_by_text(struct store *s, struct arena *mem, enum sql which, struct str realm, struct str text, struct user *out)
{
	struct query q;
	bool found;

	read_begin(&q, s, mem, which);
	bind_str(&q, realm);
	bind_str(&q, text);
	if ((found = query_row(&q)))
		user_fill(&q, out);
	return read_end(&q, s, found);
}

enum store_found
read_user_by_name(struct store *s, struct arena *mem, struct str realm, struct str name, struct user *out)
{
	enum store_found found = user_by_text(s, mem, SQL_USER_BY_NAME, realm, name, out);

	return found == NOT_FOUND ? user_by_text(s, mem, SQL_USER_BY_FOLD, realm, str_fold(mem, name), out) : found;
}

enum store_found
read_user_by_phone(struct store *s, struct arena *mem, struct str realm, struct str phone, struct user *out)
{
	return user_by_text(s, mem, SQL_USER_BY_PHONE, realm, phone, out);
}

static int
users_by_mail(struct store *s, struct arena *mem, enum sql which, struct str realm, struct str email, int max,
    struct user *out)
{
	struct query q;
	int n = 0;

	read_begin(&q, s, mem, which);
	bind_str(&q, realm);
	bind_str(&q, email);
	bind_int(&q, max);
	for (; n < max && query_row(&q); n++)
		user_fill(&q, &out[n]);
	return read_end_list(&q, s, n);
}

int
read_users_by_email(struct store *s, struct arena *mem, struct str realm, struct str email, int max, struct user *out)
{
	return users_by_mail(s, mem, SQL_USERS_BY_EMAIL, realm, email, max, out);
}

int
read_users_at_email(struct store *s, struct arena *mem, struct str realm, struct str email, int max, struct user *out)
{
	return users_by_mail(s, mem, SQL_USERS_AT_EMAIL, realm, email, max, out);
}

enum store_found
read_user_by_open_id(struct store *s, struct arena *mem, struct str realm, struct str open_id, struct user *out)
{
	return user_by_text(s, mem, SQL_USER_BY_OPEN_ID, realm, open_id, out);
}

enum store_found
read_user_by_id(struct store *s, struct arena *mem, struct str realm, const struct id16 *id, struct user *out)
{
	struct query q;
	bool found;

	read_begin(&q, s, mem, SQL_USER_BY_ID);
	bind_str(&q, realm);
	bind_blob(&q, id_str(id));
	if ((found = query_row(&q)))
		user_fill(&q, out);
	return read_end(&q, s, found);
}

enum store_found
read_user_elsewhere(struct store *s, struct arena *mem, struct str realm, const struct id16 *id, struct str *other)
{
	struct query q;
	bool found;

	read_begin(&q, s, mem, SQL_USER_ELSEWHERE);
	bind_blob(&q, id_str(id));
	bind_str(&q, realm);
	if ((found = query_row(&q)))
		*other = get_str(&q);
	return read_end(&q, s, found);
}

int
read_users(struct store *s, struct arena *mem, struct str realm, struct str after, int max, struct user *out)
{
	struct query q;
	int n = 0;

	read_begin(&q, s, mem, SQL_USERS);
	bind_str(&q, realm);
	bind_str(&q, str_given(after) ? after : S(""));
	bind_int(&q, max);
	for (; n < max && query_row(&q); n++)
		user_fill(&q, &out[n]);
	return read_end_list(&q, s, n);
}

enum store_found
read_user_counts(struct store *s, const struct id16 *user, struct str elsewhere, int64_t now_s, struct user_counts *out)
{
	struct query q;
	bool found;

	read_begin(&q, s, NULL, SQL_USER_COUNTS);
	bind_blob(&q, id_str(user));
	bind_str(&q, elsewhere);
	bind_int(&q, now_s);
	if ((found = query_row(&q))) {
		out->sessions = get_int(&q);
		out->codes = get_int(&q);
		out->families = get_int(&q);
		out->tokens = get_int(&q);
		out->approvals = get_int(&q);
		out->waiting = get_int(&q);
		out->seen_s = get_int(&q);
	}
	return read_end(&q, s, found);
}

/* --- passwords of before ---------------------------------------------------------------------- */

enum step
op_password_former(struct conn *c, const struct store_op *op)
{
	const struct op_former *f = &op->former;
	struct query q;
	enum step s;

	op_begin(&q, c, SQL_PASSWORD_FORMER);
	bind_id(&q, &f->user->id);
	bind_int(&q, clock_now_ms());
	bind_str(&q, f->password);
	s = op_finish(&q);
	if (s != STEP_DONE)
		return s;
	op_begin(&q, c, SQL_PASSWORDS_OLDER);
	bind_id(&q, &f->user->id);
	bind_int(&q, f->keep);
	return op_finish(&q);
}

int
read_former_passwords(struct store *s, struct arena *mem, const struct id16 *user, int max, struct str *out)
{
	struct query q;
	int n = 0;

	read_begin(&q, s, mem, SQL_FORMER_PASSWORDS);
	bind_id(&q, user);
	bind_int(&q, max);
	for (; n < max && query_row(&q); n++)
		out[n] = get_str(&q);
	return read_end_list(&q, s, n);
}
