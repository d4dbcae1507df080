/* tests/fuzz/json_fuzz.c - any bytes as JSON, alike by our reader and by jansson; and as a string that our writer prints: the strict
 * reader takes it back. */
#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The writer's string is valid JSON for every input; it reads back the same when it was UTF-8 without NUL. */
static void
try_writer(struct arena *mem, struct str in)
{
	json_t *back;
	struct buf b;

	buf_init(&b, mem, 6 * in.n + 16);
	buf_json(&b, in);
	if (b.full || !str_utf8(buf_str(&b)))
		abort();
	if (b.n > JSON_READ_MAX || str_index(in, '\0') >= 0)
		return;
	back = json_read(mem, buf_str(&b));
	if (!json_is_string(back))
		abort();
	if (str_utf8(in) && !str_eq(str_span(json_string_value(back), json_string_length(back)), in))
		abort();
}

/* What is read without jansson's lexer is what jansson makes of it. */
static void
try_plain(struct str in, const json_t *read)
{
	json_t *theirs = json_loadb(in.p, in.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);

	if (read != NULL && !json_equal(read, theirs))
		abort();
	json_decref(theirs);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_span(data, size);
	struct arena mem;
	int64_t n;
	json_t *json;

	arena_init(&mem, 64 * size + 64 * 1024);
	json = json_read(&mem, in);
	if (json != NULL && (in.n > JSON_READ_MAX || !str_utf8(in)))
		abort();
	try_plain(in, json);
	json_member_str(json, "a");
	json_member_int(json, "a", &n);
	try_writer(&mem, in);
	arena_free(&mem);
	return 0;
}
