/* Enumerations, arrays and collections of a Java stream, as the specification writes them (chapter 6.4.2). */
#include "../test.h"
#include "import/java.h"

enum { SERIALIZABLE = 2, WRITES_MORE = 3, ENUMERATION = 0x12 };

static void
number_put(struct buf *b, size_t size, uint64_t n)
{
	while (size-- > 0)
		buf_putc(b, (char)(n >> 8 * size));
}

static void
text_put(struct buf *b, const char *text)
{
	buf_putc(b, 't');
	number_put(b, 2, strlen(text));
	buf_put(b, str_of(text));
}

/* A class description without a super class; fields: blank-separated names, all of them objects. */
static void
class_put(struct buf *b, const char *name, int flags, const char *fields)
{
	struct str rest = str_of(fields);
	size_t n = 0;

	for (struct str s = rest; str_given(s); n += str_cut(&s, ' ').n > 0)
		;
	buf_putc(b, 'r');
	number_put(b, 2, strlen(name));
	buf_put(b, str_of(name));
	number_put(b, 8, 0);
	buf_putc(b, (char)flags);
	number_put(b, 2, n);
	while (n-- > 0) {
		struct str field = str_cut(&rest, ' ');
		buf_putc(b, 'L');
		number_put(b, 2, field.n);
		buf_put(b, field);
		text_put(b, "Ljava/lang/Object;");
	}
	buf_put(b, S("xp"));
}

static void
begin(struct buf *b, struct arena *mem)
{
	buf_init(b, mem, 64 * 1024);
	buf_put(b, S("\xac\xed\0\5"));
}

static void
array_put(struct buf *b, const char *name, uint32_t n)
{
	buf_putc(b, 'u');
	class_put(b, name, SERIALIZABLE, "");
	number_put(b, 4, n);
}

static void
enum_put(struct buf *b, const char *name, const char *constant)
{
	buf_putc(b, '~');
	class_put(b, name, ENUMERATION, "");
	text_put(b, constant);
}

TEST(an_enumeration_is_its_constant)
{
	const struct java *v;
	struct buf b;

	begin(&b, mem);
	enum_put(&b, "com.old.Role", "ADMIN");
	v = java_read(mem, buf_str(&b));
	NEED(v != NULL);
	EXPECT_INT(v->kind, JAVA_ENUM);
	EXPECT_STR(v->text, S("ADMIN"));
	EXPECT_STR(v->of->name, S("com.old.Role"));
	EXPECT(java_field(v, "name") == NULL && !java_is(v, "com.old.Role"));
	EXPECT_STR(java_text(v), STR_ABSENT);
}

/* The constant must be a text, the class a class. */
TEST(a_broken_enumeration)
{
	struct buf b;

	begin(&b, mem);
	buf_putc(&b, '~');
	class_put(&b, "com.old.Role", ENUMERATION, "");
	buf_putc(&b, 'p');
	EXPECT(java_read(mem, buf_str(&b)) == NULL);
	begin(&b, mem);
	buf_put(&b, S("~p"));
	text_put(&b, "ADMIN");
	EXPECT(java_read(mem, buf_str(&b)) == NULL);
}

TEST(a_class_as_a_value)
{
	const struct java *v;
	struct buf b;

	begin(&b, mem);
	buf_putc(&b, 'v');
	class_put(&b, "com.old.Role", SERIALIZABLE, "");
	v = java_read(mem, buf_str(&b));
	NEED(v != NULL);
	EXPECT_INT(v->kind, JAVA_CLASS);
	EXPECT_STR(v->of->name, S("com.old.Role"));
	EXPECT(java_read(mem, S("\xac\xed\0\5vp")) == NULL);
}

/* The second item refers to the first: handles count classes, arrays, enumerations and texts alike. */
TEST(an_array_of_enumerations)
{
	const struct java *v, *items[4];
	struct buf b;

	begin(&b, mem);
	array_put(&b, "[Lcom.old.Role;", 2);            /* handles 0 and 1 */
	enum_put(&b, "com.old.Role", "ADMIN");          /* class 2, the constant 3, its name 4 */
	buf_put(&b, S("q\0\x7e\0\3"));
	v = java_read(mem, buf_str(&b));
	NEED(v != NULL && v->n_items == 2);
	EXPECT(v->items[0] == v->items[1]);
	EXPECT_INT(java_items(v, items, 4), 2);
	EXPECT_STR(items[1]->text, S("ADMIN"));
	EXPECT_INT(java_items(items[0], items, 4), -1);
}

