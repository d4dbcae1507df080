/* login/sealed.c - client secrets that have to be read again. */
#include "login/sealed.h"

static const struct str mark = { "{sealed}", 8 };

bool
secret_is_sealed(struct str stored)
{
	return str_starts(stored, mark);
}

static struct str
label_of(struct arena *mem, struct str realm, struct str client)
{
	static const struct str nul = { "", 1 };

	return ARENA_CAT(mem, SECRET_PURPOSE, nul, realm, nul, client);
}

struct str
secret_seal(struct arena *mem, const uint8_t *key, struct str realm, struct str client, struct str text)
{
	struct str label = label_of(mem, realm, client), sealed;

	sealed = str_given(label) ? seal(mem, key, label, text) : STR_ABSENT;
	sealed = str_given(sealed) ? b64url_encode(mem, sealed) : sealed;
	return str_given(sealed) ? ARENA_CAT(mem, mark, sealed) : STR_ABSENT;
}

bool
secret_unseal(struct arena *mem, const uint8_t *key, struct str realm, struct str client, struct str stored,
    struct str *text)
{
	struct str label = label_of(mem, realm, client), sealed;

	return key != NULL && secret_is_sealed(stored) && str_given(label)
	    && b64url_decode(mem, str_from(stored, mark.n), &sealed) && unseal(mem, key, label, sealed, text);
}

enum password_result
client_secret_holds(struct arena *mem, const uint8_t *key, struct str realm, struct str client, struct str stored,
    struct str given)
{
	struct str text;

	if (!secret_is_sealed(stored))
		return client_secret_verify(mem, stored, given);
	if (!secret_unseal(mem, key, realm, client, stored, &text))
		return PASSWORD_UNKNOWN_ENCODING;
	return str_eq_secret(text, given) ? PASSWORD_OK : PASSWORD_WRONG;
}
