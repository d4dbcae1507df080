/* setup/passwords.c - the settings `passwords`: what is asked of a password that is set in clear. */
#include "setup/setup_int.h"
#include "base/file.h"

#define COMMON_KEY   "passwords.common_file"
#define BREACHED_KEY "passwords.breached_file"

static bool
listed_read(const struct conf *c, struct arena *mem, struct password_rule *out, struct str *why)
{
	struct str file = conf_text(c, SEC_TOP, STR_ABSENT, COMMON_KEY), cause = STR_ABSENT;

	if (str_empty(file))
		return true;
	out->listed = file_content(mem, file, PASSWORD_LIST_MAX, &cause);
	if (!str_given(out->listed))
		*why = arena_printf(mem, COMMON_KEY ": %.*s", STR_ARG(cause));
	else if (!str_utf8(out->listed))
		*why = arena_say(mem, "%s: %.*s: it must be UTF-8, one password a line", COMMON_KEY, STR_ARG(file));
	else
		return true;
	return false;
}

static bool
breached_read(const struct conf *c, struct arena *mem, struct password_rule *out, struct str *why)
{
	struct str file = conf_text(c, SEC_TOP, STR_ABSENT, BREACHED_KEY);
	const char *wrong;

	if (str_empty(file))
		return true;
	if ((wrong = password_filter_open(mem, file, &out->breached)) != NULL)
		*why = arena_printf(mem, BREACHED_KEY ": %.*s: %s", STR_ARG(file), wrong);
	return wrong == NULL;
}

bool
setup_passwords(const struct conf *c, struct arena *mem, struct password_rule *out, struct str *why)
{
	*out = (struct password_rule){ .min = conf_int(c, SEC_TOP, STR_ABSENT, "passwords.min"),
		.max = conf_int(c, SEC_TOP, STR_ABSENT, "passwords.max"),
		.own_words = conf_int(c, SEC_TOP, STR_ABSENT, "passwords.own_words") != 0,
		.common = conf_int(c, SEC_TOP, STR_ABSENT, "passwords.common") != 0,
		.listed = STR_ABSENT,
		.history = conf_int(c, SEC_TOP, STR_ABSENT, "passwords.history"),
		.max_age_s = conf_int(c, SEC_TOP, STR_ABSENT, "passwords.max_age") };
	if (out->max < out->min) {
		*why = arena_say(mem, "passwords.max: it is less than passwords.min (%lld), so that no password would fit",
		    (long long)out->min);
		return false;
	}
	return listed_read(c, mem, out, why) && breached_read(c, mem, out, why);
}

/* Whose line is meant by a reason of setup_passwords: it begins with the setting's name. */
const char *
setup_passwords_key(struct str why)
{
	return str_starts(why, S(BREACHED_KEY)) ? BREACHED_KEY : str_starts(why, S(COMMON_KEY)) ? COMMON_KEY : "passwords.max";
}
