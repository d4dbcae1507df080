/*
 * store/sqlite/schema.c - the tables, as numbered migrations that only ever add: of this engine,
 * for its files are the old ones.
 */
#include "store/sqlite/sqlite_int.h"
#include "store/tables.h"

/*
 * Keys hold the realm or the issuer, or are random; no foreign keys, triggers or sequences, so
 * that the same layout suits a distributed engine. Rows are clustered by their key (WITHOUT
 * ROWID): ids sort by time, so inserts append to one b-tree. Partial indexes spare a plain opaque
 * token everything but the two that find it when it has expired or its client goes.
 */
static const char *const migration[] = {
	"CREATE TABLE clients (realm TEXT NOT NULL, id TEXT NOT NULL, name TEXT, secret TEXT, grants TEXT, "
	"scopes TEXT,"
	" redirect_uris TEXT, auto_approve TEXT, authorities TEXT, resource_ids TEXT, origins TEXT, acts_for "
	"TEXT, legacy TEXT,"
	" info TEXT, access_ttl_s INTEGER NOT NULL, refresh_ttl_s INTEGER NOT NULL, enabled INTEGER NOT NULL,"
	" created_s INTEGER NOT NULL, updated_s INTEGER NOT NULL, PRIMARY KEY (realm, id)) WITHOUT ROWID;"

	"CREATE TABLE users (realm TEXT NOT NULL, id BLOB NOT NULL, name TEXT NOT NULL, display_name TEXT, "
	"phone TEXT, email TEXT,"
	" open_id TEXT, account_type TEXT, password TEXT, authorities TEXT, number INTEGER NOT NULL, enabled "
	"INTEGER NOT NULL,"
	" locked INTEGER NOT NULL, created_s INTEGER NOT NULL, updated_s INTEGER NOT NULL, PRIMARY KEY "
	"(realm, id)) WITHOUT ROWID;"
	"CREATE UNIQUE INDEX users_name ON users (realm, name);"
	"CREATE INDEX users_phone ON users (realm, phone) WHERE phone <> '';"
	"CREATE INDEX users_open_id ON users (realm, open_id) WHERE open_id <> '';"

	"CREATE TABLE sessions (digest BLOB NOT NULL PRIMARY KEY, issuer TEXT NOT NULL, user_id BLOB, "
	"user_name TEXT,"
	" account_type TEXT, auth_s INTEGER NOT NULL, seen_s INTEGER NOT NULL, expires_s INTEGER NOT NULL) "
	"WITHOUT ROWID;"
	"CREATE INDEX sessions_user ON sessions (user_id);"
	"CREATE INDEX sessions_expires ON sessions (expires_s) WHERE expires_s > 0;"

	"CREATE TABLE pendings (id BLOB NOT NULL PRIMARY KEY, session BLOB NOT NULL, issuer TEXT NOT NULL, "
	"data TEXT,"
	" expires_s INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX pendings_session ON pendings (session);"
	"CREATE INDEX pendings_expires ON pendings (expires_s) WHERE expires_s > 0;"

	"CREATE TABLE codes (digest BLOB NOT NULL PRIMARY KEY, issuer TEXT NOT NULL, client TEXT NOT NULL, "
	"user_id BLOB,"
	" user_name TEXT, redirect_uri TEXT, redirect_sent INTEGER NOT NULL, scope TEXT, challenge TEXT, "
	"nonce TEXT,"
	" account_type TEXT, auth_s INTEGER NOT NULL, issued_s INTEGER NOT NULL, expires_s INTEGER NOT NULL,"
	" state INTEGER NOT NULL, family BLOB) WITHOUT ROWID;"
	"CREATE INDEX codes_user ON codes (user_id);"
	"CREATE INDEX codes_client ON codes (client);"
	"CREATE INDEX codes_expires ON codes (expires_s) WHERE expires_s > 0;"

	"CREATE TABLE families (id BLOB NOT NULL PRIMARY KEY, issuer TEXT NOT NULL, client TEXT NOT NULL, "
	"user_id BLOB,"
	" user_name TEXT, scope TEXT, account_type TEXT, nonce TEXT, digest BLOB, refreshable INTEGER NOT "
	"NULL,"
	" generation INTEGER NOT NULL, rotated_ms INTEGER NOT NULL, auth_s INTEGER NOT NULL, issued_s "
	"INTEGER NOT NULL,"
	" expires_s INTEGER NOT NULL, state INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE UNIQUE INDEX families_digest ON families (digest) WHERE digest IS NOT NULL;"
	"CREATE INDEX families_user ON families (user_id, client);"
	"CREATE INDEX families_client ON families (client);"
	"CREATE INDEX families_expires ON families (expires_s) WHERE expires_s > 0;"

	"CREATE TABLE tokens (id BLOB NOT NULL PRIMARY KEY, issuer TEXT NOT NULL, client TEXT NOT NULL, "
	"user_id BLOB,"
	" user_name TEXT, scope TEXT, account_type TEXT, family BLOB, digest BLOB, reuse BLOB, issued_s "
	"INTEGER NOT NULL,"
	" expires_s INTEGER NOT NULL, keep_s INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE UNIQUE INDEX tokens_digest ON tokens (digest) WHERE digest IS NOT NULL;"
	"CREATE UNIQUE INDEX tokens_reuse ON tokens (reuse) WHERE reuse IS NOT NULL;"
	"CREATE INDEX tokens_family ON tokens (family) WHERE family IS NOT NULL;"
	"CREATE INDEX tokens_user ON tokens (user_id) WHERE user_id IS NOT NULL;"
	"CREATE INDEX tokens_client ON tokens (client) WHERE family IS NULL;"
	"CREATE INDEX tokens_keep ON tokens (keep_s) WHERE keep_s > 0;"

	"CREATE TABLE approvals (user_id BLOB NOT NULL, issuer TEXT NOT NULL, client TEXT NOT NULL, scope "
	"TEXT NOT NULL,"
	" expires_s INTEGER NOT NULL, PRIMARY KEY (user_id, issuer, client, scope)) WITHOUT ROWID;"
	"CREATE INDEX approvals_client ON approvals (client);"
	"CREATE INDEX approvals_expires ON approvals (expires_s) WHERE expires_s > 0;"

	"CREATE TABLE revoked_jtis (jti BLOB NOT NULL PRIMARY KEY, expires_s INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX revoked_jtis_expires ON revoked_jtis (expires_s) WHERE expires_s > 0;"

	"CREATE TABLE signing_keys (issuer TEXT NOT NULL, kid TEXT NOT NULL, alg TEXT, state TEXT, sealed "
	"BLOB,"
	" created_s INTEGER NOT NULL, active_s INTEGER NOT NULL, retired_s INTEGER NOT NULL, PRIMARY KEY "
	"(issuer, kid)) WITHOUT ROWID;"

	"CREATE TABLE throttles (kind INTEGER NOT NULL, what BLOB NOT NULL, failures INTEGER NOT NULL, "
	"first_s INTEGER NOT NULL,"
	" until_ms INTEGER NOT NULL, keep_s INTEGER NOT NULL, PRIMARY KEY (kind, what)) WITHOUT ROWID;"
	"CREATE INDEX throttles_keep ON throttles (keep_s);"

	"CREATE TABLE probes (id INTEGER NOT NULL PRIMARY KEY, at_s INTEGER NOT NULL, ballast BLOB);",

	"CREATE TABLE one_time_codes (what BLOB NOT NULL PRIMARY KEY, code BLOB NOT NULL, tries INTEGER NOT "
	"NULL, sent_s INTEGER NOT NULL,"
	" expires_s INTEGER NOT NULL, spent INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX one_time_codes_expires ON one_time_codes (expires_s);"
	"CREATE TABLE quotas (what BLOB NOT NULL PRIMARY KEY, used INTEGER NOT NULL, expires_s INTEGER NOT "
	"NULL) WITHOUT ROWID;"
	"CREATE INDEX quotas_expires ON quotas (expires_s);",

	"ALTER TABLE families ADD COLUMN grant_name TEXT;",

	"CREATE TABLE habit_uses (issuer TEXT NOT NULL, client TEXT NOT NULL, endpoint TEXT NOT NULL, habit "
	"TEXT NOT NULL, realm TEXT NOT NULL,"
	" first_s INTEGER NOT NULL, last_s INTEGER NOT NULL, uses INTEGER NOT NULL, PRIMARY KEY (issuer, "
	"client, endpoint, habit)) WITHOUT ROWID;"
	"CREATE INDEX habit_uses_client ON habit_uses (realm, client);",

	"ALTER TABLE users ADD COLUMN origin TEXT;",

	/* Ending what a user has must not walk over what ended before. */
	"DROP INDEX families_user;"
	"CREATE INDEX families_user ON families (user_id, state, client);",

	/* The realm's own user first, found without sorting. */
	"DROP INDEX users_phone; DROP INDEX users_open_id;"
	"CREATE INDEX users_phone ON users (realm, phone, coalesce(origin, '')) WHERE phone <> '';"
	"CREATE INDEX users_open_id ON users (realm, open_id, coalesce(origin, '')) WHERE open_id <> '';",

	"CREATE TABLE outgoing (id BLOB NOT NULL PRIMARY KEY, kind INTEGER NOT NULL, issuer TEXT NOT NULL, "
	"sealed BLOB NOT NULL,"
	" begun INTEGER NOT NULL, created_s INTEGER NOT NULL, not_after_s INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX outgoing_expires ON outgoing (not_after_s);",

	"ALTER TABLE clients ADD COLUMN introspects TEXT;",

	/*
	 * What a request read is still so when it commits; what was signed before an end does not
	 * live on after it.
	 */
	"ALTER TABLE clients ADD COLUMN version INTEGER NOT NULL DEFAULT 1;"
	"ALTER TABLE clients ADD COLUMN not_before_s INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE users ADD COLUMN version INTEGER NOT NULL DEFAULT 1;"
	"ALTER TABLE users ADD COLUMN not_before_s INTEGER NOT NULL DEFAULT 0;"
	"CREATE TABLE tombstones (what BLOB NOT NULL PRIMARY KEY, not_before_s INTEGER NOT NULL) WITHOUT "
	"ROWID;"
	"CREATE TABLE jtis (jti BLOB NOT NULL PRIMARY KEY, family BLOB NOT NULL, expires_s INTEGER NOT NULL) "
	"WITHOUT ROWID;"
	"CREATE INDEX jtis_expires ON jtis (expires_s) WHERE expires_s > 0;",

	"CREATE TABLE imports (realm TEXT NOT NULL, source TEXT NOT NULL, kind INTEGER NOT NULL, what BLOB "
	"NOT NULL,"
	" base TEXT NOT NULL, version INTEGER NOT NULL, at_s INTEGER NOT NULL, expires_s INTEGER NOT NULL,"
	" PRIMARY KEY (realm, source, kind, what)) WITHOUT ROWID;"
	"CREATE INDEX imports_expires ON imports (expires_s) WHERE expires_s > 0;",

	/* Where somebody is logged in, and what goes with a user who is deleted. */
	"ALTER TABLE sessions ADD COLUMN address TEXT;"
	"ALTER TABLE sessions ADD COLUMN agent TEXT;"
	"ALTER TABLE sessions ADD COLUMN client TEXT;"
	"ALTER TABLE outgoing ADD COLUMN user_id BLOB;"
	"CREATE INDEX outgoing_user ON outgoing (user_id) WHERE user_id IS NOT NULL;",

	/*
	 * What the directory or table that knows a user said last, and when; who was let in before
	 * this is judged from now on.
	 */
	"ALTER TABLE users ADD COLUMN entry TEXT;"
	"ALTER TABLE users ADD COLUMN shut TEXT;"
	"ALTER TABLE users ADD COLUMN mark TEXT;"
	"ALTER TABLE users ADD COLUMN checked_s INTEGER NOT NULL DEFAULT 0;"
	"UPDATE users SET checked_s = CAST(strftime('%s', 'now') AS INTEGER);",
	/* what was done while no daemon ran, until one writes it into its log */
	"CREATE TABLE records (id BLOB NOT NULL UNIQUE, line TEXT NOT NULL);",

	/*
	 * Names compare without case in new realms; those that are there go on as they are. fold:
	 * NULL where names compare as bytes.
	 */
	"ALTER TABLE users ADD COLUMN fold TEXT;"
	"CREATE UNIQUE INDEX users_fold ON users (realm, fold) WHERE fold IS NOT NULL;"
	"CREATE TABLE realm_rules (realm TEXT NOT NULL PRIMARY KEY, folds INTEGER NOT NULL) WITHOUT ROWID;"
	"INSERT INTO realm_rules (realm, folds) SELECT realm, 0 FROM clients UNION SELECT realm, 0 FROM "
	"users;",

	/*
	 * Every piece of evidence has the columns of one authorization (store/authorization.h). What a
	 * request that waits had in its data moves into them, so that it ends with its user or client.
	 */
	"ALTER TABLE codes ADD COLUMN extra TEXT;"
	"ALTER TABLE families ADD COLUMN extra TEXT;"
	"ALTER TABLE tokens ADD COLUMN nonce TEXT;"
	"ALTER TABLE tokens ADD COLUMN auth_s INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE tokens ADD COLUMN extra TEXT;"
	"ALTER TABLE pendings ADD COLUMN client TEXT;"
	"ALTER TABLE pendings ADD COLUMN user_id BLOB;"
	"ALTER TABLE pendings ADD COLUMN user_name TEXT;"
	"ALTER TABLE pendings ADD COLUMN account_type TEXT;"
	"ALTER TABLE pendings ADD COLUMN scope TEXT;"
	"ALTER TABLE pendings ADD COLUMN nonce TEXT;"
	"ALTER TABLE pendings ADD COLUMN auth_s INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE pendings ADD COLUMN extra TEXT;"
	"UPDATE pendings SET client = json_extract(data, '$.client'), scope = json_extract(data, '$.scope'),"
	" nonce = json_extract(data, '$.nonce') WHERE json_valid(data);"
	"UPDATE pendings SET user_id = s.user_id, user_name = s.user_name, account_type = s.account_type,"
	" auth_s = s.auth_s FROM sessions s WHERE s.digest = pendings.session;"
	"CREATE INDEX pendings_user ON pendings (user_id);"
	"CREATE INDEX pendings_client ON pendings (client);",

	/* what the user of a session has answered on the pages of one request */
	"ALTER TABLE sessions ADD COLUMN answered INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sessions ADD COLUMN request BLOB;",

	/* requests that wait for a login and are too large for a browser to carry */
	"CREATE TABLE interactions (id BLOB NOT NULL PRIMARY KEY, issuer TEXT NOT NULL, network BLOB NOT "
	"NULL, data TEXT NOT NULL,"
	" expires_s INTEGER NOT NULL);"
	"CREATE INDEX interactions_network ON interactions (network, id);"
	"CREATE INDEX interactions_expires ON interactions (expires_s);",

	/* what a client has registered beside its columns: RFC 7591 */
	"ALTER TABLE clients ADD COLUMN metadata TEXT;",
	/* what OpenID Connect Core 5.1 says of a person, and attributes of the operator's own */
	"ALTER TABLE users ADD COLUMN claims TEXT;",

	/* by what a session was begun: RFC 8176 */
	"ALTER TABLE sessions ADD COLUMN amr TEXT;",

	/* which clients hear of the end of a session, and how that went */
	"CREATE TABLE session_clients (id BLOB NOT NULL PRIMARY KEY, session BLOB NOT NULL, issuer TEXT NOT NULL,"
	" client TEXT NOT NULL, user_id BLOB NOT NULL, sid TEXT NOT NULL, state INTEGER NOT NULL,"
	" status INTEGER NOT NULL, tries INTEGER NOT NULL, told_s INTEGER NOT NULL, expires_s INTEGER NOT NULL);"
	"CREATE UNIQUE INDEX session_clients_sid ON session_clients (sid, client);"
	"CREATE INDEX session_clients_session ON session_clients (session);"
	"CREATE INDEX session_clients_user ON session_clients (user_id);"
	"CREATE INDEX session_clients_client ON session_clients (client);"
	"CREATE INDEX session_clients_ended ON session_clients (id) WHERE state = 1;"
	"CREATE INDEX session_clients_expires ON session_clients (expires_s) WHERE expires_s > 0 AND state <> 1;",

	/* the APIs that tokens are for: RFC 8707 */
	"CREATE TABLE resource_servers (realm TEXT NOT NULL, id TEXT NOT NULL, name TEXT, scopes TEXT, signing_alg TEXT, "
	"typ TEXT, shape TEXT,"
	" access_ttl_s INTEGER NOT NULL, enabled INTEGER NOT NULL, created_s INTEGER NOT NULL, updated_s INTEGER NOT NULL,"
	" version INTEGER NOT NULL, PRIMARY KEY (realm, id)) WITHOUT ROWID;",

	/* clients that register themselves, and what lets them: RFC 7591, 7592 */
	"ALTER TABLE clients ADD COLUMN lease_s INTEGER NOT NULL DEFAULT 0;"
	"CREATE TABLE registrations (realm TEXT NOT NULL, client TEXT NOT NULL, issuer TEXT NOT NULL,"
	" made_by TEXT NOT NULL, address TEXT NOT NULL, token BLOB NOT NULL, created_s INTEGER NOT NULL,"
	" expires_s INTEGER NOT NULL, fresh_s INTEGER NOT NULL, PRIMARY KEY (realm, client)) WITHOUT ROWID;"
	"CREATE INDEX registrations_expire ON registrations (expires_s) WHERE expires_s > 0;"
	"CREATE TABLE initial_tokens (id BLOB NOT NULL PRIMARY KEY, realm TEXT NOT NULL, name TEXT NOT NULL,"
	" digest BLOB NOT NULL, uses INTEGER NOT NULL, created_s INTEGER NOT NULL,"
	" expires_s INTEGER NOT NULL);"
	"CREATE UNIQUE INDEX initial_tokens_name ON initial_tokens (realm, name);"
	"CREATE UNIQUE INDEX initial_tokens_digest ON initial_tokens (realm, digest);"
	"CREATE INDEX initial_tokens_expire ON initial_tokens (expires_s) WHERE expires_s > 0;",

	/* what pairwise subjects are made with: OpenID Connect Core 8.1 */
	"ALTER TABLE realm_rules ADD COLUMN salt BLOB;"
	"UPDATE realm_rules SET salt = randomblob(32);",

	/* two secrets while one is replaced, and what a client last proved itself by */
	"ALTER TABLE clients ADD COLUMN former_secret TEXT;"
	"ALTER TABLE clients ADD COLUMN former_until_s INTEGER NOT NULL DEFAULT 0;"
	"CREATE TABLE credential_uses (realm TEXT NOT NULL, client TEXT NOT NULL, credential TEXT NOT NULL,"
	" last_s INTEGER NOT NULL, PRIMARY KEY (realm, client, credential)) WITHOUT ROWID;",

	/* authorization requests that clients pushed: RFC 9126 */
	"CREATE TABLE pushed (id BLOB NOT NULL PRIMARY KEY, issuer TEXT NOT NULL, client TEXT NOT NULL,"
	" source BLOB NOT NULL, data TEXT NOT NULL, until_s INTEGER NOT NULL, expires_s INTEGER NOT NULL);"
	"CREATE INDEX pushed_source ON pushed (source, id);"
	"CREATE INDEX pushed_client ON pushed (client);"
	"CREATE INDEX pushed_expires ON pushed (expires_s);",

	/* requests whose user decides elsewhere: RFC 8628, CIBA */
	"CREATE TABLE decoupled (id BLOB NOT NULL PRIMARY KEY, kind INTEGER NOT NULL, digest BLOB NOT NULL, user_code BLOB,"
	" issuer TEXT NOT NULL, client TEXT NOT NULL, user_id BLOB, user_name TEXT, account_type TEXT, scope TEXT, nonce TEXT,"
	" auth_s INTEGER NOT NULL, extra TEXT, state INTEGER NOT NULL, interval_s INTEGER NOT NULL,"
	" polled_ms INTEGER NOT NULL, issued_s INTEGER NOT NULL, expires_s INTEGER NOT NULL, address TEXT, agent TEXT, message TEXT, notify TEXT);"
	"CREATE UNIQUE INDEX decoupled_digest ON decoupled (digest);"
	"CREATE UNIQUE INDEX decoupled_user_code ON decoupled (user_code) WHERE user_code IS NOT NULL;"
	"CREATE INDEX decoupled_user ON decoupled (user_id, id) WHERE state = 0;"
	"CREATE INDEX decoupled_whose ON decoupled (user_id) WHERE user_id IS NOT NULL;"
	"CREATE INDEX decoupled_client ON decoupled (client);"
	"CREATE INDEX decoupled_waiting ON decoupled (id) WHERE state = 0;"
	"CREATE INDEX decoupled_decided ON decoupled (id) WHERE state <> 0 AND notify IS NOT NULL;"
	"CREATE INDEX decoupled_expires ON decoupled (expires_s);",

	/* what counts once: digests of client assertions, until they would have expired */
	"CREATE TABLE used_once (what BLOB NOT NULL PRIMARY KEY, expires_s INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX used_once_expires ON used_once (expires_s);",

	/* second factors, and the devices that stand for one */
	"ALTER TABLE sessions ADD COLUMN factor_s INTEGER NOT NULL DEFAULT 0;"
	"CREATE TABLE factors (id BLOB NOT NULL PRIMARY KEY, realm TEXT NOT NULL, user_id BLOB NOT NULL, kind TEXT NOT NULL,"
	" name TEXT NOT NULL, data TEXT NOT NULL, counter INTEGER NOT NULL, created_s INTEGER NOT NULL, last_s INTEGER NOT NULL);"
	"CREATE INDEX factors_user ON factors (user_id, id);"
	"CREATE TABLE trusted_devices (digest BLOB NOT NULL, user_id BLOB NOT NULL, issuer TEXT NOT NULL, address TEXT, agent TEXT,"
	" created_s INTEGER NOT NULL, last_s INTEGER NOT NULL, expires_s INTEGER NOT NULL, PRIMARY KEY (digest, user_id));"
	"CREATE INDEX trusted_devices_user ON trusted_devices (user_id, digest);"
	"CREATE INDEX trusted_devices_expires ON trusted_devices (expires_s);",

	/* places of signed tokens in status lists: draft-ietf-oauth-status-list */
	"CREATE TABLE status_lists (issuer TEXT NOT NULL, list INTEGER NOT NULL, used INTEGER NOT NULL,"
	" expires_s INTEGER NOT NULL, PRIMARY KEY (issuer, list)) WITHOUT ROWID;"
	"CREATE INDEX status_lists_expires ON status_lists (expires_s) WHERE expires_s > 0;"
	"CREATE TABLE status_entries (issuer TEXT NOT NULL, list INTEGER NOT NULL, idx INTEGER NOT NULL, jti BLOB NOT NULL,"
	" family BLOB, generation INTEGER NOT NULL, client TEXT NOT NULL, signed_s INTEGER NOT NULL,"
	" expires_s INTEGER NOT NULL, PRIMARY KEY (issuer, list, idx)) WITHOUT ROWID;"
	"CREATE INDEX status_entries_expires ON status_entries (expires_s) WHERE expires_s > 0;",

	/* who has an e-mail address: forgotten passwords, registration */
	"CREATE INDEX users_email ON users (realm, lower(email)) WHERE email <> '';",

	/* which resource servers hear of the end of what they were given tokens of */
	"ALTER TABLE resource_servers ADD COLUMN sign_out_uri TEXT;"
	"CREATE TABLE resource_sessions (id BLOB NOT NULL PRIMARY KEY, family BLOB NOT NULL, issuer TEXT NOT NULL,"
	" client TEXT NOT NULL, user_id BLOB NOT NULL, sid TEXT, state INTEGER NOT NULL, status INTEGER NOT NULL,"
	" tries INTEGER NOT NULL, told_s INTEGER NOT NULL, expires_s INTEGER NOT NULL, resource TEXT NOT NULL);"
	"CREATE UNIQUE INDEX resource_sessions_family ON resource_sessions (family, resource);"
	"CREATE INDEX resource_sessions_ended ON resource_sessions (id) WHERE state = 1;"
	"CREATE INDEX resource_sessions_expires ON resource_sessions (expires_s) WHERE expires_s > 0 AND state <> 1;",

	/* who may be where: the kind of device, how long a session may be unused, what ends with it, and why it ended */
	"ALTER TABLE sessions ADD COLUMN device TEXT;"
	"ALTER TABLE sessions ADD COLUMN idle_s INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sessions ADD COLUMN refresh_ends INTEGER NOT NULL DEFAULT 0;"
	"CREATE INDEX sessions_begun ON sessions (user_id, auth_s DESC, digest);"
	"CREATE TABLE ended_sessions (digest BLOB NOT NULL PRIMARY KEY, issuer TEXT NOT NULL, user_id BLOB NOT NULL,"
	" user_name TEXT, address TEXT, agent TEXT, device TEXT, begun_s INTEGER NOT NULL, why INTEGER NOT NULL,"
	" ended_s INTEGER NOT NULL, expires_s INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX ended_sessions_user ON ended_sessions (user_id, digest);"
	"CREATE INDEX ended_sessions_expires ON ended_sessions (expires_s);",

	/* hashes of passwords that nobody may take again */
	"CREATE TABLE former_passwords (user_id BLOB NOT NULL, at_ms INTEGER NOT NULL, password TEXT NOT NULL,"
	" PRIMARY KEY (user_id, at_ms)) WITHOUT ROWID;",

	/* whom users are at identity providers */
	"CREATE TABLE identities (realm TEXT NOT NULL, provider TEXT NOT NULL, subject TEXT NOT NULL, user_id BLOB NOT NULL,"
	" shown TEXT, linked_s INTEGER NOT NULL, last_s INTEGER NOT NULL, PRIMARY KEY (realm, provider, subject)) WITHOUT ROWID;"
	"CREATE INDEX identities_user ON identities (user_id, provider, subject);",

	/* whose a pairwise subject is: an ID token may come back as a hint */
	"CREATE TABLE pairwise_subjects (issuer TEXT NOT NULL, subject BLOB NOT NULL, user_id BLOB NOT NULL,"
	" PRIMARY KEY (issuer, subject)) WITHOUT ROWID;"
	"CREATE INDEX pairwise_subjects_user ON pairwise_subjects (user_id);",

	/* the age of a password: of those that were there before, from now on */
	"ALTER TABLE users ADD COLUMN password_s INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE users ADD COLUMN must_change INTEGER NOT NULL DEFAULT 0;"
	"UPDATE users SET password_s = CAST(strftime('%s', 'now') AS INTEGER) WHERE coalesce(password, '') <> '';",

	/* which process sends it, and from when on another may: several share a store in PostgreSQL */
	"ALTER TABLE outgoing ADD COLUMN holder BLOB;"
	"ALTER TABLE outgoing ADD COLUMN held_until_s INTEGER NOT NULL DEFAULT 0;"
	"CREATE INDEX outgoing_held ON outgoing (held_until_s);",
#ifdef NEXT_MIGRATION                           /* the version after this one, made for tests: Makefile, build/MODE/next/hufud */
	NEXT_MIGRATION,
#endif
};

