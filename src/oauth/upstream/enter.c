/*
 * oauth/upstream/enter.c - an account at a provider becomes a user here: the one it has, one that it is bound to by the
 * operator's rules, a new one, or nobody. O10.
 */
#include "oauth/upstream/upstream_int.h"
#include "store/user_claims.h"

/* --- what is told of a user at each login ----------------------------------------------------- */

/* What the operator lets the provider say: claims by its rows, authorities where groups give some. */
static bool
user_follows(struct call *c, const struct upstream *u, const json_t *known, const struct somebody *p, struct user *user)
{
	struct str claims = user->claims, authorities = user->authorities;
	struct store_op op = { .kind = OP_USER_SET, .user = user };

	if (u->n_group_authorities > 0)
		authorities = upstream_authorities(c, u, known);
	if (!claim_map_apply(c->mem, &u->claims, p->claims, &claims) || !str_given(authorities))
		return fail(c, R_INTERNAL, S("claims"));
	if (str_eq(claims, user->claims) && str_eq(authorities, user->authorities))
		return true;
	user->claims = claims;
	user->authorities = authorities;
	user->updated_s = c->now_s;
	switch (store_commit(c->svc->store, &op, 1, NULL)) {
	case STORE_DONE: break;
	case STORE_LOST: return false;
	default: return fail(c, R_STORE, S("commit"));
	}
	return store_answered(c, store_user_by_id(c->svc->store, c->mem, user->realm, &user->id, user));
}

static bool
go_as(struct call *c, const struct upstream *u, const json_t *known, const struct somebody *p, struct user *user,
    bool add, struct answer *a)
{
	if (!user_is_let_in(c, user, user->name))
		return false;
	if (str_empty(user->origin) && str_empty(user->entry) && !user_follows(c, u, known, p, user))
		return false;
	return upstream_go(c, user, p, add, a);
}

/* --- a new user ------------------------------------------------------------------------------- */

static bool
marks_put(struct call *c, const struct somebody *p, struct user *user)
{
	json_t *claims = user_claims_read(c->mem, user->claims);

	if (str_empty(p->email))
		return true;
	if (claims == NULL && (claims = claim_map_begin(c->mem)) == NULL)
		return false;
	return json_object_set_new(claims, "email_verified", json_true()) == 0
	    && user_claims_write(c->mem, claims, &user->claims);
}

/* A name that tells where it came from, and no other user's; another one where the operator says so and it is free. */
static struct str
name_of(struct call *c, const struct upstream *u, const json_t *known, const struct somebody *p)
{
	struct str wished = upstream_fill(c->mem, known, u->user_name), realm = realm_name(c->issuer->realm);
	struct dig32 d;
	struct user other;
	bool alone = c->issuer->table == NULL && c->issuer->directories == NULL;

	if (alone && !str_empty(wished) && wished.n <= 256 && str_utf8(wished) && text_is_shown(wished)
	    && store_user_by_name(c->svc->store, c->mem, realm, wished, &other) == NOT_FOUND)
		return wished;
	SHA256(d.b, p->provider, S("\0"), p->subject);
	return ARENA_CAT(c->mem, p->provider, S("-"), hex_encode(c->mem, str_span(d.b, 8)));
}

static bool
create(struct call *c, const struct upstream *u, const json_t *known, const struct somebody *p, struct answer *a)
{
	struct user user = { .realm = realm_name(c->issuer->realm), .name = name_of(c, u, known, p),
		.display_name = p->name, .phone = S(""), .email = str_given(p->email) ? p->email : S(""), .open_id = S(""),
		.account_type = S(""), .password = S(""), .authorities = upstream_authorities(c, u, known),
		.enabled = true, .created_s = c->now_s, .updated_s = c->now_s, .version = store_version_new() };
	struct identity row;
	struct ops o = { .n = 0 };
	struct login_proof by = { .first = &o, .lost = R_UPSTREAM_STATE, .amr = p->amr, .auth_s = p->auth_s };

	user.id = id_new();
	row = upstream_identity(c, p, &user.id);
	if (!str_given(user.name) || !str_given(user.authorities)
	    || !claim_map_apply(c->mem, &u->claims, p->claims, &user.claims) || !marks_put(c, p, &user))
		return fail(c, R_INTERNAL, S("a new user"));
	upstream_spends(c, &o, p);
	ops_add(&o, OP_IDENTITY_ADD)->identity = &row;
	ops_add(&o, OP_USER_ADD)->user = &user;
	return login_go(c, &user, &by, a);
}

/* --- whom does it mean? ----------------------------------------------------------------------- */

static bool
mail_is_verified(const struct call *c, const struct user *u)
{
	return json_is_true(json_object_get(user_claims_read(c->mem, u->claims), "email_verified"));
}

/* Users here with its address: none, one who has verified it as well, or whom nobody can be sure of. */
enum holder { NOBODY, ONE_VERIFIED, SOMEBODY, TROUBLE };

static enum holder
holder_of(struct call *c, const struct somebody *p, struct user *out)
{
	struct user found[2];
	int n = str_empty(p->email) ? 0
	    : store_users_at_email(c->svc->store, c->mem, realm_name(c->issuer->realm), p->email, 2, found);

	if (n < 0) {
		fail(c, R_STORE, S("read"));
		return TROUBLE;
	}
	if (n > 0)
		*out = found[0];
	return n == 0 ? NOBODY : n == 1 && mail_is_verified(c, &found[0]) ? ONE_VERIFIED : SOMEBODY;
}

static bool
newcomer(struct call *c, const struct upstream *u, const json_t *known, const struct somebody *p, struct answer *a)
{
	struct user user;
	enum holder holder = holder_of(c, p, &user);

	if (holder == TROUBLE)
		return false;
	if (holder == ONE_VERIFIED && u->link == UPSTREAM_LINK_VERIFIED_EMAIL)
		return user_again(c, &user.id, true, &user) ? go_as(c, u, known, p, &user, true, a) : false;
	if (holder == NOBODY && u->creates)
		return create(c, u, known, p, a);
	if (!u->link_by_password)
		return fail(c, R_UPSTREAM_UNKNOWN, p->provider);
	*a = upstream_link(c, p);
	return true;
}

bool
upstream_enter(struct call *c, const struct upstream *u, const json_t *known, const struct somebody *p, struct answer *a)
{
	struct identity key = { .realm = realm_name(c->issuer->realm), .provider = p->provider, .subject = p->subject }, row;
	enum store_found f = store_identity(c->svc->store, c->mem, &key, &row);
	struct user user;

	if (!upstream_lets_in(c, u, known, p))
		return fail(c, R_UPSTREAM_OUTSIDE, p->provider);
	if (f == FIND_FAILED)
		return store_answered(c, f);
	if (f == NOT_FOUND)
		return newcomer(c, u, known, p, a);
	return user_again(c, &row.user, true, &user) && go_as(c, u, known, p, &user, false, a);
}
