/* import/spring_user.c - the users' table, its columns by name or by mapping, and the table of their authorities. */
#include "import/spring_state.h"
#include "import/user.h"
#include "login/login.h"

struct mapping { char column[COLUMN_COUNT][SOURCE_NAME_MAX + 1]; struct table_states states; };

static void
column_set(struct mapping *m, int i, struct str column)
{
	size_t n = column.n <= SOURCE_NAME_MAX ? column.n : 0;

	for (size_t k = 0; k < n; k++)
		m->column[i][k] = (char)(column.p[k] >= 'A' && column.p[k] <= 'Z' ? column.p[k] | 32 : column.p[k]);
	m->column[i][n] = '\0';
}

/* "name=login,password=pwd" */
static bool
mapping_read(struct spring *x, struct mapping *m)
{
	struct str rest = x->options->user_columns;

	while (str_given(rest)) {
		struct str column = str_cut(&rest, ','), member = str_trim(str_cut(&column, '='));
		int i = 0;
		while (i < COLUMN_COUNT && !str_is(member, user_columns[i].member))
			i++;
		if (i == COLUMN_COUNT || !str_given(column)) {
			*x->why = arena_printf(x->mem, "--user-columns: \"%.*s\" must be one of name, password, salt, enabled, locked, expired, "
			    "credentials_expired, deleted, display_name, phone, email, number, open_id, account_type, authorities, with =COLUMN behind it",
			    STR_ARG(member));
			return false;
		}
		column_set(m, i, str_trim(column));
	}
	return true;
}

/* Columns that were not named are looked for under their usual names in the first row. */
static void
mapping_guess(struct mapping *m, const json_t *row)
{
	for (int i = 0; i < COLUMN_COUNT; i++) {
		struct str rest = str_of(user_columns[i].usual);
		while (m->column[i][0] == '\0' && str_given(rest)) {
			struct str word = str_cut(&rest, ' ');
			char name[64];
			memcpy(name, word.p, word.n);
			name[word.n] = '\0';
			if (json_object_get(row, name) != NULL)
				column_set(m, i, word);
		}
	}
}

static struct str
value_of(const struct mapping *m, int i, const json_t *row)
{
	return m->column[i][0] != '\0' ? str_trim(cell(row, m->column[i])) : STR_ABSENT;
}

void
user_text(json_t *out, const char *member, struct str value)
{
	if (!str_empty(value))
		json_object_set_new(out, member, json_stringn(value.p, value.n));
}

static void
password_read(struct spring *x, const struct mapping *m, const json_t *row, json_t *out, struct str of)
{
	struct str stored = m->column[COLUMN_PASSWORD][0] ? cell(row, m->column[COLUMN_PASSWORD]) : STR_ABSENT, password, prefix;
	struct salting with = { value_of(m, COLUMN_NAME, row), value_of(m, COLUMN_SALT, row) };
	bool clear;

	if (str_empty(stored)) {
		finding_add(x->plan, FIND_NO_PASSWORD, of, STR_ABSENT);
		return;
	}
	password = encoded_read(x, stored, x->options->user_encoding, &with, false, &clear);
	prefix = password_prefix(stored);
	if (!str_given(password)) {
		finding_add(x->plan, FIND_ENCODING, of, str_given(prefix) ? prefix : S("no prefix"));
		password = S("{unknown}");
	} else if (clear)
		finding_add(x->plan, FIND_CLEAR_PASSWORD, of, STR_ABSENT);
	user_text(out, clear ? "password" : "password_encoded", password);
}

void
user_authority(json_t *user, struct str word)
{
	json_t *list = json_object_get(user, "authorities");

	if (list == NULL) {
		list = json_array();
		json_object_set_new(user, "authorities", list);
	}
	if (word.n > 0)
		json_array_append_new(list, json_stringn(word.p, word.n));
}

/* "ROLE_A,ROLE_B" or "ROLE_A ROLE_B". */
static void
authorities_add(json_t *user, struct str rest)
{
	user_authority(user, S(""));
	while (str_given(rest)) {
		struct str piece = str_cut(&rest, ',');

		while (str_given(piece))
			user_authority(user, str_trim(str_cut(&piece, ' ')));
	}
}

void
user_state(json_t *user, enum state s)
{
	bool locked = s == STATE_LOCKED || s == STATE_STALE;

	json_object_set_new(user, "enabled", json_boolean(s == STATE_FINE || locked));
	json_object_set_new(user, "locked", json_boolean(locked));
}

static json_t *
user_read(struct spring *x, const struct mapping *m, const json_t *row, struct str of, enum state state)
{
	json_t *out = json_object();
	int64_t number;

	if (out == NULL)
		return NULL;
	user_text(out, "name", value_of(m, COLUMN_NAME, row));
	for (int i = COLUMN_DISPLAY; i <= COLUMN_TYPE; i++)
		if (i != COLUMN_NUMBER)
			user_text(out, user_columns[i].member, value_of(m, i, row));
	if (str_int(value_of(m, COLUMN_NUMBER, row), &number))
		json_object_set_new(out, "number", json_integer(number));
	if (m->states.n > 0)
		user_state(out, state);
	authorities_add(out, value_of(m, COLUMN_AUTHORITIES, row));
	password_read(x, m, row, out, of);
	return out;
}

