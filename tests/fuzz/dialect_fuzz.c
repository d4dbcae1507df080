/* tests/fuzz/dialect_fuzz.c - any bytes as a settings file with dialects: refused with a complaint, or taken; and what is shown of one is taken again, the same. */
#include "setup/setup.h"

static void
again(struct arena *mem, struct str name, struct str yaml)
{
	struct str why = STR_ABSENT;
	struct conf *c = conf_parse(S("shown.yaml"), yaml, NULL, &why, mem);
	const struct wire *w = c != NULL ? setup_dialect(c, name, mem, &why) : NULL;

	if (w == NULL || !str_eq(wire_show(w, mem), yaml))
		abort();
	conf_free(c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str why = STR_ABSENT;
	const struct str *names;
	struct arena mem;
	struct conf *c;
	size_t n;

	arena_init(&mem, 256 * 1024 * 1024);
	c = conf_parse(S("fuzz.yaml"), str_span(data, size), NULL, &why, &mem);
	n = c != NULL ? conf_names(c, SEC_DIALECT, &names) : 0;
	for (size_t i = 0; i < n && i < 8; i++) {
		const struct wire *w;

		why = STR_ABSENT;
		w = setup_dialect(c, names[i], &mem, &why);
		if (w != NULL)
			again(&mem, names[i], wire_show(w, &mem));
		else if (str_empty(why))
			abort();
	}
	conf_free(c);
	arena_free(&mem);
	return 0;
}
