/* oauth/profile.c - what a security profile sets, who departs from it: the rows of profiles.def. */
#include "oauth/profile.h"
#include "oauth/client_metadata.h"
#include "oauth/issuer.h"
#include "oauth/lists.h"

const struct profile_name profile_names[PROFILE_COUNT] = {
#define PROFILE(id, name, title) [PROFILE_##id] = { name, title },
#include "oauth/profiles.def"
};

bool
profile_read(struct str word, enum profile *out)
{
	for (int i = 0; i < PROFILE_COUNT; i++)
		if (str_is(word, profile_names[i].word)) {
			*out = (enum profile)i;
			return true;
		}
	return false;
}

/* --- issuers ---------------------------------------------------------------------------------- */

static bool
is_rule_of(const struct policy *p, uint64_t profiles)
{
	return (profiles & BIT(p->profile.name)) != 0;
}

void
profile_defaults(struct policy *p)
{
#define PROFILE_IS(profiles, setting, group, field, value, words, where) \
	if (is_rule_of(p, profiles)) p->group.field = value;
#define PROFILE_MOST(profiles, setting, group, field, value, words, where) \
	if (is_rule_of(p, profiles) && p->group.field > (value)) p->group.field = value;
#define PROFILE_ONE(profiles, setting, group, field, value, mask, words, where) \
	if (is_rule_of(p, profiles)) p->group.field = value;
#define PROFILE_SET(profiles, setting, group, field, value, mask, words, where) \
	if (is_rule_of(p, profiles)) p->group.field = value;
#define PROFILE_WITHIN(profiles, setting, group, field, mask, words, where) \
	if (is_rule_of(p, profiles)) p->group.field &= (mask);
#include "oauth/profiles.def"
}

#define SENTENCES_MAX (16 * 1024)

static void
line_put(struct buf *b, const struct policy *p, const char *setting, const char *words, const char *where)
{
	if (b->n > 0)
		buf_putc(b, '\n');
	buf_printf(b, say("%s: the profile %s allows only %s (%s)"), setting, profile_names[p->profile.name].word,
	    words, where);
}

static void
most_put(struct buf *b, const struct policy *p, const char *setting, const char *words, const char *where)
{
	if (b->n > 0)
		buf_putc(b, '\n');
	buf_printf(b, say("%s: the profile %s allows %s at most (%s)"), setting, profile_names[p->profile.name].word,
	    words, where);
}

