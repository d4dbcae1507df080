/* import/source_mysql.c - rows of MySQL and MariaDB by libmariadb, which is loaded only here. */
#include "import/source.h"

enum { NO_SUCH_TABLE = 1146, OPT_CONNECT_TIMEOUT = 0, OPT_CHARSET = 7 };
static const char *const names[] = {
	"mysql_init", "mysql_options", "mysql_real_connect", "mysql_error", "mysql_errno", "mysql_real_query", "mysql_use_result", "mysql_num_fields",
	"mysql_fetch_field", "mysql_fetch_row", "mysql_fetch_lengths", "mysql_free_result", "mysql_close",
};
struct field { const char *name; };             /* the first member of a MYSQL_FIELD */
struct my {
	void *(*init)(void *);
	int (*options)(void *, int, const void *);
	void *(*connect)(void *, const char *host, const char *user, const char *password, const char *db, unsigned port, const char *socket, unsigned long flags);
	const char *(*error)(void *);
	unsigned (*number)(void *);
	int (*query)(void *, const char *, unsigned long);
	void *(*result)(void *);
	unsigned (*columns)(void *);
	const struct field *(*field)(void *);
	char **(*row)(void *);
	unsigned long *(*lengths)(void *);
	void (*release)(void *);
	void (*close)(void *);
};
_Static_assert(sizeof(struct my) == COUNT(names) * sizeof(void *), "one pointer a name, in the same order");

struct address { struct str user, password, host, database, socket; int64_t port; };

static bool
part(struct arena *mem, struct str raw, struct str *out)
{
	return raw.n == 0 || pct_decode(mem, raw, false, out);
}

/* mysql://user:password@host:port/database?socket=/path */
static bool
address_read(struct arena *mem, struct str url, struct address *a)
{
	struct str rest = str_from(url, (size_t)str_index(url, ':') + 3), query = rest, path, who = STR_ABSENT, host, port;
	ptrdiff_t at;

	path = str_cut(&query, '?');
	host = str_cut(&path, '/');
	if ((at = str_rindex(host, '@')) >= 0) {
		who = str_sub(host, 0, (size_t)at);
		host = str_from(host, (size_t)at + 1);
	}
	port = host;
	host = str_cut(&port, ':');
	a->port = 0;
	if (str_given(port) && (!str_int(port, &a->port) || a->port < 1 || a->port > 65535))
		return false;
	struct str user = str_given(who) ? str_cut(&who, ':') : STR_ABSENT;
	if (str_starts(query, S("socket=")) && !pct_decode(mem, str_from(query, 7), false, &a->socket))
		return false;
	return part(mem, user, &a->user) && part(mem, who, &a->password) && part(mem, host, &a->host) && part(mem, path, &a->database) && a->database.n > 0;
}

static const char *
z(struct arena *mem, struct str s)
{
	return s.n > 0 ? arena_z(mem, s) : NULL;
}

static bool
mysql_open(struct row_source *s, struct str from, struct str password, struct str *why)
{
	struct address a = { .user = STR_ABSENT };
	struct my *my = arena_new(s->mem, struct my);
	unsigned patience_s = 10;

	*why = S("a MySQL URL is written mysql://user@host:3306/database");
	if (my == NULL || !address_read(s->mem, from, &a) || !library_load(s, "libmariadb.so.3", names, (void **)my, COUNT(names), "libmariadb3", why))
		return false;
	s->calls = my;
	s->handle = my->init(NULL);
	if (s->handle == NULL)
		return false;
	my->options(s->handle, OPT_CONNECT_TIMEOUT, &patience_s);
	my->options(s->handle, OPT_CHARSET, "utf8mb4");
	if (str_given(password))
		a.password = password;
	if (my->connect(s->handle, z(s->mem, a.host), z(s->mem, a.user), z(s->mem, a.password), z(s->mem, a.database), (unsigned)a.port, z(s->mem, a.socket), 0) != NULL)
		return true;
	*why = arena_printf(s->mem, "MySQL cannot be reached: %s", my->error(s->handle));
	return false;
}

static bool
row_take(const struct my *my, void *result, const struct str *heads, unsigned n, char **cells, json_t *rows, struct str *why)
{
	unsigned long *lengths = my->lengths(result);
	json_t *row = json_object();

	for (unsigned i = 0; row != NULL && i < n; i++)
		if (!row_put(row, heads[i], cells[i] ? str_span(cells[i], lengths[i]) : STR_ABSENT))
			return false;
	return row != NULL && rows_add(rows, row, why);
}

static bool
result_take(struct row_source *s, void *result, json_t *rows, struct str *why)
{
	const struct my *my = s->calls;
	unsigned n = my->columns(result);
	struct str *heads = arena_array(s->mem, struct str, n);
	bool ok = heads != NULL;
	char **cells;

	for (unsigned i = 0; ok && i < n; i++)
		heads[i] = arena_dup(s->mem, str_of(my->field(result)->name));
	while (ok && (cells = my->row(result)) != NULL)
		ok = row_take(my, result, heads, n, cells, rows, why);
	if (ok && my->number(s->handle) != 0) {
		*why = arena_printf(s->mem, "%s", my->error(s->handle));
		ok = false;
	}
	return ok;
}

static enum table_result
mysql_read(struct row_source *s, struct str table, json_t *rows, struct str *why)
{
	const struct my *my = s->calls;
	struct str sql = select_all(s->mem, table, '`');
	void *result = my->query(s->handle, sql.p, sql.n) == 0 ? my->result(s->handle) : NULL;
	bool ok;

	if (result == NULL) {
		*why = arena_printf(s->mem, "%.*s: %s", STR_ARG(table), my->error(s->handle));
		return my->number(s->handle) == NO_SUCH_TABLE ? TABLE_MISSING : TABLE_FAILED;
	}
	ok = result_take(s, result, rows, why);
	my->release(result);
	return ok ? TABLE_READ : TABLE_FAILED;
}

static void
mysql_end(struct row_source *s)
{
	((const struct my *)s->calls)->close(s->handle);
}

const struct source_kind source_mysql = { mysql_open, mysql_read, mysql_end };
