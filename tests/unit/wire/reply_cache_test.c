/* Documents that are the same for everyone are spoken once; whatever could change the answer goes the long way. */
#include "desk.h"

#define METADATA "/.well-known/oauth-authorization-server"

static struct desk *
keeper(struct reply_cache *k)
{
	struct desk *d = desk_new(&wire_modern, "https://id.example");

	*k = (struct reply_cache){ 0 };
	d->mount.cache = k;
	return d;
}

/* Without keys the set made anew is empty, and so the two can be told apart. */
TEST(keys_are_kept_until_the_snapshot_goes)
{
	struct reply_cache k;
	struct desk *d = keeper(&k);
	struct str first = talk(d, mem, "GET /jwks", "", NULL), again;

	EXPECT(has(body_of_reply(first), "\"kid\""));
	d->ring.n = 0;
	again = talk(d, mem, "GET /jwks", "Origin: https://evil.example\r\nAccept-Language: zh-CN\r\nAuthorization: Basic !!\r\n", NULL);
	EXPECT_INT(status_of_reply(again), 200);
	EXPECT_STR(body_of_reply(again), body_of_reply(first));
	EXPECT_STR(field_of_reply(again, "Content-Type"), S("application/jwk-set+json"));
	EXPECT_STR(field_of_reply(again, "Cache-Control"), field_of_reply(first, "Cache-Control"));
	EXPECT_STR(field_of_reply(again, "Access-Control-Allow-Origin"), S("*"));
	EXPECT_STR(field_of_reply(again, "X-Content-Type-Options"), S("nosniff"));
	EXPECT(!str_given(field_of_reply(again, "Set-Cookie")));
	EXPECT_INT(d->why, R_NONE);
	reply_cache_free(&k);
	EXPECT_STR(body_of_reply(talk(d, mem, "GET /jwks", "", NULL)), S("{\"keys\":[]}"));
	reply_cache_free(&k);
	desk_free(d);
}

TEST(what_a_request_adds_goes_the_long_way)
{
	struct reply_cache k;
	struct desk *d = keeper(&k);
	struct str r;

	talk(d, mem, "GET /jwks", "", NULL);
	d->ring.n = 0;
	EXPECT_STR(body_of_reply(talk(d, mem, "GET /jwks?x=1", "", NULL)), S("{\"keys\":[]}"));
	r = talk(d, mem, "GET /jwks?ui_lang=zh-CN", "", NULL);
	EXPECT(str_starts(field_of_reply(r, "Set-Cookie"), S("hufu-lang=zh-CN")));
	EXPECT_INT(status_of_reply(talk(d, mem, "GET /jwks?a=%ff", "", NULL)), 400);
	EXPECT_INT(status_of_reply(talk(d, mem, "POST /jwks", "", "a=b")), 405);
	r = talk(d, mem, "OPTIONS /jwks", "Origin: https://a.example\r\nAccess-Control-Request-Method: GET\r\n", NULL);
	EXPECT_INT(status_of_reply(r), 204);
	EXPECT(has(body_of_reply(talk(d, mem, "GET /jwks", "", NULL)), "\"kid\""));
	reply_cache_free(&k);
	desk_free(d);
}

TEST(each_document_has_a_place_of_its_own)
{
	struct reply_cache k;
	struct desk *d = keeper(&k);

	for (int i = 0; i < 2; i++) {
		EXPECT(has(body_of_reply(talk(d, mem, "GET " METADATA, "", NULL)), "\"jwks_uri\""));
		EXPECT(has(body_of_reply(talk(d, mem, "GET /jwks", "", NULL)), "\"keys\""));
		EXPECT_INT(status_of_reply(talk(d, mem, "GET /assets/custom.css", "", NULL)), 404);
	}
	EXPECT(k.of[EP_METADATA] != NULL && k.of[EP_JWKS] != NULL && k.of[EP_CUSTOM_CSS] == NULL && k.of[EP_TOKEN] == NULL);
	reply_cache_free(&k);
	desk_free(d);
}

TEST(nothing_personal_is_kept)
{
	struct reply_cache k;
	struct desk *d = keeper(&k);

	talk(d, mem, "GET /login", "", NULL);
	talk(d, mem, "GET /", "", NULL);
	talk(d, mem, "GET /nothing", "", NULL);
	talk(d, mem, "POST /token", "", "grant_type=client_credentials&client_id=cc&client_secret=secret");
	for (int e = 0; e < EP_COUNT; e++)
		EXPECT(k.of[e] == NULL);
	reply_cache_free(&k);
	desk_free(d);
}
