/* oauth/call.c - small things every endpoint needs: failing, lists of operations, habits. */
#include <assert.h>

#include "oauth/client_metadata.h"
#include "oauth/oauth_int.h"

bool
fail(struct call *c, enum reason why, struct str private_detail)
{
	if (c->why == R_NONE) {
		c->why = why;
		c->detail = private_detail;
	}
	return false;
}

bool
fail_with(struct call *c, enum reason why, struct str offender)
{
	if (c->why == R_NONE)
		c->offender = offender;
	return fail(c, why, STR_ABSENT);
}

struct answer
answer_fault(const struct call *c)
{
	return (struct answer){ .kind = ANS_FAULT, .why = c->why != R_NONE ? c->why : R_INTERNAL };
}

void
call_begins_anew(struct call *c)
{
	c->why = R_NONE;
	c->offender = c->allowed = STR_ABSENT;
	c->retry_after_s = 0;
}

bool
store_answered(struct call *c, enum store_found f)
{
	if (f == FIND_FAILED)
		fail(c, R_STORE, S("read"));
	return f == FOUND;
}

struct store_op *
ops_add(struct ops *o, enum store_op_kind kind)
{
	struct store_op *op = &o->at[o->n++];

	assert(o->n <= STORE_OPS_MAX);	*op = (struct store_op){ .kind = kind };
	return op;
}

void
ops_append(struct ops *o, const struct ops *more)
{
	for (size_t i = 0; i < more->n; i++)
		*ops_add(o, more->at[i].kind) = more->at[i];
}

struct id16
id_new(void)
{
	struct id16 id;

	rand_id(id.b);
	id.b[6] = (uint8_t)((id.b[6] & 0x0f) | 0x70);
	id.b[8] = (uint8_t)((id.b[8] & 0x3f) | 0x80);
	return id;
}

bool
client_may(const struct client *k, struct str grant)
{
	return str_has_word(k->grants, grant, ' ');
}

bool
client_is_marked(const struct client *k, enum habit h)
{
	return k != NULL && str_has_word(k->legacy, str_of(habit_rows[h].word), ' ');
}

bool
habit_is_allowed(const struct issuer *i, const struct client *k, enum habit h)
{
	return !i->policy->client.habits_need_mark || client_is_marked(k, h);
}

void
habit_note(struct call *c, enum habit h)
{
	c->habits |= BIT(h);
}

/* The marks it has are said too, for --legacy sets them all. */
bool
habit_refuse(struct call *c, const struct client *k, enum habit h, enum reason why, struct str offender)
{
	const char *word = habit_rows[h].word;
	bool first = c->why == R_NONE;

	fail_with(c, why, offender);
	if (first)
		c->detail = arena_say(c->mem,
		    "client \"%.*s\" is not marked for \"%s\": hufu client set %.*s --realm %.*s --legacy "
		    "\"%.*s%s%s\"",
		    STR_ARG(k->id), word, STR_ARG(k->id), STR_ARG(realm_name(c->issuer->realm)),
		    STR_ARG(k->legacy), str_empty(k->legacy) ? "" : " ", word);
	return false;
}

bool
habit_use(struct call *c, enum habit h, enum reason why, struct str offender)
{
	if (!habit_is_allowed(c->issuer, c->client, h))
		return habit_refuse(c, c->client, h, why, offender);
	habit_note(c, h);
	return true;
}

bool
refresh_is_reused(const struct issuer *i, const struct client *k)
{
	/*
	 * RFC 9700 section 4.14.2: of who proves itself, and where each token has its key, a stolen one is worth
	 * nothing
	 */
	bool bound = i->policy->token.bound_only && k != NULL && !client_is_public(k);

	return i->policy->refresh.rule != REFRESH_ROTATES && (bound || habit_is_allowed(i, k, HABIT_REFRESH_REUSE));
}

struct dig32
digest_of(const struct issuer *i, struct str kind, struct str text)
{
	struct dig32 d;

	SHA256(d.b, kind, S("\0"), i->name, S("\0"), text);
	return d;
}
