/*
 * oauth/policy_group.h - the fields of one group of struct policy, from the rows of policy.def:
 * define POLICY_IN_<group>(member) as member and include this file, as often as there are groups.
 * Those that are not defined expand to nothing; all are undefined at the end.
 */
#ifndef POLICY_IN_token
#define POLICY_IN_token(member)
#endif
#ifndef POLICY_IN_refresh
#define POLICY_IN_refresh(member)
#endif
#ifndef POLICY_IN_grant
#define POLICY_IN_grant(member)
#endif
#ifndef POLICY_IN_scope
#define POLICY_IN_scope(member)
#endif
#ifndef POLICY_IN_authorize
#define POLICY_IN_authorize(member)
#endif
#ifndef POLICY_IN_consent
#define POLICY_IN_consent(member)
#endif
#ifndef POLICY_IN_client
#define POLICY_IN_client(member)
#endif
#ifndef POLICY_IN_session
#define POLICY_IN_session(member)
#endif
#ifndef POLICY_IN_logout
#define POLICY_IN_logout(member)
#endif
#ifndef POLICY_IN_sms
#define POLICY_IN_sms(member)
#endif
#ifndef POLICY_IN_mail
#define POLICY_IN_mail(member)
#endif
#ifndef POLICY_IN_selfservice
#define POLICY_IN_selfservice(member)
#endif
#ifndef POLICY_IN_profile
#define POLICY_IN_profile(member)
#endif
#ifndef POLICY_IN_decoupled
#define POLICY_IN_decoupled(member)
#endif
#ifndef POLICY_IN_passkey
#define POLICY_IN_passkey(member)
#endif
#ifndef POLICY_IN_factor
#define POLICY_IN_factor(member)
#endif
#ifndef POLICY_IN_registration
#define POLICY_IN_registration(member)
#endif
#ifndef POLICY_IN_account
#define POLICY_IN_account(member)
#endif

#define POLICY_SECONDS(setting, group, field, least, most, help, zh)     POLICY_IN_##group(int64_t field;)
#define POLICY_INT(setting, group, field, least, most, unit, help, zh)   POLICY_IN_##group(int64_t field;)
#define POLICY_BOOL(setting, group, field, help, zh)                     POLICY_IN_##group(bool field;)
#define POLICY_CHOICE(setting, group, field, type, choices, help, zh)    POLICY_IN_##group(type field;)
#define POLICY_ALG(setting, group, field, help, zh)                      POLICY_IN_##group(enum jose_alg field;)
#define POLICY_ALGS(setting, group, field, help, zh)                     POLICY_IN_##group(uint64_t field;)
#define POLICY_TEXT(setting, group, field, help, zh)                     POLICY_IN_##group(struct str field;)
#define POLICY_CSTR(setting, group, field, help, zh)                     POLICY_IN_##group(const char *field;)
#define POLICY_GRANTS(setting, group, field, help, zh)                   POLICY_IN_##group(uint64_t field;)
#define POLICY_METHODS(setting, group, field, help, zh)                  POLICY_IN_##group(uint64_t field;)
#define POLICY_FIXED(group, field, type, what)                           POLICY_IN_##group(type field;)
#include "oauth/policy.def"

#undef POLICY_IN_token
#undef POLICY_IN_refresh
#undef POLICY_IN_grant
#undef POLICY_IN_scope
#undef POLICY_IN_authorize
#undef POLICY_IN_consent
#undef POLICY_IN_client
#undef POLICY_IN_session
#undef POLICY_IN_logout
#undef POLICY_IN_profile
#undef POLICY_IN_sms
#undef POLICY_IN_mail
#undef POLICY_IN_selfservice
#undef POLICY_IN_decoupled
#undef POLICY_IN_passkey
#undef POLICY_IN_registration
#undef POLICY_IN_factor
#undef POLICY_IN_account
