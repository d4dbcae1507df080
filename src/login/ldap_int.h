/* login/ldap_int.h - libldap as it was loaded, and one conversation with a server. */
#ifndef HUFU_LOGIN_LDAP_INT_H
#define HUFU_LOGIN_LDAP_INT_H

#include "login/ldap.h"

#include <ldap.h>

#define LDAP_FUNCTIONS(X) \
	X(ldap_initialize) X(ldap_connect) X(ldap_set_option) X(ldap_get_option) X(ldap_start_tls) X(ldap_install_tls) X(ldap_sasl_bind) \
	X(ldap_search_ext) X(ldap_result) X(ldap_parse_result) X(ldap_msgtype) X(ldap_msgfree) X(ldap_get_dn) X(ldap_memfree) \
	X(ldap_first_attribute) X(ldap_next_attribute) X(ldap_get_values_len) X(ldap_value_free_len) X(ldap_unbind_ext) X(ldap_err2string) \
	X(ldap_controls_free) X(ldap_control_find) X(ldap_parse_passwordpolicy_control) X(ldap_passwd) X(ldap_modify_ext) \
	X(ber_free) X(ber_sockbuf_ctrl) X(ber_sockbuf_add_io)
struct ldap_library {
#define MEMBER(f) __typeof__(&f) f;
	LDAP_FUNCTIONS(MEMBER)
#undef MEMBER
};
/* NULL when it is not installed. Never unloaded. */
const struct ldap_library *ldap_library(void);

/* --- ldap_talk.c ------------------------------------------------------------------------------ */

/*
 * How one step went. NO: the password or the name is wrong, there is no such entry. WAIT: the try is not free. STALE: the password is
 * right and must be changed.
 */
enum outcome { STEP_OK, STEP_NO, STEP_CLOSED, STEP_DOWN, STEP_WAIT, STEP_STALE };

/* One conversation with one server; ends with ldap_unbind_ext when ld is set. */
struct talk {
	const struct ldap_library *l;
	const struct directory *d;
	struct arena *mem;
	LDAP *ld;
	const char *url;
	int64_t deadline_us;
	struct ldap_conncb on_connect;
	bool bound;                     /* the last bind has let in, if only to change the password */
	bool has_written;               /* another server is not to be asked what this one may have done */
};
/* Connected, with TLS that was verified (L6). */
enum outcome talk_open(struct talk *t);
/* The next message of an operation; NULL after *outcome is DOWN. */
LDAPMessage *talk_await(struct talk *t, int id, const char *step, enum outcome *outcome);
/* What the password policy says beside a result (draft-behera-ldap-password-policy); ctrls may be NULL, and is freed. */
struct policy_word { bool expired; int grace; LDAPPasswordPolicyError error; };
struct policy_word talk_policy_word(struct talk *t, LDAPControl **ctrls);
extern LDAPControl *talk_policy_asked[2];
/* A simple bind; password not empty (L4). CLOSED: right, but the account is. STALE: t->bound says whether it let in. */
enum outcome talk_bind(struct talk *t, const char *who, struct str password);
/* What is wrong, for the log; always DOWN. */
enum outcome talk_down(struct talk *t, const char *step, const char *cause);
enum outcome talk_down_code(struct talk *t, const char *step, int code);

/*
 * take is called with each entry, at most limit; false from it, or an entry more, is DOWN
 * (of_groups: more is CLOSED, for the server is sound). attrs ends with NULL. enough: so many
 * entries are an answer though the server has more. may_be_hidden: what this account may not see is
 * not there.
 */
struct ldap_query {
	const char *base;
	int scope;
	struct str filter;
	const char *const *attrs;
	int limit, enough;
	bool may_be_hidden, of_groups;
	bool (*take)(void *ctx, struct talk *t, LDAPMessage *m); void *ctx;
};
struct ldap_count { int entries, references; };
/* NO: there is no such base. */
enum outcome talk_search(struct talk *t, const struct ldap_query *q);
/* The values of one attribute of an entry; false: too many, or mem is full. */
bool talk_values(struct talk *t, LDAPMessage *m, const char *name, struct ldap_attribute *out);
const char *talk_dn(struct talk *t, LDAPMessage *m);

/* --- ldap_password.c -------------------------------------------------------------------------- */

/*
 * The entry gets another password, by whoever is bound. dn "": who that is. STALE: it was not taken, and *fault is why, a key of
 * page/texts.def.
 */
struct password_change { const char *dn; struct str old_password, new_password; };
enum outcome password_change(struct talk *t, const struct password_change *c, const char **fault);

/* --- ldap_group.c ----------------------------------------------------------------------------- */

/*
 * The groups of an entry, nested ones by the directory's setting, each once; and all groups whose
 * names are so like theirs that they could become one word. Asks the server.
 */
enum outcome groups_find(
    struct talk *t, const char *dn, const struct ldap_attribute *direct, struct ldap_group_set *out);
#endif
