/* base/findings.c - what is wrong or doubtful in a configuration, gathered. */
#include "base/findings.h"

#define LINES_MAX (512 * 1024)

void
findings_init(struct findings *f, struct arena *mem)
{
	*f = (struct findings){ .mem = mem };
}

static bool
is_known(const struct findings *f, struct str where, struct str said)
{
	for (size_t i = 0; i < f->n; i++)
		if (str_eq(f->at[i].where, where) && (i < f->n_form || str_eq(f->at[i].said, said)))
			return true;
	return false;
}

void
findings_put(struct findings *f, enum weight w, struct str where, struct str said)
{
	said = arena_plain(f->mem, said);
	if (is_known(f, where, said))
		return;
	f->n_errors += w == FINDING_ERROR;
	if (f->n == FINDINGS_MAX) {
		f->n_left_out++;
		return;
	}
	f->at[f->n++] = (struct config_finding){ w, arena_dup(f->mem, where), said };
}

void
findings_add(struct findings *f, enum weight w, struct str where, const char *fmt, ...)
{
	struct str text;
	va_list ap;

	va_start(ap, fmt);
	text = arena_vprintf(f->mem, say(fmt), ap);
	va_end(ap);
	findings_put(f, w, where, text);
}

void
findings_form_ends(struct findings *f)
{
	f->n_form = f->n;
}

struct str
findings_lines(const struct findings *f, enum weight w)
{
	struct buf b;

	buf_init(&b, f->mem, LINES_MAX);
	for (size_t i = 0; i < f->n; i++) {
		if (f->at[i].weight != w)
			continue;
		if (b.n > 0)
			buf_putc(&b, '\n');
		if (str_given(f->at[i].where)) {
			buf_put(&b, f->at[i].where);
			buf_put(&b, S(": "));
		}
		buf_put(&b, f->at[i].said);
	}
	if (f->n_left_out > 0 && w == FINDING_ERROR)
		buf_printf(&b, say("%s... and %zu more"), b.n > 0 ? "\n" : "", f->n_left_out);
	return buf_str(&b);
}
