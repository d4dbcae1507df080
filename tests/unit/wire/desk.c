/* tests/unit/wire/desk.c - see desk.h. */
#include "desk.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define TEXTS(cid, sec) .realm = S("r"), .id = S(cid), .name = S("Name of " cid), .secret = S(sec), .acts_for = S(""), \
	.legacy = S("password implicit query_secret loose_redirect refresh_reuse"), .introspects = S(""), .info = S("{}"), .access_ttl_s = -1, .refresh_ttl_s = -1, .enabled = true, .version = 1

static const struct client clients[] = {
	{ TEXTS("app", "{noop}secret"), .grants = S("authorization_code refresh_token client_credentials password implicit"), .scopes = S("read write"),
	  .redirect_uris = S("https://app.example/cb"), .auto_approve = S("*"), .authorities = S("ROLE_APP ROLE_X"), .resource_ids = S("res1 res2"),
	  .origins = S("https://app.example") },
	{ TEXTS("ask", "{noop}secret"), .grants = S("authorization_code refresh_token implicit"), .scopes = S("read write"),
	  .redirect_uris = S("https://app.example/cb"), .auto_approve = S(""), .authorities = S(""), .resource_ids = S(""), .origins = S("") },
	{ TEXTS("cc", "{noop}secret"), .grants = S("client_credentials"), .scopes = S("read"), .redirect_uris = S(""), .auto_approve = S(""),
	  .authorities = S(""), .resource_ids = S(""), .origins = S("") },
};
static const struct user alice = {
	.realm = { "r", 1 }, .id = { { 1, 2, 3 } }, .name = { "alice", 5 }, .display_name = { "Alice", 5 }, .phone = { "", 0 }, .email = { "", 0 }, .open_id = { "", 0 },
	.account_type = { "", 0 }, .password = { "{noop}wonder", 12 }, .authorities = { "ROLE_USER OP_USER", 17 }, .number = 7, .enabled = true,
};

static enum http_when
handle(void *ctx, struct http_req *q, struct http_reply *r)
{
	struct desk *d = ctx;
	struct exchange *x = wire_begin(&d->mount, &d->svc, q, str_from(q->path, d->mount.prefix.n));
	struct wire_facts facts;

	wire_finish(x, r);
	wire_facts(x, &facts);
	d->why = facts.why;
	snprintf(d->error_id, sizeof d->error_id, "%s", facts.error_id ? facts.error_id : "");
	return HTTP_NOW;
}

static void
open_store(struct desk *d)
{
	struct store_op op = { .kind = OP_USER_PUT, .user = &alice };
	struct str why = S("");

	snprintf(d->dir, sizeof d->dir, "/tmp/hufu-wire-XXXXXX");
	if (mkdtemp(d->dir) == NULL || (d->store = store_open(&(struct store_conf){ .path = str_of(d->dir) }, &d->mem, &why)) == NULL)
		fatal("desk: %.*s", STR_ARG(why));
	store_commit(d->store, &op, 1, NULL);
	for (size_t i = 0; i < COUNT(clients); i++)
		store_commit(d->store, &(struct store_op){ .kind = OP_CLIENT_PUT, .client = &clients[i] }, 1, NULL);
}

static void
listen_here(struct desk *d)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct http_listener l = { .address = S("127.0.0.1:0"), .fd = socket(AF_INET, SOCK_STREAM, 0) };
	struct http_conf conf = { .listeners = &l, .n_listeners = 1, .io_threads = 1, .handle = handle, .ctx = d };
	struct str why = S("");
	socklen_t n = sizeof a;

	if (bind(l.fd, (struct sockaddr *)&a, n) != 0 || listen(l.fd, 16) != 0 || getsockname(l.fd, (struct sockaddr *)&a, &n) != 0)
		fatal("desk: no socket");
	d->port = ntohs(a.sin_port);
	if ((d->server = http_start(&conf, &d->mem, &(size_t){ 0 }, &why)) == NULL)
		fatal("desk: %.*s", STR_ARG(why));
}

struct desk *
desk_new(const struct wire *w, const char *url)
{
	struct desk *d = calloc(1, sizeof *d);
	struct str why = S(""), rest;

	arena_init(&d->mem, 1 << 24);
	open_store(d);
	d->keys[0] = key_generate(ALG_ES256);
	d->keys[0]->state = KEY_ACTIVE;
	d->ring = (struct keyring){ .keys = d->keys, .n = 1, .token_keys = &d->token_key, .n_token_keys = 1 };
	d->realm = realm_new(S("r"), clients, COUNT(clients), store_clients_epoch(d->store));
	d->svc = (struct services){ .store = d->store, .secrets = secret_memory_new(64), .throttle = { .account_free = 5, .account_first_ms = 1000,
		.account_max_ms = 900000, .address_per_minute = 30, .code_per_minute = 30, .forget_s = 86400 } };
	wire_defaults(w, &d->policy, &d->mount.style);
	d->policy.token.signing_alg = ALG_ES256;
	d->issuer = (struct issuer){ .name = S("desk"), .url = str_of(url), .policy = &d->policy, .keys = &d->ring, .realm = d->realm };
	d->pages = page_set_load(STR_ABSENT, NULL, 0, &d->mem, &why);
	rest = str_from(d->issuer.url, 8);
	d->mount.wire = w;
	d->mount.issuer = &d->issuer;
	d->mount.prefix = str_index(rest, '/') < 0 ? S("") : str_from(rest, (size_t)str_index(rest, '/'));
	d->mount.secure = str_starts(d->issuer.url, S("https:"));
	d->mount.pages = d->pages;
	d->mount.demo = true;
	d->all[0] = &d->mount;
	d->mount.all = d->all;
	listen_here(d);
	return d;
}

