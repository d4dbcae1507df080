/* metrics/metrics_text.c - the counters as Prometheus text exposition format 0.0.4. */
#include "metrics/metrics_int.h"
#include "base/version.h"

#include <dirent.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define TEXT_MAX (256 * 1024)
#define MERGED_MAX 2048

struct out {
	struct buf *b;
	struct metrics *m;
	const struct metrics_sources *src;
	struct arena *mem;
	const char *name;
};

/* A label value: backslash, quote and line feed are escaped; client ids come from outside. */
static void
put_escaped(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\n')
			buf_put(b, S("\\n"));
		else if (s.p[i] == '"' || s.p[i] == '\\')
			buf_putc(b, '\\'), buf_putc(b, s.p[i]);
		else
			buf_putc(b, s.p[i]);
	}
}

static void
put_label(struct buf *b, const char *name, const char *value)
{
	buf_printf(b, "%s=\"", name);
	put_escaped(b, str_of(value));
	buf_putc(b, '"');
}

void
reason_put(struct buf *b, enum reason why)
{
	for (const char *p = reason_rows[why].name; *p != '\0'; p++)
		buf_putc(b, *p >= 'A' && *p <= 'Z' ? (char)(*p | 32) : *p);
}

static void
put_value(struct out *o, int64_t v)
{
	buf_printf(o->b, "%s %lld\n", o->name, (long long)v);
}

static void
put_seconds(struct out *o, const char *labels, int64_t us)
{
	buf_printf(o->b, "%s%s %lld.%06lld\n", o->name, labels, (long long)(us / 1000000), (long long)(us % 1000000));
}

static void
put_build(struct out *o)
{
	buf_printf(o->b, "%s{version=\"" HUFU_VERSION "\"} 1\n", o->name);
}

/* --- requests --------------------------------------------------------------------------------- */

struct merged { struct series_key key; uint64_t count; };

/* False: it has no place of its own. */
static bool
merge(struct merged *all, size_t *n, const struct series_key *key, uint64_t count)
{
	size_t i = 0;

	while (i < *n && memcmp(&all[i].key, key, sizeof *key) != 0)
		i++;
	if (i == MERGED_MAX)
		return false;
	if (i == *n)
		all[(*n)++].key = *key;
	all[i].count += count;
	return true;
}

static void
put_series(struct out *o, const struct merged *s)
{
	buf_printf(o->b, "%s{", o->name);
	put_label(o->b, "issuer", s->key.issuer);
	buf_putc(o->b, ',');
	put_label(o->b, "endpoint", s->key.endpoint);
	buf_putc(o->b, ',');
	put_label(o->b, "grant", s->key.grant);
	buf_printf(o->b, ",status=\"%d\",reason=\"", s->key.status);
	reason_put(o->b, s->key.why);
	buf_printf(o->b, "\"} %llu\n", (unsigned long long)s->count);
}

static void
put_requests(struct out *o)
{
	struct merged *all = arena_array(o->mem, struct merged, MERGED_MAX);
	uint64_t spilled = 0;
	size_t n = 0;

	for (struct metrics_block *b = all ? atomic_load(&o->m->blocks) : NULL; b != NULL; b = b->next) {
		for (const struct series *s = b->series; s < b->series + METRICS_SERIES; s++) {
			uint64_t count = atomic_load_explicit(&s->count, memory_order_acquire);

			if (count > 0 && !merge(all, &n, &s->key, count))
				spilled += count;
		}
		spilled += atomic_load(&b->spilled);
	}
	for (size_t i = 0; i < n; i++)
		put_series(o, &all[i]);
	if (spilled > 0)
		buf_printf(o->b,
		    "%s{issuer=\"other\",endpoint=\"other\",grant=\"other\",status=\"0\",reason=\"other\"} "
		    "%llu\n",
		    o->name, (unsigned long long)spilled);
}

