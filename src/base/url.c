/* base/url.c - URLs taken apart by libcurl's parser, names in ASCII only. RFC 3986. */
#define CURL_DISABLE_TYPECHECK
#include <arpa/inet.h>
#include <curl/curl.h>

#include "base/base.h"

#define NEEDS_HOST "the URL needs a host, and no user name"

static bool
is_alpha(char c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static bool
is_alnum(char c)
{
	return is_alpha(c) || (c >= '0' && c <= '9');
}

/* --- by the grammar: RFC 3986 section 3 ------------------------------------------------------- */

static bool
characters_are_sound(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] <= ' ' || text.p[i] >= 0x7f)
			return false;
	return true;
}

static bool
scheme_is_sound(struct str scheme)
{
	for (size_t i = 0; i < scheme.n; i++)
		if (!is_alnum(scheme.p[i]) && strchr("+-.", scheme.p[i]) == NULL)
			return false;
	return scheme.n > 0 && is_alpha(scheme.p[0]);
}

bool
url_scheme_is_private(struct str scheme)
{
	static const char *const meant[] = { "http", "https", "javascript", "vbscript", "livescript", "data",
		"file", "blob", "filesystem", "about", "view-source", "jar", "resource", "chrome", "intent", "feed",
		"ftp", "ftps", "sftp", "ssh", "telnet", "ldap", "ldaps", "ws", "wss", "mailto", "tel", "sms" };

	for (size_t i = 0; i < COUNT(meant); i++)
		if (str_eq_nocase(scheme, str_of(meant[i])))
			return false;
	return scheme_is_sound(scheme);
}

/* The spans: where each part begins is the same for every scheme. */
static void
split(struct str text, struct url *u)
{
	struct str rest = text;
	size_t n = 0;

	u->scheme = str_cut(&rest, ':');
	u->web = str_eq_nocase(u->scheme, S("http")) || str_eq_nocase(u->scheme, S("https"));
	u->secure = str_eq_nocase(u->scheme, S("https"));
	u->fragment = rest;
	rest = str_cut(&u->fragment, '#');
	u->query = rest;
	rest = str_cut(&u->query, '?');
	if (str_starts(rest, S("//"))) {
		rest = str_from(rest, 2);
		while (n < rest.n && rest.p[n] != '/')
			n++;
		u->authority = str_sub(rest, 0, n);
		rest = str_from(rest, n);
	}
	u->path = rest;
}

/* --- the host, as libcurl gives it ------------------------------------------------------------ */

/* A name of letters, digits, '-', '_' and dots between labels that are not empty; one dot may end it. */
static bool
name_is_sound(const char *host)
{
	for (size_t i = 0, label = 0; host[i] != '\0'; i++) {
		label = host[i] == '.' ? 0 : label + 1;
		if (host[i] != '.' && !is_alnum(host[i]) && host[i] != '-' && host[i] != '_')
			return false;
		if (label > 63 || (host[i] == '.' && (i == 0 || host[i - 1] == '.')))
			return false;
	}
	return host[0] != '\0';
}

/* Browsers take such a host for an address in some spelling, resolvers for what they please. */
static bool
ends_in_number(struct str host)
{
	struct str last = str_ends(host, S(".")) ? str_sub(host, 0, host.n - 1) : host;
	bool hex;

	last = str_from(last, (size_t)(str_rindex(last, '.') + 1));
	hex = str_starts_nocase(last, S("0x"));
	if (hex)
		last = str_from(last, 2);
	for (size_t i = 0; i < last.n; i++)
		if (!(last.p[i] >= '0' && last.p[i] <= '9') && !(hex && hex_value(last.p[i]) >= 0))
			return false;
	return true;
}

/* One spelling for each IPv6 address. */
static bool
six_is_sound(struct str host, char *out)
{
	char z[INET6_ADDRSTRLEN] = "";
	uint8_t a[16];

	if (host.n >= sizeof z)
		return false;
	memcpy(z, host.p, host.n);
	return inet_pton(AF_INET6, z, a) == 1 && inet_ntop(AF_INET6, a, out, URL_HOST_MAX + 1) != NULL;
}

