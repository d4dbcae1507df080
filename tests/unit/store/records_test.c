/* tests/unit/store/records_test.c - every record is read back as it was written, every operation does what store.h says. */
#include "open.h"

#define SAME_STR(field) EXPECT_STR(got.field, want.field)
#define SAME_INT(field) EXPECT_INT(got.field, want.field)
#define SAME_MEM(field) EXPECT(memcmp(&got.field, &want.field, sizeof got.field) == 0)

static void
same_client(struct client got, struct client want)
{
	SAME_STR(realm); SAME_STR(id); SAME_STR(name); SAME_STR(secret); SAME_STR(grants); SAME_STR(scopes); SAME_STR(redirect_uris);
	SAME_STR(auto_approve); SAME_STR(authorities); SAME_STR(resource_ids); SAME_STR(origins); SAME_STR(acts_for); SAME_STR(legacy); SAME_STR(introspects);
	SAME_STR(info); SAME_INT(access_ttl_s); SAME_INT(refresh_ttl_s); SAME_INT(enabled); SAME_INT(created_s); SAME_INT(updated_s);
	SAME_STR(metadata); SAME_INT(lease_s);
}

static void
same_user(struct user got, struct user want)
{
	SAME_STR(realm); SAME_MEM(id); SAME_STR(name); SAME_STR(display_name); SAME_STR(phone); SAME_STR(email); SAME_STR(open_id);
	SAME_STR(account_type); SAME_STR(password); SAME_STR(authorities); SAME_INT(number); SAME_INT(enabled); SAME_INT(locked);
	SAME_INT(created_s); SAME_INT(updated_s); SAME_STR(origin); SAME_STR(claims);
}

static void
same_session(struct session got, struct session want)
{
	SAME_MEM(digest); SAME_STR(issuer); SAME_MEM(user); SAME_STR(user_name); SAME_STR(account_type); SAME_INT(auth_s);
	SAME_INT(seen_s); SAME_INT(expires_s); SAME_INT(answered); SAME_MEM(request); SAME_STR(amr); SAME_INT(factor_s);
	SAME_STR(device); SAME_INT(idle_s); SAME_INT(refresh_ends);
}

static void
same_auth(struct authorization got, struct authorization want)
{
#define SAME_TEXT(member) SAME_STR(member)
#define SAME_ID(member) SAME_MEM(member)
#define X(kind, member, column, where) SAME_##kind(member);
	AUTHORIZATION(X)
#undef X
}

static void
same_code(struct code got, struct code want)
{
	same_auth(got.auth, want.auth);
	SAME_MEM(digest); SAME_STR(redirect_uri);
	SAME_INT(redirect_sent); SAME_STR(challenge);
	SAME_INT(issued_s); SAME_INT(expires_s); SAME_INT(state); SAME_MEM(family);
}

static void
same_family(struct family got, struct family want)
{
	same_auth(got.auth, want.auth);
	SAME_MEM(id);
	SAME_INT(has_digest); SAME_MEM(digest); SAME_INT(refreshable); SAME_INT(generation); SAME_INT(rotated_ms);
	SAME_INT(issued_s); SAME_INT(expires_s); SAME_INT(state);
}

static void
same_token(struct token got, struct token want)
{
	same_auth(got.auth, want.auth);
	SAME_MEM(id);
	SAME_MEM(family); SAME_INT(has_digest); SAME_MEM(digest); SAME_INT(has_reuse); SAME_MEM(reuse); SAME_INT(issued_s);
	SAME_INT(expires_s); SAME_INT(keep_s);
}

TEST(client)
{
	struct store *s = suite_open(mem);
	struct client c = suite_client(1), got;

	NEED(s);
	EXPECT_INT(store_client(s, mem, c.realm, c.id, &got), NOT_FOUND);
	EXPECT_INT(DO(s, OP_CLIENT_PUT, client, &c), STORE_DONE);
	NEED(store_client(s, mem, c.realm, c.id, &got) == FOUND);
	same_client(got, c);
	c.secret = STR_ABSENT;
	c.enabled = false;
	c.scopes = S("");
	EXPECT_INT(DO(s, OP_CLIENT_PUT, client, &c), STORE_DONE);
	NEED(store_client(s, mem, c.realm, c.id, &got) == FOUND);
	same_client(got, c);
	EXPECT_INT(store_client(s, mem, S("other"), c.id, &got), NOT_FOUND);
}

/* A deleted client leaves nothing that works. */
TEST(client_delete)
{
	struct store *s = suite_open(mem);
	struct client c = suite_client(1), got;
	struct family f = suite_family(1), other = suite_family(2), fgot;
	struct token t = suite_token(1), plain = suite_token(2), tgot;
	struct code k = suite_code(1), kgot;

	NEED(s);
	f.auth.client = t.auth.client = plain.auth.client = k.auth.client = c.id;
	plain.family = plain.auth.user = (struct id16){ 0 };
	EXPECT_INT(DO(s, OP_TOKEN_ADD, token, &plain), STORE_DONE);
	EXPECT_INT(DO(s, OP_CLIENT_PUT, client, &c), STORE_DONE);
	EXPECT_INT(DO(s, OP_FAMILY_ADD, family, &f), STORE_DONE);
	EXPECT_INT(DO(s, OP_FAMILY_ADD, family, &other), STORE_DONE);
	EXPECT_INT(DO(s, OP_TOKEN_ADD, token, &t), STORE_DONE);
	EXPECT_INT(DO(s, OP_CODE_ADD, code, &k), STORE_DONE);
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_CLIENT_DELETE, .gone = { .client = &c } }), STORE_DONE);
	EXPECT_INT(store_client(s, mem, c.realm, c.id, &got), NOT_FOUND);
	NEED(store_family(s, mem, &f.id, &fgot) == FOUND);
	EXPECT_INT(fgot.state, FAMILY_REVOKED);
	EXPECT_INT(store_token(s, mem, &t.id, &tgot), NOT_FOUND);
	EXPECT_INT(store_token(s, mem, &plain.id, &tgot), NOT_FOUND);
	NEED(store_code(s, mem, &k.digest, &kgot) == FOUND);
	EXPECT_INT(kgot.state, CODE_BURNT);
	NEED(store_family(s, mem, &other.id, &fgot) == FOUND);
	EXPECT_INT(fgot.state, FAMILY_LIVE);
}

