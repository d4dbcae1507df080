/* hufu/dialect.c - hufu dialect: list, show. A built-in one needs no settings. */
#include "hufu/hufu_int.h"

static int
list(struct cli *c)
{
	struct str path = cli_config_path(c), none = STR_ABSENT;
	const struct conf *conf = str_given(path) ? cli_conf(c) : NULL;
	const struct str *names = &none;
	size_t n = conf != NULL ? conf_names(conf, SEC_DIALECT, &names) : 0;
	struct buf b;

	if (str_given(path) && conf == NULL)
		return c->code;
	buf_init(&b, &c->mem, 1024 * 1024);
	jw_open(&b, '{');
	for (const struct wire *const *w = wires; *w != NULL; w++)
		jm_null(&b, wire_name(*w));
	for (size_t i = 0; i < n; i++)
		jm_str(&b, names[i], conf_text(conf, SEC_DIALECT, names[i], "based_on"));
	jw_close(&b, '}');
	if (c->json) {
		out_line(buf_str(&b));
		return EXIT_DONE;
	}
	for (const struct wire *const *w = wires; *w != NULL; w++)
		out_line(wire_name(*w));
	for (size_t i = 0; i < n; i++)
		out_line(ARENA_CAT(&c->mem, names[i], S("\t"),
		    FILL(c, T_based_on, conf_text(conf, SEC_DIALECT, names[i], "based_on"))));
	return EXIT_DONE;
}

static int
show(struct cli *c)
{
	struct str name = json_member_str(c->local, "name"), why = STR_ABSENT, yaml;
	const struct wire *w = wire_named(name);
	const struct conf *conf = w == NULL ? cli_conf(c) : NULL;

	if (w == NULL && conf == NULL)
		return c->code;
	if (w == NULL)
		w = setup_dialect(conf, name, &c->mem, &why);
	if (w == NULL) {
		cli_fail(c, why, STR_ABSENT);
		return c->code;
	}
	yaml = wire_show(w, &c->mem);
	fwrite(yaml.p ? yaml.p : "", 1, yaml.n, stdout);
	return EXIT_DONE;
}

const struct command dialect_commands[] = {
	{ "dialect", "list", NULL, T_d_dialect_list, .run = list },
	{ "dialect", "show", NULL, T_d_dialect_show, .arg = "NAME", .member = "name", .run = show },
	{ .noun = NULL },
};
