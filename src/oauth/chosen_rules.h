/* oauth/chosen_rules.h - what a page says of a password that is chosen. */
#ifndef HUFU_OAUTH_CHOSEN_RULES_H
#define HUFU_OAUTH_CHOSEN_RULES_H

#include "base/base.h"

/* Characters (min 0: nothing is said), and what it must not be: login/password_rule.h judges. */
struct chosen_rules { int64_t min, max; bool own_words, common, breached, former; };
#endif
