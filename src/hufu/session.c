/* hufu/session.c - hufu session: list, end. */
#include "hufu/hufu_int.h"

static const struct opt list[] = {
	{ "--issuer", "issuer", OPT_TEXT, T_o_issuer }, { "--user", "user", OPT_TEXT, T_o_user }, { "--realm", "realm", OPT_TEXT, T_o_realm }, OPT_END,
};
static const struct opt end[] = { { "--user", "user", OPT_TEXT, T_o_user }, { "--realm", "realm", OPT_TEXT, T_o_realm }, OPT_END };

/* A user is named within a realm; a session alone is not. */
static bool
realm_of_user(struct cli *c)
{
	return !str_given(json_member_str(c->ask, "user")) || str_given(json_member_str(c->ask, "realm")) || cli_realm(c);
}

static void
print_list(struct cli *c, const json_t *answer)
{
	static const enum text heads[] = { T_h_user, T_h_auth, T_h_seen, T_h_expires, T_h_session };
	const json_t *rows = json_object_get(answer, "sessions"), *s;
	struct table t;
	size_t i;

	table_begin(&t, c, heads, COUNT(heads));
	json_array_foreach(rows, i, s) {
		table_cell(&t, out_text(s, "user"));
		table_cell(&t, out_time(c, s, "auth_s"));
		table_cell(&t, out_time(c, s, "seen_s"));
		table_cell(&t, out_time(c, s, "expires_s"));
		table_cell(&t, out_text(s, "session"));
	}
	table_end(&t);
}

const struct command session_commands[] = {
	{ "session", "list", "session.list", T_d_session_list, WANTS_ISSUER, NULL, NULL, list, .prepare = realm_of_user, .print = print_list },
	{ "session", "end", "session.end", T_d_session_end, ARG_OPTIONAL, "SESSION", "session", end, .prepare = realm_of_user, .print = out_done },
	{ .noun = NULL },
};
