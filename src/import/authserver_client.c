/* import/authserver_client.c - oauth2_registered_client of Spring Authorization Server 1.x. */
#include "manage/check.h"
#include "import/authserver.h"
#include "import/client.h"
#include "import/jackson.h"
#include "import/when.h"

#define TABLE S("oauth2_registered_client")

static const char known[] = "id client_id client_id_issued_at client_secret client_secret_expires_at client_name "
	"client_authentication_methods authorization_grant_types redirect_uris "
	"post_logout_redirect_uris scopes client_settings "
	"token_settings create_time update_time created_at updated_at";

/* --- settings --------------------------------------------------------------------------------- */

/*
 * A member of client_settings or token_settings. usual: the value that the server gives it by itself, as JSON
 * without type information, a time in seconds; NULL: another row of this file reads the member.
 */
struct setting { const char *name, *usual; };
static const struct setting settings[] = {
	{ "settings.client.require-proof-key", NULL }, { "settings.client.require-authorization-consent", NULL },
	{ "settings.token.reuse-refresh-tokens", NULL }, { "settings.token.access-token-time-to-live", NULL },
	{ "settings.token.refresh-token-time-to-live", NULL },
	{ "settings.token.authorization-code-time-to-live", "300" },
	{ "settings.token.device-code-time-to-live", "300" },
	{ "settings.token.id-token-signature-algorithm", "\"RS256\"" },
	{ "settings.token.access-token-format", "\"self-contained\"" },
	{ "settings.token.x509-certificate-bound-access-tokens", "false" },
};

static bool
is_usual(const struct setting *s, const json_t *v)
{
	char text[64];
	int64_t seconds;
	size_t n;

	if (s->usual == NULL)
		return true;
	if (jackson_seconds(v, &seconds))
		n = (size_t)snprintf(text, sizeof text, "%lld", (long long)seconds);
	else
		n = json_dumpb(jackson_plain(v), text, sizeof text, JSON_ENCODE_ANY | JSON_COMPACT);
	return n <= sizeof text && str_is(str_span(text, n), s->usual);
}

/* What a client could do there and cannot here, or the other way round. */
static void
settings_judge(struct reading *r, const json_t *all)
{
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)all, name, v) {
		size_t i = 0;

		while (i < COUNT(settings) && strcmp(name, settings[i].name) != 0)
			i++;
		if (strcmp(name, "@class") != 0 && !json_is_null(v)
		    && (i == COUNT(settings) || !is_usual(&settings[i], v)))
			client_note(r, FIND_SETTING, str_of(name));
	}
}

/* Absent members are an empty object; a column that is no JSON is named, and *ok false. */
static const json_t *
settings_of(struct reading *r, const char *column, bool *ok)
{
	struct str text = old_text(r->x->mem, cell(r->row, column));
	const json_t *all = jackson_read(r->x->mem, str_empty(text) ? S("{}") : text);

	*ok = all != NULL;
	if (all == NULL)
		client_note(r, FIND_SETTINGS, str_of(column));
	else
		settings_judge(r, all);
	return all;
}

static void
life_read(struct reading *r, const json_t *all, const char *setting, const char *member)
{
	const json_t *v = json_object_get(all, setting);
	int64_t seconds;

	if (v == NULL || json_is_null(v))
		return;
	if (jackson_seconds(v, &seconds))
		client_life(r, setting, member, seconds);
	else
		client_note(r, FIND_NUMBER, str_of(setting));
}

/* Without consent there the user was never asked; with it, only openid went without saying. */
static void
consent_read(struct reading *r, const json_t *all, const json_t *scopes)
{
	static const char name[] = "settings.client.require-authorization-consent";

	if (all != NULL && !json_is_true(json_object_get(all, name))) {
		client_note(r, FIND_WILDCARD_APPROVE, S("require-authorization-consent: false"));
		json_object_set_new(r->out, "auto_approve", json_true());
	} else
		json_object_set_new(r->out, "auto_approve",
		    json_has_word(scopes, "openid") ? json_pack("[s]", "openid") : json_array());
	if (json_is_true(json_object_get(all, "settings.client.require-proof-key")) && !r->x->options->pkce)
		client_note(r, FIND_PKCE, STR_ABSENT);
}

/* --- the secret ------------------------------------------------------------------------------- */

/* How it may prove itself: by a secret, by nothing, or in a way that is not here. */
struct methods { bool secret, none; };

