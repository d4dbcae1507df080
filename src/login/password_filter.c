/* login/password_filter.c - the Bloom filter of breached passwords: read, asked, made. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "login/password_filter.h"

#define MAGIC    "hufupwf1"
#define SUM_AT   32
#define HASHES_MAX 32
#define PIECE    16384

struct password_file { int fd; struct str path; struct stat seen; };

static uint64_t
number_read(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

static void
number_write(uint8_t *p, size_t n, uint64_t v)
{
	for (size_t i = 0; i < n; i++, v >>= 8)
		p[i] = (uint8_t)v;
}

void
password_sha1(struct str password, uint8_t out[PASSWORD_HASH])
{
	SHA1((const unsigned char *)password.p, password.n, out);
}

/*
 * The i-th bit of a hash: two numbers of it, the second one odd, make as many as are needed (Kirsch and Mitzenmacher,
 * "Less Hashing, Same Performance").
 */
static uint64_t
bit_of(const uint8_t sha1[PASSWORD_HASH], uint32_t i, uint64_t n_bits)
{
	return (number_read(sha1, 8) + i * (number_read(sha1 + 8, 8) | 1)) % n_bits;
}

/* --- reading ---------------------------------------------------------------------------------- */

static const char *
no_filter(void)
{
	return say("it is no password filter (hufu password-filter build makes one)");
}

static const char *
damaged(void)
{
	return say("it is damaged: its sum is not the one that its head says");
}

static const char *
head_wrong(const uint8_t *head, uint64_t bytes)
{
	uint64_t hashes = number_read(head + 8, 4), bits = number_read(head + 16, 8);

	if (memcmp(head, MAGIC, 8) != 0)
		return no_filter();
	if (hashes < 1 || hashes > HASHES_MAX || number_read(head + 12, 4) != 0 || bits < 64 || bits % 8 != 0
	    || bits > (uint64_t)PASSWORD_FILTER_BITS_MAX)
		return say("its head is damaged");
	if (bits / 8 != bytes)
		return say("it is shorter or longer than its head says");
	return NULL;
}

static struct password_filter
filter_of(const uint8_t *head)
{
	return (struct password_filter){ .hashes = (uint32_t)number_read(head + 8, 4), .n_bits = number_read(head + 16, 8),
		.entries = number_read(head + 24, 8) };
}

const char *
password_filter_read(struct str file, struct password_filter *out)
{
	const uint8_t *head = (const uint8_t *)file.p;
	uint8_t sum[DIGEST_SIZE];
	struct str bits;
	const char *wrong;

	if (file.n < PASSWORD_FILTER_HEAD)
		return no_filter();
	bits = str_from(file, PASSWORD_FILTER_HEAD);
	if ((wrong = head_wrong(head, bits.n)) != NULL)
		return wrong;
	SHA256(sum, str_sub(file, 0, SUM_AT), bits);
	if (memcmp(sum, head + SUM_AT, sizeof sum) != 0)
		return damaged();
	*out = filter_of(head);
	out->bits = bits;
	return NULL;
}

/* --- in its file ------------------------------------------------------------------------------ */

static bool
bytes_at(const struct password_file *file, uint64_t at, uint8_t *out, size_t n)
{
	return pread(file->fd, out, n, (off_t)at) == (ssize_t)n;
}

/* Of all that is behind the sum, from the head on. False: it cannot be read. */
static bool
rest_digest(const struct password_file *file, EVP_MD_CTX *ctx)
{
	uint8_t piece[PIECE];
	uint64_t size = (uint64_t)file->seen.st_size;

	for (uint64_t at = PASSWORD_FILTER_HEAD; at < size; at += sizeof piece) {
		size_t n = size - at < sizeof piece ? (size_t)(size - at) : sizeof piece;

		if (!bytes_at(file, at, piece, n) || EVP_DigestUpdate(ctx, piece, n) != 1)
			return false;
	}
	return true;
}

static bool
sum_holds(const struct password_file *file, const uint8_t head[PASSWORD_FILTER_HEAD])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t sum[DIGEST_SIZE];
	bool holds = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1
	    && EVP_DigestUpdate(ctx, head, SUM_AT) == 1 && rest_digest(file, ctx)
	    && EVP_DigestFinal_ex(ctx, sum, NULL) == 1 && memcmp(sum, head + SUM_AT, sizeof sum) == 0;

	EVP_MD_CTX_free(ctx);
	return holds;
}

static const char *
file_judge(struct password_file *file, struct password_filter *out)
{
	uint8_t head[PASSWORD_FILTER_HEAD];
	const char *wrong;

	if (fstat(file->fd, &file->seen) != 0)
		return strerror(errno);
	if (!S_ISREG(file->seen.st_mode) || file->seen.st_size < PASSWORD_FILTER_HEAD)
		return no_filter();
	if (!bytes_at(file, 0, head, sizeof head))
		return damaged();
	if ((wrong = head_wrong(head, (uint64_t)file->seen.st_size - PASSWORD_FILTER_HEAD)) != NULL)
		return wrong;
	if (!sum_holds(file, head))
		return damaged();
	*out = filter_of(head);
	out->file = file;
	return NULL;
}