static const char *
host_take(const char *raw, struct url *u)
{
	struct str host = str_of(raw);

	if (str_starts(host, S("[")) && str_ends(host, S("]"))) {
		if (!six_is_sound(str_sub(host, 1, host.n - 2), u->host))
			return say("the URL holds an address that is none");
		u->kind = address_kind(str_of(u->host));
		return NULL;
	}
	if (host.n > URL_HOST_MAX || !name_is_sound(raw))
		return say("the URL's host holds what no host name may hold");
	for (size_t i = 0; i < host.n; i++)
		u->host[i] = (char)(host.p[i] >= 'A' && host.p[i] <= 'Z' ? host.p[i] | 32 : host.p[i]);
	u->kind = address_kind(str_of(u->host));
	if (u->kind == ADDRESS_NONE && ends_in_number(host))
		return say("the URL holds an address that is none");
	if (str_is(str_of(u->host), "localhost"))
		u->kind = ADDRESS_LOOPBACK;
	return NULL;
}

/* "host:" has no port, "host:0" one that nobody listens on; libcurl lets both pass. */
static const char *
port_take(const char *text, struct url *u)
{
	int64_t n = 0;

	u->has_port = text != NULL;
	if (str_ends(u->authority, S(":")) || (text != NULL && (!str_int(str_of(text), &n) || n < 1 || n > 65535)))
		return say("the URL's port must be a number from 1 to 65535");
	u->port = text != NULL ? (int)n : !u->web ? 0 : u->secure ? 443 : 80;
	return NULL;
}

static const char *
parts_take(CURLU *h, struct url *u)
{
	char *host = NULL, *port = NULL, *zone = NULL;
	const char *wrong;

	if (curl_url_get(h, CURLUPART_HOST, &host, 0) != CURLUE_OK || host[0] == '\0')
		wrong = NEEDS_HOST;
	else if (curl_url_get(h, CURLUPART_ZONEID, &zone, 0) == CURLUE_OK)
		wrong = say("the URL names a zone of this machine's network");
	else if ((wrong = host_take(host, u)) == NULL)
		wrong = port_take(curl_url_get(h, CURLUPART_PORT, &port, 0) == CURLUE_OK ? port : NULL, u);
	curl_free(host);
	curl_free(port);
	curl_free(zone);
	return wrong;
}

static const char *
trouble_of(CURLUcode rc)
{
	switch (rc) {
	case CURLUE_OUT_OF_MEMORY: return say("the URL cannot be read: memory is exhausted");
	case CURLUE_USER_NOT_ALLOWED: case CURLUE_NO_HOST: return NEEDS_HOST;
	case CURLUE_BAD_PORT_NUMBER: return say("the URL's port must be a number from 1 to 65535");
	case CURLUE_BAD_HOSTNAME: return say("the URL's host holds what no host name may hold");
	case CURLUE_BAD_IPV6: return say("the URL holds an address that is none");
	default: return say("the URL is malformed");
	}
}

static const char *
authority_read(struct str text, struct url *u)
{
	unsigned flags = CURLU_DISALLOW_USER | CURLU_NON_SUPPORT_SCHEME | CURLU_PATH_AS_IS;
	char *z = malloc(text.n + 1);
	CURLU *h = curl_url();
	const char *wrong = say("the URL cannot be read: memory is exhausted");
	CURLUcode rc;

	if (z != NULL && h != NULL) {
		memcpy(z, text.p, text.n);
		z[text.n] = '\0';
		rc = curl_url_set(h, CURLUPART_URL, z, flags);
		wrong = rc == CURLUE_OK ? parts_take(h, u) : trouble_of(rc);
	}
	curl_url_cleanup(h);
	free(z);
	return wrong;
}

/* --- from outside ----------------------------------------------------------------------------- */

const char *
url_read(struct str text, struct url *u)
{
	memset(u, 0, sizeof *u);
	split(text, u);
	if (text.n > URL_MAX)
		return say("the URL is too long");
	if (!characters_are_sound(text))
		return say("the URL holds a character that no URL may hold");
	if (u->scheme.n == text.n || !scheme_is_sound(u->scheme))
		return say("the URL must be absolute, such as https://app.example/");
	if (str_index(str_sub(text, 0, (size_t)(u->path.p + u->path.n - text.p)), '\\') >= 0)
		/* a browser takes it for a slash */
		return say("the URL holds a character that no URL may hold");
	if (!u->web && str_empty(u->authority))
		return NULL;
	if (str_empty(u->authority) || str_index(u->authority, '@') >= 0)
		return NEEDS_HOST;
	if (str_index(u->authority, '%') >= 0)
		return say("the URL's host holds what no host name may hold");
	return authority_read(text, u);
}

bool
url_same_origin(const struct url *a, const struct url *b)
{
	return a->web && b->web && a->secure == b->secure && a->port == b->port
	    && str_eq(str_of(a->host), str_of(b->host));
}
