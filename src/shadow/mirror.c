/* shadow/mirror.c - in front of the old server: requests go there and answers come back as they are, and copies of both go on. */
#include <pthread.h>
#include <time.h>

#include "http/http.h"
#include "shadow/shadow_int.h"

#define THREADS      16
#define WAITING_MAX  512
#define BODY_MAX     (1024 * 1024)
#define EXCHANGE_ROOM (16u * 1024 * 1024)

struct node { struct node *next; struct arena mem; struct shadow_exchange x; };

struct shadow_mirror {
	struct http_server *http;
	struct http_lane *lane;
	struct str old;
	bool copies;
	shadow_each *each;
	void *ctx;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t came;
	struct node *first, *last;
	int64_t n, left_out, number;
	bool ends, runs;
};

/* --- the queue ------------------------------------------------------------------------------------------------------ */

static void
node_free(struct node *k)
{
	arena_free(&k->mem);
	free(k);
}

static void
queue_put(struct shadow_mirror *m, struct node *k)
{
	bool full;

	pthread_mutex_lock(&m->lock);
	k->x.number = ++m->number;
	full = m->n >= SHADOW_QUEUE_MAX;
	if (full)
		m->left_out++;
	else {
		if (m->last != NULL)
			m->last->next = k;
		else
			m->first = k;
		m->last = k;
		m->n++;
		pthread_cond_signal(&m->came);
	}
	pthread_mutex_unlock(&m->lock);
	if (full)
		node_free(k);
}

/* NULL: it ends, and nothing waits. */
static struct node *
queue_take(struct shadow_mirror *m)
{
	struct node *k;

	pthread_mutex_lock(&m->lock);
	while (m->first == NULL && !m->ends)
		pthread_cond_wait(&m->came, &m->lock);
	k = m->first;
	if (k != NULL) {
		m->first = k->next;
		m->last = m->first != NULL ? m->last : NULL;
		m->n--;
	}
	pthread_mutex_unlock(&m->lock);
	return k;
}

static void *
hand_on(void *ctx)
{
	struct shadow_mirror *m = ctx;
	struct node *k;

	while ((k = queue_take(m)) != NULL) {
		m->each(m->ctx, &k->mem, &k->x);
		node_free(k);
	}
	return NULL;
}

/* --- one request ---------------------------------------------------------------------------------------------------- */

/* Of one connection, or made anew on the next: RFC 9110 section 7.6.1. Answers come uncoded, so that they can be read. */
static bool
goes_on(struct str name)
{
	static const char *const own[] = { "connection", "keep-alive", "proxy-connection", "te", "trailer",
		"transfer-encoding", "upgrade", "content-length", "expect", "accept-encoding", "date" };

	for (size_t i = 0; i < COUNT(own); i++)
		if (str_eq_nocase(name, str_of(own[i])))
			return false;
	return true;
}

struct lines { struct arena *mem; struct str *at; size_t n, room; };

static bool
line_add(void *ctx, struct str name, struct str value)
{
	struct lines *l = ctx;

	if (l->at != NULL && l->n < l->room && goes_on(name))
		l->at[l->n++] = value.n > 0 ? ARENA_CAT(l->mem, name, S(": "), value) : ARENA_CAT(l->mem, name, S(";"));
	return true;
}

static bool
line_count(void *ctx, struct str name, struct str value)
{
	size_t *n = ctx;

	(void)name;
	(void)value;
	++*n;
	return true;
}

static bool
kept_add(void *ctx, struct str name, struct str value)
{
	struct node *k = ctx;

	return !field_is_asked(name)
	    || fields_add(&k->mem, &k->x.ask.fields, arena_dup(&k->mem, name), arena_dup(&k->mem, value));
}

