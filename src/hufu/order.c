/* hufu/order.c - an order goes to the daemon, or, when there is none, to its office on the store itself. Long lists come in pages. */
#include "hufu/hufu_int.h"

/* Answers are longer than what json_read takes of strangers. */
static json_t *
answer_read(struct cli *c, struct str body)
{
	json_t *answer = json_loadb(body.p, body.n, JSON_REJECT_DUPLICATES, NULL);

	if (answer != NULL && !arena_defer(&c->mem, (void (*)(void *))json_decref, answer))
		answer = NULL;
	if (!json_is_object(answer)) {
		cli_fail(c, str_of(text(c, T_bad_answer)), STR_ABSENT);
		return NULL;
	}
	if (json_is_true(json_object_get(answer, "ok")))
		return answer;
	cli_fail(c, json_member_str(answer, "error"), json_member_str(answer, "hint"));
	return NULL;
}

static bool
deliver(struct cli *c, struct str request, struct str *body)
{
	const struct conf *conf = cli_conf(c);
	struct str why = STR_ABSENT;

	if (conf == NULL)
		return false;
	switch (control_ask(c, conf_text(conf, SEC_TOP, STR_ABSENT, "admin.socket"), request, body, &why)) {
	case CONTROL_DONE: return true;
	case CONTROL_FAILED: return cli_fail(c, why, str_of(text(c, T_socket_hint)));
	case CONTROL_DOWN: break;
	}
	if (c->cmd->flags & WANTS_DAEMON)
		return cli_fail(c, str_of(text(c, T_needs_daemon)), str_of(text(c, T_start_it)));
	return offline_ask(c, request, body, &why) || cli_fail(c, why, STR_ABSENT);
}

static json_t *
ask_once(struct cli *c, json_t *ask)
{
	char *request = json_dumps(ask, JSON_COMPACT);
	struct str body = STR_ABSENT;
	json_t *answer = NULL;

	if (request == NULL)
		cli_fail(c, str_of(text(c, T_no_memory)), STR_ABSENT);
	else if (deliver(c, str_of(request), &body))
		answer = answer_read(c, body);
	if (request != NULL)
		explicit_bzero(request, strlen(request));
	free(request);
	return answer;
}

/* The rows of the next page go behind those of the first answer. */
static bool
page_next(struct cli *c, json_t *ask, json_t *rows)
{
	json_t *last = json_array_get(rows, json_array_size(rows) - 1), *after = json_object_get(last, c->cmd->key), *page;

	if (after == NULL)
		return false;
	json_object_set(ask, "after", after);
	page = ask_once(c, ask);
	if (page == NULL)
		return false;
	json_array_extend(rows, json_object_get(page, c->cmd->list));
	return json_is_true(json_object_get(page, "more"));
}

json_t *
cli_order(struct cli *c, json_t *ask)
{
	json_t *answer = ask_once(c, ask);
	bool more = answer != NULL && c->cmd->key != NULL && json_is_true(json_object_get(answer, "more"));

	if (!more)
		return answer;
	while (page_next(c, ask, json_object_get(answer, c->cmd->list)))
		;
	json_object_set_new(answer, "more", json_false());
	return c->code == EXIT_DONE ? answer : NULL;
}
