/*
 * login/states.c - what a column's name says of states, which products are known by their columns,
 * and what a value means.
 */
#include <time.h>

#include "login/states.h"

const char *const state_words[STATE_COUNT + 1] = {
	[STATE_FINE] = "fine", [STATE_DISABLED] = "disabled", [STATE_LOCKED] = "locked", [STATE_EXPIRED] = "expired",
	[STATE_STALE] = "credentials_expired", [STATE_DELETED] = "deleted", [STATE_UNKNOWN] = "unknown",
};

/* --- names ------------------------------------------------------------------------------------ */

struct name_row { const char *names; enum state_by by; enum state yes, no; };
#define SPOKEN(names, yes, no) { names, BY_NAME, STATE_##yes, STATE_##no },
#define MOMENT(names, state) { names, BY_TIME, STATE_##state, STATE_FINE },
#define CODED(names) { names, BY_WORDS, STATE_UNKNOWN, STATE_UNKNOWN },
#define SMELL(parts)
#define HARMLESS(names)
#define WORDS(state, words)
#define FAMILY(name, of, columns, rules)
#define ENTRY(attribute, how, what, state)
static const struct name_row name_rows[] = {
#include "login/states.def"
};
#undef SPOKEN
#undef MOMENT
#undef CODED
#undef SMELL
#undef HARMLESS
#undef WORDS
#undef FAMILY

#define SPOKEN(names, yes, no)
#define MOMENT(names, state)
#define CODED(names)
#define SMELL(parts) static const char smell_parts[] = parts;
#define HARMLESS(names) static const char harmless[] = names;
#define WORDS(state, words)
#define FAMILY(name, of, columns, rules)
#include "login/states.def"
#undef SMELL
#undef HARMLESS
#undef WORDS
#undef FAMILY

struct word_row { enum state state; const char *words; };
#define SMELL(parts)
#define HARMLESS(names)
#define WORDS(state, words) { STATE_##state, words },
#define FAMILY(name, of, columns, rules)
static const struct word_row word_rows[] = {
#include "login/states.def"
};
#undef WORDS
#undef FAMILY

#define WORDS(state, words)
#define FAMILY(name, of, columns, rules) { name, columns, rules, STATES_OF_##of },
static const struct state_family families[] = {
#include "login/states.def"
};
#undef FAMILY
#undef WORDS
#undef ENTRY

enum entry_how {
	ENTRY_BITS,
	ENTRY_YES,
	ENTRY_SINCE,
	ENTRY_TICKS,
	ENTRY_DAYS,
	ENTRY_PAST,
	ENTRY_AHEAD,
	ENTRY_LETTER,
	ENTRY_WORDS
};
struct entry_row { const char *attribute; enum entry_how how; int64_t what; enum state state; };
#define WORDS(state, words)
#define FAMILY(name, of, columns, rules)
#define ENTRY(attribute, how, what, state) { attribute, ENTRY_##how, what, STATE_##state },
static const struct entry_row entry_rows[] = {
#include "login/states.def"
};

#define NAME_MAX_BYTES 64

/*
 * Small letters without '_' and blanks: "Is_Enabled", "isEnabled" and "is_enabled" are one name. A
 * longer name is none of ours.
 */
static struct str
bare_name(struct str column, char out[NAME_MAX_BYTES])
{
	size_t n = 0;

	for (size_t i = 0; i < column.n; i++) {
		char c = column.p[i];

		if (c == '_' || c == ' ' || c == '-')
			continue;
		if (n == NAME_MAX_BYTES)
			return S("");
		out[n++] = c >= 'A' && c <= 'Z' ? (char)(c | 32) : c;
	}
	return str_span(out, n);
}

static bool
smells(struct str bare)
{
	struct str rest = str_of(smell_parts);

	if (str_has_word(str_of(harmless), bare, ' '))
		return false;
	while (str_given(rest))
		if (str_contains(bare, str_cut(&rest, ' ')))
			return true;
	return false;
}

bool
state_column(struct str column, struct state_rule *out)
{
	char text[NAME_MAX_BYTES];
	struct str bare = bare_name(column, text);

	*out = (struct state_rule){ .column = column, .by = BY_WORDS };
	for (size_t i = 0; i < COUNT(name_rows); i++) {
		const struct name_row *r = &name_rows[i];

		if (!str_has_word(str_of(r->names), bare, ' '))
			continue;
		out->by = r->by;
		out->yes = out->named = r->yes;
		out->no = r->no;
		return true;
	}
	return smells(bare);
}

/* --- families --------------------------------------------------------------------------------- */

