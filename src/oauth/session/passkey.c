/* oauth/session/passkey.c - passkeys asked for, answered, enrolled. Web Authentication Level 2 and 3; RFC 8176. */
#include <time.h>

#include "oauth/session/passkey.h"

/* --- where ------------------------------------------------------------------------------------ */

/* As a browser writes it: RFC 6454 section 6.2, without the scheme's own port. */
static struct str
origin_of(struct call *c)
{
	struct url u;

	if (url_read(c->issuer->url, &u) != NULL || !u.web)
		return STR_ABSENT;
	if (u.port == (u.secure ? 443 : 80))
		return arena_printf(c->mem, "%s://%s", u.secure ? "https" : "http", u.host);
	return arena_printf(c->mem, "%s://%s:%d", u.secure ? "https" : "http", u.host, u.port);
}

/* --- the ticket ------------------------------------------------------------------------------- */

#define TICKET "passkey 1"

/* Sealed: 1 byte of the use, 8 of the end, what it is bound to, the challenge. */
struct ticket { uint8_t use, until[8]; struct dig32 bound; uint8_t challenge[WEBAUTHN_CHALLENGE_SIZE]; };
_Static_assert(sizeof(struct ticket) == 73, "bytes alone, without gaps");

/* The browser, and of whom it is asked. */
static struct dig32
bound_to(const struct call *c, struct str secret, const struct user *u)
{
	return digest_of(c->issuer, S("passkey"),
	    ARENA_CAT(c->mem, secret, u != NULL ? str_span(u->id.b, sizeof u->id.b) : S("")));
}

static struct str
ticket_write(const struct call *c, enum passkey_use use, struct dig32 bound, struct str *challenge)
{
	struct ticket t = { .use = (uint8_t)use, .bound = bound };
	uint64_t until = (uint64_t)c->now_s + PASSKEY_TTL_S;

	for (int i = 0; i < 8; i++)
		t.until[i] = (uint8_t)(until >> (56 - 8 * i));
	rand_bytes(t.challenge, sizeof t.challenge);
	*challenge = arena_dup(c->mem, str_span(t.challenge, sizeof t.challenge));
	return browser_seal(c, TICKET, str_span(&t, sizeof t));
}

static bool
ticket_read(struct call *c, enum passkey_use use, struct dig32 bound, struct ticket *out, int64_t *until)
{
	struct str plain;
	uint64_t n = 0;

	if (!browser_unseal(c, TICKET, c->arg[P_PASSKEY_TICKET], &plain) || plain.n != sizeof *out)
		return fail(c, R_PASSKEY, SAY("its challenge is none of this server"));
	memcpy(out, plain.p, sizeof *out);
	for (int i = 0; i < 8; i++)
		n = n << 8 | out->until[i];
	*until = (int64_t)n;
	if (out->use != use || memcmp(&out->bound, &bound, sizeof bound) != 0)
		return fail(c, R_PASSKEY, SAY("its challenge was given for something else, or to another browser"));
	return *until >= c->now_s || fail(c, R_PASSKEY, SAY("its challenge has ended"));
}

/* --- asking ----------------------------------------------------------------------------------- */

/* The ids of those that u has, blank-separated. False: c->why. */
static bool
ids_of(struct call *c, const struct user *u, struct str *ids, int *n)
{
	struct factor *rows = arena_array(c->mem, struct factor, PASSKEYS_MAX);
	struct webauthn_credential k;

	*ids = S("");
	*n = rows != NULL ? passkeys_of(c, u, rows) : -1;
	if (*n < 0)
		return c->why != R_NONE ? false : fail(c, R_INTERNAL, S("memory"));
	for (int i = 0; i < *n; i++)
		if (passkey_row_read(c->mem, &rows[i], &k))
			*ids = ARENA_CAT(c->mem, *ids, i > 0 ? S(" ") : S(""), b64url_encode(c->mem, k.id));
	return true;
}

static void
shown_to_create(struct call *c, const struct user *u, struct passkey_shown *p)
{
	bool login = passkey_is_offered(c->issuer, PASSKEY_LOGIN);

	p->use = S("create");
	p->user = b64url_encode(c->mem, str_span(u->id.b, sizeof u->id.b));
	p->user_name = u->name;
	p->resident = login ? S("required") : S("preferred");
	p->verification = login ? S("required") : S("preferred");
}

