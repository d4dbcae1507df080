/*
 * import/spring_token.c - approvals, and live tokens: their digests, owners and expiries, read from
 * the serialized rows.
 */
#include <openssl/evp.h>

#include "import/columns.h"
#include "import/java.h"
#include "import/spring.h"
#include "import/when.h"
#include "jose/jose.h"
#include "store/store.h"

#define ROW_MEM_MAX (64u << 20)

enum { APPROVAL_USER, APPROVAL_CLIENT, APPROVAL_SCOPE, APPROVAL_STATUS, APPROVAL_EXPIRES };
static const struct column_row approval_rows[] = {
	[APPROVAL_USER] = { "userId", "user_id", COLUMN_MUST },
	[APPROVAL_CLIENT] = { "clientId", "client_id", COLUMN_MUST },
	[APPROVAL_SCOPE] = { "scope", "scope", COLUMN_MUST },
	[APPROVAL_STATUS] = { "status", "status", COLUMN_MUST },
	[APPROVAL_EXPIRES] = { "expiresAt", "expires_at", COLUMN_MUST },
};
static const struct column_set approval_set = { NULL, approval_rows, COUNT(approval_rows), "lastmodifiedat" };

/* A dump that has no binary columns says them in hex, under a name that tells so. */
static const struct column_row access_rows[] = {
	{ "token_id", "token_id", COLUMN_MUST }, { "token", "token token_hex", COLUMN_MUST },
};
static const struct column_row refresh_rows[] = {
	{ "token_id", "token_id", COLUMN_MUST }, { "token", "token token_hex", COLUMN_MUST },
	{ "authentication", "authentication authentication_hex", COLUMN_MUST },
};

/* Has the table what is read of it? */
static bool
columns_there(struct spring *x, const struct column_set *set, struct str table, const json_t *rows, struct columns *m)
{
	return columns_find(x, set, table, rows, STR_ABSENT, m) && columns_need(x, m, S(""));
}

void
approval_add(struct spring *x, struct str user, struct str client, struct str scope, int64_t expires_s)
{
	struct str issuer = x->options->issuer;
	json_t *one = json_pack("{s:s%, s:s%, s:s%, s:s%, s:I}", "issuer", issuer.p, issuer.n, "user", user.p, user.n,
		"client", client.p, client.n, "scope", scope.p, scope.n, "expires_s", (json_int_t)expires_s);

	if (one != NULL)
		json_array_append_new(x->plan->approvals, one);
}

static void
approval_take(struct spring *x, const struct columns *m, const json_t *row)
{
	struct str user = columns_cell(m, APPROVAL_USER, row), client = columns_cell(m, APPROVAL_CLIENT, row);
	struct str scope = columns_cell(m, APPROVAL_SCOPE, row);
	struct str of = ARENA_CAT(x->mem, SAY("approval of "), user, SAY(" for "), client);
	int64_t expires_s = 0;

	if (!str_is(str_trim(columns_cell(m, APPROVAL_STATUS, row)), "APPROVED")) {
		finding_add(x->plan, FIND_DENIED, of, scope);
		return;
	}
	if (str_empty(user) || str_empty(client) || str_empty(scope)
	    || !when_read(columns_cell(m, APPROVAL_EXPIRES, row), x->options->zone_s, &expires_s)) {
		finding_add(x->plan, FIND_NO_ID, S("table oauth_approvals"), STR_ABSENT);
		return;
	}
	approval_add(x, user, client, scope, expires_s);
}

bool
spring_approvals(struct spring *x)
{
	json_t *rows, *row;
	enum table_result found = table_try(x, S("oauth_approvals"), &rows);
	struct columns m;
	size_t i;

	if (found != TABLE_READ)
		return found == TABLE_MISSING;
	if (json_array_size(rows) > 0 && !str_given(x->options->issuer)) {
		finding_add(x->plan, FIND_NO_ISSUER, S("table oauth_approvals"), STR_ABSENT);
		return true;
	}
	if (!columns_there(x, &approval_set, S("oauth_approvals"), rows, &m))
		return false;
	x->plan->approvals_read = true;
	json_array_foreach(rows, i, row)
		approval_take(x, &m, row);
	return true;
}

