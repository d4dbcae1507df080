/* import/redis.c - a connection to Redis, and the keys of the old framework's token store. */
#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "import/java.h"
#include "import/redis.h"

#define REPLY_MAX  (2u * 1024 * 1024)
#define ROW_MEM    (64u * 1024 * 1024)
#define PATIENCE_S 20
#define KEYS_MAX   1000000

struct redis {
	struct arena *mem; struct arena row;            /* row: of one reply */
	const struct spring_options *o; struct spring_plan *plan; struct str *why;
	struct redis_address at;
	int fd;
	char *in;                                       /* REPLY_MAX bytes */
	json_t *seen;                                   /* keys that SCAN told already */
	json_t *later;                                  /* access tokens whose user is not known yet */
	bool last;                                      /* nothing more is learned */
	struct principals principals;
};

/* --- redis://user:password@host:port/database?prefix=text ------------------------------------- */

#define PATTERN "*?[]\\"              /* SCAN's own signs: a prefix stands for itself */

/* "host", "host:6379", "[::1]:6379". */
static bool
host_read(struct str s, struct redis_address *a)
{
	struct str port = s;
	ptrdiff_t end = str_index(s, ']');

	if (str_starts(s, S("["))) {
		if (end < 0)
			return false;
		a->host = str_sub(s, 1, (size_t)end - 1);
		port = str_from(s, (size_t)end + 1);
		if (port.n > 0 && port.p[0] != ':')
			return false;
		str_cut(&port, ':');
	} else
		a->host = str_cut(&port, ':');
	return a->host.n > 0 && str_index(a->host, '\0') < 0
	    && (!str_given(port) || (str_int(port, &a->port) && a->port > 0 && a->port < 65536));
}

/* Before the last @: "user:password", ":password", "user". */
static bool
who_read(struct arena *mem, struct str who, struct redis_address *a)
{
	struct str user = str_given(who) ? str_cut(&who, ':') : STR_ABSENT;

	if (user.n > 0 && !pct_decode(mem, user, false, &a->user))
		return false;
	return !str_given(who) || pct_decode(mem, who, false, &a->password);
}

bool
redis_address_read(struct arena *mem, struct str url, struct redis_address *out)
{
	struct str query = str_from(url, REDIS_SCHEME.n), path = str_cut(&query, '?'),
		   host = str_cut(&path, '/'), who = STR_ABSENT;
	ptrdiff_t at = str_rindex(host, '@');
	int64_t database = 0;

	*out = (struct redis_address){ .port = 6379, .user = STR_ABSENT, .password = STR_ABSENT, .prefix = S("") };
	out->database = str_empty(path) ? S("0") : path;
	if (at >= 0) {
		who = str_sub(host, 0, (size_t)at);
		host = str_from(host, (size_t)at + 1);
	}
	if (!str_starts(url, REDIS_SCHEME) || !who_read(mem, who, out) || !host_read(host, out))
		return false;
	if (!str_int(out->database, &database) || database < 0)
		return false;
	if (!str_empty(query)
	    && (!str_starts(query, S("prefix="))
		|| !pct_decode(mem, str_from(query, 7), false, &out->prefix)))
		return false;
	for (size_t i = 0; i < out->prefix.n; i++)
		if (out->prefix.p[i] == '\0' || strchr(PATTERN, out->prefix.p[i]) != NULL)
			return false;
	return out->prefix.n <= REDIS_PREFIX_MAX;
}

static bool
connect_to(struct redis *d)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
	struct timeval patience = { .tv_sec = PATIENCE_S };
	char port[8];

	snprintf(port, sizeof port, "%d", (int)d->at.port);
	if (getaddrinfo(arena_z(d->mem, d->at.host), port, &hints, &list) != 0)
		list = NULL;
	for (const struct addrinfo *a = list; a != NULL && d->fd < 0; a = a->ai_next) {
		int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
		if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) == 0)
			d->fd = fd;
		else if (fd >= 0)
			close(fd);
	}
	if (list != NULL)
		freeaddrinfo(list);
	if (d->fd < 0)
		*d->why = arena_say(d->mem, "Redis cannot be reached at %.*s port %s", STR_ARG(d->at.host), port);
	return d->fd >= 0;
}

