/*
 * oauth/client/register_statement.c - what somebody whom the operator trusts says of an application. RFC 7591 section
 * 2.3: its claims stand above the members beside it. What is no member of a registration is passed over, and so is
 * what only operators say.
 */
#include <jansson.h>

#include "oauth/client/register_int.h"
#include "oauth/client/trusted.h"

/* One of the metadata that is no operator's, or a column; but client_id is nobody's to say. */
static bool
is_registered(struct str name)
{
	static const char *const columns[] = {
#define REGISTERED(member, column) #member,
#include "oauth/metadata.def"
	};
	const struct metadata_row *row = metadata_row(name);

	for (size_t i = 0; i < COUNT(columns); i++)
		if (str_is(name, columns[i]))
			return !str_is(name, "client_id");
	return row != NULL && !metadata_is_of_operators(row);
}

static void
release(void *json)
{
	json_decref(json);
}

/* Both are objects. */
static bool
claims_over(struct registering *r, const json_t *claims)
{
	json_t *all = json_copy((json_t *)(uintptr_t)r->said), *v;
	const char *name;

	if (all == NULL || !arena_defer(r->c->mem, release, all)) {
		json_decref(all);
		return fail(r->c, R_INTERNAL, S("memory"));
	}
	json_object_foreach((json_t *)(uintptr_t)claims, name, v)
		if (is_registered(str_of(name)) && json_object_set(all, name, v) != 0)
			return fail(r->c, R_INTERNAL, S("memory"));
	r->said = all;
	return true;
}

/* Why is the log's: what is wrong with somebody else's signature helps nobody who has not made it. */
static bool
refuse(struct registering *r, struct str why)
{
	struct call *c = r->c;

	fail_with(c, R_SOFTWARE_STATEMENT, S("does not hold"));
	c->detail = why;
	return false;
}

bool
registration_statement(struct registering *r)
{
	const json_t *v = json_object_get(r->said, "software_statement");
	struct call *c = r->c;
	struct trusted_token k;
	struct str why;
	struct jwt seen;

	if (v == NULL || json_is_null(v))
		return true;
	if (!jwt_peek(c->mem, json_text(v), &seen))
		return fail_with(c, R_SOFTWARE_STATEMENT, S("is no JWT"));
	if (trusted_issuer_of(c, json_text(v), TRUST_SOFTWARE_STATEMENT) == NULL)
		return fail(c, R_SOFTWARE_UNAPPROVED, json_member_str(seen.claims, "iss"));
	if (!trusted_verify(c, json_text(v), TRUST_SOFTWARE_STATEMENT, &k, &why))
		return refuse(r, why);
	r->statement = json_text(v);
	return claims_over(r, k.jwt.claims);
}
