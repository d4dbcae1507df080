/*
 * login/ldap.h - a user's password judged by a directory: LDAP (RFC 4511) over TLS, as Active
 * Directory and OpenLDAP speak it.
 *
 * L4: an empty password never reaches a directory: servers take it for an anonymous bind and say
 * yes (RFC 4513 section 5.1.2).
 * L5: what a user typed reaches a filter only escaped (RFC 4515 section 3), and a distinguished name never.
 * L6: no password leaves without TLS whose certificate was verified; referrals are not followed.
 * L15: a user of a directory is let in by its word of no more than `recheck` ago (of the same
 * moment at a refresh), and by an older one
 *     only while it cannot be asked, for `grace` at most. Who is gone, disabled or expired there has nothing left here.
 * L16: wrong passwords count for the entry that they are for, however its name is written.
 * L17: two groups never give one authority, unless the settings name both.
 *
 * libldap is loaded when the first directory is configured; without one this program does not need it.
 */
#ifndef HUFU_LOGIN_LDAP_H
#define HUFU_LOGIN_LDAP_H

#include "base/findings.h"
#include "login/claim_map.h"
#include "login/login.h"

#include <stdatomic.h>

enum directory_bind {
	DIRECTORY_UPN,                  /* name@domain */
	DIRECTORY_DOMAIN,               /* DOMAIN\name */
	DIRECTORY_SEARCH,               /* a service account finds the entry, whose name is bound then */
};
/*
 * Groups of groups: none; by Active Directory's own rule; by what each group's group_attr says; by
 * who names it as a member.
 */
enum directory_nested { NESTED_NONE, NESTED_IN_CHAIN, NESTED_MEMBER_OF, NESTED_MEMBER };
/*
 * May users have another password here when the one they have must be changed? Not here; by the operation of RFC 3062; by
 * Active Directory's unicodePwd.
 */
enum directory_change { CHANGE_NONE, CHANGE_MODIFY, CHANGE_UNICODE_PWD };
/*
 * One configured directory: immutable but for what is remembered of its servers. Texts are
 * NUL-terminated for libldap.
 */
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
	const char *group_base;         /* where groups are searched */
	enum directory_nested nested;
	enum directory_change change;
	struct str filter;              /* "": the bind's own */
	const char *name_attr, *display_name_attr, *mail_attr, *phone_attr, *number_attr,
	    *group_attr; /* "": none; name always */
	const struct str *groups;       /* "group=AUTHORITY" */
	size_t n_groups;
	struct claim_map claims;
	struct str authority_prefix, authorities;
	int64_t connect_ms, operation_ms;
	int64_t recheck_s, grace_s;     /* L15 */
	bool create_users, link_users;
};
/* Load the library once; false with *why, a sentence that names the package. Thread-safe. */
bool directory_library_load(struct arena *mem, struct str *why);
/* All that cannot work of the settings, each with the setting's name as its place; nothing is asked. */
void directory_judge(const struct directory *d, struct findings *f);

/*
 * Has it a service account and a place to search, so that it can be asked about somebody whose
 * password nobody has at hand?
 */
bool directory_can_look(const struct directory *d);
/* Did no server answer a moment ago? Then asking again is of no use yet, and costs nothing. */
bool directory_rests(const struct directory *d);

/*
 * What a directory knows of somebody; spans in the caller's arena; absent: nobody asked for that.
 * key: "ATTRIBUTE=HEX" of what names the entry for ever, empty when there is no such attribute; claims: a JSON object;
 * state: what is said against it. must_change: its password opens nothing before it is another one.
 */
struct directory_person {
	struct str name, display_name, mail, phone, authorities, key, claims;
	int64_t number;
	bool has_number;                /* the settings name an attribute for it; 0: the entry has none */
	enum state state;
	bool must_change;
};
enum directory_result {
	DIRECTORY_RIGHT,
	DIRECTORY_WRONG,
	DIRECTORY_DISABLED, /* right password, closed account or an entry that is no user */
	DIRECTORY_DOWN,
	DIRECTORY_WAIT, /* may_bind said no */
	DIRECTORY_STALE, /* right password, which must be changed before it opens anything */
};
/*
 * may_bind: asked with the name of the entry that was found, before the password is tried; NULL:
 * always. Not asked where nothing is searched before.
 */
/*
 * new_password: what a password that must be changed is changed to; absent: it is not. *fault, of STALE: why it was not, a key of
 * page/texts.def; NULL: it may be, and nothing was tried.
 */
struct directory_try {
	struct str name, password;
	bool (*may_bind)(void *ctx, struct str entry_name);
	void *ctx;
	struct str new_password;
	const char **fault;
};
/*
 * Ask the servers in order, leaving out those that were dead a moment ago; when the moment is over,
 * one caller tries. DOWN: none gave an answer; why is in the log. Blocks for up to connect_ms +
 * operation_ms per server: for a lane of its own.
 */
enum directory_result directory_ask(struct arena *mem, const struct directory *d,
    const struct directory_try *try, struct directory_person *out);
