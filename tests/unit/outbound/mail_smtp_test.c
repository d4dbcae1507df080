/* tests/unit/outbound/mail_smtp_test.c - what a mail server's refusal is about: the message, or whoever hands it over. RFC 5321 sections 3.1 and 4.2.1. */
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../test.h"
#include "outbound/mail.h"

struct talk { int listener; struct str says; };

static void *
serve(void *ctx)
{
	struct talk *t = ctx;
	int fd = accept(t->listener, NULL, NULL);
	char heard[4096];

	(void)send(fd, t->says.p, t->says.n, MSG_NOSIGNAL);
	shutdown(fd, SHUT_WR);
	while (recv(fd, heard, sizeof heard, 0) > 0)
		;
	close(fd);
	return NULL;
}

/* One try at a server that says just that. */
static enum errand_end
told(struct str says, struct mail_report *r)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct talk t = { socket(AF_INET, SOCK_STREAM, 0), says };
	struct mail_letter letter = { .to = S("a@b.example"), .sender = S("hufu"), .id = S("1"),
		.said = { S("Code"), S("123456"), S("<p>123456</p>") } };
	struct mail_server s = { .host = S("127.0.0.1"), .tls = MAIL_CLEAR, .from = S("no-reply@hufu.test"), .timeout_ms = 5000 };
	socklen_t n = sizeof at;
	struct arena mem;
	enum errand_end end;
	pthread_t thread;

	EXPECT(bind(t.listener, (struct sockaddr *)&at, n) == 0 && listen(t.listener, 1) == 0);
	EXPECT(getsockname(t.listener, (struct sockaddr *)&at, &n) == 0);
	EXPECT(pthread_create(&thread, NULL, serve, &t) == 0);
	s.port = ntohs(at.sin_port);
	arena_init(&mem, 1024 * 1024);
	end = mail_hand_over(&mem, &s, &letter, r);
	pthread_join(thread, NULL);
	close(t.listener);
	arena_free(&mem);
	return end;
}

#define IN "220 mx\r\n250 mx\r\n250 ok\r\n"

TEST(a_refusal_is_of_the_message_once_the_server_has_let_us_in)
{
	static const struct { const char *says; enum errand_end end; int status; } rows[] = {
		{ IN "250 ok\r\n354 go\r\n250 taken\r\n221 bye\r\n", ERRAND_DONE, 250 },
		{ IN "550 5.1.1 nobody\r\n", ERRAND_REFUSED, 550 },
		{ IN "250 ok\r\n354 go\r\n554 spam\r\n", ERRAND_REFUSED, 554 },
		{ IN "451 greylisted\r\n", ERRAND_LATER, 451 },
		{ "554 no service for this address\r\n", ERRAND_LATER, 554 },
		{ "554-no service\r\n554 for this address\r\n", ERRAND_LATER, 554 },
		{ "421 too many\r\n", ERRAND_LATER, 421 },
		{ "220 mx\r\n250 mx\r\n530 authenticate first\r\n", ERRAND_LATER, 530 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mail_report r;

		EXPECT_INT(told(str_of(rows[i].says), &r), rows[i].end);
		EXPECT(rows[i].status == 250 || r.status == rows[i].status);
		EXPECT((r.wrong == NULL) == (rows[i].end == ERRAND_DONE));
	}
}
