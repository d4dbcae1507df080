/*
 * login/table_user.c - somebody of a realm: its own users first, then those of its table, whose
 * shadows are made and kept up to date here.
 */
#include "login/login.h"
#include "login/table.h"
#include "store/user_claims.h"

static void
down_note(const struct user_table *t, struct str why)
{
	if (log_is_due_about(t->name, why, 60))
		log_warn("user table %.*s gives no answer: %.*s", STR_ARG(t->name), STR_ARG(why));
}

struct id16
shadow_id(struct str realm, struct str key)
{
	uint8_t d[DIGEST_SIZE];
	struct id16 id;

	SHA256(d, S("user table"), str_span("", 1), realm, str_span("", 1), key);
	memcpy(id.b, d, sizeof id.b);
	id.b[6] = (uint8_t)((id.b[6] & 0x0f) | 0x80);           /* a UUID of version 8: RFC 9562 section 5.8 */
	id.b[8] = (uint8_t)((id.b[8] & 0x3f) | 0x80);
	return id;
}

/* In both directions: a clock that was set back makes nothing fresh. */
static bool
is_within(int64_t since_s, int64_t now_s, int64_t limit_s)
{
	return now_s - since_s <= limit_s && since_s - now_s <= limit_s;
}

bool
table_word_is_fresh(const struct user_table *t, const struct user *u, int64_t now_s)
{
	return is_within(u->checked_s, now_s, t->recheck_s);
}

bool
table_word_holds(const struct user_table *t, const struct user *u, int64_t now_s)
{
	return is_within(u->checked_s, now_s, t->grace_s > t->recheck_s ? t->grace_s : t->recheck_s);
}

/* --- the mark of a password ------------------------------------------------------------------- */

#define MARK_KEY_BYTES 4        /* tells under which key it was made: of another one it says nothing */
#define MARK_BYTES     16

static struct str
mark_of(struct arena *mem, const struct user_table *t, const struct table_row *row)
{
	struct str key = str_span(t->mark_key, sizeof t->mark_key), which;
	uint8_t id[DIGEST_SIZE], mark[DIGEST_SIZE];

	if (!t->has_mark_key)
		return S("");
	HMAC256(id, key, S("key"));
	HMAC256(mark, key, S("password"), row->key, str_span("", 1),
	    str_given(row->user.password) ? row->user.password : S(""));
	which = hex_encode(mem, str_span(id, MARK_KEY_BYTES));
	return ARENA_CAT(mem, which, S(":"), hex_encode(mem, str_span(mark, MARK_BYTES)));
}

/* Another password than the one that was marked; not so where the mark was made under another key. */
static bool
password_is_new(struct str was, struct str now)
{
	return was.n > 0 && now.n > 0 && !str_eq(was, now)
	    && str_eq(str_sub(was, 0, 2 * MARK_KEY_BYTES), str_sub(now, 0, 2 * MARK_KEY_BYTES));
}

/* --- looking ---------------------------------------------------------------------------------- */

static enum store_found
own_find(struct arena *mem, struct store *s, enum table_by by, struct str realm, struct str value, struct user *u)
{
	switch (by) {
	case TABLE_BY_PHONE: return store_user_by_phone(s, mem, realm, value, u);
	case TABLE_BY_OPEN_ID: return store_user_by_open_id(s, mem, realm, value, u);
	default: return store_user_by_name(s, mem, realm, value, u);
	}
}

/* The operator's word counts beside the table's. */
static enum person_answer
row_join(struct arena *mem, struct store *s, struct str realm, struct person *p)
{
	struct id16 id = shadow_id(realm, p->row.key);
	struct user old;

	p->of_table = true;
	p->had_shadow = false;
	p->user = p->row.user;
	p->user.realm = realm;
	p->user.id = id;
	switch (store_user_by_id(s, mem, realm, &id, &old)) {
	case FOUND:
		p->had_shadow = true;
		p->user.enabled = p->user.enabled && old.enabled;
		p->user.version = old.version;
		return PERSON_FOUND;
	case NOT_FOUND: return PERSON_FOUND;
	default: return PERSON_TROUBLE;
	}
}

