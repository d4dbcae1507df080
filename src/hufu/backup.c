/* hufu/backup.c - hufu backup: the store as it is at one moment, the key-encryption key, or both, in one file. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hufu/backup_int.h"
#include "store/copy.h"

static const struct opt backup_options[] = {
	{ "--with-kek", "with_kek", OPT_LOCAL_FLAG, T_o_with_kek },
	{ "--kek-only", "kek_only", OPT_LOCAL_FLAG, T_o_kek_only },
	{ "--seal", "seal", OPT_LOCAL_FLAG, T_o_seal },
	{ "--passphrase-file", "passphrase_file", OPT_LOCAL, T_o_passphrase_file },
	{ "--passphrase-stdin", "passphrase_stdin", OPT_LOCAL_FLAG, T_o_passphrase_stdin },
	{ "--force", "force", OPT_LOCAL_FLAG, T_o_backup_force },
	OPT_END,
};

/* --- what is asked for ------------------------------------------------------------------------ */

struct backup_job {
	struct cli *c;
	struct str path, phrase;
	bool over;
	struct backup_note note;
	struct store_file *store;
	struct store_look look;
};

/* Over what stands there only when it is a backup: a slip of the hand must not cost a store or a key. */
static bool
target_is_free(struct backup_job *j)
{
	struct cli *c = j->c;
	char *path = arena_z(&c->mem, j->path), begin[12];
	struct stat st;
	int fd = -1;
	bool backup;

	if (path == NULL || lstat(path, &st) != 0)
		return true;
	if (!cli_flag(c, "force"))
		return cli_fail(c, FILL(c, T_backup_there, j->path), str_of(text(c, T_backup_there_hint)));
	if (S_ISREG(st.st_mode))
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	backup = fd >= 0
	    && (st.st_size == 0
		|| (pread(fd, begin, sizeof begin, 0) == (ssize_t)sizeof begin
		    && memcmp(begin, "hufu backup ", 12) == 0));
	if (fd >= 0)
		close(fd);
	j->over = backup;
	return backup || cli_fail(c, FILL(c, T_backup_no_backup, j->path), str_of(text(c, T_backup_there_hint)));
}

static bool
phrase_is_asked(struct backup_job *j)
{
	struct cli *c = j->c;

	if (!cli_flag(c, "seal") && !passphrase_given(c))
		return true;
	j->phrase = passphrase_read(c, true);
	if (!str_given(j->phrase))
		return false;
	return j->phrase.n >= BACKUP_PHRASE_MIN
	    || cli_fail(c, FILL(c, T_passphrase_short, arena_printf(&c->mem, "%u", BACKUP_PHRASE_MIN)), STR_ABSENT);
}

static bool
kek_is_noted(struct backup_job *j)
{
	struct cli *c = j->c;
	struct str why = STR_ABSENT;

	if (!cli_flag(c, "with_kek") && !cli_flag(c, "kek_only"))
		return true;
	switch (cli_kek(c, j->note.kek, &why)) {
	case KEK_UNKNOWN:
		return cli_fail(c, FILL(c, T_kek_missing, conf_text(c->conf, SEC_TOP, STR_ABSENT, "keys.kek_file")),
		    STR_ABSENT);
	case KEK_UNREADABLE: return cli_fail(c, why, STR_ABSENT);
	case KEK_KNOWN: break;
	}
	j->note.has_kek = true;
	if (!str_given(j->phrase))
		cli_note(str_of(text(c, T_kek_in_clear)));
	return true;
}

/* Of a store in a database: its rows at one moment, in a file of the embedded engine. */
static bool
database_is_copied(struct backup_job *j, struct str *why)
{
	struct cli *c = j->c;
	struct store_conf sc;
	struct store_copy k = { .from = { .conf = &sc }, .to = { .file = j->store }, .snapshot = true };

	return setup_store_conf(c->conf, &c->mem, &sc, why) && store_copy(&k, &c->mem, why);
}

static bool
store_is_copied(struct backup_job *j)
{
	struct cli *c = j->c;
	struct store_conf sc = { .path = conf_text(c->conf, SEC_TOP, STR_ABSENT, "data") };
	bool elsewhere = cli_store_is_elsewhere(c);
	struct str why = STR_ABSENT;
	struct stat st;

	if (cli_flag(c, "kek_only"))
		return true;
	j->store = store_file_new(sc.path, &c->mem, &why);
	if (j->store == NULL
	    || !(elsewhere ? database_is_copied(j, &why) : store_file_copy(j->store, &sc, &c->mem, &why))
	    || fstat(store_file_fd(j->store), &st) != 0)
		return cli_fail(c, why, STR_ABSENT);
	j->note.store_bytes = st.st_size;
	return store_file_look(j->store, false, &c->mem, &j->look, &why)
	    || cli_fail(c, ARENA_CAT(&c->mem, sc.path, S("/hufu.db: "), why), STR_ABSENT);
}

