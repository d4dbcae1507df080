/* hufu/store_copy.c - hufu store copy: what FROM and TO name, how far it is, and what came of it. */
#include <unistd.h>

#include "hufu/hufu_int.h"
#include "sql/sql.h"
#include "store/copy.h"

#define SHOWN_MS  200                           /* between two looks at a terminal */
#define TOLD_MS   5000                          /* between two lines elsewhere */
#define PASSWORD_FILE_MAX 4096

struct copy_job {
	struct cli *c;
	struct store_conf from, to;
	struct store_copy copy;
	bool terminal, shown;
	int64_t told_us;
};

/* --- FROM and TO ------------------------------------------------------------------------------ */

static bool
is_url(struct str s)
{
	return str_starts(s, S("postgresql://")) || str_starts(s, S("postgres://"));
}

/* A directory, its file, or a URL whose password is in the file of the option. */
static bool
place_is_read(struct cli *c, const char *member, const char *option, const char *file_member, struct store_conf *out)
{
	struct str place = json_member_str(c->local, member), file = json_member_str(c->local, file_member),
		   ending = S("/hufu.db");

	*out = (struct store_conf){ .path = place };
	if (!is_url(place)) {
		if (str_ends(place, ending))
			out->path = str_sub(place, 0, place.n - ending.n);
		return true;
	}
	if (sql_has_password(place)) {
		cli_usage(c, FILL(c, T_copy_password, str_of(option)));
		return false;
	}
	out->url = place;
	if (!str_given(file))
		return true;
	out->password = secret_from_file(c, file, PASSWORD_FILE_MAX);
	return str_given(out->password);
}

static struct str
shown_place(struct cli *c, const struct store_conf *conf)
{
	struct str place = str_given(conf->url) ? conf->url : conf->path;
	struct str query = place;

	return str_given(conf->url) ? arena_plain(&c->mem, str_cut(&query, '?')) : arena_plain(&c->mem, place);
}

/* --- how far it is ---------------------------------------------------------------------------- */

static struct str
number(struct cli *c, int64_t n)
{
	return arena_printf(&c->mem, "%lld", (long long)n);
}

static void
progress(void *ctx, struct str table, int64_t rows, bool compares)
{
	struct copy_job *j = ctx;
	int64_t now_us = clock_mono_us();
	struct str line;

	if (now_us - j->told_us < (j->terminal ? SHOWN_MS : TOLD_MS) * INT64_C(1000))
		return;
	j->told_us = now_us;
	line = FILL(j->c, compares ? T_copy_compared : T_copy_rows, table, number(j->c, rows));
	fprintf(stderr, j->terminal ? "\r\033[K%.*s" : "%.*s\n", STR_ARG(line));
	fflush(stderr);
	j->shown = j->terminal;
}

static void
progress_end(struct copy_job *j)
{
	if (j->shown)
		fputs("\r\033[K", stderr);
}

/* --- what came of it -------------------------------------------------------------------------- */

struct sums { int64_t rows, added, removed; };

static struct sums
sums_of(const struct store_copy *k)
{
	struct sums s = { 0 };

	for (size_t i = 0; i < k->n; i++) {
		s.rows += k->tables[i].rows;
		s.added += k->tables[i].added;
		s.removed += k->tables[i].removed;
	}
	return s;
}

static struct str
moment_of(struct copy_job *j)
{
	json_t *when = json_pack("{s:I}", "at", (json_int_t)j->copy.moment_s);
	struct str out = out_time(j->c, when, "at");

	json_decref(when);
	return out;
}

static void
tell_json(struct copy_job *j)
{
	struct cli *c = j->c;
	struct buf b;

	buf_init(&b, &c->mem, 256 * 1024);
	jw_open(&b, '{');
	jm_bool(&b, S("ok"), true);
	jm_int(&b, S("moment"), j->copy.moment_s);
	jm_bool(&b, S("source_in_use"), j->copy.in_use);
	jw_name(&b, S("tables"));
	jw_open(&b, '{');
	for (size_t i = 0; i < j->copy.n; i++) {
		const struct copied_table *t = &j->copy.tables[i];

		jw_name(&b, t->name);
		jw_open(&b, '{');
		jm_int(&b, S("rows"), t->rows);
		jm_int(&b, S("added"), t->added);
		jm_int(&b, S("removed"), t->removed);
		jm_str(&b, S("digest"), hex_encode(&c->mem, str_span(t->digest, sizeof t->digest)));
		jw_close(&b, '}');
	}
	jw_close(&b, '}');
	jw_close(&b, '}');
	out_line(buf_str(&b));
}

static void
tell(struct copy_job *j)
{
	struct cli *c = j->c;
	struct sums s = sums_of(&j->copy);
	struct str from = shown_place(c, &j->from), to = shown_place(c, &j->to);

	if (j->copy.in_use)
		cli_note(FILL(c, T_copy_later, from));
	if (c->json) {
		tell_json(j);
		return;
	}
	out_line(FILL(c, T_copy_done, to, from, moment_of(j), number(c, s.rows), number(c, (int64_t)j->copy.n),
	    number(c, s.added), number(c, s.removed)));
	out_line(str_of(text(c, T_copy_kek)));
}

/* For the log of the first daemon on it. */
static void
write_down(struct copy_job *j)
{
	struct cli *c = j->c;
	struct str why = STR_ABSENT;
	struct store *s = store_open(&j->to, &c->mem, &why);
	struct offline_records records;
	struct record r;
	bool ok = false;

	if (s != NULL) {
		offline_records_begin(&records, s);
		record_begin(&r, EV_store_copy);
		act_self(&r);
		record_text(&r, "from", shown_place(c, &j->from));
		record_int(&r, "moment", j->copy.moment_s);
		record_text(&r, "result", S("done"));
		ok = record_end(&r);
		offline_records_end(&records);
		store_close(s);
	}
	if (!ok)
		cli_note(ARENA_CAT(&c->mem, str_of(text(c, T_restore_not_written_down)), str_given(why) ? S(": ") : S(""), why));
}

static bool
copied(struct copy_job *j)
{
	struct cli *c = j->c;
	struct str why = STR_ABSENT;
	bool ok;

	j->copy = (struct store_copy){ .from = { .conf = &j->from }, .to = { .conf = &j->to },
		.snapshot = cli_flag(c, "snapshot"), .progress = progress, .ctx = j };
	ok = store_copy(&j->copy, &c->mem, &why);
	progress_end(j);
	if (!ok)
		return cli_fail(c, why, STR_ABSENT);
	if (!j->copy.finished)
		return cli_fail(c, FILL(c, T_copy_in_use, shown_place(c, &j->from), moment_of(j), shown_place(c, &j->to)),
		    str_of(text(c, T_copy_in_use_hint)));
	write_down(j);
	tell(j);
	return true;
}

int
store_copied(struct cli *c)
{
	bool terminal = isatty(STDERR_FILENO) != 0;
	struct copy_job j = { .c = c, .terminal = terminal, .told_us = terminal ? 0 : clock_mono_us() };
	bool ok = place_is_read(c, "from", "--from-password-file", "from_password_file", &j.from)
	    && place_is_read(c, "to", "--to-password-file", "to_password_file", &j.to) && copied(&j);

	return ok ? EXIT_DONE : c->code;
}
