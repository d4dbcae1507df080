/*
 * hufud/start.c - the daemon brought up piece by piece, each with a message that says what to do
 * when it fails; and down again.
 */
#include "hufud/daemon_int.h"
#include "login/sealed.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

#define SECRETS_REMEMBERED 4096
#define DOCUMENTS_KEPT 256              /* of clients; at most 64 KiB each */
#define PUBLIC_KEYS_REMEMBERED 4096     /* of clients and their proofs; 8 MiB, as far as they are used */
#define PROOFS_REMEMBERED 1048576       /* DPoP, of a minute and a quarter; 40 MiB, as far as they are used */
#define ASSERTIONS_REMEMBERED 131072    /* of clients; 5 MiB */
#define GUESSES_COUNTED 16384           /* addresses and clients with wrong secrets; 1 MiB */
#define COMMIT_THREADS 64               /* they wait for a sync that 64 of them share */
#define PASSWORD_NICE 10
#define RECORDS_AT_ONCE STORE_OPS_MAX
#define RECORDS_ROOM (32 * 1024 * 1024)    /* so many lines of the longest kind */
#define OFFICE_ROOM (4 * 1024 * 1024)   /* lists of users, and all metrics, are longer than a protocol answer */

static struct str
top(const struct daemon *d, const char *name)
{
	return conf_text(d->boot, SEC_TOP, STR_ABSENT, name);
}

/* A record for each line. */
static void
complaints_record(enum event e, struct str lines)
{
	struct record r;

	for (struct str line; str_given(lines) && (line = str_cut(&lines, '\n')).p; ) {
		if (line.n == 0)
			continue;
		record_begin(&r, e);
		record_text(&r, "why", line);
		record_end(&r);
	}
}

/* Every complaint on a line of its own, then the end, of what has been started too. */
static void __attribute__((noreturn))
give_up(struct daemon *d, struct str why)
{
	successor_failed(d, why);
	log_lines(LOG_ERROR, "cannot start: ", why);
	if (!d->opt.check)
		complaints_record(EV_daemon_refused, why);
	if (d->store != NULL)
		daemon_stop(d);
	daemon_trail_end(d);
	exit(1);
}

/* --- settings --------------------------------------------------------------------------------- */

/* What is only doubtful is said, and the start goes on. */
static void
go_on(struct daemon *d, const struct findings *f)
{
	if (f->n_errors > 0)
		give_up(d, findings_lines(f, FINDING_ERROR));
	log_lines(LOG_WARN, "", findings_lines(f, FINDING_WARNING));
}

/* All of it before anything is made on disk. */
static void
settings_open(struct daemon *d, struct opened *o)
{
	struct findings f;

	findings_init(&f, &d->mem);
	if (setup_open(d->config_path, environ, &f, o)) {
		d->boot = d->conf = o->conf;
		log_level_set((enum log_level)daemon_number(d, "log.level", 0));
		if (d->opt.check)
			setup_check_store(o, &f);
	}
	go_on(d, &f);
	if (d->opt.check) {
		printf("%s", say("the configuration is sound\n"));
		exit(0);
	}
}

static void
begun_record(struct daemon *d)
{
	struct record r;

	record_begin(&r, EV_store_begun);
	record_text(&r, "data", store_is_shared(d->store) ? store_place(d->store) : top(d, "data"));
	record_end(&r);
}

/*
 * What was done while no daemon ran. A line is in the log before it leaves the store: a crash
 * between the two writes it again.
 */
static void
kept_write(struct daemon *d)
{
	struct offline_record rows[RECORDS_AT_ONCE];
	struct store_op ops[RECORDS_AT_ONCE];
	struct arena mem;
	int n;

	arena_init(&mem, RECORDS_ROOM);
	do {
		n = store_records(d->store, &mem, RECORDS_AT_ONCE, rows);
		for (int i = 0; i < n; i++) {
			record_lines(rows[i].line);
			ops[i] = (struct store_op){ .kind = OP_RECORD_DELETE, .record = &rows[i] };
		}
		if (n < 0 || store_commit(d->store, ops, (size_t)n, NULL) != STORE_DONE)
			give_up(d, SAY("what was done while no daemon ran cannot be moved from the store to the log"));
		arena_reset(&mem);
	} while (n == RECORDS_AT_ONCE);
	arena_free(&mem);
}

static void
store_start(struct daemon *d)
{
	struct str why = STR_ABSENT;

	d->store = setup_store_beside(d->boot, false, daemon_other(d), &d->mem, &why);
	if (d->store == NULL || !setup_kek(d->boot, d->store, &d->mem, d->kek, &why))
		give_up(d, why);
	if (!daemon_trail_begin(d, daemon_succeeds(d), &why))
		give_up(d, why);
	if (store_is_new(d->store))
		begun_record(d);
	kept_write(d);
}

