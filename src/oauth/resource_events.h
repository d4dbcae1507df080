/*
 * oauth/resource_events.h - a resource server is told that what its tokens stood on has ended: a Security Event Token
 * (RFC 8417), pushed to its sign_out_uri (RFC 8935), with the event session-revoked of CAEP 1.0 (section 3.1). Each
 * family of a user whose access tokens were for it is a row, committed with the first of them; a family that ends, by
 * whatever, marks its rows in the same transaction. Here they become errands of an outbox, as those of
 * oauth/back_channel.h; what a client has for itself has no family, and is told to nobody.
 *
 * Told at least once, or not at all once NOTICE_KEEP_S are over; a stop and a crash lose none (L11, L12, S3). Each try
 * of one row has the same jti.
 */
#ifndef HUFU_OAUTH_RESOURCE_EVENTS_H
#define HUFU_OAUTH_RESOURCE_EVENTS_H

#include "oauth/back_channel.h"

extern const struct outbox_kind resource_outbox;

/* As back_channel_hand_over: those whose resource server has a sign_out_uri and is enabled; the others go. */
int resource_events_hand_over(struct store *s, struct outbox *o, const struct issuers_by_name *issuers, int max);
#endif
