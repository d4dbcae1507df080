/* hufu/config.c - hufu config: check, show, manual. */
#include "hufu/hufu_int.h"

/* Each stands alone, file and line first, for editors to jump to; what only deserves a look says so. */
void
cli_findings_print(const struct cli *c, const struct findings *f)
{
	for (size_t i = 0; i < f->n; i++)
		fprintf(stderr, "%.*s: %s%.*s\n", STR_ARG(f->at[i].where),
		    f->at[i].weight == FINDING_WARNING ? text(c, T_config_warning) : "", STR_ARG(f->at[i].said));
	if (f->n_left_out > 0)
		fprintf(stderr, "... +%zu\n", f->n_left_out);
}

void
cli_findings_json(struct cli *c, const struct findings *f, bool ok)
{
	struct buf b;

	buf_init(&b, &c->mem, 1024 * 1024);
	jw_open(&b, '{');
	jm_bool(&b, S("ok"), ok);
	jm_words(&b, S("complaints"), findings_lines(f, FINDING_ERROR), '\n');
	jm_words(&b, S("warnings"), findings_lines(f, FINDING_WARNING), '\n');
	jw_close(&b, '}');
	out_line(buf_str(&b));
}

/* As the start does it, up to where something would be made. */
static int
check(struct cli *c)
{
	struct findings f;
	struct opened o;

	findings_init(&f, &c->mem);
	if (setup_open(cli_config_path(c), cli_environment(c), &f, &o))
		setup_check_store(&o, &f);
	setup_close(&o);
	if (c->json)
		cli_findings_json(c, &f, f.n_errors == 0);
	else
		cli_findings_print(c, &f);
	if (!c->json && f.n_errors == 0)
		out_line(str_of(text(c, T_config_ok)));
	return f.n_errors == 0 ? EXIT_DONE : EXIT_FAILED;
}

/* One item's settings that were given or have a default. */
static void
item_json(struct buf *b, const struct conf *conf, enum setting_section s, struct str item)
{
	for (const struct setting *row = settings; row->name != NULL; row++) {
		const struct conf_value *v = row->section == s ? conf_get(conf, s, item, row->name) : NULL;
		struct str name = str_of(row->name);
		if (v == NULL || (!v->set && row->fallback[0] == '\0'))
			continue;
		if (row->type == SET_MAP) {
			jw_name(b, name);
			tree_json(b, v->map);
		} else if (row->type == SET_WORDS)
			jm_words(b, name, v->text, ' ');
		else if (row->type == SET_BOOL)
			jm_bool(b, name, v->number != 0);
		else if (row->type == SET_INT || row->type == SET_SECONDS || row->type == SET_SIZE)
			jm_int(b, name, v->number);
		else
			jm_str(b, name, row->type == SET_SECRET && v->text.n > 0 ? S("***") : v->text);
	}
}

static void
section_json(struct buf *b, const struct conf *conf, enum setting_section s)
{
	const struct str *names;
	size_t n = conf_names(conf, s, &names);

	jw_name(b, str_of(section_keys[s]));
	jw_open(b, '{');
	for (size_t i = 0; i < n; i++) {
		jw_name(b, names[i]);
		jw_open(b, '{');
		item_json(b, conf, s, names[i]);
		jw_close(b, '}');
	}
	jw_close(b, '}');
}

static int
show(struct cli *c)
{
	const struct conf *conf = cli_conf(c);
	struct buf b;

	if (conf == NULL)
		return c->code;
	if (!c->json) {
		struct str yaml = conf_show(conf, &c->mem);
		fwrite(yaml.p ? yaml.p : "", 1, yaml.n, stdout);
		return EXIT_DONE;
	}
	buf_init(&b, &c->mem, 8 * 1024 * 1024);
	jw_open(&b, '{');
	item_json(&b, conf, SEC_TOP, STR_ABSENT);
	for (int s = SEC_TOP + 1; s < SEC_COUNT; s++)
		section_json(&b, conf, (enum setting_section)s);
	jw_close(&b, '}');
	out_line(buf_str(&b));
	return EXIT_DONE;
}

static int
manual(struct cli *c)
{
	struct str all = c->lang == LANGUAGE_CHINESE ? conf_manual_zh(&c->mem) : conf_manual(&c->mem);

	fwrite(all.p ? all.p : "", 1, all.n, stdout);
	return EXIT_DONE;
}

const struct command config_commands[] = {
	{ "config", "check", NULL, T_d_config_check, .run = check },
	{ "config", "show", NULL, T_d_config_show, .run = show },
	{ "config", "manual", NULL, T_d_config_manual, .run = manual },
	{ .noun = NULL },
};
