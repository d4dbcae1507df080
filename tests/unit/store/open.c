/* tests/unit/store/open.c - the factory of the suite, sample rows, and threads that start together. */
#include <ftw.h>
#include "store/postgres/postgres_int.h"
#include <pthread.h>
#include <sqlite3.h>
#include <unistd.h>
#include "open.h"
#include "store/store_int.h"

static int
remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

static void
remove_directory(void *p)
{
	nftw(p, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

struct str
suite_directory(struct arena *mem)
{
	const char *base = getenv("TMPDIR");
	struct str path = arena_printf(mem, "%s/hufu-store-XXXXXX", base != NULL ? base : "/tmp");
	char *z = arena_z(mem, path);

	if (mkdtemp(z) == NULL)
		fatal("no directory for the test: %s", z);
	arena_defer(mem, remove_directory, z);
	return str_of(z);
}

bool
suite_is_elsewhere(void)
{
	return getenv("HUFU_STORE_URL") != NULL;
}

/* Its schema has the directory's own name, in letters that a schema may have. */
static struct str
url_of(struct arena *mem, struct str directory)
{
	struct dig32 d;
	struct buf b;

	SHA256(d.b, directory);
	buf_init(&b, mem, 1024);
	buf_printf(&b, "%s%sschema=s", getenv("HUFU_STORE_URL"), strchr(getenv("HUFU_STORE_URL"), '?') != NULL ? "&" : "?");
	for (int i = 0; i < 12; i++)
		buf_printf(&b, "%02x", d.b[i]);
	return buf_str(&b);
}

struct store_conf
suite_conf(struct arena *mem, struct str directory)
{
	struct store_conf conf = { .path = directory };

	if (suite_is_elsewhere())
		conf.url = url_of(mem, directory);
	return conf;
}

struct store *
suite_open_at(struct arena *mem, struct str directory)
{
	struct str why = STR_ABSENT;
	struct store_conf conf = suite_conf(mem, directory);
	struct store *s = store_open(&conf, mem, &why);

	if (s == NULL)
		printf("store_open: %.*s\n", STR_ARG(why));
	return s;
}

/* --- a second look ---------------------------------------------------------------------------- */

struct suite_look { sqlite3 *db; PGconn *link; };

static void
link_look(struct suite_look *l, struct arena *mem, struct str directory)
{
	struct store_conf conf = suite_conf(mem, directory);
	struct str url = conf.url, why, schema = str_from(url, url.n - 25);
	const char *keys[] = { "dbname", "options", NULL };
	const char *values[] = { arena_z(mem, str_sub(url, 0, url.n - 25 - sizeof "?schema=" + 1)),
		arena_z(mem, ARENA_CAT(mem, S("-csearch_path="), schema)), NULL };

	if (!libpq_load(mem, &why) || (l->link = pq.PQconnectdbParams(keys, values, 1)) == NULL || pq.PQstatus(l->link) != CONNECTION_OK)
		fatal("the database of the test cannot be looked at: %s", l->link != NULL ? pq.PQerrorMessage(l->link) : "");
}

struct suite_look *
suite_look(struct arena *mem, struct str directory)
{
	struct suite_look *l = arena_new(mem, struct suite_look);

	if (suite_is_elsewhere())
		link_look(l, mem, directory);
	else if (sqlite3_open(arena_z(mem, ARENA_CAT(mem, directory, S("/hufu.db"))), &l->db) != SQLITE_OK)
		fatal("the store of the test cannot be opened");
	return l;
}

static int
link_pairs(struct suite_look *l, const char *sql, void (*fn)(const char *first, const char *second), int64_t *number)
{
	PGresult *r = pq.PQsendQueryParams(l->link, sql, 0, NULL, NULL, NULL, NULL, 0) == 1 ? pq.PQgetResult(l->link) : NULL, *rest;
	int n = pq.PQresultStatus(r) == PGRES_TUPLES_OK ? pq.PQntuples(r) : -1;

	if (n > 0 && number != NULL)
		*number = strtoll(pq.PQgetvalue(r, 0, 0), NULL, 10);
	for (int i = 0; i < n && fn != NULL; i++)
		fn(pq.PQgetvalue(r, i, 0), pq.PQgetvalue(r, i, 1));
	pq.PQclear(r);
	while ((rest = pq.PQgetResult(l->link)) != NULL)
		pq.PQclear(rest);
	return n;
}

int64_t
suite_number(struct suite_look *l, const char *sql)
{
	sqlite3_stmt *st = NULL;
	int64_t n = -1;

	if (l->link != NULL)
		return link_pairs(l, sql, NULL, &n) > 0 ? n : -1;
	if (sqlite3_prepare_v2(l->db, sql, -1, &st, NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return n;
}

int
suite_pairs(struct suite_look *l, const char *sql, void (*fn)(const char *first, const char *second))
{
	sqlite3_stmt *st = NULL;
	int n = 0;

	if (l->link != NULL)
		return link_pairs(l, sql, fn, NULL);
	if (sqlite3_prepare_v2(l->db, sql, -1, &st, NULL) != SQLITE_OK)
		return -1;
	for (; sqlite3_step(st) == SQLITE_ROW; n++)
		fn((const char *)sqlite3_column_text(st, 0), (const char *)sqlite3_column_text(st, 1));
	sqlite3_finalize(st);
	return n;
}

void
suite_look_close(struct suite_look *l)
{
	sqlite3_close(l->db);
	if (l->link != NULL)
		pq.PQfinish(l->link);
}

bool
suite_earlier(struct arena *mem, struct str directory, int schema, const char *rows)
{
	struct str all = S("CREATE TABLE schema_migration (version INTEGER NOT NULL PRIMARY KEY,"
	    " applied_s INTEGER NOT NULL);");
	sqlite3 *db = NULL;
	bool ok;

	for (int v = 1; v <= schema; v++)
		all = ARENA_CAT(mem, all, str_of(store_schema_sql(v)),
		    arena_printf(mem, "INSERT INTO schema_migration VALUES (%d, 1);", v));
	all = ARENA_CAT(mem, all, str_of(rows));
	ok = sqlite3_open(arena_z(mem, ARENA_CAT(mem, directory, S("/hufu.db"))), &db) == SQLITE_OK
	    && sqlite3_exec(db, arena_z(mem, all), NULL, NULL, NULL) == SQLITE_OK;
	sqlite3_close(db);
	return ok;
}

static void
close_store(void *p)
{
	store_close(p);
}

struct store *
suite_open(struct arena *mem)
{
	struct store *s = suite_open_at(mem, suite_directory(mem));

	if (s != NULL)
		arena_defer(mem, close_store, s);
	return s;
}

static void
speak_again(void *p)
{
	(void)p;
	log_level_set(LOG_INFO);
}

void
suite_hush(struct arena *mem)
{
	log_level_set(LOG_ERROR + 1);
	arena_defer(mem, speak_again, mem);
}

struct id16
suite_id(int n)
{
	return (struct id16){ { 1, 2, 3, 4, 5, 6, (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n, 7 } };
}

struct dig32
suite_dig(int n)
{
	return (struct dig32){ { (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n, 9, 0, 8 } };
}

/* Texts that differ by n, in memory of the thread: a test uses far fewer than there are. */
static struct str
text(const char *stem, int n)
{
	static _Thread_local char pool[1024][40];
	static _Thread_local int next;
	char *p = pool[next++ % 1024];

	return str_span(p, (size_t)snprintf(p, sizeof pool[0], "%s-%d", stem, n));
}

struct client
suite_client(int n)
{
	return (struct client){
		.realm = S("demo"), .id = text("client", n), .name = S("名字 'x'"), .secret = S("{noop}s"), .grants = S("authorization_code"),
		.scopes = S("read write"), .redirect_uris = S("http://localhost\nhttps://a.example/cb"), .auto_approve = S(""),
		.authorities = S("ROLE_APP"), .resource_ids = S("api"), .origins = S("https://a.example"), .acts_for = S("admin"),
		.legacy = S("query_token"), .introspects = S("orders"), .info = S("{\"a\":1}"), .access_ttl_s = -1, .refresh_ttl_s = 77, .enabled = true,
		.created_s = 100 + n, .updated_s = 200 + n, .metadata = S("{\"contacts\":[\"ops\"]}"), .lease_s = 3600,
	};
}

struct user
suite_user(int n)
{
	return (struct user){
		.realm = S("demo"), .id = suite_id(n), .name = text("user", n), .display_name = S("Ада"), .phone = text("+86", n),
		.email = text("mail@", n), .open_id = text("open", n), .account_type = S("admin"), .password = S("{bcrypt}$2a$x"),
		.authorities = S("ROLE_USER OP_USER"), .number = 909620761 + n, .enabled = true, .locked = false, .created_s = 5, .updated_s = 6,
		.claims = S("{\"given_name\":\"Ада\"}"),
	};
}

struct session
suite_session(int n)
{
	return (struct session){
		.digest = suite_dig(n), .issuer = S("http://localhost:8080"), .user = suite_id(n), .user_name = text("user", n),
		.account_type = S("admin"), .auth_s = 10, .seen_s = 11, .expires_s = 1000, .answered = 3, .request = suite_dig(n + 70), .amr = S("otp sms"), .factor_s = 12,
		.device = S("phone"), .idle_s = 500, .refresh_ends = true,
	};
}

static struct authorization
suite_auth(int n)
{
	return (struct authorization){
		.issuer = S("http://localhost:8080"), .client = S("app"), .user = suite_id(n), .user_name = S("admin"),
		.account_type = S("admin"), .scope = S("read write"), .nonce = S("n-0S6"), .auth_s = 1,
		.extra = S("{\"acr\":\"2\"}"),
	};
}

struct pending
suite_pending(int n)
{
	return (struct pending){
		.id = suite_id(n), .session = suite_dig(n), .auth = suite_auth(n), .data = S("{\"state\":\"x\"}"),
		.expires_s = 1000,
	};
}

struct code
suite_code(int n)
{
	return (struct code){
		.digest = suite_dig(n), .auth = suite_auth(n), .redirect_uri = S("http://localhost"), .redirect_sent = true,
		.challenge = S("E9Mel"), .issued_s = 2, .expires_s = 1000, .state = CODE_FRESH,
	};
}

struct family
suite_family(int n)
{
	return (struct family){
		.id = suite_id(n), .auth = suite_auth(n), .has_digest = true, .digest = suite_dig(n), .refreshable = true,
		.generation = 0, .rotated_ms = 0, .issued_s = 2, .expires_s = 1000, .state = FAMILY_LIVE,
	};
}

struct token
suite_token(int n)
{
	struct token t = {
		.id = suite_id(n), .auth = suite_auth(n), .family = suite_id(n), .has_digest = true, .digest = suite_dig(n),
		.has_reuse = true, .reuse = suite_dig(n + 100000), .issued_s = 2, .expires_s = 900, .keep_s = 1000,
	};

	t.auth.scope = S("read");
	return t;
}

enum store_result
suite_do(struct store *s, struct store_op op)
{
	return store_commit(s, &op, 1, NULL);
}

struct racer { void (*fn)(void *arg, int index); void *arg; int index; pthread_barrier_t *start; pthread_t thread; };

static void *
racer_run(void *p)
{
	struct racer *r = p;

	pthread_barrier_wait(r->start);
	r->fn(r->arg, r->index);
	return NULL;
}

void
suite_race(int n, void (*fn)(void *arg, int index), void *arg)
{
	struct racer *r = calloc((size_t)n, sizeof *r);
	pthread_barrier_t start;

	pthread_barrier_init(&start, NULL, (unsigned)n);
	for (int i = 0; i < n; i++) {
		r[i] = (struct racer){ .fn = fn, .arg = arg, .index = i, .start = &start };
		if (pthread_create(&r[i].thread, NULL, racer_run, &r[i]) != 0)
			fatal("no thread for the test");
	}
	for (int i = 0; i < n; i++)
		pthread_join(r[i].thread, NULL);
	pthread_barrier_destroy(&start);
	free(r);
}
