/* setup/tables.c - the user tables of the settings as login/ wants them. */
#include "setup/setup_int.h"

#include "login/table.h"

#define PASSWORD_FILE_MAX 4096

static const struct conf_value *
value_of(const struct conf *c, struct str name, const char *key)
{
	return conf_get(c, SEC_USER_TABLE, name, key);
}

static struct str
text_of(const struct conf *c, struct arena *mem, struct str name, const char *key)
{
	return arena_dup(mem, value_of(c, name, key)->text);
}

/* A snapshot outlives its settings. */
static const struct str *
words_of(struct arena *mem, const struct conf_value *v, size_t *n)
{
	struct str *out = arena_array(mem, struct str, v->n_words);

	for (size_t i = 0; out != NULL && i < v->n_words; i++)
		out[i] = arena_dup(mem, v->words[i]);
	*n = out != NULL ? v->n_words : 0;
	return out;
}

static void
columns_read(struct user_table *t, const struct conf_value *v, struct arena *mem, struct findings *f)
{
	for (size_t i = 0; i < v->n_words; i++) {
		struct str column = v->words[i], member = str_cut(&column, '=');
		int c = user_column_named(member);

		if (c >= 0 && !str_empty(column))
			t->columns[c] = arena_dup(mem, column);
		else
			setting_wrong(f, "columns",
			    "columns: \"%.*s\" is not written MEMBER=COLUMN; members are id, name, password, "
			    "salt, display_name, phone, "
			    "email, open_id, number, account_type, authorities, enabled, locked, expired, "
			    "credentials_expired and deleted",
			    STR_ARG(v->words[i]));
	}
}

static void
claims_read(struct user_table *t, const struct conf_value *v, struct arena *mem, struct findings *f)
{
	t->claims = claim_map_read(mem, v->words, v->n_words, f);
}

static void
address_read(struct user_table *t, const struct conf *c, struct arena *mem, struct findings *f)
{
	struct str url = text_of(c, mem, t->name, "database"), why = STR_ABSENT;

	if (sql_has_password(url))
		setting_wrong(f, "database",
		    "database: must not hold the password, which everybody would see who is shown the "
		    "settings; put it into password_file");
	else if (!sql_address_read(mem, url, &t->address, &why))
		findings_put(f, FINDING_ERROR, S("database"), why);
	else if (t->address.kind == SQL_SQLITE && !str_starts(url, S("/")))
		setting_wrong(f, "database",
		    "database: is no URL (mysql://, mariadb://, postgresql://) and no path that begins with "
		    "a slash");
	else if (!sql_library_load(t->address.kind, mem, &why))
		findings_put(f, FINDING_ERROR, STR_ABSENT, why);
}

static void
password_read(struct user_table *t, const struct conf *c, struct arena *mem, struct findings *f)
{
	struct str file = value_of(c, t->name, "password_file")->text, password = text_of(c, mem, t->name, "password");
	struct str why = STR_ABSENT;

	if (!str_empty(file)) {
		password = file_content(mem, file, PASSWORD_FILE_MAX, &why);
		if (!str_given(password))
			setting_wrong(f, "password_file", "password_file: %.*s", STR_ARG(why));
		password = str_trim(password);
	}
	t->address.password = str_empty(password) ? STR_ABSENT : password;
}

static void
rules_read(struct user_table *t, const struct conf *c, struct arena *mem)
{
	static const char *const selects[] = { "by_name", "by_phone", "by_open_id", "by_id" };

	for (int i = 0; i < TABLE_BY_COUNT; i++)
		t->select[i] = text_of(c, mem, t->name, selects[i]);
	t->roles = text_of(c, mem, t->name, "roles");
	t->operations = text_of(c, mem, t->name, "operations");
	t->role_prefix = text_of(c, mem, t->name, "role_prefix");
	t->operation_prefix = text_of(c, mem, t->name, "operation_prefix");
	t->authorities = text_of(c, mem, t->name, "authorities");
	t->account_type = text_of(c, mem, t->name, "account_type");
	t->encoding = text_of(c, mem, t->name, "encoding");
	t->upper = value_of(c, t->name, "authority_case")->number == 0;
	t->recheck_s = value_of(c, t->name, "recheck")->number;
	t->grace_s = value_of(c, t->name, "grace")->number;
	t->allow_when_down = value_of(c, t->name, "when_down")->number == 1;
}

