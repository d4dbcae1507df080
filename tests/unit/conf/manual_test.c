/* tests/unit/conf/manual_test.c - the manual has every row, in both languages. */
#include "../test.h"
#include "conf/conf.h"

TEST(every_row_is_in_the_manual)
{
	struct str en = conf_manual(mem), zh = conf_manual_zh(mem);

	for (const struct setting *row = settings; row->name != NULL; row++) {
		EXPECT(str_contains(en, arena_printf(mem, "| `%s` | ", row->name)));
		EXPECT(str_contains(en, str_of(row->help)));
		EXPECT(str_contains(zh, arena_printf(mem, "| `%s` | ", row->name)));
		EXPECT(str_contains(zh, str_of(row->help_zh)));
	}
	EXPECT(str_starts(en, S("# Configuration of hufu\n")));
	EXPECT(str_contains(en, S("| `url` | text | required | ")));
	EXPECT(str_contains(zh, S("| `url` | 文本 | 必填 | ")));
}
