/* hufud/notify.c - tells the service manager how the daemon is: sd_notify(3) and sd_watchdog_enabled(3). */
#include "hufud/daemon_int.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void
service_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t n = path ? strlen(path) : 0;
	int fd;

	if (n < 2 || n >= sizeof to.sun_path || (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(to.sun_path, path, n);
	if (path[0] == '@')
		to.sun_path[0] = 0;             /* the abstract namespace */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + n))
	    < 0)
		log_warn("the service manager could not be told: %s", state);
	close(fd);
}

/* Type=notify-reload tells the answer to its own signal from an older one by the time. */
void
service_reloading(void)
{
	char state[64];

	snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_mono_us());
	service_notify(state);
}

int64_t
service_watchdog_us(void)
{
	const char *us = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	int64_t n, who;

	if (us == NULL || !str_int(str_of(us), &n) || n <= 0)
		return 0;
	if (pid != NULL && (!str_int(str_of(pid), &who) || who != getpid()))
		return 0;
	return n > 1 ? n / 2 : 1;
}
