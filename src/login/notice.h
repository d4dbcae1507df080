/*
 * login/notice.h - telling an application that tokens have ended: a GET of an address that it named, with tokens=a,b in the query.
 *
 * L9: tokens are told to that address and to nobody else: what is logged about a notice ends before the query.
 */
#ifndef HUFU_LOGIN_NOTICE_H
#define HUFU_LOGIN_NOTICE_H

#include "login/outbox.h"

struct notice { struct str url, tokens; bool allow_private, allow_http; };      /* tokens: separated by commas */

/* The address with the tokens: what its query says already is kept, a fragment is not. Absent when mem is full. */
struct str notice_url(struct arena *mem, struct str url, struct str tokens);
/*
 * Hand it over; returns at once. A neighbour that answers with an error at once is asked once more. A failure is a line in the log, at
 * most one in ten seconds, and a count. False: too many wait, memory is exhausted, or o is NULL.
 */
bool notice_send(struct outbox *o, const struct notice *n);
#endif
