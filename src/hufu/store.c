/* hufu/store.c - the store at rest as a whole: an empty one begun on purpose, and keys dropped that nothing opens any more. */
#include "hufu/hufu_int.h"

static int
finish(struct cli *c)
{
	if (c->json)
		out_line(S("{\"ok\":true}"));
	else
		out_done(c, NULL);
	return EXIT_DONE;
}

/* The store of the settings, with no daemon at work on it: that would hold its lock, and say so. */
static int
store_new(struct cli *c)
{
	const struct conf *conf = cli_conf(c);
	struct str why = STR_ABSENT;
	struct store *s;

	if (conf == NULL)
		return c->code;
	s = setup_store_new(conf, &c->mem, &why);
	if (s == NULL) {
		cli_fail(c, why, STR_ABSENT);
		return c->code;
	}
	store_close(s);
	return finish(c);
}

static bool
some_key_opens(struct cli *c, struct store *s)
{
	const struct str *names;
	size_t n = conf_names(c->conf, SEC_ISSUER, &names);
	struct str why = STR_ABSENT;
	uint8_t kek[32];
	bool opens = false, have = setup_kek(c->conf, s, &c->mem, kek, &why);

	for (size_t i = 0; have && !opens && i < n; i++)
		opens = keys_open(s, kek, names[i], &c->mem);
	explicit_bzero(kek, sizeof kek);
	return opens;
}

static bool
keys_are_forgotten(struct cli *c, struct store *s)
{
	if (some_key_opens(c, s))
		return cli_fail(c, str_of(text(c, T_keys_open)), str_of(text(c, T_keys_open_hint)));
	return keys_forget(s) || cli_fail(c, str_of(text(c, T_keys_not_forgotten)), STR_ABSENT);
}

static int
key_forget(struct cli *c)
{
	const struct conf *conf = cli_conf(c);
	struct str why = STR_ABSENT;
	struct store *s;
	bool ok;

	if (conf == NULL)
		return c->code;
	s = setup_store(conf, false, &c->mem, &why);
	ok = s != NULL ? keys_are_forgotten(c, s) : cli_fail(c, why, STR_ABSENT);
	if (s != NULL)
		store_close(s);
	return ok ? finish(c) : c->code;
}

const struct command store_commands[] = {
	{ "store", "new", NULL, T_d_store_new, 0, NULL, NULL, NULL, .run = store_new },
	{ "key", "forget", NULL, T_d_key_forget, 0, NULL, NULL, NULL, .run = key_forget },
	{ .noun = NULL },
};
