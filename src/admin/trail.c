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
	struct trail_targets also;
	struct str head;                /* the newest line that is one; owned */
	bool moved;                     /* the file before is not here any more, and the next line tells */
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
	targets_begin(&t->also);
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

static void
link_put(struct buf *b, struct trail_link *l, struct str object)
{
	size_t at = b->n;

	trail_line_put(b, object, l->seq, str_of(l->digest));
	if (b->full)
		return;
	trail_digest(str_from(buf_str(b), at), l->digest);
	buf_putc(b, '\n');
	l->seq++;
}

/* A line about the file itself, which the log has too: a number, or where the chain before it has gone. */
static struct str
own_line(struct arena *mem, enum event e, const char *member, int64_t n, const struct trail_link *before)
{
	struct buf line;

	buf_init(&line, mem, 1024);
	log_stamp(&line);
	jm_str(&line, S("level"), S("record"));
	jm_str(&line, S("event"), event_name(e));
	if (member != NULL)
		jm_int(&line, str_of(member), n);
	if (before != NULL) {
		jm_int(&line, S("last"), before->seq - 1);
		jm_str(&line, S("digest"), str_of(before->digest));
	}
	jw_close(&line, '}');
	return buf_str(&line);
}

/* What the file says of itself before the next lines. */
static void
own_lines(struct trail *t, struct arena *mem, struct buf *b, struct trail_link *l)
{
	const struct trail_link before = *l;

	if (t->moved)
		link_put(b, l, own_line(mem, EV_audit_moved, NULL, 0, &before));
	if (t->cut > 0)
		link_put(b, l, own_line(mem, EV_audit_cut, "bytes", t->cut, NULL));
	if (t->lost > 0)
		link_put(b, l, own_line(mem, EV_audit_again, "lost", t->lost, NULL));
}

