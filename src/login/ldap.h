/*
 * login/ldap.h - a user's password judged by a directory: LDAP (RFC 4511) over TLS, as Active Directory and OpenLDAP speak it.
 *
 * L4: an empty password never reaches a directory: servers take it for an anonymous bind and say yes (RFC 4513 section 5.1.2).
 * L5: what a user typed reaches a filter only escaped (RFC 4515 section 3), and a distinguished name never.
 * L6: no password leaves without TLS whose certificate was verified; referrals are not followed.
 *
 * libldap is loaded when the first directory is configured; without one this program does not need it.
 */
#ifndef HUFU_LOGIN_LDAP_H
#define HUFU_LOGIN_LDAP_H

#include "login/login.h"

#include <stdatomic.h>

enum directory_bind {
	DIRECTORY_UPN,                  /* name@domain */
	DIRECTORY_DOMAIN,               /* DOMAIN\name */
	DIRECTORY_SEARCH,               /* a service account finds the entry, whose name is bound then */
};
/* One configured directory: immutable but for what is remembered of its servers. Texts are NUL-terminated for libldap. */
struct directory {
	struct str name;
	const char *const *urls;        /* in the order they are asked */
	_Atomic int64_t *dead_until_ms; /* one per URL: not asked before */
	size_t n_urls;
	bool starttls;
	const char *ca_file;
	enum directory_bind bind;
	struct str domain;
	const char *bind_dn;
	struct str bind_password;
	const char *base;               /* "": nothing is searched, only for UPN and DOMAIN */
	struct str filter;              /* "": the bind's own */
	const char *name_attr, *display_name_attr, *mail_attr, *phone_attr, *number_attr, *group_attr;  /* "": none; name always */
	const struct str *groups;       /* "group=AUTHORITY" */
	size_t n_groups;
	struct str authority_prefix, authorities;
	int64_t connect_ms, operation_ms;
	bool create_users, link_users;
};
/* Load the library once; false with *why, a sentence that names the package. Thread-safe. */
bool directory_library_load(struct arena *mem, struct str *why);
/* What of the settings cannot work: absent, or a sentence. */
struct str directory_fault(struct arena *mem, const struct directory *d);

/* What a directory knows of somebody; spans in the caller's arena; absent: nobody asked for that. */
struct directory_person { struct str name, display_name, mail, phone, authorities; int64_t number; };
enum directory_result { DIRECTORY_RIGHT, DIRECTORY_WRONG, DIRECTORY_DISABLED /* right password, closed account or an entry that is no user */, DIRECTORY_DOWN };
/*
 * Ask the servers in order, leaving out those that were dead a moment ago. DOWN: none gave an answer; why is in the log.
 * Blocks for up to connect_ms + operation_ms per server: for a lane of its own.
 */
enum directory_result directory_ask(struct arena *mem, const struct directory *d, struct str name, struct str password, struct directory_person *out);

/*
 * The whole question: throttling as for passwords (the same counters), the directory, and the user's row in the realm, which is
 * made or brought up to date. The answers are those of login_password, and LOGIN_DOWN when no server answered.
 */
enum login_result login_directory(struct arena *mem, struct store *s, const struct throttle_rules *r, const struct directory *d, struct login_try *t);

/* --- ldap_filter.c ---------------------------------------------------------------------------------------------------------- */

/* RFC 4515 section 3: NUL ( ) * \ and everything beyond ASCII as \XX. */
void ldap_filter_put(struct buf *b, struct str value);
/* The filter with {user} and {login} replaced by their escaped values; absent when mem is full. */
struct str ldap_filter_make(struct arena *mem, struct str filter, struct str user, struct str login);
/*
 * The user's name without what the directory adds to it: "alice" of "alice@corp.example" or "CORP\alice", blanks at the ends cut.
 * False for a name of another domain, an empty one, one with control characters or of more than 256 bytes.
 */
bool ldap_user_read(const struct directory *d, struct str typed, struct str *user);

/* --- ldap_map.c --------------------------------------------------------------------------------------------------------------- */

/* One attribute of an entry with its values. */
struct ldap_attribute { const char *name; const struct str *values; size_t n; };
/*
 * What the attributes say, by the settings. False when there is no usable name among them, or when its groups are more than can be said
 * of a user (AUTHORITIES_MAX); *why is a sentence.
 */
bool ldap_person_read(struct arena *mem, const struct directory *d, const struct ldap_attribute *attrs, size_t n,
    struct directory_person *out, struct str *why);
#endif
