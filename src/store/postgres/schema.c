/*
 * store/postgres/schema.c - the tables, as numbered migrations that only ever add, so that programs of
 * one version and of the next work on them side by side.
 */
#include "store/postgres/postgres_int.h"

/*
 * In the words of the embedded engine, which schema_words() turns into PostgreSQL's. No foreign keys, triggers or
 * sequences, so that the same tables suit an engine that is spread over machines. Texts compare by their bytes.
 *
 * needs: the oldest version of the tables' programs that may go on with them; ITSELF: no earlier one.
 */
#define ITSELF 0
static const struct { int needs; const char *sql; } migration[] = {
	{ 1,
	"CREATE TABLE clients (realm TEXT NOT NULL, id TEXT NOT NULL, name TEXT, secret TEXT, grants TEXT, "
	"scopes TEXT, redirect_uris TEXT, auto_approve TEXT, authorities TEXT, resource_ids TEXT, origins TEXT, "
	"acts_for TEXT, legacy TEXT, info TEXT, access_ttl_s INTEGER NOT NULL, refresh_ttl_s INTEGER NOT NULL, "
	"enabled INTEGER NOT NULL, created_s INTEGER NOT NULL, updated_s INTEGER NOT NULL, introspects TEXT, "
	"version INTEGER NOT NULL DEFAULT 1, not_before_s INTEGER NOT NULL DEFAULT 0, metadata TEXT, "
	"lease_s INTEGER NOT NULL DEFAULT 0, former_secret TEXT, former_until_s INTEGER NOT NULL DEFAULT 0, "
	"PRIMARY KEY (realm, id));"
	"CREATE TABLE users (realm TEXT NOT NULL, id BLOB NOT NULL, name TEXT NOT NULL, display_name TEXT, "
	"phone TEXT, email TEXT, open_id TEXT, account_type TEXT, password TEXT, authorities TEXT, "
	"number INTEGER NOT NULL, enabled INTEGER NOT NULL, locked INTEGER NOT NULL, created_s INTEGER NOT NULL, "
	"updated_s INTEGER NOT NULL, origin TEXT, version INTEGER NOT NULL DEFAULT 1, "
	"not_before_s INTEGER NOT NULL DEFAULT 0, entry TEXT, shut TEXT, mark TEXT, "
	"checked_s INTEGER NOT NULL DEFAULT 0, fold TEXT, claims TEXT, folded TEXT NOT NULL DEFAULT '', "
	"password_s INTEGER NOT NULL DEFAULT 0, must_change INTEGER NOT NULL DEFAULT 0, "
	"PRIMARY KEY (realm, id));"
	"CREATE UNIQUE INDEX users_name ON users (realm, name);"
	"CREATE INDEX users_phone ON users (realm, phone, coalesce(origin, '')) WHERE phone <> '';"
	"CREATE INDEX users_open_id ON users (realm, open_id, coalesce(origin, '')) WHERE open_id <> '';"
	"CREATE UNIQUE INDEX users_fold ON users (realm, fold) WHERE fold IS NOT NULL;"
	"CREATE INDEX users_email ON users (realm, lower(email)) WHERE email <> '';"
	"CREATE TABLE sessions (digest BLOB NOT NULL, issuer TEXT NOT NULL, user_id BLOB, user_name TEXT, "
	"account_type TEXT, auth_s INTEGER NOT NULL, seen_s INTEGER NOT NULL, expires_s INTEGER NOT NULL, "
	"address TEXT, agent TEXT, client TEXT, answered INTEGER NOT NULL DEFAULT 0, request BLOB, amr TEXT, "
	"factor_s INTEGER NOT NULL DEFAULT 0, device TEXT, idle_s INTEGER NOT NULL DEFAULT 0, "
	"refresh_ends INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (digest));"
	"CREATE INDEX sessions_user ON sessions (user_id);"
	"CREATE INDEX sessions_expires ON sessions (expires_s) WHERE expires_s > 0;"
	"CREATE INDEX sessions_begun ON sessions (user_id, auth_s DESC, digest);"
	"CREATE TABLE pendings (id BLOB NOT NULL, session BLOB NOT NULL, issuer TEXT NOT NULL, data TEXT, "
	"expires_s INTEGER NOT NULL, client TEXT, user_id BLOB, user_name TEXT, account_type TEXT, scope TEXT, "
	"nonce TEXT, auth_s INTEGER NOT NULL DEFAULT 0, extra TEXT, PRIMARY KEY (id));"
	"CREATE INDEX pendings_session ON pendings (session);"
	"CREATE INDEX pendings_expires ON pendings (expires_s) WHERE expires_s > 0;"
	"CREATE INDEX pendings_user ON pendings (user_id);"
	"CREATE INDEX pendings_client ON pendings (client);"
	"CREATE TABLE codes (digest BLOB NOT NULL, issuer TEXT NOT NULL, client TEXT NOT NULL, user_id BLOB, "
	"user_name TEXT, redirect_uri TEXT, redirect_sent INTEGER NOT NULL, scope TEXT, challenge TEXT, "
	"nonce TEXT, account_type TEXT, auth_s INTEGER NOT NULL, issued_s INTEGER NOT NULL, "
	"expires_s INTEGER NOT NULL, state INTEGER NOT NULL, family BLOB, extra TEXT, PRIMARY KEY (digest));"
	"CREATE INDEX codes_user ON codes (user_id);"
	"CREATE INDEX codes_client ON codes (client);"
	"CREATE INDEX codes_expires ON codes (expires_s) WHERE expires_s > 0;"
	"CREATE TABLE families (id BLOB NOT NULL, issuer TEXT NOT NULL, client TEXT NOT NULL, user_id BLOB, "
	"user_name TEXT, scope TEXT, account_type TEXT, nonce TEXT, digest BLOB, refreshable INTEGER NOT NULL, "
	"generation INTEGER NOT NULL, rotated_ms INTEGER NOT NULL, auth_s INTEGER NOT NULL, "
	"issued_s INTEGER NOT NULL, expires_s INTEGER NOT NULL, state INTEGER NOT NULL, grant_name TEXT, "
	"extra TEXT, PRIMARY KEY (id));"
	"CREATE UNIQUE INDEX families_digest ON families (digest) WHERE digest IS NOT NULL;"
	"CREATE INDEX families_client ON families (client);"
	"CREATE INDEX families_expires ON families (expires_s) WHERE expires_s > 0;"
	"CREATE INDEX families_user ON families (user_id, state, client);"
	"CREATE TABLE tokens (id BLOB NOT NULL, issuer TEXT NOT NULL, client TEXT NOT NULL, user_id BLOB, "
	"user_name TEXT, scope TEXT, account_type TEXT, family BLOB, digest BLOB, reuse BLOB, "
	"issued_s INTEGER NOT NULL, expires_s INTEGER NOT NULL, keep_s INTEGER NOT NULL, nonce TEXT, "
	"auth_s INTEGER NOT NULL DEFAULT 0, extra TEXT, PRIMARY KEY (id));"
	"CREATE UNIQUE INDEX tokens_digest ON tokens (digest) WHERE digest IS NOT NULL;"
	"CREATE UNIQUE INDEX tokens_reuse ON tokens (reuse) WHERE reuse IS NOT NULL;"
	"CREATE INDEX tokens_family ON tokens (family) WHERE family IS NOT NULL;"
	"CREATE INDEX tokens_user ON tokens (user_id) WHERE user_id IS NOT NULL;"
	"CREATE INDEX tokens_client ON tokens (client) WHERE family IS NULL;"
	"CREATE INDEX tokens_keep ON tokens (keep_s) WHERE keep_s > 0;"
	"CREATE TABLE approvals (user_id BLOB NOT NULL, issuer TEXT NOT NULL, client TEXT NOT NULL, "
	"scope TEXT NOT NULL, expires_s INTEGER NOT NULL, PRIMARY KEY (user_id, issuer, client, scope));"
	"CREATE INDEX approvals_client ON approvals (client);"
	"CREATE INDEX approvals_expires ON approvals (expires_s) WHERE expires_s > 0;"
	"CREATE TABLE revoked_jtis (jti BLOB NOT NULL, expires_s INTEGER NOT NULL, PRIMARY KEY (jti));"
	"CREATE INDEX revoked_jtis_expires ON revoked_jtis (expires_s) WHERE expires_s > 0;"
	"CREATE TABLE signing_keys (issuer TEXT NOT NULL, kid TEXT NOT NULL, alg TEXT, state TEXT, sealed BLOB, "
	"created_s INTEGER NOT NULL, active_s INTEGER NOT NULL, retired_s INTEGER NOT NULL, PRIMARY KEY (issuer, "
	"kid));"
	"CREATE TABLE throttles (kind INTEGER NOT NULL, what BLOB NOT NULL, failures INTEGER NOT NULL, "
	"first_s INTEGER NOT NULL, until_ms INTEGER NOT NULL, keep_s INTEGER NOT NULL, PRIMARY KEY (kind, what));"
	"CREATE INDEX throttles_keep ON throttles (keep_s);"
	"CREATE TABLE probes (id INTEGER NOT NULL, at_s INTEGER NOT NULL, ballast BLOB, PRIMARY KEY (id));"
	"CREATE TABLE one_time_codes (what BLOB NOT NULL, code BLOB NOT NULL, tries INTEGER NOT NULL, "
	"sent_s INTEGER NOT NULL, expires_s INTEGER NOT NULL, spent INTEGER NOT NULL, PRIMARY KEY (what));"
	"CREATE INDEX one_time_codes_expires ON one_time_codes (expires_s);"
	"CREATE TABLE quotas (what BLOB NOT NULL, used INTEGER NOT NULL, expires_s INTEGER NOT NULL, "
	"PRIMARY KEY (what));"
	"CREATE INDEX quotas_expires ON quotas (expires_s);"
	"CREATE TABLE habit_uses (issuer TEXT NOT NULL, client TEXT NOT NULL, endpoint TEXT NOT NULL, "
	"habit TEXT NOT NULL, realm TEXT NOT NULL, first_s INTEGER NOT NULL, last_s INTEGER NOT NULL, "
	"uses INTEGER NOT NULL, PRIMARY KEY (issuer, client, endpoint, habit));"
	"CREATE INDEX habit_uses_client ON habit_uses (realm, client);"
	"CREATE TABLE outgoing (id BLOB NOT NULL, kind INTEGER NOT NULL, issuer TEXT NOT NULL, "
	"sealed BLOB NOT NULL, begun INTEGER NOT NULL, created_s INTEGER NOT NULL, not_after_s INTEGER NOT NULL, "
	"user_id BLOB, PRIMARY KEY (id));"
	"CREATE INDEX outgoing_expires ON outgoing (not_after_s);"
	"CREATE INDEX outgoing_user ON outgoing (user_id) WHERE user_id IS NOT NULL;"
	"CREATE TABLE tombstones (what BLOB NOT NULL, not_before_s INTEGER NOT NULL, PRIMARY KEY (what));"
	"CREATE TABLE jtis (jti BLOB NOT NULL, family BLOB NOT NULL, expires_s INTEGER NOT NULL, "
	"PRIMARY KEY (jti));"
	"CREATE INDEX jtis_expires ON jtis (expires_s) WHERE expires_s > 0;"
	"CREATE TABLE imports (realm TEXT NOT NULL, source TEXT NOT NULL, kind INTEGER NOT NULL, "
	"what BLOB NOT NULL, base TEXT NOT NULL, version INTEGER NOT NULL, at_s INTEGER NOT NULL, "
	"expires_s INTEGER NOT NULL, PRIMARY KEY (realm, source, kind, what));"
	"CREATE INDEX imports_expires ON imports (expires_s) WHERE expires_s > 0;"
	"CREATE TABLE records (id BLOB NOT NULL, line TEXT NOT NULL, PRIMARY KEY (id));"
	"CREATE TABLE realm_rules (realm TEXT NOT NULL, folds INTEGER NOT NULL, salt BLOB, PRIMARY KEY (realm));"
	"CREATE TABLE interactions (id BLOB NOT NULL, issuer TEXT NOT NULL, network BLOB NOT NULL, "
	"data TEXT NOT NULL, expires_s INTEGER NOT NULL, PRIMARY KEY (id));"
	"CREATE INDEX interactions_network ON interactions (network, id);"
	"CREATE INDEX interactions_expires ON interactions (expires_s);"
	"CREATE TABLE session_clients (id BLOB NOT NULL, session BLOB NOT NULL, issuer TEXT NOT NULL, "
	"client TEXT NOT NULL, user_id BLOB NOT NULL, sid TEXT NOT NULL, state INTEGER NOT NULL, "
	"status INTEGER NOT NULL, tries INTEGER NOT NULL, told_s INTEGER NOT NULL, expires_s INTEGER NOT NULL, "
	"PRIMARY KEY (id));"
	"CREATE UNIQUE INDEX session_clients_sid ON session_clients (sid, client);"
	"CREATE INDEX session_clients_session ON session_clients (session);"
	"CREATE INDEX session_clients_user ON session_clients (user_id);"
	"CREATE INDEX session_clients_client ON session_clients (client);"
	"CREATE INDEX session_clients_ended ON session_clients (id) WHERE state = 1;"
	"CREATE INDEX session_clients_expires ON session_clients (expires_s) WHERE expires_s > 0 AND state <> 1;"
	"CREATE TABLE resource_servers (realm TEXT NOT NULL, id TEXT NOT NULL, name TEXT, scopes TEXT, "
	"signing_alg TEXT, typ TEXT, shape TEXT, access_ttl_s INTEGER NOT NULL, enabled INTEGER NOT NULL, "
	"created_s INTEGER NOT NULL, updated_s INTEGER NOT NULL, version INTEGER NOT NULL, sign_out_uri TEXT, "
	"PRIMARY KEY (realm, id));"
	"CREATE TABLE registrations (realm TEXT NOT NULL, client TEXT NOT NULL, issuer TEXT NOT NULL, "
	"made_by TEXT NOT NULL, address TEXT NOT NULL, token BLOB NOT NULL, created_s INTEGER NOT NULL, "
	"expires_s INTEGER NOT NULL, fresh_s INTEGER NOT NULL, PRIMARY KEY (realm, client));"
	"CREATE INDEX registrations_expire ON registrations (expires_s) WHERE expires_s > 0;"
	"CREATE TABLE initial_tokens (id BLOB NOT NULL, realm TEXT NOT NULL, name TEXT NOT NULL, "
	"digest BLOB NOT NULL, uses INTEGER NOT NULL, created_s INTEGER NOT NULL, expires_s INTEGER NOT NULL, "
	"PRIMARY KEY (id));"
	"CREATE UNIQUE INDEX initial_tokens_name ON initial_tokens (realm, name);"
	"CREATE UNIQUE INDEX initial_tokens_digest ON initial_tokens (realm, digest);"
	"CREATE INDEX initial_tokens_expire ON initial_tokens (expires_s) WHERE expires_s > 0;"
	"CREATE TABLE credential_uses (realm TEXT NOT NULL, client TEXT NOT NULL, credential TEXT NOT NULL, "
	"last_s INTEGER NOT NULL, PRIMARY KEY (realm, client, credential));"
	"CREATE TABLE pushed (id BLOB NOT NULL, issuer TEXT NOT NULL, client TEXT NOT NULL, "
	"source BLOB NOT NULL, data TEXT NOT NULL, until_s INTEGER NOT NULL, expires_s INTEGER NOT NULL, "
	"PRIMARY KEY (id));"
	"CREATE INDEX pushed_source ON pushed (source, id);"
	"CREATE INDEX pushed_client ON pushed (client);"
	"CREATE INDEX pushed_expires ON pushed (expires_s);"
	"CREATE TABLE decoupled (id BLOB NOT NULL, kind INTEGER NOT NULL, digest BLOB NOT NULL, user_code BLOB, "
	"issuer TEXT NOT NULL, client TEXT NOT NULL, user_id BLOB, user_name TEXT, account_type TEXT, "
	"scope TEXT, nonce TEXT, auth_s INTEGER NOT NULL, extra TEXT, state INTEGER NOT NULL, "
	"interval_s INTEGER NOT NULL, polled_ms INTEGER NOT NULL, issued_s INTEGER NOT NULL, "
	"expires_s INTEGER NOT NULL, address TEXT, agent TEXT, message TEXT, notify TEXT, PRIMARY KEY (id));"
	"CREATE UNIQUE INDEX decoupled_digest ON decoupled (digest);"
	"CREATE UNIQUE INDEX decoupled_user_code ON decoupled (user_code) WHERE user_code IS NOT NULL;"
	"CREATE INDEX decoupled_user ON decoupled (user_id, id) WHERE state = 0;"
	"CREATE INDEX decoupled_whose ON decoupled (user_id) WHERE user_id IS NOT NULL;"
	"CREATE INDEX decoupled_client ON decoupled (client);"
	"CREATE INDEX decoupled_waiting ON decoupled (id) WHERE state = 0;"
	"CREATE INDEX decoupled_decided ON decoupled (id) WHERE state <> 0 AND notify IS NOT NULL;"
	"CREATE INDEX decoupled_expires ON decoupled (expires_s);"
	"CREATE TABLE used_once (what BLOB NOT NULL, expires_s INTEGER NOT NULL, PRIMARY KEY (what));"
	"CREATE INDEX used_once_expires ON used_once (expires_s);"
	"CREATE TABLE factors (id BLOB NOT NULL, realm TEXT NOT NULL, user_id BLOB NOT NULL, kind TEXT NOT NULL, "
	"name TEXT NOT NULL, data TEXT NOT NULL, counter INTEGER NOT NULL, created_s INTEGER NOT NULL, "
	"last_s INTEGER NOT NULL, PRIMARY KEY (id));"
	"CREATE INDEX factors_user ON factors (user_id, id);"
	"CREATE TABLE trusted_devices (digest BLOB NOT NULL, user_id BLOB NOT NULL, issuer TEXT NOT NULL, "
	"address TEXT, agent TEXT, created_s INTEGER NOT NULL, last_s INTEGER NOT NULL, "
	"expires_s INTEGER NOT NULL, PRIMARY KEY (digest, user_id));"
	"CREATE INDEX trusted_devices_user ON trusted_devices (user_id, digest);"
	"CREATE INDEX trusted_devices_expires ON trusted_devices (expires_s);"
	"CREATE TABLE status_lists (issuer TEXT NOT NULL, list INTEGER NOT NULL, used INTEGER NOT NULL, "
	"expires_s INTEGER NOT NULL, PRIMARY KEY (issuer, list));"
	"CREATE INDEX status_lists_expires ON status_lists (expires_s) WHERE expires_s > 0;"
	"CREATE TABLE status_entries (issuer TEXT NOT NULL, list INTEGER NOT NULL, idx INTEGER NOT NULL, "
	"jti BLOB NOT NULL, family BLOB, generation INTEGER NOT NULL, client TEXT NOT NULL, "
	"signed_s INTEGER NOT NULL, expires_s INTEGER NOT NULL, PRIMARY KEY (issuer, list, idx));"
	"CREATE INDEX status_entries_expires ON status_entries (expires_s) WHERE expires_s > 0;"
	"CREATE TABLE resource_sessions (id BLOB NOT NULL, family BLOB NOT NULL, issuer TEXT NOT NULL, "
	"client TEXT NOT NULL, user_id BLOB NOT NULL, sid TEXT, state INTEGER NOT NULL, status INTEGER NOT NULL, "
	"tries INTEGER NOT NULL, told_s INTEGER NOT NULL, expires_s INTEGER NOT NULL, resource TEXT NOT NULL, "
	"PRIMARY KEY (id));"
	"CREATE UNIQUE INDEX resource_sessions_family ON resource_sessions (family, resource);"
	"CREATE INDEX resource_sessions_ended ON resource_sessions (id) WHERE state = 1;"
	""
	"CREATE INDEX resource_sessions_expires ON resource_sessions (expires_s) WHERE expires_s > 0 AND state <> 1;"
	"CREATE TABLE ended_sessions (digest BLOB NOT NULL, issuer TEXT NOT NULL, user_id BLOB NOT NULL, "
	"user_name TEXT, address TEXT, agent TEXT, device TEXT, begun_s INTEGER NOT NULL, why INTEGER NOT NULL, "
	"ended_s INTEGER NOT NULL, expires_s INTEGER NOT NULL, PRIMARY KEY (digest));"
	"CREATE INDEX ended_sessions_user ON ended_sessions (user_id, digest);"
	"CREATE INDEX ended_sessions_expires ON ended_sessions (expires_s);"
	"CREATE TABLE former_passwords (user_id BLOB NOT NULL, at_ms INTEGER NOT NULL, password TEXT NOT NULL, "
	"PRIMARY KEY (user_id, at_ms));"
	"CREATE TABLE identities (realm TEXT NOT NULL, provider TEXT NOT NULL, subject TEXT NOT NULL, "
	"user_id BLOB NOT NULL, shown TEXT, linked_s INTEGER NOT NULL, last_s INTEGER NOT NULL, "
	"PRIMARY KEY (realm, provider, subject));"
	"CREATE INDEX identities_user ON identities (user_id, provider, subject);"
	"CREATE TABLE pairwise_subjects (issuer TEXT NOT NULL, subject BLOB NOT NULL, user_id BLOB NOT NULL, "
	"PRIMARY KEY (issuer, subject));"
	"CREATE INDEX pairwise_subjects_user ON pairwise_subjects (user_id);"

	/* whose sessions are counted: found by the id alone */
	"CREATE INDEX users_id ON users (id);"
	/* by which a process learns whether a transaction is there whose end was not answered: commit.c */
	"CREATE TABLE commit_marks (writer BLOB PRIMARY KEY, batch INTEGER NOT NULL, at_s INTEGER NOT NULL);"
	/* what changes behind a process that remembers it: watch.c */
	"CREATE TABLE epochs (what TEXT PRIMARY KEY, value INTEGER NOT NULL);"
	"INSERT INTO epochs (what, value) VALUES ('clients', 1), ('keys', 1);" },

	/* which process sends it, and from when on another may */
	{ 1, "ALTER TABLE outgoing ADD COLUMN holder BLOB;"
	"ALTER TABLE outgoing ADD COLUMN held_until_s INTEGER NOT NULL DEFAULT 0;"
	"CREATE INDEX outgoing_held ON outgoing (held_until_s);" },
#ifdef NEXT_MIGRATION                           /* as in sqlite/schema.c */
	{ NEXT_NEEDS, NEXT_MIGRATION },
#endif
};

