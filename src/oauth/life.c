/* oauth/life.c - how long something lives. */
#include "oauth/oauth_int.h"

int64_t
ttl_of(int64_t client_ttl_s, int64_t issuer_ttl_s)
{
	return client_ttl_s >= 0 ? client_ttl_s : issuer_ttl_s;
}

int64_t
expiry(int64_t now_s, int64_t ttl_s)
{
	return ttl_s == 0 ? 0 : now_s + ttl_s;
}

bool
expired(int64_t expires_s, int64_t now_s)
{
	return expires_s != 0 && now_s >= expires_s;
}