static void
file_close(void *file)
{
	close(((struct password_file *)file)->fd);
}

const char *
password_filter_open(struct arena *mem, struct str path, struct password_filter *out)
{
	struct password_file *file = arena_new(mem, struct password_file);
	char *z = arena_z(mem, path);

	if (file == NULL || z == NULL)
		return strerror(ENOMEM);
	*file = (struct password_file){ .fd = open(z, O_RDONLY | O_CLOEXEC | O_NONBLOCK), .path = arena_dup(mem, path) };
	if (file->fd < 0)
		return strerror(errno);
	return arena_defer(mem, file_close, file) ? file_judge(file, out) : strerror(ENOMEM);
}

/* As it was when its sum was checked. */
static bool
file_stands(const struct password_file *file)
{
	struct stat now;

	return fstat(file->fd, &now) == 0 && now.st_size == file->seen.st_size
	    && now.st_mtim.tv_sec == file->seen.st_mtim.tv_sec && now.st_mtim.tv_nsec == file->seen.st_mtim.tv_nsec;
}

/* What it says now is worth nothing, so no password is told to be good by it. */
static bool
file_is_spoilt(const struct password_file *file)
{
	static _Atomic int64_t told;

	if (log_is_due(&told, 60))
		log_error("%.*s cannot be read any more or was written into: every password counts as a breached one "
			  "until hufu reload has found a whole filter there", STR_ARG(file->path));
	return true;
}

/* --- asking ----------------------------------------------------------------------------------- */

static bool
byte_of(const struct password_filter *f, uint64_t at, uint8_t *out)
{
	if (f->file != NULL)
		return bytes_at(f->file, PASSWORD_FILTER_HEAD + at, out, 1);
	*out = (uint8_t)f->bits.p[at];
	return true;
}

bool
password_filter_has(const struct password_filter *f, struct str password)
{
	uint8_t sha1[PASSWORD_HASH], byte;

	if (f->n_bits == 0)
		return false;
	if (f->file != NULL && !file_stands(f->file))
		return file_is_spoilt(f->file);
	password_sha1(password, sha1);
	for (uint32_t i = 0; i < f->hashes; i++) {
		uint64_t bit = bit_of(sha1, i, f->n_bits);

		if (!byte_of(f, bit / 8, &byte))
			return file_is_spoilt(f->file);
		if (!(byte >> bit % 8 & 1))
			return false;
	}
	return true;
}

/* --- making one ------------------------------------------------------------------------------- */

static uint64_t
bits_for(uint64_t entries, uint32_t bits_each)
{
	uint64_t bits = entries > (uint64_t)PASSWORD_FILTER_BITS_MAX / bits_each ? 0 : entries * bits_each;

	return entries > 0 && bits == 0 ? 0 : bits < 64 ? 64 : (bits + 7) / 8 * 8;
}

uint64_t
password_filter_size(uint64_t entries, uint32_t bits_each)
{
	uint64_t bits = bits_for(entries, bits_each);

	return bits == 0 ? 0 : PASSWORD_FILTER_HEAD + bits / 8;
}

/* ln 2 of the bits for each, the number that is wrong least often. */
static uint32_t
hashes_for(uint32_t bits_each)
{
	uint32_t n = (bits_each * 693 + 500) / 1000;

	return n < 1 ? 1 : n > HASHES_MAX ? HASHES_MAX : n;
}

void
password_filter_begin(struct password_filter_new *f, uint8_t *file, uint64_t size, uint32_t bits_each)
{
	*f = (struct password_filter_new){ .file = file, .n_bits = (size - PASSWORD_FILTER_HEAD) * 8,
		.hashes = hashes_for(bits_each) };
}

void
password_filter_add(struct password_filter_new *f, const uint8_t sha1[PASSWORD_HASH])
{
	for (uint32_t i = 0; i < f->hashes; i++) {
		uint64_t bit = bit_of(sha1, i, f->n_bits);

		f->file[PASSWORD_FILTER_HEAD + bit / 8] |= (uint8_t)(1u << bit % 8);
	}
	f->entries++;
}

void
password_filter_end(struct password_filter_new *f)
{
	struct str bits = str_span(f->file + PASSWORD_FILTER_HEAD, f->n_bits / 8);

	memcpy(f->file, MAGIC, 8);
	number_write(f->file + 8, 4, f->hashes);
	number_write(f->file + 12, 4, 0);
	number_write(f->file + 16, 8, f->n_bits);
	number_write(f->file + 24, 8, f->entries);
	SHA256(f->file + SUM_AT, str_span(f->file, SUM_AT), bits);
}

static int
digit_of(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool
password_hash_line_read(struct str line, uint8_t out[PASSWORD_HASH])
{
	if (line.n < 2 * PASSWORD_HASH || (line.n > 2 * PASSWORD_HASH && line.p[2 * PASSWORD_HASH] != ':'))
		return false;
	for (size_t i = 2 * PASSWORD_HASH + 1; i < line.n; i++)
		if (line.p[i] < '0' || line.p[i] > '9')
			return false;
	for (size_t i = 0; i < PASSWORD_HASH; i++) {
		int high = digit_of(line.p[2 * i]), low = digit_of(line.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}
