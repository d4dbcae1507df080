/*
 * oauth/client/document.c - a client whose id is the address of its metadata (Client ID Metadata
 * Documents): read when it is first named, kept as a client with a lease, and read again when what
 * its server said of caching is over. One that cannot be read again goes on as it was for a day.
 */
#include "oauth/client/register_int.h"

#define KEEP_S       3600               /* when nothing is said */
#define KEEP_LEAST_S 60
#define KEEP_MOST_S  86400
#define STALE_S      86400

/* --- which ids are addresses ------------------------------------------------------------------ */

/* No segment that a reader could take away. */
static bool
path_is_plain(struct str path)
{
	while (str_given(path)) {
		struct str segment = str_cut(&path, '/');

		if (str_is(segment, ".") || str_is(segment, ".."))
			return false;
	}
	return true;
}

static bool
host_is_listed(struct str hosts, struct str host)
{
	if (str_empty(hosts))
		return true;
	while (str_given(hosts)) {
		struct str one = str_cut(&hosts, ' ');
		bool below = str_starts(one, S("*."));

		if (below ? host.n > one.n - 1 && str_ends(host, str_from(one, 1)) : one.n > 0 && str_eq_nocase(one, host))
			return true;
	}
	return false;
}

/* For development, where private addresses are allowed, also http of this machine. */
static bool
scheme_fits(const struct call *c, const struct url *u)
{
	return u->secure || (u->web && u->kind == ADDRESS_LOOPBACK && c->issuer->policy->client.documents_private);
}

static bool
is_document_id(const struct call *c, struct str id)
{
	struct url u;

	return c->issuer->policy->registration.documents && id.n <= CLIENT_ID_MAX && str_index(id, ':') > 0
	    && url_read(id, &u) == NULL && scheme_fits(c, &u) && u.path.n > 1 && path_is_plain(u.path)
	    && !str_given(u.fragment) && host_is_listed(c->issuer->policy->registration.document_hosts, str_of(u.host));
}

/* --- is it to be read? ------------------------------------------------------------------------ */

/* What there is of it. */
struct held { struct client client; struct registration row; bool is, operators; };

static bool
held_read(const struct call *c, struct str id, struct held *h)
{
	struct str realm = realm_name(c->issuer->realm);
	enum store_found f = store_client(c->svc->store, c->mem, realm, id, &h->client);

	h->is = f == FOUND;
	h->operators = h->is && h->client.lease_s == 0;
	if (h->is && !h->operators)
		f = store_registration(c->svc->store, c->mem, realm, id, &h->row);
	return f != FIND_FAILED;
}

bool
client_document_is_due(const struct call *c)
{
	struct held h = { .is = false };

	return is_document_id(c, c->arg[P_CLIENT_ID]) && held_read(c, c->arg[P_CLIENT_ID], &h)
	    && (!h.is || (!h.operators && h.row.fresh_s <= c->now_s));
}

/* --- reading ---------------------------------------------------------------------------------- */

/* max-age within bounds; a word against keeping is the least. RFC 9111 section 5.2.2. */
static int64_t
keep_s(struct str cache_control)
{
	int64_t s = KEEP_S;

	while (str_given(cache_control)) {
		struct str word = str_trim(str_cut(&cache_control, ','));

		if (str_eq_nocase(word, S("no-store")) || str_eq_nocase(word, S("no-cache")))
			return KEEP_LEAST_S;
		if (str_starts_nocase(word, S("max-age=")))
			str_int(str_from(word, 8), &s);
	}
	return s < KEEP_LEAST_S ? KEEP_LEAST_S : s > KEEP_MOST_S ? KEEP_MOST_S : s;
}

static bool
is_json(struct str type)
{
	struct str media = str_trim(str_cut(&type, ';'));

	return str_eq_nocase(media, S("application/json"))
	    || (str_starts_nocase(media, S("application/")) && media.n > 5
		&& str_eq_nocase(str_from(media, media.n - 5), S("+json")));
}

static bool
document_fails(struct call *c, struct str why)
{
	c->why = R_NONE;
	return fail(c, R_CLIENT_DOCUMENT, why);
}

