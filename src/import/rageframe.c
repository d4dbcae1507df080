/*
 * import/rageframe.c - RageFrame 2, a PHP platform on league/oauth2-server. Its tables say neither grants
 * nor scopes of a client: every client might use all that the server had, and ask for any scope.
 */
#include "manage/check.h"
#include "import/client.h"
#include "import/live.h"
#include "import/rageframe.h"
#include "import/when.h"

static const char known[] = "id merchant_id title client_id client_secret redirect_uri remark group "
	"created_at updated_at";

/* Of members: what says nothing of logging in. Their column `role` is a number that means nothing to applications. */
#define MEMBER_KNOWN S("id merchant_id auth_key password_reset_token type realname nickname " \
	"head_portrait current_level gender qq birthday " \
	"visit_count home_phone role last_time last_ip province_id city_id area_id address pid level " \
	"tree promo_code certification_type source " \
	"store_id")
#define MEMBER_COLUMNS S("authorities=-")

/* scopes: of each client, those that its tokens have. */
struct rageframe { struct spring x; json_t *scopes; };

static struct str
table_of(struct rageframe *f, const char *name)
{
	struct str prefix = f->x.options->table_prefix;

	return ARENA_CAT(f->x.mem, str_given(prefix) ? prefix : S("rf_"), str_of(name));
}

/* --- tokens ----------------------------------------------------------------------------------- */

/*
 * kind: what becomes of one that is alive. An access token is a JWT of which the table has the id; the text
 * of a refresh token or code is encrypted under the platform's own key, and the table has only an id within
 * it.
 */
static const struct { const char *table; enum live kind; } token_tables[] = {
	{ "oauth2_access_token", LIVE_SIGNED }, { "oauth2_refresh_token", LIVE_SEALED },
	{ "oauth2_authorization_code", LIVE_CODE },
};

/* ["basic_info","order"], or null. */
static void
scopes_note(struct rageframe *f, const json_t *row)
{
	struct str client = cell(row, "client_id"), text = cell(row, "scope");
	json_t *list = str_empty(text) ? NULL : json_loadb(text.p, text.n, 0, NULL), *v, *all;
	const char *z = str_empty(client) ? NULL : arena_z(f->x.mem, client);
	size_t i;

	if (z != NULL && (all = json_object_get(f->scopes, z)) == NULL)
		json_object_set_new(f->scopes, z, all = json_object());
	json_array_foreach(list, i, v)
		if (z != NULL && json_string_length(v) > 0)
			json_object_set_new(all, json_string_value(v), json_true());
	json_decref(list);
}

static void
token_count(struct rageframe *f, const json_t *row, enum live kind, struct live_counts *counts)
{
	int64_t until_s;
	struct str status = cell(row, "status");

	scopes_note(f, row);
	if (!when_read(cell(row, "expires"), f->x.options->zone_s, &until_s))
		counts->n[LIVE_ORPHAN]++;
	else if (until_s > clock_now_s())
		counts->n[str_empty(status) || str_is(status, "1") ? kind : LIVE_ENDED]++;
}

/* Read always, for their scopes; counted where live tokens are wanted. */
static bool
tokens_read(struct rageframe *f)
{
	for (size_t t = 0; t < COUNT(token_tables); t++) {
		struct str table = table_of(f, token_tables[t].table);
		struct live_counts counts = { .n = { 0 } };
		json_t *rows, *row;
		size_t i;

		switch (table_try(&f->x, table, &rows)) {
		case TABLE_READ: break;
		case TABLE_MISSING: continue;
		default: return false;
		}
		json_array_foreach(rows, i, row)
			token_count(f, row, token_tables[t].kind, &counts);
		if (f->x.options->tokens)
			live_tell(&f->x, table, &counts);
	}
	return true;
}

/* --- clients ---------------------------------------------------------------------------------- */

