/* tests/unit/conf/settings_test.c - the table itself: every row complete, every default readable, every row settable. */
#include "../test.h"
#include "conf/conf.h"

TEST(every_row_is_complete)
{
	for (const struct setting *row = settings; row->name != NULL; row++) {
		EXPECT(row->help[0] != '\0' && row->help_zh[0] != '\0');
		EXPECT(row->min <= row->max);
		EXPECT((row->type == SET_CHOICE) == (row->choices[0] != '\0'));
		if (row->group[0] != '\0')
			EXPECT(str_starts(str_of(row->name), ARENA_CAT(mem, str_of(row->group), S("."))));
	}
}

TEST(names_are_unique_in_their_section)
{
	for (const struct setting *a = settings; a->name != NULL; a++)
		for (const struct setting *b = a + 1; b->name != NULL; b++)
			if (a->section == b->section)
				EXPECT(strcmp(a->name, b->name) != 0);
}

/* A value of the row's type and range, as text. */
static struct str
sample(struct arena *mem, const struct setting *row)
{
	switch (row->type) {
	case SET_INT: case SET_SECONDS: case SET_SIZE: return arena_printf(mem, "%lld", (long long)row->max);
	case SET_BOOL: return S("true");
	case SET_CHOICE: { struct str rest = str_of(row->choices); return str_cut(&rest, '|'); }
	case SET_MAP: return S("{x: {y: z}}");
	default: return row->section == SEC_ISSUER ? S("http://main") : S("127.0.0.1:1");
	}
}

TEST(every_issuer_row_can_be_set_and_read)
{
	for (const struct setting *row = settings; row->name != NULL; row++) {
		struct str why = STR_ABSENT, value = sample(mem, row);
		struct str text = arena_printf(mem, "issuers:\n  a:\n%s    %s: %.*s\n", strcmp(row->name, "url") == 0 ? "" : "    url: http://x\n", row->name, STR_ARG(value));
		bool names = strcmp(row->name, "listener") == 0 || strcmp(row->name, "accepts_from") == 0 || strcmp(row->name, "sms_gateway") == 0 || strcmp(row->name, "directory") == 0
		    || strcmp(row->name, "trusts") == 0 || strcmp(row->name, "identity_providers") == 0;
		struct conf *c;

		if (row->section != SEC_ISSUER || names)
			continue;
		c = conf_parse(S("f.yaml"), text, NULL, &why, mem);
		EXPECT_STR(why, STR_ABSENT);
		NEED(c != NULL);
		EXPECT(conf_get(c, SEC_ISSUER, S("a"), row->name)->set);
		if (row->type == SET_INT || row->type == SET_SECONDS)
			EXPECT_INT(conf_int(c, SEC_ISSUER, S("a"), row->name), row->max);
		else if (row->type == SET_CHOICE)
			EXPECT_INT(conf_int(c, SEC_ISSUER, S("a"), row->name), 0);
		else if (row->type == SET_MAP)
			EXPECT(tree_member(conf_get(c, SEC_ISSUER, S("a"), row->name)->map, "x") != NULL);
		else
			EXPECT(str_ends(conf_text(c, SEC_ISSUER, S("a"), row->name), value));
		conf_free(c);
	}
}

TEST(defaults_are_within_their_rows)
{
	struct str why = STR_ABSENT;
	struct conf *c = conf_parse(S("f.yaml"), S("issuers:\n  a:\n    url: http://x\nsms_gateways:\n  a:\n    kind: webhook\n"), NULL, &why, mem);

	NEED(c != NULL);
	for (const struct setting *row = settings; row->name != NULL; row++) {
		if (row->section == SEC_LISTENER || row->section == SEC_DIRECTORY || row->section == SEC_USER_TABLE || row->section == SEC_TRUSTED_ISSUER || row->section == SEC_PROVIDER || row->fallback[0] == '\0')
			continue;
		const struct conf_value *v = conf_get(c, row->section, S("a"), row->name);
		EXPECT(v->set || v->text.n > 0);
		if (row->type == SET_CHOICE)
			EXPECT(v->number >= 0);
	}
	EXPECT_INT(conf_int(c, SEC_ISSUER, S("a"), "pkce"), -1);
	EXPECT_INT(conf_int(c, SEC_SMS_GATEWAY, S("a"), "kind"), 1);
	EXPECT_INT(conf_int(c, SEC_SMS_GATEWAY, S("a"), "timeout"), 10);
	conf_free(c);
}

/* A file in which this row has this value, and its item what it must have. */
static struct str
file_with(struct arena *mem, const struct setting *row, struct str value)
{
	struct str name = str_of(row->name), group = str_of(row->group);

	if (row->section != SEC_TOP)
		return arena_printf(mem, "%s:\n  a:\n    %s: %.*s\n", section_keys[row->section], row->name, STR_ARG(value));
	if (group.n == 0)
		return arena_printf(mem, "%s: %.*s\n", row->name, STR_ARG(value));
	return arena_printf(mem, "%s:\n  %.*s: %.*s\n", row->group, STR_ARG(str_from(name, group.n + 1)), STR_ARG(value));
}

/* Does reading it complain of this value? What else such a short file lacks is no complaint of it. */
static bool
is_refused(struct arena *mem, const struct setting *row, struct str value)
{
	struct str why = STR_ABSENT;
	struct conf *c = conf_parse(S("f.yaml"), file_with(mem, row, value), NULL, &why, mem);

	if (c != NULL)
		conf_free(c);
	return str_given(why) && str_contains(why, arena_printf(mem, "%s` must be ", row->name));
}

/* Of every list: the least and the most of a number are taken, one beyond is not; a word that is no choice, and no truth value, neither. */
TEST(every_row_keeps_its_bounds)
{
	int numbers = 0, words = 0;

	for (const struct setting *row = settings; row->name != NULL; row++)
		switch (row->type) {
		case SET_INT: case SET_SECONDS: case SET_SIZE:
			numbers++;
			EXPECT(!is_refused(mem, row, arena_printf(mem, "%lld", (long long)row->min)));
			EXPECT(!is_refused(mem, row, arena_printf(mem, "%lld", (long long)row->max)));
			EXPECT(is_refused(mem, row, arena_printf(mem, "%lld", (long long)row->max + 1)));
			EXPECT(is_refused(mem, row, S("many")));
			break;
		case SET_BOOL: case SET_CHOICE:
			words++;
			EXPECT(!is_refused(mem, row, sample(mem, row)));
			EXPECT(is_refused(mem, row, S("perhaps")));
			break;
		default:
			break;
		}
	EXPECT(numbers > 60 && words > 60);
}
