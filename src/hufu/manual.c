/* hufu/manual.c - hufu manual: hufu(1), hufud(8), hufu.yaml(5), made of the rows of --help and the reference. */
#include "base/roff.h"
#include "hufu/hufu_int.h"

#define PAGE_MAX (2 * 1024 * 1024)

static void
heading(struct buf *b, struct cli *c, enum text id)
{
	roff_heading(b, str_of(text(c, id)));
}

static void
line(struct buf *b, struct str s)
{
	roff_text(b, s);
	buf_putc(b, '\n');
}

static void
begin(struct buf *b, struct cli *c, const char *name, int section, struct str what)
{
	roff_title(b, name, section, HUFU_VERSION);
	heading(b, c, T_mp_name);
	buf_printf(b, "%s \\- ", name);
	line(b, what);
}

static void
end(struct buf *b, struct cli *c, const char *see)
{
	heading(b, c, T_mp_see);
	line(b, str_of(see));
}

/* "  --config FILE   what it says": the lines of a text that --help prints as it stands. */
static void
option_lines(struct buf *b, struct str lines)
{
	for (struct str row, word; str_given(lines) && lines.n > 0 && (row = str_trim(str_cut(&lines, '\n'))).p; ) {
		size_t n = 0;

		while (n + 1 < row.n && !(row.p[n] == ' ' && row.p[n + 1] == ' '))
			n++;
		word = str_sub(row, 0, n);
		roff_item(b, word);
		line(b, str_trim(str_from(row, n)));
	}
}

static void
command_item(struct buf *b, struct cli *c, const struct command *cmd)
{
	roff_item(b, command_line(c, cmd));
	line(b, str_of(text(c, cmd->help)));
	if (cmd->opts == NULL)
		return;
	buf_put(b, S(".RS\n"));
	for (const struct opt *o = cmd->opts; o->flag != NULL; o++) {
		roff_item(b, arena_printf(&c->mem, "%s%s", o->flag, opt_value_sign(o->kind)));
		line(b, str_of(text(c, o->help)));
	}
	buf_put(b, S(".RE\n"));
}

static void
page_hufu(struct buf *b, struct cli *c)
{
	struct str tagline = str_of(text(c, T_tagline));

	begin(b, c, "hufu", 1, str_from(tagline, sizeof "hufu - " - 1));
	heading(b, c, T_mp_synopsis);
	line(b, S("`hufu` [`--config` *FILE*] [`--json`] [`--lang` *en*|*zh*] *NOUN* [*VERB*] ..."));
	heading(b, c, T_mp_description);
	line(b, str_of(text(c, T_closing)));
	heading(b, c, T_mp_options);
	option_lines(b, str_of(text(c, T_global_options)));
	heading(b, c, T_mp_commands);
	for (const struct command *const *list = c->commands; *list != NULL; list++)
		for (const struct command *cmd = *list; cmd->noun != NULL; cmd++)
			command_item(b, c, cmd);
	end(b, c, "`hufud`(8), `hufu.yaml`(5)");
}

static void
daemon_option(struct buf *b, struct cli *c, const char *name, const char *arg, const char *help)
{
	roff_item(b, arena_printf(&c->mem, "--%s%s%s", name, arg[0] != '\0' ? " " : "", arg));
	line(b, str_of(say(help)));
}

static void
page_hufud(struct buf *b, struct cli *c)
{
	begin(b, c, "hufud", 8, SAY("OAuth 2.0 and OpenID Connect server"));
	heading(b, c, T_mp_synopsis);
	line(b, S("`hufud` [`--config` *FILE*] [`--check`] [`--lang` *en*|*zh*]"));
	buf_put(b, S(".br\n"));
	line(b, S("`hufud` `--demo` *DIR*"));
	heading(b, c, T_mp_options);
#define DAEMON_OPTION(letter, name, arg, help) daemon_option(b, c, name, arg, help);
#include "setup/hufud.def"
	heading(b, c, T_mp_signals);
	line(b, SAY("SIGTERM and SIGINT finish what is in flight and stop; SIGHUP reads the settings again; SIGUSR2 upgrades (hufu upgrade)."));
	heading(b, c, T_mp_systemd);
	line(b, str_of(text(c, T_mp_systemd_text)));
	heading(b, c, T_mp_files);
	option_lines(b, str_of(text(c, T_mp_files_text)));
	end(b, c, "`hufu`(1), `hufu.yaml`(5), `systemd.service`(5), `systemd.socket`(5)");
}

static void
page_settings(struct buf *b, struct cli *c)
{
	struct str all = c->lang == LANGUAGE_CHINESE ? conf_manual_zh(&c->mem) : conf_manual(&c->mem);
	struct str title = str_from(str_cut(&all, '\n'), 2);

	begin(b, c, "hufu.yaml", 5, title);
	heading(b, c, T_mp_description);
	roff_markdown(b, all);
	end(b, c, "`hufud`(8), `hufu`(1)");
}

static const struct page { const char *name; void (*make)(struct buf *b, struct cli *c); } pages[] = {
	{ "hufu", page_hufu }, { "hufud", page_hufud }, { "hufu.yaml", page_settings },
};

int
manual_page(struct cli *c)
{
	struct str name = json_member_str(c->local, "page");
	struct buf b;

	buf_init(&b, &c->mem, PAGE_MAX);
	for (size_t i = 0; i < COUNT(pages); i++)
		if (str_is(name, pages[i].name))
			pages[i].make(&b, c);
	if (b.n == 0) {
		cli_usage(c, FILL(c, T_no_page, name));
		return c->code;
	}
	return out_whole(c, &b);
}
