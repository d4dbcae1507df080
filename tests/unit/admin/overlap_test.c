/*
 * tests/unit/admin/overlap_test.c - S6, O7: whoever was told "done" is not undone by a request that had read before. Every act of the
 * operator is put between any two steps of every kind of request: at its k-th use of the store, for each k. Then by threads, at random.
 */
#include <pthread.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "../oauth/world.h"
#include "admin/admin.h"
#include "scripted_directory.h"
#include "store/store_int.h"

#define CB S("https://app.example/cb")
/* No sync; and small pages, for a sanitizer looks at each byte that is copied. */
#define QUICK "PRAGMA journal_mode=DELETE; PRAGMA page_size=1024; VACUUM; PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF"

/* --- one play: a user, a client, an issuer, what was there before and what a request gave --------------------------------------------- */

struct gift { struct str access, refresh, session, code; };
struct play {
	struct world *w;
	struct arena *mem;
	struct issuer at;                       /* the issuer as the request under way sees it */
	struct str user, client, phone;
	struct gift before, given;
	enum reason why;
	/* the act */
	int act, left, after;                   /* steps before it; steps of the request after it */
	bool in_act, acted;
	struct policy policy;
	/* users of a directory */
	struct scripted_directory *directory;   /* NULL: none */
	int64_t later_s;                        /* how long after the beginning a call comes */
	bool no_directory;                      /* it was taken out of the settings */
};

static struct call
call_of(struct play *p)
{
	struct call c = call_at(p->w, &p->at, p->mem);

	c.peer = STR_ABSENT;
	c.now_s += p->later_s;
	c.now_ms += 1000 * p->later_s;
	return c;
}

static void
as_client(struct play *p, struct call *c, const struct grant *g)
{
	c->grant = g;
	call_basic(c, p->client, S("secret"));
	call_set(c, P_GRANT_TYPE, str_of(g->name));
}

static void
take_tokens(struct play *p, struct answer a)
{
	p->why = a.kind == ANS_FAULT ? a.why : R_NONE;
	if (a.kind != ANS_TOKENS && !(a.kind == ANS_REDIRECT && a.redirect.kind == REDIRECT_TOKENS))
		return;
	p->given.access = a.tokens.access;
	p->given.refresh = a.tokens.refresh;
}

static void
take_redirect(struct play *p, struct answer a)
{
	p->why = a.kind == ANS_FAULT ? a.why : R_NONE;
	if (a.kind == ANS_REDIRECT && a.redirect.kind == REDIRECT_CODE)
		p->given.code = a.redirect.code;
	else
		take_tokens(p, a);
}

/* --- kinds of requests: what is there before, and the request itself ------------------------------------------------------------------ */

static void
nothing_before(struct play *p)
{
	(void)p;
}

static void
password_grant(struct play *p)
{
	struct call c = call_of(p);

	as_client(p, &c, &grant_password);
	call_set(&c, P_USERNAME, p->user);
	call_set(&c, P_PASSWORD, S("right"));
	take_tokens(p, token_endpoint(&c));
}

static void
take_login(struct play *p, const struct call *c, struct answer a)
{
	p->why = a.kind == ANS_FAULT ? a.why : R_NONE;
	if (a.kind == ANS_GO && a.go.place != PLACE_LOGIN_FAILED)
		p->given.session = c->set_session;
}

static void
login_form(struct play *p)
{
	struct call page = call_of(p), c = call_of(p);
	struct answer a = login_page_endpoint(&page);

	c.saved_cookie = page.set_saved;
	call_set(&c, P_CSRF, a.login.csrf);
	call_set(&c, P_USERNAME, p->user);
	call_set(&c, P_PASSWORD, S("right"));
	a = login_endpoint(&c);
	take_login(p, &c, a);
}

/* --- a user table beside the realm ---------------------------------------------------------------------------------------------------- */

static struct old_table { struct user_table t; sqlite3 *db; char path[96]; } old_table;

static bool
old_table_open(const struct world *w)
{
	static const struct sql_limits limits = { .connect_ms = 5000, .answer_ms = 5000, .bytes_max = TABLE_BYTES_MAX };
	static const struct str yes[] = { { "1", 1 } };
	struct old_table *o = &old_table;
	struct str why;

	snprintf(o->path, sizeof o->path, "%s/old.db", w->dir);
	o->t = (struct user_table){ .name = S("old"), .realm = S("r"), .states = { .values = { yes }, .n_values = { 1 } },
		.select = { S("SELECT id, name, password, enabled FROM t WHERE name = ?"), S(""), S(""),
			S("SELECT id, name, password, enabled FROM t WHERE id = ?") } };
	if (sqlite3_open(o->path, &o->db) != SQLITE_OK || sqlite3_exec(o->db, "PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY;"
	    "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE, password TEXT, enabled INT)", NULL, NULL, NULL) != SQLITE_OK)
		return false;
	sqlite3_busy_timeout(o->db, 5000);
	if (!sql_address_read(&((struct world *)(uintptr_t)w)->mem, str_of(o->path), &o->t.address, &why))
		return false;
	o->t.pool = sql_pool_new(&o->t.address, &limits, 4);
	return o->t.pool != NULL;
}

static void
old_table_close(void)
{
	sql_pool_free(old_table.t.pool);
	sqlite3_close(old_table.db);
}

static void
old_table_run(const char *fmt, struct str user)
{
	char *text = sqlite3_mprintf(fmt, STR_ARG(user));

	if (text == NULL || sqlite3_exec(old_table.db, text, NULL, NULL, NULL) != SQLITE_OK)
		test_fail(__FILE__, __LINE__, "%s", sqlite3_errmsg(old_table.db));
	sqlite3_free(text);
}

/* The user stands in the table, and has logged in once. */
static void
table_before(struct play *p)
{
	old_table_run("INSERT INTO t (name, password, enabled) VALUES ('%.*q', '{noop}right', 1)", p->user);
	login_form(p);
	p->before.session = p->given.session;
	p->given = (struct gift){ .access = STR_ABSENT };
}

/* --- a directory beside the realm ------------------------------------------------------------------------------------------------------- */

