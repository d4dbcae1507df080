/* manage/manage.c - what an operator asks of clients, users and sessions: one JSON object in, one out. */
#include "manage/manage_int.h"

/* reads: it changes nothing, and is not written down. */
static const struct order { const char *name; bool (*run)(struct job *); bool clients_change, reads; } orders[] = {
	{ "client.create", client_create, true }, { "client.list", client_list, false, true },
	{ "client.show", client_show, false, true }, { "client.check", client_check, false, true },
	{ "client.set", client_set, true }, { "client.rotate-secret", client_rotate, true },
	{ "client.delete", client_delete, true },
	{ "resource.create", resource_create, true }, { "resource.list", resource_list, false, true },
	{ "resource.show", resource_show, false, true }, { "resource.set", resource_set, true },
	{ "resource.delete", resource_delete, true },
	{ "user.create", user_create, false }, { "user.list", user_list, false, true },
	{ "user.show", user_show, false, true },
	{ "user.set", user_set, false }, { "user.set-password", user_set_password, false },
	{ "user.disable", user_disable, false },
	{ "user.enable", user_enable, false }, { "user.delete", user_delete, false },
	{ "user.factors", user_factors, false, true }, { "user.factors-reset", user_factors_reset, false },
	{ "user.export", user_export, false }, { "realm.export", realm_export, false },
	{ "token.list", token_list, false, true },
	{ "approval.list", approval_list, false, true }, { "approval.withdraw", approval_withdraw, false },
	{ "identity.list", identity_list, false, true }, { "identity.unlink", identity_unlink, false },
	{ "ciba.list", ciba_list, false, true }, { "ciba.approve", ciba_approve, false },
	{ "ciba.deny", ciba_deny, false },
	{ "session.list", session_list, false, true },
	{ "session.ended", session_ended, false, true },
	{ "session.deliveries", session_deliveries, false, true }, { "session.end", session_end, false },
	{ "realm.load", realm_fill, true },
	{ "realm.show", realm_show, false, true }, { "realm.set", realm_set, false },
	{ "realm.import", realm_import, false },
	{ "realm.imported", realm_imported, false, true }, { "realm.import-forget", realm_import_forget, false },
	{ "registration.token-create", registration_token_create, false },
	{ "registration.token-list", registration_token_list, false, true },
	{ "registration.token-revoke", registration_token_revoke, false },
	{ "legacy.uses", legacy_uses, false, true }, { "legacy.unused", legacy_unused, false, true },
};

bool
manage_reads(const json_t *request)
{
	struct str what = json_member_str(request, "do");

	if (json_is_true(json_object_get(request, "check"))
	    && (str_is(what, "realm.import") || str_is(what, "realm.load")))
		return true;
	for (size_t i = 0; i < COUNT(orders); i++)
		if (str_given(what) && str_is(what, orders[i].name))
			return orders[i].reads;
	return false;
}

/* Whoever changes the same at the same time is not overwritten: the order looks again, and says what it finds then. */
#define RUNS_MAX 8
static bool
order_run(struct job *j, bool (*run)(struct job *))
{
	bool ok = false;

	for (int i = 0; i < RUNS_MAX; i++) {
		j->again = false;
		j->warnings = j->to_hash = (struct buf){ .mem = NULL };
		j->warnings_left_out = 0;
		j->realm_warned = false;
		ok = run(j);
		if (ok || !j->again)
			break;
	}
	return ok;
}

bool
manage_do(struct store *s, struct arena *mem, const json_t *request, const struct lent *lent, struct str *out,
    bool *changed)
{
	struct job j = { .store = s,
		.mem = mem,
		.ask = request,
		.issuers = lent->issuers,
		.elsewhere = lent->elsewhere,
		.import_key = lent->import_key,
		.lent = lent,
		.passwords = lent->passwords };
	struct str what = json_is_object(request) ? job_arg(&j, "do") : STR_ABSENT;
	bool ok = false, known = false;

	for (size_t i = 0; i < COUNT(orders); i++) {
		if (!str_given(what) || !str_is(what, orders[i].name))
			continue;
		known = true;
		ok = order_run(&j, orders[i].run);
		j.changed = j.changed || (ok && orders[i].clients_change && !j.check);
	}
	if (!known)
		job_refuse(&j, "invalid", "see hufu help", "there is no command \"%.*s\"", STR_ARG(what));
	*out = j.out;
	*changed = j.changed;
	return ok;
}