/*
 * The entry that was found with this name before, without its password: RIGHT, out->state says
 * whether it is let in; WRONG: it is gone, or the filter lets it in no more. key may be empty. For
 * directory_can_look only.
 */
enum directory_result directory_look(struct arena *mem, const struct directory *d, struct str key,
    struct str name, struct directory_person *out);

/*
 * The whole question: throttling as for passwords (the same counters), the directory, and the
 * user's row in the realm, which is made or brought up to date. The answers are those of
 * login_password, and LOGIN_DOWN when no server answered.
 */
enum login_result login_directory(struct arena *mem, struct store *s, const struct throttle_rules *r,
    const struct directory *d, struct login_try *t);
/* --- directory_again.c: users of directories asked about again (L15) -------------------------- */

/*
 * The directory that knows a user, of a NULL-terminated list (may be NULL); NULL: they are the
 * realm's own, or a user table's.
 */
const struct directory *directory_of(const struct directory *const *all, const struct user *u);
/* They came from a directory that is configured no longer: nobody vouches for them. */
bool user_is_orphan(const struct directory *const *all, const struct user *u);
/* What must be done before the user is let in by the stored word. always: at a refresh. */
enum again {
	AGAIN_NOT,
	AGAIN_ASK,
	AGAIN_STALE, /* too old, and it cannot be asked now: come again */
	AGAIN_OVER /* ... nor ever: log in again */
};
enum again directory_again_due(const struct directory *d, const struct user *u, bool always, int64_t now_s);
/* not older than grace, or recheck */
bool directory_word_holds(const struct directory *d, const struct user *u, int64_t now_s);
/*
 * Ask, and bring the row up to date: *u is then as the store has it. Gone, disabled or expired:
 * sessions, codes, families and tokens end. DOWN: nothing was learnt. Blocks as directory_ask does.
 */
enum person_answer directory_again(struct arena *mem, struct store *s, const struct directory *d, struct user *u);

/* --- ldap_filter.c ---------------------------------------------------------------------------- */

/* RFC 4515 section 3: NUL ( ) * \ and everything beyond ASCII as \XX. */
void ldap_filter_put(struct buf *b, struct str value);
/* The filter with {user} and {login} replaced by their escaped values; absent when mem is full. */
struct str ldap_filter_make(struct arena *mem, struct str filter, struct str user, struct str login);
/*
 * The user's name without what the directory adds to it: "alice" of "alice@corp.example" or
 * "CORP\alice", blanks at the ends cut. False for a name of another domain, an empty one, one with
 * control characters or of more than 256 bytes.
 */
bool ldap_user_read(const struct directory *d, struct str typed, struct str *user);

/* --- ldap_password.c -------------------------------------------------------------------------- */

/* As Active Directory takes a password: in quotes, in UTF-16 with the small byte first. Absent: it is no UTF-8. */
struct str ldap_unicode_pwd(struct arena *mem, struct str password);

/* --- ldap_map.c ------------------------------------------------------------------------------- */

/*
 * What names an entry for ever, by product: Active Directory, OpenLDAP and the RFC 4530, 389
 * Directory Server, FreeIPA, eDirectory.
 */
#define LDAP_KEY_ATTRIBUTES { "objectGUID", "entryUUID", "nsUniqueId", "ipaUniqueID", "GUID" }
/* Do groups say anything there? */
static inline bool directory_has_groups(const struct directory *d)
{
	return d->group_attr[0] != '\0' || d->nested == NESTED_IN_CHAIN || d->nested == NESTED_MEMBER;
}
/* One attribute of an entry with its values. */
struct ldap_attribute {
	const char *name;
	const struct str *values;
	size_t n;
	bool whole; /* the server has no more of them */
};
/* Distinguished names: of the groups of an entry, and of groups whose names may become the same word as theirs. */
struct ldap_group_set { struct str *dns, *others; size_t n, n_others; };
/*
 * What the attributes say, by the settings. groups NULL: those of the group attribute alone. False
 * when there is no usable name among them, or when its groups are more than can be said of a user
 * (AUTHORITIES_MAX); *why is a sentence.
 */
bool ldap_person_read(struct arena *mem, const struct directory *d, const struct ldap_attribute *attrs, size_t n,
    const struct ldap_group_set *groups, struct directory_person *out, struct str *why);
const struct ldap_attribute *ldap_attribute_find(const struct ldap_attribute *attrs, size_t n, const char *name);
/* "Domain Admins" of "CN=Domain Admins,OU=x", escapes as they are; a plain name is its own. */
struct str ldap_first_part(struct str dn);
bool ldap_dn_same(struct str a, struct str b);       /* but for case and blanks around the separators */
/*
 * Does the group count by its first part, so that another of that name would count as well? Not
 * where its whole name is in the settings.
 */
bool ldap_group_is_named(const struct directory *d, struct str dn);
/*
 * A name as directories compare it, for counting: compatibility forms, case, accents and blanks
 * taken away. In mem; as it is when it is no UTF-8.
 */
struct str ldap_name_folded(struct arena *mem, struct str name);
#endif