static bool
column_is_there(struct str columns, struct str wanted)
{
	while (str_given(columns))
		if (str_eq_nocase(str_cut(&columns, ' '), wanted))
			return true;
	return false;
}

static bool
has_all(struct str columns, struct str wanted)
{
	while (str_given(wanted))
		if (!column_is_there(columns, str_cut(&wanted, ' ')))
			return false;
	return true;
}

const struct state_family *
state_family(enum state_of of, struct str columns)
{
	for (size_t i = 0; i < COUNT(families); i++)
		if (families[i].of == of && has_all(columns, str_of(families[i].columns)))
			return &families[i];
	return NULL;
}

/* "status:0=fine" cut in three. */
static struct str
code_cut(struct str *rest, struct str *value, struct str *state)
{
	struct str one = str_cut(rest, ' '), column = str_cut(&one, ':');

	*value = str_cut(&one, '=');
	*state = one;
	return column;
}

bool
state_family_rule(const struct state_family *f, struct str column, struct state_rule *out)
{
	struct str rest = str_of(f->codes), value, state;

	while (str_given(rest)) {
		if (!str_eq_nocase(code_cut(&rest, &value, &state), column))
			continue;
		*out = (struct state_rule){ .column = column, .by = BY_FAMILY, .family = f->name, .codes = f->codes };
		return true;
	}
	return false;
}

/* --- values ----------------------------------------------------------------------------------- */

static enum state
state_named(struct str word)
{
	for (int i = 0; i < STATE_COUNT; i++)
		if (str_is(word, state_words[i]))
			return (enum state)i;
	return STATE_UNKNOWN;
}

/* BIT(1) comes as a byte, as its hex digits, or as a dump prints it. */
static struct str
value_plain(struct str v)
{
	static const struct { const char *is, *means; } forms[] = {
		{ "00", "0" }, { "01", "1" }, { "b'0'", "0" }, { "b'1'", "1" }, { "0x00", "0" },
		{ "0x01", "1" }, { "\001", "1" },
		{ "\\0", "0" }, { "\\x00", "0" }, { "\\x01", "1" },
	};

	if (v.n == 1 && v.p[0] == '\0')
		return S("0");
	v = str_given(v) ? str_trim(v) : v;
	for (size_t i = 0; i < COUNT(forms); i++)
		if (str_eq_nocase(v, str_of(forms[i].is)))
			return str_of(forms[i].means);
	return v;
}

static bool
is_among(struct str v, const struct str *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq_nocase(v, list[i]))
			return true;
	return false;
}

static bool
is_word_of(struct str v, const char *words)
{
	struct str rest = str_of(words);

	while (v.n > 0 && str_given(rest))
		if (str_eq_nocase(str_cut(&rest, ' '), v))
			return true;
	return false;
}

/* NULL is no yes: what must be said to let somebody in was not said. */
static enum state
by_name(const struct state_rule *r, struct str v)
{
	if (is_word_of(v, "1 true t yes y on"))
		return r->yes;
	return str_empty(v) || is_word_of(v, "0 false f no n off") ? r->no : STATE_UNKNOWN;
}

static enum state
by_time(const struct state_rule *r, struct str v)
{
	bool none = str_empty(v) || str_is(v, "0") || str_eq_nocase(v, S("null")) || str_starts(v, S("0000-00-00"));

	return none ? STATE_FINE : r->named;
}

static enum state
by_family(const struct state_rule *r, struct str v)
{
	struct str rest = str_of(r->codes), value, state;

	while (str_given(rest))
		if (str_eq_nocase(code_cut(&rest, &value, &state), r->column) && str_eq(value, v))
			return state_named(state);
	return STATE_UNKNOWN;
}

static enum state
by_words(struct str v)
{
	for (size_t i = 0; i < COUNT(word_rows); i++)
		if (is_word_of(v, word_rows[i].words))
			return word_rows[i].state;
	return STATE_UNKNOWN;
}

enum state
state_read(const struct state_rule *r, struct str value)
{
	struct str v = value_plain(value);

	switch (r->by) {
	case BY_NAME: return by_name(r, v);
	case BY_TIME: return by_time(r, v);
	case BY_FAMILY: return by_family(r, v);
	case BY_VALUES: return is_among(str_given(v) ? v : S(""), r->values, r->n_values) ? r->named : r->others;
	default: return by_words(v);
	}
}

