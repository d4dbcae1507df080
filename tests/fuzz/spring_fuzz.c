/* A dump of an old server's tables as JSON: clients, users, approvals and serialized tokens become the lists of an order. */
#include "import/spring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_from(const char *path, bool jwt)
{
	const struct spring_options o = { .issuer = S("old"), .tokens = true, .jwt = jwt };
	struct str why = STR_ABSENT;
	struct spring_plan plan;
	struct row_source s;
	struct arena mem;

	arena_init(&mem, 64u << 20);
	if (!source_open(&mem, str_of(path), STR_ABSENT, &s, &why)) {
		if (!str_given(why))
			abort();
	} else {
		if (spring_plan_begin(&plan, &mem) && !spring_read(&s, &o, &plan, &why) && !str_given(why))
			abort();
		source_close(&s);
	}
	arena_free(&mem);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *f = tmpfile();
	char path[64];

	if (f == NULL || fwrite(data, 1, size, f) != size || fflush(f) != 0)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(f));
	read_from(path, size % 2);
	fclose(f);
	return 0;
}
