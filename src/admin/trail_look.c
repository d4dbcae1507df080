/* admin/trail_look.c - how an audit file begins and ends, and where its chain has come to. */
#include "admin/trail.h"

#include <sys/stat.h>
#include <unistd.h>

/* Up to a line's length of the file from `at`; in mem. */
static struct str
piece_read(struct arena *mem, int fd, int64_t at, int64_t n)
{
	char *p = arena_alloc(mem, (size_t)n + 1);
	ssize_t got = p != NULL ? pread(fd, p, (size_t)n, (off_t)at) : -1;

	return got == n ? str_span(p, (size_t)n) : STR_ABSENT;
}

/* tail ends with the last line that has an end, without that. */
static bool
end_look(struct str tail, struct trail_found *f)
{
	struct str last = str_from(tail, (size_t)(str_rindex(tail, '\n') + 1));
	struct trail_line l;

	if (!trail_line_read(last, &l))
		return false;
	f->link.seq = l.seq + 1;
	trail_digest(last, f->link.digest);
	f->head = l.head ? last : STR_ABSENT;
	f->last_s = trail_line_time(last);
	return true;
}

static bool
beginning_look(struct str front, struct trail_found *f)
{
	struct trail_line l;

	if (!trail_line_read(str_cut(&front, '\n'), &l))
		return false;
	f->first = f->begin.seq = l.seq;
	memcpy(f->begin.digest, l.prev.p, TRAIL_DIGEST);
	return true;
}

bool
trail_look(struct arena *mem, int fd, struct trail_found *f)
{
	struct stat st;
	int64_t n;
	struct str tail, front;
	ptrdiff_t end;

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
	return end_look(str_sub(tail, 0, (size_t)end), f) && beginning_look(front, f);
}
