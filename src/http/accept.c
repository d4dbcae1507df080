/*
 * http/accept.c - what the client would rather have: Accept-Language, Accept and Accept-Encoding (RFC 9110 section
 * 12.5), what it has already: If-None-Match (13.1.2); media types.
 */
#include "http/http.h"

#define RANGES_MAX 32

/* "q=0.8" in thousandths; 0 for something malformed. */
static int
weight_read(struct str s)
{
	int q, scale = 100;

	if (s.n == 0 || s.n > 5 || (s.p[0] != '0' && s.p[0] != '1'))
		return 0;
	q = (s.p[0] - '0') * 1000;
	if (s.n > 1 && s.p[1] != '.')
		return 0;
	for (size_t i = 2; i < s.n; i++, scale /= 10) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return 0;
		q += (s.p[i] - '0') * scale;
	}
	return q > 1000 ? 0 : q;
}

/* One element of the list: what it names, and its weight. */
static struct str
range_read(struct str element, int *weight)
{
	struct str rest = element, range = str_trim(str_cut(&rest, ';'));

	*weight = 1000;
	while (str_given(rest)) {
		struct str param = str_trim(str_cut(&rest, ';'));

		if (str_starts_nocase(param, S("q=")))
			*weight = weight_read(str_from(param, 2));
	}
	return range;
}

/* How many subtags a range and a tag have in common from the left: "zh-TW" fits "zh-CN" as the same language. */
static int
fit(struct str range, struct str tag)
{
	int n = 0;

	while (str_given(range) && str_given(tag)) {
		struct str a = str_cut(&range, '-'), b = str_cut(&tag, '-');

		if (a.n == 0 || !str_eq_nocase(a, b))
			break;
		n++;
	}
	return n;
}

static int
best_fit(struct str range, const char *const *offered, int n)
{
	int best = -1, best_n = 0;

	for (int i = 0; i < n; i++) {
		int f = fit(range, str_of(offered[i]));

		if (f > best_n) {
			best = i;
			best_n = f;
		}
	}
	return best;
}

int
accept_language(struct str field, const char *const *offered, int n, int fallback)
{
	int best = fallback, best_weight = 0;
	struct str rest = field;

	for (int i = 0; i < RANGES_MAX && str_given(rest); i++) {
		int weight, k;
		struct str range = range_read(str_cut(&rest, ','), &weight);

		k = str_is(range, "*") ? fallback : best_fit(range, offered, n);
		if (k >= 0 && weight > best_weight) {
			best = k;
			best_weight = weight;
		}
	}
	return best;
}

/* Weight of a media type: the most specific range that covers it decides. */
static int
media_weight(struct str field, struct str type, struct str any_subtype)
{
	int found = 0, specific = 0;
	struct str rest = field;

	for (int i = 0; i < RANGES_MAX && str_given(rest); i++) {
		int weight, s;
		struct str range = range_read(str_cut(&rest, ','), &weight);

		s = str_eq_nocase(range, type)          ? 3
		    : str_eq_nocase(range, any_subtype) ? 2
		    : str_is(range, "*/*")              ? 1
							: 0;
		if (s > specific) {
			specific = s;
			found = weight;
		}
	}
	return found;
}

/* By its name, not by a range that happens to cover it. */
static bool
names(struct str field, struct str type)
{
	struct str rest = field;
	int weight;

	for (int i = 0; i < RANGES_MAX && str_given(rest); i++)
		if (str_eq_nocase(range_read(str_cut(&rest, ','), &weight), type))
			return true;
	return false;
}

bool
accept_prefers_html(struct str field)
{
	return media_weight(field, S("text/html"), S("text/*"))
	    > media_weight(field, S("application/json"), S("application/*"));
}

bool
accept_allows(struct str field, struct str type, struct str any_subtype)
{
	return str_empty(field) || media_weight(field, type, any_subtype) > 0;
}

bool
accept_asks_for(struct str field, struct str type, struct str usual)
{
	int weight = names(field, type) ? media_weight(field, type, S("")) : 0;

	return weight > 0 && (!names(field, usual) || weight >= media_weight(field, usual, S("")));
}

/* Weight of a coding, by its name or by the star; what neither names has the fallback. */
static int
coding_weight(struct str field, struct str coding, int fallback)
{
	int found = fallback;
	struct str rest = field;

	for (int i = 0; i < RANGES_MAX && str_given(rest); i++) {
		int weight;
		struct str range = range_read(str_cut(&rest, ','), &weight);

		if (str_eq_nocase(range, coding))
			return weight;
		if (str_is(range, "*"))
			found = weight;
	}
	return found;
}

bool
accept_coding(struct str field, struct str coding)
{
	int weight = coding_weight(field, coding, 0);

	return weight > 0 && (!names(field, S("identity")) || weight >= coding_weight(field, S("identity"), 0));
}

/* Compared weakly: section 8.8.3.2. A comma inside of somebody else's tag leaves pieces that are no tag. */
bool
none_match_names(struct str field, struct str tag)
{
	struct str rest = field;

	if (str_is(str_trim(field), "*"))
		return true;
	for (int i = 0; i < RANGES_MAX && str_given(rest); i++) {
		struct str named = str_trim(str_cut(&rest, ','));

		if (str_eq(str_starts(named, S("W/")) ? str_from(named, 2) : named, tag))
			return true;
	}
	return false;
}

struct str
media_type(struct str content_type)
{
	struct str rest = content_type;

	return str_given(rest) ? str_trim(str_cut(&rest, ';')) : STR_ABSENT;
}
