/*
 * store/sqlite/open.c - open and close the store's directory, and say in plain words what stands
 * in the way.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "store/sqlite/sqlite_int.h"

/*
 * Writer: every commit is synced before its callers hear of it (S3). Checkpoints are ours to time
 * (checkpoint.c), and the log file is cut back after them. Deleted rows are overwritten where
 * that costs no extra page.
 */
static const char writer_settings[] =
	"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-2048; PRAGMA temp_store=MEMORY;"
	"PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=33554432; PRAGMA secure_delete=FAST;";
static const char reader_settings[] = "PRAGMA cache_size=-384; PRAGMA temp_store=MEMORY; PRAGMA query_only=1;";

static void
sqlite_once(void)
{
	/*
	 * Refused when something in this process used SQLite before; then its defaults serve as
	 * well, a little slower.
	 */
	sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);    /* pages as they are read, not twenty for each connection */
	sqlite3_initialize();
}

void
sqlite_once_only(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, sqlite_once);
}

static struct str
system_sentence(struct arena *mem, const char *doing, const char *path, int error)
{
	const char *hint = say("look at the path in the configuration");

	if (error == EACCES || error == EPERM)
		hint = say("give the user of this program the rights to it");
	else if (error == EROFS)
		hint = say("the file system is read-only: mount it for writing or choose another directory");
	else if (error == ENOSPC || error == EDQUOT)
		hint = say("free some space and start again");
	else if (error == ENOENT)
		hint = say("create the directory above it first");
	return arena_say(mem, "cannot %s %s: %s; %s", say(doing), path, say_errno(error), hint);
}

static bool
directory_is_there(const struct sqlite_store *s, const char *path, struct arena *mem, struct str *why)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return true;
	if (!s->read_only && mkdir(path, 0700) == 0) {
		int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd >= 0) {
			file_owner_follow(fd, mem, str_of(path));
			close(fd);
		}
		return true;
	}
	*why = system_sentence(mem, s->read_only ? "open" : "create", path, s->read_only ? ENOENT : errno);
	return false;
}

/* The process that holds the lock wrote its number into the file. */
static struct str
holder_sentence(struct arena *mem, int fd, const char *path)
{
	char pid[16];
	ssize_t n = pread(fd, pid, sizeof pid, 0);
	struct str who = str_trim(str_span(pid, n > 0 ? (size_t)n : 0));

	return arena_say(mem,
	    "%s is in use by another hufu or hufud (process %.*s): stop it first, or choose another "
	    "directory",
	    path, str_empty(who) ? (int)strlen(say("unknown")) : (int)who.n,
	    str_empty(who) ? say("unknown") : who.p);
}

static void
lock_sign(struct sqlite_store *s)
{
	char pid[16];
	int n = snprintf(pid, sizeof pid, "%d\n", (int)getpid());

	/* Only read by people, so a full disk may lose it. */
	if (ftruncate(s->lock_fd, 0) != 0 || pwrite(s->lock_fd, pid, (size_t)n, 0) != n)
		log_debug("store: the lock file does not hold our process number");
}

/*
 * A lock is held as long as any descriptor is open that was made of the first one (flock(2)), so two processes share it
 * while one hands over to the other. False: the lock that came is that of another directory.
 */
static bool
lock_is_shared(struct sqlite_store *s, const char *name)
{
	struct stat here, theirs;

	if (s->other == NULL || s->other->lock_fd < 0 || stat(name, &here) != 0
	    || fstat(s->other->lock_fd, &theirs) != 0 || here.st_dev != theirs.st_dev || here.st_ino != theirs.st_ino)
		return false;
	s->lock_fd = fcntl(s->other->lock_fd, F_DUPFD_CLOEXEC, 0);
	atomic_store(&s->door.beside, s->lock_fd >= 0);
	return s->lock_fd >= 0;
}

/* One writing process to a directory, or two (store_beside). Readers of another process need no lock: SQLite keeps them apart. */
static bool
directory_is_ours(struct sqlite_store *s, const char *path, struct arena *mem, struct str *why)
{
	struct str name = arena_printf(mem, "%s/hufu.lock", path);

	if (s->read_only || lock_is_shared(s, name.p))
		return true;
	s->lock_fd = open(name.p, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->lock_fd < 0) {
		*why = system_sentence(mem, "open", name.p, errno);
		return false;
	}
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0) {
		*why = errno == EWOULDBLOCK ? holder_sentence(mem, s->lock_fd, path) : system_sentence(mem, "lock", name.p, errno);
		return false;
	}
	file_owner_follow(s->lock_fd, mem, name);
	lock_sign(s);
	return true;
}