enum person_answer
person_look(struct arena *mem, struct store *s, const struct user_table *t, enum table_by by,
    struct str realm, struct str value, struct person *out)
{
	enum store_found found = own_find(mem, s, by, realm, value, &out->user);
	struct str why;

	out->of_table = false;
	if (found == FIND_FAILED)
		return PERSON_TROUBLE;
	if (found == FOUND && !user_is_shadow(&out->user))
		return PERSON_FOUND;
	out->user = (struct user){ 0 };
	if (t == NULL)
		return PERSON_NONE;
	switch (table_ask(mem, t, by, value, &out->row, &why)) {
	case TABLE_FOUND: return row_join(mem, s, realm, out);
	case TABLE_NOBODY: return PERSON_NONE;
	default: down_note(t, why); return PERSON_DOWN;
	}
}

/* --- the shadow ------------------------------------------------------------------------------- */

static bool
same(const struct user *a, const struct user *b)
{
	return str_eq(a->name, b->name) && str_eq(a->display_name, b->display_name) && str_eq(a->phone, b->phone)
	    && str_eq(a->email, b->email) && str_eq(a->open_id, b->open_id)
	    && str_eq(a->account_type, b->account_type) && str_eq(a->password, b->password)
	    && str_eq(a->authorities, b->authorities) && str_eq(a->claims, b->claims)
	    && str_eq(a->origin, b->origin) && str_eq(a->mark, b->mark)
	    && a->number == b->number && a->enabled == b->enabled && a->locked == b->locked;
}

/*
 * What the row says, over what the operator has said of this user here; an address or number that has changed is
 * verified no longer, unless the row says that too.
 */
static struct str
claims_joined(struct arena *mem, const struct user_table *t, const struct table_row *row, const struct user *old)
{
	const struct user_marks changed = { .email = !str_eq(old->email, row->user.email),
		.phone = !str_eq(old->phone, row->user.phone) };
	struct str claims = old->claims;

	if ((!user_claims_unmark(mem, &claims, changed)
		|| !claim_map_apply(mem, &t->claims, row->user.claims, &claims))
	    && log_is_due_about(t->name, S("claims"), 60))
		log_warn("user table %.*s: the claims of %.*s have more than %d bytes; they stay as they were",
		    STR_ARG(t->name), STR_ARG(row->user.name), USER_CLAIMS_MAX);
	return claims;
}

enum settled { SETTLED, SETTLE_NOBODY, SETTLE_AGAIN, SETTLE_FAILED };

static enum settled
settled_by(enum store_result r)
{
	return r == STORE_DONE ? SETTLED : r == STORE_LOST ? SETTLE_AGAIN : SETTLE_FAILED;
}

/*
 * The row has changed since it was read, or the name is somebody's. A shadow's: that row has got
 * another name meanwhile, or is gone; its tokens end, for they speak of this name no longer. The
 * realm's own user is another person.
 */
static enum settled
name_taken(struct arena *mem, struct store *s, const struct user_table *t, struct user *u, bool is_new, bool ends)
{
	struct user other;
	struct store_op ops[] = { { .kind = OP_USER_STANDS, .user = &other },
		{ .kind = OP_USER_DELETE, .ends.user = &other },
		{ .kind = is_new ? OP_USER_ADD : OP_USER_SET, .user = u },
		{ .kind = OP_USER_REVOKE, .ends.user = u } };
	enum store_found found = store_user_by_name(s, mem, u->realm, u->name, &other);

	if (found == FIND_FAILED)
		return SETTLE_FAILED;
	if (found == NOT_FOUND || memcmp(other.id.b, u->id.b, sizeof u->id.b) == 0)
		return SETTLE_AGAIN;
	if (!user_is_shadow(&other)) {
		log_warn("user table %.*s: %.*s is let in there, but realm %.*s has a user of its own by "
			 "that name; delete or rename one of them",
		    STR_ARG(t->name), STR_ARG(u->name), STR_ARG(u->realm));
		return SETTLE_NOBODY;
	}
	return settled_by(store_commit(s, ops, ends ? 4 : 3, NULL));
}

