/*
 * oauth/token/text.c - the text of codes and opaque tokens. An opaque token is HMAC(token key, kind
 * ‖ row id ‖ generation) in the policy's shape: nothing but the row is stored, and the text can be
 * made again. The first token key of the ring makes new texts; former ones vouch for theirs until
 * they are gone or revoked.
 */
#include "oauth/token/token.h"

#define TAG_SIZE 16

static void
tag_of(const struct token_key *key, struct str kind, const struct id16 *id, int64_t generation,
    uint8_t out[DIGEST_SIZE])
{
	uint8_t g[8];

	for (int k = 0; k < 8; k++)
		g[k] = (uint8_t)((uint64_t)generation >> (56 - 8 * k));
	HMAC256(out, token_key_str(key), kind, id_str(id), str_span(g, 8));
}

/* The two shapes that are found by their digest. */
static struct str
bare_text(enum token_shape shape, struct arena *mem, const uint8_t tag[DIGEST_SIZE])
{
	return shape == SHAPE_UUID ? uuid4_write(mem, tag) : b64url_encode(mem, str_span(tag, 20));
}

static struct str
bare_text_under(const struct token_key *key, enum token_shape shape, struct arena *mem, struct str kind,
    const struct id16 *id)
{
	uint8_t tag[DIGEST_SIZE];

	tag_of(key, kind, id, 0, tag);
	return bare_text(shape, mem, tag);
}

/* The text that some token key which still vouches made of this id, by its digest; absent when none did. */
static struct str
bare_text_of(const struct issuer *i, enum token_shape shape, struct arena *mem, struct str kind,
    const struct id16 *id, const struct dig32 *digest)
{
	for (size_t k = 0; k < i->keys->n_token_keys && !i->keys->token_keys[k].revoked; k++) {
		struct str text = bare_text_under(&i->keys->token_keys[k], shape, mem, kind, id);
		struct dig32 ours = digest_of(i, kind, text);

		if (str_eq(dig_str(&ours), dig_str(digest)))
			return text;
	}
	return STR_ABSENT;
}

bool
text_is_withdrawn(const struct issuer *i, enum token_shape shape, struct arena *mem, struct str kind,
    const struct id16 *id, struct str text)
{
	for (size_t k = i->keys->n_token_keys; k-- > 0 && i->keys->token_keys[k].revoked;)
		if (str_eq(bare_text_under(&i->keys->token_keys[k], shape, mem, kind, id), text))
			return true;
	return false;
}

enum token_shape
opaque_shape(const struct policy *policy)
{
	return policy->token.access_shape == SHAPE_JWT ? SHAPE_ROW_ID : policy->token.access_shape;
}

struct str
access_text(const struct issuer *i, struct arena *mem, const struct id16 *row)
{
	enum token_shape shape = opaque_shape(i->policy);
	uint8_t tag[DIGEST_SIZE], whole[16 + TAG_SIZE];

	tag_of(token_key_now(i), S("access"), row, 0, tag);
	if (shape != SHAPE_ROW_ID)
		return bare_text(shape, mem, tag);
	memcpy(whole, row->b, 16);
	memcpy(whole + 16, tag, TAG_SIZE);
	return b64url_encode(mem, str_span(whole, sizeof whole));
}

struct str
access_text_again(const struct issuer *i, struct arena *mem, const struct token *row)
{
	enum token_shape shape = opaque_shape(i->policy);

	if (!row->has_digest || shape == SHAPE_ROW_ID)
		return access_text(i, mem, &row->id);
	return bare_text_of(i, shape, mem, S("access"), &row->id, &row->digest);
}

struct str
refresh_text(const struct issuer *i, struct arena *mem, const struct family *f, int64_t generation)
{
	uint8_t tag[DIGEST_SIZE], whole[16 + 4 + TAG_SIZE];

	tag_of(token_key_now(i), S("refresh"), &f->id, generation, tag);
	if (f->has_digest && generation == 0)
		return bare_text(i->policy->refresh.shape, mem, tag);
	memcpy(whole, f->id.b, 16);
	for (int k = 0; k < 4; k++)
		whole[16 + k] = (uint8_t)((uint64_t)generation >> (24 - 8 * k));
	memcpy(whole + 20, tag, TAG_SIZE);
	return b64url_encode(mem, str_span(whole, sizeof whole));
}

struct str
refresh_text_again(const struct issuer *i, struct arena *mem, const struct family *f, int64_t generation)
{
	if (!f->has_digest || generation > 0)
		return refresh_text(i, mem, f, generation);
	return bare_text_of(i, i->policy->refresh.shape, mem, S("refresh"), &f->id, &f->digest);
}

