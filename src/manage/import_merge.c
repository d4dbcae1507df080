/*
 * manage/import_merge.c - a client's or user's record of the old side beside the one that is here,
 * value by value. See import_int.h.
 */
#include "manage/import_int.h"

const struct kind import_clients = { 'c', "client", client_fields, sizeof(struct client),
	offsetof(struct client, enabled), offsetof(struct client, secret), "secret" };
const struct kind import_users = { 'u', "user", user_fields, sizeof(struct user),
	offsetof(struct user, enabled), offsetof(struct user, password), "password" };

#define SHOWN_MAX 80    /* bytes of a value in the report */

/* --- values as texts -------------------------------------------------------------------------- */

static int
words_order(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Rows of another table, which has no order. */
static struct str
in_order(struct arena *mem, struct str rest)
{
	struct str *words = arena_array(mem, struct str, rest.n / 2 + 1);
	struct buf b;
	size_t n = 0;

	buf_init(&b, mem, rest.n + 1);
	while (words != NULL && rest.n > 0)
		words[n++] = str_cut(&rest, ' ');
	qsort(words, n, sizeof *words, words_order);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_putc(&b, ' ');
		buf_put(&b, words[i]);
	}
	return n > 0 ? buf_str(&b) : S("");
}

static struct str
value_of(struct arena *mem, const struct field *f, const void *record)
{
	const char *at = (const char *)record + f->at;

	switch (f->kind) {
	case FIELD_TTL: case FIELD_INT:
		return arena_printf(mem, "%lld", (long long)*(const int64_t *)(const void *)at);
	case FIELD_BOOL:
		return *(const bool *)at ? S("true") : S("false");
	default:
		return strcmp(f->name, "authorities") == 0
		    ? in_order(mem, *(const struct str *)(const void *)at)
		    : *(const struct str *)(const void *)at;
	}
}

static void
value_take(const struct field *f, void *out, const void *from)
{
	size_t n = f->kind == FIELD_TTL || f->kind == FIELD_INT ? sizeof(int64_t)
	    : f->kind == FIELD_BOOL                             ? sizeof(bool)
								: sizeof(struct str);

	memcpy((char *)out + f->at, (const char *)from + f->at, n);
}

static struct str
shown(struct arena *mem, struct str value)
{
	size_t n = SHOWN_MAX;

	if (value.n <= SHOWN_MAX)
		return value;
	while (n > 0 && ((unsigned char)value.p[n] & 0xc0) == 0x80)
		n--;
	return ARENA_CAT(mem, str_sub(value, 0, n), S("…"));
}

/* --- decisions -------------------------------------------------------------------------------- */

enum choice { SAME, KEEP, TAKE, OVERRIDE, CONFLICT };

/* Of two values that differ. */
static enum choice
choose(const struct import *m, bool there_changed, bool here_changed)
{
	if (there_changed && !here_changed)
		return TAKE;
	if (import_overrides(m))
		return OVERRIDE;
	return there_changed && !m->keep ? CONFLICT : KEEP;
}

static void
decided(struct import *m, struct sides *s, enum choice c, const char *field, struct str there, struct str here)
{
	static const char *const words[] = { "same", "kept", "taken", "replaced", "conflict" };
	int64_t there_s = 0;

	if (c == SAME)
		return;
	s->kept = s->kept || c == KEEP;
	s->taken = s->taken || c == TAKE || c == OVERRIDE;
	s->overridden = s->overridden || c == OVERRIDE;
	s->conflict = s->conflict || c == CONFLICT;
	json_member_int(s->row, "changed_s", &there_s);
	import_differs(m, &(struct difference){ ARENA_CAT(m->j->mem, str_of(s->k->word), S(" "), s->id), str_of(field),
	    there, here, there_s, s->here_s, words[c] });
}

static bool
base_put(json_t *next, const char *name, struct str digest)
{
	return str_given(digest) && json_put_str(next, name, digest);
}

static void
field_merge(struct import *m, struct sides *s, const struct field *f, json_t *next)
{
	struct arena *mem = m->j->mem;
	struct str there = value_of(mem, f, s->there), digest = import_digest(m, f->name, there), here, was;
	bool carried = json_object_get(s->row, f->name) != NULL, remembered;
	enum choice c;

	base_put(next, f->name, digest);
	if (s->here == NULL)
		return;
	here = value_of(mem, f, s->here);
	was = s->base != NULL ? json_member_str(s->base, f->name) : STR_ABSENT;
	remembered = str_given(was);
	if (str_eq(there, here))
		return;
	if (s->base != NULL && !remembered && here.n == 0)      /* the last import knew no such field */
		c = TAKE;
	else if (remembered)
		c = choose(m, !str_eq(was, digest), !str_eq(was, import_digest(m, f->name, here)));
	else if (!carried)
		return;
	else
		c = choose(m, carried, true);
	if (c == TAKE || c == OVERRIDE)
		value_take(f, s->out, s->there);
	decided(m, s, c, f->name, shown(mem, there), shown(mem, here));
}

/* --- the secret ------------------------------------------------------------------------------- */

static struct str *
secret_at(const struct sides *s, const void *record)
{
	return (struct str *)(void *)((char *)(uintptr_t)record + s->k->secret_at);
}

