/* tests/unit/http/rig.h - a server on a loopback socket, and a client that sends exact bytes. */
#ifndef HUFU_TEST_RIG_H
#define HUFU_TEST_RIG_H
#include <stdatomic.h>
#include "http/http_int.h"

struct rig {
	struct http_server *server;
	struct http_lane   *lane;
	struct arena        mem;
	int                 port;
	_Atomic int         handled, done, refused, last_status;
	char                last_why[64];
	_Atomic int         in_job;             /* jobs inside their sleep */
	_Atomic int         job_ms;             /* how long a job at /slow takes */
	struct http_conf    conf;               /* what it was started with */
	struct http_listener listener;
	struct http_kept   *kept;               /* what the first request for /kept was answered */
};

/* Listen on 127.0.0.1 (tls: with these files), with the limits of conf; handler (also as refuse_body, if any), ctx and listeners are the rig's. */
bool rig_start(struct rig *g, struct http_conf conf, const char *cert, const char *key);
void rig_stop(struct rig *g, int drain_s);
bool rig_change(struct rig *g, const struct http_conf *conf, struct arena *mem, struct str *why);      /* prepared and committed; conf->listeners NULL: as they are */
enum http_when rig_handle(void *ctx, struct http_req *q, struct http_reply *r);        /* ctx: the rig */
int  rig_listen(int *port);                                     /* a listening socket on 127.0.0.1 */

int  dial(int port);
bool tell(int fd, const char *text);                             /* all of it */
bool say_n(int fd, const char *p, size_t n);
/* One reply: head and body as its Content-Length says (no_body: the head only). Absent when nothing whole came in 5 s. */
struct str hear(struct arena *mem, int fd);
struct str hear_head(struct arena *mem, int fd);
struct str hear_all(struct arena *mem, int fd, int ms);         /* until the peer closes, or ms have passed */
bool is_closed(int fd, int ms);                                 /* the peer closes within ms, saying nothing more */
int  status_of(struct str reply);                               /* 0 when there is none */
struct str body_of(struct str reply);
struct str ask(struct arena *mem, int port, const char *text);  /* dial, say, hear, close */
bool soon(_Atomic int *value, int want);                        /* becomes want within 3 s */
int64_t now_ms(void);
#endif
