/*
 * hufu/realm.c - hufu realm: load a JSON file of clients, users and resource servers, in pieces that the daemon's
 * limits let through; export one.
 */
#include "hufu/bulk.h"

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
		cli_fail(c, FILL(c, T_file_json, path, arena_printf(&c->mem, "%d", e.line), str_of(e.text)),
		    STR_ABSENT);
	else if (!json_is_object(all)
	    || (!json_is_array(json_object_get(all, "clients"))
		&& !json_is_array(json_object_get(all, "users"))
		&& !json_is_array(json_object_get(all, "resource_servers")))) {
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
print_json(struct cli *c, const json_t *clients, const json_t *users, const json_t *servers)
{
	json_t *answer = json_pack("{sb sI sI}", "ok", 1, "clients", (json_int_t)json_array_size(clients), "users",
	    (json_int_t)json_array_size(users));

	if (servers != NULL)
		json_object_set_new(answer, "resource_servers", json_integer((json_int_t)json_array_size(servers)));
	if (json_object_get(c->local, "warnings") != NULL)
		json_object_set(answer, "warnings", json_object_get(c->local, "warnings"));
	out_json(c, answer);
	json_decref(answer);
}

/* Of the lists: what names a row, and where it has its secret (NULL: it has none). */
struct list { const char *name, *id, *secret, *encoded; json_t *rows; size_t sent; };
/* A file being loaded. check: all of it is judged first; the answers name the rows to be hashed. */
struct loading { struct cli *c; bool check; struct list lists[3]; struct hash_jobs jobs; struct interrupts held; };

/* Whose clear password is the one there is keeps it by silence. */
static bool
secret_settle(struct loading *l, const struct list *list, const json_t *named, json_t *row)
{
	bool clear = list->secret != NULL && json_is_string(json_object_get(row, list->secret))
	    && !json_is_true(json_object_get(row, "encoded"));
	size_t before = l->jobs.n;

	if (!clear)
		return true;
	if (!hash_jobs_add(l->c, &l->jobs, named, row, list->id, list->secret))
		return false;
	if (l->jobs.n == before)
		json_object_del(row, list->secret);
	return true;
}

static bool
piece_answered(struct loading *l, struct list *list, const json_t *answer, size_t from, size_t to)
{
	const json_t *named = json_object_get(answer, "hash");

	if (answer == NULL)
		return false;
	if (!l->check) {
		warnings_keep(l->c, answer);
		list->sent += to - from;
		return true;
	}
	for (size_t i = from; i < to; i++)
		if (!secret_settle(l, list, named, json_array_get(list->rows, i)))
			return false;
	return true;
}

/* One order with rows from *at on: as many as fit. */
static bool
piece_send(struct loading *l, struct list *list, size_t *at)
{
	json_t *ask = json_deep_copy(l->c->ask), *piece = json_array(), *row;
	size_t bytes = 0, from = *at;
	const json_t *answer;

	while ((row = json_array_get(list->rows, *at)) != NULL && json_array_size(piece) < PIECE_ROWS) {
		bytes += json_size(row) + 1;
		if (json_array_size(piece) > 0 && bytes > PIECE_BYTES)
			break;
		json_array_append(piece, row);
		(*at)++;
	}
	json_object_set_new(ask, list->name, piece);
	json_object_set_new(ask, "first", json_integer((json_int_t)from));
	json_object_set_new(ask, "check", json_boolean(l->check));
	answer = cli_order(l->c, ask);
	json_decref(ask);
	return piece_answered(l, list, answer, from, *at);
}

static bool
interrupted(struct loading *l)
{
	struct cli *c = l->c;

	if (!interrupts_wait(&l->held))
		return false;
	if (l->check)
		cli_fail(c, str_of(text(c, T_hash_interrupted)), STR_ABSENT);
	else
		cli_fail(c, FILL(c, T_load_interrupted, arena_printf(&c->mem, "%zu", l->lists[0].sent),
		    arena_printf(&c->mem, "%zu", l->lists[1].sent)), str_of(text(c, T_load_interrupted_hint)));
	return true;
}

static bool
lists_send(struct loading *l, bool check)
{
	l->check = check;
	for (size_t i = 0; i < COUNT(l->lists); i++)
		for (size_t at = 0; at < json_array_size(l->lists[i].rows);)
			if (interrupted(l) || !piece_send(l, &l->lists[i], &at))
				return false;
	return true;
}

/* What was hashed here goes encoded. */
static void
hashes_put(struct loading *l)
{
	for (size_t i = 0; i < l->jobs.n; i++) {
		struct hash_job *j = &l->jobs.all[i];
		const struct list *list = strcmp(j->member, l->lists[0].secret) == 0 ? &l->lists[0] : &l->lists[1];

		json_object_set_new(j->row, list->encoded, json_string(j->hash));
		json_object_del(j->row, j->member);
	}
}

/* --- the same name twice, anywhere in the file ------------------------------------------------ */

static bool
names_fold(struct cli *c, bool *folds)
{
	json_t *ask = json_pack("{ss sO}", "do", "realm.show", "realm", json_object_get(c->ask, "realm"));
	const json_t *answer = ask != NULL ? cli_order(c, ask) : NULL;

	json_decref(ask);
	*folds = str_is(out_text(answer, "names"), "fold");
	return answer != NULL;
}

static bool
are_distinct(struct cli *c, const struct list *list, const char *member, bool folds)
{
	json_t *seen = json_object();
	const json_t *row;
	bool ok = seen != NULL;
	size_t i;

	json_array_foreach(list->rows, i, row) {
		struct str name = json_member_str(row, member), as = folds ? str_fold(&c->mem, name) : name;
		char *key = str_given(as) ? arena_z(&c->mem, as) : NULL;

		if (key != NULL && json_object_get(seen, key) != NULL)
			ok = cli_fail(c,
			    FILL(c, T_load_twice, str_of(list->name), arena_printf(&c->mem, "%zu", i), name),
			    str_of(text(c, T_load_twice_hint)));
		if (!ok)
			break;
		if (key != NULL)
			json_object_set_new(seen, key, json_true());
	}
	json_decref(seen);
	return ok;
}

static bool
file_load(struct loading *l)
{
	struct cli *c = l->c;
	bool folds;

	if (!names_fold(c, &folds) || !are_distinct(c, &l->lists[0], "name", folds)
	    || !are_distinct(c, &l->lists[0], "id", true) || !are_distinct(c, &l->lists[1], "id", false))
		return false;
	if (!are_distinct(c, &l->lists[2], "id", false))
		return false;
	if (!lists_send(l, true) || !hash_all(c, &l->jobs, &l->held))
		return false;
	hashes_put(l);
	return lists_send(l, false);
}

static int
load(struct cli *c)
{
	json_t *all = file_json(c, json_member_str(c->local, "file"));
	json_t *clients = json_object_get(all, "clients"), *users = json_object_get(all, "users");
	json_t *servers = json_object_get(all, "resource_servers");
	struct loading l = { .c = c,
		.lists = { { "users", "name", "password", "password_encoded", users, 0 },
		    { "clients", "id", "secret", "secret_encoded", clients, 0 },
		    { "resource_servers", "id", NULL, NULL, servers, 0 } } };
	struct str n_clients, n_users;
	bool ok;

	if (all == NULL)
		return c->code;
	json_object_set_new(c->ask, "do", json_string("realm.load"));
	if (!str_given(json_member_str(c->ask, "realm")) && json_is_string(json_object_get(all, "realm")))
		json_object_set(c->ask, "realm", json_object_get(all, "realm"));
	if (!str_given(json_member_str(c->ask, "realm")) && !cli_realm(c))
		return c->code;
	interrupts_hold(&l.held);
	ok = file_load(&l);
	interrupts_release(&l.held);
	if (!ok)
		return c->code;
	n_clients = arena_printf(&c->mem, "%zu", json_array_size(clients));
	n_users = arena_printf(&c->mem, "%zu", json_array_size(users));
	if (c->json)
		print_json(c, clients, users, servers);
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
	const json_t *clients, *users, *servers;

	if (!str_given(json_member_str(c->ask, "realm")) && !cli_realm(c))
		return c->code;
	clients = part_read(c, "clients");
	users = clients != NULL ? part_read(c, "users") : NULL;
	servers = users != NULL ? part_read(c, "resource_servers") : NULL;
	if (servers == NULL)
		return c->code;
	printf("{");
	part_print(c, clients, "clients", ",\n");
	if (json_array_size(json_object_get(servers, "resource_servers")) > 0)
		part_print(c, servers, "resource_servers", ",\n");
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
