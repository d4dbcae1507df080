/* admin/trail_key.c - the key that signs heads of the audit file. It is nowhere stored: whoever has the
 * key-encryption key has it (RFC 8410: a private Ed25519 key is 32 bytes). */
#include "admin/trail.h"
#include "keys/keys.h"

#define SEED 32

struct key *
trail_key(const uint8_t kek[32])
{
	/* PrivateKeyInfo of RFC 8410 section 7, up to the 32 bytes */
	static const uint8_t before[] = {
		0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
	};
	uint8_t der[sizeof before + SEED];
	struct key *key;

	memcpy(der, before, sizeof before);
	kek_derive(kek, S("audit head"), der + sizeof before);
	key = key_from_der(ALG_EDDSA, str_span(der, sizeof der));
	explicit_bzero(der, sizeof der);
	return key;
}

struct str
trail_key_set(struct arena *mem, const uint8_t kek[32])
{
	struct key *key = trail_key(kek);
	struct buf b;

	if (key == NULL)
		return STR_ABSENT;
	buf_init(&b, mem, 4096);
	buf_put(&b, S("{\"keys\":["));
	key_put_jwk(&b, key);
	buf_put(&b, S("]}"));
	key_free(key);
	return b.full ? STR_ABSENT : buf_str(&b);
}
