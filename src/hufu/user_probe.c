/*
 * hufu/user_probe.c - hufu user test: a user table is asked as the daemon would ask it, and the row
 * is shown as the user it makes.
 */
#include "hufu/hufu_int.h"
#include "login/login.h"

static const char *const ways[TABLE_BY_COUNT] = { "name", "phone", "open_id", "id" };

static struct str
joined(struct cli *c, const struct str *names, size_t n)
{
	struct buf b;

	buf_init(&b, &c->mem, 16 * 1024);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_putc(&b, ' ');
		buf_put(&b, names[i]);
	}
	return buf_str(&b);
}

/* The table that was named, or the only one. Absent: already complained. */
static struct str
table_name(struct cli *c, const struct conf *conf)
{
	struct str named = json_member_str(c->local, "table");
	const struct str *names;
	size_t n = conf_names(conf, SEC_USER_TABLE, &names);

	for (size_t i = 0; i < n; i++)
		if (str_eq(names[i], named) || (!str_given(named) && n == 1))
			return names[i];
	if (n == 0)
		cli_fail(c, str_of(text(c, T_table_none)), STR_ABSENT);
	else if (str_given(named))
		cli_usage(c, FILL(c, T_table_unknown, named, joined(c, names, n)));
	else
		cli_usage(c, FILL(c, T_table_which, joined(c, names, n)));
	return STR_ABSENT;
}

static struct user_table *
table_open(struct cli *c)
{
	const struct conf *conf = cli_conf(c);
	struct str name = conf ? table_name(c, conf) : STR_ABSENT;
	struct user_table *t;
	struct findings f;

	if (!str_given(name))
		return NULL;
	findings_init(&f, &c->mem);
	t = user_table_read(conf, name, &c->mem, &f);
	if (t != NULL && user_table_open(t, conf))
		return t;
	cli_fail(c, t == NULL ? findings_lines(&f, FINDING_ERROR) : SAY("memory is exhausted"), STR_ABSENT);
	return NULL;
}

static bool
way_read(struct cli *c, const struct user_table *t, enum table_by *by)
{
	struct str word = json_member_str(c->local, "by");
	int i = 0;

	while (str_given(word) && i < TABLE_BY_COUNT && !str_is(word, ways[i]))
		i++;
	*by = (enum table_by)i;
	if (i == TABLE_BY_COUNT)
		return cli_usage(c, str_of(text(c, T_table_by)));
	return !str_empty(t->select[i]) || cli_fail(c, FILL(c, T_table_not_by, str_of(ways[i])), STR_ABSENT);
}

/* Absent when none was asked about. False: already complained. */
static bool
password_read(struct cli *c, struct str *password)
{
	struct str file = json_member_str(c->local, "password_file");

	*password = STR_ABSENT;
	if (!json_is_true(json_object_get(c->local, "password_stdin")) && !str_given(file))
		return true;
	*password = str_given(file) ? secret_from_file(c, file, PASSWORD_MAX) : secret_from_stdin(c, PASSWORD_MAX);
	return str_given(*password);
}

/* --- showing ---------------------------------------------------------------------------------- */

static struct str
stored_as(struct cli *c, struct str stored)
{
	struct str name = password_encoding(stored);

	if (str_empty(stored))
		return str_of(text(c, T_stored_none));
	return str_given(name) ? name : str_of(text(c, T_stored_unknown));
}

static bool
is_right(struct cli *c, struct str stored, struct str password)
{
	enum password_result r = str_empty(stored) || str_empty(password)
	    ? PASSWORD_WRONG
	    : password_verify(&c->mem, stored, password);

	return r == PASSWORD_OK || r == PASSWORD_OK_REHASH;
}

/* The realm's own user of that name comes first, whatever the row was found by. */
static bool
is_shadowed(struct cli *c, const struct user_table *t, const struct table_row *row)
{
	json_t *ask = json_pack("{s:s, s:s%, s:s%}", "do", "user.show", "realm", t->realm.p, t->realm.n, "name",
	    row->user.name.p, row->user.name.n);
	json_t *user = ask != NULL ? json_object_get(cli_try(c, ask), "user") : NULL;
	bool own = user != NULL && !str_given(json_member_str(user, "origin"));

	json_decref(ask);
	return own;
}

