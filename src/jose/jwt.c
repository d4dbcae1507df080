/*
 * jose/jwt.c - claims as a compact JWS, signed and read. RFC 7515 sections 3.1, 4.1, 5.2 and 7.1;
 * RFC 7519 section 7.
 */
#include "jose/jose_int.h"

#define HEADER_MAX 1024

static struct str
header_write(struct arena *mem, const struct key *key, const struct jwt_form *form)
{
	struct buf b;

	buf_init(&b, mem, HEADER_MAX);
	jw_open(&b, '{');
	jm_str(&b, S("alg"), str_of(alg_name(key->alg)));
	if (form->with_kid)
		jm_str(&b, S("kid"), str_of(key->kid));
	jm_str(&b, S("typ"), form->typ);
	jm_str(&b, S("jti"), form->jti);
	jw_close(&b, '}');
	return b.full ? STR_ABSENT : buf_str(&b);
}

bool
jwt_sign(struct arena *mem, const struct key *key, const struct jwt_form *form, struct str claims, struct str *out)
{
	struct str header = header_write(mem, key, form);
	size_t sig_n = key_own(key)->sig_n, size, n;
	uint8_t sig[SIG_MAX];
	char *text;

	if (!str_given(header) || claims.n > JWT_CLAIMS_MAX)
		return false;
	size = B64URL_SIZE(header.n) + B64URL_SIZE(claims.n) + B64URL_SIZE(sig_n) + 2;
	if (size > JWT_MAX || (text = arena_alloc(mem, size)) == NULL)
		return false;
	n = b64url_write(text, header.p, header.n);
	text[n++] = '.';
	n += b64url_write(text + n, claims.p, claims.n);
	if (!jws_sign(key, str_span(text, n), sig))
		return false;
	text[n++] = '.';
	n += b64url_write(text + n, sig, sig_n);
	*out = str_span(text, n);
	return true;
}

bool
jwt_sign_secret(struct arena *mem, enum jose_hmac alg, struct str secret, struct str claims, struct str *out)
{
	struct str header = arena_printf(mem, "{\"alg\":\"%s\",\"typ\":\"JWT\"}", hmac_name(alg)), text;
	uint8_t mac[64];
	size_t n;

	if (!str_given(header) || claims.n > JWT_CLAIMS_MAX)
		return false;
	text = ARENA_CAT(mem, b64url_encode(mem, header), S("."), b64url_encode(mem, claims));
	if (!str_given(text) || (n = hmac_make(alg, secret, text, mac)) == 0)
		return false;
	*out = ARENA_CAT(mem, text, S("."), b64url_encode(mem, str_span(mac, n)));
	return str_given(*out);
}

struct str
key_sign(struct arena *mem, const struct key *key, struct str input)
{
	uint8_t sig[SIG_MAX];

	return jws_sign(key, input, sig) ? arena_dup(mem, str_span(sig, key_own(key)->sig_n)) : STR_ABSENT;
}

/* The three parts of a compact JWS, decoded; signed_text is what the signature covers. */
struct parts { struct str header, claims, sig, signed_text; };

static bool
token_split(struct arena *mem, struct str token, struct parts *p)
{
	ptrdiff_t first = str_index(token, '.'), last = str_rindex(token, '.');

	if (token.n > JWT_MAX || first < 0 || first == last)
		return false;
	p->signed_text = str_sub(token, 0, (size_t)last);
	/* A third dot would be part of the middle, and base64url has none. */
	return b64url_decode(mem, str_sub(token, 0, (size_t)first), &p->header)
	    && b64url_decode(mem, str_from(p->signed_text, (size_t)first + 1), &p->claims)
	    && b64url_decode(mem, str_from(token, (size_t)last + 1), &p->sig);
}

static json_t *
object_read(struct arena *mem, struct str text)
{
	json_t *json = json_read(mem, text);

	return json_is_object(json) ? json : NULL;
}

/* A member that is there must be a string. */
static bool
string_or_nothing(const json_t *obj, const char *name, struct str *out)
{
	*out = json_member_str(obj, name);
	return str_given(*out) || json_object_get(obj, name) == NULL;
}

/* RFC 7515 section 4.1.11: nothing critical is understood here, so a token with "crit" is not either. */
static bool
header_read(struct arena *mem, struct str text, json_t **header, enum jose_alg *alg, struct str *kid, struct str *typ)
{
	*header = object_read(mem, text);
	return *header != NULL
	    && alg_read(json_member_str(*header, "alg"), alg)           /* J2 */
	    && string_or_nothing(*header, "kid", kid)
	    && string_or_nothing(*header, "typ", typ)
	    && json_object_get(*header, "crit") == NULL;
}

/*
 * J1: only keys made for the named algorithm are tried. Two of them may share a kid: the thumbprint
 * does not cover alg.
 */
static const struct key *
verifier(const struct keyring *ring, enum jose_alg alg, struct str kid, const struct parts *p)
{
	for (size_t i = 0; i < ring->n; i++) {
		const struct key *key = ring->keys[i];

		if (key->alg == alg && (!str_given(kid) || str_is(kid, key->kid))
		    && jws_verify(key, p->signed_text, p->sig))
			return key;
	}
	return NULL;
}