static void
directory_grant(struct play *p)
{
	struct call c = call_of(p);

	as_client(p, &c, &grant_directory);
	call_set(&c, P_USERNAME, p->user);
	call_set(&c, P_PASSWORD, S("right"));
	take_tokens(p, token_endpoint(&c));
}

/* --- and the requests that need somebody who has logged in ---------------------------------------------------------------------------------- */

static void
session_before(struct play *p)
{
	login_form(p);
	p->before.session = p->given.session;
	p->given = (struct gift){ .access = STR_ABSENT };
}

static void
sms_before(struct play *p)
{
	struct one_time row = { .key = digest_of(&p->at, S("sms sign-in"), p->phone), .sent_s = clock_now_s(), .expires_s = clock_now_s() + 300 };
	struct store_op op = { .kind = OP_ONE_TIME_PUT, .one_time = { .row = &row, .before_s = INT64_MAX } };

	HMAC256(row.code.b, token_key_str(token_key_now(&p->at)), S("sms code"), dig_str(&row.key), S("123456"));
	store_commit(p->w->store, &op, 1, NULL);
}

static void
sms_grant(struct play *p)
{
	struct call c = call_of(p);

	as_client(p, &c, &grant_sms);
	call_set(&c, P_PHONE, p->phone);
	call_set(&c, P_CODE, S("123456"));
	take_tokens(p, token_endpoint(&c));
}

static void
sms_login(struct play *p)
{
	struct call page = call_of(p), c = call_of(p);
	struct answer a = login_page_endpoint(&page);

	c.saved_cookie = page.set_saved;
	call_set(&c, P_CSRF, a.login.csrf);
	call_set(&c, P_PHONE, p->phone);
	call_set(&c, P_CODE, S("123456"));
	a = sms_login_endpoint(&c);
	take_login(p, &c, a);
}

static void
asks(struct play *p, struct call *c, const char *type)
{
	*c = call_of(p);
	c->session_cookie = p->before.session;
	c->now_s += 120;                        /* long enough for the session to be touched */
	c->now_ms += 120000;
	call_set(c, P_CLIENT_ID, p->client);
	call_set(c, P_RESPONSE_TYPE, str_of(type));
	call_set(c, P_REDIRECT_URI, CB);
	call_set(c, P_CODE_CHALLENGE, CHALLENGE);
	call_set(c, P_CODE_CHALLENGE_METHOD, S("S256"));
}

static struct answer
authorize_as(struct play *p, struct call *c, const char *type)
{
	asks(p, c, type);
	return authorize_endpoint(c);
}

static void
authorize(struct play *p)
{
	struct call c;

	take_redirect(p, authorize_as(p, &c, "code"));
}

/* In two halves, as LANE_WRITER does it. */
static void
authorize_halves(struct play *p)
{
	struct call c;
	const struct store_op *ops;
	struct answer a;
	enum store_result r = STORE_LOST;
	size_t n;

	asks(p, &c, "code");
	c.now_s -= 120;                         /* no note that the session is in use, so that it need not wait */
	c.now_ms -= 120000;
	switch (authorize_begin(&c, &ops, &n, &a)) {
	case TOKEN_ANSWERED: r = STORE_DONE; break;
	case TOKEN_RACES: break;
	case TOKEN_PREPARED: r = store_commit(p->w->store, ops, n, NULL); break;
	}
	take_redirect(p, r == STORE_DONE ? a : authorize_endpoint(&c));
}

static void
implicit(struct play *p)
{
	struct call c;

	take_redirect(p, authorize_as(p, &c, "token"));
}

/* The same client asks for consent where the request says so. */
static void
consent_before(struct play *p)
{
	struct call c = call_of(p);

	session_before(p);
	c.session_cookie = p->before.session;
	call_set(&c, P_PROMPT, S("consent"));
	call_set(&c, P_CLIENT_ID, p->client);
	call_set(&c, P_RESPONSE_TYPE, S("code"));
	call_set(&c, P_REDIRECT_URI, CB);
	call_set(&c, P_CODE_CHALLENGE, CHALLENGE);
	call_set(&c, P_CODE_CHALLENGE_METHOD, S("S256"));
	p->before.code = authorize_endpoint(&c).consent.request_id;
}

static void
consent(struct play *p)
{
	struct call c = call_of(p);

	c.session_cookie = p->before.session;
	call_set(&c, P_PENDING_REQUEST, p->before.code);
	call_set(&c, P_CSRF, csrf_token(&c, p->before.session));
	c.approved = S("read");
	take_redirect(p, consent_endpoint(&c));
}

/* The person changes the password, and the session goes on under another cookie. */
static void
account_password(struct play *p)
{
	struct call c = call_of(p);
	struct answer a;

	c.session_cookie = p->before.session;
	c.self = S("https://id.example/account/password");
	call_set(&c, P_CSRF, csrf_token(&c, p->before.session));
	call_set(&c, P_CURRENT_PASSWORD, S("right"));
	call_set(&c, P_NEW_PASSWORD, S("{noop}chosen by the person"));
	call_set(&c, P_NEW_PASSWORD_AGAIN, S("{noop}chosen by the person"));
	call_set(&c, P_END_SESSIONS, S("1"));
	a = account_password_endpoint(&c, true);
	p->why = a.kind == ANS_FAULT ? a.why : R_NONE;
	if (a.kind == ANS_GO && a.go.place == PLACE_SAVED)
		p->given.session = c.set_session;
}

/* In two halves, as LANE_WRITER and LANE_SIGN do it. */
static struct answer
in_halves(struct play *p, struct call *c)
{
	const struct store_op *ops;
	struct token_work *x;
	struct answer a;
	size_t n, lost;
	enum store_result r;

	switch (token_begin(c, &x, &ops, &n, &a)) {
	case TOKEN_ANSWERED: break;
	case TOKEN_RACES: a = x == NULL ? token_endpoint(c) : token_commit(c, x); break;
	case TOKEN_PREPARED:
		r = store_commit(p->w->store, ops, n, &lost);
		a = r == STORE_LOST ? token_commit(c, x) : token_end(c, x, r);
	}
	return a;
}

