/* hufu/session.c - hufu session: list, ended, end, deliveries; hufu user sessions. */
#include "hufu/hufu_int.h"

static const struct opt list[] = {
	{ "--user", "user", OPT_TEXT, T_o_user },
	{ "--issuer", "issuer", OPT_TEXT, T_o_issuer_all },
	{ "--client", "client", OPT_TEXT, T_o_client_only },
	{ "--address", "address", OPT_TEXT, T_o_address },
	{ "--search", "search", OPT_TEXT, T_o_search_session },
	{ "--realm", "realm", OPT_TEXT, T_o_realm_only },
	OPT_PAGE,
	OPT_END,
};
static const struct opt ended[] = {
	{ "--user", "user", OPT_TEXT, T_o_user },
	{ "--issuer", "issuer", OPT_TEXT, T_o_issuer_all },
	{ "--realm", "realm", OPT_TEXT, T_o_realm_only },
	OPT_PAGE,
	OPT_END,
};
static const struct opt of_user[] = {
	{ "--issuer", "issuer", OPT_TEXT, T_o_issuer_all },
	{ "--realm", "realm", OPT_TEXT, T_o_realm },
	OPT_PAGE,
	OPT_END,
};
static const struct opt deliveries[] = {
	{ "--client", "client", OPT_TEXT, T_o_delivery_client },
	{ "--issuer", "issuer", OPT_TEXT, T_o_issuer_all },
	{ "--state", "state", OPT_TEXT, T_o_delivery_state },
	{ "--realm", "realm", OPT_TEXT, T_o_realm_only },
	OPT_PAGE,
	OPT_END,
};
static const struct opt end[] = {
	{ "--user", "user", OPT_TEXT, T_o_end_user },
	{ "--issuer", "issuer", OPT_TEXT, T_o_issuer_all },
	{ "--client", "client", OPT_TEXT, T_o_end_client },
	{ "--sessions-only", "sessions_only", OPT_TRUE, T_o_sessions_only },
	{ "--realm", "realm", OPT_TEXT, T_o_realm },
	OPT_END,
};

bool
realm_of_user(struct cli *c)
{
	return !str_given(json_member_str(c->ask, "user")) || str_given(json_member_str(c->ask, "realm"))
	    || cli_realm(c);
}

static struct str
kind_shown(struct cli *c, struct str kind)
{
	return str_is(kind, "phone") ? str_of(text(c, T_v_phone))
	    : str_is(kind, "tablet") ? str_of(text(c, T_v_tablet))
	    : str_is(kind, "computer") ? str_of(text(c, T_v_computer))
	    : str_is(kind, "other") ? str_of(text(c, T_v_other_device)) : kind;
}

static struct str
why_shown(struct cli *c, struct str why)
{
	return str_of(text(c, str_is(why, "signed_out") ? T_v_signed_out
	    : str_is(why, "signed_in_elsewhere") ? T_v_signed_in_elsewhere : T_v_ended_by_operator));
}

static void
print_ended(struct cli *c, const json_t *answer)
{
	static const enum text heads[] = { T_h_user, T_h_issuer, T_h_why_ended, T_h_address, T_h_kind_of_device, T_h_device,
		T_h_auth, T_h_ended, T_h_session };
	const json_t *rows = json_object_get(answer, "sessions"), *s;
	struct table t;
	size_t i;

	table_begin(&t, c, heads, COUNT(heads));
	json_array_foreach(rows, i, s) {
		table_cell(&t, out_text(s, "user"));
		table_cell(&t, out_text(s, "issuer"));
		table_cell(&t, why_shown(c, out_text(s, "why")));
		table_cell(&t, out_text(s, "address"));
		table_cell(&t, kind_shown(c, out_text(s, "device")));
		table_cell(&t, out_short(c, out_text(s, "agent")));
		table_cell(&t, out_time(c, s, "auth_s"));
		table_cell(&t, out_time(c, s, "ended_s"));
		table_cell(&t, out_text(s, "session"));
	}
	table_end(&t);
}

static void
print_list(struct cli *c, const json_t *answer)
{
	static const enum text heads[] = { T_h_user, T_h_issuer, T_h_client, T_h_address, T_h_kind_of_device, T_h_device,
		T_h_auth, T_h_seen, T_h_expires, T_h_session };
	const json_t *rows = json_object_get(answer, "sessions"), *s;
	struct table t;
	size_t i;

	table_begin(&t, c, heads, COUNT(heads));
	json_array_foreach(rows, i, s) {
		table_cell(&t, out_text(s, "user"));
		table_cell(&t, out_text(s, "issuer"));
		table_cell(&t, out_text(s, "client"));
		table_cell(&t, out_text(s, "address"));
		table_cell(&t, kind_shown(c, out_text(s, "device")));
		table_cell(&t, out_short(c, out_text(s, "agent")));
		table_cell(&t, out_time(c, s, "auth_s"));
		table_cell(&t, out_time(c, s, "seen_s"));
		table_cell(&t, out_time(c, s, "expires_s"));
		table_cell(&t, out_text(s, "session"));
	}
	table_end(&t);
}

static struct str
state_shown(struct cli *c, struct str state)
{
	enum text word = str_is(state, "delivered") ? T_v_delivered : str_is(state, "failed") ? T_v_failed : T_v_pending;

	return str_of(text(c, word));
}

static void
print_deliveries(struct cli *c, const json_t *answer)
{
	static const enum text heads[] = { T_h_client, T_h_resource, T_h_issuer, T_h_state, T_h_status, T_h_tries,
		T_h_told, T_h_user_id, T_h_sid };
	const json_t *rows = json_object_get(answer, "deliveries"), *s;
	struct table t;
	size_t i;

	table_begin(&t, c, heads, COUNT(heads));
	json_array_foreach(rows, i, s) {
		table_cell(&t, out_text(s, "client"));
		table_cell(&t, out_text(s, "resource"));
		table_cell(&t, out_text(s, "issuer"));
		table_cell(&t, state_shown(c, out_text(s, "state")));
		table_cell(&t, out_int(c, s, "status"));
		table_cell(&t, out_int(c, s, "tries"));
		table_cell(&t, out_time(c, s, "told_s"));
		table_cell(&t, out_text(s, "user_id"));
		table_cell(&t, out_text(s, "sid"));
	}
	table_end(&t);
}

const struct command session_commands[] = {
	{ "session", "list", "session.list", T_d_session_list, 0, NULL, NULL, list, .prepare = realm_of_user,
	    .print = print_list, .list = "sessions" },
	{ "session", "ended", "session.ended", T_d_session_ended, 0, NULL, NULL, ended, .prepare = realm_of_user,
	    .print = print_ended, .list = "sessions" },
	{ "user", "sessions", "session.list", T_d_user_sessions, 0, "NAME", "user", of_user,
	    .prepare = realm_of_user, .print = print_list, .list = "sessions" },
	{ "session", "deliveries", "session.deliveries", T_d_session_deliveries, 0, NULL, NULL, deliveries,
	    .print = print_deliveries, .list = "deliveries" },
	{ "session", "end", "session.end", T_d_session_end, ARG_OPTIONAL, "SESSION", "session", end,
	    .prepare = realm_of_user, .print = out_done },
	{ .noun = NULL },
};
