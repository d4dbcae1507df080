/* tests/unit/jose/certificate_test.c - subjects compared, dates, who vouches for whom. */
#include "../test.h"
#include "jose/certificate_int.h"

#include <openssl/evp.h>

struct attribute { const char *type; const char *value; int set; };     /* set: -1 beside the one before */

/* A certificate for the names, self-signed, in DER; san: as openssl's configuration has it. */
static struct str
make(struct arena *mem, const struct attribute *names, const char *san, long from, long until)
{
	X509 *x = X509_new();
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509_NAME *name = X509_get_subject_name(x);
	unsigned char *der = NULL;
	struct str out;
	int n;

	for (; names != NULL && names->type != NULL; names++)
		X509_NAME_add_entry_by_txt(name, names->type, MBSTRING_UTF8, (const unsigned char *)names->value, -1, -1, names->set);
	X509_set_issuer_name(x, name);
	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_time_adj_ex(X509_getm_notBefore(x), 0, from, NULL);
	X509_time_adj_ex(X509_getm_notAfter(x), 0, until, NULL);
	X509_set_pubkey(x, key);
	if (san != NULL) {
		X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, san);

		X509_add_ext(x, e, -1);
		X509_EXTENSION_free(e);
	}
	X509_sign(x, key, EVP_sha256());
	n = i2d_X509(x, &der);
	out = arena_dup(mem, str_span(der, (size_t)n));
	OPENSSL_free(der);
	X509_free(x);
	EVP_PKEY_free(key);
	return out;
}

static const struct attribute billing[] = { { "C", "CN", 0 }, { "O", "Example, Ltd", 0 }, { "OU", "APIs", 0 }, { "UID", "7", -1 },
	{ "CN", "\xe8\xae\xa1\xe8\xb4\xb9", 0 }, { NULL, NULL, 0 } };

static bool
is_for(struct arena *mem, const struct attribute *names, const char *text)
{
	struct certificate cert;

	return certificate_read(mem, make(mem, names, NULL, -60, 600), &cert) && certificate_is_for(&cert, SUBJECT_DN, str_of(text));
}

/* RFC 4514 section 2.4, RFC 5280 section 7.1. */
TEST(distinguished_names)
{
	EXPECT(is_for(mem, billing, "CN=\xe8\xae\xa1\xe8\xb4\xb9,OU=APIs+UID=7,O=Example\\, Ltd,C=CN"));
	EXPECT(is_for(mem, billing, "cn=\\E8\\AE\\A1\\e8\\b4\\b9 , UID=7 + ou=apis, o=EXAMPLE\\2c  ltd,2.5.4.6=cn"));
	EXPECT(is_for(mem, billing, "CN=#0C06E8AEA1E8B4B9,OU=APIs+0.9.2342.19200300.100.1.1=7,OID.2.5.4.10=Example\\, Ltd,C=CN"));
	EXPECT(!is_for(mem, billing, "C=CN,O=Example\\, Ltd,OU=APIs+UID=7,CN=\xe8\xae\xa1\xe8\xb4\xb9"));
	EXPECT(!is_for(mem, billing, "CN=\xe8\xae\xa1\xe8\xb4\xb9,OU=APIs,UID=7,O=Example\\, Ltd,C=CN"));
	EXPECT(!is_for(mem, billing, "CN=\xe8\xae\xa1\xe8\xb4\xb9,OU=APIs+UID=7,O=Example\\, Ltd"));
	EXPECT(!is_for(mem, billing, "OU=APIs+UID=7,O=Example\\, Ltd,C=CN"));
	EXPECT(!is_for(mem, billing, ""));
	EXPECT(!is_for(mem, NULL, "CN=x"));
}

TEST(names_that_are_none)
{
	static const char *const bad[] = { "", ",", "CN", "CN=", "=x", "CN=a,", "CN=a,,O=b", "CN=a+", "CN=a\\", "CN=a\\4", "CN=a\\zz",
		"CN=\"a\"", "CN=a;O=b", "CN=a<b", "CN=\\FF", "XX=a", "9.9=a", "CN=#0c", "CN=#0c0", "CN=#zz", "CN=#0c01410c", "CN=#0500",
		"CN a=b" };

	for (size_t i = 0; i < COUNT(bad); i++)
		if (subject_trouble(SUBJECT_DN, str_of(bad[i])) == NULL)
			test_fail(__FILE__, __LINE__, "\"%s\" is taken for a name", bad[i]);
	EXPECT(subject_trouble(SUBJECT_DN, S("emailAddress=a@b.example,serialNumber=3,ORGANIZATIONIDENTIFIER=x,jurisdictionCountryName=BR,"
		"businessCategory=Private Organization,ST=a,street=b,L=c,DC=d")) == NULL);
	EXPECT(subject_trouble(SUBJECT_DN, S("CN=a\0b")) != NULL);
}

TEST(alternative_names)
{
	struct str der = make(mem, billing, "DNS:a.example,URI:spiffe://A/b,IP:192.0.2.7,IP:2001:db8::7,email:Me@a.example", -60, 600);
	struct certificate cert;

	NEED(certificate_read(mem, der, &cert));
	EXPECT(certificate_is_for(&cert, SAN_DNS, S("A.example")) && !certificate_is_for(&cert, SAN_DNS, S("b.a.example")));
	EXPECT(certificate_is_for(&cert, SAN_URI, S("spiffe://A/b")) && !certificate_is_for(&cert, SAN_URI, S("spiffe://a/b")));
	EXPECT(certificate_is_for(&cert, SAN_IP, S("192.0.2.7")) && certificate_is_for(&cert, SAN_IP, S("2001:DB8:0:0::7")));
	EXPECT(!certificate_is_for(&cert, SAN_IP, S("192.0.2.8")) && !certificate_is_for(&cert, SAN_IP, S("::ffff:192.0.2.7")));
	EXPECT(certificate_is_for(&cert, SAN_EMAIL, S("Me@A.example")) && !certificate_is_for(&cert, SAN_EMAIL, S("me@a.example")));
	EXPECT(!certificate_is_for(&cert, SAN_EMAIL, S("a.example")) && !certificate_is_for(&cert, SAN_DNS, S("")));
	EXPECT(subject_trouble(SAN_IP, S("1.2.3")) != NULL && subject_trouble(SAN_IP, S("1.2.3.4\0")) != NULL);
	EXPECT(subject_trouble(SAN_EMAIL, S("@a")) != NULL && subject_trouble(SAN_DNS, S("a b")) != NULL);
}

TEST(what_is_no_certificate)
{
	struct str der = make(mem, billing, NULL, -60, 600);
	struct certificate cert;

	NEED(certificate_read(mem, der, &cert));
	EXPECT(!certificate_read(mem, ARENA_CAT(mem, der, S("x")), &cert));
	EXPECT(!certificate_read(mem, str_sub(der, 0, der.n - 1), &cert));
	EXPECT(!certificate_read(mem, S(""), &cert));
	EXPECT(!certificate_read(mem, STR_ABSENT, &cert));
}

TEST(dates)
{
	struct certificate cert;
	int64_t now = clock_now_s();

	NEED(certificate_read(mem, make(mem, billing, NULL, -60, 600), &cert));
	EXPECT(certificate_is_current(&cert, now) && !certificate_is_current(&cert, now - 120) && !certificate_is_current(&cert, now + 700));
}