/* --- one command, one reply ------------------------------------------------------------------- */

static bool
send_all(int fd, struct str s)
{
	while (s.n > 0) {
		ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		s = str_from(s, (size_t)n);
	}
	return true;
}

static bool
receive(struct redis *d, struct resp *out)
{
	enum resp_result got = RESP_PART;
	size_t n = 0, used;

	while (got == RESP_PART && n < REPLY_MAX) {
		ssize_t more = recv(d->fd, d->in + n, REPLY_MAX - n, 0);
		if (more <= 0)
			break;
		n += (size_t)more;
		got = resp_read(&d->row, str_span(d->in, n), out, &used);
	}
	return got == RESP_WHOLE && used == n;
}

/* The reply is good until the next command. */
static bool
ask(struct redis *d, const struct str *words, size_t n, struct resp *out)
{
	struct buf b;

	arena_reset(&d->row);
	buf_init(&b, &d->row, 64 * 1024);
	buf_printf(&b, "*%zu\r\n", n);
	for (size_t i = 0; i < n; i++) {
		buf_printf(&b, "$%zu\r\n", words[i].n);
		buf_put(&b, words[i]);
		buf_put(&b, S("\r\n"));
	}
	*d->why = arena_say(d->mem, "Redis does not answer %.*s as it should", STR_ARG(words[0]));
	if (b.full || !send_all(d->fd, buf_str(&b)) || !receive(d, out))
		return false;
	if (out->kind == RESP_ERROR)
		*d->why = arena_say(d->mem, "Redis refuses %.*s: %.*s", STR_ARG(words[0]), STR_ARG(out->text));
	return out->kind != RESP_ERROR;
}
#define ASK(d, out, ...) ask((d), (const struct str[]){ __VA_ARGS__ }, sizeof((const struct str[]){ __VA_ARGS__ }) / sizeof(struct str), (out))

/* The value of a key, copied into copy; absent when it has gone meanwhile. */
static bool
value_get(struct redis *d, const char *kind, struct str name, struct arena *copy, struct str *out)
{
	struct resp r;

	if (!ASK(d, &r, S("GET"), ARENA_CAT(copy, d->at.prefix, str_of(kind), name)))
		return false;
	*out = r.kind == RESP_TEXT ? arena_dup(copy, r.text) : STR_ABSENT;
	return true;
}

/* --- tokens ----------------------------------------------------------------------------------- */

/* A finding must not hold the token, and the key does: the client's name stands for it. */
static void
token_add(struct redis *d, const struct spring_token *t, struct arena *mem)
{
	struct str of = ARENA_CAT(mem, SAY("token of client "), t->client);
	char *z = str_given(t->user) ? arena_z(mem, t->user) : NULL;

	if (str_given(t->access) && t->access_ms == 0)
		finding_add(d->plan, FIND_TOKEN_FOREVER, of, S("access_token"));
	if (str_given(t->refresh) && t->refresh_ms == 0)
		finding_add(d->plan, FIND_TOKEN_FOREVER, of, S("refresh_token"));
	if (z != NULL && json_object_get(d->plan->names, z) == NULL)
		finding_add(d->plan, FIND_USER, of, t->user);
	spring_token_add(d->plan, d->o, t);
}

static bool
seen_before(struct redis *d, struct str text, struct arena *mem)
{
	char *z = str_given(text) ? arena_z(mem, text) : NULL;

	if (z == NULL || json_object_get(d->seen, z) != NULL)
		return z != NULL;
	json_object_set_new(d->seen, z, json_true());
	return false;
}

/*
 * The store keeps under the key of an authentication which token it was given: the candidate that
 * has this one is its user.
 */
static bool
name_is_proven(struct redis *d, const struct java_authentication *a, struct str name, struct str token,
    struct arena *mem, bool *is)
{
	struct str blob, key = authentication_key(mem, name, a->client_id, &a->scope);
	struct java_access_token t;

