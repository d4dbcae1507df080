/* tests/unit/store/once_test.c - what counts once: by one of all that ask, until its time is over. */
#include "open.h"

TEST(once_counts_once_until_it_is_over)
{
	struct store *s = suite_open(mem);
	struct store_op use = { .kind = OP_ONCE_USE, .once = { .digest = { { 7 } }, .expires_s = 200, .now_s = 100 } };

	NEED(s);
	EXPECT_INT(store_once_used(s, &use.once.digest, 100), NOT_FOUND);
	EXPECT_INT(store_commit(s, &use, 1, NULL), STORE_DONE);
	EXPECT_INT(store_once_used(s, &use.once.digest, 199), FOUND);
	EXPECT_INT(store_once_used(s, &use.once.digest, 200), NOT_FOUND);
	EXPECT_INT(store_commit(s, &use, 1, NULL), STORE_LOST);
	use.once.now_s = 200;
	use.once.expires_s = 300;
	EXPECT_INT(store_commit(s, &use, 1, NULL), STORE_DONE);
	EXPECT_INT(store_commit(s, &use, 1, NULL), STORE_LOST);
	use.once.digest.b[0]++;
	EXPECT_INT(store_commit(s, &use, 1, NULL), STORE_DONE);
}
