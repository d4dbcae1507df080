/*
 * tests/fuzz/smtp_fuzz.c - any bytes as all that a mail server says, through libcurl and a socket. Only what it took is sent; only what it refused once it had
 * let us in is given up, and its words are one line that is safe to print.
 */
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "outbound/mail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int listener = -1;
static struct str said;

/* Says it all at once, then hears the other side out. */
static void *
serve(void *unused)
{
	int fd = accept(listener, NULL, NULL);
	char heard[4096];

	(void)unused;
	if (fd < 0)
		abort();
	if (said.n > 0)
		(void)send(fd, said.p, said.n, MSG_NOSIGNAL);
	shutdown(fd, SHUT_WR);
	while (recv(fd, heard, sizeof heard, 0) > 0)
		;
	close(fd);
	return NULL;
}

static int
port_open(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof at;

	if (listener < 0 && ((listener = socket(AF_INET, SOCK_STREAM, 0)) < 0
	    || bind(listener, (struct sockaddr *)&at, n) != 0 || listen(listener, 4) != 0))
		abort();
	if (getsockname(listener, (struct sockaddr *)&at, &n) != 0)
		abort();
	return ntohs(at.sin_port);
}

static void
judge(enum errand_end end, const struct mail_report *r)
{
	if ((end == ERRAND_DONE) != (r->wrong == NULL))
		abort();
	if (end == ERRAND_DONE && !str_contains(said, S("250")))
		abort();
	if (end == ERRAND_REFUSED && (r->status < 500 || r->status > 599 || said.n == 0 || !str_contains(said, S("2"))))
		abort();
	if (end == ERRAND_REFUSED && (r->status == 530 || (r->status >= 534 && r->status <= 538)))
		abort();
	for (const char *p = r->answer; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			abort();
	if (r->answer[0] != '\0' && r->answer[0] != '4' && r->answer[0] != '5')
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mail_letter letter = { .to = S("a@b.example"), .sender = S("hufu"), .id = S("1"),
		.said = { S("Code"), S("123456"), S("<p>123456</p>") } };
	struct mail_server server = { .host = S("127.0.0.1"), .port = port_open(), .tls = MAIL_CLEAR,
		.from = S("no-reply@hufu.test"), .timeout_ms = 300 };
	struct mail_report r;
	struct arena mem;
	enum errand_end end;
	pthread_t thread;

	if (size == 0)
		return 0;
	said = str_span(data + 1, size - 1);
	if (data[0] & 1) {                      /* one that wants to know who we are */
		server.user = S("mailer");
		server.password = S("secret");
	}
	if (pthread_create(&thread, NULL, serve, NULL) != 0)
		abort();
	arena_init(&mem, 1024 * 1024);
	end = mail_hand_over(&mem, &server, &letter, &r);
	pthread_join(thread, NULL);
	judge(end, &r);
	arena_free(&mem);
	return 0;
}
