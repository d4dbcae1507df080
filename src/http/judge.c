/*
 * http/judge.c - what a configuration of listeners and proxies names, looked at before anything is
 * bound: addresses that exist here and are named once, certificates that can be used.
 */
#include <errno.h>
#include <fcntl.h>
#include <gnutls/x509.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "http/http_int.h"

#define SPOTS_MAX (4 * SOCKETS_MAX)
#define SOON_S    (14 * 86400)

/* One socket that a listener would have. everywhere: IPv6 and IPv4, all addresses. */
struct spot { size_t listener; int family; bool any, everywhere; struct address at; int port; struct str path; };
struct judging {
	const struct http_listener *listeners;
	size_t n;
	struct str to_be;
	http_say *say;
	void *ctx;
	struct arena *mem;
	struct spot spots[SPOTS_MAX];
	size_t n_spots;
};

__attribute__((format(printf, 5, 6))) static void
finding(struct judging *j, enum http_about about, size_t at, bool warning, const char *fmt, ...)
{
	struct http_finding f = { .about = about, .at = at, .warning = warning };
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, say(fmt), ap);
	va_end(ap);
	f.said = str_of(text);
	j->say(j->ctx, &f);
}

/* --- addresses -------------------------------------------------------------------------------- */

static bool
spots_meet(const struct spot *a, const struct spot *b)
{
	if (str_given(a->path) || str_given(b->path))
		return str_given(a->path) && str_given(b->path) && str_eq(a->path, b->path);
	if (a->port == 0 || a->port != b->port)
		return false;
	if (a->everywhere || b->everywhere)
		return true;
	return a->family == b->family
	    && (a->any || b->any || memcmp(&a->at, &b->at, sizeof a->at) == 0);
}

/* One that meets an earlier one cannot be bound; said once for a listener's pair of addresses. */
static void
spot_add(struct judging *j, const struct spot *s)
{
	for (size_t i = 0; i < j->n_spots; i++) {
		const struct spot *o = &j->spots[i];

		if (!spots_meet(o, s))
			continue;
		if (o->listener != s->listener)
			finding(j, ABOUT_ADDRESS, s->listener, false,
			    "%.*s: this is taken by %.*s already; name each address once",
			    STR_ARG(j->listeners[s->listener].address),
			    STR_ARG(j->listeners[o->listener].address));
		return;
	}
	if (j->n_spots < SPOTS_MAX)
		j->spots[j->n_spots++] = *s;
}

/* Does this machine have the address? Port 0 of it, for a moment. */
static bool
is_here(const struct addrinfo *ai)
{
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0 && bind(fd, ai->ai_addr, ai->ai_addrlen) == 0;
	int error = errno;

	if (fd >= 0)
		close(fd);
	errno = error;
	return ok;
}

static void
spots_of(struct judging *j, size_t at, const struct addrinfo *list, int port, bool everywhere)
{
	static const struct address zeros;
	int here = 0, error = 0;

	for (const struct addrinfo *ai = list; ai != NULL; ai = ai->ai_next) {
		struct spot s = { .listener = at, .family = ai->ai_family, .port = port, .everywhere = everywhere };

		if (!is_here(ai)) {
			error = errno;
			continue;
		}
		here++;
		address_of(ai->ai_addr, &s.at);
		s.any = ai->ai_family == AF_INET6 ? memcmp(&s.at, &zeros, sizeof zeros) == 0
		    : memcmp(s.at.b + 12, zeros.b, 4) == 0;
		spot_add(j, &s);
	}
	if (here == 0)
		finding(j, ABOUT_ADDRESS, at, false, "%.*s: %s; name an address of this machine",
		    STR_ARG(j->listeners[at].address), say_errno(error));
}

static void
tcp_judge(struct judging *j, size_t at)
{
	struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM }, *list = NULL;
	struct str address = j->listeners[at].address;
	char *host, *port;
	int64_t number = 0;
	int bad;

	if (!address_split(j->mem, address, &host, &port) || !str_int(str_of(port), &number)) {
		finding(j, ABOUT_ADDRESS, at, false, "%.*s: is not of the form host:port", STR_ARG(address));
		return;
	}
	bad = getaddrinfo(host, "0", &hints, &list);
	if (bad != 0) {
		finding(j, ABOUT_ADDRESS, at, false, "%.*s: %s; name an address of this machine",
		    STR_ARG(address), gai_strerror(bad));
		return;
	}
	spots_of(j, at, list, (int)number, host == NULL);
	freeaddrinfo(list);
}

static void
unix_judge(struct judging *j, size_t at)
{
	struct str path = str_from(j->listeners[at].address, 5);
	ptrdiff_t slash = str_rindex(path, '/');
	struct str parent = slash > 0 ? str_sub(path, 0, (size_t)slash) : S("/");
	char *z = arena_z(j->mem, path), *dir = arena_z(j->mem, parent);
	struct stat st;

	if (path.n >= sizeof(((struct sockaddr_un *)0)->sun_path))
		finding(j, ABOUT_ADDRESS, at, false,
		    "unix:%.*s: the path of a socket has at most %zu bytes; choose a shorter one",
		    STR_ARG(path), sizeof(((struct sockaddr_un *)0)->sun_path) - 1);
	else if ((z == NULL || dir == NULL || faccessat(AT_FDCWD, dir, W_OK | X_OK, AT_EACCESS) != 0)
	    && !(errno == ENOENT && str_eq(parent, j->to_be)))
		finding(j, ABOUT_ADDRESS, at, false,
		    "unix:%.*s: no socket can be made in its directory: %s; make the directory, and give it "
		    "to the user that runs hufud",
		    STR_ARG(path), z && dir ? say_errno(errno) : say("no usable path"));
	else if (lstat(z, &st) == 0 && !S_ISSOCK(st.st_mode))
		finding(j, ABOUT_ADDRESS, at, false,
		    "unix:%.*s: something that is no socket stands there; move it away or choose another "
		    "path",
		    STR_ARG(path));
	spot_add(j, &(struct spot){ .listener = at, .path = path });
}

