/* jose/jwk.c - the public part of a key: JWK (RFC 7517, RFC 7518 section 6, RFC 8037), thumbprint (RFC 7638), PEM. */
#include "jose/jose_int.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/x509.h>

#define JWK_MAX (4 * 1024)
#define PEM_LINE 64

/* A number of the key as base64url of big-endian bytes: of `width` ones, or as few as it needs when width is 0. */
static struct str
number(struct arena *mem, const EVP_PKEY *pkey, const char *param, size_t width)
{
	BIGNUM *bn = NULL;
	struct str text = STR_ABSENT;
	size_t n;
	uint8_t *bytes;

	if (EVP_PKEY_get_bn_param(pkey, param, &bn) != 1)
		return STR_ABSENT;
	n = width ? width : (size_t)BN_num_bytes(bn);
	bytes = arena_alloc(mem, n);
	if (bytes != NULL && BN_bn2binpad(bn, bytes, (int)n) == (int)n)
		text = b64url_encode(mem, str_span(bytes, n));
	BN_free(bn);
	return text;
}

static struct str
okp_x(struct arena *mem, const EVP_PKEY *pkey)
{
	uint8_t raw[KIND_SIZE_MAX];
	size_t n = sizeof raw;

	if (EVP_PKEY_get_raw_public_key(pkey, raw, &n) != 1)
		return STR_ABSENT;
	return b64url_encode(mem, str_span(raw, n));
}

/*
 * The members that make the key, in the order each reader expects: alphabetical around kty (RFC
 * 7638 section 3), or after it.
 */
struct public_part { struct str crv, e, n, x, y; };

static bool
public_part(struct arena *mem, const struct kind_row *kind, const EVP_PKEY *pkey, struct public_part *out)
{
	out->crv = str_of(kind->crv);
	if (kind->crv == NULL) {
		out->n = number(mem, pkey, OSSL_PKEY_PARAM_RSA_N, 0);
		out->e = number(mem, pkey, OSSL_PKEY_PARAM_RSA_E, 0);
		return str_given(out->n) && str_given(out->e);
	}
	if (kind->group == NULL) {
		out->x = okp_x(mem, pkey);
		return str_given(out->x);
	}
	out->x = number(mem, pkey, OSSL_PKEY_PARAM_EC_PUB_X, kind->size);
	out->y = number(mem, pkey, OSSL_PKEY_PARAM_EC_PUB_Y, kind->size);
	return str_given(out->x) && str_given(out->y);
}

/* RFC 7638 section 3: SHA-256 of the required members, sorted, without white space. */
static bool
thumbprint(struct arena *mem, struct str kty, const struct public_part *p, char kid[44])
{
	uint8_t digest[DIGEST_SIZE];
	struct buf b;

	buf_init(&b, mem, JWK_MAX);
	jw_open(&b, '{');
	jm_str(&b, S("crv"), p->crv);
	jm_str(&b, S("e"), p->e);
	jm_str(&b, S("kty"), kty);
	jm_str(&b, S("n"), p->n);
	jm_str(&b, S("x"), p->x);
	jm_str(&b, S("y"), p->y);
	jw_close(&b, '}');
	if (b.full)
		return false;
	SHA256(digest, buf_str(&b));
	kid[b64url_write(kid, digest, sizeof digest)] = '\0';
	return true;
}

static bool
jwk_write(struct arena *mem, const struct public_part *p, const char *kty, const char *use, const char *alg,
    const char *kid, char **json, size_t *json_n)
{
	struct buf b;

	buf_init(&b, mem, JWK_MAX);
	jw_open(&b, '{');
	jm_str(&b, S("kty"), str_of(kty));
	jm_str(&b, S("use"), str_of(use));
	jm_str(&b, S("kid"), str_of(kid));
	jm_str(&b, S("alg"), str_of(alg));
	jm_str(&b, S("n"), p->n);
	jm_str(&b, S("e"), p->e);
	jm_str(&b, S("crv"), p->crv);
	jm_str(&b, S("x"), p->x);
	jm_str(&b, S("y"), p->y);
	jw_close(&b, '}');
	if (b.full || (*json = malloc(b.n)) == NULL)
		return false;
	memcpy(*json, b.p, b.n);
	*json_n = b.n;
	return true;
}

bool
jwk_of(enum key_kind kind, const EVP_PKEY *pkey, const char *use, const char *alg, char kid[44], char **json,
    size_t *json_n)
{
	const struct kind_row *row = &kind_rows[kind];
	struct public_part p = { 0 };
	struct arena mem;
	bool ok;

	arena_init(&mem, 8 * JWK_MAX);
	ok = public_part(&mem, row, pkey, &p) && thumbprint(&mem, str_of(row->kty), &p, kid)
	    && jwk_write(&mem, &p, row->kty, use, alg, kid, json, json_n);
	arena_free(&mem);
	return ok;
}

/* Asking libcrypto for the numbers of a key costs a quarter of what verifying by it does. */
bool
jwk_thumbprint(struct arena *mem, const json_t *jwk, enum key_kind kind, char kid[44])
{
	const struct kind_row *row = &kind_rows[kind];
	struct public_part p = { .crv = str_of(row->crv) };

	if (row->crv == NULL) {
		p.e = json_member_str(jwk, "e");
		p.n = json_member_str(jwk, "n");
	} else
		p.x = json_member_str(jwk, "x");
	if (row->group != NULL)
		p.y = json_member_str(jwk, "y");
	return thumbprint(mem, str_of(row->kty), &p, kid);
}

bool
jwk_describe(struct key *key)
{
	struct key_own *own = key_own(key);

	return jwk_of(alg_rows[key->alg].kind, own->pkey, "sig", alg_name(key->alg), key->kid, &own->jwk, &own->jwk_n);
}

bool
jwk_put_ephemeral(struct buf *b, enum key_kind kind, const EVP_PKEY *pkey)
{
	struct public_part p = { 0 };

	if (!public_part(b->mem, &kind_rows[kind], pkey, &p))
		return false;
	jw_open(b, '{');
	jm_str(b, S("kty"), str_of(kind_rows[kind].kty));
	jm_str(b, S("crv"), p.crv);
	jm_str(b, S("x"), p.x);
	jm_str(b, S("y"), p.y);
	jw_close(b, '}');
	return !b->full;
}

void
key_put_jwk(struct buf *b, const struct key *key)
{
	jw_item(b, str_span(key_own(key)->jwk, key_own(key)->jwk_n));
}

struct str
key_public_pem(struct arena *mem, const struct key *key, bool one_line)
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(key_own(key)->pkey, &der);
	struct str text = n > 0 ? b64_encode(mem, str_span(der, (size_t)n)) : STR_ABSENT;
	struct buf b;

	OPENSSL_free(der);
	if (!str_given(text))
		return STR_ABSENT;
	buf_init(&b, mem, JWK_MAX);
	buf_put(&b, S("-----BEGIN PUBLIC KEY-----\n"));
	for (size_t step = one_line ? text.n : PEM_LINE; text.n > 0; text = str_from(text, step)) {
		buf_put(&b, str_sub(text, 0, step));
		buf_putc(&b, '\n');
	}
	buf_put(&b, one_line ? S("-----END PUBLIC KEY-----") : S("-----END PUBLIC KEY-----\n"));
	return b.full ? STR_ABSENT : buf_str(&b);
}
