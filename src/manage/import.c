/*
 * manage/import.c - realm.import: rows of an old server's database are compared with what is here and with what the import before
 * saw of them; with "check" all is judged and nothing written.
 */
#include "manage/import_int.h"

static const char *const fate_names[FATE_COUNT] = {
	"added", "same", "updated", "kept", "replaced", "ended", "conflict", "expired", "orphaned", "refused",
};

/* --- what is told of rows --------------------------------------------------------------------- */

bool
import_counted(struct import *m, enum fate f)
{
	m->n[f]++;
	return true;
}

void
import_absent(struct import *m, struct str id)
{
	if (str_given(id))
		json_array_append_new(m->absent, json_str(id));
}

bool
import_overrides(const struct import *m)
{
	return m->replace && m->at.tries == 0;
}

bool
import_no_memory(struct import *m)
{
	return job_refuse(m->j, "invalid", "send less at once", "the request is too large");
}

void
import_differs(struct import *m, const struct difference *d)
{
	json_t *o = json_object();

	json_put_str(o, "of", d->of);
	json_put_str(o, "field", d->field);
	json_put_str(o, "there", d->there);
	json_put_str(o, "here", d->here);
	json_put_str(o, "decision", str_of(d->decision));
	if (d->there_s != 0)
		json_object_set_new(o, "there_s", json_integer(d->there_s));
	if (d->here_s != 0)
		json_object_set_new(o, "here_s", json_integer(d->here_s));
	json_object_set_new(o, "row", json_integer((json_int_t)m->at.number));
	json_array_append_new(m->differs, o);
}

/* The row in hand is judged anew. */
static void
differences_drop(struct import *m)
{
	for (size_t i = json_array_size(m->differs); i-- > 0;) {
		const json_t *number = json_object_get(json_array_get(m->differs, i), "row");

		if (json_integer_value(number) == (json_int_t)m->at.number)
			json_array_remove(m->differs, i);
	}
}

/* --- writing ---------------------------------------------------------------------------------- */

/* The row whose operation lost its race leaves the others. */
static struct row
row_out(struct import *m, size_t lost)
{
	size_t g = m->n_rows - 1, end, n;
	struct row r;

	while (m->rows[g].first > lost)
		g--;
	r = m->rows[g];
	end = g + 1 < m->n_rows ? m->rows[g + 1].first : m->n_ops;
	n = end - r.first;
	memmove(&m->ops[r.first], &m->ops[end], (m->n_ops - end) * sizeof m->ops[0]);
	memmove(&m->rows[g], &m->rows[g + 1], (m->n_rows - g - 1) * sizeof m->rows[0]);
	m->n_ops -= n;
	m->n_rows--;
	for (size_t i = g; i < m->n_rows; i++)
		m->rows[i].first -= n;
	return r;
}

static void
written(struct import *m)
{
	for (size_t i = 0; !m->j->check && i < m->n_ops; i++)      /* only clients are part of a snapshot */
		m->j->changed = m->j->changed || m->ops[i].kind == OP_CLIENT_ADD || m->ops[i].kind == OP_CLIENT_SET;
	m->n_ops = m->n_rows = 0;
}

/* All that waits; rows that somebody else has changed meanwhile come into *again. */
static bool
commit(struct import *m, struct row *again, size_t *n)
{
	enum store_result r = STORE_LOST;
	size_t lost;

	for (*n = 0; r == STORE_LOST;) {
		r = m->j->check ? STORE_DONE : store_commit(m->j->store, m->ops, m->n_ops, &lost);
		if (r == STORE_LOST)
			again[(*n)++] = row_out(m, lost);
	}
	if (r == STORE_DONE)
		written(m);
	return r == STORE_DONE || job_store_failed(m->j);
}

/* Each of these is judged anew by what is there now. */
#define TRIES_MAX 8
static bool
flush(struct import *m)
{
	struct row again[STORE_OPS_MAX], at = m->at;
	size_t n;

	if (!commit(m, again, &n))
		return false;
	for (size_t i = 0; i < n; i++) {
		m->n[again[i].fate]--;
		m->at = again[i];
		differences_drop(m);
		if (m->at.tries++ == TRIES_MAX) {
			job_refuse(m->j, "exists", "give it another id, or import again", "%.*sits id or name is taken, or somebody changes it all the time", STR_ARG(m->at.place));
			if (!import_refused(m, m->at.place))
				return false;
		} else if (!again[i].take(m, again[i].json, again[i].place) || !flush(m))
			return false;
	}
	m->at = at;
	return true;
}

