/* One key in four forms, as keytool and openssl wrote them; the passwords are known. */
#include "../test.h"
#include "import/keyfile.h"
#include "jose/jose.h"

#define DATA "tests/unit/import/data/"

static struct str
file_read(struct arena *mem, const char *name)
{
	FILE *f = fopen(name, "rb");
	char *p = arena_alloc(mem, 8192);
	size_t n = f != NULL ? fread(p, 1, 8192, f) : 0;

	if (f != NULL)
		fclose(f);
	return str_span(p, n);
}

static struct str
kid(struct arena *mem, const char *name, const char *alias, const char *password)
{
	struct str der, why = STR_ABSENT, out;
	struct key *key;

	if (!keyfile_read(mem, file_read(mem, name), str_of(alias), str_of(password), &der, &why))
		return why;
	key = key_from_der(ALG_RS256, der);
	out = key ? arena_dup(mem, str_of(key->kid)) : S("no key");
	key_free(key);
	return out;
}

TEST(the_same_key_from_every_form)
{
	struct str pem = kid(mem, DATA "key.pem", NULL, NULL);

	EXPECT_INT(pem.n, 43);
	EXPECT_STR(kid(mem, DATA "key-encrypted.pem", NULL, "keypass1"), pem);
	EXPECT_STR(kid(mem, DATA "key.p12", NULL, "keypass1"), pem);
	EXPECT_STR(kid(mem, DATA "key.p12", "Taroco", "keypass1"), pem);
	EXPECT_STR(kid(mem, DATA "key.jks", "taroco", "keypass1"), pem);
	EXPECT(!str_eq(kid(mem, DATA "key.jks", "other", "keypass2"), pem));
}

TEST(what_is_missing_or_wrong_is_said)
{
	EXPECT(str_contains(kid(mem, DATA "key.jks", NULL, "keypass1"), S("--alias")));
	EXPECT(str_contains(kid(mem, DATA "key.jks", "taroco", "keypass2"), S("does not open")));
	EXPECT(str_contains(kid(mem, DATA "key.jks", "nobody", "keypass1"), S("\"nobody\"")));
	EXPECT(str_contains(kid(mem, DATA "key.p12", NULL, "wrong"), S("does not open")));
	EXPECT(str_contains(kid(mem, DATA "key-encrypted.pem", NULL, NULL), S("password")));
	EXPECT(str_contains(kid(mem, DATA "dump-2.3.8.json", NULL, NULL), S("no PEM, PKCS#12 or JKS")));
}

static struct str
shape(struct arena *mem, struct str text)
{
	struct str der, why = STR_ABSENT;

	return keyfile_read(mem, text, STR_ABSENT, STR_ABSENT, &der, &why) ? S("a key") : why;
}

TEST(what_is_no_key_file_is_told_what_to_do)
{
	struct str pem = file_read(mem, DATA "key.pem"), rest = pem, body = S(""), line, first = S(""), last = S("");

	while (str_given(rest)) {
		line = str_trim(str_cut(&rest, '\n'));
		if (!str_starts(line, S("-----")))
			body = ARENA_CAT(mem, body, line);
		else if (first.n == 0)
			first = line;
		else if (line.n > 0)
			last = line;
	}
	EXPECT(str_contains(shape(mem, ARENA_CAT(mem, first, body, last)), S("on one line")));
	EXPECT(str_contains(shape(mem, ARENA_CAT(mem, first, S("\\n"), body, S("\\n"), last, S("\n"))), S("on one line")));
	EXPECT(str_contains(shape(mem, ARENA_CAT(mem, first, S(" "), body, S(" "), last)), S("on one line")));
	EXPECT(str_contains(shape(mem, body), S("without its PEM lines")));
	EXPECT(str_contains(shape(mem, S("internal_secret_key\n")), S("shared secret (HMAC")));
	EXPECT(str_contains(shape(mem, S("{\"kty\":\"oct\",\"k\":\"AAAA\"}")), S("shared secret (HMAC")));
	EXPECT(str_contains(shape(mem, S("{\"kty\":\"RSA\",\"n\":\"AAAA\"}")), S("JWK")));
	EXPECT(str_contains(shape(mem, S("-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n")), S("public key")));
	EXPECT_STR(shape(mem, pem), S("a key"));
}

TEST(a_cut_store_is_refused)
{
	struct str all = file_read(mem, DATA "key.jks");
	struct jks_entry e[4];

	EXPECT_INT(jks_entries(all, e, 4), 2);
	for (size_t n = 0; n + 20 < all.n; n++)         /* the last 20 bytes are a digest under the store's password, which nobody needs */
		EXPECT(jks_entries(str_sub(all, 0, n), e, 4) == -1);
}
