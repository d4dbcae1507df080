/*
 * bench/proofs.c - what a client signs, beforehand and in numbers, for a load generator that cannot sign: ES256, one JWT a line.
 *
 *   proofs jwk                              the public key, a JWK
 *   proofs assertion N CLIENT AUDIENCE      client assertions (RFC 7523), each with a jti of its own, good for four minutes
 *   proofs dpop N METHOD URL                proofs (RFC 9449), made now
 *   proofs lines                            of each line of hex on the standard input its signature, DER in base64url
 *
 * HUFU_BENCH_KEY names the key, PEM (`openssl ecparam -name prime256v1 -genkey`).
 */
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define TEXT_MAX 2048
#define LIFE_S   240

static EVP_PKEY *key;

static void
fail(const char *what)
{
	fprintf(stderr, "proofs: %s\n", what);
	exit(1);
}

static size_t
b64url(char *out, const unsigned char *in, size_t n)
{
	size_t m = (size_t)EVP_EncodeBlock((unsigned char *)out, in, (int)n);

	for (size_t i = 0; i < m; i++)
		out[i] = out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i];
	while (m > 0 && out[m - 1] == '=')
		m--;
	out[m] = '\0';
	return m;
}

static void
coordinate(const char *name, char *out)
{
	unsigned char raw[32];
	BIGNUM *n = NULL;

	if (EVP_PKEY_get_bn_param(key, name, &n) != 1 || BN_bn2binpad(n, raw, sizeof raw) != sizeof raw)
		fail("no P-256 key");
	b64url(out, raw, sizeof raw);
	BN_free(n);
}

static void
jwk(char *out, size_t size)
{
	char x[64], y[64];

	coordinate(OSSL_PKEY_PARAM_EC_PUB_X, x);
	coordinate(OSSL_PKEY_PARAM_EC_PUB_Y, y);
	snprintf(out, size, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"}", x, y);
}

/* r and s, 32 bytes each: RFC 7518 section 3.4. */
static void
sign(const char *input, size_t n, unsigned char raw[64])
{
	unsigned char der[128];
	const unsigned char *p = der;
	size_t m = sizeof der;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	ECDSA_SIG *sig;

	if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1
	    || EVP_DigestSign(ctx, der, &m, (const unsigned char *)input, n) != 1)
		fail("cannot sign");
	sig = d2i_ECDSA_SIG(NULL, &p, (long)m);
	BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, 32);
	BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + 32, 32);
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(ctx);
}

static void
print_jwt(const char *head, const char *claims)
{
	char text[3 * TEXT_MAX];
	unsigned char raw[64];
	size_t n = b64url(text, (const unsigned char *)head, strlen(head));

	text[n++] = '.';
	n += b64url(text + n, (const unsigned char *)claims, strlen(claims));
	sign(text, n, raw);
	text[n++] = '.';
	b64url(text + n, raw, sizeof raw);
	puts(text);
}

static void
jti(char *out)
{
	unsigned char random[16];

	if (getrandom(random, sizeof random, 0) != sizeof random)
		fail("no random bytes");
	b64url(out, random, sizeof random);
}

static void
print_all(int count, const char *head, const char *form, const char *a, const char *b)
{
	char claims[TEXT_MAX], id[32];
	long long now = (long long)time(NULL);

	for (int i = 0; i < count; i++) {
		jti(id);
		if (strcmp(form, "assertion") == 0)
			snprintf(claims, sizeof claims,
			    "{\"iss\":\"%s\",\"sub\":\"%s\",\"aud\":\"%s\",\"jti\":\"%s\",\"iat\":%lld,\"exp\":%lld}", a,
			    a, b, id, now, now + LIFE_S);
		else
			snprintf(claims, sizeof claims, "{\"htm\":\"%s\",\"htu\":\"%s\",\"jti\":\"%s\",\"iat\":%lld}", a,
			    b, id, now);
		print_jwt(head, claims);
	}
}

/* What an authenticator signs is no JWT. */
static void
sign_lines(void)
{
	char line[2 * TEXT_MAX], text[TEXT_MAX];
	unsigned char raw[TEXT_MAX], sig[256];

	while (fgets(line, sizeof line, stdin) != NULL) {
		size_t n = strcspn(line, "\n") / 2, size = sizeof sig;
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();

		for (size_t i = 0; i < n; i++)
			if (sscanf(line + 2 * i, "%2hhx", &raw[i]) != 1)
				fail("no hex");
		if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 || EVP_DigestSign(ctx, sig, &size, raw, n) != 1)
			fail("no signature");
		EVP_MD_CTX_free(ctx);
		b64url(text, sig, size);
		puts(text);
	}
}

int
main(int argc, char **argv)
{
	const char *path = getenv("HUFU_BENCH_KEY");
	FILE *f = path != NULL ? fopen(path, "r") : NULL;
	char head[TEXT_MAX], public[512];

	key = f != NULL ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
	if (key == NULL)
		fail("HUFU_BENCH_KEY names no key");
	jwk(public, sizeof public);
	if (argc == 2 && strcmp(argv[1], "jwk") == 0)
		return puts(public), 0;
	if (argc == 2 && strcmp(argv[1], "lines") == 0)
		return sign_lines(), 0;
	if (argc != 5)
		fail("usage: proofs jwk | proofs lines | proofs assertion N CLIENT AUDIENCE | proofs dpop N METHOD URL");
	snprintf(head, sizeof head,
	    strcmp(argv[1], "dpop") == 0 ? "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":%s}" : "{\"alg\":\"ES256\"}%.0s",
	    public);
	print_all(atoi(argv[2]), head, argv[1], argv[3], argv[4]);
	return 0;
}
