/* tests/unit/store/subject_test.c - whose a pairwise subject is: kept once, at one issuer. */
#include "open.h"

TEST(a_subject_is_whose_it_was_at_first_at_its_issuer)
{
	struct store *s = suite_open(mem);
	struct store_op keep = { .kind = OP_SUBJECT_KEEP, .subject = { S("here"), { { 7 } }, { { 1 } } } };
	struct id16 user = { { 0 } };

	NEED(s);
	EXPECT_INT(store_subject_user(s, S("here"), &keep.subject.subject, &user), NOT_FOUND);
	EXPECT_INT(store_commit(s, &keep, 1, NULL), STORE_DONE);
	EXPECT_INT(store_subject_user(s, S("here"), &keep.subject.subject, &user), FOUND);
	EXPECT(user.b[0] == 1);
	EXPECT_INT(store_subject_user(s, S("there"), &keep.subject.subject, &user), NOT_FOUND);
	keep.subject.user.b[0] = 2;
	EXPECT_INT(store_commit(s, &keep, 1, NULL), STORE_DONE);
	EXPECT(store_subject_user(s, S("here"), &keep.subject.subject, &user) == FOUND && user.b[0] == 1);
}
