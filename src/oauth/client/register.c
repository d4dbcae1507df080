/*
 * oauth/client/register.c - clients that register themselves, and what they do with it later. RFC
 * 7591, RFC 7592, OpenID Connect Dynamic Client Registration 1.0 sections 3 and 4.
 *
 * The registration access token stays as it was given when a registration is replaced: RFC 7592
 * leaves it, and an answer that got lost would shut the client out. Client secret and token are
 * told once; the store has digests of them.
 */
#include "login/sealed.h"
#include "oauth/client/register_int.h"

#define ID_BYTES     16
#define SECRET_BYTES 32

static struct str
random_text(struct arena *mem, size_t n)
{
	uint8_t random[SECRET_BYTES];
	struct str text;

	rand_bytes(random, n);
	text = b64url_encode(mem, str_span(random, n));
	explicit_bzero(random, sizeof random);
	return text;
}

/* Of the realm: a registration is not one issuer's alone. */
static struct dig32
token_digest(const struct call *c, const char *kind, struct str text)
{
	struct dig32 d;

	SHA256(d.b, str_of(kind), S("\0"), realm_name(c->issuer->realm), S("\0"), text);
	return d;
}

static bool
is_on(struct call *c)
{
	return c->issuer->policy->registration.rule != REGISTRATION_OFF || fail(c, R_NOT_FOUND, S("registration"));
}

/* --- what was said ---------------------------------------------------------------------------- */

static bool
secret_make(struct registering *r, struct str *shown)
{
	const struct client *k = &r->client;
	const uint8_t *key = r->c->svc->secret_key;
	bool signs = str_is(r->metadata.token_endpoint_auth_method, "client_secret_jwt");

	*shown = random_text(r->c->mem, SECRET_BYTES);
	if (signs && key == NULL)
		return member_refuse(r, "token_endpoint_auth_method", "is not offered");
	r->client.secret = signs ? secret_seal(r->c->mem, key, k->realm, k->id, *shown)
	    : secret_hash(r->c->mem, *shown);
	return str_given(r->client.secret) || fail(r->c, R_INTERNAL, S("secret"));
}

static bool
is_public_method(const struct registering *r)
{
	return str_is(r->metadata.token_endpoint_auth_method, "none");
}

static bool
client_judge(struct registering *r)
{
	return registration_judge(r) && registration_sector(r) && registration_metadata(r);
}

/* --- POST ------------------------------------------------------------------------------------- */

struct admission {
	struct ops o;
	struct quota network;
	struct initial_token token;
	struct registration row;
	bool by_token;
};

/* Who is let in: by a token whenever one was sent. False: R_REGISTRATION_TOKEN, R_STORE. */
static bool
admission_judge(struct call *c, struct admission *a)
{
	const struct policy *policy = c->issuer->policy;
	struct dig32 digest = token_digest(c, "initial access token", c->bearer);

	a->by_token = !str_empty(c->bearer);
	if (!a->by_token)
		return policy->registration.rule == REGISTRATION_OPEN || fail(c, R_REGISTRATION_TOKEN, STR_ABSENT);
	if (!store_answered(c, store_initial_token(c->svc->store, c->mem, realm_name(c->issuer->realm), &digest, &a->token)))
		return fail(c, R_REGISTRATION_TOKEN, STR_ABSENT);
	if (a->token.uses == 0 || expired(a->token.expires_s, c->now_s))
		return fail(c, R_REGISTRATION_TOKEN, a->token.name);
	a->token.created_s = c->now_s;
	return true;
}

static void
admission_plan(struct registering *r, struct admission *a, struct str token)
{
	struct call *c = r->c;
	const struct policy *policy = c->issuer->policy;

	a->network = registration_quota(c);
	a->row = (struct registration){ .realm = r->client.realm,
		.client = r->client.id,
		.issuer = c->issuer->name,
		.by = a->by_token ? a->token.name : S("open"),
		.address = str_given(c->address) ? c->address : S(""),
		.token = token_digest(c, "registration access token", token),
		.created_s = c->now_s,
		.expires_s = expiry(c->now_s, policy->registration.lease_s) };
	a->o.n = 0;
	ops_add(&a->o, OP_QUOTA_USE)->quota = &a->network;
	if (a->by_token)
		ops_add(&a->o, OP_INITIAL_TOKEN_USE)->initial_token = &a->token;
	ops_add(&a->o, OP_CLIENT_ADD)->client = &r->client;
	ops_add(&a->o, OP_REGISTRATION_ADD)->registration = (struct op_registration){ &a->row, policy->registration.most, 0 };
}

static bool
admission_refused(struct call *c, const struct admission *a, size_t lost)
{
	if (a->o.at[lost].kind == OP_QUOTA_USE) {
		c->retry_after_s = a->network.expires_s - c->now_s;
		return fail(c, R_REGISTRATION_LIMIT, STR_ABSENT);
	}
	if (a->o.at[lost].kind == OP_INITIAL_TOKEN_USE)
		return fail(c, R_REGISTRATION_TOKEN, a->token.name);
	return fail(c, R_REGISTRATION_FULL, S("registration_max"));
}

static bool
admission_commit(struct call *c, const struct admission *a)
{
	size_t lost = 0;

	switch (store_commit(c->svc->store, a->o.at, a->o.n, &lost)) {
	case STORE_DONE: return true;
	case STORE_LOST: return admission_refused(c, a, lost);
	case STORE_FAILED: break;
	}
	return fail(c, R_STORE, S("commit"));
}

