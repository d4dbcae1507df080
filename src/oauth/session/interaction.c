/*
 * oauth/session/interaction.c - a request that a browser cannot carry: one by POST, whose
 * parameters are in no address, or one too long for a cookie. It waits as a row of the store,
 * resumed at its own address with ?interaction=, the row's id, sealed. The rows are bounded:
 * whoever sends many loses his own oldest. Short-lived, but a page that waited a day still leads
 * on.
 */
#include "oauth/session/session.h"

#define KIND            "interaction 1"
#define SELF_MAX        1500            /* bytes of an address: sealed it stands in a cookie (RFC 6265 section 6.1) and in a Referer beside it */
#define TTL_S           (36 * 60 * 60)
#define PER_NETWORK     256
#define TOTAL           2048
#define DATA_MAX        (256 * 1024)

/* What an application sends, whatever it is: no secret, and no field of the forms of this program. */
static bool
is_kept(enum param p)
{
	switch (p) {
	case P_GRANT_TYPE: case P_USERNAME: case P_PHONE:
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

static struct str
data_write(const struct call *c)
{
	struct buf b;

	buf_init(&b, c->mem, DATA_MAX);
	jw_open(&b, '{');
	for (int p = 0; p < P_COUNT; p++) {
		if (!is_kept((enum param)p) || !call_has(c, (enum param)p))
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
static struct dig32
network_of(const struct call *c)
{
	struct throttle_key key = throttle_address(c->peer);

	return key.digest;
}

static struct str
resumed_at(const struct call *c, const struct id16 *id)
{
	ptrdiff_t mark = str_index(c->self, '?');
	struct str path = mark < 0 ? c->self : str_sub(c->self, 0, (size_t)mark);

	return ARENA_CAT(c->mem, path, S("?interaction="), browser_seal(c, KIND, str_span(id->b, sizeof id->b)));
}

bool
interaction_keep(struct call *c)
{
	struct interaction row = { .id = id_new(),
		.issuer = c->issuer->name,
		.network = network_of(c),
		.expires_s = c->now_s + TTL_S };
	struct store_op op = { .kind = OP_INTERACTION_ADD, .interaction = { &row, PER_NETWORK, TOTAL } };
	struct str at;

	if ((!c->posted && c->self.n <= SELF_MAX) || str_given(c->arg[P_INTERACTION]))
		return true;
	row.data = data_write(c);
	at = resumed_at(c, &row.id);
	if (!str_given(row.data) || !str_given(at))
		return fail(c, R_INTERNAL, S("memory"));
	if (call_must_wait(c))
		return false;
	if (store_commit(c->svc->store, &op, 1, NULL) != STORE_DONE)
		return fail(c, R_STORE, S("commit"));
	c->self = at;
	c->posted = false;
	return true;
}

/* The request that waits under that text; NULL: none, or c->why. */
static json_t *
request_of(struct call *c, struct str text)
{
	struct interaction row;
	struct str plain;
	struct id16 id;

	if (!browser_unseal(c, KIND, text, &plain) || plain.n != sizeof id.b)
		return NULL;
	memcpy(id.b, plain.p, sizeof id.b);
	if (!store_answered(c, store_interaction(c->svc->store, c->mem, &id, &row)))
		return NULL;
	if (!str_eq(row.issuer, c->issuer->name) || expired(row.expires_s, c->now_s))
		return NULL;
	return json_read_upto(c->mem, row.data, DATA_MAX);
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
interaction_resume(struct call *c)
{
	json_t *request = request_of(c, c->arg[P_INTERACTION]);

	if (request == NULL)
		return fail(c, R_NOTHING_PENDING, S("interaction"));
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

struct str
interaction_param(struct call *c, struct str url, enum param p)
{
	static const char mark[] = "?interaction=";
	ptrdiff_t at = str_index(url, '?');
	json_t *request;

	if (at < 0 || !str_starts(str_from(url, (size_t)at), str_of(mark)))
		return STR_ABSENT;
	request = request_of(c, str_from(url, (size_t)at + sizeof mark - 1));
	return request != NULL ? json_member_str(request, param_names[p]) : STR_ABSENT;
}
