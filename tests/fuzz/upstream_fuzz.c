/* tests/fuzz/upstream_fuzz.c - what an identity provider may answer: read, an error looked for, values taken by templates. */
#include <stdint.h>

#include "upstream/upstream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
take_all(struct arena *mem, const struct upstream_kind *k, const json_t *known)
{
	struct str some[8];
	const char *all[] = { k->subject, k->person, k->email, k->email_verified, k->phone, k->shown };

	for (size_t i = 0; i < COUNT(all); i++) {
		struct str s = upstream_fill(mem, known, all[i]);

		if (s.n > 8192)
			abort();
	}
	if (upstream_values(mem, known, S("groups|id.groups|user.groups"), some, COUNT(some)) > COUNT(some))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (const struct upstream_kind *k = upstream_kinds; k->name != NULL; k++) {
		struct outbound_answer a = { .status = 200, .body = str_span(data, size) };
		struct arena mem;
		json_t *known, *answer = NULL;
		struct str why;

		arena_init(&mem, 1 << 20);
		known = json_object();
		for (size_t i = 0; i < UPSTREAM_STEPS_MAX && k->steps[i].name != NULL; i++) {
			enum upstream_result r = upstream_answer(&mem, &k->steps[i], &a, &answer, &why);

			if (r == UPSTREAM_OK)
				json_object_set(known, k->steps[i].name, answer);
			else if (!str_given(why))
				abort();
			if (r == UPSTREAM_OK && k->steps[i].vouched != NULL) {
				struct str part = upstream_part(a.body, str_of(k->steps[i].vouched));

				if (json_is_object(json_object_get(answer, k->steps[i].vouched)) && str_given(part)
				    && !json_is_object(json_read(&mem, part)))
					abort();        /* what is verified is what is read */
			}
		}
		take_all(&mem, k, known);
		json_decref(known);
		arena_free(&mem);
	}
	return 0;
}
