/* hufud/notify.c - tells the service manager how the daemon is: sd_notify(3) and sd_watchdog_enabled(3). */
#include "hufud/daemon_int.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* SCM_RIGHTS of unix(7). */
static bool
send_with(int to, const struct sockaddr *address, socklen_t n, const char *state, int fd)
{
	union { struct cmsghdr head; char room[CMSG_SPACE(sizeof(int))]; } c = {
		.head = { .cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	struct iovec v = { (void *)(uintptr_t)state, strlen(state) };
	struct msghdr m = { .msg_name = (void *)(uintptr_t)address, .msg_namelen = n, .msg_iov = &v, .msg_iovlen = 1 };

	if (fd >= 0) {
		memcpy(CMSG_DATA(&c.head), &fd, sizeof fd);
		m.msg_control = &c;
		m.msg_controllen = sizeof c.room;
	}
	return sendmsg(to, &m, MSG_NOSIGNAL) >= 0;
}

void
service_notify(const char *state)
{
	service_notify_with(state, -1);
}

void
service_notify_with(const char *state, int with)
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
	if (!send_with(fd, (struct sockaddr *)&to, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n), state, with))
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
