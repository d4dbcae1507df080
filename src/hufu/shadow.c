/* hufu/shadow.c - hufu shadow: requests of an old server are sent to the new one too, and what differs is told. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hufu/bulk.h"
#include "hufu/shadow_report.h"
#include "shadow/shadow.h"

#define REPORT_ROOM  (64u * 1024 * 1024)
#define SECRETS_MAX  (16u * 1024 * 1024)
#define HOSTS_MAX    16

struct work {
	struct cli *c;
	struct str old, new, issuer, replay, mirror, record, host;
	struct shadow_how how;
	struct shadow_run *run;                 /* NULL: nothing is compared */
	struct shadow_report report;
	struct shadow_recorder recorder;
	struct arena reported;
	int fd;                                 /* of the recording; -1 none */
	bool write_failed;
	struct str hosts[HOSTS_MAX]; size_t n_hosts;
};

/* --- what was asked for ------------------------------------------------------------------------------------------- */

static bool
is_base(struct cli *c, const char *option, struct str text)
{
	struct url u;
	const char *wrong = str_given(text) ? url_read(text, &u) : NULL;

	if (!str_given(text) || (wrong == NULL && u.web && !str_given(u.query) && !str_given(u.fragment)))
		return true;
	return cli_usage(c, FILL(c, T_sh_bad_url, str_of(option), text));
}

/* The issuer's own address is the new server, unless another is named. */
static bool
issuer_read(struct work *w)
{
	const struct conf *conf;
	const struct str *names;
	size_t n;

	if (!str_given(w->issuer))
		return true;
	if ((conf = cli_conf(w->c)) == NULL)
		return false;
	n = conf_names(conf, SEC_ISSUER, &names);
	for (size_t i = 0; i < n; i++)
		if (str_eq(names[i], w->issuer)) {
			if (!str_given(w->new) && !str_given(w->record))
				w->new = conf_text(conf, SEC_ISSUER, w->issuer, "url");
			return true;
		}
	return cli_usage(w->c, FILL(w->c, T_legacy_no_issuer, w->issuer));
}

static bool
options_fit(struct work *w)
{
	struct cli *c = w->c;

	if (str_given(w->replay) == str_given(w->mirror))
		return cli_usage(c, str_of(text(c, T_sh_one_source)));
	if (!str_given(w->record) && !str_given(w->new))
		return cli_usage(c, str_of(text(c, T_sh_no_sink)));
	if (str_given(w->mirror) && !str_given(w->old))
		return cli_usage(c, str_of(text(c, T_sh_needs_old)));
	if (w->how.twice && (!str_given(w->mirror) || str_given(w->record)))
		return cli_usage(c, str_of(text(c, T_sh_copies)));
	return is_base(c, "--old", w->old) && is_base(c, "--new", w->new);
}

static bool
others_may_read(struct str path, struct cli *c)
{
	char *z = arena_z(&c->mem, path);
	struct stat st;

	return z != NULL && stat(z, &st) == 0 && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0;
}

static bool
secrets_read(struct work *w, struct str path)
{
	struct cli *c = w->c;
	struct str s;

	if (!str_given(path))
		return true;
	if (others_may_read(path, c))
		return cli_fail(c, FILL(c, T_sh_open_file, path), STR_ABSENT);
	s = secret_from_file(c, path, SECRETS_MAX);
	if (!str_given(s))
		return false;
	w->how.secrets = json_read_upto(&c->mem, s, SECRETS_MAX);
	return json_is_object(w->how.secrets) || cli_fail(c, FILL(c, T_sh_bad_secrets, path), STR_ABSENT);
}

static bool
options_read(struct work *w)
{
	const json_t *o = w->c->local;

	w->old = json_member_str(o, "old");
	w->new = json_member_str(o, "new");
	w->issuer = json_member_str(o, "issuer");
	w->replay = json_member_str(o, "replay");
	w->mirror = json_member_str(o, "mirror");
	w->record = json_member_str(o, "record");
	w->host = json_member_str(o, "host");
	w->how.twice = cli_flag(w->c, "copies");
	w->how.imported = cli_flag(w->c, "imported");
	return issuer_read(w) && options_fit(w) && secrets_read(w, json_member_str(o, "secrets"));
}

/* --- one exchange --------------------------------------------------------------------------------------------------- */

