/* manage/legacy.c - which weak habits are used, by whom and when last; and which marks nobody needs. Times are UTC. */
#include "manage/manage_int.h"

#include <time.h>

#define REALMS_MAX 256

static struct str
utc(struct arena *mem, int64_t at_s)
{
	time_t t = (time_t)at_s;
	char text[32];
	struct tm tm;

	gmtime_r(&t, &tm);
	return arena_dup(mem, str_span(text, strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm)));
}

static struct str
instead_of(struct str word)
{
	for (size_t i = 0; i < HABIT_COUNT; i++)
		if (str_is(word, habit_rows[i].word))
			return str_of(habit_rows[i].instead);
	return STR_ABSENT;                      /* a habit that this version no longer knows */
}

/* --- what was used ---------------------------------------------------------------------------- */

static void
put_use(struct job *j, struct buf *b, const struct habit_use *u)
{
	jw_open(b, '{');
	jm_str(b, S("client"), u->client);
	jm_str(b, S("issuer"), u->issuer);
	jm_str(b, S("realm"), u->realm);
	jm_str(b, S("endpoint"), u->endpoint);
	jm_str(b, S("habit"), u->habit);
	jm_int(b, S("count"), u->count);
	jm_int(b, S("first_s"), u->first_s);
	jm_int(b, S("last_s"), u->last_s);
	jm_str(b, S("last_seen"), utc(j->mem, u->last_s));
	jm_str(b, S("instead"), instead_of(u->habit));
	jm_str(b, S("at"), ARENA_CAT(j->mem, u->issuer, S(" "), u->client, S(" "), u->endpoint, S(" "), u->habit));
	jw_close(b, '}');
}

/* "issuer client endpoint habit": none of them holds a blank. */
static const struct habit_use *
use_at(struct job *j, struct str at)
{
	struct habit_use *u = str_empty(at) ? NULL : arena_new(j->mem, struct habit_use);

	if (u == NULL)
		return NULL;
	u->issuer = str_cut(&at, ' ');
	u->client = str_cut(&at, ' ');
	u->endpoint = str_cut(&at, ' ');
	u->habit = str_given(at) ? at : S("");
	return u;
}

static struct str
only(const struct job *j, const char *name)
{
	return str_some(job_arg(j, name));
}

static int
job_page(const struct job *j, struct str *after)
{
	int64_t max = LIST_MAX;

	*after = job_arg(j, "after");
	if (!json_member_int(j->ask, "max", &max) || max < 1 || max > LIST_MAX)
		max = LIST_MAX;
	return (int)max;
}

bool
legacy_uses(struct job *j)
{
	struct habit_use *rows = arena_array(j->mem, struct habit_use, LIST_MAX);
	struct str after;
	int max = job_page(j, &after), n;
	int64_t since = store_habits_since(j->store);
	struct buf b;

	n = rows ? store_habit_uses(
		j->store, j->mem, only(j, "realm"), only(j, "issuer"), use_at(j, after), max, rows)
		 : -1;
	if (n < 0 || since == 0)
		return job_store_failed(j);
	answer_open(j, &b);
	jm_int(&b, S("since_s"), since);
	jm_str(&b, S("since"), utc(j->mem, since));
	jw_name(&b, S("uses"));
	jw_open(&b, '[');
	for (int i = 0; i < n; i++)
		put_use(j, &b, &rows[i]);
	jw_close(&b, ']');
	jm_bool(&b, S("more"), n == max);
	return answer_close(j, &b);
}

/* --- what was not ----------------------------------------------------------------------------- */

/* On the way through the clients of every realm; left: how many this answer may still look at. */
struct walk { struct buf b; struct str from, issuer, next; int left; int64_t since_s; struct client *rows; };

static void
put_mark(struct job *j, struct walk *w, const struct client *k, struct str word)
{
	int64_t since = k->created_s > w->since_s ? k->created_s : w->since_s;

	jw_open(&w->b, '{');
	jm_str(&w->b, S("client"), k->id);
	jm_str(&w->b, S("realm"), k->realm);
	jm_str(&w->b, S("habit"), word);
	jm_int(&w->b, S("since_s"), since);
	jm_str(&w->b, S("since"), utc(j->mem, since));
	jm_str(&w->b, S("instead"), instead_of(word));
	jw_close(&w->b, '}');
}

static bool
marks_of(struct job *j, struct walk *w, const struct client *k)
{
	struct str marks = k->legacy, used = S("");

	if (!str_empty(marks) && store_habits_of(j->store, j->mem, k->realm, k->id, w->issuer, &used) == FIND_FAILED)
		return false;
	while (str_given(marks)) {
		struct str word = str_cut(&marks, ' ');

		if (word.n > 0 && !str_has_word(used, word, ' '))
			put_mark(j, w, k, word);
	}
	return true;
}

/* False on trouble, or when the answer has looked at enough: then next says where to go on. */
static bool
realm_walk(struct job *j, struct walk *w, struct str realm, bool *trouble)
{
	struct str after = w->from;

	w->from = STR_ABSENT;
	for (int n, asked = 0;; ) {
		asked = w->left;
		n = store_clients(j->store, j->mem, realm, after, asked, w->rows);
		*trouble = n < 0;
		for (int i = 0; i < n && !*trouble; i++)
			*trouble = !marks_of(j, w, &w->rows[i]);
		if (*trouble)
			return false;
		w->left -= n;
		if (n < asked)
			return true;
		w->next = ARENA_CAT(j->mem, realm, S(" "), w->rows[n - 1].id);
		return false;
	}
}

static int
realms_of(struct job *j, struct str *realms)
{
	realms[0] = job_arg(j, "realm");
	return str_empty(realms[0]) ? store_realms(j->store, j->mem, REALMS_MAX, realms) : 1;
}

bool
legacy_unused(struct job *j)
{
	struct str *realms = arena_array(j->mem, struct str, REALMS_MAX), at = job_arg(j, "after"), begun;
	struct walk w = { .issuer = only(j, "issuer"),
		.next = STR_ABSENT,
		.left = LIST_MAX,
		.since_s = store_habits_since(j->store),
		.rows = arena_array(j->mem, struct client, LIST_MAX) };
	int n = realms != NULL && w.rows != NULL ? realms_of(j, realms) : -1;
	bool trouble = n < 0 || w.since_s == 0;

	begun = str_cut(&at, ' ');              /* "realm client" */
	w.from = at;
	answer_open(j, &w.b);
	jw_name(&w.b, S("unused"));
	jw_open(&w.b, '[');
	for (int i = 0; i < n && !trouble; i++) {
		if (str_given(begun) && str_cmp(realms[i], begun) < 0)
			continue;
		if (!str_eq(realms[i], begun))
			w.from = STR_ABSENT;
		if (!realm_walk(j, &w, realms[i], &trouble))
			break;
	}
	if (trouble)
		return job_store_failed(j);
	jw_close(&w.b, ']');
	jm_bool(&w.b, S("more"), str_given(w.next));
	jm_str(&w.b, S("after"), w.next);
	return answer_close(j, &w.b);
}
