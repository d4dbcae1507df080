/* setup/passwords.c - the settings `passwords`: what is asked of a password that is set in clear. */
#include "setup/setup_int.h"

#define FILE_KEY "passwords.common_file"

bool
setup_passwords(const struct conf *c, struct arena *mem, struct password_rule *out, struct str *why)
{
	struct str file = conf_text(c, SEC_TOP, STR_ABSENT, FILE_KEY), cause = STR_ABSENT;

	*out = (struct password_rule){ .min = conf_int(c, SEC_TOP, STR_ABSENT, "passwords.min"),
		.own_words = conf_int(c, SEC_TOP, STR_ABSENT, "passwords.own_words") != 0,
		.common = conf_int(c, SEC_TOP, STR_ABSENT, "passwords.common") != 0,
		.listed = STR_ABSENT };
	if (str_empty(file))
		return true;
	out->listed = file_content(mem, file, PASSWORD_LIST_MAX, &cause);
	if (!str_given(out->listed))
		*why = arena_printf(mem, FILE_KEY ": %.*s", STR_ARG(cause));
	else if (!str_utf8(out->listed))
		*why = arena_say(mem, "%s: %.*s: it must be UTF-8, one password a line", FILE_KEY, STR_ARG(file));
	else
		return true;
	return false;
}
