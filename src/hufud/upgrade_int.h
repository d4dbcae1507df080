/*
 * hufud/upgrade_int.h - another program takes this one's place while requests go on (docs/upgrade.md).
 *
 * The daemon that runs starts the new program, which says HERE over a socket pair and is handed the listening sockets,
 * the lock of the embedded store and what the old one remembers. The new one does all that a start does, with listeners that take nobody yet, and
 * says READY; the old one stops what may be done by one process only (housekeeping) and says GO; the new one takes it
 * up, opens its listeners, and says SERVING. Only then does the old one stop accepting; it finishes what it has, and
 * goes. Up to SERVING, and even while it finishes, it can go on as if nothing had been.
 *
 * N1: at every moment at least one of them takes connections from the sockets, and nobody resets who waits at them.
 * N2: housekeeping, control socket, messages that wait and the number in the lock file are one process's at a time; the
 *     audit file is written by turns; what counts once counts once for both.
 * N3: a new program that fails, ends, hangs or is killed leaves the old one as it was, and it says why.
 * N4: an old one that is killed leaves the new one to serve.
 */
#ifndef HUFUD_UPGRADE_INT_H
#define HUFUD_UPGRADE_INT_H

#include "hufud/daemon_int.h"

#define HANDOVER_VARIABLE "HUFU_HANDOVER"       /* names the descriptor of the socket pair */
#define HANDOVER_WHY_MAX  2000                  /* bytes of a reason */

/* A message of the socket pair: its first byte; a reason follows in FAILED. */
enum handover_word {
	HANDOVER_HERE = 'H', HANDOVER_READY = 'R', HANDOVER_FAILED = 'F', HANDOVER_SERVING = 'S', HANDOVER_BYE = 'B',        /* new to old */
	HANDOVER_GO = 'G',                                                              /* old to new */
	HANDOVER_END = 0,                       /* the other end is closed: that process is gone */
	HANDOVER_NOTHING = -1                   /* nothing has come in this time */
};

/*
 * The first message from old to new, once that has said HERE: a program that knows nothing of this, and what it leaves
 * behind, shall not get the lock. The descriptors beside it: lock, memory, sockets, as far as there are any. */
struct handover_hello {
	char     magic[8];                      /* HANDOVER_MAGIC: this layout */
	int64_t  newest;                        /* schema that the old program knows */
	int64_t  turned_ms, started_s;          /* the clock of a test; struct services */
	uint64_t ours;                          /* bit for each socket: http_handed.ours */
	uint32_t has_lock, has_memory, n_sockets;
};
#define HANDOVER_MAGIC "hufuup1"

/* handover.c: the socket pair. False: the other end is gone, or (hello) not what it should be. */
bool handover_say(int fd, enum handover_word word, struct str why);
/* why: of FAILED, in mem */
enum handover_word handover_hear(int fd, int wait_ms, struct arena *mem, struct str *why);
bool handover_send_hello(int fd, const struct handover_hello *h, const int *fds, size_t n);
bool handover_take_hello(int fd, struct handover_hello *h, int *fds, size_t max, size_t *n);

/* upgrade_order.c: the order that waits (all absent: there is none); its answer; the one that serves is gone */
void upgrade_take(struct daemon *d, struct arena *mem, struct upgrade_order *out);
void upgrade_answer(struct daemon *d, bool left, int64_t pid, int64_t took_ms, struct str why);
void upgrade_taken_back(struct daemon *d);

/* spawn.c: the new program with one end of a pair; -1 with *why. */
struct successor { pid_t pid; int fd; };
bool successor_spawn(struct daemon *d, struct str binary, struct successor *s, struct arena *mem, struct str *why);
/* It has ended, or is ended now. What it says of how, in mem. */
struct str successor_end(struct successor *s, struct arena *mem);
bool successor_is_gone(struct successor *s);    /* reaps it */
#endif
