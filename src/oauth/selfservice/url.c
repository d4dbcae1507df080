/* oauth/selfservice/url.c - where a proof leads: the page it was asked on, by the URL of the issuer (U5). */
#include "oauth/selfservice/selfservice.h"

static struct str
path_of_self(const struct call *c)
{
	ptrdiff_t mark = str_index(c->self, '?');

	return mark >= 0 ? str_sub(c->self, 0, (size_t)mark) : c->self;
}

struct str
self_url(const struct call *c, struct str handle, struct str code)
{
	bool with_request = !str_given(code) && !str_empty(c->arg[P_SAVED_REQUEST]);

	return ARENA_CAT(c->mem, path_of_self(c), S("?proof="), handle, str_given(code) ? S("&proof_code=") : S(""), code,
	    with_request ? S("&saved_request=") : S(""), with_request ? c->arg[P_SAVED_REQUEST] : S(""));
}
