/*
 * hufu/token.c - hufu token: list, introspect, revoke, decode, verify. A token is better piped in than
 * written where other users see it.
 */
#include "hufu/hufu_int.h"
#include "probe/probe.h"

static const struct opt issuer[] = { { "--issuer", "issuer", OPT_TEXT, T_o_issuer }, OPT_END };

static const struct opt list[] = {
	{ "--user", "user", OPT_TEXT, T_o_user },
	{ "--client", "client", OPT_TEXT, T_o_client_only },
	{ "--issuer", "issuer", OPT_TEXT, T_o_issuer_all },
	{ "--kind", "kind", OPT_TEXT, T_o_token_kind },
	{ "--realm", "realm", OPT_TEXT, T_o_realm_only },
	OPT_PAGE,
	OPT_END,
};

/* The argument, or standard input when it is "-" or missing. */
static struct str
token_given(struct cli *c, const json_t *from)
{
	struct str token = json_member_str(from, "token");

	if (!str_given(token) || str_is(token, "-"))
		token = secret_from_stdin(c, JWT_MAX);
	return str_given(token) ? str_trim(token) : token;
}

static bool
read_token(struct cli *c)
{
	struct str token = token_given(c, c->ask);

	return str_given(token)
	    && (json_put_str(c->ask, "token", token) || cli_fail(c, str_of(text(c, T_bad_answer)), STR_ABSENT));
}

static void
print_pretty(const json_t *v)
{
	char *out = json_dumps(v, JSON_INDENT(2));

	if (out != NULL)
		out_line(str_of(out));
	free(out);
}

static void
print_facts(struct cli *c, const json_t *answer)
{
	(void)c;
	print_pretty(json_object_get(answer, "token"));
}

static enum text
kind_text(struct str kind)
{
	return str_is(kind, "access_token") ? T_access_token
	    : str_is(kind, "refresh_token") ? T_refresh_token
					    : T_token_grant;
}

static void
print_list(struct cli *c, const json_t *answer)
{
	static const enum text heads[] = { T_h_kind, T_h_user, T_h_client, T_h_issuer, T_h_scopes, T_h_issued,
		T_h_expires };
	const json_t *rows = json_object_get(answer, "tokens"), *k;
	struct table t;
	size_t i;

	table_begin(&t, c, heads, COUNT(heads));
	json_array_foreach(rows, i, k) {
		table_cell(&t, str_of(text(c, kind_text(json_member_str(k, "kind")))));
		table_cell(&t, out_text(k, "user"));
		table_cell(&t, out_text(k, "client"));
		table_cell(&t, out_text(k, "issuer"));
		table_cell(&t, out_text(k, "scope"));
		table_cell(&t, out_time(c, k, "issued_s"));
		table_cell(&t, out_time(c, k, "expires_s"));
	}
	table_end(&t);
}

static int
decode(struct cli *c)
{
	struct str token = token_given(c, c->local);
	struct jwt jwt;
	json_t *both;

	if (!str_given(token))
		return c->code;
	if (!jwt_peek(&c->mem, token, &jwt)) {
		cli_fail(c, str_of(text(c, T_no_jwt)), STR_ABSENT);
		return c->code;
	}
	both = json_pack("{sO sO sb}", "header", jwt.header, "claims", jwt.claims, "verified", 0);
	print_pretty(both);
	json_decref(both);
	if (!c->json)
		fprintf(stderr, "%s\n", text(c, T_not_verified));
	return EXIT_DONE;
}

/* --- verify --------------------------------------------------------------------------------------------------------- */

static const struct opt verify_options[] = {
	{ "--issuer-url", "issuer_url", OPT_LOCAL, T_o_issuer_url },
	{ "--audience", "audience", OPT_LOCAL, T_o_audience },
	OPT_END,
};

/* By the keys of the issuer that is named, else of the one that the token names; which one it was is printed. */
static int
verify(struct cli *c)
{
	struct probe_expects e = { .aud = json_member_str(c->local, "audience"), .now_s = clock_now_s() };
	struct str token = token_given(c, c->local), url = json_member_str(c->local, "issuer_url");
	struct probe_server s;
	struct probe p;
	struct jwt jwt;
	json_t *all;

	if (!str_given(token))
		return c->code;
	if (!jwt_peek(&c->mem, token, &jwt))
		return cli_fail(c, str_of(text(c, T_no_jwt)), STR_ABSENT), c->code;
	if (!str_given(url))
		url = json_member_str(jwt.claims, "iss");
	if (!str_given(url))
		return cli_usage(c, str_of(text(c, T_no_iss))), c->code;
	probe_init(&p, &c->mem);
	if (!probe_discover(&p, url, &s) || !probe_verify(&p, &s, token, &e, &jwt))
		return cli_fail(c, p.why, STR_ABSENT), c->code;
	all = json_pack("{ss% sO sO sb}", "issuer", s.issuer.p, s.issuer.n, "header", jwt.header, "claims", jwt.claims,
	    "verified", 1);
	print_pretty(all);
	json_decref(all);
	return EXIT_DONE;
}

const struct command token_commands[] = {
	{ "token", "list", "token.list", T_d_token_list, 0, NULL, NULL, list, .prepare = realm_of_user,
	    .print = print_list, .list = "tokens" },
	{ "token", "introspect", "token.introspect", T_d_token_introspect, WANTS_ISSUER | ARG_OPTIONAL, "TOKEN",
	    "token", issuer, .prepare = read_token, .print = print_facts },
	{ "token", "revoke", "token.revoke", T_d_token_revoke, WANTS_ISSUER | ARG_OPTIONAL, "TOKEN", "token",
	    issuer, .prepare = read_token, .print = out_done },
	{ "token", "decode", NULL, T_d_token_decode, ARG_OPTIONAL, "TOKEN", "token", NULL, .run = decode },
	{ "token", "verify", NULL, T_d_token_verify, ARG_OPTIONAL, "TOKEN", "token", verify_options, .run = verify },
	{ .noun = NULL },
};
