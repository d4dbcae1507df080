/*
 * jose/jwe_content.c - the content of a JWE, encrypted and authenticated: AES-CBC with HMAC (RFC 7518
 * section 5.2), AES-GCM (section 5.3).
 */
#include "jose/jose_int.h"

#include <openssl/err.h>
#include <openssl/hmac.h>

const struct enc_of_jwe jwe_enc_rows[JWE_ENC_COUNT] = {
#define JWE_ENC(id, text, aes, key_n, nonce_n, mac_n, hmac) \
	[ENC_##id] = { .name = text, .cipher = aes, .cek_n = key_n, .iv_n = nonce_n, .tag_n = mac_n, .cbc = hmac },
#include "jose/jwe.def"
};

#define BLOCK 16

/* The key of a cipher with HMAC is two: the first half authenticates, the second encrypts (5.2.2.1). */
static const uint8_t *
cipher_key(const struct enc_of_jwe *e, const uint8_t *cek)
{
	return e->cbc ? cek + e->cek_n / 2 : cek;
}

/* The first half of HMAC over aad, iv, text and the bits of aad. */
static bool
mac(struct arena *mem, const struct enc_of_jwe *e, const uint8_t *cek, const struct jwe_content *c, uint8_t *out)
{
	uint64_t bits = (uint64_t)c->aad.n * 8;
	uint8_t al[8], whole[EVP_MAX_MD_SIZE];
	struct str input;

	for (int i = 0; i < 8; i++)
		al[i] = (uint8_t)(bits >> (56 - 8 * i));
	input = ARENA_CAT(mem, c->aad, c->iv, c->text, str_span(al, sizeof al));
	if (!str_given(input) || HMAC(e->tag_n == 16 ? EVP_sha256() : EVP_sha512(), cek, (int)e->cek_n / 2,
	    (const uint8_t *)input.p, input.n, whole, NULL) == NULL)
		return false;
	memcpy(out, whole, e->tag_n);
	return true;
}

/* forth: encrypt. tag: written or asked for, of GCM only. */
static bool
cipher_run(const struct enc_of_jwe *e, bool forth, const uint8_t *cek, const struct jwe_content *c, struct str in,
    uint8_t *out, size_t *out_n, uint8_t *tag)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, e->cipher, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, more = 0, none;
	bool ok = cipher != NULL && ctx != NULL
	    && EVP_CipherInit_ex2(ctx, cipher, cipher_key(e, cek), (const uint8_t *)c->iv.p, forth, NULL) == 1;

	if (ok && !e->cbc && !forth)
		ok = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)e->tag_n, tag) == 1;
	if (ok && !e->cbc)
		ok = EVP_CipherUpdate(ctx, NULL, &none, (const uint8_t *)c->aad.p, (int)c->aad.n) == 1;
	ok = ok && EVP_CipherUpdate(ctx, out, &n, (const uint8_t *)in.p, (int)in.n) == 1
	    && EVP_CipherFinal_ex(ctx, out + n, &more) == 1;
	if (ok && !e->cbc && forth)
		ok = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, (int)e->tag_n, tag) == 1;
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	ERR_clear_error();
	*out_n = (size_t)(n + more);
	return ok;
}

bool
content_seal(struct arena *mem, enum jwe_enc enc, const uint8_t *cek, struct str plain, struct jwe_content *c)
{
	const struct enc_of_jwe *e = &jwe_enc_rows[enc];
	uint8_t *iv = arena_alloc(mem, e->iv_n), *text = arena_alloc(mem, plain.n + BLOCK), *tag = arena_alloc(mem, e->tag_n);
	size_t n;

	if (iv == NULL || text == NULL || tag == NULL)
		return false;
	rand_bytes(iv, e->iv_n);
	c->iv = str_span(iv, e->iv_n);
	if (!cipher_run(e, true, cek, c, plain, text, &n, tag))
		return false;
	c->text = str_span(text, n);
	c->tag = str_span(tag, e->tag_n);
	return !e->cbc || mac(mem, e, cek, c, tag);
}

/* J3: the padding is looked at only when the tag has said that it is ours to look at. */
bool
content_open(struct arena *mem, enum jwe_enc enc, const uint8_t *cek, const struct jwe_content *c, struct str *plain)
{
	const struct enc_of_jwe *e = &jwe_enc_rows[enc];
	uint8_t *out = arena_alloc(mem, c->text.n + BLOCK), tag[EVP_MAX_MD_SIZE];
	size_t n;

	if (out == NULL || c->iv.n != e->iv_n || c->tag.n != e->tag_n)
		return false;
	memcpy(tag, c->tag.p, e->tag_n);
	if (e->cbc && (!mac(mem, e, cek, c, tag) || !str_eq_secret(str_span(tag, e->tag_n), c->tag)))
		return false;
	if (!cipher_run(e, false, cek, c, c->text, out, &n, tag))
		return false;
	*plain = str_span(out, n);
	return true;
}
