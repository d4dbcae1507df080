/* admin/trail_keep.c - which rotated files may go: the oldest, whole, and only where the next goes on from them. */
#include "admin/trail.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCRATCH_MAX (4 * 1024 * 1024)

static bool
look_at(struct str name, struct trail_found *f)
{
	struct arena mem;
	char *path;
	int fd;
	bool ok;

	arena_init(&mem, SCRATCH_MAX);
	path = arena_z(&mem, name);
	fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	*f = (struct trail_found){ 0 };
	ok = fd >= 0 && trail_look(&mem, fd, f) && f->first > 0 && f->cut == 0;
	if (fd >= 0)
		close(fd);
	arena_free(&mem);
	return ok;
}

static int64_t
size_of(struct arena *mem, struct str name)
{
	char *path = arena_z(mem, name);
	struct stat st;

	return path != NULL && stat(path, &st) == 0 ? st.st_size : 0;
}

static bool
goes_on(const struct trail_link *from, const struct trail_link *to)
{
	return from->seq == to->seq && strcmp(from->digest, to->digest) == 0;
}

/* By hand something was taken out or put in: what is left is evidence. */
static void
tell_kept(struct str name)
{
	static _Atomic int64_t told;

	if (log_is_due(&told, 86400))
		log_warn("%.*s: kept beyond audit.keep: the next audit file does not go on from it; hufu audit verify says more",
		    STR_ARG(name));
}

bool
trail_expired(struct arena *mem, const struct trail_rules *r, const struct trail_link *begin, int64_t size,
    struct trail_gone *out)
{
	struct str why = STR_ABSENT;
	struct trail_found f, next = { 0 };
	size_t n;

	*out = (struct trail_gone){ .names = arena_array(mem, struct str, TRAIL_FILES_MAX) };
	if (out->names == NULL || !trail_rotated(mem, r->file, out->names, &n, &why))
		return false;
	for (size_t i = 0; i < n; i++)
		size += size_of(mem, out->names[i]);
	for (size_t i = 0; i < n; i++, out->n++) {
		bool known = i > 0 ? (f = next, true) : look_at(out->names[i], &f);

		if (!known || ((r->keep_s == 0 || f.last_s >= clock_now_s() - r->keep_s)
		    && (r->keep_size == 0 || size <= r->keep_size)))
			break;
		if ((i + 1 < n && !look_at(out->names[i + 1], &next))
		    || !goes_on(&f.link, i + 1 < n ? &next.begin : begin)) {
			tell_kept(out->names[i]);
			break;
		}
		size -= f.size;
		out->next = f.link;
	}
	return out->n > 0;
}
