/* hufu/restore.c - hufu restore: a backup judged, and put in place. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hufu/backup_int.h"
#include "store/copy.h"

const struct opt restore_options[] = {
	{ "--verify", "verify", OPT_LOCAL_FLAG, T_o_verify },
	{ "--replace", "replace", OPT_LOCAL_FLAG, T_o_restore_replace },
	{ "--passphrase-file", "passphrase_file", OPT_LOCAL, T_o_passphrase_file },
	{ "--passphrase-stdin", "passphrase_stdin", OPT_LOCAL_FLAG, T_o_passphrase_stdin },
	{ "--kek-file", "kek_file", OPT_LOCAL, T_o_restore_kek },
	OPT_END,
};

/* kek: the backup's own, else that of --kek-file, else that of the settings; known says whether there is one. */
struct restore_job {
	struct cli *c; struct str path, aside; int fd; bool sealed; struct str why;
	struct backup_in in; struct backup_note note; struct store_file *store; struct store_look look;
	enum kek_known known; uint8_t kek[32]; size_t opens; bool kek_made;
};

static struct str
setting(const struct restore_job *j, const char *name)
{
	return conf_text(j->c->conf, SEC_TOP, STR_ABSENT, name);
}

static bool
fail_of_file(struct restore_job *j, struct str why)
{
	return cli_fail(j->c, ARENA_CAT(&j->c->mem, j->path, S(": "), why), STR_ABSENT);
}

/* --- reading ---------------------------------------------------------------------------------- */

static bool
backup_is_opened(struct restore_job *j)
{
	struct cli *c = j->c;
	char *path = arena_z(&c->mem, j->path), *bytes = arena_alloc(&c->mem, BACKUP_HEAD_SIZE);
	struct str why = STR_ABSENT, phrase = STR_ABSENT, head_bytes;
	struct backup_head head;
	ssize_t n;

	j->fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	n = j->fd >= 0 && bytes != NULL ? read(j->fd, bytes, BACKUP_HEAD_SIZE) : -1;
	if (n < 0)
		return cli_fail(c, FILL(c, T_file_failed, j->path, str_of(say_errno(errno))), STR_ABSENT);
	head_bytes = str_span(bytes, (size_t)n);
	if (!backup_head_read(&c->mem, head_bytes, &head, &why))
		return fail_of_file(j, why);
	j->sealed = head.sealed;
	if (head.sealed && !str_given(phrase = passphrase_read(c, false)))
		return false;
	return backup_open(&j->in, &c->mem, j->fd, &head, head_bytes, phrase, &j->note, &why) || fail_of_file(j, why);
}

/*
 * A place for the copy that is judged: beside the store, where there is room for one anyway, else
 * where temporary files are.
 */
static bool
room_is_found(struct restore_job *j)
{
	struct cli *c = j->c;
	const char *tmp = getenv("TMPDIR");
	struct str why = STR_ABSENT, last = STR_ABSENT;

	j->store = store_file_new(setting(j, "data"), &c->mem, &why);
	if (j->store == NULL)
		j->store = store_file_new(str_of(tmp != NULL && tmp[0] == '/' ? tmp : "/tmp"), &c->mem, &last);
	return j->store != NULL || cli_fail(c, last, STR_ABSENT);
}

static bool
store_is_read(struct restore_job *j)
{
	struct cli *c = j->c;
	char *piece = arena_alloc(&c->mem, BACKUP_PIECE);
	int64_t total = 0;
	ssize_t n;

	if (j->note.store_bytes >= 0 && !room_is_found(j))
		return false;
	j->why = STR_ABSENT;
	j->in.why = &j->why;
	while (piece != NULL && (n = backup_get(&j->in, piece, BACKUP_PIECE)) != 0) {
		if (n < 0)
			return fail_of_file(j, j->why);
		if (j->store == NULL || (total += n) > j->note.store_bytes)
			return fail_of_file(j, SAY("more is in it than its note says"));
		if (!file_write_all(store_file_fd(j->store), piece, (size_t)n))
			return cli_fail(c,
			    FILL(c, T_file_unwritten, setting(j, "data"), str_of(say_errno(errno))),
			    STR_ABSENT);
	}
	if (j->store == NULL)
		return true;
	if (total != j->note.store_bytes)
		return fail_of_file(j, SAY("less is in it than its note says"));
	return store_file_look(j->store, true, &c->mem, &j->look, &j->why) || fail_of_file(j, j->why);
}

/* --- the key-encryption key ------------------------------------------------------------------- */

