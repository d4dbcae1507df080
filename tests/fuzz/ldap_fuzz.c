/* tests/fuzz/ldap_fuzz.c - names for a search filter, and the attributes of a directory's entry. */
#include <stdint.h>

#include "login/ldap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct claim_map_row rows[] = { { "family_name", NULL, false, "n" }, { "address", "locality", false, "d" },
		{ "groups", NULL, true, "g" }, { "birthdate", NULL, false, "i" } };
	const struct directory d = { .bind = (enum directory_bind)(size % 3), .domain = S("x"), .name_attr = "n", .display_name_attr = "d", .mail_attr = "m",
		.phone_attr = "", .number_attr = "i", .group_attr = "g", .authority_prefix = S("ROLE_"), .authorities = S("ROLE_USER"),
		.claims = { rows, COUNT(rows) } };
	struct str rest = str_span(data, size), values[32], user = S("");
	struct ldap_attribute attrs[] = { { "n", values, 1, true }, { "d", values, 1, true }, { "i", values, 1, true }, { "g", values, 0, true },
		{ "krbPrincipalExpiration", values, 1, true }, { "accountExpires", values, 1, true }, { "objectGUID", values, 1, true } };
	struct directory_person p;
	struct str why;
	struct arena mem;

	arena_init(&mem, 1 << 20);
	while (str_given(rest) && attrs[3].n < COUNT(values))
		values[attrs[3].n++] = str_cut(&rest, '\n');
	if (attrs[3].n == 0)
		values[attrs[3].n++] = S("");
	if (ldap_user_read(&d, values[0], &user) && str_index(ldap_filter_make(&mem, S("{user}{login}"), user, values[0]), '*') >= 0)
		abort();                        /* L5 */
	if (ldap_person_read(&mem, &d, attrs, COUNT(attrs), NULL, &p, &why) && (p.name.n == 0 || !str_utf8(p.name) || !str_utf8(p.claims)))
		abort();
	if (!str_given(ldap_name_folded(&mem, values[0])) && values[0].n > 0)
		abort();
	arena_free(&mem);
	return 0;
}
