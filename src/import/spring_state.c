/*
 * import/spring_state.c - the columns of a table that say who may come in: found, counted,
 * reported; what is not certain stops the run.
 */
#include "import/columns.h"
#include "import/spring_state.h"

#define VALUES_TOLD 12          /* of one column in a sentence; how many more there are is said */

/* --- what is told ----------------------------------------------------------------------------- */

/* How often each value of a column stands there, and what it was taken for. */
struct tally { json_t *rows; size_t shut, unknown, all; };

static void
tally_add(struct tally *t, const struct state_rule *r, struct str value)
{
	enum state s = state_read(r, value);
	char key[80];

	snprintf(key, sizeof key, "%.*s", (int)(value.n < 60 ? value.n : 60), str_given(value) ? value.p : "NULL");
	json_object_set_new(t->rows, key, json_integer(json_integer_value(json_object_get(t->rows, key)) + 1));
	t->all++;
	t->unknown += s == STATE_UNKNOWN && !str_empty(value);
	t->shut += s != STATE_FINE && s != STATE_UNKNOWN;
}

/* "0 = fine (2), 1 = disabled (1)" */
static struct str
tally_text(struct spring *x, const struct tally *t, const struct state_rule *r, bool meanings)
{
	size_t told = 0;
	const char *key;
	struct buf b;
	json_t *n;

	buf_init(&b, x->mem, 4096);
	json_object_foreach(t->rows, key, n) {
		struct str value = strcmp(key, "NULL") == 0 ? STR_ABSENT : str_of(key);

		if (told++ >= VALUES_TOLD)
			continue;
		buf_put(&b, told > 1 ? S(", ") : S(""));
		buf_put(&b, key[0] ? str_of(key) : S("''"));
		if (meanings)
			buf_put(&b, ARENA_CAT(x->mem, S(" = "), str_of(state_words[state_read(r, value)])));
		buf_put(&b, arena_printf(x->mem, " (%lld)", (long long)json_integer_value(n)));
	}
	if (told > VALUES_TOLD)
		buf_put(&b, arena_printf(x->mem, ", ... (%zu more values)", told - VALUES_TOLD));
	return buf_str(&b);
}

/* How a column was read, or what must be said of it before anything is. */
static void
column_tell(struct table_states *s, const struct state_rule *r, const struct tally *t)
{
	struct str of = ARENA_CAT(s->x->mem, S("table "), s->table);
	struct str column = ARENA_CAT(s->x->mem, r->column, S(": "));
	size_t values = json_object_size(t->rows);

	if (r->by == BY_WORDS && t->unknown > 0 && values == 1)
		finding_add(s->x->plan, FIND_STATE_ONE, of,
		    ARENA_CAT(s->x->mem, column, tally_text(s->x, t, r, false)));
	else if (t->unknown > 0)
		finding_add(s->x->plan, FIND_STATE_UNKNOWN, of,
		    ARENA_CAT(s->x->mem, column, tally_text(s->x, t, r, r->by != BY_WORDS)));
	else if (t->shut == t->all && t->all > 1 && r->by != BY_VALUES)
		finding_add(s->x->plan, FIND_STATE_ALL, of, ARENA_CAT(s->x->mem, column, tally_text(s->x, t, r, true)));
	else
		finding_add(s->x->plan, FIND_STATE_READ, of, ARENA_CAT(s->x->mem, column, tally_text(s->x, t, r, true),
		    r->by == BY_FAMILY ? ARENA_CAT(s->x->mem, S("; "), str_of(r->family)) : S("")));
}

static void
column_judge(struct table_states *s, size_t at, const json_t *rows)
{
	const struct state_rule *r = &s->rules[at];
	struct tally t = { .rows = json_object() };
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
		tally_add(&t, r, cell(row, s->names[at]));
	column_tell(s, r, &t);
	json_decref(t.rows);
}

/* --- the table -------------------------------------------------------------------------------- */

static bool
rules_find(struct table_states *s, const struct state_mapping *m)
{
	struct str rest = s->columns;
	struct state_rule r;

	while (str_given(rest)) {
		struct str column = str_cut(&rest, ' ');

		if (column.n == 0 || !state_rule_of(m, s->family, s->columns, column, &r))
			continue;
		if (s->n == STATE_COLUMNS_MAX) {
			*s->x->why = arena_say(s->x->mem, "table %.*s has more than %d columns that may say who is let in: name those that do not "
			    "with --ignore-columns", STR_ARG(s->table), STATE_COLUMNS_MAX);
			return false;
		}
		s->names[s->n] = arena_z(s->x->mem, column);
		if (s->names[s->n] == NULL)
			return false;
		s->rules[s->n++] = r;
	}
	return true;
}

struct state_mapping
states_ignoring(struct arena *mem, const struct state_mapping *m, const struct str *own, size_t n)
{
	struct state_mapping out = *m;
	struct str *all = arena_array(mem, struct str, m->n_ignored + n);

	if (all == NULL)
		return out;
	for (size_t i = 0; i < m->n_ignored; i++)
		all[i] = m->ignored[i];
	for (size_t i = 0; i < n; i++)
		all[m->n_ignored + i] = own[i];
	out.ignored = all;
	out.n_ignored = m->n_ignored + n;
	return out;
}

bool
states_begin(struct spring *x, enum state_of of, struct str table, const json_t *rows,
    const struct state_mapping *m, struct table_states *out)
{
	struct str fault;

	*out = (struct table_states){ .x = x, .table = table, .columns = columns_of(x, rows) };
	if (!str_given(out->columns))
		return false;
	if (json_array_size(rows) == 0)
		return true;
	fault = state_mapping_fault(x->mem, m, out->columns);
	if (str_given(fault)) {
		*x->why = arena_say(x->mem, "table %.*s: %.*s", STR_ARG(table), STR_ARG(fault));
		return false;
	}
	out->family = state_family(of, out->columns);
	if (!rules_find(out, m))
		return false;
	if (out->family != NULL)
		finding_add(x->plan, FIND_FAMILY, ARENA_CAT(x->mem, S("table "), table), str_of(out->family->name));
	for (size_t i = 0; i < out->n; i++)
		column_judge(out, i, rows);
	return true;
}

/* A column with one value that nobody knows has nothing against anybody. */
enum state
states_of_row(const struct table_states *t, const json_t *row)
{
	enum state s = STATE_FINE;

	for (size_t i = 0; i < t->n; i++) {
		enum state one = state_read(&t->rules[i], cell(row, t->names[i]));

		s = state_worse(s, one == STATE_UNKNOWN && t->rules[i].by == BY_WORDS ? STATE_FINE : one);
	}
	return s;
}

struct str
states_columns(const struct table_states *t)
{
	struct buf b;

	buf_init(&b, t->x->mem, 8192);
	for (size_t i = 0; i < t->n; i++)
		buf_put(&b, ARENA_CAT(t->x->mem, i > 0 ? S(" ") : S(""), t->rules[i].column));
	return buf_str(&b);
}