static void
redeems(struct play *p, struct call *c, struct str code)
{
	*c = call_of(p);
	as_client(p, c, &grant_authorization_code);
	call_set(c, P_CODE, code);
	call_set(c, P_REDIRECT_URI, CB);
	call_set(c, P_CODE_VERIFIER, VERIFIER);
}

static struct answer
redeem_as(struct play *p, struct str code)
{
	struct call c;

	redeems(p, &c, code);
	return token_endpoint(&c);
}

static void
code_before(struct play *p)
{
	session_before(p);
	authorize(p);
	p->before.code = p->given.code;
	p->given = (struct gift){ .access = STR_ABSENT };
}

static void
code_grant(struct play *p)
{
	take_tokens(p, redeem_as(p, p->before.code));
}

static void
code_halves(struct play *p)
{
	struct call c;

	redeems(p, &c, p->before.code);
	take_tokens(p, in_halves(p, &c));
}

static void
refresh_before(struct play *p)
{
	struct str session;

	code_before(p);
	session = p->before.session;
	code_grant(p);
	p->before = p->given;
	p->before.session = session;
	p->given = (struct gift){ .access = STR_ABSENT };
}

static struct answer
refresh_as(struct play *p, struct str token)
{
	struct call c = call_of(p);

	as_client(p, &c, &grant_refresh_token);
	call_set(&c, P_REFRESH_TOKEN, token);
	return token_endpoint(&c);
}

static void
table_code_before(struct play *p)
{
	table_before(p);
	authorize(p);
	p->before.code = p->given.code;
	p->given = (struct gift){ .access = STR_ABSENT };
}

static void
table_refresh_before(struct play *p)
{
	struct str session;

	table_code_before(p);
	session = p->before.session;
	code_grant(p);
	p->before = p->given;
	p->before.session = session;
	p->given = (struct gift){ .access = STR_ABSENT };
}

static void
refresh_grant(struct play *p)
{
	take_tokens(p, refresh_as(p, p->before.refresh));
}

static void
refresh_halves(struct play *p)
{
	struct call c = call_of(p);

	as_client(p, &c, &grant_refresh_token);
	call_set(&c, P_REFRESH_TOKEN, p->before.refresh);
	take_tokens(p, in_halves(p, &c));
}

/* What a resource server is told changes nothing; that it is asked may bring news of the user. */
static void
introspection(struct play *p)
{
	struct call c = call_of(p);
	struct token_facts f;
	struct id16 family;
	struct token row;

	p->given = p->before;
	p->given.session = STR_ABSENT;
	if (!token_inspect(&c, p->given.access, INSPECT_ACCESS, &f, &family, &row))
		p->why = c.why;
}

/* Long enough after the login for the directory to be asked. */
static void
introspection_later(struct play *p)
{
	p->later_s = 120;
	introspection(p);
}

static void
client_grant(struct play *p)
{
	struct call c = call_of(p);

	as_client(p, &c, &grant_client_credentials);
	take_tokens(p, token_endpoint(&c));
}

static void
client_grant_halves(struct play *p)
{
	struct call c = call_of(p);

	as_client(p, &c, &grant_client_credentials);
	take_tokens(p, in_halves(p, &c));
}

enum { USES_PASSWORD = 1, USES_USER = 2, USES_SECRET = 4, USES_CLIENT = 8, USES_SESSION = 16, USES_EVIDENCE = 32 /* of before, which an end ends */, USES_FAMILY = 64, GIVES_NO_FAMILY = 128 /* signed, for the client itself */,
	USES_TABLE = 256, USES_DIRECTORY = 512, FRESH_WORD = 1024 /* what the directory said at the login is new enough for the request */ };
