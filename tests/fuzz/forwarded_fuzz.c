/* tests/fuzz/forwarded_fuzz.c - addresses, CIDR blocks, X-Forwarded-For, request targets and hosts. */
#include "http/http_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BLOCKS_MAX 8

static void
need(bool ok)
{
	if (!ok)
		abort();
}

/* What was read is written so that it is read again. */
static void
check_address(struct str text)
{
	char written[ADDRESS_TEXT];
	struct address a, b;

	if (!address_read(text, &a))
		return;
	need(address_read(str_span(written, address_write(&a, written)), &b) && memcmp(&a, &b, sizeof a) == 0);
}

static bool
check_block(struct str text, struct block *b)
{
	struct block wider;

	if (!block_read(text, b))
		return false;
	need(b->bits >= 0 && b->bits <= 128 && block_has(b, &b->net));
	wider = *b;
	wider.bits = wider.bits / 2;
	need(block_has(&wider, &b->net));
	return true;
}

/* The client is the peer, or an address that one of ours wrote down: the last one, or the one before more of ours. */
static void
check_client(struct arena *mem, struct str list, const struct block *trusted, size_t n)
{
	struct str peer = S("192.0.2.1"), client = forwarded_client(mem, list, peer, trusted, n);
	struct address a;

	need(address_read(client, &a));
	check_address(client);
	need(str_eq(forwarded_client(mem, list, peer, NULL, 0), peer) || str_given(list));
}

static void
check_target(struct str text)
{
	struct target t;

	if (!target_read(text, &t))
		return;
	need(t.path.n > 0 && t.path.p[0] == '/' && str_index(t.path, '?') < 0);
	need(!str_given(t.host) || (t.host.n > 0 && host_is_sound(t.host) && str_index(t.host, '@') < 0 && str_index(t.host, '/') < 0));
	need(t.host.n + t.path.n + t.query.n <= text.n + 1);
}

/* Lines: a list of trusted blocks, the field, anything else once as a target. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = str_span(data, size), blocks, field;
	struct block trusted[BLOCKS_MAX];
	struct arena mem;
	size_t n = 0;

	arena_init(&mem, 1024 * 1024);
	blocks = str_cut(&rest, '\n');
	for (struct str one; str_given(blocks) && n < BLOCKS_MAX && (one = str_cut(&blocks, ',')).p; ) {
		check_address(one);
		n += check_block(one, &trusted[n]);
	}
	field = str_given(rest) ? str_cut(&rest, '\n') : STR_ABSENT;
	check_client(&mem, field, trusted, n);
	if (str_given(rest))
		check_target(rest);
	arena_free(&mem);
	return 0;
}
