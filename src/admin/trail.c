/* admin/trail.c - the audit file is written: chained, signed, rotated, and gone on with after a restart. */
#include "admin/trail.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define RETENTION_EVERY_MS 3600000
#define SHARED_TRIES 1000               /* milliseconds for the lines of the other process */
#define SCRATCH_MAX (4 * 1024 * 1024)
#define OUT_MAX (2 * TRAIL_LINE_MAX)    /* a batch of the log is smaller, so is the longest record */

struct trail {
	pthread_mutex_t lock;
	struct key *key;
	struct trail_rules r;           /* r.file: owned */
	int fd;                         /* -1: none */
	int64_t seq;                    /* of the next line */
	int64_t first;                  /* of this file; 0: it is empty */
	int64_t size;
	int64_t begun_s;                /* when its first line was written; of one that was found, its last */
	char digest[TRAIL_DIGEST + 1];
	int64_t unsigned_lines, lost, cut;
	struct clock_due sign_due, keep_due;
	bool shared;                    /* trail_share: fd is -1 between two batches */
	_Atomic int64_t told;           /* when it was said that lines cannot be written */
};

struct trail *
trail_new(const uint8_t kek[32])
{
	struct trail *t = calloc(1, sizeof *t);

	if (t == NULL)
		return NULL;
	pthread_mutex_init(&t->lock, NULL);
	t->fd = -1;
	t->seq = 1;
	clock_due_begin(&t->sign_due);
	memset(t->digest, 'A', TRAIL_DIGEST);   /* before the first line: nothing but zeros */
	t->key = trail_key(kek);
	if (t->key == NULL) {
		free(t);
		return NULL;
	}
	return t;
}

/* --- writing: all of it under the lock --------------------------------------------------------- */

/* A1: lines of b are there as a whole, or not at all. */
static bool
write_whole(struct trail *t, const struct buf *b)
{
	if (!b->full && file_write_all(t->fd, b->p, b->n)) {
		t->size += (int64_t)b->n;
		return true;
	}
	if (ftruncate(t->fd, t->size) == 0)
		(void)lseek(t->fd, 0, SEEK_END);
	return false;
}

/* What a chain has come to; taken back when the lines cannot be written. */
struct link { int64_t seq; char digest[TRAIL_DIGEST + 1]; };

static void
link_put(struct buf *b, struct link *l, struct str object)
{
	size_t at = b->n;

	trail_line_put(b, object, l->seq, str_of(l->digest));
	if (b->full)
		return;
	trail_digest(str_from(buf_str(b), at), l->digest);
	buf_putc(b, '\n');
	l->seq++;
}

/* A line about the file itself, which the log has too. */
static struct str
own_line(struct arena *mem, enum event e, const char *member, int64_t n)
{
	struct buf line;

	buf_init(&line, mem, 1024);
	log_stamp(&line);
	jm_str(&line, S("level"), S("record"));
	jm_str(&line, S("event"), event_name(e));
	jm_int(&line, str_of(member), n);
	jw_close(&line, '}');
	return buf_str(&line);
}

static bool
lines_write(struct trail *t, struct arena *mem, struct str lines)
{
	struct link l = { .seq = t->seq };
	struct buf b;
	int64_t n = 0;

	memcpy(l.digest, t->digest, sizeof l.digest);
	buf_init(&b, mem, OUT_MAX);
	if (t->cut > 0)
		link_put(&b, &l, own_line(mem, EV_audit_cut, "bytes", t->cut));
	if (t->lost > 0)
		link_put(&b, &l, own_line(mem, EV_audit_again, "lost", t->lost));
	for (struct str line; str_given(lines) && (line = str_cut(&lines, '\n')).p; n++)
		link_put(&b, &l, line);
	if (!write_whole(t, &b)) {
		t->lost += n;
		return false;
	}
	if (t->first == 0) {
		t->first = t->seq;
		t->begun_s = clock_now_s();
	}
	t->unsigned_lines += l.seq - t->seq;
	t->seq = l.seq;
	memcpy(t->digest, l.digest, sizeof t->digest);
	if (t->lost > 0)
		log_line(own_line(mem, EV_audit_again, "lost", t->lost));
	t->lost = t->cut = 0;
	return true;
}

static void
tell_lost(struct trail *t)
{
	int error = errno;
	struct record r;

	if (!log_is_due(&t->told, 60))
		return;
	log_error("%.*s: the audit file cannot be written: %s; its lines are in the log alone, and counted",
	    STR_ARG(t->r.file), say_errno(error));
	record_begin(&r, EV_audit_failed);
	record_text(&r, "file", t->r.file);
	record_text(&r, "why", str_of(say_errno(error)));
	record_end_logged(&r);
}

