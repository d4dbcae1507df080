/* tests/unit/login/sealed_test.c - client secrets that are kept to be read again. */
#include "../test.h"
#include "login/sealed.h"

static const uint8_t key[32] = { 1 }, other[32] = { 2 };

TEST(opens_for_its_client_under_its_key_alone)
{
	struct str sealed = secret_seal(mem, key, S("main"), S("app"), S("the secret")), text;

	NEED(secret_is_sealed(sealed));
	EXPECT(!str_contains(sealed, S("secret")));
	EXPECT(secret_unseal(mem, key, S("main"), S("app"), sealed, &text) && str_is(text, "the secret"));
	EXPECT(!secret_unseal(mem, other, S("main"), S("app"), sealed, &text));
	EXPECT(!secret_unseal(mem, NULL, S("main"), S("app"), sealed, &text));
	EXPECT(!secret_unseal(mem, key, S("mai"), S("napp"), sealed, &text));
	EXPECT(!secret_unseal(mem, key, S("main"), S("ap"), sealed, &text));
	EXPECT(!secret_unseal(mem, key, S("main"), S("app"), str_sub(sealed, 0, sealed.n - 2), &text));
	EXPECT(!secret_unseal(mem, key, S("main"), S("app"), S("{sealed}"), &text));
	EXPECT(!secret_unseal(mem, key, S("main"), S("app"), S("{noop}the secret"), &text));
}

TEST(is_verified_in_either_form)
{
	struct str sealed = secret_seal(mem, key, S("main"), S("app"), S("the secret"));

	EXPECT_INT(client_secret_holds(mem, key, S("main"), S("app"), sealed, S("the secret")), PASSWORD_OK);
	EXPECT_INT(client_secret_holds(mem, key, S("main"), S("app"), sealed, S("the secreT")), PASSWORD_WRONG);
	EXPECT_INT(client_secret_holds(mem, other, S("main"), S("app"), sealed, S("the secret")), PASSWORD_UNKNOWN_ENCODING);
	EXPECT(client_secret_holds(mem, key, S("main"), S("app"), S("{noop}plain"), S("plain")) != PASSWORD_WRONG);
	EXPECT_INT(client_secret_holds(mem, key, S("main"), S("app"), S("{noop}plain"), sealed), PASSWORD_WRONG);
	EXPECT_INT(password_verify(mem, sealed, S("the secret")), PASSWORD_UNKNOWN_ENCODING);
}
