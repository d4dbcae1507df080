/*
 * oauth/details.h - authorization details: what exactly may be done, as JSON objects each of a type. RFC 9396. The
 * types of an issuer are rows of its setting `authorization_details` (struct detail_type, oauth/policy.h); an issuer
 * without rows passes the parameter over, as any that it does not know.
 */
#ifndef HUFU_OAUTH_DETAILS_H
#define HUFU_OAUTH_DETAILS_H

#include "oauth/policy.h"
#include "store/store.h"

#define DETAILS_MAX       (6 * 1024)    /* bytes of the parameter: others need room beside it */
#define DETAILS_ITEMS_MAX 32

/* NULL: there is none of that name. */
const struct detail_type *detail_type_of(const struct policy *policy, struct str type);
/* May the client ask for it? By its authorization_details_types and the list of the type: an empty one takes all. */
bool detail_is_for(const struct detail_type *t, const struct client *k);
/* An array of 1 to DETAILS_ITEMS_MAX objects with a text `type` each, of mem; NULL: something else. */
json_t *details_read(struct arena *mem, struct str text);
struct str detail_type_name(const json_t *detail);
/* Compact, in mem; absent: mem is full, or it is longer than DETAILS_MAX. */
struct str details_text(struct arena *mem, const json_t *details);
/*
 * Is this object no more than that one? They are equal, or what differs is a list of words of RFC 9396 section 2.2
 * (locations, actions, datatypes, privileges), of which it has some.
 */
bool detail_is_within(const json_t *asked, const json_t *granted);
/* Does it say anything to whom a token is for? aud: words; absent: nobody was named, and everything may. */
bool detail_concerns(const struct detail_type *t, const json_t *detail, struct str aud);
#define DETAIL_WORD "authorization_details:"
/* The word by which a consent to this object is remembered; equal objects have one, however they are written. */
struct str detail_word(struct arena *mem, const json_t *detail);
#endif
