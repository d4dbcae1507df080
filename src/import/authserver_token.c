/*
 * import/authserver_token.c - oauth2_authorization_consent, and the live tokens of oauth2_authorization, of
 * Spring Authorization Server 1.x; and the order in which its tables are read.
 */
#include "import/authserver.h"
#include "import/jackson.h"
#include "import/live.h"
#include "import/when.h"

#define AUTHORIZATIONS S("oauth2_authorization")
#define CONSENTS       S("oauth2_authorization_consent")

/* The client behind a row's registered_client_id; absent, and counted, when it is not there. */
static struct str
client_of(const json_t *ids, struct arena *mem, const json_t *row)
{
	struct str key = cell(row, "registered_client_id");
	const char *z = str_empty(key) ? NULL : arena_z(mem, key);

	return z != NULL ? json_member_str(ids, z) : STR_ABSENT;
}

/* --- consents --------------------------------------------------------------------------------- */

static void
consent_take(struct spring *x, const json_t *ids, const json_t *row, struct live_counts *counts)
{
	struct str client = client_of(ids, x->mem, row), user = cell(row, "principal_name");
	struct str rest = cell(row, "authorities");
	struct str of = ARENA_CAT(x->mem, SAY("approval of "), user, SAY(" for "), client);

	if (!str_given(client) || str_empty(user)) {
		counts->n[LIVE_ORPHAN]++;
		return;
	}
	while (str_given(rest)) {
		struct str word = str_trim(str_cut(&rest, ','));

		if (str_starts(word, S("SCOPE_")))
			approval_add(x, user, client, str_from(word, 6), 0);
		else if (word.n > 0)
			finding_add(x->plan, FIND_AUTHORITY, of, word);
	}
}

bool
authserver_consents(struct spring *x, const json_t *ids)
{
	struct live_counts counts = { .n = { 0 } };
	json_t *rows, *row;
	enum table_result found = table_try(x, CONSENTS, &rows);
	size_t i;

	if (found != TABLE_READ)
		return found == TABLE_MISSING;
	if (json_array_size(rows) > 0 && !str_given(x->options->issuer)) {
		finding_add(x->plan, FIND_NO_ISSUER, ARENA_CAT(x->mem, S("table "), CONSENTS), STR_ABSENT);
		return true;
	}
	x->plan->approvals_read = true;
	json_array_foreach(rows, i, row)
		consent_take(x, ids, row, &counts);
	live_tell(x, CONSENTS, &counts);
	return true;
}

/* --- tokens ----------------------------------------------------------------------------------- */

/*
 * One of the tokens of a row, by the head of its columns: "access_token" has access_token_value,
 * _expires_at and _metadata.
 */
struct part { struct str text; int64_t until_s; bool there, alive, ended; };

static struct str
column_of(struct spring *x, const json_t *row, const char *head, const char *tail)
{
	return cell(row, arena_z(x->scratch, ARENA_CAT(x->scratch, str_of(head), str_of(tail))));
}

static struct part
part_read(struct spring *x, const json_t *row, const char *head)
{
	struct part p = { .text = old_text(x->scratch, column_of(x, row, head, "_value")) };
	struct str until = column_of(x, row, head, "_expires_at");
	const json_t *more = jackson_read(x->scratch, old_text(x->scratch, column_of(x, row, head, "_metadata")));

	p.there = !str_empty(p.text);
	p.ended = json_is_true(json_object_get(more, "metadata.token.invalidated"));
	if (!str_empty(until) && !when_read(until, x->options->zone_s, &p.until_s))
		p.ended = true;                         /* nobody knows until when */
	p.alive = p.there && !p.ended && (str_empty(until) || p.until_s > clock_now_s());
	return p;
}

/* Scopes were separated by commas. */
static struct str
scopes_of(struct spring *x, const json_t *row)
{
	struct str rest = cell(row, "authorized_scopes");
	struct buf b;

	if (str_empty(rest))
		rest = cell(row, "access_token_scopes");
	buf_init(&b, x->scratch, 65536);
	while (str_given(rest)) {
		struct str word = str_trim(str_cut(&rest, ','));

		if (word.n > 0 && b.n > 0)
			buf_putc(&b, ' ');
		buf_put(&b, word);
	}
	return buf_str(&b);
}

/* What lives beside the refresh token; *access is taken where the issuer will find it by its text. */
static void
others_count(struct spring *x, const json_t *row, struct live_counts *counts, struct part *access)
{
	static const char *const codes[] = { "authorization_code", "device_code", "user_code" };

	*access = part_read(x, row, "access_token");
	for (size_t i = 0; i < COUNT(codes); i++)
		counts->n[LIVE_CODE] += part_read(x, row, codes[i]).alive;
	counts->n[LIVE_ENDED] += access->there && access->ended;
	if (!access->alive)
		return;
	if (is_signed(x->scratch, access->text))
		counts->n[LIVE_SIGNED]++;
	else if (!x->options->access_by_text)
		counts->n[LIVE_OPAQUE]++;
	access->alive = !is_signed(x->scratch, access->text) && x->options->access_by_text;
}

static void
authorization_take(struct spring *x, const json_t *ids, const json_t *row, struct live_counts *counts)
{
	bool own = str_is(cell(row, "authorization_grant_type"), "client_credentials");
	struct part refresh = part_read(x, row, "refresh_token"), access;
	struct spring_token t = { .client = client_of(ids, x->scratch, row), .scope = scopes_of(x, row) };

	others_count(x, row, counts, &access);
	counts->n[LIVE_ENDED] += refresh.there && refresh.ended;
	if (!access.alive && (!refresh.there || refresh.ended))
		return;
	t.user = own ? STR_ABSENT : cell(row, "principal_name");
	if (!str_given(t.client) || (!own && str_empty(t.user))) {
		counts->n[LIVE_ORPHAN]++;
		return;
	}
	t.access = access.alive ? access.text : STR_ABSENT;
	t.refresh = refresh.there && !refresh.ended ? refresh.text : STR_ABSENT;
	t.access_ms = access.until_s * 1000;
	t.refresh_ms = refresh.until_s * 1000;
	live_add(x, counts, &t);
}

bool
authserver_tokens(struct spring *x, const json_t *ids)
{
	struct live_counts counts = { .n = { 0 } };
	struct arena scratch;
	json_t *rows, *row;
	enum table_result found = table_try(x, AUTHORIZATIONS, &rows);
	size_t i;

	if (found != TABLE_READ)
		return found == TABLE_MISSING;
	if (!str_given(x->options->issuer)) {
		finding_add(x->plan, FIND_NO_ISSUER, ARENA_CAT(x->mem, S("table "), AUTHORIZATIONS), STR_ABSENT);
		return true;
	}
	x->plan->tokens_read = true;
	arena_init(&scratch, LIVE_ROW_MAX);
	x->scratch = &scratch;
	json_array_foreach(rows, i, row) {
		authorization_take(x, ids, row, &counts);
		arena_reset(&scratch);
	}
	arena_free(&scratch);
	live_tell(x, AUTHORIZATIONS, &counts);
	return true;
}

bool
authserver_read(struct row_source *s, const struct spring_options *o, struct spring_plan *out, struct str *why)
{
	struct spring x = { s, o, out, s->mem, NULL, why };
	json_t *ids = json_object();
	bool ok;

	*why = SAY("memory is exhausted");
	ok = ids != NULL && spring_plan_begin(out, s->mem) && authserver_clients(&x, ids)
	    && spring_users(&x) && authserver_consents(&x, ids)
	    && (!o->tokens || authserver_tokens(&x, ids));
	json_decref(ids);
	return ok;
}
