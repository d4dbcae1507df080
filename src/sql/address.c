/* sql/address.c - where a database is, as the settings and the command line write it. */
#include "sql/sql_int.h"

static const struct { const char *prefix; enum sql_kind kind; } schemes[] = {
	{ "postgresql://", SQL_POSTGRES }, { "postgres://", SQL_POSTGRES }, { "mysql://", SQL_MYSQL },
	{ "mariadb://", SQL_MYSQL },
};

static bool
part(struct arena *mem, struct str raw, struct str *out)
{
	return raw.n == 0 || (pct_decode(mem, raw, false, out) && str_index(*out, '\0') < 0);
}

/* socket=/path&ca=/path */
static bool
query_read(struct arena *mem, struct str query, struct sql_address *a)
{
	while (str_given(query)) {
		struct str value = str_cut(&query, '&'), name = str_cut(&value, '=');
		struct str *into = str_is(name, "socket") ? &a->socket : str_is(name, "ca") ? &a->ca : NULL;

		if (name.n > 0 && (into == NULL || str_empty(value) || !part(mem, value, into)))
			return false;
	}
	return true;
}

/* What stands before the last @ of the host's part, which is moved behind it. */
static struct str
who_cut(struct str *host)
{
	ptrdiff_t at = str_rindex(*host, '@');
	struct str who = at < 0 ? STR_ABSENT : str_sub(*host, 0, (size_t)at);

	*host = str_from(*host, (size_t)(at + 1));
	return who;
}

/* Between "://" and the next slash or question mark. */
static struct str
authority(struct str url, struct str *rest)
{
	size_t n = 0;

	url = str_from(url, (size_t)str_index(url, ':') + 3);
	while (n < url.n && url.p[n] != '/' && url.p[n] != '?')
		n++;
	*rest = str_from(url, n);
	return str_sub(url, 0, n);
}

/* mysql://user:password@host:port/database?query */
static bool
mysql_read(struct arena *mem, struct str url, struct sql_address *a)
{
	struct str rest, host = authority(url, &rest), who = who_cut(&host), user, port = host,
			 path = str_cut(&rest, '?');

	host = str_cut(&port, ':');
	if (str_given(port) && (!str_int(port, &a->port) || a->port < 1 || a->port > 65535))
		return false;
	user = str_given(who) ? str_cut(&who, ':') : STR_ABSENT;
	return query_read(mem, rest, a) && part(mem, user, &a->user) && part(mem, who, &a->password)
	    && part(mem, host, &a->host) && part(mem, str_from(path, 1), &a->database) && a->database.n > 0;
}

bool
sql_is_url(struct str from)
{
	for (size_t i = 0; i < COUNT(schemes); i++)
		if (str_starts(from, str_of(schemes[i].prefix)))
			return true;
	return false;
}

bool
sql_has_password(struct str url)
{
	struct str rest, host;

	if (!sql_is_url(url))
		return false;
	host = authority(url, &rest);
	return str_index(who_cut(&host), ':') >= 0 || str_contains(rest, S("password="));
}

bool
sql_address_read(struct arena *mem, struct str from, struct sql_address *out, struct str *why)
{
	*out = (struct sql_address){ .kind = SQL_SQLITE, .whole = from };
	for (size_t i = 0; i < COUNT(schemes); i++)
		if (str_starts(from, str_of(schemes[i].prefix)))
			out->kind = schemes[i].kind;
	*why = SAY("a MySQL URL is written mysql://user@host:3306/database");
	if (out->kind == SQL_MYSQL)
		return mysql_read(mem, from, out);
	*why = SAY("a database is a URL (postgresql://, mysql://, mariadb://) or the path of an SQLite file, in visible characters");
	for (size_t i = 0; i < from.n; i++)
		if ((unsigned char)from.p[i] < 0x20)
			return false;
	return from.n > 0;
}
