/* http/acceptor.c - one thread accepts for all listeners, puts changes in place, keeps deadlines. */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "http/http_int.h"

#define LOOK_MS 250
static void
wake_empty(const struct http_server *s)
{
	uint64_t n;

	(void)!read(s->wake_fd, &n, sizeof n);
}

/* Those of listeners that went before stay as they are. */
static void
sites_pause(struct http_server *s, bool on)
{
	int64_t now = clock_mono_us();

	for (size_t i = 0; i < s->sockets.n; i++) {
		struct site *site = s->sockets.at[i].site;

		site->left_us = now;
		site->paused = on;
		atomic_store(&site->leaving, on);
	}
}

static void
pause_apply(struct http_server *s)
{
	bool on = atomic_load(&s->pause);

	if (on == atomic_load(&s->paused))
		return;
	if (on)
		unwatch_all(s);
	sites_pause(s, on);
	if (!on)
		watch_all(s);
	atomic_store(&s->paused, on);
}

void
http_pause(struct http_server *s, bool on)
{
	uint64_t one = 1;

	atomic_store(&s->pause, on);
	(void)!write(s->wake_fd, &one, sizeof one);
}

static void *
run(void *arg)
{
	struct http_server *s = arg;
	int64_t looked = clock_mono_us();

	pthread_setname_np(pthread_self(), "http-accept");
	while (!atomic_load(&s->draining)) {
		struct epoll_event ready[SOCKETS_MAX + 1];
		int n = epoll_wait(s->epoll_fd, ready, COUNT(ready), LOOK_MS);
		bool room = true;

		for (int i = 0; i < n; i++) {
			if (ready[i].data.ptr == &s->lingers)
				lingers_check(s, false);
			else if (ready[i].data.ptr != NULL)
				room = accept_batch(s, ready[i].data.ptr) != ACCEPT_NO_DESCRIPTOR && room;
		}
		if (!room)
			usleep(20 * 1000);
		wake_empty(s);
		pause_apply(s);
		change_apply(s);
		if (clock_mono_us() - looked >= LOOK_MS * 1000) {
			deadlines_check(s);
			lingers_check(s, false);
			looked = clock_mono_us();
		}
	}
	if (!atomic_load(&s->leaves))
		last_call(s, &s->sockets);
	return NULL;
}

bool
acceptor_start(struct http_server *s)
{
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->epoll_fd < 0 || s->wake_fd < 0 || !epoll_watch(s, s->wake_fd, NULL))
		return false;
	for (size_t i = 0; i < s->sockets.n && !atomic_load(&s->paused); i++)
		if (!epoll_watch(s, s->sockets.at[i].fd, &s->sockets.at[i]))
			return false;
	s->acceptor_runs = pthread_create(&s->acceptor, NULL, run, s) == 0;
	return s->acceptor_runs;
}

void
acceptor_stop(struct http_server *s)
{
	uint64_t one = 1;

	atomic_store(&s->draining, true);
	if (s->acceptor_runs) {
		(void)!write(s->wake_fd, &one, sizeof one);
		pthread_join(s->acceptor, NULL);
		s->acceptor_runs = false;
	}
	pthread_mutex_lock(&s->lock);           /* an I/O thread may be adding to it: linger.c */
	if (s->epoll_fd >= 0)
		close(s->epoll_fd);
	s->epoll_fd = -1;
	pthread_mutex_unlock(&s->lock);
	if (s->wake_fd >= 0)
		close(s->wake_fd);
	s->wake_fd = -1;
}
