/* oauth/grant/trusted_user.c - the user that a JWT of a trusted issuer means, by the operator's rule (O8). */
#include <stdlib.h>

#include "oauth/grant/grant.h"
#include "oauth/session/session.h"

static const enum table_by ways[] = {
	[SUBJECT_NAME] = TABLE_BY_NAME, [SUBJECT_PHONE] = TABLE_BY_PHONE, [SUBJECT_OPEN_ID] = TABLE_BY_OPEN_ID
};

bool
trusted_user(struct call *c, const struct trusted_token *k, struct user *u)
{
	struct id16 id;

	if (str_empty(k->subject))
		return false;
	if (k->from->by == SUBJECT_ID)
		return uuid_read(k->subject, id.b) && user_again(c, &id, false, u);
	return user_find(c, ways[k->from->by], k->subject, u);
}

/* Unverified: it chooses a lane and nothing else. */
bool
trusted_whose(struct call *c, struct str token, enum trust what, struct user *u)
{
	const struct trusted_issuer *t = trusted_issuer_of(c, token, what);
	struct str realm = realm_name(c->issuer->realm), subject;
	struct store *s = c->svc->store;
	struct jwt seen;
	struct id16 id;

	if (t == NULL || t->speaks_for_client || !jwt_peek(c->mem, token, &seen))
		return false;
	subject = json_member_str(seen.claims, arena_z(c->mem, t->subject_claim));
	if (str_empty(subject))
		return false;
	switch (t->by) {
	case SUBJECT_NAME: return store_user_by_name(s, c->mem, realm, subject, u) == FOUND;
	case SUBJECT_PHONE: return store_user_by_phone(s, c->mem, realm, subject, u) == FOUND;
	case SUBJECT_OPEN_ID: return store_user_by_open_id(s, c->mem, realm, subject, u) == FOUND;
	case SUBJECT_ID: return uuid_read(subject, id.b) && store_user_by_id(s, c->mem, realm, &id, u) == FOUND;
	}
	return false;
}

/* A claim that is an object, as JSON; absent: there is none. One of another kind is told as it is, and fits nothing. */
struct str
claim_json(struct call *c, const json_t *v)
{
	char *text = v != NULL ? json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
	struct str out = text != NULL ? arena_dup(c->mem, str_of(text)) : STR_ABSENT;

	free(text);
	return out;
}

/* Who acted there, of whom its issuer spoke: it is named, lest the name be taken for one of ours. */
struct str
trusted_act(struct call *c, const struct trusted_token *k)
{
	json_t *act = json_deep_copy(json_object_get(k->jwt.claims, "act"));
	char *text = NULL;
	struct str out = STR_ABSENT;

	if (json_is_object(act)
	    && (json_object_get(act, "iss") != NULL || json_put_str(act, "iss", k->from->url)))
		text = json_dumps(act, JSON_COMPACT);
	if (text != NULL)
		out = arena_dup(c->mem, str_of(text));
	free(text);
	json_decref(act);
	return out;
}
