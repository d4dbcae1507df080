/* tests/unit/base/log_test.c - one JSON line per event; a message cannot forge another. */
#include "../test.h"

#include <sys/wait.h>
#include <unistd.h>

static int
log_into_pipe(void)
{
	int fd[2];

	if (pipe(fd) != 0)
		return -1;
	log_fd_set(fd[1]);
	return fd[0];
}

static struct str
logged(struct arena *mem, int fd)
{
	char *text = arena_alloc(mem, 16384);
	ssize_t n = read(fd, text, 16384);

	return str_span(text, n > 0 ? (size_t)n : 0);
}

TEST(a_line_is_json)
{
	int fd = log_into_pipe();
	struct str line;
	json_t *o;

	log_warn("%s\n{\"level\":\"forged\"}", "two");
	line = logged(mem, fd);
	log_fd_set(2);
	EXPECT(str_ends(line, S("\n")));
	EXPECT_INT(str_index(line, '\n'), line.n - 1);
	NEED((o = json_read(mem, line)) != NULL);
	EXPECT_STR(json_member_str(o, "level"), S("warn"));
	EXPECT_STR(json_member_str(o, "msg"), S("two\n{\"level\":\"forged\"}"));
	EXPECT_INT(json_member_str(o, "ts").n, 24);
	EXPECT(str_ends(json_member_str(o, "ts"), S("Z")));
}

TEST(levels_below_are_silent)
{
	int fd = log_into_pipe();
	struct str text;

	log_debug("not %d", 1);
	log_level_set(LOG_ERROR);
	log_warn("not %d", 2);
	log_error("yes %d", 3);
	log_level_set(LOG_INFO);
	text = logged(mem, fd);
	log_fd_set(2);
	EXPECT(str_contains(text, S("yes 3")));
	EXPECT(!str_contains(text, S("not ")));
}

TEST(a_long_message_is_cut_not_lost)
{
	int fd = log_into_pipe();
	struct str line;

	log_info("%10000d", 1);
	line = logged(mem, fd);
	log_fd_set(2);
	EXPECT(json_read(mem, line) != NULL);
	EXPECT(line.n > 4000 && line.n < 5000);
}

TEST(a_ready_line_is_written_whole)
{
	int fd = log_into_pipe();

	log_line(S("{\"audit\":1}"));
	EXPECT_STR(logged(mem, fd), S("{\"audit\":1}\n"));
	log_fd_set(2);
}

TEST(fatal_prints_and_ends_with_1)
{
	int fd = log_into_pipe(), status = 0;
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) == 0)
		fatal("port %d is in use", 8080);
	waitpid(pid, &status, 0);
	log_fd_set(2);
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	EXPECT(str_ends(logged(mem, fd), S(": port 8080 is in use\n")));
}

TEST(what_repeats_is_due_once_in_a_while)
{
	_Atomic int64_t last = 0, always = 0;
	int due = 0;

	for (int i = 0; i < 1000; i++)
		due += log_is_due(&last, 3600);
	EXPECT_INT(due, 1);
	EXPECT(log_is_due(&always, 0) && log_is_due(&always, 0));
}
