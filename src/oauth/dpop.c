/* oauth/dpop.c - a proof of possession and its nonce. RFC 9449 sections 4.3, 8. */
#include "oauth/dpop.h"

#include "jose/jwks.h"
#include "login/once.h"
#include "oauth/client_metadata.h"

#define JTI_MAX    256
#define THUMBPRINT 43                   /* characters of a SHA-256 in base64url */
#define NONCE_TIME 8                    /* bytes: milliseconds, big-endian */
#define NONCE_MAC  16
#define NONCE_TEXT 32                   /* of both in base64url */

/* --- reading ---------------------------------------------------------------------------------- */

static bool
wrong(struct str *why, struct str said)
{
	*why = said;
	return false;
}

static bool
time_or(const json_t *claims, const char *name, int64_t otherwise, int64_t *out)
{
	*out = otherwise;
	return json_object_get(claims, name) == NULL || json_member_time(claims, name, out);
}

bool
dpop_read(struct arena *mem, struct key_memory *known, struct str text, uint64_t algs, struct dpop_proof *out,
    struct str *why)
{
	char jkt[THUMBPRINT + 1];
	const char *trouble;
	struct jwt t;

	if (text.n > DPOP_MAX)
		return wrong(why, SAY("the proof is longer than 8 KiB"));
	if (!jwt_verify_by_own(mem, known, algs, text, &t, jkt, &trouble))
		return wrong(why, str_of(trouble));
	if (!str_is(t.typ, "dpop+jwt"))
		return wrong(why, SAY("typ is not dpop+jwt"));
	*out = (struct dpop_proof){
		.jkt = arena_dup(mem, str_of(jkt)),
		.jti = json_member_str(t.claims, "jti"),
		.htm = json_member_str(t.claims, "htm"),
		.htu = json_member_str(t.claims, "htu"),
		.ath = json_member_str(t.claims, "ath"),
		.nonce = json_member_str(t.claims, "nonce"),
	};
	if (out->jti.n == 0 || out->jti.n > JTI_MAX)
		return wrong(why, SAY("jti is missing or too long"));
	if (str_empty(out->htm) || str_empty(out->htu) || !json_member_time(t.claims, "iat", &out->iat_s))
		return wrong(why, SAY("htm, htu or iat is missing"));
	if (!time_or(t.claims, "exp", INT64_MAX, &out->exp_s) || !time_or(t.claims, "nbf", INT64_MIN, &out->nbf_s))
		return wrong(why, SAY("exp or nbf is no time"));
	return str_given(out->jkt) || wrong(why, S("memory"));
}

/* --- addresses -------------------------------------------------------------------------------- */

static bool
is_base64url(unsigned char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') || ch == '-'
	    || ch == '_';
}

static bool
is_unreserved(unsigned char ch)
{
	return is_base64url(ch) || ch == '.' || ch == '~';
}

bool
dpop_is_thumbprint(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_base64url((unsigned char)s.p[i]))
			return false;
	return s.n == THUMBPRINT;
}

/* RFC 3986 6.2.2.1, 6.2.2.2: %7e is ~, %2f is %2F. False: no such escape. */
static bool
percent_put(struct buf *b, struct str rest)
{
	static const char digits[] = "0123456789ABCDEF";
	int high = rest.n >= 3 ? hex_value(rest.p[1]) : -1, low = rest.n >= 3 ? hex_value(rest.p[2]) : -1;
	unsigned char ch = (unsigned char)(high * 16 + low);

	if (high < 0 || low < 0)
		return false;
	if (!is_unreserved(ch)) {
		buf_putc(b, '%');
		buf_putc(b, digits[high]);
		ch = (unsigned char)digits[low];
	}
	buf_putc(b, (char)ch);
	return true;
}

/* RFC 3986 5.2.4: "." and ".." segments go. */
static void
segments_put(struct buf *b, struct str path)
{
	while (path.n > 0) {
		struct str rest = str_from(path, 1), one = str_cut(&rest, '/');
		bool last = path.n == one.n + 1;

		path = last ? S("") : str_from(path, one.n + 1);
		if (str_is(one, "..")) {
			while (b->n > 0 && b->p[--b->n] != '/')
				;
		} else if (!str_is(one, ".")) {
			buf_putc(b, '/');
			buf_put(b, one);
			continue;
		}
		if (last)
			buf_putc(b, '/');
	}
	if (b->n == 0)
		buf_putc(b, '/');
}

static bool
path_normal(struct arena *mem, struct str path, struct str *out)
{
	struct buf plain, b;

	if (path.n > 0 && path.p[0] != '/')
		return false;
	buf_init(&plain, mem, path.n + 1);
	for (size_t i = 0; i < path.n; i++) {
		if (path.p[i] != '%') {
			buf_putc(&plain, path.p[i]);
			continue;
		}
		if (!percent_put(&plain, str_from(path, i)))
			return false;
		i += 2;
	}
	buf_init(&b, mem, path.n + 2);
	segments_put(&b, plain.n > 0 ? buf_str(&plain) : S("/"));
	*out = buf_str(&b);
	return !plain.full && !b.full;
}