/* A request without scope got basic_info. */
static json_t *
scopes_of(struct rageframe *f, struct str id)
{
	json_t *list = json_pack("[s]", "basic_info"), *v;
	const char *word;

	json_object_foreach(json_object_get(f->scopes, arena_z(f->x.mem, id)), word, v)
		if (strcmp(word, "basic_info") != 0)
			json_array_append_new(list, json_string(word));
	return list;
}

static void
client_read(struct rageframe *f, struct reading *r, struct str id)
{
	static const char offered[] = "authorization_code,implicit,password,client_credentials,refresh_token";
	struct str uri = str_trim(cell(r->row, "redirect_uri")), secret = cell(r->row, "client_secret");
	json_t *list = client_grants(r, S("grants"), S(offered)), *uris = json_array();

	if (uri.n > 0)
		json_array_append_new(uris, json_str(uri));
	if (!str_empty(cell(r->row, "title")))
		client_text(r, "name", cell(r->row, "title"));
	client_note(r, FIND_ALL_GRANTS, str_of(offered));
	if (str_empty(secret)) {
		client_note(r, FIND_SECRET_MISSING, STR_ABSENT);
		client_secret_lock(r);
	} else
		client_secret(r, secret);
	client_habits(r, list, (unsigned)(BIT(HABIT_PASSWORD_GRANT) | BIT(HABIT_IMPLICIT)));
	client_redirects(r, uris);
	json_object_set_new(r->out, "scopes", client_checked(r, S("scope"), scopes_of(f, id), check_scope));
	json_object_set_new(r->out, "grants", list);
}

static bool
rows_take(struct rageframe *f, struct str table, const json_t *rows)
{
	struct table_states states;
	json_t *seen = json_object();
	const json_t *row;
	size_t i;

	if (seen == NULL || !states_begin(&f->x, STATES_OF_CLIENTS, table, rows, &f->x.options->client_states,
	    &states)) {
		json_decref(seen);
		return false;
	}
	columns_judge(&f->x, table, rows, ARENA_CAT(f->x.mem, S(known), S(" "), states_columns(&states)));
	json_array_foreach(rows, i, row) {
		struct str id = str_trim(cell(row, "client_id"));
		struct reading r;

		if (client_begin(&r, &states, row, id, seen)) {
			client_read(f, &r, id);
			client_end(&r);
		}
	}
	json_decref(seen);
	return true;
}

static bool
clients_read(struct rageframe *f)
{
	struct str table = table_of(f, "oauth2_client");
	json_t *rows;

	switch (table_try(&f->x, table, &rows)) {
	case TABLE_READ: return rows_take(f, table, rows);
	case TABLE_MISSING:
		*f->x.why = arena_say(f->x.mem,
		    "there is no table %.*s: if its prefix is another, say --table-prefix", STR_ARG(table));
		return false;
	default: return false;
	}
}

/* --- members ---------------------------------------------------------------------------------- */

/* Their numbers stay, for they are the sub of tokens. */
static bool
members_read(struct rageframe *f)
{
	struct spring x = f->x;
	struct spring_options o = *x.options;

	x.options = &o;
	if (!str_given(o.users_table)) {
		o.users_table = table_of(f, "member");
		o.user_known = MEMBER_KNOWN;
		o.user_columns = str_given(o.user_columns) ? ARENA_CAT(x.mem, MEMBER_COLUMNS, S(","),
		    o.user_columns) : MEMBER_COLUMNS;
	}
	return spring_users(&x);
}

/* Secrets stand in clear there, unless their shape says otherwise. */
bool
rageframe_read(struct row_source *s, const struct spring_options *o, struct spring_plan *out, struct str *why)
{
	struct spring_options own = *o;
	struct rageframe f = { .x = { s, &own, out, s->mem, NULL, why }, .scopes = json_object() };
	bool ok;

	if (!str_given(own.client_encoding))
		own.client_encoding = S("noop");
	*why = SAY("memory is exhausted");
	ok = f.scopes != NULL && spring_plan_begin(out, s->mem) && tokens_read(&f) && clients_read(&f)
	    && members_read(&f);
	json_decref(f.scopes);
	return ok;
}