#define OF_TABLE (USES_USER | USES_TABLE)
#define OF_DIRECTORY (USES_USER | USES_DIRECTORY)
enum issuer_kind { MODERN, LEGACY, JWTS, UUIDS };
static const struct kind { const char *name; enum issuer_kind at; unsigned uses; void (*before)(struct play *), (*run)(struct play *); } kinds[] = {
	{ "password grant, old issuer", LEGACY, USES_PASSWORD | USES_USER | USES_SECRET | USES_CLIENT, nothing_before, password_grant },
	{ "password grant, JWTs", JWTS, USES_PASSWORD | USES_USER | USES_SECRET | USES_CLIENT, nothing_before, password_grant },
	{ "password grant, JWTs of UUIDs", UUIDS, USES_PASSWORD | USES_USER | USES_SECRET | USES_CLIENT, nothing_before, password_grant },
	{ "login form", MODERN, USES_PASSWORD | USES_USER, nothing_before, login_form },
	{ "SMS grant", LEGACY, USES_USER | USES_SECRET | USES_CLIENT, sms_before, sms_grant },
	{ "SMS login", LEGACY, USES_USER, sms_before, sms_login },
	{ "authorize", MODERN, USES_USER | USES_CLIENT | USES_SESSION, session_before, authorize },
	{ "authorize, halves", MODERN, USES_USER | USES_CLIENT | USES_SESSION, session_before, authorize_halves },
	{ "implicit", LEGACY, USES_USER | USES_CLIENT | USES_SESSION, session_before, implicit },
	{ "implicit, JWTs of UUIDs", UUIDS, USES_USER | USES_CLIENT | USES_SESSION, session_before, implicit },
	{ "consent", MODERN, USES_USER | USES_CLIENT | USES_SESSION, consent_before, consent },
	{ "password of the account", MODERN, USES_PASSWORD | USES_USER | USES_SESSION, session_before, account_password },
	{ "code", MODERN, USES_USER | USES_SECRET | USES_CLIENT | USES_EVIDENCE, code_before, code_grant },
	{ "code, halves", MODERN, USES_USER | USES_SECRET | USES_CLIENT | USES_EVIDENCE, code_before, code_halves },
	{ "code, JWTs of UUIDs, halves", UUIDS, USES_USER | USES_SECRET | USES_CLIENT | USES_EVIDENCE, code_before, code_halves },
	{ "code, JWTs of UUIDs", UUIDS, USES_USER | USES_SECRET | USES_CLIENT | USES_EVIDENCE, code_before, code_grant },
	{ "refresh", MODERN, USES_USER | USES_SECRET | USES_CLIENT | USES_EVIDENCE | USES_FAMILY, refresh_before, refresh_grant },
	{ "refresh, halves", MODERN, USES_USER | USES_SECRET | USES_CLIENT | USES_EVIDENCE | USES_FAMILY, refresh_before, refresh_halves },
	{ "refresh, kept", LEGACY, USES_USER | USES_SECRET | USES_CLIENT | USES_EVIDENCE | USES_FAMILY, refresh_before, refresh_grant },
	{ "refresh, JWTs of UUIDs", UUIDS, USES_USER | USES_SECRET | USES_CLIENT | USES_EVIDENCE | USES_FAMILY, refresh_before, refresh_grant },
	{ "password grant, user table", LEGACY, OF_TABLE | USES_SECRET | USES_CLIENT, table_before, password_grant },
	{ "login form, user table", MODERN, OF_TABLE, table_before, login_form },
	{ "authorize, user table", MODERN, OF_TABLE | USES_CLIENT | USES_SESSION, table_before, authorize },
	{ "code, user table", MODERN, OF_TABLE | USES_SECRET | USES_CLIENT | USES_EVIDENCE, table_code_before, code_grant },
	{ "refresh, user table", MODERN, OF_TABLE | USES_SECRET | USES_CLIENT | USES_EVIDENCE | USES_FAMILY, table_refresh_before, refresh_grant },
	{ "refresh, kept, user table", LEGACY, OF_TABLE | USES_SECRET | USES_CLIENT | USES_EVIDENCE | USES_FAMILY, table_refresh_before, refresh_grant },
	{ "directory grant", LEGACY, OF_DIRECTORY | USES_SECRET | USES_CLIENT, session_before, directory_grant },
	{ "login form, directory", MODERN, OF_DIRECTORY, session_before, login_form },
	{ "authorize, directory", MODERN, OF_DIRECTORY | USES_CLIENT | USES_SESSION, session_before, authorize },
	{ "authorize, directory not asked", MODERN, OF_DIRECTORY | FRESH_WORD | USES_CLIENT | USES_SESSION, session_before, authorize },
	{ "consent, directory", MODERN, OF_DIRECTORY | USES_CLIENT | USES_SESSION, consent_before, consent },
	{ "code, directory", MODERN, OF_DIRECTORY | USES_SECRET | USES_CLIENT | USES_EVIDENCE, code_before, code_grant },
	{ "refresh, directory", MODERN, OF_DIRECTORY | USES_SECRET | USES_CLIENT | USES_EVIDENCE | USES_FAMILY, refresh_before, refresh_grant },
	{ "refresh, kept, directory", LEGACY, OF_DIRECTORY | USES_SECRET | USES_CLIENT | USES_EVIDENCE | USES_FAMILY, refresh_before, refresh_grant },
	{ "introspection, directory", MODERN, OF_DIRECTORY | USES_CLIENT | USES_EVIDENCE | USES_FAMILY, refresh_before, introspection_later },
	{ "introspection, directory not asked", LEGACY, OF_DIRECTORY | FRESH_WORD | USES_CLIENT | USES_EVIDENCE | USES_FAMILY, refresh_before, introspection },
	{ "client_credentials", MODERN, USES_SECRET | USES_CLIENT, nothing_before, client_grant },
	{ "client_credentials, halves", MODERN, USES_SECRET | USES_CLIENT, nothing_before, client_grant_halves },
	{ "client_credentials, living token", LEGACY, USES_SECRET | USES_CLIENT, nothing_before, client_grant_halves },
	{ "client_credentials, JWTs", JWTS, USES_SECRET | USES_CLIENT | GIVES_NO_FAMILY, nothing_before, client_grant },
	{ "client_credentials, JWTs, halves", UUIDS, USES_SECRET | USES_CLIENT | GIVES_NO_FAMILY, nothing_before, client_grant_halves },
};

/* --- acts of the operator ----------------------------------------------------------------------------------------------------------------- */

static bool
order(struct play *p, struct arena *mem, const char *fmt, ...)
{
	char text[1024];
	struct str out;
	json_t *ask;
	bool changed, ok;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	ask = json_read(mem, str_of(text));
	ok = ask != NULL && manage_do(p->w->store, mem, ask, &(struct lent){ .elsewhere = S("") }, &out, &changed);
	if (!ok)
		test_fail(__FILE__, __LINE__, "%s: %.*s", text, STR_ARG(out));
	return ok;
}

#define USER  "\"realm\":\"r\",\"name\":\"%.*s\"", STR_ARG(p->user)
#define CLIENT "\"realm\":\"r\",\"id\":\"%.*s\"", STR_ARG(p->client)
#define DO(what, ...) order(p, mem, "{\"do\":\"" what "\"," __VA_ARGS__)

static bool
user_made(struct play *p, struct arena *mem)
{
	return order(p, mem, "{\"do\":\"user.create\",\"realm\":\"r\",\"name\":\"%.*s\",\"phone\":\"%.*s\",\"password_encoded\":\"{noop}right\"}", STR_ARG(p->user), STR_ARG(p->phone));
}

static bool
client_made(struct play *p, struct arena *mem)
{
	return order(p, mem, "{\"do\":\"client.create\",\"realm\":\"r\",\"id\":\"%.*s\",\"secret_encoded\":\"{noop}secret\",\"scopes\":\"read\",\"auto_approve\":true,"
	    "\"legacy\":\"password implicit refresh_reuse\",\"redirect_uris\":[\"https://app.example/cb\"],"
	    "\"grants\":\"authorization_code refresh_token client_credentials password implicit sms directory\"}", STR_ARG(p->client));
}

#define ACT(id, what, who) static bool id(struct play *p, struct arena *mem) \
	{ return order(p, mem, "{\"do\":\"" what "}", STR_ARG(p->who)); }
