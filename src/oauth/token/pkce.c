/* oauth/token/pkce.c - what a code verifier and a challenge are made of. RFC 7636. */
#include "oauth/token/token.h"

bool
pkce_is_text(struct str s)
{
	if (s.n < 43 || s.n > 128)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~", s.p[i])
		    || s.p[i] == '\0')
			return false;
	return true;
}
