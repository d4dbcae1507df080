/* What is remembered of documents of other servers. */
#include "../test.h"
#include "outbound/document.h"

TEST(nothing_is_remembered_of_what_did_not_come)
{
	struct documents *d = documents_new(2);
	const struct outbound_rules r = { .stranger = true, .connect_ms = 500, .total_ms = 500 };
	struct str body;

	NEED(d);
	EXPECT(document_get(d, mem, &r, S("https://127.0.0.1:1/keys"), 1000, 5000, &body) != NULL);
	EXPECT(document_get(d, mem, &r, S("nothing"), 1000, 5000, &body) != NULL);
	EXPECT(!document_kept(d, mem, S("https://127.0.0.1:1/keys"), 1000, 5000, &body));
	documents_free(d);
	documents_free(NULL);
}
