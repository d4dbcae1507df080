/* The address of a notice, and the outbox that sends it: bounded, asked twice at most. */
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../test.h"
#include "login/notice.h"

TEST(the_tokens_join_what_the_address_asks_already)
{
	static const struct { const char *url, *whole; } rows[] = {
		{ "https://a.example", "https://a.example?tokens=t1,t2" },
		{ "https://a.example/out", "https://a.example/out?tokens=t1,t2" },
		{ "https://a.example/out?", "https://a.example/out?tokens=t1,t2" },
		{ "https://a.example/out?x=%2F&y", "https://a.example/out?x=%2F&y&tokens=t1,t2" },
		{ "https://a.example/out?x&", "https://a.example/out?x&tokens=t1,t2" },
		{ "https://a.example/out#a?b", "https://a.example/out?tokens=t1,t2" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		EXPECT(str_is(notice_url(mem, str_of(rows[i].url), S("t1,t2")), rows[i].whole));
	EXPECT_STR(notice_url(mem, S("https://a.example"), S("a&b=c d+#")), S("https://a.example?tokens=a%26b%3Dc%20d%2B%23"));
}

TEST(one_that_is_too_long_is_not_made)
{
	char long_token[9000];

	memset(long_token, 'a', sizeof long_token);
	EXPECT(!str_given(notice_url(mem, S("https://a.example"), str_span(long_token, sizeof long_token))));
}

TEST(a_full_outbox_refuses_and_counts)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), taken = 0;     /* listens and never answers */
	struct outbox *o = outbox_new(1, 2);
	struct outbox_counts counts;
	struct notice notice = { .tokens = S("t") };

	NEED(o != NULL && bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, 8) == 0 && getsockname(fd, (struct sockaddr *)&a, &n) == 0);
	notice.url = arena_printf(mem, "http://127.0.0.1:%d/", ntohs(a.sin_port));
	for (int i = 0; i < 10; i++)
		taken += notice_send(o, &notice);
	EXPECT(taken >= 2 && taken <= 3);       /* two wait, and perhaps one is under way */
	outbox_counts(o, &counts);
	EXPECT_INT(counts.dropped, 10 - taken);
	outbox_free(o);
	close(fd);
	EXPECT(!notice_send(NULL, &notice));
}

struct lap { struct errand errand; _Atomic int *runs; enum errand_end end; };

static enum errand_end
run_lap(struct errand *e)
{
	struct lap *l = (struct lap *)(void *)e;

	(*l->runs)++;
	return l->end;
}

TEST(an_errand_is_run_twice_at_most)
{
	static const struct { enum errand_end end; int runs; } rows[] = { { ERRAND_DONE, 1 }, { ERRAND_FAILED, 1 }, { ERRAND_AGAIN, 2 } };
	struct outbox *o = outbox_new(1, 8);
	_Atomic int runs[3] = { 0, 0, 0 };
	struct outbox_counts c = { 0 };

	NEED(o != NULL);
	for (int i = 0; i < 3; i++) {
		struct lap *l = (struct lap *)(void *)errand_new(sizeof *l, 1024, run_lap);

		NEED(l != NULL);
		l->runs = &runs[i];
		l->end = rows[i].end;
		EXPECT(outbox_put(o, &l->errand));
	}
	for (int i = 0; i < 5000 && (outbox_counts(o, &c), c.sent + c.failed < 3); i++)
		usleep(1000);
	EXPECT_INT(c.sent, 1);
	EXPECT_INT(c.failed, 2);
	for (int i = 0; i < 3; i++)
		EXPECT_INT(runs[i], rows[i].runs);
	outbox_free(o);
}
