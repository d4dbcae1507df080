/*
 * login/password_digest.c - the plain digests that old password encodings are made of: MD4 (RFC
 * 1320), MD5, SHA-1, SHA-2, SM3 (GB/T 32905).
 */
#define OPENSSL_SUPPRESS_DEPRECATED     /* MD4: as a provider it exists only in the legacy module, which may not be installed */
#include "login/password_int.h"

#include <openssl/evp.h>
#include <openssl/md4.h>

static const struct { const char *name, *evp; size_t size; } digests[] = {
	{ "MD4", NULL, MD4_DIGEST_LENGTH }, { "MD5", "MD5", 16 }, { "SHA-1", "SHA1", 20 },
	{ "SHA-256", "SHA256", 32 }, { "SHA-384", "SHA384", 48 }, { "SHA-512", "SHA512", 64 },
	{ "SM3", "SM3", 32 },
};

static int
digest_row(const char *name)
{
	for (size_t i = 0; i < COUNT(digests); i++)
		if (strcmp(digests[i].name, name) == 0)
			return (int)i;
	return -1;
}

size_t
old_digest_size(const char *name)
{
	int row = digest_row(name);

	return row < 0 ? 0 : digests[row].size;
}

static bool
md4(struct str a, struct str b, uint8_t *out)
{
	MD4_CTX c;
	bool ok = MD4_Init(&c) && MD4_Update(&c, a.p, a.n) && MD4_Update(&c, b.p, b.n) && MD4_Final(out, &c);

	explicit_bzero(&c, sizeof c);
	return ok;
}

static bool
evp(const char *name, struct str a, struct str b, uint8_t *out)
{
	EVP_MD *md = EVP_MD_fetch(NULL, name, NULL);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool ok = md != NULL && c != NULL && EVP_DigestInit_ex2(c, md, NULL) && EVP_DigestUpdate(c, a.p, a.n)
	    && EVP_DigestUpdate(c, b.p, b.n) && EVP_DigestFinal_ex(c, out, NULL);

	EVP_MD_CTX_free(c);
	EVP_MD_free(md);
	return ok;
}

size_t
old_digest(const char *name, struct str a, struct str b, uint8_t out[OLD_DIGEST_MAX])
{
	int row = digest_row(name);

	a = str_given(a) ? a : S("");
	b = str_given(b) ? b : S("");
	if (row < 0 || !(digests[row].evp ? evp(digests[row].evp, a, b, out) : md4(a, b, out)))
		return 0;
	return digests[row].size;
}
