/* What the reader of the library's tables makes of a JSON dump. */
#include "../test.h"
#include "plan.h"
#include "rows.h"

bool
read_text(struct arena *mem, const char *json, struct spring_options o, struct spring_plan *plan, struct str *why)
{
	return rows_read(mem, json, spring_read, &o, plan, why);
}

bool
says(const struct spring_plan *p, enum finding f, const char *of, const char *value)
{
	return rows_say(p, f, of, value);
}

const char *
text_of(const json_t *v)
{
	static char text[8192];
	struct str s = rows_text(v);

	snprintf(text, sizeof text, "%.*s", STR_ARG(s));
	return text;
}
