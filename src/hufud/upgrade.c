/* hufud/upgrade.c - the daemon that leaves: it has another program take its place, or goes on. */
#include "hufud/upgrade_int.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "login/passed.h"

#define GO_MS      30000                /* from GO to SERVING */
#define TURN_MS    50
#define REFRESH_US INT64_C(500000)      /* what the other process changes of clients and keys is in force here */
#define MEM_MAX    (16u * 1024 * 1024)

/* One attempt. */
struct attempt {
	struct daemon *d;
	struct successor next;
	struct arena mem;
	struct str binary, why;
	int64_t begun_us, end_us, within_s;
};

static void
order_read(struct attempt *a)
{
	struct upgrade_order o;

	upgrade_take(a->d, &a->mem, &o);
	a->binary = str_given(o.binary) ? o.binary : str_of(a->d->exe);
	a->within_s = o.within_s > 0 ? o.within_s : UPGRADE_WITHIN_S;
}

static void
order_answer(struct attempt *a, bool left)
{
	upgrade_answer(a->d, left, a->next.pid, (clock_mono_us() - a->begun_us) / 1000, a->why);
}

static void
upgrade_record(struct attempt *a, enum event e, const char *result)
{
	struct record r;

	record_begin(&r, e);
	record_text(&r, "binary", a->binary);
	record_int(&r, "process", a->next.pid);
	if (result != NULL)
		record_text(&r, "result", str_of(result));
	if (str_given(a->why) && a->why.n > 0)
		record_text(&r, "why", a->why);
	record_end(&r);
}

/* --- what it is handed -------------------------------------------------------------------------- */

