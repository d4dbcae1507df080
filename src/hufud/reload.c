/* hufud/reload.c - the snapshot in force, and how a new one takes its place while requests go on with the old. */
#include "hufud/daemon_int.h"

extern char **environ;

struct snapshot *
daemon_hold(struct daemon *d)
{
	struct snapshot *s;

	pthread_mutex_lock(&d->swap);
	s = snapshot_hold(d->current);
	pthread_mutex_unlock(&d->swap);
	return s;
}

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

void
log_lines(enum log_level level, const char *before, struct str lines)
{
	for (struct str line; str_given(lines) && (line = str_cut(&lines, '\n')).p; )
		if (line.n > 0)
			log_at(level, "%s%.*s", say(before), STR_ARG(line));
}

/* Sockets are opened at the start only: what they serve must not be half of one file and half of another. */
static bool
listeners_stay(struct str names, struct arena *mem, struct str *why)
{
	struct str name;

	while (str_given(names) && (name = str_cut(&names, ' ')).p != NULL)
		if (str_starts(name, S("listeners."))) {
			*why = arena_say(mem,
			    "%.*s was changed; sockets are opened at the start only, so restart hufud for this",
			    STR_ARG(name));
			return false;
		}
	return true;
}

/* What a snapshot has of the daemon. */
static void
services_lend(const struct daemon *d, struct snapshot *s)
{
	s->svc.sms = d->sms;
	s->svc.notices = d->notices;
	s->svc.guesses = d->guesses;
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

static bool
take(struct daemon *d, struct opened *o, struct arena *mem, struct reloaded *told, struct str *why)
{
	told->restart = conf_differs(d->boot, o->conf, true, mem);
	if (!listeners_stay(told->restart, mem, why) || !http_reload_tls(d->server, mem, why))
		return false;
	services_lend(d, o->snap);
	snapshot_put(d, o->snap);
	told->changed = conf_differs(d->conf, o->conf, false, mem);
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
		log_warn("changed in the configuration, in force when hufud is restarted: %.*s", STR_ARG(told->restart));
}

bool
daemon_reload(void *ctx, struct arena *mem, struct reloaded *told, struct str *why)
{
	struct daemon *d = ctx;
	struct findings f;
	struct opened o;
	bool ok;

	findings_init(&f, mem);
	*told = (struct reloaded){ S(""), S("") };
	pthread_mutex_lock(&d->change);
	ok = settings_open(d, &f, &o);
	if (!ok)
		*why = findings_lines(&f, FINDING_ERROR);
	ok = ok && take(d, &o, mem, told, why);
	setup_close(&o);
	pthread_mutex_unlock(&d->change);
	log_lines(LOG_WARN, "", findings_lines(&f, FINDING_WARNING));
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
