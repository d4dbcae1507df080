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
			log_at(level, "%s%.*s", before, STR_ARG(line));
}

/* Sockets are opened at the start only: what they serve must not be half of one file and half of another. */
static bool
listeners_stay(struct str names, struct arena *mem, struct str *why)
{
	struct str name;

	while (str_given(names) && (name = str_cut(&names, ' ')).p != NULL)
		if (str_starts(name, S("listeners."))) {
			*why = arena_printf(mem,
			    "%.*s was changed; sockets are opened at the start only, so restart hufud for this",
			    STR_ARG(name));
			return false;
		}
	return true;
}

static struct snapshot *
build(struct daemon *d, const struct conf *c, struct arena *mem, struct str *why)
{
	struct snapshot *s = snapshot_build(c, d->store, d->secrets, d->kek, mem, why);

	if (s != NULL) {
		s->svc.sms = d->sms;
		s->svc.notices = d->notices;
		s->svc.guesses = d->guesses;
	}
	return s;
}

static bool
conf_take(struct daemon *d, struct conf *c, struct arena *mem, struct reloaded *told, struct str *why)
{
	struct snapshot *s;

	told->restart = conf_differs(d->boot, c, true, mem);
	if (!listeners_stay(told->restart, mem, why))
		return false;
	s = build(d, c, mem, why);
	if (s == NULL || !http_reload_tls(d->server, mem, why)) {
		snapshot_drop(s);
		return false;
	}
	snapshot_put(d, s);
	told->changed = conf_differs(d->conf, c, false, mem);
	log_level_set((enum log_level)conf_int(c, SEC_TOP, STR_ABSENT, "log.level"));
	if (d->conf != d->boot)
		conf_free(d->conf);
	d->conf = c;
	return true;
}

static void
reload_log(const struct reloaded *told)
{
	log_info("configuration reloaded%s%.*s",
	    str_empty(told->changed) ? "" : "; in force now: ", STR_ARG(told->changed));
	if (!str_empty(told->restart))
		log_warn("changed in the configuration, in force when hufud is restarted: %.*s", STR_ARG(told->restart));
}

bool
daemon_reload(void *ctx, struct arena *mem, struct reloaded *told, struct str *why)
{
	struct daemon *d = ctx;
	struct conf *c;
	bool ok;

	pthread_mutex_lock(&d->change);
	c = conf_load(d->config_path, environ, why, mem);
	*told = (struct reloaded){ S(""), S("") };
	ok = c != NULL && conf_take(d, c, mem, told, why);
	if (c != NULL && !ok)
		conf_free(c);
	pthread_mutex_unlock(&d->change);
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
	struct snapshot *s;

	pthread_mutex_lock(&d->change);
	s = build(d, d->conf, mem, why);
	if (s != NULL)
		snapshot_put(d, s);
	pthread_mutex_unlock(&d->change);
	return s != NULL;
}
