/* hufud/serve.c - the way of a request: route, read, pick a lane, speak; and afterwards its audit line and counters. */
#include "hufud/daemon_int.h"

/* One request under way; lies in the request's arena and ends when that is reset. */
struct visit {
	struct daemon *d;
	struct snapshot *snap;
	const struct mount *mount;            /* NULL: no issuer at this address */
	struct exchange *x;
	struct http_req *q;
	struct http_reply *r;
	http_job *job;                        /* of the lane that it is in */
	struct trace trace;
};

/* W3C Trace Context: one traceparent, section 3.2; of tracestate, one field. */
static void
trace_of(struct http_req *q, struct trace *t)
{
	bool given = http_header_count(q, "traceparent") == 1 && trace_read(http_header(q, "traceparent"), t);

	if (!given)
		*t = (struct trace){ .flags = 0 };
	else if (http_header_count(q, "tracestate") == 1)
		trace_state_read(http_header(q, "tracestate"), t);
}

/* Of clients that are known only, so that strangers cannot fill anything. */
static void
habits_count(struct visit *v, const struct audit_event *e)
{
	int64_t now = clock_now_s();
	struct habit_use u = { .issuer = e->issuer,
		.client = e->facts.client_id,
		.endpoint = str_of(e->facts.endpoint),
		.first_s = now,
		.last_s = now,
		.count = 1 };
	static _Atomic int64_t told;

	if (e->facts.habits == 0 || v->mount == NULL || str_empty(u.client))
		return;
	u.realm = realm_name(v->mount->issuer->realm);
	for (int h = 0; h < HABIT_COUNT; h++) {
		if (!(e->facts.habits & BIT(h)))
			continue;
		metrics_habit(v->d->metrics, u.issuer, u.client, h);
		u.habit = str_of(habit_rows[h].word);
		if (!habit_book_note(v->d->habits, &u) && log_is_due(&told, 60))
			log_warn("uses of weak habits are not remembered: too many wait for the store");
	}
}

/* With client.show: which secrets and keys are still used. */
static void
credential_count(struct visit *v, const struct audit_event *e)
{
	struct habit_use u = { .issuer = S(""),
		.client = e->facts.client_id,
		.endpoint = S(""),
		.habit = e->facts.credential,
		.last_s = clock_now_s(),
		.count = 1 };
	static _Atomic int64_t told;

	if (!str_given(u.habit) || v->mount == NULL || str_empty(u.client))
		return;
	u.realm = realm_name(v->mount->issuer->realm);
	u.first_s = u.last_s;
	if (!habit_book_note(v->d->credentials, &u) && log_is_due(&told, 60))
		log_warn("the last use of secrets and keys is not remembered: too many wait for the store");
}

static void
count(struct visit *v, const struct audit_event *e, const char *issuer)
{
	metrics_request(v->d->metrics, issuer, e->facts.endpoint, e->facts.grant, e->status, e->facts.why, e->dur_us);
	habits_count(v, e);
	credential_count(v, e);
}

/*
 * Runs when the reply is sent or the connection lost: the arena's own goodbye, so that no way out
 * is without its audit line.
 */
static void
visit_end(void *p)
{
	struct visit *v = p;
	struct audit_event e = { .peer = v->q->peer, .status = v->r->status ? v->r->status : 500, .trace = &v->trace };
	char issuer[64] = "none";

	if (v->x != NULL)
		wire_facts(v->x, &e.facts);
	if (e.facts.endpoint == NULL)
		e.facts = (struct wire_facts){
			.endpoint = "none", .grant = "none", .why = v->mount ? R_INTERNAL : R_NOT_FOUND
		};
	if (v->mount != NULL) {
		e.issuer = v->mount->issuer->name;
		/* at most 40 bytes: setup/check.c */
		memcpy(issuer, e.issuer.p, e.issuer.n < sizeof issuer ? e.issuer.n : sizeof issuer - 1);
		issuer[e.issuer.n < sizeof issuer ? e.issuer.n : sizeof issuer - 1] = '\0';
	}
	e.method = v->q->method == M_OTHER ? "other"
					   : (const char *const[]){ "GET", "HEAD", "POST", "PUT", "PATCH",
						     "DELETE", "OPTIONS" }[v->q->method];
	e.dur_us = clock_mono_us() - v->q->begun_us;
	count(v, &e, issuer);
	audit_write(v->d->audit, &e);
	snapshot_drop(v->snap);
}

