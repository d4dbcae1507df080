/*
 * The parameter `claims`: what is kept of it is read again, is kept whole the second time, asks for nothing that its
 * scopes do not open, and is within its bound.
 */
#include "oauth/claims_asked.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
look(struct arena *mem, const json_t *asked, struct str scopes)
{
	const struct own_claim own[] = {
		{ S("department"), S("department"), S("email"), OWN_IN_USERINFO },
		{ S("level"), S("level"), S(""), OWN_IN_ID_TOKEN }, { .claim = STR_ABSENT },
	};
	const struct policy policy = { .token.own_claims = own };
	struct authorization a = { .scope = S("openid") };
	struct authorization_extra x = { .sid = STR_ABSENT };
	const json_t *again;
	struct str told;

	x.claims = claims_asked_within(mem, &policy, asked, scopes, false);
	if (!str_given(x.claims))
		return;
	again = claims_asked_read(mem, x.claims);
	if (x.claims.n > CLAIMS_ASKED_MAX || again == NULL || !str_eq(claims_asked_within(mem, &policy, again, scopes, false), x.claims))
		abort();
	if (!authorization_extra_set(mem, &a, &x))
		abort();
	for (told = claims_asked_scopes(mem, &policy, &a); !str_empty(told);)
		if (!str_has_word(scopes, str_cut(&told, ' '), ' '))
			abort();
	claim_value_fits(json_object_get(claims_asked_of(mem, &a, CLAIMS_ID_TOKEN), "acr"), S("1"));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena mem;
	const json_t *asked;

	arena_init(&mem, 16u << 20);
	asked = claims_asked_read(&mem, str_span(data, size));
	if (asked != NULL) {
		look(&mem, asked, S("openid email"));
		look(&mem, asked, S(""));
	}
	arena_free(&mem);
	return 0;
}
