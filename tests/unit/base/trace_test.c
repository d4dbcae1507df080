/* tests/unit/base/trace_test.c - W3C Trace Context: what is a traceparent, and what is sent on. */
#include "../test.h"

#define ID   "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN "00f067aa0ba902b7"

TEST(traceparents_and_what_is_none)
{
	static const struct { const char *text; int flags; } rows[] = {         /* flags -1: none */
		{ "00-" ID "-" SPAN "-01", 1 },
		{ "00-" ID "-" SPAN "-00", 0 },
		{ "00-" ID "-" SPAN "-03", 3 },         /* level 2: random-trace-id */
		{ "00-" ID "-" SPAN "-ff", 3 },         /* those that nobody knows are not handed on */
		{ "01-" ID "-" SPAN "-01", 1 },         /* a later version */
		{ "cc-" ID "-" SPAN "-01-what-the-future-will-be-like", 1 },
		{ "cc-" ID "-" SPAN "-01-", 1 },
		{ "fe-" ID "-" SPAN "-00", 0 },
		{ "cc-" ID "-" SPAN "-01.what-the-future-will-not-be-like", -1 },
		{ "cc-" ID "-" SPAN "-011", -1 },
		{ "00-" ID "-" SPAN "-01-more", -1 },   /* 00 has four fields */
		{ "00-" ID "-" SPAN "-01-", -1 },
		{ "00-" ID "-" SPAN "-01 ", -1 },
		{ "ff-" ID "-" SPAN "-01", -1 },        /* no version */
		{ "FE-" ID "-" SPAN "-01", -1 },
		{ ".0-" ID "-" SPAN "-01", -1 },
		{ "0-" ID "-" SPAN "-01", -1 },
		{ "00-00000000000000000000000000000000-" SPAN "-01", -1 },
		{ "00-" ID "-0000000000000000-01", -1 },
		{ "00-4BF92F3577B34DA6A3CE929D0E0E4736-" SPAN "-01", -1 },      /* upper case */
		{ "00-" ID "-00F067AA0BA902B7-01", -1 },
		{ "00-" ID "-" SPAN "-0A", -1 },
		{ "00-" ID "-" SPAN "-0", -1 },
		{ "00-" ID "-" SPAN "-.1", -1 },
		{ "00-4bf92f3577b34da6a3ce929d0e0e473g-" SPAN "-01", -1 },
		{ "00-4bf92f3577b34da6a3ce929d0e0e47-" SPAN "-01", -1 },
		{ "00_" ID "-" SPAN "-01", -1 },
		{ "00-" ID "_" SPAN "-01", -1 },
		{ "00-" ID "-" SPAN "_01", -1 },
		{ " 00-" ID "-" SPAN "-01", -1 },
		{ "", -1 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct trace t;
		bool ok = trace_read(str_of(rows[i].text), &t);

		EXPECT_INT(ok, rows[i].flags >= 0);
		EXPECT_STR(str_of(t.id), ok ? S(ID) : S(""));
		EXPECT_STR(str_of(t.parent), ok ? S(SPAN) : S(""));
		if (ok)
			EXPECT_INT(t.flags, rows[i].flags);
	}
	EXPECT(!trace_read(STR_ABSENT, &(struct trace){ 0 }));
}

TEST(a_child_has_the_trace_and_another_span)
{
	struct trace t, again, child;
	char text[TRACE_PARENT_SIZE + 1];

	EXPECT(trace_read(S("cc-" ID "-" SPAN "-ff-more"), &t) && trace_read(S("00-" ID "-" SPAN "-01"), &again));
	trace_write(&t, text);
	EXPECT(trace_read(str_of(text), &child));
	EXPECT_INT(strlen(text), TRACE_PARENT_SIZE);
	EXPECT(strncmp(text, "00-" ID "-", 36) == 0 && strcmp(text + 52, "-03") == 0);
	EXPECT_STR(str_of(child.parent), str_of(t.span));
	EXPECT(strcmp(t.span, SPAN) != 0 && strcmp(t.span, again.span) != 0);
}

TEST(tracestate_goes_on_untouched_or_not_at_all)
{
	char big[TRACE_STATE_MAX + 1];
	struct trace t, none = { .flags = 0 };

	memset(big, 'a', sizeof big);
	EXPECT(trace_read(S("00-" ID "-" SPAN "-01"), &t));
	EXPECT(trace_state_read(S("rojo=00f067aa0ba902b7,congo= t61rcWkgMzE"), &t));
	EXPECT_STR(t.state, S("rojo=00f067aa0ba902b7,congo= t61rcWkgMzE"));
	EXPECT(trace_state_read(str_span(big, TRACE_STATE_MAX), &t));
	EXPECT(!trace_state_read(str_span(big, TRACE_STATE_MAX + 1), &t) && !str_given(t.state));
	EXPECT(!trace_state_read(S("a=\xe8\x99\x8e"), &t) && !trace_state_read(S("a=b\r\nX: y"), &t));
	EXPECT(!trace_state_read(S(""), &t) && !trace_state_read(STR_ABSENT, &t));
	EXPECT(!trace_state_read(S("a=b"), &none) && !str_given(none.state));
}

TEST(an_id_that_is_looked_for)
{
	EXPECT(trace_id_is_sane(S(ID)));
	EXPECT(!trace_id_is_sane(S("4BF92F3577B34DA6A3CE929D0E0E4736")));
	EXPECT(!trace_id_is_sane(S("00000000000000000000000000000000")));
	EXPECT(!trace_id_is_sane(S(SPAN)) && !trace_id_is_sane(STR_ABSENT));
}

TEST(whose_work_a_thread_does)
{
	struct trace t, none = { .flags = 0 };

	EXPECT(trace_now() == NULL);
	EXPECT(trace_read(S("00-" ID "-" SPAN "-01"), &t));
	trace_here(&t);
	EXPECT(trace_now() == &t);
	trace_here(&none);
	EXPECT(trace_now() == NULL);
	trace_here(NULL);
	EXPECT(trace_now() == NULL);
}
