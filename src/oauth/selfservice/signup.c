/*
 * oauth/selfservice/signup.c - an account of one's own: the address or number is proven first and becomes the user
 * name, so that no form tells which names are taken. Whoever has an account already hears of it there.
 */
#include "login/login.h"
#include "oauth/selfservice/selfservice.h"
#include "store/user_claims.h"

#define PAGE "signup"

static const struct { const char *claim; enum param is; } fields[] = {
	{ "name", P_CLAIM_NAME }, { "given_name", P_CLAIM_GIVEN_NAME }, { "family_name", P_CLAIM_FAMILY_NAME },
	{ "nickname", P_CLAIM_NICKNAME }, { "birthdate", P_CLAIM_BIRTHDATE },
};

static bool
is_by_phone(const struct call *c)
{
	return c->issuer->policy->selfservice.registration == SELF_REGISTRATION_PHONE;
}

static bool
has_the_shape(const struct call *c, struct str typed)
{
	return is_by_phone(c) ? sms_number_ok(c->issuer->policy, typed) : mail_address_ok(typed);
}

/* By name, address or number, of whatever origin: not to be had twice. Several of one address are somebody too. */
static bool
is_somebody(struct call *c, struct str typed)
{
	struct user u, two[2];
	bool found = user_by_anything(c, typed, &u);

	return found
	    || (c->why == R_NONE
		&& store_users_by_email(c->svc->store, c->mem, realm_name(c->issuer->realm), typed, 2, two) != 0);
}

static struct answer
signup_asked(struct call *c)
{
	struct proof p = { .of = SELF_SIGNUP, .by_sms = is_by_phone(c),
		.expires_s = c->now_s + c->issuer->policy->selfservice.ttl_s, .user = id_new(),
		.to = str_trim(c->arg[P_IDENTIFIER]) };
	struct proof_sending s = { .what = "signup", .send = true };
	struct answer a;
	struct saved saved;

	if (!self_form_holds(c, PAGE, &a))
		return a;
	if (!has_the_shape(c, p.to))
		return self_ask_again(c, PAGE, is_by_phone(c) ? "number_wrong" : "address_wrong");
	saved_of_form(c, &saved);
	p.nonce = saved.nonce;
	if (is_somebody(c, p.to))
		s = (struct proof_sending){ .what = "exists", .decoy = true, .send = !p.by_sms };
	if (c->why != R_NONE)
		return answer_fault(c);
	a = proof_begin(c, &p, &s);
	return a.kind == ANS_FAULT ? self_ask_again(c, PAGE, NULL) : a;
}

/* NULL, or what is wrong. Every field that the issuer asks for is given, and may be what it is. */
static const char *
fields_read(struct call *c, json_t *claims)
{
	struct str rest = c->issuer->policy->selfservice.fields, word, at;

	while (str_given(rest) && (word = str_cut(&rest, ' ')).p != NULL)
		for (size_t i = 0; i < COUNT(fields); i++) {
			struct str given = str_trim(c->arg[fields[i].is]);

			if (!str_is(word, fields[i].claim))
				continue;
			if (str_empty(given) || given.n > 200 || !text_is_shown(given))
				return "field_wrong";
			json_put_str(claims, fields[i].claim, given);
			if (!str_is(word, "name")
			    && user_claim_wrong(c->mem, word, json_object_get(claims, fields[i].claim), &at) != NULL)
				return "field_wrong";
		}
	return str_empty(c->issuer->policy->selfservice.terms) || !str_empty(c->arg[P_TERMS]) ? NULL : "terms_needed";
}

/* Whoever proved the address or number is named by it; that it is proven is said (OpenID Connect Core 5.1). */
static bool
user_make(struct call *c, const struct proof *p, json_t *claims, struct user *u)
{
	struct str name = arena_dup(c->mem, json_member_str(claims, "name"));

	json_object_del(claims, "name");
	json_object_set_new(claims, p->by_sms ? "phone_number_verified" : "email_verified", json_true());
	*u = (struct user){ .realm = realm_name(c->issuer->realm), .id = id_new(), .name = p->to,
		.display_name = str_given(name) ? name : S(""), .phone = p->by_sms ? p->to : S(""),
		.email = p->by_sms ? S("") : p->to, .open_id = S(""), .origin = S(""), .password = S(""),
		.account_type = str_given(c->issuer->policy->grant.default_account_type)
		    ? c->issuer->policy->grant.default_account_type : S(""),
		.authorities = str_given(c->issuer->policy->selfservice.authorities)
		    ? c->issuer->policy->selfservice.authorities : S(""),
		.enabled = true, .created_s = c->now_s, .updated_s = c->now_s };
	return user_claims_write(c->mem, claims, &u->claims) || fail(c, R_INTERNAL, S("claims"));
}

static struct answer
signup_commit(struct call *c, struct user *u, const struct one_time *row)
{
	struct ops o = { .n = 0 };

	u->password = password_hash(c->mem, c->arg[P_NEW_PASSWORD]);
	if (!str_given(u->password)) {
		fail(c, R_INTERNAL, S("memory"));
		return answer_fault(c);
	}
	ops_add(&o, OP_ONE_TIME_SPEND)->one_time.row = row;
	ops_add(&o, OP_USER_ADD)->user = u;
	c->user_name = u->name;
	switch (store_commit(c->svc->store, o.at, o.n, NULL)) {
	case STORE_DONE: return self_notice(c, PAGE, "signed_up", true);
	case STORE_LOST: return self_notice(c, PAGE, "self_gone", false);
	default: fail(c, R_STORE, S("commit")); return answer_fault(c);
	}
}

static struct answer
signup_take(struct call *c, const struct proof *p, json_t *claims)
{
	const char *fault = fields_read(c, claims);
	struct one_time row;
	struct user u;

	if (!user_make(c, p, claims, &u))
		return answer_fault(c);
	if (fault == NULL)
		fault = chosen_password_fault(c, &u);
	if (fault != NULL)
		return self_code_again(c, PAGE, p, fault);
	if (!address_is_proven(c, p, NULL, &row))
		return self_code_again(c, PAGE, p, "proof_code_wrong");
	if (is_somebody(c, p->to))
		return self_notice(c, PAGE, "self_gone", false);
	return c->why == R_NONE ? signup_commit(c, &u, &row) : answer_fault(c);
}

static struct answer
signup_taken(struct call *c)
{
	json_t *claims = json_object();
	struct answer a;
	struct proof p;

	if (claims == NULL || !arena_defer(c->mem, (void (*)(void *))json_decref, claims)) {
		fail(c, R_INTERNAL, S("memory"));
		return answer_fault(c);
	}
	if (!self_form_holds(c, PAGE, &a) || !self_proof(c, SELF_SIGNUP, PAGE, &p, &a))
		return a;
	return signup_take(c, &p, claims);
}

struct answer
signup_endpoint(struct call *c, bool posted)
{
	struct answer a;
	struct proof p;

	if (c->issuer->policy->selfservice.registration == SELF_REGISTRATION_OFF) {
		fail(c, R_NOT_FOUND, STR_ABSENT);
		return answer_fault(c);
	}
	if (str_empty(c->arg[P_PROOF]))
		return posted ? signup_asked(c) : self_ask(c, PAGE, NULL);
	if (posted)
		return signup_taken(c);
	return self_proof(c, SELF_SIGNUP, PAGE, &p, &a) ? self_code(c, PAGE, &p, NULL) : a;
}
