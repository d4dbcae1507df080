/* What a reader of an old server's tables makes of a JSON dump. */
#include <unistd.h>

#include "rows.h"

bool
rows_read(struct arena *mem, const char *json, rows_reader *read, const struct spring_options *o, struct spring_plan *plan, struct str *why)
{
	char path[] = "/tmp/hufu-spring-XXXXXX";
	int fd = mkstemp(path);
	struct row_source s;
	bool ok = fd >= 0 && write(fd, json, strlen(json)) == (ssize_t)strlen(json) && source_open(mem, str_of(path), STR_ABSENT, &s, why);

	if (ok) {
		ok = read(&s, o, plan, why);
		source_close(&s);
	}
	if (fd >= 0)
		close(fd);
	unlink(path);
	return ok;
}

bool
rows_refused(struct arena *mem, const char *json, rows_reader *read, const char *sentence)
{
	struct spring_options o = { 0 };
	struct str why = STR_ABSENT;
	struct spring_plan p;

	return !rows_read(mem, json, read, &o, &p, &why) && str_is(why, sentence);
}

bool
rows_say(const struct spring_plan *p, enum finding f, const char *of, const char *value)
{
	const json_t *one;
	size_t i;

	json_array_foreach(p->findings, i, one)
		if (json_integer_value(json_object_get(one, "finding")) == (int)f && str_is(json_member_str(one, "of"), of)
		    && str_is(json_member_str(one, "value"), value))
			return true;
	return false;
}

struct str
rows_text(const json_t *v)
{
	static char text[4096];
	size_t n = json_dumpb(v, text, sizeof text, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);

	return str_span(text, n < sizeof text ? n : 0);
}
