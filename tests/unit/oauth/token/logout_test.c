/* A logout everywhere: which tokens end, and which texts are told to whom. */
#include <stdio.h>

#include "../../outpost.h"
#include "../world.h"

#define LISTENERS 40            /* more than one commit holds */

/* A world whose legacy issuer has a realm of clients that all want to hear of logouts, but for the last. */
static struct realm *
realm_of_listeners(struct world *w, struct arena *mem)
{
	struct client *k = arena_array(mem, struct client, LISTENERS + 1);

	for (int i = 0; i <= LISTENERS; i++) {
		k[i] = *realm_client(w->realm, S("web"));
		k[i].id = arena_printf(mem, "k%d", i);
		k[i].info = i == LISTENERS ? S("{\"x\":\"LOGOUT_NOTIFY_URL_LIST\"}") : S("{\"LOGOUT_NOTIFY_URL_LIST\":\" https://a.example/,https://b.example/ \"}");
	}
	w->old.logout.notices = true;
	w->legacy.realm = realm_new(S("r"), k, LISTENERS + 1, 0);
	return (struct realm *)(uintptr_t)w->legacy.realm;
}

/* A row of alice's at the client; imported: known by the digest of a text that this issuer never made. */
static struct str
token_at(struct world *w, struct arena *mem, int client, int row, bool imported)
{
	struct token t = { .id = { { 1, (uint8_t)client, (uint8_t)row } }, .auth.issuer = S("legacy"), .auth.client = arena_printf(mem, "k%d", client), .auth.user = w->alice.id,
		.auth.user_name = S("alice"), .auth.scope = S("read"), .auth.account_type = S(""), .has_digest = true, .issued_s = clock_now_s(), .expires_s = clock_now_s() + 100 };
	struct store_op op = { .kind = OP_TOKEN_ADD, .token = &t };
	struct str text = imported ? arena_printf(mem, "an-old-text-%d-%d", client, row) : access_text(&w->legacy, mem, &t.id);

	t.digest = digest_of(&w->legacy, S("access"), text);
	t.keep_s = t.expires_s;
	EXPECT_INT(store_commit(w->store, &op, 1, NULL), STORE_DONE);
	return text;
}

static bool
spreads(struct world *w, struct arena *mem, struct str text, struct logout_notices *told)
{
	struct call c = call_at(w, &w->legacy, mem);
	struct token_facts f;
	struct id16 family;
	struct token row;
	bool done = token_inspect(&c, text, INSPECT_ACCESS, &f, &family, &row) && logout_elsewhere(&c,
	    &f, text, told) && commit_or_fail(&c, &told->last);

	logout_notify(&c, told, done);
	return done;
}

static bool
lives(struct world *w, struct arena *mem, struct str text)
{
	struct call c = call_at(w, &w->legacy, mem);
	struct token_facts f;
	struct id16 family;
	struct token row;

	return token_inspect(&c, text, INSPECT_ACCESS, &f, &family, &row);
}

TEST(only_enabled_clients_with_the_member_listen)
{
	static const char *const deaf[] = { "{}", "", "{\"LOGOUT_NOTIFY_URL_LIST\":7}", "{\"LOGOUT_NOTIFY_URL_LIST\":\"\"}", "{\"LOGOUT_NOTIFY_URL_LIST\":\"  \"}",
		"{\"a\":{\"LOGOUT_NOTIFY_URL_LIST\":\"https://a.example\"}}", "\"LOGOUT_NOTIFY_URL_LIST\"", "{\"LOGOUT_NOTIFY_URL_LIST\":" };
	struct client k[COUNT(deaf) + 2];
	const struct logout_client *l;
	struct realm *r;
	size_t n;

	for (size_t i = 0; i < COUNT(k); i++)
		k[i] = (struct client){ .id = arena_printf(mem, "k%zu", i), .enabled = i != COUNT(deaf),
			.info = i < COUNT(deaf) ? str_of(deaf[i]) : S("{\"b\":1,\"LOGOUT_NOTIFY_URL_LIST\":\"https://a.example\"}") };
	r = realm_new(S("r"), k, COUNT(k), 0);
	NEED(r != NULL);
	l = realm_logout_clients(r, &n);
	NEED(n == 1);
	EXPECT(str_eq(l[0].client->id, k[COUNT(k) - 1].id));
	EXPECT_STR(l[0].urls, S("https://a.example"));
	realm_free(r);
}

