/* Whose token? Rows that the old library itself wrote for principals of a product's own classes (data/Principals.java). */
#include "../test.h"
#include "plan.h"

#define DATA "tests/unit/import/data/principals.json"

struct tables { json_t *all, *access, *refresh; };

static bool
tables_begin(struct tables *t)
{
	t->all = json_load_file(DATA, 0, NULL);
	t->access = json_array();
	t->refresh = json_array();
	return t->all != NULL && t->access != NULL && t->refresh != NULL;
}

static const json_t *
written(const struct tables *t, const char *what, int n)
{
	const json_t *one;
	size_t i;

	json_array_foreach(t->all, i, one)
		if (str_is(json_member_str(one, "what"), what) && json_integer_value(json_object_get(one, "n")) == n)
			return one;
	return NULL;
}

static json_t *
copied(const json_t *one, const char *id, const char *token)
{
	return json_pack("{s:O, s:O, s:O}", "token_id", json_object_get(one, id), "token_hex", json_object_get(one, token), "authentication_hex",
	    json_object_get(one, "authentication_hex"));
}

/* user: the column; NULL: null. */
static json_t *
access_add(struct tables *t, const char *what, int n, const char *user)
{
	const json_t *one = written(t, what, n);
	json_t *row = copied(one, "token_id", "token_hex");

	json_object_set_new(row, "user_name", user != NULL ? json_string(user) : json_null());
	json_object_set_new(row, "client_id", json_string("shop"));
	json_object_set(row, "authentication_id", json_object_get(one, "authentication_id"));
	json_array_append_new(t->access, row);
	return row;
}

static void
refresh_add(struct tables *t, const char *what, int n)
{
	json_array_append_new(t->refresh, copied(written(t, what, n), "refresh_id", "refresh_hex"));
}

/* The users of the tokens that come, "-" for the client's own, in the order of the rows. */
static struct str
owners(struct arena *mem, struct tables *t, struct spring_plan *p)
{
	struct spring_options o = { .issuer = S("old"), .tokens = true };
	json_t *dump = json_pack("{s:o, s:o}", "oauth_access_token", t->access, "oauth_refresh_token", t->refresh), *one;
	char *text = json_dumps(dump, 0);
	struct str why = STR_ABSENT, out = S("");
	size_t i;

	if (text == NULL || !read_text(mem, text, o, p, &why))
		return ARENA_CAT(mem, S("!"), why);
	json_array_foreach(p->tokens, i, one)
		out = ARENA_CAT(mem, out, i > 0 ? S(" ") : S(""), json_object_get(one, "user") ? json_member_str(one, "user") : S("-"));
	free(text);
	json_decref(dump);
	json_decref(t->all);
	return out;
}

static size_t
unsure(const struct spring_plan *p)
{
	const json_t *one;
	size_t n = 0, i;

	json_array_foreach(p->findings, i, one)
		n += json_integer_value(json_object_get(one, "finding")) == FIND_OWNER;
	return n;
}

/* The column says what getName() gave, whatever the fields are called. */
TEST(the_column_is_the_old_librarys_word)
{
	struct spring_plan p;
	struct tables t;

	NEED(tables_begin(&t));
	access_add(&t, "login", 1, "li");
	access_add(&t, "login", 2, "wang");
	access_add(&t, "phone", 1, "13800000001 ");             /* CHAR(n) */
	access_add(&t, "number", 1, "7");
	access_add(&t, "nested", 1, "li");
	access_add(&t, "client", 1, NULL);
	EXPECT_STR(owners(mem, &t, &p), S("li wang 13800000001 7 li -"));
	EXPECT_INT(unsure(&p), 0);
}

TEST(without_the_columns_word_only_what_is_sure)
{
	struct spring_plan p;
	struct tables t;

	NEED(tables_begin(&t));
	access_add(&t, "login", 2, NULL);                       /* never the client's own */
	access_add(&t, "phone", 1, "");
	access_add(&t, "text", 1, NULL);
	access_add(&t, "nested", 1, "wang");                    /* column and authentication contradict each other */
	access_add(&t, "client", 1, "li");
	json_object_del(access_add(&t, "login", 1, NULL), "authentication_hex");
	EXPECT_STR(owners(mem, &t, &p), S("wang"));
	EXPECT_INT(unsure(&p), 5);
	NEED(tables_begin(&t));
	json_object_del(access_add(&t, "client", 1, NULL), "authentication_hex");       /* its key says that nobody logged in */
	EXPECT_STR(owners(mem, &t, &p), S("-"));
}

/* Refresh tokens alone have no column: what the access tokens taught of their classes is used, as far as it agrees. */
TEST(refresh_tokens_alone)
{
	static const struct { const char *what; int n; } alone[] = { { "login", 2 }, { "phone", 2 }, { "number", 1 }, { "caller", 1 }, { "nested", 1 },
		{ "text", 1 }, { "client", 1 } };
	struct spring_plan p;
	struct tables t;

	NEED(tables_begin(&t));
	for (size_t i = 0; i < COUNT(alone); i++)
		refresh_add(&t, alone[i].what, alone[i].n);
	EXPECT_STR(owners(mem, &t, &p), S("li wang -"));
	EXPECT_INT(unsure(&p), 4);
	NEED(tables_begin(&t));
	access_add(&t, "login", 1, "li");                       /* two fields hold "li": which it is cannot be told */
	access_add(&t, "phone", 1, "13800000001");
	for (size_t i = 0; i < COUNT(alone); i++)
		refresh_add(&t, alone[i].what, alone[i].n);
	EXPECT_STR(owners(mem, &t, &p), S("li 13800000001 13800000002 li wang -"));
	EXPECT_INT(unsure(&p), 3);
	NEED(tables_begin(&t));
	access_add(&t, "login", 2, "wang");
	refresh_add(&t, "login", 1);
	EXPECT_STR(owners(mem, &t, &p), S("wang li"));
}
