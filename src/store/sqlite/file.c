/*
 * store/sqlite/file.c - a store as a file of bytes without a name: copied from a running one,
 * judged and counted.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "store/sqlite/sqlite_int.h"
#include "store/tables.h"

/* into takes a copy, then it is closed and db looks at what is there. */
struct store_file { sqlite3 *into, *db; int fd; };

/* Nobody else sees the file, so it needs neither a journal nor locks nor syncs. */
static const char file_settings[] =
    "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE; PRAGMA "
    "temp_store=MEMORY; PRAGMA cache_size=-2048;";

static bool
handle_opens(sqlite3 **db, const char *path)
{
	if (sqlite3_open_v2(
		path, db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, NULL)
	    == SQLITE_OK)
		return true;
	errno = sqlite3_system_errno(*db) ? sqlite3_system_errno(*db) : ENOMEM;
	return false;
}

/* SQLite opens by name, so the name lives as long as that takes: while the file is empty. */
static bool
file_opens(struct store_file *f, char *path)
{
	bool ok;

	f->fd = mkostemp(path, O_CLOEXEC);
	ok = f->fd >= 0 && handle_opens(&f->into, path) && handle_opens(&f->db, path);
	if (f->fd >= 0) {
		int error = errno;

		unlink(path);
		errno = error;
	}
	return ok;
}

struct store_file *
store_file_new(struct str directory, struct arena *mem, struct str *why)
{
	char *path = arena_z(mem, ARENA_CAT(mem, directory, S("/hufu.copy.XXXXXX")));
	struct store_file *f = calloc(1, sizeof *f);

	sqlite_once_only();
	errno = ENOMEM;
	if (f != NULL)
		f->fd = -1;
	if (f != NULL && path != NULL && file_opens(f, path))
		return f;
	*why = arena_say(mem, "cannot make a copy in %.*s: %s", STR_ARG(directory), say_errno(errno));
	store_file_free(f);
	return NULL;
}

void
store_file_free(struct store_file *f)
{
	if (f == NULL)
		return;
	sqlite3_close(f->into);
	sqlite3_close(f->db);
	if (f->fd >= 0)
		close(f->fd);
	free(f);
}

int
store_file_fd(const struct store_file *f)
{
	return f->fd;
}

/* --- the copy --------------------------------------------------------------------------------- */

static bool
copy_from(struct store_file *f, sqlite3 *from)
{
	sqlite3_backup *b;

	if (sqlite3_exec(f->into, file_settings, NULL, NULL, NULL) != SQLITE_OK)
		return false;
	b = sqlite3_backup_init(f->into, "main", from, "main");
	if (b == NULL)
		return false;
	sqlite3_backup_step(b, -1);             /* all of it in one reading transaction: one moment */
	return sqlite3_backup_finish(b) == SQLITE_OK;
}

static struct str
copy_trouble(const struct store_file *f, sqlite3 *from, const char *path, struct arena *mem)
{
	struct sqlite_store s = { .file = arena_z(mem, str_of(path)) };
	int rc = sqlite3_errcode(f->into) & 0xff;

	if (rc == SQLITE_FULL || rc == SQLITE_IOERR)
		return SAY("cannot copy the store: the disk of the data directory is full or fails");
	return trouble_sentence(&s, mem, from != NULL && sqlite3_errcode(from) != SQLITE_OK ? from : f->into, "copy");
}

bool
store_file_copy(struct store_file *f, const struct store_conf *conf, struct arena *mem, struct str *why)
{
	char *path = arena_z(mem, ARENA_CAT(mem, conf->path, S("/" STORE_FILE)));
	struct stat st;
	sqlite3 *from = NULL;
	bool ok = false;

	if (path == NULL || stat(path, &st) != 0 || st.st_size == 0) {
		*why = arena_say(mem, "there is no store in %.*s", STR_ARG(conf->path));
		return false;
	}
	if (sqlite3_open_v2(
		path, &from, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, NULL)
	    == SQLITE_OK) {
		sqlite3_busy_timeout(from, 10000);
		ok = sqlite3_exec(from, "PRAGMA wal_autocheckpoint=0; PRAGMA query_only=1", NULL, NULL, NULL)
			== SQLITE_OK
		    && copy_from(f, from);
	}
	if (!ok)
		*why = copy_trouble(f, from, path, mem);
	sqlite3_close(from);
	sqlite3_close(f->into);
	f->into = NULL;
	return ok;
}

/* --- the look --------------------------------------------------------------------------------- */

