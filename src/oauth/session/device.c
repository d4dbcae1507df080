/* oauth/session/device.c - a browser that stands for the second factor of a user: the box that its user ticked. */
#include "oauth/session/factor.h"

static struct dig32
device_digest(const struct call *c, struct str cookie)
{
	return digest_of(c->issuer, S("trusted device"), cookie);
}

bool
device_stands(struct call *c, const struct user *u, struct trusted_device *row)
{
	struct dig32 digest;

	if (c->issuer->policy->factor.remembered_s <= 0 || str_empty(c->device_cookie))
		return false;
	digest = device_digest(c, c->device_cookie);
	if (!store_answered(c, store_device(c->svc->store, c->mem, &digest, &u->id, row))
	    || !str_eq(row->issuer, c->issuer->name) || expired(row->expires_s, c->now_s)
	    || row->created_s + c->issuer->policy->factor.remembered_s <= c->now_s)
		return false;
	row->last_s = c->now_s;
	row->address = str_some(c->address);
	row->agent = session_agent(c);
	return true;
}

static void
record(const struct call *c, const struct user *u, int64_t until_s)
{
	struct record r;

	record_begin(&r, EV_device_remembered);
	record_text(&r, "issuer", c->issuer->name);
	record_text(&r, "realm", u->realm);
	record_text(&r, "user", u->name);
	record_text(&r, "address", str_some(c->address));
	record_int(&r, "until", until_s);
	record_end(&r);
}

/*
 * Always a new value: one that somebody has put into this browser must not become worth anything. Other users of it go
 * on under the new one.
 */
bool
device_remember(struct call *c, const struct user *u, struct ops *o)
{
	int64_t life_s = c->issuer->policy->factor.remembered_s;
	struct trusted_device *row;
	uint8_t raw[32];

	if (life_s <= 0 || str_empty(c->arg[P_REMEMBER]))
		return true;
	if ((row = arena_new(c->mem, struct trusted_device)) == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	rand_bytes(raw, sizeof raw);
	c->set_device = b64url_encode(c->mem, str_span(raw, sizeof raw));
	*row = (struct trusted_device){ .digest = device_digest(c, c->set_device), .user = u->id, .issuer = c->issuer->name,
		.address = str_some(c->address), .agent = session_agent(c), .created_s = c->now_s, .last_s = c->now_s,
		.expires_s = c->now_s + life_s };
	if (!str_empty(c->device_cookie))
		ops_add(o, OP_DEVICES_MOVE)->device = (struct op_device){ .row = row,
			.was = device_digest(c, c->device_cookie) };
	ops_add(o, OP_DEVICE_ADD)->device.row = row;
	record(c, u, row->expires_s);
	return true;
}
