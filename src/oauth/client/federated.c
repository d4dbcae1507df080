/*
 * oauth/client/federated.c - a client for which somebody vouches whom the operator trusts: a JWT about a workload that
 * the client's registration names (federated_issuer, federated_subjects). RFC 7523 section 2.2.
 */
#include "oauth/client/client.h"
#include "oauth/client/trusted.h"
#include "oauth/client_metadata.h"

/*
 * One star stands for something, of any length, without ':', and without '/' where it is not the end: what a workload
 * can choose itself (a branch, a pod) does not reach into what others choose for it.
 */
static bool
subject_fits(struct str pattern, struct str subject)
{
	ptrdiff_t star = str_index(pattern, '*');
	struct str before, after, between;

	if (star < 0)
		return str_eq(pattern, subject);
	before = str_sub(pattern, 0, (size_t)star);
	after = str_from(pattern, (size_t)star + 1);
	if (subject.n <= before.n + after.n || !str_starts(subject, before) || !str_ends(subject, after))
		return false;
	between = str_sub(subject, before.n, subject.n - before.n - after.n);
	return str_index(between, ':') < 0 && (after.n == 0 || str_index(between, '/') < 0);
}

static bool
subject_is_listed(struct str list, struct str subject)
{
	while (!str_empty(list))
		if (subject_fits(str_cut(&list, '\n'), subject))
			return true;
	return false;
}

bool
federated_holds(struct call *c, const struct client *k)
{
	const struct client_metadata *m = client_metadata(k);
	struct trusted_token t;
	struct str why;

	if (!trusted_verify(c, c->arg[P_CLIENT_ASSERTION], TRUST_CLIENT_ASSERTION, &t, &why))
		return fail(c, R_CLIENT_ASSERTION, why);
	if (!str_eq(m->federated_issuer, t.from->url))
		return fail(c, R_CLIENT_ASSERTION, SAY("the client is not registered with its issuer"));
	if (str_empty(t.subject) || !subject_is_listed(m->federated_subjects, t.subject))
		return fail(c, R_CLIENT_ASSERTION, SAY("its sub is not one of the client's"));
	return trusted_use(c, &t, TRUST_CLIENT_ASSERTION, &c->evidence.assertion_used, &why)
	    || fail(c, R_CLIENT_ASSERTION, why);
}
