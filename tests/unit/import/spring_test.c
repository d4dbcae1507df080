/* The old tables as lists of an import: what a client, a user and a token become, and what is said of them. */
#include "../test.h"
#include "dump.h"
#include "import/user.h"
#include "plan.h"

TEST(the_recorded_database)
{
	struct spring_options o = { .issuer = S("old"), .tokens = true };
	struct str why = STR_ABSENT;
	struct row_source s;
	struct spring_plan p;

	NEED(source_open(mem, S(DUMP_FILE), STR_ABSENT, &s, &why));
	NEED(spring_read(&s, &o, &p, &why));
	source_close(&s);
	EXPECT_INT(json_array_size(p.clients), 3);
	EXPECT_INT(json_array_size(p.tokens), 4);
	EXPECT_INT(json_array_size(p.approvals), 1);
	EXPECT_STR(str_of(text_of(json_array_get(p.approvals, 0))), S("{\"client\":\"messaging-client\",\"expires_s\":1797846562,\"issuer\":\"old\",\"scope\":\"read\",\"user\":\"alice\"}"));
	EXPECT(says(&p, FIND_TABLE, "table users", ""));
	EXPECT(says(&p, FIND_DENIED, "approval of alice for messaging-client", "write"));
	EXPECT(says(&p, FIND_USER, "token 61c163c81ab9935b4aeefcf1cfb02a56", "张三"));
	EXPECT(str_contains(str_of(text_of(json_array_get(p.tokens, 0))), S("\"access_expires_s\":1795297761")));
	EXPECT(!str_contains(str_of(text_of(p.tokens)), S("1565e9cc")));
}

#define CLIENT(more) "{\"oauth_client_details\":[{\"client_id\":\"c\",\"scope\":\"read,write\"," more "}]}"

TEST(clients)
{
	struct spring_options o = { 0 };
	struct str why = STR_ABSENT;
	struct spring_plan p;

	NEED(read_text(mem, CLIENT("\"client_secret\":\"{noop}abc\",\"authorized_grant_types\":\"\",\"autoapprove\":\"read\",\"access_token_validity\":-5,\"app_name\":\"App\""), o, &p, &why));
	EXPECT_STR(str_of(text_of(json_array_get(p.clients, 0))), S("{\"access_ttl_s\":0,\"authorities\":[],\"auto_approve\":[\"read\"],\"grants\":[\"authorization_code\",\"refresh_token\"],\"id\":\"c\","
	    "\"legacy\":[\"query_secret\",\"refresh_reuse\",\"loose_redirect\"],\"name\":\"App\",\"redirect_uris\":[],\"resource_ids\":[],\"scopes\":[\"read\",\"write\"],\"secret\":\"abc\"}"));
	NEED(read_text(mem, CLIENT("\"authorized_grant_types\":\"openId,mobile,mobile_password,telepathy\""), o, &p, &why));
	EXPECT_STR(str_of(text_of(json_object_get(json_array_get(p.clients, 0), "grants"))), S("[\"open_id\",\"sms\",\"mobile_password\"]"));
	EXPECT_STR(str_of(text_of(json_object_get(json_array_get(p.clients, 0), "legacy"))), S("[\"password\",\"bare_openid\"]"));
	EXPECT(says(&p, FIND_GRANT, "client c", "telepathy"));
	EXPECT(says(&p, FIND_MARKED, "client c", "password bare_openid"));
	NEED(read_text(mem, CLIENT("\"client_secret\":\"{bcrypt}x\",\"authorized_grant_types\":\"password_ad,wechat,implicit,refresh_token\""), o, &p, &why));
	EXPECT(says(&p, FIND_MARKED, "client c", "password implicit query_secret refresh_reuse loose_redirect bare_openid"));
	NEED(read_text(mem, CLIENT("\"client_secret\":\"{noop}abc\",\"authorized_grant_types\":\"\",\"access_token_validity\":-5"), o, &p, &why));
	EXPECT(says(&p, FIND_CLEAR_SECRET, "client c", "") && says(&p, FIND_NEVER_EXPIRES, "client c", "access_token_validity"));
	NEED(read_text(mem, CLIENT("\"authorized_grant_types\":\"client_credentials\",\"autoapprove\":\"re.*\",\"web_server_redirect_uri\":\"http://localhost.evil.example/\""), o, &p, &why));
	EXPECT(says(&p, FIND_NO_SECRET, "client c", "client_credentials") && says(&p, FIND_APPROVE_PATTERN, "client c", "re.*"));
	EXPECT(says(&p, FIND_HTTP_REDIRECT, "client c", "http://localhost.evil.example/"));
	EXPECT(json_array_size(json_object_get(json_array_get(p.clients, 0), "auto_approve")) == 0);
}