static void
snapshot_start(struct daemon *d, struct opened *o)
{
	struct findings f;

	d->secrets = secret_memory_new(SECRETS_REMEMBERED);
	d->guesses = guess_book_new(GUESSES_COUNTED);
	d->documents = documents_new(DOCUMENTS_KEPT);
	d->status_lists = status_lists_new();
	if (store_is_shared(d->store))
		d->told = facts_book_new(daemon_number(d, "store.blind_after", 10) * INT64_C(1000));
	d->used = once_new(ASSERTIONS_REMEMBERED);
	d->proofs = once_new(PROOFS_REMEMBERED);
	d->public_keys = key_memory_new(PUBLIC_KEYS_REMEMBERED);
	d->started_s = clock_now_s();
	successor_remember(d);
	d->metrics = metrics_new();
	d->habits = habit_book_new(OP_HABITS_USED);
	d->credentials = habit_book_new(OP_CREDENTIALS_USED);
	if (d->secrets == NULL || d->guesses == NULL || d->documents == NULL || d->used == NULL || d->proofs == NULL
	    || d->public_keys == NULL || d->metrics == NULL || d->habits == NULL || d->credentials == NULL
	    || !senders_make(d))
		give_up(d, SAY("memory is exhausted"));
	findings_init(&f, &d->mem);
	if (setup_judge_store(o, d->store, d->kek, &f))
		setup_fill(o, d->store, d->secrets, d->kek, &f);
	go_on(d, &f);
	d->current = o->snap;
	kek_derive(d->kek, SECRET_PURPOSE, d->secret_key);
	services_lend(d, d->current);
	if (!daemon_succeeds(d))                /* else when the other one has let go of them */
		senders_start(d);
}

/* --- lanes and sockets ------------------------------------------------------------------------ */

static struct http_lane *
lane_start(struct daemon *d, const char *name, int threads, int queue, int nice)
{
	struct http_lane *l = http_lane_new(name, threads, daemon_number(d, "lanes.queue_max", queue), nice);

	if (l == NULL)
		give_up(d,
		    arena_say(&d->mem,
			"%d threads for %s cannot be started; raise the limit of processes (ulimit -u)",
			threads, name));
	return l;
}

static void
lanes_start(struct daemon *d)
{
	int sign = daemon_number(d, "lanes.sign_threads", daemon_cores()),
	    commit = daemon_number(d, "lanes.commit_threads", COMMIT_THREADS);
	int client = daemon_number(d, "lanes.client_threads", (daemon_cores() + 1) / 2);
	int password = daemon_number(d, "lanes.password_threads", daemon_cores()),
	    directory = daemon_number(d, "lanes.directory_threads", 1);
	int wechat = daemon_number(d, "lanes.wechat_threads", 1), table = daemon_number(d, "lanes.table_threads", 1),
	    document = daemon_number(d, "lanes.document_threads", 1),
	    upstream = daemon_number(d, "lanes.upstream_threads", 1);

	d->lanes[LANE_SIGN] = lane_start(d, "sign", sign, 512 * sign, 0);
	d->lanes[LANE_COMMIT] = lane_start(d, "commit", commit, 2048 + 16 * commit, 0);
	client_slots_set(client);
	d->lanes[LANE_CLIENT] = lane_start(d, "client", client, 64 * client, PASSWORD_NICE);
	d->lanes[LANE_PASSWORD] = lane_start(d, "password", password, 64 * password, PASSWORD_NICE);
	d->lanes[LANE_STATUS_LIST] = lane_start(d, "status_list", 1, 256, PASSWORD_NICE);
	d->lanes[LANE_DIRECTORY] = lane_start(d, "directory", directory, 8 * directory, 0);
	d->lanes[LANE_WECHAT] = lane_start(d, "wechat", wechat, 8 * wechat, 0);
	d->lanes[LANE_TABLE] = lane_start(d, "table", table, 32 * table, PASSWORD_NICE);
	d->lanes[LANE_DOCUMENT] = lane_start(d, "document", document, 32 * document, 0);
	d->lanes[LANE_UPSTREAM] = lane_start(d, "upstream", upstream, 32 * upstream, 0);
	d->control_lane = lane_start(d, "control", 1, 16, 0);
}

static void
public_start(struct daemon *d)
{
	struct addresses room;
	struct http_conf hc = daemon_http(d, d->boot, &room, &d->mem);
	struct str why = STR_ABSENT;
	size_t at;

	hc.paused = daemon_succeeds(d);
	d->server = http_start(&hc, &d->mem, &at, &why);
	if (d->server == NULL)
		give_up(d,
		    ARENA_CAT(&d->mem,
			at < room.n ? room.where[at] : conf_where(d->boot, SEC_TOP, STR_ABSENT, NULL),
			S(": "), daemon_listens_not(why, &d->mem)));
}

