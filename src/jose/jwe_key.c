/*
 * jose/jwe_key.c - the key that a JWE's content is encrypted under: encrypted to an RSA key, or agreed
 * with a key of a curve. RFC 7518 sections 4.3 and 4.6, RFC 3394.
 */
#include "jose/jose_int.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

static bool
kind_suits(enum jwe_alg alg, enum key_kind kind)
{
	return jwe_alg_rows[alg].rsa ? kind == KIND_RSA : kind_rows[kind].group != NULL;
}

/* --- RSA: RFC 7518 section 4.3 ------------------------------------------------------------------ */

static EVP_PKEY_CTX *
oaep(EVP_PKEY *pkey, int (*init)(EVP_PKEY_CTX *), const char *hash)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);

	if (ctx != NULL && init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1
	    && EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, hash, NULL) == 1
	    && EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, hash, NULL) == 1)
		return ctx;
	EVP_PKEY_CTX_free(ctx);
	return NULL;
}

static bool
rsa_seal(struct arena *mem, struct jwe_keys *k, EVP_PKEY *to)
{
	EVP_PKEY_CTX *ctx = oaep(to, EVP_PKEY_encrypt_init, jwe_alg_rows[k->alg].hash);
	size_t n = (size_t)EVP_PKEY_get_size(to);
	uint8_t *out = arena_alloc(mem, n);
	bool ok;

	rand_bytes(k->cek, k->cek_n);
	ok = ctx != NULL && out != NULL && EVP_PKEY_encrypt(ctx, out, &n, k->cek, k->cek_n) == 1;
	EVP_PKEY_CTX_free(ctx);
	k->sealed = str_span(out, n);
	return ok;
}

/*
 * J3, RFC 3218 section 2.3.2: a random key is drawn first, always, and goes on in the place of one that does
 * not open or has not the right length.
 */
static void
rsa_open(struct jwe_keys *k, EVP_PKEY *own)
{
	EVP_PKEY_CTX *ctx = oaep(own, EVP_PKEY_decrypt_init, jwe_alg_rows[k->alg].hash);
	uint8_t found[RSA_BITS_MAX / 8] = { 0 };
	size_t n = sizeof found;
	int opened;

	rand_bytes(k->cek, k->cek_n);
	opened = ctx != NULL
	    && EVP_PKEY_decrypt(ctx, found, &n, (const uint8_t *)k->sealed.p, k->sealed.n) == 1;
	if (opened && n == k->cek_n)
		memcpy(k->cek, found, k->cek_n);
	explicit_bzero(found, sizeof found);
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
}

/* --- a curve: RFC 7518 section 4.6 --------------------------------------------------------------- */

static struct str
be32(uint8_t out[4], size_t n)
{
	out[0] = (uint8_t)(n >> 24);
	out[1] = (uint8_t)(n >> 16);
	out[2] = (uint8_t)(n >> 8);
	out[3] = (uint8_t)n;
	return str_span(out, 4);
}

/* The Concat KDF of NIST SP 800-56A section 5.8.1 with SHA-256: RFC 7518 section 4.6.2. out_n: at most CEK_MAX. */
static void
concat_kdf(struct str z, const char *algorithm, struct str apu, struct str apv, uint8_t *out, size_t out_n)
{
	uint8_t round[4], alg_n[4], apu_n[4], apv_n[4], bits[4], digest[DIGEST_SIZE];
	struct str id = str_of(algorithm);

	for (size_t done = 0, i = 1; done < out_n; i++) {
		size_t n = out_n - done < DIGEST_SIZE ? out_n - done : DIGEST_SIZE;

		SHA256(digest, be32(round, i), z, be32(alg_n, id.n), id, be32(apu_n, apu.n), apu, be32(apv_n, apv.n), apv,
		    be32(bits, out_n * 8));
		memcpy(out + done, digest, n);
		done += n;
	}
	explicit_bzero(digest, sizeof digest);
}

/* libcrypto asks whether peer's point is on our curve before it computes with it. */
static bool
agree(const struct jwe_keys *k, EVP_PKEY *own, EVP_PKEY *peer, uint8_t *out, size_t out_n)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
	uint8_t z[KIND_SIZE_MAX];
	size_t n = sizeof z;
	bool ok = ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, peer) == 1
	    && EVP_PKEY_derive(ctx, z, &n) == 1;

	if (ok)
		concat_kdf(str_span(z, n), jwe_alg_rows[k->alg].wrap_n > 0 ? jwe_alg_name(k->alg) : jwe_enc_name(k->enc),
		    k->apu, k->apv, out, out_n);
	explicit_bzero(z, sizeof z);
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return ok;
}

