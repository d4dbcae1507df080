/* store/sqlite/trouble.c - what went wrong with a database, as a sentence that says what to do. */
#include "store/sqlite/sqlite_int.h"

#include <errno.h>
#include <unistd.h>

struct str
trouble_sentence(const struct sqlite_store *s, struct arena *mem, sqlite3 *db, const char *doing)
{
	int rc = db != NULL ? sqlite3_extended_errcode(db) : SQLITE_NOMEM;
	int os = db != NULL ? sqlite3_system_errno(db) : 0;
	const char *said = os != 0 ? say_errno(os) : sqlite3_errstr(rc);

	switch (rc & 0xff) {
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
		return arena_say(mem,
		    "%s is damaged or is no store of this program: restore it from a backup, or move it away "
		    "to begin with an empty one",
		    s->file);
	case SQLITE_FULL:
		return arena_say(mem, "cannot %s %s: the disk is full; free some space and start again",
		    say(doing), s->file);
	case SQLITE_BUSY:
		return arena_say(mem,
		    "cannot %s %s: another program holds it; end that program and start again", say(doing),
		    s->file);
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return arena_say(mem,
		    "cannot %s %s: %s; the directory and its files must be readable and writable for user id "
		    "%u",
		    say(doing), s->file, said, (unsigned)geteuid());
	default:
		return arena_say(mem, "cannot %s %s: %s", say(doing), s->file,
		    os == ENOSPC ? say("the disk is full; free some space and start again") : said);
	}
}
