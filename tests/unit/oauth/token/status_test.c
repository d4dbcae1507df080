/*
 * Status lists say of each signed token what introspection says: ST1, ST2; draft-ietf-oauth-status-list-21. Every way in
 * which a token ends is a row; then the list and the introspection of every token that was given are compared.
 */
#include <zlib.h>

#include "../world.h"
#include "oauth/status_lists.h"

#define AT S("https://id.example/statuslists")

static struct world *
listed(enum jti_shape jti)
{
	struct world *w = world_new();

	w->modern.status_lists = AT;
	w->strict.token.access_shape = SHAPE_JWT;
	w->strict.token.jti_shape = jti;
	w->strict.token.status_list = true;
	w->strict.token.status_list_ttl_s = 60;
	return w;
}

/* --- reading a list as a resource server does: section 8.3 ------------------------------------------------------- */

struct seat { int64_t list, idx; struct str uri; };

static bool
seat_of(struct world *w, struct arena *mem, struct str token, struct seat *p)
{
	struct jwt t;
	json_t *at;

	if (!jwt_verify(mem, &w->ring, token, &t))
		return false;
	at = json_object_get(json_object_get(t.claims, "status"), "status_list");
	p->uri = json_member_str(at, "uri");
	return json_member_int(at, "idx", &p->idx) && str_starts(p->uri, AT)
	    && str_int(str_from(p->uri, AT.n + 1), &p->list);
}

static struct answer
ask(struct world *w, struct arena *mem, struct str number, enum reason *why)
{
	struct call c = call_at(w, &w->modern, mem);
	struct answer a;

	c.list_asked = number;
	a = status_list_endpoint(&c);
	*why = c.why;
	return a;
}

/* The bits of it; NULL: it is none, or not as the draft has it. */
static uint8_t *
bits_of(struct world *w, struct arena *mem, const struct seat *p, int64_t *iat_s)
{
	uint8_t *bits = arena_alloc(mem, STATUS_PLACES / 8);
	uLongf n = STATUS_PLACES / 8;
	struct str packed;
	enum reason why;
	struct answer a = ask(w, mem, arena_printf(mem, "%lld", (long long)p->list), &why);
	int64_t exp_s = 0, ttl_s = 0, bit_n = 0;
	struct jwt t;
	json_t *list;

	if (a.kind != ANS_DOCUMENT || !str_is(a.document.type, "application/statuslist+jwt")
	    || !jwt_verify(mem, &w->ring, a.document.body, &t) || !str_is(t.typ, "statuslist+jwt"))
		return NULL;
	list = json_object_get(t.claims, "status_list");
	if (!str_eq(json_member_str(t.claims, "sub"), p->uri) || !json_member_int(t.claims, "iat", iat_s)
	    || !json_member_int(t.claims, "exp", &exp_s) || !json_member_int(t.claims, "ttl", &ttl_s) || ttl_s != 60
	    || exp_s != *iat_s + STATUS_EXP_S(60) || !json_member_int(list, "bits", &bit_n) || bit_n != 1
	    || !str_eq(json_member_str(list, "aggregation_uri"), AT)
	    || !b64url_decode(mem, json_member_str(list, "lst"), &packed)
	    || uncompress(bits, &n, (const Bytef *)packed.p, packed.n) != Z_OK || n != STATUS_PLACES / 8)
		return NULL;
	return bits;
}

static bool
is_valid(struct world *w, struct arena *mem, struct str token)
{
	struct seat p;
	int64_t iat_s;
	const uint8_t *bits = seat_of(w, mem, token, &p) ? bits_of(w, mem, &p, &iat_s) : NULL;

	if (bits == NULL) {
		test_fail(__FILE__, __LINE__, "no list for the token");
		return false;
	}
	return (bits[p.idx / 8] >> p.idx % 8 & 1) == 0;
}

/* --- tokens, and how they end ------------------------------------------------------------------------------------ */

