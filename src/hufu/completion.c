/* hufu/completion.c - hufu completion: what a shell needs to complete what the commands' rows have. */
#include "hufu/hufu_int.h"

#define SCRIPT_MAX (1024 * 1024)

/* Which commands stand in the way: each noun once, by its first row. */
static bool
is_first_of_noun(const struct cli *c, const struct command *cmd)
{
	for (const struct command *const *list = c->commands; *list != NULL; list++)
		for (const struct command *other = *list; other->noun != NULL; other++)
			if (strcmp(other->noun, cmd->noun) == 0)
				return other == cmd;
	return true;
}

#define EACH_COMMAND(c, cmd)                                                       \
	for (const struct command *const *list_ = (c)->commands; *list_ != NULL; list_++) \
		for (const struct command *cmd = *list_; cmd->noun != NULL; cmd++)

/* Words for a shell: those of the row's list, or "" when it has none. */
static void
put_flags(struct buf *b, const struct opt *opts)
{
	for (const struct opt *o = opts; o != NULL && o->flag != NULL; o++)
		buf_printf(b, " %s", o->flag);
}

static void
put_nouns(struct buf *b, struct cli *c)
{
	EACH_COMMAND(c, cmd)
		if (is_first_of_noun(c, cmd))
			buf_printf(b, " %s", cmd->noun);
}

static void
put_verbs(struct buf *b, struct cli *c, const char *noun)
{
	EACH_COMMAND(c, cmd)
		if (cmd->verb != NULL && strcmp(cmd->noun, noun) == 0)
			buf_printf(b, " %s", cmd->verb);
}

/* Options that are read before and behind every command, and take a value. */
static void
put_global_values(struct buf *b, const char *between)
{
	const char *sep = "";

	for (const struct opt *o = global_options; o->flag != NULL; o++)
		if (opt_takes_value(o->kind)) {
			buf_printf(b, "%s%s", sep, o->flag);
			sep = between;
		}
}

/* Options of every command are lines of one text: "  --config FILE   what it says". */
static struct str
said(struct cli *c, const struct opt *o)
{
	struct str all = str_of(text(c, o->help)), flag = str_of(o->flag);

	if (o->help != T_global_options)
		return str_cut(&all, '\n');
	for (struct str line; str_given(all) && (line = str_trim(str_cut(&all, '\n'))).p; ) {
		size_t n = 0;

		while (n + 1 < line.n && !(line.p[n] == ' ' && line.p[n + 1] == ' '))
			n++;
		if (str_starts(line, flag))
			return str_trim(str_from(line, n));
	}
	return S("");
}

/* --- bash --------------------------------------------------------------------------------------- */

static const char bash_head[] =
    "_hufu()\n{\n"
    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} noun= verb= words= i\n"
    "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
    "\t\tcase ${COMP_WORDS[i]} in\n";
static const char bash_words[] =
    ") ((i++)) ;;\n"
    "\t\t-*) ;;\n"
    "\t\t*) if [[ -z $noun ]]; then noun=${COMP_WORDS[i]}; elif [[ -z $verb ]]; then verb=${COMP_WORDS[i]}; fi ;;\n"
    "\t\tesac\n\tdone\n"
    "\tcase $prev in\n"
    "\t--lang) COMPREPLY=($(compgen -W 'en zh' -- \"$cur\")); return ;;\n"
    "\t--data) COMPREPLY=($(compgen -d -- \"$cur\")); return ;;\n"
    "\t--config | --*file) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n"
    "\tesac\n"
    "\tcase \"$noun $verb\" in\n";
static const char bash_tail[] =
    "\tesac\n"
    "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
    "}\n"
    "complete -o default -F _hufu hufu\n";

