/*
 * hufu/user_export.c - hufu user export: all that is stored of a person, as JSON; neither passwords
 * nor anything that opens something.
 */
#include "hufu/hufu_int.h"

/* The whole list of one order, as a member of the export. False: already complained. */
static bool
list_add(struct cli *c, json_t *out, const char *order, const char *list, const char *whose)
{
	json_t *ask = json_object();
	const json_t *answer;

	if (ask == NULL || !arena_defer(&c->mem, (void (*)(void *))json_decref, ask))
		return cli_fail(c, str_of(text(c, T_no_memory)), STR_ABSENT);
	json_object_set_new(ask, "do", json_string(order));
	json_object_set(ask, "realm", json_object_get(c->ask, "realm"));
	json_object_set(ask, whose, json_object_get(c->local, "name"));
	answer = cli_list(c, ask, list, 0);
	if (answer == NULL)
		return false;
	if (strcmp(order, "user.export") == 0) {
		static const char *const beside[] = { "factors", "devices", "identities", "ended_sessions" };

		json_object_set(out, "user", json_object_get(answer, "user"));
		json_object_set(out, "failed_logins", json_object_get(answer, "failed_logins"));
		json_object_set(out, "messages", json_object_get(json_object_get(answer, "has"), "messages"));
		for (size_t i = 0; i < COUNT(beside); i++)
			json_object_set(out, beside[i], json_object_get(answer, beside[i]));
	}
	json_object_set(out, list, json_object_get(answer, list));
	return true;
}

/* A session's name is made of its cookie; nobody needs it here. */
static void
names_drop(json_t *out)
{
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(out, "sessions"), i, row)
		json_object_del(row, "session");
}

/* Of the clients that act for the user only the ids: the rest is not the person's. */
static void
clients_shorten(json_t *out)
{
	json_t *ids = json_array(), *row;
	size_t i;

	json_array_foreach(json_object_get(out, "clients"), i, row)
		json_array_append(ids, json_object_get(row, "id"));
	json_object_del(out, "clients");
	json_object_set_new(out, "acted_for_by", ids);
}

static bool
export_print(struct cli *c, const json_t *out)
{
	char *whole = json_dumps(out, c->json ? JSON_COMPACT : JSON_INDENT(2));

	if (whole == NULL)
		return cli_fail(c, str_of(text(c, T_no_memory)), STR_ABSENT);
	out_line(str_of(whole));
	free(whole);
	return true;
}

int
user_exported(struct cli *c)
{
	json_t *out = json_object();

	if (out == NULL || !arena_defer(&c->mem, (void (*)(void *))json_decref, out)) {
		cli_fail(c, str_of(text(c, T_no_memory)), STR_ABSENT);
		return c->code;
	}
	if (!str_given(json_member_str(c->ask, "realm")) && !cli_realm(c))
		return c->code;
	if (list_add(c, out, "user.export", "codes", "name") && list_add(c, out, "session.list", "sessions", "user")
	    && list_add(c, out, "token.list", "tokens", "user")
	    && list_add(c, out, "approval.list", "approvals", "user")
	    && list_add(c, out, "client.list", "clients", "acts_for")) {
		names_drop(out);
		clients_shorten(out);
		export_print(c, out);
	}
	return c->code;
}
