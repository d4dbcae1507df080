/* The rows of a real old database, decoded and held against what their server had answered. */
#include "../test.h"
#include "dump.h"
#include "import/java.h"

static bool
words_are(const struct java_words *w, const json_t *list)
{
	size_t found = 0;

	for (size_t i = 0; i < w->n; i++)
		for (size_t k = 0; k < json_array_size(list); k++)
			found += str_is(w->at[i], json_string_value(json_array_get(list, k)));
	return w->n == json_array_size(list) && found == w->n;
}

TEST(every_access_token_says_what_its_server_answered)
{
	json_t *dump = dump_load(mem), *rows = dump_table(dump, "oauth_access_token"), *row, *issued;
	struct java_access_token t;
	struct java_authentication a;
	size_t i;

	EXPECT_INT(json_array_size(rows), 4);
	json_array_foreach(rows, i, row) {
		NEED(java_access_token(mem, dump_blob(mem, row, "token_hex"), &t));
		NEED(java_authentication(mem, dump_blob(mem, row, "authentication_hex"), &a));
		issued = dump_issued(dump, t.value);
		NEED(issued != NULL);
		json_t *check = json_object_get(issued, "check_token"), *response = json_object_get(issued, "response");
		EXPECT_STR(t.refresh, json_member_str(response, "refresh_token"));
		EXPECT_STR(t.type, S("bearer"));
		EXPECT_INT(t.expires_ms / 1000, json_integer_value(json_object_get(check, "exp")));
		EXPECT(words_are(&t.scope, json_object_get(check, "scope")));
		EXPECT(words_are(&a.scope, json_object_get(check, "scope")));
		EXPECT_STR(a.client_id, json_member_str(check, "client_id"));
		EXPECT_STR(a.user_name, json_member_str(check, "user_name"));
	}
}

TEST(refresh_tokens_and_pending_codes)
{
	json_t *dump = dump_load(mem), *rows = dump_table(dump, "oauth_refresh_token"), *row;
	struct java_refresh_token t;
	struct java_authentication a;
	size_t i;

	json_array_foreach(rows, i, row) {
		NEED(java_refresh_token(mem, dump_blob(mem, row, "token_hex"), &t));
		EXPECT_INT(t.value.n, 36);
		EXPECT_INT(t.expires_ms > 0, i < 2);            /* the third client's never expire */
	}
	row = json_array_get(dump_table(dump, "oauth_code"), 0);
	NEED(java_authentication(mem, dump_blob(mem, row, "authentication_hex"), &a));
	EXPECT_STR(a.redirect_uri, S("http://localhost"));
}

TEST(a_cut_stream_is_refused_everywhere)
{
	struct str blob = dump_blob(mem, json_array_get(dump_table(dump_load(mem), "oauth_access_token"), 0), "token_hex");
	struct java_access_token t;
	struct arena a;

	arena_init(&a, 8u << 20);
	for (size_t n = 0; n < blob.n; n++) {
		EXPECT(!java_access_token(&a, str_sub(blob, 0, n), &t));
		arena_reset(&a);
	}
	arena_free(&a);
}

/* A class that is its own super class; arrays of arrays of arrays; a list of four thousand million. */
TEST(hostile_shapes_end)
{
	static const char circle[] = "\xac\xed\0\5sr\0\1A\0\0\0\0\0\0\0\0\2\0\0xq\0\x7e\0\0";
	static const char huge[] = "\xac\xed\0\5ur\0\2[B\0\0\0\0\0\0\0\0\2\0\0xp\xff\xff\xff\xff";
	char deep[4 + 1000];

	memset(deep, 's', sizeof deep);
	memcpy(deep, "\xac\xed\0\5", 4);
	EXPECT(java_read(mem, str_span(circle, sizeof circle - 1)) == NULL);
	EXPECT(java_read(mem, str_span(huge, sizeof huge - 1)) == NULL);
	EXPECT(java_read(mem, str_span(deep, sizeof deep)) == NULL);
	EXPECT(java_read(mem, S("")) == NULL);
}

TEST(texts_of_other_planes_and_nul)
{
	const struct java *v = java_read(mem, S("\xac\xed\0\5t\0\x0b" "a\xc0\x80\xe4\xb8\xad" "\xed\xa0\xbd\xed\xb8"));

	EXPECT(v == NULL);
	v = java_read(mem, S("\xac\xed\0\5t\0\x0c" "a\xc0\x80\xe4\xb8\xad" "\xed\xa0\xbd\xed\xb8\x80"));
	NEED(v != NULL);
	EXPECT_STR(java_text(v), S("a\0中😀"));
	EXPECT(java_read(mem, S("\xac\xed\0\5t\0\x03\xed\xa0\xbd")) == NULL);
}
