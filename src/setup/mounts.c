/* setup/mounts.c - no two issuers at one place: listener, host name and path together name one. */
#include "setup/setup_int.h"

int
listener_index(const struct conf *c, struct str name)
{
	const struct str *names;
	size_t n = conf_names(c, SEC_LISTENER, &names);

	for (size_t i = 0; i < n; i++)
		if (str_eq(names[i], name))
			return (int)i;
	return -1;
}

bool
issuer_is_on(const struct conf *c, struct str issuer, struct str listener)
{
	const struct conf_value *on = conf_get(c, SEC_ISSUER, issuer, "listener");

	for (size_t i = 0; i < on->n_words; i++)
		if (str_eq(on->words[i], listener))
			return true;
	return on->n_words == 0;
}

static bool
share_listener(const struct conf *c, struct str a, struct str b)
{
	const struct str *names;
	size_t n = conf_names(c, SEC_LISTENER, &names);

	for (size_t i = 0; i < n; i++)
		if (issuer_is_on(c, a, names[i]) && issuer_is_on(c, b, names[i]))
			return true;
	return false;
}

static bool
share_mount(const struct conf *c, struct str a, struct str b, struct str *prefix)
{
	struct issuer_url of_a, of_b;

	if (!issuer_url_read(conf_text(c, SEC_ISSUER, a, "url"), &of_a) || !issuer_url_read(conf_text(c, SEC_ISSUER, b, "url"), &of_b))
		return false;
	*prefix = of_a.prefix;
	return str_eq(of_a.prefix, of_b.prefix) && str_eq_nocase(conf_text(c, SEC_ISSUER, a, "host"), conf_text(c, SEC_ISSUER, b, "host"))
	       && share_listener(c, a, b);
}

void
mounts_are_distinct(const struct conf *c, struct complaints *bad)
{
	const struct str *names;
	size_t n = conf_names(c, SEC_ISSUER, &names);
	struct str prefix;

	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			if (share_mount(c, names[i], names[j], &prefix))
				complain(bad, "issuers %.*s and %.*s are both served at the same listener, host and path \"%.*s\"; give one of them another path, host or listener",
					STR_ARG(names[i]), STR_ARG(names[j]), STR_ARG(prefix));
}
