/* http/cookie.c - cookies (RFC 6265 sections 4.1 and 4.2). */
#include "http/http.h"

struct str
cookie_get(struct str header, struct str name)
{
	struct str rest = header;

	while (str_given(rest)) {
		struct str value = str_trim(str_cut(&rest, ';')), key = str_cut(&value, '=');

		if (!str_given(value) || !str_eq(str_trim(key), name))
			continue;
		value = str_trim(value);
		if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
			value = str_sub(value, 1, value.n - 2);
		return value;
	}
	return STR_ABSENT;
}

/* Scripts may read it, of a page that a stranger frames too; without TLS browsers take no SameSite=None. */
struct str
cookie_set_open(struct arena *mem, struct str name, struct str value, struct str path, bool secure)
{
	return ARENA_CAT(mem, name, S("="), value, S("; Path="), str_empty(path) ? S("/") : path,
	    value.n == 0 ? S("; Max-Age=0") : S(""), secure ? S("; SameSite=None; Secure") : S("; SameSite=Lax"));
}

struct str
cookie_set(struct arena *mem, struct str name, struct str value, struct str path, bool secure, int64_t max_age_s)
{
	struct str age = S("");

	if (max_age_s >= 0)
		age = arena_printf(mem, "; Max-Age=%lld", (long long)max_age_s);
	return ARENA_CAT(mem, name, S("="), value, S("; Path="), str_empty(path) ? S("/") : path, age,
	    S("; HttpOnly; SameSite=Lax"), secure ? S("; Secure") : S(""));
}
