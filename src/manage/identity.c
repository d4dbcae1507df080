/* manage/identity.c - whom a user is at identity providers: list, unlink. Who is unlinked can only come in otherwise. */
#include "manage/manage_int.h"

struct asked { struct str realm; const struct id16 *user; };

/* "PROVIDER SUBJECT": a provider's name has no blank. */
static int
identities_read(struct page *p, void *rows, int max)
{
	const struct asked *a = p->filter;
	struct identity_walk w = { .realm = a->realm, .user = a->user };
	struct str rest = p->after;

	if (str_given(rest)) {
		w.after.provider = str_cut(&rest, ' ');
		w.after.subject = rest;
		if (!str_given(rest)) {
			p->wrong_after = true;
			return 0;
		}
	}
	return store_identities(p->job->store, &p->mem, &w, max, rows);
}

static bool
identity_wanted(const struct page *p, const void *row)
{
	return is_or_any(((const struct identity *)row)->provider, job_arg(p->job, "provider"));
}

static void
identity_put(struct page *p, const void *row)
{
	identity_json(&p->out, row);
}

static struct str
identity_key(struct page *p, const void *row)
{
	const struct identity *r = row;

	return ARENA_CAT(p->job->mem, r->provider, S(" "), r->subject);
}

static bool
user_needed(struct job *j, struct asked *a, struct user *u)
{
	if (!job_realm(j, &a->realm) || !user_asked(j, u, &a->user))
		return false;
	return a->user != NULL || job_refuse(j, "invalid", "name the user", "whose identities are meant is not said");
}

bool
identity_list(struct job *j)
{
	static const struct paged identities = { "identities", sizeof(struct identity), identities_read, identity_wanted,
		identity_put, identity_key };
	struct asked a;
	struct user u;

	return user_needed(j, &a, &u) && page_answer(j, &identities, &a);
}

bool
identity_unlink(struct job *j)
{
	struct identity r = { .provider = job_arg(j, "provider"), .subject = job_arg(j, "subject") }, found;
	struct store_op op = { .kind = OP_IDENTITY_END, .identity = &found };
	struct asked a;
	struct user u;
	struct buf b;
	enum store_found f;

	if (!user_needed(j, &a, &u))
		return false;
	if (str_empty(r.provider) || str_empty(r.subject))
		return job_refuse(j, "invalid", "hufu user identities shows both", "provider and subject are needed");
	r.realm = a.realm;
	f = store_identity(j->store, j->mem, &r, &found);
	if (f == FIND_FAILED)
		return job_store_failed(j);
	if (f == NOT_FOUND || !str_eq(id_str(&found.user), id_str(a.user)))
		return job_refuse(j, "not_found", "hufu user identities shows those there are",
		    "the user has no such identity; nothing was unlinked");
	if (!job_commit(j, &op, 1))
		return false;
	answer_open(j, &b);
	return answer_close(j, &b);
}
