/* hufud/daemon_int.h - the daemon's parts and who works on them. */
#ifndef HUFUD_DAEMON_INT_H
#define HUFUD_DAEMON_INT_H

#include "admin/admin.h"
#include "admin/trail.h"
#include "base/base.h"
#include "login/once.h"
#include "oauth/facts_book.h"
#include "oauth/status_lists.h"
#include "setup/setup.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>

struct daemon;

/* --- activation.c: sockets that the service manager passed on (sd_listen_fds(3)) --------------- */
#define HANDED_MAX    64                        /* by a daemon that leaves: upgrade_int.h */
#define ACTIVATED_MAX HANDED_MAX                /* those of the socket unit, and those of fd_store.c */
struct activation { struct http_handed at[HANDED_MAX]; size_t n; };
/* All false with *why in mem. read: takes them out of the environment. */
bool activation_read(struct activation *a, struct arena *mem, struct str *why);
bool activation_is_used(const struct activation *a, struct arena *mem, struct str *why);
/*
 * Those that the daemon before had for itself: each listener has its own descriptor by now, and others are nobody's,
 * which the log says.
 */
void activation_let_go(struct activation *a, struct arena *mem);
size_t daemon_sockets(struct daemon *d, struct http_handed out[HANDED_MAX]);    /* all that listen now; how many */
struct str socket_text(int fd, struct arena *mem);      /* its address */
/* of the control socket, once it listens */
bool activation_is_private(struct str path, struct arena *mem, struct str *why);

/* --- fd_store.c: TCP sockets that the service manager keeps while no hufud runs (FDSTORE=1) ------ */
#define STORED_NAME_MAX 96
#define FD_STORE_PREFIX "hufu."                 /* of their names: so are those of LISTEN_FDNAMES told from others */
struct stored { int fd; char name[STORED_NAME_MAX]; };
struct fd_store { struct stored at[HANDED_MAX]; size_t n; };
bool fd_store_is_offered(void);                 /* by $FDSTORE of the manager, or of the unit before systemd 254 */
/* What was passed on may be there. Then, ready, and after each change of the listeners: what is to be there. */
void fd_store_expect(struct daemon *d);
void fd_store_tell(struct daemon *d);

/* What the command line of the daemon said. */
struct options { struct str config, demo; bool test_clock, check, help, version; };

/* --- audit.c: one JSON line per request, gathered and written by a thread of its own ---------- */
struct audit;
struct audit *audit_start(struct str *why);     /* NULL with *why */
void audit_stop(struct audit *a);               /* writes what is left; NULL is fine */
struct audit_event {
	struct str issuer, peer; const char *method; struct wire_facts facts; int status; int64_t dur_us;
	const struct trace *trace;                      /* without an id: the request came without one */
};
void audit_write(struct audit *a, const struct audit_event *e);

/* --- trail.c: the audit file by the settings --------------------------------------------------- */
/* shared: another process writes it too (trail_share) */
bool daemon_trail_begin(struct daemon *d, bool shared, struct str *why);
/* As c says from now on. False with *why, in mem: as before. */
bool daemon_trail_change(struct daemon *d, const struct conf *c, struct arena *mem, struct str *why);
void daemon_trail_end(struct daemon *d);        /* after the last record */

/* --- housekeeper.c ---------------------------------------------------------------------------- */
struct housekeeper;
struct housekeeper *housekeeper_start(struct daemon *d, struct str *why);       /* NULL with *why */
void housekeeper_stop(struct housekeeper *h);   /* NULL is fine */
/* When it was last seen at work, as clock_mono_us. */
int64_t housekeeper_beat_us(const struct housekeeper *h);

/* --- upgrade.c, upgrade_order.c: another program takes this one's place; upgrade_int.h ---------------------------- */
#define UPGRADE_WITHIN_S 60                     /* to become ready, when nobody says otherwise */
/* An order that waits for the main thread, and how it ended. Under its lock. */
struct upgrade {
	pthread_mutex_t lock;
	pthread_cond_t  changed;
	struct upgrade_order order;
	bool asked, done, left;                 /* left: another process serves */
	int64_t pid, took_ms;
	char why[2048];
};
bool daemon_upgrade(void *d, struct arena *mem, const struct upgrade_order *o, struct upgraded *out, struct str *why);
/* On the main thread, after SIGUSR2. True: another process serves, and this one has nothing more to do. */
bool daemon_hands_over(struct daemon *d);
void upgrade_refuse(struct daemon *d);          /* an order that waits is answered: there will be none */

/* --- successor.c: the daemon that comes --------------------------------------------------------- */
struct predecessor {
	int fd;                                 /* the socket pair; -1: there is none */
	bool took_over, watched;
	_Atomic bool there;
	pthread_t watcher;
	struct store_other other;
	struct str memory;                      /* login/passed.h; until it is read */
	int64_t started_s;
};
/* Takes what it is handed; true too where nobody hands over. */
bool successor_begin(struct daemon *d, struct str *why);
bool daemon_succeeds(const struct daemon *d);   /* the other one serves still */
bool daemon_has_predecessor(struct daemon *d);  /* it has not gone yet */
const struct store_other *daemon_other(const struct daemon *d);         /* NULL: there is none */
void successor_remember(struct daemon *d);      /* before anybody uses what it remembers by */
void successor_failed(struct daemon *d, struct str why);
/* All is up but for listeners and housekeeping: it serves. False with *why: the other one goes on. */
bool successor_ready(struct daemon *d, struct str *why);
void successor_stops(struct daemon *d);

