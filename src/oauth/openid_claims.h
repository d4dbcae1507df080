/*
 * oauth/openid_claims.h - what is told of a person: the standard claims of OpenID Connect Core 5.1
 * by the rows of openid_claims.def, and an issuer's own claims by the rows of its settings
 * (struct own_claim). User info, ID tokens and access tokens all take them from here.
 */
#ifndef HUFU_OAUTH_OPENID_CLAIMS_H
#define HUFU_OAUTH_OPENID_CLAIMS_H

#include "oauth/policy.h"
#include "store/store.h"

/* A user, whose claims are read once. Borrowed: of the arena, the policy and the user. */
struct openid_user { struct arena *mem; const struct policy *policy; const struct user *user; const json_t *claims; };
struct openid_user openid_user(struct arena *mem, const struct policy *policy, const struct user *u);

/*
 * Write one claim as a member of the object that is open in b: a standard one or one of the
 * issuer's own, whatever the scopes (5.5: it was asked for by its name). False, and nothing is
 * written: the user has none, or there is no such claim. `sub` is not one of them.
 */
bool openid_claim_put(struct buf *b, const struct openid_user *o, struct str claim);
/* All standard claims that these scopes open. */
void openid_scope_put(struct buf *b, const struct openid_user *o, struct str scope);
/*
 * The issuer's own claims that stand in this place, and that these scopes open. told: scopes whose standard claims the
 * object has already, by openid_scope_put.
 */
void openid_own_put(struct buf *b, const struct openid_user *o, struct str scope, struct str told,
    enum own_place place);
/*
 * Is the claim one of those that openid_own_put writes there? Whoever writes claims by their name
 * beside it leaves it to that.
 */
bool openid_own_says(const struct policy *policy, struct str scope, enum own_place place, struct str claim);
/*
 * The scope that opens one of the issuer's own claims to a request for it by its name; empty: none has to. Absent:
 * there is no such claim, or its row gives it to access tokens alone, which are for APIs and not for who asks.
 */
struct str openid_own_scope(const struct policy *policy, struct str claim);

/* One of OpenID Connect Core 5.1. */
bool openid_name_is_standard(struct str claim);
/* Does the name mean something to the protocol, so that no attribute of a person may stand under it? */
bool openid_name_is_reserved(struct str claim);
#endif
