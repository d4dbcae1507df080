/* hufu/doctor_look.c - what hufu doctor looks at on this machine, a function for each row of doctor.def. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/timex.h>

#include "hufu/doctor.h"

#define DAY_S          86400
#define KEY_OLD_S      (400 * (int64_t)DAY_S)
#define BACKUP_OLD_S   (7 * (int64_t)DAY_S)
#define SLOW_US        50000            /* an order that reads one row */

#define REMARK(r, v, ...) remark((r), (v), arena_say(&(r)->c->mem, __VA_ARGS__))

static struct str
top(struct report *r, const char *name)
{
	return conf_text(r->c->conf, SEC_TOP, STR_ABSENT, name);
}

static json_t *
ask(struct report *r, const char *what)
{
	json_t *order = json_pack("{ss}", "do", what), *answer = order != NULL ? cli_try(r->c, order) : NULL;

	json_decref(order);
	return answer;
}

/* --- settings: all that `hufu config check` finds --------------------------------------------------------------------- */

void
look_at_settings(struct report *r)
{
	struct findings *f = arena_new(&r->c->mem, struct findings);
	struct opened o;

	if (f == NULL)
		return;
	findings_init(f, &r->c->mem);
	if (setup_open(cli_config_path(r->c), cli_environment(r->c), f, &o))
		setup_check_store(&o, f);
	setup_close(&o);
	for (size_t i = 0; i < f->n; i++)
		remark(r, f->at[i].weight == FINDING_ERROR ? PROBE_BAD : PROBE_WEAK,
		    ARENA_CAT(&r->c->mem, f->at[i].where, str_given(f->at[i].where) ? S(": ") : S(""), f->at[i].said));
	if (f->n == 0)
		REMARK(r, PROBE_GOOD, "the settings are in order");
}

/* --- daemon, store ------------------------------------------------------------------------------------------------------ */

static enum control
daemon_ask(struct report *r, struct str *body)
{
	struct str why = STR_ABSENT;

	if (cli_conf(r->c) == NULL)
		return CONTROL_FAILED;
	return control_ask(r->c, top(r, "admin.socket"), S("{\"do\":\"status\"}"), body, &why);
}

void
look_at_daemon(struct report *r)
{
	struct str body = STR_ABSENT, version;
	const json_t *status;

	switch (daemon_ask(r, &body)) {
	case CONTROL_DOWN: REMARK(r, PROBE_WEAK, "hufud does not run; what is asked of it is left out"); return;
	case CONTROL_FAILED:
		REMARK(r, PROBE_BAD, "hufud cannot be asked: run hufu doctor as its user or as root");
		return;
	case CONTROL_DONE: break;
	}
	status = json_read(&r->c->mem, body);
	version = json_member_str(status, "version");
	if (!str_is(version, HUFU_VERSION))
		REMARK(r, PROBE_WEAK, "hufud is of version %.*s and hufu of %s: restart the daemon", STR_ARG(version),
		    HUFU_VERSION);
	if (json_is_true(json_object_get(status, "ready")))
		REMARK(r, PROBE_GOOD, "hufud %.*s is ready", STR_ARG(version));
	else
		REMARK(r, PROBE_BAD, "hufud is not ready: %.*s", STR_ARG(json_member_str(status, "why")));
}

void
look_at_store(struct report *r)
{
	int64_t begun = clock_mono_us(), took;
	json_t *order = json_pack("{sssssi}", "do", "client.list", "realm", "main", "limit", 1);
	const struct conf *conf = cli_conf(r->c);
	bool there;

	if (conf == NULL || order == NULL)
		return;
	there = cli_try(r->c, order) != NULL;
	json_decref(order);
	took = clock_mono_us() - begun;
	if (!there)
		REMARK(r, PROBE_UNSEEN, "the store cannot be read by this user, or there is none yet");
	else if (took > SLOW_US)
		REMARK(r, PROBE_WEAK, "the store answered after %lld ms: is its disk busy?", (long long)(took / 1000));
	else
		REMARK(r, PROBE_GOOD, "the store answers within %lld ms", (long long)(took / 1000 + 1));
}

/* --- keys ---------------------------------------------------------------------------------------------------------------- */

void
look_at_keys(struct report *r)
{
	json_t *answer = ask(r, "key.list");
	const json_t *keys = json_object_get(answer, "keys"), *k;
	size_t i, old = 0;

	if (answer == NULL) {
		REMARK(r, PROBE_UNSEEN, "the keys cannot be listed by this user");
		return;
	}
	json_array_foreach(keys, i, k) {
		int64_t active_s = 0;

		if (!str_is(json_member_str(k, "state"), "active") || !json_member_int(k, "active", &active_s)
		    || clock_now_s() - active_s < KEY_OLD_S)
			continue;
		old++;
		REMARK(r, PROBE_WEAK,
		    "issuer %.*s: the key %.*s signs for more than %d days: hufu key rotate, or set keys.rotate",
		    STR_ARG(json_member_str(k, "issuer")), STR_ARG(json_member_str(k, "kid")),
		    (int)(KEY_OLD_S / DAY_S));
	}
	if (old == 0)
		REMARK(r, PROBE_GOOD, "no signing key is old (%zu in all)", json_array_size(keys));
}

/* --- files --------------------------------------------------------------------------------------------------------------- */

