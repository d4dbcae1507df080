/* shadow/fields.c - header fields, and which of them are kept (D1). */
#include "shadow/shadow_int.h"

static const char *const asked[] = { "accept", "accept-language", "authorization", "content-type", "cookie", "dpop",
	"origin", "referer", "x-requested-with" };
static const char *const answered[] = { "allow", "cache-control", "content-type", "expires", "location", "pragma",
	"retry-after", "set-cookie", "vary", "www-authenticate", "x-content-type-options", "x-frame-options",
	"x-xss-protection" };

static bool
is_among(struct str name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq_nocase(name, str_of(names[i])))
			return true;
	return false;
}

bool
field_is_asked(struct str name)
{
	return is_among(name, asked, COUNT(asked));
}

bool
field_is_answered(struct str name)
{
	return is_among(name, answered, COUNT(answered));
}

bool
fields_add(struct arena *mem, struct shadow_fields *f, struct str name, struct str value)
{
	if (f->n == f->room) {
		size_t room = f->room > 0 ? 2 * f->room : 16;
		struct shadow_field *at =
		    arena_grow(mem, f->at, f->room * sizeof *f->at, room * sizeof *f->at);

		if (at == NULL)
			return false;
		f->at = at;
		f->room = room;
	}
	f->at[f->n++] = (struct shadow_field){ name, value };
	return true;
}

struct str
fields_get(const struct shadow_fields *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (str_eq_nocase(f->at[i].name, str_of(name)))
			return f->at[i].value;
	return STR_ABSENT;
}
