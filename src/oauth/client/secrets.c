/* oauth/client/secrets.c - the secrets of a client that count now. */
#include "oauth/client/client.h"

size_t
client_secrets(const struct call *c, const struct client *k, struct str out[SECRETS_MAX])
{
	out[0] = k->secret;
	out[1] = k->former_secret;
	return !str_empty(k->former_secret) && !expired(k->former_until_s, c->now_s) ? 2 : 1;
}