/*
 * A new one, or the one that was read; afterwards version is that of the row as it stands now.
 * ends: all that was given before does.
 */
static enum settled
shadow_write(struct arena *mem, struct store *s, const struct user_table *t, struct user *u, bool ends)
{
	bool is_new = u->version == 0;
	struct store_op ops[] = { { .kind = is_new ? OP_USER_ADD : OP_USER_SET, .user = u },
		{ .kind = OP_USER_REVOKE, .ends.user = u } };
	enum settled r;

	if (is_new)
		u->version = store_version_new();
	u->updated_s = clock_now_s();
	r = settled_by(store_commit(s, ops, ends ? 2 : 1, NULL));
	if (r == SETTLE_AGAIN)
		r = name_taken(mem, s, t, u, is_new, ends);
	u->version += (is_new ? 0 : 1) + (ends ? 1 : 0);
	return r;
}

/* Nothing is new but the time; of many who ask at once not each writes it. */
static enum settled
time_note(struct store *s, const struct user_table *t, const struct user *old, const struct user *now)
{
	struct store_op op = { .kind = OP_USER_CHECKED, .user = now };

	if (is_within(old->checked_s, now->checked_s, t->recheck_s / 2) || store_commit(s, &op, 1, NULL) == STORE_DONE)
		return SETTLED;
	return SETTLE_FAILED;
}

/*
 * What the row says goes into the store, where that is news; who is not let in is locked there, and
 * makes no new shadow. The operator's word is that of the row it is written over (S6): one that was
 * disabled meanwhile stays so, one that was deleted is nobody for now.
 */
static enum settled
shadow_settle(struct arena *mem, struct store *s, const struct user_table *t, struct person *p)
{
	struct user *u = &p->user, old = { .enabled = true }, put;
	bool live = p->row.user.enabled && !p->row.user.locked;
	enum store_found found = store_user_by_id(s, mem, u->realm, &u->id, &old);
	enum settled r;
	bool ends;

	if (found == FIND_FAILED)
		return SETTLE_FAILED;
	if (found == NOT_FOUND && p->had_shadow)
		return SETTLE_NOBODY;
	u->password = S("");
	u->claims = claims_joined(mem, t, &p->row, &old);
	u->origin = ARENA_CAT(mem, t->name, S(":"), p->row.key);
	u->created_s = found == FOUND ? old.created_s : clock_now_s();
	u->enabled = p->row.user.enabled && old.enabled;
	u->version = old.version;
	u->not_before_s = old.not_before_s;
	if (found == NOT_FOUND && !live)
		return SETTLED;
	put = *u;
	put.enabled = old.enabled;
	put.locked = !live;
	put.checked_s = clock_now_s();
	put.mark = live ? mark_of(mem, t, &p->row) : old.mark;
	if (!live)
		put.authorities = old.authorities;
	ends = found == FOUND && (live ? password_is_new(old.mark, put.mark) : !p->row.user.enabled && !old.locked);
	if (found == FOUND && same(&put, &old))
		return time_note(s, t, &old, &put);
	r = shadow_write(mem, s, t, &put, ends);
	u->version = put.version;
	return r;
}

#define SETTLES_MAX 16
static enum person_answer
shadow_settles(struct arena *mem, struct store *s, const struct user_table *t, struct person *p)
{
	for (int i = 0; i < SETTLES_MAX; i++)
		switch (shadow_settle(mem, s, t, p)) {
		case SETTLED: return PERSON_FOUND;
		case SETTLE_NOBODY: return PERSON_NONE;
		case SETTLE_FAILED: return PERSON_TROUBLE;
		case SETTLE_AGAIN: break;
		}
	return PERSON_TROUBLE;
}

