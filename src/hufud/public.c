/* hufud/public.c - the public listeners and what their requests are held to, as the settings have it. */
#include "hufud/daemon_int.h"

#include <errno.h>

#define REPLY_ROOM (512 * 1024)

struct str
daemon_listens_not(struct str why, struct arena *mem)
{
	if (!str_contains(why, str_of(say_errno(EADDRINUSE))))
		return why;
	return arena_say(mem,
	    "%.*s: another program listens there, perhaps another hufud; stop it or choose another address "
	    "in the configuration",
	    STR_ARG(why));
}

struct http_conf
daemon_http(struct daemon *d, const struct conf *c, struct addresses *room, struct arena *mem)
{
	const struct conf_value *proxies = conf_get(c, SEC_TOP, STR_ABSENT, "http.trusted_proxies");
	struct http_conf hc = {
		.io_threads = daemon_number(d, "http.io_threads", daemon_cores()),
		.header_max = (size_t)daemon_number(d, "http.header_max", 0),
		.body_max = (size_t)conf_int(c, SEC_TOP, STR_ABSENT, "http.body_max"),
		.arena_max = REPLY_ROOM,
		.connections_max = (int)conf_int(c, SEC_TOP, STR_ABSENT, "http.connections_max"),
		.connections_per_address =
		    (int)conf_int(c, SEC_TOP, STR_ABSENT, "http.connections_per_address"),
		.header_s = (int)conf_int(c, SEC_TOP, STR_ABSENT, "http.header_deadline"),
		.body_s = (int)conf_int(c, SEC_TOP, STR_ABSENT, "http.body_deadline"),
		.idle_s = (int)conf_int(c, SEC_TOP, STR_ABSENT, "http.idle_timeout"),
		.trusted_proxies = proxies->words,
		.n_trusted_proxies = proxies->n_words,
		.cert_header = conf_text(c, SEC_TOP, STR_ABSENT, "http.client_cert_header"),
		.cert_format = (enum http_cert_format)conf_int(c, SEC_TOP, STR_ABSENT, "http.client_cert_format"),
		.handed = d->activation.at,
		.n_handed = d->activation.n,
		.kept = fd_store_is_offered(),
		.handle = serve_request,
		.refused = serve_refused,
		.refuse_body = serve_request,
		.ctx = d,
	};
	struct findings f;

	findings_init(&f, mem);
	setup_addresses(c, room, mem, &f);      /* judged before */
	hc.listeners = room->at;
	hc.n_listeners = room->n;
	if (hc.arena_max < 4 * hc.body_max)
		hc.arena_max = 4 * hc.body_max;
	return hc;
}
