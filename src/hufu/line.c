/* hufu/line.c - a line of standard output. */
#include "hufu/hufu_int.h"

void
out_line(struct str s)
{
	fwrite(s.p ? s.p : "", 1, s.n, stdout);
	fputc('\n', stdout);
}
