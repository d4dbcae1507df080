/*
 * oauth/text.c - the text of codes and opaque tokens. An opaque token is HMAC(token key, kind ‖ row id ‖ generation) in the
 * policy's shape: nothing but the row is stored, and the text can be made again.
 */
#include "oauth/oauth_int.h"

#define TAG_SIZE 16

static void
tag_of(const struct issuer *i, struct str kind, const struct id16 *id, int64_t generation, uint8_t out[DIGEST_SIZE])
{
	uint8_t g[8];

	for (int k = 0; k < 8; k++)
		g[k] = (uint8_t)((uint64_t)generation >> (56 - 8 * k));
	HMAC256(out, str_span(i->keys->token_key, 32), kind, id_str(id), str_span(g, 8));
}

/* The two shapes that are found by their digest. */
static struct str
bare_text(enum token_shape shape, struct arena *mem, const uint8_t tag[DIGEST_SIZE])
{
	return shape == SHAPE_UUID ? uuid4_write(mem, tag) : b64url_encode(mem, str_span(tag, 20));
}

struct str
access_text(const struct issuer *i, struct arena *mem, const struct id16 *row)
{
	uint8_t tag[DIGEST_SIZE], whole[16 + TAG_SIZE];

	tag_of(i, S("access"), row, 0, tag);
	if (i->law->access_shape != SHAPE_ROW_ID)
		return bare_text(i->law->access_shape, mem, tag);
	memcpy(whole, row->b, 16);
	memcpy(whole + 16, tag, TAG_SIZE);
	return b64url_encode(mem, str_span(whole, sizeof whole));
}

struct str
refresh_text(const struct issuer *i, struct arena *mem, const struct family *f, int64_t generation)
{
	uint8_t tag[DIGEST_SIZE], whole[16 + 4 + TAG_SIZE];

	tag_of(i, S("refresh"), &f->id, generation, tag);
	if (f->has_digest && generation == 0)
		return bare_text(i->law->refresh_shape, mem, tag);
	memcpy(whole, f->id.b, 16);
	for (int k = 0; k < 4; k++)
		whole[16 + k] = (uint8_t)((uint64_t)generation >> (24 - 8 * k));
	memcpy(whole + 20, tag, TAG_SIZE);
	return b64url_encode(mem, str_span(whole, sizeof whole));
}

/* base64url text of exactly n bytes, into out; bounded, no arena. */
static bool
read_bytes(struct str text, uint8_t *out, size_t n)
{
	struct arena mem;
	struct str bytes;
	bool ok;

	if (text.n != (n * 8 + 5) / 6)
		return false;
	arena_init(&mem, 1024);
	ok = b64url_decode(&mem, text, &bytes) && bytes.n == n;
	if (ok)
		memcpy(out, bytes.p, n);
	arena_free(&mem);
	return ok;
}

bool
access_text_read(const struct issuer *i, struct str text, struct id16 *row)
{
	uint8_t tag[DIGEST_SIZE], whole[16 + TAG_SIZE];

	if (!read_bytes(text, whole, sizeof whole))
		return false;
	memcpy(row->b, whole, 16);
	tag_of(i, S("access"), row, 0, tag);
	return str_eq_secret(str_span(tag, TAG_SIZE), str_span(whole + 16, TAG_SIZE));
}

bool
refresh_text_read(const struct issuer *i, struct str text, struct id16 *family, int64_t *generation)
{
	uint8_t tag[DIGEST_SIZE], whole[16 + 4 + TAG_SIZE];

	if (!read_bytes(text, whole, sizeof whole))
		return false;
	memcpy(family->b, whole, 16);
	*generation = (int64_t)whole[16] << 24 | (int64_t)whole[17] << 16 | (int64_t)whole[18] << 8 | whole[19];
	tag_of(i, S("refresh"), family, *generation, tag);
	return str_eq_secret(str_span(tag, TAG_SIZE), str_span(whole + 20, TAG_SIZE));
}

struct str
code_text(const struct policy *law, struct arena *mem)
{
	static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
	uint8_t raw[32];
	char *out;

	if (law->code_shape == CODE_LONG) {
		rand_bytes(raw, sizeof raw);
		return b64url_encode(mem, str_span(raw, sizeof raw));
	}
	out = arena_alloc(mem, 6);
	for (int i = 0; out != NULL && i < 6; i++)
		out[i] = alphabet[rand_below(law->code_shape == CODE_6_ALNUM ? 62 : 64)];
	return out ? str_span(out, 6) : STR_ABSENT;
}

/* A jti that can be made again from family and generation, so that a rotation can revoke the token before it. */
static struct str
jti_uuid(const struct issuer *i, struct arena *mem, const struct id16 *family, int64_t generation)
{
	uint8_t tag[DIGEST_SIZE];

	tag_of(i, S("jti"), family, generation, tag);
	return uuid4_write(mem, tag);
}

/* The last 8 bytes are random, but where they must tell the generation of a refresh JWT. */
static struct str
jti_bare(const struct issuer *i, struct arena *mem, const struct family *f, int64_t generation, bool again)
{
	uint8_t whole[16 + 8] = { 0 }, tag[DIGEST_SIZE];

	if (f != NULL)
		memcpy(whole, f->id.b, 16);
	rand_bytes(whole + 16, 8);
	if (f == NULL)
		rand_bytes(whole + 12, 4);
	if (f != NULL && again && i->law->refresh_shape == SHAPE_JWT) {
		tag_of(i, S("jti"), &f->id, generation, tag);
		memcpy(whole + 16, tag, 8);
	}
	return b64url_encode(mem, str_span(whole, sizeof whole));
}

