/* hufud/spawn.c - the program that is to take this one's place: started, and ended when it cannot. */
#include "hufud/upgrade_int.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define THEIR_FD 3

static bool
is_ours(const char *variable)
{
	static const char *const names[] = { HANDOVER_VARIABLE "=", "LISTEN_PID=", "LISTEN_FDS=", "LISTEN_FDNAMES=",
		"WATCHDOG_PID=" };

	for (size_t i = 0; i < COUNT(names); i++)
		if (strncmp(variable, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/* As it was given to us, but for what is about this process; and where the pair is. */
static char **
their_environment(struct arena *mem)
{
	size_t n = 0, k = 0;
	char **out;

	while (environ[n] != NULL)
		n++;
	out = arena_array(mem, char *, n + 2);
	if (out == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (!is_ours(environ[i]))
			out[k++] = environ[i];
	out[k++] = arena_z(mem, arena_printf(mem, HANDOVER_VARIABLE "=%d", THEIR_FD));
	out[k] = NULL;
	return out;
}

/* Signals as a program expects them at its start: this one's main thread has some blocked. */
static int
start(pid_t *pid, const char *path, int fd, char **argv, char **env)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, usual;
	int error;

	sigemptyset(&none);
	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, fd, THEIR_FD);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &usual);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	error = posix_spawn(pid, path, &files, &attr, argv, env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return error;
}

/* The command line of this process, for another program. */
static char **
their_arguments(const struct daemon *d, char *path, struct arena *mem)
{
	char **out = arena_array(mem, char *, (size_t)d->argc + 1);

	if (out == NULL)
		return NULL;
	memcpy(out, d->argv, ((size_t)d->argc + 1) * sizeof *out);
	out[0] = path;
	return out;
}

bool
successor_spawn(struct daemon *d, struct str binary, struct successor *s, struct arena *mem, struct str *why)
{
	char *path = arena_z(mem, binary), **env = their_environment(mem),
	     **argv = path != NULL ? their_arguments(d, path, mem) : NULL;
	int pair[2], error = ENOMEM;

	if (env == NULL || argv == NULL || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		*why = SAY("memory or descriptors are exhausted");
		return false;
	}
	error = start(&s->pid, path, pair[1], argv, env);
	close(pair[1]);
	s->fd = pair[0];
	if (error == 0)
		return true;
	close(pair[0]);
	*why = arena_say(mem, "%s cannot be started: %s", path, say_errno(error));
	return false;
}

static struct str
ended(int status, struct arena *mem)
{
	if (WIFSIGNALED(status))
		return arena_say(mem, "the new program was ended by the signal %s; the log says more",
		    sigabbrev_np(WTERMSIG(status)) != NULL ? sigabbrev_np(WTERMSIG(status)) : "?");
	return arena_say(mem, "the new program ended with status %d; the log says more", WEXITSTATUS(status));
}

struct str
successor_end(struct successor *s, struct arena *mem)
{
	int status = 0;
	pid_t got = 0;

	for (int i = 0; i < 100 && (got = waitpid(s->pid, &status, WNOHANG)) == 0; i++)
		usleep(10000);
	if (got == 0) {
		kill(s->pid, SIGKILL);
		got = waitpid(s->pid, &status, 0);
	}
	close(s->fd);
	s->fd = -1;
	return ended(status, mem);
}

bool
successor_is_gone(struct successor *s)
{
	return waitpid(s->pid, NULL, WNOHANG) == s->pid;
}
