/*
 * base/url.h - the one reader of URLs (RFC 3986), over libcurl's parser, and what kind of address a
 * host is. The parser that judges a URL is the one that connects to it, so that the two cannot
 * understand it differently.
 *
 * Stricter than libcurl, for what browsers and libraries read in more than one way is nobody's
 * honest URL: no user name, no backslash before the query, no character beyond visible ASCII, no
 * percent sign in a host, no zone of an address, no port 0, two slashes and a host in http and
 * https, no host that ends in a number and is no IPv4 address. It judges and never rewrites: every
 * span points into the text.
 */
#ifndef HUFU_BASE_URL_H
#define HUFU_BASE_URL_H

#include "base/str.h"

#define URL_MAX      8192               /* bytes of a URL */
#define URL_HOST_MAX 253                /* RFC 1035 section 2.3.4 */

/*
 * Whose an address is. Loopback: this machine's. Private: of a network or a purpose that no
 * stranger is reached at (base/address.c has the list).
 */
enum address_kind { ADDRESS_NONE /* no address: a name */, ADDRESS_PUBLIC, ADDRESS_PRIVATE, ADDRESS_LOOPBACK };
/* "10.0.0.1", "fe80::1": four decimals, or IPv6 without brackets and zone */
enum address_kind address_kind(struct str text);

struct url {
	struct str scheme;              /* as written, like all spans */
	bool       web, secure;         /* http or https, in any case of letters; https */
	struct str authority;           /* host and port; absent where the scheme has none ("com.example.app:/x") */
	/*
	 * lower case; of an IPv4 address in any spelling the four decimals; IPv6 without brackets;
	 * else ""
	 */
	char       host[URL_HOST_MAX + 1];
	/* of the host; localhost is ADDRESS_LOOPBACK: libcurl never asks a name server for it */
	enum address_kind kind;
	bool       has_port;
	/*
	 * written or the scheme's own (RFC 9110 section 4.2); 0: of another scheme, and none is
	 * written
	 */
	int        port;
	struct str path;                /* may be empty */
	struct str query, fragment;     /* without their mark; absent when there is none */
};

/*
 * Take an absolute URL apart. NULL, or what is wrong with it, as a sentence that begins "the URL".
 * http and https need a host; of another scheme ("com.example.app:/x", RFC 8252 section 7.1) what
 * follows "//" is read as an authority, and nothing else is understood. Costs about a microsecond.
 */
const char *url_read(struct str text, struct url *out);
/*
 * May an application have this scheme for itself? RFC 8252 section 7.1 asks for a domain name
 * turned round, so for a dot; many have none ("myapp", and urn of urn:ietf:wg:oauth:2.0:oob). Never
 * one of the web, one that runs code, or one that a system has given a meaning.
 */
bool url_scheme_is_private(struct str scheme);
/* The same scheme, host and port: RFC 6454 section 4. Neither may have another scheme than http and https. */
bool url_same_origin(const struct url *a, const struct url *b);
#endif
