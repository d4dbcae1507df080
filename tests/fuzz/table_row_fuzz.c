/* A row of somebody else's user table: lines "column=value"; whatever becomes of it is text that the store can hold. */
#include "login/login.h"
#include "login/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
is_text(struct str s)
{
	if (s.n > TABLE_TEXT_MAX || !str_utf8(s) || (s.n > 0 && str_index(s, '\0') >= 0))
		abort();
}

static void
is_user(const struct table_row *r)
{
	const struct user *u = &r->user;

	if (r->key.n == 0 || u->name.n == 0 || u->authorities.n > AUTHORITIES_MAX || !str_utf8(u->authorities))
		abort();
	is_text(r->key);
	is_text(u->name);
	is_text(u->display_name);
	is_text(u->phone);
	is_text(u->email);
	is_text(u->open_id);
	is_text(u->account_type);
	if (!str_utf8(u->claims) || u->claims.n > 8192 || (u->claims.n > 0 && u->claims.p[0] != '{'))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct str yes[] = { { "1", 1 }, { "true", 4 } };
	struct user_table t = { .role_prefix = S("ROLE_"), .encoding = S("bcrypt"), .upper = size % 2,
		.account_type = S("table") };
	struct str rest = str_span(data, size), why = STR_ABSENT;
	struct sql_cell cells[64];
	struct table_row row;
	static const struct claim_map_row rows[] = { { "given_name", NULL, false, "g" }, { "address", "locality", false, "l" },
		{ "tags", NULL, true, "tags" }, { "birthdate", NULL, false, "born" }, { "email_verified", NULL, false, "v" } };
	struct arena mem;
	size_t n = 0;

	arena_init(&mem, 1 << 20);
	for (size_t i = 0; i < TABLE_COLUMNS; i++)
		t.columns[i] = S("");
	for (size_t i = 0; i < MAP_COUNT; i++)
		t.states.column[i] = S("");
	if (size % 3 == 0) {                    /* the operator said what lets in */
		t.states.values[MAP_ENABLED] = yes;
		t.states.n_values[MAP_ENABLED] = COUNT(yes);
	}
	while (str_given(rest) && n < COUNT(cells)) {
		struct str value = str_cut(&rest, '\n'), column = str_cut(&value, '=');
		cells[n++] = (struct sql_cell){ column, value, SQL_TEXT };
	}
	if (n > 0 && str_is(cells[0].column, "columns.name"))   /* a table whose settings name a column */
		t.columns[COLUMN_NAME] = str_given(cells[0].value) ? cells[0].value : S("");
	for (size_t i = 0; i < n && i < COUNT(rows); i++)       /* only with their columns */
		if (str_eq(cells[i].column, str_of(rows[i].from)))
			t.claims = (struct claim_map){ rows, i + 1 };
	if (table_row_read(&mem, &t, cells, n, &row, &why))
		is_user(&row);
	else if (!str_given(why))
		abort();
	arena_free(&mem);
	return 0;
}