static void
put_bash(struct buf *b, struct cli *c)
{
	buf_put(b, str_of(bash_head));
	buf_put(b, S("\t\t"));
	put_global_values(b, " | ");
	buf_put(b, str_of(bash_words));
	buf_put(b, S("\t' ') words='"));
	put_nouns(b, c);
	put_flags(b, global_options);
	buf_put(b, S("' ;;\n"));
	EACH_COMMAND(c, cmd) {
		if (cmd->verb != NULL) {
			buf_printf(b, "\t'%s %s') words='", cmd->noun, cmd->verb);
			put_flags(b, cmd->opts);
			put_flags(b, global_options);
			buf_put(b, S("' ;;\n"));
		}
	}
	EACH_COMMAND(c, cmd) {
		if (!is_first_of_noun(c, cmd))
			continue;
		buf_printf(b, "\t'%s '*) words='", cmd->noun);
		put_verbs(b, c, cmd->noun);
		if (cmd->verb == NULL)
			put_flags(b, cmd->opts);
		put_flags(b, global_options);
		buf_put(b, S("' ;;\n"));
	}
	buf_put(b, str_of(bash_tail));
}

/* --- zsh ---------------------------------------------------------------------------------------- */

/* 'word:what it says', within single quotes; a colon of the text would be another border. */
static void
put_described(struct buf *b, const char *word, struct str what)
{
	buf_printf(b, " '%s:", word);
	for (size_t i = 0; i < what.n; i++) {
		if (what.p[i] == '\'')
			buf_put(b, S("'\\''"));
		else if (what.p[i] == ':')
			buf_put(b, S("\\:"));
		else
			buf_putc(b, what.p[i]);
	}
	buf_putc(b, '\'');
}

static void
put_described_flags(struct buf *b, struct cli *c, const struct opt *opts)
{
	for (const struct opt *o = opts; o != NULL && o->flag != NULL; o++)
		put_described(b, o->flag, said(c, o));
}

static void
put_described_words(struct buf *b, struct cli *c, const char *noun)
{
	EACH_COMMAND(c, cmd) {
		if (noun == NULL ? is_first_of_noun(c, cmd) : cmd->verb != NULL && strcmp(cmd->noun, noun) == 0)
			put_described(b, noun == NULL ? cmd->noun : cmd->verb, str_of(text(c, cmd->help)));
	}
}

static const char zsh_words[] =
    ") ((i++)) ;;\n"
    "\t-*) ;;\n"
    "\t*) if [[ -z $noun ]]; then noun=$words[i]; elif [[ -z $verb ]]; then verb=$words[i]; fi ;;\n"
    "\tesac\ndone\n"
    "case $words[CURRENT-1] in\n"
    "--lang) compadd en zh; return ;;\n"
    "--data) _files -/; return ;;\n"
    "--config | --*file) _files; return ;;\n"
    "esac\n"
    "case \"$noun $verb\" in\n";

static void
put_zsh(struct buf *b, struct cli *c)
{
	buf_put(b, S("#compdef hufu\nlocal noun verb i\nlocal -a all\n"
		     "for ((i = 2; i < CURRENT; i++)); do\n\tcase $words[i] in\n\t"));
	put_global_values(b, " | ");
	buf_put(b, str_of(zsh_words));
	buf_put(b, S("' ') all=("));
	put_described_words(b, c, NULL);
	put_described_flags(b, c, global_options);
	buf_put(b, S(") ;;\n"));
	EACH_COMMAND(c, cmd) {
		if (cmd->verb == NULL)
			continue;
		buf_printf(b, "'%s %s') all=(", cmd->noun, cmd->verb);
		put_described_flags(b, c, cmd->opts);
		put_described_flags(b, c, global_options);
		buf_put(b, S(") ;;\n"));
	}
	EACH_COMMAND(c, cmd) {
		if (!is_first_of_noun(c, cmd))
			continue;
		buf_printf(b, "'%s '*) all=(", cmd->noun);
		put_described_words(b, c, cmd->noun);
		if (cmd->verb == NULL)
			put_described_flags(b, c, cmd->opts);
		put_described_flags(b, c, global_options);
		buf_put(b, S(") ;;\n"));
	}
	buf_put(b, S("esac\nif (( $#all )); then _describe hufu all; else _files; fi\n"));
}

