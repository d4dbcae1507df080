/*
 * import/identityserver_grant.c - PersistedGrants of IdentityServer4 and Duende: consents and refresh
 * tokens; and the order of reading.
 */
#include "import/identityserver.h"
#include "import/live.h"
#include "import/when.h"

#define GRANTS "PersistedGrants"

/* --- a row ------------------------------------------------------------------------------------ */

/* One row; data NULL: it cannot be read, sealed when the old server encrypted it. */
struct grant { struct str type, client, user; const json_t *data; bool sealed, ended, there; int64_t until_s; };

static const json_t *
json_of(struct arena *mem, struct str text)
{
	json_t *v = str_given(text) ? json_loadb(text.p, text.n, 0, NULL) : NULL;

	return v != NULL && arena_defer(mem, (void (*)(void *))json_decref, v) ? v : NULL;
}

/* Duende puts it into {"PersistentGrantDataContainerVersion":1,"DataProtected":...,"Payload":"..."}. */
static void
data_read(struct arena *mem, const json_t *row, struct grant *g)
{
	g->data = json_of(mem, cell(row, "data"));
	if (json_object_get(g->data, "PersistentGrantDataContainerVersion") == NULL)
		return;
	g->sealed = json_is_true(json_object_get(g->data, "DataProtected"));
	g->data = g->sealed ? NULL : json_of(mem, json_member_str(g->data, "Payload"));
}

/* The name of a user by its id; without users of that kind the subject may be the name itself. */
static struct str
user_of(struct identityserver *s, const json_t *row)
{
	struct str subject = cell(row, "subjectid"), name;

	if (str_empty(subject))
		return STR_ABSENT;
	name = json_member_str(s->names, arena_z(s->x.scratch, subject));
	return str_given(name) || json_object_size(s->names) > 0 ? name : subject;
}

static struct grant
grant_read(struct identityserver *s, const json_t *row)
{
	struct grant g = { .type = cell(row, "type"), .client = cell(row, "clientid"), .user = user_of(s, row) };
	struct str until = cell(row, "expiration");

	data_read(s->x.scratch, row, &g);
	g.ended = !str_empty(cell(row, "consumedtime"))
	    || (!str_empty(until) && !when_read(until, s->x.options->zone_s, &g.until_s));
	g.there = !str_empty(g.client) && str_given(g.user) == !str_empty(cell(row, "subjectid"));
	return g;
}

/* --- refresh tokens and consents -------------------------------------------------------------- */

static void
scope_put(struct buf *b, struct str word)
{
	if (b->n > 0)
		buf_putc(b, ' ');
	buf_put(b, word);
}

/* Scopes are claims of the access token within; Duende says them beside it, too. */
static struct str
scopes_of(struct arena *mem, const json_t *data)
{
	const json_t *list = json_object_get(data, "AuthorizedScopes"), *one;
	const json_t *token = json_object_get(data, "AccessToken");
	const json_t *first = json_object_iter_value(json_object_iter(json_object_get(data, "AccessTokens")));
	struct buf b;
	size_t i;

	buf_init(&b, mem, 65536);
	json_array_foreach(list, i, one)
		if (json_is_string(one))
			scope_put(&b, str_of(json_string_value(one)));
	if (json_is_array(list))
		return buf_str(&b);
	json_array_foreach(json_object_get(token != NULL ? token : first, "Claims"), i, one)
		if (str_is(json_member_str(one, "Type"), "scope"))
			scope_put(&b, json_member_str(one, "Value"));
	return buf_str(&b);
}

/* base64 of IdentityServer4, hex digits of Duende: SHA-256 of the token and its kind. */
static bool
key_read(struct arena *mem, const json_t *row, struct str *out)
{
	struct str key = cell(row, "key");

	return !str_empty(key) && ((key.n == 64 && hex_decode(mem, key, out)) || b64_decode(mem, key, out))
	    && out->n == DIGEST_SIZE;
}

static void
refresh_take(struct identityserver *s, const json_t *row, const struct grant *g, struct live_counts *counts)
{
	struct spring_token t = { .client = g->client, .user = g->user, .refresh_ms = g->until_s * 1000 };

	if (g->data == NULL || !key_read(s->x.scratch, row, &t.handle)) {
		counts->n[g->sealed ? LIVE_SEALED : LIVE_ENDED]++;
		return;
	}
	t.scope = scopes_of(s->x.scratch, g->data);
	live_add(&s->x, counts, &t);
}

static void
consent_take(struct identityserver *s, const struct grant *g, struct live_counts *counts)
{
	const json_t *scope;
	size_t i;

	if (g->data == NULL)
		counts->n[g->sealed ? LIVE_SEALED : LIVE_ENDED]++;
	json_array_foreach(json_object_get(g->data, "Scopes"), i, scope)
		if (json_string_length(scope) > 0)
			approval_add(&s->x, g->user, g->client, str_of(json_string_value(scope)), g->until_s);
}

/* Nobody waits for a token that has run out. */
static bool
is_alive(const struct grant *g)
{
	return g->until_s == 0 || g->until_s > clock_now_s();
}

static void
grant_take(struct identityserver *s, const json_t *row, struct live_counts *counts)
{
	struct grant g = grant_read(s, row);
	bool tokens = s->x.options->tokens;

	if (str_is(g.type, "user_consent") ? !str_given(g.user) : !g.there)
		counts->n[LIVE_ORPHAN]++;
	else if (str_is(g.type, "user_consent"))
		consent_take(s, &g, counts);
	else if (tokens && g.ended)
		counts->n[LIVE_ENDED]++;
	else if (tokens && str_is(g.type, "refresh_token"))
		refresh_take(s, row, &g, counts);
	else if (tokens && is_alive(&g))
		counts->n[str_is(g.type, "reference_token") ? LIVE_OPAQUE : LIVE_CODE]++;
}

bool
identityserver_grants(struct identityserver *s)
{
	struct live_counts counts = { .n = { 0 } };
	struct arena scratch;
	json_t *rows, *row;
	enum table_result found = table_try(&s->x, S(GRANTS), &rows);
	size_t i;

	if (found == TABLE_MISSING)
		finding_add(s->x.plan, FIND_TABLE, S("table " GRANTS), STR_ABSENT);
	if (found != TABLE_READ)
		return found == TABLE_MISSING;
	if (json_array_size(rows) > 0 && !str_given(s->x.options->issuer)) {
		finding_add(s->x.plan, FIND_NO_ISSUER, S("table " GRANTS), STR_ABSENT);
		return true;
	}
	s->x.plan->approvals_read = true;
	s->x.plan->tokens_read = s->x.options->tokens;
	arena_init(&scratch, LIVE_ROW_MAX);
	s->x.scratch = &scratch;
	json_array_foreach(rows, i, row) {
		grant_take(s, row, &counts);
		arena_reset(&scratch);
	}
	arena_free(&scratch);
	live_tell(&s->x, S(GRANTS), &counts);
	return true;
}

bool
identityserver_read(struct row_source *source, const struct spring_options *o, struct spring_plan *out, struct str *why)
{
	struct identityserver s = { .x = { source, o, out, source->mem, NULL, why }, .names = json_object() };
	bool ok;

	*why = SAY("memory is exhausted");
	ok = s.names != NULL && spring_plan_begin(out, source->mem) && identityserver_clients(&s)
	    && identityserver_users(&s) && identityserver_grants(&s);
	json_decref(s.names);
	return ok;
}
