/*
 * manage/check.c - what may stand in a record. Syntax from RFC 6749 appendix A, redirect URIs from
 * RFC 8252 and RFC 9700.
 */
#include "manage/manage_int.h"

static bool
every(struct str s, const char *more)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!alnum && (c == '\0' || strchr(more, c) == NULL))
			return false;
	}
	return true;
}

const char *
check_client_id(struct str id)
{
	return !str_is_visible(id) ? say("must be visible ASCII characters without blanks")
	    : id.n > 256       ? say("must have at most 256 characters")
			       : NULL;
}

const char *
check_realm(struct str name)
{
	return name.n == 0 || name.n > 64 || !every(name, "-_.")
	    ? say("must be 1 to 64 letters, digits, '-', '_' or '.'")
	    : NULL;
}

const char *
check_text(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return say("must not contain control characters");
	return !str_utf8(s) ? say("must be UTF-8") : s.n > 1024 ? say("must have at most 1024 bytes") : NULL;
}

const char *
check_word(struct str s)
{
	return s.n > 256 || !str_is_visible(s) ? say("must be words of visible ASCII characters") : NULL;
}

/* RFC 6749 section 3.3: %x21 / %x23-5B / %x5D-7E. */
const char *
check_scope(struct str s)
{
	if (s.n > 256 || !str_is_visible(s) || str_index(s, '"') >= 0 || str_index(s, '\\') >= 0)
		return say("must be scope words: visible ASCII characters without '\"' and '\\' (RFC 6749 "
			   "section 3.3)");
	return NULL;
}

const char *
check_grant(struct str s)
{
	for (size_t i = 0; i < GI_COUNT; i++)
		if (str_is(s, grants[i]->name))
			return NULL;
	return str_is(s, "implicit") ? NULL
				     : say("must be grants that are known, such as authorization_code, "
					   "refresh_token, client_credentials, password or implicit");
}

const char *
check_habit(struct str s)
{
	for (size_t i = 0; i < HABIT_COUNT; i++)
		if (str_is(s, habit_rows[i].word))
			return NULL;
	return say("must be weak habits that are known: password, implicit, query_secret, refresh_reuse, "
		   "loose_redirect or bare_openid");
}

/*
 * Absolute, no fragment (RFC 6749 section 3.1.2); http and https with a host; else a scheme of the
 * application's own, which old servers took whatever it was called.
 */
const char *
check_redirect_uri_old(struct str s)
{
	struct url u;
	const char *wrong = url_read(s, &u);

	if (!str_is_visible(s) || s.n > 2000)
		return say("must be an absolute URI of visible ASCII characters, at most 2000 (percent-encode others)");
	if (str_given(u.fragment))
		return say("must not have a fragment ('#')");
	if (wrong == NULL && !u.web && !url_scheme_is_private(u.scheme))
		return say("must be https, http, or a private-use scheme: this one runs code or has another meaning");
	if (wrong == NULL)
		return NULL;
	return u.web || str_given(u.authority)
	    ? say("must name a host and perhaps a port, without user or password, in one way that every "
		  "reader understands")
	    : say("must be an absolute URI such as https://app.example/callback");
}

/* RFC 8252 section 7.1 makes a private-use scheme a reversed domain name. */
const char *
check_redirect_uri(struct str s)
{
	const char *wrong = check_redirect_uri_old(s);

	return wrong != NULL || redirect_uri_has_dot(s) ? wrong
	    : say("must be https, http, or a private-use scheme with a dot such as com.example.app:/callback");
}

const char *
check_origin(struct str s)
{
	struct url u;
	bool plain = url_read(s, &u) == NULL && u.web && str_empty(u.path) && !str_given(u.query)
	    && !str_given(u.fragment);

	if (s.n > 300 || !plain)
		return say("must be origins such as https://app.example, without a path");
	return NULL;
}

const char *
check_web_uri(struct str s)
{
	struct url u;

	if (!str_is_visible(s) || url_read(s, &u) != NULL || !u.web)
		return say("must be an address that begins with https:// or http://, without user or password");
	return str_given(u.fragment) ? say("must not have a fragment ('#')") : NULL;
}