struct given { struct tokens of_alice, of_web, other; struct str code; };

static struct answer
by_client(struct world *w, struct arena *mem, struct str client)
{
	struct call *c = arena_new(mem, struct call);

	*c = call_at(w, &w->modern, mem);
	c->grant = &grant_client_credentials;
	call_basic(c, client, S("secret"));
	call_set(c, P_GRANT_TYPE, S("client_credentials"));
	return token_endpoint(c);
}

static struct given
give(struct world *w, struct arena *mem)
{
	struct given g = { .code = world_code(w, &w->modern, mem, S("web"), S("https://app.example/cb"), CHALLENGE) };
	struct str other = world_code(w, &w->modern, mem, S("other"), S("https://app.example/cb"), CHALLENGE);

	g.of_alice = redeem(w, &w->modern, mem, S("web"), S("secret"), g.code, S("https://app.example/cb"), VERIFIER).tokens;
	g.other = redeem(w, &w->modern, mem, S("other"), S("secret"), other, S("https://app.example/cb"), VERIFIER).tokens;
	g.of_web = by_client(w, mem, S("web")).tokens;
	return g;
}

static void
does(struct world *w, struct store_op op)
{
	EXPECT_INT(store_commit(w->store, &op, 1, NULL), STORE_DONE);
}

static void
revokes(struct world *w, struct arena *mem, struct str token)
{
	struct call *c = arena_new(mem, struct call);

	*c = call_at(w, &w->modern, mem);
	call_basic(c, S("web"), S("secret"));
	call_set(c, P_TOKEN, token);
	EXPECT_INT(revoke_endpoint(c).kind, ANS_EMPTY);
}

static struct user *
alice_now(struct world *w, struct arena *mem)
{
	struct user *u = arena_new(mem, struct user);

	EXPECT_INT(store_user_by_id(w->store, mem, S("r"), &w->alice.id, u), FOUND);
	return u;
}

static struct client *
web_now(struct world *w, struct arena *mem)
{
	struct client *k = arena_new(mem, struct client);

	EXPECT_INT(store_client(w->store, mem, S("r"), S("web"), k), FOUND);
	return k;
}

static void
user_is(struct world *w, struct arena *mem, bool enabled, bool locked, struct str shut)
{
	struct user *u = alice_now(w, mem);

	u->enabled = enabled;
	u->locked = locked;
	u->shut = shut;
	does(w, (struct store_op){ .kind = OP_USER_SET, .user = u });
}

static void
client_is(struct world *w, struct arena *mem, bool enabled)
{
	struct client *k = web_now(w, mem);

	k->enabled = enabled;
	does(w, (struct store_op){ .kind = OP_CLIENT_SET, .client = k });
}

static void
user_revoked(struct world *w, struct arena *mem, struct str issuer, struct str client, enum store_op_kind kind)
{
	does(w, (struct store_op){ .kind = kind,
		.ends = { .user = alice_now(w, mem), .issuer = issuer, .client = client, .elsewhere = S("") } });
}

