/*
 * store/store.c - the doors of the room: to the records for reads, to the writer for commits, to
 * the engine for the rest.
 */
#include "store/engine.h"
#include "store/records/records_int.h"

static const struct engine *
engine_of(const struct store_conf *conf)
{
	return str_empty(conf->url) ? &engine_sqlite : &engine_postgres;
}

void
store_hook_set(struct store *s, store_hook *hook, void *ctx)
{
	s->hook_ctx = ctx;
	s->hook = hook;
}

/* A request is about to read or to commit: a test may act here. */
static inline void
met(struct store *s)
{
	if (s->hook != NULL)
		s->hook(s->hook_ctx);
}

struct store *
store_open_with(const struct store_conf *conf, struct arena *mem, struct str *why, const char *tuning)
{
	return engine_of(conf)->open(conf, mem, why, tuning);
}

struct store *
store_open(const struct store_conf *conf, struct arena *mem, struct str *why)
{
	return store_open_with(conf, mem, why, NULL);
}

enum store_state
store_state(const struct store_conf *conf, struct arena *mem, struct str *why)
{
	return engine_of(conf)->state(conf, mem, why);
}

void
store_close(struct store *s)
{
	if (s != NULL)
		s->engine->close(s);
}

int
store_schema_version(struct store *s)
{
	return s->version;
}

bool
store_is_new(struct store *s)
{
	return s->is_new;
}

struct str
store_place(const struct store *s)
{
	return str_of(s->place);
}

bool
store_is_shared(const struct store *s)
{
	return s->engine->shared;
}

int64_t
store_age_ms(const struct store *s)
{
	return s->engine->shared && s->queue != NULL ? (clock_mono_us() - atomic_load(&s->seen_us)) / 1000 : 0;
}

uint64_t
store_keys_epoch(const struct store *s)
{
	return atomic_load(&s->keys_epoch);
}

void
store_tell(const struct store *s, struct store_other *out)
{
	s->engine->tell(s, out);
}

/*
 * Readers go on from the newest commit, and epochs that were read before are old, on both ways: what came from the other
 * meanwhile may be newer than either.
 */
void
store_beside(struct store *s, bool on)
{
	if (s->engine->shared || atomic_load(&s->beside) == on)
		return;
	if (!on)
		atomic_store(&s->alone_us, clock_mono_us());
	atomic_store(&s->beside, on);
	atomic_fetch_add_explicit(&s->commits, 1, memory_order_release);
	if (s->queue != NULL)
		writer_epoch_moves(s);
}

bool
store_has_others(const struct store *s)
{
	int64_t alone_us = atomic_load(&s->alone_us);

	return s->engine->shared || atomic_load(&s->beside)
	    || (alone_us != 0 && clock_mono_us() - alone_us < STORE_OTHERS_S * INT64_C(1000000));
}

void
store_is_mine(struct store *s)
{
	if (s->engine->mine != NULL)
		s->engine->mine(s);
}

bool
store_status(struct store *s, struct arena *mem, struct store_status *out)
{
	int64_t begun_us = clock_mono_us();
	bool folds;

	*out = (struct store_status){ .engine = str_of(s->engine->name), .where = str_of(s->place), .schema = s->version };
	out->read_us = store_realm_folds(s, S(""), &folds) != FIND_FAILED ? clock_mono_us() - begun_us : -1;
	begun_us = clock_mono_us();
	out->commit_us = s->queue != NULL && writer_probe(s) ? clock_mono_us() - begun_us : -1;
	s->engine->status(s, mem, out);
	return out->read_us >= 0;
}

/* --- reads ------------------------------------------------------------------------------------ */

#define READ(type, name, parameters, passed) \
	type store_##name parameters \
	{ \
		met(s); \
		return read_##name passed; \
	}
#define READ_QUIET(type, name, parameters, passed) \
	type store_##name parameters \
	{ \
		return read_##name passed; \
	}
#include "store/reads.def"

/* Two processes: an epoch that nothing equals, so that whoever stands on it looks at the row. */
#define EPOCH_UNKNOWN (UINT64_C(1) << 63)

uint64_t
store_clients_epoch(struct store *s)
{
	met(s);
	if (atomic_load(&s->beside))
		return EPOCH_UNKNOWN | atomic_fetch_add(&s->unknown, 1);
	return atomic_load_explicit(&s->clients_epoch, memory_order_acquire);
}

/* --- writes ----------------------------------------------------------------------------------- */

bool
store_commit_later(struct store *s, struct arena *mem, const struct store_op *ops, size_t n,
    void (*done)(void *ctx, enum store_result r), void *ctx)
{
	met(s);
	return n > 0 && n <= STORE_OPS_MAX && writer_commit_later(s, mem, ops, n, done, ctx);
}

enum store_result
store_commit(struct store *s, const struct store_op *ops, size_t n, size_t *lost)
{
	if (n == 0)
		return STORE_DONE;
	met(s);
	if (n > STORE_OPS_MAX)
		return STORE_FAILED;
	return writer_commit(s, ops, n, lost);
}

void
store_stats(struct store *s, struct store_stats *out)
{
	*out = (struct store_stats){ 0 };
	if (s->queue != NULL)
		queue_stats(s->queue, out);
}

const char *
store_op_name(enum store_op_kind kind)
{
	static const char *const names[OP_COUNT] = {
#define OP(kind, function, operand, when, what) [OP_##kind] = "OP_" #kind,
#include "store/ops.def"
	};

	return kind < OP_COUNT ? names[kind] : "?";
}
