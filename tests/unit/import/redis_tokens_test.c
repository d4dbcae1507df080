/* The token store of an old framework in Redis, told by a server of this test: whole tokens, damaged ones, and bad answers. */
#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../test.h"
#include "dump.h"
#include "import/java.h"
#include "import/redis.h"

#define KEYS 16
struct entry { const char *key; struct str value; };
struct fake {
	struct entry at[KEYS]; size_t n;
	const char *instead_of, *says;          /* the answer to a command of that name */
	char commands[4096]; size_t used;       /* what was asked, a line each */
	int listener, port;
	pthread_t thread;
	struct arena mem;
};

static void
put(struct fake *f, const char *key, struct str value)
{
	f->at[f->n++] = (struct entry){ key, value };
}

static void
bulk(struct buf *b, struct str s)
{
	buf_printf(b, "$%zu\r\n", s.n);
	buf_put(b, s);
	buf_put(b, S("\r\n"));
}

/* All keys with the pattern's beginning, each told twice, as SCAN may. */
static void
scan_answer(struct fake *f, struct str pattern, struct buf *b)
{
	struct str head = str_sub(pattern, 0, pattern.n - 1);
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		n += str_starts(str_of(f->at[i].key), head);
	buf_printf(b, "*2\r\n$1\r\n0\r\n*%zu\r\n", 2 * n);
	for (size_t i = 0; i < 2 * f->n; i++)
		if (str_starts(str_of(f->at[i % f->n].key), head))
			bulk(b, str_of(f->at[i % f->n].key));
}

static void
answer(struct fake *f, const struct resp *words, struct buf *b)
{
	struct str command = words->items[0].text, what = words->n > 1 ? words->items[1].text : S("");

	f->used += (size_t)snprintf(f->commands + f->used, sizeof f->commands - f->used, "%.*s %.*s\n", STR_ARG(command), STR_ARG(what));
	if (f->instead_of != NULL && str_is(command, f->instead_of))
		buf_put(b, str_of(f->says));
	else if (str_is(command, "SCAN"))
		scan_answer(f, words->items[3].text, b);
	else if (str_is(command, "GET")) {
		for (size_t i = 0; i < f->n; i++)
			if (str_is(what, f->at[i].key))
				return bulk(b, f->at[i].value);
		buf_put(b, S("$-1\r\n"));
	} else
		buf_put(b, S("+OK\r\n"));
}

/* One client; an answer that is empty closes the connection. */
static void *
serve(void *arg)
{
	struct fake *f = arg;
	char in[8192];
	size_t n = 0, used;
	ssize_t got;
	int fd = accept(f->listener, NULL, NULL);

	while ((got = recv(fd, in + n, sizeof in - n, 0)) > 0) {
		struct resp words;
		struct buf b;

		n += (size_t)got;
		if (resp_read(&f->mem, str_span(in, n), &words, &used) != RESP_WHOLE)
			continue;
		n = 0;
		buf_init(&b, &f->mem, 1 << 20);
		answer(f, &words, &b);
		if (b.n == 0 || send(fd, buf_str(&b).p, b.n, MSG_NOSIGNAL) < 0)
			break;
	}
	close(fd);
	return NULL;
}

static void
fake_start(struct fake *f)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;

	arena_init(&f->mem, 16u << 20);
	f->listener = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(f->listener, (struct sockaddr *)&a, sizeof a) != 0 || listen(f->listener, 1) != 0 || getsockname(f->listener, (struct sockaddr *)&a, &n) != 0)
		abort();
	f->port = ntohs(a.sin_port);
	pthread_create(&f->thread, NULL, serve, f);
}

/* What an import from it says; *why when it fails. */
static bool
import_from(struct arena *mem, struct fake *f, const char *who, const char *tail, struct spring_plan *plan, struct str *why)
{
	static const struct spring_options o = { .issuer = { "old", 3 }, .tokens = true };
	bool ok;

	if (!spring_plan_begin(plan, mem))
		abort();
	fake_start(f);
	ok = redis_tokens(mem, arena_printf(mem, "redis://%s127.0.0.1:%d%s", who, f->port, tail), STR_ABSENT, &o, plan, why);
	shutdown(f->listener, SHUT_RDWR);
	close(f->listener);
	pthread_join(f->thread, NULL);
	arena_free(&f->mem);
	return ok;
}

static size_t
findings(const struct spring_plan *plan, enum finding which)
{
	size_t n = 0, i;
	json_t *one;

	json_array_foreach(plan->findings, i, one)
		n += json_integer_value(json_object_get(one, "finding")) == (json_int_t)which;
	return n;
}

