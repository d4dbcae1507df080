/* base/roff.h - text as a manual page of man(7), from the little Markdown that this program writes. */
#ifndef HUFU_BASE_ROFF_H
#define HUFU_BASE_ROFF_H

#include "base/base.h"

/* .TH: name in capitals, section, and the version at the foot of the page. */
void roff_title(struct buf *b, const char *name, int section, const char *version);
void roff_heading(struct buf *b, struct str text);      /* .SH */
/* .TP: what follows, up to the next of these calls, is about this word, which is shown in bold as it is. */
void roff_item(struct buf *b, struct str word);
void roff_paragraph(struct buf *b);
void roff_code(struct buf *b, struct str lines);        /* as it stands, indented */
/*
 * Running text: nothing of it is a request or an escape of roff. `code` is bold, *word* between
 * blanks or marks italic, [text](address) the text; lines of the source are joined.
 */
void roff_text(struct buf *b, struct str text);
/*
 * A page of "# title", paragraphs, "## heading" and tables with a cell in backquotes in front: each
 * row becomes an item with the cells between in brackets and the last one as its text. The title is
 * left to the caller; heads of tables go.
 */
void roff_markdown(struct buf *b, struct str page);
#endif
