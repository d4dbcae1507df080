/* import/spring_client.c - oauth_client_details, with the columns that products added, and the customised table ClientDetails. */
#include "import/client.h"
#include "import/spring_state.h"
#include "login/login.h"

static const char known[] = "client_id resource_ids client_secret scope authorized_grant_types web_server_redirect_uri authorities access_token_validity "
	"refresh_token_validity additional_information autoapprove app_name client_name client_secret_str id support_id_token id_token_validity create_time "
	"update_time creator_id created_at updated_at";
#define LIFE_MAX_S INT64_C(3153600000)
static const struct { const char *from, *to; } custom[] = {
	{ "appid", "client_id" }, { "resourceids", "resource_ids" }, { "appsecret", "client_secret" }, { "granttypes", "authorized_grant_types" },
	{ "redirecturl", "web_server_redirect_uri" }, { "additionalinformation", "additional_information" }, { "autoapprovescopes", "autoapprove" },
};

void
client_note(struct reading *r, enum finding f, struct str value)
{
	finding_add(r->x->plan, f, r->of, value);
}

void
client_text(struct reading *r, const char *member, struct str value)
{
	json_object_set_new(r->out, member, json_stringn(value.p, value.n));
}

/* "a,b" -> ["a","b"] */
json_t *
list_of(struct str rest)
{
	json_t *list = json_array();

	while (str_given(rest)) {
		struct str word = str_trim(str_cut(&rest, ','));
		if (word.n > 0)
			json_array_append_new(list, json_stringn(word.p, word.n));
	}
	return list;
}

static void
names_read(struct reading *r)
{
	struct str name = cell(r->row, "client_name");

	if (str_empty(name))
		name = cell(r->row, "app_name");
	if (!str_empty(name))
		client_text(r, "name", name);
}

void
client_secret(struct reading *r, struct str stored)
{
	struct str secret;
	bool clear;

	if (str_empty(stored))
		return;
	secret = encoded_read(r->x, stored, r->x->options->client_encoding, NULL, true, &clear);
	if (!str_given(secret)) {
		struct str prefix = password_prefix(stored);
		client_note(r, FIND_ENCODING, str_given(prefix) ? prefix : S("no prefix"));
		client_text(r, "secret_encoded", S("{unknown}"));  /* the check refuses the row: nobody gets in by a guess */
		return;
	}
	if (secret.n > 0)
		client_text(r, clear ? "secret" : "secret_encoded", secret);
	if (clear && secret.n > 0)
		client_note(r, FIND_CLEAR_SECRET, STR_ABSENT);
}

void
client_secret_lock(struct reading *r)
{
	client_text(r, "secret_encoded", SECRET_OF_NOBODY);
}

static void
secret_read(struct reading *r)
{
	if (!str_empty(cell(r->row, "client_secret_str")))
		client_note(r, FIND_CLEAR_COLUMN, S("client_secret_str"));
	client_secret(r, cell(r->row, "client_secret"));
}

static bool
grant_is_known(struct str name)
{
	for (size_t i = 0; i < GI_COUNT; i++)
		if (str_is(name, grants[i]->name))
			return true;
	return str_is(name, "implicit");
}

/* A grant's name in some products, and here. */
static struct str
grant_name(struct str word)
{
	static const struct { const char *there, *here; } names[] = { { "openId", "open_id" }, { "mobile", "sms" }, { "password_ad", "directory" } };

	for (size_t i = 0; i < COUNT(names); i++)
		if (str_is(word, names[i].there))
			return str_of(names[i].here);
	return word;
}

void
client_grant(struct reading *r, json_t *list, struct str word)
{
	word = grant_name(word);
	if (word.n > 0 && grant_is_known(word))
		json_array_append_new(list, json_stringn(word.p, word.n));
	else if (word.n > 0)
		client_note(r, FIND_GRANT, word);
}

json_t *
client_grants(struct reading *r, struct str words)
{
	json_t *list = json_array();

	while (str_given(words))
		client_grant(r, list, str_trim(str_cut(&words, ',')));
	return list;
}

/* The library gave a client without any these two. */
static json_t *
grants_read(struct reading *r)
{
	struct str words = cell(r->row, "authorized_grant_types");

	return client_grants(r, str_empty(words) ? S("authorization_code,refresh_token") : words);
}

