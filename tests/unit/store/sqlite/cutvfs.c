/* tests/unit/store/sqlite/cutvfs.c - a SQLite VFS that forgets what was not synced: power cuts, full disks, failing syncs. */
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "cutvfs.h"
#include "../../test.h"

#define SECTOR 512
/* One file as its readers see it; the file below holds what was synced. Lives until power_on. */
struct image {
	char *path;
	uint8_t *bytes, *dirty;         /* dirty: one flag for each sector */
	int64_t size, room;
	int64_t most;                   /* dirty bytes at one sync */
	bool shrunk;                    /* truncated since the last sync */
	int open;
	struct image *next;
};
struct cut_file { sqlite3_file base; struct image *im; sqlite3_file *real; };

static struct {
	pthread_mutex_t lock;
	sqlite3_vfs vfs, *below;
	struct image *images;
	bool off, fail_sync;
	const char *failing;
	long countdown;
	int64_t space;
} cut = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* --- images; all under the lock ------------------------------------------------------------------------------------------------ */

static bool
is_named(const struct image *im, const char *name)
{
	return strcmp(strrchr(im->path, '/') + 1, name) == 0;
}

static bool
image_room(struct image *im, int64_t size)
{
	int64_t room = im->room != 0 ? im->room : 65536;

	if (size <= im->room)
		return true;
	while (room < size)
		room *= 2;
	im->bytes = realloc(im->bytes, (size_t)room);
	im->dirty = realloc(im->dirty, (size_t)(room / SECTOR));
	if (im->bytes == NULL || im->dirty == NULL)
		return false;
	memset(im->bytes + im->room, 0, (size_t)(room - im->room));
	memset(im->dirty + im->room / SECTOR, 0, (size_t)((room - im->room) / SECTOR));
	im->room = room;
	return true;
}

static struct image *
image_of(const char *path)
{
	struct image *im = cut.images;

	while (im != NULL && strcmp(im->path, path) != 0)
		im = im->next;
	return im;
}

static struct image *
image_load(const char *path, sqlite3_file *real)
{
	struct image *im = calloc(1, sizeof *im);

	im->path = strdup(path);
	real->pMethods->xFileSize(real, (sqlite3_int64 *)&im->size);
	if (!image_room(im, im->size + 1))
		abort();
	if (im->size > 0)
		real->pMethods->xRead(real, im->bytes, (int)im->size, 0);
	im->next = cut.images;
	cut.images = im;
	return im;
}

static int64_t
used(void)
{
	int64_t n = 0;

	for (struct image *im = cut.images; im != NULL; im = im->next)
		n += im->size;
	return n;
}

/* Dirty sectors to the file below: all of them, or (coin) about half. */
static void
image_flush(struct image *im, sqlite3_file *real, unsigned *coin)
{
	int64_t carried = 0;

	if (im->shrunk && coin == NULL)
		real->pMethods->xTruncate(real, im->size);
	for (int64_t at = 0; at < im->size; at += SECTOR) {
		int64_t n = im->size - at < SECTOR ? im->size - at : SECTOR;

		if (!im->dirty[at / SECTOR])
			continue;
		if (coin != NULL && rand_r(coin) % 2 == 0)
			continue;
		real->pMethods->xWrite(real, im->bytes + at, (int)n, at);
		carried += n;
	}
	im->most = carried > im->most ? carried : im->most;
	memset(im->dirty, 0, (size_t)(im->room / SECTOR));
	im->shrunk = false;
}

/* Each change of the disk counts; true when the power is off. */
static bool
dark(void)
{
	if (cut.countdown > 0 && --cut.countdown == 0)
		cut.off = true;
	return cut.off;
}

/* --- file methods ---------------------------------------------------------------------------------------------------------------- */

#define FILE_OF(f) ((struct cut_file *)(void *)(f))

static int
cut_close(sqlite3_file *f)
{
	struct cut_file *c = FILE_OF(f);

	pthread_mutex_lock(&cut.lock);
	c->im->open--;
	pthread_mutex_unlock(&cut.lock);
	c->real->pMethods->xClose(c->real);
	free(c->real);
	return SQLITE_OK;
}