typedef void way_fn(struct world *w, struct arena *mem, struct given *g);
static void nothing(struct world *w, struct arena *mem, struct given *g) { (void)w, (void)mem, (void)g; }
static void access_revoked(struct world *w, struct arena *mem, struct given *g) { revokes(w, mem, g->of_alice.access); }
static void refresh_revoked(struct world *w, struct arena *mem, struct given *g) { revokes(w, mem, g->of_alice.refresh); }
static void own_revoked(struct world *w, struct arena *mem, struct given *g) { revokes(w, mem, g->of_web.access); }
static void
code_replayed(struct world *w, struct arena *mem, struct given *g)
{
	EXPECT_INT(redeem(w, &w->modern, mem, S("web"), S("secret"), g->code, S("https://app.example/cb"), VERIFIER).kind, ANS_FAULT);
}
static void
refresh_replayed(struct world *w, struct arena *mem, struct given *g)
{
	struct tokens second = refresh(w, &w->modern, mem, S("web"), S("secret"), g->of_alice.refresh).tokens;
	struct tokens third = refresh(w, &w->modern, mem, S("web"), S("secret"), second.refresh).tokens;

	EXPECT_INT(refresh(w, &w->modern, mem, S("web"), S("secret"), g->of_alice.refresh).kind, ANS_FAULT);
	EXPECT(!is_valid(w, mem, second.access) && !is_valid(w, mem, third.access));
}
static void
refreshed(struct world *w, struct arena *mem, struct given *g)
{
	struct tokens second = refresh(w, &w->modern, mem, S("web"), S("secret"), g->of_alice.refresh).tokens;

	EXPECT(is_valid(w, mem, second.access) && is_active(w, &w->modern, mem, second.access));
}
static void user_off(struct world *w, struct arena *mem, struct given *g) { (void)g; user_is(w, mem, false, false, S("")); }
static void user_locked(struct world *w, struct arena *mem, struct given *g) { (void)g; user_is(w, mem, true, true, S("")); }
static void user_shut(struct world *w, struct arena *mem, struct given *g) { (void)g; user_is(w, mem, true, false, S("disabled")); }
static void
user_on_again(struct world *w, struct arena *mem, struct given *g)
{
	user_off(w, mem, g);
	EXPECT(!is_valid(w, mem, g->of_alice.access));
	user_is(w, mem, true, false, S(""));
}
static void
user_deleted(struct world *w, struct arena *mem, struct given *g)
{
	(void)g;
	user_revoked(w, mem, STR_ABSENT, STR_ABSENT, OP_USER_DELETE);
}
static void
user_logged_out_everywhere(struct world *w, struct arena *mem, struct given *g)
{
	(void)g;
	user_revoked(w, mem, STR_ABSENT, STR_ABSENT, OP_USER_REVOKE);
}
static void
consent_withdrawn(struct world *w, struct arena *mem, struct given *g)
{
	(void)g;
	user_revoked(w, mem, S("modern"), S("web"), OP_USER_REVOKE);
}
static void client_off(struct world *w, struct arena *mem, struct given *g) { (void)g; client_is(w, mem, false); }
static void
client_on_again(struct world *w, struct arena *mem, struct given *g)
{
	client_off(w, mem, g);
	EXPECT(!is_valid(w, mem, g->of_web.access));
	client_is(w, mem, true);
}
static void
client_deleted(struct world *w, struct arena *mem, struct given *g)
{
	(void)g;
	does(w, (struct store_op){ .kind = OP_CLIENT_DELETE, .gone = { web_now(w, mem), S("") } });
}
static void
client_made_again(struct world *w, struct arena *mem, struct given *g)
{
	struct client *k = web_now(w, mem);

	client_deleted(w, mem, g);
	does(w, (struct store_op){ .kind = OP_CLIENT_ADD, .client = k });
}
/* alice: her token of web; own: web's own. What introspection says of them then. */
static const struct way { const char *name; way_fn *ends; bool alice, own; } ways[] = {
	{ "nothing", nothing, true, true }, { "access token revoked", access_revoked, false, true },
	{ "refresh token revoked", refresh_revoked, false, true }, { "own token revoked", own_revoked, true, false },
	{ "code replayed", code_replayed, false, true }, { "refresh token replayed", refresh_replayed, false, true },
	{ "user disabled", user_off, false, true }, { "user locked", user_locked, false, true },
	{ "user shut by a directory", user_shut, false, true }, { "user enabled again", user_on_again, true, true },
	{ "user deleted", user_deleted, false, true }, { "user's tokens revoked", user_logged_out_everywhere, false, true },
	{ "consent withdrawn", consent_withdrawn, false, true }, { "client disabled", client_off, false, false },
	{ "client enabled again", client_on_again, true, false }, { "client deleted", client_deleted, false, false },
	{ "client made again", client_made_again, false, false },
};