static void
office_start(struct daemon *d)
{
	struct str path = top(d, "admin.socket"), address = top(d, "admin.listen"), why = STR_ABSENT;
	size_t at;
	struct http_conf hc = {
		.listeners = d->office_sockets,
		.io_threads = 1,
		.header_max = 8 * 1024,
		.body_max = 1024 * 1024,
		.arena_max = OFFICE_ROOM,
		.connections_max = 64,
		.connections_per_address = 64,
		.header_s = 10,
		.body_s = 20,
		.idle_s = 60,
		.handle = office_request,
		.paused = daemon_succeeds(d),
		.kept = fd_store_is_offered(),
		.handed = d->activation.at,
		.n_handed = d->activation.n,
		.ctx = d,
	};

	d->control_socket = -1;
	if (!str_empty(path)) {
		d->control_socket = 0;
		d->office_sockets[d->n_office_sockets++] =
		    (struct http_listener){ .address = ARENA_CAT(&d->mem, S("unix:"), path), .fd = -1 };
	}
	if (!str_empty(address))
		d->office_sockets[d->n_office_sockets++] = (struct http_listener){ .address = address, .fd = -1 };
	hc.n_listeners = d->n_office_sockets;
	office_make(d);
	if (hc.n_listeners == 0)
		return;
	d->office_server = http_start(&hc, &d->mem, &at, &why);
	if (d->office_server == NULL)
		give_up(d,
		    ARENA_CAT(&d->mem,
			conf_where(d->boot, SEC_TOP, STR_ABSENT,
			    (int)at == d->control_socket ? "admin.socket" : "admin.listen"),
			S(": "), daemon_listens_not(why, &d->mem)));
	if (d->control_socket >= 0 && !activation_is_private(path, &d->mem, &why))
		give_up(d, why);
}

/* As many descriptors as the system lets us have: each connection is one. */
static void
descriptors_raise(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
}

void
daemon_start(struct daemon *d)
{
	struct opened o;
	struct str why = STR_ABSENT;

	pthread_mutex_init(&d->change, NULL);
	pthread_mutex_init(&d->swap, NULL);
	pthread_mutex_init(&d->upgrade.lock, NULL);
	pthread_cond_init(&d->upgrade.changed, NULL);
	umask(077);
	descriptors_raise();
	if (!successor_begin(d, &why) || !activation_read(&d->activation, &d->mem, &why))
		give_up(d, why);
	fd_store_expect(d);
	settings_open(d, &o);
	store_start(d);
	if (str_given(d->opt.demo) && !demo_fill(d, &why))
		give_up(d, why);
	snapshot_start(d, &o);
	d->audit = audit_start(&why);
	if (d->audit == NULL)
		give_up(d, why);
	lanes_start(d);
	public_start(d);
	office_start(d);
	if (!activation_is_used(&d->activation, &d->mem, &why))
		give_up(d, why);
	activation_let_go(&d->activation, &d->mem);
	if (daemon_succeeds(d) ? !successor_ready(d, &why) : (d->keeper = housekeeper_start(d, &why)) == NULL)
		give_up(d, why);
}

/* Another process has the sockets: one that took this one's place, or the one whose place this one did not take. */
static void
server_stop(struct daemon *d, struct http_server *s, int drain_s)
{
	if (s == NULL)
		return;
	if (d->upgrade.left || daemon_succeeds(d))
		http_leave(s, d->upgrade.left ? 1 : 0);
	else
		http_stop(s, drain_s);
}

/* Requests in flight end first, then what they use. What a start that failed has not come to is NULL. */
void
daemon_stop(struct daemon *d)
{
	int drain_s;

	pthread_mutex_lock(&d->change);         /* a reload is whole, or has not begun */
	atomic_store(&d->stopping, true);
	drain_s = (int)conf_int(d->conf, SEC_TOP, STR_ABSENT, "http.drain");
	pthread_mutex_unlock(&d->change);
	upgrade_refuse(d);
	housekeeper_stop(d->keeper);
	server_stop(d, d->server, drain_s);
	server_stop(d, d->office_server, 1);
	successor_stops(d);
	for (int i = LANE_SIGN; i < LANE_COUNT; i++)
		http_lane_free(d->lanes[i]);
	http_lane_free(d->control_lane);
	outbox_free(d->sms);
	outbox_free(d->mail);
	outbox_free(d->notices);
	outbox_free(d->logouts);
	outbox_free(d->ciba);
	outbox_free(d->events);
	audit_stop(d->audit);
	snapshot_drop(d->current);
	snapshot_drop(d->former);
	if (d->habits != NULL && !habit_book_write(d->habits, d->store))
		log_warn("the last uses of weak habits could not be written down");
	if (d->credentials != NULL && !habit_book_write(d->credentials, d->store))
		log_warn("the last uses of secrets and keys could not be written down");
	store_close(d->store);
	secret_memory_free(d->secrets);
	guess_book_free(d->guesses);
	documents_free(d->documents);
	status_lists_free(d->status_lists);
	facts_book_free(d->told);
	once_free(d->used);
	once_free(d->proofs);
	key_memory_free(d->public_keys);
	metrics_free(d->metrics);
	habit_book_free(d->habits);
	habit_book_free(d->credentials);
	if (d->conf != d->boot)
		conf_free(d->conf);
	conf_free(d->boot);
	explicit_bzero(d->kek, sizeof d->kek);
	explicit_bzero(d->secret_key, sizeof d->secret_key);
	arena_free(&d->mem);
}
