/* hufu/secret.c - passwords come from the terminal without echo, from standard input or a file: never from the arguments. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include "hufu/hufu_int.h"

/* Up to max bytes, without one newline at the end. Absent when longer or unreadable. */
static struct str
read_fd(struct cli *c, int fd, size_t max)
{
	char *p = arena_alloc(&c->mem, max + 3);
	size_t n = 0;
	ssize_t got = 1;

	while (p != NULL && n < max + 3 && (got = read(fd, p + n, max + 3 - n)) != 0) {
		if (got < 0 && errno != EINTR)
			return STR_ABSENT;
		n += got > 0 ? (size_t)got : 0;
	}
	if (p == NULL)
		return STR_ABSENT;
	n -= n > 0 && p[n - 1] == '\n';
	n -= n > 0 && p[n - 1] == '\r';
	errno = EFBIG;
	return n <= max ? str_span(p, n) : STR_ABSENT;
}

struct str
secret_from_stdin(struct cli *c, size_t max)
{
	struct str s = read_fd(c, STDIN_FILENO, max);

	if (!str_given(s))
		cli_fail(c, FILL(c, T_file_failed, S("-"), str_of(strerror(errno))), STR_ABSENT);
	return s;
}

struct str
secret_from_file(struct cli *c, struct str path, size_t max)
{
	char *z = arena_z(&c->mem, path);
	int fd = z ? open(z, O_RDONLY | O_CLOEXEC) : -1;
	struct str s = fd >= 0 ? read_fd(c, fd, max) : STR_ABSENT;

	if (!str_given(s))
		cli_fail(c, FILL(c, T_file_failed, path, str_of(strerror(errno))), STR_ABSENT);
	if (fd >= 0)
		close(fd);
	return s;
}

/* A prompt, a line. The newline that was typed is not shown, so one is written. */
static struct str
line_read(struct cli *c, int tty, const char *prompt)
{
	char *p = arena_alloc(&c->mem, PASSWORD_MAX + 2);
	ssize_t n = p != NULL && write(tty, prompt, strlen(prompt)) > 0 ? read(tty, p, PASSWORD_MAX + 1) : -1;

	if (n <= 0 || write(tty, "\n", 1) < 0)
		return STR_ABSENT;
	return str_span(p, (size_t)n - (p[n - 1] == '\n'));
}

/*
 * Twice the same line. The echo is off before the first prompt, so that nothing typed early is shown or lost; signals wait
 * meanwhile, so that it is always put back.
 */
static bool
read_silently(struct cli *c, int tty, struct str *first, struct str *second)
{
	struct termios was, silent;
	sigset_t all, before;

	if (tcgetattr(tty, &was) != 0)
		return false;
	silent = was;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	if (tcsetattr(tty, TCSANOW, &silent) == 0) {
		*first = line_read(c, tty, text(c, T_password_prompt));
		*second = first->n > 0 ? line_read(c, tty, text(c, T_password_again)) : STR_ABSENT;
		tcsetattr(tty, TCSANOW, &was);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return true;
}

struct str
secret_from_terminal(struct cli *c)
{
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
	struct str first = STR_ABSENT, second = STR_ABSENT;

	if (tty < 0 || !read_silently(c, tty, &first, &second)) {
		cli_usage(c, str_of(text(c, T_password_how)));
		return STR_ABSENT;
	}
	close(tty);
	if (first.n > 0 && str_given(second) && str_eq(first, second))
		return first;
	cli_fail(c, str_of(text(c, first.n > 0 ? T_password_differs : T_password_empty)), STR_ABSENT);
	return STR_ABSENT;
}
