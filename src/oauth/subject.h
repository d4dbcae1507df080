/*
 * oauth/subject.h - what a client is told that a user is called: `sub`. OpenID Connect Core 8.
 *
 * Public: the user's id, the same for everybody. Pairwise, for a client that has registered subject_type so: 43
 * characters of base64url, HMAC-SHA-256 under the realm's salt of the sector and the user's id, so that two
 * applications cannot tell that they have the same user. The sector is the host of sector_identifier_uri, else of the
 * client's redirect URIs: clients of one sector are told the same.
 */
#ifndef HUFU_OAUTH_SUBJECT_H
#define HUFU_OAUTH_SUBJECT_H

#include "base/base.h"
#include "oauth/issuer.h"

/* In mem; k NULL: public. Absent: mem is full. */
struct str subject_of(struct arena *mem, const struct issuer *i, const struct client *k, const struct id16 *user);
/* Is it one of its own, 32 bytes in base64url, and not the user's id? */
bool subject_is_pairwise(const struct issuer *i, const struct client *k);
bool subject_read(struct arena *mem, struct str sub, struct dig32 *out);
/*
 * Of a pairwise client: the host, lower case, in mem. Absent: its redirect URIs have several hosts or none, and it
 * names no list of them.
 */
struct str subject_sector(struct arena *mem, struct str sector_identifier_uri, struct str redirect_uris);
#endif