/* What a restore left that was killed goes; the lock says that none is at work. */
static void
draft_drop(const struct sqlite_store *s, const char *path, struct arena *mem)
{
	struct str draft = arena_printf(mem, "%s/" STORE_DRAFT, path);

	if (!s->read_only && !atomic_load(&s->door.beside) && str_given(draft))
		unlink(draft.p);
}

bool
directory_claim(struct sqlite_store *s, const char *path, struct arena *mem, struct str *why)
{
	if (!directory_is_there(s, path, mem, why) || !directory_is_ours(s, path, mem, why))
		return false;
	draft_drop(s, path, mem);
	return true;
}

static bool
may_be_missing(const struct sqlite_store *s, struct arena *mem, struct str *why)
{
	struct stat st;

	if (!str_given(s->only_old) || stat(s->file, &st) == 0 || errno != ENOENT)
		return true;
	*why = arena_say(mem, "%s is missing: %.*s", s->file, STR_ARG(s->only_old));
	return false;
}

/*
 * Created by us so that nobody else can read it, whatever the umask; the log and its index
 * inherit the mode.
 */
static bool
file_is_there(const struct sqlite_store *s, struct arena *mem, struct str *why)
{
	int fd = open(s->file, (s->read_only ? O_RDONLY : O_RDWR | O_CREAT) | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0) {
		*why = system_sentence(mem, "open", s->file, errno);
		return false;
	}
	if (!s->read_only)
		file_owner_follow(fd, mem, str_of(s->file));
	close(fd);
	return true;
}

static int
on_log_growth(void *p, sqlite3 *db, const char *name, int pages)
{
	struct sqlite_store *s = p;

	(void)db;
	(void)name;
	s->wal_pages = pages;
	return SQLITE_OK;
}

static bool
writer_opens(struct sqlite_store *s, struct arena *mem, struct str *why, const char *tuning)
{
	int flags = s->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;

	if (!conn_open(&s->writer, s, flags, s->read_only ? reader_settings : writer_settings)
	    || (tuning != NULL && !conn_exec(&s->writer, tuning))) {
		*why = trouble_sentence(s, mem, s->writer.db, "open");
		return false;
	}
	sqlite3_wal_hook(s->writer.db, on_log_growth, s);
	return true;
}

static bool
readers_open(struct sqlite_store *s, struct arena *mem, struct str *why)
{
	for (int i = 0; i < s->readers; i++) {
		struct sqlite_conn *c = &s->reader[i];

		if (!conn_open(c, s, SQLITE_OPEN_READONLY, reader_settings)) {
			*why = trouble_sentence(s, mem, c->db, "open");
			return false;
		}
		c->next = s->idle;
		s->idle = c;
	}
	return true;
}

static bool
queue_starts(struct sqlite_store *s, struct arena *mem, struct str *why)
{
	if (s->read_only || (checkpoint_start(s) && writer_start(&s->door)))
		return true;
	*why = arena_say(mem, "cannot start the threads that write to %s: the system is short of memory, threads or open files",
	    s->file);
	return false;
}

/*
 * Who only reads leaves nothing behind, but SQLite makes a log and its index even for that. A store
 * at rest has no log: it is read as a file that nobody changes.
 */
static void
at_rest_name(struct sqlite_store *s, struct arena *mem)
{
	struct str log = arena_printf(mem, "%s-wal", s->file);
	struct buf uri;

	if (!s->read_only || !str_given(log) || access(log.p, F_OK) == 0)
		return;
	buf_init(&uri, mem, 16 * 1024);
	buf_put(&uri, S("file:"));
	for (const char *p = s->file; *p != '\0'; p++)
		buf_printf(&uri, strchr("?#%", *p) != NULL ? "%%%02X" : "%c", (unsigned char)*p);
	buf_put(&uri, S("?immutable=1"));
	if (!uri.full)
		s->at_rest = strndup(uri.p, uri.n);
}

static void
sqlite_close(struct store *door)
{
	struct sqlite_store *s = sqlite_of(door);

	writer_stop(door);
	checkpoint_stop(s);
	for (int i = 0; i < s->readers; i++)
		conn_close(&s->reader[i]);
	conn_close(&s->writer);         /* last: brings the log into the file and removes it */
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->returned);
	free(s->file);
	free(s->at_rest);
	free(s);
}

