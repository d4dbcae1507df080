/* store/postgres/address.c - the URL of a store, as libpq reads it, with what we add where it says nothing. */
#include <assert.h>
#include <unistd.h>
#include "store/postgres/postgres_int.h"

#define AUTHORITIES "/etc/ssl/certs/ca-certificates.crt"

/* --- our own parameters are taken out before libpq sees the URL --------------------------------- */

static bool
is_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || s.p[i] == '_' || (i > 0 && s.p[i] >= '0' && s.p[i] <= '9')))
			return false;
	return s.n > 0 && s.n < 64;
}

/* False: it is one of ours, and wrong. *ours: one of ours, and taken. */
static bool
own_parameter(struct pg_address *a, struct str parameter, bool *ours)
{
	struct str value = parameter, name = str_cut(&value, '=');

	*ours = str_is(name, "prepare") || str_is(name, "schema");
	if (str_is(name, "prepare")) {
		a->prepare = str_is(value, "on");
		return a->prepare || str_is(value, "off");
	}
	if (!str_is(name, "schema"))
		return true;
	free(a->schema);
	a->schema = is_name(value) ? strndup(value.p, value.n) : NULL;
	return a->schema != NULL;
}

static bool
own_parameters(struct pg_address *a, struct str url, struct arena *mem, struct str *rest)
{
	struct str query = url;
	struct buf b;
	bool ours, first = true;

	buf_init(&b, mem, url.n + 16);
	buf_put(&b, str_cut(&query, '?'));
	while (str_given(query)) {
		struct str one = str_cut(&query, '&');

		if (!own_parameter(a, one, &ours))
			return false;
		if (ours || one.n == 0)
			continue;
		buf_putc(&b, first ? '?' : '&');
		buf_put(&b, one);
		first = false;
	}
	*rest = buf_str(&b);
	return !b.full;
}

/* --- what libpq is told ----------------------------------------------------------------------- */

static const char *
value_of(const struct pg_address *a, const char *key)
{
	for (const PQconninfoOption *o = a->read; o->keyword != NULL; o++)
		if (strcmp(o->keyword, key) == 0)
			return o->val;
	return NULL;
}

static void
put(struct pg_address *a, const char *key, const char *value)
{
	size_t n = 0;

	while (n < ADDRESS_KEYS_MAX - 1 && a->keys[n] != NULL)
		n++;
	assert(n < ADDRESS_KEYS_MAX - 1);       /* libpq knows half as many */
	a->keys[n] = key;
	a->values[n] = value;
}

static void
put_default(struct pg_address *a, const char *key, const char *value)
{
	if (value_of(a, key) == NULL)
		put(a, key, value);
}

/* Every host of the list is this machine. */
static bool
is_local(const struct pg_address *a)
{
	static const char *const here[] = { "", "localhost", "127.0.0.1", "::1" };
	struct str list = str_of(value_of(a, "hostaddr")), one;

	if (str_empty(list))
		list = str_of(value_of(a, "host"));
	while (str_given(list) && str_given(one = str_cut(&list, ','))) {
		bool local = one.n > 0 && (one.p[0] == '/' || one.p[0] == '@');

		for (size_t i = 0; i < COUNT(here); i++)
			local |= str_is(one, here[i]);
		if (!local)
			return false;
	}
	return true;
}

static void
defaults_put(struct pg_address *a, bool read_only)
{
	put_default(a, "application_name", "hufu");
	put(a, "client_encoding", "UTF8");
	put_default(a, "connect_timeout", "3");
	put_default(a, "keepalives_idle", "5");
	put_default(a, "keepalives_interval", "2");
	put_default(a, "keepalives_count", "3");
	put_default(a, "tcp_user_timeout", "10000");
	put_default(a, "target_session_attrs", read_only ? "any" : "read-write");
	if (is_local(a) || value_of(a, "sslmode") != NULL)
		return;
	put(a, "sslmode", "verify-full");
	if (value_of(a, "sslrootcert") == NULL && access(AUTHORITIES, R_OK) == 0)
		put(a, "sslrootcert", AUTHORITIES);
}

static char *
place_of(const struct pg_address *a, struct arena *mem)
{
	const char *host = value_of(a, "host"), *port = value_of(a, "port"), *name = value_of(a, "dbname");
	struct str s = arena_printf(mem, "postgresql://%s%s%s/%s%s%s", host != NULL ? host : "",
	    port != NULL ? ":" : "", port != NULL ? port : "", name != NULL ? name : "",
	    a->schema != NULL ? "?schema=" : "", a->schema != NULL ? a->schema : "");

	return str_given(s) ? strndup(s.p, s.n) : NULL;
}

static bool
url_is_read(struct pg_address *a, struct str url, struct arena *mem, struct str *why)
{
	char *wrong = NULL, *z = arena_z(mem, url);
	struct str said;

	a->read = z != NULL ? pq.PQconninfoParse(z, &wrong) : NULL;
	if (a->read != NULL)
		return true;
	said = str_trim(str_of(wrong != NULL ? wrong : "?"));
	*why = arena_say(mem, "the URL of the store cannot be read: %.*s", STR_ARG(said));
	if (wrong != NULL)
		pq.PQfreemem(wrong);
	return false;
}

bool
pg_address_read(const struct store_conf *conf, struct pg_address *a, struct arena *mem, struct str *why)
{
	struct str url;

	*a = (struct pg_address){ .prepare = true };
	*why = SAY("in the URL of the store, schema is a name of small letters, digits and _, and prepare is on or off");
	if (!own_parameters(a, conf->url, mem, &url))
		return false;
	*why = SAY("where prepare=off, the schema cannot be named in the URL of the store: "
	    "ALTER ROLE ... SET search_path = ... does it in the database");
	if (!a->prepare && a->schema != NULL)
		return false;
	if (!libpq_load(mem, why) || !url_is_read(a, url, mem, why))
		return false;
	for (const PQconninfoOption *o = a->read; o->keyword != NULL; o++)
		if (o->val != NULL && !(strcmp(o->keyword, "password") == 0 && str_given(conf->password)))
			put(a, o->keyword, o->val);
	if (str_given(conf->password) && (a->password = strndup(conf->password.p, conf->password.n)) != NULL)
		put(a, "password", a->password);
	defaults_put(a, conf->read_only);
	a->place = place_of(a, mem);
	*why = SAY("memory is exhausted");
	return a->place != NULL;
}

void
pg_address_free(struct pg_address *a)
{
	if (a->read != NULL)
		pq.PQconninfoFree(a->read);
	if (a->password != NULL)
		explicit_bzero(a->password, strlen(a->password));
	free(a->password);
	free(a->schema);
	free(a->place);
}