bool
import_add(struct import *m, enum fate f, const struct store_op *ops, size_t n)
{
	if (m->n_ops + n > STORE_OPS_MAX && !flush(m))
		return false;
	m->n[f]++;
	m->at.fate = f;
	m->at.first = m->n_ops;
	m->rows[m->n_rows++] = m->at;
	memcpy(&m->ops[m->n_ops], ops, n * sizeof *ops);
	m->n_ops += n;
	return true;
}

bool
import_refused(struct import *m, struct str place)
{
	json_t *answer = json_read(m->j->mem, m->j->out);

	if (answer == NULL || str_is(json_member_str(answer, "code"), "store"))
		return false;
	m->n[FATE_REFUSED]++;
	import_absent(m, m->at.id);
	if (!str_starts(json_member_str(answer, "error"), place))
		ja_str(&m->refused, ARENA_CAT(m->j->mem, place, json_member_str(answer, "error")));
	else
		ja_str(&m->refused, json_member_str(answer, "error"));
	m->j->out = STR_ABSENT;
	return true;
}

/* --- the order -------------------------------------------------------------------------------- */

static const struct list { const char *name; row_fn *take; } lists[] = {
	{ "users", import_user_row },
	{ "clients", import_client_row },
	{ "approvals", import_approval_row },
	{ "tokens", import_token_row },
};

static bool
list_run(struct import *m, const struct list *l, size_t *number)
{
	const json_t *list = json_object_get(m->j->ask, l->name), *row;
	size_t i;

	if (list != NULL && !json_is_array(list))
		return job_refuse(m->j, "invalid", "correct the file", "%s must be a list", l->name);
	json_array_foreach(list, i, row) {
		struct str id = json_member_str(row, "id"), named = str_given(id) ? id : json_member_str(row, "name");
		struct str of = str_given(named) ? named : arena_printf(m->j->mem, "%zu", i);

		m->at = (struct row){ .take = l->take, .json = row, .id = of, .number = (*number)++,
		    .place = arena_printf(m->j->mem, "%s: %.*s: ", l->name, STR_ARG(of)) };
		if (!l->take(m, row, m->at.place))
			return false;
	}
	return flush(m);
}

static bool
import_begin(struct import *m, struct job *j)
{
	static const uint8_t none[DIGEST_SIZE];
	struct str source = job_arg(j, "source");

	j->check = json_is_true(json_object_get(j->ask, "check"));
	*m = (struct import){ .j = j,
		.now_s = clock_now_s(),
		.source = str_empty(source) ? S("import") : source,
		.replace = json_is_true(json_object_get(j->ask, "replace")),
		.keep = json_is_true(json_object_get(j->ask, "keep")),
		.differs = json_array(),
		.absent = json_array() };
	m->key = str_span(j->import_key != NULL ? j->import_key : none, DIGEST_SIZE);
	buf_init(&m->refused, j->mem, ANSWER_MAX / 2);
	jw_open(&m->refused, '[');
	if (m->differs == NULL || m->absent == NULL || !arena_defer(j->mem, (void (*)(void *))json_decref, m->differs)
	    || !arena_defer(j->mem, (void (*)(void *))json_decref, m->absent))
		return import_no_memory(m);
	if (m->replace && m->keep)
		return job_refuse(j, "invalid", "leave one of them out", "replace and keep contradict each other");
	return job_realm(j, &m->realm) && import_key_judge(m);
}

static void
array_put(struct buf *b, const char *name, json_t *array)
{
	char *text = json_dumps(array, JSON_COMPACT);

	jm_raw(b, str_of(name), text != NULL ? str_of(text) : S("[]"));
	free(text);
}

static bool
import_answer(struct import *m)
{
	json_t *one;
	struct buf b;
	size_t i;

	jw_close(&m->refused, ']');
	json_array_foreach(m->differs, i, one)
		json_object_del(one, "row");
	answer_open(m->j, &b);
	for (i = 0; i < FATE_COUNT; i++)
		jm_int(&b, str_of(fate_names[i]), m->n[i]);
	jm_raw(&b, S("why"), buf_str(&m->refused));
	array_put(&b, "differs", m->differs);
	array_put(&b, "absent", m->absent);
	b.full = b.full || m->refused.full;
	hash_put(m->j, &b);
	if (m->memory_lost)
		jm_bool(&b, S("memory_lost"), true);
	return answer_close(m->j, &b);
}

bool
realm_import(struct job *j)
{
	struct import m;
	size_t number = 0;

	if (!import_begin(&m, j))
		return false;
	for (size_t i = 0; i < COUNT(lists); i++)
		if (!list_run(&m, &lists[i], &number))
			return str_given(j->out) ? false : job_store_failed(j);
	return import_answer(&m);
}
