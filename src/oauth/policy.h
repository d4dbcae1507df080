/*
 * oauth/policy.h - the rules of one issuer, read as data. Named after behaviour, never after a product: a dialect says
 * its own, the settings of an issuer depart from them. Fields, settings and their manual are the rows of policy.def;
 * here are the enums of what a rule may be.
 */
#ifndef HUFU_OAUTH_POLICY_H
#define HUFU_OAUTH_POLICY_H

#include "base/base.h"
#include "jose/jose.h"

enum token_shape {
	SHAPE_ROW_ID,           /* base64url(row id ‖ HMAC): 43 characters, found by row id */
	SHAPE_B64URL27,         /* 20 bytes of HMAC in base64url: 27 characters, found by digest */
	SHAPE_UUID,             /* UUID v4 of HMAC: 36 characters, found by digest */
	SHAPE_JWT,              /* signed claims, by the policy's claim rows */
};
enum code_shape {
	CODE_LONG,              /* 43 characters */
	CODE_6_ALNUM,           /* 6 of [0-9A-Za-z] */
	CODE_6_ALNUM_DASH,      /* 6 of [0-9A-Za-z_-] */
};
enum jti_shape {
	JTI_FAMILY,             /* base64url(family ‖ 8 random) */
	JTI_UUID,
	/* 80 hex digits, sealed: they look random and lead to the family; oauth/token/text.c */
	JTI_HEX80,
};
enum refresh_rule {
	REFRESH_ROTATES,
	REFRESH_KEPT,
	REFRESH_RESIGNED,       /* a JWT with the same jti and exp, new text */
};
enum pkce_rule {
	PKCE_REQUIRED,
	PKCE_NONCE,             /* a confidential client may send the nonce of an ID token instead: RFC 9700 2.1.1 */
	PKCE_WHEN_SENT,
};
/* Which rows of oauth/responses.def an issuer offers; each for the clients registered for it. */
enum response_rule {
	RESPONSES_PLAIN,        /* code by offers_code, token by offers_implicit, as before OpenID Connect */
	RESPONSES_ID_TOKEN,     /* and those that give an ID token or nothing */
	RESPONSES_ALL,          /* and those that give an access token through the browser */
};
enum request_object_rule {
	REQUEST_OBJECTS_REFUSED,
	REQUEST_OBJECTS_SIGNED, /* or by a client that is registered for unsigned ones */
	REQUEST_OBJECTS_ANY,    /* unsigned also by one that has registered no algorithm */
};
/* Authorization responses as one JWT (JARM): none, for whoever asks, or none else. */
enum first_party_draft { FIRST_PARTY_OFF, FIRST_PARTY_03, FIRST_PARTY_04 };
enum jarm_rule { JARM_REFUSED, JARM_OFFERED, JARM_REQUIRED };
enum consent_rule {
	CONSENT_BY_SCOPE,       /* what is ticked is granted, nothing ticked is a denial */
	CONSENT_YES_NO,         /* user_oauth_approval=true grants every requested scope */
	CONSENT_NEVER,          /* the issuer has no consent page */
};
/* Security profiles: what each asks of an issuer and of its clients are the rows of oauth/profiles.def. */
enum profile {
	PROFILE_OAUTH_2_1,
	PROFILE_FAPI_2_SECURITY,
	PROFILE_FAPI_2_SIGNING,
	PROFILE_FAPI_1_ADVANCED,
	PROFILE_CIBA,           /* FAPI-CIBA, which stands on FAPI 1.0 Advanced */
	PROFILE_COUNT
};
enum assertion_audience { ASSERTION_FOR_ANY, ASSERTION_FOR_ISSUER };
/* Passkeys (oauth/session/passkey.h): none, beside a password, or in its place too. */
enum passkey_rule { PASSKEYS_OFF, PASSKEYS_SECOND_FACTOR, PASSKEYS_LOGIN };
enum dpop_rule { DPOP_OFF, DPOP_ALLOWED, DPOP_REQUIRED };
enum dpop_nonce_rule { DPOP_NONCE_OFF, DPOP_NONCE_REQUIRED };
enum registration_rule { REGISTRATION_OFF, REGISTRATION_BY_TOKEN, REGISTRATION_OPEN };
enum second_factor_rule { SECOND_FACTOR_OFFERED, SECOND_FACTOR_REQUIRED, SECOND_FACTOR_OFF };
enum factor_at_grants { FACTOR_REFUSED, FACTOR_SKIPPED };
enum account_deletion { ACCOUNT_DELETION_OFF, ACCOUNT_DELETION_ALLOWED };
/* How many sessions one user may have, what becomes of one too many, and among which they are counted. */
enum stale_at_grants { STALE_REFUSED, STALE_SKIPPED };
enum session_rule { SESSIONS_MANY, SESSIONS_ONE, SESSIONS_ONE_PER_DEVICE_KIND };
enum session_conflict { SESSION_OLDEST_GOES, SESSION_NEWEST_REFUSED };
enum session_count { SESSIONS_OF_ISSUER, SESSIONS_OF_REALM };
enum consent_memory { MEMORY_APPROVALS, MEMORY_LIVE_TOKENS, MEMORY_NONE };
enum claim_from {
	FROM_TEXT,
	FROM_ISS,
	FROM_SUB,               /* user id, or client id */
	FROM_SUB_USER_ID,
	FROM_SUB_NUMBER,
	FROM_AUD,               /* resource ids, else issuer */
	FROM_AUD_CLIENT,
	FROM_RESOURCE_IDS,      /* absent when none */
	FROM_CLIENT_ID,
	FROM_EXP,
	FROM_IAT,
	FROM_NBF,
	FROM_JTI,
	FROM_ATI,               /* jti of the access token */
	FROM_SCOPE,
	FROM_USER_NAME,
	FROM_USER_NUMBER,
	FROM_AUTHORITIES,
	FROM_ACCOUNT_TYPE,
	FROM_NONCE,
	FROM_AUTH_TIME,
	FROM_SID,               /* the session, as its clients know it: Back-Channel Logout 1.0 section 2.1 */
	FROM_AT_HASH,           /* of the access token beside it: OpenID Connect Core 3.1.3.6 */
	FROM_C_HASH,            /* of the code beside it: 3.3.2.11 */
	FROM_ACR,               /* how the user was authenticated, and by what: OpenID Connect Core 2 */
	FROM_AMR,
	FROM_ACT,               /* who acts for the subject: RFC 8693 section 4.1 */
	FROM_S_HASH,            /* of the state of the request that it answers: FAPI 1.0 part 2, 5.1 */
};
enum claim_type {
	CLAIM_STRING,
	CLAIM_NUMBER,
	CLAIM_ARRAY,
	CLAIM_ONE_OR_ARRAY,
	CLAIM_JSON,             /* as it is */
	CLAIM_SET,              /* an array in the order of base/hash_order.h */
};
/*
 * Rows end with claim == NULL. asked_only: of an ID token, when the request asked for it (OpenID
 * Connect Core 5.5, and auth_time by max_age).
 */
