/* oauth/subject.c - the subject of a user, public or pairwise. OpenID Connect Core 8. */
#include "oauth/subject.h"
#include "oauth/client_metadata.h"
#include "oauth/policy.h"
#include "store/store.h"

static struct str
host_of(struct arena *mem, struct str uri)
{
	struct url u;

	return url_read(uri, &u) == NULL && u.host[0] != '\0' ? arena_dup(mem, str_of(u.host)) : STR_ABSENT;
}

struct str
subject_sector(struct arena *mem, struct str sector_identifier_uri, struct str redirect_uris)
{
	struct str sector = STR_ABSENT;

	if (!str_empty(sector_identifier_uri))
		return host_of(mem, sector_identifier_uri);
	while (str_given(redirect_uris)) {
		struct str uri = str_cut(&redirect_uris, '\n'), host = uri.n > 0 ? host_of(mem, uri) : STR_ABSENT;

		if (uri.n == 0)
			continue;
		if (!str_given(host) || (str_given(sector) && !str_eq(sector, host)))
			return STR_ABSENT;
		sector = host;
	}
	return sector;
}

/* One that was registered before its redirect URIs had several hosts is a sector of its own. */
static struct str
sector_of(struct arena *mem, const struct client *k)
{
	struct str sector = subject_sector(mem, client_metadata(k)->sector_identifier_uri, k->redirect_uris);

	return str_given(sector) ? sector : ARENA_CAT(mem, S("client "), k->id);
}

bool
subject_is_pairwise(const struct issuer *i, const struct client *k)
{
	return k != NULL && realm_salt(i->realm) != NULL && i->policy->token.pairwise
	    && str_is(client_metadata(k)->subject_type, "pairwise");
}

bool
subject_read(struct arena *mem, struct str sub, struct dig32 *out)
{
	struct str raw;

	if (!b64url_decode(mem, sub, &raw) || raw.n != sizeof out->b)
		return false;
	memcpy(out->b, raw.p, sizeof out->b);
	return true;
}

struct str
subject_of(struct arena *mem, const struct issuer *i, const struct client *k, const struct id16 *user)
{
	const struct dig32 *salt = realm_salt(i->realm);
	struct dig32 d;

	if (!subject_is_pairwise(i, k))
		return uuid_write(mem, user->b);
	HMAC256(d.b, dig_str(salt), S("sub"), S("\0"), sector_of(mem, k), S("\0"), id_str(user));
	return b64url_encode(mem, dig_str(&d));
}