/* --- tokens ----------------------------------------------------------------------------------- */

/* As the issuer looks for a text that is presented: see digest_of in oauth/. */
static void
digest_put(json_t *row, const char *member, struct str issuer, const char *kind, struct str text)
{
	uint8_t d[DIGEST_SIZE];
	char hex[2 * DIGEST_SIZE];

	SHA256(d, str_of(kind), S("\0"), issuer, S("\0"), text);
	hex_write(hex, d, sizeof d);
	json_object_set_new(row, member, json_stringn(hex, sizeof hex));
}

static int64_t
seconds(int64_t ms)
{
	return ms <= 0 ? 0 : ms < 1000 ? 1 : ms / 1000;
}

/* The jti of a JWT; absent when the text is none. */
static struct str
jti_of(struct arena *mem, struct str text)
{
	struct jwt t;

	return jwt_peek(mem, text, &t) ? json_member_str(t.claims, "jti") : STR_ABSENT;
}

/* The alg of a JWT that is signed with a shared secret (RFC 7518 3.2); absent for any other text. */
static struct str
hmac_of(struct arena *mem, struct str text)
{
	struct jwt t;
	struct str alg = jwt_peek(mem, text, &t) ? json_member_str(t.header, "alg") : STR_ABSENT;

	return str_starts(alg, S("HS")) ? alg : STR_ABSENT;
}

/* Said once: all tokens of a server are signed alike. */
static bool
is_hmac(struct spring_plan *p, struct arena *mem, struct str text)
{
	struct str alg = hmac_of(mem, text);

	if (str_given(alg) && !p->hmac_told)
		finding_add(p, FIND_HMAC, S("tokens"), alg);
	p->hmac_told = p->hmac_told || str_given(alg);
	return str_given(alg);
}

/* What makes the row: digests, or the id behind a refresh JWT. False: nothing does. */
static bool
evidence_put(struct spring_plan *p, const struct spring_options *o, const struct spring_token *t,
    struct arena *mem, json_t *row)
{
	struct str one = str_given(t->refresh) ? t->refresh : t->access, jti = jti_of(mem, one);
	struct id16 id;

	if (is_hmac(p, mem, one))
		return false;
	if (str_given(jti) != o->jwt) {
		finding_add(p, FIND_SHAPE, ARENA_CAT(mem, SAY("token of client "), t->client),
		    o->jwt ? S("opaque") : S("JWT"));
		return false;
	}
	if (o->jwt && (!str_given(t->refresh) || !uuid_read(jti, id.b)))
		return false;                           /* the key alone says that an access token is good */
	if (o->jwt)
		json_put_str(row, "family", jti);
	if (!o->jwt && str_given(t->access)) {
		digest_put(row, "access", o->issuer, "access", t->access);
		json_object_set_new(row, "access_expires_s", json_integer(seconds(t->access_ms)));
	}
	if (!o->jwt && str_given(t->refresh))
		digest_put(row, "refresh", o->issuer, "refresh", t->refresh);
	if (!o->jwt && str_given(t->handle))
		digest_put(row, "refresh", o->issuer, "refresh handle", t->handle);
	if (str_given(t->refresh) || str_given(t->handle))
		json_object_set_new(row, "refresh_expires_s", json_integer(seconds(t->refresh_ms)));
	return true;
}

bool
spring_token_add(struct spring_plan *p, const struct spring_options *o, const struct spring_token *t)
{
	json_t *row = json_pack("{s:s%, s:s%, s:s%}", "issuer", o->issuer.p, o->issuer.n, "client",
	    t->client.p, t->client.n, "scope", t->scope.p ? t->scope.p : "", t->scope.n);
	struct arena mem;
	bool made;

	if (row == NULL)
		return false;
	if (str_given(t->user))
		json_put_str(row, "user", t->user);
	arena_init(&mem, 4u << 20);
	made = evidence_put(p, o, t, &mem, row);
	arena_free(&mem);
	if (made)
		return json_array_append_new(p->tokens, row) == 0;
	json_decref(row);
	return true;
}

