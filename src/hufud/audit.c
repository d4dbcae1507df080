/* hufud/audit.c - one JSON line per request: who asked what of whom, and how it ended. Names only, never a secret. */
#include "hufud/daemon_int.h"

#include <time.h>
#include <unistd.h>

#define BATCH_MAX (64 * 1024)
#define LINE_MAX_BYTES (16 * 1024)      /* seven values of VALUE_MAX bytes, each byte escaped to six */
#define VALUE_MAX 256
#define PAUSE_US 5000                   /* between two batches: the price of one write is shared */

struct audit {
	pthread_mutex_t lock;
	pthread_cond_t  some;
	pthread_t       writer;
	bool            waiting, stopping;
	struct arena    mem;            /* never allocated from: a line never passes the batch's room */
	struct buf      batch;
	char           *room[2];
	int             filling;
};

static void
batch_begin(struct audit *a, int which)
{
	a->filling = which;
	a->batch = (struct buf){ a->room[which], 0, BATCH_MAX, BATCH_MAX, &a->mem, false };
}

static void
batch_write(struct str lines)
{
	if (lines.n > 0)
		record_lines(str_sub(lines, 0, lines.n - 1));   /* which adds the last line feed */
}

/*
 * A caller that finds the batch full writes it out itself, so a slow log slows requests down
 * instead of losing lines.
 */
static void
room_for_line(struct audit *a)
{
	if (a->batch.n + LINE_MAX_BYTES <= BATCH_MAX)
		return;
	batch_write(buf_str(&a->batch));
	a->batch.n = 0;
}

static void *
writer_run(void *ctx)
{
	struct audit *a = ctx;
	struct str lines;

	pthread_mutex_lock(&a->lock);
	while (a->batch.n > 0 || !a->stopping) {
		if (a->batch.n == 0) {
			a->waiting = true;
			pthread_cond_wait(&a->some, &a->lock);
			a->waiting = false;
			continue;
		}
		lines = buf_str(&a->batch);
		batch_begin(a, !a->filling);
		pthread_mutex_unlock(&a->lock);
		batch_write(lines);
		usleep(PAUSE_US);
		pthread_mutex_lock(&a->lock);
	}
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

static void
audit_free(struct audit *a)
{
	free(a->room[0]);
	free(a->room[1]);
	free(a);
}

static bool
writer_start(struct audit *a)
{
	pthread_attr_t attr;
	int error;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 128 * 1024);
	error = pthread_create(&a->writer, &attr, writer_run, a);
	pthread_attr_destroy(&attr);
	return error == 0;
}

struct audit *
audit_start(struct str *why)
{
	struct audit *a = calloc(1, sizeof *a);

	*why = SAY("memory is exhausted");
	if (a == NULL)
		return NULL;
	a->room[0] = malloc(BATCH_MAX);
	a->room[1] = malloc(BATCH_MAX);
	if (a->room[0] == NULL || a->room[1] == NULL) {
		audit_free(a);
		return NULL;
	}
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->some, NULL);
	batch_begin(a, 0);
	if (writer_start(a))
		return a;
	*why = SAY("the thread that writes the log cannot be started");
	audit_free(a);
	return NULL;
}

void
audit_stop(struct audit *a)
{
	if (a == NULL)
		return;
	pthread_mutex_lock(&a->lock);
	a->stopping = true;
	pthread_cond_signal(&a->some);
	pthread_mutex_unlock(&a->lock);
	pthread_join(a->writer, NULL);
	audit_free(a);
}

/* {"ts":"2026-01-02T03:04:05.678Z"; the calendar part is made once a second and thread. */
static void
put_time(struct buf *b)
{
	static _Thread_local int64_t second;
	static _Thread_local char stamp[] = "{\"ts\":\"2026-01-02T03:04:05.678Z\"";
	int64_t ms = clock_now_ms();
	time_t s = (time_t)(ms / 1000);
	char *fraction = stamp + 27;
	struct tm t;

	if (s != second) {
		gmtime_r(&s, &t);
		strftime(stamp + 7, 20, "%Y-%m-%dT%H:%M:%S", &t);
		stamp[26] = '.';                /* strftime has put its NUL there */
		second = s;
	}
	for (int i = 2, n = (int)(ms % 1000); i >= 0; i--, n /= 10)
		fraction[i] = (char)('0' + n % 10);
	buf_put(b, str_span(stamp, sizeof stamp - 1));
}

