/* outbound/sms_sign.c - request signatures of Alibaba Cloud (ACS3-HMAC-SHA256) and Tencent Cloud (TC3-HMAC-SHA256). */
#include "outbound/sms.h"

#include <time.h>

static struct str
hex_sha256(struct arena *mem, struct str s)
{
	uint8_t d[DIGEST_SIZE];

	SHA256(d, s);
	return hex_encode(mem, str_span(d, sizeof d));
}

/* "a:1\nb:2\n" and "a;b" of headers that are in order. */
static void
headers_fold(struct buf *lines, struct buf *names, const struct str *headers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct str rest = headers[i], name = str_cut(&rest, ':');

		buf_put(lines, name);
		buf_putc(lines, ':');
		buf_put(lines, str_trim(rest));
		buf_putc(lines, '\n');
		if (i > 0)
			buf_putc(names, ';');
		buf_put(names, name);
	}
}

/* Both vendors: method, path, query, headers, their names, digest of the body. */
static struct str
canonical(struct arena *mem, struct str method, struct str path, struct str query, const struct str *headers,
    size_t n, struct str body, struct str *names)
{
	struct buf lines, list;

	buf_init(&lines, mem, 8192);
	buf_init(&list, mem, 1024);
	headers_fold(&lines, &list, headers, n);
	*names = buf_str(&list);
	return ARENA_CAT(mem, method, S("\n"), path, S("\n"), query, S("\n"), buf_str(&lines), S("\n"),
	    *names, S("\n"), hex_sha256(mem, body));
}

struct str
acs3_authorization(struct arena *mem, struct str key_id, struct str secret, struct str method,
    struct str path, struct str query, const struct str *headers, size_t n, struct str body)
{
	struct str names, request = canonical(mem, method, path, query, headers, n, body, &names);
	uint8_t mac[DIGEST_SIZE];

	HMAC256(mac, secret, S("ACS3-HMAC-SHA256\n"), hex_sha256(mem, request));
	return ARENA_CAT(mem, S("ACS3-HMAC-SHA256 Credential="), key_id, S(",SignedHeaders="), names,
	    S(",Signature="), hex_encode(mem, str_span(mac, sizeof mac)));
}

static struct str
day_of(struct arena *mem, int64_t now_s)
{
	time_t t = (time_t)now_s;
	struct tm tm;

	gmtime_r(&t, &tm);
	return arena_printf(mem, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

struct str
tc3_authorization(struct arena *mem, struct str key_id, struct str secret, struct str service, int64_t now_s,
    const struct str *headers, size_t n, struct str body)
{
	struct str names, request = canonical(mem, S("POST"), S("/"), S(""), headers, n, body, &names),
			  day = day_of(mem, now_s);
	struct str scope = ARENA_CAT(mem, day, S("/"), service, S("/tc3_request")),
		   now = arena_printf(mem, "%lld", (long long)now_s);
	uint8_t key[DIGEST_SIZE], mac[DIGEST_SIZE];

	HMAC256(key, ARENA_CAT(mem, S("TC3"), secret), day);
	HMAC256(mac, str_span(key, sizeof key), service);
	HMAC256(key, str_span(mac, sizeof mac), S("tc3_request"));
	HMAC256(mac, str_span(key, sizeof key), S("TC3-HMAC-SHA256\n"), now, S("\n"), scope, S("\n"),
	    hex_sha256(mem, request));
	return ARENA_CAT(mem, S("TC3-HMAC-SHA256 Credential="), key_id, S("/"), scope, S(", SignedHeaders="),
	    names, S(", Signature="), hex_encode(mem, str_span(mac, sizeof mac)));
}
