/* base/seal.c - small things sealed with AES-256-GCM. NIST SP 800-38D: random 96-bit nonce, 128-bit tag. */
#include "base/base.h"

#include <limits.h>
#include <openssl/evp.h>
#include <pthread.h>

#define NONCE 12
#define TAG   16

static pthread_once_t fetched = PTHREAD_ONCE_INIT;
static EVP_CIPHER *gcm;

static void
fetch(void)
{
	gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	if (gcm == NULL)
		fatal("libcrypto offers no AES-256-GCM");
}

/* A context that has taken key, nonce and label; freeing it wipes the key. */
static EVP_CIPHER_CTX *
open_ctx(const uint8_t key[32], const uint8_t *nonce, struct str label, int encrypting)
{
	EVP_CIPHER_CTX *ctx;
	int n;

	pthread_once(&fetched, fetch);
	ctx = EVP_CIPHER_CTX_new();
	if (ctx != NULL && EVP_CipherInit_ex2(ctx, gcm, key, nonce, encrypting, NULL) == 1
	    && (label.n == 0 || EVP_CipherUpdate(ctx, NULL, &n, (const uint8_t *)label.p, (int)label.n) == 1))
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

/* All of `in` through the cipher in one piece. */
static bool
run(EVP_CIPHER_CTX *ctx, const void *in, size_t n, uint8_t *out)
{
	int got = 0, rest = 0;

	return (n == 0 || EVP_CipherUpdate(ctx, out, &got, in, (int)n) == 1)
	    && EVP_CipherFinal_ex(ctx, out + got, &rest) == 1 && (size_t)got + (size_t)rest == n;
}

struct str
seal(struct arena *mem, const uint8_t key[32], struct str label, struct str plain)
{
	uint8_t *out;
	EVP_CIPHER_CTX *ctx;
	bool ok;

	if (plain.n > INT_MAX / 2 || label.n > INT_MAX / 2 || (out = arena_alloc(mem, plain.n + SEAL_OVERHEAD)) == NULL)
		return STR_ABSENT;
	rand_bytes(out, NONCE);
	if ((ctx = open_ctx(key, out, label, 1)) == NULL)
		return STR_ABSENT;
	ok = run(ctx, plain.p, plain.n, out + NONCE)
	    && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, out + NONCE + plain.n) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok ? str_span(out, plain.n + SEAL_OVERHEAD) : STR_ABSENT;
}

bool
unseal(struct arena *mem, const uint8_t key[32], struct str label, struct str sealed, struct str *plain)
{
	size_t n = sealed.n - SEAL_OVERHEAD;
	uint8_t *out, tag[TAG];
	EVP_CIPHER_CTX *ctx;
	bool ok;

	if (sealed.n < SEAL_OVERHEAD || n > INT_MAX / 2 || label.n > INT_MAX / 2
	    || (out = arena_alloc(mem, n + 1)) == NULL)
		return false;
	if ((ctx = open_ctx(key, (const uint8_t *)sealed.p, label, 0)) == NULL)
		return false;
	memcpy(tag, sealed.p + NONCE + n, TAG);
	ok = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG, tag) == 1 && run(ctx, sealed.p + NONCE, n, out);
	EVP_CIPHER_CTX_free(ctx);
	if (ok)
		*plain = str_span(out, n);
	else
		explicit_bzero(out, n);         /* unauthenticated bytes are nobody's */
	return ok;
}
