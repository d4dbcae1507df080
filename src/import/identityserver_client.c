/*
 * import/identityserver_client.c - Clients of IdentityServer4 and Duende IdentityServer, with the tables
 * that hang from it.
 */
#include "manage/check.h"
#include "import/client.h"
#include "import/identityserver.h"
#include "import/when.h"

static const char known[] = "id enabled clientid protocoltype requireclientsecret clientname "
	"description clienturi logouri requireconsent "
	"allowrememberconsent alwaysincludeuserclaimsinidtoken requirepkce allowofflineaccess accesstokenlifetime "
	"absoluterefreshtokenlifetime slidingrefreshtokenlifetime refreshtokenusage "
	"refreshtokenexpiration identitytokenlifetime "
	"authorizationcodelifetime allowaccesstokensviabrowser includejwtid clientclaimsprefix "
	"created updated lastaccessed noneditable "
	"devicecodelifetime usercodetype frontchannellogoutsessionrequired "
	"backchannellogoutsessionrequired dpopvalidationmode dpopclockskew "
	"cibalifetime pollinginterval pushedauthorizationlifetime initiateloginuri";

/* What a client can have there and cannot here: the column, and the value that means that it has not. */
static const struct { const char *column, *usual; } settings[] = {
	{ "identitytokenlifetime", "300" }, { "authorizationcodelifetime", "300" },
	{ "accesstokentype", "0" }, { "requirerequestobject", "0" }, { "allowplaintextpkce", "0" },
	{ "requiredpop", "0" },
	{ "requirepushedauthorization", "0" }, { "frontchannellogouturi", "" }, { "backchannellogouturi", "" },
	{ "pairwisesubjectsalt", "" },
	{ "userssolifetime", "" }, { "enablelocallogin", "1" }, { "alwayssendclientclaims", "0" },
	{ "updateaccesstokenclaimsonrefresh", "0" },
	{ "allowedidentitytokensigningalgorithms", "" }, { "consentlifetime", "" },
	{ "coordinatelifetimewithusersession", "0" },
};

/* --- the tables that hang from it ------------------------------------------------------------- */

/* Rows by the id of the client that they belong to. */
enum child { SECRETS, GRANTS, REDIRECTS, LOGOUTS, SCOPES, ORIGINS, CLAIMS, PROPERTIES, PROVIDERS, CHILDREN };
static const struct { const char *table, *column; bool needed; } children[CHILDREN] = {
	[SECRETS] = { "ClientSecrets", "value", true }, [GRANTS] = { "ClientGrantTypes", "granttype", true },
	[REDIRECTS] = { "ClientRedirectUris", "redirecturi", true },
	[LOGOUTS] = { "ClientPostLogoutRedirectUris", "postlogoutredirecturi", false },
	[SCOPES] = { "ClientScopes", "scope", true }, [ORIGINS] = { "ClientCorsOrigins", "origin", false },
	[CLAIMS] = { "ClientClaims", "type", false }, [PROPERTIES] = { "ClientProperties", "key", false },
	[PROVIDERS] = { "ClientIdPRestrictions", "provider", false },
};
struct family_of { struct identityserver *s; json_t *of[CHILDREN]; };

static bool
child_read(struct identityserver *s, enum child c, json_t *into)
{
	json_t *rows, *row, *list;
	enum table_result found = table_try(&s->x, str_of(children[c].table), &rows);
	size_t i;

	if (found == TABLE_MISSING && children[c].needed)
		finding_add(s->x.plan, FIND_TABLE, ARENA_CAT(s->x.mem, S("table "), str_of(children[c].table)),
		    STR_ABSENT);
	if (found != TABLE_READ)
		return found == TABLE_MISSING;
	json_array_foreach(rows, i, row) {
		struct str owner = cell(row, "clientid");
		const char *z = str_empty(owner) ? NULL : arena_z(s->x.mem, owner);

		if (z != NULL && (list = json_object_get(into, z)) == NULL)
			json_object_set_new(into, z, list = json_array());
		if (z != NULL)
			json_array_append(list, row);
	}
	return true;
}

static bool
children_read(struct family_of *f)
{
	bool ok = true;

	for (int c = 0; ok && c < CHILDREN; c++)
		ok = (f->of[c] = json_object()) != NULL
		    && arena_defer(f->s->x.mem, (void (*)(void *))json_decref, f->of[c])
		    && child_read(f->s, (enum child)c, f->of[c]);
	return ok;
}

static const json_t *
rows_of(struct family_of *f, struct reading *r, enum child c)
{
	struct str id = cell(r->row, "id");

	return str_empty(id) ? NULL : json_object_get(f->of[c], arena_z(r->x->mem, id));
}