/* --- certificates ----------------------------------------------------------------------------- */

static void
dates_judge(struct judging *j, size_t at, const char *file, gnutls_x509_crt_t crt)
{
	int64_t now = clock_now_s(), from = gnutls_x509_crt_get_activation_time(crt);
	int64_t until = gnutls_x509_crt_get_expiration_time(crt);

	if (until < now)
		finding(j, ABOUT_CERTIFICATE, at, false,
		    "%s: this certificate has expired, %lld days ago; put a new one in its place", file,
		    (long long)((now - until) / 86400));
	else if (from > now)
		finding(j, ABOUT_CERTIFICATE, at, false,
		    "%s: this certificate is not valid yet, for another %lld days; look at this machine's "
		    "clock, or wait",
		    file, (long long)((from - now + 86399) / 86400));
	else if (until - now < SOON_S)
		finding(j, ABOUT_CERTIFICATE, at, true, "%s: this certificate expires in %lld days; renew it",
		    file, (long long)((until - now) / 86400));
}

/* Behind a proxy that speaks TLS to us the names may be others, so this is only said. */
static void
names_judge(struct judging *j, size_t at, const char *file, gnutls_x509_crt_t crt)
{
	const struct http_listener *l = &j->listeners[at];

	for (size_t i = 0; i < l->n_hosts; i++) {
		char *host = arena_z(j->mem, l->hosts[i]);

		if (host != NULL && gnutls_x509_crt_check_hostname(crt, host) == 0)
			finding(j, ABOUT_CERTIFICATE, at, true,
			    "%s: this certificate does not hold the name %s, by which an issuer is reached "
			    "here; clients will refuse it unless a proxy stands before it",
			    file, host);
	}
}

static bool
is_readable(struct judging *j, size_t at, enum http_about about, struct str path)
{
	char *z = arena_z(j->mem, path);
	int fd = z != NULL ? open(z, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	struct stat st;
	bool ok = fd >= 0 && fstat(fd, &st) == 0;

	if (!ok)
		finding(j, about, at, false,
		    "%.*s: cannot be read: %s; correct the path, or give the file to the user that runs "
		    "hufud",
		    STR_ARG(path), z != NULL ? say_errno(errno) : say("no usable path"));
	else if (S_ISDIR(st.st_mode))
		finding(j, about, at, false, "%.*s: this is a directory; name the file", STR_ARG(path));
	if (fd >= 0)
		close(fd);
	return ok && !S_ISDIR(st.st_mode);
}

static void
certificate_judge(struct judging *j, size_t at)
{
	const struct http_listener *l = &j->listeners[at];
	char *file = arena_z(j->mem, l->cert_file);
	struct str why = STR_ABSENT;
	gnutls_datum_t data;
	gnutls_x509_crt_t crt;

	if (!is_readable(j, at, ABOUT_CERTIFICATE, l->cert_file) || !is_readable(j, at, ABOUT_KEY, l->key_file))
		return;
	if (!cert_is_usable(l, j->mem, &why)) {
		bool key = str_starts(why, l->key_file);

		finding(j, key ? ABOUT_KEY : ABOUT_CERTIFICATE, at, false, "%.*s", STR_ARG(why));
		return;
	}
	if (file == NULL || gnutls_load_file(file, &data) != 0)
		return;
	if (gnutls_x509_crt_init(&crt) == 0) {
		/* the first: the server's own */
		if (gnutls_x509_crt_import(crt, &data, GNUTLS_X509_FMT_PEM) == 0) {
			dates_judge(j, at, file, crt);
			names_judge(j, at, file, crt);
		}
		gnutls_x509_crt_deinit(crt);
	}
	gnutls_free(data.data);
}

/* --- the whole -------------------------------------------------------------------------------- */

static bool
has_this_pair_before(const struct judging *j, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (j->listeners[i].tls && str_eq(j->listeners[i].cert_file, j->listeners[at].cert_file)
		    && str_eq(j->listeners[i].key_file, j->listeners[at].key_file))
			return true;
	return false;
}

void
http_judge(const struct http_listener *listeners, size_t n, struct str to_be, http_say *told, void *ctx,
    struct arena *mem)
{
	struct judging j = { .listeners = listeners, .n = n, .to_be = to_be, .say = told, .ctx = ctx, .mem = mem };

	for (size_t i = 0; i < n; i++) {
		if (str_starts(listeners[i].address, S("unix:")))
			unix_judge(&j, i);
		else
			tcp_judge(&j, i);
		if (listeners[i].tls && !has_this_pair_before(&j, i))
			certificate_judge(&j, i);
	}
}

bool
http_field_is_sound(struct str name)
{
	static const char *const others[] = { "Host", "Cookie", "Authorization", "Content-Type", "Content-Length",
		"Transfer-Encoding", "Connection", "X-Forwarded-For", "X-Forwarded-Proto" };

	for (size_t i = 0; i < COUNT(others); i++)
		if (str_eq_nocase(name, str_of(others[i])))
			return false;
	return text_is_token(name);
}

bool
http_proxy_is_sound(struct str text)
{
	struct block b;

	return block_read(text, &b);
}

bool
http_address_is_in(struct str peer, const struct str *blocks, size_t n)
{
	struct address a;
	struct block b;

	if (!address_read(peer, &a))
		return false;
	for (size_t i = 0; i < n; i++)
		if (block_read(blocks[i], &b) && block_has(&b, &a))
			return true;
	return false;
}
