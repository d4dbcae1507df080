/* tests/unit/jose/signers_test.c - certificates by their numbers: who has signed, and who vouches for that. */
#include "../test.h"
#include "jose/certificate_int.h"
#include "jose/signers.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

struct made { X509 *x; EVP_PKEY *key; };

static struct made
make(const char *name, const char *serial, EVP_PKEY *key, const struct made *by, bool authority, long until_s)
{
	struct made m = { X509_new(), key };
	X509_NAME *subject = X509_get_subject_name(m.x);
	BIGNUM *n = NULL;
	X509_EXTENSION *e;

	X509_NAME_add_entry_by_txt(subject, "C", MBSTRING_UTF8, (const unsigned char *)"CN", -1, -1, 0);
	X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_UTF8, (const unsigned char *)"\xe8\xaf\x81, B", -1, -1, 0);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(m.x, by != NULL ? X509_get_subject_name(by->x) : subject);
	X509_set_version(m.x, X509_VERSION_3);
	BN_dec2bn(&n, serial);
	BN_to_ASN1_INTEGER(n, X509_get_serialNumber(m.x));
	BN_free(n);
	X509_time_adj_ex(X509_getm_notBefore(m.x), 0, -60, NULL);
	X509_time_adj_ex(X509_getm_notAfter(m.x), 0, until_s, NULL);
	X509_set_pubkey(m.x, key);
	e = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, authority ? "critical,CA:TRUE" : "CA:FALSE");
	X509_add_ext(m.x, e, -1);
	X509_EXTENSION_free(e);
	X509_sign(m.x, by != NULL ? by->key : key, EVP_sha256());
	return m;
}

static struct str
pem_of(struct arena *mem, const struct made *a, const struct made *b)
{
	BIO *out = BIO_new(BIO_s_mem());
	struct str text;
	char *p;
	long n;

	BIO_puts(out, "what stands between is left out\n");
	PEM_write_bio_X509(out, a->x);
	if (b != NULL)
		PEM_write_bio_X509(out, b->x);
	n = BIO_get_mem_data(out, &p);
	text = arena_dup(mem, str_span(p, (size_t)n));
	BIO_free(out);
	return text;
}

static void
unmake(struct made *m)
{
	X509_free(m->x);
	EVP_PKEY_free(m->key);
}

static struct str
signed_by(struct arena *mem, const struct made *m, struct str text)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char sig[512];
	size_t n = sizeof sig;

	EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, m->key);
	EVP_DigestSign(ctx, sig, &n, (const unsigned char *)text.p, text.n);
	EVP_MD_CTX_free(ctx);
	return arena_dup(mem, str_span(sig, n));
}

/* As the open platform's own library has it: the issuer by RFC 2253, then the serial number in decimal. */
TEST(numbers_of_certificates)
{
	static const char said[] = "CN=Root,O=\xe8\xaf\x81\\, B,C=CN340282366920938463463374607431768211455";
	struct made root = make("Root", "340282366920938463463374607431768211455", EVP_RSA_gen(2048), NULL, true, 600);
	struct made other = make("Other", "7", EVP_EC_gen("P-256"), NULL, true, 600);
	struct str one = certificate_number(mem, pem_of(mem, &root, NULL)), both = pem_of(mem, &root, &other);
	unsigned char md5[16];
	unsigned int n;

	EVP_Digest(said, sizeof said - 1, md5, &n, EVP_md5(), NULL);
	EXPECT_STR(one, hex_encode(mem, str_span(md5, 16)));
	EXPECT_STR(certificate_numbers(mem, both), one);                /* the other one is of ECDSA */
	EXPECT_STR(certificate_numbers(mem, pem_of(mem, &root, &root)), ARENA_CAT(mem, one, S("_"), one));
	EXPECT(!str_given(certificate_numbers(mem, pem_of(mem, &other, NULL))));
	EXPECT(!str_given(certificate_number(mem, S(""))) && !str_given(certificate_number(mem, S("x"))));
	EXPECT(!str_given(certificate_number(mem, S("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"))));
	unmake(&root);
	unmake(&other);
}

TEST(the_signer_that_is_named)
{
	struct made root = make("Root", "1", EVP_RSA_gen(2048), NULL, true, 6000), other = make("Root", "2", EVP_EC_gen("P-256"), NULL, true, 600);
	struct made one = make("One", "3", EVP_RSA_gen(2048), &root, false, 600);
	struct made small = make("Small", "4", EVP_EC_gen("P-256"), &root, false, 600);
	struct str roots = pem_of(mem, &root, NULL), pem = pem_of(mem, &one, &root), number = certificate_number(mem, pem_of(mem, &one, NULL));
	struct str text = S("{\"a\":1}"), sig = signed_by(mem, &one, text);
	int64_t now_s = clock_now_s();
	struct signers *s;
	const char *why = NULL;
	bool over = false;

	s = signers_load(pem, roots, &why);
	NEED(s != NULL);
	EXPECT(signers_judge(s, now_s, &why, &over));
	EXPECT(signers_verify(s, number, now_s, text, sig, &why));
	EXPECT(!signers_verify(s, number, now_s, S("{\"a\":2}"), sig, &why) && strcmp(why, "the signature is wrong") == 0);
	EXPECT(!signers_verify(s, certificate_number(mem, roots), now_s, text, signed_by(mem, &root, text), &why));
	EXPECT(!signers_verify(s, S(""), now_s, text, sig, &why) && !signers_verify(s, STR_ABSENT, now_s, text, sig, &why));
	EXPECT(!signers_verify(s, number, now_s + 700, text, sig, &why) && strstr(why, "expired") != NULL);
	EXPECT(!signers_judge(s, now_s + 700, &why, &over) && over);
	signers_free(s);
	s = signers_load(pem, pem_of(mem, &other, NULL), &why);         /* a root of the same name */
	NEED(s != NULL);
	EXPECT(!signers_judge(s, now_s, &why, &over) && !over);
	EXPECT(!signers_verify(s, number, now_s, text, sig, &why));
	signers_free(s);
	EXPECT(signers_load(roots, roots, &why) == NULL && strstr(why, "no certificate of a signer") != NULL);
	EXPECT(signers_load(pem_of(mem, &small, NULL), roots, &why) == NULL && strstr(why, "RSA") != NULL);
	EXPECT(signers_load(pem, S("x"), &why) == NULL && signers_load(S("-----BEGIN CERTIFICATE-----\nA"), roots, &why) == NULL);
	unmake(&root);
	unmake(&other);
	unmake(&one);
	unmake(&small);
}
