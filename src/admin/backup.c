/* admin/backup.c - the head and the note of a backup, and its stream of sealed pieces. */
#include "admin/backup.h"

#include <errno.h>
#include <unistd.h>

#define MAGIC       "hufu backup 1\n"
#define MAGIC_SIZE  (sizeof MAGIC - 1)
#define PASSES      3
#define KIB         (128u * 1024)
#define PASSES_MAX  16
#define KIB_MAX     (1024u * 1024)
#define OVERHEAD    crypto_secretstream_xchacha20poly1305_ABYTES
#define TAG_MORE    crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
#define TAG_END     crypto_secretstream_xchacha20poly1305_TAG_FINAL

_Static_assert(
    MAGIC_SIZE + 2 + 8 + 32 + crypto_secretstream_xchacha20poly1305_HEADERBYTES == BACKUP_HEAD_SIZE,
    "the head");
_Static_assert(crypto_pwhash_SALTBYTES <= 32, "the salt");

static uint32_t
get_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void
put_u32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

/* --- head and note ---------------------------------------------------------------------------- */

bool
backup_head_read(struct arena *mem, struct str bytes, struct backup_head *out, struct str *why)
{
	const uint8_t *p = (const uint8_t *)bytes.p;

	*why = SAY("this is no backup of hufu");
	if (bytes.n != BACKUP_HEAD_SIZE || memcmp(p, MAGIC, MAGIC_SIZE) != 0) {
		if (str_starts(bytes, S("hufu backup ")))
			*why = SAY("this backup was made by a newer version of this program: install that version");
		return false;
	}
	p += MAGIC_SIZE;
	if ((p[0] != 's' && p[0] != 'o') || p[1] != '\n')
		return false;
	*out = (struct backup_head){ .sealed = p[0] == 's', .passes = get_u32(p + 2), .kib = get_u32(p + 6) };
	memcpy(out->key_or_salt, p + 10, sizeof out->key_or_salt);
	memcpy(out->begin, p + 42, sizeof out->begin);
	if (!out->sealed || (out->passes > 0 && out->passes <= PASSES_MAX && out->kib >= 8 && out->kib <= KIB_MAX))
		return true;
	*why = arena_say(mem,
	    "the head of this backup asks for %u passes over %u KiB to open it; at most %d over %u are spent",
	    out->passes, out->kib, PASSES_MAX, KIB_MAX);
	return false;
}

static struct str
head_write(struct arena *mem, const struct backup_head *h)
{
	uint8_t *p = arena_alloc(mem, BACKUP_HEAD_SIZE);

	if (p == NULL)
		return STR_ABSENT;
	memcpy(p, MAGIC, MAGIC_SIZE);
	p[MAGIC_SIZE] = h->sealed ? 's' : 'o';
	p[MAGIC_SIZE + 1] = '\n';
	put_u32(p + MAGIC_SIZE + 2, h->passes);
	put_u32(p + MAGIC_SIZE + 6, h->kib);
	memcpy(p + MAGIC_SIZE + 10, h->key_or_salt, sizeof h->key_or_salt);
	memcpy(p + MAGIC_SIZE + 42, h->begin, sizeof h->begin);
	return str_span(p, BACKUP_HEAD_SIZE);
}

bool
backup_note_read(struct arena *mem, struct str json, struct backup_note *out, struct str *why)
{
	const json_t *o = json_read(mem, json);
	struct str kek = json_member_str(o, "kek"), bytes;

	*out = (struct backup_note){
		.program = json_member_str(o, "program"), .store_bytes = -1, .has_kek = str_given(kek)
	};
	*why = SAY("the note of this backup cannot be read");
	if (!str_given(out->program) || !json_member_int(o, "made", &out->made_s))
		return false;
	if (json_object_get(o, "store_bytes") != NULL
	    && (!json_member_int(o, "store_bytes", &out->store_bytes) || out->store_bytes <= 0))
		return false;
	if (!out->has_kek)
		return true;
	if (!hex_decode(mem, kek, &bytes) || bytes.n != sizeof out->kek)
		return false;
	memcpy(out->kek, bytes.p, sizeof out->kek);
	return true;
}