TEST(arrays_of_numbers)
{
	static const struct { const char *name; size_t size; uint64_t bits; int64_t is; } rows[] = {
		{ "[B", 1, 0xff, -1 }, { "[S", 2, 0xfffe, -2 }, { "[I", 4, 0xfffffffd, -3 }, { "[J", 8, 5, 5 }, { "[Z", 1, 1, 1 }, { "[C", 2, 0xffff, 0xffff },
		{ "[F", 4, 0x3f800000, 0x3f800000 }, { "[D", 8, 7, 7 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct java *v;
		struct buf b;

		begin(&b, mem);
		array_put(&b, rows[i].name, 3);
		for (int k = 0; k < 3; k++)
			number_put(&b, rows[i].size, rows[i].bits);
		v = java_read(mem, buf_str(&b));
		NEED(v != NULL && v->kind == JAVA_ARRAY && v->n_items == 3);
		EXPECT_INT(v->items[2]->number, rows[i].is);
		EXPECT(java_read(mem, str_sub(buf_str(&b), 0, b.n - 1)) == NULL);
	}
}

TEST(arrays_within_arrays_and_nothing_in_them)
{
	const struct java *v;
	struct buf b;

	begin(&b, mem);
	array_put(&b, "[[I", 2);
	array_put(&b, "[I", 1);
	number_put(&b, 4, 9);
	buf_putc(&b, 'p');
	v = java_read(mem, buf_str(&b));
	NEED(v != NULL && v->n_items == 2 && v->items[0]->n_items == 1);
	EXPECT_INT(v->items[0]->items[0]->number, 9);
	EXPECT_INT(v->items[1]->kind, JAVA_NULL);
}

TEST(broken_arrays)
{
	static const char *const names[] = { "I", "[", "[Q", "java.lang.String" };
	struct buf b;

	for (size_t i = 0; i < COUNT(names); i++) {
		begin(&b, mem);
		array_put(&b, names[i], 1);
		number_put(&b, 8, 0);
		EXPECT(java_read(mem, buf_str(&b)) == NULL);
	}
	begin(&b, mem);
	array_put(&b, "[B", 5);
	number_put(&b, 4, 0);
	EXPECT(java_read(mem, buf_str(&b)) == NULL);    /* five said, four there */
}

/* --- the scope of an access token, in every shape that java.util serializes a collection in ---------------------------------- */

static void
token_begin(struct buf *b, struct arena *mem)
{
	begin(b, mem);
	buf_putc(b, 's');
	class_put(b, "org.springframework.security.oauth2.common.DefaultOAuth2AccessToken", SERIALIZABLE, "value expiration refreshToken scope");
	text_put(b, "the-value");
	buf_put(b, S("pp"));
}

/* A java.util collection that writes its number and its items behind its fields. */
static void
collection_begin(struct buf *b, const char *name, uint32_t n)
{
	buf_putc(b, 's');
	class_put(b, name, WRITES_MORE, "");
	buf_put(b, S("w\4"));
	number_put(b, 4, n);
}

static void
wrapper_begin(struct buf *b, const char *name, const char *field)
{
	buf_putc(b, 's');
	class_put(b, name, SERIALIZABLE, field);
}

static struct str
scope_of(struct arena *mem, struct buf *b)
{
	struct java_access_token t;

	return java_access_token(mem, buf_str(b), &t) ? java_words_join(mem, &t.scope) : STR_ABSENT;
}

TEST(a_scope_in_an_array_a_set_or_alone)
{
	struct buf b;

	token_begin(&b, mem);
	wrapper_begin(&b, "java.util.Arrays$ArrayList", "a");
	array_put(&b, "[Ljava.lang.String;", 2);
	text_put(&b, "read");
	text_put(&b, "write");
	EXPECT_STR(scope_of(mem, &b), S("read write"));

	token_begin(&b, mem);
	wrapper_begin(&b, "java.util.Collections$UnmodifiableSet", "c");
	collection_begin(&b, "java.util.LinkedHashSet", 2);
	text_put(&b, "read");
	text_put(&b, "write");
	buf_putc(&b, 'x');
	EXPECT_STR(scope_of(mem, &b), S("read write"));

	token_begin(&b, mem);
	wrapper_begin(&b, "java.util.Collections$SingletonSet", "element");
	text_put(&b, "read");
	EXPECT_STR(scope_of(mem, &b), S("read"));

	token_begin(&b, mem);
	buf_putc(&b, 'p');
	EXPECT_STR(scope_of(mem, &b), S(""));
}

/* What is no text, or too much, is not left out: the token cannot be read. */
TEST(a_scope_that_is_not_all_text)
{
	struct buf b;

	token_begin(&b, mem);
	collection_begin(&b, "java.util.HashSet", 2);
	text_put(&b, "read");
	enum_put(&b, "com.old.Scope", "WRITE");
	buf_putc(&b, 'x');
	EXPECT_STR(scope_of(mem, &b), STR_ABSENT);

	token_begin(&b, mem);
	wrapper_begin(&b, "java.util.Arrays$ArrayList", "a");
	array_put(&b, "[I", 1);
	number_put(&b, 4, 1);
	EXPECT_STR(scope_of(mem, &b), STR_ABSENT);

	token_begin(&b, mem);
	wrapper_begin(&b, "com.old.Scopes", "value");
	text_put(&b, "read");
	EXPECT_STR(scope_of(mem, &b), STR_ABSENT);
}

TEST(as_many_words_as_fit_and_one_more)
{
	for (int n = JAVA_WORDS_MAX; n <= JAVA_WORDS_MAX + 1; n++) {
		struct java_access_token t;
		struct buf b;

		token_begin(&b, mem);
		collection_begin(&b, "java.util.HashSet", (uint32_t)n);
		for (int i = 0; i < n; i++)
			text_put(&b, arena_z(mem, arena_printf(mem, "scope%d", i)));
		buf_putc(&b, 'x');
		EXPECT_INT(java_access_token(mem, buf_str(&b), &t), n == JAVA_WORDS_MAX);
		EXPECT(n > JAVA_WORDS_MAX || str_is(t.scope.at[n - 1], "scope63"));
	}
}
