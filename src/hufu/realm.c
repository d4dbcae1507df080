/* hufu/realm.c - hufu realm load: a JSON file of clients and users, sent in pieces that the daemon's limits let through. */
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

/* One order with rows from *at on: as many as fit. */
static bool
piece_send(struct cli *c, const char *member, const json_t *rows, size_t *at)
{
	json_t *ask = json_deep_copy(c->ask), *piece = json_array(), *row;
	size_t bytes = 0;
	bool ok;

	while ((row = json_array_get(rows, *at)) != NULL && json_array_size(piece) < PIECE_ROWS) {
		bytes += json_size(row) + 1;
		if (json_array_size(piece) > 0 && bytes > PIECE_BYTES)
			break;
		json_array_append(piece, row);
		(*at)++;
	}
	json_object_set_new(ask, member, piece);
	ok = cli_order(c, ask) != NULL;
	json_decref(ask);
	return ok;
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
		out_line(arena_printf(&c->mem, "{\"ok\":true,\"clients\":%.*s,\"users\":%.*s}", STR_ARG(n_clients), STR_ARG(n_users)));
	else
		out_line(FILL(c, T_loaded, n_clients, n_users, json_member_str(c->ask, "realm")));
	return EXIT_DONE;
}

const struct command realm_commands[] = {
	{ "realm", "load", NULL, T_d_realm_load, 0, "FILE", "file", load_options, .run = load },
	{ .noun = NULL },
};
