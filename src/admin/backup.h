/*
 * admin/backup.h - a backup: one file with a note, and behind it the store, in pieces that are
 * authenticated and numbered, so that a byte changed, a piece moved and an end cut off are all
 * noticed (libsodium's secretstream, XChaCha20-Poly1305).
 *
 *   head, 80 bytes   "hufu backup 1\n", 'o' or 's', '\n', passes and KiB of argon2id as 32-bit big-endian numbers, 32 bytes (the salt
 *                    in the first 16 of a sealed one; the key itself of an open one), the 24 bytes that begin the stream
 *   pieces           64 KiB each but the last, and 17 bytes more; the head is authenticated with the first
 *   inside of them   the length of the note as a 32-bit big-endian number, the note (JSON), the store's bytes
 *
 * B1: a backup is whole or refused. B2: a sealed one says nothing but its length without the passphrase.
 */
#ifndef HUFU_ADMIN_BACKUP_H
#define HUFU_ADMIN_BACKUP_H

#include <sodium.h>
#include "base/base.h"

#define BACKUP_HEAD_SIZE   80
#define BACKUP_PIECE       (64u * 1024)
#define BACKUP_NOTE_MAX    (16u * 1024)
#define BACKUP_PHRASE_MIN  8            /* characters of a passphrase; shorter ones are guessed */

struct backup_head { bool sealed; uint32_t passes, kib; uint8_t key_or_salt[32], begin[24]; };
/* A head's 80 bytes; at most 16 passes and 1 GiB are spent on a stranger's file. False with *why. */
bool backup_head_read(struct arena *mem, struct str bytes, struct backup_head *out, struct str *why);

/* What is in it. store_bytes: -1 no store; has_kek: the key-encryption key. */
struct backup_note { struct str program; int64_t made_s, store_bytes; bool has_kek; uint8_t kek[32]; };
bool backup_note_read(struct arena *mem, struct str json, struct backup_note *out, struct str *why);

/* Writing to fd. phrase absent: open. False, then and from any call, with errno or for want of memory. */
struct backup_out {
	int fd;
	crypto_secretstream_xchacha20poly1305_state state;
	uint8_t *piece, *sealed;
	size_t n;
	struct str head;
};
bool backup_begin(struct backup_out *o, struct arena *mem, int fd, struct str phrase, const struct backup_note *note);
bool backup_put(struct backup_out *o, const void *p, size_t n);
bool backup_end(struct backup_out *o);

/*
 * Reading from fd, which stands behind the head. The note comes first; backup_get then gives the
 * store: how many bytes of max, 0 at the end, which is a whole one, -1 with *why.
 */
struct backup_in {
	int fd; crypto_secretstream_xchacha20poly1305_state state; struct arena *mem; struct str *why, head;
	uint8_t *piece, *sealed; size_t n, at; bool last;
};
bool backup_open(struct backup_in *i, struct arena *mem, int fd, const struct backup_head *head,
    struct str head_bytes, struct str phrase, struct backup_note *note, struct str *why);
ssize_t backup_get(struct backup_in *i, void *p, size_t max);
#endif