bool
passkey_ask(struct call *c, enum passkey_use use, struct str secret, const struct user *u, struct answer *out)
{
	struct passkey_shown p = { .use = S("get"), .conditional = use == PASSKEY_LOGIN };
	struct str challenge;
	int n = 0;

	if (!passkey_is_offered(c->issuer, use))
		return true;
	if (u != NULL && !ids_of(c, u, &p.credentials, &n))
		return false;
	if (use == PASSKEY_FACTOR && n == 0)
		return true;
	p.verification = use == PASSKEY_LOGIN ? S("required") : S("preferred");
	if (use == PASSKEY_ENROL)
		shown_to_create(c, u, &p);
	p.rp_id = passkey_rp_id(c->issuer, c->mem);
	p.ticket = ticket_write(c, use, bound_to(c, secret, u), &challenge);
	p.challenge = b64url_encode(c->mem, challenge);
	if (!str_given(p.challenge) || !str_given(p.ticket) || !str_given(p.rp_id))
		return fail(c, R_INTERNAL, S("memory"));
	out->passkey = p;
	return true;
}

/* --- what came back --------------------------------------------------------------------------- */

static bool
member_read(struct call *c, const json_t *o, const char *name, struct str *out)
{
	struct str text = json_member_str(o, name);

	*out = S("");
	return str_empty(text) || b64url_decode(c->mem, text, out);
}

/* The script's JSON: members in base64url. */
struct said { struct webauthn_answer get; struct str attestation; };
static bool
said_read(struct call *c, struct said *s)
{
	const json_t *o = json_read_upto(c->mem, c->arg[P_PASSKEY], PASSKEY_ANSWER_MAX);

	return (json_is_object(o) && member_read(c, o, "id", &s->get.id)
		   && member_read(c, o, "clientDataJSON", &s->get.client_data)
		   && member_read(c, o, "authenticatorData", &s->get.auth_data)
		   && member_read(c, o, "signature", &s->get.signature)
		   && member_read(c, o, "userHandle", &s->get.handle)
		   && member_read(c, o, "attestationObject", &s->attestation))
	    || fail(c, R_PASSKEY, SAY("the answer of the browser is malformed"));
}

/* A copy of an authenticator is news for whoever runs the server, not only for the log of requests. */
static void
copy_is_told(const struct call *c, const struct user *u, const struct factor *f)
{
	struct record r;

	record_begin(&r, EV_passkey_copied);
	record_text(&r, "issuer", c->issuer->name);
	record_text(&r, "user", u->name);
	record_text(&r, "passkey", f->name);
	record_text(&r, "address", c->address);
	record_end(&r);
}

static bool
refuse(struct call *c, enum webauthn_fault f)
{
	return f == WEBAUTHN_MEMORY ? fail(c, R_INTERNAL, S("memory"))
				    : fail(c, R_PASSKEY, str_of(webauthn_fault_text(f)));
}

static void
asked_of(struct call *c, const struct ticket *t, bool verified, struct webauthn_asked *out)
{
	out->challenge = arena_dup(c->mem, str_span(t->challenge, sizeof t->challenge));
	out->origin = origin_of(c);
	out->rp_id = passkey_rp_id(c->issuer, c->mem);
	out->verified = verified;
}

static struct op_once
spent_by(const struct call *c, const struct ticket *t, int64_t until)
{
	return (struct op_once){ .now_s = c->now_s, .expires_s = until + 1,
		.digest = digest_of(c->issuer, S("passkey challenge"), str_span(t->challenge, sizeof t->challenge)) };
}

/* The row that has this credential, of those that u has. Another user's may have the same id: it is not looked at. */
static bool
row_of(struct call *c, const struct user *u, struct str id, struct factor *row, struct webauthn_credential *k)
{
	struct factor *rows = arena_array(c->mem, struct factor, PASSKEYS_MAX);
	int n = rows != NULL ? passkeys_of(c, u, rows) : -1;

	for (int i = 0; i < n; i++)
		if (passkey_row_read(c->mem, &rows[i], k) && str_eq(k->id, id)) {
			*row = rows[i];
			return true;
		}
	return n < 0 && c->why == R_NONE ? fail(c, R_INTERNAL, S("memory")) : false;
}

/* Of whom the passkey says it is: user.id of its enrolment. False: nobody here, or c->why. */
static bool
user_named(struct call *c, struct str handle, struct user *u)
{
	struct id16 id;

	if (handle.n != sizeof id.b)
		return false;
	memcpy(id.b, handle.p, sizeof id.b);
	return user_again(c, &id, true, u);
}

static bool
assertion_holds(struct call *c, enum passkey_use use, const struct ticket *t, const struct webauthn_answer *get,
    struct passkey_proof *p)
{
	struct webauthn_asked asked;
	struct webauthn_credential k;
	struct webauthn_seen seen;
	enum webauthn_fault f;

