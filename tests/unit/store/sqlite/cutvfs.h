/*
 * tests/unit/store/sqlite/cutvfs.h - a SQLite VFS that forgets what was not synced. Writes stay in memory; xSync carries them to
 * the file below; power_off lets every later call fail, and power_on brings back what a disk would hold.
 */
#ifndef HUFU_TEST_CUTVFS_H
#define HUFU_TEST_CUTVFS_H
#include <stdbool.h>
#include <stdint.h>

#define CUTVFS "cut"
void cutvfs_register(void);
/* The power goes at the n-th write, sync or truncation from now on; 0: never. */
void cutvfs_power_off_after(long n);
void cutvfs_power_off(void);
bool cutvfs_is_off(void);
/*
 * After everything was closed. seed 0: nothing unsynced survives; else every sector of 512 bytes that was written since the
 * last sync survives or not by the toss of a coin, as disks reorder writes and tear pages.
 */
void cutvfs_power_on(unsigned seed);
/* At most so many bytes in all files together, then SQLITE_FULL; 0: no limit. */
void cutvfs_space(int64_t bytes);
int64_t cutvfs_used(void);
/* The most bytes that one sync of a file of this name, without its directory, had to carry out since the last question. */
int64_t cutvfs_most_synced(const char *name);
/* Every sync fails with an I/O error while set. */
void cutvfs_fail_sync(bool on);
/* The same of files of this name alone, without its directory; NULL: of none. */
void cutvfs_fail_sync_of(const char *name);
#endif
