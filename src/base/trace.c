/* base/trace.c - W3C Trace Context: traceparent read and written. */
#include "base/base.h"

#define KNOWN_FLAGS 3                   /* the others are to be zero in what is sent: section 3.2.2.5.3 */

static bool
is_hex(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
			return false;
	return true;
}

static bool
is_zero(struct str s)
{
	size_t i = 0;

	while (i < s.n && s.p[i] == '0')
		i++;
	return i == s.n;
}

static void
span_draw(char out[TRACE_SPAN_SIZE + 1])
{
	uint8_t bytes[TRACE_SPAN_SIZE / 2];

	rand_bytes(bytes, sizeof bytes);
	bytes[0] |= 1;                          /* never all zeros */
	hex_write(out, bytes, sizeof bytes);
	out[TRACE_SPAN_SIZE] = '\0';
}

/* Of the first four fields alone, which are where they are in each version. */
static bool
shape_is_right(struct str s, struct str field[4])
{
	static const size_t at[] = { 0, 3, 36, 53 }, n[] = { 2, TRACE_ID_SIZE, TRACE_SPAN_SIZE, 2 };

	for (size_t i = 0; i < 4; i++) {
		field[i] = str_sub(s, at[i], n[i]);
		if (!is_hex(field[i]) || (i > 0 && s.p[at[i] - 1] != '-'))
			return false;
	}
	return s.n == TRACE_PARENT_SIZE || (s.p[TRACE_PARENT_SIZE] == '-' && !str_is(field[0], "00"));
}

bool
trace_id_is_sane(struct str id)
{
	return id.n == TRACE_ID_SIZE && is_hex(id) && !is_zero(id);
}

bool
trace_read(struct str s, struct trace *out)
{
	struct str field[4];

	*out = (struct trace){ .flags = 0 };
	if (s.n < TRACE_PARENT_SIZE || !shape_is_right(s, field) || str_is(field[0], "ff")
	    || is_zero(field[1]) || is_zero(field[2]))
		return false;
	memcpy(out->id, field[1].p, TRACE_ID_SIZE);
	memcpy(out->parent, field[2].p, TRACE_SPAN_SIZE);
	out->flags = (uint8_t)((hex_value(field[3].p[0]) << 4 | hex_value(field[3].p[1])) & KNOWN_FLAGS);
	span_draw(out->span);
	return true;
}

bool
trace_state_read(struct str s, struct trace *t)
{
	t->state = STR_ABSENT;
	if (t->id[0] == '\0' || s.n == 0 || s.n > TRACE_STATE_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] < ' ' || s.p[i] > '~') && s.p[i] != '\t')
			return false;
	t->state = s;
	return true;
}

void
trace_write(const struct trace *t, char out[TRACE_PARENT_SIZE + 1])
{
	snprintf(out, TRACE_PARENT_SIZE + 1, "00-%s-%s-%02x", t->id, t->span, (unsigned)(t->flags & KNOWN_FLAGS));
}