#define NEWEST ((int)COUNT(migration))
static int
needs_of(int version)
{
	int needs = migration[version - 1].needs;

	return needs == ITSELF ? version : needs;
}

#define LOCK_KEY "7523105921"                   /* of an advisory lock: any number that nobody else uses */

int
schema_newest(void)
{
	return NEWEST;
}

/* --- the text --------------------------------------------------------------------------------- */

static const struct { const char *ours, *theirs; } words[] = {
	{ " TEXT", " text COLLATE \"C\"" },
	{ " BLOB", " bytea" },
	{ " INTEGER", " bigint" },
};

/* Between two statements there is a semicolon, within one there is none. */
static struct str
schema_words(struct arena *mem, struct str sql)
{
	struct buf b;
	size_t i = 0;

	buf_init(&b, mem, 256 * 1024);
	while (i < sql.n) {
		size_t w = 0;

		while (w < COUNT(words) && !str_starts(str_from(sql, i), str_of(words[w].ours)))
			w++;
		if (w < COUNT(words)) {
			buf_put(&b, str_of(words[w].theirs));
			i += strlen(words[w].ours);
		} else {
			buf_putc(&b, sql.p[i++]);
		}
	}
	return b.full ? STR_ABSENT : buf_str(&b);
}

static bool
statements_run(struct pg_conn *c, const char *sql, struct arena *mem)
{
	struct str rest = schema_words(mem, str_of(sql)), one;

	if (!str_given(rest))
		return false;
	while (str_given(rest) && str_given(one = str_cut(&rest, ';')))
		if (!str_empty(str_trim(one)) && !send_text(c, arena_z(mem, one)))
			return false;
	return trip(c);
}

