/* store/store.c - the doors of the room: each passes its call to the backend that opened the store. */
#include "store/store_int.h"

/* The embedded one; a database URL as the path will choose another row. */
static const struct store_backend *
backend_of(const struct store_conf *conf)
{
	(void)conf;
	return &store_sqlite;
}

void
store_hook_set(struct store *s, store_hook *hook, void *ctx)
{
	s->hook_ctx = ctx;
	s->hook = hook;
}

/* A request is about to read or to commit: a test may act here. */
static inline void
met(struct store *s)
{
	if (s->hook != NULL)
		s->hook(s->hook_ctx);
}

struct store *
store_open_with(const struct store_conf *conf, struct arena *mem, struct str *why, const char *tuning)
{
	return backend_of(conf)->open(conf, mem, why, tuning);
}

struct store *
store_open(const struct store_conf *conf, struct arena *mem, struct str *why)
{
	return store_open_with(conf, mem, why, NULL);
}

void
store_close(struct store *s)
{
	if (s != NULL)
		s->backend->close(s);
}

int
store_schema_version(struct store *s)
{
	return s->backend->schema_version(s);
}

bool
store_is_new(struct store *s)
{
	return s->backend->is_new(s);
}

bool
store_ready(struct store *s)
{
	return s->backend->ready(s);
}

/* --- reads ---------------------------------------------------------------------------------------------------------------- */

enum store_found
store_client(struct store *s, struct arena *mem, struct str realm, struct str id, struct client *out)
{
	met(s);
	return s->backend->client(s, mem, realm, id, out);
}

enum store_found
store_user_by_name(struct store *s, struct arena *mem, struct str realm, struct str name, struct user *out)
{
	met(s);
	return s->backend->user_by_name(s, mem, realm, name, out);
}

enum store_found
store_realm_folds(struct store *s, struct str realm, bool *folds)
{
	met(s);
	return s->backend->realm_folds(s, realm, folds);
}

int
store_names_together(struct store *s, struct arena *mem, struct str realm, int max, struct str (*out)[2])
{
	met(s);
	return s->backend->names_together(s, mem, realm, max, out);
}

enum store_found
store_user_by_id(struct store *s, struct arena *mem, struct str realm, const struct id16 *id, struct user *out)
{
	met(s);
	return s->backend->user_by_id(s, mem, realm, id, out);
}

enum store_found
store_user_by_phone(struct store *s, struct arena *mem, struct str realm, struct str phone, struct user *out)
{
	met(s);
	return s->backend->user_by_phone(s, mem, realm, phone, out);
}

enum store_found
store_user_by_open_id(struct store *s, struct arena *mem, struct str realm, struct str open_id, struct user *out)
{
	met(s);
	return s->backend->user_by_open_id(s, mem, realm, open_id, out);
}

enum store_found
store_session(struct store *s, struct arena *mem, const struct dig32 *digest, struct session *out)
{
	met(s);
	return s->backend->session(s, mem, digest, out);
}

enum store_found
store_pending(struct store *s, struct arena *mem, const struct id16 *id, struct pending *out)
{
	met(s);
	return s->backend->pending(s, mem, id, out);
}

enum store_found
store_pending_of_session(struct store *s, struct arena *mem, const struct dig32 *session, struct pending *out)
{
	met(s);
	return s->backend->pending_of_session(s, mem, session, out);
}

enum store_found
store_code(struct store *s, struct arena *mem, const struct dig32 *digest, struct code *out)
{
	met(s);
	return s->backend->code(s, mem, digest, out);
}

enum store_found
store_family(struct store *s, struct arena *mem, const struct id16 *id, struct family *out)
{
	met(s);
	return s->backend->family(s, mem, id, out);
}

enum store_found
store_family_by_digest(struct store *s, struct arena *mem, const struct dig32 *digest, struct family *out)
{
	met(s);
	return s->backend->family_by_digest(s, mem, digest, out);
}

enum store_found
store_token(struct store *s, struct arena *mem, const struct id16 *id, struct token *out)
{
	met(s);
	return s->backend->token(s, mem, id, out);
}

enum store_found
store_token_by_digest(struct store *s, struct arena *mem, const struct dig32 *digest, struct token *out)
{
	met(s);
	return s->backend->token_by_digest(s, mem, digest, out);
}

enum store_found
store_token_by_reuse(struct store *s, struct arena *mem, const struct dig32 *reuse, struct token *out)
{
	met(s);
	return s->backend->token_by_reuse(s, mem, reuse, out);
}

enum store_found
store_jti_revoked(struct store *s, const struct dig32 *jti)
{
	met(s);
	return s->backend->jti_revoked(s, jti);
}

enum store_found
store_jti_family(struct store *s, const struct dig32 *jti, struct id16 *family)
{
	met(s);
	return s->backend->jti_family(s, jti, family);
}

uint64_t
store_clients_epoch(struct store *s)
{
	met(s);
	return atomic_load_explicit(&s->clients_epoch, memory_order_acquire);
}

int64_t
store_version_new(void)
{
	uint64_t v;

	rand_bytes(&v, sizeof v);
	return (int64_t)(v >> 2 | 1);
}

enum store_found
store_throttle(struct store *s, char kind, const struct dig32 *key, struct throttle *out)
{
	met(s);
	return s->backend->throttle(s, kind, key, out);
}

enum store_found
store_one_time(struct store *s, const struct dig32 *key, struct one_time *out)
{
	met(s);
	return s->backend->one_time(s, key, out);
}

