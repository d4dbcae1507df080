/* login/webauthn_auth_data.c - authenticator data. Web Authentication section 6.1, 6.5.1. */
#include "login/webauthn_int.h"

#define HASH_SIZE   32
#define HEAD_SIZE   (HASH_SIZE + 1 + 4)
#define AAGUID_SIZE 16

static unsigned
octet(struct str s, size_t i)
{
	return (unsigned char)s.p[i];
}

/* AAGUID, length, id, key; the rest stays in *s. */
static bool
attested_read(struct arena *mem, struct str *s, struct auth_data *out)
{
	size_t n, used;

	if (s->n < AAGUID_SIZE + 2)
		return false;
	n = (size_t)octet(*s, AAGUID_SIZE) << 8 | octet(*s, AAGUID_SIZE + 1);
	out->aaguid = str_sub(*s, 0, AAGUID_SIZE);
	*s = str_from(*s, AAGUID_SIZE + 2);
	if (n == 0 || n > WEBAUTHN_ID_MAX || n > s->n)
		return false;
	out->credential_id = str_sub(*s, 0, n);
	*s = str_from(*s, n);
	out->key = cbor_read(mem, *s, &used);
	if (out->key == NULL)
		return false;
	*s = str_from(*s, used);
	return true;
}

/* One map, which nobody here asks anything. */
static bool
extensions_read(struct arena *mem, struct str *s)
{
	size_t used;
	cbor_item_t *map = cbor_read(mem, *s, &used);

	if (map == NULL || !cbor_isa_map(map))
		return false;
	*s = str_from(*s, used);
	return true;
}

bool
auth_data_read(struct arena *mem, struct str bytes, bool attested, struct auth_data *out)
{
	struct str rest;

	*out = (struct auth_data){ .flags = 0 };
	if (bytes.n < HEAD_SIZE || bytes.n > WEBAUTHN_AUTH_DATA_MAX)
		return false;
	out->rp_id_hash = str_sub(bytes, 0, HASH_SIZE);
	out->flags = (uint8_t)octet(bytes, HASH_SIZE);
	for (size_t i = HASH_SIZE + 1; i < HEAD_SIZE; i++)
		out->count = out->count << 8 | octet(bytes, i);
	rest = str_from(bytes, HEAD_SIZE);
	if (attested != ((out->flags & FLAG_AT) != 0))
		return false;
	return (!attested || attested_read(mem, &rest, out))
	    && ((out->flags & FLAG_ED) == 0 || extensions_read(mem, &rest)) && rest.n == 0;
}

enum webauthn_fault
auth_data_judge(const struct webauthn_asked *asked, const struct auth_data *a)
{
	uint8_t hash[DIGEST_SIZE];

	SHA256(hash, asked->rp_id);
	if (!str_eq(a->rp_id_hash, str_span(hash, sizeof hash)))
		return WEBAUTHN_RP_ID;
	if ((a->flags & FLAG_UP) == 0)
		return WEBAUTHN_PRESENCE;
	if (asked->verified && (a->flags & FLAG_UV) == 0)
		return WEBAUTHN_VERIFICATION;
	if ((a->flags & FLAG_BS) != 0 && (a->flags & FLAG_BE) == 0)
		return WEBAUTHN_BACKUP;
	return WEBAUTHN_OK;
}
