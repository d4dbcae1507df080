/*
 * login/table.c - a user table asked: one row for a name, a phone number, an open id or a key; and
 * the words of its roles.
 */
#include "login/ldap.h"
#include "login/login.h"
#include "login/table.h"

#define ROLES_MAX 5000                  /* rows of roles or operations of one user */

/* --- one row ---------------------------------------------------------------------------------- */

struct reading {
	struct arena *mem;
	const struct user_table *t;
	struct table_row *out;
	size_t rows;
	bool sound;
	struct str *why;
};

static bool
row_take(void *ctx, const struct sql_cell *cells, size_t n)
{
	struct reading *r = ctx;

	r->sound = r->rows++ == 0 && table_row_read(r->mem, r->t, cells, n, r->out, r->why);
	if (r->rows > 1)
		*r->why = SAY("there is more than one row");
	return r->sound;
}

static void
row_again(void *ctx)
{
	((struct reading *)ctx)->rows = 0;
}

#define SCRATCH_MAX (4u * 1024 * 1024)  /* of one answer, which is TABLE_BYTES_MAX at most */
#define VALUE_MAX   4096                /* of a value that is kept, but for authorities */

/* Out of the answer's own memory, so that no row can fill that of the request. False: it is no row of a user. */
static bool
row_keep(struct arena *mem, const struct table_row *from, struct table_row *out, struct str *why)
{
	struct user *u = &out->user;
	struct str *const texts[] = { &out->key, &u->name, &u->display_name, &u->phone, &u->email, &u->open_id,
		&u->account_type, &u->password };

	*out = *from;
	for (size_t i = 0; i < COUNT(texts); i++) {
		if (texts[i]->n > VALUE_MAX) {
			*why = arena_say(mem, "a row has a value of %zu bytes, which is more than %d", texts[i]->n, VALUE_MAX);
			return false;
		}
		*texts[i] = arena_dup(mem, *texts[i]);
	}
	u->authorities = arena_dup(mem, u->authorities);
	u->claims = arena_dup(mem, u->claims);
	return true;
}

/*
 * A collation may take another text for the same: that is another user (L18). A value found by
 * another column says nothing of the name.
 */
static bool
is_asked_for(struct arena *mem, enum table_by by, struct str value, const struct user *u)
{
	struct str found = by == TABLE_BY_NAME ? u->name : by == TABLE_BY_OPEN_ID ? u->open_id : S("");

	return str_empty(found) || str_eq(found, value)
	    || !str_eq(ldap_name_folded(mem, found), ldap_name_folded(mem, value));
}

static enum table_answer
ask_in(struct arena *scratch, struct arena *mem, const struct user_table *t, enum table_by by,
    struct str value, struct table_row *out, struct str *why)
{
	struct table_row row;
	struct reading r = { scratch, t, &row, 0, false, why };
	struct sql_question q = { t->select[by], value, row_take, &r };

	*why = STR_ABSENT;
	if (str_empty(t->select[by]) || str_empty(value) || value.n > TABLE_TEXT_MAX)
		return TABLE_NOBODY;            /* an empty value would match every row that has none */
	switch (sql_pool_ask(t->pool, &q, row_again, scratch, why)) {
	case SQL_DONE: break;
	case SQL_UNFIT: return TABLE_NOBODY;
	default: return TABLE_DOWN;
	}
	if (r.rows != 1 || row.deleted || !is_asked_for(scratch, by, value, &row.user))
		return TABLE_NOBODY;
	return row_keep(mem, &row, out, why) ? TABLE_FOUND : TABLE_DOWN;
}

enum table_answer
table_ask(struct arena *mem, const struct user_table *t, enum table_by by, struct str value,
    struct table_row *out, struct str *why)
{
	enum table_answer a;
	struct arena scratch;

	arena_init(&scratch, SCRATCH_MAX);
	a = ask_in(&scratch, mem, t, by, value, out, why);
	*why = arena_dup(mem, *why);
	arena_free(&scratch);
	return a;
}

/* --- its authorities -------------------------------------------------------------------------- */

struct words {
	struct buf *b;
	size_t begun;
	const struct user_table *t;
	struct str prefix;
	size_t rows;
	struct str *why;
};

static bool
word_take(void *ctx, const struct sql_cell *cells, size_t n)
{
	struct words *w = ctx;

	if (++w->rows > ROLES_MAX) {
		*w->why = AUTHORITIES_FULL;
		return false;
	}
	return n == 0 || !str_given(cells[0].value) || table_words_put(w->b, w->t, cells[0].value, w->prefix, w->why);
}

static void
words_again(void *ctx)
{
	struct words *w = ctx;

	w->b->n = w->begun;
	w->rows = 0;
}

static bool
words_read(struct arena *mem, const struct user_table *t, struct str statement, struct str key,
    struct str prefix, struct buf *b, struct str *why)
{
	struct words w = { b, b->n, t, prefix, 0, why };
	struct sql_question q = { statement, key, word_take, &w };
	enum sql_result r;

	if (str_empty(statement))
		return true;
	r = sql_pool_ask(t->pool, &q, words_again, mem, why);
	return r == SQL_DONE || r == SQL_UNFIT;
}

enum table_answer
table_authorities(struct arena *mem, const struct user_table *t, const struct table_row *row, struct str *out,
    struct str *why)
{
	struct buf b;

	buf_init(&b, mem, AUTHORITIES_MAX);
	buf_put(&b, t->authorities);
	if (!table_words_put(&b, t, row->user.authorities, S(""), why)
	    || !words_read(mem, t, t->roles, row->key, t->role_prefix, &b, why)
	    || !words_read(mem, t, t->operations, row->key, t->operation_prefix, &b, why))
		return TABLE_DOWN;
	*out = buf_str(&b);
	if (!b.full && authorities_fit(*out))
		return TABLE_FOUND;
	*why = AUTHORITIES_FULL;
	return TABLE_DOWN;
}