TEST(user)
{
	struct store *s = suite_open(mem);
	struct user u = suite_user(1), got;

	NEED(s);
	EXPECT_INT(DO(s, OP_USER_PUT, user, &u), STORE_DONE);
	NEED(store_user_by_name(s, mem, u.realm, u.name, &got) == FOUND);
	same_user(got, u);
	NEED(store_user_by_id(s, mem, u.realm, &u.id, &got) == FOUND);
	same_user(got, u);
	NEED(store_user_by_phone(s, mem, u.realm, u.phone, &got) == FOUND);
	same_user(got, u);
	NEED(store_user_by_open_id(s, mem, u.realm, u.open_id, &got) == FOUND);
	same_user(got, u);
	EXPECT_INT(store_user_by_name(s, mem, S("other"), u.name, &got), NOT_FOUND);
	got = u;
	got.claims = S("{\"locale\":\"de\"}");
	got.version = 1;
	EXPECT_INT(DO(s, OP_USER_SET, user, &got), STORE_LOST);        /* not as it was read */
	NEED(store_user_by_id(s, mem, u.realm, &u.id, &got) == FOUND);
	u.version = got.version;
	u.claims = S("{\"locale\":\"de\"}");
	EXPECT_INT(DO(s, OP_USER_SET, user, &u), STORE_DONE);
	NEED(store_user_by_id(s, mem, u.realm, &u.id, &got) == FOUND);
	same_user(got, u);
	u.claims = STR_ABSENT;
	u.version = got.version;
	EXPECT_INT(DO(s, OP_USER_SET, user, &u), STORE_DONE);
	NEED(store_user_by_id(s, mem, u.realm, &u.id, &got) == FOUND && !str_given(got.claims));
	u.version = 0;
	u.origin = S("old:42");                 /* another database says which number is whose */
	EXPECT_INT(DO(s, OP_USER_PUT, user, &u), STORE_DONE);
	EXPECT_INT(store_user_by_phone(s, mem, u.realm, u.phone, &got), NOT_FOUND);
	EXPECT_INT(store_user_by_open_id(s, mem, u.realm, u.open_id, &got), NOT_FOUND);
	u.name = S("renamed");
	u.locked = true;
	u.phone = S("");
	u.open_id = STR_ABSENT;
	EXPECT_INT(DO(s, OP_USER_PUT, user, &u), STORE_DONE);
	NEED(store_user_by_id(s, mem, u.realm, &u.id, &got) == FOUND);
	same_user(got, u);
	EXPECT_INT(store_user_by_name(s, mem, u.realm, S("user-1"), &got), NOT_FOUND);
	EXPECT_INT(store_user_by_phone(s, mem, u.realm, S(""), &got), NOT_FOUND);
}

/* In either case; several may have it, those of another database are not told. */
TEST(users_by_email)
{
	struct store *s = suite_open(mem);
	struct user u = suite_user(1), v = suite_user(2), w = suite_user(3), got[3];

	NEED(s);
	u.email = S("Some.One@Example.org");
	v.email = S("some.one@example.org");
	w.email = S("some.one@example.org");
	w.origin = S("old:42");
	EXPECT_INT(DO(s, OP_USER_PUT, user, &u), STORE_DONE);
	EXPECT_INT(store_users_by_email(s, mem, u.realm, S("SOME.ONE@example.org"), 3, got), 1);
	EXPECT_STR(got[0].name, u.name);
	EXPECT_INT(DO(s, OP_USER_PUT, user, &v), STORE_DONE);
	EXPECT_INT(DO(s, OP_USER_PUT, user, &w), STORE_DONE);
	EXPECT_INT(store_users_by_email(s, mem, u.realm, S("some.one@example.org"), 3, got), 2);
	EXPECT_INT(store_users_by_email(s, mem, u.realm, S("some.one@example.org"), 1, got), 1);
	EXPECT_INT(store_users_by_email(s, mem, S("other"), u.email, 3, got), 0);
	EXPECT_INT(store_users_by_email(s, mem, u.realm, S(""), 3, got), 0);
	EXPECT_INT(store_users_by_email(s, mem, u.realm, S("one@example.org"), 3, got), 0);
	EXPECT_INT(store_users_at_email(s, mem, u.realm, S("some.one@example.org"), 3, got), 3);
	EXPECT_INT(store_users_at_email(s, mem, S("other"), u.email, 3, got), 0);
	EXPECT_INT(store_users_at_email(s, mem, u.realm, S(""), 3, got), 0);
}

/* Two users cannot bear one name in one realm: the later is refused, the earlier keeps it. */
TEST(user_name_is_taken)
{
	struct store *s = suite_open(mem);
	struct user a = suite_user(1), b = suite_user(2), got;

	NEED(s);
	b.name = a.name;
	EXPECT_INT(DO(s, OP_USER_PUT, user, &a), STORE_DONE);
	EXPECT_INT(DO(s, OP_USER_PUT, user, &b), STORE_LOST);
	NEED(store_user_by_name(s, mem, a.realm, a.name, &got) == FOUND);
	EXPECT(memcmp(&got.id, &a.id, 16) == 0);
	b.realm = S("other");
	EXPECT_INT(DO(s, OP_USER_PUT, user, &b), STORE_DONE);
}

TEST(user_password)
{
	struct store *s = suite_open(mem);
	struct user u = suite_user(1), other = suite_user(2), got, hash;
	struct store_op op;

	NEED(s);
	EXPECT_INT(DO(s, OP_USER_PUT, user, &u), STORE_DONE);
	EXPECT_INT(DO(s, OP_USER_PUT, user, &other), STORE_DONE);
	hash = (struct user){ .realm = u.realm, .id = u.id, .password = S("{argon2}new") };
	op = (struct store_op){ .kind = OP_USER_REHASH, .rehash = { &hash, S("{noop}another") } };
	EXPECT_INT(store_commit(s, &op, 1, NULL), STORE_DONE);          /* another hash is stored meanwhile: it stays */
	NEED(store_user_by_name(s, mem, u.realm, u.name, &got) == FOUND);
	same_user(got, u);
	op.rehash.verified = u.password;
	EXPECT_INT(store_commit(s, &op, 1, NULL), STORE_DONE);
	NEED(store_user_by_name(s, mem, u.realm, u.name, &got) == FOUND);
	u.password = hash.password;
	same_user(got, u);
	NEED(store_user_by_name(s, mem, other.realm, other.name, &got) == FOUND);
	same_user(got, other);
}

/* --- versions and guards: S6, S7, S8 ----------------------------------------------------------------------------------------- */

