/*
 * admin/act.c - an operator's order as a record: who, what, on whom, how it ended. Names and
 * counts, never what was set.
 */
#include "admin/admin.h"

#include <pwd.h>
#include <unistd.h>

#define NO_LOGIN UINT32_MAX             /* what the kernel writes for a process that nobody's login began */

/* --- who -------------------------------------------------------------------------------------- */

static void
put_user(struct record *r, const char *id_name, const char *name, int64_t uid)
{
	char room[4096];
	struct passwd entry, *found = NULL;

	record_int(r, id_name, uid);
	if (getpwuid_r((uid_t)uid, &entry, room, sizeof room, &found) == 0 && found != NULL)
		record_text(r, name, str_of(found->pw_name));
}

/* proc(5), /proc/PID/loginuid: stays the same through su and sudo. */
static int64_t
login_of(int64_t pid)
{
	char path[64], text[32] = "";
	int64_t uid = -1;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%lld/loginuid", (long long)pid);
	f = fopen(path, "re");
	if (f == NULL)
		return -1;
	if (fgets(text, sizeof text, f) == NULL || !str_int(str_trim(str_of(text)), &uid) || uid == NO_LOGIN)
		uid = -1;
	fclose(f);
	return uid;
}

void
act_who(struct record *r, int64_t uid, int64_t pid)
{
	int64_t login = pid > 0 ? login_of(pid) : -1;

	put_user(r, "uid", "operator", uid);
	if (login >= 0 && login != uid)
		put_user(r, "login_uid", "login", login);
}

void
act_self(struct record *r)
{
	act_who(r, getuid(), getpid());
}

static void
put_who(struct record *r, const struct operator_act *a)
{
	struct http_peer peer;

	if (http_peer_read(a->q, &peer))
		act_who(r, peer.uid, peer.pid);
	else
		act_self(r);
}

/* --- on whom ---------------------------------------------------------------------------------- */

static const char *const places[] = { "realm", "issuer", "kid" };
/* Members that are told otherwise, or are no change of a record. */
static const char *const untold[] = { "do", "realm", "issuer", "kid", "user", "session", "clients", "users",
	"resource_servers", "approvals", "tokens", "token", "key", "check", "first", "kind" };

/* What an order calls the one it is about. */
static const char *
subject_of(struct str what)
{
	if (str_starts(what, S("client.")) || str_starts(what, S("resource.")))
		return "id";
	return str_starts(what, S("user.")) || str_starts(what, S("registration.")) ? "name" : "user";
}

static const char *
kind_of(struct str what)
{
	if (str_starts(what, S("client.")))
		return "client";
	if (str_starts(what, S("registration.")))
		return "name";
	return str_starts(what, S("resource.")) ? "resource" : "user";
}

static void
put_subject(struct record *r, const struct operator_act *a, struct str what)
{
	struct str who = json_member_str(a->ask, subject_of(what)), session = json_member_str(a->ask, "session");

	for (size_t i = 0; i < COUNT(places); i++)
		record_text(r, places[i], json_member_str(a->ask, places[i]));
	record_text(r, kind_of(what), who);
	if (!str_starts(what, S("client.")))
		record_text(r, "client", json_member_str(a->ask, "client"));
	if (str_is(what, "user.factors-reset"))
		record_text(r, "kind", json_member_str(a->ask, "kind"));
	if (a->done)                            /* else it may be anything, a cookie too */
		record_text(r, "session", session);
}

static bool
is_told(struct str what, const char *member)
{
	for (size_t i = 0; i < COUNT(untold); i++)
		if (strcmp(member, untold[i]) == 0)
			return true;
	return strcmp(member, subject_of(what)) == 0;
}

static void
put_fields(struct record *r, const struct operator_act *a, struct str what)
{
	struct record_list l;
	const char *member;
	const json_t *value;

	record_list_open(r, &l, "fields");
	json_object_foreach((json_t *)(uintptr_t)a->ask, member, value)
		if (!is_told(what, member))
			record_list_add(r, &l, str_of(member));
	record_list_close(r, &l);
}