/* Whose columns are named in "columns" stands in t->columns already. */
static void
states_read(struct user_table *t, const struct conf *c, struct arena *mem)
{
	static const char *const values[MAP_COUNT] = {
		[MAP_ENABLED] = "enabled_values", [MAP_LOCKED] = "locked_values", [MAP_EXPIRED] = "expired_values",
		[MAP_STALE] = "credentials_expired_values", [MAP_DELETED] = "deleted_values",
	};
	struct state_mapping *m = &t->states;

	for (int i = 0; i < MAP_COUNT; i++) {
		m->column[i] = t->columns[COLUMN_STATES + i];
		m->values[i] = words_of(mem, value_of(c, t->name, values[i]), &m->n_values[i]);
	}
	m->ignored = words_of(mem, value_of(c, t->name, "ignored_columns"), &m->n_ignored);
}

static void
table_fill(struct user_table *t, const struct conf *c, struct arena *mem, struct findings *f)
{
	t->realm = text_of(c, mem, t->name, "realm");
	rules_read(t, c, mem);
	address_read(t, c, mem, f);
	password_read(t, c, mem, f);
	columns_read(t, value_of(c, t->name, "columns"), mem, f);
	claims_read(t, value_of(c, t->name, "claims"), mem, f);
	states_read(t, c, mem);
	user_table_judge(t, f);
}

struct user_table *
user_table_read(const struct conf *c, struct str name, struct arena *mem, struct findings *f)
{
	struct user_table *t = arena_new(mem, struct user_table);
	struct findings found;

	findings_init(&found, f->mem);
	if (t != NULL) {
		t->name = arena_dup(mem, name);
		table_fill(t, c, mem, &found);
	}
	if (mem->full)
		findings_add(&found, FINDING_ERROR, STR_ABSENT, "memory is exhausted");
	complain_of(f, c, SEC_USER_TABLE, name, arena_say(f->mem, "user table %.*s: ", STR_ARG(name)), &found);
	return found.n_errors == 0 ? t : NULL;
}

bool
user_table_open(struct user_table *t, const struct conf *c)
{
	struct sql_limits limits = { .connect_ms = value_of(c, t->name, "connect_timeout")->number * 1000,
		.answer_ms = value_of(c, t->name, "answer_timeout")->number * 1000, .bytes_max = TABLE_BYTES_MAX };

	t->pool = sql_pool_new(&t->address, &limits, (int)value_of(c, t->name, "connections")->number);
	return t->pool != NULL;
}

static bool
realm_is_served(const struct conf *c, struct str realm)
{
	const struct str *names;
	size_t n = conf_names(c, SEC_ISSUER, &names);

	for (size_t i = 0; i < n; i++)
		if (str_eq(conf_text(c, SEC_ISSUER, names[i], "realm"), realm))
			return true;
	return false;
}

/* One table a realm: which of two would know a name is no question for a login. */
static bool
realm_has_one_before(const struct conf *c, const struct str *names, size_t i)
{
	struct str realm = value_of(c, names[i], "realm")->text;

	for (size_t k = 0; k < i; k++)
		if (str_eq(value_of(c, names[k], "realm")->text, realm))
			return true;
	return false;
}

void
user_tables_are_consistent(const struct conf *c, struct findings *f)
{
	const struct str *names;
	size_t n = conf_names(c, SEC_USER_TABLE, &names);

	for (size_t i = 0; i < n; i++) {
		struct str where = conf_where(c, SEC_USER_TABLE, names[i], "realm");

		if (!realm_is_served(c, value_of(c, names[i], "realm")->text))
			complain(f, where, "user table %.*s: realm: no issuer uses this realm", STR_ARG(names[i]));
		if (realm_has_one_before(c, names, i))
			complain(f, where,
			    "user table %.*s: realm: another table is read for this realm already; join them "
			    "in one statement or view",
			    STR_ARG(names[i]));
		user_table_read(c, names[i], f->mem, f);
	}
}
