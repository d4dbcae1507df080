/* tests/unit/metrics/metrics_test.c - counting from many threads, bounded labels, and the text of /metrics. */
#include "../test.h"
#include "base/version.h"
#include "metrics/metrics.h"

#include <pthread.h>

static const struct metrics_sources nothing = { 0 };

static bool
has_line(struct str text, const char *line)
{
	for (struct str l; str_given(text) && (l = str_cut(&text, '\n')).p; )
		if (str_is(l, line))
			return true;
	printf("no line: %s\n", line);
	return false;
}

TEST(requests_by_label)
{
	struct metrics *m = metrics_new();
	struct str text;

	metrics_request(m, "one", "token", "password", 200, R_NONE, 1200);
	metrics_request(m, "one", "token", "password", 200, R_NONE, 80000);
	metrics_request(m, "one", "token", "password", 400, R_USER_CREDENTIALS, 90000);
	text = metrics_text(m, &nothing, mem);
	EXPECT(has_line(text, "hufu_requests_total{issuer=\"one\",endpoint=\"token\",grant=\"password\",status=\"200\",reason=\"none\"} 2"));
	EXPECT(has_line(text, "hufu_requests_total{issuer=\"one\",endpoint=\"token\",grant=\"password\",status=\"400\",reason=\"user_credentials\"} 1"));
	EXPECT(has_line(text, "hufu_request_duration_seconds_bucket{endpoint=\"token\",le=\"0.001\"} 0"));
	EXPECT(has_line(text, "hufu_request_duration_seconds_bucket{endpoint=\"token\",le=\"0.0025\"} 1"));
	EXPECT(has_line(text, "hufu_request_duration_seconds_bucket{endpoint=\"token\",le=\"0.1\"} 3"));
	EXPECT(has_line(text, "hufu_request_duration_seconds_bucket{endpoint=\"token\",le=\"+Inf\"} 3"));
	EXPECT(has_line(text, "hufu_request_duration_seconds_sum{endpoint=\"token\"} 0.171200"));
	EXPECT(has_line(text, "hufu_request_duration_seconds_count{endpoint=\"token\"} 3"));
	metrics_free(m);
}

TEST(every_row_has_help_type_and_a_sample)
{
	static const struct { const char *name, *type; } rows[] = {
#define METRIC(id, name, type, labels, help) { name, type },
#include "metrics/metrics.def"
#undef METRIC
	};
	struct metrics *m = metrics_new();
	struct str text = metrics_text(m, &nothing, mem);

	for (size_t i = 0; i < COUNT(rows); i++) {
		EXPECT(str_contains(text, arena_printf(mem, "# HELP %s ", rows[i].name)));
		EXPECT(str_contains(text, arena_printf(mem, "# TYPE %s %s\n", rows[i].name, rows[i].type)));
	}
	EXPECT(has_line(text, "hufu_build_info{version=\"" HUFU_VERSION "\"} 1"));
	EXPECT(!str_contains(text, S("\nprocess_resident_memory_bytes 0\n")));
	metrics_free(m);
}

static void *
hammer(void *ctx)
{
	for (int i = 0; i < 10000; i++)
		metrics_request(ctx, "one", i & 1 ? "token" : "jwks", "none", 200, R_NONE, 10);
	return NULL;
}

TEST(threads_add_up)
{
	struct metrics *m = metrics_new();
	pthread_t t[4];
	struct str text;

	for (size_t i = 0; i < COUNT(t); i++)
		NEED(pthread_create(&t[i], NULL, hammer, m) == 0);
	for (int i = 0; i < 20; i++)
		EXPECT(str_given(metrics_text(m, &nothing, mem)));      /* read while they write */
	for (size_t i = 0; i < COUNT(t); i++)
		pthread_join(t[i], NULL);
	text = metrics_text(m, &nothing, mem);
	EXPECT(has_line(text, "hufu_requests_total{issuer=\"one\",endpoint=\"token\",grant=\"none\",status=\"200\",reason=\"none\"} 20000"));
	EXPECT(has_line(text, "hufu_request_duration_seconds_count{endpoint=\"jwks\"} 20000"));
	metrics_free(m);
}

TEST(labels_are_bounded)
{
	struct metrics *m = metrics_new();
	struct str text;
	char name[32];

	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof name, "issuer%d", i);
		metrics_request(m, name, "token", "none", 200, R_NONE, 1);
		metrics_habit(m, S("one"), str_of(name), HABIT_IMPLICIT);
		metrics_refused(m, "header too large", 400 + i);
	}
	text = metrics_text(m, &nothing, mem);
	NEED(str_given(text));
	EXPECT(text.n < 128 * 1024);
	EXPECT(has_line(text, "hufu_weak_habits_total{issuer=\"other\",client=\"other\",habit=\"implicit\"} 1744"));
	EXPECT(has_line(text, "hufu_weak_habits_total{issuer=\"one\",client=\"issuer255\",habit=\"implicit\"} 1"));
	EXPECT(str_contains(text, S("issuer=\"other\"")));
	metrics_free(m);
}

TEST(a_client_id_cannot_forge_a_line)
{
	struct metrics *m = metrics_new();
	struct str text;

	metrics_habit(m, S("one"), S("a\"} 1\nevil 2\n\\"), HABIT_PASSWORD_GRANT);
	text = metrics_text(m, &nothing, mem);
	EXPECT(has_line(text, "hufu_weak_habits_total{issuer=\"one\",client=\"a\\\"} 1\\nevil 2\\n\\\\\",habit=\"password\"} 1"));
	EXPECT(!str_contains(text, S("\nevil")));
	metrics_free(m);
}

TEST(a_client_counts_at_each_issuer_by_itself)
{
	struct metrics *m = metrics_new();
	struct str text;

	for (int i = 0; i < 3; i++)
		metrics_habit(m, S("one"), S("app"), HABIT_SECRET_IN_QUERY);
	metrics_habit(m, S("two"), S("app"), HABIT_SECRET_IN_QUERY);
	metrics_habit(m, S("on"), S("eapp"), HABIT_SECRET_IN_QUERY);
	text = metrics_text(m, &nothing, mem);
	EXPECT(has_line(text, "hufu_weak_habits_total{issuer=\"one\",client=\"app\",habit=\"query_secret\"} 3"));
	EXPECT(has_line(text, "hufu_weak_habits_total{issuer=\"two\",client=\"app\",habit=\"query_secret\"} 1"));
	EXPECT(has_line(text, "hufu_weak_habits_total{issuer=\"on\",client=\"eapp\",habit=\"query_secret\"} 1"));
	EXPECT(has_line(text, "hufu_sms_messages_total{outcome=\"refused\"} 0"));
	EXPECT(has_line(text, "hufu_logout_notices_total{outcome=\"refused\"} 0"));
	EXPECT(has_line(text, "hufu_logout_tokens_total{outcome=\"sent\"} 0"));
	EXPECT(has_line(text, "hufu_outbox_waiting{outbox=\"logouts\"} 0"));
	EXPECT(has_line(text, "hufu_outbox_waiting{outbox=\"sms\"} 0") && has_line(text,
	    "hufu_outbox_waiting{outbox=\"notices\"} 0"));
	metrics_free(m);
}