/* Keys of a recorded row under the text of its token: NAME:text, and its authentication. */
static void
recorded(struct arena *mem, struct fake *f, const char *prefix, const char *kind, int row, const char *under)
{
	json_t *dump = dump_load(mem), *at = json_array_get(dump_table(dump, *kind == 'a' ? "oauth_access_token" : "oauth_refresh_token"), (size_t)row);
	struct str text = str_of(under != NULL ? under : ""), token = dump_blob(mem, at, "token_hex");
	struct java_access_token access;
	struct java_refresh_token refresh;

	if (under == NULL)
		text = *kind == 'a' ? (java_access_token(mem, token, &access), access.value) : (java_refresh_token(mem, token, &refresh), refresh.value);
	put(f, arena_z(mem, ARENA_CAT(mem, str_of(prefix), str_of(kind), S(":"), text)), token);
	put(f, arena_z(mem, ARENA_CAT(mem, str_of(prefix), *kind == 'a' ? S("auth:") : S("refresh_auth:"), text)), dump_blob(mem, at, "authentication_hex"));
}

TEST(tokens_of_a_store_that_tells_keys_twice)
{
	struct fake f = { .n = 0 };
	struct spring_plan plan;
	struct str why;

	recorded(mem, &f, "app:", "access", 0, NULL);
	recorded(mem, &f, "app:", "refresh", 1, NULL);
	put(&f, "other:access:x", S("not of this prefix"));
	EXPECT(import_from(mem, &f, "", "/2?prefix=app%3A", &plan, &why));
	EXPECT_INT(json_array_size(plan.tokens), 2);
	EXPECT_INT(findings(&plan, FIND_BLOB) + findings(&plan, FIND_DIGEST) + findings(&plan, FIND_STALE), 0);
	EXPECT(strstr(f.commands, "SELECT 2\n") != NULL && strstr(f.commands, "AUTH") == NULL);
}

/* Each is named, none stops the others. */
TEST(damaged_refresh_tokens)
{
	struct fake f = { .n = 0 };
	struct spring_plan plan;
	struct str why;

	recorded(mem, &f, "", "refresh", 0, NULL);
	recorded(mem, &f, "", "refresh", 1, "under-another-name");
	recorded(mem, &f, "", "refresh", 1, "half");
	f.at[4].value.n /= 2;
	recorded(mem, &f, "", "refresh", 1, "half-of-its-authentication");
	f.at[7].value.n /= 2;
	put(&f, "refresh:empty", S(""));
	put(&f, "refresh:without-authentication", f.at[0].value);
	put(&f, "refresh:an-access-token", S("\xac\xed\0\5p"));
	put(&f, "refresh:\xff", S("no text"));
	EXPECT(import_from(mem, &f, "", "", &plan, &why));
	EXPECT_INT(json_array_size(plan.tokens), 1);
	EXPECT_INT(findings(&plan, FIND_DIGEST), 1);
	EXPECT_INT(findings(&plan, FIND_BLOB), 5 + 2);  /* the key that is no text is told twice, as it came */
}

TEST(damaged_access_tokens)
{
	struct fake f = { .n = 0 };
	struct spring_plan plan;
	struct str why;

	recorded(mem, &f, "", "access", 0, NULL);
	recorded(mem, &f, "", "access", 1, "under-another-name");
	recorded(mem, &f, "", "access", 1, "cut");
	f.at[4].value.n--;
	put(&f, "access:without-authentication", f.at[0].value);
	EXPECT(import_from(mem, &f, "", "", &plan, &why));
	EXPECT_INT(json_array_size(plan.tokens), 1);
	EXPECT_INT(findings(&plan, FIND_DIGEST), 1);
	EXPECT_INT(findings(&plan, FIND_BLOB), 2);
}

TEST(a_user_and_a_password_of_the_url)
{
	struct fake f = { .n = 0 }, g = { .n = 0 };
	struct spring_plan plan;
	struct str why;

	EXPECT(import_from(mem, &f, "alice:pa%40ss@", "", &plan, &why));
	EXPECT(strstr(f.commands, "AUTH alice\n") != NULL);
	EXPECT(import_from(mem, &g, ":pa%40ss@", "", &plan, &why));
	EXPECT(strstr(g.commands, "AUTH pa@ss\n") != NULL);
}