TEST(an_encoding_is_named_where_the_value_does_not)
{
	struct spring_options o = { 0 };
	struct str why = STR_ABSENT;
	struct spring_plan p;
	const char *json = CLIENT("\"client_secret\":\"5f4dcc3b5aa765d61d8327deb882cf99\",\"authorized_grant_types\":\"password\"");

	NEED(read_text(mem, json, o, &p, &why));
	EXPECT(says(&p, FIND_ENCODING, "client c", "no prefix"));
	o.client_encoding = o.user_encoding = S("MD5");
	NEED(read_text(mem, json, o, &p, &why));
	EXPECT_STR(json_member_str(json_array_get(p.clients, 0), "secret_encoded"), S("{MD5}5f4dcc3b5aa765d61d8327deb882cf99"));
	o.client_encoding = o.user_encoding = S("noop");
	NEED(read_text(mem, json, o, &p, &why));
	EXPECT_STR(json_member_str(json_array_get(p.clients, 0), "secret"), S("5f4dcc3b5aa765d61d8327deb882cf99"));
}

TEST(users_with_columns_of_their_own)
{
	struct spring_options o = { .users_table = S("people"), .user_columns = S("name=Login,phone=handy") };
	struct str why = STR_ABSENT;
	struct spring_plan p;

	NEED(read_text(mem, "{\"people\":[{\"login\":\"li\",\"password\":\"{noop}x\",\"handy\":\"138\",\"id\":7,\"enabled\":0,\"roles\":\"A, B\",\"account_non_locked\":\"1\",\"hat\":\"red\"},{\"login\":\"li\"}]}", o, &p, &why));
	EXPECT_STR(str_of(text_of(p.users)), S("[{\"authorities\":[\"A\",\"B\"],\"enabled\":false,\"locked\":false,\"name\":\"li\",\"number\":7,\"password\":\"x\",\"phone\":\"138\"}]"));
	EXPECT(says(&p, FIND_TWICE, "user li", "") && says(&p, FIND_COLUMN, "table people", "hat"));
	o.user_columns = S("name=a;shoe=b");
	EXPECT(!read_text(mem, "{\"people\":[]}", (struct spring_options){ .users_table = S("people"), .user_columns = S("shoe=b") }, &p, &why));
	EXPECT(str_contains(why, S("\"shoe\"")));
}

TEST(a_token_that_does_not_fit_its_row_stays_out)
{
	json_t *dump = dump_load(mem), *row = json_array_get(dump_table(dump, "oauth_access_token"), 0);
	struct spring_options o = { .issuer = S("old"), .tokens = true };
	struct str why = STR_ABSENT;
	struct spring_plan p;
	char *text;

	json_object_set_new(row, "token_id", json_string("00000000000000000000000000000000"));
	text = json_dumps(dump, 0);
	NEED(text != NULL && read_text(mem, text, o, &p, &why));
	free(text);
	EXPECT_INT(json_array_size(p.tokens), 4);       /* its refresh token is a row of its own */
	EXPECT(says(&p, FIND_DIGEST, "token 00000000000000000000000000000000", ""));
	EXPECT(json_object_get(json_array_get(p.tokens, 3), "access") == NULL);
}

