/*
 * oauth/client/logo.c - a client's logo, fetched by this server and given from its own origin, so
 * that no stranger's server learns who looks at the consent page. RFC 7591 section 5. An image by
 * its first bytes, whatever its server calls it; never SVG, which is a program.
 */
#include "oauth/client/register_int.h"

#define KEPT_MS (6 * 60 * 60 * 1000)

static const struct { const char *type, *begin, *then; } images[] = {
	{ "image/png", "\x89PNG\r\n\x1a\n", "" },
	{ "image/jpeg", "\xff\xd8\xff", "" },
	{ "image/gif", "GIF87a", "" },
	{ "image/gif", "GIF89a", "" },
	{ "image/webp", "RIFF", "WEBP" },       /* the size stands between them */
};

static struct str
image_type(struct str body)
{
	for (size_t i = 0; i < COUNT(images); i++) {
		struct str begin = str_of(images[i].begin), then = str_of(images[i].then);

		if (str_starts(body, begin) && str_starts(str_from(body, begin.n + 4), then))
			return str_of(images[i].type);
	}
	return STR_ABSENT;
}

static struct str
logo_uri(const struct call *c)
{
	const struct client *k = client_find(c, c->arg[P_CLIENT_ID]);

	return k != NULL && k->enabled ? str_some(client_metadata(k)->logo_uri) : STR_ABSENT;
}

bool
client_logo_is_due(const struct call *c)
{
	struct str uri = logo_uri(c), body;

	return str_given(uri) && c->svc->documents != NULL
	    && !document_kept(c->svc->documents, c->mem, uri, KEPT_MS, c->now_ms, &body);
}

struct answer
logo_endpoint(struct call *c)
{
	struct str uri = logo_uri(c), body, type;
	const char *trouble = NULL;

	if (!str_given(uri) || !client_fetch(c, uri, KEPT_MS, FETCH_RARELY, &body, &trouble))
		return fail(c, R_NOT_FOUND, str_of(trouble)), answer_fault(c);
	type = image_type(body);
	if (!str_given(type))
		return fail(c, R_NOT_FOUND, SAY("it is no image that can be shown")), answer_fault(c);
	return (struct answer){ .kind = ANS_DOCUMENT, .document = { .type = type, .body = body } };
}