static bool
kek_is_found(struct restore_job *j)
{
	struct cli *c = j->c;
	struct str file = json_member_str(c->local, "kek_file"), why = STR_ABSENT;

	if (j->note.has_kek) {
		memcpy(j->kek, j->note.kek, sizeof j->kek);
		j->known = KEK_KNOWN;
	} else if (str_given(file))
		j->known = kek_read(&c->mem, file, STR_ABSENT, j->kek, &why) ? KEK_KNOWN : KEK_UNREADABLE;
	else
		j->known = cli_kek(c, j->kek, &why);
	if (j->known == KEK_UNREADABLE)
		return cli_fail(c, why, STR_ABSENT);
	if (j->known == KEK_KNOWN)
		j->opens = keys_that_open(c, &j->look, j->kek);
	return true;
}

static bool
keys_do_open(const struct restore_job *j)
{
	return j->known != KEK_KNOWN || j->opens == j->look.n_keys;
}

static struct str
keys_sentence(const struct restore_job *j)
{
	struct cli *c = j->c;

	return FILL(c, T_keys_shut, arena_printf(&c->mem, "%zu", j->look.n_keys - j->opens),
	    arena_printf(&c->mem, "%zu", j->look.n_keys));
}

/* Never another key in the place of one that is there: it may open what this one does not. */
static bool
kek_has_place(struct restore_job *j)
{
	struct cli *c = j->c;
	uint8_t here[32];
	struct str why = STR_ABSENT;
	enum kek_known known;
	bool same;

	if (!j->note.has_kek)
		return true;
	known = cli_kek(c, here, &why);
	same = known == KEK_KNOWN && memcmp(here, j->note.kek, sizeof here) == 0;
	explicit_bzero(here, sizeof here);
	j->kek_made = known == KEK_UNKNOWN;
	return same || j->kek_made
	    || cli_fail(c,
		FILL(c, T_kek_other,
		    setting(j, str_empty(setting(j, "keys.kek")) ? "keys.kek_file" : "keys.kek")),
		str_of(text(c, T_kek_other_hint)));
}

/* --- in place --------------------------------------------------------------------------------- */

static bool
kek_is_put(struct restore_job *j, struct str *why)
{
	return !j->kek_made || kek_put(setting(j, "keys.kek_file"), j->note.kek, &j->c->mem, why);
}

/* The bytes that were judged, then the key: the store's name, which comes last, makes both count. */
static bool
fill(void *ctx, int fd, struct str *why)
{
	struct restore_job *j = ctx;
	char *piece = arena_alloc(&j->c->mem, BACKUP_PIECE);
	int from = store_file_fd(j->store);
	ssize_t n = lseek(from, 0, SEEK_SET) == 0 && piece != NULL ? 1 : -1;

	while (n > 0 && (n = read(from, piece, BACKUP_PIECE)) > 0)
		if (!file_write_all(fd, piece, (size_t)n))
			n = -1;
	if (n == 0)
		return kek_is_put(j, why);
	*why = arena_say(&j->c->mem, "cannot write into %.*s: %s", STR_ARG(setting(j, "data")), say_errno(errno));
	return false;
}

static bool
database_is_filled(struct restore_job *j, struct str *why)
{
	struct cli *c = j->c;
	struct store_conf sc;
	struct store_copy k = { .from = { .file = j->store }, .to = { .conf = &sc } };

	k.source = arena_printf(&c->mem, "backup of %lld", (long long)j->note.made_s);
	return setup_store_conf(c->conf, &c->mem, &sc, why) && setup_data_is_there(&sc, &c->mem, why)
	    && store_copy(&k, &c->mem, why) && kek_is_put(j, why);
}

static bool
is_put_in_place(struct restore_job *j)
{
	struct cli *c = j->c;
	struct store_conf sc = { .path = setting(j, "data") };
	struct str why = STR_ABSENT;
	bool ok;

	if (j->store != NULL && cli_store_is_elsewhere(c) && cli_flag(c, "replace"))
		return cli_fail(c, str_of(text(c, T_restore_no_replace)), STR_ABSENT);
	if (!kek_has_place(j))
		return false;
	if (j->store == NULL)
		ok = setup_data_is_there(&sc, &c->mem, &why) && kek_is_put(j, &why);
	else if (cli_store_is_elsewhere(c))
		ok = database_is_filled(j, &why);
	else
		ok = store_restore(&sc, cli_flag(c, "replace"), fill, j, &c->mem, &j->aside, &why);
	return ok || cli_fail(c, why, STR_ABSENT);
}

/* --- what is told ----------------------------------------------------------------------------- */

static void
number_line(struct table *t, enum text label, int64_t n)
{
	table_cell(t, str_of(text(t->c, label)));
	table_cell(t, arena_printf(&t->c->mem, "%lld", (long long)n));
}

void
look_print(struct cli *c, const struct store_look *look)
{
	struct table t;

	pairs_begin(&t, c);
	number_line(&t, T_h_realms, look->realms);
	number_line(&t, T_h_clients, look->clients);
	number_line(&t, T_h_users, look->users);
	number_line(&t, T_h_sessions, look->sessions);
	number_line(&t, T_h_families, look->families);
	number_line(&t, T_h_tokens, look->tokens);
	number_line(&t, T_h_keys, (int64_t)look->n_keys);
	table_end(&t);
}

