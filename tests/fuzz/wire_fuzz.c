/* tests/fuzz/wire_fuzz.c - any target and method at any dialect: reading never crashes, and the facts of it are whole. */
#include "wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* First byte: the dialect; second: the method; the rest: the target, cut at '?' as the transport does. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy law;
	struct knobs knobs;
	struct issuer issuer = { .name = S("i"), .url = S("https://id.example"), .law = &law };
	struct services svc = { 0 };
	struct tongue t = { .issuer = &issuer, .prefix = S(""), .secure = true };
	struct wire_facts facts;
	struct http_req q = { 0 };
	struct exchange *x;
	struct arena mem;
	size_t n = 0;

	if (size < 3)
		return 0;
	while (wires[n] != NULL)
		n++;
	t.wire = wires[data[0] % n];
	wire_defaults(t.wire, &law, &knobs);
	t.knobs = knobs;
	arena_init(&mem, 512 * 1024);
	q = (struct http_req){ .mem = &mem, .method = (enum http_method)(data[1] % (M_OTHER + 1)), .method_name = S("M"), .peer = S("192.0.2.1") };
	q.path = str_span(data + 2, size - 2);
	if (str_index(q.path, '?') >= 0) {
		q.query = str_from(q.path, (size_t)str_index(q.path, '?') + 1);
		q.path = str_sub(q.path, 0, (size_t)str_index(q.path, '?'));
	}
	x = wire_begin(&t, &svc, &q, q.path);
	if (x != NULL) {
		wire_facts(x, &facts);
		if (facts.endpoint == NULL || facts.grant == NULL)
			abort();
	}
	arena_free(&mem);
	return 0;
}
