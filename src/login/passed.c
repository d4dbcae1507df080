/* login/passed.c - the file in which a process passes on what it remembers: parts, each behind its name and length. */
#include "login/passed.h"

struct head { char name[PASSED_NAME]; uint64_t n; };

bool
pass_part(int fd, const char *name, struct str a, struct str b)
{
	struct head h = { .n = a.n + b.n };

	snprintf(h.name, sizeof h.name, "%s", name);
	return file_write_all(fd, (const char *)&h, sizeof h) && file_write_all(fd, a.p, a.n)
	    && file_write_all(fd, b.p, b.n);
}

struct str
passed_part(struct str all, const char *name)
{
	struct head h;

	while (str_given(all) && all.n >= sizeof h) {
		memcpy(&h, all.p, sizeof h);
		h.name[sizeof h.name - 1] = '\0';
		all = str_from(all, sizeof h);
		if (h.n > all.n)
			break;
		if (strcmp(h.name, name) == 0)
			return str_sub(all, 0, (size_t)h.n);
		all = str_from(all, (size_t)h.n);
	}
	return STR_ABSENT;
}
