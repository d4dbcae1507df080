/*
 * admin/trail.h - the audit file: the lines of the log that say what was done and asked for (levels "record" and
 * "audit"), each with a sequence number and the digest of the line before, and from time to time a signed head.
 *
 *	{"ts":"...","level":"record","event":"client.create",...,"seq":7,"prev":"<SHA-256 of line 6, base64url>"}
 *	{"ts":"...","level":"head","jws":"<compact JWS>","seq":8,"prev":"<SHA-256 of line 7>"}
 *
 * The digest is of a whole line without its line feed. The claims of a head are first (the number of the first line of
 * this file), seq, prev and iat: what it signs vouches for every line before it. Files that were rotated are called
 * FILE-000000000042 by the number of their first line, and the chain goes on from one to the next.
 *
 * A1: a line is written whole or not at all; what cannot be written is counted, told, and keeps nobody waiting.
 * A2: numbers and digests go on across rotations, reloads and restarts.
 * A4: what the file has and a target beside it has not, is counted and told of.
 * A3: a file is removed, or left behind, only when the chain says so: a record with the number (last) and the digest of
 *     the last line that is not here any more, which a head has signed before the first file goes.
 */
#ifndef HUFU_ADMIN_TRAIL_H
#define HUFU_ADMIN_TRAIL_H

#include "base/base.h"
#include "jose/jwks.h"

#define TRAIL_LINE_MAX (1024 * 1024)
#define TRAIL_DIGEST   43               /* characters of a SHA-256 in base64url */

/* --- trail_line.c: one line ------------------------------------------------------------------- */
struct trail_line { int64_t seq; struct str prev; bool head; };
/* line: without line feed. False: no line of a chain. Spans point into line. */
bool trail_line_read(struct str line, struct trail_line *out);
/* The object with its two members more; without a line feed. */
void trail_line_put(struct buf *b, struct str object, int64_t seq, struct str prev);
void trail_digest(struct str line, char out[TRAIL_DIGEST + 1]);
/* When it was written, Unix time; 0: it does not say. */
int64_t trail_line_time(struct str line);

/* --- trail_key.c: who signs heads: an Ed25519 key that follows from the key-encryption key ------ */
/* NULL: libcrypto failed. key_free releases it. */
struct key *trail_key(const uint8_t kek[32]);
/* its public part as a JWK set; absent: mem is full, or as above */
struct str trail_key_set(struct arena *mem, const uint8_t kek[32]);
#define TRAIL_HEAD_TYPE "audit-head+jwt"

/* --- trail_files.c: the files of a trail -------------------------------------------------------- */
#define TRAIL_FILES_MAX 4096
/* Names of the rotated files, in the order of their lines, in mem; false with *why. */
bool trail_rotated(struct arena *mem, struct str file, struct str *names, size_t *n, struct str *why);
struct str trail_rotated_name(struct arena *mem, struct str file, int64_t first);
/* The number that the name of a rotated file ends with; 0: it is none. */
int64_t trail_first_named(struct str name);

/* --- trail_look.c: how a file begins and ends ---------------------------------------------------- */
/* Between two lines: the number of the one behind, the digest of the one before. */
struct trail_link { int64_t seq; char digest[TRAIL_DIGEST + 1]; };
/* link: at its end; begin: at its beginning. cut: bytes of a last line that has no end. first 0: it is empty. head: the
 * last line, in mem, where that is one. */
struct trail_found { struct trail_link link, begin; int64_t first, size, cut, last_s; struct str head; };
/* fd: a file, open for reading. False: this is no audit file. mem: two lines of it. */
bool trail_look(struct arena *mem, int fd, struct trail_found *f);

/* --- trail.c: the writer ------------------------------------------------------------------------ */
struct trail_rules {
	struct str file;                /* empty: none is written */
	int64_t size_max;               /* bytes from which another file begins */
	int64_t every_s;                /* so does a new one of these periods (86400: a UTC day); 0: no matter how old */
	int64_t keep_s;                 /* rotated files whose last line is older are removed; 0: never */
	int64_t keep_size;              /* the oldest are removed while all files together have more bytes; 0: never */
	struct str syslog, journald;    /* sockets that get each line of the chain too; empty: none */
	bool standard_output;           /* so does this */
	int64_t sign_s;                 /* between two heads, while there is something new */
};

/* --- trail_keep.c: which files may go ------------------------------------------------------------ */
/* The oldest n files; next: the line behind them. In mem. */
struct trail_gone { struct str *names; size_t n; struct trail_link next; };
/*
 * By the rules, and A3: the oldest first, none out of the middle, and none that the next file does not go on from. begin,
 * size: of the file that is written. False: none is to go.
 */
bool trail_expired(struct arena *mem, const struct trail_rules *r, const struct trail_link *begin, int64_t size,
    struct trail_gone *out);

