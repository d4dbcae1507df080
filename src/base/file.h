/* base/file.h - a file written whole or not at all, and its owner. */
#ifndef HUFU_BASE_FILE_H
#define HUFU_BASE_FILE_H

#include <stdbool.h>
#include "base/arena.h"

/*
 * A new file, mode 0600, that has no name until it is whole: whoever finds the name finds all of
 * it, also after a crash. Where the file system cannot keep a nameless file, it grows as
 * PATH.PID.part.
 */
struct new_file { int fd; char *path, *draft /* NULL: nameless */; };
/* False with errno: nothing was made. */
bool new_file_begin(struct new_file *f, struct arena *mem, struct str path);
/*
 * Sync it, give it its name and sync that. over: take the place of what stands there; else false
 * with EEXIST. False with errno: nothing stands under the name that did not before, or its
 * directory cannot be synced. Releases f either way.
 */
bool new_file_end(struct new_file *f, struct arena *mem, bool over);
void new_file_drop(struct new_file *f);         /* give it up; f may be dropped or ended already */

/*
 * A file as it lies, to be read: pages of it come when they are asked for, and it goes with mem. Whoever replaces the file does it by
 * another one of its name (new_file_end), never in place. False with errno (EINVAL: empty, or no plain file): out is untouched.
 */
bool file_map(struct arena *mem, struct str path, struct str *out);

bool file_write_all(int fd, const void *p, size_t n);
/* Sync the directory that holds this path: a new name must survive a power cut. */
bool directory_sync(struct arena *mem, struct str path);
/*
 * What root makes in a directory of another user belongs to that user, who must open it later.
 * Nothing for others than root. path names the directory's file; used for what was made in it just
 * now.
 */
void file_owner_follow(int fd, struct arena *mem, struct str path);
#endif
