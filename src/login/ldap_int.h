/* login/ldap_int.h - libldap as it was loaded. */
#ifndef HUFU_LOGIN_LDAP_INT_H
#define HUFU_LOGIN_LDAP_INT_H

#include "login/ldap.h"

#include <ldap.h>

#define LDAP_FUNCTIONS(X) \
	X(ldap_initialize) X(ldap_connect) X(ldap_set_option) X(ldap_get_option) X(ldap_start_tls) X(ldap_install_tls) X(ldap_sasl_bind) \
	X(ldap_search_ext) X(ldap_result) X(ldap_parse_result) X(ldap_msgtype) X(ldap_msgfree) X(ldap_get_dn) X(ldap_memfree) \
	X(ldap_first_attribute) X(ldap_next_attribute) X(ldap_get_values_len) X(ldap_value_free_len) X(ldap_unbind_ext) X(ldap_err2string) \
	X(ber_free) X(ber_sockbuf_ctrl) X(ber_sockbuf_add_io)
struct ldap_library {
#define MEMBER(f) __typeof__(&f) f;
	LDAP_FUNCTIONS(MEMBER)
#undef MEMBER
};
/* NULL when it is not installed. Never unloaded. */
const struct ldap_library *ldap_library(void);
#endif
