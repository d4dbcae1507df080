/* hufu/help.c - help made of the commands' own rows. */
#include "hufu/hufu_int.h"

struct str
command_line(struct cli *c, const struct command *cmd)
{
	struct buf b;

	buf_init(&b, &c->mem, 1024);
	buf_printf(&b, "hufu %s", cmd->noun);
	if (cmd->verb != NULL)
		buf_printf(&b, " %s", cmd->verb);
	if (cmd->arg != NULL)
		buf_printf(&b, cmd->flags & ARG_OPTIONAL ? " [%s]" : " %s", cmd->arg);
	if (cmd->arg2 != NULL)
		buf_printf(&b, " %s", cmd->arg2);
	if (cmd->opts != NULL)
		buf_put(&b, S(" ..."));
	return buf_str(&b);
}

const char *
opt_value_sign(enum opt_kind kind)
{
	switch (kind) {
	case OPT_TEXT: case OPT_LOCAL: case OPT_METADATA: return " TEXT";
	case OPT_WORDS: return " WORDS";
	case OPT_EACH: return " URI";
	case OPT_INT: return " N";
	case OPT_TTL: return " TIME";
	case OPT_OBJECT: return " JSON";
	case OPT_CLAIM: return " NAME=VALUE";
	default: return "";
	}
}

void
help_command(struct cli *c, const struct command *cmd)
{
	struct table t;

	printf("%s %.*s\n%s\n", text(c, T_usage), STR_ARG(command_line(c, cmd)), text(c, cmd->help));
	if (cmd->opts != NULL)
		printf("\n%s\n", text(c, T_options));
	pairs_begin(&t, c);
	for (const struct opt *o = cmd->opts; o != NULL && o->flag != NULL; o++) {
		table_cell(&t, arena_printf(&c->mem, "  %s%s", o->flag, opt_value_sign(o->kind)));
		table_cell(&t, str_of(text(c, o->help)));
	}
	table_end(&t);
	printf("%s", text(c, T_global_options));
}

static void
help_list(struct cli *c, struct str noun)
{
	struct table t;

	pairs_begin(&t, c);
	for (const struct command *const *list = c->commands; *list != NULL; list++) {
		for (const struct command *cmd = *list; cmd->noun != NULL; cmd++) {
			if (noun.n > 0 && !str_is(noun, cmd->noun))
				continue;
			table_cell(&t, ARENA_CAT(&c->mem, S("  "), command_line(c, cmd)));
			table_cell(&t, str_of(text(c, cmd->help)));
		}
	}
	table_end(&t);
}

int
help_run(struct cli *c)
{
	struct str noun = json_member_str(c->local, "noun");

	if (c->cmd != NULL && strcmp(c->cmd->noun, "help") != 0) {
		help_command(c, c->cmd);
		return EXIT_DONE;
	}
	printf("%s\n\n%s hufu [--config FILE] [--json] [--lang en|zh] ...\n\n", text(c, T_tagline), text(c, T_usage));
	help_list(c, noun);
	printf("\n%s\n%s\n%s", text(c, T_options), text(c, T_global_options), text(c, T_closing));
	return EXIT_DONE;
}
