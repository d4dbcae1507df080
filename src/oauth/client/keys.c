/*
 * oauth/client/keys.c - what a client has signed, or a certificate of it, by the keys that it registered. RFC 7591
 * section 2 (jwks, jwks_uri).
 */
#include "oauth/client/register_int.h"
#include "oauth/client_metadata.h"
#include "jose/certificate.h"

#define KEPT_MS       (10 * 60 * 1000)          /* a key that is gone there counts no longer than this */
#define ASK_AGAIN_MS  (5 * 1000)                /* a signature by an unknown key: it may have been turned meanwhile */

/* What is asked of a set of keys. */
struct asked {
	const struct certificate *cert;         /* is it there? NULL: */
	uint64_t algs;
	struct str token;
	struct jwt *out;
};

static bool
set_answers(struct call *c, struct str set, const struct asked *q, struct str *why)
{
	struct jwks keys;
	const char *wrong;

	if (!jwks_read(c->mem, c->svc->keys, set, &keys, &wrong)) {
		*why = arena_say(c->mem, "its key set: %s", wrong);
		return false;
	}
	if (q->cert != NULL) {
		*why = SAY("neither it nor its key is registered by the client");
		return jwks_has_certificate(c->mem, &keys, q->cert);
	}
	*why = SAY("no key of the client has signed it");
	return jwks_verify(c->mem, &keys, q->algs, q->token, q->out);
}

static bool
document_answers(struct call *c, struct str url, const struct asked *q, struct str *why)
{
	static const int64_t keep_ms[] = { KEPT_MS, ASK_AGAIN_MS };
	const char *trouble;
	struct str set;

	for (size_t i = 0; i < COUNT(keep_ms); i++) {
		if (!client_fetch(c, url, keep_ms[i], FETCH_ANY_TIME, &set, &trouble)) {
			*why = arena_say(c->mem, "its key set: %s", trouble);
			return false;
		}
		if (set_answers(c, set, q, why))
			return true;
	}
	return false;
}

static bool
keys_answer(struct call *c, const struct client *k, const struct asked *q, struct str *why)
{
	const struct client_metadata *m = client_metadata(k);

	if (!str_empty(m->jwks))
		return set_answers(c, m->jwks, q, why);
	if (!str_empty(m->jwks_uri))
		return document_answers(c, m->jwks_uri, q, why);
	*why = SAY("the client has no key registered");
	return false;
}

bool
client_has_signed(struct call *c, const struct client *k, uint64_t algs, struct str token, struct jwt *out,
    struct str *why)
{
	algs &= policy_client_algs(c->issuer->policy);
	return keys_answer(c, k, &(struct asked){ .algs = algs, .token = token, .out = out }, why);
}

bool
client_has_certificate(struct call *c, const struct client *k, const struct certificate *cert, struct str *why)
{
	return keys_answer(c, k, &(struct asked){ .cert = cert }, why);
}

bool
client_keys_are_elsewhere(const struct client *k)
{
	const struct client_metadata *m = client_metadata(k);

	return str_empty(m->jwks) && !str_empty(m->jwks_uri);
}

/* A fragment tells versions apart, so it may change: Dynamic Client Registration 1.0 section 2, request_uris. */
static struct str
without_fragment(struct str uri)
{
	ptrdiff_t at = str_index(uri, '#');

	return at < 0 ? uri : str_sub(uri, 0, (size_t)at);
}

bool
client_has_request_uri(const struct client *k, struct str uri)
{
	struct str rest = client_metadata(k)->request_uris;

	while (!str_empty(rest))
		if (str_eq(without_fragment(str_cut(&rest, '\n')), without_fragment(uri)))
			return true;
	return false;
}

bool
audience_names(const json_t *aud, struct str url)
{
	const json_t *one;
	size_t i;

	if (json_is_string(aud))
		return str_eq(str_span(json_string_value(aud), json_string_length(aud)), url);
	json_array_foreach(aud, i, one)
		if (json_is_string(one) && audience_names(one, url))
			return true;
	return false;
}
