/*
 * manage/import_people.c - clients and users of an import: added, taken over where the old side
 * changed, ended where it has them no more.
 */
#include "manage/import_int.h"
#include "store/user_claims.h"

/*
 * The row without its clear secret, which the loaders would hash at once, and without what only the
 * comparison reads.
 */
static json_t *
without(struct import *m, const json_t *row, const char *member, struct str *clear)
{
	json_t *copy = json_copy((json_t *)(uintptr_t)row);

	*clear = json_member_str(row, member);
	if (copy == NULL || !arena_defer(m->j->mem, (void (*)(void *))json_decref, copy))
		return NULL;
	json_object_del(copy, member);
	json_object_del(copy, "changed_s");
	json_object_del(copy, "gone");
	json_object_del(copy, "hashed");
	return copy;
}

/* What the loaders have to say of the row, or there was no memory. */
static bool
not_loaded(struct import *m, struct str place)
{
	return str_given(m->j->out) ? import_refused(m, place) : import_no_memory(m);
}

/* Whoever has been deleted here stays deleted: the old server's row is there, but nothing of it is wanted. */
static bool
stays_deleted(struct import *m, const struct sides *s)
{
	int64_t there_s = 0;

	if (s->here != NULL || s->base == NULL)
		return false;
	json_member_int(s->row, "changed_s", &there_s);
	import_differs(m,
	    &(struct difference){ ARENA_CAT(m->j->mem, str_of(s->k->word), S(" "), s->id), S("row"),
		S("there"), S("deleted"), there_s, 0, import_overrides(m) ? "replaced" : "kept" });
	return !import_overrides(m);
}

static enum fate
fate_of(const struct sides *s)
{
	if (s->here == NULL)
		return FATE_ADDED;
	if (s->conflict)
		return FATE_CONFLICT;
	if (s->ended)
		return FATE_ENDED;
	if (s->taken)
		return s->overridden ? FATE_REPLACED : FATE_UPDATED;
	return s->kept ? FATE_KEPT : FATE_SAME;
}

/* Operations of a row: what is written of it, or a guard; and what is remembered. */
static bool
row_write(struct import *m, struct sides *s, const struct id16 *what, struct store_op *ops, size_t n, int64_t version)
{
	struct imported *r = import_remember(m, s->k->letter, what, s->next, version, 0);

	if (r == NULL)
		return import_no_memory(m);
	ops[n++] = (struct store_op){ .kind = OP_IMPORTED_PUT, .imported = r };
	return import_add(m, fate_of(s), ops, n);
}

/* --- both kinds ------------------------------------------------------------------------------- */

typedef bool write_fn(struct import *m, struct sides *s, const struct id16 *what);

/* It is in the old table no more: it comes in no more. */
static bool
row_gone(struct import *m, struct sides *s, const struct id16 *what, write_fn *write)
{
	bool *enabled = (bool *)(void *)((char *)s->out + s->k->enabled_at);

	if (s->here == NULL || s->base == NULL)
		return true;
	memcpy(s->out, s->here, s->k->size);
	if (!import_gone(m, s, *enabled))
		return true;
	*enabled = *enabled && !s->taken;
	return write(m, s, what);
}

/* A record that was loaded is compared, and written where the old side's is to hold. */
static bool
row_judge(struct import *m, struct sides *s, bool shadow, write_fn *write)
{
	struct id16 what = IMPORT_WHAT(m, s->k->letter, s->id);

	if (!import_recall(m, s->k->letter, &what, &s->was, &s->base))
		return false;
	s->here = s->version != 0 && !shadow ? s->old : NULL;   /* a shadow becomes a user */
	if (json_is_true(json_object_get(s->row, "gone")))
		return row_gone(m, s, &what, write);
	if (!shadow && stays_deleted(m, s)) {
		import_absent(m, s->id);
		return import_counted(m, FATE_KEPT);
	}
	if (!import_merge(m, s))
		return false;
	if (s->conflict || s->next == NULL)
		return import_counted(m, fate_of(s));
	return write(m, s, &what);
}

