/* oauth/client/authenticate.c - who is the client? RFC 6749 section 2.3, RFC 9700 section 2.5. */
#include "login/sealed.h"
#include "oauth/client/client.h"
#include "oauth/client_metadata.h"
#include "oauth/dpop.h"

/*
 * What was sent: the secret, and how it reads otherwise where it can be meant in two ways
 * (client_evidence); absent: it cannot.
 */
struct pair { struct str id, secret, other; };

/*
 * Both readings of a Basic field are one attempt. Where they name different clients it is the one
 * that exists, by the reading that the issuer prefers.
 */
static struct pair
basic_pair(const struct call *c)
{
	const struct client_evidence *e = &c->evidence;
	struct pair p = { e->basic_id, e->basic_secret, STR_ABSENT };

	if (!str_given(e->other_id))
		return p;
	if (str_eq(e->other_id, e->basic_id))
		p.other = e->other_secret;
	else if (client_find(c, e->basic_id) == NULL && client_find(c, e->other_id) != NULL)
		p = (struct pair){ e->other_id, e->other_secret, STR_ABSENT };
	return p;
}

static struct pair
form_pair(const struct call *c)
{
	return (struct pair){ c->arg[P_CLIENT_ID], c->arg[P_CLIENT_SECRET], STR_ABSENT };
}

struct str
basic_names(const struct call *c)
{
	return basic_pair(c).id;
}

static bool
verifies(struct call *c, const struct client *k, struct str stored, struct str given)
{
	enum password_result r = client_secret_holds(c->mem, c->svc->secret_key, k->realm, k->id, stored, given);

	if (r == PASSWORD_UNKNOWN_ENCODING)
		log_warn("client %.*s: its stored secret has an encoding that is not known", STR_ARG(k->id));
	if (r != PASSWORD_OK && r != PASSWORD_OK_REHASH)
		return false;
	secret_remember(c->svc->secrets, k->id, stored, given);
	return true;
}

static bool
secret_verifies(struct call *c, const struct client *k, struct str given)
{
	struct str stored[SECRETS_MAX];
	size_t n = client_secrets(c, k, stored);

	for (size_t i = 0; i < n; i++)
		if (verifies(c, k, stored[i], given)) {
			c->credential = i == 0 ? CREDENTIAL_SECRET : CREDENTIAL_FORMER;
			return true;
		}
	return false;
}

/* One that was verified before: which of them; SECRETS_MAX: none. */
static size_t
remembered_as(const struct call *c, const struct client *k, const struct pair *p)
{
	struct str stored[SECRETS_MAX];
	size_t n = client_secrets(c, k, stored);

	for (size_t i = 0; i < n; i++)
		if (secret_is_remembered(c->svc->secrets, k->id, stored[i], p->secret)
		    || (str_given(p->other) && secret_is_remembered(c->svc->secrets, k->id, stored[i], p->other)))
			return i;
	return SECRETS_MAX;
}

static bool
secret_remembered(const struct call *c, const struct client *k, const struct pair *p)
{
	return remembered_as(c, k, p) < SECRETS_MAX;
}

static struct guesser
guesser_here(const struct call *c, const struct client *k)
{
	if (c->svc->guesses == NULL)
		return (struct guesser){ 0 };
	return guesser_of(c->svc->guesses, realm_name(c->issuer->realm), k->id, c->peer);
}

/*
 * How long this address has to wait before this secret of the client is looked at; now, for the
 * call may have waited for a worker.
 */
static int64_t
guess_left_ms(const struct call *c, const struct guesser *g, bool remembered)
{
	struct guess_book *b = c->svc->guesses;

	if (b == NULL)
		return 0;
	return remembered ? guess_wait_ms(b, &c->svc->throttle, g, clock_now_ms())
	    : guess_crowd_wait_ms(b, &c->svc->throttle, g, clock_now_ms());
}

static void
throttled_record(const struct call *c, const struct client *k, const struct guesser *g)
{
	int64_t wait_ms = guess_crowd_wait_ms(c->svc->guesses, &c->svc->throttle, g, clock_now_ms());
	struct record r;

	if (wait_ms <= 0)
		return;
	record_begin(&r, EV_client_throttled);
	record_text(&r, "issuer", c->issuer->name);
	record_text(&r, "client", k->id);
	record_text(&r, "address", c->peer);
	record_int(&r, "wait_ms", wait_ms);
	record_end(&r);
}

static void
guess_note(const struct call *c, const struct client *k, const struct guesser *g, bool right)
{
	struct guess_book *b = c->svc->guesses;

	if (b == NULL)
		return;
	if (right) {
		guess_right(b, g);
		return;
	}
	guess_wrong(b, &c->svc->throttle, g, clock_now_ms());
	throttled_record(c, k, g);
}

/*
 * A public client has nothing to guess. For the others the wait comes first: a right secret is told
 * from a wrong one by no answer. Two readings are one guess; the second costs a hash only where the
 * first is wrong and differs.
 */