static struct str
note_write(struct arena *mem, const struct backup_note *n)
{
	struct buf b;

	buf_init(&b, mem, BACKUP_NOTE_MAX);
	jw_open(&b, '{');
	jm_str(&b, S("program"), n->program);
	jm_int(&b, S("made"), n->made_s);
	if (n->store_bytes >= 0)
		jm_int(&b, S("store_bytes"), n->store_bytes);
	if (n->has_kek)
		jm_str(&b, S("kek"), hex_encode(mem, str_span(n->kek, sizeof n->kek)));
	jw_close(&b, '}');
	return b.full ? STR_ABSENT : buf_str(&b);
}

/* --- the key of the stream -------------------------------------------------------------------- */

static bool
key_of(const struct backup_head *h, struct str phrase, uint8_t key[32])
{
	if (!h->sealed) {
		memcpy(key, h->key_or_salt, 32);
		return true;
	}
	return crypto_pwhash(key, 32, phrase.p ? phrase.p : "", phrase.n, h->key_or_salt, h->passes,
		   (size_t)h->kib * 1024, crypto_pwhash_ALG_ARGON2ID13)
	    == 0;
}

/* --- writing ---------------------------------------------------------------------------------- */

static bool
piece_write(struct backup_out *o, uint8_t tag)
{
	unsigned long long n = 0;

	if (crypto_secretstream_xchacha20poly1305_push(
		&o->state, o->sealed, &n, o->piece, o->n, (const uint8_t *)o->head.p, o->head.n, tag)
	    != 0)
		return false;
	o->head = S("");
	o->n = 0;
	return file_write_all(o->fd, o->sealed, (size_t)n);
}

bool
backup_put(struct backup_out *o, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	while (n > 0) {
		size_t some = BACKUP_PIECE - o->n < n ? BACKUP_PIECE - o->n : n;

		if (some == 0) {                        /* full, and there is more, so it is not the last */
			if (!piece_write(o, TAG_MORE))
				return false;
			continue;
		}
		memcpy(o->piece + o->n, p, some);
		o->n += some;
		p += some;
		n -= some;
	}
	return true;
}

bool
backup_end(struct backup_out *o)
{
	bool ok = piece_write(o, TAG_END);

	explicit_bzero(&o->state, sizeof o->state);
	return ok;
}