/* What is signed: RFC 7515. The log tells of it too, so that whoever collects it can compare. */
static bool
head_write(struct trail *t, struct arena *mem)
{
	static const struct jwt_form form = { .typ = { TRAIL_HEAD_TYPE, sizeof TRAIL_HEAD_TYPE - 1 }, .with_kid = true };
	struct buf claims, line;
	struct record r;
	struct str jws;

	if (t->fd < 0 || t->unsigned_lines == 0)
		return true;
	buf_init(&claims, mem, 1024);
	jw_open(&claims, '{');
	jm_int(&claims, S("first"), t->first > 0 ? t->first : t->seq);
	jm_int(&claims, S("seq"), t->seq);
	jm_str(&claims, S("prev"), str_of(t->digest));
	jm_int(&claims, S("iat"), clock_now_s());
	jw_close(&claims, '}');
	buf_init(&line, mem, 4096);
	if (!jwt_sign(mem, t->key, &form, buf_str(&claims), &jws))
		return false;
	log_stamp(&line);
	jm_str(&line, S("level"), S("head"));
	jm_str(&line, S("jws"), jws);
	jw_close(&line, '}');
	if (!lines_write(t, mem, buf_str(&line))) {
		tell_lost(t);
		return false;
	}
	t->unsigned_lines = 0;
	(void)fdatasync(t->fd);
	record_begin(&r, EV_audit_head);
	record_int(&r, "seq", t->seq - 1);
	record_text(&r, "digest", str_of(t->digest));
	record_end_logged(&r);
	return true;
}

/* --- files -------------------------------------------------------------------------------------- */

/* The directory for it alone, when there is none. */
static bool
file_lock(int fd, bool shared)
{
	for (int i = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; i++) {
		if (!shared || i == SHARED_TRIES)
			return false;
		usleep(1000);
	}
	return true;
}

