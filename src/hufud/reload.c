/* hufud/reload.c - the snapshot in force, and how a new one takes its place while requests go on with the old. */
#include "hufud/daemon_int.h"

extern char **environ;

/* What is read once, at the start. A reload that changes one of these says so. */
static const char *const fixed[] = {
	"data", "demo", "admin.socket", "admin.listen", "http.header_max", "http.body_max", "http.connections_max", "http.connections_per_address",
	"http.header_deadline", "http.body_deadline", "http.idle_timeout", "http.io_threads", "http.trusted_proxies", "lanes.sign_threads",
	"lanes.commit_threads", "lanes.password_threads", "lanes.directory_threads", "lanes.wechat_threads", "lanes.table_threads", "lanes.queue_max", "store.readers", "keys.kek_file",
};

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

static bool
same_words(const struct conf_value *a, const struct conf_value *b)
{
	if (a->n_words != b->n_words)
		return false;
	for (size_t i = 0; i < a->n_words; i++)
		if (!str_eq(a->words[i], b->words[i]))
			return false;
	return true;
}

static bool
same_listeners(const struct conf *a, const struct conf *b)
{
	const struct str *of_a, *of_b;
	size_t n = conf_names(a, SEC_LISTENER, &of_a);

	if (conf_names(b, SEC_LISTENER, &of_b) != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		static const char *const files[] = { "cert_file", "key_file" };

		if (!str_eq(of_a[i], of_b[i]) || !same_words(conf_get(a, SEC_LISTENER, of_a[i], "bind"), conf_get(b, SEC_LISTENER, of_a[i], "bind")))
			return false;
		for (size_t f = 0; f < COUNT(files); f++)
			if (!str_eq(conf_text(a, SEC_LISTENER, of_a[i], files[f]), conf_text(b, SEC_LISTENER, of_a[i], files[f])))
				return false;
	}
	return true;
}

static void
fixed_settings_warn(const struct conf *boot, const struct conf *c)
{
	for (size_t i = 0; i < COUNT(fixed); i++) {
		const struct conf_value *a = conf_get(boot, SEC_TOP, STR_ABSENT, fixed[i]), *b = conf_get(c, SEC_TOP, STR_ABSENT, fixed[i]);

		if (!str_eq(a->text, b->text) || a->number != b->number || !same_words(a, b))
			log_warn("%s was changed in the configuration; this takes effect when hufud is restarted", fixed[i]);
	}
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
conf_take(struct daemon *d, struct conf *c, struct arena *mem, struct str *why)
{
	struct snapshot *s;

	if (!same_listeners(d->boot, c)) {
		*why = S("listeners: their names, addresses or certificate files were changed; sockets are opened at the start only, so restart hufud for this");
		return false;
	}
	s = build(d, c, mem, why);
	if (s == NULL || !http_reload_tls(d->server, mem, why)) {
		snapshot_drop(s);
		return false;
	}
	snapshot_put(d, s);
	fixed_settings_warn(d->boot, c);
	log_level_set((enum log_level)conf_int(c, SEC_TOP, STR_ABSENT, "log.level"));
	if (d->conf != d->boot)
		conf_free(d->conf);
	d->conf = c;
	return true;
}

bool
daemon_reload(void *ctx, struct arena *mem, struct str *why)
{
	struct daemon *d = ctx;
	struct conf *c;
	bool ok;

	pthread_mutex_lock(&d->change);
	c = conf_load(d->config_path, environ, why, mem);
	ok = c != NULL && conf_take(d, c, mem, why);
	if (c != NULL && !ok)
		conf_free(c);
	pthread_mutex_unlock(&d->change);
	if (ok)
		log_info("configuration reloaded");
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
