/*
 * login/table_map.c - what a row of a user table says: columns by name, states (login/states.h),
 * hashes by their form.
 */
#include "login/login.h"
#include "login/table.h"
#include "store/user_claims.h"

#define STORED_LONGEST 1024

const struct user_column_row user_columns[TABLE_COLUMNS] = {
	[COLUMN_NAME] = { "name", "username user_name login account" },
	[COLUMN_PASSWORD] = { "password", "password passwd pwd password_hash encoded_password" },
	[COLUMN_SALT] = { "salt", "salt password_salt passwordsalt pwd_salt" },
	[COLUMN_DISPLAY] = { "display_name", "display_name nickname nick_name real_name realname full_name" },
	[COLUMN_PHONE] = { "phone", "phone mobile phone_number phonenumber mobile_phone telephone tel" },
	[COLUMN_EMAIL] = { "email", "email mail email_address" },
	[COLUMN_NUMBER] = { "number", "id user_id uid" },
	[COLUMN_OPENID] = { "open_id", "open_id openid wx_openid" },
	[COLUMN_TYPE] = { "account_type", "account_type" },
	[COLUMN_AUTHORITIES] = { "authorities", "authorities roles role authority" },
	[COLUMN_ENABLED] = { "enabled", "" },
	[COLUMN_LOCKED] = { "locked", "" },
	[COLUMN_EXPIRED] = { "expired", "" },
	[COLUMN_STALE] = { "credentials_expired", "" },
	[COLUMN_DELETED] = { "deleted", "" },
	[COLUMN_ID] = { "id", "id user_id uid" },
};

int
user_column_named(struct str member)
{
	for (int i = 0; i < TABLE_COLUMNS; i++)
		if (str_is(member, user_columns[i].member))
			return i;
	return -1;
}

/* --- cells ------------------------------------------------------------------------------------ */

static const struct sql_cell *
cell_named(const struct sql_cell *cells, size_t n, struct str column)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq_nocase(cells[i].column, column))
			return &cells[i];
	return NULL;
}

/* The settings' column; else one of the member's own name, else of a usual one. NULL: there is none. */
static const struct sql_cell *
cell_of(const struct user_table *t, enum user_column c, const struct sql_cell *cells, size_t n)
{
	struct str usual = str_of(user_columns[c].usual);
	const struct sql_cell *found;

	if (!str_empty(t->columns[c]))
		return cell_named(cells, n, t->columns[c]);
	found = cell_named(cells, n, str_of(user_columns[c].member));
	while (found == NULL && str_given(usual))
		found = cell_named(cells, n, str_cut(&usual, ' '));
	return found;
}

/* CHAR(n) arrives with blanks behind. Absent: NULL, or no column. */
static struct str
value_of(const struct user_table *t, enum user_column c, const struct sql_cell *cells, size_t n)
{
	const struct sql_cell *cell = cell_of(t, c, cells, n);
	struct str v = cell != NULL ? cell->value : STR_ABSENT;

	return str_given(v) ? str_trim(v) : v;
}

static bool
is_text(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return s.n > 0 && s.n <= TABLE_TEXT_MAX && str_utf8(s);
}

/* Empty when it is no plain text. */
static struct str
text_of(struct arena *mem, struct str v)
{
	return is_text(v) ? arena_dup(mem, v) : S("");
}

/* --- states and hashes ------------------------------------------------------------------------ */

/* Names of all columns of the answer, blank-separated. */
static struct str
column_names(struct arena *mem, const struct sql_cell *cells, size_t n)
{
	struct buf b;

	buf_init(&b, mem, TABLE_BYTES_MAX);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_putc(&b, ' ');
		buf_put(&b, cells[i].column);
	}
	return buf_str(&b);
}

/*
 * What the row says of itself; a value that nobody named lets nobody in. False: a column must be
 * explained first, *why says which.
 */
static bool
state_of_row(struct arena *mem, const struct user_table *t, const struct sql_cell *cells, size_t n,
    enum state *state, struct str *why)
{
	struct str names = column_names(mem, cells, n);
	const struct state_family *family = state_family(STATES_OF_USERS, names);
	struct state_rule rule;

