/*
 * oauth/account_page.h - what a page of /account shows: ANS_PAGE_ACCOUNT. Texts are of the call's memory; keys are
 * those of page/languages/en.def.
 */
#ifndef HUFU_OAUTH_ACCOUNT_PAGE_H
#define HUFU_OAUTH_ACCOUNT_PAGE_H

#include "base/base.h"
#include "oauth/chosen_rules.h"
#include "store/store.h"

enum account_section {
#define ACCOUNT_SECTION(id, endpoint, page, word, offered) ACCOUNT_##id,
#include "oauth/account_sections.def"
#undef ACCOUNT_SECTION
	ACCOUNT_SECTIONS,
	ACCOUNT_HOME = ACCOUNT_SECTIONS,
	ACCOUNT_DELETED                 /* who was here is nobody any more */
};

/* A standard claim of the person. */
enum account_mark { ACCOUNT_UNMARKED, ACCOUNT_VERIFIED, ACCOUNT_UNVERIFIED };
struct account_field {
	const char *name;               /* of the claim; of an address its member: "address.locality" */
	const char *input;              /* the type of its field: "text" or "url" */
	struct str value;               /* on one line; what was typed, where it is another */
	bool may_change, changed;
	const char *wrong;              /* what is wrong with the value; NULL: nothing */
	enum account_mark mark;         /* of an e-mail address or phone number that is there */
};
/* A session of the person at an issuer of the realm. */
struct account_login {
	struct str id;                  /* what a form calls it */
	struct str issuer, address, agent;
	int64_t begun_s, seen_s, expires_s;
	bool here;                      /* that of this very request */
	struct str clients;             /* ids of those it was used for, blank-separated */
};
/* Whom the person is at an identity provider. */
struct upstream;
struct account_identity {
	const struct upstream *at;      /* NULL: this issuer has it no more */
	struct str provider, shown, sealed;     /* its name; the person's there, may be empty; what a form calls it */
	int64_t linked_s, last_s;
};
/* What a client was allowed or holds at an issuer of the realm. */
struct account_client {
	struct str issuer, client;      /* ids; sealed: what a form calls it */
	struct str sealed, name;
	struct str scopes;              /* blank-separated, each once */
	int64_t since_s, until_s;       /* since 0: not known; until 0: without an end */
	bool allowed, holds;            /* there is a consent; there are living tokens */
};

struct account_page {
	enum account_section section;
	int status;
	const char *error, *notice;     /* NULL: none */
	int64_t wait_s;
	struct str csrf, user_name, display_name;
	struct str here;                /* this page, sealed: P_SAVED_REQUEST of the chooser; absent: there is none */
	bool offered[ACCOUNT_SECTIONS];
	bool managed;                   /* a directory or user table knows the person: nothing is changed here */
	/* PROFILE */
	const struct account_field *fields;
	size_t n_fields;
	bool may_change;                /* one of them at least */
	struct str seen;                /* which version of the person is shown */
	/* PASSWORD */
	struct chosen_rules rules;
	/* SESSIONS */
	const struct account_login *logins;
	size_t n_logins;
	/* IDENTITIES */
	const struct account_identity *identities;
	size_t n_identities;
	const struct upstream *const *providers;        /* where one can be connected; NULL-terminated */
	struct account_identity connecting;             /* at not NULL: is this one to be connected? */
	/* APPLICATIONS */
	const struct account_client *clients;
	size_t n_clients;
	bool more;                      /* there are more of either than are shown */
	/* DELETION */
	bool asks_password;
};
#endif