void
desk_free(struct desk *d)
{
	char cmd[128];

	http_stop(d->server, 1);
	store_close(d->store);
	secret_memory_free(d->svc.secrets);
	realm_free(d->realm);
	key_free(d->keys[0]);
	page_set_free(d->pages);
	snprintf(cmd, sizeof cmd, "rm -rf %s", d->dir);
	if (system(cmd) != 0)
		perror(d->dir);
	arena_free(&d->mem);
	free(d);
}

struct exchange *
desk_begin(struct desk *d, struct arena *mem, enum http_method m, const char *target)
{
	struct http_req *q = arena_new(mem, struct http_req);
	struct str all = str_of(target);
	ptrdiff_t mark = str_index(all, '?');

	*q = (struct http_req){ .mem = mem, .method = m, .method_name = S("TEST"), .path = all, .peer = S("192.0.2.1") };
	if (mark >= 0) {
		q->path = str_sub(all, 0, (size_t)mark);
		q->query = str_from(all, (size_t)mark + 1);
	}
	return wire_begin(&d->mount, &d->svc, q, q->path);
}

struct exchange *
desk_exchange(struct desk *d, struct arena *mem, const char *path, enum http_method m)
{
	return desk_begin(d, mem, m, path);
}

static struct str
read_all(struct arena *mem, int fd)
{
	struct buf b;
	char piece[4096];
	ssize_t n;

	buf_init(&b, mem, 1 << 20);
	while ((n = read(fd, piece, sizeof piece)) > 0)
		buf_put(&b, str_span(piece, (size_t)n));
	return buf_str(&b);
}

struct str
talk(struct desk *d, struct arena *mem, const char *line, const char *headers, const char *body)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)d->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	bool typed = strstr(headers, "Content-Type:") != NULL;
	struct str ask = arena_printf(mem, "%s HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n%s", line, headers), reply;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (body != NULL)
		ask = arena_printf(mem, "%.*s%sContent-Length: %zu\r\n\r\n%s", STR_ARG(ask), typed ? "" : "Content-Type: application/x-www-form-urlencoded\r\n", strlen(body), body);
	else
		ask = arena_printf(mem, "%.*s\r\n", STR_ARG(ask));
	if (connect(fd, (struct sockaddr *)&a, sizeof a) != 0 || write(fd, ask.p, ask.n) != (ssize_t)ask.n)
		fatal("desk: cannot talk");
	reply = read_all(mem, fd);
	close(fd);
	return reply;
}

int
status_of_reply(struct str reply)
{
	int64_t status = 0;

	str_int(str_sub(reply, 9, 3), &status);
	return (int)status;
}

static size_t
head_end(struct str reply)
{
	for (size_t i = 0; i + 3 < reply.n; i++)
		if (memcmp(reply.p + i, "\r\n\r\n", 4) == 0)
			return i;
	return reply.n;
}

struct str
body_of_reply(struct str reply)
{
	return str_from(reply, head_end(reply) + 4);
}

struct str
field_of_reply(struct str reply, const char *name)
{
	struct str rest = str_sub(reply, 0, head_end(reply)), line;

	while (str_given(rest) && (line = str_cut(&rest, '\n')).p)
		if (line.n > strlen(name) && line.p[strlen(name)] == ':' && str_eq_nocase(str_sub(line, 0, strlen(name)), str_of(name)))
			return str_trim(str_from(line, strlen(name) + 1));
	return STR_ABSENT;
}

bool
has(struct str text, const char *piece)
{
	return str_contains(text, str_of(piece));
}

struct str
between(struct str text, const char *before, const char *after)
{
	char *z = strndup(text.p, text.n), *from = strstr(z, before), *to = from ? strstr(from + strlen(before), after) : NULL;
	struct str out = STR_ABSENT;

	if (to != NULL)
		out = str_sub(text, (size_t)(from - z) + strlen(before), (size_t)(to - from) - strlen(before));
	free(z);
	return out;
}

/* Every Set-Cookie of a reply as one Cookie line. */
static struct str
cookies_of(struct arena *mem, struct str reply)
{
	struct str rest = str_sub(reply, 0, head_end(reply)), line, out = S("Cookie: x=y");

	while (str_given(rest) && (line = str_cut(&rest, '\n')).p)
		if (str_starts_nocase(line, S("set-cookie: ")))
			out = ARENA_CAT(mem, out, S("; "), str_sub(line, 12, (size_t)str_index(line, ';') - 12));
	return out;
}

const char *
desk_login(struct desk *d, struct arena *mem, const char *login)
{
	const struct route *page = route_of_endpoint(d->mount.wire, EP_LOGIN_PAGE);
	struct str first = talk(d, mem, arena_z(mem, arena_printf(mem, "GET %.*s%s", STR_ARG(d->mount.prefix), page ? page->path : "/")), "Accept: text/html\r\n", NULL);
	struct str csrf = between(first, "name=\"_csrf\" value=\"", "\"");
	struct str cookie = cookies_of(mem, first);
	struct str second = talk(d, mem, arena_z(mem, arena_printf(mem, "POST %.*s%s", STR_ARG(d->mount.prefix), login)), arena_z(mem, ARENA_CAT(mem, cookie, S("\r\n"))),
		arena_z(mem, arena_printf(mem, "username=alice&password=wonder&_csrf=%.*s", STR_ARG(csrf))));

	return arena_z(mem, ARENA_CAT(mem, cookies_of(mem, second), S("\r\n")));
}