int
store_schema_newest(void)
{
	return (int)COUNT(migration);
}

const char *
store_schema_sql(int version)
{
	return version >= 1 && version <= store_schema_newest() ? migration[version - 1] : NULL;
}

int
schema_version_of(struct sqlite_conn *c)
{
	sqlite3_stmt *st = NULL;
	int version = -1, tables = -1;

	if (sqlite3_prepare_v2(
		c->db, "SELECT count(*) FROM sqlite_master WHERE name = 'schema_migration'", -1, &st, NULL)
		== SQLITE_OK
	    && sqlite3_step(st) == SQLITE_ROW)
		tables = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	if (tables <= 0)
		return tables;
	if (sqlite3_prepare_v2(c->db, "SELECT coalesce(max(version), 0) FROM schema_migration", -1, &st, NULL)
		== SQLITE_OK
	    && sqlite3_step(st) == SQLITE_ROW)
		version = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	return version;
}

/*
 * What a migration behind this one does is added to tables that this program knows, so that one which knows up to here
 * goes on beside a later one, or after it. A migration that does more moves it to its own number.
 */
#ifndef SCHEMA_NEEDS
#define SCHEMA_NEEDS 38
#endif

/*
 * The oldest program that may go on with the tables is a number in the head of the file (PRAGMA user_version); 0, of a
 * program before that was kept: only one that knows all of them. -1: it cannot be read.
 */