TEST(a_user_is_set_only_as_it_was_read)
{
	struct store *s = suite_open(mem);
	struct user u = suite_user(1), one, two;

	NEED(s);
	EXPECT_INT(DO(s, OP_USER_SET, user, &u), STORE_LOST);           /* an update never inserts */
	EXPECT_INT(DO(s, OP_USER_ADD, user, &u), STORE_DONE);
	EXPECT_INT(DO(s, OP_USER_ADD, user, &u), STORE_LOST);
	NEED(store_user_by_id(s, mem, u.realm, &u.id, &one) == FOUND && one.version != 0);
	two = one;
	EXPECT_INT(DO(s, OP_USER_STANDS, user, &one), STORE_DONE);
	one.email = S("one@example.com");
	EXPECT_INT(DO(s, OP_USER_SET, user, &one), STORE_DONE);
	EXPECT_INT(DO(s, OP_USER_STANDS, user, &two), STORE_LOST);
	EXPECT_INT(DO(s, OP_USER_SET, user, &two), STORE_LOST);
	NEED(store_user_by_id(s, mem, u.realm, &u.id, &two) == FOUND);
	EXPECT_STR(two.email, one.email);
	EXPECT_INT(two.not_before_s, 0);                                /* an address ends nothing */
	EXPECT_INT(DO(s, OP_USER_DELETE, ends.user, &two), STORE_DONE);
	EXPECT_INT(DO(s, OP_USER_STANDS, user, &two), STORE_LOST);
	EXPECT_INT(DO(s, OP_USER_SET, user, &two), STORE_LOST);
	EXPECT_INT(DO(s, OP_USER_ADD, user, &u), STORE_DONE);
	EXPECT_INT(DO(s, OP_USER_STANDS, user, &two), STORE_LOST);      /* made again: another */
}

TEST(a_better_hash_is_no_other_user)
{
	struct store *s = suite_open(mem);
	struct user u = suite_user(1), read, hash;
	struct store_op op = { .kind = OP_USER_REHASH, .rehash = { &hash, u.password } };

	NEED(s);
	EXPECT_INT(DO(s, OP_USER_ADD, user, &u), STORE_DONE);
	NEED(store_user_by_id(s, mem, u.realm, &u.id, &read) == FOUND);
	hash = read;
	hash.password = S("{argon2}new");
	EXPECT_INT(store_commit(s, &op, 1, NULL), STORE_DONE);
	EXPECT_INT(DO(s, OP_USER_STANDS, user, &read), STORE_DONE);
}

static int64_t
not_before(struct store *s, struct arena *mem, const struct user *u)
{
	struct user now;

	return store_user_by_id(s, mem, u->realm, &u->id, &now) == FOUND ? now.not_before_s : -1;
}

TEST(an_end_is_remembered_beyond_the_row)
{
	struct store *s = suite_open(mem);
	struct user u = suite_user(1);
	int64_t now = clock_now_s(), ended;

	NEED(s);
	EXPECT_INT(DO(s, OP_USER_PUT, user, &u), STORE_DONE);
	EXPECT_INT(not_before(s, mem, &u), 0);
	u.enabled = false;
	EXPECT_INT(DO(s, OP_USER_PUT, user, &u), STORE_DONE);
	ended = not_before(s, mem, &u);
	EXPECT(ended > now);
	u.enabled = true;
	EXPECT_INT(DO(s, OP_USER_PUT, user, &u), STORE_DONE);
	EXPECT_INT(not_before(s, mem, &u), ended);
	clock_turn_ms(5000);
	u.password = S("{noop}another");
	EXPECT_INT(DO(s, OP_USER_PUT, user, &u), STORE_DONE);
	EXPECT(not_before(s, mem, &u) >= ended + 4);
	clock_turn_ms(5000);
	EXPECT_INT(DO(s, OP_USER_DELETE, ends.user, &u), STORE_DONE);
	memset(u.id.b, 0x77, sizeof u.id.b);                            /* another user of the same name */
	EXPECT_INT(DO(s, OP_USER_ADD, user, &u), STORE_DONE);
	EXPECT(not_before(s, mem, &u) >= ended + 9);
	clock_turn_ms(-10000);
}

TEST(a_client_stands_while_none_has_changed)
{
	struct store *s = suite_open(mem);
	struct client c = suite_client(1), other = suite_client(2), read;
	uint64_t epoch;
	struct store_op stands = { .kind = OP_CLIENT_STANDS, .stands = { &read, 0 } };

	NEED(s);
	EXPECT_INT(DO(s, OP_CLIENT_ADD, client, &c), STORE_DONE);
	EXPECT_INT(DO(s, OP_CLIENT_ADD, client, &c), STORE_LOST);
	epoch = store_clients_epoch(s);
	NEED(store_client(s, mem, c.realm, c.id, &read) == FOUND);
	EXPECT_INT(store_commit(s, &stands, 1, NULL), STORE_DONE);      /* by its version */
	EXPECT_INT(DO(s, OP_CLIENT_ADD, client, &other), STORE_DONE);
	EXPECT(store_clients_epoch(s) != epoch);
	stands.stands.epoch = epoch;
	EXPECT_INT(store_commit(s, &stands, 1, NULL), STORE_DONE);      /* another client has changed */
	read.name = S("renamed");
	EXPECT_INT(DO(s, OP_CLIENT_SET, client, &read), STORE_DONE);
	EXPECT_INT(store_commit(s, &stands, 1, NULL), STORE_LOST);
	EXPECT_INT(DO(s, OP_CLIENT_SET, client, &read), STORE_LOST);
}

TEST(a_jti_leads_to_its_family)
{
	struct store *s = suite_open(mem);
	struct store_op op = { .kind = OP_JTI_ADD, .jti = { .digest = { { 7 } }, .expires_s = 100, .family = { { 9 } } } };
	struct dig32 unknown = { { 8 } };
	struct id16 family;

	NEED(s);
	EXPECT_INT(store_commit(s, &op, 1, NULL), STORE_DONE);
	NEED(store_jti_family(s, &op.jti.digest, &family) == FOUND);
	EXPECT(memcmp(&family, &op.jti.family, sizeof family) == 0);
	EXPECT_INT(store_jti_family(s, &unknown, &family), NOT_FOUND);
	store_sweep(s, 101, 100, NULL);
	EXPECT_INT(store_jti_family(s, &op.jti.digest, &family), NOT_FOUND);
}

