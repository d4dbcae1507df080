/*
 * oauth/ciba.h - Client-Initiated Backchannel Authentication (CIBA Core 1.0) for other rooms: the name of a request,
 * and the notice to a client in ping mode that its user has decided (section 10.2). Whatever decides leaves the row to
 * be told of; here it becomes an errand of an outbox, at least once, or not at all once the request is over.
 */
#ifndef HUFU_OAUTH_CIBA_H
#define HUFU_OAUTH_CIBA_H

#include "oauth/back_channel.h"

/* The digest by which the store knows it; issuer: its name. */
struct dig32 auth_req_id_digest(struct str issuer, struct str auth_req_id);

extern const struct outbox_kind ciba_outbox;
/* At most max decided requests are handed to the outbox, as back_channel_hand_over does. */
int ciba_hand_over(struct store *s, struct outbox *o, const struct issuers_by_name *issuers, int max);
#endif
