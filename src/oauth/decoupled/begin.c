/* oauth/decoupled/begin.c - the row of a request whose user decides elsewhere. */
#include "oauth/client/client.h"
#include "oauth/decoupled/decoupled.h"
#include "oauth/session/session.h"

#define SECRET_BYTES 32

bool
decoupled_asks(struct call *c, struct decoupled *row)
{
	bool refreshes = (c->issuer->policy->grant.offered & BIT(GI_refresh_token))
	    && client_may(c->client, S("refresh_token"));

	return scope_settle_offline(c, c->client, refreshes, &row->auth.scope)
	    && resources_ask(c, c->client, &row->auth) && details_ask(c, c->client, &row->auth);
}

bool
decoupled_begin(struct call *c, enum decoupled_kind kind, struct str label, struct decoupled *row,
    struct str *text)
{
	uint8_t raw[SECRET_BYTES];

	rand_bytes(raw, sizeof raw);
	*text = b64url_encode(c->mem, str_span(raw, sizeof raw));
	row->id = id_new();
	row->kind = kind;
	row->digest = digest_of(c->issuer, label, *text);     /* as auth_req_id_digest */
	row->auth.issuer = c->issuer->name;
	row->auth.client = c->client->id;
	row->issued_s = c->now_s;
	row->address = str_given(c->address) ? c->address : S("");
	row->agent = session_agent(c);
	return str_given(*text) || fail(c, R_INTERNAL, S("memory"));
}

enum store_result
decoupled_commit(struct call *c, struct ops *o, const struct decoupled *row)
{
	struct ops all = { .n = 0 };
	enum store_result r;
	size_t lost;

	ops_spend_assertion(c, &all);
	ops_stand_on(c, &all, NULL, NULL);
	ops_append(&all, o);
	ops_add(&all, OP_DECOUPLED_ADD)->decoupled.row = row;
	r = commit_standing(c, &all, &lost);
	if (r != STORE_LOST || all.at[lost].kind == OP_DECOUPLED_ADD)
		return r;
	if (all.at[lost].kind == OP_ONCE_USE) {
		assertion_is_spent(c, &all.at[lost].once);
	} else if (all.at[lost].kind == OP_QUOTA_USE) {
		c->retry_after_s = all.at[lost].quota->expires_s - c->now_s;
		fail(c, R_DECOUPLED_LIMIT, STR_ABSENT);
	} else {
		(void)stands_no_more(c, &all, lost);
	}
	return STORE_FAILED;
}

struct answer
decoupled_settle(struct call *c, struct answer (*look)(struct call *c))
{
	struct call sent = *c;

	for (int i = 0; i < RACES_MAX; i++) {
		struct answer a = look(c);

		if (a.kind != ANS_FAULT || c->why != R_NONE)
			return a;
		memcpy(c->arg, sent.arg, sizeof c->arg);
		memcpy(c->given, sent.given, sizeof c->given);
		c->repeated = sent.repeated;
	}
	c->retry_after_s = 1;
	fail(c, R_TOO_BUSY, SAY("lost the race too often"));
	return answer_fault(c);
}
