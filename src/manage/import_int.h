/*
 * manage/import_int.h - what the files of realm.import share: the import in hand, what an earlier
 * one left behind, and the comparison of both sides by it.
 *
 * Each row is compared with what the last import of the same source saw of it ("base"), value by value:
 *   the same on both sides            same
 *   changed there, not here           taken
 *   changed here, not there           kept (with "replace": taken)
 *   changed on both sides             a conflict: nothing of the row is written unless "replace" or "keep" decides
 * A row whose import nobody remembers differs on both sides. A better hash of the same password is no change.
 */
#ifndef HUFU_MANAGE_IMPORT_INT_H
#define HUFU_MANAGE_IMPORT_INT_H

#include "manage/manage_int.h"

enum fate {
	FATE_ADDED,
	FATE_SAME,
	FATE_UPDATED,
	FATE_KEPT,
	FATE_REPLACED,
	FATE_ENDED,
	FATE_CONFLICT,
	FATE_EXPIRED,
	FATE_ORPHANED,
	FATE_REFUSED,
	FATE_COUNT
};

struct import;
/* The realm's rows become operations one at a time; false: a refusal of the whole order stands in j->out. */
typedef bool row_fn(struct import *m, const json_t *row, struct str place);
/* A row of the file, what was decided of it, and where its operations begin. */
struct row {
	row_fn *take;
	const json_t *json;
	struct str id, place;
	size_t number;
	enum fate fate;
	size_t first;
	int tries;
};
struct import {
	struct job *j; struct str realm, source, key;   /* key: of the digests */
	bool memory_lost;                               /* see import_key_judge */
	bool replace, keep; int64_t now_s; int64_t n[FATE_COUNT]; struct buf refused;
	json_t *differs;                                /* one object for each value that differs */
	json_t *absent;                                 /* ids and names of rows that will not be there */
	struct row at;                                  /* in hand */
	struct row rows[STORE_OPS_MAX]; size_t n_rows;  /* whose operations wait */
	struct store_op ops[STORE_OPS_MAX]; size_t n_ops;
};

/*
 * import_batch.c: the operations of the row in hand, together in one commit. It comes later, with
 * those of other rows: what they point to lives in m->j->mem, not on the stack.
 */
bool import_add(struct import *m, enum fate f, const struct store_op *ops, size_t n);
bool import_counted(struct import *m, enum fate f);     /* nothing is to be written; always true */
bool import_flush(struct import *m);                    /* what is still to be committed */
/* What was wrong with one row (in j->out) is told beside the others. */
bool import_refused(struct import *m, struct str place);
/*
 * "replace", but for a row that an operator or a login changed while it was in hand: whoever was
 * told "done" of it keeps it (S6).
 */
bool import_overrides(const struct import *m);
bool import_no_memory(struct import *m);                /* the whole order is refused */
/* The row will not be there: what hangs from it has no owner. */
void import_absent(struct import *m, struct str id);
/* of: "user alice". A time of 0 is not known. */
struct difference { struct str of, field, there, here; int64_t there_s, here_s; const char *decision; };
void import_differs(struct import *m, const struct difference *d);

/*
 * import_memory.c: rows are remembered under a key that follows from the key-encryption key. A row
 * of its own for each source tells which; when that one is lost, what was remembered cannot be read
 * any more: nothing is taken then before somebody decides by "replace" or "keep", and the memory
 * begins anew. False: refused.
 */
bool import_key_judge(struct import *m);
/* What is remembered of a row. kind: of struct imported; parts: what names it, in this order. */
struct id16 import_what(const struct import *m, char kind, const struct str *parts, size_t n);
#define IMPORT_WHAT(m, kind, ...) import_what((m), (kind), (const struct str[]){ __VA_ARGS__ }, \
	sizeof((const struct str[]){ __VA_ARGS__ }) / sizeof(struct str))
/*
 * False: a refusal stands in j->out. *base: NULL when nothing is remembered; else what was
 * remembered, and *was its row.
 */
bool import_recall(struct import *m, char kind, const struct id16 *what, struct imported *was, const json_t **base);
/* A row to be remembered: base is written down. NULL: memory is exhausted. */
struct imported *import_remember(struct import *m, char kind, const struct id16 *what, const json_t *base,
    int64_t version, int64_t expires_s);
/* The same row to be forgotten. */
struct imported *import_forgotten(struct import *m, char kind, const struct id16 *what);
json_t *import_object(struct import *m);                /* empty, released with the order */
/* Digest of a value as the base holds it: 16 hex digits. */
struct str import_digest(const struct import *m, const char *name, struct str value);

/* import_merge.c: clients and users. */
struct kind {
	char letter;
	const char *word;
	const struct field *rows;
	size_t size, enabled_at, secret_at;
	const char *secret;
};
extern const struct kind import_clients, import_users;
/* How a record of the old side stands to the one that is here. */
struct sides {
	const struct kind *k; const json_t *row;        /* as it was sent */
	/*
	 * owner: client id, user's UUID; clear: the secret, where the old table had it so; else
	 * absent
	 */
	struct str id, owner, clear;
	void *there; const void *here; void *out;       /* records; here NULL: none. out: what is to be written */
	/* what out is written over: here, or a shadow; its version 0: nothing */
	const void *old;
	int64_t here_s, version, not_before_s;          /* of here */
	struct imported was; const json_t *base;        /* base NULL: nothing is remembered */
	bool taken, overridden, kept, conflict, ended;  /* out */
	json_t *next;                                   /* out: what is to be remembered; NULL as before */
};
bool import_merge(struct import *m, struct sides *s);
/* The old table has the row no more. False: nothing is to be done; else s->taken tells whether it is to be disabled. */
bool import_gone(struct import *m, struct sides *s, bool enabled);

/* the rows of the four lists */
bool import_client_row(struct import *m, const json_t *row, struct str place);
bool import_user_row(struct import *m, const json_t *row, struct str place);
bool import_approval_row(struct import *m, const json_t *row, struct str place);
bool import_token_row(struct import *m, const json_t *row, struct str place);
#endif