/* --- fish --------------------------------------------------------------------------------------- */

static void
put_fish_text(struct buf *b, struct str what)
{
	buf_put(b, S(" -d '"));
	for (size_t i = 0; i < what.n; i++) {
		if (what.p[i] == '\'' || what.p[i] == '\\')
			buf_putc(b, '\\');
		buf_putc(b, what.p[i]);
	}
	buf_put(b, S("'\n"));
}

/* at: when they are; NULL: memory is exhausted, which the script's end tells. */
static void
put_fish_flags(struct buf *b, struct cli *c, const char *at, const struct opt *opts)
{
	b->full |= at == NULL;
	for (const struct opt *o = opts; at != NULL && o != NULL && o->flag != NULL; o++) {
		buf_printf(b, "complete -c hufu%s %s %s%s", at, o->flag[1] == '-' ? "-l" : "-s",
		    o->flag + (o->flag[1] == '-' ? 2 : 1), opt_takes_value(o->kind) ? " -r" : "");
		put_fish_text(b, said(c, o));
	}
}

/* Where the options of a command are offered; three words stand for its noun and whatever follows. */
static const char *
fish_place(struct cli *c, const struct command *cmd)
{
	const char *verb = cmd->verb != NULL ? cmd->verb : "any verb";

	return arena_z(&c->mem, arena_printf(&c->mem, " -n '__hufu_at %s %s'", cmd->noun, verb));
}

static void
put_fish(struct buf *b, struct cli *c)
{
	buf_put(b, S("function __hufu_at\n"
		     "\tset -l words\n\tset -l skip\n"
		     "\tfor word in (commandline -opc)[2..-1]\n"
		     "\t\tif test -n \"$skip\"\n\t\t\tset skip\n\t\t\tcontinue\n\t\tend\n"
		     "\t\tswitch $word\n\t\tcase "));
	put_global_values(b, " ");
	buf_put(b, S("\n\t\t\tset skip yes\n\t\tcase '-*'\n\t\tcase '*'\n\t\t\tset -a words $word\n\t\tend\n\tend\n"
		     "\tset words $words[1..2]\n"
		     "\ttest \"$words\" = \"$argv\"; or test (count $argv) -eq 3 -a \"$words[1]\" = \"$argv[1]\"\nend\n"
		     "complete -c hufu -f\n"));
	put_fish_flags(b, c, "", global_options);
	EACH_COMMAND(c, cmd) {
		if (is_first_of_noun(c, cmd)) {
			buf_printf(b, "complete -c hufu -n __hufu_at -a %s", cmd->noun);
			put_fish_text(b, str_of(text(c, cmd->help)));
		}
		if (cmd->verb != NULL) {
			buf_printf(b, "complete -c hufu -n '__hufu_at %s' -a %s", cmd->noun, cmd->verb);
			put_fish_text(b, str_of(text(c, cmd->help)));
		}
		put_fish_flags(b, c, fish_place(c, cmd), cmd->opts);
	}
}

static const struct shell { const char *name; void (*put)(struct buf *b, struct cli *c); } shells[] = {
	{ "bash", put_bash }, { "zsh", put_zsh }, { "fish", put_fish },
};

int
completion(struct cli *c)
{
	struct str name = json_member_str(c->local, "shell");
	struct buf b;

	buf_init(&b, &c->mem, SCRIPT_MAX);
	for (size_t i = 0; i < COUNT(shells); i++)
		if (str_is(name, shells[i].name))
			shells[i].put(&b, c);
	if (b.n == 0) {
		cli_usage(c, FILL(c, T_no_shell, name));
		return c->code;
	}
	return out_whole(c, &b);
}