TEST(user_delete)
{
	struct store *s = suite_open(mem);
	struct user u = suite_user(1), got;
	struct session n = suite_session(1), ngot;
	struct family f = suite_family(1), fgot;
	struct token t = suite_token(1), tgot;
	struct approval a = { .issuer = S("i"), .client = S("app"), .scope = S("read"), .user = u.id };
	struct str scopes;

	NEED(s);
	EXPECT_INT(DO(s, OP_USER_PUT, user, &u), STORE_DONE);
	EXPECT_INT(DO(s, OP_SESSION_ADD, session, &n), STORE_DONE);
	EXPECT_INT(DO(s, OP_FAMILY_ADD, family, &f), STORE_DONE);
	EXPECT_INT(DO(s, OP_TOKEN_ADD, token, &t), STORE_DONE);
	EXPECT_INT(DO(s, OP_APPROVAL_PUT, approval, &a), STORE_DONE);
	EXPECT_INT(DO(s, OP_USER_DELETE, ends.user, &u), STORE_DONE);
	EXPECT_INT(store_user_by_id(s, mem, u.realm, &u.id, &got), NOT_FOUND);
	EXPECT_INT(store_session(s, mem, &n.digest, &ngot), NOT_FOUND);
	EXPECT_INT(store_token(s, mem, &t.id, &tgot), NOT_FOUND);
	EXPECT_INT(store_approvals(s, mem, a.issuer, &a.user, a.client, 1, &scopes), NOT_FOUND);
	NEED(store_family(s, mem, &f.id, &fgot) == FOUND);
	EXPECT_INT(fgot.state, FAMILY_REVOKED);
}

TEST(session)
{
	struct store *s = suite_open(mem);
	struct session a = suite_session(1), b = suite_session(2), c = suite_session(3), got;

	NEED(s);
	b.user = a.user;
	b.issuer = S("http://localhost:8090");
	EXPECT_INT(DO(s, OP_SESSION_ADD, session, &a), STORE_DONE);
	EXPECT_INT(DO(s, OP_SESSION_ADD, session, &b), STORE_DONE);
	EXPECT_INT(DO(s, OP_SESSION_ADD, session, &c), STORE_DONE);
	NEED(store_session(s, mem, &a.digest, &got) == FOUND);
	same_session(got, a);
	a.seen_s = 99;
	EXPECT_INT(DO(s, OP_SESSION_ADD, session, &a), STORE_DONE);
	NEED(store_session(s, mem, &a.digest, &got) == FOUND);
	EXPECT_INT(got.seen_s, 99);
	c.answered = 1;
	EXPECT_INT(DO(s, OP_SESSION_SPEND, session, &c), STORE_LOST);
	EXPECT_INT(DO(s, OP_SESSION_ANSWER, session, &c), STORE_DONE);
	got = c;
	got.request = suite_dig(9);
	EXPECT_INT(DO(s, OP_SESSION_SPEND, session, &got), STORE_LOST);
	EXPECT_INT(DO(s, OP_SESSION_SPEND, session, &c), STORE_DONE);
	EXPECT_INT(DO(s, OP_SESSION_SPEND, session, &c), STORE_LOST);
	NEED(store_session(s, mem, &c.digest, &got) == FOUND);
	EXPECT_INT(got.answered, 0);
	c.answered = 0;
	EXPECT_INT(DO(s, OP_SESSION_SPEND, session, &c), STORE_LOST);
	EXPECT_INT(DO(s, OP_SESSION_END, session, &a), STORE_DONE);
	EXPECT_INT(DO(s, OP_SESSION_ANSWER, session, &a), STORE_LOST);
	EXPECT_INT(store_session(s, mem, &a.digest, &got), NOT_FOUND);
	EXPECT_INT(DO(s, OP_SESSION_ADD, session, &a), STORE_DONE);
	EXPECT_INT(DO(s, OP_SESSIONS_END_USER, ends.user, &((const struct user){ .id = a.user })), STORE_DONE);
	EXPECT_INT(store_session(s, mem, &a.digest, &got), NOT_FOUND);
	EXPECT_INT(store_session(s, mem, &b.digest, &got), NOT_FOUND);
	EXPECT_INT(store_session(s, mem, &c.digest, &got), FOUND);
}

TEST(pending)
{
	struct store *s = suite_open(mem);
	struct pending a = suite_pending(1), b = suite_pending(2), c = suite_pending(3), got, want = b;

	NEED(s);
	b.session = want.session = a.session;
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_PENDING_ADD, .pending = { &a, false } }), STORE_DONE);
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_PENDING_ADD, .pending = { &c, false } }), STORE_DONE);
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_PENDING_ADD, .pending = { &b, false } }), STORE_DONE);
	NEED(store_pending_of_session(s, mem, &a.session, &got) == FOUND);
	SAME_MEM(id); SAME_MEM(session); same_auth(got.auth, want.auth); SAME_STR(data); SAME_INT(expires_s);
	EXPECT_INT(store_pending(s, mem, &a.id, &got), FOUND);
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_PENDING_DECIDE, .pending = { &b, true, S("other data") } }), STORE_LOST);
	EXPECT_INT(store_pending(s, mem, &a.id, &got), FOUND);          /* who loses ends nothing */
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_PENDING_DECIDE, .pending = { &b, true, b.data } }), STORE_DONE);
	EXPECT_INT(store_pending(s, mem, &a.id, &got), NOT_FOUND);
	EXPECT_INT(store_pending(s, mem, &c.id, &got), FOUND);
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_PENDING_ADD, .pending = { &a, false } }), STORE_DONE);
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_PENDING_TAKE, .pending = { &a, true } }), STORE_DONE);
	EXPECT_INT(store_pending(s, mem, &b.id, &got), NOT_FOUND);
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_PENDING_ADD, .pending = { &b, false } }), STORE_DONE);
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_PENDING_TAKE, .pending = { &b, false } }), STORE_DONE);
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_PENDING_TAKE, .pending = { &b, false } }), STORE_LOST);
	EXPECT_INT(store_pending_of_session(s, mem, &a.session, &got), NOT_FOUND);
}

TEST(code)
{
	struct store *s = suite_open(mem);
	struct code c = suite_code(1), got;

	NEED(s);
	EXPECT_INT(DO(s, OP_CODE_ADD, code, &c), STORE_DONE);
	EXPECT_INT(DO(s, OP_CODE_ADD, code, &c), STORE_LOST);
	NEED(store_code(s, mem, &c.digest, &got) == FOUND);
	same_code(got, c);
	c.family = suite_id(77);
	EXPECT_INT(DO(s, OP_CODE_SPEND, code, &c), STORE_DONE);
	EXPECT_INT(DO(s, OP_CODE_SPEND, code, &c), STORE_LOST);
	EXPECT_INT(DO(s, OP_CODE_BURN, code, &c), STORE_DONE);
	c.state = CODE_SPENT;
	NEED(store_code(s, mem, &c.digest, &got) == FOUND);
	same_code(got, c);
	c = suite_code(2);
	EXPECT_INT(DO(s, OP_CODE_ADD, code, &c), STORE_DONE);
	EXPECT_INT(DO(s, OP_CODE_BURN, code, &c), STORE_DONE);
	EXPECT_INT(DO(s, OP_CODE_SPEND, code, &c), STORE_LOST);
	c = suite_code(3);
	EXPECT_INT(DO(s, OP_CODE_SPEND, code, &c), STORE_LOST);
}