static void
put_histogram(struct out *o, const char *endpoint, const uint64_t *bucket, uint64_t sum_us)
{
	uint64_t total = 0;

	for (int i = 0; i < METRICS_BUCKETS; i++) {
		total += bucket[i];
		if (i < METRICS_BUCKETS - 1)
			buf_printf(o->b, "%s_bucket{endpoint=\"%s\",le=\"%g\"} %llu\n", o->name, endpoint,
			    (double)metrics_bounds_us[i] / 1e6, (unsigned long long)total);
		else
			buf_printf(o->b, "%s_bucket{endpoint=\"%s\",le=\"+Inf\"} %llu\n", o->name, endpoint,
			    (unsigned long long)total);
	}
	buf_printf(o->b, "%s_sum{endpoint=\"%s\"} %.6f\n", o->name, endpoint, (double)sum_us / 1e6);
	buf_printf(o->b, "%s_count{endpoint=\"%s\"} %llu\n", o->name, endpoint, (unsigned long long)total);
}

/* Add up one endpoint over all threads. */
static void
put_endpoint(struct out *o, const char *endpoint)
{
	uint64_t bucket[METRICS_BUCKETS] = { 0 }, sum_us = 0;

	for (struct metrics_block *b = atomic_load(&o->m->blocks); b != NULL; b = b->next) {
		for (const struct histogram *h = b->duration; h < b->duration + METRICS_ENDPOINTS; h++) {
			if (atomic_load_explicit(&h->endpoint, memory_order_acquire) != endpoint)
				continue;
			for (int i = 0; i < METRICS_BUCKETS; i++)
				bucket[i] += atomic_load(&h->bucket[i]);
			sum_us += atomic_load(&h->sum_us);
		}
	}
	put_histogram(o, endpoint, bucket, sum_us);
}

static bool
seen_before(struct out *o, const struct metrics_block *until, const char *endpoint)
{
	for (struct metrics_block *b = atomic_load(&o->m->blocks); b != NULL && b != until; b = b->next)
		for (size_t i = 0; i < METRICS_ENDPOINTS; i++)
			if (atomic_load(&b->duration[i].endpoint) == endpoint)
				return true;
	return false;
}

static void
put_duration(struct out *o)
{
	for (struct metrics_block *b = atomic_load(&o->m->blocks); b != NULL; b = b->next) {
		for (size_t i = 0; i < METRICS_ENDPOINTS; i++) {
			const char *endpoint = atomic_load_explicit(&b->duration[i].endpoint, memory_order_acquire);

			if (endpoint != NULL && !seen_before(o, b, endpoint))
				put_endpoint(o, endpoint);
		}
	}
}

static void
put_refused(struct out *o)
{
	for (const struct refusal *r = o->m->refusals; r <= o->m->refusals + METRICS_REFUSALS; r++) {
		uint64_t count = atomic_load(&r->count);

		if (count == 0)
			continue;
		buf_printf(o->b, "%s{", o->name);
		put_label(o->b, "why", atomic_load(&r->why));
		buf_printf(o->b, ",status=\"%d\"} %llu\n", atomic_load(&r->status), (unsigned long long)count);
	}
}

static void
put_habits(struct out *o)
{
	for (struct habit_count *c = o->m->clients; c < o->m->clients + COUNT(o->m->clients); c++) {
		const char *issuer = atomic_load_explicit(&c->name, memory_order_acquire),
			   *client = issuer ? issuer + strlen(issuer) + 1 : "other";

		for (int h = 0; h < HABIT_COUNT; h++) {
			uint64_t used = atomic_load(&c->used[h]);

			if (used == 0)
				continue;
			buf_printf(o->b, "%s{", o->name);
			put_label(o->b, "issuer", issuer ? issuer : "other");
			buf_putc(o->b, ',');
			put_label(o->b, "client", client);
			buf_printf(o->b, ",habit=\"%s\"} %llu\n", habit_rows[h].word, (unsigned long long)used);
		}
	}
}

static void
put_outbox(struct out *o, struct outbox *box)
{
	struct outbox_counts n = { 0 };

	if (box != NULL)
		outbox_counts(box, &n);
	buf_printf(o->b,
	    "%s{outcome=\"sent\"} %lld\n%s{outcome=\"failed\"} %lld\n%s{outcome=\"refused\"} %lld\n", o->name,
	    (long long)n.sent, o->name, (long long)n.failed, o->name, (long long)n.dropped);
}

