/*
 * manage/check.h - what may stand in a record: for the office, and for importers, which judge each
 * value before they send a row. NULL when the word is good, else what is wrong with it, a sentence
 * without its subject ("must be ...").
 */
#ifndef HUFU_MANAGE_CHECK_H
#define HUFU_MANAGE_CHECK_H

#include "base/base.h"

const char *check_client_id(struct str id);
const char *check_realm(struct str name);
const char *check_text(struct str s);
const char *check_word(struct str s);
const char *check_scope(struct str s);          /* RFC 6749 section 3.3 */
const char *check_grant(struct str s);
const char *check_habit(struct str s);
/*
 * Of an application's own scheme that has no dot, only check_redirect_uri has something to say: RFC
 * 8252 section 7.1 binds new clients.
 */
const char *check_redirect_uri(struct str s);
const char *check_redirect_uri_old(struct str s);
const char *check_web_uri(struct str s);        /* http or https, no fragment */
const char *check_origin(struct str s);
#endif