static bool
lines_write(struct trail *t, struct arena *mem, struct str lines)
{
	struct trail_link l = { .seq = t->seq };            /* kept when the lines are written */
	struct buf b;
	int64_t n = 0;

	memcpy(l.digest, t->digest, sizeof l.digest);
	buf_init(&b, mem, OUT_MAX);
	own_lines(t, mem, &b, &l);
	for (struct str line; str_given(lines) && (line = str_cut(&lines, '\n')).p; n++)
		link_put(&b, &l, line);
	if (!write_whole(t, &b)) {
		t->lost += n;
		t->also.lost[TARGET_FILE] += n;
		return false;
	}
	targets_put(&t->also, buf_str(&b));
	if (t->first == 0) {
		t->first = t->seq;
		t->begun_s = clock_now_s();
	}
	t->unsigned_lines += l.seq - t->seq;
	t->seq = l.seq;
	memcpy(t->digest, l.digest, sizeof t->digest);
	if (t->lost > 0)
		log_line(own_line(mem, EV_audit_again, "lost", t->lost, NULL));
	t->lost = t->cut = 0;
	t->moved = false;
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

/* The line with what it is linked by; what cannot be kept is not published. */
static void
head_keep(struct trail *t, struct str line)
{
	char *copy = strndup(line.p, line.n);

	if (copy == NULL)
		return;
	free((void *)(uintptr_t)t->head.p);
	t->head = (struct str){ copy, line.n };
}

/* Own lines stand before the head, so that what it signs is what it follows. */
static bool
owes_lines(const struct trail *t)
{
	return t->moved || t->cut > 0 || t->lost > 0;
}

/* What is signed: RFC 7515. The log tells of it too, so that whoever collects it can compare. */
static bool
head_write(struct trail *t, struct arena *mem)
{
	static const struct jwt_form form = { .typ = { TRAIL_HEAD_TYPE, sizeof TRAIL_HEAD_TYPE - 1 }, .with_kid = true };
	struct buf claims, line, linked;
	struct record r;
	struct str jws;

	if (t->fd < 0 || (t->unsigned_lines == 0 && !owes_lines(t)))
		return true;
	if (owes_lines(t) && !lines_write(t, mem, STR_ABSENT)) {
		tell_lost(t);
		return false;
	}
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
	buf_init(&linked, mem, 4096);
	trail_line_put(&linked, buf_str(&line), t->seq, str_of(t->digest));
	if (!lines_write(t, mem, buf_str(&line))) {
		tell_lost(t);
		return false;
	}
	head_keep(t, buf_str(&linked));
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

/* The chain of an empty file goes on from the last rotated one. */
static bool
former_look(struct arena *mem, struct str file, struct trail_found *f, struct str *why)
{
	struct str *names = arena_array(mem, struct str, TRAIL_FILES_MAX);
	struct trail_found last = { 0 };
	size_t n;
	int fd;
	bool ok;

	if (names == NULL || !trail_rotated(mem, file, names, &n, why))
		return false;
	if (n == 0)
		return true;
	fd = open(arena_z(mem, names[n - 1]), O_RDONLY | O_CLOEXEC);
	ok = fd >= 0 && trail_look(mem, fd, &last) && last.link.seq > 0;
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
	struct trail_found f = { 0 };
	struct stat st;

	if (!trail_look(mem, fd, &f)) {
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
	t->moved = t->fd >= 0 && f.link.seq == 0 && t->seq > 1;
	if (t->fd >= 0)
		close(t->fd);
	t->fd = fd;
	if (f.head.n > 0)
		head_keep(t, f.head);
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
	t->r.syslog = t->r.journald = STR_ABSENT;       /* the targets keep them */
	targets_set(&t->also, TARGET_SYSLOG, r->syslog);
	targets_set(&t->also, TARGET_JOURNALD, r->journald);
	targets_set(&t->also, TARGET_STDOUT, r->standard_output ? S("-") : STR_ABSENT);
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
	t->also.lost[TARGET_FILE] += lines_count(lines);
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

/* Where the file that is written begins. */
static bool
beginning_of(struct trail *t, struct arena *mem, struct trail_link *begin)
{
	struct trail_found f = { 0 };

	if (!trail_look(mem, t->fd, &f))
		return false;
	*begin = f.begin;
	if (f.first == 0) {
		begin->seq = t->seq;
		memcpy(begin->digest, t->digest, sizeof begin->digest);
	}
	return true;
}

/* A3: what is to go stands in the chain, and a head has signed it, before it goes. */
static void
retain(struct trail *t, struct arena *mem)
{
	struct trail_link begin;
	struct trail_gone gone;
	struct str line;
	size_t i = 0;

	if ((t->r.keep_s == 0 && t->r.keep_size == 0) || !beginning_of(t, mem, &begin)
	    || !trail_expired(mem, &t->r, &begin, t->size, &gone))
		return;
	line = own_line(mem, EV_audit_expired, "files", (int64_t)gone.n, &gone.next);
	if (!lines_write(t, mem, line)) {
		tell_lost(t);
		return;
	}
	log_line(line);
	if (!head_write(t, mem))
		return;
	while (i < gone.n && unlink(arena_z(mem, gone.names[i])) == 0)
		i++;
	if (i < gone.n)
		log_error("%.*s: the audit file cannot be removed: %s", STR_ARG(gone.names[i]), say_errno(errno));
	(void)directory_sync(mem, t->r.file);
}

struct str
trail_head(struct trail *t, struct arena *mem)
{
	struct str head;

	pthread_mutex_lock(&t->lock);
	head = t->head.n > 0 ? ARENA_CAT(mem, t->head, S("\n")) : STR_ABSENT;
	pthread_mutex_unlock(&t->lock);
	return head;
}

const _Atomic int64_t *
trail_lost(const struct trail *t)
{
	return t->also.lost;
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
	targets_end(&t->also);
	free((void *)(uintptr_t)t->r.file.p);
	free((void *)(uintptr_t)t->head.p);
	free(t);
}
