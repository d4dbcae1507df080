/* tests/unit/base/record_test.c - lines about what was done: whole JSON, cut visibly, kept elsewhere when told so. */
#include "../test.h"

struct kept { struct arena *mem; enum event what; struct str line; bool ok; };

static bool
keep(void *ctx, enum event what, struct str line)
{
	struct kept *k = ctx;

	k->what = what;
	k->line = arena_dup(k->mem, line);
	return k->ok;
}

TEST(a_line_has_time_level_event_and_members)
{
	struct kept k = { .mem = mem, .ok = true };
	struct record r;
	json_t *o;

	record_to(keep, &k);
	record_begin(&r, EV_key_state);
	record_text(&r, "issuer", S("one\n\"two\""));
	record_text(&r, "absent", STR_ABSENT);
	record_int(&r, "n", -3);
	EXPECT(record_end(&r));
	record_to(NULL, NULL);
	o = json_read(mem, k.line);
	NEED(o != NULL);
	EXPECT_STR(json_member_str(o, "level"), S("record"));
	EXPECT_STR(json_member_str(o, "event"), S("key.state"));
	EXPECT_STR(json_member_str(o, "issuer"), S("one\n\"two\""));
	EXPECT(json_is_true(json_object_get(o, "offline")) && json_object_get(o, "absent") == NULL);
	EXPECT_INT(json_integer_value(json_object_get(o, "n")), -3);
	EXPECT_INT(k.what, EV_key_state);
	EXPECT(str_index(k.line, '\n') < 0 && str_starts(k.line, S("{\"ts\":\"")));
}

TEST(what_is_too_long_is_cut_between_characters_and_says_so)
{
	struct kept k = { .mem = mem, .ok = true };
	struct record_list l;
	struct record r;
	struct buf long_text;
	json_t *o, *list;

	buf_init(&long_text, mem, 4096);
	for (int i = 0; i < 200; i++)
		buf_put(&long_text, S("密"));
	record_to(keep, &k);
	record_begin(&r, EV_realm_load);
	record_text(&r, "user", buf_str(&long_text));
	record_list_open(&r, &l, "user_names");
	for (int i = 0; i < 1000; i++)
		record_list_add(&r, &l, buf_str(&long_text));
	record_list_close(&r, &l);
	EXPECT(record_end(&r));
	record_to(NULL, NULL);
	o = json_loadb(k.line.p, k.line.n, 0, NULL);
	NEED(o != NULL);
	EXPECT(str_ends(json_member_str(o, "user"), S("密…")) && str_utf8(json_member_str(o, "user")));
	EXPECT(json_member_str(o, "user").n <= RECORD_TEXT_MAX + 3);
	list = json_object_get(o, "user_names");
	EXPECT(json_array_size(list) > 100);
	EXPECT_INT(json_array_size(list) + (size_t)json_integer_value(json_object_get(o, "user_names_more")), 1000);
	json_decref(o);
}

TEST(who_keeps_lines_elsewhere_may_fail)
{
	struct kept k = { .mem = mem };
	struct record r;

	record_to(keep, &k);
	record_begin(&r, EV_daemon_ready);
	EXPECT(!record_end(&r));
	record_to(NULL, NULL);
}

TEST(names_are_found_and_differ)
{
	for (int e = 0; e < EV_COUNT; e++)
		EXPECT_INT(event_named(event_name((enum event)e)), e);
	EXPECT_INT(event_named(S("no.such")), EV_COUNT);
	EXPECT(event_is_order(EV_client_create) && !event_is_order(EV_daemon_ready));
}
