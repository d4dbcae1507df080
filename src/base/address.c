/* base/address.c - which addresses are no stranger's: IANA's special-purpose registries. RFC 6890. */
#include <arpa/inet.h>

#include "base/base.h"

struct network { uint8_t at[16]; int bits; };

static const struct network private_four[] = {
	{ { 0 }, 8 },                           /* RFC 791: this network */
	{ { 10 }, 8 },                          /* RFC 1918 */
	{ { 100, 64 }, 10 },                    /* RFC 6598: carriers' own */
	{ { 127 }, 8 },                         /* RFC 1122: loopback */
	{ { 169, 254 }, 16 },                   /* RFC 3927: link-local; metadata of clouds */
	{ { 172, 16 }, 12 },                    /* RFC 1918 */
	{ { 192, 0, 0 }, 24 },                  /* RFC 6890: IETF protocols */
	{ { 192, 0, 2 }, 24 },                  /* RFC 5737: documentation */
	{ { 192, 88, 99 }, 24 },                /* RFC 7526: 6to4 relays */
	{ { 192, 168 }, 16 },                   /* RFC 1918 */
	{ { 198, 18 }, 15 },                    /* RFC 2544: measurements */
	{ { 198, 51, 100 }, 24 },               /* RFC 5737 */
	{ { 203, 0, 113 }, 24 },                /* RFC 5737 */
	{ { 224 }, 4 },                         /* RFC 5771: multicast */
	{ { 240 }, 4 },                         /* RFC 1112: reserved; broadcast */
};
static const struct network private_six[] = {
	{ { 0 }, 96 },                          /* RFC 4291: unspecified, loopback, and the compatible ::a.b.c.d */
	{ { [1] = 0x64, [2] = 0xff, [3] = 0x9b, [5] = 1 }, 48 },       /* RFC 8215: local translation */
	{ { [0] = 1 }, 64 },                    /* RFC 6666: discarded */
	{ { [0] = 0x20, [1] = 1 }, 23 },        /* RFC 2928: IETF protocols; Teredo (RFC 4380), ORCHID (RFC 7343) */
	{ { [0] = 0x20, [1] = 1, [2] = 0x0d, [3] = 0xb8 }, 32 },       /* RFC 3849: documentation */
	{ { [0] = 0x20, [1] = 2 }, 16 },        /* RFC 3056: 6to4, whatever it carries */
	{ { [0] = 0x3f, [1] = 0xff }, 20 },     /* RFC 9637: documentation */
	{ { [0] = 0x5f }, 16 },                 /* RFC 9602: segment routing */
	{ { [0] = 0xfc }, 7 },                  /* RFC 4193: unique local */
	{ { [0] = 0xfe, [1] = 0x80 }, 10 },     /* RFC 4291: link-local */
	{ { [0] = 0xfe, [1] = 0xc0 }, 10 },     /* RFC 3879: site-local, deprecated and still routed */
	{ { [0] = 0xff }, 8 },                  /* RFC 4291: multicast */
};
/* What stands for an IPv4 address is judged as that one. */
static const struct network carries_four[] = {
	{ { [10] = 0xff, [11] = 0xff }, 96 },   /* RFC 4291 section 2.5.5.2: ::ffff:a.b.c.d */
	{ { [1] = 0x64, [2] = 0xff, [3] = 0x9b }, 96 },         /* RFC 6052: 64:ff9b::a.b.c.d */
};

static bool
is_in(const uint8_t *a, const struct network *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t whole = (size_t)list[i].bits / 8;
		int rest = list[i].bits % 8;

		if (memcmp(a, list[i].at, whole) == 0 && 
		    (rest == 0 || ((a[whole] ^ list[i].at[whole]) >> (8 - rest)) == 0))
			return true;
	}
	return false;
}

static enum address_kind
kind_of_four(const uint8_t a[4])
{
	if (a[0] == 127)
		return ADDRESS_LOOPBACK;
	return is_in(a, private_four, COUNT(private_four)) ? ADDRESS_PRIVATE : ADDRESS_PUBLIC;
}

static enum address_kind
kind_of_six(const uint8_t a[16])
{
	static const uint8_t loopback[16] = { [15] = 1 };

	if (is_in(a, carries_four, COUNT(carries_four)))
		return kind_of_four(a + 12);
	if (memcmp(a, loopback, sizeof loopback) == 0)
		return ADDRESS_LOOPBACK;
	return is_in(a, private_six, COUNT(private_six)) ? ADDRESS_PRIVATE : ADDRESS_PUBLIC;
}

enum address_kind
address_kind(struct str text)
{
	char z[INET6_ADDRSTRLEN] = "";
	uint8_t a[16];

	if (text.n == 0 || text.n >= sizeof z || str_index(text, '\0') >= 0)
		return ADDRESS_NONE;
	memcpy(z, text.p, text.n);
	if (inet_pton(AF_INET, z, a) == 1)
		return kind_of_four(a);
	return inet_pton(AF_INET6, z, a) == 1 ? kind_of_six(a) : ADDRESS_NONE;
}
