/* tests/unit/store/status_test.c - places in status lists: taken once; which have ended, by each condition of SQL_STATUS_ENDED. */
#include "open.h"

#define HERE "http://localhost:8080"

static struct status_entry
entry(int64_t idx, struct str client)
{
	return (struct status_entry){ .issuer = S(HERE), .list = 1, .idx = idx, .jti = suite_dig((int)idx), .generation = -1,
		.client = client, .signed_s = 1000, .expires_s = 5000 };
}

static void
put(struct store *s, const struct status_entry *e)
{
	EXPECT_INT(store_commit(s, &(struct store_op){ .kind = OP_STATUS_ADD, .status_entry = e }, 1, NULL), STORE_DONE);
}

TEST(a_place_is_taken_once_in_its_list)
{
	struct store *s = suite_open(mem);
	struct status_entry e = entry(3, S("app"));
	struct status_list l;

	NEED(s);
	EXPECT_INT(store_status_newest(s, e.issuer, &l), NOT_FOUND);
	EXPECT_INT(store_status_list(s, e.issuer, 1, &l), NOT_FOUND);
	EXPECT_INT(store_status_taken(s, &e), NOT_FOUND);
	put(s, &e);
	EXPECT_INT(store_status_taken(s, &e), FOUND);
	EXPECT_INT(store_commit(s, &(struct store_op){ .kind = OP_STATUS_ADD, .status_entry = &e }, 1, NULL), STORE_LOST);
	EXPECT_INT(store_status_list(s, e.issuer, 1, &l), FOUND);
	EXPECT_INT(l.used, 1);                                  /* the one that was lost is not counted */
	e.idx = 4;
	EXPECT_INT(store_status_taken(s, &e), NOT_FOUND);
	put(s, &e);
	e.list = 2;
	put(s, &e);
	EXPECT(store_status_list(s, e.issuer, 1, &l) == FOUND && l.used == 2);
	EXPECT(store_status_newest(s, e.issuer, &l) == FOUND && l.list == 2 && l.used == 1);
	e.issuer = S("another");
	EXPECT_INT(store_status_taken(s, &e), NOT_FOUND);
	EXPECT_INT(store_status_newest(s, e.issuer, &l), NOT_FOUND);
}

/* --- what has ended: place 0 is a client's own, 1 of a family with a user, 2 of a family without, 3 of a family with a parent --- */

#define PLACES 4
static void
fill(struct store *s, struct client *k, struct user *u, struct family f[PLACES])
{
	struct authorization_extra x = { .parent = S("family:whatever") };
	struct arena mem;

	arena_init(&mem, 64 * 1024);
	*k = suite_client(1);
	*u = suite_user(1);
	store_commit(s, (struct store_op[]){ { .kind = OP_CLIENT_PUT, .client = k }, { .kind = OP_USER_PUT, .user = u } }, 2, NULL);
	for (int i = 0; i < PLACES; i++) {
		struct status_entry e = entry(i, k->id);

		f[i] = suite_family(i + 10);
		f[i].auth.client = k->id;
		f[i].auth.user = i == 1 ? u->id : (struct id16){ { 0 } };
		f[i].auth.extra = STR_ABSENT;
		if (i == 3)
			EXPECT(authorization_extra_set(&mem, &f[i].auth, &x));
		f[i].generation = 5;
		if (i > 0) {
			e.family = f[i].id;
			e.generation = 5;
			store_commit(s, &(struct store_op){ .kind = OP_FAMILY_ADD, .family = &f[i] }, 1, NULL);
		}
		put(s, &e);
	}
	arena_free(&mem);
}

/* A letter for each place: '-' lives, 'E' has ended, 'a' its ancestors are to be asked. */
static struct str
ended(struct store *s, struct arena *mem, bool refresh_ends, int page)
{
	struct status_walk w = { .issuer = S(HERE), .realm = suite_client(1).realm, .list = 1, .after = -1, .refresh_ends = refresh_ends };
	struct status_ended rows[PLACES];
	char *out = arena_z(mem, S("----"));
	int n = page;

	while (n == page) {
		n = store_status_ended(s, mem, &w, page, rows);
		for (int i = 0; i < n; i++) {
			w.after = rows[i].idx;
			out[rows[i].idx] = id_none(&rows[i].family) ? 'E' : 'a';
		}
	}
	return str_of(out);
}

