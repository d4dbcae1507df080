/* hufu/password_filter.c - hufu password-filter: build one from a list, say what one is. */
#include <errno.h>
#include <math.h>

#include "hufu/hufu_int.h"
#include "base/file.h"
#include "login/password_filter.h"

#define BITS_EACH 20

static const struct opt build_options[] = {
	{ "--out", "out", OPT_LOCAL, T_o_filter_out },
	{ "--bits", "bits", OPT_LOCAL, T_o_filter_bits },
	{ "--kind", "kind", OPT_LOCAL, T_o_filter_kind },
	OPT_END,
};

/* Released with the process. False: complained. */
static bool
file_seen(struct cli *c, struct str path, struct str *out)
{
	if (file_map(&c->mem, path, out))
		return true;
	if (errno == EINVAL)
		return cli_fail(c, arena_say(&c->mem, "%.*s: it is empty, or no plain file", STR_ARG(path)), STR_ABSENT);
	return cli_fail(c, arena_printf(&c->mem, "%.*s: %s", STR_ARG(path), strerror(errno)), STR_ABSENT);
}

/* --- build ------------------------------------------------------------------------------------ */

struct building { struct str list; bool hashes; uint32_t bits; struct password_filter_new f; };

/* The next line that is not empty, without its end. */
static bool
line_next(struct str *rest, struct str *line, uint64_t *number)
{
	while (rest->n > 0) {
		*line = str_cut(rest, '\n');
		++*number;
		if (str_ends(*line, S("\r")))
			*line = str_sub(*line, 0, line->n - 1);
		if (line->n > 0)
			return true;
	}
	return false;
}

static uint64_t
lines_count(struct str list)
{
	uint64_t n = 0, number = 0;
	struct str line;

	while (line_next(&list, &line, &number))
		n++;
	return n;
}

static bool
first_is_hash(struct str list)
{
	uint8_t sha1[PASSWORD_HASH];
	uint64_t number = 0;
	struct str line;

	return line_next(&list, &line, &number) && password_hash_line_read(line, sha1);
}

static bool
options_read(struct cli *c, struct building *b)
{
	struct str kind = json_member_str(c->local, "kind"), bits = json_member_str(c->local, "bits");
	int64_t n = BITS_EACH;

	if (str_given(kind) && !str_is(kind, "passwords") && !str_is(kind, "hashes"))
		return cli_usage(c, str_of(text(c, T_filter_kind_wrong)));
	if (str_given(bits) && (!str_int(bits, &n) || n < 4 || n > 64))
		return cli_usage(c, str_of(text(c, T_filter_bits_wrong)));
	if (str_empty(json_member_str(c->local, "out")))
		return cli_usage(c, str_of(text(c, T_filter_out_missing)));
	b->bits = (uint32_t)n;
	b->hashes = str_given(kind) ? str_is(kind, "hashes") : first_is_hash(b->list);
	return true;
}

static bool
lines_add(struct cli *c, struct building *b)
{
	struct str rest = b->list, line;
	uint8_t sha1[PASSWORD_HASH];
	uint64_t number = 0;

	while (line_next(&rest, &line, &number)) {
		if (!b->hashes)
			password_sha1(line, sha1);
		else if (!password_hash_line_read(line, sha1))
			return cli_fail(c, arena_say(&c->mem, "line %llu is no SHA-1: 40 hexadecimal digits, perhaps with : and a count behind",
			    (unsigned long long)number), SAY("give --kind passwords when the list is of passwords"));
		password_filter_add(&b->f, sha1);
	}
	return true;
}

static bool
file_put(struct cli *c, struct str path, const uint8_t *file, uint64_t size)
{
	struct new_file f;

	if (new_file_begin(&f, &c->mem, path)) {
		if (file_write_all(f.fd, file, size) && new_file_end(&f, &c->mem, true))
			return true;
		new_file_drop(&f);
	}
	return cli_fail(c, arena_printf(&c->mem, "%.*s: %s", STR_ARG(path), strerror(errno)), STR_ABSENT);
}

/* Of one that is as full as this: how often another password is taken for a seen one. */
static double
wrong_share(const struct password_filter *f)
{
	return pow(1 - exp(-(double)f->hashes * (double)f->entries / (double)f->n_bits), f->hashes);
}

static void
print_filter(struct cli *c, const struct password_filter *f)
{
	double share = wrong_share(f);
	struct str entries = arena_printf(&c->mem, "%llu", (unsigned long long)f->entries);
	struct str bytes = arena_printf(&c->mem, "%llu", (unsigned long long)f->n_bits / 8 + PASSWORD_FILTER_HEAD);
	struct str rate = arena_printf(&c->mem, "%.3g", share);
	struct buf b;

	if (!c->json) {
		out_line(FILL(c, T_filter_is, entries, bytes, rate));
		return;
	}
	buf_init(&b, &c->mem, 4096);
	jw_open(&b, '{');
	jm_bool(&b, S("ok"), true);
	jm_int(&b, S("entries"), (int64_t)f->entries);
	jm_int(&b, S("bytes"), (int64_t)(f->n_bits / 8 + PASSWORD_FILTER_HEAD));
	jm_int(&b, S("hashes"), f->hashes);
	jm_str(&b, S("false_positives"), rate);
	jw_close(&b, '}');
	out_line(buf_str(&b));
}

static int
build(struct cli *c)
{
	struct building b = { .bits = BITS_EACH };
	struct password_filter made;
	uint64_t size;
	uint8_t *file;
	bool ok;

	if (!file_seen(c, json_member_str(c->local, "list"), &b.list) || !options_read(c, &b))
		return c->code;
	size = password_filter_size(lines_count(b.list), b.bits);
	file = size > 0 ? calloc(1, size) : NULL;
	if (file == NULL) {
		cli_fail(c, SAY("the filter would not fit into memory"), SAY("give fewer --bits"));
		return c->code;
	}
	password_filter_begin(&b.f, file, size, b.bits);
	ok = lines_add(c, &b);
	password_filter_end(&b.f);
	ok = ok && file_put(c, json_member_str(c->local, "out"), file, size);
	if (ok && password_filter_read(str_span(file, size), &made) == NULL)
		print_filter(c, &made);
	free(file);
	return ok ? EXIT_DONE : c->code;
}

/* --- show ------------------------------------------------------------------------------------- */

static int
show(struct cli *c)
{
	struct str path = json_member_str(c->local, "file"), file;
	struct password_filter f;
	const char *wrong;

	if (!file_seen(c, path, &file))
		return c->code;
	if ((wrong = password_filter_read(file, &f)) != NULL) {
		cli_fail(c, arena_printf(&c->mem, "%.*s: %s", STR_ARG(path), wrong), STR_ABSENT);
		return c->code;
	}
	print_filter(c, &f);
	return EXIT_DONE;
}

const struct command password_filter_commands[] = {
	{ "password-filter", "build", NULL, T_d_filter_build, 0, "LIST", "list", build_options, .run = build },
	{ "password-filter", "show", NULL, T_d_filter_show, 0, "FILE", "file", NULL, .run = show },
	{ .noun = NULL },
};