static void
put_names(struct record *r, const struct operator_act *a, const char *list, const char *member, const char *name)
{
	const json_t *rows = json_object_get(a->ask, list), *row;
	struct record_list l;
	size_t i;

	if (json_array_size(rows) == 0)
		return;
	record_list_open(r, &l, name);
	json_array_foreach(rows, i, row)
		if (str_given(json_member_str(row, member)))
			record_list_add(r, &l, json_member_str(row, member));
	record_list_close(r, &l);
}

/* --- how it ended ----------------------------------------------------------------------------- */

static const char *
result_of(const struct operator_act *a, struct str code)
{
	if (a->done)
		return "done";
	return str_is(code, "store") || str_is(code, "failed") ? "failed" : "refused";
}

/* Its numbers are those of the record, and not counts. */
static bool
shows_a_record(const json_t *ask)
{
	struct str what = json_member_str(ask, "do");

	return str_starts(what, S("client.")) || str_starts(what, S("user.")) || str_starts(what, S("resource."));
}

/* Counts, and the key that an order made. */
static void
put_outcome(struct record *r, const struct operator_act *a)
{
	json_t *answer = json_loadb(a->answer.p, a->answer.n, 0, NULL), *value;
	struct str code = json_member_str(answer, "code");
	const char *member;

	record_text(r, "result", str_of(result_of(a, code)));
	record_text(r, "code", code);
	json_object_foreach(answer, member, value)
		if (json_is_integer(value) && !shows_a_record(a->ask))
			jm_int(&r->line, str_of(member), json_integer_value(value));
	if (!str_given(json_member_str(a->ask, "kid")))
		record_text(r, "kid", json_member_str(answer, "kid"));
	json_decref(answer);
}

/* Of a token that was to be ended. */
static void
put_ended(struct record *r, struct str facts)
{
	json_t *f = str_given(facts) ? json_loadb(facts.p, facts.n, 0, NULL) : NULL;

	record_text(r, "kind", json_member_str(f, "kind"));
	record_text(r, "client", json_member_str(f, "client_id"));
	record_text(r, "user", json_member_str(f, "username"));
	json_decref(f);
}

/* --- the line --------------------------------------------------------------------------------- */

/* Who sends what is no order must not choose the event's name. */
static enum event
event_of(const struct operator_act *a, struct str what)
{
	enum event e = a->known ? event_named(what) : EV_COUNT;

	return e == EV_COUNT ? EV_order_other : e;
}

/* What a backup holds. */
static void
put_backup(struct record *r, const json_t *ask)
{
	static const char *const parts[] = { "store", "kek", "sealed" };

	record_text(r, "file", json_member_str(ask, "file"));
	for (size_t i = 0; i < COUNT(parts); i++)
		if (json_is_true(json_object_get(ask, parts[i])))
			record_true(r, parts[i]);
}

static void
act_begin(struct record *r, const struct operator_act *a, struct str what)
{
	enum event e = event_of(a, what);

	record_begin(r, e);
	put_who(r, a);
	if (e == EV_order_other)
		record_text(r, "asked", what);
	put_subject(r, a, what);
	if (e == EV_backup)
		put_backup(r, a->ask);
}

static void
act_lists(struct record *r, const struct operator_act *a, struct str what)
{
	if (a->known && (str_ends(what, S(".create")) || str_ends(what, S(".set"))))
		put_fields(r, a, what);
	put_names(r, a, "clients", "id", "client_names");
	put_names(r, a, "users", "name", "user_names");
}

void
act_record(const struct operator_act *a)
{
	struct str what = json_member_str(a->ask, "do");
	struct record r;

	if (a->reads)
		return;
	act_begin(&r, a, what);
	put_ended(&r, a->ended);
	put_outcome(&r, a);
	act_lists(&r, a, what);
	if (!record_end(&r))
		log_error("an order of an operator could not be written down");
}

bool
act_announce(const struct operator_act *a)
{
	struct str what = json_member_str(a->ask, "do");
	struct record r;

	if (a->reads)
		return true;
	act_begin(&r, a, what);
	record_text(&r, "result", S("unknown"));
	act_lists(&r, a, what);
	return record_end(&r);
}
