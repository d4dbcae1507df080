/* hufu/text.c - what the program says, in English or Chinese. */
#include "hufu/hufu_int.h"

static const char *const texts[T_COUNT][2] = {
#define TEXT(id, en, zh) [T_##id] = { en, zh },
#include "hufu/texts.def"
#undef TEXT
};

const char *
text(const struct cli *c, enum text id)
{
	return texts[id][c->lang];
}

struct str
text_fill(struct cli *c, enum text id, const struct str *args, size_t n)
{
	struct str rest = str_of(text(c, id));
	size_t used = 0;
	struct buf b;

	buf_init(&b, &c->mem, 1024 * 1024);
	while (rest.n > 0) {
		if (str_starts(rest, S("%s")) && used < n) {
			buf_put(&b, arena_plain(&c->mem, args[used++]));
			rest = str_from(rest, 2);
		} else {
			buf_putc(&b, rest.p[0]);
			rest = str_from(rest, 1);
		}
	}
	return buf_str(&b);
}

bool
cli_fail(struct cli *c, struct str what, struct str hint)
{
	struct buf b;

	c->code = EXIT_FAILED;
	if (c->json) {
		buf_init(&b, &c->mem, 1024 * 1024);
		jw_open(&b, '{');
		jm_str(&b, S("error"), what);
		jm_str(&b, S("hint"), hint);
		jw_close(&b, '}');
		out_line(buf_str(&b));
		return false;
	}
	fprintf(stderr, "hufu: %s: %.*s\n", text(c, T_error), STR_ARG(what));
	if (hint.n > 0)
		fprintf(stderr, "%s: %.*s\n", text(c, T_hint), STR_ARG(hint));
	return false;
}

bool
cli_usage(struct cli *c, struct str what)
{
	cli_fail(c, what, STR_ABSENT);
	c->code = EXIT_USAGE;
	return false;
}

void
cli_note(struct str what)
{
	fprintf(stderr, "hufu: %.*s\n", STR_ARG(what));
}