/* In a file without a name; -1: it begins anew with all of it. */
static int
memory_write(struct daemon *d)
{
	int fd = memfd_create("hufu", MFD_CLOEXEC);

	if (fd >= 0 && once_pass(d->proofs, fd, clock_now_s()) && secrets_pass(d->secrets, fd)
	    && guesses_pass(d->guesses, fd))
		return fd;
	log_warn("what this process remembers cannot be handed over; the next one begins anew with it");
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool
hello_send(struct attempt *a)
{
	struct daemon *d = a->d;
	struct http_handed sockets[HANDED_MAX];
	struct handover_hello h = { .magic = HANDOVER_MAGIC, .turned_ms = clock_turned_ms(), .started_s = d->started_s };
	int fds[HANDED_MAX + 2], memory = memory_write(d);
	struct store_other mine;
	size_t n = 0;
	bool ok;

	store_tell(d->store, &mine);
	h.newest = mine.newest;
	if (mine.lock_fd >= 0)
		fds[n++] = mine.lock_fd;
	h.has_lock = mine.lock_fd >= 0;
	if (memory >= 0)
		fds[n++] = memory;
	h.has_memory = memory >= 0;
	h.n_sockets = (uint32_t)daemon_sockets(d, sockets);
	for (size_t i = 0; i < h.n_sockets; i++) {
		fds[n++] = sockets[i].fd;
		h.ours |= (uint64_t)sockets[i].ours << i;
	}
	ok = handover_send_hello(a->next.fd, &h, fds, n);
	if (memory >= 0)
		close(memory);
	return ok;
}

/* --- waiting for it ----------------------------------------------------------------------------- */

static bool
stop_is_asked(void)
{
	sigset_t set;

	return sigpending(&set) == 0 && (sigismember(&set, SIGTERM) == 1 || sigismember(&set, SIGINT) == 1);
}

/* True when it has said this word. Signs of life go on meanwhile. */
static bool
hears(struct attempt *a, enum handover_word word)
{
	while (clock_mono_us() < a->end_us) {
		enum handover_word w = handover_hear(a->next.fd, TURN_MS, &a->mem, &a->why);

		if (w == word)
			return true;
		if (w == HANDOVER_END)
			a->why = STR_ABSENT;    /* how it ended says why */
		if (w == HANDOVER_END || w == HANDOVER_FAILED)
			return false;
		if (stop_is_asked()) {
			a->why = SAY("a signal stops this one meanwhile");
			return false;
		}
		daemon_lives_on(a->d);
	}
	a->why = arena_say(&a->mem, "it did not become ready within %lld seconds, and was ended",
	    (long long)a->within_s);
	kill(a->next.pid, SIGKILL);
	return false;
}

static bool
predecessor_has_gone(struct attempt *a)
{
	while (daemon_has_predecessor(a->d) && clock_mono_us() < a->end_us && !stop_is_asked()) {
		usleep(TURN_MS * 1000);
		daemon_lives_on(a->d);
	}
	if (!daemon_has_predecessor(a->d))
		return true;
	a->why = SAY("the process before this one is still finishing its requests");
	return false;
}

/* --- the change --------------------------------------------------------------------------------- */

static void
office_pause(struct daemon *d, bool on)
{
	if (d->office_server != NULL)
		http_pause(d->office_server, on);
}

/* One of the two keeps house (N2). */
static bool
go(struct attempt *a)
{
	struct daemon *d = a->d;

	housekeeper_stop(d->keeper);
	d->keeper = NULL;
	office_pause(d, true);
	a->end_us = clock_mono_us() + GO_MS * INT64_C(1000);
	return handover_say(a->next.fd, HANDOVER_GO, S("")) && hears(a, HANDOVER_SERVING);
}

static void
go_on(struct attempt *a)
{
	struct daemon *d = a->d;
	struct str how = successor_end(&a->next, &a->mem), why = STR_ABSENT;

	if (!str_given(a->why) || a->why.n == 0)
		a->why = how;
	daemon_beside(d, false);
	store_is_mine(d->store);
	http_pause(d->server, false);
	office_pause(d, false);
	if (d->keeper == NULL && (d->keeper = housekeeper_start(d, &why)) == NULL)
		log_lines(LOG_ERROR, "", why);
}

static void
main_process_tell(pid_t pid)
{
	char state[64];

	snprintf(state, sizeof state, "MAINPID=%d", (int)pid);
	service_notify(state);
}

static bool
begin(struct attempt *a)
{
	if (!predecessor_has_gone(a))
		return false;
	daemon_beside(a->d, true);              /* before it begins: it shall find everything so */
	if (!successor_spawn(a->d, a->binary, &a->next, &a->mem, &a->why)) {
		daemon_beside(a->d, false);
		return false;
	}
	if (hears(a, HANDOVER_HERE) && hello_send(a) && hears(a, HANDOVER_READY) && go(a))
		return true;
	go_on(a);
	return false;
}

/* --- leaving ------------------------------------------------------------------------------------ */

static bool
is_quiet(struct daemon *d)
{
	return http_is_quiet(d->server) && (d->office_server == NULL || http_is_quiet(d->office_server));
}

static void
look_again(struct daemon *d, int64_t *due_us)
{
	struct arena mem;
	struct str why = STR_ABSENT;

	if (clock_mono_us() < *due_us)
		return;
	arena_init(&mem, BESIDE_MEM_MAX);
	(void)daemon_refresh(d, &mem, &why);
	arena_free(&mem);
	*due_us = clock_mono_us() + REFRESH_US;
}

/* Until nobody is left, or the time of a stop is over. False: the new one has gone, and did not mean to. */
static bool
finish(struct attempt *a)
{
	struct daemon *d = a->d;
	int64_t due_us = 0, end_us;

	http_pause(d->server, true);
	end_us = clock_mono_us() + conf_int(d->conf, SEC_TOP, STR_ABSENT, "http.drain") * INT64_C(1000000);
	while (clock_mono_us() < end_us && !is_quiet(d)) {
		switch (handover_hear(a->next.fd, TURN_MS, &a->mem, &a->why)) {
		case HANDOVER_END: return false;
		case HANDOVER_BYE: return true;
		default: look_again(d, &due_us);
		}
	}
	return true;
}

static bool
leave(struct attempt *a)
{
	log_info("process %d serves from now on; this one finishes its requests", (int)a->next.pid);
	main_process_tell(a->next.pid);
	order_answer(a, true);
	if (finish(a)) {
		upgrade_record(a, EV_daemon_handed_over, NULL);
		return true;
	}
	a->why = STR_ABSENT;
	go_on(a);
	log_error("the process that served is gone, and this one serves again: %.*s", STR_ARG(a->why));
	main_process_tell(getpid());
	upgrade_taken_back(a->d);
	upgrade_record(a, EV_daemon_taken_back, NULL);
	return false;
}

bool
daemon_hands_over(struct daemon *d)
{
	struct attempt a = { .d = d, .begun_us = clock_mono_us(), .next = { 0, -1 }, .why = STR_ABSENT };
	bool left;

	arena_init(&a.mem, MEM_MAX);
	order_read(&a);
	a.end_us = a.begun_us + a.within_s * INT64_C(1000000);
	log_info("%.*s is to take this program's place", STR_ARG(a.binary));
	atomic_store(&d->upgrading, true);
	left = begin(&a);
	if (left) {
		upgrade_record(&a, EV_daemon_upgrade, "done");
		left = leave(&a);
	} else {
		log_lines(LOG_ERROR, "no upgrade, this program goes on: ", a.why);
		upgrade_record(&a, EV_daemon_upgrade, "failed");
		order_answer(&a, false);
	}
	atomic_store(&d->upgrading, left);
	arena_free(&a.mem);
	return left;
}
