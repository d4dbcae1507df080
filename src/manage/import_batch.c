/* manage/import_batch.c - the rows of an import written many at a time, and what is told of each. */
#include "manage/import_int.h"

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
bool
import_flush(struct import *m)
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
			job_refuse(m->j, "exists", "give it another id, or import again",
			    "%.*sits id or name is taken, or somebody changes it all the time",
			    STR_ARG(m->at.place));
			if (!import_refused(m, m->at.place))
				return false;
		} else if (!again[i].take(m, again[i].json, again[i].place) || !import_flush(m))
			return false;
	}
	m->at = at;
	return true;
}

bool
import_add(struct import *m, enum fate f, const struct store_op *ops, size_t n)
{
	if (m->n_ops + n > STORE_OPS_MAX && !import_flush(m))
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
