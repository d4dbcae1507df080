/*
 * import/spring_client.c - oauth_client_details, with the columns that products added, and the
 * customised table ClientDetails.
 */
#include <assert.h>

#include "manage/check.h"
#include "import/client.h"
#include "import/columns.h"
#include "import/spring_state.h"
#include "login/login.h"
#include "oauth/issuer.h"
#include "oauth/lists.h"

enum client_column {
	CLIENT_ID,
	CLIENT_SECRET,
	CLIENT_GRANTS,
	CLIENT_SCOPES,
	CLIENT_REDIRECTS,
	CLIENT_APPROVE,
	CLIENT_ACCESS_S,
	CLIENT_REFRESH_S,
	CLIENT_AUTHORITIES,
	CLIENT_RESOURCES,
	CLIENT_INFO,
	CLIENT_NAME,
	CLIENT_STATES,
	CLIENT_ENABLED = CLIENT_STATES,
	CLIENT_LOCKED,
	CLIENT_EXPIRED,
	CLIENT_STALE,
	CLIENT_DELETED,
	CLIENT_COLUMNS,
};
static_assert(CLIENT_COLUMNS - CLIENT_STATES == MAP_COUNT, "one column for each state");

/* A client without a secret is a public one, which is not to be guessed; nor are grants and scopes. */
static const struct column_row client_rows[CLIENT_COLUMNS] = {
	[CLIENT_ID] = { "id", "client_id app_id app_key client_key", COLUMN_MUST },
	[CLIENT_SECRET] = { "secret", "client_secret app_secret secret", COLUMN_SHOULD },
	[CLIENT_GRANTS] = { "grants",
	    "authorized_grant_types authorization_grant_types authorized_grant_type grant_types grant_type "
	    "allowed_grant_types grants",
	    COLUMN_MUST },
	[CLIENT_SCOPES] = { "scopes", "scope scopes client_scope client_scopes allowed_scopes", COLUMN_MUST },
	[CLIENT_REDIRECTS] = { "redirect_uris",
	    "web_server_redirect_uri web_server_redirect_uris registered_redirect_uri "
	    "registered_redirect_uris redirect_uri redirect_uris redirect_url redirect_urls callback_url "
	    "callback_urls callback_uri",
	    COLUMN_MAY },
	[CLIENT_APPROVE] = { "auto_approve", "autoapprove auto_approve_scopes auto_approve_scope",
	    COLUMN_MAY },
	[CLIENT_ACCESS_S] = { "access_ttl_s",
	    "access_token_validity access_token_validity_seconds access_token_ttl access_token_lifetime "
	    "access_token_time_to_live access_token_expires_in access_token_expire access_token_timeout",
	    COLUMN_MAY },
	[CLIENT_REFRESH_S] = { "refresh_ttl_s",
	    "refresh_token_validity refresh_token_validity_seconds refresh_token_ttl "
	    "refresh_token_lifetime refresh_token_time_to_live refresh_token_expires_in refresh_token_expire "
	    "refresh_token_timeout",
	    COLUMN_MAY },
	[CLIENT_AUTHORITIES] = { "authorities", "authorities authority", COLUMN_MAY },
	[CLIENT_RESOURCES] = { "resource_ids", "resource_ids resource_id", COLUMN_MAY },
	[CLIENT_INFO] = { "info", "additional_information additional_info", COLUMN_MAY },
	[CLIENT_NAME] = { "name", "client_name app_name name", COLUMN_MAY },
	[CLIENT_ENABLED] = { "enabled", "", COLUMN_MAY },
	[CLIENT_LOCKED] = { "locked", "", COLUMN_MAY },
	[CLIENT_EXPIRED] = { "expired", "", COLUMN_MAY },
	[CLIENT_STALE] = { "credentials_expired", "", COLUMN_MAY },
	[CLIENT_DELETED] = { "deleted", "", COLUMN_MAY },
};
static const struct column_set client_set = {
	"--client-columns",
	client_rows,
	CLIENT_COLUMNS,
	"client_secret_str id support_id_token id_token_validity create_time update_time creator_id "
	"created_at updated_at",
};

static struct str
value(const struct reading *r, enum client_column column)
{
	return columns_cell(r->m, column, r->row);
}

