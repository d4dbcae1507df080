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
#include "login/password_filter.h"
#include "store/store.h"

#define PASSWORD_LIST_MAX (8 * 1024 * 1024)     /* bytes of a file of common passwords */

/*
 * min, max: characters; max 0: no limit but PASSWORD_MAX bytes. listed: passwords nobody may have, one a line; absent: none. breached:
 * those found in breaches. Both live as long as the rule. history: how many former passwords nobody may take again; 0: none is kept.
 * max_age_s: an older one is changed before it opens a session; 0: never.
 */
struct password_rule {
	int64_t min, max;
	bool own_words, common;
	struct str listed;
	struct password_filter breached;
	int64_t history, max_age_s;
};
/* In the order in which they are told. REUSED is password_was_used's. */
enum password_fault {
	PASSWORD_FITS, PASSWORD_SHORT, PASSWORD_LONG, PASSWORD_OWN_WORDS, PASSWORD_COMMON, PASSWORD_LISTED, PASSWORD_BREACHED,
	PASSWORD_REUSED, PASSWORD_FAULTS
};

/*
 * The first fault of a password for this user: of his record name, display name, mail address and
 * phone number are looked at. With an own word at most three further characters, or any number of
 * digits and marks, are still that word. rule NULL: everything fits.
 */
enum password_fault password_judge(
    const struct password_rule *rule, struct arena *mem, struct str password, const struct user *user);
/* All of them, BIT(PASSWORD_x), for a page that tells everything at once; 0: it fits. */
unsigned password_faults(const struct password_rule *rule, struct arena *mem, struct str password, const struct user *user);
/* What a page says of a fault: a key of page/languages/en.def, whose text may name {{password_min}} and {{password_max}}. */
const char *password_fault_key(enum password_fault fault);
#define PASSWORD_HISTORY_MAX 24
/*
 * Has the user this password, or had it, of the last `history` ones (at most PASSWORD_HISTORY_MAX)? Each costs one hash: ask where one
 * may wait. Whoever then writes the user puts OP_PASSWORD_FORMER into the same list. 1: yes, 0: no, -1: the store has failed.
 */
int password_was_used(struct store *s, struct arena *mem, const struct user *u, struct str password, int64_t history);
/* Characters, as a person counts them who types them; bytes when it is no UTF-8. */
int64_t password_length(struct str password);
#endif
