/*
 * hufu/realm.c - hufu realm: load a JSON file of clients and users, in pieces that the daemon's
 * limits let through; export one.
 */
#include "hufu/hufu_int.h"

#define PIECE_ROWS  50
#define PIECE_BYTES (24 * 1024)

static const struct opt load_options[] = { { "--realm", "realm", OPT_TEXT, T_o_realm }, OPT_END };

static json_t *
file_json(struct cli *c, struct str path)
{
	char *z = arena_z(&c->mem, path);
	json_error_t e = { .line = 0 };
	json_t *all = z ? json_load_file(z, JSON_REJECT_DUPLICATES, &e) : NULL;

	if (all != NULL && !arena_defer(&c->mem, (void (*)(void *))json_decref, all))
		all = NULL;
	if (all == NULL && e.line < 0)
		cli_fail(c, str_of(e.text), STR_ABSENT);
	else if (all == NULL)
		cli_fail(c, FILL(c, T_file_json, path, arena_printf(&c->mem, "%d", e.line), str_of(e.text)), STR_ABSENT);
	else if (!json_is_object(all) || (!json_is_array(json_object_get(all, "clients")) && !json_is_array(json_object_get(all, "users")))) {
		cli_fail(c, FILL(c, T_file_shape, path), STR_ABSENT);
		all = NULL;
	}
	return all;
}

static size_t
json_size(const json_t *v)
{
	return json_dumpb(v, NULL, 0, JSON_COMPACT);
}

/* People read them as they come; a program gets them with the answer. */
static void
warnings_keep(struct cli *c, const json_t *answer)
{
	json_t *list = json_object_get(answer, "warnings"), *all = json_object_get(c->local, "warnings");

	if (!c->json)
		out_notes(c, answer);
	else if (all == NULL && list != NULL)
		json_object_set_new(c->local, "warnings", json_copy(list));
	else if (list != NULL)
		json_array_extend(all, list);
}

static void
print_json(struct cli *c, const json_t *clients, const json_t *users)
{
	json_t *answer = json_pack("{sb sI sI}", "ok", 1, "clients", (json_int_t)json_array_size(clients), "users",
	    (json_int_t)json_array_size(users));

	if (json_object_get(c->local, "warnings") != NULL)
		json_object_set(answer, "warnings", json_object_get(c->local, "warnings"));
	out_json(c, answer);
	json_decref(answer);
}

/* One order with rows from *at on: as many as fit. */
static bool
piece_send(struct cli *c, const char *member, const json_t *rows, size_t *at)
{
	json_t *ask = json_deep_copy(c->ask), *piece = json_array(), *row;
	const json_t *answer;
	size_t bytes = 0;

	while ((row = json_array_get(rows, *at)) != NULL && json_array_size(piece) < PIECE_ROWS) {
		bytes += json_size(row) + 1;
		if (json_array_size(piece) > 0 && bytes > PIECE_BYTES)
			break;
		json_array_append(piece, row);
		(*at)++;
	}
	json_object_set_new(ask, member, piece);
	answer = cli_order(c, ask);
	json_decref(ask);
	if (answer != NULL)
		warnings_keep(c, answer);
	return answer != NULL;
}

static bool
rows_send(struct cli *c, const char *member, const json_t *rows)
{
	size_t at = 0;

	while (at < json_array_size(rows))
		if (!piece_send(c, member, rows, &at))
			return false;
	return true;
}

static int
load(struct cli *c)
{
	json_t *all = file_json(c, json_member_str(c->local, "file"));
	const json_t *clients = json_object_get(all, "clients"), *users = json_object_get(all, "users");
	struct str n_clients, n_users;

	if (all == NULL)
		return c->code;
	json_object_set_new(c->ask, "do", json_string("realm.load"));
	if (!str_given(json_member_str(c->ask, "realm")) && json_is_string(json_object_get(all, "realm")))
		json_object_set(c->ask, "realm", json_object_get(all, "realm"));
	if (!str_given(json_member_str(c->ask, "realm")) && !cli_realm(c))
		return c->code;
	if (!rows_send(c, "users", users) || !rows_send(c, "clients", clients))
		return c->code;
	n_clients = arena_printf(&c->mem, "%zu", json_array_size(clients));
	n_users = arena_printf(&c->mem, "%zu", json_array_size(users));
	if (c->json)
		print_json(c, clients, users);
	else
		out_line(FILL(c, T_loaded, n_clients, n_users, json_member_str(c->ask, "realm")));
	return EXIT_DONE;
}

/* --- realm export ----------------------------------------------------------------------------- */

static const struct opt export_options[] = {
	{ "--secrets", "secrets", OPT_TRUE, T_o_secrets }, { "--realm", "realm", OPT_TEXT, T_o_realm }, OPT_END,
};

/* One record a line, so that two exports can be compared. NULL: already complained. */
static const json_t *
part_read(struct cli *c, const char *what)
{
	json_object_set_new(c->ask, "do", json_string("realm.export"));
	json_object_set_new(c->ask, "what", json_string(what));
	json_object_del(c->ask, "after");
	return cli_list(c, c->ask, what, 0);
}

static void
part_print(struct cli *c, const json_t *answer, const char *what, const char *end)
{
	const json_t *rows = json_object_get(answer, what), *row;
	size_t i;

	printf("\"%s\":[", what);
	json_array_foreach(rows, i, row) {
		char *line = json_dumps(row, JSON_COMPACT);

		printf("%s\n%s", i > 0 ? "," : "", line != NULL ? line : "");
		if (line == NULL)
			cli_fail(c, str_of(text(c, T_no_memory)), STR_ABSENT);
		else
			explicit_bzero(line, strlen(line));
		free(line);
	}
	printf("\n]%s", end);
}

static int
export(struct cli *c)
{
	const json_t *clients, *users;

	if (!str_given(json_member_str(c->ask, "realm")) && !cli_realm(c))
		return c->code;
	clients = part_read(c, "clients");
	users = clients != NULL ? part_read(c, "users") : NULL;
	if (users == NULL)
		return c->code;
	printf("{");
	part_print(c, clients, "clients", ",\n");
	part_print(c, users, "users", "}\n");
	if (!json_is_true(json_object_get(c->ask, "secrets")))
		cli_note(str_of(text(c, T_without_secrets)));
	return c->code;
}

static void
print_rules(struct cli *c, const json_t *answer)
{
	struct table t;

	pairs_begin(&t, c);
	pair_line(&t, T_h_realm, out_text(answer, "realm"));
	pair_line(&t, T_h_names,
	    str_of(text(c, str_is(out_text(answer, "names"), "fold") ? T_names_fold : T_names_exact)));
	table_end(&t);
}

static const struct opt show_options[] = { { "--realm", "realm", OPT_TEXT, T_o_realm }, OPT_END };
static const struct opt set_options[] = { { "--realm", "realm", OPT_TEXT, T_o_realm },
	{ "--names", "names", OPT_TEXT, T_o_realm_names }, OPT_END };

const struct command realm_commands[] = {
	{ "realm", "show", "realm.show", T_d_realm_show, WANTS_REALM, NULL, NULL, show_options, .print = print_rules },
	{ "realm", "set", "realm.set", T_d_realm_set, WANTS_REALM, NULL, NULL, set_options, .print = print_rules },
	{ "realm", "load", NULL, T_d_realm_load, 0, "FILE", "file", load_options, .run = load },
	{ "realm", "export", NULL, T_d_realm_export, 0, NULL, NULL, export_options, .run = export },
	{ .noun = NULL },
};
