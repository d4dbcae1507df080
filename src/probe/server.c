/* probe/server.c - metadata: RFC 8414, OpenID Connect Discovery 1.0 section 4. */
#include "probe/probe.h"

#define OPENID "/.well-known/openid-configuration"
#define OAUTH  "/.well-known/oauth-authorization-server"

static struct str
without_slash(struct str s)
{
	return str_ends(s, S("/")) ? str_sub(s, 0, s.n - 1) : s;
}

/* RFC 8414 section 3.1: between host and path. */
static struct str
oauth_address(struct arena *mem, struct str issuer)
{
	struct url u;
	size_t host_end;

	if (url_read(issuer, &u) != NULL || !u.web)
		return STR_ABSENT;
	host_end = (size_t)(u.authority.p + u.authority.n - issuer.p);
	return ARENA_CAT(mem, str_sub(issuer, 0, host_end), S(OAUTH), without_slash(str_from(issuer, host_end)));
}

/* People forget a slash, or write one. */
static bool
is_that_issuer(struct str issuer, const json_t *metadata)
{
	return str_eq(without_slash(json_member_str(metadata, "issuer")), without_slash(issuer));
}

bool
probe_look(struct probe *p, struct str issuer, struct probe_server *out)
{
	struct str why, address = oauth_address(p->mem, issuer);
	const char *wrong = outbound_url_trouble(issuer, &p->rules);
	json_t *got;

	*out = (struct probe_server){ .issuer = issuer };
	if (wrong != NULL)
		return probe_fail(p, ARENA_CAT(p->mem, issuer, S(": "), str_of(wrong)));
	got = probe_get(p, ARENA_CAT(p->mem, without_slash(issuer), S(OPENID)));
	if (got == NULL) {
		why = p->why;
		if ((got = probe_get(p, address)) == NULL)
			return probe_fail(p, ARENA_CAT(p->mem, why, S("; "), p->why));
	}
	out->metadata = got;
	if (is_that_issuer(issuer, got))
		out->issuer = json_member_str(got, "issuer");
	return true;
}

/* Whoever is asked under one name and answers under another may be an attacker's: RFC 8414 section 3.3. */
bool
probe_discover(struct probe *p, struct str issuer, struct probe_server *out)
{
	if (!probe_look(p, issuer, out))
		return false;
	return is_that_issuer(issuer, out->metadata)
	    || probe_fail(p, arena_say(p->mem, "%.*s: the document is of the issuer \"%.*s\"", STR_ARG(issuer),
		   STR_ARG(json_member_str(out->metadata, "issuer"))));
}

struct str
probe_endpoint(struct probe *p, const struct probe_server *s, const char *member)
{
	struct str url = json_member_str(s->metadata, member);

	if (!str_given(url))
		probe_fail(p, arena_say(p->mem, "%.*s: the metadata have no %s", STR_ARG(s->issuer), member));
	return url;
}

bool
probe_says(const struct probe_server *s, const char *member, const char *word)
{
	return json_has_word(json_object_get(s->metadata, member), word);
}