/* --- clients ---------------------------------------------------------------------------------- */

static bool
client_write(struct import *m, struct sides *s, const struct id16 *what)
{
	struct client *out = s->out;
	struct store_op ops[2];
	int64_t version = out->version;

	out->updated_s = m->now_s;
	if (s->here != NULL && !s->taken)
		ops[0] = (struct store_op){ .kind = OP_CLIENT_STANDS, .stands = { out, 0 } };
	else
		ops[0] = client_op(out);
	if (ops[0].kind == OP_CLIENT_ADD)
		version = out->version = store_version_new();
	return row_write(m, s, what, ops, 1, version + (ops[0].kind == OP_CLIENT_SET));
}

bool
import_client_row(struct import *m, const json_t *row, struct str place)
{
	struct client *there = arena_new(m->j->mem, struct client), *out = arena_new(m->j->mem, struct client);
	struct client *old = arena_new(m->j->mem, struct client);
	struct sides s = { .k = &import_clients,
		.row = row,
		.id = json_member_str(row, "id"),
		.out = out,
		.there = there,
		.old = old };
	json_t *rest = without(m, row, "secret", &s.clear);

	if (there == NULL || out == NULL || old == NULL || rest == NULL
	    || !client_load(m->j, rest, m->realm, there, old, place))
		return not_loaded(m, place);
	s.owner = s.id;
	s.here_s = old->updated_s;
	s.version = old->version;
	s.not_before_s = old->not_before_s;
	return row_judge(m, &s, false, client_write);
}

/* --- users ------------------------------------------------------------------------------------ */

/* Claims come from one side, the address perhaps from the other: no mark is about that one's. */
static bool
marks_follow(struct import *m, const struct sides *s)
{
	const struct user *here = s->here, *there = s->there, *whose;
	struct user *out = s->out;

	if (here == NULL || str_eq(here->claims, there->claims))
		return true;
	whose = str_eq(out->claims, there->claims) ? there : here;
	return user_claims_unmark(m->j->mem, &out->claims, (struct user_marks){
	    .email = !str_eq(whose->email, out->email), .phone = !str_eq(whose->phone, out->phone) });
}

static bool
user_write(struct import *m, struct sides *s, const struct id16 *what)
{
	struct user *out = s->out;
	struct store_op ops[3];
	int64_t version = out->version;
	size_t n = 1;

	out->updated_s = m->now_s;
	if (!marks_follow(m, s))
		return import_no_memory(m);
	if (s->here != NULL && !s->taken)
		ops[0] = (struct store_op){ .kind = OP_USER_STANDS, .user = out };
	else
		n = user_ops(m->j, ops, out, s->old);
	if (ops[0].kind == OP_USER_ADD)
		version = out->version = store_version_new();
	else if (ops[0].kind == OP_USER_SET)
		version += (int64_t)n;                  /* an end is a write of its own */
	return row_write(m, s, what, ops, n, version);
}

bool
import_user_row(struct import *m, const json_t *row, struct str place)
{
	struct user *there = arena_new(m->j->mem, struct user), *out = arena_new(m->j->mem, struct user);
	struct user *old = arena_new(m->j->mem, struct user);
	struct sides s = { .k = &import_users,
		.row = row,
		.id = json_member_str(row, "name"),
		.out = out,
		.there = there,
		.old = old };
	json_t *rest = without(m, row, "password", &s.clear);

	if (there == NULL || out == NULL || old == NULL || rest == NULL
	    || !user_load(m->j, rest, m->realm, there, old, place))
		return not_loaded(m, place);
	s.owner = uuid_write(m->j->mem, there->id.b);
	s.here_s = old->updated_s;
	s.version = old->version;
	s.not_before_s = old->not_before_s;
	return row_judge(m, &s, old->version != 0 && user_is_shadow(old), user_write);
}