/* Whether some token key which still vouches made this tag. */
static bool
tag_holds(const struct issuer *i, struct str kind, const struct id16 *id, int64_t generation, const uint8_t *given)
{
	bool holds = false;

	for (size_t k = 0; !holds && k < i->keys->n_token_keys && !i->keys->token_keys[k].revoked; k++) {
		uint8_t tag[DIGEST_SIZE];

		tag_of(&i->keys->token_keys[k], kind, id, generation, tag);
		holds = str_eq_secret(str_span(tag, TAG_SIZE), str_span(given, TAG_SIZE));
	}
	return holds;
}

bool
access_text_read(const struct issuer *i, struct str text, struct id16 *row)
{
	uint8_t whole[16 + TAG_SIZE];

	if (!b64url_read(text, whole, sizeof whole))
		return false;
	memcpy(row->b, whole, 16);
	return tag_holds(i, S("access"), row, 0, whole + 16);
}

bool
text_is_jwt(const struct issuer *i, struct str text)
{
	bool jwt = i->policy->token.access_shape == SHAPE_JWT;
	struct id16 row;

	if (!i->policy->token.takes_resource)
		return jwt;
	return jwt ? !access_text_read(i, text, &row) : str_index(text, '.') >= 0;
}

bool
refresh_text_read(const struct issuer *i, struct str text, struct id16 *family, int64_t *generation)
{
	uint8_t whole[16 + 4 + TAG_SIZE];

	if (!b64url_read(text, whole, sizeof whole))
		return false;
	memcpy(family->b, whole, 16);
	*generation = (int64_t)whole[16] << 24 | (int64_t)whole[17] << 16 | (int64_t)whole[18] << 8 | whole[19];
	return tag_holds(i, S("refresh"), family, *generation, whole + 20);
}

struct str
code_text(const struct policy *policy, struct arena *mem)
{
	static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
	uint8_t raw[32];
	char *out;

	if (policy->authorize.code_shape == CODE_LONG) {
		rand_bytes(raw, sizeof raw);
		return b64url_encode(mem, str_span(raw, sizeof raw));
	}
	out = arena_alloc(mem, 6);
	for (int i = 0; out != NULL && i < 6; i++)
		out[i] = alphabet[rand_below(policy->authorize.code_shape == CODE_6_ALNUM ? 62 : 64)];
	return out ? str_span(out, 6) : STR_ABSENT;
}

/*
 * Ids inside of tokens that are signed: the signature vouches for them, the token key only makes
 * them, so that a revoked one reads them too. This one can be made again from family and
 * generation, so that a rotation can revoke the token before it.
 */
static struct str
jti_uuid(const struct token_key *key, struct arena *mem, const struct id16 *family, int64_t generation)
{
	uint8_t tag[DIGEST_SIZE];

	tag_of(key, S("jti"), family, generation, tag);
	return uuid4_write(mem, tag);
}

/* The last 8 bytes are random, but where they must tell the generation of a refresh JWT. */
static struct str
jti_bare(const struct token_key *key, const struct issuer *i, struct arena *mem, const struct family *f,
    int64_t generation, bool again)
{
	uint8_t whole[16 + 8] = { 0 }, tag[DIGEST_SIZE];

	if (f != NULL)
		memcpy(whole, f->id.b, 16);
	rand_bytes(whole + 16, 8);
	if (f == NULL)
		rand_bytes(whole + 12, 4);
	if (f != NULL && again && i->policy->refresh.shape == SHAPE_JWT) {
		tag_of(key, S("jti"), &f->id, generation, tag);
		memcpy(whole + 16, tag, 8);
	}
	return b64url_encode(mem, str_span(whole, sizeof whole));
}

/*
 * JTI_HEX80 in 40 bytes: 16 of a tag, and 24 that are masked: family id (or a random one),
 * generation in 31 bits below the bit that says whether there is a family, 4 random. The tag is an
 * HMAC of the 24; the mask is an HMAC of the tag, so the same key both hides and proves, as in RFC
 * 5297, and without the token key nobody tells these digits from random ones.
 */
#define SEALED_PLAIN 24
#define SEALED_SIZE  (TAG_SIZE + SEALED_PLAIN)
#define HAS_FAMILY   0x80

static void
sealed_tag(const struct token_key *key, const uint8_t plain[SEALED_PLAIN], uint8_t out[DIGEST_SIZE])
{
	HMAC256(out, token_key_str(key), S("jti sealed"), str_span(plain, SEALED_PLAIN));
}

static void
sealed_mask(const struct token_key *key, const uint8_t tag[TAG_SIZE], uint8_t bytes[SEALED_PLAIN])
{
	uint8_t mask[DIGEST_SIZE];

	HMAC256(mask, token_key_str(key), S("jti mask"), str_span(tag, TAG_SIZE));
	for (int k = 0; k < SEALED_PLAIN; k++)
		bytes[k] ^= mask[k];
}

