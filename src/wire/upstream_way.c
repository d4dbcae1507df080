/* wire/upstream_way.c - the cookie that a browser carries while a login is under way at an identity provider. */
#include "wire/wire_int.h"

#define STEM "-way-"

struct str
upstream_way_cookie(const struct exchange *x, struct str suffix)
{
	return ARENA_CAT(x->q->mem, cookie_name(x, STEM), suffix);
}

static void
put(struct exchange *x, struct http_reply *r, struct str name, struct str value)
{
	http_reply_header(r, "Set-Cookie",
	    cookie_set(x->q->mem, name, value, cookie_path(x), x->mount->secure, value.n > 0 ? LOGIN_WAY_TTL_S : 0));
}

/* A browser sends those first that it was given first: RFC 6265 section 5.4. */
static void
oldest_go(struct exchange *x, struct http_reply *r, struct str kept)
{
	struct str cookies = http_header(x->q, "Cookie"), rest = cookies, stem = cookie_name(x, STEM), name, value;
	size_t n = 1;

	while (cookie_next(&rest, &name, &value))
		n += str_starts(name, stem) && !str_eq(name, kept);
	for (rest = cookies; n > LOGIN_WAYS_MAX && cookie_next(&rest, &name, &value);)
		if (str_starts(name, stem) && !str_eq(name, kept)) {
			put(x, r, name, S(""));
			n--;
		}
}

void
upstream_put_way(struct exchange *x, struct http_reply *r)
{
	struct str suffix = login_way_suffix(x->q->mem, x->c.set_way.state), name;

	if (!str_given(suffix) || !str_given(x->c.set_way.value))
		return;
	name = upstream_way_cookie(x, suffix);
	put(x, r, name, x->c.set_way.value);
	if (x->c.set_way.value.n > 0)
		oldest_go(x, r, name);
}