TEST(family)
{
	struct store *s = suite_open(mem);
	struct family f = suite_family(1), plain = suite_family(2), got;
	struct token t = suite_token(1), tgot;

	NEED(s);
	plain.has_digest = false;
	plain.digest = (struct dig32){ 0 };
	plain.auth.user = (struct id16){ 0 };
	plain.auth.user_name = STR_ABSENT;
	EXPECT_INT(DO(s, OP_FAMILY_ADD, family, &f), STORE_DONE);
	EXPECT_INT(DO(s, OP_FAMILY_ADD, family, &plain), STORE_DONE);
	EXPECT_INT(DO(s, OP_FAMILY_ADD, family, &plain), STORE_LOST);
	EXPECT_INT(DO(s, OP_TOKEN_ADD, token, &t), STORE_DONE);
	NEED(store_family(s, mem, &plain.id, &got) == FOUND);
	same_family(got, plain);
	NEED(store_family_by_digest(s, mem, &f.digest, &got) == FOUND);
	same_family(got, f);
	f.rotated_ms = 12345;
	EXPECT_INT(DO(s, OP_FAMILY_ROTATE, family, &f), STORE_DONE);
	EXPECT_INT(DO(s, OP_FAMILY_ROTATE, family, &f), STORE_LOST);
	f.generation = 1;
	NEED(store_family(s, mem, &f.id, &got) == FOUND);
	same_family(got, f);
	EXPECT_INT(DO(s, OP_FAMILY_ALIVE, family, &f), STORE_DONE);
	EXPECT_INT(DO(s, OP_FAMILY_REVOKE, family, &f), STORE_DONE);
	EXPECT_INT(DO(s, OP_FAMILY_ALIVE, family, &f), STORE_LOST);
	EXPECT_INT(DO(s, OP_FAMILY_ROTATE, family, &f), STORE_LOST);
	EXPECT_INT(store_token(s, mem, &t.id, &tgot), NOT_FOUND);
	NEED(store_family(s, mem, &f.id, &got) == FOUND);
	EXPECT_INT(got.state, FAMILY_REVOKED);
	EXPECT_INT(DO(s, OP_FAMILY_ALIVE, family, &plain), STORE_DONE);
}

static bool
is_live(struct store *s, struct arena *mem, int n)
{
	struct id16 id = suite_id(n);
	struct family f;
	struct token t;
	bool live = store_family(s, mem, &id, &f) == FOUND && f.state == FAMILY_LIVE;

	EXPECT_INT(store_token(s, mem, &id, &t) == FOUND, live);
	return live;
}

/* By issuer and user, with and without the client; a zero user means the client itself. */
TEST(families_revoke)
{
	struct store *s = suite_open(mem);
	struct family which = suite_family(1);
	struct token loose = suite_token(9), own = suite_token(10), got;

	NEED(s);
	for (int n = 1; n <= 5; n++) {
		struct family f = suite_family(n);
		struct token t = suite_token(n);

		f.auth.user = t.auth.user = n == 5 ? (struct id16){ 0 } : suite_id(1);
		f.auth.client = t.auth.client = n == 2 ? S("second") : S("app");
		f.auth.issuer = t.auth.issuer = n == 3 ? S("elsewhere") : S("here");
		EXPECT_INT(DO(s, OP_FAMILY_ADD, family, &f), STORE_DONE);
		EXPECT_INT(DO(s, OP_TOKEN_ADD, token, &t), STORE_DONE);
	}
	loose.auth.user = suite_id(1);
	loose.auth.issuer = S("here");
	loose.family = (struct id16){ 0 };
	EXPECT_INT(DO(s, OP_TOKEN_ADD, token, &loose), STORE_DONE);
	own.auth.client = S("app");
	own.auth.issuer = S("here");
	own.family = own.auth.user = (struct id16){ 0 };
	EXPECT_INT(DO(s, OP_TOKEN_ADD, token, &own), STORE_DONE);
	which.auth.issuer = S("here");
	which.auth.client = S("app");
	EXPECT_INT(DO(s, OP_FAMILIES_REVOKE, family, &which), STORE_DONE);      /* its own is spared */
	EXPECT(is_live(s, mem, 1) && is_live(s, mem, 2) && !is_live(s, mem, 4));
	which.id = (struct id16){ 0 };
	EXPECT_INT(DO(s, OP_FAMILIES_REVOKE, family, &which), STORE_DONE);
	EXPECT(!is_live(s, mem, 1) && is_live(s, mem, 2) && is_live(s, mem, 3) && !is_live(s, mem, 4) && is_live(s, mem, 5));
	EXPECT_INT(store_token(s, mem, &loose.id, &got), NOT_FOUND);
	which.auth.client = STR_ABSENT;
	EXPECT_INT(DO(s, OP_FAMILIES_REVOKE, family, &which), STORE_DONE);
	EXPECT(!is_live(s, mem, 2) && is_live(s, mem, 3) && is_live(s, mem, 5));
	EXPECT_INT(store_token(s, mem, &own.id, &got), FOUND);
	which.auth.user = (struct id16){ 0 };
	which.auth.client = S("app");
	EXPECT_INT(DO(s, OP_FAMILIES_REVOKE, family, &which), STORE_DONE);
	EXPECT(is_live(s, mem, 3) && !is_live(s, mem, 5));
	EXPECT_INT(store_token(s, mem, &own.id, &got), NOT_FOUND);
}

