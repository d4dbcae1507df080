/*
 * oauth/back_channel.h - the end of a session is told to the clients that took part in it, by a signed logout token
 * (OpenID Connect Back-Channel Logout 1.0). Whatever ends a session, a user or what a client holds of one marks the
 * clients' rows in the same transaction (store/records/records.def); here they become errands of an outbox.
 *
 * Told at least once, or not at all once NOTICE_KEEP_S are over; a stop and a crash lose none (L11, L12, S3).
 */
#ifndef HUFU_OAUTH_BACK_CHANNEL_H
#define HUFU_OAUTH_BACK_CHANNEL_H

#include "oauth/issuer.h"

#define DELIVERIES_KEEP_S (7 * 24 * 60 * 60)    /* how long it can be looked up what was told */

extern const struct outbox_kind logout_outbox;

/* Who answers to that name; NULL: nobody does any more. */
struct issuers_by_name { const struct issuer *(*find)(void *ctx, struct str name); void *ctx; };
/*
 * Look at the rows that have ended: each whose client has registered a backchannel_logout_uri is handed to the
 * outbox in one transaction, the others go. At most max of them. Returns how many were looked at; -1: the store is
 * in trouble, or the outbox takes no more; then they wait.
 */
int back_channel_hand_over(struct store *s, struct outbox *o, const struct issuers_by_name *issuers, int max);
#endif