static int
cut_read(sqlite3_file *f, void *out, int n, sqlite3_int64 at)
{
	struct image *im = FILE_OF(f)->im;
	int64_t here;

	pthread_mutex_lock(&cut.lock);
	here = at >= im->size ? 0 : im->size - at < n ? im->size - at : n;
	memcpy(out, im->bytes + (here > 0 ? at : 0), (size_t)here);
	pthread_mutex_unlock(&cut.lock);
	memset((uint8_t *)out + here, 0, (size_t)(n - here));
	return here == n ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int
write_locked(struct image *im, const void *p, int n, int64_t at)
{
	int64_t end = at + n;

	if (dark())
		return SQLITE_IOERR_WRITE;
	if (cut.space > 0 && end > im->size && used() + end - im->size > cut.space)
		return SQLITE_FULL;
	if (!image_room(im, end))
		return SQLITE_NOMEM;
	memcpy(im->bytes + at, p, (size_t)n);
	memset(im->dirty + at / SECTOR, 1, (size_t)((end - 1) / SECTOR - at / SECTOR + 1));
	if (end > im->size)
		im->size = end;
	return SQLITE_OK;
}

static int
cut_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	int rc;

	pthread_mutex_lock(&cut.lock);
	rc = write_locked(FILE_OF(f)->im, p, n, at);
	pthread_mutex_unlock(&cut.lock);
	return rc;
}

static int
cut_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	struct image *im = FILE_OF(f)->im;
	bool off;

	pthread_mutex_lock(&cut.lock);
	if (!(off = dark()) && size < im->size) {
		memset(im->bytes + size, 0, (size_t)(im->size - size));
		im->size = size;
		im->shrunk = true;
	}
	pthread_mutex_unlock(&cut.lock);
	return off ? SQLITE_IOERR_TRUNCATE : SQLITE_OK;
}

static int
cut_sync(sqlite3_file *f, int flags)
{
	bool off;

	(void)flags;
	pthread_mutex_lock(&cut.lock);
	off = dark() || cut.fail_sync || (cut.failing != NULL && is_named(FILE_OF(f)->im, cut.failing));
	if (!off)
		image_flush(FILE_OF(f)->im, FILE_OF(f)->real, NULL);
	pthread_mutex_unlock(&cut.lock);
	return off ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int
cut_size(sqlite3_file *f, sqlite3_int64 *size)
{
	pthread_mutex_lock(&cut.lock);
	*size = FILE_OF(f)->im->size;
	pthread_mutex_unlock(&cut.lock);
	return SQLITE_OK;
}

static int
cut_control(sqlite3_file *f, int op, void *arg)
{
	(void)f, (void)op, (void)arg;
	return SQLITE_NOTFOUND;
}

/* Locks and the shared index are the machine's, not the disk's: the file below keeps them. */
#define REAL(f) FILE_OF(f)->real
static int cut_lock(sqlite3_file *f, int l) { return REAL(f)->pMethods->xLock(REAL(f), l); }
static int cut_unlock(sqlite3_file *f, int l) { return REAL(f)->pMethods->xUnlock(REAL(f), l); }
static int cut_reserved(sqlite3_file *f, int *out) { return REAL(f)->pMethods->xCheckReservedLock(REAL(f), out); }
static int cut_sector(sqlite3_file *f) { (void)f; return SECTOR; }
static int cut_device(sqlite3_file *f) { (void)f; return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }
static int cut_shm_map(sqlite3_file *f, int i, int n, int extend, void volatile **out) { return REAL(f)->pMethods->xShmMap(REAL(f), i, n, extend, out); }
static int cut_shm_lock(sqlite3_file *f, int at, int n, int flags) { return REAL(f)->pMethods->xShmLock(REAL(f), at, n, flags); }
static void cut_shm_barrier(sqlite3_file *f) { REAL(f)->pMethods->xShmBarrier(REAL(f)); }
static int cut_shm_unmap(sqlite3_file *f, int gone) { return REAL(f)->pMethods->xShmUnmap(REAL(f), gone); }

static const sqlite3_io_methods cut_methods = {
	.iVersion = 2, .xClose = cut_close, .xRead = cut_read, .xWrite = cut_write, .xTruncate = cut_truncate, .xSync = cut_sync,
	.xFileSize = cut_size, .xLock = cut_lock, .xUnlock = cut_unlock, .xCheckReservedLock = cut_reserved,
	.xFileControl = cut_control, .xSectorSize = cut_sector, .xDeviceCharacteristics = cut_device, .xShmMap = cut_shm_map,
	.xShmLock = cut_shm_lock, .xShmBarrier = cut_shm_barrier, .xShmUnmap = cut_shm_unmap,
};

/* --- the VFS ----------------------------------------------------------------------------------------------------------------------- */

#define DURABLE (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)

static int
cut_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
	struct cut_file *c = FILE_OF(f);
	int rc;

	(void)vfs;
	if (!(flags & DURABLE))
		return cut.below->xOpen(cut.below, name, f, flags, out);
	c->base.pMethods = NULL;
	c->real = calloc(1, (size_t)cut.below->szOsFile);
	rc = cut.below->xOpen(cut.below, name, c->real, flags, out);
	if (rc != SQLITE_OK) {
		free(c->real);
		return rc;
	}
	pthread_mutex_lock(&cut.lock);
	c->im = image_of(name);
	if (c->im == NULL)
		c->im = image_load(name, c->real);
	c->im->open++;
	pthread_mutex_unlock(&cut.lock);
	c->base.pMethods = &cut_methods;
	return SQLITE_OK;
}

