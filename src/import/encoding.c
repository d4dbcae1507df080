/* import/encoding.c - a password or a secret as an old table has it, as an encoding that login/ knows. */
#include <ctype.h>

#include "import/spring.h"
#include "login/login.h"

/* Hexadecimal digits, or base64, of as many bytes as a common digest has. */
static bool
looks_like_digest(struct str s)
{
	static const size_t hex[] = { 32, 40, 56, 64, 96, 128 }, base64[] = { 24, 28, 44, 64, 88 };
	size_t digits = 0;
	bool is_hex = false, is_base64 = false;

	for (size_t i = 0; i < s.n; i++)
		digits += isxdigit((unsigned char)s.p[i]) != 0;
	for (size_t i = 0; i < COUNT(hex); i++)
		is_hex = is_hex || (digits == s.n && s.n == hex[i]);
	for (size_t i = 0; i < COUNT(base64); i++)
		is_base64 = is_base64 || (s.n == base64[i] && s.n % 3 != 0 && str_ends(s, S("=")));
	return is_hex || is_base64;
}

struct str
encoded_read(struct spring *x, struct str stored, struct str wanted, const struct salting *with,
    bool digests_too, bool *clear)
{
	struct str prefix = password_prefix(stored), made;

	*clear = str_is(prefix, "noop") || str_is(prefix, "plain");
	if (*clear)
		return str_from(stored, prefix.n + 2);
	if (str_given(password_encoding(stored)))
		return stored;
	if (str_given(prefix) || !str_given(wanted))
		return STR_ABSENT;
	if (str_is(wanted, "noop")) {
		*clear = digests_too || !looks_like_digest(stored);
		return *clear ? stored : STR_ABSENT;
	}
	if (str_index(wanted, ':') >= 0)
		made = with != NULL ? password_salted(x->mem, wanted, stored, with->name, with->salt) : STR_ABSENT;
	else
		made = ARENA_CAT(x->mem, S("{"), wanted, S("}"), stored);
	return str_given(password_encoding(made)) ? made : STR_ABSENT;
}