bool
dpop_same_url(struct arena *mem, struct str a, struct str b)
{
	struct str pa, pb;
	struct url ua, ub;

	if (str_eq(a, b))                       /* as clients write it, who know it from the metadata */
		return url_read(a, &ua) == NULL && ua.web && path_normal(mem, ua.path, &pa);
	return url_read(a, &ua) == NULL && url_read(b, &ub) == NULL && ua.web && ub.web && url_same_origin(&ua, &ub)
	    && path_normal(mem, ua.path, &pa) && path_normal(mem, ub.path, &pb) && str_eq(pa, pb);
}

/* --- nonces ----------------------------------------------------------------------------------- */

static void
nonce_mac(const struct issuer *i, const struct token_key *key, const uint8_t time[NONCE_TIME], uint8_t out[DIGEST_SIZE])
{
	HMAC256(out, token_key_str(key), S("dpop nonce"), S("\0"), i->name, S("\0"), str_span(time, NONCE_TIME));
}

struct str
dpop_nonce_new(const struct call *c)
{
	uint8_t raw[NONCE_TIME + DIGEST_SIZE];
	uint64_t ms = (uint64_t)c->now_ms;

	for (int i = NONCE_TIME - 1; i >= 0; i--, ms >>= 8)
		raw[i] = (uint8_t)ms;
	nonce_mac(c->issuer, token_key_now(c->issuer), raw, raw + NONCE_TIME);
	return b64url_encode(c->mem, str_span(raw, NONCE_TIME + NONCE_MAC));
}

/* When it was given; -1: it was not given here, or is too old. */
static int64_t
nonce_given_ms(const struct call *c, struct str text)
{
	const struct keyring *ring = c->issuer->keys;
	uint8_t mac[DIGEST_SIZE];
	uint64_t ms = 0;
	struct str raw;
	bool ours = false;

	if (text.n != NONCE_TEXT || !b64url_decode(c->mem, text, &raw) || raw.n != NONCE_TIME + NONCE_MAC)
		return -1;
	for (size_t k = 0; k < ring->n_token_keys && !ours; k++) {
		if (ring->token_keys[k].revoked)
			continue;
		nonce_mac(c->issuer, &ring->token_keys[k], (const uint8_t *)raw.p, mac);
		ours = str_eq_secret(str_span(mac, NONCE_MAC), str_from(raw, NONCE_TIME));
	}
	for (int i = 0; i < NONCE_TIME; i++)
		ms = ms << 8 | (uint8_t)raw.p[i];
	if (!ours || (int64_t)ms > c->now_ms + DPOP_NONCE_S * 1000 || (int64_t)ms < c->now_ms - DPOP_NONCE_S * 1000)
		return -1;
	return (int64_t)ms;
}

/* --- judging ---------------------------------------------------------------------------------- */

static enum dpop_result
bad(struct call *c, struct str why)
{
	c->dpop_judged.detail = why;
	return DPOP_BAD;
}

static enum dpop_result
wants_nonce(struct call *c, struct str why)
{
	c->dpop_judged.detail = why;
	c->dpop_nonce = dpop_nonce_new(c);
	return DPOP_WANTS_NONCE;
}

/* Steps 8, 9 and 12. */
static bool
is_of_this_request(struct call *c, const struct dpop_proof *p, struct str access_token, struct str *why)
{
	uint8_t digest[DIGEST_SIZE];

	if (!str_eq(p->htm, c->dpop.method))
		return wrong(why, SAY("htm is not the method of this request"));
	if (!dpop_same_url(c->mem, p->htu, c->dpop.url)
	    && !(str_given(c->dpop.alias) && dpop_same_url(c->mem, p->htu, c->dpop.alias)))
		return wrong(why, arena_say(c->mem, "htu is not %.*s", STR_ARG(c->dpop.url)));
	if (!str_given(access_token))
		return true;
	SHA256(digest, access_token);
	return str_eq(p->ath, b64url_encode(c->mem, str_span(digest, sizeof digest)))
	    || wrong(why, SAY("ath is not the digest of the access token"));
}

static bool
is_of_now(const struct call *c, const struct dpop_proof *p, struct str *why)
{
	if (p->iat_s < c->now_s - DPOP_PAST_S || p->iat_s > c->now_s + DPOP_AHEAD_S)
		return wrong(why, SAY("iat is more than a minute ago, or ahead"));
	return (p->exp_s > c->now_s && p->nbf_s <= c->now_s + DPOP_AHEAD_S)
	    || wrong(why, SAY("exp is over, or nbf still to come"));
}