/* AES key wrap, RFC 3394; out holds 8 bytes more than goes in, or less than comes out. */
static bool
wrap(bool forth, const uint8_t *kek, size_t kek_n, struct str in, uint8_t *out, size_t *out_n)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, kek_n == 16 ? "AES-128-WRAP" : "AES-256-WRAP", NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, more = 0;
	bool ok;

	if (ctx != NULL)
		EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	ok = cipher != NULL && ctx != NULL && EVP_CipherInit_ex2(ctx, cipher, kek, NULL, forth, NULL) == 1
	    && EVP_CipherUpdate(ctx, out, &n, (const uint8_t *)in.p, (int)in.n) == 1
	    && EVP_CipherFinal_ex(ctx, out + n, &more) == 1;
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	ERR_clear_error();
	*out_n = ok ? (size_t)(n + more) : 0;
	return ok;
}

#define WRAP_MORE 8

static bool
ec_seal(struct arena *mem, struct jwe_keys *k, EVP_PKEY *to, EVP_PKEY *ephemeral)
{
	size_t wrap_n = jwe_alg_rows[k->alg].wrap_n, n;
	uint8_t kek[32], *out;
	bool ok;

	if (wrap_n == 0) {
		k->sealed = S("");
		return agree(k, ephemeral, to, k->cek, k->cek_n);
	}
	rand_bytes(k->cek, k->cek_n);
	out = arena_alloc(mem, k->cek_n + WRAP_MORE);
	ok = out != NULL && agree(k, ephemeral, to, kek, wrap_n)
	    && wrap(true, kek, wrap_n, str_span(k->cek, k->cek_n), out, &n);
	explicit_bzero(kek, sizeof kek);
	if (ok)
		k->sealed = str_span(out, n);
	return ok;
}

static bool
ec_open(struct jwe_keys *k, EVP_PKEY *own, EVP_PKEY *peer)
{
	uint8_t kek[32], found[CEK_MAX + 2 * WRAP_MORE];
	size_t wrap_n = jwe_alg_rows[k->alg].wrap_n, n;

	if (wrap_n == 0)                /* section 4.6: the encrypted key is empty */
		return k->sealed.n == 0 && agree(k, own, peer, k->cek, k->cek_n);
	if (k->sealed.n != k->cek_n + WRAP_MORE || !agree(k, own, peer, kek, wrap_n))
		return false;
	rand_bytes(k->cek, k->cek_n);
	if (wrap(false, kek, wrap_n, k->sealed, found, &n) && n == k->cek_n)
		memcpy(k->cek, found, n);
	explicit_bzero(kek, sizeof kek);
	explicit_bzero(found, sizeof found);
	return true;
}

/* --- both ------------------------------------------------------------------------------------------ */

bool
jwe_keys_make(struct arena *mem, struct jwe_keys *k, EVP_PKEY *to, enum key_kind kind, EVP_PKEY **ephemeral)
{
	*ephemeral = NULL;
	k->cek_n = jwe_enc_rows[k->enc].cek_n;
	if (!kind_suits(k->alg, kind))
		return false;
	if (kind == KIND_RSA)
		return rsa_seal(mem, k, to);
	*ephemeral = kind_generate(kind);
	return *ephemeral != NULL && ec_seal(mem, k, to, *ephemeral);
}

bool
jwe_keys_open(struct jwe_keys *k, EVP_PKEY *own, enum key_kind kind, EVP_PKEY *peer)
{
	k->cek_n = jwe_enc_rows[k->enc].cek_n;
	if (!kind_suits(k->alg, kind))
		return false;
	if (kind != KIND_RSA)
		return peer != NULL && ec_open(k, own, peer);
	rsa_open(k, own);
	return true;
}

const struct jwk *
jwks_recipient(const struct jwks *set, enum jwe_alg alg)
{
	const struct jwk *fit = NULL;

	for (size_t i = 0; i < set->n; i++) {
		const struct jwk *k = &set->at[i];

		if (!k->encrypts || !kind_suits(alg, k->kind))
			continue;
		if (str_is(k->alg, jwe_alg_name(alg)))
			return k;
		if (!str_given(k->alg) && fit == NULL)
			fit = k;
	}
	return fit;
}
