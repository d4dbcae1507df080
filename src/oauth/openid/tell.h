/* oauth/openid/tell.h - rows of who is to hear of the end of a session or a family, on their way to an outbox. */
#ifndef HUFU_OAUTH_TELL_H
#define HUFU_OAUTH_TELL_H

#include "oauth/back_channel.h"
#include "oauth/openid/openid.h"

/* A row's id as payloads have it. False: it is none. */
bool told_id(struct arena *mem, struct str hex, struct id16 *id);
/* The row goes untold. False: the store is in trouble. */
bool told_drop(struct store *s, const struct session_client *row);
/*
 * The row is an errand from now on, in one commit; somebody else may have handed it over meanwhile, and nothing is to do
 * then. False: the outbox is full or the store in trouble, and the row waits.
 */
bool told_hand_over(struct store *s, struct outbox *o, struct str payload, struct session_client *row);
/* How a try went is noted in the row. resource: absent: the row is a client's. */
void told_settled(struct store *s, const struct id16 *id, struct str resource, enum errand_end end,
    const struct errand_report *r);
/* What is to become of one row; i: NULL: there is no such issuer any more. False: the walk ends. */
typedef bool told_settles_fn(struct store *s, struct outbox *o, const struct issuer *i, struct session_client *row);
/* At most max rows that have ended. How many; -1: one was not settled, or the store is in trouble. */
int told_walk(struct store *s, struct outbox *o, const struct issuers_by_name *issuers, bool resources, int max,
    told_settles_fn *settles);
#endif