TEST(tokens_at_every_client_that_hears_end_and_are_named)
{
	struct world *w = world_new();
	struct realm *r = realm_of_listeners(w, mem);
	struct str texts[LISTENERS + 1];
	struct logout_notices told;

	for (int i = 0; i <= LISTENERS; i++)
		texts[i] = token_at(w, mem, i, 0, false);
	NEED(spreads(w, mem, texts[3], &told) && told.n == LISTENERS);
	for (size_t i = 0; i < LISTENERS; i++) {
		EXPECT(str_eq(told.told[i].tokens, texts[i]));
		EXPECT(!lives(w, mem, texts[i]));
	}
	EXPECT(lives(w, mem, texts[LISTENERS]));        /* it does not listen */
	realm_free(r);
	world_free(w);
}

TEST(an_imported_token_ends_unnamed_but_for_the_one_that_was_shown)
{
	struct world *w = world_new();
	struct realm *r = realm_of_listeners(w, mem);
	struct str shown = token_at(w, mem, 0, 0, true), old = token_at(w, mem, 0, 1, true), own = token_at(w, mem, 0, 2, false), alone = token_at(w, mem, 1, 0, true);
	struct logout_notices told;

	NEED(spreads(w, mem, shown, &told) && told.n == 2);
	EXPECT(str_eq(told.told[0].tokens, ARENA_CAT(mem, shown, S(","), own)));
	EXPECT(str_empty(told.told[1].tokens));
	EXPECT(!lives(w, mem, old) && !lives(w, mem, own) && !lives(w, mem, alone));
	realm_free(r);
	world_free(w);
}

TEST(an_issuer_without_notices_ends_nothing_else)
{
	struct world *w = world_new();
	struct realm *r = realm_of_listeners(w, mem);
	struct str one = token_at(w, mem, 0, 0, false), two = token_at(w, mem, 1, 0, false);
	struct logout_notices told;

	w->old.logout.notices = false;
	NEED(spreads(w, mem, one, &told));
	EXPECT_INT(told.n, 0);
	EXPECT(lives(w, mem, one) && lives(w, mem, two));
	realm_free(r);
	world_free(w);
}

/*
 * Each listener has two addresses: what is told is in the store before anything else is, and leaves
 * with the sending.
 */
TEST(notices_are_written_down_with_the_end)
{
	struct world *w = world_new();
	struct realm *r = realm_of_listeners(w, mem);
	struct outpost *p = outpost_new(w->store, &notice_outbox, 2 * LISTENERS);
	struct str one = token_at(w, mem, 0, 0, false), two = token_at(w, mem, 7, 0, false);
	struct logout_notices told;

	p->silent = true;
	w->svc.notices = p->box;
	NEED(spreads(w, mem, one, &told) && told.n == 2);
	EXPECT_INT(told.n_notices, 4);
	EXPECT_INT(outpost_rows(p, mem), 4);
	EXPECT(!lives(w, mem, one) && !lives(w, mem, two));
	outpost_free(p);
	realm_free(r);
	world_free(w);
}

TEST(too_many_notices_are_told_and_end_nothing)
{
	struct world *w = world_new();
	struct realm *r = realm_of_listeners(w, mem);
	struct outpost *p = outpost_new(w->store, &notice_outbox, 3);
	struct str texts[LISTENERS];
	struct logout_notices told;

	w->svc.notices = p->box;
	for (int i = 0; i < LISTENERS; i++)
		texts[i] = token_at(w, mem, i, 0, false);
	EXPECT(!spreads(w, mem, texts[3], &told));
	for (int i = 0; i < LISTENERS; i++)
		EXPECT(lives(w, mem, texts[i]));
	EXPECT_INT(outpost_rows(p, mem), 0);
	EXPECT_INT(outpost_counts(p).waiting, 0);
	outpost_free(p);
	realm_free(r);
	world_free(w);
}
