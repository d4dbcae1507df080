/* tests/unit/admin/trail_test.c - the audit file: what the writer signs is what it follows, and what it may remove. A3. */
#include "../test.h"
#include "admin/trail.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint8_t kek[32] = { 7 };

struct place { char dir[64]; struct str file; struct trail *t; struct trail_rules r; };

static bool
begin(struct place *p, struct arena *mem)
{
	struct str why = STR_ABSENT;

	snprintf(p->dir, sizeof p->dir, "/tmp/hufu-trail-XXXXXX");
	p->t = trail_new(kek);
	if (mkdtemp(p->dir) == NULL || p->t == NULL)
		return false;
	p->file = ARENA_CAT(mem, str_of(p->dir), S("/a.jsonl"));
	p->r = (struct trail_rules){ .file = p->file, .sign_s = 3600 };
	return trail_change(p->t, &p->r, mem, &why);
}

static void
end(struct place *p, struct arena *mem)
{
	trail_free(p->t);
	(void)unlink(arena_z(mem, p->file));
	(void)unlink(arena_z(mem, ARENA_CAT(mem, p->file, S(".moved"))));
	(void)rmdir(p->dir);
}

static struct trail_judge
judged(struct arena *mem, struct str file, int *faults)
{
	struct str text = STR_ABSENT, line;
	struct jwks *keys = arena_new(mem, struct jwks);
	struct trail_judge j = { .keys = keys };
	const char *why;

	*faults = 0;
	if (!jwks_read(mem, NULL, trail_key_set(mem, kek), keys, &why) || !file_map(mem, file, &text))
		*faults = 99;
	for (text = str_trim(text); str_given(text) && (line = str_cut(&text, '\n')).p; )
		*faults += trail_judge_line(&j, mem, line) != TRAIL_SOUND;
	return j;
}

#define LINE S("{\"ts\":\"2026-01-02T03:04:05.678Z\",\"level\":\"record\",\"event\":\"x\"}")

TEST(a_file_that_was_moved_away_is_told_of_and_signed)
{
	struct place p;
	struct str why = STR_ABSENT, moved;
	struct trail_judge j;
	int faults;

	NEED(begin(&p, mem));
	moved = ARENA_CAT(mem, p.file, S(".moved"));
	trail_put(p.t, LINE);
	NEED(rename(arena_z(mem, p.file), arena_z(mem, moved)) == 0);
	EXPECT(trail_change(p.t, &p.r, mem, &why));
	trail_free(p.t);                        /* with no line of anybody else: the head comes behind what the file says of itself */
	p.t = NULL;
	j = judged(mem, moved, &faults);
	EXPECT_INT(faults, 0);
	EXPECT_INT(j.seq, 2);
	j = judged(mem, p.file, &faults);
	EXPECT_INT(faults, 0);
	EXPECT_INT(j.first, 3);
	EXPECT_INT(j.parted_seq, 3);
	EXPECT_INT(j.parted, EV_audit_moved);
	EXPECT_INT(trail_judge_front(&j, 0), TRAIL_SOUND);
	j.signed_seq = 0;
	EXPECT_INT(trail_judge_front(&j, 0), TRAIL_FRONT);      /* nobody has signed it */
	EXPECT_INT(trail_judge_front(&j, 3), TRAIL_SOUND);      /* a rotated file by itself */
	end(&p, mem);
}

TEST(the_newest_head_outlives_a_restart)
{
	struct place p;
	struct str why = STR_ABSENT, head;
	struct trail_link link;
	struct jwks keys;
	const char *wrong;

	NEED(begin(&p, mem));
	EXPECT(!str_given(trail_head(p.t, mem)));
	trail_put(p.t, LINE);
	EXPECT(!str_given(trail_head(p.t, mem)));
	trail_free(p.t);
	p.t = trail_new(kek);
	NEED(p.t != NULL && trail_change(p.t, &p.r, mem, &why));
	head = str_trim(trail_head(p.t, mem));
	NEED(jwks_read(mem, NULL, trail_key_set(mem, kek), &keys, &wrong));
	EXPECT(trail_judge_head(&keys, mem, head, &link));
	EXPECT_INT(link.seq, 2);
	EXPECT(!trail_judge_head(&keys, mem, LINE, &link) && !trail_judge_head(&keys, mem, STR_ABSENT, &link));
	keys.n = 0;
	EXPECT(!trail_judge_head(&keys, mem, head, &link));     /* of a stranger */
	end(&p, mem);
}

TEST(when_a_line_was_written)
{
	EXPECT_INT(trail_line_time(S("{\"ts\":\"1970-01-02T00:00:01.678Z\",\"level\":\"head\"}")), 86401);
	EXPECT_INT(trail_line_time(S("{\"ts\":\"tomorrow, or the day after it.\"}")), 0);
	EXPECT_INT(trail_line_time(S("{}")), 0);
}

TEST(names_of_rotated_files)
{
	EXPECT_INT(trail_first_named(S("/x-y/a.jsonl-000000000042")), 42);
	EXPECT_INT(trail_first_named(S("a.jsonl-1234567890123")), 1234567890123);
	EXPECT_INT(trail_first_named(S("a.jsonl-42")), 0);
	EXPECT_INT(trail_first_named(S("a.jsonl-000000000000")), 0);
	EXPECT_INT(trail_first_named(S("a.jsonl")), 0);
}
