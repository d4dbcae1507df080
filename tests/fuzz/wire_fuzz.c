/* tests/fuzz/wire_fuzz.c - any target and method at any dialect: reading never crashes, and the facts of it are whole. */
#include "wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WORD(name_, text_) { .kind = TREE_TEXT, .name = { name_, sizeof(name_) - 1 }, .text = { text_, sizeof(text_) - 1 } }

/* One with names and paths of its own. */
static const struct wire *
own(struct arena *mem)
{
	static const struct tree path[] = { WORD("token", "/t"), WORD("sms_code", "/x/*"), WORD("token.sms", "/t/sms") };
	static const struct tree name[] = { WORD("grant_type", "type"), WORD("scope", "s"), WORD("sms.phone", "tel"), WORD("code", "none") }, grant[] = { WORD("sms", "SMS") };
	static const struct tree paths = { .kind = TREE_MAP, .at = path, .n = COUNT(path) }, names = { .kind = TREE_MAP, .at = name, .n = COUNT(name) };
	static const struct tree grants_map = { .kind = TREE_MAP, .at = grant, .n = COUNT(grant) };
	struct wire_spec spec = { .name = S("own"), .based_on = S("zlt"), .paths = &paths, .parameters = &names, .grants = &grants_map, .scope_separator = S(",") };
	const struct wire *w;
	struct findings f;

	findings_init(&f, mem);
	w = wire_derive(&spec, mem, &f);
	if (w == NULL)
		abort();
	return w;
}

/* Made once: which languages there are is asked of it. */
static const struct page_set *
pages(void)
{
	static struct page_set *set;
	static struct arena mem;
	struct str why;

	if (set == NULL) {
		arena_init(&mem, 16 * 1024 * 1024);
		set = page_set_load(STR_ABSENT, NULL, 0, &mem, &why);
	}
	if (set == NULL)
		abort();
	return set;
}

/* First byte: the dialect; second: the method; the rest: the target, cut at '?' as the transport does. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy policy;
	struct style style;
	struct issuer issuer = { .name = S("i"), .url = S("https://id.example"), .policy = &policy };
	struct services svc = { 0 };
	struct mount t = { .issuer = &issuer, .prefix = S(""), .secure = true, .pages = pages() };
	struct wire_facts facts;
	struct http_req q = { 0 };
	struct exchange *x;
	struct arena mem;
	size_t n = 0;

	if (size < 3)
		return 0;
	while (wires[n] != NULL)
		n++;
	arena_init(&mem, 1024 * 1024);
	t.wire = data[0] % (n + 1) < n ? wires[data[0] % (n + 1)] : own(&mem);
	wire_defaults(t.wire, &policy, &style);
	t.style = style;
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
