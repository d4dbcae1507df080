/* Security profiles: every row of oauth/profiles.def gives its default, and what departs from it is named by its setting. */
#include "oauth/profile.h"
#include "oauth/client_metadata.h"
#include "oauth/lists.h"
#include "world.h"

static struct policy
policy_of(enum profile profile)
{
	struct policy p = { 0 };

	p.profile.name = profile;
	p.authorize.code_ttl_s = 600;
	p.client.methods = p.client.algs = p.token.dpop_algs = UINT64_MAX;
	profile_defaults(&p);
	return p;
}

/* Is a line of why about the setting? */
static bool
names(struct str why, const char *setting)
{
	while (str_given(why)) {
		struct str line = str_cut(&why, '\n');

		if (str_eq(str_cut(&line, ':'), str_of(setting)))
			return true;
	}
	return false;
}

static bool
is_named(struct arena *mem, const struct policy *p, const char *setting)
{
	struct str why;

	return !profile_is_kept(p, mem, &why) && names(why, setting);
}

TEST(what_a_profile_sets_it_keeps)
{
	for (int i = 0; i < PROFILE_COUNT; i++) {
		struct policy p = policy_of((enum profile)i);
		enum profile again;
		struct str why;

		EXPECT(profile_is_kept(&p, mem, &why) && why.n == 0);
		EXPECT(profile_read(str_of(profile_names[i].word), &again) && (int)again == i);
		EXPECT(p.authorize.code_ttl_s == (i == PROFILE_OAUTH_2_1 ? 600 : 60));
	}
	EXPECT(!profile_read(S("fapi"), &(enum profile){ 0 }));
}

TEST(every_rule_is_kept_and_broken)
{
	for (int i = 0; i < PROFILE_COUNT; i++) {
		struct policy p;

#define WITH(profiles, setting, change)                                  \
	if ((profiles) & BIT(i)) {                                       \
		p = policy_of((enum profile)i);                          \
		change;                                                  \
		EXPECT(is_named(mem, &p, #setting));                     \
	}
#define PROFILE_IS(profiles, setting, group, field, value, words, where) \
	WITH(profiles, setting, p.group.field = (value) ? 0 : 1)
#define PROFILE_MOST(profiles, setting, group, field, value, words, where) \
	WITH(profiles, setting, p.group.field = (value) + 1)
#define PROFILE_ONE(profiles, setting, group, field, value, mask, words, where) \
	WITH(profiles, setting, p.group.field = ALG_RS256)
#define PROFILE_SET(profiles, setting, group, field, value, mask, words, where) \
	WITH(profiles, setting, p.group.field = 0) WITH(profiles, setting, p.group.field |= ~(mask))
#define PROFILE_WITHIN(profiles, setting, group, field, mask, words, where) \
	WITH(profiles, setting, p.group.field |= ~(mask))
#include "oauth/profiles.def"
#undef WITH
	}
}

/* --- clients ---------------------------------------------------------------------------------- */

/* What a client of FAPI has; each row of the table below changes one thing. */
static struct client
sound(struct client_metadata *m)
{
	*m = (struct client_metadata){ .token_endpoint_auth_method = S("private_key_jwt"), .jwks = S("{\"keys\":[]}"),
		.response_types = S("code"), .id_token_signed_response_alg = S("PS256"),
		.tls_client_certificate_bound_access_tokens = true };
	return (struct client){ .id = S("app"), .grants = S("authorization_code refresh_token"),
		.redirect_uris = S("https://app.example/cb\nhttp://127.0.0.1:4000/cb\ncom.example.app:/cb") };
}

struct departure { const char *breaks; void (*make)(struct client *k, struct client_metadata *m); };
#define MAKE(name, change) static void name(struct client *k, struct client_metadata *m) { (void)k; (void)m; change; }
MAKE(make_secret, m->token_endpoint_auth_method = S("client_secret_basic"))
MAKE(make_keyless, m->jwks = STR_ABSENT)
MAKE(make_assertion, m->token_endpoint_auth_signing_alg = S("RS256"))
MAKE(make_object, m->request_object_signing_alg = S("none"))
MAKE(make_ciba, m->backchannel_authentication_request_signing_alg = S("RS256"))
MAKE(make_id_token, m->id_token_signed_response_alg = S("RS256"))
MAKE(make_userinfo, m->userinfo_signed_response_alg = S("ES512"))
MAKE(make_http, k->redirect_uris = S("https://app.example/cb\nhttp://app.example/cb"))
MAKE(make_star, k->redirect_uris = S("https://*.example/cb"))
MAKE(make_implicit, k->grants = S("authorization_code implicit"))
MAKE(make_password, k->grants = S("password"))
MAKE(make_token, m->response_types = S("code\nid_token token"))
MAKE(make_hybrid, m->response_types = S("code id_token\ncode"))
MAKE(make_id_only, m->response_types = S("id_token"))
MAKE(make_when_sent, m->pkce = S("when_sent"))
MAKE(make_nonce, m->pkce = S("nonce"))
MAKE(make_mark, k->legacy = S("loose_redirect"))
MAKE(make_unbound, m->tls_client_certificate_bound_access_tokens = false)
/* As the rows call their functions. */
static const struct departure departures[] = {
	{ "proves_weakly", make_secret }, { "signs_without_keys", make_keyless }, { "assertion_alg_is_weak", make_assertion },
	{ "request_alg_is_weak", make_object }, { "ciba_alg_is_weak", make_ciba }, { "id_token_alg_is_weak", make_id_token },
	{ "userinfo_alg_is_weak", make_userinfo }, { "redirects_in_the_clear", make_http },
	{ "redirects_by_pattern", make_star }, { "has_implicit", make_implicit }, { "has_weak_grant", make_password },
	{ "takes_tokens_in_front", make_token }, { "takes_more_than_code", make_hybrid },
	{ "takes_neither_code_nor_hybrid", make_id_only }, { "leaves_pkce_out", make_when_sent },
	{ "leaves_pkce_to_nonce", make_nonce }, { "has_marks", make_mark },
	{ "is_not_bound_by_certificate", make_unbound },
};

static const struct departure *
departure_of(const char *breaks)
{
	for (size_t i = 0; i < COUNT(departures); i++)
		if (strcmp(departures[i].breaks, breaks) == 0)
			return &departures[i];
	return NULL;
}

/* Is the row the answer where the client departs from it, and from no other than it in another profile? */
static bool
row_finds(uint64_t profiles, const char *breaks, const char *change)
{
	const struct departure *d = departure_of(breaks);

	for (int i = 0; d != NULL && i < PROFILE_COUNT; i++) {
		struct profile_change found[PROFILE_CHANGES_MAX];
		struct client_metadata m;
		struct client k = sound(&m);
		bool said = false;

		d->make(&k, &m);
		for (size_t n = profile_client_changes((enum profile)i, &k, &m, found); n > 0; n--)
			said |= strcmp(found[n - 1].change, change) == 0;
		if (said != ((profiles & BIT(i)) != 0))
			return false;
	}
	return d != NULL;
}

TEST(every_rule_of_clients_finds_who_breaks_it)
{
#define PROFILE_CLIENT(profiles, member, breaks, change, where) EXPECT(row_finds(profiles, #breaks, change));
#include "oauth/profiles.def"
	for (int i = 0; i < PROFILE_COUNT; i++) {
		struct profile_change found[PROFILE_CHANGES_MAX];
		struct client_metadata m;
		struct client k = sound(&m);

		EXPECT(profile_client_changes((enum profile)i, &k, &m, found) == 0);
	}
}
