/* hufud/reload.c - the snapshot in force, and how a new one takes its place while requests go on with the old. */
#include "hufud/daemon_int.h"

#define FORMER_US INT64_C(30000000)     /* what comes by a listener that is gone has ended long before */

extern char **environ;

static void
snapshot_put(struct daemon *d, struct snapshot *s)
{
	struct snapshot *old;

	pthread_mutex_lock(&d->swap);
	old = d->current;
	d->current = s;
	pthread_mutex_unlock(&d->swap);
	snapshot_drop(old);
}

/* A listener that is gone is served to the end by the last snapshot that knew it. */
static void
former_put(struct daemon *d, const struct snapshot *next)
{
	struct snapshot *old, *keep = NULL;

	int64_t now = clock_mono_us();

	for (size_t i = 0; i < d->current->n_listeners; i++)
		if (snapshot_listener(next, d->current->listeners[i]) < 0)
			keep = d->current;
	if (keep == NULL && now - d->former_us < FORMER_US)
		return;
	d->former_us = now;
	pthread_mutex_lock(&d->swap);
	old = d->former;
	d->former = keep != NULL ? snapshot_hold(keep) : NULL;
	pthread_mutex_unlock(&d->swap);
	snapshot_drop(old);
}

void
services_lend(const struct daemon *d, struct snapshot *s)
{
	s->svc.sms = d->sms;
	s->svc.mail = d->mail;
	s->svc.notices = d->notices;
	s->svc.guesses = d->guesses;
	s->svc.documents = d->documents;
	s->svc.status_lists = d->status_lists;
	s->svc.used = d->used;
	s->svc.told = d->told;
	s->svc.secret_key = d->secret_key;
	s->svc.proofs = d->proofs;
	s->svc.keys = d->public_keys;
	s->svc.started_s = d->started_s;
}

/* Said once a day: every change of a client makes a new snapshot. */
static void
warnings_log(const struct findings *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->at[i].weight == FINDING_WARNING && log_is_due_about(f->at[i].where, f->at[i].said, 86400))
			log_warn("%.*s: %.*s", STR_ARG(f->at[i].where), STR_ARG(f->at[i].said));
}

/* As the start does it. */
static bool
settings_open(struct daemon *d, struct findings *f, struct opened *o)
{
	return setup_open(d->config_path, environ, f, o) && setup_judge_store(o, d->store, d->kek, f)
	    && setup_fill(o, d->store, d->secrets, d->kek, f);
}

/* What can fail comes first. Requests find the new issuers before they can come by the new listeners. */
static bool
take(struct daemon *d, struct opened *o, struct arena *mem, struct reloaded *told, struct findings *f)
{
	struct addresses room;
	struct http_conf hc = daemon_http(d, o->conf, &room, mem);
	struct str why = STR_ABSENT;
	size_t at;
	struct http_change *change = http_prepare(d->server, &hc, mem, &at, &why);

	if (change == NULL) {
		findings_put(f, FINDING_ERROR,
		    at < room.n ? room.where[at] : conf_where(o->conf, SEC_TOP, STR_ABSENT, NULL),
		    daemon_listens_not(why, mem));
		return false;
	}
	if (!daemon_trail_change(d, o->conf, mem, &why)) {
		findings_put(f, FINDING_ERROR, conf_where(o->conf, SEC_TOP, STR_ABSENT, "audit.file"), why);
		http_abandon(d->server, change);
		return false;
	}
	told->restart = conf_differs(d->boot, o->conf, true, mem);
	told->changed = conf_differs(d->conf, o->conf, false, mem);
	services_lend(d, o->snap);
	former_put(d, o->snap);
	snapshot_put(d, o->snap);
	http_commit(d->server, change);
	log_level_set((enum log_level)conf_int(o->conf, SEC_TOP, STR_ABSENT, "log.level"));
	if (d->conf != d->boot)
		conf_free(d->conf);
	d->conf = o->conf;
	*o = (struct opened){ 0 };
	return true;
}

static void
reload_log(const struct reloaded *told)
{
	log_info("configuration reloaded%s%.*s",
	    str_empty(told->changed) ? "" : say("; in force now: "), STR_ARG(told->changed));
	if (!str_empty(told->restart))
		log_warn("changed in the configuration, in force when hufud is restarted: %.*s",
		    STR_ARG(told->restart));
}

bool
daemon_reload(void *ctx, struct arena *mem, struct reloaded *told, struct str *why)
{
	struct daemon *d = ctx;
	struct findings f;
	struct opened o = { 0 };
	bool ok;

	findings_init(&f, mem);
	*told = (struct reloaded){ S(""), S("") };
	pthread_mutex_lock(&d->change);
	ok = !atomic_load(&d->stopping) && !atomic_load(&d->upgrading);
	if (atomic_load(&d->stopping))
		findings_put(&f, FINDING_ERROR, S("hufud"), SAY("it is stopping, and takes no settings any more"));
	else if (!ok)
		findings_put(&f, FINDING_ERROR, S("hufud"),
		    SAY("an upgrade is under way; reload again when it is done"));
	ok = ok && settings_open(d, &f, &o) && take(d, &o, mem, told, &f);
	setup_close(&o);
	pthread_mutex_unlock(&d->change);
	if (ok)
		fd_store_tell(d);
	log_lines(LOG_WARN, "", findings_lines(&f, FINDING_WARNING));
	*why = findings_lines(&f, FINDING_ERROR);
	if (ok)
		reload_log(told);
	else
		log_lines(LOG_ERROR, "configuration not reloaded, the old one stays in force: ", *why);
	return ok;
}

bool
daemon_refresh(void *ctx, struct arena *mem, struct str *why)
{
	struct daemon *d = ctx;
	struct findings f;
	struct snapshot *s;

	findings_init(&f, mem);
	pthread_mutex_lock(&d->change);
	s = snapshot_build(d->conf, d->store, d->secrets, d->kek, &f);
	if (s != NULL) {
		services_lend(d, s);
		snapshot_put(d, s);
	}
	pthread_mutex_unlock(&d->change);
	warnings_log(&f);
	if (s == NULL)
		*why = findings_lines(&f, FINDING_ERROR);
	return s != NULL;
}