static struct str
jti_sealed(const struct token_key *key, struct arena *mem, const struct family *f, int64_t generation)
{
	uint8_t whole[SEALED_SIZE], tag[DIGEST_SIZE], *plain = whole + TAG_SIZE;

	rand_bytes(plain, SEALED_PLAIN);
	if (f != NULL)
		memcpy(plain, f->id.b, 16);
	for (int k = 0; k < 4; k++)
		plain[16 + k] = (uint8_t)((uint64_t)generation >> (24 - 8 * k));
	plain[16] = (uint8_t)((plain[16] & ~HAS_FAMILY) | (f != NULL ? HAS_FAMILY : 0));
	sealed_tag(key, plain, tag);
	memcpy(whole, tag, TAG_SIZE);
	sealed_mask(key, whole, plain);
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

static bool
sealed_opens(const struct token_key *key, const uint8_t sealed[SEALED_SIZE], uint8_t plain[SEALED_PLAIN])
{
	uint8_t tag[DIGEST_SIZE];

	memcpy(plain, sealed + TAG_SIZE, SEALED_PLAIN);
	sealed_mask(key, sealed, plain);
	sealed_tag(key, plain, tag);
	return str_eq_secret(str_span(tag, TAG_SIZE), str_span(sealed, TAG_SIZE));
}

static enum jti_leads
sealed_read(const struct issuer *i, struct str jti, struct id16 *family, int64_t *generation)
{
	uint8_t whole[SEALED_SIZE], plain[SEALED_PLAIN];
	size_t k = 0;

	if (!read_hex(jti, whole, sizeof whole))
		return JTI_IS_FOREIGN;
	while (k < i->keys->n_token_keys && !sealed_opens(&i->keys->token_keys[k], whole, plain))
		k++;
	if (k == i->keys->n_token_keys)
		return JTI_IS_FOREIGN;
	if (!(plain[16] & HAS_FAMILY))
		return JTI_LEADS_NOWHERE;
	memcpy(family->b, plain, 16);
	*generation = (int64_t)(plain[16] & ~HAS_FAMILY) << 24 | (int64_t)plain[17] << 16 | (int64_t)plain[18] << 8 | plain[19];
	return JTI_LEADS_TO_FAMILY;
}

struct str
jti_text_under(const struct token_key *key, const struct issuer *i, struct arena *mem, const struct family *f,
    int64_t generation, bool again)
{
	struct id16 none;

	if (i->policy->token.jti_shape == JTI_FAMILY)
		return jti_bare(key, i, mem, f, generation, again);
	if (i->policy->token.jti_shape == JTI_HEX80)
		return jti_sealed(key, mem, f, generation);
	if (f != NULL && again)
		return jti_uuid(key, mem, &f->id, generation);
	none = id_new();
	return jti_uuid(key, mem, &none, 0);
}

struct str
jti_text(const struct issuer *i, struct arena *mem, const struct family *f, int64_t generation, bool again)
{
	return jti_text_under(token_key_now(i), i, mem, f, generation, again);
}

enum jti_leads
jti_read(const struct issuer *i, struct str jti, struct id16 *family, int64_t *generation)
{
	static const uint8_t zero[12];
	uint8_t whole[24];

	*generation = -1;
	if (i->policy->token.jti_shape == JTI_HEX80)
		return sealed_read(i, jti, family, generation);
	if (i->policy->token.jti_shape != JTI_FAMILY || !b64url_read(jti, whole, sizeof whole)
	    || memcmp(whole, zero, 12) == 0)
		return JTI_LEADS_NOWHERE;
	memcpy(family->b, whole, 16);
	return JTI_LEADS_TO_FAMILY;
}

static bool
is_jti_of(const struct issuer *i, struct arena *mem, const struct family *f, int64_t generation, struct str jti)
{
	for (size_t k = 0; k < i->keys->n_token_keys; k++)
		if (str_eq(jti_text_under(&i->keys->token_keys[k], i, mem, f, generation, true), jti))
			return true;
	return false;
}

int64_t
ati_generation(const struct issuer *i, struct arena *mem, const struct family *f, struct str ati)
{
	struct id16 family;
	int64_t told;

	if (jti_read(i, ati, &family, &told) == JTI_LEADS_TO_FAMILY && told >= 0)
		return str_eq(id_str(&family), id_str(&f->id)) ? told : 0;
	for (int64_t g = f->generation; g >= 0 && g >= f->generation - 1; g--)
		if (is_jti_of(i, mem, f, g, ati))
			return g;
	return 0;
}
