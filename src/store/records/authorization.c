/*
 * store/records/authorization.c - the columns of an authorization, bound and read in the order of
 * its rows.
 */
#include <assert.h>
#include "store/records/records_int.h"

void
auth_bind(struct query *q, const struct authorization *a)
{
	assert(a->extra.n <= AUTHORIZATION_EXTRA_MAX);
#define BIND_TEXT(member) bind_str(q, a->member);
#define BIND_ID(member) bind_id(q, &a->member);
#define BIND_INT(member) bind_int(q, a->member);
#define X(kind, member, column, where) BIND_##kind(member)
	AUTHORIZATION(X)
#undef X
}

void
auth_fill(struct query *q, struct authorization *a)
{
#define FILL_TEXT(member) a->member = get_str(q);
#define FILL_ID(member) a->member = get_id(q);
#define FILL_INT(member) a->member = get_int(q);
#define X(kind, member, column, where) FILL_##kind(member)
	AUTHORIZATION(X)
#undef X
}