	*state = STATE_FINE;
	*why = state_mapping_fault(mem, &t->states, names);
	for (size_t i = 0; !str_given(*why) && i < n; i++) {
		enum state one;

		if (!state_rule_of(&t->states, family, names, cells[i].column, &rule))
			continue;
		one = state_read(&rule, cells[i].value);
		if (one == STATE_UNKNOWN && rule.by == BY_WORDS && cells[i].value.n > 0)
			*why = arena_say(mem,
			    "column %.*s may say who is let in, and what its values mean is not known: name "
			    "it in columns, such as "
			    "enabled=%.*s with enabled_values, or name it in ignored_columns",
			    STR_ARG(rule.column), STR_ARG(rule.column));
		else if (one == STATE_UNKNOWN)
			one = rule.by == BY_WORDS ? STATE_FINE : state_at_worst(&rule);
		*state = state_worse(*state, one);
	}
	return !str_given(*why);
}

static struct str
encoding_of(struct arena *mem, const struct user_table *t, struct str stored, struct str name, struct str salt)
{
	if (str_empty(stored) || stored.n > STORED_LONGEST)
		return S("");
	if (str_empty(t->encoding) || str_given(password_encoding(stored)))
		return arena_dup(mem, stored);
	if (str_index(t->encoding, ':') >= 0) {
		struct str salted = password_salted(mem, t->encoding, stored, name, salt);

		/* not what the recipe makes: it opens nothing */
		return str_given(salted) ? salted : arena_dup(mem, stored);
	}
	return ARENA_CAT(mem, S("{"), t->encoding, S("}"), stored);
}

/* --- words ------------------------------------------------------------------------------------ */

/* One authority: blanks inside become '_'. Longer than text: absent. */
static struct str
word_write(char text[TABLE_TEXT_MAX], const struct user_table *t, struct str word, struct str prefix)
{
	size_t n = 0;

	if (str_starts_nocase(word, prefix))
		prefix = S("");
	if (prefix.n + word.n > TABLE_TEXT_MAX)
		return STR_ABSENT;
	for (; n < prefix.n; n++)
		text[n] = prefix.p[n];
	for (size_t i = 0; i < word.n; i++, n++) {
		unsigned char c = (unsigned char)word.p[i];

		text[n] = c <= 0x20 || c == 0x7f ? '_' : t->upper && c >= 'a' && c <= 'z' ? (char)(c - 32) : (char)c;
	}
	return str_span(text, n);
}

static bool
word_put(struct buf *b, const struct user_table *t, struct str word, struct str prefix, struct str *why)
{
	char text[TABLE_TEXT_MAX];
	struct str one = word_write(text, t, word, prefix);

	if (!str_given(one) || !str_utf8(one)) {
		*why = str_given(one) ? SAY("an authority of a user is no UTF-8") : SAY("an authority of a user is longer than 256 bytes");
		return false;
	}
	if (str_has_word(buf_str(b), one, ' '))
		return true;
	if (b->n > 0)
		buf_putc(b, ' ');
	buf_put(b, one);
	if (!b->full)
		return true;
	*why = AUTHORITIES_FULL;
	return false;
}

bool
table_words_put(struct buf *b, const struct user_table *t, struct str value, struct str prefix, struct str *why)
{
	while (str_given(value)) {
		struct str piece = str_cut(&value, ',');

		while (str_given(piece)) {
			struct str word = str_trim(str_cut(&piece, ' '));

			if (word.n > 0 && !word_put(b, t, word, prefix, why))
				return false;
		}
	}
	return true;
}

/* A list is one column with commas. */
static void
claim_of_cell(struct arena *mem, json_t *said, const struct claim_map_row *r, struct str cell, struct str whose)
{
	struct str values[USER_CLAIM_ITEMS_MAX + 1], one;
	size_t n = 0;

	if (!r->list) {
		claim_map_put(mem, said, r, &cell, str_given(cell) ? 1 : 0, whose);
		return;
	}
	while (str_given(cell) && n < COUNT(values))
		if ((one = str_trim(str_cut(&cell, ','))).n > 0)
			values[n++] = one;
	claim_map_put(mem, said, r, values, n, whose);
}

