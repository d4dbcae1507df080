/* wire/custom/show.c - a dialect printed as an item of the section `dialects`: what another one can be started from. */
#include "wire/custom/custom.h"

#define SHOW_MAX (256 * 1024)

struct str
wire_show(const struct wire *w, struct arena *mem)
{
	const struct wire *base = w->based_on ? wire_named(str_of(w->based_on)) : NULL;
	struct buf b;

	buf_init(&b, mem, SHOW_MAX);
	buf_printf(&b, "dialects:\n  %s%s:\n    based_on: %s\n", w->based_on ? "" : "my-", w->name,
	    w->based_on ? w->based_on : w->name);
#define CUSTOM(key, type, read, show) show(&b, w, base);
#include "wire/custom/custom.def"
#undef CUSTOM
	return body_of(&b);
}