struct claim_row {
	const char *claim;
	enum claim_from from;
	enum claim_type type;
	const char *text;
	bool user_only, asked_only;
};

/*
 * A claim of the issuer's own: what an attribute of the user (store/user_claims.h) is called, where
 * it stands and which scope opens it. Rows end with an absent claim.
 */
enum own_place { OWN_IN_ID_TOKEN = 1, OWN_IN_USERINFO = 2, OWN_IN_ACCESS_TOKEN = 4 };
struct own_claim {
	struct str claim, attribute;
	struct str scope;               /* empty: whatever was granted */
	unsigned places;                /* of enum own_place */
};

/*
 * A type of authorization details (RFC 9396), from a row of the issuer's setting `authorization_details`. Rows end
 * with an absent type.
 */
struct detail_field { struct str path, label, label_zh; };
struct detail_type {
	struct str type;
	struct str title, title_zh;             /* on the consent page; empty: the type itself, the English one */
	const struct detail_field *fields;      /* which are shown there; none: all */
	size_t n_fields;
	struct str clients, resources;          /* words; empty: every client, every audience */
	bool asks_always;                       /* a consent is not remembered */
	const json_t *schema;                   /* what such an object may be: base/json_schema.h */
};

/* One question of the token endpoint; the order decides which of two mistakes is reported. */
enum question {
	Q_END,
	Q_CLIENT, Q_CLIENT_SAME, Q_SCOPE_KNOWN, Q_GRANT_NAMED, Q_GRANT_ALLOWED,
	Q_PROOF, Q_PARAMS, Q_RESOLVE, Q_SCOPE, Q_MINT, Q_COMMIT,
};

