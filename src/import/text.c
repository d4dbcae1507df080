/*
 * import/text.c - a file that somebody exported, as UTF-8: byte order marks, other character sets
 * by iconv, no silent damage.
 */
#include <errno.h>
#include <iconv.h>

#include "import/source.h"

#define FILE_BYTES_MAX (512l * 1024 * 1024)

struct piece { char *p; size_t n; };            /* on the heap */

static bool
file_read(FILE *f, struct piece *out)
{
	long size;

	if (fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0 || size > FILE_BYTES_MAX)
		return false;
	if (fseek(f, 0, SEEK_SET) != 0 || (out->p = malloc((size_t)size + 1)) == NULL)
		return false;
	out->n = fread(out->p, 1, (size_t)size, f);
	return out->n == (size_t)size;
}

/* The character set that a mark at the beginning tells, and how long the mark is. */
static struct str
marked(struct str bytes, size_t *mark)
{
	static const struct { struct str mark; const char *charset; } marks[] = {
		{ S("\xef\xbb\xbf"), "UTF-8" }, { S("\xff\xfe\0\0"), "UTF-32LE" }, { S("\xff\xfe"), "UTF-16LE" },
		{ S("\xfe\xff"), "UTF-16BE" }, { S("\0\0\xfe\xff"), "UTF-32BE" },
	};

	for (size_t i = 0; i < COUNT(marks); i++) {
		if (str_starts(bytes, marks[i].mark)) {
			*mark = marks[i].mark.n;
			return str_of(marks[i].charset);
		}
	}
	*mark = 0;
	return STR_ABSENT;
}

/* Lines that end before this byte, counted from 1. */
static size_t
line_at(struct str text, size_t at)
{
	size_t line = 1;

	for (size_t i = 0; i < at && i < text.n; i++)
		line += text.p[i] == '\n';
	return line;
}

static bool
grow(struct piece *out, size_t *room)
{
	size_t more = *room * 2;
	char *p = more <= 2 * (size_t)FILE_BYTES_MAX ? realloc(out->p, more + 1) : NULL;

	if (p != NULL) {
		out->p = p;
		*room = more;
	}
	return p != NULL;
}

/* False: what cannot be said in UTF-8 begins at *at of the bytes, or (at their end) memory is exhausted. */
static bool
converted(iconv_t how, struct str bytes, struct piece *out, size_t *at)
{
	size_t room = bytes.n + bytes.n / 2 + 64, left = bytes.n;
	char *from = (char *)(uintptr_t)bytes.p;
	bool ok = (out->p = malloc(room + 1)) != NULL;

	while (ok && left > 0) {
		char *to = out->p + out->n;
		size_t space = room - out->n, r = iconv(how, &from, &left, &to, &space);

		out->n = (size_t)(to - out->p);
		if (r == (size_t)-1)
			ok = errno == E2BIG && grow(out, &room);
	}
	if (ok) {                               /* what the character set still holds back */
		char *to = out->p + out->n;
		size_t space = room - out->n;

		ok = iconv(how, NULL, NULL, &to, &space) != (size_t)-1;
		out->n = (size_t)(to - out->p);
	}
	*at = bytes.n - left;
	return ok;
}

/* In another character set: takes *text and gives a new one. */
static bool
convert(struct arena *mem, struct str path, struct str charset, struct piece *text, size_t mark,
    struct str *why)
{
	struct piece out = { NULL, 0 };
	iconv_t how = iconv_open("UTF-8", arena_z(mem, charset));
	size_t at = 0;
	bool ok;

	if (how == (iconv_t)-1) {
		*why = arena_say(mem, "the character set \"%.*s\" is not known here: iconv -l lists those that are "
		    "(more: package libc-gconv-modules-extra)", STR_ARG(charset));
		return false;
	}
	ok = converted(how, str_span(text->p + mark, text->n - mark), &out, &at);
	iconv_close(how);
	if (!ok)
		*why = arena_say(mem, "%.*s:%zu: bytes that are not %.*s: name another --charset", STR_ARG(path),
		    line_at(str_span(out.p, out.n), out.n), STR_ARG(charset));
	free(text->p);
	*text = out;
	return ok;
}

/* Where the text stops being UTF-8 without zeros; its length when it never does. */
static size_t
good_until(struct str text)
{
	size_t at = 0, step;

	while (at < text.n && text.p[at] != '\0' && (step = str_utf8_step(str_from(text, at))) > 0)
		at += step;
	return at;
}

static bool
is_text(struct arena *mem, struct str path, struct str text, struct str *why)
{
	size_t at = good_until(text), line = line_at(text, at);

	if (at == text.n)
		return true;
	if (text.p[at] == '\0')
		*why = arena_say(mem,
		    "%.*s:%zu: a zero byte: no text, or UTF-16 without its mark (--charset UTF-16LE)",
		    STR_ARG(path), line);
	else
		*why = arena_say(mem,
		    "%.*s:%zu: bytes that are not UTF-8: say what the file is in (--charset GB18030, "
		    "latin1 ...), or export it as UTF-8",
		    STR_ARG(path), line);
	return false;
}

/* The bytes as they came become text. */
static bool
decoded(struct arena *mem, struct str path, struct str charset, struct piece *text, struct str *why)
{
	size_t mark;
	struct str told = marked(str_span(text->p, text->n), &mark);

	if (str_given(told))                    /* sure, whatever was said of the other files */
		charset = told;
	if (!str_empty(charset) && !str_eq_nocase(charset, S("UTF-8")) && !str_eq_nocase(charset, S("UTF8"))) {
		if (!convert(mem, path, charset, text, mark, why))
			return false;
	} else if (mark > 0) {
		memmove(text->p, text->p + mark, text->n - mark);
		text->n -= mark;
	}
	return is_text(mem, path, str_span(text->p, text->n), why);
}

bool
source_value_text(struct row_source *s, struct str bytes, struct str *out)
{
	iconv_t how = iconv_open("UTF-8", arena_z(s->mem, s->charset));
	struct piece text = { NULL, 0 };
	size_t at;
	bool ok = how != (iconv_t)-1 && converted(how, bytes, &text, &at);

	if (how != (iconv_t)-1)
		iconv_close(how);
	*out = ok ? arena_dup(s->mem, str_span(text.p, text.n)) : STR_ABSENT;
	free(text.p);
	return str_given(*out);
}

bool
source_text(struct row_source *s, struct str path, struct str *out, struct str *why)
{
	char *z = arena_z(s->mem, path);
	FILE *f = z != NULL ? fopen(z, "rb") : NULL;
	struct piece text = { NULL, 0 };
	bool ok = f != NULL && file_read(f, &text);

	if (!ok)
		*why = arena_say(s->mem, "%.*s: it cannot be read, or has more than %ld MiB", STR_ARG(path),
		    FILE_BYTES_MAX >> 20);
	if (f != NULL)
		fclose(f);
	ok = ok && decoded(s->mem, path, s->charset, &text, why);
	if (ok && text.p != NULL && arena_defer(s->mem, free, text.p)) {
		*out = str_span(text.p, text.n);
		return true;
	}
	if (!ok)
		free(text.p);
	else
		*why = SAY("memory is exhausted");        /* arena_defer has released it */
	return false;
}
