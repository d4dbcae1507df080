/* oauth/auth_req_id.c - the name of a CIBA request, as the store knows it. */
#include "oauth/ciba.h"

struct dig32
auth_req_id_digest(struct str issuer, struct str auth_req_id)
{
	struct dig32 d;

	SHA256(d.b, S("auth_req_id"), S("\0"), issuer, S("\0"), auth_req_id);
	return d;
}
