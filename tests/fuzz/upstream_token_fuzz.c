/*
 * tests/fuzz/upstream_token_fuzz.c - three lines of an OpenID provider: its discovery document, the claims of an ID token whose signature holds,
 * its userinfo. Whoever comes of them is whom the token names, at this provider, for this client and login.
 */
#include "oauth/upstream/upstream_int.h"

#define NOW   1700000000
#define NONCE "n-0S6_WzA2Mj"
#define ME    "client"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct claim_map_row rows[] = { { .claim = "groups", .list = true, .from = "userinfo.groups" },
	{ .claim = "address", .part = "locality", .from = "userinfo.address.locality" } };
static const struct upstream_pair parameters[] = { { { "tenant", 6 }, { "t1", 2 } } };
static const struct upstream_pair authorities[] = { { { "admins", 6 }, { "ADMIN", 5 } } };

static bool
holds(const json_t *list, struct str word)
{
	for (size_t i = 0; json_is_array(list) && i < json_array_size(list); i++)
		if (str_eq(json_text(json_array_get(list, i)), word))
			return true;
	return str_eq(json_text(list), word);
}

static void
is_of_this_login(const struct upstream *u, const json_t *claims)
{
	int64_t exp = 0;

	if (!str_starts(json_member_str(claims, "iss"), S("https://")) || !holds(json_object_get(claims, "aud"), u->client_id)
	    || !str_is(json_member_str(claims, "nonce"), NONCE) || !json_member_time(claims, "exp", &exp) || exp <= NOW - 60)
		abort();
}

static void
is_a_person(struct call *c, const struct upstream *u, const json_t *known)
{
	struct somebody p;
	struct str all;

	if (!upstream_somebody(c, u, known, &p))
		return;
	if (str_empty(p.subject) || p.subject.n > IDENTITY_SUBJECT_MAX || !text_is_shown(p.subject) || p.auth_s > NOW
	    || !str_starts(p.amr, S("fed")) || !text_is_shown(p.shown) || !text_is_shown(p.name) || !text_is_shown(p.phone))
		abort();
	if (!str_empty(p.email) && (str_index(p.email, '@') <= 0 || str_index(p.email, ' ') >= 0))
		abort();
	if (upstream_lets_in(c, u, known, &p)
	    && (str_empty(p.email) || !str_eq_nocase(str_from(p.email, (size_t)str_rindex(p.email, '@') + 1), S("corp.example"))))
		abort();
	all = upstream_authorities(c, u, known);
	if (!str_is(all, "USER") && !str_is(all, "USER ADMIN"))
		abort();
}

static void
try_kind(const struct upstream_kind *k, struct str discovery, struct str claims, struct str userinfo)
{
	struct arena mem;
	struct call *c;
	struct upstream u = { .name = S("corp"), .what = *k, .client_id = S(ME), .scope = S("openid"), .believes_amr = true,
		.parameters = parameters, .n_parameters = COUNT(parameters), .domains = S("corp.example"), .authorities = S("USER"),
		.groups = "userinfo.groups", .group_authorities = authorities, .n_group_authorities = COUNT(authorities),
		.claims = { rows, COUNT(rows) } };
	struct way w = { .nonce = S(NONCE) };
	struct jwt t = { .key = NULL };
	struct str why = STR_ABSENT;
	json_t *known, *user;

	arena_init(&mem, 4 * 1024 * 1024);
	c = arena_new(&mem, struct call);
	c->mem = &mem;
	c->now_s = NOW;
	c->now_ms = NOW * INT64_C(1000);
	known = upstream_known(&mem, &u);
	u.issuer = upstream_fill(&mem, known, k->issuer != NULL ? k->issuer : "https://id.example");
	t.claims = json_read(&mem, claims);
	t.header = json_read(&mem, S("{\"alg\":\"RS256\"}"));
	user = upstream_read(&mem, userinfo);
	if (upstream_document(c, &u, discovery, known, &why) && json_is_object(t.claims)) {
		if (upstream_claims_fit(c, &u, &w, &t, known, &why))
			is_of_this_login(&u, t.claims);
		else if (!str_given(why))
			abort();
		if (json_object_set(known, "id", t.claims) == 0 && (user == NULL || json_object_set(known, "userinfo", user) == 0))
			is_a_person(c, &u, known);
	}
	arena_free(&mem);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = str_span(data, size), discovery = str_cut(&rest, '\n'), claims = str_cut(&rest, '\n');

	for (const struct upstream_kind *k = upstream_kinds; k->name != NULL; k++)
		if (k->openid)
			try_kind(k, discovery, claims, rest);
	return 0;
}