ACT(set_password, "user.set-password\",\"password_encoded\":\"{noop}new\",\"realm\":\"r\",\"name\":\"%.*s\"", user)
ACT(disable, "user.disable\",\"realm\":\"r\",\"name\":\"%.*s\"", user)
ACT(enable, "user.enable\",\"realm\":\"r\",\"name\":\"%.*s\"", user)
ACT(lock, "user.set\",\"locked\":true,\"realm\":\"r\",\"name\":\"%.*s\"", user)
ACT(delete, "user.delete\",\"realm\":\"r\",\"name\":\"%.*s\"", user)
ACT(access_ends, "session.end\",\"realm\":\"r\",\"user\":\"%.*s\"", user)
ACT(sessions_end, "session.end\",\"sessions_only\":true,\"realm\":\"r\",\"user\":\"%.*s\"", user)
ACT(import_password, "realm.import\",\"replace\":true,\"realm\":\"r\",\"users\":[{\"name\":\"%.*s\",\"password_encoded\":\"{noop}new\"}]", user)
ACT(import_same, "realm.import\",\"keep\":true,\"realm\":\"r\",\"users\":[{\"name\":\"%.*s\"}]", user)
ACT(import_gone, "realm.import\",\"realm\":\"r\",\"users\":[{\"name\":\"%.*s\",\"gone\":true}]", user)
ACT(import_client_same, "realm.import\",\"keep\":true,\"realm\":\"r\",\"clients\":[{\"id\":\"%.*s\"}]", client)
ACT(import_client_gone, "realm.import\",\"realm\":\"r\",\"clients\":[{\"id\":\"%.*s\",\"gone\":true}]", client)
ACT(client_disable, "client.set\",\"enabled\":false,\"realm\":\"r\",\"id\":\"%.*s\"", client)
ACT(client_enable, "client.set\",\"enabled\":true,\"realm\":\"r\",\"id\":\"%.*s\"", client)
ACT(client_delete, "client.delete\",\"realm\":\"r\",\"id\":\"%.*s\"", client)
ACT(client_rotate, "client.rotate-secret\",\"realm\":\"r\",\"id\":\"%.*s\"", client)

/* An import of what is here, and the next one without it. */
static bool gone_by_import(struct play *p, struct arena *mem)        { return import_same(p, mem) && import_gone(p, mem); }
static bool client_gone_by_import(struct play *p, struct arena *mem) { return import_client_same(p, mem) && import_client_gone(p, mem); }
static bool disable_enable(struct play *p, struct arena *mem)        { return disable(p, mem) && enable(p, mem); }
static bool delete_again(struct play *p, struct arena *mem)          { return delete(p, mem) && user_made(p, mem); }
static bool client_disable_enable(struct play *p, struct arena *mem) { return client_disable(p, mem) && client_enable(p, mem); }
static bool client_delete_again(struct play *p, struct arena *mem)   { return client_delete(p, mem) && client_made(p, mem); }

/* What the person holds at this issuer, what this client holds of the person, and what was approved for it. */
static bool
access_ends_here(struct play *p, struct arena *mem)
{
	return order(p, mem, "{\"do\":\"session.end\",\"realm\":\"r\",\"user\":\"%.*s\",\"issuer\":\"%.*s\"}", STR_ARG(p->user), STR_ARG(p->at.name));
}

static bool
access_ends_of_client(struct play *p, struct arena *mem)
{
	return order(p, mem, "{\"do\":\"session.end\",\"realm\":\"r\",\"user\":\"%.*s\",\"client\":\"%.*s\"}", STR_ARG(p->user), STR_ARG(p->client));
}

static bool
withdraw(struct play *p, struct arena *mem)
{
	struct approval a = { .issuer = p->at.name, .client = p->client, .scope = S("other") };
	struct store_op op = { .kind = OP_APPROVAL_PUT, .approval = &a };
	struct user u;

	if (store_user_by_name(p->w->store, mem, S("r"), p->user, &u) != FOUND)
		return true;
	a.user = u.id;
	store_commit(p->w->store, &op, 1, NULL);
	return order(p, mem, "{\"do\":\"approval.withdraw\",\"realm\":\"r\",\"user\":\"%.*s\"}", STR_ARG(p->user));
}

/* The client hands in what it got before the request. */
static bool
revoke(struct play *p, struct arena *mem)
{
	struct call c = call_of(p);

	if (!str_given(p->before.refresh))
		return true;
	c.mem = mem;
	call_basic(&c, p->client, S("secret"));
	call_set(&c, P_TOKEN, p->before.refresh);
	return revoke_endpoint(&c).kind == ANS_EMPTY;
}

/* --- and of who keeps the table or the directory: nobody here is told of it ------------------------------------------------------------------------------ */

static bool
row_gone(struct play *p, struct arena *mem)
{
	(void)mem;
	old_table_run("DELETE FROM t WHERE name = '%.*q'", p->user);
	return true;
}

static bool
row_disabled(struct play *p, struct arena *mem)
{
	(void)mem;
	old_table_run("UPDATE t SET enabled = 0 WHERE name = '%.*q'", p->user);
	return true;
}

static bool
entry_becomes(struct play *p, enum entry is)
{
	atomic_store(&p->directory->is, (int)is);
	return true;
}

static bool entry_gone(struct play *p, struct arena *mem)     { (void)mem; return entry_becomes(p, ENTRY_GONE); }
static bool entry_disabled(struct play *p, struct arena *mem) { (void)mem; return entry_becomes(p, ENTRY_DISABLED); }

/* Gone, which is noticed, and there again. */
static bool
entry_gone_and_back(struct play *p, struct arena *mem)
{
	struct user u;

	entry_gone(p, mem);
	if (store_user_by_name(p->w->store, mem, S("r"), p->user, &u) == FOUND
	    && directory_again(mem, p->w->store, &p->directory->d, &u) != PERSON_FOUND)
		test_fail(__FILE__, __LINE__, "the directory is asked in vain");
	return entry_becomes(p, ENTRY_FINE);
}

/* A reload: requests under way keep what they began with. */
static bool
directory_removed(struct play *p, struct arena *mem)
{
	(void)mem;
	return p->no_directory = true;
}

/* What must hold of what the request gave. */
enum must {
	ANY,
	DEAD,                                   /* whenever the act came */
	DEAD_IF_BEFORE,                         /* what was given before the act; a request that looked again after it may give */
	DEAD_IF_AFTER,                          /* what was given after the act; what was given before lives on */
};

static enum must
user_gone(unsigned uses)
{
	return uses & USES_USER ? DEAD : ANY;
}

