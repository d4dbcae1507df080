/* import/when.c - times as an old database writes them. */
#include <time.h>

#include "import/when.h"

#define MS_FROM INT64_C(100000000000)   /* as seconds that would be the year 5138 */
#define ZONE_MAX_S (18 * 3600)

static bool
digits(struct str s, int64_t most, int64_t *out)
{
	return s.n >= 1 && s.n <= 2 && s.p[0] >= '0' && s.p[0] <= '9' && str_int(s, out) && *out <= most;
}

bool
zone_read(struct str s, int64_t *out)
{
	struct str rest, hours, minutes;
	int64_t h, m = 0;

	*out = 0;
	if (str_eq_nocase(s, S("z")) || str_eq_nocase(s, S("utc")))
		return true;
	if (s.n < 2 || (s.p[0] != '+' && s.p[0] != '-'))
		return false;
	rest = str_from(s, 1);
	hours = str_cut(&rest, ':');
	minutes = str_given(rest) ? rest : STR_ABSENT;
	if (!str_given(minutes) && hours.n == 4) {
		minutes = str_from(hours, 2);
		hours = str_sub(hours, 0, 2);
	}
	if (!digits(hours, 18, &h) || (str_given(minutes) && !digits(minutes, 59, &m)))
		return false;
	*out = (h * 3600 + m * 60) * (s.p[0] == '-' ? -1 : 1);
	return *out <= ZONE_MAX_S && *out >= -ZONE_MAX_S;
}

/* What stands behind the seconds: a fraction, which does not count, and the zone. */
static bool
tail_read(struct str s, int64_t zone_s, int64_t *out)
{
	size_t n = 0;

	if (s.n > 0 && (s.p[0] == '.' || s.p[0] == ','))
		for (n = 1; n < s.n && s.p[n] >= '0' && s.p[n] <= '9';)
			n++;
	s = str_trim(str_from(s, n));
	*out = zone_s;
	return s.n == 0 || zone_read(s, out);
}

bool
when_read(struct str s, int64_t zone_s, int64_t *out)
{
	struct tm t = { 0 };
	char text[20];
	int64_t zone;

	if (str_int(s, out))
		return *out /= *out > MS_FROM ? 1000 : 1, true;
	if (s.n < 19 || !tail_read(str_from(s, 19), zone_s, &zone))
		return false;
	memcpy(text, s.p, 19);
	text[19] = '\0';
	text[10] = ' ';
	if (strptime(text, "%Y-%m-%d %H:%M:%S", &t) == NULL)
		return false;
	*out = (int64_t)timegm(&t) - zone;
	return true;
}