/* By the rows of the setting `claims`, whose columns are there. */
static struct str
claims_of(struct arena *mem, const struct user_table *t, const struct sql_cell *cells, size_t n)
{
	struct str whose = arena_say(mem, "user table %.*s: ", STR_ARG(t->name));
	json_t *said = t->claims.n > 0 ? claim_map_begin(mem) : NULL;

	for (size_t i = 0; said != NULL && i < t->claims.n; i++) {
		const struct claim_map_row *r = &t->claims.rows[i];
		const struct sql_cell *cell = cell_named(cells, n, str_of(r->from));

		claim_of_cell(mem, said, r, cell != NULL ? cell->value : STR_ABSENT, whose);
	}
	return said != NULL ? claim_map_end(mem, said, whose) : STR_ABSENT;
}

/* --- the row ---------------------------------------------------------------------------------- */

static bool
columns_are_there(
    struct arena *mem, const struct user_table *t, const struct sql_cell *cells, size_t n, struct str *why)
{
	for (int c = 0; c < TABLE_COLUMNS; c++) {
		if (!str_empty(t->columns[c]) && cell_named(cells, n, t->columns[c]) == NULL) {
			*why = arena_say(mem, "the answer has no column %.*s, which the settings name for %s", STR_ARG(t->columns[c]), user_columns[c].member);
			return false;
		}
	}
	for (size_t i = 0; i < t->claims.n; i++) {
		const struct claim_map_row *r = &t->claims.rows[i];

		if (cell_named(cells, n, str_of(r->from)) == NULL) {
			*why = arena_say(mem, "the answer has no column %.*s, which the settings name for %s",
			    STR_ARG(str_of(r->from)), r->claim);
			return false;
		}
	}
	if (cell_of(t, COLUMN_NAME, cells, n) != NULL)
		return true;
	*why = SAY("no column of the answer is known to hold user names: name it in columns, such as name=login");
	return false;
}

bool
table_row_read(struct arena *mem, const struct user_table *t, const struct sql_cell *cells, size_t n,
    struct table_row *out, struct str *why)
{
	struct str name = value_of(t, COLUMN_NAME, cells, n), key = value_of(t, COLUMN_ID, cells, n),
		   type = value_of(t, COLUMN_TYPE, cells, n);
	struct user *u = &out->user;
	enum state state;
	struct buf words;

	if (!columns_are_there(mem, t, cells, n, why) || !state_of_row(mem, t, cells, n, &state, why))
		return false;
	key = cell_of(t, COLUMN_ID, cells, n) != NULL ? key : name;
	if (!is_text(name) || !is_text(key)) {
		*why = arena_say(mem, "a row has no %s that is text of 1 to %d bytes", is_text(name) ? say("key") : say("user name"), TABLE_TEXT_MAX);
		return false;
	}
	buf_init(&words, mem, AUTHORITIES_MAX);
	if (!table_words_put(&words, t, value_of(t, COLUMN_AUTHORITIES, cells, n), t->role_prefix, why))
		return false;
	*out = (struct table_row){ .key = arena_dup(mem, key), .deleted = state == STATE_DELETED };
	*u = (struct user){ .name = arena_dup(mem, name),
		.display_name = text_of(mem, value_of(t, COLUMN_DISPLAY, cells, n)),
		.phone = text_of(mem, value_of(t, COLUMN_PHONE, cells, n)),
		.email = text_of(mem, value_of(t, COLUMN_EMAIL, cells, n)),
		.open_id = text_of(mem, value_of(t, COLUMN_OPENID, cells, n)),
		.account_type = is_text(type) ? arena_dup(mem, type) : t->account_type,
		.password = encoding_of(
		    mem, t, value_of(t, COLUMN_PASSWORD, cells, n), name, value_of(t, COLUMN_SALT, cells, n)),
		.authorities = buf_str(&words),
		.claims = claims_of(mem, t, cells, n),
		.enabled = state == STATE_FINE || state == STATE_LOCKED || state == STATE_STALE,
		.locked = state == STATE_LOCKED || state == STATE_STALE };
	if (!str_int(value_of(t, COLUMN_NUMBER, cells, n), &u->number))
		u->number = 0;
	*why = SAY("memory is exhausted");
	return !mem->full;
}
