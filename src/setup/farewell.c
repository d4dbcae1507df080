/* setup/farewell.c - what the settings say of an issuer's end. RFC 9745, RFC 8594, RFC 9110 section 5.6.7. */
#include <time.h>

#include "setup/setup_int.h"

/* "2027-06-30" at its beginning in UTC; a day that the calendar has. */
static bool
day_read(struct str text, struct tm *out, int64_t *at_s)
{
	int64_t y, m, d;

	if (text.n != 10 || text.p[4] != '-' || text.p[7] != '-' || !str_int(str_sub(text, 0, 4), &y)
	    || !str_int(str_sub(text, 5, 2), &m) || !str_int(str_sub(text, 8, 2), &d) || y < 1970 || m < 1 || d < 1)
		return false;
	*out = (struct tm){ .tm_year = (int)y - 1900, .tm_mon = (int)m - 1, .tm_mday = (int)d };
	*at_s = (int64_t)timegm(out);
	return out->tm_mon == m - 1 && out->tm_mday == d;
}

static const char *const days[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };

static struct str
http_date(struct arena *mem, const struct tm *t)
{
	static const char *const names[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
		"Nov", "Dec" };

	return arena_printf(mem, "%s, %02d %s %d 00:00:00 GMT", names[t->tm_wday], t->tm_mday, months[t->tm_mon],
	    t->tm_year + 1900);
}

static bool
clock_read(struct str text, int64_t *second)
{
	int64_t h, m;

	if (text.n != 5 || text.p[2] != ':' || !str_int(str_sub(text, 0, 2), &h) || !str_int(str_sub(text, 3, 2), &m)
	    || h < 0 || h > 24 || m < 0 || m > 59 || (h == 24 && m > 0))
		return false;
	*second = (h * 60 + m) * 60;
	return true;
}

/* "tue 10:00-10:05", "daily 23:00-24:00" */
static bool
brownout_read(struct str text, struct brownout *out)
{
	struct str rest = str_trim(text), day = str_cut(&rest, ' '), from = STR_ABSENT;

	out->day = -2;
	if (str_is(day, "daily"))
		out->day = -1;
	for (int i = 0; i < (int)COUNT(days); i++)
		if (str_is(day, days[i]))
			out->day = i;
	if (out->day == -2 || !str_given(rest))
		return false;
	rest = str_trim(rest);
	from = str_cut(&rest, '-');
	return str_given(rest) && clock_read(from, &out->from_s) && clock_read(rest, &out->to_s)
	    && out->from_s < out->to_s;
}

/* False: *wrong is the piece that is none, or one too many. */
static bool
brownouts_read(struct str text, struct farewell *out, struct str *wrong)
{
	struct str rest = str_some(str_trim(text));

	out->n = 0;
	while (str_given(rest)) {
		*wrong = str_trim(str_cut(&rest, ','));
		if (out->n == BROWNOUTS_MAX || !brownout_read(*wrong, &out->at[out->n]))
			return false;
		out->n++;
	}
	return true;
}

void
farewell_read(const struct conf *c, struct str issuer, struct arena *mem, struct farewell *out)
{
	struct str link = conf_text(c, SEC_ISSUER, issuer, "sunset_link"), wrong;
	int64_t at_s;
	struct tm t;

	*out = (struct farewell){ .n = 0 };
	if (day_read(conf_text(c, SEC_ISSUER, issuer, "deprecation"), &t, &at_s))
		out->deprecation = arena_printf(mem, "@%lld", (long long)at_s);
	if (day_read(conf_text(c, SEC_ISSUER, issuer, "sunset"), &t, &at_s)) {
		out->sunset = http_date(mem, &t);
		out->sunset_s = at_s;
	}
	if (!str_empty(link))
		out->link = ARENA_CAT(mem, S("<"), link, S(">; rel=\"deprecation\", <"), link, S(">; rel=\"sunset\""));
	if (!brownouts_read(conf_text(c, SEC_ISSUER, issuer, "brownout"), out, &wrong))
		out->n = 0;
}

static void
day_is_sound(const struct conf *c, struct str issuer, const char *setting, int64_t *at_s, struct findings *f)
{
	const struct conf_value *v = conf_get(c, SEC_ISSUER, issuer, setting);
	struct tm t;

	*at_s = 0;
	if (!str_empty(v->text) && !day_read(v->text, &t, at_s))
		complain(f, v->where, "%s: \"%.*s\" is no day; write 2027-06-30", setting, STR_ARG(v->text));
}

void
farewell_is_consistent(const struct conf *c, struct str issuer, struct findings *f)
{
	const struct conf_value *link = conf_get(c, SEC_ISSUER, issuer, "sunset_link"),
				*hours = conf_get(c, SEC_ISSUER, issuer, "brownout"),
				*end = conf_get(c, SEC_ISSUER, issuer, "sunset");
	int64_t since_s, end_s;
	struct farewell read;
	struct str wrong;
	struct url u;

	day_is_sound(c, issuer, "deprecation", &since_s, f);
	day_is_sound(c, issuer, "sunset", &end_s, f);
	if (since_s > 0 && end_s > 0 && end_s < since_s)        /* RFC 9745 section 4 */
		complain(f, end->where, "sunset: must not lie before deprecation");
	if (!str_empty(link->text) && (url_read(link->text, &u) != NULL || !u.web))
		complain(f, link->where, "sunset_link: must be the URL of a page");
	if (!brownouts_read(hours->text, &read, &wrong))
		complain(f, hours->where,
		    "brownout: \"%.*s\" is no time of a brown-out; write at most %d of them as \"tue 10:00-10:05, "
		    "daily 23:00-23:01\"",
		    STR_ARG(wrong), BROWNOUTS_MAX);
}
