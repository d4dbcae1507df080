/* A dump of an old server's tables as JSON: clients, users, approvals and tokens become the lists of an order; each reader tries each dump. */
#include "import/authserver.h"
#include "import/identityserver.h"
#include "import/keycloak.h"
#include "import/rageframe.h"
#include "import/spring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef bool reader(struct row_source *, const struct spring_options *, struct spring_plan *, struct str *why);
static reader *const readers[] = { spring_read, authserver_read, identityserver_read, rageframe_read };

static void
read_from(const char *path, reader *read, bool jwt)
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
		if (spring_plan_begin(&plan, &mem) && !read(&s, &o, &plan, &why) && !str_given(why))
			abort();
		source_close(&s);
	}
	arena_free(&mem);
}

/* An export is no table. */
static void
export_from(const char *path)
{
	const struct spring_options o = { .issuer = S("old") };
	struct str why = STR_ABSENT;
	struct spring_plan plan;
	struct arena mem;

	arena_init(&mem, 64u << 20);
	if (!keycloak_read(&mem, str_of(path), STR_ABSENT, &o, &plan, &why) && !str_given(why))
		abort();
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
	for (size_t i = 0; i < COUNT(readers); i++)
		read_from(path, readers[i], size % 2);
	export_from(path);
	fclose(f);
	return 0;
}