static struct answer
registered_answer(struct call *c, const struct registered *told)
{
	struct answer a = { .kind = ANS_REGISTERED };

	a.document.body = registration_text(c->mem, told);
	return a;
}

static void
client_record(const struct call *c, enum event what, const struct client *k, struct str by)
{
	struct record r;

	record_begin(&r, what);
	record_text(&r, "issuer", c->issuer->name);
	record_text(&r, "client", k->id);
	record_text(&r, "by", by);
	record_text(&r, "address", c->address);
	record_end(&r);
}

struct answer
register_endpoint(struct call *c)
{
	struct registering r = { .c = c };
	struct admission a = { .by_token = false };
	struct registered told = { .secret = STR_ABSENT };

	if (!is_on(c) || !admission_judge(c, &a))
		return answer_fault(c);
	r.client = registration_begin(c, random_text(c->mem, ID_BYTES));
	if (!registration_body(&r, c->body) || !client_judge(&r)
	    || (!is_public_method(&r) && !secret_make(&r, &told.secret)))
		return answer_fault(c);
	told.token = random_text(c->mem, SECRET_BYTES);
	admission_plan(&r, &a, told.token);
	if (c->mem->full || !admission_commit(c, &a))
		return answer_fault(c);
	told.client = r.client;
	told.statement = r.statement;
	told.uri = ARENA_CAT(c->mem, c->self, S("/"), r.client.id);
	client_record(c, EV_client_registered, &r.client, a.row.by);
	return registered_answer(c, &told);
}

/* --- GET, PUT, DELETE ------------------------------------------------------------------------- */

/* RFC 7592 section 2: a client that is gone, and a token that is another's, are refused alike. */
static bool
token_holds(struct call *c, struct client *k)
{
	struct dig32 given = token_digest(c, "registration access token", c->bearer);
	struct str realm = realm_name(c->issuer->realm), id = c->arg[P_CLIENT_ID];
	struct registration row = { .created_s = 0 };
	enum store_found f = store_registration(c->svc->store, c->mem, realm, id, &row);
	struct client *kept = arena_new(c->mem, struct client);
	bool right = f == FOUND && str_eq_secret(dig_str(&row.token), dig_str(&given)) && str_given(c->bearer);

	if (f == FIND_FAILED)
		return fail(c, R_STORE, S("read"));
	if (!right || !str_eq(row.issuer, c->issuer->name))
		return fail(c, R_REGISTRATION_TOKEN, id);
	if (!store_answered(c, store_client(c->svc->store, c->mem, realm, id, k)) || !k->enabled)
		return fail(c, R_REGISTRATION_TOKEN, id);
	if (kept == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	*kept = *k;                             /* the audit line outlives the caller's */
	c->client = kept;
	return true;
}

static struct answer
registered_tell(struct call *c, const struct client *k, struct str secret, struct str statement)
{
	struct registered told = { .client = *k, .secret = secret, .token = c->bearer, .uri = c->self,
		.statement = statement };

	return registered_answer(c, &told);
}

/* A secret comes and goes with the way in which the client authenticates. */
static bool
secret_settle(struct registering *r, struct str *shown)
{
	if (is_public_method(r)) {
		r->client.secret = S("");
		return true;
	}
	if (r->client.secret.n > 0 && (secret_is_sealed(r->client.secret)
	    || !str_is(r->metadata.token_endpoint_auth_method, "client_secret_jwt")))
		return true;
	return secret_make(r, shown);           /* also in place of one of which only the hash is kept */
}

static struct answer
registered_put(struct call *c)
{
	struct registering r = { .c = c };
	struct str shown = STR_ABSENT;
	struct store_op op = { .kind = OP_CLIENT_SET, .client = &r.client };

	for (int i = 0; i < RACES_MAX; i++) {
		enum store_result done;

		r.metadata = (struct client_metadata){ .response_types = STR_ABSENT };
		shown = STR_ABSENT;
		if (!token_holds(c, &r.client) || !registration_body(&r, c->body) || !replacement_is_sound(&r)
		    || !client_judge(&r) || !secret_settle(&r, &shown))
			return answer_fault(c);
		r.client.updated_s = c->now_s;
		done = store_commit(c->svc->store, &op, 1, NULL);
		if (done == STORE_DONE)
			return registered_tell(c, &r.client, shown, r.statement);
		if (done == STORE_FAILED)
			break;
	}
	fail(c, R_STORE, S("commit"));
	return answer_fault(c);
}

static struct answer
registered_delete(struct call *c)
{
	struct client k;
	struct store_op op = { .kind = OP_CLIENT_DELETE, .gone = { &k, c->issuer->elsewhere } };

	if (!token_holds(c, &k))
		return answer_fault(c);
	if (store_commit(c->svc->store, &op, 1, NULL) != STORE_DONE)
		return fail(c, R_STORE, S("commit")), answer_fault(c);
	client_record(c, EV_client_unregistered, &k, STR_ABSENT);
	return (struct answer){ .kind = ANS_EMPTY };
}

struct answer
registered_endpoint(struct call *c, enum registered_step step)
{
	struct client k;

	if (!is_on(c))
		return answer_fault(c);
	switch (step) {
	case REGISTERED_PUT: return registered_put(c);
	case REGISTERED_DELETE: return registered_delete(c);
	case REGISTERED_READ: break;
	}
	return token_holds(c, &k) ? registered_tell(c, &k, STR_ABSENT, STR_ABSENT) : answer_fault(c);
}