static void
agree(struct world *w, struct arena *mem, const char *way, struct str token, bool expected)
{
	bool active = is_active(w, &w->modern, mem, token), valid = is_valid(w, mem, token);

	if (active != expected || valid != expected)
		test_fail(__FILE__, __LINE__, "%s: introspection %d, list %d, expected %d", way, active, valid, expected);
}

static void
walk(enum jti_shape jti)
{
	for (size_t i = 0; i < COUNT(ways); i++) {
		struct world *w = listed(jti);
		struct realm *before = w->realm;
		struct given g;
		struct arena mem;

		arena_init(&mem, 32 << 20);
		g = give(w, &mem);
		ways[i].ends(w, &mem, &g);
		world_realm(w);
		agree(w, &mem, ways[i].name, g.of_alice.access, ways[i].alice);
		agree(w, &mem, ways[i].name, g.of_web.access, ways[i].own);
		agree(w, &mem, ways[i].name, g.other.access, is_active(w, &w->modern, &mem, g.other.access));
		realm_free(before);
		arena_free(&mem);
		world_free(w);
	}
}

TEST(a_list_says_what_introspection_says_whatever_ended) { (void)mem; walk(JTI_FAMILY); }
TEST(a_list_says_what_introspection_says_where_a_row_leads_to_the_family) { (void)mem; walk(JTI_UUID); }
TEST(a_list_says_what_introspection_says_where_the_jti_is_sealed) { (void)mem; walk(JTI_HEX80); }

/* A refresh that ends the access tokens before it: by the generation in the jti, by its digest. */
TEST(a_refresh_ends_what_was_before_where_the_policy_says_so)
{
	static const enum jti_shape shapes[] = { JTI_FAMILY, JTI_UUID, JTI_HEX80 };

	for (size_t i = 0; i < COUNT(shapes); i++) {
		struct world *w = listed(shapes[i]);
		struct given g;

		w->strict.refresh.kills_access = true;
		g = give(w, mem);
		refreshed(w, mem, &g);
		agree(w, mem, "refreshed", g.of_alice.access, is_active(w, &w->modern, mem, g.of_alice.access));
		EXPECT(shapes[i] == JTI_FAMILY || !is_valid(w, mem, g.of_alice.access));
		agree(w, mem, "refreshed", g.other.access, true);
		world_free(w);
	}
}

TEST(what_was_exchanged_ends_with_what_it_was_exchanged_for)
{
	struct world *w = listed(JTI_FAMILY);
	struct given g = give(w, mem);
	struct authorization_extra x = { .sid = STR_ABSENT };
	struct family f, child;
	struct id16 id;
	int64_t generation;
	struct store_op ops[2] = { { .kind = OP_FAMILY_ADD, .family = &child }, { .kind = OP_STATUS_ADD } };
	struct seat p;
	struct jwt t;

	NEED(jwt_verify(mem, &w->ring, g.of_alice.access, &t) && seat_of(w, mem, g.of_alice.access, &p));
	NEED(jti_read(&w->modern, json_member_str(t.claims, "jti"), &id, &generation) == JTI_LEADS_TO_FAMILY);
	NEED(store_family(w->store, mem, &id, &f) == FOUND);
	child = f;
	child.id = id_new();
	child.has_digest = false;
	x.parent = ARENA_CAT(mem, S("family:"), uuid_write(mem, f.id.b));
	NEED(authorization_extra_set(mem, &child.auth, &x));
	ops[1].status_entry = &(struct status_entry){ .issuer = S("modern"), .list = 1, .idx = p.idx ^ 1, .family = child.id,
		.generation = -1, .client = S("web"), .expires_s = clock_now_s() + 60 };
	EXPECT_INT(store_commit(w->store, ops, 2, NULL), STORE_DONE);
	p.idx ^= 1;
	EXPECT((bits_of(w, mem, &p, &generation)[p.idx / 8] >> p.idx % 8 & 1) == 0);
	refresh_revoked(w, mem, &g);
	EXPECT((bits_of(w, mem, &p, &generation)[p.idx / 8] >> p.idx % 8 & 1) == 1);
	world_free(w);
}