static enum http_when
plain_answer(struct http_reply *r, int status, struct str text)
{
	r->status = status;
	r->body = text;
	http_reply_header(r, "Content-Type", S("text/plain; charset=utf-8"));
	http_reply_header(r, "Cache-Control", S("no-store"));
	return HTTP_NOW;
}

/*
 * What runs on a thread in the meantime is for this request's trace. It may be gone when it was handed on, so that nothing
 * of it is touched afterwards.
 */
static enum http_when
at_work(void *ctx, struct http_req *q, struct http_reply *r)
{
	struct visit *v = ctx;
	enum http_when when;

	trace_here(&v->trace);
	when = v->job(v, q, r);
	trace_here(NULL);
	return when;
}

/* A worker's job. */
static enum http_when
finish(void *ctx, struct http_req *q, struct http_reply *r)
{
	struct visit *v = ctx;

	(void)q;
	wire_finish(v->x, r);
	return HTTP_NOW;
}

/* The place in a lane went to somebody else, or there was none. */
static void
busy(void *ctx, struct http_req *q, struct http_reply *r)
{
	struct visit *v = ctx;

	(void)q;
	wire_busy(v->x, r);
}

/* On the store's writer: the tokens are durable, or cannot be. */
static void
settled(void *ctx, enum store_result result)
{
	struct visit *v = ctx;

	/* the client has changed meanwhile: it is looked at again where one may wait */
	if (result == STORE_LOST) {
		*v->r = (struct http_reply){ 0 };
		v->job = finish;
		if (http_pass(v->d->lanes[LANE_COMMIT], v->q,
			&(struct http_work){ .job = at_work, .ctx = v, .busy = busy }))
			return;
		wire_busy(v->x, v->r);
		http_release(v->q);
		return;
	}
	wire_settle(v->x, result, v->r);
	http_release(v->q);
}

/* The connection is suspended. No thread waits for the commit. */
static void
commit_later(struct visit *v, const struct store_op *ops, size_t n)
{
	if (!store_commit_later(v->snap->svc.store, v->q->mem, ops, n, settled, v))
		settled(v, STORE_FAILED);
}

static http_job prove;

static struct http_work work_in(struct visit *v, enum lane lane);

/* From a worker of one lane to another. */
static enum http_when
pass_on(struct visit *v, enum lane lane, struct http_req *q, struct http_reply *r)
{
	struct http_work next = work_in(v, lane);

	if (http_pass(v->d->lanes[lane], q, &next))
		return HTTP_LATER;
	busy(v, q, r);
	return HTTP_NOW;
}

/* A worker's job in LANE_SIGN: what has to be committed after it has been signed goes on to the writer. */
static enum http_when
finish_signed(void *ctx, struct http_req *q, struct http_reply *r)
{
	struct visit *v = ctx;
	const struct store_op *ops;
	size_t n;

	switch (wire_prepare(v->x, r, &ops, &n)) {
	case WIRE_ANSWERED:
		return HTTP_NOW;
	case WIRE_WAITS:                        /* rare, and not for a thread that could sign meanwhile */
		return pass_on(v, LANE_COMMIT, q, r);
	case WIRE_COMMIT:
		break;
	}
	commit_later(v, ops, n);
	return HTTP_LATER;
}

static struct http_work
work_in(struct visit *v, enum lane lane)
{
	struct http_work w = { .job = at_work, .busy = busy, .ctx = v };

	v->job = wire_proves(v->x) ? prove : lane == LANE_SIGN ? finish_signed : finish;
	wire_shares(v->x, lane, w.share);
	return w;
}

/*
 * A worker's job in LANE_CLIENT, and in LANE_DOCUMENT of a client that is not proven: the secret is hashed here and
 * nowhere else; what comes next has a lane of its own.
 */
static enum http_when
prove(void *ctx, struct http_req *q, struct http_reply *r)
{
	struct visit *v = ctx;
	enum lane lane;

	wire_prove(v->x);
	lane = wire_lane(v->x);
	if (lane == LANE_INLINE)
		return finish(ctx, q, r);
	if (lane == LANE_WRITER)
		return finish_signed(ctx, q, r);
	return pass_on(v, lane, q, r);
}

