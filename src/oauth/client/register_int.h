/* oauth/client/register_int.h - what the files of a registration share: what somebody says becomes a client. */
#ifndef HUFU_OAUTH_CLIENT_REGISTER_INT_H
#define HUFU_OAUTH_CLIENT_REGISTER_INT_H

#include "oauth/client/client.h"
#include "oauth/client_metadata.h"

struct registering {
	struct call *c;
	const json_t *said;             /* the members, whoever's word they are */
	struct client client;           /* secret: empty until one is made */
	struct client_metadata metadata;
	struct str statement;           /* software_statement, as it came; absent: none */
	bool native;                    /* application_type */
	bool document;                  /* what it says stands at its client_id, for everybody to read */
};

/* --- register_judge.c --- RFC 7591 section 2: r->said into r->client and r->metadata. False: the call failed. */
bool registration_judge(struct registering *r);
/* body into r->said. */
bool registration_body(struct registering *r, struct str body);
/* RFC 7592 section 2.2: r->client is what there is. */
bool replacement_is_sound(struct registering *r);
/* Judged: what the row says beside its columns. */
bool registration_metadata(struct registering *r);
/* Always false: "MEMBER WHAT", R_REGISTRATION_METADATA. */
bool member_refuse(struct registering *r, const char *member, const char *what);
/* A list of texts without blanks and control characters, separated by sep; absent: not said. False: it is none. */
bool member_words(struct registering *r, const char *member, char sep, struct str *out);

/*
 * --- register_statement.c --- RFC 7591 section 2.3: what the software statement says goes into r->said, in place of
 * what the client says itself. May ask another server. False: the call has failed.
 */
bool registration_statement(struct registering *r);

/* --- register_redirect.c --- redirect_uris by the kind of application. False: the call has failed. */
bool registration_redirects(struct registering *r);

/* --- register_begin.c --- a client with nothing of its own; registrations of the network of the call in this hour */
struct client registration_begin(const struct call *c, struct str id);
struct quota registration_quota(const struct call *c);

/* --- register_sector.c --- sector_identifier_uri holds every redirect URI. May ask another server. */
bool registration_sector(struct registering *r);

/* --- fetch.c --- the rules of every such request. */
struct outbound_rules client_fetch_rules(const struct call *c);
/*
 * A few times a minute an address is asked, whoever wants it: one that does not answer costs no
 * more. Commits; false: not now, or the store is in trouble.
 */
bool client_fetch_is_due(struct call *c, struct str url);

/* --- register_show.c --- what is registered, as its JSON: RFC 7591 section 3.2.1. Absent: mem is full. */
struct registered { struct client client; struct str secret, token, uri, statement; };
struct str registration_text(struct arena *mem, const struct registered *r);
#endif