/* By grant as well: tokens without a family, of which no grant is known, stay. */
TEST(families_revoke_by_grant)
{
	struct store *s = suite_open(mem);
	struct family which = suite_family(1);
	struct token loose = suite_token(9), got;

	NEED(s);
	for (int n = 1; n <= 3; n++) {
		struct family f = suite_family(n), kept;
		struct token t = suite_token(n);

		f.auth.user = t.auth.user = loose.auth.user = which.auth.user;
		f.auth.issuer = t.auth.issuer = loose.auth.issuer = which.auth.issuer;
		f.auth.client = t.auth.client = loose.auth.client = which.auth.client;
		f.grant = n == 1 ? S("password") : n == 2 ? S("implicit") : S("");
		EXPECT_INT(DO(s, OP_FAMILY_ADD, family, &f), STORE_DONE);
		EXPECT_INT(DO(s, OP_TOKEN_ADD, token, &t), STORE_DONE);
		EXPECT_INT(store_family(s, mem, &f.id, &kept), FOUND);
		EXPECT_STR(kept.grant, f.grant);
	}
	loose.family = (struct id16){ 0 };
	EXPECT_INT(DO(s, OP_TOKEN_ADD, token, &loose), STORE_DONE);
	which.grant = S("password");
	which.id = (struct id16){ 0 };
	EXPECT_INT(DO(s, OP_FAMILIES_REVOKE, family, &which), STORE_DONE);
	EXPECT(!is_live(s, mem, 1) && is_live(s, mem, 2) && is_live(s, mem, 3));
	EXPECT_INT(store_token(s, mem, &loose.id, &got), FOUND);
	which.grant = STR_ABSENT;
	EXPECT_INT(DO(s, OP_FAMILIES_REVOKE, family, &which), STORE_DONE);
	EXPECT(!is_live(s, mem, 2) && !is_live(s, mem, 3));
}

TEST(token)
{
	struct store *s = suite_open(mem);
	struct token t = suite_token(1), plain = suite_token(2), got;

	NEED(s);
	plain.has_digest = plain.has_reuse = false;
	plain.digest = plain.reuse = (struct dig32){ 0 };
	plain.auth.user = plain.family = (struct id16){ 0 };
	plain.auth.user_name = STR_ABSENT;
	EXPECT_INT(DO(s, OP_TOKEN_ADD, token, &t), STORE_DONE);
	EXPECT_INT(DO(s, OP_TOKEN_ADD, token, &plain), STORE_DONE);
	NEED(store_token(s, mem, &plain.id, &got) == FOUND);
	same_token(got, plain);
	NEED(store_token_by_digest(s, mem, &t.digest, &got) == FOUND);
	same_token(got, t);
	NEED(store_token_by_reuse(s, mem, &t.reuse, &got) == FOUND);
	same_token(got, t);
	EXPECT_INT(DO(s, OP_TOKEN_DELETE, token, &t), STORE_DONE);
	EXPECT_INT(store_token_by_digest(s, mem, &t.digest, &got), NOT_FOUND);
	EXPECT_INT(store_token(s, mem, &plain.id, &got), FOUND);
	EXPECT_INT(DO(s, OP_TOKEN_ADD, token, &t), STORE_DONE);
	EXPECT_INT(DO(s, OP_TOKENS_DELETE_FAMILY, token, &t), STORE_DONE);
	EXPECT_INT(store_token(s, mem, &t.id, &got), NOT_FOUND);
	EXPECT_INT(store_token(s, mem, &plain.id, &got), FOUND);
}

/* One live token per reuse digest; it makes room only when the very row is named. */
TEST(token_reuse)
{
	struct store *s = suite_open(mem);
	struct token a = suite_token(1), b = suite_token(2), got;

	NEED(s);
	b.reuse = a.reuse;
	EXPECT_INT(DO(s, OP_TOKEN_ADD, token, &a), STORE_DONE);
	EXPECT_INT(DO(s, OP_TOKEN_ADD, token, &b), STORE_LOST);
	EXPECT_INT(DO(s, OP_TOKEN_DROP_REUSE, token, &b), STORE_DONE);
	EXPECT_INT(DO(s, OP_TOKEN_ADD, token, &b), STORE_LOST);
	EXPECT_INT(DO(s, OP_TOKEN_DROP_REUSE, token, &a), STORE_DONE);
	EXPECT_INT(DO(s, OP_TOKEN_ADD, token, &b), STORE_DONE);
	NEED(store_token_by_reuse(s, mem, &a.reuse, &got) == FOUND);
	EXPECT(memcmp(&got.id, &b.id, 16) == 0);
	NEED(store_token(s, mem, &a.id, &got) == FOUND);
	EXPECT(!got.has_reuse);
}

TEST(approvals)
{
	struct store *s = suite_open(mem);
	struct approval a = { .issuer = S("i"), .client = S("app"), .user = suite_id(1) };
	struct str scopes;

	NEED(s);
	a.scope = S("write");
	a.expires_s = 50;
	EXPECT_INT(DO(s, OP_APPROVAL_PUT, approval, &a), STORE_DONE);
	a.scope = S("read");
	a.expires_s = 100;
	EXPECT_INT(DO(s, OP_APPROVAL_PUT, approval, &a), STORE_DONE);
	a.scope = S("all");
	a.expires_s = 0;
	EXPECT_INT(DO(s, OP_APPROVAL_PUT, approval, &a), STORE_DONE);
	NEED(store_approvals(s, mem, a.issuer, &a.user, a.client, 10, &scopes) == FOUND);
	EXPECT_STR(scopes, S("all read write"));
	NEED(store_approvals(s, mem, a.issuer, &a.user, a.client, 50, &scopes) == FOUND);
	EXPECT_STR(scopes, S("all read"));
	EXPECT_INT(store_approvals(s, mem, S("j"), &a.user, a.client, 10, &scopes), NOT_FOUND);
	EXPECT_INT(store_approvals(s, mem, a.issuer, &a.user, S("other"), 10, &scopes), NOT_FOUND);
	EXPECT_INT(DO(s, OP_APPROVALS_DELETE, withdrawn, ((const struct withdrawn){ &a.user, a.issuer, a.client, STR_ABSENT })), STORE_DONE);
	EXPECT_INT(store_approvals(s, mem, a.issuer, &a.user, a.client, 10, &scopes), NOT_FOUND);
}

TEST(live_scopes)
{
	struct store *s = suite_open(mem);
	struct token t = suite_token(1);
	struct str scopes;

	NEED(s);
	for (int n = 1; n <= 4; n++) {
		t = suite_token(n);
		t.auth.user = suite_id(1);
		t.auth.scope = n == 1 ? S("read") : n == 2 ? S("read write") : n == 3 ? S("dead") : S("eternal");
		t.expires_s = n == 3 ? 40 : n == 4 ? 0 : 100;
		EXPECT_INT(DO(s, OP_TOKEN_ADD, token, &t), STORE_DONE);
	}
	NEED(store_live_scopes(s, mem, t.auth.issuer, &t.auth.user, t.auth.client, 50, &scopes) == FOUND);
	EXPECT(str_has_word(scopes, S("read"), ' ') && str_has_word(scopes, S("write"), ' ') && str_has_word(scopes, S("eternal"), ' '));
	EXPECT(!str_has_word(scopes, S("dead"), ' '));
	EXPECT_INT(scopes.n, strlen("read write eternal"));
	EXPECT_INT(store_live_scopes(s, mem, t.auth.issuer, &t.auth.user, S("other"), 50, &scopes), NOT_FOUND);
}