static int
file_open(const struct trail *t, struct arena *mem, struct str file, struct str *why)
{
	ptrdiff_t slash = str_rindex(file, '/');
	char *path = arena_z(mem, file), *dir = slash > 0 ? arena_z(mem, str_sub(file, 0, (size_t)slash)) : NULL;
	int fd;

	if (dir != NULL && mkdir(dir, 0700) != 0 && errno != EEXIST) {
		*why = arena_printf(mem, "%s: %s", dir, say_errno(errno));
		return -1;
	}
	fd = path != NULL ? open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
	if (fd >= 0 && file_lock(fd, t->shared))
		return fd;
	*why = fd >= 0 ? arena_say(mem, "%.*s: another process writes this audit file", STR_ARG(file))
	    : arena_printf(mem, "%.*s: %s", STR_ARG(file), say_errno(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Up to a line's length of the file from `at`; in mem. */
static struct str
piece_read(struct arena *mem, int fd, int64_t at, int64_t n)
{
	char *p = arena_alloc(mem, (size_t)n + 1);
	ssize_t got = p != NULL ? pread(fd, p, (size_t)n, (off_t)at) : -1;

	return got == n ? str_span(p, (size_t)n) : STR_ABSENT;
}

/* Where a file ends and how its chain stands; cut: bytes of a last line that has no end. */
struct found { struct link link; int64_t first, size, cut; };

static bool
file_look(struct arena *mem, int fd, struct found *f)
{
	struct stat st;
	int64_t n;
	struct str tail, front;
	ptrdiff_t end, before;
	struct trail_line l;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return false;
	f->size = st.st_size;
	if (f->size == 0)
		return true;
	n = f->size < TRAIL_LINE_MAX ? f->size : TRAIL_LINE_MAX;
	tail = piece_read(mem, fd, f->size - n, n);
	front = piece_read(mem, fd, 0, n);
	if (!str_given(tail) || !str_given(front))
		return false;
	end = str_rindex(tail, '\n');
	f->cut = n - 1 - end;
	if (end < 0)                            /* the first line of all, half of it */
		return f->size < TRAIL_LINE_MAX && str_starts(front, S("{\"ts\":\""));
	tail = str_sub(tail, 0, (size_t)end);
	before = str_rindex(tail, '\n');
	tail = str_from(tail, (size_t)(before + 1));
	if (!trail_line_read(tail, &l))
		return false;
	f->link.seq = l.seq + 1;
	trail_digest(tail, f->link.digest);
	if (!trail_line_read(str_cut(&front, '\n'), &l))
		return false;
	f->first = l.seq;
	return true;
}

/* The chain of an empty file goes on from the last rotated one. */
static bool
former_look(struct arena *mem, struct str file, struct found *f, struct str *why)
{
	struct str *names = arena_array(mem, struct str, TRAIL_FILES_MAX);
	struct found last = { 0 };
	size_t n;
	int fd;
	bool ok;

	if (names == NULL || !trail_rotated(mem, file, names, &n, why))
		return false;
	if (n == 0)
		return true;
	fd = open(arena_z(mem, names[n - 1]), O_RDONLY | O_CLOEXEC);
	ok = fd >= 0 && file_look(mem, fd, &last) && last.link.seq > 0;
	if (fd >= 0)
		close(fd);
	if (!ok)
		*why = arena_say(mem, "%.*s: this is no audit file that could be gone on with; move it away", STR_ARG(names[n - 1]));
	f->link = last.link;
	return ok;
}

static bool
take_file(struct trail *t, struct arena *mem, struct str file, int fd, struct str *why)
{
	struct found f = { 0 };
	struct stat st;

	if (!file_look(mem, fd, &f)) {
		*why = arena_say(mem, "%.*s: this is no audit file that could be gone on with; move it away", STR_ARG(file));
		return false;
	}
	if (f.link.seq == 0 && t->fd < 0 && (t->seq == 1 || t->shared) && !former_look(mem, file, &f, why))
		return false;
	if (f.cut > 0 && ftruncate(fd, f.size - f.cut) != 0) {
		*why = arena_printf(mem, "%.*s: %s", STR_ARG(file), say_errno(errno));
		return false;
	}
	(void)head_write(t, mem);               /* of the file that is left */
	if (t->fd >= 0)
		close(t->fd);
	t->fd = fd;
	if (f.link.seq > 0) {
		t->seq = f.link.seq;
		memcpy(t->digest, f.link.digest, sizeof t->digest);
	}
	t->first = f.first;
	t->size = f.size - f.cut;
	t->cut = f.cut;
	t->begun_s = fstat(fd, &st) == 0 ? st.st_mtime : clock_now_s();
	t->unsigned_lines = f.first > 0 ? 1 : 0;        /* a crash may have left some */
	return true;
}

static bool
is_same(const struct trail *t, struct arena *mem, struct str file)
{
	struct stat open_one, named;
	char *path = arena_z(mem, file);

	return t->fd >= 0 && path != NULL && fstat(t->fd, &open_one) == 0 && stat(path, &named) == 0
	    && open_one.st_dev == named.st_dev && open_one.st_ino == named.st_ino;
}

static void
file_leave(struct trail *t, struct arena *mem)
{
	(void)head_write(t, mem);
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

static bool
rules_take(struct trail *t, const struct trail_rules *r, struct arena *mem, struct str *why)
{
	char *copy = strndup(r->file.p != NULL ? r->file.p : "", r->file.n);
	int fd;
	bool ok = copy != NULL;

	if (!ok)
		*why = SAY("memory is exhausted");
	else if (str_empty(r->file))
		file_leave(t, mem);
	else if (!is_same(t, mem, r->file)) {
		fd = file_open(t, mem, r->file, why);
		ok = fd >= 0 && take_file(t, mem, r->file, fd, why);
		if (!ok && fd >= 0)
			close(fd);
	}
	if (!ok) {
		free(copy);
		return false;
	}
	free((void *)(uintptr_t)t->r.file.p);
	t->r = *r;
	t->r.file = str_of(copy);
	return true;
}

/* Until the next lines; the other process may write before them. */
static void
file_pause(struct trail *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

bool
trail_change(struct trail *t, const struct trail_rules *r, struct arena *mem, struct str *why)
{
	struct arena scratch;
	struct str said = STR_ABSENT;
	bool ok;

	arena_init(&scratch, 2 * SCRATCH_MAX);
	pthread_mutex_lock(&t->lock);
	ok = rules_take(t, r, &scratch, &said);
	if (t->shared)
		file_pause(t);
	pthread_mutex_unlock(&t->lock);
	if (!ok)
		*why = arena_dup(mem, said);
	arena_free(&scratch);
	return ok;
}

/* Another file takes the name; when that cannot be, this one goes on. */
static void
rotate(struct trail *t, struct arena *mem)
{
	struct str name = trail_rotated_name(mem, t->r.file, t->first), why = STR_ABSENT;
	char *from = arena_z(mem, t->r.file), *to = arena_z(mem, name);
	int fd;

	if (t->first == 0 || from == NULL || to == NULL || !is_same(t, mem, t->r.file) || !head_write(t, mem))
		return;
	if (access(to, F_OK) == 0 || rename(from, to) != 0) {
		if (log_is_due(&t->told, 60))
			log_error("%s: the audit file cannot be rotated: %s", from, say_errno(errno));
		return;
	}
	fd = file_open(t, mem, t->r.file, &why);
	if (fd < 0) {
		log_error("%.*s", STR_ARG(why));
		(void)rename(to, from);
		return;
	}
	(void)directory_sync(mem, t->r.file);
	close(t->fd);
	t->fd = fd;
	t->first = t->size = 0;
	t->keep_due = (struct clock_due){ 0 };
}

static int64_t
lines_count(struct str lines)
{
	int64_t n = 0;

	for (struct str line; str_given(lines) && (line = str_cut(&lines, '\n')).p; )
		n++;
	return n;
}

/* Opened, gone on with, and left to the other. */
static void
shared_put(struct trail *t, struct arena *mem, struct str lines)
{
	struct str why = STR_ABSENT;
	int fd = file_open(t, mem, t->r.file, &why);

	if (fd >= 0 && take_file(t, mem, t->r.file, fd, &why)) {
		if (!lines_write(t, mem, lines))
			tell_lost(t);
		file_pause(t);
		return;
	}
	if (fd >= 0)
		close(fd);
	t->lost += lines_count(lines);
	tell_lost(t);
}

void
trail_share(struct trail *t, bool on)
{
	struct arena mem;
	struct str why = STR_ABSENT;
	int fd;

	arena_init(&mem, 2 * SCRATCH_MAX);
	pthread_mutex_lock(&t->lock);
	t->shared = on;
	if (on)
		file_pause(t);
	else if (t->fd < 0 && str_given(t->r.file) && t->r.file.n > 0) {
		fd = file_open(t, &mem, t->r.file, &why);
		if (fd < 0 || !take_file(t, &mem, t->r.file, fd, &why)) {
			log_error("%.*s", STR_ARG(why));
			if (fd >= 0)
				close(fd);
		}
	}
	pthread_mutex_unlock(&t->lock);
	arena_free(&mem);
}

void
trail_put(void *trail, struct str lines)
{
	struct trail *t = trail;
	struct arena mem;

	pthread_mutex_lock(&t->lock);
	if (t->shared && t->r.file.n > 0) {
		arena_init(&mem, 2 * SCRATCH_MAX);
		shared_put(t, &mem, lines);
		arena_free(&mem);
	} else if (t->fd >= 0) {
		arena_init(&mem, 2 * SCRATCH_MAX);
		if (t->r.size_max > 0 && t->size + (int64_t)lines.n > t->r.size_max)
			rotate(t, &mem);
		if (!lines_write(t, &mem, lines))
			tell_lost(t);
		arena_free(&mem);
	}
	pthread_mutex_unlock(&t->lock);
}

static void
retain(struct trail *t, struct arena *mem)
{
	struct str *names = arena_array(mem, struct str, TRAIL_FILES_MAX), why = STR_ABSENT;
	struct stat st;
	size_t n = 0;
	int64_t gone = 0;

	if (names == NULL || t->r.keep_s == 0 || !trail_rotated(mem, t->r.file, names, &n, &why))
		return;
	for (size_t i = 0; i < n; i++) {
		char *path = arena_z(mem, names[i]);

		if (path == NULL || stat(path, &st) != 0 || st.st_mtime >= clock_now_s() - t->r.keep_s)
			break;                  /* the oldest first, and none out of the middle */
		if (unlink(path) == 0)
			gone++;
	}
	if (gone > 0 && !lines_write(t, mem, own_line(mem, EV_audit_expired, "files", gone)))
		tell_lost(t);
}

static bool
is_of_another_period(const struct trail *t)
{
	return t->r.every_s > 0 && t->first > 0 && t->begun_s / t->r.every_s != clock_now_s() / t->r.every_s;
}

void
trail_tick(struct trail *t)
{
	struct arena mem;

	arena_init(&mem, SCRATCH_MAX);
	pthread_mutex_lock(&t->lock);
	if (t->fd >= 0) {
		if (is_of_another_period(t))
			rotate(t, &mem);
		if (clock_is_due(&t->sign_due, t->r.sign_s * 1000))
			(void)head_write(t, &mem);
		if (clock_is_due(&t->keep_due, RETENTION_EVERY_MS))
			retain(t, &mem);
	}
	pthread_mutex_unlock(&t->lock);
	arena_free(&mem);
}

void
trail_free(struct trail *t)
{
	struct arena mem;

	if (t == NULL)
		return;
	arena_init(&mem, SCRATCH_MAX);
	file_leave(t, &mem);
	arena_free(&mem);
	key_free(t->key);
	free((void *)(uintptr_t)t->r.file.p);
	free(t);
}
