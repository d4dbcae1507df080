/* import/spring_user.c - the users' table, its columns by name or by mapping, and the table of their authorities. */
#include "import/columns.h"
#include "import/spring_state.h"
#include "import/user.h"
#include "login/login.h"

/*
 * Claims of a person in columns of their own. Only names that can mean nothing else are taken by themselves; the
 * operator names the others.
 */
static const struct { const char *member, *usual; } claim_columns[] = {
	{ "given_name", "given_name first_name" }, { "family_name", "family_name last_name" },
	{ "middle_name", "middle_name" }, { "nickname", "" }, { "picture", "" }, { "website", "" }, { "gender", "" },
	{ "birthdate", "birthdate" }, { "zoneinfo", "zoneinfo" }, { "locale", "" },
	{ "email_verified", "email_verified" }, { "phone_number_verified", "phone_number_verified phone_verified" },
};
#define USER_COLUMNS (COLUMN_COUNT + (int)COUNT(claim_columns))

struct mapping { struct columns columns; struct table_states states; };

/* The members and names of the user tables of settings (login/table.h). */
static void
user_rows(struct column_row rows[USER_COLUMNS])
{
	for (int i = 0; i < COLUMN_COUNT; i++)
		rows[i] = (struct column_row){ user_columns[i].member, user_columns[i].usual,
			i == COLUMN_NAME ? COLUMN_MUST : i == COLUMN_PASSWORD ? COLUMN_SHOULD : COLUMN_MAY };
	for (size_t i = 0; i < COUNT(claim_columns); i++)
		rows[(size_t)COLUMN_COUNT + i] = (struct column_row){ claim_columns[i].member, claim_columns[i].usual, COLUMN_MAY };
}

static struct str
value_of(const struct mapping *m, int i, const json_t *row)
{
	return str_trim(columns_cell(&m->columns, (size_t)i, row));
}

void
user_text(json_t *out, const char *member, struct str value)
{
	if (!str_empty(value))
		json_put_str(out, member, value);
}

void
user_id(json_t *user, struct str id)
{
	uint8_t uuid[16];

	if (str_given(id) && uuid_read(id, uuid))
		user_text(user, "id", id);
}

static void
password_read(struct spring *x, const struct mapping *m, const json_t *row, json_t *out, struct str of)
{
	struct str stored = columns_cell(&m->columns, COLUMN_PASSWORD, row), password, prefix;
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
		json_array_append_new(list, json_str(word));
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
	for (size_t i = 0; i < COUNT(claim_columns); i++)
		user_claim(x->mem, out, str_of(claim_columns[i].member), value_of(m, COLUMN_COUNT + (int)i, row));
	authorities_add(out, value_of(m, COLUMN_AUTHORITIES, row));
	password_read(x, m, row, out, of);
	row_changed(x, row, out);
	return out;
}

bool
user_is_new(struct spring *x, struct str table, struct str of, struct str name)
{
	const char *z = name.n > 0 ? arena_z(x->mem, name) : NULL;

	if (z != NULL && json_object_get(x->plan->names, z) == NULL)
		return true;
	finding_add(x->plan, z == NULL ? FIND_NO_ID : FIND_TWICE,
	    z == NULL ? ARENA_CAT(x->mem, S("table "), table) : of, STR_ABSENT);
	return false;
}

bool
user_add(struct spring *x, struct str name, json_t *user)
{
	const char *z = arena_z(x->mem, name);

	return user != NULL && z != NULL && json_array_append_new(x->plan->users, user) == 0
	    && json_object_set(x->plan->names, z, user) == 0;
}

static void
row_take(struct spring *x, const struct mapping *m, const json_t *row)
{
	struct str name = value_of(m, COLUMN_NAME, row), of = ARENA_CAT(x->mem, S("user "), name);
	enum state state = states_of_row(&m->states, row);

	if (state == STATE_DELETED)             /* somebody else may have the name today */
		finding_add(x->plan, FIND_DELETED, of, STR_ABSENT);
	else if (user_is_new(x, m->columns.table, of, name))
		user_add(x, name, user_read(x, m, row, of, state));
}

enum { AUTHORITY_USER, AUTHORITY_WORD };
static const struct column_row authority_rows[] = {
	[AUTHORITY_USER] = { "username", "username user_name login", COLUMN_MUST },
	[AUTHORITY_WORD] = { "authority", "authority role role_name", COLUMN_MUST },
};
static const struct column_set authority_set = { "--authorities-table", authority_rows, COUNT(authority_rows), "" };

