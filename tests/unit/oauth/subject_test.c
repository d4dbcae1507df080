/* What a client is told that a user is called: public, pairwise, by sector. OpenID Connect Core 8. */
#include "oauth/client_metadata.h"
#include "oauth/subject.h"
#include "world.h"

static const struct client_metadata pairwise = { .subject_type = { "pairwise", 8 } };
static const struct client_metadata listed = { .subject_type = { "pairwise", 8 }, .sector_identifier_uri = { "https://a.example/list", 22 } };

static struct client
at(const char *id, const char *uris, const struct client_metadata *m)
{
	return (struct client){ .id = str_of(id), .redirect_uris = str_of(uris), .registered = m };
}

TEST(a_pairwise_subject_is_the_sectors_own)
{
	struct world *w = world_new();
	struct policy policy = *w->modern.policy;
	struct issuer i = w->modern;
	struct client a = at("a", "https://a.example/cb\nhttps://A.example:8443/x", &pairwise), b = at("b", "https://b.example/cb", &pairwise),
		      same = at("same", "https://a.example/other", &pairwise), far = at("far", "https://c.example/cb", &listed), open = at("open", "https://a.example/cb", NULL);
	struct client mixed = at("mixed", "https://a.example/cb\nhttps://b.example/cb", &pairwise);
	struct id16 user = { { 1 } }, other = { { 2 } };
	struct realm *r = realm_new(S("main"), NULL, 0, 0);
	struct dig32 salt = { { 7 } };
	struct str sub;

	policy.token.pairwise = true;
	i.policy = &policy;
	i.realm = r;
	EXPECT_STR(subject_of(mem, &i, &a, &user), uuid_write(mem, user.b));     /* a realm that has not begun */
	realm_put_salt(r, &salt);
	sub = subject_of(mem, &i, &a, &user);
	EXPECT(sub.n == 43 && !str_eq(sub, subject_of(mem, &i, &a, &other)));
	EXPECT_STR(subject_of(mem, &i, &same, &user), sub);
	EXPECT_STR(subject_of(mem, &i, &far, &user), sub);
	EXPECT(!str_eq(subject_of(mem, &i, &b, &user), sub));
	EXPECT(!str_eq(subject_of(mem, &i, &mixed, &user), sub));
	EXPECT_STR(subject_of(mem, &i, &open, &user), uuid_write(mem, user.b));
	EXPECT_STR(subject_of(mem, &i, NULL, &user), uuid_write(mem, user.b));
	salt.b[0]++;
	realm_put_salt(r, &salt);
	EXPECT(!str_eq(subject_of(mem, &i, &a, &user), sub));
	policy.token.pairwise = false;
	EXPECT_STR(subject_of(mem, &i, &a, &user), uuid_write(mem, user.b));
	realm_free(r);
	world_free(w);
}

TEST(a_sector_is_one_host)
{
	EXPECT_STR(subject_sector(mem, S(""), S("https://A.example/cb\nhttps://a.example:9/x")), S("a.example"));
	EXPECT_STR(subject_sector(mem, S("https://list.example/x"), S("https://a.example/cb\nhttps://b.example/cb")), S("list.example"));
	EXPECT(!str_given(subject_sector(mem, S(""), S("https://a.example/cb\nhttps://b.example/cb"))));
	EXPECT(!str_given(subject_sector(mem, S(""), S(""))));
	EXPECT(!str_given(subject_sector(mem, S(""), S("com.example.app:/cb"))));
}