static json_t *
texts_of(struct family_of *f, struct reading *r, enum child c)
{
	json_t *list = json_array();
	const json_t *row;
	size_t i;

	json_array_foreach(rows_of(f, r, c), i, row) {
		struct str text = str_trim(cell(row, children[c].column));

		if (text.n > 0)
			json_array_append_new(list, json_str(text));
	}
	return list;
}

/* --- secrets ---------------------------------------------------------------------------------- */

static bool
is_over(struct reading *r, const json_t *row)
{
	struct str text = cell(row, "expiration");
	int64_t until_s;

	return !str_empty(text) && (!when_read(text, r->x->options->zone_s, &until_s) || until_s <= clock_now_s());
}

/* The later one; rows without a time are as old as their ids say. */
static bool
is_newer(struct reading *r, const json_t *a, const json_t *b)
{
	int64_t at = 0, bt = 0;

	when_read(cell(a, "created"), r->x->options->zone_s, &at);
	when_read(cell(b, "created"), r->x->options->zone_s, &bt);
	if (at == bt) {
		str_int(cell(a, "id"), &at);
		str_int(cell(b, "id"), &bt);
	}
	return at > bt;
}

/* A client had several, and each of those in force opened; here it has one, which is the last it was given. */
static const json_t *
secret_choose(struct reading *r, const json_t *rows, size_t *others)
{
	const json_t *row, *best = NULL;
	size_t i;

	*others = 0;
	json_array_foreach(rows, i, row) {
		struct str type = cell(row, "type");

		if (!str_empty(type) && !str_is(type, "SharedSecret"))
			client_note(r, FIND_METHOD, type);
		else if (is_over(r, row))
			client_note(r, FIND_SECRET_EXPIRED, cell(row, "expiration"));
		else if (best == NULL || is_newer(r, row, best)) {
			*others += best != NULL;
			best = row;
		} else
			++*others;
	}
	return best;
}

/* base64 of SHA-256 or SHA-512 of the secret; any other text is read as everywhere. */
static struct str
secret_encoding(struct arena *mem, struct str value)
{
	struct str raw;

	if (str_ends(value, S("=")) && b64_decode(mem, value, &raw) && (raw.n == 32 || raw.n == 64))
		return ARENA_CAT(mem, raw.n == 32 ? S("{SHA-256}") : S("{SHA-512}"), value);
	return value;
}

static void
secret_read(struct family_of *f, struct reading *r)
{
	const json_t *rows = rows_of(f, r, SECRETS), *row;
	size_t others;

	if (!identityserver_flag(r->row, "requireclientsecret", true))
		return;
	row = secret_choose(r, rows, &others);
	if (others > 0)
		client_note(r, FIND_OTHER_SECRETS, arena_printf(r->x->mem, "%zu", others));
	if (row != NULL && !str_empty(cell(row, "expiration")))
		client_note(r, FIND_SECRET_EXPIRES, cell(row, "expiration"));
	if (row != NULL && !str_empty(cell(row, "value"))) {
		client_secret(r, secret_encoding(r->x->mem, cell(row, "value")));
		return;
	}
	if (json_array_size(rows) == 0)
		client_note(r, FIND_SECRET_MISSING, STR_ABSENT);
	client_secret_lock(r);
}

/* --- the row ---------------------------------------------------------------------------------- */

/* Refresh tokens were for clients that could have offline access, and for requests with that scope. */
static json_t *
grants_read(struct family_of *f, struct reading *r, json_t *scopes)
{
	json_t *list = json_array(), *words = texts_of(f, r, GRANTS);
	const json_t *word;
	size_t i;

	json_array_foreach(words, i, word)
		client_grant(r, list, str_of(json_string_value(word)));
	json_decref(words);
	if (identityserver_flag(r->row, "allowofflineaccess", false)) {
		client_grant(r, list, S("refresh_token"));
		json_array_append_new(scopes, json_string("offline_access"));
	}
	return list;
}

static void
life_read(struct reading *r, const char *column, const char *member)
{
	int64_t seconds;

	if (str_int(cell(r->row, column), &seconds))
		client_life(r, column, member, seconds);
}

/* The absolute end of a family; where there was none, and tokens only slid on, the time they slid by. */
static void
lives_read(struct reading *r)
{
	bool slides = !str_is(cell(r->row, "refreshtokenexpiration"), "1");
	int64_t absolute = 0;

	str_int(cell(r->row, "absoluterefreshtokenlifetime"), &absolute);
	life_read(r, "accesstokenlifetime", "access_ttl_s");
	life_read(r, slides && absolute <= 0 ? "slidingrefreshtokenlifetime" : "absoluterefreshtokenlifetime",
	    "refresh_ttl_s");
	if (slides && identityserver_flag(r->row, "allowofflineaccess", false))
		client_note(r, FIND_SETTING, S("SlidingRefreshTokenLifetime"));
}