bool
backup_begin(struct backup_out *o, struct arena *mem, int fd, struct str phrase, const struct backup_note *note)
{
	struct backup_head h = { .sealed = str_given(phrase), .passes = PASSES, .kib = KIB };
	struct str text = note_write(mem, note);
	uint8_t key[32], length[4];
	bool ok;

	*o = (struct backup_out){ .fd = fd,
		.piece = arena_alloc(mem, BACKUP_PIECE),
		.sealed = arena_alloc(mem, BACKUP_PIECE + OVERHEAD) };
	errno = ENOMEM;
	if (sodium_init() < 0 || o->piece == NULL || o->sealed == NULL || !str_given(text))
		return false;
	rand_bytes(h.key_or_salt, sizeof h.key_or_salt);
	ok = key_of(&h, phrase, key) && crypto_secretstream_xchacha20poly1305_init_push(&o->state, h.begin, key) == 0;
	explicit_bzero(key, sizeof key);
	o->head = head_write(mem, &h);
	put_u32(length, (uint32_t)text.n);
	return ok && str_given(o->head) && file_write_all(fd, o->head.p, o->head.n)
	    && backup_put(o, length, sizeof length) && backup_put(o, text.p, text.n);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* As many bytes as there are up to max; -1 with *why. */
static ssize_t
bytes_read(struct backup_in *i, uint8_t *p, size_t max)
{
	size_t n = 0;

	while (n < max) {
		ssize_t got = read(i->fd, p + n, max - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			*i->why = arena_say(i->mem, "cannot read: %s", say_errno(errno));
			return -1;
		}
		if (got == 0)
			break;
		n += (size_t)got;
	}
	return (ssize_t)n;
}

static bool
refuse(struct backup_in *i, struct str why)
{
	*i->why = why;
	return false;
}

/* Only the last piece is shorter, and nothing follows it. */
static bool
piece_read(struct backup_in *i)
{
	ssize_t n = bytes_read(i, i->sealed, BACKUP_PIECE + OVERHEAD);
	unsigned long long got = 0;
	uint8_t tag = 0, more;

	if (n < 0)
		return false;
	if (n == 0)
		return refuse(i, SAY("this backup ends too early"));
	if ((size_t)n < OVERHEAD
	    || crypto_secretstream_xchacha20poly1305_pull(&i->state, i->piece, &got, &tag, i->sealed,
		   (size_t)n, (const uint8_t *)i->head.p, i->head.n)
		!= 0)
		return refuse(i,
		    i->head.n > 0 ? SAY(
			"this backup cannot be opened: the passphrase is another one, or the file is damaged")
				  : SAY("this backup is damaged or ends too early"));
	i->head = S("");
	i->n = (size_t)got;
	i->at = 0;
	i->last = tag == TAG_END;
	if (!i->last && got < BACKUP_PIECE)
		return refuse(i, SAY("this backup is damaged"));
	return !i->last || bytes_read(i, &more, 1) == 0 || refuse(i, SAY("something follows the end of this backup"));
}

ssize_t
backup_get(struct backup_in *i, void *p, size_t max)
{
	size_t n;

	while (i->at == i->n) {
		if (i->last)
			return 0;
		if (!piece_read(i))
			return -1;
	}
	n = i->n - i->at < max ? i->n - i->at : max;
	memcpy(p, i->piece + i->at, n);
	i->at += n;
	return (ssize_t)n;
}

static bool
get_all(struct backup_in *i, void *bytes, size_t n)
{
	uint8_t *p = bytes;

	while (n > 0) {
		ssize_t got = backup_get(i, p, n);

		if (got < 0)
			return false;
		if (got == 0)
			return refuse(i, SAY("the note of this backup cannot be read"));
		p += got;
		n -= (size_t)got;
	}
	return true;
}

static bool
note_get(struct backup_in *i, struct backup_note *note)
{
	uint8_t length[4];
	size_t n;
	char *p;

	if (!get_all(i, length, sizeof length))
		return false;
	n = get_u32(length);
	p = n <= BACKUP_NOTE_MAX ? arena_alloc(i->mem, n) : NULL;
	if (p == NULL)
		return refuse(i, SAY("the note of this backup cannot be read"));
	return get_all(i, p, n) && backup_note_read(i->mem, str_span(p, n), note, i->why);
}

bool
backup_open(struct backup_in *i, struct arena *mem, int fd, const struct backup_head *head, struct str head_bytes,
    struct str phrase, struct backup_note *note, struct str *why)
{
	uint8_t key[32];
	bool ok;

	*i = (struct backup_in){ .fd = fd,
		.mem = mem,
		.why = why,
		.head = head_bytes,
		.piece = arena_alloc(mem, BACKUP_PIECE),
		.sealed = arena_alloc(mem, BACKUP_PIECE + OVERHEAD) };
	*why = SAY("out of memory");
	if (sodium_init() < 0 || i->piece == NULL || i->sealed == NULL)
		return false;
	ok = key_of(head, phrase, key)
	    && crypto_secretstream_xchacha20poly1305_init_pull(&i->state, head->begin, key) == 0;
	explicit_bzero(key, sizeof key);
	return ok && note_get(i, note);
}
