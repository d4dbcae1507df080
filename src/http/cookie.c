/* http/cookie.c - cookies (RFC 6265 sections 4.1 and 4.2). */
#include "http/http.h"

bool
cookie_next(struct str *rest, struct str *name, struct str *value)
{
	struct str v;

	if (!str_given(*rest))
		return false;
	v = str_trim(str_cut(rest, ';'));
	*name = str_trim(str_cut(&v, '='));
	if (str_given(v))
		v = str_trim(v);
	if (v.n >= 2 && v.p[0] == '"' && v.p[v.n - 1] == '"')
		v = str_sub(v, 1, v.n - 2);
	*value = v;
	return true;
}

struct str
cookie_get(struct str header, struct str name)
{
	struct str rest = header, key, value;

	while (cookie_next(&rest, &key, &value))
		if (str_given(value) && str_eq(key, name))
			return value;
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
