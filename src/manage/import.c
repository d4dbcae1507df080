/*
 * manage/import.c - realm.import: rows of an old server's database are compared with what is here
 * and with what the import before saw of them; with "check" all is judged and nothing written.
 */
#include "manage/import_int.h"

static const char *const fate_names[FATE_COUNT] = {
	"added", "same", "updated", "kept", "replaced", "ended", "conflict", "expired", "orphaned", "refused",
};

static const struct list { const char *name; row_fn *take; } lists[] = {
	{ "users", import_user_row },
	{ "clients", import_client_row },
	{ "approvals", import_approval_row },
	{ "tokens", import_token_row },
};

static bool
list_run(struct import *m, const struct list *l, size_t *number)
{
	const json_t *list = json_object_get(m->j->ask, l->name), *row;
	size_t i;

	if (list != NULL && !json_is_array(list))
		return job_refuse(m->j, "invalid", "correct the file", "%s must be a list", l->name);
	json_array_foreach(list, i, row) {
		struct str id = json_member_str(row, "id"), named = str_given(id) ? id : json_member_str(row, "name");
		struct str of = str_given(named) ? named : arena_printf(m->j->mem, "%zu", i);

		m->at = (struct row){ .take = l->take, .json = row, .id = of, .number = (*number)++,
		    .place = arena_printf(m->j->mem, "%s: %.*s: ", l->name, STR_ARG(of)) };
		if (!l->take(m, row, m->at.place))
			return false;
	}
	return import_flush(m);
}

static bool
import_begin(struct import *m, struct job *j)
{
	static const uint8_t none[DIGEST_SIZE];
	struct str source = job_arg(j, "source");

	j->check = json_is_true(json_object_get(j->ask, "check"));
	*m = (struct import){ .j = j,
		.now_s = clock_now_s(),
		.source = str_empty(source) ? S("import") : source,
		.replace = json_is_true(json_object_get(j->ask, "replace")),
		.keep = json_is_true(json_object_get(j->ask, "keep")),
		.differs = json_array(),
		.absent = json_array() };
	m->key = str_span(j->import_key != NULL ? j->import_key : none, DIGEST_SIZE);
	buf_init(&m->refused, j->mem, ANSWER_MAX / 2);
	jw_open(&m->refused, '[');
	if (m->differs == NULL || m->absent == NULL || !arena_defer(j->mem, (void (*)(void *))json_decref, m->differs)
	    || !arena_defer(j->mem, (void (*)(void *))json_decref, m->absent))
		return import_no_memory(m);
	if (m->replace && m->keep)
		return job_refuse(j, "invalid", "leave one of them out", "replace and keep contradict each other");
	return job_realm(j, &m->realm) && import_key_judge(m);
}

static void
array_put(struct buf *b, const char *name, json_t *array)
{
	char *text = json_dumps(array, JSON_COMPACT);

	jm_raw(b, str_of(name), text != NULL ? str_of(text) : S("[]"));
	free(text);
}

static bool
import_answer(struct import *m)
{
	json_t *one;
	struct buf b;
	size_t i;

	jw_close(&m->refused, ']');
	json_array_foreach(m->differs, i, one)
		json_object_del(one, "row");
	answer_open(m->j, &b);
	for (i = 0; i < FATE_COUNT; i++)
		jm_int(&b, str_of(fate_names[i]), m->n[i]);
	jm_raw(&b, S("why"), buf_str(&m->refused));
	array_put(&b, "differs", m->differs);
	array_put(&b, "absent", m->absent);
	b.full = b.full || m->refused.full;
	hash_put(m->j, &b);
	if (m->memory_lost)
		jm_bool(&b, S("memory_lost"), true);
	return answer_close(m->j, &b);
}

bool
realm_import(struct job *j)
{
	struct import m;
	size_t number = 0;

	if (!import_begin(&m, j))
		return false;
	for (size_t i = 0; i < COUNT(lists); i++)
		if (!list_run(&m, &lists[i], &number))
			return str_given(j->out) ? false : job_store_failed(j);
	return import_answer(&m);
}
