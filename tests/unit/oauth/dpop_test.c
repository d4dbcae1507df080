/* tests/unit/oauth/dpop_test.c - addresses and nonces of proofs. RFC 9449 sections 4.3, 8; RFC 3986 section 6.2. */
#include "oauth/dpop.h"
#include "world.h"

TEST(addresses_are_compared_as_rfc_3986_says)
{
	static const struct { const char *a, *b; bool same; } pairs[] = {
		{ "https://id.example/token", "https://id.example/token", true },
		{ "HTTPS://ID.Example/token", "https://id.example/token", true },
		{ "https://id.example:443/token", "https://id.example/token", true },
		{ "http://id.example:80/token", "http://id.example/token", true },
		{ "https://id.example", "https://id.example/", true },
		{ "https://id.example/token?a=1", "https://id.example/token#b", true },
		{ "https://id.example/%74%6fken", "https://id.example/token", true },
		{ "https://id.example/a%2fb", "https://id.example/a%2Fb", true },
		{ "https://id.example/%7Ea", "https://id.example/~a", true },
		{ "https://id.example/a/./b/../token", "https://id.example/a/token", true },
		{ "https://id.example/../../token", "https://id.example/token", true },
		{ "https://id.example/a/..", "https://id.example/", true },
		{ "https://id.example/a/.", "https://id.example/a/", true },
		{ "https://id.example/token", "https://id.example/token/", false },
		{ "https://id.example/token", "https://id.example//token", false },
		{ "https://id.example/token", "https://id.example/Token", false },
		{ "https://id.example/a%2Fb", "https://id.example/a/b", false },
		{ "https://id.example/token", "http://id.example/token", false },
		{ "https://id.example/token", "https://id.example:444/token", false },
		{ "https://id.example/token", "https://id.example.evil/token", false },
		{ "https://id.example/%zz", "https://id.example/%zz", false },
		{ "https://id.example/%2", "https://id.example/%2", false },
		{ "https://u@id.example/token", "https://u@id.example/token", false },
		{ "/token", "/token", false },
		{ "urn:x:y", "urn:x:y", false },
		{ "", "", false },
	};

	for (size_t i = 0; i < COUNT(pairs); i++) {
		EXPECT_INT(dpop_same_url(mem, str_of(pairs[i].a), str_of(pairs[i].b)), pairs[i].same);
		EXPECT_INT(dpop_same_url(mem, str_of(pairs[i].b), str_of(pairs[i].a)), pairs[i].same);
	}
}

TEST(a_thumbprint_is_43_characters)
{
	EXPECT(dpop_is_thumbprint(S("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")));
	EXPECT(!dpop_is_thumbprint(S("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4")));
	EXPECT(!dpop_is_thumbprint(S("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4II")));
	EXPECT(!dpop_is_thumbprint(S("0ZcOCORZNYy+DWpqq30jZyJGHTN0d2HglBV3uiguA4I")));
	EXPECT(!dpop_is_thumbprint(S("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA\"I")));
	EXPECT(!dpop_is_thumbprint(S("")));
}

TEST(a_nonce_is_of_its_time_and_issuer)
{
	struct world *w = world_new();
	struct call c = call_at(w, &w->modern, mem), later = c;
	struct str nonce = dpop_nonce_new(&c);

	EXPECT_INT(nonce.n, 32);
	EXPECT_STR(nonce, dpop_nonce_new(&c));          /* stateless: whichever node is asked in that moment */
	later.now_ms++;
	EXPECT(!str_eq(nonce, dpop_nonce_new(&later)));
	later = call_at(w, &w->legacy, mem);
	later.now_ms = c.now_ms;
	EXPECT(!str_eq(nonce, dpop_nonce_new(&later)));
	world_free(w);
}