bool
jwt_verify(struct arena *mem, const struct keyring *ring, struct str token, struct jwt *out)
{
	enum jose_alg alg;
	struct parts p;
	struct str kid;
	struct jwt t;

	if (!token_split(mem, token, &p) || !header_read(mem, p.header, &t.header, &alg, &kid, &t.typ)
	    || (t.key = verifier(ring, alg, kid, &p)) == NULL || (t.claims = object_read(mem, p.claims)) == NULL)
		return false;
	*out = t;
	return true;
}

/* J1 where a key may say no algorithm: the caller's list and the kind of the key decide. */
static bool
jwk_is_meant(const struct jwk *k, enum jose_alg alg, struct str kid)
{
	return k->verifies && k->kind == alg_rows[alg].kind && (!str_given(k->alg) || str_is(k->alg, alg_name(alg)))
	    && (!str_given(kid) || !str_given(k->kid) || str_eq(kid, k->kid));
}

bool
jwks_verify(struct arena *mem, const struct jwks *set, uint64_t algs, struct str token, struct jwt *out)
{
	struct jwt t = { .key = NULL };
	bool verified = false;
	enum jose_alg alg;
	struct parts p;
	struct str kid;

	if (!token_split(mem, token, &p) || !header_read(mem, p.header, &t.header, &alg, &kid, &t.typ)
	    || (algs & BIT(alg)) == 0)
		return false;
	for (size_t i = 0; i < set->n && !verified; i++)
		verified = jwk_is_meant(&set->at[i], alg, kid)
		    && jws_verify_by(alg, set->at[i].pkey, p.signed_text, p.sig);
	if (!verified || (t.claims = object_read(mem, p.claims)) == NULL)
		return false;
	*out = t;
	return true;
}

/* The key and its algorithm go together: what the key says it is for, and what it can be. */
static bool
own_key_fits(const json_t *jwk, enum jose_alg alg, enum key_kind kind)
{
	struct str said = json_member_str(jwk, "alg");

	return kind == alg_rows[alg].kind
	    && (str_given(said) ? str_is(said, alg_name(alg)) : json_object_get(jwk, "alg") == NULL);
}

static bool
own_key_verifies(struct arena *mem, struct key_memory *known, const struct parts *p, const json_t *jwk,
    enum jose_alg alg, char thumbprint[44], const char **why)
{
	enum key_kind kind;
	const char *wrong;
	EVP_PKEY *pkey = jwk_read(mem, known, jwk, &kind, &wrong);
	bool ok;

	*why = say("the jwk of its header is no public key for its alg");
	ok = pkey != NULL && own_key_fits(jwk, alg, kind);
	if (ok) {
		*why = say("the key of its header has not signed it");
		ok = jws_verify_by(alg, pkey, p->signed_text, p->sig) && jwk_thumbprint(mem, jwk, kind, thumbprint);
	}
	EVP_PKEY_free(pkey);
	return ok;
}

bool
jwt_verify_by_own(struct arena *mem, struct key_memory *known, uint64_t algs, struct str token, struct jwt *out,
    char thumbprint[44], const char **why)
{
	struct jwt t = { .key = NULL };
	enum jose_alg alg;
	struct parts p;
	struct str kid;

	*why = say("it is no JWT, or its alg or crit is not taken");
	if (!token_split(mem, token, &p) || !header_read(mem, p.header, &t.header, &alg, &kid, &t.typ)
	    || (algs & BIT(alg)) == 0 || (t.claims = object_read(mem, p.claims)) == NULL)
		return false;
	if (!own_key_verifies(mem, known, &p, json_object_get(t.header, "jwk"), alg, thumbprint, why))
		return false;
	*out = t;
	return true;
}

bool
jwt_verify_secret(struct arena *mem, struct str secret, uint64_t hmacs, struct str token, struct jwt *out)
{
	struct jwt t = { .key = NULL };
	enum jose_hmac alg;
	struct parts p;

	if (!token_split(mem, token, &p) || (t.header = object_read(mem, p.header)) == NULL
	    || !hmac_read(json_member_str(t.header, "alg"), &alg) || (hmacs & BIT(alg)) == 0
	    || json_object_get(t.header, "crit") != NULL || !string_or_nothing(t.header, "typ", &t.typ)
	    || !hmac_holds(alg, secret, p.signed_text, p.sig) || (t.claims = object_read(mem, p.claims)) == NULL)
		return false;
	*out = t;
	return true;
}

bool
jwt_peek(struct arena *mem, struct str token, struct jwt *out)
{
	struct parts p;
	struct jwt t = { 0 };

	if (!token_split(mem, token, &p) || (t.header = object_read(mem, p.header)) == NULL
	    || (t.claims = object_read(mem, p.claims)) == NULL)
		return false;
	t.typ = json_member_str(t.header, "typ");
	*out = t;
	return true;
}

bool
jwt_type_is(struct str typ, const char *type)
{
	struct str prefix = S("application/");

	if (str_given(typ) && str_starts_nocase(typ, prefix))
		typ = str_from(typ, prefix.n);
	return str_given(typ) && str_eq_nocase(typ, str_of(type));
}