/* In the order of their settings' words. */
enum self_way { SELF_OFF, SELF_MAIL, SELF_SMS, SELF_BOTH };
enum self_registration { SELF_REGISTRATION_OFF, SELF_REGISTRATION_EMAIL, SELF_REGISTRATION_PHONE };

/* In groups. Every field is a row of policy.def, which says what it means. */
struct policy {
#define POLICY_IN_token(member) member
	struct policy_token {
#include "oauth/policy_group.h"
	} token;
#define POLICY_IN_refresh(member) member
	struct policy_refresh {
#include "oauth/policy_group.h"
	} refresh;
#define POLICY_IN_grant(member) member
	struct policy_grant {
#include "oauth/policy_group.h"
	} grant;
#define POLICY_IN_scope(member) member
	struct policy_scope {
#include "oauth/policy_group.h"
	} scope;
#define POLICY_IN_authorize(member) member
	struct policy_authorize {
#include "oauth/policy_group.h"
	} authorize;
#define POLICY_IN_consent(member) member
	struct policy_consent {
#include "oauth/policy_group.h"
	} consent;
#define POLICY_IN_client(member) member
	struct policy_client {
#include "oauth/policy_group.h"
	} client;
#define POLICY_IN_session(member) member
	struct policy_session {
#include "oauth/policy_group.h"
	} session;
#define POLICY_IN_logout(member) member
	struct policy_logout {
#include "oauth/policy_group.h"
	} logout;
#define POLICY_IN_sms(member) member
	struct policy_sms {
#include "oauth/policy_group.h"
	} sms;
#define POLICY_IN_mail(member) member
	struct policy_mail {
#include "oauth/policy_group.h"
	} mail;
#define POLICY_IN_selfservice(member) member
	struct policy_selfservice {
#include "oauth/policy_group.h"
	} selfservice;
#define POLICY_IN_profile(member) member
	struct policy_profile {
#include "oauth/policy_group.h"
	} profile;
#define POLICY_IN_decoupled(member) member
	struct policy_decoupled {
#include "oauth/policy_group.h"
	} decoupled;
#define POLICY_IN_passkey(member) member
	struct policy_passkey {
#include "oauth/policy_group.h"
	} passkey;
#define POLICY_IN_registration(member) member
	struct policy_registration {
#include "oauth/policy_group.h"
	} registration;
#define POLICY_IN_factor(member) member
	struct policy_factor {
#include "oauth/policy_group.h"
	} factor;
#define POLICY_IN_account(member) member
	struct policy_account {
#include "oauth/policy_group.h"
	} account;
};

/* BIT(ALG_x) of the algorithms that the issuer has keys for. */
uint64_t policy_algs(const struct policy *p);
/* BIT(ALG_x) of those by which clients may sign what they send. */
uint64_t policy_client_algs(const struct policy *p);
/*
 * What signs the ID tokens of a client that registered for wanted (id_token_signed_response_alg); absent
 * or empty: the issuer's own. False: no algorithm that this issuer has a key for.
 */
bool id_token_alg(const struct policy *p, struct str wanted, enum jose_alg *out);

#endif