static bool
secret_holds(struct call *c, const struct client *k, const struct pair *p)
{
	struct guesser g;
	int64_t left_ms;
	size_t which;
	bool right;

	if (client_is_public(k))
		return str_empty(p->secret) || fail(c, R_CLIENT_SECRET, k->id);
	g = guesser_here(c, k);
	which = remembered_as(c, k, p);
	right = which < SECRETS_MAX;
	if ((left_ms = guess_left_ms(c, &g, right)) > 0) {
		c->retry_after_s = (left_ms + 999) / 1000;
		return fail(c, R_CLIENT_WAIT, k->id);
	}
	if (right)
		c->credential = which == 0 ? CREDENTIAL_SECRET : CREDENTIAL_FORMER;
	right = right || secret_verifies(c, k, p->secret) || (str_given(p->other) && secret_verifies(c, k, p->other));
	guess_note(c, k, &g, right);
	return right || fail(c, R_CLIENT_SECRET, k->id);
}

/* One pair of id and secret. */
static bool
pair_holds(struct call *c, struct pair p)
{
	const struct client *k = client_find(c, p.id);

	if (k == NULL)
		return fail(c, R_CLIENT_UNKNOWN, p.id);
	if (client_is_public(k) && !c->issuer->policy->client.public_at_token)
		return fail(c, R_CLIENT_NONE, p.id);
	if (str_empty(k->secret) && !client_is_public(k))
		return fail(c, R_CLIENT_METHOD, p.id);
	if (!secret_holds(c, k, &p))
		return false;
	if (!k->enabled)
		return fail(c, R_CLIENT_DISABLED, p.id);
	c->client = k;
	return true;
}

/*
 * Old servers look at the form first, then at Basic, and let both succeed. A client_id alone is a
 * form attempt with an empty secret, which only a public client passes.
 */
static bool
authenticate_by_all(struct call *c)
{
	const struct client_evidence *e = &c->evidence;
	bool form = call_has(c, P_CLIENT_ID);

	if (form) {
		if (!pair_holds(c, form_pair(c)))
			return false;
		if (e->secret_in_query && !habit_use(c, HABIT_SECRET_IN_QUERY, R_CLIENT_METHOD, STR_ABSENT))
			return false;
	}
	if (!e->basic_sent)
		return form || fail(c, R_CLIENT_NONE, STR_ABSENT);
	if (e->basic_malformed)
		return fail_with(c, R_CLIENT_MALFORMED, S("basic"));
	if (pair_holds(c, basic_pair(c)))
		return true;
	c->offender = S("basic");               /* tells the wire which of the two to challenge */
	return false;
}

/* --- by one method: methods.def. RFC 6749 section 3.1: an empty value is none. ---------------- */

static bool
basic_is_sent(const struct call *c)
{
	return c->evidence.basic_sent;
}

static bool
basic_holds(struct call *c)
{
	if (!str_empty(c->arg[P_CLIENT_ID]) && !str_eq(basic_names(c), c->arg[P_CLIENT_ID]))
		return fail(c, R_CLIENT_OTHER, basic_names(c));
	return pair_holds(c, basic_pair(c));
}

static bool
secret_is_sent(const struct call *c)
{
	return !str_empty(c->arg[P_CLIENT_SECRET]);
}

static bool
secret_of_form_holds(struct call *c)
{
	if (str_empty(c->arg[P_CLIENT_ID]))
		return fail(c, R_CLIENT_NONE, STR_ABSENT);
	return pair_holds(c, form_pair(c))
	    && (!c->evidence.secret_in_query || habit_use(c, HABIT_SECRET_IN_QUERY, R_CLIENT_METHOD, STR_ABSENT));
}

static bool
only_id_is_sent(const struct call *c)
{
	return !str_empty(c->arg[P_CLIENT_ID]) && !basic_is_sent(c) && !secret_is_sent(c) && !assertion_is_sent(c)
	    && !tls_is_sent(c) && !self_signed_is_sent(c);
}

static bool
public_holds(struct call *c)
{
	const struct client *k = client_find(c, c->arg[P_CLIENT_ID]);

	if (k == NULL)
		return fail(c, R_CLIENT_UNKNOWN, c->arg[P_CLIENT_ID]);
	if (method_is_by_certificate(client_metadata(k)->token_endpoint_auth_method))
		return fail(c, R_CLIENT_CERTIFICATE, SAY("none was shown"));
	if (!client_is_public(k))
		return fail(c, R_CLIENT_NONE, k->id);
	return pair_holds(c, (struct pair){ k->id, S(""), STR_ABSENT });
}

static const struct method_check {
	bool (*sent)(const struct call *c);
	bool (*holds)(struct call *c);
} methods[METHOD_COUNT] = {
#define METHOD(id, name, proves, sent, holds) [METHOD_##id] = { sent, holds },
#include "oauth/methods.def"
#undef METHOD
};

