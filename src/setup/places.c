/* setup/places.c - no two issuers at one place: listener, host name and path together name one. */
#include "setup/setup_int.h"

#include <assert.h>

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

bool
issuer_takes_certs(const struct conf *c, struct str issuer)
{
	const struct str *names;
	size_t n = conf_names(c, SEC_LISTENER, &names);

	if (!str_empty(conf_text(c, SEC_TOP, STR_ABSENT, "http.client_cert_header")))
		return true;
	for (size_t i = 0; i < n; i++)
		if (issuer_is_on(c, issuer, names[i])
		    && conf_int(c, SEC_LISTENER, names[i], "client_certificates") != 0)
			return true;
	return false;
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

size_t
issuer_prefixes(const struct conf *c, struct str issuer, struct str out[PREFIXES_MAX])
{
	const struct conf_value *also = conf_get(c, SEC_ISSUER, issuer, "also_at");
	struct issuer_url url;
	size_t n = 0;

	if (!issuer_url_read(conf_text(c, SEC_ISSUER, issuer, "url"), &url))
		return 0;
	out[n++] = url.prefix;
	assert(also->n_words < PREFIXES_MAX);           /* settings.def allows no more */
	for (size_t i = 0; i < also->n_words; i++) {
		struct str more = also->words[i].n == 1 ? S("") : also->words[i];

		if (!str_eq(more, url.prefix))
			out[n++] = more;
	}
	return n;
}

static bool
share_prefix(const struct conf *c, struct str a, struct str b, struct str *prefix)
{
	struct str of_a[PREFIXES_MAX], of_b[PREFIXES_MAX];
	size_t n_a = issuer_prefixes(c, a, of_a), n_b = issuer_prefixes(c, b, of_b);

	for (size_t i = 0; i < n_a; i++)
		for (size_t k = 0; k < n_b; k++)
			if (str_eq(of_a[i], of_b[k])) {
				*prefix = of_a[i];
				return true;
			}
	return false;
}

static bool
share_place(const struct conf *c, struct str a, struct str b, struct str *prefix)
{
	return share_prefix(c, a, b, prefix)
	    && str_eq_nocase(conf_text(c, SEC_ISSUER, a, "host"), conf_text(c, SEC_ISSUER, b, "host"))
	    && share_listener(c, a, b);
}

void
places_are_distinct(const struct conf *c, struct findings *f)
{
	const struct str *names;
	size_t n = conf_names(c, SEC_ISSUER, &names);
	struct str prefix;

	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			if (share_place(c, names[i], names[j], &prefix))
				complain(f, conf_where(c, SEC_ISSUER, names[j], "url"),
				    "issuers %.*s and %.*s are both served at the same listener, host and "
				    "path \"%.*s\"; give one of them another path, host or listener",
				    STR_ARG(names[i]), STR_ARG(names[j]), STR_ARG(prefix));
}