static bool
md5_is(struct str hex, struct str text)
{
	uint8_t d[EVP_MAX_MD_SIZE];
	char is[2 * EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (EVP_Digest(text.p, text.n, d, &n, EVP_md5(), NULL) != 1)
		return false;
	hex_write(is, d, n);
	return str_eq_nocase(hex, str_span(is, 2 * (size_t)n));
}

/* Hex digits, under the column's name or with "_hex" behind it; "\x" or "0x" before them. */
static bool
blob_of(struct spring *x, const json_t *row, const char *column, struct str *out)
{
	struct str hex = cell(row, column), raw;

	if (!str_given(hex))
		hex = cell(row, arena_z(x->scratch, ARENA_CAT(x->scratch, str_of(column), S("_hex"))));
	if (str_starts(hex, S("\\x")) || str_starts_nocase(hex, S("0x")))
		hex = str_from(hex, 2);
	return str_given(hex) && hex_decode(x->scratch, hex, &raw) && (*out = raw, true);
}

/* No token twice, and one access token a refresh token: the old server deleted the one before. */
static bool
is_stale(json_t *seen, struct arena *mem, struct str text)
{
	char *z = str_given(text) ? arena_z(mem, text) : NULL;

	if (z == NULL)
		return false;
	if (json_object_get(seen, z) != NULL)
		return true;
	json_object_set_new(seen, z, json_true());
	return false;
}

static void
token_note(struct spring *x, struct str of, const struct spring_token *t)
{
	char *z = str_given(t->user) ? arena_z(x->scratch, t->user) : NULL;

	if (str_given(t->access) && t->access_ms == 0)
		finding_add(x->plan, FIND_TOKEN_FOREVER, of, S("access_token"));
	if (str_given(t->refresh) && t->refresh_ms == 0)
		finding_add(x->plan, FIND_TOKEN_FOREVER, of, S("refresh_token"));
	if (z != NULL && json_object_get(x->plan->names, z) == NULL)
		finding_add(x->plan, FIND_USER, of, t->user);
}

/* --- whose they are --------------------------------------------------------------------------- */

/* A row in hand: its authentication, where it could be read. */
struct held { struct spring *x; const json_t *row; struct str of; bool readable; struct java_authentication a; };

static void
held_read(struct held *h, struct spring *x, const json_t *row)
{
	struct str blob;

	*h = (struct held){ .x = x,
		.row = row,
		.of = ARENA_CAT(x->scratch, S("token "), cell(row, "token_id")),
		.a.client_id = STR_ABSENT };
	h->readable = blob_of(x, row, "authentication", &blob) && java_authentication(x->scratch, blob, &h->a);
}

static bool
owner_unsure(const struct held *h)
{
	finding_add(h->x->plan, FIND_OWNER, h->of,
	    str_given(h->a.shape) ? h->a.shape : SAY("no authentication that can be read"));
	return false;
}

/*
 * The column user_name is what the old library's getName() gave; NULL: the client's own. Where
 * authentication and column contradict each other, nobody knows.
 */
static bool
access_owner(const struct held *h, struct str client, const struct java_words *scope, struct str *user)
{
	struct str key = cell(h->row, "authentication_id");

	*user = str_trim(cell(h->row, "user_name"));
	if (!str_empty(*user)) {
		if (h->readable && (h->a.client_only || (str_given(h->a.user_name) && !str_eq(h->a.user_name, *user))))
			return owner_unsure(h);
		principal_learn(&h->x->principals, h->x->scratch, &h->a, *user);
		return true;
	}
	*user = STR_ABSENT;
	if (h->readable)
		return h->a.client_only || (str_given(*user = h->a.user_name)) || owner_unsure(h);
	return (str_given(key) && str_eq_nocase(key, authentication_key(h->x->scratch, STR_ABSENT, client, scope)))
	    || owner_unsure(h);
}

/* Findings name a row by its token_id, which opens nothing. */
static void
access_take(struct spring *x, const json_t *row, json_t *seen)
{
	struct str blob, client = str_trim(cell(row, "client_id")), user;
	struct java_access_token t;
	struct spring_token one;
	struct held h;

	held_read(&h, x, row);
	if (str_empty(client))
		client = h.a.client_id;
	if (!blob_of(x, row, "token", &blob) || !java_access_token(x->scratch, blob, &t) || str_empty(client)) {
		finding_add(x->plan, FIND_BLOB, h.of, STR_ABSENT);
		return;
	}
	if (!md5_is(cell(row, "token_id"), t.value) || is_stale(seen, x->scratch, t.value)
	    || is_stale(seen, x->scratch, t.refresh)) {
		finding_add(x->plan, md5_is(cell(row, "token_id"), t.value) ? FIND_STALE : FIND_DIGEST, h.of,
		    STR_ABSENT);
		return;
	}
	if (!access_owner(&h, client, &t.scope, &user))
		return;
	one = (struct spring_token){ .client = client,
		.user = user,
		.scope = java_words_join(x->scratch, &t.scope),
		.access = t.value,
		.refresh = t.refresh,
		.access_ms = t.expires_ms,
		.refresh_ms = t.refresh_expires_ms };
	token_note(x, h.of, &one);
	spring_token_add(x->plan, x->options, &one);
}

/*
 * Refresh tokens whose access token is gone. No column says whose they are; the access tokens
 * before have taught which field does.
 */
static void
refresh_take(struct spring *x, const json_t *row, json_t *seen)
{
	struct java_refresh_token t;
	struct spring_token one;
	struct str blob, user;
	struct held h;

	held_read(&h, x, row);
	if (!blob_of(x, row, "token", &blob) || !java_refresh_token(x->scratch, blob, &t) || !h.readable) {
		finding_add(x->plan, FIND_BLOB, h.of, STR_ABSENT);
		return;
	}
	if (!md5_is(cell(row, "token_id"), t.value)) {
		finding_add(x->plan, FIND_DIGEST, h.of, STR_ABSENT);
		return;
	}
	if (is_stale(seen, x->scratch, t.value))
		return;
	if (principal_owner(&x->principals, x->scratch, &h.a, &user) == OWNER_UNSURE) {
		owner_unsure(&h);
		return;
	}
	one = (struct spring_token){ .client = h.a.client_id,
		.user = user,
		.scope = java_words_join(x->scratch, &h.a.scope),
		.access = STR_ABSENT,
		.refresh = t.value,
		.refresh_ms = t.expires_ms };
	token_note(x, h.of, &one);
	spring_token_add(x->plan, x->options, &one);
}

static bool
token_table(struct spring *x, struct str table, const struct column_set *set,
    void (*take)(struct spring *, const json_t *, json_t *), json_t *seen)
{
	json_t *rows, *row;
	struct columns m;
	enum table_result found = table_try(x, table, &rows);
	size_t i;

	if (found == TABLE_MISSING)
		finding_add(x->plan, FIND_TABLE, ARENA_CAT(x->mem, S("table "), table), STR_ABSENT);
	if (found != TABLE_READ)
		return found == TABLE_MISSING;
	if (!columns_there(x, set, table, rows, &m))
		return false;
	x->plan->tokens_read = true;
	json_array_foreach(rows, i, row) {
		take(x, row, seen);
		arena_reset(x->scratch);                /* rows are read by the hundred thousand */
	}
	return true;
}

bool
spring_tokens(struct spring *x)
{
	static const struct column_set access = { NULL, access_rows, COUNT(access_rows), "" };
	static const struct column_set refresh = { NULL, refresh_rows, COUNT(refresh_rows), "" };
	struct arena scratch;
	json_t *seen;
	bool ok;

	if (!str_given(x->options->issuer)) {
		finding_add(x->plan, FIND_NO_ISSUER, S("table oauth_access_token"), STR_ABSENT);
		return true;
	}
	arena_init(&scratch, ROW_MEM_MAX);
	x->scratch = &scratch;
	seen = json_object();
	ok = principals_begin(&x->principals) && token_table(x, S("oauth_access_token"), &access, access_take, seen)
	    && token_table(x, S("oauth_refresh_token"), &refresh, refresh_take, seen);
	x->plan->tokens_read = ok && x->plan->tokens_read;
	json_decref(seen);
	principals_end(&x->principals);
	arena_free(&scratch);
	return ok;
}