/* What the table calls it. */
static struct str
called(const struct reading *r, enum client_column column)
{
	return str_of(r->m->at[column]);
}

static json_t *
list_read(struct reading *r, enum client_column column, bool blanks)
{
	return client_words(r, called(r, column), value(r, column), blanks);
}

static json_t *
words_read(struct reading *r, enum client_column column, const char *(*check)(struct str))
{
	return client_checked(r, called(r, column), list_read(r, column, column == CLIENT_SCOPES), check);
}

static void
names_read(struct reading *r)
{
	struct str name = str_trim(value(r, CLIENT_NAME));
	const char *wrong = check_text(name);

	if (wrong != NULL)
		client_note(r, FIND_VALUE, client_what(r, called(r, CLIENT_NAME), name, wrong));
	else if (name.n > 0)
		client_text(r, "name", name);
}

static void
secret_read(struct reading *r)
{
	if (!str_empty(cell(r->row, "client_secret_str")))
		client_note(r, FIND_CLEAR_COLUMN, S("client_secret_str"));
	client_secret(r, value(r, CLIENT_SECRET));
}

/* The library gave a client without any these two. */
static json_t *
grants_read(struct reading *r)
{
	struct str said = str_trim(value(r, CLIENT_GRANTS));

	return client_grants(r, called(r, CLIENT_GRANTS),
	    said.n == 0 || str_is(said, "[]") ? S("authorization_code,refresh_token") : said);
}

/* The library's own column held patterns, of which "true" is one; one of another name may be a boolean. */
static bool
approves_all(const struct reading *r, struct str word)
{
	static const char *const yes[] = { "1", "t", "y", "yes", "on" };
	bool is = str_eq_nocase(word, S("true")) || str_is(word, ".*") || str_is(word, ".+");

	for (size_t i = 0; i < COUNT(yes) && !str_is(called(r, CLIENT_APPROVE), "autoapprove"); i++)
		is = is || str_eq_nocase(word, str_of(yes[i]));
	return is;
}

static bool
approves_none(const struct reading *r, struct str word)
{
	static const char *const no[] = { "0", "f", "n", "no", "off" };
	bool is = str_eq_nocase(word, S("false"));

	for (size_t i = 0; i < COUNT(no) && !str_is(called(r, CLIENT_APPROVE), "autoapprove"); i++)
		is = is || str_eq_nocase(word, str_of(no[i]));
	return is;
}

/* Each entry was a regular expression over scopes; a scope's own name, ".*" and ".+" are the ones in use. */
static void
approve_read(struct reading *r, const json_t *scopes)
{
	json_t *said = list_read(r, CLIENT_APPROVE, true), *words = json_array(), *v;
	bool all = false;
	size_t i;

	json_array_foreach(said, i, v) {
		struct str word = str_of(json_string_value(v));

		if (json_has_word(scopes, json_string_value(v)))
			json_array_append(words, v);
		else if (approves_all(r, word))
			all = true;
		else if (!approves_none(r, word) && !all)
			client_note(r, FIND_APPROVE_PATTERN, word);
	}
	if (all || (json_array_size(words) > 0 && json_array_size(words) == json_array_size(scopes)))
		client_note(r, FIND_WILDCARD_APPROVE, value(r, CLIENT_APPROVE));
	json_object_set_new(r->out, "auto_approve", all ? json_true() : json_incref(words));
	json_decref(words);
	json_decref(said);
}

/* "43200", also with a fraction of zeros. */
static bool
seconds_read(struct str s, int64_t *out)
{
	ptrdiff_t dot = str_index(s, '.');

	for (size_t i = (size_t)(dot + 1); dot > 0 && i < s.n; i++)
		if (s.p[i] != '0')
			return false;
	return str_int(dot > 0 ? str_sub(s, 0, (size_t)dot) : s, out);
}

/* NULL: the server's own; zero and less: for ever. */
static void
life_read(struct reading *r, enum client_column column)
{
	struct str s = str_trim(value(r, column));
	int64_t n;

	if (s.n == 0 || str_eq_nocase(s, S("null")))
		return;
	if (seconds_read(s, &n))
		client_life(r, r->m->at[column], client_rows[column].member, n);
	else
		client_note(r, FIND_NUMBER, ARENA_CAT(r->x->mem, called(r, column), S(" ("), s, S(")")));
}

