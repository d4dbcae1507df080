/* tests/unit/store/kill_test.c - S3: after kill -9 everything acknowledged is there, and nothing was spent or rotated twice. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include "open.h"

#define KILLS  20
#define CODES  60000
#define FAMILIES 8              /* one for each thread of the child */
enum what { TOKEN_ADDED, CODE_SPENT_BY, GENERATION_ROTATED, FAMILY_KILLED };
struct said { int what, n; int64_t value; };

struct child { struct store *s; int pipe, round; };

static void
report(struct child *c, enum what what, int n, int64_t value)
{
	struct said r = { (int)what, n, value };

	if (write(c->pipe, &r, sizeof r) != (ssize_t)sizeof r)
		_exit(2);
}

/* Codes are drawn from where the last round stood, so that spending again is tried all the time. */
static void
child_steps(struct child *c, int index, int i)
{
	int n = (c->round * 4000 + index * 500 + i) * 2 + 1, draw = c->round * 40 + i / 4;
	struct token t = suite_token(n);
	struct code k = suite_code(draw % CODES + 1);
	struct family f = suite_family(index + 1), brief = suite_family(1000000 + n);
	struct arena mem;

	t.has_reuse = false;
	if (DO(c->s, OP_TOKEN_ADD, token, &t) == STORE_DONE)
		report(c, TOKEN_ADDED, n, 0);
	k.family = suite_id(n);
	DO(c->s, OP_CODE_ADD, code, &k);
	if (DO(c->s, OP_CODE_SPEND, code, &k) == STORE_DONE)
		report(c, CODE_SPENT_BY, draw % CODES + 1, n);
	arena_init(&mem, 65536);
	if (store_family(c->s, &mem, &f.id, &f) == FOUND && DO(c->s, OP_FAMILY_ROTATE, family, &f) == STORE_DONE)
		report(c, GENERATION_ROTATED, index, f.generation);
	arena_free(&mem);
	if (DO(c->s, OP_FAMILY_ADD, family, &brief) == STORE_DONE && DO(c->s, OP_FAMILY_REVOKE, family, &brief) == STORE_DONE)
		report(c, FAMILY_KILLED, 1000000 + n, 0);
}

static void
child_thread(void *arg, int index)
{
	for (int i = 0; i < 500; i++)
		child_steps(arg, index, i);
}

static void
child_main(struct arena *mem, struct str directory, int pipe, int round)
{
	struct child c = { suite_open_at(mem, directory), pipe, round };

	if (c.s == NULL)
		_exit(3);
	suite_race(FAMILIES, child_thread, &c);
	pause();
}

/* --- the parent: what was said, and whether it is true -------------------------------------------------------------------------- */

struct told { struct said *said; size_t n; int by[CODES + 1]; int64_t rotated[FAMILIES]; };

static void
remember(struct told *r, const struct said *s)
{
	r->said = realloc(r->said, (r->n + 1) * sizeof *s);
	r->said[r->n++] = *s;
	if (s->what == CODE_SPENT_BY) {
		EXPECT_INT(r->by[s->n], 0);                     /* S1, across all kills */
		r->by[s->n] = (int)s->value;
	} else if (s->what == GENERATION_ROTATED) {
		EXPECT(s->value >= r->rotated[s->n]);           /* S2 */
		r->rotated[s->n] = s->value + 1;
	}
}

static bool
is_true(struct store *s, struct arena *mem, const struct said *r)
{
	struct id16 id = suite_id(r->what == GENERATION_ROTATED ? r->n + 1 : r->n);
	struct dig32 digest = suite_dig(r->n);
	struct token t;
	struct code c;
	struct family f;

	switch (r->what) {
	case TOKEN_ADDED:
		return store_token(s, mem, &id, &t) == FOUND;
	case CODE_SPENT_BY:
		id = suite_id((int)r->value);
		return store_code(s, mem, &digest, &c) == FOUND && c.state == CODE_SPENT && memcmp(&c.family, &id, 16) == 0;
	case GENERATION_ROTATED:
		return store_family(s, mem, &id, &f) == FOUND && f.generation > r->value;
	default:
		return store_family(s, mem, &id, &f) == FOUND && f.state == FAMILY_REVOKED;
	}
}

/* One child: killed after it said `enough` things. False when it died by itself. */
static bool
one_kill(struct arena *mem, struct str directory, struct told *r, int round, int enough)
{
	int ends[2], status;
	struct said s;
	pid_t pid;

	if (pipe(ends) != 0 || (pid = fork()) < 0)
		return false;
	if (pid == 0) {
		close(ends[0]);
		child_main(mem, directory, ends[1], round);
	}
	close(ends[1]);
	for (int n = 0; read(ends[0], &s, sizeof s) == (ssize_t)sizeof s; n++) {
		remember(r, &s);
		if (n == enough)
			kill(pid, SIGKILL);
	}
	close(ends[0]);
	return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static int
untrue(struct arena *mem, struct str directory, const struct told *r)
{
	struct store *s = suite_open_at(mem, directory);
	int wrong = s == NULL;

	for (size_t i = 0; s != NULL && i < r->n; i++) {
		struct arena one;

		arena_init(&one, 65536);
		wrong += !is_true(s, &one, &r->said[i]);
		arena_free(&one);
	}
	store_close(s);
	return wrong;
}

TEST(twenty_kills)
{
	struct str directory = suite_directory(mem);
	struct told *r = calloc(1, sizeof *r);
	struct store *s = suite_open_at(mem, directory);

	NEED(s && r);
	for (int i = 0; i < FAMILIES; i++) {
		struct family f = suite_family(i + 1);

		EXPECT_INT(DO(s, OP_FAMILY_ADD, family, &f), STORE_DONE);
	}
	store_close(s);
	for (int round = 0; round < KILLS; round++)
		EXPECT(one_kill(mem, directory, r, round, 20 + (int)rand_below(600)));
	EXPECT(r->n > KILLS * 20);
	EXPECT_INT(untrue(mem, directory, r), 0);
	free(r->said);
	free(r);
}
