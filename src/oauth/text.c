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
refresh_text(const struct issuer *i, struct arena *mem, const struct id16 *family, int64_t generation)
{
	uint8_t tag[DIGEST_SIZE], whole[16 + 4 + TAG_SIZE];

	tag_of(i, S("refresh"), family, generation, tag);
	if (i->law->refresh_shape != SHAPE_ROW_ID)
		return bare_text(i->law->refresh_shape, mem, tag);
	memcpy(whole, family->b, 16);
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
jti_recomputable(const struct issuer *i, struct arena *mem, const struct id16 *family, int64_t generation)
{
	uint8_t first[DIGEST_SIZE], second[DIGEST_SIZE], all[40];

	tag_of(i, S("jti"), family, generation, first);
	if (i->law->jti_shape == JTI_UUID)
		return uuid4_write(mem, first);
	tag_of(i, S("jti2"), family, generation, second);
	memcpy(all, first, 32);
	memcpy(all + 32, second, 8);
	return hex_encode(mem, str_span(all, sizeof all));
}

struct str
jti_text(const struct issuer *i, struct arena *mem, const struct family *f, int64_t generation)
{
	uint8_t whole[16 + 8] = { 0 };
	struct id16 none;

	if (i->law->jti_shape == JTI_FAMILY) {
		if (f != NULL)
			memcpy(whole, f->id.b, 16);
		rand_bytes(whole + 16, 8);
		if (f == NULL)
			rand_bytes(whole + 12, 4);
		return b64url_encode(mem, str_span(whole, sizeof whole));
	}
	if (f != NULL && i->law->refresh_rule == REFRESH_ROTATES)
		return jti_recomputable(i, mem, &f->id, generation);
	none = id_new();
	return jti_recomputable(i, mem, &none, 0);
}

bool
jti_family(const struct issuer *i, struct str jti, struct id16 *family)
{
	static const uint8_t zero[12];
	uint8_t whole[24];

	if (i->law->jti_shape != JTI_FAMILY || !read_bytes(jti, whole, sizeof whole) || memcmp(whole, zero, 12) == 0)
		return false;
	memcpy(family->b, whole, 16);
	return true;
}
