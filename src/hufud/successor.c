/* hufud/successor.c - the daemon that comes: it gets ready beside the one that runs, and takes its place. */
#include "hufud/upgrade_int.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jose/jose.h"
#include "login/passed.h"

#define CHECK_MEM (1024 * 1024)

bool
daemon_succeeds(const struct daemon *d)
{
	return d->before.fd >= 0 && !d->before.took_over;
}

bool
daemon_has_predecessor(struct daemon *d)
{
	return atomic_load(&d->before.there);
}

const struct store_other *
daemon_other(const struct daemon *d)
{
	return d->before.fd >= 0 ? &d->before.other : NULL;
}

/* --- what it is handed -------------------------------------------------------------------------- */

static struct str
memory_map(int fd)
{
	struct stat st;
	void *p = MAP_FAILED;

	if (fstat(fd, &st) == 0 && st.st_size > 0)
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	return p == MAP_FAILED ? STR_ABSENT : str_span(p, (size_t)st.st_size);
}

static void
hello_read(struct daemon *d, const struct handover_hello *h, const int *fds)
{
	struct predecessor *b = &d->before;

	b->other = (struct store_other){ h->has_lock ? *fds++ : -1, (int)h->newest };
	b->memory = h->has_memory ? memory_map(*fds++) : STR_ABSENT;
	b->started_s = h->started_s;
	if (d->opt.test_clock)
		clock_turn_ms(h->turned_ms);
	for (size_t i = 0; i < h->n_sockets; i++)
		d->activation.at[d->activation.n++] = (struct http_handed){ .fd = fds[i], .ours = h->ours >> i & 1 };
}

bool
successor_begin(struct daemon *d, struct str *why)
{
	const char *variable = getenv(HANDOVER_VARIABLE);
	int fds[HANDED_MAX + 2];
	struct handover_hello h;
	int64_t fd;
	size_t n;

	if (variable == NULL)
		return true;
	*why = SAY("the hufud that runs hands over in another way than this program knows: stop it, and start this one");
	if (!str_int(str_of(variable), &fd) || fd < 0 || fd > INT32_MAX
	    || !handover_say((int)fd, HANDOVER_HERE, S("")) || !handover_take_hello((int)fd, &h, fds, COUNT(fds), &n) || h.n_sockets > HANDED_MAX)
		return false;
	unsetenv(HANDOVER_VARIABLE);            /* no setting, whatever its name */
	d->before.fd = (int)fd;
	atomic_store(&d->before.there, true);
	hello_read(d, &h, fds);
	return true;
}

void
successor_remember(struct daemon *d)
{
	struct str all = d->before.memory;

	if (d->before.fd < 0)
		return;
	secrets_take(d->secrets, all);
	guesses_take(d->guesses, all);
	if (once_take(d->proofs, all, clock_now_s()))
		d->started_s = d->before.started_s;
	if (str_given(all))
		munmap((void *)(uintptr_t)all.p, all.n);
	d->before.memory = STR_ABSENT;
	if (d->before.other.lock_fd >= 0)       /* the store has its own of it */
		close(d->before.other.lock_fd);
	d->before.other.lock_fd = -1;
}

/* --- whether it could serve --------------------------------------------------------------------- */

static bool
signs(const struct mount *m, struct arena *mem)
{
	static const struct jwt_form form = { .typ = { "test", 4 } };
	const struct key *key = keyring_signer(m->issuer->keys, m->issuer->policy->token.signing_alg);
	struct str jwt;

	return key != NULL && jwt_sign(mem, key, &form, S("{\"test\":true}"), &jwt);
}

/* Each key signs, and the store takes a write. */
static bool
self_test(struct daemon *d, struct str *why)
{
	struct snapshot *s = daemon_hold(d);
	struct store_status status;
	struct arena mem;
	bool ok = true;

	arena_init(&mem, CHECK_MEM);
	for (const struct mount *const *m = s->mounts; ok && *m != NULL; m++) {
		arena_reset(&mem);
		ok = signs(*m, &mem);
		if (!ok)
			*why = arena_say(&d->mem, "issuer %.*s: its key does not sign", STR_ARG((*m)->issuer->name));
	}
	if (ok && (!store_status(d->store, &mem, &status) || status.commit_us < 0)) {
		*why = SAY("the store cannot write");
		ok = false;
	}
	arena_free(&mem);
	snapshot_drop(s);
	return ok;
}

void
successor_failed(struct daemon *d, struct str why)
{
	if (d->before.fd >= 0)
		handover_say(d->before.fd, HANDOVER_FAILED, why);
}

/* --- the change --------------------------------------------------------------------------------- */

static bool
stop_is_asked(void)
{
	sigset_t set;

	return sigpending(&set) == 0 && (sigismember(&set, SIGTERM) == 1 || sigismember(&set, SIGINT) == 1);
}

/* GO; or the one before has been killed, and nobody serves (N4). */
static bool
go_comes(struct daemon *d, struct str *why)
{
	struct str said = STR_ABSENT;
	enum handover_word w;

	while ((w = handover_hear(d->before.fd, 100, &d->mem, &said)) != HANDOVER_GO && w != HANDOVER_END)
		if (stop_is_asked()) {
			*why = SAY("a signal stops this one meanwhile");
			return false;
		}
	if (w == HANDOVER_END)
		log_warn("the process before this one has ended by itself; this one serves");
	return true;
}

/* Orders that the other has carried out since. */
static bool
refreshed(struct daemon *d, struct str *why)
{
	struct arena mem;
	struct str said = STR_ABSENT;
	bool ok;

	arena_init(&mem, BESIDE_MEM_MAX);
	ok = daemon_refresh(d, &mem, &said);
	if (!ok)
		*why = arena_dup(&d->mem, said);
	arena_free(&mem);
	return ok;
}

/* It has gone: there is one process again, which sends what the other has left. */
static void *
farewell(void *ctx)
{
	struct daemon *d = ctx;
	char word;

	while (recv(d->before.fd, &word, sizeof word, 0) > 0)
		;
	if (atomic_load(&d->stopping))
		return NULL;
	daemon_beside(d, false);
	senders_start(d);
	atomic_store(&d->before.there, false);
	fd_store_tell(d);                       /* the manager listens to this one by now */
	log_info("the process before this one has finished its requests, and is gone");
	return NULL;
}

static void
farewell_begin(struct daemon *d)
{
	d->before.watched = pthread_create(&d->before.watcher, NULL, farewell, d) == 0;
	if (!d->before.watched)
		log_error("the thread that waits for the process before cannot be started; restart hufud soon");
}

bool
successor_ready(struct daemon *d, struct str *why)
{
	if (!self_test(d, why))
		return false;
	handover_say(d->before.fd, HANDOVER_READY, S(""));
	if (!go_comes(d, why) || !refreshed(d, why) || (d->keeper = housekeeper_start(d, why)) == NULL)
		return false;
	d->before.took_over = true;
	store_is_mine(d->store);
	http_pause(d->server, false);
	if (d->office_server != NULL)
		http_pause(d->office_server, false);
	handover_say(d->before.fd, HANDOVER_SERVING, S(""));
	farewell_begin(d);
	return true;
}

/* The one before shall not take it for a crash. */
void
successor_stops(struct daemon *d)
{
	if (d->before.fd < 0)
		return;
	handover_say(d->before.fd, HANDOVER_BYE, S(""));
	shutdown(d->before.fd, SHUT_RDWR);
	if (d->before.watched)
		pthread_join(d->before.watcher, NULL);
	close(d->before.fd);
	d->before.fd = -1;
}
