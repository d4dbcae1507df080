/* import/lone.c - a file with one list of rows: its name says of which table, else its columns do. */
#include "import/columns.h"

/*
 * '|' between names of which one is enough; they fit as columns.h has it. The first shape that a
 * table has is its own.
 */
#define NAME "username|user_name|login|login_name|account"
static const struct { const char *table, *columns;
} shapes[] = {
	{ "oauth_access_token", "token_id token authentication_id authentication" },
	{ "oauth_refresh_token", "token_id token authentication" },
	{ "oauth_approvals", "user_id client_id scope status" },
	{ "oauth_client_details",
	    "client_id|app_id|client_key|app_key "
	    "authorized_grant_types|authorization_grant_types|grant_types|"
	    "grant_type|allowed_grant_types" },
	{ "users", NAME " password|passwd|pwd|password_hash|encoded_password" },
	{ "authorities", NAME " authority|role|role_name" },
};

static bool
has_shape(struct spring *x, struct str all, struct str shape)
{
	while (str_given(shape)) {
		struct str names = str_cut(&shape, ' ');
		bool found = false;

		while (str_given(names) && !found)
			found = column_called(x, all, str_cut(&names, '|'), false) != NULL;
		if (!found)
			return false;
	}
	return true;
}

/* The operator's name for that table, if there is one. */
static struct str
wanted_name(const struct spring_options *o, struct str table)
{
	struct str said = str_is(table, "oauth_client_details") ? o->clients_table
	    : str_is(table, "users")                            ? o->users_table
	    : str_is(table, "authorities")                      ? o->authorities_table
								: STR_ABSENT;

	return str_given(said) ? said : table;
}

static bool
is_named(const struct spring_options *o, struct str lone)
{
	const struct str known[] = { o->clients_table, o->users_table, o->authorities_table,
		S("sys_oauth_client_details"), S("ClientDetails"), S("sys_user") };
	bool is = false;

	for (size_t i = 0; i < COUNT(known); i++)
		is = is || (str_given(known[i]) && str_eq_nocase(lone, known[i]));
	for (size_t i = 0; i < COUNT(shapes); i++)
		is = is || str_eq_nocase(lone, str_of(shapes[i].table));
	return is;
}

bool
spring_lone(struct spring *x)
{
	struct row_source *s = x->source;
	struct str all;
	json_t *rows;

	if (!str_given(s->lone) || is_named(x->options, s->lone))
		return true;
	s->alias = s->lone;
	if (source_table(s, s->lone, &rows, x->why) != TABLE_READ || !str_given(all = columns_of(x, rows)))
		return false;
	for (size_t i = 0; i < COUNT(shapes); i++) {
		if (!has_shape(x, all, str_of(shapes[i].columns)))
			continue;
		s->alias = wanted_name(x->options, str_of(shapes[i].table));
		finding_add(x->plan, FIND_LONE, ARENA_CAT(x->mem, S("file "), s->from), s->alias);
		return true;
	}
	*x->why = arena_say(x->mem,
	    "%.*s holds one list of rows, and neither its name nor its columns (%.*s) say of which table: name "
	    "the file after it (oauth_client_details, users ...), or say --clients-table %.*s, --users-table %.*s",
	    STR_ARG(s->from), STR_ARG(all), STR_ARG(s->lone), STR_ARG(s->lone));
	return false;
}