/* Where several processes serve, the proof may have come to another one. */
static enum dpop_result
is_the_first_of_all(struct call *c, const struct dig32 *d, int64_t expires_s)
{
	struct store_op op = { .kind = OP_ONCE_USE, .once = { *d, expires_s, c->now_s } };

	if (!store_has_others(c->svc->store))
		return DPOP_GOOD;
	switch (store_commit(c->svc->store, &op, 1, NULL)) {
	case STORE_DONE: return DPOP_GOOD;
	case STORE_LOST: return bad(c, SAY("the proof has been used before"));
	default: return bad(c, SAY("the store cannot write"));
	}
}

/* Section 11.1. The memory is of this process: what could have been used before it began is refused without a nonce. */
static enum dpop_result
is_the_first(struct call *c)
{
	int64_t over_s = c->dpop_judged.iat_s + DPOP_PAST_S + 1;
	struct dig32 d;

	SHA256(d.b, S("dpop"), S("\0"), c->issuer->name, S("\0"), c->dpop_judged.jkt, S("\0"), c->dpop_judged.jti);
	switch (c->svc->proofs != NULL ? once_use(c->svc->proofs, &d, over_s, c->now_s) : ONCE_FULL) {
	case ONCE_FIRST: return is_the_first_of_all(c, &d, over_s);
	case ONCE_AGAIN: return bad(c, SAY("the proof has been used before"));
	default: return bad(c, SAY("too many proofs at once"));
	}
}

static bool
nonces_are_asked(const struct call *c)
{
	return c->issuer->policy->token.dpop_nonce == DPOP_NONCE_REQUIRED;
}

/* Nothing is spent by this. GOOD: so far. */
static enum dpop_result
look(struct call *c, struct str access_token)
{
	struct str why = STR_ABSENT;
	struct dpop_proof p;
	int64_t given_ms;

	if (!str_given(c->dpop.proof))
		return DPOP_NONE;
	if (c->dpop.repeated)
		return bad(c, SAY("there are two fields DPoP"));
	if (!dpop_read(c->mem, c->svc->keys, c->dpop.proof, c->issuer->policy->token.dpop_algs, &p, &why)
	    || !is_of_this_request(c, &p, access_token, &why) || !is_of_now(c, &p, &why))
		return bad(c, why);
	given_ms = str_given(p.nonce) ? nonce_given_ms(c, p.nonce) : -1;
	if (nonces_are_asked(c) && given_ms < 0)
		return wants_nonce(c,
		    str_given(p.nonce) ? SAY("its nonce is old, or of somebody else") : SAY("it has no nonce"));
	if (p.iat_s < c->svc->started_s && given_ms < c->svc->started_s * 1000)
		return wants_nonce(c, SAY("it is older than this process, which does not know whether it was used"));
	c->dpop_judged.jkt = p.jkt;
	c->dpop_judged.jti = p.jti;
	c->dpop_judged.iat_s = p.iat_s;
	return DPOP_GOOD;
}

static enum dpop_result
dpop_look(struct call *c, struct str access_token)
{
	if (!c->dpop_judged.looked) {
		c->dpop_judged.looked = true;
		c->dpop_judged.result = look(c, access_token);
	}
	return c->dpop_judged.result;
}

static enum dpop_result
judge(struct call *c, struct str access_token)
{
	enum dpop_result r = dpop_look(c, access_token);

	if (r != DPOP_GOOD || (r = is_the_first(c)) != DPOP_GOOD)
		return r;
	c->proven[CONFIRM_DPOP] = c->dpop_judged.jkt;
	if (nonces_are_asked(c))
		c->dpop_nonce = dpop_nonce_new(c);
	return DPOP_GOOD;
}

enum dpop_result
dpop_judge(struct call *c, struct str access_token)
{
	if (!c->dpop_judged.asked) {
		c->dpop_judged.asked = true;
		c->dpop_judged.result = judge(c, access_token);
	}
	return c->dpop_judged.result;
}

bool
dpop_lacks_nonce(struct call *c)
{
	return c->dpop.beside_client && dpop_is_taken(c->issuer) && dpop_look(c, STR_ABSENT) == DPOP_WANTS_NONCE;
}

bool
dpop_is_needed(const struct issuer *i, const struct client *k)
{
	return i->policy->token.dpop == DPOP_REQUIRED
	    || (dpop_is_taken(i) && client_metadata(k)->dpop_bound_access_tokens);
}

bool
dpop_proof(struct call *c, const struct client *k)
{
	if (!dpop_is_taken(c->issuer))
		return true;
	switch (dpop_judge(c, STR_ABSENT)) {
	case DPOP_GOOD: return true;
	case DPOP_WANTS_NONCE: return fail(c, R_DPOP_NONCE, c->dpop_judged.detail);
	case DPOP_BAD: return fail(c, R_DPOP_PROOF, c->dpop_judged.detail);
	case DPOP_NONE: break;
	}
	return !dpop_is_needed(c->issuer, k) || fail(c, R_DPOP_PROOF, SAY("there is none, and this client needs one"));
}