static int
needs_of(struct sqlite_conn *c)
{
	sqlite3_stmt *st = NULL;
	int needs = -1;

	if (sqlite3_prepare_v2(c->db, "PRAGMA user_version", -1, &st, NULL) == SQLITE_OK
	    && sqlite3_step(st) == SQLITE_ROW)
		needs = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	return needs;
}

/* Later tables than this program knows, which have only added to those it knows. */
static bool
is_understood(struct sqlite_store *s)
{
	int needs = needs_of(&s->writer);

	return s->door.version <= store_schema_newest() || (needs > 0 && needs <= store_schema_newest());
}

/* Whoever has it too must be able to go on, for the newcomer may yet fail. */
static bool
other_understands(const struct sqlite_store *s)
{
	return s->other == NULL || !atomic_load(&s->door.beside) || s->other->newest >= SCHEMA_NEEDS;
}

static bool
version_is_made(struct sqlite_conn *c, int version)
{
	char note[160];

	snprintf(note, sizeof note,
	    "INSERT INTO schema_migration (version, applied_s) VALUES (%d, %lld); PRAGMA user_version = %d",
	    version, (long long)clock_now_s(), version < SCHEMA_NEEDS ? version : SCHEMA_NEEDS);
	return conn_exec(c,
		"CREATE TABLE IF NOT EXISTS schema_migration (version INTEGER NOT NULL PRIMARY KEY, "
		"applied_s INTEGER NOT NULL)")
	    && conn_exec(c, store_schema_sql(version)) && conn_exec(c, note);
}