enum store_found
store_approvals(struct store *s, struct arena *mem, struct str issuer, const struct id16 *user, struct str client, int64_t now_s, struct str *scopes)
{
	met(s);
	return s->backend->approvals(s, mem, issuer, user, client, now_s, scopes);
}

int
store_tokens_of(struct store *s, struct arena *mem, struct str issuer, const struct id16 *user, struct str client, int64_t now_s, int max, struct token *out)
{
	met(s);
	return s->backend->tokens_of(s, mem, issuer, user, client, now_s, max, out);
}

enum store_found
store_live_scopes(struct store *s, struct arena *mem, struct str issuer, const struct id16 *user, struct str client, int64_t now_s, struct str *scopes)
{
	met(s);
	return s->backend->live_scopes(s, mem, issuer, user, client, now_s, scopes);
}

enum store_found
store_approval(struct store *s, const struct approval *key, int64_t *expires_s)
{
	met(s);
	return s->backend->approval(s, key, expires_s);
}

enum store_found
store_imported(struct store *s, struct arena *mem, const struct imported *key, struct imported *out)
{
	met(s);
	return s->backend->imported(s, mem, key, out);
}

int
store_imports(struct store *s, struct arena *mem, const struct imported *after, int max, struct imported *out)
{
	met(s);
	return s->backend->imports(s, mem, after, max, out);
}

/* --- lists ---------------------------------------------------------------------------------------------------------------- */

int
store_clients(struct store *s, struct arena *mem, struct str realm, struct str after, int max, struct client *out)
{
	met(s);
	return s->backend->clients(s, mem, realm, after, max, out);
}

int
store_users(struct store *s, struct arena *mem, struct str realm, struct str after, int max, struct user *out)
{
	met(s);
	return s->backend->users(s, mem, realm, after, max, out);
}

int
store_sessions(struct store *s, struct arena *mem, const struct id16 *user, const struct dig32 *after, int max,
    struct session *out)
{
	met(s);
	return s->backend->sessions(s, mem, user, after, max, out);
}

int
store_codes(struct store *s, struct arena *mem, const struct id16 *user, const struct dig32 *after, int max,
    struct code *out)
{
	met(s);
	return s->backend->codes(s, mem, user, after, max, out);
}

int
store_families(struct store *s, struct arena *mem, const struct family_walk *w, int max, struct family *out)
{
	met(s);
	return s->backend->families(s, mem, w, max, out);
}

int
store_tokens(struct store *s, struct arena *mem, const struct token_walk *w, int max, struct token *out)
{
	met(s);
	return s->backend->tokens(s, mem, w, max, out);
}

int
store_approval_rows(struct store *s, struct arena *mem, const struct approval_walk *w, int max, struct approval *out)
{
	met(s);
	return s->backend->approval_rows(s, mem, w, max, out);
}

enum store_found
store_user_counts(struct store *s, const struct id16 *user, struct str elsewhere, int64_t now_s, struct user_counts *out)
{
	met(s);
	return s->backend->user_counts(s, user, elsewhere, now_s, out);
}

int
store_keys(struct store *s, struct arena *mem, struct str issuer, int max, struct key_row *out)
{
	met(s);
	return s->backend->keys(s, mem, issuer, max, out);
}

enum store_found
store_has_keys(struct store *s)
{
	return s->backend->has_keys(s);
}

int
store_realms(struct store *s, struct arena *mem, int max, struct str *out)
{
	met(s);
	return s->backend->realms(s, mem, max, out);
}

int
store_habit_uses(struct store *s, struct arena *mem, struct str realm, struct str issuer, const struct habit_use *after, int max, struct habit_use *out)
{
	met(s);
	return s->backend->habit_uses(s, mem, realm, issuer, after, max, out);
}

enum store_found
store_habits_of(struct store *s, struct arena *mem, struct str realm, struct str client, struct str issuer, struct str *words)
{
	met(s);
	return s->backend->habits_of(s, mem, realm, client, issuer, words);
}

int
store_outgoing(struct store *s, struct arena *mem, char kind, const struct id16 *after, int max, struct outgoing *out)
{
	return s->backend->outgoing(s, mem, kind, after, max, out);
}

int
store_records(struct store *s, struct arena *mem, int max, struct kept_record *out)
{
	return s->backend->records(s, mem, max, out);
}

int64_t
store_habits_since(struct store *s)
{
	met(s);
	return s->backend->habits_since(s);
}

/* --- writes --------------------------------------------------------------------------------------------------------------- */

bool
store_commit_later(struct store *s, struct arena *mem, const struct store_op *ops, size_t n, void (*done)(void *ctx, enum store_result r), void *ctx)
{
	met(s);
	return n > 0 && n <= STORE_OPS_MAX && s->backend->commit_later(s, mem, ops, n, done, ctx);
}

enum store_result
store_commit(struct store *s, const struct store_op *ops, size_t n, size_t *lost)
{
	if (n == 0)
		return STORE_DONE;
	met(s);
	if (n > STORE_OPS_MAX)
		return STORE_FAILED;
	return s->backend->commit(s, ops, n, lost);
}

int
store_sweep(struct store *s, int64_t now_s, int rows, int64_t gone[STORE_KINDS])
{
	return s->backend->sweep(s, now_s, rows, gone);
}

void
store_stats(struct store *s, struct store_stats *out)
{
	s->backend->stats(s, out);
}
