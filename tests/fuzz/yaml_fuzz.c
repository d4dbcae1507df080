/* tests/fuzz/yaml_fuzz.c - any bytes as a settings file: accepted and shown, or refused with a complaint. */
#include "conf/conf.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str why = STR_ABSENT;
	struct arena mem;
	struct conf *c;

	arena_init(&mem, 64 * 1024 * 1024);
	c = conf_parse(S("fuzz.yaml"), str_span(data, size), NULL, &why, &mem);
	if (c != NULL ? !str_given(conf_show(c, &mem)) : str_empty(why))
		abort();
	conf_free(c);
	arena_free(&mem);
	return 0;
}