void
look_json(struct buf *b, const struct store_look *look)
{
	jm_int(b, S("schema"), look->schema);
	jm_int(b, S("realms"), look->realms);
	jm_int(b, S("clients"), look->clients);
	jm_int(b, S("users"), look->users);
	jm_int(b, S("sessions"), look->sessions);
	jm_int(b, S("families"), look->families);
	jm_int(b, S("tokens"), look->tokens);
	jm_int(b, S("keys"), (int64_t)look->n_keys);
}

static void
tell_json(struct restore_job *j, bool verified)
{
	struct cli *c = j->c;
	struct buf b;

	buf_init(&b, &c->mem, 64 * 1024);
	jw_open(&b, '{');
	jm_bool(&b, S("ok"), true);
	jm_bool(&b, S("restored"), !verified);
	jm_str(&b, S("program"), j->note.program);
	jm_int(&b, S("made"), j->note.made_s);
	jm_bool(&b, S("sealed"), j->sealed);
	jm_bool(&b, S("store"), j->store != NULL);
	jm_bool(&b, S("kek"), j->note.has_kek);
	if (j->store != NULL) {
		look_json(&b, &j->look);
		if (j->known == KEK_KNOWN)
			jm_int(&b, S("keys_open"), (int64_t)j->opens);
	}
	jm_str(&b, S("aside"), j->aside);
	jw_close(&b, '}');
	out_line(buf_str(&b));
}

/* What the operator must still do, on standard error. */
static void
tell_notes(struct restore_job *j)
{
	struct cli *c = j->c;

	if (j->store != NULL && j->known == KEK_UNKNOWN && j->look.n_keys > 0)
		cli_note(FILL(c, T_kek_untried, setting(j, "keys.kek_file")));
	if (!keys_do_open(j))
		cli_note(keys_sentence(j));
}

static void
tell(struct restore_job *j, bool verified)
{
	struct cli *c = j->c;
	json_t *when = json_pack("{s:I}", "made", (json_int_t)j->note.made_s);

	tell_notes(j);
	if (c->json)
		tell_json(j, verified);
	else {
		out_line(FILL(c, verified ? T_backup_sound : T_restored, j->path, out_time(c, when, "made"),
		    j->note.program));
		if (j->store != NULL)
			look_print(c, &j->look);
		if (str_given(j->aside))
			out_line(FILL(c, T_restored_aside, j->aside));
	}
	json_decref(when);
}

/* For the log of the next daemon; what is restored stays, whether it can be written down or not. */
static void
write_down(struct restore_job *j)
{
	struct cli *c = j->c;
	char *file = arena_z(&c->mem, ARENA_CAT(&c->mem, setting(j, "data"), S("/hufu.db")));
	struct str why = STR_ABSENT;
	bool there = cli_store_is_elsewhere(c) || (file != NULL && access(file, F_OK) == 0);
	struct store *s = there ? setup_store(c->conf, false, &c->mem, &why) : NULL;
	struct offline_records records;
	struct record r;
	bool ok = false;

	if (s != NULL) {
		offline_records_begin(&records, s);
		record_begin(&r, EV_restore);
		act_self(&r);
		record_text(&r, "file", j->path);
		record_int(&r, "made", j->note.made_s);
		if (j->store != NULL)
			record_true(&r, "store");
		if (j->note.has_kek)
			record_true(&r, "kek");
		record_text(&r, "result", S("done"));
		ok = record_end(&r);
		offline_records_end(&records);
		store_close(s);
	}
	if (!ok)
		cli_note(ARENA_CAT(&c->mem, str_of(text(c, T_restore_not_written_down)),
		    str_given(why) ? S(": ") : S(""), why));
}

static bool
restored_or_verified(struct restore_job *j)
{
	bool verify = cli_flag(j->c, "verify");

	if (!backup_is_opened(j) || !store_is_read(j) || !kek_is_found(j))
		return false;
	if (verify && !keys_do_open(j))
		return fail_of_file(j, keys_sentence(j));
	if (!verify && !is_put_in_place(j))
		return false;
	if (!verify)
		write_down(j);
	tell(j, verify);
	return true;
}

int
restore_run(struct cli *c)
{
	struct restore_job j = { .c = c, .path = json_member_str(c->local, "file"), .fd = -1 };
	bool ok = cli_conf(c) != NULL && restored_or_verified(&j);

	store_file_free(j.store);
	if (j.fd >= 0)
		close(j.fd);
	explicit_bzero(&j, sizeof j);
	return ok ? EXIT_DONE : c->code;
}
