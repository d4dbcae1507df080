/*
 * login/password_rule.h - what a password may not be when somebody chooses it: too short, the
 * user's own name, one that everybody takes. It binds passwords that are set in clear, never one
 * that logs in and never a hash that was made elsewhere (NIST SP 800-63B 5.1.1.2).
 *
 * Texts compare as people read them: without case, in their compatibility form (NFKC), so that
 * fullwidth letters are letters.
 */
#ifndef HUFU_LOGIN_PASSWORD_RULE_H
#define HUFU_LOGIN_PASSWORD_RULE_H

#include "base/base.h"
#include "store/store.h"

#define PASSWORD_LIST_MAX (8 * 1024 * 1024)     /* bytes of a file of common passwords */

/* min: characters. listed: passwords nobody may have, one a line; absent: none. It lives as long as the rule. */
struct password_rule { int64_t min; bool own_words, common; struct str listed; };
enum password_fault { PASSWORD_FITS, PASSWORD_SHORT, PASSWORD_OWN_WORDS, PASSWORD_COMMON, PASSWORD_LISTED };

/*
 * The first fault of a password for this user: of his record name, display name, mail address and
 * phone number are looked at. With an own word at most three further characters, or any number of
 * digits and marks, are still that word. rule NULL: everything fits.
 */
enum password_fault password_judge(
    const struct password_rule *rule, struct arena *mem, struct str password, const struct user *user);
/* Characters, as a person counts them who types them; bytes when it is no UTF-8. */
int64_t password_length(struct str password);
#endif
