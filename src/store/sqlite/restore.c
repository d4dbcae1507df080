/* store/sqlite/restore.c - a store put in place of none or of another, in one step. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "store/sqlite/sqlite_int.h"

struct place { struct arena *mem; struct str dir, aside, *why; char *file, *draft, *log, *index; };

static char *
in_place(struct place *p, struct str name)
{
	return arena_z(p->mem, ARENA_CAT(p->mem, p->dir, S("/"), name));
}

static bool
complain(struct place *p, const char *what, const char *path)
{
	*p->why = arena_say(p->mem, "cannot %s %s: %s", say(what), path, say_errno(errno));
	return false;
}

static bool
is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/*
 * What a crash left in the log belongs into the file before it is set aside. A damaged store
 * keeps its log.
 */
static void
log_bring_in(const struct place *p)
{
	sqlite3 *db = NULL;

	if (sqlite3_open_v2(p->file, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, NULL) == SQLITE_OK)
		sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
	sqlite3_close(db);
}

/* "hufu.db.before-20260102-030405"; "-2" and so on behind it for more than one in a second. */
static void
aside_choose(struct place *p)
{
	time_t now = (time_t)clock_now_s();
	struct tm tm;
	char when[32] = "", *path;
	int n = 1;

	if (gmtime_r(&now, &tm) != NULL)
		strftime(when, sizeof when, "%Y%m%d-%H%M%S", &tm);
	p->aside = arena_printf(p->mem, STORE_FILE ".before-%s", when);
	while ((path = in_place(p, p->aside)) != NULL && is_there(path))
		p->aside = arena_printf(p->mem, STORE_FILE ".before-%s-%d", when, ++n);
}

static char *
aside_name(struct place *p, const char *suffix)
{
	return in_place(p, ARENA_CAT(p->mem, p->aside, str_of(suffix)));
}

static bool
move_aside(struct place *p, const char *path, const char *suffix)
{
	char *to = aside_name(p, suffix);

	if (!is_there(path))
		return true;
	errno = EEXIST;
	return (to != NULL && !is_there(to) && rename(path, to) == 0) || complain(p, "set aside", path);
}

/*
 * The one before gets a second name and keeps its own until the new one takes that. Only where
 * its log could not be brought in, or where there are no second names, it has to leave first, and
 * its log behind it: a log must never lie beside another store.
 */
static bool
old_is_aside(struct place *p, struct str *aside)
{
	char *to;

	aside_choose(p);
	to = aside_name(p, "");
	if (is_there(p->file)) {
		log_bring_in(p);
		*aside = str_of(to);
		if (to == NULL || (!is_there(p->log) && link(p->file, to) == 0))
			return to != NULL;
	}
	return move_aside(p, p->file, "") && move_aside(p, p->log, "-wal") && move_aside(p, p->index, "-shm");
}

static bool
draft_is_filled(struct place *p, bool (*fill)(void *ctx, int fd, struct str *why), void *ctx)
{
	int fd = open(p->draft, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool ok;

	if (fd < 0)
		return complain(p, "make", p->draft);
	file_owner_follow(fd, p->mem, str_of(p->draft));
	ok = fill(ctx, fd, p->why) && (fsync(fd) == 0 || complain(p, "write", p->draft));
	close(fd);
	return ok;
}

static bool
takes_place(struct place *p, struct str *aside)
{
	return old_is_aside(p, aside) && ((rename(p->draft, p->file) == 0 && directory_sync(p->mem, str_of(p->file)))
	    || complain(p, "put in place", p->file));
}

bool
store_restore(const struct store_conf *conf, bool replace, bool (*fill)(void *ctx, int fd, struct str *why), void *ctx,
    struct arena *mem, struct str *aside, struct str *why)
{
	struct sqlite_store s = { .lock_fd = -1 };
	struct place p = { .mem = mem, .dir = conf->path, .why = why };
	bool ok;

	*aside = STR_ABSENT;
	sqlite_once_only();
	p.file = in_place(&p, S(STORE_FILE));
	p.draft = in_place(&p, S(STORE_DRAFT));
	p.log = in_place(&p, S(STORE_FILE "-wal"));
	p.index = in_place(&p, S(STORE_FILE "-shm"));
	*why = SAY("out of memory");
	if (p.file == NULL || p.draft == NULL || p.log == NULL || p.index == NULL)
		return false;
	ok = directory_claim(&s, arena_z(mem, conf->path), mem, why);
	if (ok && !replace && is_there(p.file)) {
		*why = arena_say(mem,
		    "there is a store in %.*s already; to put the backup in its place: hufu restore FILE --replace",
		    STR_ARG(conf->path));
		ok = false;
	}
	if (ok) {
		ok = draft_is_filled(&p, fill, ctx) && takes_place(&p, aside);
		if (!ok)
			unlink(p.draft);
	}
	if (s.lock_fd >= 0)
		close(s.lock_fd);
	return ok;
}
