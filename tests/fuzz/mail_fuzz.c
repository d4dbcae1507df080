/* tests/fuzz/mail_fuzz.c - any bytes as an address and as a header: what is taken makes no second line and no second mailbox. */
#include "outbound/mail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
is_one_line(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] < ' ' || (unsigned char)text.p[i] > '~')
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_span(data, size), header, box;
	struct arena mem;

	arena_init(&mem, 32 * size + 65536);
	if (mail_address_ok(in)) {
		is_one_line(in);
		if (in.n > MAIL_ADDRESS_MAX || str_index(in, '>') >= 0 || str_index(in, '<') >= 0 || str_index(in, ' ') >= 0
		    || str_index(in, ',') >= 0)
			abort();
	}
	header = mail_header(&mem, in);
	box = mail_mailbox(&mem, in, S("a@b"));
	if (str_given(header))
		is_one_line(header);
	if (str_given(box))
		is_one_line(box);
	arena_free(&mem);
	return 0;
}
