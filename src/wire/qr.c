/* wire/qr.c - a text as a QR code (ISO/IEC 18004) in SVG: one path, black on white whatever the page around it. */
#include <qrencode.h>

#include "wire/wire_int.h"

#define QUIET    4                      /* modules around it: section 5.3.8 */
#define SVG_MAX  (256 * 1024)
#define TEXT_MAX 2000

/* Each row as its runs of dark modules. */
static void
put_row(struct buf *b, const QRcode *qr, int y)
{
	for (int x = 0; x < qr->width; x++) {
		int from = x;

		while (x < qr->width && (qr->data[y * qr->width + x] & 1))
			x++;
		if (x > from)
			buf_printf(b, "M%d %dh%dv1h-%dz", from + QUIET, y + QUIET, x - from, x - from);
	}
}

struct str
qr_path(struct arena *mem, struct str text, int *size)
{
	QRcode *qr = text.n > TEXT_MAX ? NULL : QRcode_encodeString8bit(arena_z(mem, text), 0, QR_ECLEVEL_M);
	struct buf b;

	if (qr == NULL)
		return STR_ABSENT;
	*size = qr->width + 2 * QUIET;
	buf_init(&b, mem, SVG_MAX);
	for (int y = 0; y < qr->width; y++)
		put_row(&b, qr, y);
	QRcode_free(qr);
	return body_of(&b);
}

struct str
qr_svg(struct arena *mem, struct str text)
{
	int size = 0;
	struct str path = qr_path(mem, text, &size);
	struct buf b;

	if (!str_given(path))
		return STR_ABSENT;
	buf_init(&b, mem, SVG_MAX);
	buf_printf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\">"
	    "<path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path fill=\"#000\" d=\"", size, size, size, size);
	buf_put(&b, path);
	buf_put(&b, S("\"/></svg>\n"));
	return body_of(&b);
}
