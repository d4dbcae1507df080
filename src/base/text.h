/* base/text.h - bytes as text: base64, base64url, hex, percent, HTML, UUID; and JSON read by jansson. */
#ifndef HUFU_BASE_TEXT_H
#define HUFU_BASE_TEXT_H

#include <jansson.h>
#include "base/arena.h"
#include "base/buf.h"

/* Encoders: into mem; absent when mem is full. base64url has no padding (RFC 7515 section 2). */
struct str b64url_encode(struct arena *mem, struct str bytes);
struct str b64_encode(struct arena *mem, struct str bytes);
struct str hex_encode(struct arena *mem, struct str bytes);
void hex_write(char *out, const uint8_t *p, size_t n);          /* 2n bytes, no NUL */
int hex_value(char c);                                          /* 0..15, or -1 */
/* base64url of n bytes into out, which holds B64URL_SIZE(n): gives the characters written, no NUL. */
#define B64URL_SIZE(n) ((n) / 3 * 4 + ((n) % 3 ? (n) % 3 + 1 : 0))
size_t b64url_write(char *out, const void *p, size_t n);
struct str uuid_write(struct arena *mem, const uint8_t id[16]); /* 36 characters, as the bytes are */
struct str uuid4_write(struct arena *mem, const uint8_t id[16]);/* the same with version 4 and variant bits forced */
bool uuid_read(struct str s, uint8_t id[16]);                   /* 8-4-4-4-12 hex digits, else false */

/* Strict decoders: false (and *out untouched) for a foreign character, wrong length, wrong padding, non-zero spare bits.
 * b64_decode takes padded or unpadded standard base64; b64url_decode only unpadded base64url. */
bool b64url_decode(struct arena *mem, struct str text, struct str *out);
bool b64_decode(struct arena *mem, struct str text, struct str *out);
/* unpadded base64url of exactly n bytes; what is refused may have written some */
bool b64url_read(struct str text, void *out, size_t n);
bool hex_decode(struct arena *mem, struct str text, struct str *out);

/*
 * application/x-www-form-urlencoded text: '+' is a blank when plus is true, %XX a byte. False for a broken %-sequence.
 * The result may hold NUL, CR, LF: the caller decides (http/form.h refuses them).
 */
bool pct_decode(struct arena *mem, struct str text, bool plus, struct str *out);
/* Everything but unreserved characters (RFC 3986 section 2.3) and the bytes in keep becomes %XX, upper case. */
void pct_encode(struct buf *b, struct str s, struct str keep);

/*
 * What two names share that differ by case only, in any script, or by how an accent is put together
 * (Unicode's canonical caseless matching): in mem; absent when mem is full. Bytes that are no UTF-8
 * stay as they are.
 */
struct str str_fold(struct arena *mem, struct str s);
/* The same of compatibility forms too (NFKC, D146): fullwidth letters and digits are letters and digits. */
struct str str_fold_wide(struct arena *mem, struct str s);

/* &, <, >, ", ' as entities. Every byte that reaches a page goes through here. */
void html_put(struct buf *b, struct str s);

/*
 * Read one JSON text (RFC 8259), whole, at most JSON_READ_MAX bytes and 32 levels, duplicate members refused, no NUL in
 * strings. NULL when malformed. The value is borrowed: mem releases it at arena_reset.
 */
#define JSON_READ_MAX (64 * 1024)
json_t *json_read(struct arena *mem, struct str text);
json_t *json_read_upto(struct arena *mem, struct str text, size_t max); /* of our own rows: at most max bytes */
json_t *json_str(struct str s);         /* a new value, the caller's; an absent text is an empty one. NULL: no memory */
bool json_put_str(json_t *obj, const char *name, struct str value);    /* a member, alike; false: no memory */
struct str json_text(const json_t *v);  /* of a string, borrowed; absent: v is none */
/* absent when missing or no string; borrowed from obj */
struct str json_member_str(const json_t *obj, const char *name);
bool json_has_word(const json_t *list, const char *word);            /* an array of texts with this one among them */
bool json_member_int(const json_t *obj, const char *name, int64_t *out);
/* A time of a JWT in seconds, its fraction dropped (NumericDate, RFC 7519 section 2). False: none, or beyond 2^53 */
bool json_member_time(const json_t *obj, const char *name, int64_t *out);
#endif