/*
 * A line is written for every request, so it is put together from pieces that are ready: member is
 * the text from the comma to the value. Words are ours (names of endpoints, grants, methods) and
 * need no escapes.
 */
static void
put_word(struct buf *b, struct str member, const char *word)
{
	buf_put(b, member);
	buf_putc(b, '"');
	buf_put(b, str_of(word));
	buf_putc(b, '"');
}

static void
put_value(struct buf *b, struct str member, struct str value)
{
	if (value.n == 0)
		return;
	buf_put(b, member);
	buf_json(b, str_sub(value, 0, VALUE_MAX));
}

static void
put_number(struct buf *b, struct str member, int64_t value)
{
	buf_put(b, member);
	buf_int(b, value);
}

static void
put_habits(struct buf *b, uint64_t habits)
{
	if (habits == 0)
		return;
	jw_name(b, S("habits"));
	jw_open(b, '[');
	for (int h = 0; h < HABIT_COUNT; h++)
		if (habits & BIT(h))
			ja_str(b, str_of(habit_rows[h].word));
	jw_close(b, ']');
}

/* hufu explain reads it again. */
static void
put_miss(struct buf *b, const struct near_miss *m)
{
	if (m->param == NULL)
		return;
	put_word(b, S(",\"param\":"), m->param);
	put_value(b, S(",\"came\":"), m->came);
	put_value(b, S(",\"near\":"), m->near);
	if (m->differs != NULL)
		put_word(b, S(",\"differs\":"), m->differs);
}

static void
put_event(struct buf *b, const struct audit_event *e)
{
	buf_put(b, S(",\"level\":\"audit\""));
	put_value(b, S(",\"issuer\":"), e->issuer);
	put_word(b, S(",\"endpoint\":"), e->facts.endpoint);
	put_word(b, S(",\"method\":"), e->method);
	if (e->facts.grant != NULL && strcmp(e->facts.grant, "none") != 0)
		put_word(b, S(",\"grant\":"), e->facts.grant);
	put_value(b, S(",\"client\":"), e->facts.client_id);
	put_value(b, S(",\"user\":"), e->facts.user_name);
	put_number(b, S(",\"status\":"), e->status);
	if (e->facts.why != R_NONE) {
		jw_name(b, S("reason"));
		buf_putc(b, '"');
		reason_put(b, e->facts.why);
		buf_putc(b, '"');
	}
	put_value(b, S(",\"detail\":"), e->facts.detail);
	if (e->facts.error_id != NULL)
		put_word(b, S(",\"error_id\":"), e->facts.error_id);
	put_miss(b, &e->facts.miss);
	put_habits(b, e->facts.habits);
	put_number(b, S(",\"dur_us\":"), e->dur_us);
	put_value(b, S(",\"peer\":"), e->peer);
	if (e->trace->id[0] != '\0') {
		put_word(b, S(",\"trace_id\":"), e->trace->id);
		put_word(b, S(",\"span\":"), e->trace->span);
		put_word(b, S(",\"parent_span\":"), e->trace->parent);
	}
	buf_put(b, S("}\n"));
}

void
audit_write(struct audit *a, const struct audit_event *e)
{
	char room[LINE_MAX_BYTES];
	struct buf line = { room, 0, sizeof room, sizeof room, NULL, false };

	put_time(&line);
	put_event(&line, e);
	if (line.full)                          /* half a line is worse than none */
		return;
	pthread_mutex_lock(&a->lock);
	room_for_line(a);
	buf_put(&a->batch, buf_str(&line));
	if (a->waiting)
		pthread_cond_signal(&a->some);
	pthread_mutex_unlock(&a->lock);
}
