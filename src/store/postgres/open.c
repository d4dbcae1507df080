/* store/postgres/open.c - the store in a database: opened, its tables looked at, its threads; and closed. */
#include <unistd.h>
#include "store/postgres/postgres_int.h"
#include "store/tables.h"

#define READERS   8
#define WRITER_WAIT_US INT64_C(65000000)        /* behind the server's own limit of a statement */
#define READER_WAIT_US INT64_C(10000000)

static void
conn_begin(struct pg_store *s, struct pg_conn *c, int64_t wait_us)
{
	c->conn.engine = s->door.engine;
	c->conn.client_writes = c->conn.key_writes = 1;
	c->store = s;
	c->wait_us = wait_us;
	c->row = -1;
}

static void
conn_end(struct pg_conn *c)
{
	link_close(c);
	free(c->flights);
	c->flights = NULL;
}

static void
pg_close(struct store *door)
{
	struct pg_store *s = store_of(door);

	if (door->queue != NULL)
		writer_stop(door);
	watch_stop(s);
	if (!s->read_only && link_is_open(&s->writer))
		mark_end(&s->writer);
	conn_end(&s->writer);
	conn_end(&s->watcher);
	for (int i = 0; i < s->readers; i++)
		conn_end(&s->reader[i]);
	pg_address_free(&s->address);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->returned);
	pthread_cond_destroy(&s->woken);
	free(s);
}

static void
conns_begin(struct pg_store *s)
{
	conn_begin(s, &s->writer, WRITER_WAIT_US);
	conn_begin(s, &s->watcher, READER_WAIT_US);
	for (int i = 0; i < s->readers; i++) {
		conn_begin(s, &s->reader[i], READER_WAIT_US);
		s->reader[i].next = s->idle;
		s->idle = &s->reader[i];
	}
}

static struct str
unreachable(const struct pg_store *s, struct arena *mem)
{
	return arena_say(mem, "the database of the store, %s, cannot be reached: %s", s->door.place,
	    s->writer.trouble);
}

static bool
database_answers(struct pg_store *s, struct arena *mem, struct str *why)
{
	if (link_open(&s->writer))
		return true;
	*why = unreachable(s, mem);
	return false;
}

/* What is known of other nodes' changes begins with what is there now. */
static bool
epochs_are_read(struct pg_store *s)
{
	struct pg_conn *c = &s->writer;

	if (!run_text(c, EPOCHS_SQL))
		return false;
	c->conn.client_writes = s->client_writes = (uint64_t)row_number(c->rows, 0, 0) + 1;
	c->conn.key_writes = s->key_writes = 1;
	atomic_store(&s->door.clients_epoch, s->client_writes);
	atomic_store(&s->door.keys_epoch, (uint64_t)row_number(c->rows, 0, 1));
	return true;
}

static bool
marks_are_ready(struct pg_store *s)
{
	rand_id(s->node.b);
	return mark_begin(&s->writer);
}

/*
 * A copy that was begun is no store yet. Asked when the mark of this process is there, so that either this finds the
 * other's, or the copy finds ours: tables.c.
 */
static bool
is_whole(struct pg_store *s, bool unfinished, struct arena *mem, struct str *why)
{
	struct pg_conn *c = &s->writer;

	if (!run_text(c, "SELECT 1 FROM pg_catalog.pg_class WHERE oid = to_regclass('" COPY_MARK "')")) {
		*why = unreachable(s, mem);
		return false;
	}
	if (unfinished || pq.PQntuples(c->rows) == 0)
		return true;
	*why = unfinished_sentence(mem, str_of(s->door.place));
	return false;
}

static bool
writes_begin(struct pg_store *s, bool unfinished, struct arena *mem, struct str *why)
{
	if (!epochs_are_read(s) || (!s->read_only && !marks_are_ready(s))) {
		*why = unreachable(s, mem);
		return false;
	}
	if (!is_whole(s, unfinished, mem, why))
		return false;
	*why = SAY("the threads of the store cannot be started: the system is short of memory, threads or open files");
	return s->read_only || (watch_start(s) && writer_start(&s->door));
}

