/* store/copy_table.c - one table of a copy: two walks in the order of the key, side by side. */
#include <assert.h>
#include "store/copy_int.h"

#define PAGE 1000                               /* rows in one reading, and in one transaction of the target */
#define PAGE_MEM (1024u * 1024 * 1024)

/* --- a walk over the rows of one side ----------------------------------------------------------- */

/* Two arenas in turn: the page before holds the key behind which the next one begins. */
struct walk {
	struct tables *side;
	const struct table *of;
	struct arena mem[2];
	int turn;
	struct cell *rows;
	size_t n, at;
	bool ended;
};

static void
walk_begin(struct walk *w, struct tables *side, const struct table *of)
{
	*w = (struct walk){ .side = side, .of = of };
	arena_init(&w->mem[0], PAGE_MEM);
	arena_init(&w->mem[1], PAGE_MEM);
}

static void
walk_end(struct walk *w)
{
	arena_free(&w->mem[0]);
	arena_free(&w->mem[1]);
}

static const struct cell *
row_at(const struct walk *w, size_t i)
{
	return &w->rows[i * w->of->n];
}

static bool
page_read(struct walk *w)
{
	const struct cell *last = w->n > 0 ? row_at(w, w->n - 1) : NULL;
	struct arena *mem = &w->mem[w->turn ^= 1];

	arena_reset(mem);
	w->at = 0;
	if (!w->side->way->page(w->side, w->of, last, PAGE, mem, &w->rows, &w->n))
		return false;
	w->ended = w->n == 0;
	return true;
}

/* The row where it stands; NULL at the end. False: trouble of the side. */
static bool
walk_row(struct walk *w, const struct cell **row)
{
	if (w->at == w->n && !w->ended && !page_read(w))
		return false;
	*row = w->ended ? NULL : row_at(w, w->at);
	return true;
}

/* --- rows compared, and their digest -------------------------------------------------------------- */

static int
cell_compare(enum cell_kind kind, const struct cell *a, const struct cell *b)
{
	if (a->null || b->null)
		return (int)b->null - (int)a->null;
	return kind == CELL_INT ? (a->number > b->number) - (a->number < b->number) : str_cmp(a->bytes, b->bytes);
}

/* An absent row stands behind all. */
static int
key_compare(const struct table *of, const struct cell *a, const struct cell *b)
{
	int d = (a == NULL) - (b == NULL);

	for (size_t i = 0; d == 0 && a != NULL && i < of->n_key; i++)
		d = cell_compare(of->columns[of->key[i]].kind, &a[of->key[i]], &b[of->key[i]]);
	return d;
}

static bool
rows_are_equal(const struct table *of, const struct cell *a, const struct cell *b)
{
	for (size_t i = 0; i < of->n; i++)
		if (cell_compare(of->columns[i].kind, &a[i], &b[i]) != 0)
			return false;
	return true;
}

#define COLUMNS_MAX 100
#define HEAD_SIZE 9

/* Its kind, and the number, or how many bytes come. */
static void
head_put(uint8_t out[HEAD_SIZE], enum cell_kind kind, const struct cell *v)
{
	uint64_t n = v->null ? 0 : kind == CELL_INT ? (uint64_t)v->number : v->bytes.n;

	out[0] = v->null ? 'n' : kind == CELL_INT ? 'i' : 'b';
	for (int i = 1; i < HEAD_SIZE; i++)
		out[i] = (uint8_t)(n >> (64 - 8 * i));
}

/* digest = SHA-256 of the digest so far, and of each cell its head and its bytes. */
static void
digest_add(uint8_t digest[32], const struct table *of, const struct cell *row)
{
	struct str parts[1 + 2 * COLUMNS_MAX];
	uint8_t heads[COLUMNS_MAX][HEAD_SIZE];
	size_t n = 0;

	assert(of->n <= COLUMNS_MAX);
	parts[n++] = str_span(digest, 32);
	for (size_t i = 0; i < of->n; i++) {
		head_put(heads[i], of->columns[i].kind, &row[i]);
		parts[n++] = str_span(heads[i], HEAD_SIZE);
		parts[n++] = row[i].bytes;
	}
	sha256(parts, n, digest);
}

/* --- what must go ----------------------------------------------------------------------------- */

struct work { struct copy *k; const struct pair *pair; struct walk from, to; struct copied_table *out; };

bool
copy_told(struct copy *k, const struct tables *t)
{
	struct str said = str_of(t->trouble);

	*k->why = str_given(t->place) ? ARENA_CAT(k->mem, t->place, S(": "), said) : arena_dup(k->mem, said);
	return false;
}

static bool
both_rows(struct work *w, const struct cell **from, const struct cell **to)
{
	if (!walk_row(&w->from, from))
		return copy_told(w->k, w->k->from);
	return walk_row(&w->to, to) || copy_told(w->k, w->k->to);
}

