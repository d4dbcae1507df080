/*
 * import/csv.c - comma-separated values. RFC 4180, with LF as well as CRLF, and a byte order mark
 * skipped; with ';' or tabs where the heading has these and no comma.
 */
#include "import/source.h"

struct csv { struct arena *mem; struct str rest; char comma; struct str cells[CSV_CELLS_MAX]; size_t n; };

/* Between quotes; "" is one quote. */
static bool
quoted(struct csv *c, struct str *out)
{
	char *to = NULL;
	size_t n = 0, i = 1;

	for (size_t k = 1;
	     k < c->rest.n && !(c->rest.p[k] == '"' && (k + 1 >= c->rest.n || c->rest.p[k + 1] != '"'));
	     k += c->rest.p[k] == '"' ? 2 : 1)
		n++;
	to = arena_alloc(c->mem, n);
	n = 0;
	while (to != NULL && i < c->rest.n) {
		bool quote = c->rest.p[i] == '"';
		if (quote && (i + 1 >= c->rest.n || c->rest.p[i + 1] != '"')) {
			*out = str_span(to, n);
			c->rest = str_from(c->rest, i + 1);
			return true;
		}
		to[n++] = c->rest.p[i];
		i += quote ? 2 : 1;
	}
	return false;
}

static bool
plain(struct csv *c, struct str *out)
{
	size_t n = 0;

	while (n < c->rest.n && c->rest.p[n] != c->comma && c->rest.p[n] != '\n' && c->rest.p[n] != '\r'
	    && c->rest.p[n] != '"')
		n++;
	*out = str_sub(c->rest, 0, n);
	if (str_is(*out, "\\N") || str_is(*out, "NULL"))        /* MySQL and PostgreSQL; phpMyAdmin */
		*out = STR_ABSENT;
	c->rest = str_from(c->rest, n);
	return c->rest.n == 0 || c->rest.p[0] != '"';
}

/* What ends a cell: a comma, the end of the record, or of the text. */
static bool
ended(struct csv *c, bool *record)
{
	*record = true;
	if (c->rest.n == 0)
		return true;
	if (c->rest.p[0] == c->comma)
		*record = false;
	else if (c->rest.p[0] == '\r' && c->rest.n > 1 && c->rest.p[1] == '\n')
		c->rest = str_from(c->rest, 1);
	else if (c->rest.p[0] != '\n')
		return false;
	c->rest = str_from(c->rest, 1);
	return true;
}

static bool
record_read(struct csv *c)
{
	bool done = false;

	for (c->n = 0; !done; c->n++) {
		if (c->n == CSV_CELLS_MAX)
			return false;
		if (!(c->rest.n > 0 && c->rest.p[0] == '"' ? quoted(c, &c->cells[c->n])
							   : plain(c, &c->cells[c->n]))
		    || !ended(c, &done))
			return false;
	}
	return true;
}

/* What stands between the fields: what the first line has outside of quotes. */
static char
comma_of(struct str text)
{
	static const char commas[] = ",;\t";
	bool seen[3] = { false }, quoted = false;
	const char *at;

	for (size_t i = 0; i < text.n && (quoted || (text.p[i] != '\n' && text.p[i] != '\r')); i++) {
		quoted = text.p[i] == '"' ? !quoted : quoted;
		if (!quoted && text.p[i] != '\0' && (at = strchr(commas, text.p[i])) != NULL)
			seen[at - commas] = true;
	}
	return seen[0] || (!seen[1] && !seen[2]) ? ',' : seen[1] ? ';' : '\t';
}

bool
csv_read(struct arena *mem, struct str text, csv_row_fn *row, void *ctx)
{
	struct csv *c = arena_new(mem, struct csv);

	if (c == NULL)
		return false;
	*c = (struct csv){ .mem = mem, .rest = str_starts(text, S("\xef\xbb\xbf")) ? str_from(text, 3) : text };
	c->comma = comma_of(c->rest);
	while (c->rest.n > 0) {
		if (!record_read(c))
			return false;
		if (c->n == 1 && c->cells[0].n == 0)            /* an empty line */
			continue;
		if (!row(ctx, c->cells, c->n))
			return false;
	}
	return true;
}
