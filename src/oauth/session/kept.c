/*
 * oauth/session/kept.c - the parameters of an authorization request as a row keeps them, and the address where a
 * request goes on that is a row.
 */
#include "oauth/session/session.h"

#define OBJECT "object"         /* beside the parameters, of which none is called so: how they came */

/* What an application sends, whatever it is: no secret, and no field of the forms of this program. */
static bool
is_kept(enum param p)
{
	switch (p) {
	case P_GRANT_TYPE: case P_USERNAME: case P_PHONE: case P_CLIENT_ASSERTION_TYPE:
		return false;
	default:
		return !(param_flags[p] & (PF_SECRET | PF_OWN));
	}
}

static void
values_write(struct buf *b, const struct call *c, enum param p)
{
	const struct param_value *v = NULL;

	jw_name(b, str_of(param_names[p]));
	jw_open(b, '[');
	while ((v = call_next(c, p, v)) != NULL)
		ja_str(b, v->value);
	jw_close(b, ']');
}

struct str
interaction_write(const struct call *c, struct str object, size_t max)
{
	struct buf b;

	buf_init(&b, c->mem, max);
	jw_open(&b, '{');
	jm_str(&b, S(OBJECT), object);
	for (int p = 0; p < P_COUNT; p++) {
		if (!is_kept((enum param)p) || !call_has(c, (enum param)p)
		    || (str_given(object) && (p == P_REQUEST || p == P_REQUEST_URI)))
			continue;
		if (param_flags[p] & PF_REPEATS)
			values_write(&b, c, (enum param)p);
		else
			jm_str(&b, str_of(param_names[p]), c->arg[p]);
	}
	jw_close(&b, '}');
	return b.full ? STR_ABSENT : buf_str(&b);
}

/* Digest of the client's network, as connections count it; of whoever is not known one for all. */
struct dig32
interaction_network(const struct call *c)
{
	struct throttle_key key = throttle_address(c->peer);

	return key.digest;
}

struct str
interaction_at(const struct call *c, struct str sealed)
{
	ptrdiff_t mark = str_index(c->self, '?');
	struct str path = mark < 0 ? c->self : str_sub(c->self, 0, (size_t)mark);

	return str_given(sealed) ? ARENA_CAT(c->mem, path, S("?interaction="), sealed) : STR_ABSENT;
}

/* The same values in the same order. */
static bool
values_are(const struct call *c, enum param p, const json_t *list)
{
	const struct param_value *v = NULL;
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
		if ((v = call_next(c, p, v)) == NULL || !str_eq(v->value, json_text(one)))
			return false;
	return call_next(c, p, v) == NULL;
}

bool
interaction_differs(const struct call *c, const json_t *request)
{
	for (int p = 0; p < P_COUNT; p++) {
		const json_t *was = json_object_get(request, param_names[p]);

		if (!is_kept((enum param)p) || !call_has(c, (enum param)p))
			continue;
		if ((param_flags[p] & PF_REPEATS) ? !values_are(c, (enum param)p, was)
						  : was == NULL || !str_eq(c->arg[p], json_text(was)))
			return true;
	}
	return false;
}

static bool
values_read(struct call *c, enum param p, const json_t *list)
{
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (!call_add(c, p, str_of(json_string_value(one))))
			return false;
	return true;
}

bool
interaction_read(struct call *c, const json_t *request)
{
	c->pushed.signed_object = str_is(json_member_str(request, OBJECT), "signed");
	c->repeated = NULL;
	for (int p = 0; p < P_COUNT; p++) {
		if (!is_kept((enum param)p))
			continue;
		call_put(c, (enum param)p, json_member_str(request, param_names[p]));
		if ((param_flags[p] & PF_REPEATS)
		    && !values_read(c, (enum param)p, json_object_get(request, param_names[p])))
			return fail(c, R_INTERNAL, S("memory"));
	}
	return true;
}
