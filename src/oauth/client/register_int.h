/* oauth/client/register_int.h - what the files of a registration share: what a client says of itself becomes a client. */
#ifndef HUFU_OAUTH_CLIENT_REGISTER_INT_H
#define HUFU_OAUTH_CLIENT_REGISTER_INT_H

#include "oauth/client/client.h"
#include "oauth/client_metadata.h"

struct registering {
	struct call *c;
	const json_t *said;             /* the members, whoever's word they are */
	struct client client;           /* secret: empty until one is made */
	struct client_metadata metadata;
	bool native;                    /* application_type */
};

/* --- register_judge.c --- RFC 7591 section 2: r->said into r->client and r->metadata; false: the call has failed. */
bool registration_judge(struct registering *r);
/* Always false: "MEMBER WHAT", R_REGISTRATION_METADATA. */
bool member_refuse(struct registering *r, const char *member, const char *what);
/* A list of texts without blanks and control characters, separated by sep; absent: not said. False: it is none. */
bool member_words(struct registering *r, const char *member, char sep, struct str *out);

/* --- register_redirect.c --- redirect_uris by the kind of application. False: the call has failed. */
bool registration_redirects(struct registering *r);

/* --- register_show.c --- what is registered, as its JSON: RFC 7591 section 3.2.1. Absent: mem is full. */
struct registered { struct client client; struct str secret, token, uri; };
struct str registration_text(struct arena *mem, const struct registered *r);
#endif