static int
cut_delete(sqlite3_vfs *vfs, const char *name, int sync_directory)
{
	struct image *im;
	bool off;

	(void)vfs;
	pthread_mutex_lock(&cut.lock);
	off = dark();
	im = image_of(name);
	if (!off && im != NULL) {
		im->size = 0;
		memset(im->bytes, 0, (size_t)im->room);
		memset(im->dirty, 0, (size_t)(im->room / SECTOR));
	}
	pthread_mutex_unlock(&cut.lock);
	return off ? SQLITE_IOERR_DELETE : cut.below->xDelete(cut.below, name, sync_directory);
}

void
cutvfs_register(void)
{
	if (cut.below != NULL)
		return;
	cut.below = sqlite3_vfs_find(NULL);
	cut.vfs = *cut.below;
	cut.vfs.pNext = NULL;
	cut.vfs.zName = CUTVFS;
	cut.vfs.szOsFile = (int)sizeof(struct cut_file) > cut.below->szOsFile ? (int)sizeof(struct cut_file) : cut.below->szOsFile;
	cut.vfs.xOpen = cut_open;
	cut.vfs.xDelete = cut_delete;
	sqlite3_vfs_register(&cut.vfs, 0);
}

/* --- the switch -------------------------------------------------------------------------------------------------------------------- */

int64_t
cutvfs_most_synced(const char *name)
{
	int64_t most = 0;

	pthread_mutex_lock(&cut.lock);
	for (struct image *im = cut.images; im != NULL; im = im->next) {
		if (is_named(im, name)) {
			most = im->most;
			im->most = 0;
		}
	}
	pthread_mutex_unlock(&cut.lock);
	return most;
}

void
cutvfs_power_off_after(long n)
{
	pthread_mutex_lock(&cut.lock);
	cut.countdown = n;
	pthread_mutex_unlock(&cut.lock);
}

void
cutvfs_power_off(void)
{
	pthread_mutex_lock(&cut.lock);
	cut.off = true;
	pthread_mutex_unlock(&cut.lock);
}

bool
cutvfs_is_off(void)
{
	bool off;

	pthread_mutex_lock(&cut.lock);
	off = cut.off;
	pthread_mutex_unlock(&cut.lock);
	return off;
}

static void
image_survive(struct image *im, unsigned *coin)
{
	sqlite3_file *real = calloc(1, (size_t)cut.below->szOsFile);
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_MAIN_DB;
	/* SQLite wants two NULs behind a name that it did not make itself. */
	char *name = calloc(1, strlen(im->path) + 4);

	memcpy(name, im->path, strlen(im->path));
	if (coin != NULL && cut.below->xOpen(cut.below, name, real, flags, &flags) == SQLITE_OK) {
		image_flush(im, real, coin);
		real->pMethods->xClose(real);
	}
	free(name);
	free(real);
}

void
cutvfs_power_on(unsigned seed)
{
	struct image *im;

	pthread_mutex_lock(&cut.lock);
	while ((im = cut.images) != NULL) {
		if (im->open != 0)
			fatal("cutvfs: %s is still open", im->path);
		image_survive(im, seed != 0 ? &seed : NULL);
		cut.images = im->next;
		free(im->path);
		free(im->bytes);
		free(im->dirty);
		free(im);
	}
	cut.off = cut.fail_sync = false;
	cut.failing = NULL;
	cut.countdown = 0;
	cut.space = 0;
	pthread_mutex_unlock(&cut.lock);
}

void
cutvfs_space(int64_t bytes)
{
	pthread_mutex_lock(&cut.lock);
	cut.space = bytes;
	pthread_mutex_unlock(&cut.lock);
}

int64_t
cutvfs_used(void)
{
	int64_t n;

	pthread_mutex_lock(&cut.lock);
	n = used();
	pthread_mutex_unlock(&cut.lock);
	return n;
}

void
cutvfs_fail_sync(bool on)
{
	pthread_mutex_lock(&cut.lock);
	cut.fail_sync = on;
	pthread_mutex_unlock(&cut.lock);
}

void
cutvfs_fail_sync_of(const char *name)
{
	pthread_mutex_lock(&cut.lock);
	cut.failing = name;
	pthread_mutex_unlock(&cut.lock);
}