/* --- which version is there ------------------------------------------------------------------- */

struct schema { int version, needs; };          /* 0: no tables yet */

static bool
schema_look(struct pg_conn *c, struct schema *out)
{
	*out = (struct schema){ 0, 0 };
	if (!run_text(c, "SELECT count(*) FROM pg_catalog.pg_class WHERE oid = to_regclass('schema_migration')"))
		return false;
	if (row_number(c->rows, 0, 0) == 0)
		return true;
	if (!run_text(c, "SELECT coalesce(max(version), 0), coalesce(max(needs), 0) FROM schema_migration"))
		return false;
	*out = (struct schema){ (int)row_number(c->rows, 0, 0), (int)row_number(c->rows, 0, 1) };
	return true;
}

enum store_state
schema_state(struct pg_conn *c)
{
	struct schema at;

	if (!schema_look(c, &at))
		return STORE_UNKNOWN;
	return at.version == 0 ? STORE_NONE : at.version < NEWEST ? STORE_OLD : STORE_READY;
}

static bool
one_migrated(struct pg_conn *c, int version, struct arena *mem)
{
	if (!statements_run(c, migration[version - 1].sql, mem))
		return false;
	bound_begin(c);
	bound_int(c, version);
	bound_int(c, clock_now_s());
	bound_int(c, needs_of(version));
	return run_bound(c, "INSERT INTO schema_migration (version, applied_s, needs) VALUES ($1, $2, $3)");
}

