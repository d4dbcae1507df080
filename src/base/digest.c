/* base/digest.c - SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104), fetched once, a context per thread. */
#include "base/base.h"

#include <openssl/evp.h>
#include <pthread.h>

#define HMAC_BLOCK 64

static pthread_once_t fetched = PTHREAD_ONCE_INIT;
static EVP_MD *sha256_md;
static pthread_key_t ctx_key;           /* frees a thread's context when the thread ends */
static _Thread_local EVP_MD_CTX *ctx;

static void
ctx_free(void *p)
{
	EVP_MD_CTX_free(p);
}

static void
fetch(void)
{
	sha256_md = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (sha256_md == NULL || pthread_key_create(&ctx_key, ctx_free) != 0)
		fatal("libcrypto offers no SHA-256");
}

static void
ctx_make(void)
{
	pthread_once(&fetched, fetch);
	ctx = EVP_MD_CTX_new();
	if (ctx == NULL || EVP_DigestInit_ex2(ctx, sha256_md, NULL) != 1 || pthread_setspecific(ctx_key, ctx) != 0)
		fatal("libcrypto gives no digest context");
}

/* SHA-256 of head ‖ parts. Initialised without a digest: the context keeps the one it has. */
static void
digest(const void *head, size_t head_n, const struct str *parts, size_t n, uint8_t out[DIGEST_SIZE])
{
	bool ok;

	if (ctx == NULL)
		ctx_make();
	ok = EVP_DigestInit_ex2(ctx, NULL, NULL) == 1 && (head_n == 0 || EVP_DigestUpdate(ctx, head, head_n) == 1);
	for (size_t i = 0; i < n; i++)
		ok = ok && (parts[i].n == 0 || EVP_DigestUpdate(ctx, parts[i].p, parts[i].n) == 1);
	if (!ok || EVP_DigestFinal_ex(ctx, out, NULL) != 1)
		fatal("libcrypto failed to compute SHA-256");
}

void
sha256(const struct str *parts, size_t n, uint8_t out[DIGEST_SIZE])
{
	digest(NULL, 0, parts, n, out);
}

void
hmac_sha256(struct str key, const struct str *parts, size_t n, uint8_t out[DIGEST_SIZE])
{
	uint8_t pad[HMAC_BLOCK] = { 0 }, inner[DIGEST_SIZE];
	struct str inner_part = str_span(inner, sizeof inner);

	if (key.n > HMAC_BLOCK)
		digest(NULL, 0, &key, 1, pad);
	else if (key.n > 0)
		memcpy(pad, key.p, key.n);
	for (size_t i = 0; i < HMAC_BLOCK; i++)
		pad[i] ^= 0x36;
	digest(pad, HMAC_BLOCK, parts, n, inner);
	for (size_t i = 0; i < HMAC_BLOCK; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	digest(pad, HMAC_BLOCK, &inner_part, 1, out);
	explicit_bzero(pad, sizeof pad);
	explicit_bzero(inner, sizeof inner);
}