TEST(a_place_has_ended_with_what_its_token_stands_on)
{
	static const struct { const char *sql_of, *shown; } rows[] = {
		{ "nothing", "---a" }, { "jti of 1", "-E-a" }, { "family 2", "--Ea" }, { "family 3", "---E" }, { "client off", "EEEE" },
		{ "client gone", "EEEE" }, { "client ended", "E--a" }, { "user off", "-E-a" }, { "user locked", "-E-a" },
		{ "user shut", "-E-a" }, { "user gone", "-E-a" }, { "another user off", "---a" }, { "another client off", "---a" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct store *s = suite_open(mem);
		struct str what = str_of(rows[i].sql_of);
		struct client k, other = suite_client(2);
		struct user u, stranger = suite_user(2);
		struct family f[PLACES];
		struct dig32 jti = suite_dig(1);
		struct store_op op = { .kind = OP_FAMILY_REVOKE };

		NEED(s);
		fill(s, &k, &u, f);
		EXPECT(store_client(s, mem, k.realm, k.id, &k) == FOUND && store_user_by_id(s, mem, u.realm, &u.id, &u) == FOUND);
		store_commit(s, (struct store_op[]){ { .kind = OP_CLIENT_PUT, .client = &other }, { .kind = OP_USER_PUT, .user = &stranger } }, 2, NULL);
		op.family = str_is(what, "family 2") ? &f[2] : &f[3];
		if (str_is(what, "jti of 1"))
			op = (struct store_op){ .kind = OP_JTI_REVOKE, .jti = { .digest = jti, .expires_s = 9000 } };
		if (str_is(what, "client off") || str_is(what, "client ended")) {
			k.enabled = false;
			op = (struct store_op){ .kind = OP_CLIENT_SET, .client = &k };
		}
		if (str_is(what, "client gone"))
			op = (struct store_op){ .kind = OP_CLIENT_DELETE, .gone = { &k, S("") } };
		u.enabled = !str_is(what, "user off");
		u.locked = str_is(what, "user locked");
		u.shut = str_is(what, "user shut") ? S("disabled") : S("");
		if (str_starts(what, S("user")))
			op = (struct store_op){ .kind = OP_USER_SET, .user = &u };
		if (str_is(what, "user gone"))
			op = (struct store_op){ .kind = OP_USER_DELETE, .ends = { .user = &u, .elsewhere = S(HERE) } };
		other.enabled = stranger.enabled = false;
		if (str_is(what, "another client off"))
			op = (struct store_op){ .kind = OP_CLIENT_PUT, .client = &other };
		if (str_is(what, "another user off"))
			op = (struct store_op){ .kind = OP_USER_PUT, .user = &stranger };
		if (!str_is(what, "nothing"))
			EXPECT_INT(store_commit(s, &op, 1, NULL), STORE_DONE);
		if (str_is(what, "client ended")) {             /* and enabled again: its own tokens of before stay dead (S8) */
			EXPECT(store_client(s, mem, k.realm, k.id, &k) == FOUND);
			k.enabled = true;
			EXPECT_INT(store_commit(s, &op, 1, NULL), STORE_DONE);
		}
		if (!str_is(ended(s, mem, false, 2), rows[i].shown))
			test_fail(__FILE__, __LINE__, "%s: %.*s, not %s", rows[i].sql_of, STR_ARG(ended(s, mem, false, 2)), rows[i].shown);
		EXPECT_STR(ended(s, mem, false, 1), ended(s, mem, false, 4));
	}
}

TEST(a_refresh_ends_an_older_generation_where_it_is_told_so)
{
	struct store *s = suite_open(mem);
	struct family f[PLACES];
	struct client k;
	struct user u;

	NEED(s);
	fill(s, &k, &u, f);
	EXPECT_STR(ended(s, mem, true, 4), S("---a"));
	f[1].rotated_ms = 1;
	EXPECT_INT(store_commit(s, &(struct store_op){ .kind = OP_FAMILY_ROTATE, .family = &f[1] }, 1, NULL), STORE_DONE);
	EXPECT_STR(ended(s, mem, true, 4), S("-E-a"));
	EXPECT_STR(ended(s, mem, false, 4), S("---a"));
}