TEST(a_token_that_stands_there_twice_comes_once)
{
	json_t *dump = dump_load(mem), *rows = dump_table(dump, "oauth_access_token");
	struct spring_options o = { .issuer = S("old"), .tokens = true };
	struct str why = STR_ABSENT;
	struct spring_plan p;
	char *text;

	json_array_append(rows, json_array_get(rows, 2));       /* the client's own, without a refresh token */
	text = json_dumps(dump, 0);
	NEED(text != NULL && read_text(mem, text, o, &p, &why));
	free(text);
	EXPECT_INT(json_array_size(p.tokens), 4);
	EXPECT(says(&p, FIND_STALE, "token a91a07eba3a607afe930c205f5a21475", ""));
}

TEST(names_of_tables_are_no_statements)
{
	EXPECT(table_name_is_plain(S("old.oauth_client_details")));
	EXPECT(!table_name_is_plain(S("users; DROP TABLE users")) && !table_name_is_plain(S("a\"b")) && !table_name_is_plain(S("")) && !table_name_is_plain(S(".a")));
	EXPECT_STR(select_all(mem, S("s.t"), '`'), S("SELECT * FROM `s`.`t`"));
}

/* --- who may come in (L9) ------------------------------------------------------------------------------- */

static const char *
user_is(const struct spring_plan *p, const char *name)
{
	const json_t *u;
	size_t i;

	json_array_foreach(p->users, i, u)
		if (str_is(json_member_str(u, "name"), name))
			return json_is_true(json_object_get(u, "locked")) ? "locked" : json_is_false(json_object_get(u, "enabled")) ? "disabled" :
			    json_object_get(u, "enabled") != NULL ? "fine" : "not said";
	return "not there";
}

static bool
is_stopped(const struct spring_plan *p)
{
	const json_t *one;
	size_t i;

	json_array_foreach(p->findings, i, one)
		if (strcmp(finding_rows[json_integer_value(json_object_get(one, "finding"))].kind, "stop") == 0)
			return true;
	return false;
}

TEST(a_deleted_row_stays_out_and_its_name_is_free)
{
	struct spring_options o = { 0 };
	struct str why = STR_ABSENT;
	struct spring_plan p;

	NEED(read_text(mem, "{\"users\":[{\"username\":\"li\",\"password\":\"{noop}old\",\"is_del\":1},{\"username\":\"li\",\"password\":\"{noop}new\",\"is_del\":0}],"
	    "\"oauth_client_details\":[{\"client_id\":\"a\",\"scope\":\"x\",\"authorized_grant_types\":\"password\",\"del_flag\":\"0\",\"enabled\":\"0\"},{\"client_id\":\"b\",\"scope\":\"x\",\"del_flag\":\"1\",\"enabled\":\"1\"}]}", o, &p, &why));
	EXPECT_INT(json_array_size(p.users), 1);
	EXPECT_STR(json_member_str(json_array_get(p.users, 0), "password"), S("new"));
	EXPECT(says(&p, FIND_DELETED, "user li", "") && says(&p, FIND_DELETED, "client b", ""));
	EXPECT_INT(json_array_size(p.clients), 1);
	EXPECT(json_is_false(json_object_get(json_array_get(p.clients, 0), "enabled")));
	EXPECT(!is_stopped(&p));
}

TEST(states_are_told_with_their_rows)
{
	struct spring_options o = { 0 };
	struct str why = STR_ABSENT;
	struct spring_plan p;

	NEED(read_text(mem, "{\"sys_user\":[{\"user_name\":\"a\",\"nick_name\":\"\",\"phonenumber\":\"\",\"status\":\"0\",\"del_flag\":\"0\"},"
	    "{\"user_name\":\"b\",\"nick_name\":\"\",\"phonenumber\":\"\",\"status\":\"1 \",\"del_flag\":\"0\"},{\"user_name\":\"c\",\"nick_name\":\"\",\"phonenumber\":\"\",\"status\":\"0\",\"del_flag\":\"2\"}]}", o, &p, &why));
	EXPECT_STR(str_of(user_is(&p, "a")), S("fine"));
	EXPECT_STR(str_of(user_is(&p, "b")), S("disabled"));
	EXPECT_STR(str_of(user_is(&p, "c")), S("not there"));
	EXPECT(says(&p, FIND_FAMILY, "table sys_user", "RuoYi sys_user"));
	EXPECT(says(&p, FIND_STATE_READ, "table sys_user", "del_flag: 0 = fine (2), 2 = deleted (1); RuoYi sys_user"));
	EXPECT(!is_stopped(&p));
}