/* The answer, or why there is none. */
static bool
document_fetch(struct call *c, struct str url, struct outbound_answer *answer)
{
	const struct outbound_rules rules = client_fetch_rules(c);
	struct outbound_ask ask = { .method = S("GET"),
		.url = url,
		.headers = { S("Accept: application/json") },
		.n_headers = 1 };

	if (c->must_not_wait)
		return document_fails(c, SAY("it cannot be asked for now"));
	if (!client_fetch_is_due(c, url))
		return document_fails(c, SAY("it was asked for a moment ago, more than once"));
	if (!outbound_do(c->mem, &rules, &ask, answer))
		return document_fails(c, str_of(answer->trouble));
	if (answer->status != 200)
		return document_fails(c, arena_say(c->mem, "status %d", answer->status));
	return is_json(answer->type) || document_fails(c, SAY("it is no JSON"));
}

static bool
document_judge(struct registering *r, struct str id, struct str body)
{
	struct call *c = r->c;

	if (!registration_body(r, body))
		return document_fails(c, SAY("it is no JSON object"));
	if (!str_eq(json_member_str(r->said, "client_id"), id))
		return document_fails(c, SAY("its client_id is not its address"));
	return (registration_judge(r) && registration_sector(r) && registration_metadata(r)) || document_fails(c, c->offender);
}

/* --- keeping ---------------------------------------------------------------------------------- */

static bool
is_as_it_was(const struct client *a, const struct client *b)
{
	return str_eq(a->name, b->name) && str_eq(a->grants, b->grants) && str_eq(a->scopes, b->scopes)
	    && str_eq(a->redirect_uris, b->redirect_uris) && str_eq(a->metadata, b->metadata);
}

static bool
document_add(struct call *c, const struct client *k, struct registration *row)
{
	const struct policy *policy = c->issuer->policy;
	struct quota network = registration_quota(c);
	struct store_op ops[] = { { .kind = OP_CLIENT_ADD, .client = k }, { .kind = OP_QUOTA_USE, .quota = &network },
		{ .kind = OP_REGISTRATION_ADD, .registration = { row, policy->registration.most, 0 } } };
	size_t lost = 0;

	row->issuer = c->issuer->name;
	row->by = S("document");
	row->address = str_given(c->address) ? c->address : S("");
	row->created_s = c->now_s;
	row->expires_s = expiry(c->now_s, policy->registration.lease_s);
	switch (store_commit(c->svc->store, ops, COUNT(ops), &lost)) {
	case STORE_DONE: return true;
	case STORE_LOST: return lost == 0 || document_fails(c, SAY("no more clients can register here now"));
	case STORE_FAILED: break;
	}
	return fail(c, R_STORE, S("commit"));
}

static bool
document_renew(struct call *c, const struct held *h, struct client *k, struct registration *row)
{
	struct store_op ops[] = { { .kind = OP_REGISTRATION_FRESH, .registration = { row, 0, 0 } },
		{ .kind = OP_CLIENT_SET, .client = k } };
	bool same = is_as_it_was(&h->client, k);

	/* who lost to another that read it too has nothing to add */
	return store_commit(c->svc->store, ops, same ? 1 : 2, NULL) != STORE_FAILED || fail(c, R_STORE, S("commit"));
}

static bool
document_read(struct call *c, struct str id, const struct held *h)
{
	struct registering r = { .c = c, .document = true, .client = h->is ? h->client : registration_begin(c, id) };
	struct registration row = { .realm = realm_name(c->issuer->realm), .client = id };
	struct outbound_answer answer;

	if (!document_fetch(c, id, &answer) || !document_judge(&r, id, answer.body))
		return false;
	row.fresh_s = c->now_s + keep_s(answer.cache_control);
	r.client.updated_s = c->now_s;
	return h->is ? document_renew(c, h, &r.client, &row) : document_add(c, &r.client, &row);
}

bool
client_document_look(struct call *c)
{
	struct str id = c->arg[P_CLIENT_ID];
	struct held h = { .is = false };

	if (!is_document_id(c, id))
		return true;
	if (!held_read(c, id, &h))
		return fail(c, R_STORE, S("read"));
	if (h.operators || (h.is && h.row.fresh_s > c->now_s) || document_read(c, id, &h))
		return true;
	if (!h.is || c->why != R_CLIENT_DOCUMENT || h.row.fresh_s + STALE_S < c->now_s)
		return false;
	call_begins_anew(c);
	return true;
}
