/*
 * oauth/profile.h - security profiles of an issuer (policy.profile.name): their rules are the rows of profiles.def.
 * What a rule needs at a request is a field of the policy, which the profile sets; here is what it sets, and who
 * departs from it.
 */
#ifndef HUFU_OAUTH_PROFILE_H
#define HUFU_OAUTH_PROFILE_H

#include "base/base.h"
#include "oauth/policy.h"
#include "store/store.h"

struct profile_name { const char *word, *title; };      /* "fapi-2.0-security", "FAPI 2.0 Security Profile" */
extern const struct profile_name profile_names[PROFILE_COUNT];
bool profile_read(struct str word, enum profile *out);

/* The defaults of the profile that p names, over those that p has. */
void profile_defaults(struct policy *p);
/* True when p keeps it; else *why: a sentence in a line for each rule that is broken, which begins with the setting. */
bool profile_is_kept(const struct policy *p, struct arena *mem, struct str *why);

struct client_metadata;
/* What a client must change to be one of the profile; out has room for PROFILE_CHANGES_MAX. */
#define PROFILE_CHANGES_MAX 32
struct profile_change { const char *member, *change, *where; };
size_t profile_client_changes(enum profile profile, const struct client *k, const struct client_metadata *m,
    struct profile_change out[PROFILE_CHANGES_MAX]);
#endif