/* The table or directory has the user still: whoever logs in anew may. */
static enum must
user_deleted(unsigned uses)
{
	if ((uses & (USES_TABLE | USES_DIRECTORY)) == 0)
		return user_gone(uses);
	return uses & (USES_SESSION | USES_EVIDENCE) ? DEAD : DEAD_IF_BEFORE;
}

static enum must
password_new(unsigned uses)
{
	if (uses & (USES_PASSWORD | USES_SESSION | USES_EVIDENCE))
		return DEAD;
	return uses & USES_USER ? DEAD_IF_BEFORE : ANY;
}

/* Gone and there again: whoever may come in anew may, but nothing of before opens anything. */
static enum must
user_again_there(unsigned uses)
{
	if (uses & (USES_SESSION | USES_EVIDENCE))
		return DEAD;
	return uses & USES_USER ? DEAD_IF_BEFORE : ANY;
}

/* What the client got for the user ends; the session, and who logs in anew, may give again. */
static enum must
client_of_user_gone(unsigned uses)
{
	if ((uses & (USES_USER | USES_CLIENT)) != (USES_USER | USES_CLIENT))
		return ANY;
	return uses & USES_EVIDENCE ? DEAD : DEAD_IF_BEFORE;
}

static enum must
session_gone(unsigned uses)
{
	return uses & USES_SESSION ? DEAD_IF_AFTER : ANY;
}

static enum must
client_gone(unsigned uses)
{
	return uses & USES_CLIENT ? DEAD : ANY;
}

static enum must
client_again_there(unsigned uses)
{
	if (uses & USES_EVIDENCE)
		return DEAD;
	return uses & USES_CLIENT ? DEAD_IF_BEFORE : ANY;
}

/* Rows wait for their client; what is signed and has none does not come back. */
static enum must
client_there_again(unsigned uses)
{
	return uses & GIVES_NO_FAMILY ? DEAD_IF_BEFORE : ANY;
}

static enum must
secret_new(unsigned uses)
{
	return uses & USES_SECRET ? DEAD_IF_AFTER : ANY;
}

static enum must
family_gone(unsigned uses)
{
	return uses & USES_FAMILY ? DEAD : ANY;
}

/*
 * not_of: kinds of requests it does not go with, as a table or directory has the word on passwords, and such users are not made here;
 * of: it goes with these only.
 */
#define ELSEWHERE (USES_TABLE | USES_DIRECTORY)
static const struct act {
	const char *name;
	bool (*run)(struct play *, struct arena *);
	enum must (*must)(unsigned uses);
	unsigned not_of, of;
} acts[] = {
	{ "set-password", set_password, password_new, ELSEWHERE }, { "import of a password", import_password, password_new, ELSEWHERE },
	{ "import without the user", gone_by_import, user_gone, ELSEWHERE },
	{ "import without the client", client_gone_by_import, client_gone },
	{ "disable", disable, user_gone }, { "lock", lock, user_gone, USES_TABLE }, { "delete", delete, user_deleted },
	{ "disable, enable", disable_enable, user_again_there }, { "delete, create", delete_again, user_again_there, ELSEWHERE },
	{ "session end, sessions only", sessions_end, session_gone },
	{ "session end", access_ends, user_again_there }, { "session end, issuer", access_ends_here, user_again_there },
	{ "session end, client", access_ends_of_client, client_of_user_gone }, { "approval withdraw", withdraw, client_of_user_gone },
	{ "client disable", client_disable, client_gone }, { "client delete", client_delete, client_gone },
	{ "client disable, enable", client_disable_enable, client_there_again }, { "client delete, create", client_delete_again, client_again_there },
	{ "client rotate-secret", client_rotate, secret_new }, { "revoke", revoke, family_gone },
	{ "row gone", row_gone, user_gone, 0, USES_TABLE }, { "row disabled", row_disabled, user_gone, 0, USES_TABLE },
	{ "entry gone", entry_gone, user_gone, 0, USES_DIRECTORY }, { "entry disabled", entry_disabled, user_gone, 0, USES_DIRECTORY },
	{ "entry gone and back", entry_gone_and_back, user_again_there, 0, USES_DIRECTORY },
	{ "directory removed", directory_removed, user_gone, 0, USES_DIRECTORY },
};

static bool
applies(const struct act *a, const struct kind *k)
{
	return (k->uses & a->not_of) == 0 && (a->of == 0 || (k->uses & a->of) != 0);
}

/* --- what is it worth? --------------------------------------------------------------------------------------------------------------------- */

static bool
access_works(struct play *p)
{
	struct call c = call_of(p);
	struct token_facts f;
	struct id16 family;
	struct token row;

	return str_given(p->given.access) && token_inspect(&c, p->given.access, INSPECT_ACCESS, &f, &family, &row);
}

static bool
session_works(struct play *p, struct str cookie)
{
	struct call c = call_of(p);
	struct session s;
	struct user u;

	c.session_cookie = cookie;
	return str_given(cookie) && session_find(&c, &s) && user_of_session(&c, &s, &u);
}

/* A new secret is no proof that the token is dead: whoever has that secret may be the thief's victim. */
static void
secret_known_again(struct play *p)
{
	struct client k;
	struct store_op op = { .kind = OP_CLIENT_SET, .client = &k };

	if (store_client(p->w->store, p->mem, S("r"), p->client, &k) != FOUND)
		return;
	k.secret = S("{noop}secret");
	store_commit(p->w->store, &op, 1, NULL);
}

static bool
something_works(struct play *p)
{
	bool access = access_works(p), session = session_works(p, p->given.session);

	return access || session || (str_given(p->given.refresh) && refresh_as(p, p->given.refresh).kind == ANS_TOKENS)
	    || (str_given(p->given.code) && redeem_as(p, p->given.code).kind == ANS_TOKENS);
}

/* --- the stage ------------------------------------------------------------------------------------------------------------------------------ */

