/* The old tables as lists of an import: what a client, a user and a token become, and what is said of them. */
#include <unistd.h>

#include "../test.h"
#include "dump.h"
#include "import/spring.h"

static bool
read_text(struct arena *mem, const char *json, struct spring_options o, struct spring_plan *plan, struct str *why)
{
	char path[] = "/tmp/hufu-spring-XXXXXX";
	int fd = mkstemp(path);
	struct row_source s;
	bool ok = fd >= 0 && write(fd, json, strlen(json)) == (ssize_t)strlen(json) && source_open(mem, str_of(path), STR_ABSENT, &s, why);

	if (ok) {
		ok = spring_read(&s, &o, plan, why);
		source_close(&s);
	}
	if (fd >= 0)
		close(fd);
	unlink(path);
	return ok;
}

static bool
says(const struct spring_plan *p, enum finding f, const char *of, const char *value)
{
	const json_t *one;
	size_t i;

	json_array_foreach(p->findings, i, one)
		if (json_integer_value(json_object_get(one, "finding")) == (int)f && str_is(json_member_str(one, "of"), of) && str_is(json_member_str(one, "value"), value))
			return true;
	return false;
}

static const char *
text_of(const json_t *v)
{
	static char text[4096];
	size_t n = json_dumpb(v, text, sizeof text - 1, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);

	text[n < sizeof text ? n : 0] = '\0';
	return text;
}

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
	o.encoding = S("MD5");
	NEED(read_text(mem, json, o, &p, &why));
	EXPECT_STR(json_member_str(json_array_get(p.clients, 0), "secret_encoded"), S("{MD5}5f4dcc3b5aa765d61d8327deb882cf99"));
	o.encoding = S("noop");
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
