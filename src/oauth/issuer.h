/*
 * oauth/issuer.h - who answers: an issuer with its policy, its keys and its realm, and the services of the process that
 * a call may use. All of it is part of a snapshot: immutable, and older than any call that sees it.
 */
#ifndef HUFU_OAUTH_ISSUER_H
#define HUFU_OAUTH_ISSUER_H

#include "base/base.h"
#include "jose/jose.h"
#include "login/guess.h"
#include "login/login.h"
#include "login/password_rule.h"
#include "oauth/policy.h"
#include "outbound/document.h"
#include "outbound/notice.h"
#include "outbound/mail.h"
#include "outbound/sms.h"
#include "store/store.h"

/* Clients of a realm, hashed by id; immutable; part of a snapshot. */
struct realm;
/*
 * Deep copy, its own memory. epoch: store_clients_epoch before the clients were read; 0: they are not from a
 * store.
 */
struct realm *realm_new(struct str name, const struct client *clients, size_t n, uint64_t epoch);
/*
 * Its resource servers, in the order of their ids, copied; before anybody else sees the realm. False: memory is
 * exhausted.
 */
bool realm_put_resources(struct realm *r, const struct resource_server *rows, size_t n);
void realm_free(struct realm *r);
const struct client *realm_client(const struct realm *r, struct str id);                /* NULL when unknown */
struct str realm_name(const struct realm *r);
/*
 * The resource server that a resource indicator means, NULL when unknown. Bytes are compared, but that a root may be
 * written with its '/' or without: "https://api.example/" is "https://api.example" (RFC 3986 section 6.2.3).
 */
const struct resource_server *realm_resource(const struct realm *r, struct str id);
/* All of them, n. */
const struct resource_server *realm_resources(const struct realm *r, size_t *n);
bool resource_is(struct str id, struct str asked);              /* by the same rule */
/*
 * What its pairwise subjects are made with (store_realm_salt); NULL: it has none. Put once, before anybody else sees
 * r.
 */
void realm_put_salt(struct realm *r, const struct dig32 *salt);
const struct dig32 *realm_salt(const struct realm *r);
/* What tokens of the realm may need because of its resource servers, whether enabled or not. */
struct resource_needs {
	uint64_t algs;                  /* BIT(ALG_x) */
	bool slow_alg, opaque;          /* an RSA signature; a row in the store */
	int64_t ttl_s;                  /* the longest life that one of them sets; -1: none sets any */
};
struct resource_needs realm_resource_needs(const struct realm *r);      /* r NULL: none */
/* all of them; r NULL: none */
size_t realm_clients(const struct realm *r, const struct client **list);
/*
 * The longest life that a client's tokens have where the issuer's is issuer_ttl_s; 0 when one never ends. r
 * NULL: no clients.
 */
int64_t realm_longest_access(const struct realm *r, int64_t issuer_ttl_s);
int64_t realm_longest_refresh(const struct realm *r, int64_t issuer_ttl_s);
uint64_t realm_epoch(const struct realm *r);
bool realm_has_origin(const struct realm *r, struct str origin);        /* some enabled client lists it */
/*
 * Enabled clients that want to hear of logouts: member LOGOUT_NOTIFY_URL_LIST of their additional information,
 * addresses separated by commas.
 */
struct logout_client { const struct client *client; struct str urls; };
const struct logout_client *realm_logout_clients(const struct realm *r, size_t *n);

struct issuer {
	/* "demo-003"; "http://localhost:8090" without trailing slash, prefix included */
	struct str name, url;
	struct str userinfo;                    /* URL of its userinfo endpoint; absent: it has none */
	struct str status_lists;                /* URL above its status lists; absent: it has none */
	const struct policy  *policy;
	const struct keyring *keys;
	const struct realm   *realm;
	struct str            elsewhere;        /* issuers of other realms, blank-separated */
	const struct sms_gateway *sms;          /* NULL: sends no text messages */
	const struct mail_server *mail;         /* NULL: sends no mail */
	/* others whose refresh tokens are honoured during a migration; NULL-terminated, or NULL */
	const struct issuer *const *accepted;
	const struct directory *directory;      /* login/ldap.h: of the grant `directory`; NULL: none */
	const struct directory *at_login;       /* of the login page; NULL: none */
	/* all whose users the realm has; NULL-terminated, or NULL */
	const struct directory *const *directories;
	/* login/table.h: users whom the realm does not have itself; NULL: none */
	const struct user_table *table;
	/* RFC 8705: certificates of clients reach it; base URL of the listener that asks for them, absent: none */
	bool takes_certs;
	struct str mtls_url;
	const struct authorities *client_cas;         /* jose/certificate.h: of tls_client_auth; NULL: none */
	const struct wechat_app *wechat;        /* login/wechat.h; NULL: none */
	const struct upstream *const *upstreams;        /* upstream/upstream.h; NULL-terminated, or NULL */
	const struct trusted_issuer *const *trusted;    /* oauth/trusted_issuer.h; NULL-terminated, or NULL */
};
#define CLIENT_ID_MAX 256
/* May clients come to its realm by themselves? */
static inline bool issuer_registers(const struct issuer *i) 
{
	return i->policy->registration.rule != REGISTRATION_OFF || i->policy->registration.documents;
}
struct status_lists;
struct services {
	struct store *store;
	struct secret_memory *secrets;
	struct throttle_rules throttle;
	bool rehash;                            /* replace an old password encoding at login */
	const struct password_rule *passwords;  /* login/password_rule.h: of those that people choose; NULL: none */
	struct outbox *sms, *mail, *notices;    /* notices: of a logout, to clients; each NULL: none are sent */
	struct once_book *used;                 /* login/once.h: client assertions; NULL: none counts */
	struct once_book *proofs;               /* alike: DPoP proofs */
	struct key_memory *keys;                /* public keys of clients and proofs; NULL: none are remembered */
	int64_t started_s;                      /* since when this process remembers them; 0: it always has */
	struct documents *documents;            /* outbound/document.h: of clients; NULL: none are fetched */
	struct status_lists *status_lists;      /* oauth/status_lists.h; NULL: none is kept */
	/* of SECRET_PURPOSE (login/sealed.h), 32 bytes; NULL: no secret can be read again */
	const uint8_t *secret_key;
	struct facts_book *told;                /* oauth/facts_book.h; NULL: nothing is told again */
	struct guess_book *guesses;             /* wrong client secrets; NULL: not counted */
};

/* --- redirect URIs that clients register ------------------------------------------------------ */

/*
 * Does the query of a redirect URI hold a parameter that an authorization response brings (code, state, error,
 * iss ...)?
 */
bool redirect_speaks_as_response(struct str uri);
/* http beyond this machine: what is sent there anybody on the way can read. */
bool redirect_is_in_the_clear(struct str uri);
/* Of one that may be registered: it is of the web, or its scheme has the dot of RFC 8252 section 7.1. */
bool redirect_uri_has_dot(struct str uri);

#endif
