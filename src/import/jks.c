/* import/jks.c - Java key stores, the JDK's own format of before PKCS#12: version 1 and 2, private keys only. */
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "import/keyfile.h"

#define JKS_MAGIC  0xfeedfeedu
#define JKS_CIPHER "1.3.6.1.4.1.42.2.17.1.1"
#define SHA1_SIZE  20
#define JKS_PASSWORD_MAX 256
enum { ENTRY_KEY = 1, ENTRY_CERTIFICATE = 2 };

struct cursor { const uint8_t *p, *end; };

static bool
number(struct cursor *c, size_t n, uint32_t *out)
{
	if ((size_t)(c->end - c->p) < n)
		return false;
	for (*out = 0; n > 0; n--)
		*out = *out << 8 | *c->p++;
	return true;
}

static bool
bytes(struct cursor *c, size_t length_size, struct str *out)
{
	uint32_t n;

	if (!number(c, length_size, &n) || n > (size_t)(c->end - c->p))
		return false;
	*out = str_span(c->p, n);
	c->p += n;
	return true;
}

static bool
certificate(struct cursor *c, uint32_t version)
{
	struct str ignored;

	return (version == 1 || bytes(c, 2, &ignored)) && bytes(c, 4, &ignored);
}

static bool
key_entry(struct cursor *c, uint32_t version, struct jks_entry *e)
{
	uint32_t chain;

	if (!bytes(c, 4, &e->sealed) || !number(c, 4, &chain) || chain > JKS_ENTRIES_MAX)
		return false;
	for (uint32_t i = 0; i < chain; i++)
		if (!certificate(c, version))
			return false;
	return true;
}

int
jks_entries(struct str text, struct jks_entry *out, int max)
{
	struct cursor c = { (const uint8_t *)text.p, (const uint8_t *)text.p + text.n };
	uint32_t magic, version, count, tag, date;
	int n = 0;

	if (!number(&c, 4, &magic) || magic != JKS_MAGIC || !number(&c, 4, &version) || version < 1
	    || version > 2 || !number(&c, 4, &count) || count > JKS_ENTRIES_MAX)
		return -1;
	for (uint32_t i = 0; i < count; i++) {
		struct jks_entry e;
		if (!number(&c, 4, &tag) || !bytes(&c, 2, &e.alias) || !number(&c, 4, &date) || !number(&c, 4, &date))
			return -1;
		if (tag == ENTRY_KEY ? !key_entry(&c, version, &e)
				     : tag != ENTRY_CERTIFICATE || !certificate(&c, version))
			return -1;
		if (tag == ENTRY_KEY && n < max)
			out[n++] = e;
	}
	return n;
}

/*
 * --- the cipher: a stream of SHA-1 over password and salt, and a SHA-1 over password and plain
 * text ----------------------------
 */

static bool
sha1(struct str a, struct str b, uint8_t out[SHA1_SIZE])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha1(), NULL) == 1
	    && EVP_DigestUpdate(ctx, a.p, a.n) == 1 && EVP_DigestUpdate(ctx, b.p, b.n) == 1
	    && EVP_DigestFinal_ex(ctx, out, NULL) == 1;

	EVP_MD_CTX_free(ctx);
	return ok;
}

/* As UTF-16, high byte first; passwords of other planes than the first are not met. */
static bool
password_wide(struct str s, char wide[2 * JKS_PASSWORD_MAX], size_t *n)
{
	*n = 0;
	while (s.n > 0) {
		size_t step = str_utf8_step(s);
		const uint8_t *p = (const uint8_t *)s.p;
		unsigned c = step == 1 ? p[0]
		    : step == 2        ? (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu)
		    : step == 3        ? (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu)
				       : 0;
		if (step == 0 || step > 3 || *n + 2 > 2 * JKS_PASSWORD_MAX)
			return false;
		wide[(*n)++] = (char)(c >> 8);
		wide[(*n)++] = (char)c;
		s = str_from(s, step);
	}
	return true;
}

static bool
stream_open(struct arena *mem, struct str password, struct str sealed, struct str *out)
{
	size_t n = sealed.n - 2 * SHA1_SIZE;
	uint8_t *plain = arena_alloc(mem, n), block[SHA1_SIZE], check[SHA1_SIZE];
	struct str last = str_sub(sealed, 0, SHA1_SIZE);
	bool ok = plain != NULL;

	for (size_t i = 0; ok && i < n; i++) {
		if (i % SHA1_SIZE == 0) {
			ok = sha1(password, last, block);
			last = str_span(block, SHA1_SIZE);
		}
		plain[i] = (uint8_t)sealed.p[SHA1_SIZE + i] ^ block[i % SHA1_SIZE];
	}
	ok = ok && sha1(password, str_span(plain, n), check)
	    && str_eq_secret(str_span(check, SHA1_SIZE), str_from(sealed, SHA1_SIZE + n));
	if (ok)
		*out = str_span(plain, n);
	return ok;
}

static bool
is_jks_cipher(const X509_ALGOR *alg)
{
	char name[64];

	return OBJ_obj2txt(name, sizeof name, alg->algorithm, 1) > 0 && strcmp(name, JKS_CIPHER) == 0;
}

bool
jks_open(struct arena *mem, const struct jks_entry *e, struct str password, struct str *der)
{
	const unsigned char *p = (const unsigned char *)e->sealed.p;
	X509_SIG *sealed = d2i_X509_SIG(NULL, &p, (long)e->sealed.n);
	const ASN1_OCTET_STRING *text = NULL;
	const X509_ALGOR *alg = NULL;
	char wide[2 * JKS_PASSWORD_MAX];
	size_t n;
	bool ok = sealed != NULL && password_wide(password, wide, &n);

	if (ok)
		X509_SIG_get0(sealed, &alg, &text);
	ok = ok && is_jks_cipher(alg) && ASN1_STRING_length(text) > 2 * SHA1_SIZE
	    && stream_open(mem, str_span(wide, n),
		str_span(ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text)), der);
	explicit_bzero(wide, sizeof wide);
	X509_SIG_free(sealed);
	return ok;
}
