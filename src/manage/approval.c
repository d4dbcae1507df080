/* manage/approval.c - what users have approved: list, withdraw. A withdrawn approval ends what it gave. */
#include "manage/manage_int.h"

struct asked { struct str realm; const struct id16 *user; };

/* "HEX ISSUER CLIENT": none of the three holds a blank. */
static bool
spot_read(struct page *p, struct approval *at)
{
	struct str rest = p->after, hex = str_cut(&rest, ' '), bytes;

	*at = (struct approval){ .issuer = S("") };
	if (!str_given(p->after))
		return true;
	if (!hex_decode(&p->mem, hex, &bytes) || bytes.n != sizeof at->user.b)
		return false;
	memcpy(at->user.b, bytes.p, sizeof at->user.b);
	at->issuer = str_cut(&rest, ' ');
	at->client = rest;
	return str_given(rest);
}

static int
approvals_read(struct page *p, void *rows, int max)
{
	const struct asked *a = p->filter;
	struct approval_walk w = { .user = a->user, .client = job_arg(p->job, "client"), .now_s = clock_now_s() };

	if (!spot_read(p, &w.after)) {
		p->wrong_after = true;
		return 0;
	}
	return store_approval_rows(p->job->store, &p->mem, &w, max, rows);
}

static bool
approval_wanted(const struct page *p, const void *row)
{
	const struct approval *r = row;

	return issuer_fits(p->job, r->issuer) && is_or_any(r->client, job_arg(p->job, "client"));
}

static void
approval_put(struct page *p, const void *row)
{
	const struct approval *r = row;
	struct user u;
	bool known =
	    store_user_by_id(p->job->store, &p->mem, ((const struct asked *)p->filter)->realm, &r->user, &u)
	    == FOUND;

	approval_json(&p->out, &p->mem, r, known ? u.name : STR_ABSENT);
}

static struct str
approval_key(struct page *p, const void *row)
{
	const struct approval *r = row;
	struct arena *mem = p->job->mem;

	return ARENA_CAT(mem, hex_encode(mem, id_str(&r->user)), S(" "), r->issuer, S(" "), r->client);
}

bool
approval_list(struct job *j)
{
	static const struct paged approvals = { "approvals", sizeof(struct approval), approvals_read,
		approval_wanted, approval_put, approval_key };
	struct asked a;
	struct user u;

	return job_realm(j, &a.realm) && user_asked(j, &u, &a.user) && issuer_is_named_right(j)
	    && page_answer(j, &approvals, &a);
}

/* --- approval.withdraw ------------------------------------------------------------------------ */

static bool
withdraw_one(struct job *j, struct str realm, const struct approval *r)
{
	struct user u = { .realm = realm, .id = r->user };
	struct person_ops o;

	person_withdraws(&o, &u, r->issuer, r->client);
	return job_commit(j, o.at, o.n);
}

#define ROWS 100
/* One chunk of rows, each a commit of its own; *n: how many were withdrawn. False: refused. */
static bool
withdraw_rows(struct job *j, const struct asked *a, struct approval_walk *w, struct arena *mem, int *got, int64_t *n)
{
	struct approval *rows = arena_array(mem, struct approval, ROWS);

	*got = rows == NULL ? -1 : store_approval_rows(j->store, mem, w, ROWS, rows);
	if (*got < 0)
		return job_store_failed(j);
	for (int i = 0; i < *got; i++) {
		if (!issuer_fits(j, rows[i].issuer) || !is_or_any(rows[i].client, job_arg(j, "client")))
			continue;
		if (!withdraw_one(j, a->realm, &rows[i]))
			return false;
		*n += 1;
	}
	if (*got > 0) {
		w->after = rows[*got - 1];
		w->after.issuer = arena_dup(j->mem, w->after.issuer);
		w->after.client = arena_dup(j->mem, w->after.client);
	}
	return true;
}

static bool
withdraw_all(struct job *j, const struct asked *a, int64_t *n)
{
	struct approval_walk w = { .user = a->user, .client = job_arg(j, "client"), .now_s = 0 };
	struct arena mem;
	int got = ROWS;
	bool ok = true;

	arena_init(&mem, 16u * 1024 * 1024);
	for (*n = 0; ok && got == ROWS; arena_reset(&mem))
		ok = withdraw_rows(j, a, &w, &mem, &got, n);
	arena_free(&mem);
	return ok;
}

bool
approval_withdraw(struct job *j)
{
	struct asked a;
	struct user u;
	struct buf b;
	int64_t n;

	if (!str_given(job_arg(j, "user")) && !str_given(job_arg(j, "client")))
		return job_refuse(j, "invalid", "name a user (--user), a client (--client), or both",
		    "whose approval is to go is not said");
	if (!job_realm(j, &a.realm) || !user_asked(j, &u, &a.user) || !issuer_is_named_right(j)
	    || !withdraw_all(j, &a, &n))
		return false;
	if (n == 0)
		return job_refuse(j, "not_found",
		    "hufu consent list shows those there are; where living tokens count for one (consent_memory), "
		    "hufu session end --user NAME --client ID ends it",
		    "there is no such approval; nothing was withdrawn");
	answer_open(j, &b);
	jm_int(&b, S("withdrawn"), n);
	return answer_close(j, &b);
}