/* --- the file --------------------------------------------------------------------------------- */

static bool
store_is_put(struct backup_job *j, struct backup_out *o)
{
	char *piece = arena_alloc(&j->c->mem, BACKUP_PIECE);
	int64_t left = j->note.store_bytes;
	ssize_t n = 0;

	if (piece == NULL || (left > 0 && lseek(store_file_fd(j->store), 0, SEEK_SET) != 0))
		return false;
	while (left > 0 && (n = read(store_file_fd(j->store), piece, BACKUP_PIECE)) > 0
	    && backup_put(o, piece, (size_t)n))
		left -= n;
	return left <= 0;
}

static bool
file_is_written(struct backup_job *j)
{
	struct cli *c = j->c;
	struct backup_out o;
	struct new_file f;
	bool ok = new_file_begin(&f, &c->mem, j->path);

	if (ok && !(backup_begin(&o, &c->mem, f.fd, j->phrase, &j->note) && store_is_put(j, &o) && backup_end(&o))) {
		int error = errno;

		new_file_drop(&f);
		errno = error;
		ok = false;
	}
	ok = ok && new_file_end(&f, &c->mem, j->over);
	if (!ok && errno == EEXIST)
		return cli_fail(c, FILL(c, T_backup_there, j->path), str_of(text(c, T_backup_there_hint)));
	return ok || cli_fail(c, FILL(c, T_file_unwritten, j->path, str_of(say_errno(errno))), STR_ABSENT);
}

static bool
store_stands(struct cli *c)
{
	char *file = arena_z(
	    &c->mem, ARENA_CAT(&c->mem, conf_text(c->conf, SEC_TOP, STR_ABSENT, "data"), S("/hufu.db")));

	return file != NULL && access(file, F_OK) == 0;
}

/*
 * In the daemon's log, or in the store for the next one's. A store that cannot be written must still
 * be backed up: then it is only said.
 */
static void
write_down(struct backup_job *j, bool failed)
{
	struct cli *c = j->c;
	json_t *ask = json_pack("{ss sb sb sb}", "do", "backup", "store", j->store != NULL, "kek",
	    j->note.has_kek, "sealed", str_given(j->phrase));

	if (ask != NULL && json_put_str(ask, "file", j->path) && failed)
		json_object_set_new(ask, "failed", json_true());
	if (!(cli_store_is_elsewhere(c) || store_stands(c)) || (cli_try(c, ask) == NULL && !failed))
		cli_note(str_of(text(c, T_backup_not_written_down)));
	json_decref(ask);
}

static bool
is_written_and_noted(struct backup_job *j)
{
	bool ok;

	write_down(j, false);
	ok = file_is_written(j);
	if (!ok)
		write_down(j, true);
	return ok;
}

static void
tell(struct backup_job *j)
{
	struct cli *c = j->c;
	struct buf b;

	if (!c->json) {
		out_line(FILL(c, T_backup_done, j->path));
		if (j->store != NULL)
			look_print(c, &j->look);
		if (!j->note.has_kek)
			out_line(FILL(c, T_backup_no_kek, conf_text(c->conf, SEC_TOP, STR_ABSENT, "keys.kek_file")));
		return;
	}
	buf_init(&b, &c->mem, 64 * 1024);
	jw_open(&b, '{');
	jm_bool(&b, S("ok"), true);
	jm_str(&b, S("file"), j->path);
	jm_bool(&b, S("sealed"), str_given(j->phrase));
	jm_bool(&b, S("store"), j->store != NULL);
	jm_bool(&b, S("kek"), j->note.has_kek);
	if (j->store != NULL)
		look_json(&b, &j->look);
	jw_close(&b, '}');
	out_line(buf_str(&b));
}

static int
backup(struct cli *c)
{
	struct backup_job j = { .c = c, .path = json_member_str(c->local, "file"),
		.note = { .program = S(HUFU_VERSION), .made_s = clock_now_s(), .store_bytes = -1 } };
	bool ok;

	if (cli_flag(c, "with_kek") && cli_flag(c, "kek_only")) {
		cli_usage(c, str_of(text(c, T_kek_twice)));
		return c->code;
	}
	ok = cli_conf(c) != NULL && target_is_free(&j) && phrase_is_asked(&j) && kek_is_noted(&j)
	    && store_is_copied(&j) && is_written_and_noted(&j);
	if (ok)
		tell(&j);
	store_file_free(j.store);
	explicit_bzero(&j, sizeof j);
	return ok ? EXIT_DONE : c->code;
}

const struct command backup_commands[] = {
	{ "backup", NULL, NULL, T_d_backup, 0, "FILE", "file", backup_options, .run = backup },
	{ "restore", NULL, NULL, T_d_restore, 0, "FILE", "file", restore_options, .run = restore_run },
	{ .noun = NULL },
};
