/* import/columns.c - which column of a table is what. */
#include <assert.h>

#include "import/columns.h"

#define NAMES_BYTES_MAX 65536

struct str
columns_of(struct spring *x, const json_t *rows)
{
	json_t *seen = json_object(), *row, *v;
	const char *column;
	struct buf b;
	size_t i;

	buf_init(&b, x->mem, NAMES_BYTES_MAX);
	json_array_foreach(rows, i, row) {
		json_object_foreach(row, column, v) {
			if (seen == NULL || json_object_get(seen, column) != NULL)
				continue;
			json_object_set_new(seen, column, json_true());
			if (b.n > 0)
				buf_putc(&b, ' ');
			buf_put(&b, str_of(column));
		}
	}
	json_decref(seen);
	if (b.full)
		*x->why = SAY("the names of the columns of a table are longer than 64 KiB");
	return b.full ? STR_ABSENT : buf_str(&b);
}

/* --- names ------------------------------------------------------------------------------------ */

static bool
is_joint(char c)
{
	return c == '_' || c == '-';
}

/* In any case of letters; '_' and '-' do not count. */
static bool
spelled_alike(struct str a, struct str b)
{
	size_t i = 0, k = 0;

	for (;;) {
		while (i < a.n && is_joint(a.p[i]))
			i++;
		while (k < b.n && is_joint(b.p[k]))
			k++;
		if (i == a.n || k == b.n)
			return i == a.n && k == b.n;
		if (!str_eq_nocase(str_sub(a, i++, 1), str_sub(b, k++, 1)))
			return false;
	}
}

const char *
column_called(struct spring *x, struct str all, struct str name, bool exactly)
{
	while (str_given(all)) {
		struct str column = str_cut(&all, ' ');

		if (column.n > 0 && (exactly ? str_eq_nocase(column, name) : spelled_alike(column, name)))
			return arena_z(x->mem, column);
	}
	return NULL;
}

static size_t
member_named(const struct column_set *set, struct str member)
{
	size_t i = 0;

	while (i < set->n && !str_is(member, set->rows[i].member))
		i++;
	return i;
}

static struct str
members(struct spring *x, const struct column_set *set)
{
	struct str out = S("");

	for (size_t i = 0; i < set->n; i++)
		out = ARENA_CAT(x->mem, out, i > 0 ? S(", ") : S(""), str_of(set->rows[i].member));
	return out;
}

/* "a b" -> "a, b" */
static struct str
listed(struct spring *x, struct str words)
{
	struct str out = S("");

	while (str_given(words)) {
		struct str word = str_cut(&words, ' ');

		if (word.n > 0)
			out = ARENA_CAT(x->mem, out, out.n > 0 ? S(", ") : S(""), word);
	}
	return out;
}

/* --- finding ---------------------------------------------------------------------------------- */

/* One "member=column" of what the operator said. */
static bool
said_take(struct spring *x, struct columns *m, struct str column, struct str member, bool rows)
{
	size_t i = member_named(m->set, member);

	if (i == m->set->n || str_empty(column)) {
		*x->why = arena_say(x->mem,
		    "%s: \"%.*s\" must be one of %.*s, with =COLUMN behind it (=- where the table has none)",
		    m->set->option, STR_ARG(member), STR_ARG(members(x, m->set)));
		return false;
	}
	m->none[i] = str_is(column, "-");
	if (m->none[i] || !rows)
		return true;
	m->at[i] = column_called(x, m->all, column, true);
	if (m->at[i] != NULL)
		return true;
	*x->why = arena_say(x->mem, "%s: table %.*s has no column %.*s; it has %.*s", m->set->option,
	    STR_ARG(m->table), STR_ARG(column), STR_ARG(listed(x, m->all)));
	return false;
}

/* The likeliest name that the table has. */
static void
usual_find(struct spring *x, struct columns *m, size_t i)
{
	struct str rest = str_of(m->set->rows[i].usual);

	while (m->at[i] == NULL && !m->none[i] && str_given(rest))
		m->at[i] = column_called(x, m->all, str_cut(&rest, ' '), false);
}

bool
columns_find(struct spring *x, const struct column_set *set, struct str table, const json_t *rows, struct str said,
    struct columns *out)
{
	assert(set->n <= COLUMNS_MAX);
	*out = (struct columns){ .set = set, .table = table, .all = columns_of(x, rows) };
	if (!str_given(out->all))
		return false;
	while (str_given(said)) {
		struct str column = str_cut(&said, ','), member = str_trim(str_cut(&column, '='));

		if (!said_take(x, out, str_trim(column), member, json_array_size(rows) > 0))
			return false;
	}
	for (size_t i = 0; i < set->n; i++)
		usual_find(x, out, i);
	return true;
}

struct str
columns_cell(const struct columns *m, size_t member, const json_t *row)
{
	return m->at[member] != NULL ? cell(row, m->at[member]) : STR_ABSENT;
}

/* --- what is not there, and what nobody reads ------------------------------------------------- */

/* The columns that somebody reads, blank-separated. */
static struct str
known(struct arena *mem, const struct columns *m, struct str states)
{
	struct str out = ARENA_CAT(mem, states, S(" "), str_of(m->set->also));

	for (size_t i = 0; i < m->set->n; i++)
		if (m->at[i] != NULL)
			out = ARENA_CAT(mem, out, S(" "), str_of(m->at[i]));
	return out;
}

static bool
has_unknown(struct arena *mem, const struct columns *m, struct str states)
{
	struct str rest = m->all, read = known(mem, m, states);

	while (str_given(rest)) {
		struct str column = str_cut(&rest, ' ');

		if (column.n > 0 && !str_has_word(read, column, ' '))
			return true;
	}
	return false;
}

static bool
lacking(struct spring *x, const struct columns *m, size_t i)
{
	const char *member = m->set->rows[i].member;

	if (m->set->option == NULL) {
		*x->why = arena_say(x->mem,
		    "table %.*s: there is no column %s; it has %.*s: import from a view that has it",
		    STR_ARG(m->table), member, STR_ARG(listed(x, m->all)));
		return false;
	}
	*x->why = arena_say(x->mem,
	    "table %.*s: no column is known to be %s; it has %.*s: say which with %s %s=COLUMN, or %s=- if "
	    "there is none",
	    STR_ARG(m->table), member, STR_ARG(listed(x, m->all)), m->set->option, member, member);
	return false;
}

bool
columns_should(struct spring *x, const struct columns *m, size_t i, struct str states)
{
	return str_empty(m->all) || m->at[i] != NULL || m->none[i] || !has_unknown(x->mem, m, states)
	    || lacking(x, m, i);
}

bool
columns_need(struct spring *x, const struct columns *m, struct str states)
{
	for (size_t i = 0; i < m->set->n; i++) {
		if (m->set->rows[i].need == COLUMN_SHOULD && !columns_should(x, m, i, states))
			return false;
		if (m->set->rows[i].need == COLUMN_MUST && !str_empty(m->all) && m->at[i] == NULL && !m->none[i])
			return lacking(x, m, i);
	}
	return true;
}

void
columns_tell(struct spring *x, const struct columns *m, struct str states, const json_t *rows)
{
	columns_judge(x, m->table, rows, known(x->mem, m, states));
}