static void
file_look(struct report *r, struct str path, mode_t forbidden)
{
	char *z = str_empty(path) ? NULL : arena_z(&r->c->mem, path);
	struct stat st;

	if (z == NULL || stat(z, &st) != 0)
		return;
	if (st.st_mode & forbidden)
		REMARK(r, PROBE_BAD, "%s: others than its owner may read or write it (%03o): chmod %s", z,
		    (unsigned)(st.st_mode & 0777), S_ISDIR(st.st_mode) ? "700" : "600");
	else
		REMARK(r, PROBE_GOOD, "%s: %03o", z, (unsigned)(st.st_mode & 0777));
}

void
look_at_files(struct report *r)
{
	struct str data;

	if (cli_conf(r->c) == NULL)
		return;
	data = top(r, "data");
	file_look(r, cli_config_path(r->c), S_IWGRP | S_IWOTH);
	file_look(r, data, S_IWGRP | S_IWOTH | S_IROTH | S_IXOTH);
	file_look(r, top(r, "keys.kek_file"), S_IRWXG | S_IRWXO);
}

/* --- clock --------------------------------------------------------------------------------------------------------------- */

void
look_at_clock(struct report *r)
{
	struct timex t = { .modes = 0 };
	int state = adjtimex(&t);

	if (state < 0)
		REMARK(r, PROBE_UNSEEN, "the system does not say whether the clock is synchronised");
	else if (state == TIME_ERROR || (t.status & STA_UNSYNC))
		REMARK(r, PROBE_WEAK, "nothing keeps the clock of this machine right: run chrony or systemd-timesyncd");
	else
		REMARK(r, PROBE_GOOD, "the clock is synchronised");
}

/* --- backups -------------------------------------------------------------------------------------------------------------- */

/* The newest file there; 0: none. */
static int64_t
newest(DIR *dir)
{
	const struct dirent *e;
	int64_t last = 0;
	struct stat st;

	while ((e = readdir(dir)) != NULL)
		if (fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode)
		    && st.st_mtime > last)
			last = st.st_mtime;
	return last;
}

void
look_at_backups(struct report *r)
{
	struct str path = json_member_str(r->c->local, "backups");
	char *z = str_given(path) ? arena_z(&r->c->mem, path) : NULL;
	DIR *dir = z != NULL ? opendir(z) : NULL;
	int64_t last;

	if (!str_given(path)) {
		REMARK(r, PROBE_UNSEEN, "name the directory of your backups with --backups; hufu backup makes one");
		return;
	}
	if (dir == NULL) {
		REMARK(r, PROBE_BAD, "%.*s: cannot be read: %s", STR_ARG(path), say_errno(errno));
		return;
	}
	last = newest(dir);
	closedir(dir);
	if (last == 0)
		REMARK(r, PROBE_BAD, "%.*s: there is no backup", STR_ARG(path));
	else if (clock_now_s() - last > BACKUP_OLD_S)
		REMARK(r, PROBE_WEAK, "%.*s: the newest backup is %lld days old", STR_ARG(path),
		    (long long)((clock_now_s() - last) / DAY_S));
	else
		REMARK(r, PROBE_GOOD, "the newest backup is %lld hours old; hufu restore --verify judges it",
		    (long long)((clock_now_s() - last) / 3600));
}

/* --- issuers --------------------------------------------------------------------------------------------------------------- */

/* From the first request to the token, by a client of its own. */
static void
flow_look(struct report *r, struct str name, struct probe *p, const struct probe_server *s, struct str realm)
{
	struct probe_client k;
	struct guest g;

	if (!probe_says(s, "grant_types_supported", "client_credentials"))
		return;
	if (json_object_set_new(r->c->ask, "realm", json_str(realm)) != 0
	    || !guest_make(r->c, "client_credentials", STR_ABSENT, S("doctor"), &g)) {
		REMARK(r, PROBE_UNSEEN, "issuer %.*s: no client could be made to try it", STR_ARG(name));
		return;
	}
	k = (struct probe_client){ .id = g.id, .secret = g.secret };
	if (probe_client_credentials(p, s, &k, STR_ABSENT) != NULL)
		REMARK(r, PROBE_GOOD, "issuer %.*s: a service got a token", STR_ARG(name));
	else
		REMARK(r, PROBE_BAD, "issuer %.*s: a service got no token: %.*s", STR_ARG(name), STR_ARG(p->why));
	guest_leave(r->c, &g);
}

static void
issuer_look(struct report *r, struct str name)
{
	const struct conf *conf = r->c->conf;
	struct str url = conf_text(conf, SEC_ISSUER, name, "url");
	struct probe_server s;
	struct probe p;

	probe_init(&p, &r->c->mem);
	if (!str_is(conf_text(conf, SEC_ISSUER, name, "dialect"), "modern")) {
		REMARK(r, PROBE_UNSEEN, "issuer %.*s speaks an old dialect: hufu legacy report says who still needs it",
		    STR_ARG(name));
		return;
	}
	if (!probe_discover(&p, url, &s)) {
		REMARK(r, PROBE_BAD, "issuer %.*s is not reached at its own URL: %.*s", STR_ARG(name), STR_ARG(p.why));
		return;
	}
	remark_server(r, name, &p, &s);
	flow_look(r, name, &p, &s, conf_text(conf, SEC_ISSUER, name, "realm"));
}

void
look_at_issuers(struct report *r)
{
	struct str body = STR_ABSENT;
	const struct str *names;
	size_t n;

	if (cli_conf(r->c) == NULL || daemon_ask(r, &body) != CONTROL_DONE) {
		REMARK(r, PROBE_UNSEEN, "without the daemon no issuer can be tried");
		return;
	}
	n = conf_names(r->c->conf, SEC_ISSUER, &names);
	for (size_t i = 0; i < n; i++)
		issuer_look(r, names[i]);
}