static void
show_json(struct cli *c, const struct user_table *t, const struct table_row *row, struct str authorities,
    struct str password)
{
	const struct user *u = &row->user;
	struct str encoding = str_empty(u->password) ? STR_ABSENT : password_encoding(u->password);
	struct id16 id = shadow_id(t->realm, row->key);
	struct buf b;

	buf_init(&b, &c->mem, 64 * 1024);
	jw_open(&b, '{');
	jm_bool(&b, S("ok"), true);
	jw_name(&b, S("user"));
	jw_open(&b, '{');
	jm_str(&b, S("table"), t->name);
	jm_str(&b, S("realm"), t->realm);
	jm_str(&b, S("key"), row->key);
	jm_str(&b, S("id"), uuid_write(&c->mem, id.b));
	jm_str(&b, S("name"), u->name);
	jm_bool(&b, S("shadowed"), is_shadowed(c, t, row));
	jm_bool(&b, S("enabled"), u->enabled);
	jm_bool(&b, S("locked"), u->locked);
	jm_str(&b, S("password_encoding"), encoding);
	if (str_given(password))
		jm_bool(&b, S("password_right"), is_right(c, u->password, password));
	jm_str(&b, S("display_name"), u->display_name);
	jm_str(&b, S("phone"), u->phone);
	jm_str(&b, S("email"), u->email);
	jm_str(&b, S("open_id"), u->open_id);
	jm_str(&b, S("account_type"), u->account_type);
	jm_int(&b, S("number"), u->number);
	jm_words(&b, S("authorities"), authorities, ' ');
	jw_close(&b, '}');
	jw_close(&b, '}');
	out_line(buf_str(&b));
}

static void
show(struct cli *c, const struct user_table *t, const struct table_row *row, struct str authorities,
    struct str password)
{
	const struct user *u = &row->user;
	struct id16 id = shadow_id(t->realm, row->key);
	struct table out;

	pairs_begin(&out, c);
	pair_line(&out, T_h_name, u->name);
	pair_line(&out, T_h_realm, t->realm);
	pair_line(&out, T_h_id, uuid_write(&c->mem, id.b));
	pair_line(&out, T_h_origin, ARENA_CAT(&c->mem, t->name, S(":"), row->key));
	pair_line(&out, T_h_enabled, str_of(text(c, u->enabled ? T_yes : T_no)));
	pair_line(&out, T_h_locked, str_of(text(c, u->locked ? T_yes : T_no)));
	pair_line(&out, T_h_stored_as, stored_as(c, u->password));
	if (str_given(password))
		pair_line(&out, T_h_password_fits,
		    str_of(
			text(c, is_right(c, u->password, password) ? T_password_right : T_password_wrong)));
	pair_line(&out, T_h_display_name, u->display_name);
	pair_line(&out, T_h_phone, u->phone);
	pair_line(&out, T_h_email, u->email);
	pair_line(&out, T_h_open_id, u->open_id);
	pair_line(&out, T_h_account_type, u->account_type);
	pair_line(&out, T_h_number, arena_printf(&c->mem, "%lld", (long long)u->number));
	pair_line(&out, T_h_authorities, authorities);
	table_end(&out);
	if (is_shadowed(c, t, row))
		out_line(FILL(c, T_table_shadowed, t->realm, u->name));
}

static int
ask(struct cli *c, const struct user_table *t)
{
	struct str name = json_member_str(c->local, "name"), authorities = S(""), why = STR_ABSENT, password;
	enum table_answer a;
	struct table_row row;
	enum table_by by;

	if (!way_read(c, t, &by) || !password_read(c, &password))
		return c->code;
	a = table_ask(&c->mem, t, by, name, &row, &why);
	if (a == TABLE_FOUND)
		a = table_authorities(&c->mem, t, &row, &authorities, &why);
	if (a == TABLE_NOBODY)
		cli_fail(c, str_of(text(c, T_table_nobody)), STR_ABSENT);
	else if (a == TABLE_DOWN)
		cli_fail(c, FILL(c, T_table_down, t->name, why), STR_ABSENT);
	else if (c->json)
		show_json(c, t, &row, authorities, password);
	else
		show(c, t, &row, authorities, password);
	return c->code;
}

int
user_test(struct cli *c)
{
	struct user_table *t = table_open(c);

	if (t == NULL)
		return c->code;
	ask(c, t);
	sql_pool_free(t->pool);
	return c->code;
}
