/*
 * oauth/client_metadata.h - what a client has registered about itself, beside what stands in columns of its own: RFC
 * 7591 section 2, OpenID Connect Dynamic Client Registration 1.0 section 2. The rows are metadata.def; the store keeps
 * one JSON object with the members that were given (store/store.h, struct client: metadata).
 */
#ifndef HUFU_OAUTH_CLIENT_METADATA_H
#define HUFU_OAUTH_CLIENT_METADATA_H

#include "base/base.h"
#include "jose/certificate.h"
#include "oauth/lists.h"
#include "store/store.h"

#define MD_FIELD_TEXT(member)    struct str member;
#define MD_FIELD_WORDS(member)   struct str member;     /* blank-separated */
#define MD_FIELD_LINES(member)   struct str member;     /* '\n'-separated */
#define MD_FIELD_BOOL(member)    bool member;
#define MD_FIELD_SECONDS(member) struct str member;     /* digits */
#define MD_FIELD_JWKS(member)    struct str member;     /* JSON */

/* Texts are empty or absent where nothing was registered. */
struct client_metadata {
#define METADATA(kind, member, check, option, heading, heading_zh, help, help_zh) MD_FIELD_##kind(member)
#include "oauth/metadata.def"
};

enum metadata_kind { MD_TEXT, MD_WORDS, MD_LINES, MD_BOOL, MD_SECONDS, MD_JWKS };
struct metadata_row {
	const char *member;
	enum metadata_kind kind;
	size_t at;                                      /* offset in struct client_metadata */
	const char *(*check)(struct str text);          /* NULL: none; else what is wrong with it, "must be ..." */
};
extern const struct metadata_row metadata_rows[];       /* ends without a member */
const struct metadata_row *metadata_row(struct str member);     /* NULL: none is called so */
/* How strict an issuer is with the client, and for whom it may act: texts, and no word of the client's own. */
bool metadata_is_of_operators(const struct metadata_row *row);

/* As JSON, and of each text, in bytes. */
#define CLIENT_METADATA_MAX (64 * 1024)
#define METADATA_TEXT_MAX   2000

/*
 * Put one member; null, an empty text, an empty array and false take it away. The texts are v's own or in mem. NULL,
 * or what is wrong with the value ("must be ..."); m is then as it was.
 */
const char *metadata_put(struct arena *mem, struct client_metadata *m, const struct metadata_row *row, const json_t *v);
/*
 * As the store keeps it: a JSON object, "" when nothing is registered; absent: longer than CLIENT_METADATA_MAX, or mem
 * is full.
 */
struct str metadata_text(struct arena *mem, const struct client_metadata *m);
/*
 * And back, the texts in mem. What is no member of it, or not as metadata_put takes it, is left out. False: no such
 * object, or mem is full.
 */
bool metadata_read(struct arena *mem, struct str text, struct client_metadata *m);
/* The same in memory of mem alone; NULL where nothing can be read of it, as where nothing is registered. */
const struct client_metadata *metadata_keep(struct arena *mem, struct str text);

/*
 * RFC 8705 section 2.1.2: the one subject of the client's certificate; absent: none is registered, or more than one.
 */
struct str metadata_subject(const struct client_metadata *m, enum subject *kind);
/* NULL, or what its way of authenticating lacks, a sentence. */
const char *metadata_method_trouble(const struct client_metadata *m);
/* Can a client authenticate by it at the issuer, as far as the issuer's settings have to do with it? RFC 8705. */
struct issuer;
bool method_is_possible(const struct issuer *i, enum method method);
bool method_is_by_certificate(struct str name);
bool method_needs_no_secret(struct str name);           /* it signs who it is, or has a certificate */
/* NULL, or what is wrong with the name of a signing algorithm ("must be ..."). */
const char *signing_alg_trouble(struct str s);
/*
 * Of a client of a realm (oauth/issuer.h), which has it read; one that has registered nothing has an empty one. Never
 * NULL.
 */
const struct client_metadata *client_metadata(const struct client *k);
/* Can anybody call itself by its name? One without a secret that signs, or shows a certificate, is none such. */
bool client_is_public(const struct client *k);
#endif