/* token_endpoint_auth_method of RFC 7591 section 2; who has registered none may use any that the issuer takes. */
static bool
is_registered_method(const struct call *c, const struct method_check *used)
{
	struct str name = client_metadata(c->client)->token_endpoint_auth_method;

	return policy_takes_method(c->issuer->policy, (enum method)(used - methods))
	    && (str_empty(name) || str_is(name, method_rows[used - methods].name));
}

/* RFC 6749 section 2.3: a client must not use more than one method in a request. */
static bool
authenticate_by_one(struct call *c)
{
	const struct method_check *used = NULL;

	if (c->evidence.basic_malformed)
		return fail(c, R_CLIENT_MALFORMED, STR_ABSENT);
	for (int m = 0; m < METHOD_COUNT; m++) {
		if (!methods[m].sent(c))
			continue;
		if (used != NULL)
			return fail(c, R_CLIENT_TWICE, STR_ABSENT);
		used = &methods[m];
	}
	if (used == NULL)
		return fail(c, R_CLIENT_NONE, STR_ABSENT);
	return used->holds(c) && (is_registered_method(c, used) || fail(c, R_CLIENT_METHOD, c->client->id));
}

/* Who has to come again with a nonce keeps the assertion, which counts once: RFC 9449 section 8. */
static bool
proof_may_come_again(struct call *c, struct call *t)
{
	if (!assertion_is_sent(c) || !dpop_lacks_nonce(c))
		return false;
	return !fail(t, R_DPOP_NONCE, c->dpop_judged.detail);
}

/* The questions are asked of a copy of the call: what they find counts when an endpoint wants to know. */
static struct client_proof
prove(struct call *c)
{
	struct call t = *c;
	bool ok;

	t.why = R_NONE;
	t.client = NULL;
	t.offender = t.detail = STR_ABSENT;
	t.habits = 0;
	t.credential = STR_ABSENT;
	t.retry_after_s = 0;
	ok = !proof_may_come_again(c, &t)
	    && (c->issuer->policy->client.auth_repeat ? authenticate_by_all(&t) : authenticate_by_one(&t));
	c->evidence = t.evidence;
	if (!ok)
		c->evidence.n_once = 0;
	return (struct client_proof){ .asked = true,
		.ok = ok,
		.client = ok ? t.client : NULL,
		.why = t.why,
		.offender = t.offender,
		.detail = t.detail,
		.habits = t.habits,
		.credential = ok ? t.credential : STR_ABSENT,
		.retry_after_s = t.retry_after_s };
}

static bool
secrets_are_cheap(const struct call *c, const struct client *k)
{
	struct str stored[SECRETS_MAX];
	size_t n = client_secrets(c, k, stored);

	for (size_t i = 0; i < n; i++)
		if (!secret_is_sealed(stored[i]) && !password_is_cheap(stored[i]))
			return false;
	return true;
}

/* A slow hash has to be computed for this pair, and may be now. */
static bool
pair_needs_hash(const struct call *c, struct pair p)
{
	const struct client *k = client_find(c, p.id);
	struct guesser g;

	if (k == NULL || client_is_public(k) || str_empty(k->secret) || secrets_are_cheap(c, k)
	    || secret_remembered(c, k, &p))
		return false;
	g = guesser_here(c, k);
	return guess_left_ms(c, &g, false) <= 0;
}

bool
client_is_settled(struct call *c)
{
	const struct client_evidence *e = &c->evidence;
	bool basic = e->basic_sent && !e->basic_malformed;

	if (!c->proof.asked && !c->issuer->policy->client.auth_repeat && keys_need_document(c))
		return false;
	if (!c->proof.asked && ((basic && pair_needs_hash(c, basic_pair(c)))
	    || (call_has(c, P_CLIENT_ID) && pair_needs_hash(c, form_pair(c)))))
		return false;
	client_prove(c);
	return true;
}

void
client_prove(struct call *c)
{
	if (!c->proof.asked)
		c->proof = prove(c);
}

/* It was proven, and its row has changed under the call since (O7): a key or secret may be gone. */
static bool
proof_is_old(const struct call *c)
{
	const struct client *k = c->proof.client;

	return k != NULL && str_given(c->renewed.id) && str_eq(c->renewed.id, k->id) && c->renewed.row != k;
}

bool
client_is_proven(struct call *c)
{
	struct client_proof p = c->proof.asked && !proof_is_old(c) ? c->proof : prove(c);

	c->client = p.client;
	c->habits |= p.habits;
	c->credential = p.credential;
	if (p.ok)
		return true;
	if (c->why == R_NONE) {
		c->offender = p.offender;
		c->retry_after_s = p.retry_after_s;
	}
	return fail(c, p.why, p.detail);
}

bool
client_authenticate(struct call *c)
{
	return client_is_proven(c) && assertion_spend(c);
}

bool
client_authenticate_confidential(struct call *c)
{
	if (!client_authenticate(c))
		return false;
	return !client_is_public(c->client) || fail(c, R_CLIENT_NONE, c->client->id);
}