enum person_answer
person_settle(struct arena *mem, struct store *s, const struct user_table *t, struct person *p)
{
	struct str why = STR_ABSENT;

	if (!p->of_table)
		return PERSON_FOUND;
	if (p->row.user.enabled && !p->row.user.locked
	    && table_authorities(mem, t, &p->row, &p->user.authorities, &why) != TABLE_FOUND) {
		down_note(t, why);
		return PERSON_DOWN;
	}
	return shadow_settles(mem, s, t, p);
}

enum person_answer
person_find(struct arena *mem, struct store *s, const struct user_table *t, enum table_by by,
    struct str realm, struct str value, struct user *out)
{
	struct person p;
	enum person_answer a = person_look(mem, s, t, by, realm, value, &p);

	if (a == PERSON_FOUND)
		a = person_settle(mem, s, t, &p);
	*out = a == PERSON_FOUND ? p.user : (struct user){ 0 };
	return a;
}

/* --- once more -------------------------------------------------------------------------------- */

/* By its key where there is a statement for that, else by what it was found by. */
static enum table_answer
row_again(struct arena *mem, const struct user_table *t, const struct user *u, struct str key,
    struct table_row *row, struct str *why)
{
	const struct str values[] = { [TABLE_BY_NAME] = u->name,
		[TABLE_BY_PHONE] = u->phone,
		[TABLE_BY_OPEN_ID] = u->open_id,
		[TABLE_BY_ID] = key };
	static const enum table_by order[] = { TABLE_BY_ID, TABLE_BY_NAME, TABLE_BY_PHONE, TABLE_BY_OPEN_ID };
	enum table_answer a = TABLE_NOBODY;

	for (size_t i = 0; i < COUNT(order); i++) {
		if (str_empty(t->select[order[i]]) || str_empty(values[order[i]]))
			continue;
		a = table_ask(mem, t, order[i], values[order[i]], row, why);
		break;
	}
	return a == TABLE_FOUND && !str_eq(row->key, key) ? TABLE_NOBODY : a;   /* another row has that name now */
}

/* The row is gone: so is the user, for everybody who asks the store. */
static enum person_answer
shadow_gone(struct store *s, struct user *u)
{
	struct user put = *u;
	struct store_op ops[] = { { .kind = OP_USER_SET, .user = &put },
		{ .kind = OP_USER_REVOKE, .ends.user = &put } };

	put.locked = true;
	put.updated_s = put.checked_s = clock_now_s();
	/* one that has changed meanwhile is locked the next time */
	if (!u->locked && store_commit(s, ops, COUNT(ops), NULL) == STORE_FAILED)
		return PERSON_TROUBLE;
	u->enabled = false;
	return PERSON_FOUND;
}

/* By what was known last, and that is not too old. */
static bool
goes_on(const struct user_table *t, const struct user *u)
{
	return t->allow_when_down && table_word_holds(t, u, clock_now_s());
}

enum person_answer
person_again(struct arena *mem, struct store *s, const struct user_table *t, struct str realm,
    const struct id16 *id, struct user *out)
{
	enum store_found found = store_user_by_id(s, mem, realm, id, out);
	struct person p = { .of_table = true };
	struct str why = STR_ABSENT, key;
	enum person_answer a;

	if (found != FOUND)
		return found == NOT_FOUND ? PERSON_NONE : PERSON_TROUBLE;
	if (!user_is_shadow(out))
		return PERSON_FOUND;
	if (t == NULL)                          /* its table is configured no longer */
		return PERSON_NONE;
	key = str_from(out->origin, (size_t)(str_index(out->origin, ':') + 1));
	switch (row_again(mem, t, out, key, &p.row, &why)) {
	case TABLE_NOBODY: return shadow_gone(s, out);
	case TABLE_DOWN: down_note(t, why); return goes_on(t, out) ? PERSON_FOUND : PERSON_DOWN;
	default: break;
	}
	a = row_join(mem, s, realm, &p);
	if (a == PERSON_FOUND)
		a = person_settle(mem, s, t, &p);
	if (a == PERSON_FOUND)
		*out = p.user;
	return a == PERSON_DOWN && goes_on(t, out) ? PERSON_FOUND : a;
}
