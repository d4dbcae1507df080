/* http/io.c - an I/O thread of the HTTP library, with what it calls. */
#include "http/http_int.h"

/*
 * RFC 9325 sections 3.1.1, 4.1 and 4.2: TLS 1.3 and 1.2, key agreement with forward secrecy,
 * authenticated ciphers, no SHA-1 in signatures. Finite-field groups are left out: clients that
 * need them need older versions too.
 */
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA" \
	":-CIPHER-ALL:+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-GCM:-MAC-ALL:+AEAD" \
	":-SIGN-RSA-SHA1:-SIGN-ECDSA-SHA1:-SIGN-DSA-SHA1:-GROUP-FFDHE2048:-GROUP-FFDHE3072:-GROUP-FFDHE4096" \
	":-GROUP-FFDHE6144:-GROUP-FFDHE8192:%SERVER_PRECEDENCE"

/* The library has made the session, and no byte of the handshake is through. What cannot be had ends the connection. */
static void
secure_begin(struct io *io, struct MHD_Connection *mhd, const struct conn *c)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);

	if (c != NULL && c->site->tls
	    && (info == NULL || info->tls_session == NULL || !tls_begin(io->server, c->site, info->tls_session)))
		shutdown(c->fd, SHUT_RDWR);
}

static void
on_connection(void *cls, struct MHD_Connection *mhd, void **context, enum MHD_ConnectionNotificationCode code)
{
	struct io *io = cls;
	const union MHD_ConnectionInfo *info;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
		*context = info ? conn_by_fd(io->server, info->connect_fd) : NULL;
		secure_begin(io, mhd, *context);
		idle_trim(io);
	} else if (*context != NULL) {
		request_abandon(io, *context);
		linger_begin(io->server, *context);
		/* before the library closes the socket: its number is still ours */
		conn_drop(io->server, *context);
		*context = NULL;
	}
}

/* Targets are handed on as sent: decoding is the business of whoever knows which part means what. */
static size_t
leave_escaped(void *cls, struct MHD_Connection *mhd, char *s)
{
	(void)cls, (void)mhd;
	return strlen(s);
}

__attribute__((format(printf, 2, 0))) static void
log_library(void *cls, const char *fmt, va_list ap)
{
	char text[256];

	(void)cls;
	vsnprintf(text, sizeof text, fmt, ap);
	log_debug("http: %.*s", STR_ARG(str_trim(str_of(text))));
}

bool
io_start(struct http_server *s, struct io *io, bool tls)
{
	unsigned flags = MHD_USE_NO_LISTEN_SOCKET | MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME
	    | MHD_USE_ITC | MHD_USE_ERROR_LOG | (tls ? MHD_USE_TLS : 0);
	struct MHD_OptionItem secure[] = {
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES },
		{ MHD_OPTION_HTTPS_CERT_CALLBACK2, 0, tls_callback() },
		{ MHD_OPTION_END, 0, NULL },
	};

	/* A connection's memory holds one header and the head of its reply, and is wiped whole after each request. */
	io->server = s;
	io->daemon = MHD_start_daemon(flags, 0, NULL, NULL, request_step, io,
		MHD_OPTION_EXTERNAL_LOGGER, log_library, NULL,
		/* what 0 lets through, header.c refuses with a 400 */
		MHD_OPTION_STRICT_FOR_CLIENT, s->parser_in_place ? 0 : 1,
		/* limits.c keeps the true one, which may change */
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)s->fd_max + 64,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, pool_size(&s->conf),
		MHD_OPTION_CONNECTION_MEMORY_INCREMENT, (size_t)4096,
		MHD_OPTION_CONNECTION_TIMEOUT, 0u,
		MHD_OPTION_THREAD_STACK_SIZE, (size_t)IO_STACK,
		MHD_OPTION_URI_LOG_CALLBACK, request_begin, io,
		MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL,
		MHD_OPTION_NOTIFY_COMPLETED, request_end, io,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, io,
		MHD_OPTION_ARRAY, tls ? secure : &secure[2],
		MHD_OPTION_END);
	return io->daemon != NULL;
}