/* What was in clear there is told from a hash; the key makes its digest worth nothing to whoever has the store. */
static struct str
secret_digest(struct import *m, const struct sides *s)
{
	return str_given(s->clear) ? import_digest(m, "clear", s->clear)
				   : import_digest(m, s->k->secret, *secret_at(s, s->there));
}

/* Only a login's better hash leaves the version, and every new password moves not_before_s (S8). */
static bool
secret_changed_here(struct import *m, const struct sides *s)
{
	struct str was = json_member_str(s->base, "here");

	if (str_empty(was))
		return true;
	if (str_eq(was, import_digest(m, s->k->secret, *secret_at(s, s->here))))
		return false;
	return s->k == &import_clients || (s->version != s->was.version && s->not_before_s > s->was.at_s);
}

static bool
secret_fits(struct import *m, const struct sides *s)
{
	struct str here = *secret_at(s, s->here);

	if (str_given(s->clear))
		return here.n > 0 && password_verify(m->j->mem, here, s->clear) <= PASSWORD_OK_REHASH;
	return str_eq(*secret_at(s, s->there), here);
}

static enum choice
secret_choice(struct import *m, const struct sides *s, struct str digest)
{
	bool carried = str_given(s->clear) || secret_at(s, s->there)->n > 0, there_changed, here_changed;

	if (s->base == NULL)
		return secret_fits(m, s) || (!carried && !import_overrides(m)) ? SAME : choose(m, carried, true);
	there_changed = !str_eq(json_member_str(s->base, s->k->secret), digest);
	here_changed = secret_changed_here(m, s);
	if ((!there_changed && !here_changed) || secret_fits(m, s))
		return SAME;
	return choose(m, there_changed, here_changed);
}

/*
 * A clear secret is hashed where it is taken, unless whoever sends it has done so; a check writes
 * nothing and hashes nothing.
 */
static bool
secret_take(struct import *m, struct sides *s)
{
	struct str *out = secret_at(s, s->out), hashed = json_member_str(s->row, "hashed");

	*out = *secret_at(s, s->there);
	if (str_given(s->clear) && m->j->check)
		*out = job_hash_note(m->j, s->id);
	else if (str_given(s->clear))
		*out = hashed.n > 0 && str_given(password_encoding(hashed)) ? hashed : password_hash(m->j->mem, s->clear);
	return str_given(*out) || import_no_memory(m);
}

static struct str
secret_shown(struct str stored)
{
	struct str encoding = password_encoding(stored);

	return stored.n == 0 ? S("(none)") : str_given(encoding) ? encoding : S("(unknown)");
}

static bool
secret_merge(struct import *m, struct sides *s, json_t *next)
{
	struct str digest = secret_digest(m, s), mark = S("");
	enum choice c = s->here == NULL ? TAKE : secret_choice(m, s, digest);

	if ((c == TAKE || c == OVERRIDE) && !secret_take(m, s))
		return false;
	if (s->here != NULL)
		decided(m, s, c, s->k->secret, str_given(s->clear) ? S("clear") : secret_shown(*secret_at(s, s->there)),
		    secret_shown(*secret_at(s, s->here)));
	if (c != KEEP)          /* empty: changed here, for good */
		mark = import_digest(m, s->k->secret, *secret_at(s, s->out));
	base_put(next, s->k->secret, digest);
	base_put(next, "here", mark);
	return true;
}

/* But for what a login's better hash changes by itself. */
static bool
as_before(const json_t *base, const json_t *next)
{
	json_t *now;
	bool same;

	if (base == NULL || (now = json_copy((json_t *)(uintptr_t)next)) == NULL)
		return false;
	if (!str_empty(json_member_str(base, "here")) && !str_empty(json_member_str(now, "here")))
		json_object_set(now, "here", json_object_get(base, "here"));
	same = json_equal(base, now) == 1;
	json_decref(now);
	return same;
}

bool
import_merge(struct import *m, struct sides *s)
{
	json_t *next = import_object(m);

	if (next == NULL || !base_put(next, s->k->letter == 'c' ? "id" : "user", s->owner))
		return import_no_memory(m);
	memcpy(s->out, s->here != NULL ? s->here : s->there, s->k->size);
	for (const struct field *f = s->k->rows; f->name != NULL; f++)
		field_merge(m, s, f, next);
	if (!secret_merge(m, s, next))
		return false;
	s->next = s->taken || s->here == NULL || !as_before(s->base, next) ? next : NULL;
	return true;
}

/* As if the old side had disabled it; nothing else of the row is touched. */
bool
import_gone(struct import *m, struct sides *s, bool enabled)
{
	struct str off = import_digest(m, "enabled", S("false")), was = json_member_str(s->base, "enabled");
	enum choice c = SAME;

	if (json_is_true(json_object_get(s->base, "gone")))
		return false;
	if ((s->next = json_deep_copy(s->base)) == NULL
	    || !arena_defer(m->j->mem, (void (*)(void *))json_decref, s->next))
		return false;
	json_object_set_new(s->next, "gone", json_true());
	base_put(s->next, "enabled", off);
	if (enabled)
		c = choose(m, !str_eq(was, off), !str_eq(was, import_digest(m, "enabled", S("true"))));
	decided(m, s, c, "row", S("gone"), enabled ? S("enabled") : S("disabled"));
	s->ended = s->taken;
	return true;
}