/* --- places ------------------------------------------------------------------------------------------------------ */

TEST(each_token_has_a_place_of_its_own_and_the_next_list_begins)
{
	struct world *w = listed(JTI_FAMILY);
	struct status_list newest;
	struct seat p[8];
	int64_t lists[4];

	for (size_t i = 0; i < COUNT(p); i++) {
		NEED(seat_of(w, mem, by_client(w, mem, S("api")).tokens.access, &p[i]));
		EXPECT(p[i].list == 1 && p[i].idx >= 0 && p[i].idx < STATUS_PLACES);
		for (size_t k = 0; k < i; k++)
			EXPECT(p[k].idx != p[i].idx);
	}
	EXPECT_INT(store_status_newest(w->store, S("modern"), &newest), FOUND);
	EXPECT_INT(newest.used, COUNT(p));
	EXPECT_INT(store_commit(w->store, &(struct store_op){ .kind = OP_STATUS_ADD,
		.status_entry = &(struct status_entry){ .issuer = S("modern"), .list = 7, .idx = p[0].idx, .client = S("api") } }, 1, NULL), STORE_DONE);
	EXPECT_INT(store_commit(w->store, &(struct store_op){ .kind = OP_STATUS_ADD,
		.status_entry = &(struct status_entry){ .issuer = S("modern"), .list = 7, .idx = p[0].idx, .client = S("web") } }, 1, NULL), STORE_LOST);
	NEED(seat_of(w, mem, by_client(w, mem, S("api")).tokens.access, &p[1]));
	EXPECT_INT(p[1].list, 7);                               /* the newest, whatever came before */
	EXPECT_INT(store_status_lists(w->store, S("modern"), 0, 4, lists), 2);
	EXPECT(lists[0] == 1 && lists[1] == 7);
	EXPECT_INT(store_status_lists(w->store, S("legacy"), 0, 4, lists), 0);
	world_free(w);
}

TEST(a_list_that_is_full_is_followed_by_another)
{
	struct world *w = listed(JTI_FAMILY);
	struct status_entry e[16];
	struct store_op ops[COUNT(e)];
	struct seat p;

	for (int64_t idx = 0; idx < STATUS_FULL; idx += COUNT(e)) {
		for (size_t k = 0; k < COUNT(e); k++) {
			e[k] = (struct status_entry){ .issuer = S("modern"), .list = 1, .idx = idx + (int64_t)k, .client = S("api"), .generation = -1 };
			ops[k] = (struct store_op){ .kind = OP_STATUS_ADD, .status_entry = &e[k] };
		}
		NEED(store_commit(w->store, ops, COUNT(ops), NULL) == STORE_DONE);
	}
	NEED(seat_of(w, mem, by_client(w, mem, S("api")).tokens.access, &p));
	EXPECT_INT(p.list, 2);
	world_free(w);
}

TEST(an_issuer_without_lists_writes_no_place_and_serves_none)
{
	struct world *w = listed(JTI_FAMILY);
	enum reason why;
	struct seat p;

	w->modern.status_lists = STR_ABSENT;
	EXPECT(!seat_of(w, mem, by_client(w, mem, S("api")).tokens.access, &p));
	EXPECT_INT(ask(w, mem, S("1"), &why).kind, ANS_FAULT);
	EXPECT_INT(why, R_NOT_FOUND);
	world_free(w);
}

TEST(a_number_that_is_none_is_no_list)
{
	static const char *const numbers[] = { "0", "2", "-1", "1x", "", "01 ", "99999999999999999999", "1/1" };
	struct world *w = listed(JTI_FAMILY);
	enum reason why;

	by_client(w, mem, S("api"));
	EXPECT_INT(ask(w, mem, S("1"), &why).kind, ANS_DOCUMENT);
	for (size_t i = 0; i < COUNT(numbers); i++) {
		EXPECT_INT(ask(w, mem, str_of(numbers[i]), &why).kind, ANS_FAULT);
		EXPECT_INT(why, R_NOT_FOUND);
	}
	world_free(w);
}