static void
written(struct work *w, struct arena *mem, const struct shadow_exchange *x)
{
	struct str line = shadow_line(&w->recorder, mem, x);

	if (str_given(line))
		w->write_failed = w->write_failed || !file_write_all(w->fd, line.p, line.n)
		    || !file_write_all(w->fd, "\n", 1);
}

static bool
each(void *ctx, struct arena *mem, struct shadow_exchange *x)
{
	struct work *w = ctx;

	if (str_given(w->host) && str_given(x->ask.host) && !str_eq_nocase(x->ask.host, w->host))
		return true;
	if (w->run != NULL)
		shadow_exchange(w->run, mem, x);
	if (w->fd >= 0)
		written(w, mem, x);
	return !w->write_failed;
}

/* The first reading of a file: which secrets were right, and whose requests there are. */
static bool
each_first(void *ctx, struct arena *mem, struct shadow_exchange *x)
{
	struct work *w = ctx;
	bool known = !str_given(x->ask.host);

	for (size_t i = 0; i < w->n_hosts && !known; i++)
		known = str_eq_nocase(w->hosts[i], x->ask.host);
	if (!known && w->n_hosts < HOSTS_MAX)
		w->hosts[w->n_hosts++] = arena_plain(&w->c->mem, x->ask.host);
	if (w->run != NULL)
		shadow_learn(w->run, mem, x);
	return true;
}

/* --- a file --------------------------------------------------------------------------------------------------------- */

/* A browser asked other servers too, whose requests are nobody's business here. */
static bool
one_host(struct work *w)
{
	struct cli *c = w->c;
	struct str all = S("");

	if (str_given(w->host) || w->n_hosts < 2)
		return true;
	for (size_t i = 0; i < w->n_hosts; i++)
		all = ARENA_CAT(&c->mem, all, i > 0 ? S(" ") : S(""), w->hosts[i]);
	return cli_usage(c, FILL(c, T_sh_hosts, all));
}

static bool
replayed(struct work *w)
{
	struct cli *c = w->c;
	struct shadow_source source;
	struct str text_of;

	if (!file_map(&c->mem, w->replay, &text_of))
		return cli_fail(c, FILL(c, T_file_failed, w->replay, str_of(say_errno(errno))), STR_ABSENT);
	if (!shadow_read(&c->mem, text_of, each_first, w, &source))
		return cli_fail(c, FILL(c, T_sh_unknown_form, w->replay), STR_ABSENT);
	if (source.form != SHADOW_RECORDING && !one_host(w))
		return false;
	if (source.form != SHADOW_RECORDING && others_may_read(w->replay, c))
		cli_note(FILL(c, T_sh_log_is_open, w->replay));
	if (source.bad > 0)
		cli_note(FILL(c, T_sh_bad_lines, arena_printf(&c->mem, "%lld", (long long)source.bad),
		    arena_printf(&c->mem, "%lld", (long long)source.first_bad)));
	return shadow_read(&c->mem, text_of, each, w, &source);
}

/* Where a recording was made is the old base, when none is named. */
static struct str
recorded_base(struct work *w)
{
	struct cli *c = w->c;
	struct str text_of, rest;
	const json_t *first;

	if (!file_map(&c->mem, w->replay, &text_of))
		return STR_ABSENT;
	rest = text_of;
	first = json_read(&c->mem, str_cut(&rest, '\n'));
	return json_object_get(first, "shadow") != NULL ? json_member_str(first, "old") : STR_ABSENT;
}

/* --- live ----------------------------------------------------------------------------------------------------------- */

/* What found no room came as well: neither a comparison nor a recording is silent about it. */
static void
left_out_put(struct work *w, int64_t n)
{
	w->report.exchanges += n;
	w->report.skipped[SHADOW_SKIP_QUEUE] += n;
	w->recorder.left_out += n;
}

static bool
mirrored(struct work *w)
{
	struct shadow_mirror_how how = { .address = w->mirror, .old = w->old, .copies = w->how.twice, .each = each,
		.ctx = w };
	struct cli *c = w->c;
	struct interrupts held;
	struct shadow_mirror *m;
	struct str why;
	int signal;

	interrupts_hold(&held);
	m = shadow_mirror_begin(&c->mem, &how, &why);
	if (m == NULL) {
		interrupts_release(&held);
		return cli_fail(c, why, STR_ABSENT);
	}
	cli_note(FILL(c, T_sh_listens, w->mirror));
	sigwait(&held.held, &signal);
	left_out_put(w, shadow_mirror_end(m));
	sigprocmask(SIG_SETMASK, &held.before, NULL);
	return true;
}

