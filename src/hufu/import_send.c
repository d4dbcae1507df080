/*
 * hufu/import_send.c - the lists of a plan go to the store's office in pieces; in a check with what
 * comes beside them.
 */
#include "hufu/import_int.h"

#define PIECE_ROWS  50
#define PIECE_BYTES (24 * 1024)

/* Whether what is asked about will be there: while only checking, nothing of the plan is in the store yet. */
struct sending { struct cli *c; bool check; json_t *report, *users, *clients; struct import_sending *with; bool told; };

static void
name_put(json_t *set, const char *name)
{
	if (name != NULL)
		json_object_set_new(set, name, json_true());
}

static json_t *
names_of(struct cli *c, const json_t *rows, const char *member)
{
	json_t *set = json_object();
	const json_t *row;
	size_t i;

	if (set == NULL || !arena_defer(&c->mem, (void (*)(void *))json_decref, set))
		return NULL;
	json_array_foreach(rows, i, row)
		if (!json_is_true(json_object_get(row, "gone")))
			name_put(set, json_string_value(json_object_get(row, member)));
	return set;
}

/* A row of the piece; whoever has consents or tokens is there already, or comes. */
static json_t *
row_of(const struct sending *s, json_t *row)
{
	const char *client = json_string_value(json_object_get(row, "client")),
		   *user = json_string_value(json_object_get(row, "user"));
	json_t *copy;

	if (!s->check || client == NULL || (copy = json_copy(row)) == NULL)
		return json_incref(row);
	json_object_set_new(copy, "client_comes", json_boolean(json_object_get(s->clients, client) != NULL));
	json_object_set_new(copy, "user_comes", json_boolean(user != NULL && json_object_get(s->users, user) != NULL));
	return copy;
}

static void
counts_add(struct sending *s, json_t *into, const json_t *answer, json_t *set)
{
	const char *name;
	const json_t *gone;
	json_t *v;
	size_t i;

	json_object_foreach((json_t *)(uintptr_t)answer, name, v) if (json_is_integer(v))
	    json_object_set_new(into, name,
		json_integer(json_integer_value(v) + json_integer_value(json_object_get(into, name))));
	json_array_extend(json_object_get(s->report, "refused"), json_object_get(answer, "why"));
	json_array_extend(json_object_get(s->report, "differs"), json_object_get(answer, "differs"));
	json_array_foreach(json_object_get(answer, "absent"), i, gone)
		json_object_del(set, json_string_value(gone));
}

/* The lists with secrets: what names a row, and where it has its secret. */
static const struct {
	const char *name, *secret;
} secrets[IMPORT_LISTS] = { { "name", "password" }, { "id", "secret" } };

static bool
hashes_find(struct sending *s, size_t list, const json_t *rows, size_t from, size_t to, const json_t *answer)
{
	const json_t *named = json_object_get(answer, "hash");

	if (s->check && json_is_true(json_object_get(answer, "memory_lost")) && !s->told) {
		cli_note(str_of(text(s->c, T_import_memory_lost)));
		s->told = true;
	}
	for (size_t i = from; s->check && named != NULL && i < to; i++)
		if (!hash_jobs_add(s->c, &s->with->jobs, named, json_array_get(rows, i), secrets[list].name,
			secrets[list].secret))
			return false;
	return true;
}

static bool
piece_send(struct sending *s, size_t list, const json_t *rows, size_t *at)
{
	json_t *ask = json_deep_copy(s->c->ask), *piece = json_array(), *row, *answer,
	       *sent[IMPORT_LISTS] = { s->users, s->clients };
	size_t bytes = 0, from = *at;

	while ((row = json_array_get(rows, *at)) != NULL && json_array_size(piece) < PIECE_ROWS) {
		bytes += json_dumpb(row, NULL, 0, JSON_COMPACT) + 1;
		if (json_array_size(piece) > 0 && bytes > PIECE_BYTES)
			break;
		json_array_append_new(piece, row_of(s, row));
		(*at)++;
	}
	json_object_set_new(ask, import_lists[list], piece);
	answer = cli_order(s->c, ask);
	json_decref(ask);
	if (answer != NULL)
		counts_add(s, json_object_get(s->report, import_lists[list]), answer, sent[list]);
	return answer != NULL && hashes_find(s, list, rows, from, *at, answer);
}

static bool
interrupted(struct sending *s, int64_t written)
{
	struct cli *c = s->c;

	if (!interrupts_wait(&s->with->held))
		return false;
	if (s->check)
		cli_fail(c, str_of(text(c, T_hash_interrupted)), STR_ABSENT);
	else
		cli_fail(c, FILL(c, T_import_interrupted, arena_printf(&c->mem, "%lld", (long long)written)),
		    str_of(text(c, T_import_interrupted_hint)));
	return true;
}

bool
import_send(struct cli *c, const struct spring_plan *plan, bool check, struct import_sending *with, json_t *report)
{
	const json_t *const rows[IMPORT_LISTS] = { plan->users, plan->clients, plan->approvals, plan->tokens };
	struct sending s = { c, check, report, names_of(c, plan->users, "name"),
		names_of(c, plan->clients, "id"), with };

	json_object_set_new(c->ask, "check", json_boolean(check));
	json_object_set_new(report, "refused", json_array());
	json_object_set_new(report, "differs", json_array());
	for (size_t i = 0; i < IMPORT_LISTS; i++) {
		json_t *counts = json_object();
		json_object_set_new(report, import_lists[i], counts);
		for (size_t k = 0; k < IMPORT_FATES; k++)
			json_object_set_new(counts, import_fates[k], json_integer(0));
		for (size_t at = 0; at < json_array_size(rows[i]); )
			if (interrupted(&s, import_changes(report)) || !piece_send(&s, i, rows[i], &at))
				return false;
	}
	return true;
}
