/* hufu/hash.c - hufu hash: what the store would hold of a password, and whether such a text fits one. */
#include "hufu/hufu_int.h"
#include "login/login.h"

static const struct opt options[] = {
	{ "--secret-stdin", "secret_stdin", OPT_LOCAL_FLAG, T_o_hash_stdin },
	{ "--secret-file", "secret_file", OPT_LOCAL, T_o_hash_file },
	{ "--check", "check", OPT_LOCAL, T_o_hash_check },
	OPT_END,
};

static int
checked(struct cli *c, struct str stored, struct str given)
{
	struct str encoding = password_encoding(stored);
	enum password_result r = password_verify(&c->mem, stored, given);
	bool fits = r == PASSWORD_OK || r == PASSWORD_OK_REHASH;

	if (r == PASSWORD_UNKNOWN_ENCODING)
		return cli_fail(c, str_of(text(c, T_hash_unknown)), STR_ABSENT), c->code;
	if (c->json)
		out_line(arena_printf(&c->mem, "{\"fits\":%s,\"encoding\":\"%.*s\"}", fits ? "true" : "false",
		    STR_ARG(encoding)));
	else
		out_line(FILL(c, fits ? T_hash_fits : T_hash_differs, encoding));
	return fits ? EXIT_DONE : EXIT_FAILED;
}

static int
hash(struct cli *c)
{
	struct str stored = json_member_str(c->local, "check"), given, made;

	if (!secret_option(c, &given))
		return c->code;
	if (!str_given(given))
		given = secret_from_terminal(c);
	if (!str_given(given))
		return c->code;
	if (str_given(stored))
		return checked(c, stored, given);
	made = password_hash(&c->mem, given);
	if (!str_given(made))
		return cli_fail(c, str_of(text(c, T_no_memory)), STR_ABSENT), c->code;
	out_line(c->json ? ARENA_CAT(&c->mem, S("{\"hash\":\""), made, S("\"}")) : made);
	return EXIT_DONE;
}

const struct command hash_commands[] = {
	{ "hash", NULL, NULL, T_d_hash, .opts = options, .run = hash },
	{ .noun = NULL },
};
