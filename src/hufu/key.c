/* hufu/key.c - hufu key: list, show, rotate, import, revoke, forget. */
#include <errno.h>

#include "hufu/hufu_int.h"
#include "import/keyfile.h"

static const struct opt show[] = { { "--issuer", "issuer", OPT_TEXT, T_o_issuer_all },
	{ "--alg", "alg", OPT_TEXT, T_o_key_alg }, { "--pem", "pem", OPT_LOCAL_FLAG, T_o_pem }, OPT_END };
static const struct opt list[] = {
	{ "--issuer", "issuer", OPT_TEXT, T_o_issuer_all },
	{ "--state", "state", OPT_TEXT, T_o_key_state },
	{ "--alg", "alg", OPT_TEXT, T_o_key_alg },
	OPT_PAGE,
	OPT_END,
};
static const struct opt rotate[] = { { "--issuer", "issuer", OPT_TEXT, T_o_issuer },
	{ "--alg", "alg", OPT_TEXT, T_o_alg }, { "--now", "now", OPT_TRUE, T_o_now }, { "--token-key", "token_key",
	    OPT_TRUE, T_o_token_key },
	OPT_END };
static const struct opt revoke[] = { { "--issuer", "issuer", OPT_TEXT, T_o_revoke_issuer }, OPT_END };

static const struct opt import[] = {
	{ "--issuer", "issuer", OPT_TEXT, T_o_issuer }, { "--alg", "alg", OPT_TEXT, T_o_alg },
	{ "--file", "file", OPT_LOCAL, T_o_key_file },
	{ "--alias", "alias", OPT_LOCAL, T_o_key_alias },
	{ "--password-file", "password_file", OPT_LOCAL, T_o_key_password }, OPT_END,
};

static void
print_list(struct cli *c, const json_t *answer)
{
	static const enum text heads[] = { T_h_issuer, T_h_kid, T_h_alg, T_h_state, T_h_created, T_h_active,
		T_h_retired };
	const json_t *rows = json_object_get(answer, "keys"), *k;
	struct table t;
	size_t i;

	table_begin(&t, c, heads, COUNT(heads));
	json_array_foreach(rows, i, k) {
		table_cell(&t, out_text(k, "issuer"));
		table_cell(&t, out_text(k, "kid"));
		table_cell(&t, out_text(k, "alg"));
		table_cell(&t, out_text(k, "state"));
		table_cell(&t, out_time(c, k, "created"));
		table_cell(&t, out_time(c, k, "active"));
		table_cell(&t, out_time(c, k, "retired"));
	}
	table_end(&t);
}

static void
print_new(struct cli *c, const json_t *answer)
{
	struct table t;

	pairs_begin(&t, c);
	pair_line(&t, T_h_issuer, out_text(answer, "issuer"));
	pair_line(&t, T_h_kid, out_text(answer, "kid"));
	table_end(&t);
}

static void
print_revoked(struct cli *c, const json_t *answer)
{
	static const enum text heads[] = { T_h_issuer, T_h_kid, T_h_successor };
	const json_t *rows = json_object_get(answer, "revoked"), *k;
	struct table t;
	size_t i;

	table_begin(&t, c, heads, COUNT(heads));
	json_array_foreach(rows, i, k) {
		table_cell(&t, out_text(k, "issuer"));
		table_cell(&t, out_text(k, "kid"));
		table_cell(&t, out_text(k, "successor"));
	}
	table_end(&t);
}

/* With --pem nothing but the keys: what a resource server reads as a file. */
static void
print_shown(struct cli *c, const json_t *answer)
{
	static const enum text heads[] = { T_h_issuer, T_h_kid, T_h_alg, T_h_state };
	static const char *const members[] = { "issuer", "kid", "alg", "state" };
	bool bare = json_is_true(json_object_get(c->local, "pem"));
	const json_t *rows = json_object_get(answer, "keys"), *k;
	struct table t;
	size_t i;

	json_array_foreach(rows, i, k) {
		if (!bare) {
			pairs_begin(&t, c);
			for (size_t m = 0; m < COUNT(heads); m++)
				pair_line(&t, heads[m], out_text(k, members[m]));
			table_end(&t);
		}
		fprintf(stdout, "%.*s", STR_ARG(json_member_str(k, "pem")));
	}
}

/* Every byte: a key file may end like a line. */
static struct str
file_bytes(struct cli *c, struct str path)
{
	char *z = arena_z(&c->mem, path), *p = arena_alloc(&c->mem, KEYFILE_MAX + 1);
	FILE *f = z != NULL && p != NULL ? fopen(z, "rb") : NULL;
	size_t n = f != NULL ? fread(p, 1, KEYFILE_MAX + 1, f) : 0;

	if (f == NULL || ferror(f))
		cli_fail(c, FILL(c, T_file_failed, path, str_of(say_errno(errno))), STR_ABSENT);
	if (f != NULL)
		fclose(f);
	return f != NULL ? str_span(p, n) : STR_ABSENT;
}

/* The key leaves its file here and travels over the owner's socket only. */
static bool
key_read(struct cli *c)
{
	struct str path = json_member_str(c->local, "file"),
		   secret = json_member_str(c->local, "password_file"), bytes, password = STR_ABSENT, der,
		   why = STR_ABSENT, text64;

	if (!str_given(path))
		return cli_usage(c, FILL(c, T_too_little, S("--file FILE")));
	bytes = file_bytes(c, path);
	if (!str_given(bytes)
	    || (str_given(secret) && !str_given(password = secret_from_file(c, secret, PASSWORD_MAX))))
		return false;
	if (!keyfile_read(&c->mem, bytes, json_member_str(c->local, "alias"), password, &der, &why))
		return cli_fail(c, ARENA_CAT(&c->mem, path, S(": "), why), STR_ABSENT);
	text64 = b64_encode(&c->mem, der);
	return str_given(text64) && json_put_str(c->ask, "key", text64);
}

const struct command key_commands[] = {
	{ "key", "show", "key.show", T_d_key_show, ARG_OPTIONAL, "KID", "kid", show, .print = print_shown },
	{ "key", "list", "key.list", T_d_key_list, 0, NULL, NULL, list, .print = print_list, .list = "keys" },
	{ "key", "rotate", "key.rotate", T_d_key_rotate, WANTS_ISSUER, NULL, NULL, rotate,
	    .print = print_new },
	{ "key", "import", "key.import", T_d_key_import, WANTS_ISSUER, NULL, NULL, import,
	    .prepare = key_read, .print = print_new },
	{ "key", "revoke", "key.revoke", T_d_key_revoke, 0, "KID", "kid", revoke, .print = print_revoked },
	{ .noun = NULL },
};