#define TWO(column, a, b) "{\"users\":[{\"username\":\"a\",\"password\":null,\"" column "\":\"" a "\"},{\"username\":\"b\",\"" column "\":\"" b "\"}]}"

TEST(what_is_not_certain_stops_the_run)
{
	static const char *const stops[] = { TWO("status", "0", "1"), TWO("lock_flag", "0", "9"), TWO("user_state", "1", "2"), TWO("enabled", "0", "0"), TWO("enabled", "1", "maybe"), TWO("frozen_kind", "x", "y") };
	static const char *const goes[] = { TWO("status", "1", "1"), TWO("status", "active", "locked"), TWO("enabled", "1", "0"), TWO("deleted_at", "", "2024-05-01 10:00:00"), TWO("statement", "x", "y") };
	struct spring_options o = { 0 };
	struct str why = STR_ABSENT;
	struct spring_plan p;

	for (size_t i = 0; i < COUNT(stops); i++) {
		NEED(read_text(mem, stops[i], o, &p, &why));
		EXPECT(is_stopped(&p));
	}
	for (size_t i = 0; i < COUNT(goes); i++) {
		NEED(read_text(mem, goes[i], o, &p, &why));
		EXPECT(!is_stopped(&p));
	}
	o.user_states.ignored = states_list(mem, S("status, lock_flag"), &o.user_states.n_ignored);
	NEED(read_text(mem, stops[0], o, &p, &why));
	EXPECT(!is_stopped(&p));
	EXPECT_STR(str_of(user_is(&p, "a")), S("not said"));    /* no column speaks of states: nothing is said */
}

TEST(the_operator_says_what_values_mean)
{
	struct spring_options o = { 0 };
	struct str why = STR_ABSENT;
	struct spring_plan p;

	states_values(mem, &o.user_states, MAP_ENABLED, S("0"));
	NEED(read_text(mem, TWO("status", "0", "1"), o, &p, &why));
	EXPECT(!is_stopped(&p));
	EXPECT_STR(str_of(user_is(&p, "a")), S("fine"));
	EXPECT_STR(str_of(user_is(&p, "b")), S("disabled"));
	o = (struct spring_options){ .user_columns = S("locked=lock_flag") };
	states_values(mem, &o.user_states, MAP_LOCKED, S("9"));
	NEED(read_text(mem, TWO("lock_flag", "0", "9"), o, &p, &why));
	EXPECT_STR(str_of(user_is(&p, "b")), S("locked"));
	EXPECT_STR(str_of(user_is(&p, "a")), S("fine"));
	EXPECT(!read_text(mem, TWO("status", "0", "1"), o, &p, &why));          /* the named column is not there */
	EXPECT(str_contains(why, S("lock_flag")));
}

TEST(a_hash_is_never_taken_for_clear_text)
{
	struct spring_options o = { .client_encoding = S("noop"), .user_encoding = S("noop") };
	struct str why = STR_ABSENT, bcrypt = S("$2a$10$n4YJ4.LSW74EpLDU9QRSfO/7Od9kLK74AvGHgrcld4/EH400BFPWi");
	struct spring_plan p;

	NEED(read_text(mem, "{\"users\":[{\"username\":\"a\",\"password\":\"$2a$10$n4YJ4.LSW74EpLDU9QRSfO/7Od9kLK74AvGHgrcld4/EH400BFPWi\"},"
	    "{\"username\":\"b\",\"password\":\"5f4dcc3b5aa765d61d8327deb882cf99\"},{\"username\":\"c\",\"password\":\"in clear\"},"
	    "{\"username\":\"d\",\"password\":\"W6ph5Mm5Pz8GgiULbPgzG37mj9g=\"}]}", o, &p, &why));
	EXPECT_STR(json_member_str(json_array_get(p.users, 0), "password_encoded"), bcrypt);
	EXPECT_STR(json_member_str(json_array_get(p.users, 1), "password_encoded"), S("{unknown}"));
	EXPECT_STR(json_member_str(json_array_get(p.users, 2), "password"), S("in clear"));
	EXPECT_STR(json_member_str(json_array_get(p.users, 3), "password_encoded"), S("{unknown}"));
}