static struct store *
sqlite_open(const struct store_conf *conf, struct arena *mem, struct str *why, const char *tuning)
{
	struct sqlite_store *s = calloc(1, sizeof *s);
	char *path = arena_z(mem, conf->path);

	*why = SAY("out of memory");
	sqlite_once_only();
	if (s == NULL || path == NULL || asprintf(&s->file, "%s/" STORE_FILE, path) < 0) {
		free(s);
		return NULL;
	}
	s->door.engine = &engine_sqlite;
	s->door.place = s->file;
	s->door.writer = &s->writer.conn;
	s->writer.conn.client_writes = 1;    /* 0: a list of clients that was never read from here */
	atomic_store(&s->door.clients_epoch, 1);
	s->vfs = conf->vfs;
	s->read_only = conf->read_only;
	s->unfinished = conf->unfinished;
	s->only_old = conf->only_old;
	s->other = conf->other;
	s->readers = conf->readers <= 0 ? 4 : conf->readers < READERS_MAX ? conf->readers : READERS_MAX;
	s->lock_fd = -1;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->returned, NULL);
	at_rest_name(s, mem);
	if (directory_claim(s, path, mem, why)
	    && may_be_missing(s, mem, why)
	    && file_is_there(s, mem, why)
	    && writer_opens(s, mem, why, tuning)
	    && schema_migrate(s, mem, why)
	    && readers_open(s, mem, why)
	    && queue_starts(s, mem, why)) {
		s->other = NULL;
		return &s->door;
	}
	sqlite_close(&s->door);
	return NULL;
}

static enum store_state
state_of_file(struct sqlite_store *s, struct arena *mem, struct str *why)
{
	struct stat st;
	int version = 0;

	if (stat(s->file, &st) != 0 && errno != ENOENT && errno != ENOTDIR) {
		*why = system_sentence(mem, "open", s->file, errno);
		return STORE_UNKNOWN;
	}
	if (access(s->file, F_OK) != 0 || st.st_size == 0)
		return STORE_NONE;
	at_rest_name(s, mem);
	if (!writer_opens(s, mem, why, NULL))
		return STORE_UNKNOWN;
	version = schema_version_of(&s->writer);
	if (version < 0)
		*why = trouble_sentence(s, mem, s->writer.db, "read");
	if (version <= 0)
		return version < 0 ? STORE_UNKNOWN : STORE_NONE;
	return version < store_schema_newest() ? STORE_OLD : STORE_READY;
}

static enum store_state
sqlite_state(const struct store_conf *conf, struct arena *mem, struct str *why)
{
	struct sqlite_store s = { .door = { .engine = &engine_sqlite }, .read_only = true, .vfs = conf->vfs, .lock_fd = -1 };
	enum store_state state;

	*why = SAY("out of memory");
	sqlite_once_only();
	s.file = arena_z(mem, ARENA_CAT(mem, conf->path, S("/" STORE_FILE)));
	if (s.file == NULL)
		return STORE_UNKNOWN;
	state = state_of_file(&s, mem, why);
	conn_close(&s.writer);
	free(s.at_rest);
	return state;
}

static void
sqlite_status(struct store *s, struct arena *mem, struct store_status *out)
{
	(void)s;
	out->server = arena_printf(mem, "SQLite %s", sqlite3_libversion());
	out->newest = store_schema_newest();
}

static void
sqlite_tell(const struct store *door, struct store_other *out)
{
	const struct sqlite_store *s = (const void *)door;

	*out = (struct store_other){ s->lock_fd, store_schema_newest() };
}

static void
sqlite_mine(struct store *s)
{
	if (sqlite_of(s)->lock_fd >= 0)
		lock_sign(sqlite_of(s));
}

const struct engine engine_sqlite = {
	.name = "sqlite",
	.open = sqlite_open,
	.close = sqlite_close,
	.state = sqlite_state,
	.reader_take = reader_take,
	.reader_return = reader_return,
	.prepare = sqlite_prepare,
	.bind_text = sqlite_bind_text,
	.bind_blob = sqlite_bind_blob,
	.bind_int = sqlite_bind_int,
	.step = sqlite_step,
	.text = sqlite_text,
	.blob = sqlite_blob,
	.number = sqlite_number,
	.changed = sqlite_changed,
	.finish = sqlite_finish,
	.say = sqlite_say,
	.in_transaction = sqlite_in_transaction,
	.is_broken = sqlite_is_broken,
	.trouble = sqlite_trouble,
	.probe = sqlite_probe,
	.tell = sqlite_tell,
	.mine = sqlite_mine,
	.rest = checkpoint_rest,
	.status = sqlite_status,
};