static struct methods
methods_read(struct reading *r)
{
	struct str rest = cell(r->row, "client_authentication_methods");
	struct methods m = { false, false };

	while (str_given(rest)) {
		struct str word = str_trim(str_cut(&rest, ','));

		if (str_is(word, "none"))
			m.none = true;
		else if (str_is(word, "client_secret_basic") || str_is(word, "client_secret_post")
		    || str_is(word, "basic") || str_is(word, "post"))
			m.secret = true;
		else if (word.n > 0)
			client_note(r, FIND_METHOD, word);
	}
	return m;
}

/* A secret that had expired opened nothing there. */
static bool
is_over(struct reading *r)
{
	struct str text = cell(r->row, "client_secret_expires_at");
	int64_t until_s;

	if (str_empty(text))
		return false;
	if (when_read(text, r->x->options->zone_s, &until_s) && until_s > clock_now_s()) {
		client_note(r, FIND_SECRET_EXPIRES, text);
		return false;
	}
	client_note(r, FIND_SECRET_EXPIRED, text);
	return true;
}

/* Whoever was no public client there does not become one here. */
static void
secret_read(struct reading *r)
{
	struct str stored = cell(r->row, "client_secret");
	struct methods m = methods_read(r);

	if (m.none && !m.secret)
		return;
	if (m.none)
		client_note(r, FIND_METHOD, S("none"));
	if (m.secret && !str_empty(stored) && !is_over(r))
		client_secret(r, stored);
	else
		client_secret_lock(r);
	if (m.secret && str_empty(stored))
		client_note(r, FIND_SECRET_MISSING, STR_ABSENT);
}

/* --- the row ---------------------------------------------------------------------------------- */

/* Redirect URIs were compared exactly there, and a secret was not taken from the query. */
static void
client_read(struct reading *r)
{
	json_t *scopes = client_words(r, S("scopes"), cell(r->row, "scopes"), true), *list;
	unsigned could = (unsigned)BIT(HABIT_PASSWORD_GRANT);
	bool ok;
	const json_t *all = settings_of(r, "token_settings", &ok);

	scopes = client_checked(r, S("scopes"), scopes, check_scope);
	list = client_grants(r, S("authorization_grant_types"), cell(r->row, "authorization_grant_types"));
	if (!str_empty(cell(r->row, "client_name")))
		client_text(r, "name", cell(r->row, "client_name"));
	if (json_is_true(json_object_get(all, "settings.token.reuse-refresh-tokens")))
		could |= (unsigned)BIT(HABIT_REFRESH_REUSE);
	life_read(r, all, "settings.token.access-token-time-to-live", "access_ttl_s");
	life_read(r, all, "settings.token.refresh-token-time-to-live", "refresh_ttl_s");
	secret_read(r);
	client_habits(r, list, could);
	client_redirects(r, client_words(r, S("redirect_uris"), cell(r->row, "redirect_uris"), true));
	if (!str_empty(cell(r->row, "post_logout_redirect_uris")))
		client_note(r, FIND_SETTING, S("post_logout_redirect_uris"));
	if (json_array_size(scopes) == 0)
		client_note(r, FIND_NO_SCOPES, STR_ABSENT);
	consent_read(r, settings_of(r, "client_settings", &ok), scopes);
	json_object_set_new(r->out, "grants", list);
	json_object_set_new(r->out, "scopes", scopes);
}

static void
row_take(const struct table_states *states, const json_t *row, json_t *seen, json_t *ids)
{
	struct str id = str_trim(cell(row, "client_id")), key = cell(row, "id");
	struct reading r;

	if (!client_begin(&r, states, row, id, seen))
		return;
	client_read(&r);
	client_end(&r);
	if (!str_empty(key))
		json_put_str(ids, arena_z(states->x->mem, key), id);
}

/* The secret's expiry is read here, by its own rule. */
static const struct str own[] = { S("client_secret_expires_at") };

bool
authserver_clients(struct spring *x, json_t *ids)
{
	struct state_mapping said = states_ignoring(x->mem, &x->options->client_states, own, COUNT(own));
	struct table_states states;
	json_t *rows, *row, *seen;
	size_t i;

	switch (table_try(x, TABLE, &rows)) {
	case TABLE_READ: break;
	case TABLE_MISSING: *x->why = SAY("there is no table oauth2_registered_client"); return false;
	default: return false;
	}
	if (!states_begin(x, STATES_OF_CLIENTS, TABLE, rows, &said, &states) || (seen = json_object()) == NULL)
		return false;
	columns_judge(x, TABLE, rows, ARENA_CAT(x->mem, S(known), S(" "), states_columns(&states)));
	json_array_foreach(rows, i, row)
		row_take(&states, row, seen, ids);
	json_decref(seen);
	return true;
}