/*
 * Up to the newest version, each in a transaction of its own, for they may take long; but a new store is made whole or
 * not at all. Gives the version that it came to.
 */
static int
migrate_from(struct sqlite_conn *c, int version)
{
	int newest = store_schema_newest(), made = version;

	while (version >= 0 && version < newest) {
		if (!sqlite_in_transaction(&c->conn) && !conn_exec(c, "BEGIN IMMEDIATE"))
			return made;
		if (!version_is_made(c, version + 1))
			return made;
		version++;
		if (made == 0 && version < newest)
			continue;
		if (!conn_exec(c, "COMMIT"))
			return made;
		made = version;
	}
	return made;
}

bool
schema_is_newest(struct sqlite_conn *c)
{
	return migrate_from(c, schema_version_of(c)) == store_schema_newest();
}

/* A copy that was begun is no store yet. */
static bool
is_whole(struct sqlite_store *s, struct arena *mem, struct str *why)
{
	sqlite3_stmt *st = NULL;
	bool marked = sqlite3_prepare_v2(s->writer.db, "SELECT 1 FROM sqlite_master WHERE name = '" COPY_MARK "'", -1, &st, NULL)
		== SQLITE_OK
	    && sqlite3_step(st) == SQLITE_ROW;

	sqlite3_finalize(st);
	if (marked)
		*why = unfinished_sentence(mem, str_of(s->file));
	return !marked;
}

