/* tests/unit/jose/public_key_test.c - public keys of files: PEM or base64 alone, of RSA, and what they verify. */
#include "../test.h"
#include "jose/jose.h"
#include "jose/public_key.h"

TEST(a_public_key_is_pem_or_base64)
{
	struct key *own = key_generate(ALG_RS256), *other = key_generate(ALG_RS256), *ec = key_generate(ALG_ES256);
	struct str texts[] = { key_public_pem(mem, own, false), key_public_pem(mem, own, true) };
	struct str sig = key_sign(mem, own, S("text"));

	for (size_t i = 0; i < COUNT(texts); i++) {
		struct public_key *k = public_key_read(mem, texts[i]);

		NEED(k != NULL);
		EXPECT(public_key_verifies(k, S("text"), sig));
		EXPECT(!public_key_verifies(k, S("texts"), sig) && !public_key_verifies(k, S("text"), S("")));
		EXPECT(!public_key_verifies(k, S("text"), str_sub(sig, 0, sig.n - 1)));
		EXPECT(!public_key_verifies(k, S("text"), key_sign(mem, other, S("text"))));
		public_key_free(k);
	}
	EXPECT(public_key_read(mem, key_public_pem(mem, ec, false)) == NULL);
	EXPECT(public_key_read(mem, S("")) == NULL && public_key_read(mem, S("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----")) == NULL);
	EXPECT(public_key_read(mem, S("AAAA")) == NULL && public_key_read(mem, S("no base64!")) == NULL);
	key_free(own);
	key_free(other);
	key_free(ec);
}
