/* tests/unit/setup/route_test.c - listener, host and path prefix select the issuer; RFC 8414 metadata of an issuer with a path. */
#include "../test.h"
#include "setup/setup.h"

/* Five issuers on two listeners; a place's mount is told by its prefix and issuer name. */
static const struct policy takes = { .token.takes_resource = true }, passes_over = { .token.takes_resource = false };
static const struct issuer root = { .name = { "root", 4 } }, uaa = { .name = { "uaa", 3 }, .policy = &takes }, deep = { .name = { "deep", 4 }, .policy = &passes_over },
	named = { .name = { "named", 5 } }, other = { .name = { "other", 5 } };
static const struct mount t_root = { .issuer = &root }, t_uaa = { .issuer = &uaa }, t_deep = { .issuer = &deep }, t_named = { .issuer = &named },
	t_other = { .issuer = &other };
static const struct mount *const all[] = { &t_root, &t_uaa, &t_deep, &t_named, &t_other, NULL };
#define Z(lit) { lit, sizeof(lit) - 1 }
static const struct mount_place places[] = {
	{ 0, Z(""), Z(""), &t_root }, { 0, Z(""), Z("/api-uaa"), &t_uaa }, { 0, Z(""), Z("/api-uaa/v2"), &t_deep },
	{ 0, Z("Login.Example"), Z(""), &t_named }, { 1, Z(""), Z("/x"), &t_other },
};
static const struct snapshot snap = { .mounts = all, .places = places, .n_places = COUNT(places) };

TEST(longest_prefix_and_host)
{
	static const struct { int listener; const char *host, *path, *issuer, *rest; } rows[] = {
		{ 0, "localhost:8080", "/oauth/token", "root", "/oauth/token" },
		{ 0, "localhost", "/", "root", "/" },
		{ 0, "localhost", "/api-uaa/oauth/token", "uaa", "/oauth/token" },
		{ 0, "localhost", "/api-uaa", "uaa", "" },
		{ 0, "localhost", "/api-uaax/token", "root", "/api-uaax/token" },       /* whole segments only */
		{ 0, "localhost", "/api-uaa/v2/token", "deep", "/token" },
		{ 0, "localhost", "/api-uaa/v22/token", "uaa", "/v22/token" },
		{ 0, "login.example:443", "/token", "named", "/token" },
		{ 0, "LOGIN.EXAMPLE", "/token", "named", "/token" },
		{ 0, "evil.example", "/token", "root", "/token" },
		{ 0, "[::1]:8080", "/token", "root", "/token" },
		{ 0, "", "/token", "root", "/token" },
		{ 1, "localhost", "/x/token", "other", "/token" },
		{ 1, "localhost", "/token", NULL, NULL },
		{ 2, "localhost", "/token", NULL, NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str rest = STR_ABSENT;
		const struct mount *t = snapshot_route(&snap, rows[i].listener, str_of(rows[i].host), str_of(rows[i].path), &rest);

		if ((t != NULL) != (rows[i].issuer != NULL) || (t != NULL && (!str_is(t->issuer->name, rows[i].issuer) || !str_is(rest, rows[i].rest))))
			test_fail(__FILE__, __LINE__, "%d %s %s: %.*s, rest %.*s", rows[i].listener, rows[i].host, rows[i].path,
				t ? (int)t->issuer->name.n : 4, t ? t->issuer->name.p : "none", STR_ARG(rest));
	}
}

TEST(metadata_of_an_issuer_with_a_path)
{
	struct str rest = STR_ABSENT;
	const struct mount *t = snapshot_route(&snap, 0, S("localhost"), S("/.well-known/oauth-authorization-server/api-uaa"), &rest);

	NEED(t != NULL);
	EXPECT_STR(t->issuer->name, S("uaa"));
	EXPECT_STR(rest, S("/.well-known/oauth-authorization-server"));
	t = snapshot_route(&snap, 0, S("localhost"), S("/.well-known/oauth-authorization-server/api-uaa/v2"), &rest);
	NEED(t != NULL);
	EXPECT_STR(t->issuer->name, S("deep"));
	t = snapshot_route(&snap, 0, S("localhost"), S("/.well-known/oauth-authorization-server"), &rest);
	NEED(t != NULL);
	EXPECT_STR(t->issuer->name, S("root"));
	t = snapshot_route(&snap, 0, S("localhost"), S("/.well-known/oauth-authorization-server/api-uaa/else"), &rest);
	NEED(t != NULL);
	EXPECT_STR(t->issuer->name, S("root"));                         /* where it is answered 404 */
}

/* RFC 9728 section 3.1; where the issuer does not take resources nothing has changed. */
TEST(documents_of_protected_resources_of_an_issuer_with_a_path)
{
#define BASE "/.well-known/oauth-protected-resource"
	static const struct { const char *path, *issuer, *rest; } rows[] = {
		{ BASE "/api-uaa", "uaa", BASE }, { BASE "/api-uaa/userinfo", "uaa", BASE "/userinfo" }, { BASE "/userinfo", "root", BASE "/userinfo" },
		{ BASE, "root", BASE }, { BASE "/api-uaa/v2", "root", BASE "/api-uaa/v2" }, { BASE "x/api-uaa", "root", BASE "x/api-uaa" },
		{ BASE "/api-uaa/else", "root", BASE "/api-uaa/else" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str rest = STR_ABSENT;
		const struct mount *t = snapshot_route(&snap, 0, S("localhost"), str_of(rows[i].path), &rest);

		NEED(t != NULL);
		EXPECT_STR(t->issuer->name, str_of(rows[i].issuer));
		EXPECT_STR(rest, str_of(rows[i].rest));
	}
}

TEST(issuer_by_name)
{
	EXPECT(snapshot_issuer(&snap, S("deep")) == &t_deep);
	EXPECT(snapshot_issuer(&snap, S("de")) == NULL);
}