TEST(tokens_of_a_user_at_a_client)
{
	struct store *s = suite_open(mem);
	struct token t = suite_token(1), out[4];

	NEED(s);
	for (int n = 1; n <= 5; n++) {
		t = suite_token(n);
		t.auth.user = suite_id(n == 2 ? 2 : 1);
		t.expires_s = n == 3 ? 40 : n == 4 ? 0 : 100;
		EXPECT_INT(DO(s, OP_TOKEN_ADD, token, &t), STORE_DONE);
	}
	EXPECT_INT(store_tokens_of(s, mem, t.auth.issuer, &t.auth.user, t.auth.client, 50, 4, out), 3);        /* 2 is another user's, 3 is over */
	for (int i = 0; i < 3; i++)
		EXPECT(str_eq(id_str(&out[i].auth.user), id_str(&t.auth.user)) && out[i].expires_s != 40 && str_eq(out[i].auth.scope, t.auth.scope));
	EXPECT_INT(store_tokens_of(s, mem, t.auth.issuer, &t.auth.user, t.auth.client, 50, 2, out), 2);
	EXPECT_INT(store_tokens_of(s, mem, t.auth.issuer, &t.auth.user, S("other"), 50, 4, out), 0);
	EXPECT_INT(store_tokens_of(s, mem, S("elsewhere"), &t.auth.user, t.auth.client, 50, 4, out), 0);
}

TEST(jti)
{
	struct store *s = suite_open(mem);
	struct dig32 a = suite_dig(1), b = suite_dig(2);

	NEED(s);
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_JTI_REVOKE, .jti = { a, 100 } }), STORE_DONE);
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_JTI_REVOKE, .jti = { a, 100 } }), STORE_DONE);
	EXPECT_INT(store_jti_revoked(s, &a), FOUND);
	EXPECT_INT(store_jti_revoked(s, &b), NOT_FOUND);
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_JTIS_REVOKE, .jtis = { (struct dig32[]){ a, b }, 2, 100 } }), STORE_DONE);
	EXPECT_INT(store_jti_revoked(s, &b), FOUND);
}

TEST(keys)
{
	struct store *s = suite_open(mem);
	struct key_row k = { S("i"), S("k1"), S("ES256"), S("active"), str_span("\0\1\2\0", 4), 1, 2, 3, STR_ABSENT }, got[4];

	NEED(s);
	EXPECT_INT(DO(s, OP_KEY_ADD, key, &k), STORE_DONE);
	EXPECT_INT(store_has_keys(s), FOUND);
	k.kid = S("k0");
	k.sealed = S("");
	EXPECT_INT(DO(s, OP_KEY_ADD, key, &k), STORE_DONE);
	EXPECT_INT(DO(s, OP_KEY_ADD, key, &k), STORE_LOST);
	k.issuer = S("j");
	EXPECT_INT(DO(s, OP_KEY_ADD, key, &k), STORE_DONE);
	EXPECT_INT(store_keys(s, mem, S("i"), 4, got), 2);
	EXPECT_STR(got[0].kid, S("k0"));
	EXPECT_STR(got[0].sealed, S(""));
	EXPECT_STR(got[1].kid, S("k1"));
	EXPECT_STR(got[1].alg, S("ES256"));
	EXPECT_STR(got[1].state, S("active"));
	EXPECT_STR(got[1].sealed, str_span("\0\1\2\0", 4));
	EXPECT(got[1].created_s == 1 && got[1].active_s == 2 && got[1].retired_s == 3);
	k.issuer = S("i");
	k.state = S("retired");
	k.was = S("coming");
	EXPECT_INT(DO(s, OP_KEY_CHANGE, key, &k), STORE_LOST);  /* somebody else moved it on */
	k.was = S("active");
	EXPECT_INT(DO(s, OP_KEY_CHANGE, key, &k), STORE_DONE);
	EXPECT_INT(store_keys(s, mem, S("i"), 1, got), 1);
	EXPECT_STR(got[0].state, S("retired"));
	EXPECT_INT(DO(s, OP_KEY_DELETE, key, &k), STORE_LOST);
	k.was = S("retired");
	EXPECT_INT(DO(s, OP_KEY_DELETE, key, &k), STORE_DONE);
	EXPECT_INT(store_keys(s, mem, S("i"), 4, got), 1);
	EXPECT_INT(store_keys(s, mem, S("j"), 4, got), 1);
}

TEST(throttle)
{
	struct store *s = suite_open(mem);
	struct throttle t = { 'u', suite_dig(1), 6, 1000, 1001500 }, got;

	NEED(s);
	EXPECT_INT(store_throttle(s, 'u', &t.key, &got), NOT_FOUND);
	EXPECT_INT(DO(s, OP_THROTTLE_FAIL, throttle, &t), STORE_DONE);
	t.failures = 7;
	t.until_ms = 1003500;
	EXPECT_INT(DO(s, OP_THROTTLE_FAIL, throttle, &t), STORE_DONE);
	NEED(store_throttle(s, 'u', &t.key, &got) == FOUND);
	EXPECT(got.kind == 'u' && got.failures == 7 && got.first_s == 1000 && got.until_ms == 1003500);
	EXPECT(memcmp(&got.key, &t.key, 32) == 0);
	EXPECT_INT(store_throttle(s, 'a', &t.key, &got), NOT_FOUND);
	EXPECT_INT(DO(s, OP_THROTTLE_CLEAR, throttle, &t), STORE_DONE);
	EXPECT_INT(store_throttle(s, 'u', &t.key, &got), NOT_FOUND);
}

/* Bytes that are no text at all come back as they went in; a database that has no room for them has no row of them. */
TEST(odd_texts)
{
	struct store *s = suite_open(mem);
	struct client c = suite_client(1), got;

	NEED(s);
	c.id = str_span("a\0b", 3);
	c.name = S("中文 + % & : ' \" \\ \xff\xfe");
	if (suite_is_elsewhere()) {
		EXPECT_INT(DO(s, OP_CLIENT_PUT, client, &c), STORE_LOST);
		EXPECT_INT(store_client(s, mem, c.realm, c.id, &got), NOT_FOUND);
		return;
	}
	EXPECT_INT(DO(s, OP_CLIENT_PUT, client, &c), STORE_DONE);
	NEED(store_client(s, mem, c.realm, c.id, &got) == FOUND);
	same_client(got, c);
	EXPECT_INT(store_client(s, mem, c.realm, S("a"), &got), NOT_FOUND);
}

