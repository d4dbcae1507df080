/*
 * hufu/order.c - an order goes to the daemon, or, when there is none, to its office on the store
 * itself. Long lists come in pages.
 */
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

json_t *
cli_try(struct cli *c, json_t *ask)
{
	const struct conf *conf = cli_conf(c);
	char *request = json_dumps(ask, JSON_COMPACT);
	struct str body = STR_ABSENT, why = STR_ABSENT;
	json_t *answer = NULL;

	if (conf != NULL && request != NULL
	    && (control_ask(
		    c, conf_text(conf, SEC_TOP, STR_ABSENT, "admin.socket"), str_of(request), &body, &why)
		    == CONTROL_DONE
		|| offline_ask(c, str_of(request), &body, &why)))
		answer = json_read(&c->mem, body);
	free(request);
	return json_is_true(json_object_get(answer, "ok")) ? answer : NULL;
}

/* --limit N; 0: none was given. False: already complained. */
static bool
limit_read(struct cli *c, int64_t *limit)
{
	struct str text = json_member_str(c->local, "limit");

	*limit = 0;
	if (!str_given(text) || (str_int(text, limit) && *limit > 0))
		return true;
	return cli_usage(c, FILL(c, T_bad_number, S("--limit"), text));
}

/* The next page, behind the one before: its rows go into *rows. NULL: already complained. */
static const json_t *
page_next(struct cli *c, json_t *ask, const char *list, int64_t max, json_t *rows)
{
	const json_t *page;

	json_object_set_new(ask, "max", json_integer(max));
	page = ask_once(c, ask);
	if (page == NULL)
		return NULL;
	json_array_extend(rows, json_object_get(page, list));
	if (json_object_get(page, "after") != NULL)
		json_object_set(ask, "after", json_object_get(page, "after"));
	return page;
}

/* A page may promise more and have none that fits: is there a row behind these? False: none, or already complained. */
static bool
more_follows(struct cli *c, const json_t *ask, const char *list)
{
	json_t *rows = json_array(), *next = json_deep_copy(ask);
	const json_t *page;
	bool found = false;

	while (rows != NULL && next != NULL && !found) {
		page = page_next(c, next, list, 1, rows);
		found = json_array_size(rows) > 0;
		if (page == NULL || !json_is_true(json_object_get(page, "more")))
			break;
	}
	json_decref(rows);
	json_decref(next);
	return found;
}

#define PAGE_MAX 200
json_t *
cli_list(struct cli *c, json_t *ask, const char *list, int64_t limit)
{
	json_t *rows = json_array(), *all;
	const json_t *page;
	bool more;

	if (rows == NULL || !arena_defer(&c->mem, (void (*)(void *))json_decref, rows))
		return cli_fail(c, str_of(text(c, T_no_memory)), STR_ABSENT), NULL;
	do {
		int64_t left = limit > 0 ? limit - (int64_t)json_array_size(rows) : PAGE_MAX;

		page = page_next(c, ask, list, left < PAGE_MAX ? left : PAGE_MAX, rows);
		more = page != NULL && json_is_true(json_object_get(page, "more"));
	} while (more && (limit == 0 || (int64_t)json_array_size(rows) < limit));
	more = more && more_follows(c, ask, list);
	if (page == NULL || c->code != EXIT_DONE)
		return NULL;
	all = json_copy((json_t *)(uintptr_t)page);             /* with what a page says besides */
	if (all == NULL || !arena_defer(&c->mem, (void (*)(void *))json_decref, all))
		return cli_fail(c, str_of(text(c, T_no_memory)), STR_ABSENT), NULL;
	json_object_set(all, list, rows);
	json_object_set_new(all, "more", json_boolean(more));
	if (!more)
		json_object_del(all, "after");
	return all;
}

json_t *
cli_order(struct cli *c, json_t *ask)
{
	int64_t limit;

	if (c->cmd->list == NULL)
		return ask_once(c, ask);
	return limit_read(c, &limit) ? cli_list(c, ask, c->cmd->list, limit) : NULL;
}