	*is = false;
	if (!value_get(d, "auth_to_access:", key, mem, &blob))
		return false;
	*is = str_given(blob) && java_access_token(mem, blob, &t) && str_eq(t.value, token);
	return true;
}

/*
 * What a product's own class is called is asked of the store first, and learned from. False: the
 * store is in trouble.
 */
static bool
owner_prove(struct redis *d, struct java_authentication *a, struct str token, struct arena *mem)
{
	struct java_names *names = arena_new(mem, struct java_names);
	bool is = false;

	if (a->client_only || str_given(a->user_name) || names == NULL || !java_names(mem, a->principal, names))
		return true;
	for (size_t i = 0; i < names->n && !is; i++) {
		if (!name_is_proven(d, a, names->at[i].value, token, mem, &is))
			return false;
		if (is) {
			principal_learn(&d->principals, mem, a, names->at[i].value);
			a->user_name = names->at[i].value;
		}
	}
	return true;
}

/* last: nothing more can be learned. False: not now; or, when last, with a finding. */
static bool
owner_find(struct redis *d, const struct java_authentication *a, struct str *user, struct arena *mem, bool last)
{
	if (principal_owner(&d->principals, mem, a, user) != OWNER_UNSURE)
		return true;
	if (last)
		finding_add(d->plan, FIND_OWNER, ARENA_CAT(mem, SAY("token of client "), a->client_id), a->shape);
	return false;
}

static bool
access_take(struct redis *d, struct str name, struct arena *mem)
{
	struct java_access_token t;
	struct java_authentication a;
	struct str blob, auth, user;
	bool sure;

	if (!value_get(d, "access:", name, mem, &blob) || !value_get(d, "auth:", name, mem, &auth))
		return false;
	if (!str_given(blob) || (!d->last && seen_before(d, name, mem)))     /* the last ones were told once */
		return true;
	if (!java_access_token(mem, blob, &t) || !str_given(auth) || !java_authentication(mem, auth, &a)) {
		finding_add(d->plan, FIND_BLOB, S("a key access:"), STR_ABSENT);
		return true;
	}
	if (!str_eq(t.value, name)) {
		finding_add(d->plan, FIND_DIGEST, ARENA_CAT(mem, SAY("token of client "), a.client_id), STR_ABSENT);
		return true;
	}
	if (!d->last && !owner_prove(d, &a, name, mem))
		return false;
	sure = owner_find(d, &a, &user, mem, d->last);
	if (!sure && !d->last)
		return json_array_append_new(d->later, json_str(name)) == 0;
	if (seen_before(d, t.refresh, mem))
		finding_add(d->plan, FIND_STALE, ARENA_CAT(mem, SAY("token of client "), a.client_id), STR_ABSENT);
	else if (sure)
		token_add(d,
		    &(struct spring_token){ a.client_id, user, java_words_join(mem, &t.scope), t.value,
			t.refresh, t.expires_ms, t.refresh_expires_ms },
		    mem);
	return true;
}

static bool
refresh_take(struct redis *d, struct str name, struct arena *mem)
{
	struct java_refresh_token t;
	struct java_authentication a;
	struct str blob, auth, user;

	if (!value_get(d, "refresh:", name, mem, &blob) || !value_get(d, "refresh_auth:", name, mem, &auth))
		return false;
	if (!str_given(blob) || seen_before(d, name, mem))
		return true;
	if (!java_refresh_token(mem, blob, &t) || !str_given(auth) || !java_authentication(mem, auth, &a)) {
		finding_add(d->plan, FIND_BLOB, S("a key refresh:"), STR_ABSENT);
		return true;
	}
	if (!str_eq(t.value, name)) {
		finding_add(d->plan, FIND_DIGEST, ARENA_CAT(mem, SAY("token of client "), a.client_id), STR_ABSENT);
		return true;
	}
	if (owner_find(d, &a, &user, mem, true))
		token_add(d,
		    &(struct spring_token){ a.client_id, user, java_words_join(mem, &a.scope), STR_ABSENT,
			t.value, 0, t.expires_ms },
		    mem);
	return true;
}

/* --- all keys of a kind: SCAN may tell one twice, and goes on until its cursor is 0 again ----- */