static void
policy_with(struct play *p, const struct kind *k)
{
	p->policy = k->at == LEGACY ? p->w->old : p->w->strict;
	p->policy.grant.offered = p->w->old.grant.offered;
	p->policy.session.idle_s = 600;
	p->policy.authorize.code_ttl_s = 600;
	p->policy.authorize.offers_implicit = true;
	p->policy.sms.code_ttl_s = 300;
	p->policy.sms.tries = 5;
	if (k->at == JWTS || k->at == UUIDS)
		p->policy.token.access_shape = SHAPE_JWT;
	if (k->at == UUIDS)
		p->policy.token.jti_shape = JTI_UUID;
	p->at = k->at == LEGACY ? p->w->legacy : p->w->modern;
	p->at.policy = &p->policy;
	p->at.table = k->uses & USES_TABLE ? &old_table.t : NULL;
}

/* The user stands in a directory that is asked after a minute, or after more than the request lets pass. */
static void
directory_of_play(struct play *p, const struct kind *k)
{
	p->directory = arena_new(p->mem, struct scripted_directory);
	scripted_directory_init(p->directory, p->mem, p->user, k->uses & FRESH_WORD ? 300 : 60);
	p->policy.grant.offered |= BIT(GI_directory);
	p->at.directory = p->at.at_login = &p->directory->d;
	p->at.directories = p->directory->list;
}

/* For who comes after the act: the settings as they are then, and at a time when no word of before counts. */
static void
neighbours_now(struct play *p)
{
	static const struct directory *const none[1];

	if (p->at.table != NULL)
		p->later_s = 120;
	if (p->directory == NULL)
		return;
	p->later_s = p->directory->d.recheck_s + 120;
	if (p->no_directory) {
		p->at.directory = p->at.at_login = NULL;
		p->at.directories = none;
	}
}

/* The clients as they are now, for who comes after the act. */
static struct realm *
realm_now(struct play *p)
{
	uint64_t epoch = store_clients_epoch(p->w->store);
	struct client k;
	bool found = store_client(p->w->store, p->mem, S("r"), p->client, &k) == FOUND;
	struct realm *r = realm_new(S("r"), &k, found ? 1 : 0, epoch);

	p->at.realm = r;
	return r;
}

static struct realm *
play_begin(struct play *p, struct world *w, struct arena *mem, const struct kind *k)
{
	static _Atomic int number;
	int n = atomic_fetch_add(&number, 1);
	struct realm *r;

	*p = (struct play){ .w = w, .mem = mem, .left = -1 };
	p->user = arena_printf(mem, "u%d", n);
	p->client = arena_printf(mem, "c%d", n);
	p->phone = arena_printf(mem, "13%09d", n);
	if ((k->uses & ELSEWHERE) == 0)
		user_made(p, mem);
	client_made(p, mem);
	policy_with(p, k);
	if (k->uses & USES_DIRECTORY)
		directory_of_play(p, k);
	r = realm_now(p);
	k->before(p);
	return r;
}

/* Nothing stays behind, so that the thousandth play is as quick as the first. */
static void
play_end(struct play *p)
{
	struct client k = { .realm = S("r"), .id = p->client };
	struct user u;
	struct store_op ops[2] = { { .kind = OP_CLIENT_DELETE, .gone = { .client = &k, .elsewhere = S("") } } };
	size_t n = 1;

	if (store_user_by_name(p->w->store, p->mem, S("r"), p->user, &u) == FOUND)
		ops[n++] = (struct store_op){ .kind = OP_USER_DELETE, .ends = { .user = &u, .elsewhere = S("") } };
	store_commit(p->w->store, ops, n, NULL);
	if (p->at.table != NULL)
		old_table_run("DELETE FROM t WHERE name = '%.*q'", p->user);
}

/* At the step that was chosen the operator acts; the request goes on when the operator was told "done". */
static void
step(void *ctx)
{
	struct play *p = ctx;

	if (p->in_act)
		return;
	p->after += p->acted;
	if (p->acted || p->left-- > 0)
		return;
	p->acted = p->in_act = true;
	acts[p->act].run(p, p->mem);
	p->in_act = false;
}

static bool
is_violated(enum must m, int after, bool works)
{
	return works && (m == DEAD || (m == DEAD_IF_BEFORE && after == 0) || (m == DEAD_IF_AFTER && after > 0));
}

/* False: the request made fewer steps. */
static bool
overlap(struct world *w, struct arena *mem, const struct kind *k, int act, int at_step)
{
	struct play p;
	struct realm *before = play_begin(&p, w, mem, k), *after;
	bool acted;

	p.act = act;
	p.left = at_step;
	store_hook_set(w->store, step, &p);
	k->run(&p);
	store_hook_set(w->store, NULL, NULL);
	acted = p.acted;
	if (!acted) {                           /* the same act right after it, and the request had what it wanted */
		if (!str_given(p.given.access) && !str_given(p.given.session) && !str_given(p.given.code))
			test_fail(__FILE__, __LINE__, "%s: gave nothing: %s", k->name, reason_rows[p.why].name);
		acts[act].run(&p, mem);
	}
	if (p.why == R_STORE || p.why == R_TOO_BUSY || p.why == R_INTERNAL)
		test_fail(__FILE__, __LINE__, "%s, %s at step %d: %s", k->name, acts[act].name, at_step, reason_rows[p.why].name);
	secret_known_again(&p);
	neighbours_now(&p);
	after = realm_now(&p);
	if (acts[act].must == session_gone && session_works(&p, p.before.session))
		test_fail(__FILE__, __LINE__, "%s, %s at step %d: the session is there again", k->name, acts[act].name, at_step);
	if (is_violated(acts[act].must(k->uses), p.after, something_works(&p)))
		test_fail(__FILE__, __LINE__, "%s, %s at step %d of %d: what was given works", k->name, acts[act].name, at_step, at_step + p.after);
	play_end(&p);
	realm_free(before);
	realm_free(after);
	return acted;
}

#define STEPS_MAX 64
TEST(every_act_between_any_two_steps_of_every_request)
{
	struct world *w = world_tuned(QUICK);

	NEED(old_table_open(w));
	log_level_set(LOG_WARN);
	for (size_t k = 0; k < COUNT(kinds); k++)
		for (size_t a = 0; a < COUNT(acts); a++) {
			bool more = applies(&acts[a], &kinds[k]);
			int n = more ? 0 : 2;

			for (; more && n < STEPS_MAX; n++) {
				struct arena play;

				arena_init(&play, 1 << 22);
				more = overlap(w, &play, &kinds[k], (int)a, n);
				arena_free(&play);
			}
			EXPECT(n > 1 && n < STEPS_MAX);
		}
	log_level_set(LOG_INFO);
	old_table_close();
	world_free(w);
}