/* --- trail_targets.c: who gets the lines of the chain beside the file ----------------------------- */
enum trail_target { TARGET_FILE, TARGET_SYSLOG, TARGET_JOURNALD, TARGET_STDOUT, TARGET_COUNT };
extern const char *const trail_target_names[TARGET_COUNT];
#define TRAIL_SOCKET_MAX 107            /* bytes of a socket's path: sun_path of unix(7), without its NUL */
/*
 * A4: the file has every line that a target has not. A socket that is full, too small for a line, or not there keeps nobody
 *     waiting: the line is counted (lost), and the log tells from which number to which they are missing. Standard
 *     output is waited for, as the log is.
 */
struct trail_targets {
	struct trail_way {
		char path[TRAIL_SOCKET_MAX + 1];        /* of the socket; empty: it gets nothing */
		int fd;                                 /* -1: not connected */
		int64_t from, to;                       /* numbers that are missing there since it took the last one; 0: none */
		_Atomic int64_t told;
	} way[TARGET_COUNT];
	_Atomic int64_t lost[TARGET_COUNT];             /* lines, since the start; of TARGET_FILE, which the log alone has */
};
void targets_begin(struct trail_targets *t);
/* socket: NULL or empty, none. What was connected elsewhere is left. */
void targets_set(struct trail_targets *t, enum trail_target which, struct str socket);
/*
 * Lines of the chain, each with its line feed. syslog: RFC 5424, facility 10, severity 6, the line as MSG; journald: its
 * native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL), the line as MESSAGE and its members as HUFU_....
 */
void targets_put(struct trail_targets *t, struct str lines);
void targets_end(struct trail_targets *t);

/* --- the writer again: trail.c ------------------------------------------------------------------- */
struct trail;
/* Writes nothing yet; NULL: memory is exhausted. */
struct trail *trail_new(const uint8_t kek[32]);
/*
 * Begin to write by these rules, or go on by others: opens the file (its directory is made, 0700) when it is another
 * one or was moved away, and goes on from its last line. A last line that a crash cut is taken away and told of in the
 * next. False with *why, in mem: nothing has changed.
 */
bool trail_change(struct trail *t, const struct trail_rules *r, struct arena *mem, struct str *why);
/*
 * Two processes write the file by turns while one hands over to the other: each opens it for its lines alone, and goes on
 * from the last one. Heads, rotation and retention wait until there is one again. Both say so before the second begins.
 */
void trail_share(struct trail *t, bool on);
/* Lines of the log, each a JSON object, a line feed between two. Thread-safe. */
void trail_put(void *trail, struct str lines);
/* The newest head, a whole line with its line feed, for whoever keeps it elsewhere; absent: none yet. Thread-safe. */
struct str trail_head(struct trail *t, struct arena *mem);
/* Lines that are missing somewhere, TARGET_COUNT of them, as long as the trail lives. */
const _Atomic int64_t *trail_lost(const struct trail *t);
/* Once a second: heads, rotation by age, retention. */
void trail_tick(struct trail *t);
void trail_free(struct trail *t);       /* with a last head; NULL is fine */

/* --- trail_judge.c: is it what was written? ----------------------------------------------------- */
enum trail_fault {
	TRAIL_SOUND,
	TRAIL_FOREIGN,          /* no line of a chain */
	TRAIL_MISSING,          /* lines between the one before and this one */
	TRAIL_ORDER,            /* stands behind a later one, or twice */
	TRAIL_CHANGED,          /* the line before is not what this one followed */
	TRAIL_CUT,              /* a line without an end */
	TRAIL_BEGINNING,        /* a head knows of earlier lines of this file */
	TRAIL_HEAD,             /* a head that no key signed, or that signed something else */
	TRAIL_STRANGER,         /* a head of a key that is not at hand */
	TRAIL_FRONT,            /* the lines before the first one are gone, and no signed record says so: A3 */
	TRAIL_SHORT             /* the line that was asked for is not there, or another one */
};
struct trail_judge {
	const struct jwks *keys;
	int64_t first, seq;             /* of the line read last; 0: none yet */
	int64_t file_first;             /* of this file */
	int64_t signed_seq;             /* the last line that a good head vouches for; 0: none */
	int64_t lines, heads;
	char digest[TRAIL_DIGEST + 1];
	char before[TRAIL_DIGEST + 1];  /* what the first line followed */
	int64_t parted_seq;             /* the record that tells where the lines before the first one went; 0: none */
	enum event parted;              /* EV_audit_expired, EV_audit_moved */
	int64_t missing_from;           /* of TRAIL_MISSING and TRAIL_BEGINNING */
	int64_t wanted_seq;             /* a line whose digest is known from elsewhere; 0: none */
	struct str wanted;
	bool met;
};
/*
 * One head, a line as it stands in the file: signed by one of the keys, and its claims are its own place. out: what it
 * says of itself; digest: of the line.
 */
bool trail_judge_head(const struct jwks *keys, struct arena *mem, struct str line, struct trail_link *out);
void trail_judge_file(struct trail_judge *j);           /* another file begins */
/* The next line. mem: scratch. The chain goes on behind a fault, so that the next one is found too. */
enum trail_fault trail_judge_line(struct trail_judge *j, struct arena *mem, struct str line);
/* After the last one: TRAIL_FRONT, or TRAIL_SOUND. first: of a file that was rotated, by its name; 0: of all. */
enum trail_fault trail_judge_front(const struct trail_judge *j, int64_t first);
#endif