static bool
schema_is_made(struct pg_conn *c, const char *schema, struct arena *mem)
{
	return schema == NULL
	    || run_text(c, arena_z(mem, arena_printf(mem, "CREATE SCHEMA IF NOT EXISTS \"%s\"", schema)));
}

/* Whoever comes second waits for the first, and finds everything done. All of it or nothing. */
static bool
migrate(struct pg_conn *c, struct schema *at, struct arena *mem)
{
	bool ok = run_text(c, "BEGIN") && run_text(c, "SELECT pg_advisory_xact_lock(" LOCK_KEY ")")
	    && schema_is_made(c, c->store->address.schema, mem)
	    && run_text(c,
		"CREATE TABLE IF NOT EXISTS schema_migration (version bigint PRIMARY KEY, applied_s bigint NOT NULL,"
		" needs bigint NOT NULL)")
	    && schema_look(c, at);
	struct schema was = *at;

	c->store->door.is_new = ok && was.version == 0;
	while (ok && at->version < NEWEST) {
		ok = one_migrated(c, at->version + 1, mem);
		at->version += ok;
	}
	ok = ok && run_text(c, "COMMIT");
	if (!ok && link_is_open(c)) {
		char trouble[TROUBLE_SIZE];

		snprintf(trouble, sizeof trouble, "%s", c->trouble);
		run_text(c, "ROLLBACK");
		snprintf(c->trouble, sizeof c->trouble, "%s", trouble);
	}
	return ok;
}

