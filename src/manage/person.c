/*
 * manage/person.c - what is stored of a person: user.show says how much, user.export the rest
 * that no list shows.
 */
#include "manage/manage_int.h"

static bool
counts_put(struct job *j, struct buf *b, const struct user *u)
{
	struct user_counts n;

	if (store_user_counts(j->store, &u->id, j->elsewhere, clock_now_s(), &n) != FOUND)
		return false;
	jw_name(b, S("has"));
	jw_open(b, '{');
	jm_int(b, S("sessions"), n.sessions);
	jm_int(b, S("codes"), n.codes);
	jm_int(b, S("families"), n.families);
	jm_int(b, S("tokens"), n.tokens);
	jm_int(b, S("approvals"), n.approvals);
	jm_int(b, S("messages"), n.waiting);
	jm_int(b, S("seen_s"), n.seen_s);
	jw_close(b, '}');
	return true;
}

bool
user_show(struct job *j)
{
	struct user u;
	struct buf b;

	if (!user_in_ask(j, &u))
		return false;
	answer_open(j, &b);
	jw_name(&b, S("user"));
	user_json(&b, j->mem, &u);
	if (!counts_put(j, &b, &u))
		return job_store_failed(j);
	return answer_close(j, &b);
}

/* --- user.export: a page of the codes that wait, and, with the first, all that has one place --- */

static int
codes_read(struct page *p, void *rows, int max)
{
	const struct user *u = p->filter;
	struct dig32 after;
	struct str bytes = S("");

	if (str_given(p->after) && (!hex_decode(&p->mem, p->after, &bytes) || bytes.n != sizeof after.b)) {
		p->wrong_after = true;
		return 0;
	}
	if (bytes.n > 0)
		memcpy(after.b, bytes.p, sizeof after.b);
	return store_codes(p->job->store, &p->mem, &u->id, bytes.n > 0 ? &after : NULL, max, rows);
}

static bool
code_wanted(const struct page *p, const void *row)
{
	return !str_has_word(p->job->elsewhere, ((const struct code *)row)->auth.issuer, ' ');
}

static void
code_put(struct page *p, const void *row)
{
	code_json(&p->out, row);
}

static struct str
code_key(struct page *p, const void *row)
{
	return hex_encode(p->job->mem, dig_str(&((const struct code *)row)->digest));
}

/* Wrong passwords that count against the name; those that count against an address are nobody's. */
static bool
failures_put(struct job *j, struct buf *b, const struct user *u)
{
	struct throttle t = { .failures = 0 }, k = person_failures(u, u->name);
	enum store_found found = store_throttle(j->store, k.kind, &k.key, &t);

	if (found == FIND_FAILED)
		return false;
	jm_int(b, S("failed_logins"), found == FOUND ? t.failures : 0);
	return true;
}

static bool
user_facts_put(struct page *p)
{
	const struct user *u = p->filter;
	struct buf *b = &p->out;

	jw_name(b, S("user"));
	user_json(b, p->job->mem, u);
	return failures_put(p->job, b, u) && counts_put(p->job, b, u)
	    && person_beside(&(struct person_asked){ .store = p->job->store, .user = u, .elsewhere = p->job->elsewhere,
	    .now_s = clock_now_s() }, b);
}

bool
user_export(struct job *j)
{
	static const struct paged codes = { "codes", sizeof(struct code), codes_read, code_wanted, code_put,
		code_key, user_facts_put };
	struct user u;

	return user_in_ask(j, &u) && page_answer(j, &codes, &u);
}
