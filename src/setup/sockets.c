/*
 * setup/sockets.c - the addresses of the listeners and of the office, with their certificates; and
 * the proxies in front of them.
 */
#include "setup/setup_int.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/* A container may have no IPv6 at all; then an address of it that has an IPv4 companion is left out. */
static bool
has_ipv6(void)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0 && bind(fd, (struct sockaddr *)&any, sizeof any) == 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

static struct str
host_of(struct str authority)
{
	ptrdiff_t colon = str_rindex(authority, ':'), bracket = str_rindex(authority, ']');
	struct str host = colon > bracket ? str_sub(authority, 0, (size_t)colon) : authority;

	return str_starts(host, S("[")) && str_ends(host, S("]")) ? str_sub(host, 1, host.n - 2) : host;
}

static bool
is_in(const struct str *list, size_t n, struct str word)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i], word))
			return true;
	return false;
}

/* By which names clients come to a listener that speaks TLS. */
static void
hosts_of(const struct conf *c, struct str listener, struct arena *mem, struct http_listener *l)
{
	const struct str *issuers;
	size_t n = conf_names(c, SEC_ISSUER, &issuers);
	struct str *hosts = arena_array(mem, struct str, n);
	struct issuer_url url, alias;

	for (size_t i = 0; hosts != NULL && i < n; i++) {
		if (!issuer_is_on(c, issuers[i], listener)
		    || !issuer_url_read(conf_text(c, SEC_ISSUER, issuers[i], "url"), &url) || !url.secure)
			continue;
		/* where there is an address for mutual TLS, that is where certificates are asked for */
		if (l->asks_cert && issuer_url_read(conf_text(c, SEC_ISSUER, issuers[i], "mtls_url"), &alias))
			url = alias;
		if (!is_in(hosts, l->n_hosts, host_of(url.host)))
			hosts[l->n_hosts++] = host_of(url.host);
	}
	l->hosts = hosts;
}

static void
listener_put(const struct conf *c, size_t at, struct str name, bool ipv6, struct addresses *out,
    struct arena *mem, struct findings *f)
{
	const struct conf_value *bind = conf_get(c, SEC_LISTENER, name, "bind");
	struct http_listener l = { .name = name, .cert_file = conf_text(c, SEC_LISTENER, name, "cert_file"),
		.key_file = conf_text(c, SEC_LISTENER, name, "key_file"), .fd = -1 };

	l.tls = !str_empty(l.cert_file) && !str_empty(l.key_file);
	l.asks_cert = conf_int(c, SEC_LISTENER, name, "client_certificates") != 0;
	l.profile = (enum http_tls)conf_int(c, SEC_LISTENER, name, "tls");
	if (l.tls)
		hosts_of(c, name, mem, &l);
	for (size_t i = 0; i < bind->n_words; i++) {
		if (!ipv6 && bind->n_words > 1 && str_starts(bind->words[i], S("[::1]"))) {
			findings_add(f, FINDING_WARNING, bind->where,
			    "listener %.*s: this machine has no IPv6; %.*s is left out", STR_ARG(name),
			    STR_ARG(bind->words[i]));
			continue;
		}
		if (out->n == ADDRESSES_MAX) {
			complain(f, bind->where,
			    "there are more than %d addresses to listen on; name fewer in listeners",
			    ADDRESSES_MAX);
			return;
		}
		l.address = bind->words[i];
		out->where[out->n] = bind->where;
		out->of[out->n] = (int)at;
		out->at[out->n++] = l;
	}
}

bool
setup_addresses(const struct conf *c, struct addresses *out, struct arena *mem, struct findings *f)
{
	size_t before = f->n_errors;
	const struct str *names;
	size_t n = conf_names(c, SEC_LISTENER, &names);
	bool ipv6 = has_ipv6();

	*out = (struct addresses){ 0 };
	for (size_t i = 0; i < n; i++)
		listener_put(c, i, names[i], ipv6, out, mem, f);
	return f->n_errors == before;
}

/* --- judged ----------------------------------------------------------------------------------- */

struct judged { const struct conf *c; struct findings *f; const struct addresses *public; const char *office[2]; };

static void
told(void *ctx, const struct http_finding *said)
{
	struct judged *j = ctx;
	const char *setting = said->about == ABOUT_CERTIFICATE ? "cert_file"
	    : said->about == ABOUT_KEY                         ? "key_file"
							       : "bind";
	const struct str *names;
	struct str where;

	if (said->at >= j->public->n) {
		setting = j->office[said->at - j->public->n];
		where = conf_where(j->c, SEC_TOP, STR_ABSENT, setting);
	} else {
		conf_names(j->c, SEC_LISTENER, &names);
		where = conf_where(j->c, SEC_LISTENER, names[j->public->of[said->at]], setting);
	}
	findings_add(j->f, said->warning ? FINDING_WARNING : FINDING_ERROR, where, "%s: %.*s", setting,
	    STR_ARG(said->said));
}

static void
proxies_are_sound(const struct conf *c, struct findings *f)
{
	const struct conf_value *v = conf_get(c, SEC_TOP, STR_ABSENT, "http.trusted_proxies");

	for (size_t i = 0; i < v->n_words; i++)
		if (!http_proxy_is_sound(v->words[i]))
			complain(f, v->where,
			    "http.trusted_proxies: \"%.*s\" is no address and no CIDR block; write 10.0.0.7, "
			    "10.0.0.0/8 or fd00::/8",
			    STR_ARG(v->words[i]));
}

/* A field that nobody may write, or that no proxy could. */
static void
cert_header_is_sound(const struct conf *c, struct findings *f)
{
	const struct conf_value *v = conf_get(c, SEC_TOP, STR_ABSENT, "http.client_cert_header");

	if (str_empty(v->text))
		return;
	if (!http_field_is_sound(v->text))
		complain(f, v->where,
		    "http.client_cert_header: \"%.*s\" is no name of a header field; write Client-Cert",
		    STR_ARG(v->text));
	else if (conf_get(c, SEC_TOP, STR_ABSENT, "http.trusted_proxies")->n_words == 0)
		complain(f, v->where,
		    "http.client_cert_header: nobody is believed without http.trusted_proxies; name the proxies");
}

void
sockets_are_sound(const struct conf *c, struct findings *f)
{
	struct str socket_path = conf_text(c, SEC_TOP, STR_ABSENT, "admin.socket"),
		   listen = conf_text(c, SEC_TOP, STR_ABSENT, "admin.listen");
	struct http_listener all[ADDRESSES_MAX + 2];
	struct addresses public;
	struct judged j = { .c = c, .f = f, .public = &public };
	size_t n = 0;

	setup_addresses(c, &public, f->mem, f);
	memcpy(all, public.at, public.n * sizeof all[0]);
	if (!str_empty(socket_path)) {
		j.office[n++] = "admin.socket";
		all[public.n] =
		    (struct http_listener){ .address = ARENA_CAT(f->mem, S("unix:"), socket_path), .fd = -1 };
	}
	if (!str_empty(listen)) {
		j.office[n] = "admin.listen";
		all[public.n + n++] = (struct http_listener){ .address = listen, .fd = -1 };
	}
	http_judge(all, public.n + n, conf_text(c, SEC_TOP, STR_ABSENT, "data"), told, &j, f->mem);
	proxies_are_sound(c, f);
	cert_header_is_sound(c, f);
}