/* A store is marked for a log beside it, which a file without a name cannot have. */
static bool
log_mark_is_off(const struct store_file *f)
{
	static const uint8_t magic[16] = "SQLite format 3";
	uint8_t head[20];

	return pread(f->fd, head, sizeof head, 0) == (ssize_t)sizeof head && memcmp(head, magic, sizeof magic) == 0
	    && pwrite(f->fd, "\1\1", 2, 18) == 2;
}

static bool
pages_are_whole(struct store_file *f, bool whole)
{
	sqlite3_stmt *st = NULL;
	const char *sql = whole ? "PRAGMA integrity_check(1)" : "PRAGMA quick_check(1)";
	bool ok = sqlite3_prepare_v2(f->db, sql, -1, &st, NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW
	    && str_is(str_of((const char *)sqlite3_column_text(st, 0)), "ok");

	sqlite3_finalize(st);
	return ok;
}

/* -1: no such table, or trouble. */
static int64_t
number_of(struct store_file *f, const char *sql)
{
	sqlite3_stmt *st = NULL;
	int64_t n = -1;

	if (sqlite3_prepare_v2(f->db, sql, -1, &st, NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return n;
}

static bool
rows_are_counted(struct store_file *f, struct store_look *out)
{
	out->realms = number_of(f, "SELECT count(*) FROM (SELECT realm FROM clients UNION SELECT realm FROM users)");
	out->clients = number_of(f, "SELECT count(*) FROM clients");
	out->users = number_of(f, "SELECT count(*) FROM users");
	out->sessions = number_of(f, "SELECT count(*) FROM sessions");
	out->families = number_of(f, "SELECT count(*) FROM families");
	out->tokens = number_of(f, "SELECT count(*) FROM tokens");
	return out->realms >= 0 && out->clients >= 0 && out->users >= 0 && out->sessions >= 0 && out->families >= 0
	    && out->tokens >= 0;
}

static struct str
column(sqlite3_stmt *st, int at, struct arena *mem)
{
	const void *p = sqlite3_column_blob(st, at);

	return arena_dup(mem, str_span(p ? p : "", (size_t)sqlite3_column_bytes(st, at)));
}

static bool
keys_are_read(struct store_file *f, struct arena *mem, struct store_look *out)
{
	int64_t room = number_of(f, "SELECT count(*) FROM signing_keys WHERE length(sealed) > 0");
	sqlite3_stmt *st = NULL;
	int rc = SQLITE_ERROR;

	out->keys = room >= 0 && room < INT32_MAX ? arena_array(mem, struct key_row, (size_t)room) : NULL;
	if (out->keys != NULL)
		rc = sqlite3_prepare_v2(f->db,
		    "SELECT issuer, kid, alg, state, sealed FROM signing_keys WHERE length(sealed) > 0", -1, &st,
		    NULL);
	for (out->n_keys = 0;
	     rc == SQLITE_OK && (int64_t)out->n_keys < room && (rc = sqlite3_step(st)) == SQLITE_ROW;
	     rc = SQLITE_OK)
		out->keys[out->n_keys++] = (struct key_row){ .issuer = column(st, 0, mem),
			.kid = column(st, 1, mem),
			.alg = column(st, 2, mem),
			.state = column(st, 3, mem),
			.sealed = column(st, 4, mem) };
	sqlite3_finalize(st);
	return rc == SQLITE_OK && (int64_t)out->n_keys == room && !mem->full;
}

bool
store_file_look(struct store_file *f, bool whole, struct arena *mem, struct store_look *out, struct str *why)
{
	int newest = store_schema_newest();

	*out = (struct store_look){ 0 };
	*why = SAY("this is no store of this program, or it is damaged");
	sqlite3_close(f->into);
	f->into = NULL;
	if (!log_mark_is_off(f) || sqlite3_exec(f->db, file_settings, NULL, NULL, NULL) != SQLITE_OK)
		return false;
	out->schema = (int)number_of(f, "SELECT coalesce(max(version), 0) FROM schema_migration");
	if (out->schema > newest) {
		*why = arena_say(mem, "this store was written by a newer version of this program (schema %d; this one knows up to %d): install that version", out->schema, newest);
		return false;
	}
	return out->schema > 0 && pages_are_whole(f, whole) && rows_are_counted(f, out) && keys_are_read(f, mem, out);
}

struct tables *
tables_of_file(struct store_file *f, struct arena *mem, struct str *why)
{
	if (sqlite3_exec(f->db, file_settings, NULL, NULL, NULL) == SQLITE_OK)
		return sqlite_tables_of(f->db, mem, why);
	*why = arena_say(mem, "cannot make a store in a file: %s", sqlite3_errmsg(f->db));
	return NULL;
}