/* --- all of it ------------------------------------------------------------------------------------------------------ */

static bool
recording_begins(struct work *w)
{
	struct cli *c = w->c;
	char *z = arena_z(&c->mem, w->record);
	struct str head = shadow_heading(&c->mem, w->old);

	if (!str_given(w->record))
		return true;
	shadow_recorder_begin(&w->recorder);
	w->fd = z != NULL ? open(z, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
	if (w->fd < 0 || !file_write_all(w->fd, head.p, head.n) || !file_write_all(w->fd, "\n", 1))
		return cli_fail(c, FILL(c, T_file_unwritten, w->record, str_of(say_errno(errno))), STR_ABSENT);
	return true;
}

static int
told(struct work *w)
{
	struct cli *c = w->c;
	json_t *all = w->run != NULL ? shadow_report_json(&w->report, &c->mem, w->old, w->new) : json_object();

	if (w->run == NULL && all != NULL)
		arena_defer(&c->mem, (void (*)(void *))json_decref, all);
	if (all == NULL)
		return cli_fail(c, str_of(text(c, T_no_memory)), STR_ABSENT), c->code;
	if (w->fd >= 0) {
		json_object_set_new(all, "recorded", json_integer(w->recorder.written));
		json_object_set_new(all, "left_out", json_integer(w->recorder.left_out));
	}
	if (w->run != NULL && str_given(w->issuer))
		shadow_report_keep(c, w->issuer, all);
	if (c->json)
		out_json(c, all);
	else
		shadow_report_print(c, all);
	if (w->run != NULL && (w->report.different > 0 || w->report.compared == 0))
		c->code = EXIT_FAILED;
	return c->code;
}

static bool
done(struct work *w)
{
	if (!recording_begins(w))
		return false;
	if (str_given(w->mirror) ? !mirrored(w) : !replayed(w))
		return false;
	if (w->write_failed || (w->fd >= 0 && fsync(w->fd) != 0))
		return cli_fail(w->c, FILL(w->c, T_file_unwritten, w->record, str_of(say_errno(errno))), STR_ABSENT);
	return true;
}

static int
shadow(struct cli *c)
{
	struct work w = { .c = c, .fd = -1 };

	if (!options_read(&w))
		return c->code;
	w.how.ask_old = str_given(w.old) && (str_given(w.replay) || w.how.twice);
	if (!str_given(w.old) && str_given(w.replay))
		w.old = recorded_base(&w);
	w.how.old = w.old;
	w.how.new = w.new;
	arena_init(&w.reported, REPORT_ROOM);
	shadow_report_begin(&w.report, &w.reported);
	w.run = str_given(w.new) ? shadow_begin(&w.how, &w.report) : NULL;
	if (str_given(w.new) && w.run == NULL)
		cli_fail(c, str_of(text(c, T_no_memory)), STR_ABSENT);
	else if (done(&w))
		told(&w);
	if (w.fd >= 0)
		close(w.fd);
	shadow_end(w.run);
	arena_free(&w.reported);
	return c->code;
}

static const struct opt options[] = {
	{ "--old", "old", OPT_LOCAL, T_o_sh_old },
	{ "--new", "new", OPT_LOCAL, T_o_sh_new },
	{ "--issuer", "issuer", OPT_LOCAL, T_o_sh_issuer },
	{ "--replay", "replay", OPT_LOCAL, T_o_sh_replay },
	{ "--mirror", "mirror", OPT_LOCAL, T_o_sh_mirror },
	{ "--copies", "copies", OPT_LOCAL_FLAG, T_o_sh_copies },
	{ "--record", "record", OPT_LOCAL, T_o_sh_record },
	{ "--secrets", "secrets", OPT_LOCAL, T_o_sh_secrets },
	{ "--host", "host", OPT_LOCAL, T_o_sh_host },
	{ "--imported", "imported", OPT_LOCAL_FLAG, T_o_sh_imported },
	OPT_END,
};
const struct command shadow_commands[] = {
	{ "shadow", NULL, NULL, T_d_shadow, .opts = options, .run = shadow },
	{ .noun = NULL },
};