bool
profile_is_kept(const struct policy *p, struct arena *mem, struct str *why)
{
	struct buf b;

	buf_init(&b, mem, SENTENCES_MAX);
#define PROFILE_IS(profiles, setting, group, field, value, words, where) \
	if (is_rule_of(p, profiles) && p->group.field != (value)) line_put(&b, p, #setting, words, where);
#define PROFILE_MOST(profiles, setting, group, field, value, words, where) \
	if (is_rule_of(p, profiles) && p->group.field > (value)) most_put(&b, p, #setting, words, where);
#define PROFILE_ONE(profiles, setting, group, field, value, mask, words, where) \
	if (is_rule_of(p, profiles) && !((mask) & BIT(p->group.field))) line_put(&b, p, #setting, words, where);
#define PROFILE_SET(profiles, setting, group, field, value, mask, words, where) \
	if (is_rule_of(p, profiles) && ((p->group.field & ~(mask)) != 0 || p->group.field == 0)) \
		line_put(&b, p, #setting, words, where);
#define PROFILE_WITHIN(profiles, setting, group, field, mask, words, where) \
	if (is_rule_of(p, profiles) && (p->group.field & ~(mask)) != 0) line_put(&b, p, #setting, words, where);
#include "oauth/profiles.def"
	*why = buf_str(&b);
	return b.n == 0;
}

/* --- clients: each is true where the client breaks the rule ----------------------------------- */

/* FAPI 2.0 Security Profile 5.4.1, FAPI 1.0 Advanced 8.6. */
static bool
is_weak_alg(struct str name)
{
	enum jose_alg alg;

	return !str_empty(name)
	    && !(alg_read(name, &alg) && (alg == ALG_PS256 || alg == ALG_ES256 || alg == ALG_EDDSA));
}

static bool
proves_weakly(const struct client *k, const struct client_metadata *m)
{
	(void)k;
	return !str_is(m->token_endpoint_auth_method, "private_key_jwt")
	    && !str_is(m->token_endpoint_auth_method, "tls_client_auth")
	    && !str_is(m->token_endpoint_auth_method, "self_signed_tls_client_auth");
}

static bool
signs_without_keys(const struct client *k, const struct client_metadata *m)
{
	(void)k;
	return str_is(m->token_endpoint_auth_method, "private_key_jwt") && str_empty(m->jwks) && str_empty(m->jwks_uri);
}

#define ALG_IS_WEAK(name, member)                                               \
	static bool                                                             \
	name(const struct client *k, const struct client_metadata *m)           \
	{                                                                       \
		(void)k;                                                        \
		return is_weak_alg(m->member);                                  \
	}
ALG_IS_WEAK(assertion_alg_is_weak, token_endpoint_auth_signing_alg)
ALG_IS_WEAK(request_alg_is_weak, request_object_signing_alg)
ALG_IS_WEAK(ciba_alg_is_weak, backchannel_authentication_request_signing_alg)
ALG_IS_WEAK(id_token_alg_is_weak, id_token_signed_response_alg)
ALG_IS_WEAK(userinfo_alg_is_weak, userinfo_signed_response_alg)

static bool
redirects_in_the_clear(const struct client *k, const struct client_metadata *m)
{
	struct str rest = k->redirect_uris;

	(void)m;
	while (str_given(rest)) {
		struct str uri = str_cut(&rest, '\n');

		if (uri.n > 0 && redirect_is_in_the_clear(uri))
			return true;
	}
	return false;
}

static bool
redirects_by_pattern(const struct client *k, const struct client_metadata *m)
{
	(void)m;
	return str_index(k->redirect_uris, '*') >= 0;
}

static bool
has_implicit(const struct client *k, const struct client_metadata *m)
{
	(void)m;
	return str_has_word(k->grants, S("implicit"), ' ');
}

static bool
has_weak_grant(const struct client *k, const struct client_metadata *m)
{
	(void)m;
	for (size_t i = 0; i < GI_COUNT; i++)
		if (grants[i]->weak && str_has_word(k->grants, str_of(grants[i]->name), ' '))
			return true;
	return false;
}

static bool
takes_tokens_in_front(const struct client *k, const struct client_metadata *m)
{
	struct str rest = m->response_types;

	(void)k;
	while (str_given(rest))
		if (str_has_word(str_cut(&rest, '\n'), S("token"), ' '))
			return true;
	return false;
}

static bool
takes_more_than_code(const struct client *k, const struct client_metadata *m)
{
	(void)k;
	return !str_empty(m->response_types) && !str_is(m->response_types, "code");
}

static bool
takes_neither_code_nor_hybrid(const struct client *k, const struct client_metadata *m)
{
	struct str rest = m->response_types;

	(void)k;
	while (str_given(rest)) {
		struct str type = str_cut(&rest, '\n');

		if (type.n > 0 && !str_is(type, "code") && !str_is(type, "code id_token")
		    && !str_is(type, "id_token code"))
			return true;
	}
	return false;
}

static bool
leaves_pkce_out(const struct client *k, const struct client_metadata *m)
{
	(void)k;
	return str_is(m->pkce, "when_sent");
}

static bool
leaves_pkce_to_nonce(const struct client *k, const struct client_metadata *m)
{
	(void)k;
	return str_is(m->pkce, "nonce");
}

static bool
is_not_bound_by_certificate(const struct client *k, const struct client_metadata *m)
{
	(void)k;
	return !m->tls_client_certificate_bound_access_tokens;
}

static bool
has_marks(const struct client *k, const struct client_metadata *m)
{
	(void)m;
	return !str_empty(k->legacy);
}

static const struct client_rule {
	uint64_t profiles;
	bool (*breaks)(const struct client *k, const struct client_metadata *m);
	struct profile_change change;
} client_rules[] = {
#define PROFILE_CLIENT(profiles, member, breaks, change, where) { profiles, breaks, { member, change, where } },
#include "oauth/profiles.def"
};

_Static_assert(COUNT(client_rules) <= PROFILE_CHANGES_MAX, "every rule of clients may be broken at once");

size_t
profile_client_changes(enum profile profile, const struct client *k, const struct client_metadata *m,
    struct profile_change out[PROFILE_CHANGES_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < COUNT(client_rules); i++)
		if ((client_rules[i].profiles & BIT(profile)) && client_rules[i].breaks(k, m)) {
			out[n] = client_rules[i].change;
			out[n++].change = say(client_rules[i].change.change);
		}
	return n;
}
