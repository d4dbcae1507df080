/*
 * A JSON schema on the first line, authorization details on the others: whatever is read is written and read again as it
 * was, is within itself, has a word to be remembered by, and is judged without trouble.
 */
#include "base/json_schema.h"
#include "oauth/details.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
look(struct arena *mem, const json_t *schema, const json_t *detail)
{
	static const struct detail_type type = { .type = { "x", 1 }, .resources = { "https://a.example b", 19 } };
	struct str word = detail_word(mem, detail), at;
	const char *wrong;

	if (!detail_is_within(detail, detail) || word.n == 0 || str_index(word, ' ') >= 0)
		abort();
	(void)detail_concerns(&type, detail, S("https://a.example"));
	if (schema == NULL || json_schema_wrong(mem, schema, &at) != NULL)
		return;
	wrong = json_schema_judge(mem, schema, detail, "type", &at);
	if (wrong == NULL ? at.n > 0 : *wrong == '\0')
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = str_span(data, size), first = str_cut(&rest, '\n'), text;
	struct arena mem;
	json_t *schema, *all, *one;
	size_t i;

	arena_init(&mem, 16u << 20);
	schema = json_read(&mem, first);
	all = str_given(rest) ? details_read(&mem, rest) : NULL;
	json_array_foreach(all, i, one)
		look(&mem, schema, one);
	if (all != NULL && str_given(text = details_text(&mem, all)) && json_array_size(details_read(&mem, text)) != json_array_size(all))
		abort();
	arena_free(&mem);
	return 0;
}
