/* wire/custom/values.c - single values: the separator of scopes, Content-Type, statuses. */
#include "wire/custom/custom.h"

void
read_scope_separator(struct derive *d)
{
	struct str s = d->spec->scope_separator;

	if (!str_given(s) || str_is(s, " "))
		return;
	if (s.n != 1 || strchr(",;|:/", s.p[0]) == NULL)
		wrong(d, "scope_separator", NULL, "it is one of , ; | : / or a blank");
	else
		d->w->scope_separator = s.p[0];
}

void
show_scope_separator(struct buf *b, const struct wire *w, const struct wire *base)
{
	(void)base;
	buf_printf(b, "    scope_separator: \"%c\"\n", w->scope_separator ? w->scope_separator : ' ');
}

/* Nothing that a browser would run: bodies hold what clients sent. */
void
read_content_type(struct derive *d)
{
	struct str type = d->spec->content_type;
	bool fine = str_starts(type, S("application/json")) || str_starts(type, S("text/plain"));

	if (!str_given(type))
		return;
	for (size_t i = 0; i < type.n; i++)
		fine &= type.p[i] >= ' ' && type.p[i] < 0x7f;
	if (!fine)
		wrong(d, "content_type", NULL, "it begins with application/json or text/plain");
	d->w->json_type = d->w->tokens_type = arena_z(d->mem, type);
	d->w->style.error_charset = false;
}

void
show_content_type(struct buf *b, const struct wire *w, const struct wire *base)
{
	(void)base;
	if (strcmp(w->json_type, w->tokens_type) != 0)
		buf_printf(b, "    # content_type: %s; tokens: %s\n", w->json_type, w->tokens_type);
	else {
		buf_put(b, S("    content_type: "));
		buf_json(b, str_of(w->json_type));
		buf_putc(b, '\n');
	}
}

/* real|200 */
void
read_failure_status(struct derive *d)
{
	if (d->spec->failure_status != NULL)
		d->w->envelope_always_200 = *d->spec->failure_status == 1;
}

void
show_failure_status(struct buf *b, const struct wire *w, const struct wire *base)
{
	(void)base;
	buf_printf(b, "    failure_status: %s\n", w->envelope_always_200 ? "200" : "real");
}

/* login|not_found */
void
read_unknown_paths(struct derive *d)
{
	if (d->spec->unknown_paths != NULL)
		d->w->anonymous_go_to_login = *d->spec->unknown_paths == 0;
}

void
show_unknown_paths(struct buf *b, const struct wire *w, const struct wire *base)
{
	(void)base;
	buf_printf(b, "    unknown_paths: %s\n", w->anonymous_go_to_login ? "login" : "not_found");
}

void
read_expires_less(struct derive *d)
{
	if (d->spec->expires_less != NULL)
		d->w->expires_less = (int)*d->spec->expires_less;
}

void
show_expires_less(struct buf *b, const struct wire *w, const struct wire *base)
{
	(void)base;
	buf_printf(b, "    expires_less: %d\n", w->expires_less);
}
