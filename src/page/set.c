/* page/set.c - a set of compiled pages: built-in templates, those of the operator's folder in their place. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "page/page_int.h"

#define SET_MEM_MAX (16 * 1024 * 1024)

static struct page_set *
set_new(void)
{
	struct page_set *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	arena_init(&p->mem, SET_MEM_MAX);
	for (int id = 0; id < T_COUNT; id++) {
		p->source[id] = template_builtin((enum template_id)id);
		p->shown[id] = arena_printf(&p->mem, "%s.html", template_names[id]);
	}
	return p;
}

/* Compiles all, or frees p. */
static struct page_set *
set_finish(struct page_set *p, const struct page_own *own, size_t n_own, struct arena *mem, struct str *why)
{
	bool ok = languages_make(p, own, n_own, mem);

	if (!ok)
		*why = SAY("out of memory");
	for (int kind = 0; ok && kind < PAGE_KIND_COUNT; kind++)
		ok = page_compile(p, (enum page_kind)kind, mem, why);
	ok = ok && mails_compile(p, mem, why);
	if (ok)
		return p;
	page_set_free(p);
	return NULL;
}

static bool
file_named(struct str file, enum template_id *id)
{
	return str_ends(file, S(".html")) && template_named(str_sub(file, 0, file.n - 5), id);
}

/* The whole of an open file, at most max bytes and one more, which tells that it is too large. */
static bool
fd_read(int fd, struct arena *mem, size_t max, struct str *out)
{
	char *p = arena_alloc(mem, max + 1);
	size_t n = 0;

	while (p != NULL && n < max + 1) {
		ssize_t got = read(fd, p + n, max + 1 - n);

		if (got == 0)
			break;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return false;
		n += (size_t)got;
	}
	*out = arena_dup(mem, str_span(p, n));
	return p != NULL && str_given(*out);
}

static bool
file_read(int dir, const char *name, struct str *out, struct arena *mem)
{
	struct arena room;
	struct str text;
	struct stat st;
	bool ok = false;
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return false;
	arena_init(&room, 4 * TEMPLATE_SIZE_MAX);
	if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
	else if (fd_read(fd, &room, TEMPLATE_SIZE_MAX, &text)) {
		*out = arena_dup(mem, text);
		ok = str_given(*out);
	}
	arena_free(&room);
	close(fd);
	return ok;
}

static struct str
all_names(struct arena *mem)
{
	struct buf b;

	buf_init(&b, mem, 8 * 1024);
	for (int id = 0; id < T_COUNT; id++) {
		if (id > 0)
			buf_put(&b, S(", "));
		buf_put(&b, str_of(template_names[id]));
	}
	return buf_str(&b);
}

/* One entry of the folder: a template takes the built-in one's place, other files are none of ours. */
static bool
entry_take(struct page_set *p, struct str folder, int dir, const char *name, struct arena *mem, struct str *why)
{
	enum template_id id;

	if (name[0] == '.' || !str_ends(str_of(name), S(".html")))
		return true;
	if (!file_named(str_of(name), &id)) {
		*why = arena_say(mem, "%.*s/%s:1: no page has this name; there are %.*s", STR_ARG(folder), name,
		    STR_ARG(all_names(mem)));
		return false;
	}
	p->shown[id] = arena_printf(&p->mem, "%.*s/%s", STR_ARG(folder), name);
	if (file_read(dir, name, &p->source[id], &p->mem))
		return true;
	*why = arena_say(mem, "%.*s/%s:1: cannot be read: %s", STR_ARG(folder), name, say_errno(errno));
	return false;
}

static bool
folder_take(struct page_set *p, struct str folder, struct arena *mem, struct str *why)
{
	char *path = arena_z(mem, folder);
	DIR *d = path ? opendir(path) : NULL;
	struct dirent *e;
	bool ok = true;

	if (d == NULL) {
		*why = arena_say(mem, "%.*s: the template folder cannot be opened: %s", STR_ARG(folder), path ? say_errno(errno) : say("no usable path"));
		return false;
	}
	while (ok && (e = readdir(d)) != NULL)
		ok = entry_take(p, folder, dirfd(d), e->d_name, mem, why);
	closedir(d);
	return ok;
}

struct page_set *
page_set_load(struct str template_dir, const struct page_own *own, size_t n_own, struct arena *mem, struct str *why)
{
	struct page_set *p = set_new();

	if (p == NULL)
		return *why = SAY("out of memory"), NULL;
	if (!str_empty(template_dir) && !folder_take(p, template_dir, mem, why)) {
		page_set_free(p);
		return NULL;
	}
	return set_finish(p, own, n_own, mem, why);
}

struct page_set *
page_set_with(struct str file, struct str text, struct arena *mem, struct str *why)
{
	struct page_set *p = set_new();
	enum template_id id;

	if (p == NULL)
		return *why = SAY("out of memory"), NULL;
	if (!file_named(file, &id)) {
		*why = arena_say(mem, "%.*s:1: no page has this name", STR_ARG(file));
		page_set_free(p);
		return NULL;
	}
	/* One byte more than allowed is enough to be refused for its size. */
	p->source[id] = arena_dup(&p->mem, str_sub(text, 0, TEMPLATE_SIZE_MAX + 1));
	return set_finish(p, NULL, 0, mem, why);
}

void
page_set_free(struct page_set *p)
{
	if (p == NULL)
		return;
	arena_free(&p->mem);
	free(p);
}
