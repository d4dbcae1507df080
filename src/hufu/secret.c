/*
 * hufu/secret.c - passwords come from the terminal without echo, from standard input or a file:
 * never from the arguments.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "hufu/bulk.h"

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
		cli_fail(c, FILL(c, T_file_failed, S("-"), str_of(say_errno(errno))), STR_ABSENT);
	return s;
}

struct str
secret_from_file(struct cli *c, struct str path, size_t max)
{
	char *z = arena_z(&c->mem, path);
	int fd = z ? open(z, O_RDONLY | O_CLOEXEC) : -1;
	struct str s = fd >= 0 ? read_fd(c, fd, max) : STR_ABSENT;

	if (!str_given(s))
		cli_fail(c, FILL(c, T_file_failed, path, str_of(say_errno(errno))), STR_ABSENT);
	if (fd >= 0)
		close(fd);
	return s;
}

/* --- a terminal ------------------------------------------------------------------------------- */

enum typed { TYPED_LINE, TYPED_LONG, TYPED_NOTHING /* a broken terminal, or a signal that ends us */ };

/* Wait for bytes of a line. False when one of the signals came first: it stays pending. */
static bool
tty_waits(int tty, int signals)
{
	struct pollfd at[] = { { .fd = tty, .events = POLLIN }, { .fd = signals, .events = POLLIN } };
	int n;

	do
		n = poll(at, COUNT(at), -1);
	while (n < 0 && errno == EINTR);
	return n > 0 && at[1].revents == 0;
}

/* A line to its end, however long; the end of input ends one too. */
static enum typed
line_typed(int tty, int signals, char *p, size_t max, size_t *n)
{
	char one = 0;
	ssize_t got;

	for (*n = 0; ; ) {
		if (!tty_waits(tty, signals) || (got = read(tty, &one, 1)) < 0)
			return TYPED_NOTHING;
		if (got == 0 || one == '\n')
			return *n > max ? TYPED_LONG : TYPED_LINE;
		if (*n <= max)
			p[(*n)++] = one;
	}
}

/* A prompt, a line. The newline that was typed is not shown, so one is written. */
static enum typed
line_read(struct cli *c, int tty, int signals, const char *prompt, struct str *out)
{
	char *p = arena_alloc(&c->mem, PASSWORD_MAX + 1);
	enum typed got = TYPED_NOTHING;
	size_t n = 0;

	if (p != NULL && write(tty, prompt, strlen(prompt)) > 0)
		got = line_typed(tty, signals, p, PASSWORD_MAX, &n);
	*out = str_span(p, n);
	return write(tty, "\n", 1) == 1 ? got : TYPED_NOTHING;
}

/* What is asked for: once, or twice the same. */
struct asked { enum text prompt, how; bool again; };

static enum typed
lines_read(struct cli *c, int tty, int signals, const struct asked *ask, struct str *first, struct str *second)
{
	enum typed got = line_read(c, tty, signals, text(c, ask->prompt), first);

	if (!ask->again)
		*second = *first;
	return ask->again && got == TYPED_LINE && first->n > 0
	    ? line_read(c, tty, signals, text(c, T_password_again), second)
	    : got;
}

/*
 * A line, or twice the same one. The echo is off before the first prompt, so that nothing typed
 * early is shown or lost. Signals are held back meanwhile, so that it is always put back; one that
 * would end us ends the reading, and takes its effect behind that. False: no terminal.
 */
static bool
read_silently(struct cli *c, int tty, const struct asked *ask, enum typed *got, struct str *first, struct str *second)
{
	struct termios was, silent;
	sigset_t all, before, ending;
	int signals;

	if (tcgetattr(tty, &was) != 0)
		return false;
	silent = was;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	silent.c_lflag |= ICANON | ISIG;
	ending_signals(&ending);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	signals = signalfd(-1, &ending, SFD_CLOEXEC);
	if (signals >= 0 && tcsetattr(tty, TCSANOW, &silent) == 0) {
		*got = lines_read(c, tty, signals, ask, first, second);
		tcsetattr(tty, TCSANOW, &was);
	}
	if (signals >= 0)
		close(signals);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return true;
}

static struct str
terminal_asked(struct cli *c, const struct asked *ask)
{
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
	struct str first = STR_ABSENT, second = STR_ABSENT;
	enum typed got = TYPED_NOTHING;

	if (tty < 0 || !read_silently(c, tty, ask, &got, &first, &second)) {
		if (tty >= 0)
			close(tty);
		cli_usage(c, str_of(text(c, ask->how)));
		return STR_ABSENT;
	}
	close(tty);
	if (got == TYPED_LINE && first.n > 0 && str_eq(first, second))
		return first;
	if (got == TYPED_LONG)
		cli_fail(c, FILL(c, T_password_long, arena_printf(&c->mem, "%d", PASSWORD_MAX)), STR_ABSENT);
	else
		cli_fail(c, str_of(text(c, first.n > 0 ? T_password_differs : T_password_empty)), STR_ABSENT);
	return STR_ABSENT;
}

struct str
secret_from_terminal(struct cli *c)
{
	return terminal_asked(c, &(struct asked){ T_password_prompt, T_password_how, true });
}

struct str
passphrase_from_terminal(struct cli *c, bool again)
{
	return terminal_asked(c, &(struct asked){ T_passphrase_prompt, T_passphrase_how, again });
}

bool
secret_option(struct cli *c, struct str *out)
{
	struct str path = json_member_str(c->local, "secret_file");
	bool piped = cli_flag(c, "secret_stdin");

	*out = STR_ABSENT;
	if (piped)
		*out = secret_from_stdin(c, PASSWORD_MAX);
	else if (str_given(path))
		*out = secret_from_file(c, path, PASSWORD_MAX);
	return str_given(*out) || (!piped && !str_given(path));
}
