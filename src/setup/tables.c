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

static bool
columns_read(struct user_table *t, const struct conf_value *v, struct arena *mem, struct str *why)
{
	for (size_t i = 0; i < v->n_words; i++) {
		struct str column = v->words[i], member = str_cut(&column, '=');
		int c = user_column_named(member);

		if (c < 0 || str_empty(column)) {
			*why = arena_say(mem, "columns: \"%.*s\" is not written MEMBER=COLUMN; members are id, name, password, salt, display_name, phone, "
			    "email, open_id, number, account_type, authorities, enabled, locked, expired, credentials_expired and deleted", STR_ARG(v->words[i]));
			return false;
		}
		t->columns[c] = arena_dup(mem, column);
	}
	return true;
}

static bool
address_read(struct user_table *t, const struct conf *c, struct arena *mem, struct str *why)
{
	struct str url = text_of(c, mem, t->name, "database"), file = value_of(c, t->name, "password_file")->text, password = text_of(c, mem, t->name, "password");

	if (sql_has_password(url)) {
		*why = SAY("database: must not hold the password, which everybody would see who is shown the settings; put it into password_file");
		return false;
	}
	if (!sql_address_read(mem, url, &t->address, why))
		return false;
	if (t->address.kind == SQL_SQLITE && !str_starts(url, S("/"))) {
		*why = SAY("database: is no URL (mysql://, mariadb://, postgresql://) and no path that begins with a slash");
		return false;
	}
	if (!str_empty(file)) {
		password = file_content(mem, file, PASSWORD_FILE_MAX, why);
		if (!str_given(password)) {
			*why = ARENA_CAT(mem, S("password_file: "), *why);
			return false;
		}
		password = str_trim(password);
	}
	t->address.password = str_empty(password) ? STR_ABSENT : password;
	return true;
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

struct user_table *
user_table_read(const struct conf *c, struct str name, struct arena *mem, struct str *why)
{
	struct user_table *t = arena_new(mem, struct user_table);

	*why = SAY("memory is exhausted");
	if (t == NULL)
		return NULL;
	t->name = arena_dup(mem, name);
	t->realm = text_of(c, mem, name, "realm");
	rules_read(t, c, mem);
	if (!address_read(t, c, mem, why) || !columns_read(t, value_of(c, name, "columns"), mem, why))
		return NULL;
	states_read(t, c, mem);
	*why = user_table_fault(mem, t);
	if (!str_given(*why) && mem->full)
		*why = SAY("memory is exhausted");
	return str_given(*why) ? NULL : t;
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
static const char *
realm_fault(const struct conf *c, const struct str *names, size_t i)
{
	struct str realm = value_of(c, names[i], "realm")->text;

	if (!realm_is_served(c, realm))
		return say("realm: no issuer uses this realm");
	for (size_t k = 0; k < i; k++)
		if (str_eq(value_of(c, names[k], "realm")->text, realm))
			return say("realm: another table is read for this realm already; join them in one statement or view");
	return NULL;
}

void
user_tables_are_consistent(const struct conf *c, struct findings *f)
{
	struct arena *mem = f->mem;
	const struct str *names;
	size_t n = conf_names(c, SEC_USER_TABLE, &names);

	for (size_t i = 0; i < n; i++) {
		const char *fault = realm_fault(c, names, i);
		struct str why = STR_ABSENT;
		const struct user_table *t = user_table_read(c, names[i], mem, &why);

		if (fault != NULL)
			complain(f, conf_where(c, SEC_USER_TABLE, names[i], "realm"), "user table %.*s: %s", STR_ARG(names[i]), fault);
		if (t == NULL || !sql_library_load(t->address.kind, mem, &why))
			complain(f, conf_where_said(c, SEC_USER_TABLE, names[i], why), "user table %.*s: %.*s", STR_ARG(names[i]), STR_ARG(why));
	}
}
