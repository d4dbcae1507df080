/* import/keycloak_user.c - the users of a Keycloak realm, with their passwords, roles and consents. */
#include "import/keycloak.h"
#include "import/user.h"
#include "login/login.h"

/* --- passwords -------------------------------------------------------------------------------- */

/* The parts of a credential, whichever release wrote it. */
struct credential { struct str algorithm, salt, value; int64_t iterations; const json_t *more; };

/* Text that is JSON itself; NULL: it is none. */
static const json_t *
inner(struct arena *mem, const json_t *v, const char *member)
{
	struct str text = json_member_str(v, member);
	json_t *in = str_given(text) ? json_loadb(text.p, text.n, 0, NULL) : NULL;

	return in != NULL && arena_defer(mem, (void (*)(void *))json_decref, in) ? in : NULL;
}

static struct credential
credential_read(struct arena *mem, const json_t *v)
{
	const json_t *data = inner(mem, v, "credentialData"), *secret = inner(mem, v, "secretData");
	struct credential c = { .algorithm = json_member_str(data != NULL ? data : v, "algorithm"),
		.salt = json_member_str(secret != NULL ? secret : v, "salt"),
		.value = secret != NULL ? json_member_str(secret, "value") : json_member_str(v, "hashedSaltedValue"),
		.iterations = -1, .more = json_object_get(data, "additionalParameters") };

	json_member_int(data != NULL ? data : v, "hashIterations", &c.iterations);
	return c;
}

/* Parameters are lists of texts. */
static struct str
parameter(const struct credential *c, const char *name)
{
	const json_t *v = json_array_get(json_object_get(c->more, name), 0);

	return json_is_string(v) ? str_span(json_string_value(v), json_string_length(v)) : STR_ABSENT;
}

static struct str
unpadded(struct str base64)
{
	while (str_ends(base64, S("=")))
		base64.n--;
	return base64;
}

static struct str
argon2_text(struct arena *mem, const struct credential *c)
{
	if (!str_is(parameter(c, "version"), "1.3"))
		return STR_ABSENT;
	return arena_printf(mem, "$argon2%.*s$v=19$m=%.*s,t=%lld,p=%.*s$%.*s$%.*s", STR_ARG(parameter(c, "type")),
	    STR_ARG(parameter(c, "memory")),
	    (long long)c->iterations, STR_ARG(parameter(c, "parallelism")), STR_ARG(unpadded(c->salt)),
	    STR_ARG(unpadded(c->value)));
}

/* As login/ keeps it; absent: an algorithm or cost that it does not know. */
static struct str
encoding_of(struct arena *mem, const struct credential *c)
{
	struct str made;

	if (str_empty(c->salt) || str_empty(c->value) || str_empty(c->algorithm))
		return STR_ABSENT;
	if (str_is(c->algorithm, "argon2"))
		made = argon2_text(mem, c);
	else
		made = arena_printf(mem, "{keycloak}%.*s$%lld$%.*s$%.*s", STR_ARG(c->algorithm),
		    (long long)c->iterations, STR_ARG(c->salt), STR_ARG(c->value));
	return str_given(made) && str_given(password_encoding(made)) ? made : STR_ABSENT;
}

/* Files that people write for Keycloak hold the password in clear. True: it must be changed at the next login. */
static bool
password_put(struct keycloak *k, const json_t *v, json_t *out, struct str of)
{
	struct credential c = credential_read(k->x.mem, v);
	struct str clear = json_member_str(v, "value"), made = encoding_of(k->x.mem, &c);

	if (str_given(made))
		user_text(out, "password_encoded", made);
	else if (!str_empty(clear) && json_object_get(v, "algorithm") == NULL) {
		finding_add(k->x.plan, FIND_CLEAR_PASSWORD, of, STR_ABSENT);
		user_text(out, "password", clear);
	} else {
		finding_add(k->x.plan, FIND_PASSWORD_UNKNOWN, of, str_given(c.algorithm) ? c.algorithm : S("?"));
		user_text(out, "password_encoded", SECRET_OF_NOBODY);
	}
	return json_is_true(json_object_get(v, "temporary"));
}

/* A second factor is asked for by no issuer here. */
static bool
credentials_read(struct keycloak *k, const json_t *row, json_t *out, struct str of)
{
	bool password = false, temporary = false;
	const json_t *v;
	size_t i;

	json_array_foreach(json_object_get(row, "credentials"), i, v) {
		struct str type = json_member_str(v, "type");

		if (!str_is(type, "password"))
			finding_add(k->x.plan, FIND_SECOND_FACTOR, of, type);
		else if (!password) {
			temporary = password_put(k, v, out, of);
			password = true;
		}
	}
	if (!password)
		finding_add(k->x.plan, FIND_NO_PASSWORD, of, STR_ABSENT);
	return temporary;
}

/* --- the rest of a user ----------------------------------------------------------------------- */

static bool
actions_read(struct keycloak *k, const json_t *row, struct str of)
{
	bool password = false;
	const json_t *v;
	size_t i;

	json_array_foreach(json_object_get(row, "requiredActions"), i, v) {
		struct str action = str_of(json_string_value(v));

		password = password || str_is(action, "UPDATE_PASSWORD");
		finding_add(k->x.plan, FIND_REQUIRED_ACTION, of, action);
	}
	return password;
}