static void put_sms(struct out *o) { put_outbox(o, o->src->sms); }
static void put_mail(struct out *o) { put_outbox(o, o->src->mail); }
static void put_notices(struct out *o) { put_outbox(o, o->src->notices); }
static void put_logout_tokens(struct out *o) { put_outbox(o, o->src->logouts); }

static void put_ciba_notices(struct out *o) { put_outbox(o, o->src->ciba); }

static void put_resource_events(struct out *o) { put_outbox(o, o->src->events); }

static int64_t
waiting_in(struct outbox *box)
{
	struct outbox_counts n = { 0 };

	if (box != NULL)
		outbox_counts(box, &n);
	return n.waiting;
}

static void
put_outbox_waiting(struct out *o)
{
	const struct { const char *name; struct outbox *box; } all[] = { { "sms", o->src->sms }, { "mail", o->src->mail },
		{ "notices", o->src->notices }, { "logouts", o->src->logouts }, { "ciba", o->src->ciba },
		{ "events", o->src->events } };

	for (size_t i = 0; i < COUNT(all); i++)
		buf_printf(o->b, "%s{outbox=\"%s\"} %lld\n", o->name, all[i].name, (long long)waiting_in(all[i].box));
}

/* --- connections, lanes, store ---------------------------------------------------------------- */

static struct http_stats
server_now(const struct out *o)
{
	struct http_stats st = { 0 };

	if (o->src->server != NULL)
		http_server_stats(o->src->server, &st);
	return st;
}

static void put_connections(struct out *o) { put_value(o, server_now(o).connections); }
static void put_accepted(struct out *o) { put_value(o, server_now(o).accepted); }
static void put_timeouts(struct out *o) { put_value(o, server_now(o).timeouts); }
static void put_gave_way(struct out *o) { put_value(o, server_now(o).gave_way); }

static void
put_connections_lost(struct out *o)
{
	struct http_stats st = server_now(o);

	buf_printf(o->b, "%s{limit=\"total\"} %lld\n%s{limit=\"address\"} %lld\n", o->name,
	    (long long)st.refused_limit, o->name, (long long)st.refused_address);
}

static void
put_lanes(struct out *o, size_t member, bool as_seconds)
{
	for (size_t i = 0; i < o->src->n_lanes; i++) {
		struct http_lane_stats st = { 0 };
		char labels[64];
		int64_t v;

		if (o->src->lanes[i] == NULL)
			continue;
		http_lane_stats(o->src->lanes[i], &st);
		memcpy(&v, (const char *)&st + member, sizeof v);
		snprintf(labels, sizeof labels, "{lane=\"%s\"}", o->src->lane_names[i]);
		if (as_seconds)
			put_seconds(o, labels, v);
		else
			buf_printf(o->b, "%s%s %lld\n", o->name, labels, (long long)v);
	}
}

static void put_lane_waiting(struct out *o) { put_lanes(o, offsetof(struct http_lane_stats, waiting), false); }
static void put_lane_running(struct out *o) { put_lanes(o, offsetof(struct http_lane_stats, running), false); }
static void put_lane_done(struct out *o) { put_lanes(o, offsetof(struct http_lane_stats, done), false); }
static void put_lane_refused(struct out *o) { put_lanes(o, offsetof(struct http_lane_stats, refused), false); }
static void put_lane_wait(struct out *o) { put_lanes(o, offsetof(struct http_lane_stats, wait_us_total), true); }
static void put_hash_work(struct out *o) { put_seconds(o, "", login_work_us()); }
static void put_lane_run(struct out *o) { put_lanes(o, offsetof(struct http_lane_stats, run_us_total), true); }

static struct store_stats
store_now(const struct out *o)
{
	struct store_stats st = { 0 };

	if (o->src->store != NULL)
		store_stats(o->src->store, &st);
	return st;
}

