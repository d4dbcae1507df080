/* What was said of a token is said again to the same client, until it is too old or the token has expired. S12. */
#include <unistd.h>

#include "oauth/facts_book.h"
#include "../test.h"

static bool
is_told(struct facts_book *b, struct arena *mem, const char *issuer, const char *client, const char *token, int64_t now_s)
{
	struct str said = facts_book_find(b, mem, &(struct facts_key){ str_of(issuer), S("introspect"), str_of(client), str_of(token) }, now_s);

	return str_is(said, "{}");
}

TEST(it_is_told_to_the_same_client_only)
{
	struct facts_book *b = facts_book_new(60000);

	NEED(b != NULL);
	facts_book_put(b, &(struct facts_key){ S("i"), S("introspect"), S("c"), S("t") }, 100, S("{}"));
	EXPECT(is_told(b, mem, "i", "c", "t", 99));
	EXPECT(!is_told(b, mem, "j", "c", "t", 99) && !is_told(b, mem, "i", "d", "t", 99) && !is_told(b, mem, "i", "c", "u", 99));
	EXPECT(!str_given(facts_book_find(b, mem, &(struct facts_key){ S("i"), S("check_token"), S("c"), S("t") }, 99)));
	EXPECT(!is_told(b, mem, "i", "c", "t", 100));           /* it has expired */
	EXPECT(!is_told(NULL, mem, "i", "c", "t", 99));
	facts_book_free(b);
}

TEST(what_is_too_old_is_not_told)
{
	struct facts_book *b = facts_book_new(0);

	NEED(b != NULL);
	facts_book_put(b, &(struct facts_key){ S("i"), S("introspect"), S("c"), S("t") }, 0, S("{}"));
	usleep(2000);
	EXPECT(!is_told(b, mem, "i", "c", "t", 99));
	facts_book_free(b);
}

/* More tokens than there are places, and texts that are too long: memory stays bounded. */
TEST(a_place_is_taken_by_who_comes_later)
{
	struct facts_book *b = facts_book_new(60000);
	static char large[FACTS_TEXT_MAX + 1];
	int told = 0;

	NEED(b != NULL);
	for (int i = 0; i < 2 * FACTS_BOOK_MAX; i++)
		facts_book_put(b, &(struct facts_key){ S("i"), S("introspect"), S("c"), arena_printf(mem, "%d", i) }, 0, S("{}"));
	for (int i = 0; i < 2 * FACTS_BOOK_MAX; i++)
		told += str_is(facts_book_find(b, mem, &(struct facts_key){ S("i"), S("introspect"), S("c"), arena_printf(mem, "%d", i) }, 1), "{}");
	EXPECT(told > FACTS_BOOK_MAX / 2 && told <= FACTS_BOOK_MAX);
	memset(large, 'x', sizeof large);
	facts_book_put(b, &(struct facts_key){ S("i"), S("introspect"), S("c"), S("large") }, 0, str_span(large, sizeof large));
	EXPECT(!str_given(facts_book_find(b, mem, &(struct facts_key){ S("i"), S("introspect"), S("c"), S("large") }, 1)));
	facts_book_free(b);
}