/*
 * One row a user and authority, as the framework's own schema has them. A table that only has the
 * name of theirs (of roles without users) is named and passed over, unless the operator meant it.
 */
static bool
authority_columns(struct spring *x, struct str table, const json_t *rows, struct columns *m, bool *mine)
{
	*mine = false;
	if (!columns_find(x, &authority_set, table, rows, STR_ABSENT, m))
		return false;
	*mine = m->at[AUTHORITY_USER] != NULL && m->at[AUTHORITY_WORD] != NULL;
	if (*mine || json_array_size(rows) == 0)
		return true;
	if (!str_given(x->options->authorities_table))
		return finding_add(x->plan, FIND_NOT_AUTHORITIES, ARENA_CAT(x->mem, S("table "), table), m->all), true;
	*x->why = arena_say(x->mem,
	    "table %.*s: it must have the columns username and authority; it has %.*s: make a view that has them",
	    STR_ARG(table), STR_ARG(m->all));
	return false;
}

static bool
authorities_read(struct spring *x)
{
	struct str table = str_given(x->options->authorities_table) ? x->options->authorities_table : S("authorities");
	json_t *rows, *row, *user;
	enum table_result found = table_try(x, table, &rows);
	struct columns m;
	size_t i;
	bool mine;

	if (found == TABLE_MISSING && str_given(x->options->authorities_table))
		finding_add(x->plan, FIND_TABLE, ARENA_CAT(x->mem, S("table "), table), STR_ABSENT);
	if (found != TABLE_READ)
		return found == TABLE_MISSING;
	if (!authority_columns(x, table, rows, &m, &mine))
		return false;
	json_array_foreach(rows, i, row) {
		struct str name = mine ? str_trim(columns_cell(&m, AUTHORITY_USER, row)) : STR_ABSENT;
		char *z = str_empty(name) ? NULL : arena_z(x->mem, name);

		if (z != NULL && (user = json_object_get(x->plan->names, z)) != NULL)
			authorities_add(user, columns_cell(&m, AUTHORITY_WORD, row));
	}
	return true;
}

/* The columns that were named for states, and what is known of the others. */
static bool
states_find(struct spring *x, struct mapping *m, const json_t *rows)
{
	struct state_mapping said = x->options->user_states;

	for (int i = 0; i < MAP_COUNT; i++)
		said.column[i] = str_of(m->columns.at[COLUMN_STATES + i]);
	return states_begin(x, STATES_OF_USERS, m->columns.table, rows, &said, &m->states);
}

static bool
rows_take(struct spring *x, struct str table, const json_t *rows)
{
	struct column_row columns[USER_COLUMNS];
	struct str also =
	    ARENA_CAT(x->mem, S("create_time update_time created_at updated_at "), x->options->user_known);
	const struct column_set set = { "--user-columns", columns, COUNT(columns), arena_z(x->mem, also) };
	struct mapping m;
	struct str read;
	const json_t *row;
	size_t i;

	user_rows(columns);
	if (!columns_find(x, &set, table, rows, x->options->user_columns, &m.columns) || !states_find(x, &m, rows))
		return false;
	read = states_columns(&m.states);
	if (!columns_need(x, &m.columns, read))
		return false;
	x->plan->compare = source_compares(x->source, table, str_of(m.columns.at[COLUMN_NAME]));
	columns_tell(x, &m.columns, read, rows);
	json_array_foreach(rows, i, row)
		row_take(x, &m, row);
	return authorities_read(x);
}

bool
spring_users(struct spring *x)
{
	const struct str usual[] = { S("users"), S("sys_user") };
	struct str table = x->options->users_table;
	enum table_result found = TABLE_MISSING;
	json_t *rows = NULL;

	if (str_given(table))
		found = table_try(x, table, &rows);
	for (size_t i = 0; !str_given(x->options->users_table) && found == TABLE_MISSING && i < COUNT(usual); i++)
		found = table_try(x, table = usual[i], &rows);
	if (found == TABLE_MISSING)
		finding_add(x->plan, FIND_TABLE,
		    ARENA_CAT(x->mem, S("table "), str_given(x->options->users_table) ? table : usual[0]),
		    STR_ABSENT);
	if (found != TABLE_READ)
		return found == TABLE_MISSING;
	return rows_take(x, table, rows);
}
