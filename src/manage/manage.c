/* manage/manage.c - what an operator asks of clients, users and sessions: one JSON object in, one out. */
#include "manage/manage_int.h"

struct str
refusal(struct arena *mem, const char *code, const char *hint, struct str text)
{
	struct buf b;

	buf_init(&b, mem, 6 * text.n + 16 * 1024);      /* "\u0001" is the longest of one byte */
	jw_open(&b, '{');
	jm_str(&b, S("error"), text);
	jm_str(&b, S("code"), str_of(code));
	jm_str(&b, S("hint"), str_of(say(hint)));
	jw_close(&b, '}');
	return buf_str(&b);
}

bool
job_refuse(struct job *j, const char *code, const char *hint, const char *fmt, ...)
{
	struct str text;
	va_list ap;

	va_start(ap, fmt);
	text = arena_vprintf(j->mem, say(fmt), ap);
	va_end(ap);
	j->out = refusal(j->mem, code, hint, text);
	return false;
}

bool
job_store_failed(struct job *j)
{
	return job_refuse(j, "store", "look at free space and rights of the data directory, and at the log", "the store cannot be read or written now");
}

struct str
job_arg(const struct job *j, const char *name)
{
	return json_member_str(j->ask, name);
}

void
answer_open(struct job *j, struct buf *b)
{
	buf_init(b, j->mem, ANSWER_MAX);
	jw_open(b, '{');
	jm_bool(b, S("ok"), true);
}

bool
answer_close(struct job *j, struct buf *b)
{
	jw_close(b, '}');
	j->out = buf_str(b);
	return !b->full || job_refuse(j, "invalid", "ask for fewer rows with \"max\"", "the answer is too long");
}

bool
job_realm(struct job *j, struct str *realm)
{
	const char *wrong;

	*realm = job_arg(j, "realm");
	if (!str_given(*realm))
		return job_refuse(j, "invalid", "name the realm in the member \"realm\" (--realm)", "a realm is needed");
	if ((wrong = check_realm(*realm)) != NULL)
		return job_refuse(j, "invalid", "a realm is named by letters, digits, '-', '_' and '.'", "the realm's name %s", wrong);
	return true;
}

bool
job_commit(struct job *j, const struct store_op *ops, size_t n)
{
	enum store_result r = store_commit(j->store, ops, n, NULL);

	if (r == STORE_LOST) {
		j->again = true;
		return job_refuse(j, "exists", "list what there is, and try again", "the id or name is taken, or somebody else changes the same meanwhile");
	}
	return r == STORE_DONE || job_store_failed(j);
}

bool
issuer_is_named_right(struct job *j)
{
	struct str issuer = job_arg(j, "issuer");

	if (!str_given(issuer))
		return true;
	if (str_has_word(j->elsewhere, issuer, ' '))
		return job_refuse(j, "invalid", "name an issuer of this realm, or another realm",
		    "issuer \"%.*s\" has another realm", STR_ARG(issuer));
	return !str_given(j->issuers) || str_has_word(j->issuers, issuer, ' ')
	    || job_refuse(j, "not_found", "name one of those there are", "there is no issuer \"%.*s\"; there are: %.*s", STR_ARG(issuer), STR_ARG(j->issuers));
}

/* reads: it changes nothing, and is not written down. */
static const struct order { const char *name; bool (*run)(struct job *); bool clients_change, reads; } orders[] = {
	{ "client.create", client_create, true }, { "client.list", client_list, false, true }, { "client.show", client_show, false, true },
	{ "client.set", client_set, true }, { "client.rotate-secret", client_rotate, true }, { "client.delete", client_delete, true },
	{ "user.create", user_create, false }, { "user.list", user_list, false, true }, { "user.show", user_show, false, true },
	{ "user.set", user_set, false }, { "user.set-password", user_set_password, false }, { "user.disable", user_disable, false },
	{ "user.enable", user_enable, false }, { "user.delete", user_delete, false },
	{ "user.export", user_export, false }, { "realm.export", realm_export, false },
	{ "token.list", token_list, false, true },
	{ "approval.list", approval_list, false, true }, { "approval.withdraw", approval_withdraw, false },
	{ "session.list", session_list, false, true }, { "session.end", session_end, false }, { "realm.load", realm_fill, true },
	{ "realm.show", realm_show, false, true }, { "realm.set", realm_set, false },
	{ "realm.import", realm_import, false },
	{ "realm.imported", realm_imported, false, true }, { "realm.import-forget", realm_import_forget, false },
	{ "legacy.uses", legacy_uses, false, true }, { "legacy.unused", legacy_unused, false, true },
};

bool
manage_reads(const json_t *request)
{
	struct str what = json_member_str(request, "do");

	if (json_is_true(json_object_get(request, "check")) && (str_is(what, "realm.import") || str_is(what, "realm.load")))
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