TEST(one_approval_ends_on_its_own_condition)
{
	struct store *s = suite_open(mem);
	struct approval a = { S("i"), S("app"), S("read"), suite_id(1), 50 };
	int64_t expires_s = 0;

	NEED(s);
	EXPECT_INT(store_approval(s, &a, &expires_s), NOT_FOUND);
	EXPECT_INT(DO(s, OP_APPROVAL_PUT, approval, &a), STORE_DONE);
	EXPECT_INT(store_approval(s, &a, &expires_s), FOUND);
	EXPECT_INT(expires_s, 50);
	a.expires_s = 51;
	EXPECT_INT(DO(s, OP_APPROVAL_END, approval, &a), STORE_LOST);
	a.expires_s = 50;
	EXPECT_INT(DO(s, OP_APPROVAL_END, approval, &a), STORE_DONE);
	EXPECT_INT(DO(s, OP_APPROVAL_END, approval, &a), STORE_LOST);
}

TEST(what_an_import_took)
{
	struct store *s = suite_open(mem);
	struct imported r = { .realm = S("r"), .source = S("old"), .kind = 'u', .what = suite_id(2), .base = S("{}"), .version = 7, .at_s = 3 };
	struct imported got, rows[4], from = { .realm = S("r"), .source = S("old"), .kind = 'u' };

	NEED(s);
	EXPECT_INT(store_imported(s, mem, &r, &got), NOT_FOUND);
	EXPECT_INT(DO(s, OP_IMPORTED_PUT, imported, &r), STORE_DONE);
	r.base = S("{\"a\":1}");
	r.expires_s = 40;
	EXPECT_INT(DO(s, OP_IMPORTED_PUT, imported, &r), STORE_DONE);
	NEED(store_imported(s, mem, &r, &got) == FOUND);
	EXPECT_STR(got.base, r.base);
	EXPECT(got.version == 7 && got.at_s == 3 && got.expires_s == 40);
	r.what = suite_id(1);
	r.expires_s = 0;
	EXPECT_INT(DO(s, OP_IMPORTED_PUT, imported, &r), STORE_DONE);
	EXPECT_INT(store_imports(s, mem, &from, 4, rows), 2);
	EXPECT_INT(store_imports(s, mem, &rows[0], 4, rows), 1);
	EXPECT_INT(store_sweep(s, 41, 10, NULL), 1);                  /* the one that nobody asks for after 40 */
	EXPECT_INT(store_imports(s, mem, &from, 4, rows), 1);
	EXPECT_INT(DO(s, OP_IMPORTED_DROP, imported, &r), STORE_DONE);
	EXPECT_INT(store_imports(s, mem, &from, 4, rows), 0);
	EXPECT_INT(DO(s, OP_IMPORTED_PUT, imported, &r), STORE_DONE);
	r.source = S("other");
	EXPECT_INT(DO(s, OP_IMPORTS_FORGET, imported, &r), STORE_DONE);
	EXPECT_INT(store_imports(s, mem, &from, 4, rows), 1);
	r.source = STR_ABSENT;
	EXPECT_INT(DO(s, OP_IMPORTS_FORGET, imported, &r), STORE_DONE);
	EXPECT_INT(store_imports(s, mem, &from, 4, rows), 0);
}

TEST(identity_is_of_one_user)
{
	struct store *s = suite_open(mem);
	struct user u = suite_user(1), other = suite_user(2);
	struct identity a = { .realm = u.realm, .provider = S("idp"), .subject = S("1077"), .user = u.id, .shown = S("gil"), .linked_s = 5 };
	struct identity b = a, found, many[3];
	struct user holders[2];

	NEED(s != NULL);
	u.email = S("Gil@Example.org");
	EXPECT(DO(s, OP_USER_PUT, user, &u) == STORE_DONE && DO(s, OP_USER_PUT, user, &other) == STORE_DONE);
	EXPECT_INT(DO(s, OP_IDENTITY_ADD, identity, &a), STORE_DONE);
	b.user = other.id;
	EXPECT_INT(DO(s, OP_IDENTITY_ADD, identity, &b), STORE_LOST);
	b.last_s = 9;
	EXPECT_INT(DO(s, OP_IDENTITY_USED, identity, &b), STORE_LOST);
	EXPECT_INT(DO(s, OP_IDENTITY_END, identity, &b), STORE_LOST);
	a.last_s = 7;
	EXPECT_INT(DO(s, OP_IDENTITY_USED, identity, &a), STORE_DONE);
	NEED(store_identity(s, mem, &b, &found) == FOUND);
	EXPECT(str_eq(id_str(&found.user), id_str(&u.id)) && found.last_s == 7 && str_is(found.shown, "gil"));
	b = a;
	b.provider = S("zdp");
	EXPECT_INT(DO(s, OP_IDENTITY_ADD, identity, &b), STORE_DONE);
	NEED(store_identities(s, mem, &(struct identity_walk){ .realm = u.realm, .user = &u.id }, 3, many) == 2);
	EXPECT_INT(store_identities(s, mem, &(struct identity_walk){ .realm = u.realm, .user = &u.id, .after = many[0] }, 3, many), 1);
	EXPECT_INT(store_users_by_email(s, mem, u.realm, S("gil@EXAMPLE.org"), 2, holders), 1);
	EXPECT_INT(store_users_by_email(s, mem, u.realm, S("il@example.org"), 2, holders), 0);
	EXPECT_INT(DO(s, OP_IDENTITY_END, identity, &a), STORE_DONE);
	EXPECT_INT(store_identity(s, mem, &a, &found), NOT_FOUND);
	EXPECT_INT(DO(s, OP_IDENTITY_LEFT, enters, ((struct op_enters){ &u, S(" other zdp ") })), STORE_DONE);
	EXPECT_INT(DO(s, OP_IDENTITY_LEFT, enters, ((struct op_enters){ &u, S(" idp zdp2 ") })), STORE_LOST);
	EXPECT_INT(DO(s, OP_IDENTITY_LEFT, enters, ((struct op_enters){ &other, S(" zdp ") })), STORE_LOST);
}
