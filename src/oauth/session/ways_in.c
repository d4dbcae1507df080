/*
 * oauth/session/ways_in.c - what lets a user in at this issuer: whoever gives up one of them by a page keeps another.
 * What stands in the user's row, and passkeys, move its version; identities do not, and have a guard of their own.
 */
#include "oauth/session/passkey.h"
#include "upstream/upstream.h"

#define ROWS_MAX  50
#define NAMES_MAX (32 * 256)    /* of an issuer's providers */

static struct str
providers_of(const struct call *c)
{
	const struct upstream *const *u = c->issuer->upstreams;
	struct buf b;

	buf_init(&b, c->mem, NAMES_MAX);
	buf_putc(&b, ' ');
	for (; u != NULL && *u != NULL; u++) {
		buf_put(&b, (*u)->name);
		buf_putc(&b, ' ');
	}
	return buf_str(&b);
}

static bool
identities_count(struct call *c, const struct user *u, struct ways_in *w)
{
	struct identity_walk walk = { .realm = u->realm, .user = &u->id };
	struct identity *rows = arena_array(c->mem, struct identity, ROWS_MAX);
	int n = rows == NULL ? -1 : ROWS_MAX;

	while (n == ROWS_MAX) {
		n = store_identities(c->svc->store, c->mem, &walk, ROWS_MAX, rows);
		for (int i = 0; i < n; i++)
			w->identities += str_has_word(w->providers, rows[i].provider, ' ');
		if (n > 0)
			walk.after = rows[n - 1];
	}
	return n >= 0 || fail(c, R_STORE, S("read"));
}

static bool
passkeys_count(struct call *c, const struct user *u, struct ways_in *w)
{
	struct factor *rows;
	int n;

	if (!passkey_is_offered(c->issuer, PASSKEY_LOGIN))
		return true;
	if ((rows = arena_array(c->mem, struct factor, PASSKEYS_MAX)) == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	n = passkeys_of(c, u, rows);
	w->passkeys = n > 0 ? (size_t)n : 0;
	return n >= 0;
}

/* Not where the codes are sent for other ends alone: a forgotten password, a second factor. */
static bool
grant_lets_in(const struct call *c, unsigned grant)
{
	const struct policy *p = c->issuer->policy;

	return (p->grant.offered & BIT(grant)) || p->authorize.first_party_draft != FIRST_PARTY_OFF;
}

bool
ways_in_of(struct call *c, const struct user *u, struct ways_in *out)
{
	*out = (struct ways_in){ .providers = providers_of(c) };
	out->own = user_is_shadow(u) || u->entry.n > 0 || u->password.n > 0
	    || (c->issuer->sms != NULL && grant_lets_in(c, GI_sms) && sms_number_ok(c->issuer->policy, u->phone))
	    || (c->issuer->wechat != NULL && grant_lets_in(c, GI_wechat) && u->open_id.n > 0);
	return passkeys_count(c, u, out) && identities_count(c, u, out);
}

bool
ways_in_suffice(const struct ways_in *w, const struct user *u, struct ops *o)
{
	if (w->own || w->passkeys > 0)
		return true;
	if (w->identities > 0)
		ops_add(o, OP_IDENTITY_LEFT)->enters = (struct op_enters){ .user = u, .providers = w->providers };
	return w->identities > 0;
}