/* --- beside.c: there are two of them, or one again ----------------------------------------------- */
#define BESIDE_MEM_MAX (8u * 1024 * 1024)
void daemon_beside(struct daemon *d, bool on);

/* --- the daemon ------------------------------------------------------------------------------- */
struct daemon {
	struct options opt;
	int argc; char **argv;                  /* as it was started */
	char exe[PATH_MAX];                     /* the program's file at that time */
	struct upgrade upgrade;
	struct predecessor before;
	_Atomic bool upgrading;                 /* another program gets ready, or serves */
	int64_t lived_us;                       /* the last sign of life; main thread */
	struct str config_path;                 /* absent: defaults and environment only */
	struct arena mem;                       /* for the whole life; start-up only */
	struct conf *boot;                      /* what sockets, lanes and store were made of; never replaced */
	struct store *store;
	struct secret_memory *secrets;
	struct guess_book *guesses;
	struct documents *documents;
	struct status_lists *status_lists;
	struct facts_book *told;                /* NULL: the store is this process's own */
	struct once_book *used, *proofs;
	struct key_memory *public_keys;
	int64_t started_s;
	struct outbox *sms, *mail, *notices, *logouts, *ciba, *events;
	struct metrics *metrics;
	struct habit_book *habits, *credentials;
	uint8_t secret_key[32];                 /* of SECRET_PURPOSE: login/sealed.h */
	struct audit *audit;
	struct trail *trail;                    /* the audit file; outlives everything that writes a record */
	struct housekeeper *keeper;
	uint8_t kek[32];
	struct http_lane *lanes[LANE_COUNT];    /* INLINE has none */
	struct http_lane *control_lane;
	struct http_listener office_sockets[2];
	size_t n_office_sockets;
	int control_socket;                     /* index in office_sockets of the UNIX one; -1: none */
	struct activation activation;
	struct fd_store fd_store;               /* what the manager keeps; under change */
	struct http_server *server, *office_server;
	struct office office;
	_Atomic bool stopping;

	pthread_mutex_t change;                 /* one reload or refresh at a time; guards conf */
	struct conf *conf;                      /* in force; boot until the first reload */
	pthread_mutex_t swap;                   /* held for the few instructions of taking or changing current */
	struct snapshot *current;
	/* the one before a listener went: for what still comes by that; else NULL */
	struct snapshot *former;
	int64_t former_us;                      /* clock_mono_us when it became that; under change */
};

/* hold.c */
struct snapshot *daemon_hold(struct daemon *d);
/* The one that has the listener, so that who came by one that is gone is served to the end. */
struct snapshot *daemon_hold_for(struct daemon *d, struct str listener);

/* sizes.c: a number of the settings that the start read; otherwise when it is 0 */
int daemon_number(const struct daemon *d, const char *name, int otherwise);
int daemon_cores(void);

/* public.c */
/* Why a socket could not be opened, with a hint when somebody else has the address. */
struct str daemon_listens_not(struct str why, struct arena *mem);
/* The public listeners and what requests are held to, as the settings have it; addresses lends them room. */
struct http_conf daemon_http(struct daemon *d, const struct conf *c, struct addresses *room, struct arena *mem);

/* reload.c: what a snapshot has of the daemon */
void services_lend(const struct daemon *d, struct snapshot *s);
bool daemon_reload(void *d, struct arena *mem, struct reloaded *told, struct str *why);
bool daemon_refresh(void *d, struct arena *mem, struct str *why);

/* lines.c */
void log_lines(enum log_level level, const char *before, struct str lines);

/* senders.c: outboxes; start: what the last run left is sent */
bool senders_make(struct daemon *d);            /* false: memory is exhausted */
void senders_start(struct daemon *d);
/* sessions that have ended, and requests that are decided, are told to their clients */
void senders_look(struct daemon *d);

/* serve.c: the public listeners */
/* A store that others write to was not heard of for longer than store.blind_after. */
bool daemon_is_blind(const struct daemon *d);
http_handler serve_request;
http_refused serve_refused;

/* office_calls.c: the operators' listeners */
/* All issuers, or those of other realms than `but`; blank-separated, in mem. */
struct str daemon_issuers_but(struct daemon *d, struct arena *mem, struct str but);
http_handler office_request;
void office_make(struct daemon *d);

/* start.c: everything up, or an end with a message; and down again */
void daemon_start(struct daemon *d);
void daemon_stop(struct daemon *d);

/* demo.c */
/* where the demo's settings are; HUFU_DATA and HUFU_DEMO */
void demo_prepare(struct options *opt, struct arena *mem);
bool demo_fill(struct daemon *d, struct str *why);              /* demo/realm.json into an empty store */
void demo_print(const struct daemon *d);                        /* addresses, users, clients, curl lines */

/* notify.c: sd_notify(3) by hand */
void service_notify(const char *state);
void service_notify_with(const char *state, int fd);     /* and a descriptor; -1: none */
void service_reloading(void);
/* Half of what the unit's WatchdogSec allows between two signs of life; 0: none is wanted. */
int64_t service_watchdog_us(void);
/* lives.c: a sign of life; the same when one is due */
void daemon_lives(struct daemon *d, int64_t every_us);
void daemon_lives_on(struct daemon *d);
#endif
