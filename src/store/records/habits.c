/* store/records/habits.c - which client used which weak habit, how often and when last. */
#include "store/records/records_int.h"

#define WORDS_MAX 4096

enum step
op_habits_used(struct conn *c, const struct store_op *op)
{
	enum step r = STEP_DONE;

	for (size_t i = 0; r == STEP_DONE && i < op->habits.n; i++) {
		const struct habit_use *u = &op->habits.rows[i];
		struct query q;

		op_begin(&q, c, SQL_HABIT_USED);
		bind_str(&q, u->realm);
		bind_str(&q, u->issuer);
		bind_str(&q, u->client);
		bind_str(&q, u->endpoint);
		bind_str(&q, u->habit);
		bind_int(&q, u->first_s);
		bind_int(&q, u->last_s);
		bind_int(&q, u->count);
		r = op_finish(&q);
	}
	return r;
}

static void
use_get(struct query *q, struct habit_use *u)
{
	u->realm = get_str(q);
	u->issuer = get_str(q);
	u->client = get_str(q);
	u->endpoint = get_str(q);
	u->habit = get_str(q);
	u->first_s = get_int(q);
	u->last_s = get_int(q);
	u->count = get_int(q);
}

int
read_habit_uses(struct store *s, struct arena *mem, struct str realm, struct str issuer,
    const struct habit_use *after, int max, struct habit_use *out)
{
	const struct habit_use start = { .issuer = S(""), .client = S(""), .endpoint = S(""), .habit = S("") };
	const struct habit_use *a = after != NULL ? after : &start;
	struct query q;
	int n = 0;

	read_begin(&q, s, mem, SQL_HABIT_USES);
	bind_str(&q, realm);
	bind_str(&q, issuer);
	bind_str(&q, a->issuer);
	bind_str(&q, a->client);
	bind_str(&q, a->endpoint);
	bind_str(&q, a->habit);
	bind_int(&q, max);
	for (; n < max && query_row(&q); n++)
		use_get(&q, &out[n]);
	return read_end_list(&q, s, n);
}

enum store_found
read_habits_of(struct store *s, struct arena *mem, struct str realm, struct str client,
    struct str issuer, struct str *words)
{
	struct query q;
	struct buf b;

	buf_init(&b, mem, WORDS_MAX);
	read_begin(&q, s, mem, SQL_HABITS_OF);
	bind_str(&q, realm);
	bind_str(&q, client);
	bind_str(&q, issuer);
	while (query_row(&q)) {
		struct str word = get_str(&q);

		if (str_has_word(buf_str(&b), word, ' '))
			continue;
		if (b.n > 0)
			buf_putc(&b, ' ');
		buf_put(&b, word);
	}
	*words = b.n > 0 ? buf_str(&b) : S("");
	return read_end(&q, s, b.n > 0) == FIND_FAILED || b.full ? FIND_FAILED : b.n > 0 ? FOUND : NOT_FOUND;
}

int64_t
read_habits_since(struct store *s)
{
	struct query q;
	int64_t since = 0;

	read_begin(&q, s, NULL, SQL_HABITS_SINCE);
	if (query_row(&q))
		since = get_int(&q);
	return read_end(&q, s, since > 0) == FOUND ? since : 0;
}
