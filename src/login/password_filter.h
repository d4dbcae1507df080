/*
 * login/password_filter.h - a file of passwords that were found in breaches, as a Bloom filter: it says "never seen" or
 * "probably seen" and holds no password. One bit pattern for each password, of its SHA-1, which is how such lists are
 * published (40 hexadecimal digits a line, perhaps ":" and a count behind).
 *
 * The file, numbers with the least byte first:
 *
 *     0  8   "hufupwf1"
 *     8  4   hashes: bits that each password sets, 1 to 32
 *    12  4   0
 *    16  8   bits: how many there are; a multiple of 8, at least 64
 *    24  8   entries: passwords that were added, double ones too
 *    32  32  SHA-256 of the 32 bytes before and of all bits
 *    64  ..  the bits, bits / 8 bytes, to the end of the file
 *
 * With 20 bits for each password and 14 hashes one in some 15,000 others is taken for a seen one.
 */
#ifndef HUFU_LOGIN_PASSWORD_FILTER_H
#define HUFU_LOGIN_PASSWORD_FILTER_H

#include "base/base.h"

#define PASSWORD_FILTER_HEAD 64                 /* bytes before the bits */
#define PASSWORD_FILTER_BITS_MAX (INT64_C(1) << 37)     /* 16 GiB */
#define PASSWORD_HASH 20                        /* bytes of a SHA-1 */

/* bits points into what was read; or they are asked of the file. n_bits 0: there is no filter, and nothing was ever seen. */
struct password_file;
struct password_filter { struct str bits; const struct password_file *file; uint32_t hashes; uint64_t n_bits, entries; };

/*
 * Take a file's bytes apart; out borrows them. The sum over all bits is checked: half a second for each GiB or so.
 * NULL: out is whole; else why it is none, a sentence, and out is untouched.
 */
const char *password_filter_read(struct str file, struct password_filter *out);
/*
 * The same of a file that stays open as long as mem lives: nothing of it is kept in memory, each question reads as many
 * bytes as there are hashes. It may be replaced by another file of its name meanwhile. Whoever writes into it, or cuts
 * it off, spoils it: from then on every password counts as added, and the log says so once a minute.
 */
const char *password_filter_open(struct arena *mem, struct str path, struct password_filter *out);
/* Was the password added, as its bytes are? True of few others. Thread-safe. */
bool password_filter_has(const struct password_filter *f, struct str password);

/* --- making one ------------------------------------------------------------------------------- */

/* How many bytes the file of so many entries has, at bits_each (4 to 64) bits for each; 0: more than PASSWORD_FILTER_BITS_MAX. */
uint64_t password_filter_size(uint64_t entries, uint32_t bits_each);
/* file: that many zeros. */
struct password_filter_new { uint8_t *file; uint64_t n_bits, entries; uint32_t hashes; };
void password_filter_begin(struct password_filter_new *f, uint8_t *file, uint64_t size, uint32_t bits_each);
void password_filter_add(struct password_filter_new *f, const uint8_t sha1[PASSWORD_HASH]);
void password_filter_end(struct password_filter_new *f);        /* the head and its sum: now it is whole */

void password_sha1(struct str password, uint8_t out[PASSWORD_HASH]);
/* A line of a published list: 40 hexadecimal digits in either case, perhaps ":" and digits behind. False: none. */
bool password_hash_line_read(struct str line, uint8_t out[PASSWORD_HASH]);
#endif