/* A copy beside this one that is finished has taken the mark off: then this one fails, and writes nothing more. */
static bool
target_begins(struct tables *t)
{
	return t->way->begin(t) && t->way->run(t, "SELECT count(*) FROM " COPY_MARK);
}

/*
 * Before anything is added, so that no unique index finds a row in the way that is about to go. A source that has
 * nothing to compare with is not read.
 */
static bool
strangers_go(struct work *w)
{
	const struct table *of = &w->pair->to;
	struct tables *t = w->k->to;
	const struct cell *from, *to;

	while (walk_row(&w->to, &to) && to != NULL) {
		int d;

		if (!both_rows(w, &from, &to))
			return false;
		d = key_compare(of, from, to);
		if (d < 0) {
			w->from.at++;
			continue;
		}
		if (d > 0 || !rows_are_equal(of, from, to)) {
			if (!t->way->remove(t, of, to))
				return copy_told(w->k, t);
			w->out->removed++;
		}
		w->from.at += d == 0;
		w->to.at++;
	}
	return w->to.ended || copy_told(w->k, t);
}

/* --- what must come --------------------------------------------------------------------------- */

/* The rows of the page from `first` on, up to where the walk stands, in a transaction of their own. */
static bool
slice_is_added(struct work *w, size_t first)
{
	struct tables *t = w->k->to;
	size_t n = w->from.at - first;

	if (n == 0)
		return true;
	w->out->added += (int64_t)n;
	return (target_begins(t) && t->way->add(t, &w->pair->to, row_at(&w->from, first), n) && t->way->commit(t))
	    || copy_told(w->k, t);
}

/* One page of the source: runs of rows that are missing are added, the others passed over. */
static bool
page_is_copied(struct work *w)
{
	const struct cell *from = row_at(&w->from, 0), *to;
	size_t first = 0;

	for (w->from.at = 0; w->from.at < w->from.n; w->from.at++) {
		from = row_at(&w->from, w->from.at);
		digest_add(w->out->digest, &w->pair->to, from);
		w->out->rows++;
		if (!walk_row(&w->to, &to))
			return copy_told(w->k, w->k->to);
		if (key_compare(&w->pair->to, from, to) != 0)
			continue;
		if (!slice_is_added(w, first))
			return false;
		first = w->from.at + 1;
		w->to.at++;
	}
	return slice_is_added(w, first);
}

static void
tell(const struct work *w, bool compares, int64_t rows)
{
	if (w->k->what->progress != NULL)
		w->k->what->progress(w->k->what->ctx, w->pair->to.name, rows, compares);
}

static bool
missing_come(struct work *w)
{
	while (page_read(&w->from)) {
		if (w->from.ended)
			return true;
		if (!page_is_copied(w))
			return false;
		tell(w, false, w->out->rows);
	}
	return copy_told(w->k, w->k->from);
}

static void
walks_begin(struct work *w)
{
	walk_begin(&w->from, w->k->from, &w->pair->from);
	walk_begin(&w->to, w->k->to, &w->pair->to);
}

static void
walks_end(struct work *w)
{
	walk_end(&w->from);
	walk_end(&w->to);
}

bool
table_is_copied(struct copy *k, const struct pair *p, struct copied_table *out)
{
	struct work w = { .k = k, .pair = p, .out = out };
	bool ok;

	*out = (struct copied_table){ .name = p->to.name };
	walks_begin(&w);
	ok = (target_begins(k->to) || copy_told(k, k->to)) && strangers_go(&w)
	    && (k->to->way->commit(k->to) || copy_told(k, k->to));
	walks_end(&w);
	if (!ok)
		return false;
	walks_begin(&w);
	ok = missing_come(&w);
	walks_end(&w);
	return ok;
}

/* --- compared at the end ------------------------------------------------------------------------ */

static bool
are_the_same(struct copy *k, const struct copied_table *as, int64_t rows, const uint8_t digest[32])
{
	if (rows == as->rows && memcmp(digest, as->digest, 32) == 0)
		return true;
	*k->why = arena_say(k->mem,
	    "%.*s is not the same in both stores (%lld rows and %lld): somebody wrote to the new one; run the command again",
	    STR_ARG(as->name), (long long)as->rows, (long long)rows);
	return false;
}

bool
table_is_the_same(struct copy *k, const struct pair *p, const struct copied_table *as)
{
	struct work w = { .k = k, .pair = p };
	uint8_t digest[32] = { 0 };
	int64_t rows = 0;
	const struct cell *row;
	bool ok;

	walk_begin(&w.to, k->to, &p->to);
	while ((ok = walk_row(&w.to, &row)) && row != NULL) {
		digest_add(digest, &p->to, row);
		w.to.at++;
		if (++rows % PAGE == 0)
			tell(&w, true, rows);
	}
	walk_end(&w.to);
	return ok ? are_the_same(k, as, rows, digest) : copy_told(k, k->to);
}