bool
schema_migrate(struct sqlite_store *s, struct arena *mem, struct str *why)
{
	int newest = store_schema_newest();

	s->door.version = schema_version_of(&s->writer);
	if (s->door.version > newest && is_understood(s))
		return s->unfinished || is_whole(s, mem, why);
	if (s->door.version > newest) {
		*why = arena_say(mem, "%s was written by a newer version of this program (schema %d; this one knows up to %d): install that version, or restore a backup", s->file, s->door.version, newest);
		return false;
	}
	if (s->door.version >= 0 && s->door.version < newest && s->read_only) {
		*why = arena_say(mem, "%s has schema %d and needs %d: open it once for writing (start hufud) to bring it up to date", s->file, s->door.version, newest);
		return false;
	}
	if (s->door.version == 0 && str_given(s->only_old)) {
		*why = arena_say(mem, "%s is empty: %.*s", s->file, STR_ARG(s->only_old));
		return false;
	}
	if (s->door.version >= 0 && s->door.version < newest && !other_understands(s)) {
		*why = arena_say(mem, "%s has schema %d, and the hufud that runs cannot go on with schema %d, which this program makes of it: stop hufud, and start this one", s->file, s->door.version, newest);
		return false;
	}
	s->door.is_new = s->door.version == 0;
	s->door.version = migrate_from(&s->writer, s->door.version);
	if (s->door.version == newest)
		return s->unfinished || is_whole(s, mem, why);
	*why = trouble_sentence(s, mem, s->writer.db, s->door.version < 0 ? "read" : "bring up to date");
	return false;
}