static void put_store_commits(struct out *o) { put_value(o, store_now(o).commits); }
static void put_store_batches(struct out *o) { put_value(o, store_now(o).batches); }
static void put_store_records(struct out *o) { put_value(o, store_now(o).records); }
static void put_store_failed(struct out *o) { put_value(o, store_now(o).failed); }
static void put_store_commit_time(struct out *o) { put_seconds(o, "", store_now(o).commit_us_total); }
static void put_store_queue_time(struct out *o) { put_seconds(o, "", store_now(o).queue_us_total); }
static void put_store_queue_depth(struct out *o) { put_value(o, store_now(o).queue_depth); }

static void
put_audit_lost(struct out *o)
{
	for (size_t i = 0; i < o->src->n_audit_targets; i++)
		buf_printf(o->b, "%s{target=\"%s\"} %lld\n", o->name, o->src->audit_targets[i],
		    (long long)atomic_load(&o->src->audit_lost[i]));
}

/* --- the process, from /proc/self ------------------------------------------------------------- */

static int64_t
status_bytes(const char *field)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	long long kb = 0;
	size_t n = strlen(field);

	while (f != NULL && fgets(line, sizeof line, f) != NULL)
		if (strncmp(line, field, n) == 0 && line[n] == ':')
			kb = strtoll(line + n + 1, NULL, 10);
	if (f != NULL)
		fclose(f);
	return kb * 1024;
}

static void put_resident(struct out *o) { put_value(o, status_bytes("VmRSS")); }
static void put_anonymous(struct out *o) { put_value(o, status_bytes("RssAnon")); }
static void put_virtual(struct out *o) { put_value(o, status_bytes("VmSize")); }

static void
put_cpu(struct out *o)
{
	struct rusage u = { 0 };

	getrusage(RUSAGE_SELF, &u);
	put_seconds(o, "",
	    (int64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 + u.ru_utime.tv_usec
		+ u.ru_stime.tv_usec);
}

static void
put_fds(struct out *o)
{
	DIR *d = opendir("/proc/self/fd");
	int64_t n = -1;                         /* the directory itself is open while it is counted */
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	if (d != NULL)
		closedir(d);
	put_value(o, n < 0 ? 0 : n);
}

static void
put_max_fds(struct out *o)
{
	struct rlimit r = { 0 };

	getrlimit(RLIMIT_NOFILE, &r);
	put_value(o, r.rlim_cur == RLIM_INFINITY ? -1 : (int64_t)r.rlim_cur);
}

/* Unix time of boot plus field 22 of /proc/self/stat (ticks since boot). */
static void
put_start(struct out *o)
{
	FILE *stat = fopen("/proc/self/stat", "re"), *up = fopen("/proc/uptime", "re");
	char line[1024] = "", *p;
	double uptime = 0;
	unsigned long long ticks = 0;

	if (stat != NULL && fgets(line, sizeof line, stat) != NULL && (p = strrchr(line, ')')) != NULL) {
		for (int field = 2; p != NULL && field < 22; field++)
			p = strchr(p + 1, ' ');
		ticks = p ? strtoull(p, NULL, 10) : 0;
	}
	if (up == NULL || fscanf(up, "%lf", &uptime) != 1)
		uptime = 0;
	if (stat != NULL)
		fclose(stat);
	if (up != NULL)
		fclose(up);
	buf_printf(o->b, "%s %.2f\n", o->name,
	    (double)time(NULL) - uptime + (double)ticks / (double)sysconf(_SC_CLK_TCK));
}

static const struct metric_row { const char *name, *type, *labels, *help; void (*put)(struct out *); } rows[] = {
#define METRIC(id, name, type, labels, help) { name, type, labels, help, put_##id },
#include "metrics/metrics.def"
#undef METRIC
};

struct str
metrics_text(struct metrics *m, const struct metrics_sources *src, struct arena *mem)
{
	struct buf b;
	struct out o = { &b, m, src, mem, NULL };

	buf_init(&b, mem, TEXT_MAX);
	for (size_t i = 0; i < COUNT(rows); i++) {
		buf_printf(&b, "# HELP %s %s\n# TYPE %s %s\n", rows[i].name, rows[i].help, rows[i].name, rows[i].type);
		o.name = rows[i].name;
		rows[i].put(&o);
	}
	return b.full ? STR_ABSENT : buf_str(&b);
}
