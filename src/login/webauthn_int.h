/* login/webauthn_int.h - between the files of login/webauthn.h. */
#ifndef HUFU_WEBAUTHN_INT_H
#define HUFU_WEBAUTHN_INT_H

#include <cbor.h>
#include <openssl/evp.h>

#include "login/webauthn.h"

/* --- webauthn_cbor.c: definite lengths only, as CTAP 2 section 6 asks; nothing is allocated for what is not there --- */
#define CBOR_CONTAINERS_MAX 32
#define CBOR_ITEMS_MAX      512
/*
 * The item at the start of bytes, released with mem; *used: how long it is. NULL: cut off, malformed, of an indefinite
 * length, or of more parts than the limits above.
 */
cbor_item_t *cbor_read(struct arena *mem, struct str bytes, size_t *used);
/* The value of a map by text or by number. NULL: map is none, has no such key, or has it twice. */
cbor_item_t *cbor_member(cbor_item_t *map, const char *name);
cbor_item_t *cbor_label(cbor_item_t *map, int64_t label);
/* Absent: it is NULL or no byte string. Points into the item. */
struct str cbor_bytes(const cbor_item_t *item);
bool cbor_text_is(const cbor_item_t *item, const char *text);
bool cbor_number(const cbor_item_t *item, int64_t *out);

/* --- webauthn_auth_data.c: section 6.1 --- */
enum auth_flag { FLAG_UP = 0x01, FLAG_UV = 0x04, FLAG_BE = 0x08, FLAG_BS = 0x10, FLAG_AT = 0x40, FLAG_ED = 0x80 };
struct auth_data {
	struct str rp_id_hash;
	uint8_t flags;
	uint32_t count;
	/* where FLAG_AT is set */
	struct str aaguid, credential_id;
	cbor_item_t *key;
};
/* attested: whether it must have a credential, or must have none. Spans point into bytes. */
bool auth_data_read(struct arena *mem, struct str bytes, bool attested, struct auth_data *out);
/* RP id and flags are those that were asked for. */
enum webauthn_fault auth_data_judge(const struct webauthn_asked *asked, const struct auth_data *a);

/* --- webauthn_key.c --- */
/* A COSE_Key as SubjectPublicKeyInfo in mem. False: none of the three algorithms, or malformed. */
bool cose_key_read(struct arena *mem, cbor_item_t *cose, enum webauthn_alg *alg, struct str *spki);
/* Does sig sign the parts, joined? */
bool cose_verify(enum webauthn_alg alg, struct str spki, const struct str *parts, size_t n, struct str sig);

/* --- webauthn_client_data.c: section 5.8.1 --- */
enum webauthn_fault client_data_judge(
    struct arena *mem, const struct webauthn_asked *asked, const char *type, struct str text);
#endif