/*
 * JTI_HEX80 in 40 bytes: 16 of a tag, and 24 that are masked: family id (or a random one), generation in 31 bits below the bit
 * that says whether there is a family, 4 random. The tag is an HMAC of the 24; the mask is an HMAC of the tag, so the same key both
 * hides and proves, as in RFC 5297, and without the token key nobody tells these digits from random ones.
 */
#define SEALED_PLAIN 24
#define SEALED_SIZE  (TAG_SIZE + SEALED_PLAIN)
#define HAS_FAMILY   0x80

static void
sealed_tag(const struct issuer *i, const uint8_t plain[SEALED_PLAIN], uint8_t out[DIGEST_SIZE])
{
	HMAC256(out, str_span(i->keys->token_key, 32), S("jti sealed"), str_span(plain, SEALED_PLAIN));
}

static void
sealed_mask(const struct issuer *i, const uint8_t tag[TAG_SIZE], uint8_t bytes[SEALED_PLAIN])
{
	uint8_t mask[DIGEST_SIZE];

	HMAC256(mask, str_span(i->keys->token_key, 32), S("jti mask"), str_span(tag, TAG_SIZE));
	for (int k = 0; k < SEALED_PLAIN; k++)
		bytes[k] ^= mask[k];
}

static struct str
jti_sealed(const struct issuer *i, struct arena *mem, const struct family *f, int64_t generation)
{
	uint8_t whole[SEALED_SIZE], tag[DIGEST_SIZE], *plain = whole + TAG_SIZE;

	rand_bytes(plain, SEALED_PLAIN);
	if (f != NULL)
		memcpy(plain, f->id.b, 16);
	for (int k = 0; k < 4; k++)
		plain[16 + k] = (uint8_t)((uint64_t)generation >> (24 - 8 * k));
	plain[16] = (uint8_t)((plain[16] & ~HAS_FAMILY) | (f != NULL ? HAS_FAMILY : 0));
	sealed_tag(i, plain, tag);
	memcpy(whole, tag, TAG_SIZE);
	sealed_mask(i, whole, plain);
	return hex_encode(mem, str_span(whole, sizeof whole));
}

/* Exactly 2n digits. */
static bool
read_hex(struct str text, uint8_t *out, size_t n)
{
	if (text.n != 2 * n)
		return false;
	for (size_t k = 0; k < n; k++) {
		int high = hex_value(text.p[2 * k]), low = hex_value(text.p[2 * k + 1]);

		if (high < 0 || low < 0)
			return false;
		out[k] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static enum jti_leads
sealed_read(const struct issuer *i, struct str jti, struct id16 *family, int64_t *generation)
{
	uint8_t whole[SEALED_SIZE], tag[DIGEST_SIZE], *plain = whole + TAG_SIZE;

	if (!read_hex(jti, whole, sizeof whole))
		return JTI_IS_FOREIGN;
	sealed_mask(i, whole, plain);
	sealed_tag(i, plain, tag);
	if (!str_eq_secret(str_span(tag, TAG_SIZE), str_span(whole, TAG_SIZE)))
		return JTI_IS_FOREIGN;
	if (!(plain[16] & HAS_FAMILY))
		return JTI_LEADS_NOWHERE;
	memcpy(family->b, plain, 16);
	*generation = (int64_t)(plain[16] & ~HAS_FAMILY) << 24 | (int64_t)plain[17] << 16 | (int64_t)plain[18] << 8 | plain[19];
	return JTI_LEADS_TO_FAMILY;
}

struct str
jti_text(const struct issuer *i, struct arena *mem, const struct family *f, int64_t generation, bool again)
{
	struct id16 none;

	if (i->law->jti_shape == JTI_FAMILY)
		return jti_bare(i, mem, f, generation, again);
	if (i->law->jti_shape == JTI_HEX80)
		return jti_sealed(i, mem, f, generation);
	if (f != NULL && again)
		return jti_uuid(i, mem, &f->id, generation);
	none = id_new();
	return jti_uuid(i, mem, &none, 0);
}

enum jti_leads
jti_read(const struct issuer *i, struct str jti, struct id16 *family, int64_t *generation)
{
	static const uint8_t zero[12];
	uint8_t whole[24];

	*generation = -1;
	if (i->law->jti_shape == JTI_HEX80)
		return sealed_read(i, jti, family, generation);
	if (i->law->jti_shape != JTI_FAMILY || !read_bytes(jti, whole, sizeof whole) || memcmp(whole, zero, 12) == 0)
		return JTI_LEADS_NOWHERE;
	memcpy(family->b, whole, 16);
	return JTI_LEADS_TO_FAMILY;
}

int64_t
ati_generation(const struct issuer *i, struct arena *mem, const struct family *f, struct str ati)
{
	struct id16 family;
	int64_t told;

	if (jti_read(i, ati, &family, &told) == JTI_LEADS_TO_FAMILY && told >= 0)
		return str_eq(id_str(&family), id_str(&f->id)) ? told : 0;
	for (int64_t g = f->generation; g >= 0 && g >= f->generation - 1; g--)
		if (str_eq(jti_text(i, mem, f, g, true), ati))
			return g;
	return 0;
}