enum state
state_worse(enum state a, enum state b)
{
	static const int weight[STATE_COUNT + 1] = {
		[STATE_FINE] = 0, [STATE_STALE] = 1, [STATE_LOCKED] = 2, [STATE_EXPIRED] = 3, [STATE_DISABLED] = 4,
		[STATE_UNKNOWN] = 5, [STATE_DELETED] = 6,
	};

	return weight[a] >= weight[b] ? a : b;
}

/* --- what the operator said ------------------------------------------------------------------- */

static const struct { enum state named, others; const char *member;
} map_rows[MAP_COUNT] = {
	[MAP_ENABLED] = { STATE_FINE, STATE_DISABLED, "enabled" },
	[MAP_LOCKED] = { STATE_LOCKED, STATE_FINE, "locked" },
	[MAP_EXPIRED] = { STATE_EXPIRED, STATE_FINE, "expired" },
	[MAP_STALE] = { STATE_STALE, STATE_FINE, "credentials_expired" },
	[MAP_DELETED] = { STATE_DELETED, STATE_FINE, "deleted" },
};

const struct str *
states_list(struct arena *mem, struct str list, size_t *n)
{
	size_t pieces = 1;
	struct str *out;

	for (size_t i = 0; i < list.n; i++)
		pieces += list.p[i] == ',';
	out = arena_array(mem, struct str, pieces);
	for (*n = 0; out != NULL && str_given(list); )
		out[(*n)++] = str_trim(str_cut(&list, ','));
	return out;
}

void
states_values(struct arena *mem, struct state_mapping *m, enum state_map which, struct str list)
{
	if (str_given(list))
		m->values[which] = states_list(mem, list, &m->n_values[which]);
}

/* Could values for this state be meant for that column, which nobody mapped? */
static bool
may_be_meant(enum state_map which, const struct state_rule *r)
{
	enum state shut = which == MAP_ENABLED ? STATE_DISABLED : map_rows[which].named;

	if (r->by == BY_WORDS)
		return which == MAP_ENABLED || which == MAP_LOCKED;
	return r->yes == shut || r->no == shut;
}

static bool
is_mapped(const struct state_mapping *m, struct str column)
{
	for (int i = 0; i < MAP_COUNT; i++)
		if (m->column[i].n > 0 && str_eq_nocase(m->column[i], column))
			return true;
	return is_among(column, m->ignored, m->n_ignored);
}

/*
 * How many columns values without a column could be meant for; the last of them in *which. Those
 * that a name tells come first.
 */
static size_t
meant_for(const struct state_mapping *m, enum state_map map, struct str columns, struct str *which)
{
	size_t told = 0, coded = 0;
	struct str by_words = STR_ABSENT;
	struct state_rule r;

	*which = STR_ABSENT;
	while (str_given(columns)) {
		struct str column = str_cut(&columns, ' ');

		if (column.n == 0 || is_mapped(m, column) || !state_column(column, &r) || !may_be_meant(map, &r))
			continue;
		if (r.by == BY_WORDS) {
			by_words = column;
			coded++;
		} else {
			*which = column;
			told++;
		}
	}
	if (told == 0)
		*which = by_words;
	return told > 0 ? told : coded;
}

struct str
state_mapping_fault(struct arena *mem, const struct state_mapping *m, struct str columns)
{
	struct str which;

	for (int i = 0; i < MAP_COUNT; i++) {
		size_t n;

		if (m->column[i].n > 0) {
			if (!column_is_there(columns, m->column[i]))
				return arena_say(mem, "there is no column %.*s, which is named for %s; there are: %.*s",
				    STR_ARG(m->column[i]), map_rows[i].member, STR_ARG(columns));
			continue;
		}
		if (m->n_values[i] == 0 || (n = meant_for(m, (enum state_map)i, columns, &which)) == 1)
			continue;
		return arena_say(mem,
		    "values are given for %s, but %s: name it as %s=COLUMN; there are: %.*s",
		    map_rows[i].member,
		    n == 0 ? say("no column is known to hold that")
			   : say("more than one column may hold that"),
		    map_rows[i].member, STR_ARG(columns));
	}
	return STR_ABSENT;
}

/* A column that was named without values is read as its own name says, if that speaks of states at all. */
static void
rule_named(const struct state_mapping *m, enum state_map map, struct str column, struct state_rule *out)
{
	bool known = state_column(column, out);

	if (m->n_values[map] > 0)
		*out = (struct state_rule){ .column = column, .by = BY_VALUES, .named = map_rows[map].named,
			.others = map_rows[map].others, .values = m->values[map], .n_values = m->n_values[map] };
	else if (!known || out->by == BY_WORDS)
		*out = (struct state_rule){ .column = column, .by = BY_NAME, .yes = map_rows[map].named, .no = map_rows[map].others };
}

