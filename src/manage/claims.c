/*
 * manage/claims.c - the member "claims" of a user in an order: a patch of what is there (RFC 7396).
 * A value of null takes a claim away, and the members of an address are patched one by one; of a
 * new user it is the whole.
 */
#include "manage/manage_int.h"
#include "store/user_claims.h"

static bool
claim_refuse(struct job *j, struct str place, struct str at, const char *what)
{
	return job_refuse(j, "invalid", "correct the value, or send null to take it away",
	    "%.*sthe claim %.*s %s", STR_ARG(place), STR_ARG(at), say(what));
}

static bool
no_memory(struct job *j)
{
	return job_refuse(j, "invalid", "send less at once", "the request is too large");
}

/* What the patch makes of one value, a new one; NULL: it goes. */
static json_t *
patched(const json_t *old, const json_t *patch)
{
	json_t *out, *part;
	const char *name;

	if (json_is_null(patch))
		return NULL;
	if (!json_is_object(patch))
		return json_deep_copy(patch);
	out = json_is_object(old) ? json_deep_copy(old) : json_object();
	json_object_foreach((json_t *)(uintptr_t)patch, name, part) {
		if (json_is_null(part))
			json_object_del(out, name);
		else
			json_object_set(out, name, part);
	}
	if (json_object_size(out) == 0 && json_is_object(old)) {
		json_decref(out);
		return NULL;
	}
	return out;
}

static bool
claim_take(struct job *j, json_t *all, const char *name, const json_t *patch, struct str place)
{
	json_t *value = patched(json_object_get(all, name), patch);
	struct str at;
	const char *wrong;

	if (value == NULL) {
		json_object_del(all, name);
		return json_is_null(patch) || json_is_object(patch) || no_memory(j);
	}
	wrong = user_claim_wrong(j->mem, str_of(name), value, &at);
	if (wrong == NULL && json_object_set(all, name, value) != 0) {
		json_decref(value);
		return no_memory(j);
	}
	json_decref(value);
	return wrong == NULL || claim_refuse(j, place, at, wrong);
}

bool
claims_patch(struct job *j, const json_t *patch, struct str *claims, struct str place)
{
	json_t *all = user_claims_read(j->mem, *claims), *v;
	const char *name;

	if (all == NULL && ((all = json_object()) == NULL || !arena_defer(j->mem, (void (*)(void *))json_decref, all)))
		return no_memory(j);
	if (json_is_null(patch))
		json_object_clear(all);
	else if (!json_is_object(patch))
		return job_refuse(j, "invalid", "correct the value", "%.*sclaims must be a JSON object", STR_ARG(place));
	json_object_foreach((json_t *)(uintptr_t)patch, name, v)
		if (!claim_take(j, all, name, v, place))
			return false;
	return user_claims_write(j->mem, all, claims)
	    || job_refuse(j, "invalid", "give fewer or shorter ones",
		"%.*sclaims: together they have more than %d bytes", STR_ARG(place), USER_CLAIMS_MAX);
}

/* The mark said in the same order is about the new address. */
bool
claims_follow(struct job *j, const struct user *before, struct user *u, const json_t *order)
{
	const json_t *said = json_object_get(order, "claims");
	struct user_marks changed = {
		.email = !str_eq(before->email, u->email) && json_object_get(said, "email_verified") == NULL,
		.phone = !str_eq(before->phone, u->phone) && json_object_get(said, "phone_number_verified") == NULL,
	};

	return user_claims_unmark(j->mem, &u->claims, changed) || no_memory(j);
}