/* Refused, of another kind, cut off, too early: a sentence, and no plan is followed. */
TEST(answers_that_end_the_import)
{
	static const struct { const char *command, *says, *why; } rows[] = {
		{ "AUTH", "-WRONGPASS no\r\n", "Redis refuses AUTH: WRONGPASS no" },
		{ "SELECT", "-ERR DB index is out of range\r\n", "Redis refuses SELECT: ERR DB index is out of range" },
		{ "SCAN", "+OK\r\n", "Redis does not answer SCAN as it should" },
		{ "SCAN", "*2\r\n$1\r\n0\r\n$-1\r\n", "Redis does not answer SCAN as it should" },
		{ "SCAN", "*1\r\n$1\r\n0\r\n", "Redis does not answer SCAN as it should" },
		{ "SCAN", "", "Redis does not answer SCAN as it should" },
		{ "GET", "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n", "Redis refuses GET: WRONGTYPE Operation against a key holding the wrong kind of value" },
		{ "GET", "$1\r\nabc", "Redis does not answer GET as it should" },
		{ "GET", "+OK\r\n+and more\r\n", "Redis does not answer GET as it should" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fake f = { .instead_of = rows[i].command, .says = rows[i].says };
		struct spring_plan plan;
		struct str why = S("");

		recorded(mem, &f, "", "access", 0, NULL);
		EXPECT(!import_from(mem, &f, ":pw@", "", &plan, &why));
		EXPECT_STR(why, str_of(rows[i].why));
	}
}

TEST(redis_urls)
{
	static const char *const wrong[] = { "redis://", "redis://:6379", "redis://h:0", "redis://h:65536", "redis://h:x", "redis://h/one", "redis://h/-1", "redis://h?other=1",
		"redis://h?prefix=a*", "redis://h?prefix=a%3f", "redis://h?prefix=%zz", "redis://[::1", "redis://[]", "redis://[::1]6379", "redis://a:%2@h", "rediss://h" };
	struct redis_address a;

	NEED(redis_address_read(mem, S("redis://[::1]:7000/3?prefix=a%3Ab"), &a));
	EXPECT(str_is(a.host, "::1") && a.port == 7000 && str_is(a.database, "3") && str_is(a.prefix, "a:b") && !str_given(a.password));
	NEED(redis_address_read(mem, S("redis://u%3A:p:q@host"), &a));
	EXPECT(str_is(a.host, "host") && a.port == 6379 && str_is(a.user, "u:") && str_is(a.password, "p:q") && str_is(a.database, "0"));
	for (size_t i = 0; i < COUNT(wrong); i++)
		if (redis_address_read(mem, str_of(wrong[i]), &a))
			test_fail(__FILE__, __LINE__, "taken: %s", wrong[i]);
}

/* A DefaultOAuth2RefreshToken, the class without an expiration, as Java writes it: of such a token it is said that it never expires. */
TEST(a_refresh_token_without_an_end_is_a_risk)
{
	static const char never[] = "\xac\xed\0\5sr\0\x44" "org.springframework.security.oauth2.common.DefaultOAuth2RefreshToken"
	    "\x73\xe1\x0e\x0a\x63\x54\xd4\x5e\2\0\1L\0\5valuet\0\x12Ljava/lang/String;xpt\0\7forever";
	struct fake f = { .n = 0 };
	struct spring_plan plan;
	struct str why;

	recorded(mem, &f, "", "refresh", 0, "forever");
	f.at[0].value = str_span(never, sizeof never - 1);
	EXPECT(import_from(mem, &f, "", "", &plan, &why));
	EXPECT_INT(json_array_size(plan.tokens), 1);
	EXPECT_INT(findings(&plan, FIND_TOKEN_FOREVER), 1);
}

/* Tokens that are signed with a shared secret cannot come along; that is said once, however many there are. */
TEST(tokens_of_a_shared_secret_stay_behind)
{
	static const struct spring_options o = { .issuer = { "old", 3 }, .tokens = true };
	struct spring_token t = { .client = S("c"), .scope = S("read"), .access = S("eyJhbGciOiJIUzI1NiJ9.eyJqdGkiOiIxIn0.AAAA"), .access_ms = 1 };
	struct spring_plan plan;

	NEED(spring_plan_begin(&plan, mem));
	spring_token_add(&plan, &o, &t);
	spring_token_add(&plan, &o, &t);
	EXPECT_INT(json_array_size(plan.tokens), 0);
	EXPECT_INT(findings(&plan, FIND_HMAC), 1);
}