/* May a program that knows the tables up to `newest` go on with what this one makes of them? */
static bool
is_for(const struct schema *at, int newest)
{
	for (int v = at->version + 1; v <= NEWEST; v++)
		if (needs_of(v) > newest)
			return false;
	return true;
}

/* Who hands over to this process may have to go on when it fails. */
static bool
other_understands(const struct pg_store *s, const struct schema *at)
{
	return s->other == NULL || is_for(at, s->other->newest);
}

/* Nodes that work with the tables as they are cannot be asked what they know: at least that. False without an answer, too. */
static bool
nodes_understand(struct pg_conn *c, const struct schema *at)
{
	if (at->version == 0 || is_for(at, at->version))
		return true;
	bound_begin(c);
	bound_int(c, clock_now_s() - NODE_ALIVE_S);
	bound_blob(c, id_str(&c->store->node));
	return run_bound(c, "SELECT count(*) FROM commit_marks WHERE at_s > $1 AND writer <> $2")
	    && row_number(c->rows, 0, 0) == 0;
}

static bool
is_understood(struct pg_store *s, struct pg_conn *c, const struct schema *at, struct arena *mem, struct str *why)
{
	if (at->needs > NEWEST) {
		*why = arena_say(mem, "%s was written by a newer version of this program (schema %d; this one knows up to %d): install that version, or restore a backup",
		    s->door.place, at->version, NEWEST);
		return false;
	}
	if (at->version == 0 && str_given(s->only_old)) {
		*why = arena_say(mem, "%s is empty: %.*s", s->door.place, STR_ARG(s->only_old));
		return false;
	}
	if (at->version == 0 && s->read_only) {
		*why = arena_say(mem, "%s is empty: no store has been made there yet; the first start of hufud makes it, or hufu store migrate",
		    s->door.place);
		return false;
	}
	if (!other_understands(s, at)) {
		*why = arena_say(mem, "%s has schema %d, and the hufud that runs cannot go on with schema %d, which this program makes of it: stop hufud, and start this one",
		    s->door.place, at->version, NEWEST);
		return false;
	}
	if (at->version < NEWEST && s->read_only) {
		*why = arena_say(mem, "%s has schema %d and needs %d: open it once for writing (start hufud) to bring it up to date",
		    s->door.place, at->version, NEWEST);
		return false;
	}
	if (at->version < NEWEST && !nodes_understand(c, at)) {
		*why = arena_say(mem, "%s has schema %d, and other processes that wrote to it in the last five minutes cannot go on with schema %d, which this program makes of it: stop every hufud of it first",
		    s->door.place, at->version, NEWEST);
		return false;
	}
	return true;
}

bool
schema_is_ready(struct pg_store *s, struct pg_conn *c, struct arena *mem, struct str *why)
{
	struct schema at;
	bool ok = schema_look(c, &at);

	if (ok && !is_understood(s, c, &at, mem, why))
		return false;
	if (ok && at.version < NEWEST)
		ok = migrate(c, &at, mem);
	s->door.version = at.version;
	if (!ok)
		*why = arena_say(mem, "the tables of %s cannot be made or brought up to date: %s", s->door.place, pg_trouble(&c->conn));
	return ok;
}