static enum http_when
run_in_lane(struct visit *v, enum lane lane, struct http_req *q, struct http_reply *r)
{
	struct http_work w = work_in(v, lane);

	if (http_defer_work(v->d->lanes[lane], q, &w))
		return HTTP_LATER;
	busy(v, q, r);
	return HTTP_NOW;
}

/* Everything but the commit happens here, unless that may have to be tried again. */
static enum http_when
run_with_writer(struct visit *v, struct http_req *q, struct http_reply *r)
{
	const struct store_op *ops;
	enum wire_next next;
	size_t n;

	next = wire_prepare(v->x, r, &ops, &n);
	if (next == WIRE_ANSWERED)
		return HTTP_NOW;
	if (next == WIRE_WAITS)
		return run_in_lane(v, LANE_COMMIT, q, r);
	if (!http_hold(q)) {
		wire_settle(v->x, STORE_FAILED, r);
		return HTTP_NOW;
	}
	commit_later(v, ops, n);
	return HTTP_LATER;
}

/* --- a store on another machine ---------------------------------------------------------------- */

/*
 * A worker's job where reads of the store may wait: the lane is chosen here, for that reads, and what would have run
 * on the I/O thread goes on at once.
 */
static enum http_when
choose(void *ctx, struct http_req *q, struct http_reply *r)
{
	struct visit *v = ctx;
	enum lane lane = wire_lane(v->x);

	if (lane == LANE_WRITER)
		return finish_signed(ctx, q, r);
	if (lane == LANE_INLINE || (lane == LANE_COMMIT && !wire_proves(v->x)))
		return finish(ctx, q, r);
	return pass_on(v, lane, q, r);
}

/* Shared out without the client: who that is may have to be read. */
static enum http_when
run_by_worker(struct visit *v, struct http_req *q, struct http_reply *r)
{
	struct http_work w = { .job = at_work, .busy = busy, .ctx = v };

	v->job = choose;
	wire_shares_unread(v->x, w.share);
	if (http_defer_work(v->d->lanes[LANE_COMMIT], q, &w))
		return HTTP_LATER;
	busy(v, q, r);
	return HTTP_NOW;
}

/* What is remembered of clients and keys is older than it may be: nobody is answered by it. */
bool
daemon_is_blind(const struct daemon *d)
{
	return store_is_shared(d->store)
	    && store_age_ms(d->store) > daemon_number(d, "store.blind_after", 10) * INT64_C(1000);
}

static enum http_when
run(void *ctx, struct http_req *q, struct http_reply *r)
{
	struct visit *v = ctx;
	enum lane lane;

	if (daemon_is_blind(v->d)) {
		busy(v, q, r);
		return HTTP_NOW;
	}
	if (store_is_shared(v->d->store) && wire_needs_store(v->x))
		return run_by_worker(v, q, r);
	lane = wire_lane(v->x);
	if (lane == LANE_WRITER)
		return run_with_writer(v, q, r);
	if (lane != LANE_INLINE)
		return run_in_lane(v, lane, q, r);
	wire_finish(v->x, r);
	return HTTP_NOW;
}

enum http_when
serve_request(void *ctx, struct http_req *q, struct http_reply *r)
{
	struct daemon *d = ctx;
	struct visit *v = arena_new(q->mem, struct visit);
	struct str rest;

	if (v == NULL)
		return plain_answer(r, 503, S("out of memory\n"));
	*v = (struct visit){ .d = d, .snap = daemon_hold_for(d, q->listener_name), .q = q, .r = r };
	trace_of(q, &v->trace);
	if (!arena_defer(q->mem, visit_end, v))         /* visit_end has run then, and let the snapshot go */
		return plain_answer(r, 503, S("out of memory\n"));
	v->mount = snapshot_route(v->snap, snapshot_listener(v->snap, q->listener_name), q->host, q->path, &rest);
	if (v->mount == NULL)
		return plain_answer(r, 404, S("there is nothing at this address\n"));
	v->x = wire_begin(v->mount, &v->snap->svc, q, rest);
	if (v->x == NULL)
		return plain_answer(r, 503, S("out of memory\n"));
	v->job = run;
	return at_work(v, q, r);
}

/* The transport itself refused a request; no issuer ever saw it. */
void
serve_refused(void *ctx, const char *why, int status, struct str peer)
{
	struct daemon *d = ctx;

	metrics_refused(d->metrics, why, status);
	log_info("request refused: %s (%d) from %.*s", say(why), status, STR_ARG(peer));
}