/* --- by threads ------------------------------------------------------------------------------------------------------------------------------- */

/* finished: the request had its answer; told: the operator was told "done". */
struct racer { struct play *p; const struct kind *k; unsigned wait_us; _Atomic int gate; _Atomic bool finished, told; bool began_after; };

static void
wait_for_both(_Atomic int *gate)
{
	atomic_fetch_add(gate, 1);
	while (atomic_load(gate) < 2)
		sched_yield();
}

static void
wait_us(unsigned us)
{
	if (us > 0)
		nanosleep(&(struct timespec){ .tv_nsec = 1000L * us }, NULL);
}

static void *
request_runs(void *arg)
{
	struct racer *r = arg;

	wait_for_both(&r->gate);
	wait_us(r->wait_us);
	r->began_after = atomic_load(&r->told);
	r->k->run(r->p);
	atomic_store(&r->finished, true);
	return NULL;
}

/* One of the two waits for a part of what the other takes. True: the request had ended before the act began. */
static bool
run_both(struct racer *r, const struct act *act, struct play *q, struct arena *mem, unsigned seed)
{
	pthread_t t;
	bool before;

	r->wait_us = seed % 4 == 0 ? seed / 4 % 1024 : 0;
	if (pthread_create(&t, NULL, request_runs, r) != 0)
		fatal("no thread for a request");
	wait_for_both(&r->gate);
	wait_us(seed % 4 == 0 ? 0 : seed / 4 % 2048);
	before = atomic_load(&r->finished);
	act->run(q, mem);
	atomic_store(&r->told, true);
	pthread_join(t, NULL);
	return before;
}

/* Beside each other it is known of some only which came first. */
static bool
is_undone(enum must m, bool before, bool began_after, bool works)
{
	return works && (m == DEAD || (m == DEAD_IF_BEFORE && before) || (m == DEAD_IF_AFTER && began_after));
}

static void
race(struct world *w, const struct kind *k, const struct act *act, unsigned seed)
{
	struct arena one, two;
	struct play p, q;
	struct realm *first, *after;
	struct racer r = { .p = &p, .k = k };
	bool before;

	arena_init(&one, 1 << 22);
	arena_init(&two, 1 << 22);
	first = play_begin(&p, w, &one, k);
	q = p;
	before = run_both(&r, act, &q, &two, seed);
	p.no_directory = q.no_directory;
	secret_known_again(&p);
	neighbours_now(&p);
	after = realm_now(&p);
	if (p.why == R_STORE || p.why == R_TOO_BUSY || p.why == R_INTERNAL || is_undone(act->must(k->uses), before, r.began_after, something_works(&p)))
		test_fail(__FILE__, __LINE__, "%s, %s, seed %u: what was given works, or %s", k->name, act->name, seed, reason_rows[p.why].name);
	play_end(&p);
	realm_free(first);
	realm_free(after);
	arena_free(&one);
	arena_free(&two);
}

/*
 * One round: each pair, in a world of its own, so that the thousandth is as quick as the first. Pairs of which nothing is said, where
 * there is only a race to be found, come in each tenth round.
 */
static int
races(int round)
{
	struct world *w = world_tuned(QUICK);
	int n = 0;

	if (!old_table_open(w))
		fatal("no user table");
	for (size_t k = 0; k < COUNT(kinds); k++)
		for (size_t a = 0; a < COUNT(acts); a++)
			if (applies(&acts[a], &kinds[k]) && (round % 10 == 1 || acts[a].must(kinds[k].uses) != ANY)) {
				race(w, &kinds[k], &acts[a], (unsigned)rand_below(1 << 20));
				n++;
			}
	old_table_close();
	world_free(w);
	return n;
}

#define TOLD_EVERY 50
/* HUFU_ROUNDS rounds, which tell how far they are; a few keep the machinery honest, a thousand take an hour. */
TEST(every_act_beside_every_request)
{
	const char *asked = getenv("HUFU_ROUNDS");
	int rounds = asked != NULL ? atoi(asked) : 3, plays = 0;

	log_level_set(LOG_WARN);                /* a directory's leavers are told of */
	for (int i = 1; i <= rounds; i++) {
		plays += races(i);
		if (asked != NULL && (i % TOLD_EVERY == 0 || i == rounds))
			fprintf(stderr, "%d of %d rounds, %d plays\n", i, rounds, plays);
	}
	log_level_set(LOG_INFO);
}

/* --- keys: a request signs with the ring that it began with, whatever the operator does meanwhile --------------------------------------- */

static bool
works_with(struct play *p, const struct keyring *ring, enum key_state signer)
{
	struct key *key = p->w->keys[0];
	bool works;

	p->at.keys = ring;
	key->state = signer;
	works = access_works(p);
	key->state = KEY_ACTIVE;
	p->at.keys = &p->w->ring;
	return works;
}

TEST(a_key_retired_or_revoked_beside_a_request)
{
	struct world *w = world_tuned(QUICK);
	struct key *next = key_generate(ALG_ES256), *both[] = { next, w->keys[0] };
	struct keyring rotated = w->ring, revoked = w->ring;

	next->state = KEY_ACTIVE;
	rotated.keys = revoked.keys = both;
	rotated.n = 2;
	revoked.n = 1;
	for (size_t k = 0; k < COUNT(kinds); k++) {
		struct realm *r;
		struct arena play;
		struct play p;

		if (kinds[k].at != JWTS && kinds[k].at != UUIDS)
			continue;
		arena_init(&play, 1 << 22);
		r = play_begin(&p, w, &play, &kinds[k]);
		kinds[k].run(&p);
		if (!works_with(&p, &rotated, KEY_RETIRED) || works_with(&p, &revoked, KEY_ACTIVE))
			test_fail(__FILE__, __LINE__, "%s: a rotation ends it, or a revocation does not", kinds[k].name);
		realm_free(r);
		arena_free(&play);
	}
	key_free(next);
	world_free(w);
}