	if (!row_of(c, &p->user, get->id, &p->row, &k))
		return fail(c, R_PASSKEY, SAY("nobody here has this passkey"));
	asked_of(c, t, use == PASSKEY_LOGIN, &asked);
	f = webauthn_assert(c->mem, &asked, &k, get, use != PASSKEY_LOGIN, &seen);
	if (f == WEBAUTHN_COUNTER && call_must_wait(c))         /* it is told once */
		return false;
	if (f == WEBAUTHN_COUNTER)
		copy_is_told(c, &p->user, &p->row);
	if (f != WEBAUTHN_OK)
		return refuse(c, f);
	p->was = p->row.counter;
	p->row.counter = seen.count;
	p->row.last_s = c->now_s;
	p->verified = seen.verified;
	k.is_backed_up = seen.is_backed_up;
	p->row.data = passkey_write(c->mem, &k);
	return str_given(p->row.data) || fail(c, R_INTERNAL, S("memory"));
}

bool
passkey_is_right(struct call *c, enum passkey_use use, struct str secret, const struct user *u,
    struct passkey_proof *p)
{
	struct said s;
	struct ticket t;
	int64_t until;

	*p = (struct passkey_proof){ .was = 0 };
	if (!passkey_is_offered(c->issuer, use))
		return fail(c, R_PASSKEY, SAY("passkeys are not offered here"));
	if (!ticket_read(c, use, bound_to(c, secret, u), &t, &until) || !said_read(c, &s))
		return false;
	if (u != NULL)
		p->user = *u;
	else if (!user_named(c, s.get.handle, &p->user))
		return c->why != R_NONE ? false : fail(c, R_PASSKEY, SAY("nobody here has this passkey"));
	p->once = spent_by(c, &t, until);
	return assertion_holds(c, use, &t, &s.get, p);
}

bool
passkey_holds(struct call *c, enum passkey_use use, struct str secret, const struct user *u,
    struct passkey_proof *out)
{
	struct throttle_key from = throttle_address(c->peer);

	if (!may_try(c, &from, S("passkeys")))
		return false;
	if (passkey_is_right(c, use, secret, u, out))
		return u != NULL || user_is_let_in(c, &out->user, out->user.name);
	if (c->why == R_PASSKEY && !tries_counted(c, &from, 1))
		c->why = R_STORE;
	return false;
}

void
ops_spend_passkey(const struct passkey_proof *p, struct ops *o)
{
	ops_add(o, OP_ONCE_USE)->once = p->once;
	ops_add(o, OP_FACTOR_USE)->factor = (struct op_factor){ &p->row, p->was };
}

/* --- enrolling -------------------------------------------------------------------------------- */

/* What a person typed, where a page may show it; else the day. */
static struct str
name_of(struct call *c)
{
	struct str name = str_trim(c->arg[P_FACTOR_NAME]);
	time_t now = (time_t)c->now_s;
	struct tm day;

	if (!str_empty(name) && name.n <= FACTOR_NAME_MAX && str_utf8(name) && text_is_shown(name))
		return name;
	gmtime_r(&now, &day);
	return arena_printf(c->mem, "%04d-%02d-%02d", day.tm_year + 1900, day.tm_mon + 1, day.tm_mday);
}

static bool
is_new(struct call *c, const struct user *u, struct str id)
{
	struct factor *rows = arena_array(c->mem, struct factor, PASSKEYS_MAX), row;
	struct webauthn_credential k;
	int n = rows != NULL ? passkeys_of(c, u, rows) : -1;

	if (n < 0)
		return c->why != R_NONE ? false : fail(c, R_INTERNAL, S("memory"));
	if (n == PASSKEYS_MAX)
		return fail(c, R_PASSKEYS_MANY, STR_ABSENT);
	if (row_of(c, u, id, &row, &k))
		return fail(c, R_PASSKEY_KNOWN, row.name);
	return c->why == R_NONE;
}

bool
passkey_enrols(struct call *c, struct str secret, const struct user *u, struct passkey_proof *out)
{
	struct said s;
	struct ticket t;
	int64_t until;
	struct webauthn_asked asked;
	struct webauthn_credential k;
	enum webauthn_fault f;

	*out = (struct passkey_proof){ .user = *u };
	if (!passkey_is_offered(c->issuer, PASSKEY_ENROL))
		return fail(c, R_PASSKEY, SAY("passkeys are not offered here"));
	if (!ticket_read(c, PASSKEY_ENROL, bound_to(c, secret, u), &t, &until) || !said_read(c, &s))
		return false;
	asked_of(c, &t, passkey_is_offered(c->issuer, PASSKEY_LOGIN), &asked);
	if ((f = webauthn_register(c->mem, &asked, s.get.client_data, s.attestation, &k)) != WEBAUTHN_OK)
		return refuse(c, f);
	if (!is_new(c, u, k.id))
		return false;
	out->once = spent_by(c, &t, until);
	out->verified = k.verified;
	out->row = (struct factor){ .id = id_new(), .realm = u->realm, .user = u->id, .kind = S(PASSKEY_KIND),
		.name = name_of(c), .data = passkey_write(c->mem, &k), .counter = k.count, .created_s = c->now_s };
	return str_given(out->row.data) || fail(c, R_INTERNAL, S("memory"));
}
