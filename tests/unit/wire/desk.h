/*
 * tests/unit/wire/desk.h - one issuer of any dialect behind a loopback socket, and exact bytes in and out. The protocol, the store and
 * the pages behind it are the real ones.
 */
#ifndef HUFU_TEST_DESK_H
#define HUFU_TEST_DESK_H
#include "../test.h"
#include "wire/wire_int.h"

struct desk {
	struct arena mem;
	char dir[64];
	struct store *store;
	struct services svc;
	struct realm *realm;
	struct key *keys[1];
	struct keyring ring;
	struct token_key token_key;
	struct policy policy;
	struct issuer issuer;
	struct mount mount;
	const struct mount *all[2];
	struct page_set *pages;
	struct http_server *server;
	int port;
	enum reason why;                /* of the last request */
	char error_id[16];
};
struct desk *desk_new(const struct wire *w, const char *url);
void desk_free(struct desk *d);
/* A request without socket: begun, not finished; no header fields. target: "/path?query". */
struct exchange *desk_begin(struct desk *d, struct arena *mem, enum http_method m, const char *target);
/* An exchange for renderers: nothing was read. */
struct exchange *desk_exchange(struct desk *d, struct arena *mem, const char *path, enum http_method m);

/* One request over the socket: "METHOD target", more header lines ("A: b\r\n..." or ""), body or NULL (form-encoded unless a
 * Content-Type is among the lines). The whole reply. */
struct str talk(struct desk *d, struct arena *mem, const char *line, const char *headers, const char *body);
int status_of_reply(struct str reply);
struct str body_of_reply(struct str reply);
struct str field_of_reply(struct str reply, const char *name);  /* absent when there is none */
bool has(struct str text, const char *piece);
/* Session cookie line "Cookie: ...\r\n" of a user who has just logged in over the socket. login: the path of the form. */
const char *desk_login(struct desk *d, struct arena *mem, const char *login);
struct str between(struct str text, const char *before, const char *after);     /* absent when not found */
#endif
