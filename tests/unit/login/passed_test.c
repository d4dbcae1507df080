/* What a process remembers, passed to the one that takes its place. */
#include <unistd.h>

#include "../test.h"
#include "login/passed.h"

static struct str
content(struct arena *mem, int fd)
{
	off_t n = lseek(fd, 0, SEEK_END);
	char *p = arena_alloc(mem, (size_t)n + 1);

	return p != NULL && pread(fd, p, (size_t)n, 0) == n ? str_span(p, (size_t)n) : STR_ABSENT;
}

TEST(used_secrets_and_guesses_are_known_by_the_next)
{
	struct throttle_rules rules = { 0 };
	struct dig32 d = { { 7 } };
	struct once_book *used = once_new(64), *used_next = once_new(4096);
	struct secret_memory *secrets = secret_memory_new(64), *secrets_next = secret_memory_new(64),
			     *smaller = secret_memory_new(4);
	struct guess_book *guesses = guess_book_new(64), *guesses_next = guess_book_new(64);
	struct guesser g = guesser_of(guesses, S("main"), S("app"), S("192.0.2.1"));
	FILE *file = tmpfile();
	int fd = file != NULL ? fileno(file) : -1;
	struct str all;

	NEED(used && used_next && secrets && secrets_next && smaller && guesses && guesses_next && fd >= 0);
	EXPECT_INT(once_use(used, &d, 100, 10), ONCE_FIRST);
	secret_remember(secrets, S("app"), S("{bcrypt}x"), S("secret"));
	guess_right(guesses, &g);
	EXPECT(once_pass(used, fd, 10) && secrets_pass(secrets, fd) && guesses_pass(guesses, fd));
	all = content(mem, fd);
	EXPECT(once_take(used_next, all, 20) && secrets_take(secrets_next, all) && guesses_take(guesses_next, all));
	EXPECT_INT(once_use(used_next, &d, 100, 20), ONCE_AGAIN);
	EXPECT_INT(once_use(used_next, &d, 200, 100), ONCE_FIRST);
	EXPECT(secret_is_remembered(secrets_next, S("app"), S("{bcrypt}x"), S("secret")));
	EXPECT(!secret_is_remembered(secrets_next, S("app"), S("{bcrypt}x"), S("another")));
	EXPECT(guesser_of(guesses_next, S("main"), S("app"), S("192.0.2.1")).pair == g.pair);
	EXPECT_INT(guess_crowd_wait_ms(guesses_next, &rules, &g, 1000), 0);
	EXPECT(!secrets_take(smaller, all));            /* laid out otherwise: it begins anew */
	EXPECT(!once_take(used_next, S(""), 20) && !guesses_take(guesses_next, str_sub(all, 0, 5)));
	EXPECT(!str_given(passed_part(str_sub(all, 0, all.n - 1), "guess-logins/1")));
	fclose(file);
	once_free(used), once_free(used_next);
	secret_memory_free(secrets), secret_memory_free(secrets_next), secret_memory_free(smaller);
	guess_book_free(guesses), guess_book_free(guesses_next);
}
