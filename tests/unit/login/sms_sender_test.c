/* The sender: bounded, and it ends while messages wait. */
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../test.h"
#include "login/sms.h"

/* A listening socket that never answers: the first message hangs there. */
static int
silent_server(int *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 8) != 0 || getsockname(fd, (struct sockaddr *)&a, &n) != 0)
		return -1;
	*port = ntohs(a.sin_port);
	return fd;
}

TEST(a_full_queue_refuses_and_an_end_does_not_wait_for_the_rest)
{
	struct sms_message m = { S("13812345678"), S("123456"), 5 };
	struct sms_gateway g = { .name = S("silent"), .kind = SMS_WEBHOOK, .rules = { .connect_ms = 500, .total_ms = 500, .answer_max = 1024 } };
	struct outbox *s = outbox_new(1, 2);
	struct outbox_counts n;
	int port = 0, fd = silent_server(&port), taken = 0;

	NEED(s != NULL && fd >= 0);
	g.url = arena_printf(mem, "http://127.0.0.1:%d/", port);
	for (int i = 0; i < 10; i++)
		taken += sms_send(s, &g, &m);
	EXPECT(taken >= 2 && taken <= 3);       /* two wait, and perhaps one is under way */
	outbox_counts(s, &n);
	EXPECT_INT(n.dropped, 10 - taken);
	EXPECT_INT(n.sent, 0);
	outbox_free(s);
	close(fd);
}

TEST(nothing_is_sent_without_a_sender)
{
	struct sms_message m = { S("13812345678"), S("123456"), 5 };
	struct sms_gateway g = { .name = S("none"), .kind = SMS_LOG };

	EXPECT(!sms_send(NULL, &g, &m));
}