/* --- kept, and where it runs -------------------------------------------------------------------------------------- */

TEST(a_list_is_made_at_most_twice_in_its_time_and_by_no_thread_of_the_network)
{
	struct world *w = listed(JTI_FAMILY);
	struct tokens t = by_client(w, mem, S("web")).tokens;
	struct call c = call_at(w, &w->modern, mem);
	struct str first;

	w->svc.status_lists = status_lists_new();
	c.list_asked = S("1");
	EXPECT_INT(call_lane(&c, OE_STATUS_LIST), LANE_STATUS_LIST);
	first = status_list_endpoint(&c).document.body;
	revokes(w, mem, t.access);
	c = call_at(w, &w->modern, mem);
	c.list_asked = S("1");
	EXPECT_INT(call_lane(&c, OE_STATUS_LIST), LANE_INLINE);
	EXPECT_STR(status_list_endpoint(&c).document.body, first);
	clock_turn_ms((STATUS_KEPT_S(60) + 1) * 1000);
	c = call_at(w, &w->modern, mem);
	c.list_asked = S("1");
	EXPECT_INT(call_lane(&c, OE_STATUS_LIST), LANE_STATUS_LIST);
	EXPECT(!str_eq(status_list_endpoint(&c).document.body, first));
	EXPECT(!is_valid(w, mem, t.access));
	c = call_at(w, &w->modern, mem);
	c.list_asked = S("none");
	EXPECT_INT(call_lane(&c, OE_STATUS_LIST), LANE_INLINE);
	clock_turn_ms(-(STATUS_KEPT_S(60) + 1) * 1000);
	status_lists_free(w->svc.status_lists);
	world_free(w);
}

TEST(a_client_token_with_a_place_is_a_commit)
{
	struct world *w = listed(JTI_FAMILY);
	struct call c = call_at(w, &w->modern, mem);

	c.grant = &grant_client_credentials;
	call_basic(&c, S("api"), S("secret"));
	EXPECT_INT(call_lane(&c, OE_TOKEN), LANE_WRITER);
	w->modern.status_lists = STR_ABSENT;
	EXPECT_INT(call_lane(&c, OE_TOKEN), LANE_INLINE);
	world_free(w);
}

TEST(what_has_expired_leaves_its_place_and_the_last_list_keeps_its_number)
{
	struct world *w = listed(JTI_FAMILY);
	struct given g = give(w, mem);
	struct status_list newest;
	int64_t gone[STORE_KINDS] = { 0 }, lists[4];

	store_commit(w->store, &(struct store_op){ .kind = OP_STATUS_ADD,
		.status_entry = &(struct status_entry){ .issuer = S("modern"), .list = 2, .idx = 1, .client = S("api"), .expires_s = 5 } }, 1, NULL);
	store_sweep(w->store, clock_now_s(), 1000, gone);
	EXPECT_INT(gone[STORE_KIND_status_entries], 1);
	EXPECT_INT(gone[STORE_KIND_status_lists], 0);           /* the first has living ones, the second is the newest */
	EXPECT(is_valid(w, mem, g.of_web.access));
	store_sweep(w->store, clock_now_s() + 7200, 1000, gone);
	EXPECT_INT(gone[STORE_KIND_status_entries], 4);
	EXPECT_INT(gone[STORE_KIND_status_lists], 1);
	EXPECT_INT(store_status_newest(w->store, S("modern"), &newest), FOUND);
	EXPECT_INT(newest.list, 2);
	EXPECT_INT(store_status_lists(w->store, S("modern"), 0, 4, lists), 1);
	world_free(w);
}