/* Nothing is connected yet. NULL with *why. */
static struct pg_store *
pg_begin(const struct store_conf *conf, struct arena *mem, struct str *why)
{
	struct pg_store *s = calloc(1, sizeof *s);
	pthread_condattr_t attr;

	*why = SAY("out of memory");
	if (s == NULL)
		return NULL;
	pg_texts_make();
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->returned, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->woken, &attr);
	pthread_condattr_destroy(&attr);
	s->door.engine = &engine_postgres;
	s->door.writer = &s->writer.conn;
	s->read_only = conf->read_only;
	s->only_old = conf->only_old;
	s->other = conf->other;
	s->readers = conf->readers <= 0 ? READERS : conf->readers < READERS_MAX ? conf->readers : READERS_MAX;
	conns_begin(s);
	if (!pg_address_read(conf, &s->address, mem, why)) {
		pg_address_free(&s->address);
		free(s);
		return NULL;
	}
	s->door.place = s->address.place;
	return s;
}

static struct store *
pg_open(const struct store_conf *conf, struct arena *mem, struct str *why, const char *tuning)
{
	struct pg_store *s = pg_begin(conf, mem, why);

	(void)tuning;
	if (s == NULL)
		return NULL;
	if (database_answers(s, mem, why) && schema_is_ready(s, &s->writer, mem, why)
	    && writes_begin(s, conf->unfinished, mem, why)) {
		s->other = NULL;
		return &s->door;
	}
	pg_close(&s->door);
	return NULL;
}

static enum store_state
pg_state(const struct store_conf *conf, struct arena *mem, struct str *why)
{
	struct store_conf look = *conf;
	struct pg_store *s;
	enum store_state state = STORE_UNKNOWN;

	look.read_only = true;
	look.readers = 1;
	s = pg_begin(&look, mem, why);
	if (s == NULL)
		return STORE_UNKNOWN;
	if (!link_open(&s->writer) || (state = schema_state(&s->writer)) == STORE_UNKNOWN)
		*why = unreachable(s, mem);
	pg_close(&s->door);
	return state;
}

static void
pg_status(struct store *door, struct arena *mem, struct store_status *out)
{
	struct conn *conn = pg_reader_take(door);
	struct pg_conn *c = conn_of(conn);

	out->newest = schema_newest();
	out->others = -1;
	if (link_is_open(c)) {
		out->server = arena_printf(mem, "PostgreSQL %s", pq.PQparameterStatus(c->link, "server_version"));
		bound_begin(c);
		bound_int(c, clock_now_s() - NODE_ALIVE_S);
		bound_blob(c, id_str(&store_of(door)->node));
		if (run_bound(c, "SELECT count(*), count(*) FILTER (WHERE writer <> $2) FROM commit_marks WHERE at_s > $1")) {
			out->nodes = row_number(c->rows, 0, 0);
			out->others = row_number(c->rows, 0, 1);
		}
	}
	pg_reader_return(door, conn);
}

static void
pg_tell(const struct store *s, struct store_other *out)
{
	(void)s;
	*out = (struct store_other){ -1, schema_newest() };
}

const struct engine engine_postgres = {
	.name = "postgresql",
	.shared = true,
	.open = pg_open,
	.close = pg_close,
	.state = pg_state,
	.reader_take = pg_reader_take,
	.reader_return = pg_reader_return,
	.prepare = pg_prepare,
	.bind_text = pg_bind_text,
	.bind_blob = pg_bind_blob,
	.bind_int = pg_bind_int,
	.step = pg_step,
	.text = pg_blob,
	.blob = pg_blob,
	.number = pg_number,
	.changed = pg_changed,
	.finish = pg_finish,
	.expect = pg_expect,
	.say = pg_say,
	.in_transaction = pg_in_transaction,
	.is_spoiled = pg_is_spoiled,
	.is_broken = pg_is_broken,
	.retry = pg_retry,
	.trouble = pg_trouble,
	.probe = pg_probe,
	.status = pg_status,
	.tell = pg_tell,
};
