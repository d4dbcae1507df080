/* http/address.c - client addresses and CIDR blocks as 16 bytes (RFC 4291 section 2.5.5.2 for IPv4, RFC 4632). */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "http/http_int.h"

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static bool
is_v4(const struct address *a)
{
	return memcmp(a->b, mapped, sizeof mapped) == 0;
}

/* "[::1]:80" -> "::1", "1.2.3.4:80" -> "1.2.3.4"; an IPv6 address without brackets has no port. */
static struct str
without_port(struct str s)
{
	ptrdiff_t colon = str_index(s, ':');

	if (s.n > 0 && s.p[0] == '[') {
		ptrdiff_t end = str_index(s, ']');

		return end < 0 ? STR_ABSENT : str_sub(s, 1, (size_t)end - 1);
	}
	if (colon >= 0 && colon == str_rindex(s, ':'))
		return str_sub(s, 0, (size_t)colon);
	return s;
}

bool
address_read(struct str text, struct address *out)
{
	struct str s = without_port(str_trim(text));
	char z[ADDRESS_TEXT];

	if (s.n == 0 || s.n >= sizeof z || memchr(s.p, '\0', s.n) != NULL)
		return false;
	memcpy(z, s.p, s.n);
	z[s.n] = '\0';
	if (inet_pton(AF_INET6, z, out->b) == 1)
		return true;
	memcpy(out->b, mapped, sizeof mapped);
	return inet_pton(AF_INET, z, out->b + 12) == 1;
}

void
address_of(const struct sockaddr *from, struct address *out)
{
	memset(out, 0, sizeof *out);
	if (from->sa_family == AF_INET6)
		memcpy(out->b, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr, 16);
	if (from->sa_family == AF_INET) {
		memcpy(out->b, mapped, sizeof mapped);
		memcpy(out->b + 12, &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
	}
}

size_t
address_write(const struct address *a, char out[ADDRESS_TEXT])
{
	const char *z = is_v4(a) ? inet_ntop(AF_INET, a->b + 12, out, ADDRESS_TEXT)
				 : inet_ntop(AF_INET6, a->b, out, ADDRESS_TEXT);

	return z ? strlen(out) : 0;
}

bool
block_read(struct str text, struct block *out)
{
	struct str rest = str_trim(text), net = str_cut(&rest, '/');
	int64_t bits;

	if (!address_read(net, &out->net))
		return false;
	out->bits = 128;
	if (!str_given(rest))
		return true;
	if (!str_int(rest, &bits) || bits < 0 || bits > (is_v4(&out->net) ? 32 : 128))
		return false;
	out->bits = (int)bits + (is_v4(&out->net) ? 96 : 0);
	return true;
}

bool
block_has(const struct block *b, const struct address *a)
{
	size_t whole = (size_t)b->bits / 8;
	int rest = b->bits % 8;

	if (memcmp(b->net.b, a->b, whole) != 0)
		return false;
	return rest == 0 || ((b->net.b[whole] ^ a->b[whole]) >> (8 - rest)) == 0;
}
