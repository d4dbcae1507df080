/*
 * manage/ciba.c - requests of applications that wait for a user (CIBA): list, approve, deny. Who approves for a user
 * vouches for it; what comes of that is the same as of the user's own decision, and the client is told alike.
 */
#include "manage/manage_int.h"
#include "oauth/ciba.h"

static int
requests_read(struct page *p, void *rows, int max)
{
	struct decoupled_walk w = { .user = p->filter };

	if (!page_after_id(p, &w.after))
		return 0;
	return store_decoupled_waiting(p->job->store, &p->mem, &w, max, rows);
}

static bool
request_wanted(const struct page *p, const void *row)
{
	const struct decoupled *r = row;

	return r->kind == DECOUPLED_CIBA && !is_over(r->expires_s) && issuer_fits(p->job, r->auth.issuer)
	    && is_or_any(r->auth.client, job_arg(p->job, "client"));
}

/* What exactly is asked for: whoever approves it for a user has to know. */
static void
details_put(struct page *p, const struct decoupled *r)
{
	struct authorization_extra x;

	if (!str_empty(r->auth.extra) && authorization_extra_get(&p->mem, &r->auth, &x)
	    && !str_empty(x.authorization_details))
		jm_raw(&p->out, S("authorization_details"), x.authorization_details);
}

static void
request_put(struct page *p, const void *row)
{
	const struct decoupled *r = row;
	struct buf *b = &p->out;

	jw_open(b, '{');
	jm_str(b, S("id"), uuid_write(&p->mem, r->id.b));
	jm_str(b, S("issuer"), r->auth.issuer);
	jm_str(b, S("client"), r->auth.client);
	jm_str(b, S("user"), r->auth.user_name);
	jm_words(b, S("scopes"), r->auth.scope, ' ');
	details_put(p, r);
	jm_str(b, S("message"), r->message);
	jm_str(b, S("address"), r->address);
	jm_int(b, S("expires_s"), r->expires_s);
	jw_close(b, '}');
}

static struct str
request_key(struct page *p, const void *row)
{
	return hex_encode(p->job->mem, id_str(&((const struct decoupled *)row)->id));
}

bool
ciba_list(struct job *j)
{
	static const struct paged requests = { "requests", sizeof(struct decoupled), requests_read, request_wanted,
		request_put, request_key };
	const struct id16 *user;
	struct str realm;
	struct user u;

	return job_realm(j, &realm) && user_asked(j, &u, &user) && issuer_is_named_right(j)
	    && page_answer(j, &requests, user);
}

/* --- the decision ----------------------------------------------------------------------------- */

/* By the id that the list shows, or by the auth_req_id that the application has. */
static enum store_found
request_find(struct job *j, struct str name, struct decoupled *out)
{
	struct str rest = j->issuers;
	enum store_found f = NOT_FOUND;
	struct id16 id;

	if (uuid_read(name, id.b))
		return store_decoupled(j->store, j->mem, &id, out);
	while (f == NOT_FOUND && rest.n > 0) {
		struct str issuer = str_cut(&rest, ' ');
		struct dig32 d = auth_req_id_digest(issuer, name);

		f = issuer.n > 0 ? store_decoupled_by_digest(j->store, j->mem, &d, out) : NOT_FOUND;
	}
	return f;
}

static bool
request_named(struct job *j, struct decoupled *r)
{
	struct str name = job_arg(j, "request");
	enum store_found f = str_given(name) ? request_find(j, name, r) : NOT_FOUND;

	if (f == FIND_FAILED)
		return job_store_failed(j);
	if (f == NOT_FOUND || r->kind != DECOUPLED_CIBA || !issuer_fits(j, r->auth.issuer)
	    || r->state != DECOUPLED_WAITS || is_over(r->expires_s))
		return job_refuse(j, "not_found", "hufu ciba list shows those there are",
		    "there is no such request that waits");
	return true;
}

static bool
decide(struct job *j, enum decoupled_state state)
{
	struct store_op ops[3] = { { .kind = OP_DECOUPLED_DECIDE } };
	struct client k;
	struct decoupled r;
	struct str realm;
	struct user u;
	size_t n = 0;
	struct buf b;

	if (!job_realm(j, &realm) || !request_named(j, &r))
		return false;
	if (state == DECOUPLED_ALLOWED) {
		if (store_user_by_id(j->store, j->mem, realm, &r.auth.user, &u) != FOUND || !user_may_enter(&u))
			return job_refuse(j, "invalid", "hufu user show tells why", "its user may not log in");
		if (store_client(j->store, j->mem, realm, r.auth.client, &k) != FOUND || !k.enabled)
			return job_refuse(j, "invalid", "hufu client show tells why", "its client is disabled or gone");
		ops[n++] = (struct store_op){ .kind = OP_CLIENT_STANDS, .stands = { &k, 0 } };
		ops[n++] = (struct store_op){ .kind = OP_USER_STANDS, .user = &u };
		r.auth.auth_s = clock_now_s();
	}
	r.state = state;
	ops[n++] = (struct store_op){ .kind = OP_DECOUPLED_DECIDE, .decoupled = { .row = &r, .now_s = clock_now_s() } };
	if (!job_commit(j, ops, n))
		return false;
	answer_open(j, &b);
	jm_str(&b, S("id"), uuid_write(j->mem, r.id.b));
	return answer_close(j, &b);
}

bool
ciba_approve(struct job *j)
{
	return decide(j, DECOUPLED_ALLOWED);
}

bool
ciba_deny(struct job *j)
{
	return decide(j, DECOUPLED_DENIED);
}
