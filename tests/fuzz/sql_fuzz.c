/* Addresses of databases, and statements that a setting holds: what is taken for one SELECT has one parameter and writes nothing. */
#include "sql/sql.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever quotes hold becomes x: what is left must not hold what was forbidden. */
static struct str
without_quotes(struct arena *mem, struct str s)
{
	struct buf b;
	char quote = 0;

	buf_init(&b, mem, s.n + 1);
	for (size_t i = 0; i < s.n; i++) {
		if (quote == 0 && (s.p[i] == '\'' || s.p[i] == '"' || s.p[i] == '`'))
			quote = s.p[i];
		else if (quote != 0)
			quote = s.p[i] == quote ? 0 : quote;
		else
			buf_putc(&b, s.p[i]);
	}
	if (quote != 0)
		abort();
	return buf_str(&b);
}

static void
statement(struct arena *mem, struct str s)
{
	static const char *const never[] = { ";", "--", "/*", "#", "\\", "$" };
	struct str bare;
	size_t parameters = 0;

	if (sql_select_fault(s) != NULL)
		return;
	bare = without_quotes(mem, s);
	for (size_t i = 0; i < COUNT(never); i++)
		if (str_contains(bare, str_of(never[i])))
			abort();                /* Q2 */
	for (size_t i = 0; i < bare.n; i++)
		parameters += bare.p[i] == '?';
	if (parameters != 1 || !str_starts_nocase(str_trim(bare), S("select")))
		abort();                        /* Q1 */
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_span(data, size), why = STR_ABSENT;
	struct sql_address a;
	struct arena mem;

	arena_init(&mem, 4 << 20);
	statement(&mem, s);
	sql_has_password(s);
	if (!sql_address_read(&mem, s, &a, &why) && !str_given(why))
		abort();
	arena_free(&mem);
	return 0;
}