static bool
page_take(struct redis *d, const char *kind, json_t *names, struct str *cursor)
{
	struct str before = ARENA_CAT(d->mem, d->at.prefix, str_of(kind));
	struct resp r;

	if (!ASK(d, &r, S("SCAN"), *cursor, S("MATCH"), ARENA_CAT(d->mem, before, S("*")), S("COUNT"), S("500")))
		return false;
	if (r.kind != RESP_LIST || r.n != 2 || r.items[0].kind != RESP_TEXT || r.items[1].kind != RESP_LIST)
		return false;
	*cursor = arena_dup(d->mem, r.items[0].text);
	for (size_t i = 0; i < r.items[1].n; i++) {
		struct str key = r.items[1].items[i].text;
		if (!str_starts(key, before))
			continue;
		if (!str_utf8(key))
			finding_add(d->plan, FIND_BLOB, ARENA_CAT(d->mem, S("a key "), str_of(kind)), STR_ABSENT);
		else if (json_array_append_new(names, json_stringn(key.p + before.n, key.n - before.n)) != 0)
			return false;
	}
	if (json_array_size(names) > KEYS_MAX)
		*d->why = arena_say(d->mem, "there are more than %d keys %.*s", KEYS_MAX, STR_ARG(before));
	return json_array_size(names) <= KEYS_MAX;
}

static bool
names_take(struct redis *d, const json_t *names, bool (*take)(struct redis *, struct str, struct arena *))
{
	struct arena mem;
	const json_t *name;
	bool ok = true;
	size_t i;

	arena_init(&mem, ROW_MEM);
	json_array_foreach(names, i, name) {
		ok = ok && take(d, str_span(json_string_value(name), json_string_length(name)), &mem);
		arena_reset(&mem);
	}
	arena_free(&mem);
	return ok;
}

static bool
kind_take(struct redis *d, const char *kind, bool (*take)(struct redis *, struct str, struct arena *))
{
	json_t *names = json_array();
	struct str cursor = S("0");
	bool ok;

	do
		ok = names != NULL && page_take(d, kind, names, &cursor);
	while (ok && !str_is(cursor, "0"));
	ok = ok && names_take(d, names, take);
	json_decref(names);
	return ok;
}

/* Access tokens; then once more those whose user others have made known meanwhile. */
static bool
access_tokens(struct redis *d)
{
	bool ok = kind_take(d, "access:", access_take);

	d->last = true;
	return ok && names_take(d, d->later, access_take);
}

/* AUTH with a name is of Redis 6 and later. */
static bool
log_in(struct redis *d)
{
	struct resp r;

	if (!str_given(d->at.password))
		return true;
	return str_given(d->at.user) ? ASK(d, &r, S("AUTH"), d->at.user, d->at.password)
				     : ASK(d, &r, S("AUTH"), d->at.password);
}

static bool
session(struct redis *d)
{
	struct resp r;

	return connect_to(d) && log_in(d) && ASK(d, &r, S("SELECT"), d->at.database)
	    && access_tokens(d) && kind_take(d, "refresh:", refresh_take);
}

bool
redis_tokens(struct arena *mem, struct str url, struct str password, const struct spring_options *o,
    struct spring_plan *plan, struct str *why)
{
	struct redis d = { .mem = mem,
		.o = o,
		.plan = plan,
		.why = why,
		.fd = -1,
		.in = arena_alloc(mem, REPLY_MAX),
		.seen = json_object(),
		.later = json_array() };
	bool ok;

	*why = SAY("a Redis URL is written redis://[user:password@]host:6379/0, with ?prefix=taroco:token: where the keys have one");
	arena_init(&d.row, ROW_MEM);
	ok = d.in != NULL && d.seen != NULL && d.later != NULL && principals_begin(&d.principals)
	    && redis_address_read(mem, url, &d.at);
	if (str_given(password))
		d.at.password = password;
	ok = ok && session(&d);
	plan->tokens_read = ok;
	if (d.fd >= 0)
		close(d.fd);
	json_decref(d.seen);
	json_decref(d.later);
	principals_end(&d.principals);
	arena_free(&d.row);
	return ok;
}