static bool
is_usual(struct str value, const char *usual)
{
	if (str_empty(value) || usual[0] == '\0')
		return str_empty(value);
	return str_is(value, usual) || (usual[0] == '0' && (str_eq_nocase(value, S("false")) || str_is(value, "f")))
	    || (usual[0] == '1' && (str_eq_nocase(value, S("true")) || str_is(value, "t")));
}

static void
rest_judge(struct family_of *f, struct reading *r)
{
	static const enum child more[] = { LOGOUTS, CLAIMS, PROPERTIES, PROVIDERS };

	for (size_t i = 0; i < COUNT(settings); i++)
		if (!is_usual(cell(r->row, settings[i].column), settings[i].usual))
			client_note(r, FIND_SETTING, str_of(settings[i].column));
	for (size_t i = 0; i < COUNT(more); i++)
		if (json_array_size(rows_of(f, r, more[i])) > 0)
			client_note(r, FIND_SETTING, str_of(children[more[i]].table));
	if (identityserver_flag(r->row, "requirepkce", false) && !r->x->options->pkce)
		client_note(r, FIND_PKCE, STR_ABSENT);
}

static void
consent_read(struct reading *r)
{
	if (identityserver_flag(r->row, "requireconsent", true)) {
		json_object_set_new(r->out, "auto_approve", json_array());
		return;
	}
	client_note(r, FIND_WILDCARD_APPROVE, S("RequireConsent: 0"));
	json_object_set_new(r->out, "auto_approve", json_true());
}

/* Redirect URIs were compared exactly there, and a secret was not taken from the query. */
static void
client_read(struct family_of *f, struct reading *r)
{
	json_t *scopes = client_checked(r, S("Scope"), texts_of(f, r, SCOPES), check_scope),
	    *list = grants_read(f, r, scopes);
	unsigned could = (unsigned)(BIT(HABIT_PASSWORD_GRANT) | BIT(HABIT_IMPLICIT));

	if (str_is(cell(r->row, "refreshtokenusage"), "0"))
		could |= (unsigned)BIT(HABIT_REFRESH_REUSE);
	if (!str_empty(cell(r->row, "clientname")))
		client_text(r, "name", cell(r->row, "clientname"));
	secret_read(f, r);
	client_habits(r, list, could);
	client_redirects(r, texts_of(f, r, REDIRECTS));
	json_object_set_new(r->out, "origins", client_checked(r, S("Origin"), texts_of(f, r, ORIGINS), check_origin));
	consent_read(r);
	lives_read(r);
	rest_judge(f, r);
	if (json_array_size(scopes) == 0)
		client_note(r, FIND_NO_SCOPES, STR_ABSENT);
	json_object_set_new(r->out, "grants", list);
	json_object_set_new(r->out, "scopes", scopes);
}

static void
row_take(struct family_of *f, const struct table_states *states, const json_t *row, json_t *seen)
{
	struct str id = str_trim(cell(row, "clientid")), protocol = cell(row, "protocoltype");
	struct reading r;

	if (!str_empty(protocol) && !str_is(protocol, "oidc")) {
		finding_add(states->x->plan, FIND_PROTOCOL, ARENA_CAT(states->x->mem, S("client "), id), protocol);
		return;
	}
	if (client_begin(&r, states, row, id, seen)) {
		client_read(f, &r);
		client_end(&r);
	}
}

/* Names that sound like states and are none. */
static const struct str own[] = { S("enablelocallogin"), S("refreshtokenexpiration") };

static struct str
columns_known(struct arena *mem, const struct table_states *states)
{
	struct str all = ARENA_CAT(mem, S(known), S(" "), states_columns(states));

	for (size_t i = 0; i < COUNT(settings); i++)
		all = ARENA_CAT(mem, all, S(" "), str_of(settings[i].column));
	return all;
}

bool
identityserver_clients(struct identityserver *s)
{
	struct state_mapping said = states_ignoring(s->x.mem, &s->x.options->client_states, own, COUNT(own));
	struct family_of f = { .s = s };
	struct table_states states;
	json_t *rows, *row, *seen;
	size_t i;

	switch (table_try(&s->x, S("Clients"), &rows)) {
	case TABLE_READ: break;
	case TABLE_MISSING: *s->x.why = SAY("there is no table Clients"); return false;
	default: return false;
	}
	if (!children_read(&f) || !states_begin(&s->x, STATES_OF_CLIENTS, S("Clients"), rows, &said, &states)
	    || (seen = json_object()) == NULL)
		return false;
	columns_judge(&s->x, S("Clients"), rows, columns_known(s->x.mem, &states));
	json_array_foreach(rows, i, row)
		row_take(&f, &states, row, seen);
	json_decref(seen);
	return true;
}
