/* login/table_user.c - somebody of a realm: its own users first, then those of its table, whose shadows are made and kept up to date here. */
#include "login/login.h"
#include "login/table.h"

static void
down_note(const struct user_table *t, struct str why)
{
	static _Atomic int64_t told;

	if (log_is_due(&told, 60))
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

/* --- looking --------------------------------------------------------------------------------------------------------------------------- */

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
	p->user = p->row.user;
	p->user.realm = realm;
	p->user.id = id;
	switch (store_user_by_id(s, mem, realm, &id, &old)) {
	case FOUND: p->user.enabled = p->user.enabled && old.enabled; return PERSON_FOUND;
	case NOT_FOUND: return PERSON_FOUND;
	default: return PERSON_TROUBLE;
	}
}

enum person_answer
person_look(struct arena *mem, struct store *s, const struct user_table *t, enum table_by by, struct str realm, struct str value, struct person *out)
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

/* --- the shadow --------------------------------------------------------------------------------------------------------------------------- */

static bool
same(const struct user *a, const struct user *b)
{
	return str_eq(a->name, b->name) && str_eq(a->display_name, b->display_name) && str_eq(a->phone, b->phone) && str_eq(a->email, b->email)
	    && str_eq(a->open_id, b->open_id) && str_eq(a->account_type, b->account_type) && str_eq(a->password, b->password)
	    && str_eq(a->authorities, b->authorities) && str_eq(a->origin, b->origin) && a->number == b->number && a->enabled == b->enabled && a->locked == b->locked;
}

static enum store_result
shadow_write(struct store *s, struct user *u)
{
	u->updated_s = clock_now_s();
	return store_commit(s, &(struct store_op){ .kind = OP_USER_PUT, .user = u }, 1, NULL);
}

/*
 * The name is somebody's. A shadow's: that row has got another name meanwhile, or is gone; its tokens end, for they speak of this name
 * no longer. The realm's own user is another person.
 */
static enum person_answer
name_taken(struct arena *mem, struct store *s, const struct user_table *t, struct user *u)
{
	struct user other;
	struct store_op ops[] = { { .kind = OP_USER_DELETE, .user = &other }, { .kind = OP_USER_PUT, .user = u } };
	enum store_found found = store_user_by_name(s, mem, u->realm, u->name, &other);

	if (found == FOUND && !user_is_shadow(&other)) {
		log_warn("user table %.*s: %.*s is let in there, but realm %.*s has a user of its own by that name; delete or rename one of them",
		    STR_ARG(t->name), STR_ARG(u->name), STR_ARG(u->realm));
		return PERSON_NONE;
	}
	if (found == FOUND && memcmp(other.id.b, u->id.b, sizeof u->id.b) == 0)
		return PERSON_FOUND;            /* two first logins at once */
	return found == FOUND && store_commit(s, ops, COUNT(ops), NULL) == STORE_DONE ? PERSON_FOUND : PERSON_TROUBLE;
}

/* What the row says goes into the store, where that is news; who is not let in is locked there, and makes no new shadow. */
static enum person_answer
shadow_settle(struct arena *mem, struct store *s, const struct user_table *t, struct person *p)
{
	struct user *u = &p->user, old, put;
	bool live = p->row.user.enabled && !p->row.user.locked;
	enum store_found found = store_user_by_id(s, mem, u->realm, &u->id, &old);
	enum store_result r = STORE_DONE;

	if (found == FIND_FAILED)
		return PERSON_TROUBLE;
	u->password = S("");
	u->origin = ARENA_CAT(mem, t->name, S(":"), p->row.key);
	u->created_s = found == FOUND ? old.created_s : clock_now_s();
	if (found == NOT_FOUND && !live)
		return PERSON_FOUND;
	put = *u;
	put.enabled = found == FOUND ? old.enabled : true;
	put.locked = !live;
	if (!live)
		put.authorities = old.authorities;
	if (found == NOT_FOUND || !same(&put, &old))
		r = shadow_write(s, &put);
	return r == STORE_DONE ? PERSON_FOUND : r == STORE_LOST ? name_taken(mem, s, t, &put) : PERSON_TROUBLE;
}

enum person_answer
person_settle(struct arena *mem, struct store *s, const struct user_table *t, struct person *p)
{
	struct str why = STR_ABSENT;

	if (!p->of_table)
		return PERSON_FOUND;
	if (p->row.user.enabled && !p->row.user.locked && table_authorities(mem, t, &p->row, &p->user.authorities, &why) != TABLE_FOUND) {
		down_note(t, why);
		return PERSON_DOWN;
	}
	return shadow_settle(mem, s, t, p);
}

enum person_answer
person_find(struct arena *mem, struct store *s, const struct user_table *t, enum table_by by, struct str realm, struct str value, struct user *out)
{
	struct person p;
	enum person_answer a = person_look(mem, s, t, by, realm, value, &p);

	if (a == PERSON_FOUND)
		a = person_settle(mem, s, t, &p);
	*out = a == PERSON_FOUND ? p.user : (struct user){ 0 };
	return a;
}

/* --- once more --------------------------------------------------------------------------------------------------------------------------- */

/* By its key where there is a statement for that, else by what it was found by. */
static enum table_answer
row_again(struct arena *mem, const struct user_table *t, const struct user *u, struct str key, struct table_row *row, struct str *why)
{
	const struct str values[] = { [TABLE_BY_NAME] = u->name, [TABLE_BY_PHONE] = u->phone, [TABLE_BY_OPEN_ID] = u->open_id, [TABLE_BY_ID] = key };
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

	put.locked = true;
	if (!u->locked && shadow_write(s, &put) != STORE_DONE)
		return PERSON_TROUBLE;
	u->enabled = false;
	return PERSON_FOUND;
}

enum person_answer
person_again(struct arena *mem, struct store *s, const struct user_table *t, struct str realm, const struct id16 *id, struct user *out)
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
	case TABLE_DOWN: down_note(t, why); return t->allow_when_down ? PERSON_FOUND : PERSON_DOWN;
	default: break;
	}
	a = row_join(mem, s, realm, &p);
	if (a == PERSON_FOUND)
		a = person_settle(mem, s, t, &p);
	if (a == PERSON_FOUND)
		*out = p.user;
	return a == PERSON_DOWN && t->allow_when_down ? PERSON_FOUND : a;
}