bool
user_is_new(struct spring *x, struct str table, struct str of, struct str name)
{
	const char *z = name.n > 0 ? arena_z(x->mem, name) : NULL;

	if (z != NULL && json_object_get(x->plan->names, z) == NULL)
		return true;
	finding_add(x->plan, z == NULL ? FIND_NO_ID : FIND_TWICE, z == NULL ? ARENA_CAT(x->mem, S("table "), table) : of, STR_ABSENT);
	return false;
}

bool
user_add(struct spring *x, struct str name, json_t *user)
{
	const char *z = arena_z(x->mem, name);

	return user != NULL && z != NULL && json_array_append_new(x->plan->users, user) == 0 && json_object_set(x->plan->names, z, user) == 0;
}

static void
row_take(struct spring *x, const struct mapping *m, const json_t *row)
{
	struct str name = value_of(m, COLUMN_NAME, row), of = ARENA_CAT(x->mem, S("user "), name);
	enum state state = states_of_row(&m->states, row);

	if (state == STATE_DELETED)             /* somebody else may have the name today */
		finding_add(x->plan, FIND_DELETED, of, STR_ABSENT);
	else if (user_is_new(x, S("users"), of, name))
		user_add(x, name, user_read(x, m, row, of, state));
}

/* One row a user and authority, as the framework's own schema has them. */
static bool
authorities_read(struct spring *x)
{
	struct str table = str_given(x->options->authorities_table) ? x->options->authorities_table : S("authorities");
	json_t *rows, *row, *user;
	enum table_result found = table_try(x, table, &rows);
	size_t i;

	if (found == TABLE_MISSING && str_given(x->options->authorities_table))
		finding_add(x->plan, FIND_TABLE, ARENA_CAT(x->mem, S("table "), table), STR_ABSENT);
	if (found != TABLE_READ)
		return found == TABLE_MISSING;
	json_array_foreach(rows, i, row) {
		struct str name = cell(row, "username"), authority = cell(row, "authority");
		char *z = str_empty(name) ? NULL : arena_z(x->mem, name);
		if (z != NULL && (user = json_object_get(x->plan->names, z)) != NULL && !str_empty(authority))
			authorities_add(user, authority);
	}
	return true;
}

static struct str
known_columns(struct spring *x, const struct mapping *m)
{
	struct buf b;

	buf_init(&b, x->mem, 8192);
	buf_put(&b, S("create_time update_time created_at updated_at "));
	buf_put(&b, states_columns(&m->states));
	for (int i = 0; i < COLUMN_COUNT; i++) {
		buf_putc(&b, ' ');
		buf_put(&b, str_of(m->column[i]));
	}
	return buf_str(&b);
}

/* The columns that were named for states, and what is known of the others. */
static bool
states_find(struct spring *x, struct str table, struct mapping *m, const json_t *rows)
{
	struct state_mapping said = x->options->user_states;

	for (int i = 0; i < MAP_COUNT; i++)
		said.column[i] = arena_dup(x->mem, str_of(m->column[COLUMN_STATES + i]));
	return states_begin(x, STATES_OF_USERS, table, rows, &said, &m->states);
}

static bool
rows_take(struct spring *x, struct str table, struct mapping *m, const json_t *rows)
{
	const json_t *row;
	size_t i;

	mapping_guess(m, json_array_get(rows, 0));
	if (json_array_size(rows) > 0 && m->column[COLUMN_NAME][0] == '\0') {
		*x->why = arena_printf(x->mem, "no column of table %.*s is known to hold user names: say which with --user-columns name=COLUMN,password=COLUMN", STR_ARG(table));
		return false;
	}
	if (!states_find(x, table, m, rows))
		return false;
	columns_judge(x, table, rows, known_columns(x, m));
	json_array_foreach(rows, i, row)
		row_take(x, m, row);
	return authorities_read(x);
}

bool
spring_users(struct spring *x)
{
	const struct str usual[] = { S("users"), S("sys_user") };
	struct str table = x->options->users_table;
	struct mapping m = { .column = { "" } };
	enum table_result found = TABLE_MISSING;
	json_t *rows = NULL;

	if (!mapping_read(x, &m))
		return false;
	if (str_given(table))
		found = table_try(x, table, &rows);
	for (size_t i = 0; !str_given(x->options->users_table) && found == TABLE_MISSING && i < COUNT(usual); i++)
		found = table_try(x, table = usual[i], &rows);
	if (found == TABLE_MISSING)
		finding_add(x->plan, FIND_TABLE, ARENA_CAT(x->mem, S("table "), str_given(x->options->users_table) ? table : usual[0]), STR_ABSENT);
	if (found != TABLE_READ)
		return found == TABLE_MISSING;
	return rows_take(x, table, &m, rows);
}
