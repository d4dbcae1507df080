/*
 * hufu/settings.c - the settings as the daemon sees them, and what they leave no choice about: the
 * only realm, the only issuer.
 */
#include <unistd.h>

#include "hufu/hufu_int.h"

#define USUAL_CONFIG "/etc/hufu/hufu.yaml"

struct str
cli_config_path(struct cli *c)
{
	const char *env = getenv("HUFU_CONFIG");

	if (str_given(c->config_path))
		return c->config_path;
	if (env != NULL && env[0] != '\0')
		return str_of(env);
	return access(USUAL_CONFIG, F_OK) == 0 ? S(USUAL_CONFIG) : STR_ABSENT;
}

/* --data is the setting `data`, above the environment. */
char **
cli_environment(struct cli *c)
{
	size_t n = 0, kept = 0;
	char **out;

	if (c->data == NULL)
		return c->envp;
	while (c->envp[n] != NULL)
		n++;
	out = arena_array(&c->mem, char *, n + 2);
	if (out == NULL)
		return c->envp;
	for (size_t i = 0; i < n; i++)
		if (!str_starts(str_of(c->envp[i]), S("HUFU_DATA=")))
			out[kept++] = c->envp[i];
	out[kept] = arena_z(&c->mem, ARENA_CAT(&c->mem, S("HUFU_DATA="), str_of(c->data)));
	return out;
}

const struct conf *
cli_conf(struct cli *c)
{
	struct str why = STR_ABSENT;

	if (c->conf == NULL)
		c->conf = conf_load(cli_config_path(c), cli_environment(c), &why, &c->mem);
	if (c->conf == NULL)
		cli_fail(c, why, STR_ABSENT);
	return c->conf;
}

/* The different values of an issuer's setting, or the issuers' names when setting is NULL; blank-separated. */
static struct str
of_issuers(struct cli *c, const struct conf *conf, const char *setting, size_t *n)
{
	const struct str *names;
	size_t count = conf_names(conf, SEC_ISSUER, &names);
	struct buf b;

	*n = 0;
	buf_init(&b, &c->mem, 64 * 1024);
	for (size_t i = 0; i < count; i++) {
		struct str value = setting ? conf_text(conf, SEC_ISSUER, names[i], setting) : names[i];
		if (str_has_word(buf_str(&b), value, ' '))
			continue;
		if ((*n)++ > 0)
			buf_putc(&b, ' ');
		buf_put(&b, value);
	}
	return buf_str(&b);
}

bool
cli_realm(struct cli *c)
{
	const struct conf *conf = cli_conf(c);
	struct str realms;
	size_t n;

	if (conf == NULL)
		return false;
	realms = of_issuers(c, conf, "realm", &n);
	if (n > 1)
		return cli_usage(c, FILL(c, T_which_realm, realms));
	if (n == 0)
		realms = S("main");
	return json_put_str(c->ask, "realm", realms);
}

bool
cli_issuer(struct cli *c)
{
	const struct conf *conf = cli_conf(c);
	struct str names;
	size_t n;

	if (conf == NULL)
		return false;
	names = of_issuers(c, conf, NULL, &n);
	if (n == 0)
		return cli_fail(c, str_of(text(c, T_no_issuer)), str_of(text(c, T_start_it)));
	if (n > 1)
		return cli_usage(c, FILL(c, T_which_issuer, names));
	return json_put_str(c->ask, "issuer", names);
}