static void
phone_read(const json_t *row, json_t *out)
{
	static const char *const names[] = { "phoneNumber", "phone_number", "phone", "mobile" };
	const json_t *all = json_object_get(row, "attributes"), *v = NULL;

	for (size_t i = 0; v == NULL && i < COUNT(names); i++)
		v = json_object_get(all, names[i]);
	if (json_is_array(v))
		v = json_array_get(v, 0);
	if (json_is_string(v))
		user_text(out, "phone", str_span(json_string_value(v), json_string_length(v)));
}

/* Attributes of the old server's own names for a claim; others keep theirs. */
static struct str
claim_named(struct str attribute)
{
	static const struct { const char *attribute, *claim; } names[] = {
		{ "middleName", "middle_name" }, { "birthDate", "birthdate" }, { "zoneInfo", "zoneinfo" },
		{ "phoneNumberVerified", "phone_number_verified" }, { "street", "address.street_address" },
		{ "street_address", "address.street_address" }, { "formatted", "address.formatted" },
		{ "locality", "address.locality" }, { "region", "address.region" },
		{ "postal_code", "address.postal_code" }, { "country", "address.country" },
		{ "phoneNumber", "phone_number" }, { "phone", "phone_number" }, { "mobile", "phone_number" },
	};

	for (size_t i = 0; i < COUNT(names); i++)
		if (str_is(attribute, names[i].attribute))
			return str_of(names[i].claim);
	return attribute;
}

static void
claims_read(struct arena *mem, const json_t *row, json_t *out)
{
	const json_t *verified = json_object_get(row, "emailVerified"), *item;
	const char *name;
	json_t *v;
	size_t i;

	user_claim(mem, out, S("given_name"), json_member_str(row, "firstName"));
	user_claim(mem, out, S("family_name"), json_member_str(row, "lastName"));
	if (json_is_boolean(verified) && !str_empty(json_member_str(row, "email")))
		user_claim(mem, out, S("email_verified"), json_is_true(verified) ? S("true") : S("false"));
	json_object_foreach(json_object_get(row, "attributes"), name, v) {
		if (json_is_string(v))
			user_claim(mem, out, claim_named(str_of(name)), str_of(json_string_value(v)));
		json_array_foreach(v, i, item)
			user_claim(mem, out, claim_named(str_of(name)), str_of(json_string_value(item)));
	}
}

static void
names_read(struct arena *mem, const json_t *row, json_t *out, struct str name)
{
	struct str first = json_member_str(row, "firstName"), last = json_member_str(row, "lastName");

	user_text(out, "name", name);
	user_id(out, json_member_str(row, "id"));
	user_text(out, "display_name", ARENA_CAT(mem, first, str_empty(first) || str_empty(last)
	    ? S("") : S(" "), last));
	user_text(out, "email", json_member_str(row, "email"));
	phone_read(row, out);
	claims_read(mem, row, out);
}

static void
consents_read(struct keycloak *k, const json_t *row, struct str user)
{
	const json_t *one, *scope;
	size_t i, s;

	json_array_foreach(json_object_get(row, "clientConsents"), i, one) {
		struct str client = json_member_str(one, "clientId");

		json_array_foreach(json_object_get(one, "grantedClientScopes"), s, scope)
			if (str_given(k->x.options->issuer) && !str_empty(client) && json_string_length(scope) > 0)
				approval_add(&k->x, user, client, str_of(json_string_value(scope)), 0);
		if (!str_given(k->x.options->issuer))
			finding_add(k->x.plan, FIND_NO_ISSUER, ARENA_CAT(k->x.mem, SAY("consents of "), user),
			    STR_ABSENT);
	}
}

static void
user_take(struct keycloak *k, const json_t *row, struct str name, struct str of)
{
	bool enabled = !json_is_false(json_object_get(row, "enabled")), stale;
	json_t *out = json_object();

	if (out == NULL)
		return;
	names_read(k->x.mem, row, out, name);
	stale = credentials_read(k, row, out, of);
	stale = actions_read(k, row, of) || stale;
	user_state(out, !enabled ? STATE_DISABLED : stale ? STATE_STALE : STATE_FINE);
	roles_of_user(k, row, out, of);
	if (json_array_size(json_object_get(row, "federatedIdentities")) > 0)
		finding_add(k->x.plan, FIND_SETTING, of, S("federatedIdentities"));
	user_add(&k->x, name, out);
	consents_read(k, row, name);
}

bool
keycloak_users(struct keycloak *k)
{
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(k->realm, "users"), i, row) {
		struct str name = json_member_str(row, "username"), link = json_member_str(row, "federationLink");
		struct str of = ARENA_CAT(k->x.mem, S("user "), name);

		if (!str_empty(json_member_str(row, "serviceAccountClientId")))
			continue;                       /* its roles stand at the client */
		if (!str_empty(link))
			finding_add(k->x.plan, FIND_FEDERATED, of, link);
		else if (user_is_new(&k->x, S("users"), of, name))
			user_take(k, row, name, of);
	}
	k->x.plan->approvals_read = str_given(k->x.options->issuer)
	    && json_array_size(json_object_get(k->realm, "users")) > 0;
	if (k->own_roles)
		finding_add(k->x.plan, FIND_OWN_ROLES, ARENA_CAT(k->x.mem, S("realm "),
		    json_member_str(k->realm, "realm")), STR_ABSENT);
	return true;
}