TEST(a_salt_stands_in_its_column)
{
	struct spring_options o = { .user_encoding = S("MD5:password+salt") };
	struct str why = STR_ABSENT;
	struct spring_plan p;

	NEED(read_text(mem, "{\"users\":[{\"username\":\"a\",\"password\":\"f0f9a3a4ad4a3ca6bbc3a4c5b5e6c3a0\",\"salt\":\"x\"},"
	    "{\"username\":\"b\",\"password\":\"not a digest\",\"salt\":\"x\"}]}", o, &p, &why));
	EXPECT(str_starts(json_member_str(json_array_get(p.users, 0), "password_encoded"), S("{salted}plain$MD5$1$")));
	EXPECT_STR(json_member_str(json_array_get(p.users, 1), "password_encoded"), S("{unknown}"));
}

TEST(a_redirect_that_speaks_as_the_response_is_a_risk)
{
	struct spring_options o = { 0 };
	struct str why = STR_ABSENT;
	struct spring_plan p;

	NEED(read_text(mem, CLIENT("\"authorized_grant_types\":\"authorization_code\",\"client_secret\":\"{noop}x\",\"web_server_redirect_uri\":\"https://app.example/cb?code=1,https://app.example/ok?from=1\""), o, &p, &why));
	EXPECT(says(&p, FIND_RESPONSE_QUERY, "client c", "https://app.example/cb?code=1"));
	EXPECT(!says(&p, FIND_RESPONSE_QUERY, "client c", "https://app.example/ok?from=1"));
}

/* A column that would let nobody in is asked about; a word that nobody knows, the same in every row, is nothing against anybody. */
TEST(one_state_for_all_is_told)
{
	struct spring_options o = { 0 };
	struct str why = STR_ABSENT;
	struct spring_plan p;

	NEED(read_text(mem, TWO("enabled", "0", "0"), o, &p, &why));
	EXPECT(is_stopped(&p) && says(&p, FIND_STATE_ALL, "table users", "enabled: 0 = disabled (2)"));
	NEED(read_text(mem, TWO("user_state", "ordinary", "ordinary"), o, &p, &why));
	EXPECT(!is_stopped(&p) && says(&p, FIND_STATE_ONE, "table users", "user_state: ordinary (2)"));
}

TEST(columns_of_claims)
{
	struct str why = STR_ABSENT;
	struct spring_plan p;

	NEED(read_text(mem, "{\"oauth_client_details\":[],\"users\":[{\"username\":\"u\",\"password\":\"{noop}x\",\"first_name\":\"Ada\",\"LastName\":\"L\","
	    "\"email_verified\":\"1\",\"avatar\":\"https://x.example/a.png\",\"birth\":\"1990-02-01 00:00:00\",\"gender\":\"1\"},"
	    "{\"username\":\"v\",\"password\":\"{noop}x\",\"email_verified\":\"perhaps\"}]}",
	    (struct spring_options){ .user_columns = S("picture=avatar,birthdate=birth") }, &p, &why));
	users_judge(&p);
	EXPECT(strcmp(text_of(json_object_get(json_array_get(p.users, 0), "claims")), "{\"birthdate\":\"1990-02-01\",\"email_verified\":true,"
	    "\"family_name\":\"L\",\"given_name\":\"Ada\",\"picture\":\"https://x.example/a.png\"}") == 0);
	EXPECT(!json_object_get(json_array_get(p.users, 1), "claims"));
	EXPECT(says(&p, FIND_VALUE, "user v", "email_verified \"perhaps\": must be true or false"));
	EXPECT(says(&p, FIND_COLUMN, "table users", "gender"));
}
