/* admin/manage_session.c - logged-in sessions: list, end. They are named by the digest of their cookie, which opens nothing. */
#include "admin/manage_int.h"

static bool
user_named(struct job *j, struct str name, struct user *u)
{
	struct str realm;
	enum store_found found;

	if (!job_realm(j, &realm))
		return false;
	found = store_user_by_name(j->store, j->mem, realm, name, u);
	if (found == NOT_FOUND)
		return job_refuse(j, "not_found", "hufu user list shows those there are", "there is no user \"%.*s\" in realm \"%.*s\"", STR_ARG(name), STR_ARG(realm));
	return found == FOUND || job_store_failed(j);
}

bool
session_list(struct job *j)
{
	struct str issuer = job_arg(j, "issuer"), name = job_arg(j, "user");
	struct session *rows = arena_array(j->mem, struct session, LIST_MAX);
	struct user u;
	struct buf b;
	int n;

	if (str_empty(issuer))
		return job_refuse(j, "invalid", "name it in the member \"issuer\" (--issuer)", "an issuer is needed");
	if (str_given(name) && !user_named(j, name, &u))
		return false;
	n = rows ? store_sessions(j->store, j->mem, issuer, str_given(name) ? &u.id : NULL, LIST_MAX, rows) : -1;
	if (n < 0)
		return job_store_failed(j);
	answer_open(j, &b);
	jw_name(&b, S("sessions"));
	jw_open(&b, '[');
	for (int i = 0; i < n; i++) {
		jw_open(&b, '{');
		jm_str(&b, S("session"), hex_encode(j->mem, dig_str(&rows[i].digest)));
		jm_str(&b, S("issuer"), rows[i].issuer);
		jm_str(&b, S("user"), rows[i].user_name);
		jm_int(&b, S("auth_s"), rows[i].auth_s);
		jm_int(&b, S("seen_s"), rows[i].seen_s);
		jm_int(&b, S("expires_s"), rows[i].expires_s);
		jw_close(&b, '}');
	}
	jw_close(&b, ']');
	jm_bool(&b, S("more"), n == LIST_MAX);
	return answer_close(j, &b);
}

static bool
end_one(struct job *j, struct str hex)
{
	struct session s;
	struct store_op op = { .kind = OP_SESSION_END, .session = &s };
	struct dig32 digest;
	struct str bytes;
	enum store_found found;

	if (!hex_decode(j->mem, hex, &bytes) || bytes.n != sizeof digest.b)
		return job_refuse(j, "invalid", "hufu session list shows them", "\"%.*s\" names no session", STR_ARG(hex));
	memcpy(digest.b, bytes.p, sizeof digest.b);
	found = store_session(j->store, j->mem, &digest, &s);
	if (found == NOT_FOUND)
		return job_refuse(j, "not_found", "hufu session list shows those there are", "there is no such session");
	return found == FOUND ? job_commit(j, &op, 1) : job_store_failed(j);
}

static bool
end_of_user(struct job *j, struct str name)
{
	struct user u;
	struct session s;
	struct store_op op = { .kind = OP_SESSIONS_END_USER, .session = &s };

	if (!user_named(j, name, &u))
		return false;
	s = (struct session){ .user = u.id };
	return job_commit(j, &op, 1);
}

bool
session_end(struct job *j)
{
	struct str hex = job_arg(j, "session"), name = job_arg(j, "user");
	struct buf b;
	bool ok;

	if (str_given(hex) == str_given(name))
		return job_refuse(j, "invalid", "name a session, or a user (--user) whose sessions all end", "which session is to end is not said");
	ok = str_given(hex) ? end_one(j, hex) : end_of_user(j, name);
	if (!ok)
		return false;
	answer_open(j, &b);
	return answer_close(j, &b);
}