static void
info_read(struct reading *r)
{
	struct str s = str_trim(value(r, CLIENT_INFO));
	json_t *info = s.n > 0 ? json_loadb(s.p, s.n, 0, NULL) : NULL;

	if (json_is_object(info))
		json_object_set(r->out, "info", info);
	else if (s.n > 0 && !str_eq_nocase(s, S("null")))
		client_note(r, FIND_INFO, STR_ABSENT);
	json_decref(info);
}

static void
client_read(struct reading *r)
{
	json_t *scopes = words_read(r, CLIENT_SCOPES, check_scope), *list;

	names_read(r);
	secret_read(r);
	list = grants_read(r);
	client_habits(r, list, ~0u);
	client_redirects(r, list_read(r, CLIENT_REDIRECTS, true));
	approve_read(r, scopes);
	life_read(r, CLIENT_ACCESS_S);
	life_read(r, CLIENT_REFRESH_S);
	info_read(r);
	if (json_array_size(scopes) == 0)
		client_note(r, FIND_NO_SCOPES, STR_ABSENT);
	json_object_set_new(r->out, "grants", list);
	json_object_set_new(r->out, "scopes", scopes);
	json_object_set_new(r->out, "authorities", words_read(r, CLIENT_AUTHORITIES, check_word));
	json_object_set_new(r->out, "resource_ids", words_read(r, CLIENT_RESOURCES, check_word));
}

/* --- the table -------------------------------------------------------------------------------- */

static void
row_take(const struct columns *m, const struct table_states *states, const json_t *row, json_t *seen)
{
	struct reading r;

	if (client_begin(&r, states, row, str_trim(columns_cell(m, CLIENT_ID, row)), seen)) {
		r.m = m;
		client_read(&r);
		client_end(&r);
	}
}

/* Does a row's client use a redirect URI? */
static bool
sends_back(const struct columns *m, const json_t *rows)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		struct str said = columns_cell(m, CLIENT_GRANTS, row);

		if (str_contains(said, S("authorization_code")) || str_contains(said, S("implicit")))
			return true;
	}
	return false;
}

/* The columns that were named for states, and what is known of the others. */
static bool
states_find(struct spring *x, const struct columns *m, const json_t *rows, struct table_states *states)
{
	struct state_mapping said = x->options->client_states;

	for (int i = 0; i < MAP_COUNT; i++)
		if (m->at[CLIENT_STATES + i] != NULL)
			said.column[i] = str_of(m->at[CLIENT_STATES + i]);
	return states_begin(x, STATES_OF_CLIENTS, m->table, rows, &said, states);
}

static bool
rows_take(struct spring *x, struct str table, const json_t *rows)
{
	struct table_states states;
	struct columns m;
	json_t *seen, *row;
	struct str read;
	size_t i;

	if (!columns_find(x, &client_set, table, rows, x->options->client_columns, &m)
	    || !states_find(x, &m, rows, &states))
		return false;
	read = states_columns(&states);
	if (!columns_need(x, &m, read) || (sends_back(&m, rows) && !columns_should(x, &m, CLIENT_REDIRECTS, read)))
		return false;
	columns_tell(x, &m, read, rows);
	seen = json_object();
	json_array_foreach(rows, i, row)
		row_take(&m, &states, row, seen);
	json_decref(seen);
	return true;
}

bool
spring_clients(struct spring *x)
{
	const struct str usual[] = { S("oauth_client_details"), S("sys_oauth_client_details"), S("ClientDetails") };
	struct str table = x->options->clients_table;
	enum table_result found = TABLE_MISSING;
	json_t *rows = NULL;

	if (str_given(table))
		found = table_try(x, table, &rows);
	for (size_t i = 0; !str_given(x->options->clients_table) && found == TABLE_MISSING && i < COUNT(usual); i++)
		found = table_try(x, table = usual[i], &rows);
	if (found == TABLE_MISSING)
		finding_add(x->plan, FIND_TABLE,
		    ARENA_CAT(x->mem, S("table "), str_given(x->options->clients_table) ? table : usual[0]),
		    STR_ABSENT);
	if (found != TABLE_READ)
		return found == TABLE_MISSING;
	return rows_take(x, table, rows);
}
