/* wire/cookie.c - what the cookies of an issuer are called, and where they go. RFC 6265. */
#include "wire/wire_int.h"

/* The issuer's name is in it because cookies do not tell ports apart; prefixes: RFC 6265bis section 4.1.3. */
struct str
cookie_name(const struct exchange *x, const char *what)
{
	struct str guard = S("");

	if (x->mount->secure)
		guard = str_empty(x->mount->prefix) ? S("__Host-") : S("__Secure-");
	return ARENA_CAT(x->q->mem, guard, S("hufu-"), x->mount->issuer->name, str_of(what));
}

struct str
cookie_path(const struct exchange *x)
{
	return str_empty(x->mount->prefix) || x->mount->elsewhere ? S("/") : x->mount->prefix;
}
