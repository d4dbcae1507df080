/* setup/issuer_url.c - the URL of an issuer taken apart, and the path prefixes that requests are matched with. */
#include "setup/setup_int.h"

/* A prefix is matched byte for byte against request paths, so it must have one spelling only. */
bool
prefix_is_sane(struct str prefix)
{
	if (prefix.n == 0)
		return true;
	for (size_t i = 0; i < prefix.n; i++) {
		char c = prefix.p[i];
		bool fine = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
		    || strchr("/-._~", c);

		if (!fine || (c == '/' && i + 1 < prefix.n && (prefix.p[i + 1] == '/' || prefix.p[i + 1] == '.')))
			return false;
	}
	return prefix.p[prefix.n - 1] != '/';
}

/* Answers repeat it byte for byte and requests are matched with it: small letters only, where letters do not count. */
bool
issuer_url_read(struct str text, struct issuer_url *out)
{
	struct url url;
	bool web = str_starts(text, S("https://")) || str_starts(text, S("http://"));

	if (!web || url_read(text, &url) != NULL || str_given(url.query) || str_given(url.fragment))
		return false;
	*out = (struct issuer_url){ .secure = url.secure, .host = url.authority, .prefix = url.path };
	return prefix_is_sane(out->prefix);
}
