/* tests/unit/base/tree_test.c - small trees: kinds of words, copies, JSON; and the nearest name. */
#include "../test.h"
#include "base/base.h"

TEST(unquoted_words_have_the_kind_that_json_gives_them)
{
	static const struct { const char *word; enum tree_kind kind; } rows[] = {
		{ "", TREE_NULL }, { "~", TREE_NULL }, { "null", TREE_NULL }, { "true", TREE_BOOL }, { "false", TREE_BOOL }, { "True", TREE_TEXT }, { "yes", TREE_TEXT },
		{ "0", TREE_NUMBER }, { "-0", TREE_NUMBER }, { "12", TREE_NUMBER }, { "1.5", TREE_NUMBER }, { "1e9", TREE_NUMBER }, { "-1.25E-3", TREE_NUMBER },
		{ "007", TREE_TEXT }, { "0x10", TREE_TEXT }, { "1.", TREE_TEXT }, { ".5", TREE_TEXT }, { "-", TREE_TEXT }, { "1e", TREE_TEXT }, { "1e+", TREE_TEXT },
		{ "+1", TREE_TEXT }, { "1 ", TREE_TEXT }, { "12ab", TREE_TEXT }, { "ok", TREE_TEXT },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		EXPECT_INT(tree_kind_of_word(str_of(rows[i].word)), rows[i].kind);
}

TEST(a_copy_stands_alone_and_is_written_in_order)
{
	struct arena first;
	const struct tree *copy;
	struct buf b;

	arena_init(&first, 1 << 16);
	{
		struct tree *kids = arena_array(&first, struct tree, 3), *list = arena_array(&first, struct tree, 2);

		list[0] = (struct tree){ .kind = TREE_NUMBER, .text = arena_dup(&first, S("1")) };
		list[1] = (struct tree){ .kind = TREE_TEXT, .text = arena_dup(&first, S("1")) };
		kids[0] = (struct tree){ .kind = TREE_LIST, .name = arena_dup(&first, S("b")), .at = list, .n = 2 };
		kids[1] = (struct tree){ .kind = TREE_TEXT, .name = arena_dup(&first, S("a\"")), .text = arena_dup(&first, S("</\n\"信")), .where = S("f:1") };
		kids[2] = (struct tree){ .kind = TREE_NULL, .name = S("n"), .text = S("~") };
		copy = tree_copy(mem, &(struct tree){ .kind = TREE_MAP, .at = kids, .n = 3 });
	}
	arena_free(&first);
	NEED(copy != NULL);
	buf_init(&b, mem, 4096);
	tree_json(&b, copy);
	EXPECT_STR(buf_str(&b), S("{\"b\":[1,\"1\"],\"a\\\"\":\"</\\n\\\"信\",\"n\":null}"));
	EXPECT(tree_member(copy, "b") == &copy->at[0] && tree_member(copy, "c") == NULL && tree_member(NULL, "b") == NULL);
	EXPECT(tree_copy(mem, NULL) == NULL);
}

TEST(the_nearest_name_is_found_when_it_is_near)
{
	struct nearest n = nearest_to(S("tokn"));

	nearest_try(&n, S("authorize"));
	EXPECT(!str_given(n.name));
	nearest_try(&n, S("token"));
	nearest_try(&n, S("broken"));
	EXPECT_STR(n.name, S("token"));
}
