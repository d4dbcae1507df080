/* tests/unit/login/states_test.c - every row of states.def says what it says: names of columns, moments, words, products, attributes. */
#include "../test.h"
#include "login/states.h"

#define NOW_S 1700000000

struct name { const char *names; enum state_by by; enum state yes, no; };
struct word { enum state state; const char *words; };
struct family { const char *name, *columns, *rules; enum state_of of; };
enum how { BITS, YES, SINCE, TICKS, DAYS, PAST, AHEAD, LETTER, ANY_WORD };
struct entry { const char *attribute; enum how how; long long what; enum state state; };

#define SPOKEN(names, yes, no) { names, BY_NAME, STATE_##yes, STATE_##no },
#define MOMENT(names, state) { names, BY_TIME, STATE_##state, STATE_FINE },
#define CODED(names) { names, BY_WORDS, STATE_UNKNOWN, STATE_UNKNOWN },
#define SMELL(parts)
#define HARMLESS(names)
#define WORDS(state, words)
#define FAMILY(name, of, columns, rules)
#define ENTRY(attribute, how, what, state)
static const struct name names[] = {
#include "login/states.def"
};
#undef SPOKEN
#undef MOMENT
#undef CODED
#undef HARMLESS
#undef WORDS
#define SPOKEN(names, yes, no)
#define MOMENT(names, state)
#define CODED(names)
#define HARMLESS(names) static const char harmless[] = names;
#define WORDS(state, words)
#include "login/states.def"
#undef HARMLESS
#undef WORDS
#define HARMLESS(names)
#define WORDS(state, words) { STATE_##state, words },
static const struct word words[] = {
#include "login/states.def"
};
#undef WORDS
#undef FAMILY
#define WORDS(state, words)
#define FAMILY(name, of, columns, rules) { name, columns, rules, STATES_OF_##of },
static const struct family families[] = {
#include "login/states.def"
};
#undef FAMILY
#undef ENTRY
#define FAMILY(name, of, columns, rules)
#define ENTRY_BITS BITS
#define ENTRY_YES YES
#define ENTRY_SINCE SINCE
#define ENTRY_TICKS TICKS
#define ENTRY_DAYS DAYS
#define ENTRY_PAST PAST
#define ENTRY_AHEAD AHEAD
#define ENTRY_LETTER LETTER
#define ENTRY_WORDS ANY_WORD
#define ENTRY(attribute, how, what, state) { attribute, ENTRY_##how, what, STATE_##state },
static const struct entry entries[] = {
#include "login/states.def"
};

static enum state
reads(const char *column, const char *value)
{
	struct state_rule r;

	return state_column(str_of(column), &r) ? state_read(&r, str_of(value)) : STATE_UNKNOWN;
}

TEST(every_name_of_a_column)
{
	for (size_t i = 0; i < COUNT(names); i++) {
		struct str rest = str_of(names[i].names);

		while (str_given(rest)) {
			const char *column = arena_z(mem, str_cut(&rest, ' '));
			struct state_rule r;

			NEED(state_column(str_of(column), &r));
			EXPECT_INT(r.by, names[i].by);
			if (names[i].by == BY_NAME) {
				EXPECT_INT(reads(column, "1"), names[i].yes);
				EXPECT_INT(reads(column, "0"), names[i].no);
			} else if (names[i].by == BY_TIME) {
				EXPECT_INT(reads(column, "2024-05-01 10:00:00"), names[i].yes);
				EXPECT_INT(reads(column, ""), STATE_FINE);
			} else
				EXPECT_INT(reads(column, "1"), STATE_UNKNOWN);
		}
	}
}

TEST(every_harmless_name_says_nothing)
{
	struct str rest = S(harmless);
	struct state_rule r;

	while (str_given(rest))
		EXPECT(!state_column(str_cut(&rest, ' '), &r));
}

TEST(every_word_of_a_coded_column)
{
	for (size_t i = 0; i < COUNT(words); i++) {
		struct str rest = str_of(words[i].words);

		while (str_given(rest))
			EXPECT_INT(reads("status", arena_z(mem, str_cut(&rest, ' '))), words[i].state);
	}
}

TEST(every_rule_of_every_family)
{
	for (size_t i = 0; i < COUNT(families); i++) {
		const struct state_family *f = state_family(families[i].of, str_of(families[i].columns));
		struct str rest = str_of(families[i].rules);

		NEED(f != NULL);
		EXPECT(strcmp(f->name, families[i].name) == 0);
		while (str_given(rest)) {
			struct str state = str_cut(&rest, ' '), value = str_cut(&state, '='), column = str_cut(&value, ':');
			struct state_rule r;

			NEED(state_family_rule(f, column, &r));
			EXPECT_STR(str_of(state_words[state_read(&r, value)]), state);
			EXPECT_INT(state_read(&r, S("77")), STATE_UNKNOWN);
		}
	}
}

/* A value of the attribute that means the row's state, and one that means nothing. */
static const struct { const char *is, *is_not; } of_attribute[] = {
	[BITS] = { "18", "0" }, [YES] = { "TRUE", "FALSE" }, [SINCE] = { "20240501100000Z", "0" }, [TICKS] = { "130000000000000000", "9223372036854775807" },
	[DAYS] = { "19000", "-1" }, [PAST] = { "20200101000000Z", "20990101000000Z" }, [AHEAD] = { "20990101000000Z", "20200101000000Z" }, [LETTER] = { "[UD         ]", "[U          ]" },
	[ANY_WORD] = { "active", "active" },
};

TEST(every_attribute_of_a_directory)
{
	for (size_t i = 0; i < COUNT(entries); i++) {
		struct str attribute = str_of(entries[i].attribute);
		struct str is = entries[i].how == BITS ? arena_printf(mem, "%lld", entries[i].what)
						       : str_of(of_attribute[entries[i].how].is);

		EXPECT(state_attribute(i) != NULL && str_is(attribute, state_attribute(i)));
		EXPECT_INT(state_of_attribute(attribute, is, NOW_S), entries[i].state);
		EXPECT_INT(state_of_attribute(attribute, str_of(of_attribute[entries[i].how].is_not), NOW_S), STATE_FINE);
	}
	EXPECT_INT(state_of_attribute(S("inetUserStatus"), S("deleted"), NOW_S), STATE_DELETED);
	EXPECT_INT(state_of_attribute(S("description"), S("TRUE"), NOW_S), STATE_FINE);
	EXPECT(state_attribute(COUNT(entries)) == NULL);
}
