/* login/ldap_settings.c - what of a directory's settings cannot work, judged without asking it. */
#include "login/ldap.h"

static void
url_judge(const struct directory *d, const char *url, struct findings *f)
{
	bool clear = str_starts(str_of(url), S("ldap://")), sealed = str_starts(str_of(url), S("ldaps://"));
	struct url parts;
	const char *wrong = url_read(str_of(url), &parts);

	if (!clear && !sealed)
		setting_wrong(f, "urls", "urls: \"%s\" is no LDAP URL; write ldaps://host or ldap://host", url);
	else if (wrong != NULL || parts.path.n > 0 || str_given(parts.query)
	    || str_given(parts.fragment) || str_empty(parts.authority))
		setting_wrong(f, "urls", "urls: \"%s\" must hold a host and perhaps a port, nothing else", url);
	if (clear && !d->starttls)
		setting_wrong(f, "urls",
		    "urls: %s would carry passwords in the clear; use ldaps:// or set starttls: true", url);
}

void
directory_judge(const struct directory *d, struct findings *f)
{
	for (size_t i = 0; i < d->n_urls; i++)
		url_judge(d, d->urls[i], f);
	if (d->bind != DIRECTORY_SEARCH && str_empty(d->domain))
		setting_wrong(f, "domain", "domain: bind upn and domain need it");
	if (d->bind == DIRECTORY_SEARCH
	    && (d->bind_dn[0] == '\0' || str_empty(d->bind_password) || d->base[0] == '\0'))
		setting_wrong(f, "bind", "bind: search needs bind_dn, bind_password and base");
	if (d->change == CHANGE_UNICODE_PWD && !directory_can_look(d))
		setting_wrong(
		    f, "password_change", "password_change: unicode_pwd needs bind_dn, bind_password and base");
}