bool
state_rule_of(const struct state_mapping *m, const struct state_family *f, struct str columns,
    struct str column, struct state_rule *out)
{
	struct str which;

	if (is_among(column, m->ignored, m->n_ignored))
		return false;
	for (int i = 0; i < MAP_COUNT; i++) {
		if (m->column[i].n == 0 && m->n_values[i] > 0)
			(void)meant_for(m, (enum state_map)i, columns, &which);
		else
			which = m->column[i];
		if (which.n > 0 && str_eq_nocase(which, column)) {
			rule_named(m, (enum state_map)i, column, out);
			return true;
		}
	}
	return (f != NULL && state_family_rule(f, column, out)) || state_column(column, out);
}

enum state
state_at_worst(const struct state_rule *r)
{
	if (r->by == BY_NAME && r->yes != STATE_FINE)
		return r->yes;
	return r->by == BY_NAME ? r->no : STATE_DISABLED;
}

/* --- entries of directories ------------------------------------------------------------------- */

#define TICKS_PER_S     INT64_C(10000000)
#define TICKS_TO_1970_S INT64_C(11644473600)
#define DAY_S           86400

/* RFC 4517 section 3.3.13, in UTC as directories write it; minutes and seconds may be left out. */
static bool
generalized_time(struct str v, int64_t *s)
{
	int64_t part[6] = { 0, 1, 1, 0, 0, 0 };
	static const size_t width[6] = { 4, 2, 2, 2, 2, 2 };
	size_t at = 0, n = 0;

	while (n < COUNT(width) && str_int(str_sub(v, at, width[n]), &part[n]) && at + width[n] <= v.n)
		at += width[n++];
	if (n < 4 || part[1] < 1 || part[1] > 12 || part[2] < 1 || part[2] > 31 || part[3] > 23 || part[4] > 59
	    || part[5] > 60)
		return false;
	if (at < v.n && (v.p[at] == '.' || v.p[at] == ','))
		while (++at < v.n && v.p[at] >= '0' && v.p[at] <= '9')
			;
	if (!str_is(str_from(v, at), "Z"))
		return false;
	*s = (int64_t)timegm(&(struct tm){ .tm_year = (int)part[0] - 1900,
	    .tm_mon = (int)part[1] - 1,
	    .tm_mday = (int)part[2],
	    .tm_hour = (int)part[3],
	    .tm_min = (int)part[4],
	    .tm_sec = (int)part[5] });
	return true;
}

static enum state
entry_number(const struct entry_row *r, int64_t v, int64_t now_s)
{
	bool holds;

	switch (r->how) {
	case ENTRY_BITS: holds = (v & r->what) != 0; break;
	case ENTRY_TICKS: holds = v > 0 && v != INT64_MAX && v / TICKS_PER_S - TICKS_TO_1970_S <= now_s; break;
	default: holds = v >= 0 && v <= now_s / DAY_S; break;
	}
	return holds ? r->state : STATE_FINE;
}

static enum state
entry_read(const struct entry_row *r, struct str v, int64_t now_s)
{
	int64_t n = 0;

	switch (r->how) {
	case ENTRY_YES:
		return state_read(&(struct state_rule){ .by = BY_NAME, .yes = r->state, .no = STATE_FINE }, v);
	case ENTRY_WORDS:
		return by_words(v);
	case ENTRY_SINCE:
		return str_empty(v) || str_is(v, "0") ? STATE_FINE : r->state;
	case ENTRY_LETTER:
		return str_index(v, (char)r->what) >= 0 ? r->state : STATE_FINE;
	case ENTRY_PAST:
	case ENTRY_AHEAD:
		if (!generalized_time(v, &n))
			return STATE_UNKNOWN;
		return (r->how == ENTRY_PAST) == (n <= now_s) ? r->state : STATE_FINE;
	default:
		return str_int(v, &n) ? entry_number(r, n, now_s) : STATE_UNKNOWN;
	}
}

const char *
state_attribute(size_t i)
{
	return i < COUNT(entry_rows) ? entry_rows[i].attribute : NULL;
}

enum state
state_of_attribute(struct str attribute, struct str value, int64_t now_s)
{
	enum state all = STATE_FINE;

	for (size_t i = 0; i < COUNT(entry_rows); i++)
		if (str_eq_nocase(str_of(entry_rows[i].attribute), attribute))
			all = state_worse(all, entry_read(&entry_rows[i], str_trim(value), now_s));
	return all;
}
