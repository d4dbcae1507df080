/*
 * oauth/client/register_sector.c - sector_identifier_uri: a list of redirect URIs, which holds those
 * of the client. OpenID Connect Dynamic Client Registration 1.0 section 5.
 */
#include "oauth/client/register_int.h"

static bool
list_has(const json_t *list, struct str uri)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (str_eq(json_text(one), uri))
			return true;
	return false;
}

bool
registration_sector(struct registering *r)
{
	struct str uri = r->metadata.sector_identifier_uri, rest = r->client.redirect_uris, body;
	const char *trouble;
	const json_t *list;

	if (str_empty(uri))
		return true;
	if (!client_fetch(r->c, uri, FETCH_ONCE, FETCH_RARELY, &body, &trouble)) {
		r->c->detail = str_of(trouble);
		return member_refuse(r, "sector_identifier_uri", "cannot be fetched");
	}
	list = json_read(r->c->mem, body);
	if (!json_is_array(list))
		return member_refuse(r, "sector_identifier_uri", "must lead to a JSON array of redirect URIs");
	while (!str_empty(rest))
		if (!list_has(list, str_cut(&rest, '\n')))
			return member_refuse(r, "sector_identifier_uri", "leads to a list without one of the redirect_uris");
	return true;
}
