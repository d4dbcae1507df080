/* import/jackson.c - JSON that Jackson wrote with type information, and durations in it. */
#include "import/jackson.h"

#define SECONDS_MAX INT64_C(9007199254740992)   /* what a double holds exactly */

const json_t *
jackson_read(struct arena *mem, struct str text)
{
	json_t *v = json_loadb(text.p ? text.p : "", text.n, 0, NULL);

	if (v == NULL || !arena_defer(mem, (void (*)(void *))json_decref, v))
		return NULL;
	return json_is_object(v) ? v : NULL;
}

const json_t *
jackson_plain(const json_t *v)
{
	const char *first = json_string_value(json_array_get(v, 0));

	if (json_array_size(v) == 2 && first != NULL && strchr(first, '.') != NULL)
		return json_array_get(v, 1);
	if (json_is_object(v) && json_object_get(v, "@class") != NULL && json_object_get(v, "value") != NULL)
		return json_object_get(v, "value");
	return v;
}

/* "1H", "30M", "1.5S": one number and its unit off the head. */
static bool
part_read(struct str *s, int64_t *number, char *unit)
{
	size_t n = 0, end;

	while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9')
		n++;
	if (n == 0 || n > 15 || !str_int(str_sub(*s, 0, n), number))
		return false;
	for (end = n; end < s->n && (s->p[end] == '.' || (s->p[end] >= '0' && s->p[end] <= '9'));)
		end++;
	if (end == s->n)
		return false;
	*unit = s->p[end];
	*s = str_from(*s, end + 1);
	return true;
}

/* "P1DT2H", "PT5M", "PT0.5S" */
static bool
iso_read(struct str s, int64_t *out)
{
	static const struct { char unit; bool time; int64_t seconds; } units[] = {
		{ 'D', false, 86400 }, { 'H', true, 3600 }, { 'M', true, 60 }, { 'S', true, 1 },
	};
	bool time = false;
	int64_t number;
	char unit;

	if (!str_starts(s, S("P")) || s.n < 3)
		return false;
	for (s = str_from(s, 1), *out = 0; s.n > 0;) {
		size_t i = 0;

		if (!time && s.p[0] == 'T') {
			time = true;
			s = str_from(s, 1);
		}
		if (!part_read(&s, &number, &unit))
			return false;
		while (i < COUNT(units) && (units[i].unit != unit || units[i].time != time))
			i++;
		if (i == COUNT(units) || number > SECONDS_MAX / 86400)
			return false;
		*out += number * units[i].seconds;
	}
	return true;
}

/* "300", "300.000000000" */
static bool
text_seconds(struct str s, int64_t *out)
{
	struct str whole = str_cut(&s, '.');

	return whole.n <= 15 && str_int(whole, out) && *out >= 0;
}

bool
jackson_seconds(const json_t *v, int64_t *out)
{
	struct str text;

	v = jackson_plain(v);
	if (json_is_integer(v))
		return *out = json_integer_value(v), *out >= 0 && *out <= SECONDS_MAX;
	if (json_is_real(v) && json_real_value(v) >= 0 && json_real_value(v) <= (double)SECONDS_MAX)
		return *out = (int64_t)json_real_value(v), true;
	if (!json_is_string(v))
		return false;
	text = str_span(json_string_value(v), json_string_length(v));
	return str_starts(text, S("P")) ? iso_read(text, out) : text_seconds(text, out);
}