/* What its old server let it do, and what a modern issuer never would. */
void
client_habits(struct reading *r, const json_t *list, unsigned could)
{
	bool browser = json_has_word(list, "authorization_code") || json_has_word(list, "implicit");
	bool secret = json_object_get(r->out, "secret") != NULL || json_object_get(r->out, "secret_encoded") != NULL;
	bool password = json_has_word(list, "password") || json_has_word(list, "mobile_password") || json_has_word(list, "directory");
	const struct { bool is; enum habit habit; } marks[] = {
		{ password, HABIT_PASSWORD_GRANT }, { json_has_word(list, "implicit"), HABIT_IMPLICIT }, { secret, HABIT_SECRET_IN_QUERY },
		{ json_has_word(list, "refresh_token"), HABIT_REFRESH_REUSE }, { browser, HABIT_LOOSE_REDIRECT },
		{ json_has_word(list, "open_id") || json_has_word(list, "wechat"), HABIT_BARE_OPENID },
	};
	json_t *words = json_array();
	struct str marked = S("");

	for (size_t i = 0; i < COUNT(marks); i++) {
		struct str word = str_of(habit_rows[marks[i].habit].word);

		if (!marks[i].is || !(could & BIT(marks[i].habit)))
			continue;
		json_array_append_new(words, json_stringn(word.p, word.n));
		marked = ARENA_CAT(r->x->mem, marked, marked.n > 0 ? S(" ") : S(""), word);
	}
	json_object_set_new(r->out, "legacy", words);
	if (marked.n > 0)
		client_note(r, FIND_MARKED, marked);
	if (json_has_word(list, "password"))
		client_note(r, FIND_WEAK_GRANT, S("password"));
	if (json_has_word(list, "implicit"))
		client_note(r, FIND_WEAK_GRANT, S("implicit"));
	if (!secret && (json_has_word(list, "password") || json_has_word(list, "client_credentials")))
		client_note(r, FIND_NO_SECRET, json_has_word(list, "password") ? S("password") : S("client_credentials"));
}

static bool
goes_unprotected(struct str uri)
{
	struct url u;

	return url_read(uri, &u) == NULL && u.web && !u.secure && u.kind != ADDRESS_LOOPBACK;
}

void
client_redirects(struct reading *r, json_t *list)
{
	json_t *v;
	size_t i;

	json_array_foreach(list, i, v) {
		struct str uri = str_of(json_string_value(v));
		if (goes_unprotected(uri))
			client_note(r, FIND_HTTP_REDIRECT, uri);
		if (redirect_speaks_as_response(uri))
			client_note(r, FIND_RESPONSE_QUERY, uri);
	}
	json_object_set_new(r->out, "redirect_uris", list);
}

/* Each entry was a regular expression over scopes; a scope's own name, ".*" and ".+" are the ones in use. */
static void
approve_read(struct reading *r, const json_t *scopes)
{
	struct str rest = cell(r->row, "autoapprove");
	json_t *words = json_array();
	bool all = false;

	while (str_given(rest)) {
		struct str word = str_trim(str_cut(&rest, ','));
		all = all || str_is(word, "true") || str_is(word, ".*") || str_is(word, ".+");
		if (word.n == 0 || str_is(word, "false") || all)
			continue;
		if (json_has_word(scopes, arena_z(r->x->mem, word)))
			json_array_append_new(words, json_stringn(word.p, word.n));
		else
			client_note(r, FIND_APPROVE_PATTERN, word);
	}
	if (all || (json_array_size(words) > 0 && json_array_size(words) == json_array_size(scopes)))
		client_note(r, FIND_WILDCARD_APPROVE, cell(r->row, "autoapprove"));
	if (all) {
		json_decref(words);
		json_object_set_new(r->out, "auto_approve", json_true());
	} else
		json_object_set_new(r->out, "auto_approve", words);
}

void
client_life(struct reading *r, const char *what, const char *member, int64_t seconds)
{
	if (seconds <= 0)
		client_note(r, FIND_NEVER_EXPIRES, str_of(what));
	json_object_set_new(r->out, member, json_integer(seconds <= 0 ? 0 : seconds > LIFE_MAX_S ? LIFE_MAX_S : seconds));
}

/* NULL: the server's own; zero and less: for ever. */
static void
life_read(struct reading *r, const char *column, const char *member)
{
	struct str value = cell(r->row, column);
	int64_t n;

	if (str_empty(value))
		return;
	if (!str_int(value, &n)) {
		client_note(r, FIND_NUMBER, str_of(column));
		return;
	}
	client_life(r, column, member, n);
}