static struct str
time_now(struct arena *mem)
{
	time_t now = (time_t)clock_now_s();
	char out[32];
	struct tm tm;

	if (gmtime_r(&now, &tm) == NULL || strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return STR_ABSENT;
	return arena_dup(mem, str_of(out));
}

static struct str
target_of(struct arena *mem, const struct http_req *q)
{
	return ARENA_CAT(mem, q->path, str_given(q->query) ? S("?") : S(""), q->query);
}

/* For want of memory; it is counted as what found no room in the queue. */
static void
lost(struct shadow_mirror *m)
{
	pthread_mutex_lock(&m->lock);
	m->left_out++;
	pthread_mutex_unlock(&m->lock);
}

static void
copy_put(struct shadow_mirror *m, struct http_req *q, const struct outbound_answer *a)
{
	struct node *k = calloc(1, sizeof *k);
	struct shadow_exchange *x;

	if (k == NULL) {
		lost(m);
		return;
	}
	arena_init(&k->mem, EXCHANGE_ROOM);
	x = &k->x;
	x->at = time_now(&k->mem);
	x->ask.method = arena_dup(&k->mem, q->method_name);
	x->ask.target = target_of(&k->mem, q);
	x->ask.host = arena_dup(&k->mem, q->host);
	x->ask.body = str_some(arena_dup(&k->mem, q->body));
	http_headers(q, kept_add, k);
	for (size_t i = 0; a != NULL && i < a->n_all; i++)
		if (field_is_answered(a->all[i].name))
			fields_add(&k->mem, &x->answer.fields, arena_dup(&k->mem, a->all[i].name),
			    arena_dup(&k->mem, a->all[i].value));
	x->answer.status = a != NULL ? a->status : 0;
	x->answer.given = a != NULL && answer_body(&k->mem, &x->answer, arena_dup(&k->mem, a->body));
	if (!k->mem.full) {
		queue_put(m, k);
		return;
	}
	node_free(k);
	lost(m);
}

/* The request as it came, Host too, to the old server. */
static bool
old_asked(struct shadow_mirror *m, struct http_req *q, struct outbound_answer *a)
{
	static const struct outbound_rules rules = { .allow_private = true, .allow_http = true, .connect_ms = 5000,
		.total_ms = 60000, .answer_max = 4u * 1024 * 1024 };
	struct outbound_ask ask = { .method = q->method_name, .body = q->body, .wants_all = true };
	struct lines l = { .mem = q->mem };

	http_headers(q, line_count, &l.room);
	l.room += 2;
	l.at = arena_array(q->mem, struct str, l.room);
	if (l.at == NULL)
		return false;
	http_headers(q, line_add, &l);
	if (!str_given(http_header(q, "Accept")))
		l.at[l.n++] = S("Accept:");
	if (!str_given(http_header(q, "Content-Type")))
		l.at[l.n++] = S("Content-Type:");
	ask.more = l.at;
	ask.n_more = l.n;
	/* the path is whole: that of the old server's base is for what is compared */
	ask.url = ARENA_CAT(q->mem, url_origin(q->mem, m->old), target_of(q->mem, q));
	return outbound_do(q->mem, &rules, &ask, a);
}

static void
plain_reply(struct http_reply *r, int status, const char *why)
{
	r->status = status;
	r->body = str_of(why);
	http_reply_header(r, "Content-Type", S("text/plain; charset=utf-8"));
}

static enum http_when
passed_on(void *ctx, struct http_req *q, struct http_reply *r)
{
	struct shadow_mirror *m = ctx;
	struct outbound_answer a;

	if (!old_asked(m, q, &a)) {
		plain_reply(r, 502, "the old server gave no answer\n");
		return HTTP_NOW;
	}
	r->status = a.status;
	r->body = a.body;
	for (size_t i = 0; i < a.n_all; i++)
		if (goes_on(a.all[i].name))
			http_reply_header(r, arena_z(q->mem, a.all[i].name), a.all[i].value);
	copy_put(m, q, &a);
	return HTTP_NOW;
}

static enum http_when
handle(void *ctx, struct http_req *q, struct http_reply *r)
{
	struct shadow_mirror *m = ctx;

	if (m->copies) {
		copy_put(m, q, NULL);
		r->status = 204;
		return HTTP_NOW;
	}
	if (http_defer(m->lane, q, r, passed_on, m))
		return HTTP_LATER;
	plain_reply(r, 503, "too many requests wait for the old server\n");
	http_reply_header(r, "Retry-After", S("1"));
	return HTTP_NOW;
}

/* --- begin and end -------------------------------------------------------------------------------------------------- */

struct shadow_mirror *
shadow_mirror_begin(struct arena *mem, const struct shadow_mirror_how *how, struct str *why)
{
	struct http_listener at = { .fd = -1, .address = how->address };
	struct http_conf conf = { .listeners = &at, .n_listeners = 1, .io_threads = 1, .header_max = 64 * 1024,
		.body_max = BODY_MAX, .arena_max = EXCHANGE_ROOM, .connections_per_address = 4096, .handle = handle };
	struct shadow_mirror *m = calloc(1, sizeof *m);
	size_t which = 0;

	*why = SAY("memory is exhausted");
	if (m == NULL)
		return NULL;
	m->old = how->old;
	m->copies = how->copies;
	m->each = how->each;
	m->ctx = how->ctx;
	pthread_mutex_init(&m->lock, NULL);
	pthread_cond_init(&m->came, NULL);
	conf.ctx = m;
	m->lane = http_lane_new("shadow", THREADS, WAITING_MAX, 0);
	m->runs = m->lane != NULL && pthread_create(&m->thread, NULL, hand_on, m) == 0;
	m->http = m->runs ? http_start(&conf, mem, &which, why) : NULL;
	if (m->http != NULL)
		return m;
	shadow_mirror_end(m);
	return NULL;
}

int64_t
shadow_mirror_end(struct shadow_mirror *m)
{
	int64_t left_out;

	if (m->http != NULL)
		http_stop(m->http, 5);
	if (m->lane != NULL)
		http_lane_free(m->lane);
	pthread_mutex_lock(&m->lock);
	m->ends = true;
	pthread_cond_signal(&m->came);
	pthread_mutex_unlock(&m->lock);
	if (m->runs)
		pthread_join(m->thread, NULL);
	left_out = m->left_out;
	pthread_cond_destroy(&m->came);
	pthread_mutex_destroy(&m->lock);
	free(m);
	return left_out;
}