static void
info_read(struct reading *r)
{
	struct str value = str_trim(cell(r->row, "additional_information"));
	json_t *info = value.n > 0 ? json_loadb(value.p, value.n, 0, NULL) : NULL;

	if (json_is_object(info))
		json_object_set(r->out, "info", info);
	else if (value.n > 0 && !str_is(value, "null"))
		client_note(r, FIND_INFO, STR_ABSENT);
	json_decref(info);
}

static void
client_read(struct reading *r)
{
	json_t *scopes = list_of(cell(r->row, "scope")), *list;

	names_read(r);
	secret_read(r);
	list = grants_read(r);
	client_habits(r, list, ~0u);
	client_redirects(r, list_of(cell(r->row, "web_server_redirect_uri")));
	approve_read(r, scopes);
	life_read(r, "access_token_validity", "access_ttl_s");
	life_read(r, "refresh_token_validity", "refresh_ttl_s");
	info_read(r);
	if (json_array_size(scopes) == 0)
		client_note(r, FIND_NO_SCOPES, STR_ABSENT);
	json_object_set_new(r->out, "grants", list);
	json_object_set_new(r->out, "scopes", scopes);
	json_object_set_new(r->out, "authorities", list_of(cell(r->row, "authorities")));
	json_object_set_new(r->out, "resource_ids", list_of(cell(r->row, "resource_ids")));
}

static void
columns_rename(json_t *row)
{
	for (size_t i = 0; i < COUNT(custom); i++) {
		json_t *v = json_object_get(row, custom[i].from);
		if (v != NULL && json_object_get(row, custom[i].to) == NULL && json_object_set(row, custom[i].to, v) == 0)
			json_object_del(row, custom[i].from);
	}
}

bool
client_begin(struct reading *r, const struct table_states *states, const json_t *row, struct str id, json_t *seen)
{
	struct spring *x = states->x;
	enum state state = states_of_row(states, row);
	const char *z = id.n > 0 ? arena_z(x->mem, id) : NULL;

	*r = (struct reading){ .x = x, .row = row, .of = ARENA_CAT(x->mem, S("client "), id) };
	if (state == STATE_DELETED) {
		finding_add(x->plan, FIND_DELETED, r->of, STR_ABSENT);
		return false;
	}
	if (z == NULL || json_object_get(seen, z) != NULL) {
		finding_add(x->plan, z == NULL ? FIND_NO_ID : FIND_TWICE, z == NULL ? ARENA_CAT(x->mem, S("table "), states->table) : r->of, STR_ABSENT);
		return false;
	}
	json_object_set_new(seen, z, json_true());
	if ((r->out = json_object()) == NULL)
		return false;
	client_text(r, "id", id);
	if (states->n > 0)
		json_object_set_new(r->out, "enabled", json_boolean(state == STATE_FINE));
	return true;
}

void
client_end(struct reading *r)
{
	json_array_append_new(r->x->plan->clients, r->out);
}

static void
row_take(const struct table_states *states, const json_t *row, json_t *seen)
{
	struct reading r;

	if (client_begin(&r, states, row, str_trim(cell(row, "client_id")), seen)) {
		client_read(&r);
		client_end(&r);
	}
}

static bool
rows_take(struct spring *x, struct str table, const json_t *rows)
{
	struct table_states states;
	json_t *seen = json_object(), *row;
	size_t i;

	if (!states_begin(x, STATES_OF_CLIENTS, table, rows, &x->options->client_states, &states)) {
		json_decref(seen);
		return false;
	}
	columns_judge(x, table, rows, ARENA_CAT(x->mem, S(known), S(" "), states_columns(&states)));
	json_array_foreach(rows, i, row)
		row_take(&states, row, seen);
	json_decref(seen);
	return true;
}

bool
spring_clients(struct spring *x)
{
	const struct str usual[] = { S("oauth_client_details"), S("sys_oauth_client_details"), S("ClientDetails"), S("clientdetails") };
	struct str table = x->options->clients_table;
	enum table_result found = TABLE_MISSING;
	json_t *rows = NULL, *row;
	size_t i;

	if (str_given(table))
		found = table_try(x, table, &rows);
	for (i = 0; !str_given(x->options->clients_table) && found == TABLE_MISSING && i < COUNT(usual); i++)
		found = table_try(x, table = usual[i], &rows);
	if (found == TABLE_MISSING)
		finding_add(x->plan, FIND_TABLE, ARENA_CAT(x->mem, S("table "), str_given(x->options->clients_table) ? table : usual[0]), STR_ABSENT);
	if (found != TABLE_READ)
		return found == TABLE_MISSING;
	json_array_foreach(rows, i, row)
		columns_rename(row);
	return rows_take(x, table, rows);
}
