/* import/keycloak_client.c - the clients of a Keycloak realm. */
#include "manage/check.h"
#include "import/client.h"
#include "import/keycloak.h"

#define MASK "**********"       /* what the console's export has in the place of each secret */

static bool
yes(const struct reading *r, const char *member, bool otherwise)
{
	const json_t *v = json_object_get(r->row, member);

	return json_is_boolean(v) ? json_is_true(v) : otherwise;
}

/* A setting of the client, which is text even where it is a number or a truth. */
static struct str
attribute(const struct reading *r, const char *name)
{
	return json_member_str(json_object_get(r->row, "attributes"), name);
}

static void
flag_grant(struct reading *r, json_t *list, bool is, const char *grant)
{
	if (is && !json_has_word(list, grant))
		client_grant(r, list, str_of(grant));
}

static json_t *
grants_read(struct reading *r)
{
	bool code = yes(r, "standardFlowEnabled", true), password = yes(r, "directAccessGrantsEnabled", false);
	json_t *list = json_array();

	if (yes(r, "bearerOnly", false))                /* it only asks about tokens */
		return list;
	flag_grant(r, list, code, "authorization_code");
	flag_grant(r, list, yes(r, "implicitFlowEnabled", false), "implicit");
	flag_grant(r, list, password, "password");
	flag_grant(r, list, yes(r, "serviceAccountsEnabled", false), "client_credentials");
	flag_grant(r, list, (code || password) && !str_is(attribute(r, "use.refresh.tokens"), "false"),
	    "refresh_token");
	flag_grant(r, list, str_is(attribute(r, "oauth2.device.authorization.grant.enabled"), "true"),
	    "urn:ietf:params:oauth:grant-type:device_code");
	flag_grant(r, list, str_is(attribute(r, "oidc.ciba.grant.enabled"), "true"),
	    "urn:openid:params:grant-type:ciba");
	flag_grant(r, list, str_is(attribute(r, "standard.token.exchange.enabled"), "true"),
	    "urn:ietf:params:oauth:grant-type:token-exchange");
	return list;
}

/* Whoever was no public client there does not become one here. */
static void
secret_read(struct reading *r)
{
	struct str way = json_member_str(r->row, "clientAuthenticatorType"), secret = json_member_str(r->row, "secret");
	bool other = !str_empty(way) && !str_is(way, "client-secret");

	if (yes(r, "publicClient", false))
		return;
	if (other)
		client_note(r, FIND_METHOD, way);
	else if (str_is(secret, MASK))
		client_note(r, FIND_MASKED, STR_ABSENT);
	else if (str_empty(secret) && !yes(r, "bearerOnly", false))
		client_note(r, FIND_SECRET_MISSING, STR_ABSENT);
	if (other || str_empty(secret) || str_is(secret, MASK)) {
		client_secret_lock(r);
		return;
	}
	client_text(r, "secret", secret);
	client_note(r, FIND_CLEAR_SECRET, STR_ABSENT);
}

/* --- addresses -------------------------------------------------------------------------------- */

static struct str
origin_of(struct arena *mem, struct str uri)
{
	struct url u;

	if (str_ends(uri, S("*")))
		uri = str_sub(uri, 0, uri.n - 1);
	if (url_read(uri, &u) != NULL || !u.web)
		return STR_ABSENT;
	return ARENA_CAT(mem, u.scheme, S("://"), u.authority);
}

/* A path stands behind the client's root URL. */
static struct str
absolute(struct reading *r, struct str uri)
{
	struct str root = json_member_str(r->row, "rootUrl");

	if (!str_starts(uri, S("/")))
		return uri;
	if (str_empty(root) || str_contains(root, S("${")))
		return STR_ABSENT;
	return ARENA_CAT(r->x->mem, str_ends(root, S("/")) ? str_sub(root, 0, root.n - 1) : root, uri);
}

/* What ends in a star matched whatever followed: no page but the registered one gets a code here. */
static void
redirects_read(struct reading *r)
{
	json_t *list = json_array();
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(r->row, "redirectUris"), i, one) {
		struct str said = str_of(json_string_value(one)), uri = absolute(r, said);

		if (str_ends(said, S("*")))
			client_note(r, FIND_WILDCARD_REDIRECT, said);
		else if (!str_given(uri))
			client_note(r, FIND_RELATIVE_REDIRECT, said);
		else if (uri.n > 0)
			json_array_append_new(list, json_str(uri));
	}
	client_redirects(r, list);
}

static void
origin_add(json_t *list, struct str origin)
{
	if (!str_empty(origin))
		json_array_append_new(list, json_str(origin));
}

/* "+": those of the redirect URIs, also of the ones that did not come. */
static void
origins_read(struct reading *r)
{
	json_t *list = json_array();
	const json_t *one, *uri;
	size_t i, k;

	json_array_foreach(json_object_get(r->row, "webOrigins"), i, one) {
		struct str word = str_of(json_string_value(one));

		if (str_is(word, "+")) {
			json_array_foreach(json_object_get(r->row, "redirectUris"), k, uri)
				origin_add(list, origin_of(r->x->mem, absolute(r, str_of(json_string_value(uri)))));
		} else if (str_is(word, "*"))
			client_note(r, FIND_ANY_ORIGIN, STR_ABSENT);
		else
			origin_add(list, origin_of(r->x->mem, word));
	}
	json_object_set_new(r->out, "origins", client_checked(r, S("webOrigins"), list, check_origin));
}

/* --- scopes, consent, lifetimes --------------------------------------------------------------- */

/* Whoever could ask for openid could do so without its standing anywhere. */
static void
scopes_read(struct reading *r)
{
	json_t *list = json_pack("[s]", "openid");

	json_array_extend(list, json_object_get(r->row, "defaultClientScopes"));
	json_array_extend(list, json_object_get(r->row, "optionalClientScopes"));
	json_object_set_new(r->out, "scopes", client_checked(r, S("clientScopes"), list, check_scope));
	if (yes(r, "consentRequired", false))
		json_object_set_new(r->out, "auto_approve", json_pack("[s]", "openid"));
	else {
		json_object_set_new(r->out, "auto_approve", json_true());
		client_note(r, FIND_WILDCARD_APPROVE, S("consentRequired: false"));
	}
}

/* The client's own, else what the realm gave everybody. */
static void
life_read(struct reading *r, const json_t *realm, const char *own, const char *common, const char *member)
{
	struct str text = attribute(r, own);
	int64_t seconds;

	if (!str_empty(text) && str_int(text, &seconds) && seconds > 0)
		client_life(r, own, member, seconds);
	else if (json_member_int(realm, common, &seconds) && seconds > 0)
		client_life(r, common, member, seconds);
}

/* What the client had there and has no place here. */
static void
rest_judge(struct reading *r)
{
	static const char *const marks[] = { "authorizationServicesEnabled", "authorizationSettings" };

	for (size_t i = 0; i < COUNT(marks); i++) {
		const json_t *v = json_object_get(r->row, marks[i]);

		if (json_is_true(v) || json_object_size(v) > 0)
			client_note(r, FIND_SETTING, str_of(marks[i]));
	}
	if (json_array_size(json_object_get(r->row, "protocolMappers")) > 0)
		client_note(r, FIND_SETTING, S("protocolMappers"));
	if (!str_empty(attribute(r, "post.logout.redirect.uris")))
		client_note(r, FIND_SETTING, S("post.logout.redirect.uris"));
	if (!str_empty(attribute(r, "pkce.code.challenge.method")) && !r->x->options->pkce)
		client_note(r, FIND_PKCE, STR_ABSENT);
}

/* The user that stands for a service has its roles. */
static void
service_read(struct keycloak *k, struct reading *r, struct str id)
{
	const json_t *user;
	size_t i;

	json_array_foreach(json_object_get(k->realm, "users"), i, user)
		if (str_eq(json_member_str(user, "serviceAccountClientId"), id))
			roles_of_user(k, user, r->out, r->of);
}

static void
client_read(struct keycloak *k, struct reading *r, struct str id)
{
	struct str name = json_member_str(r->row, "name");
	json_t *list = grants_read(r);
	unsigned could = (unsigned)(BIT(HABIT_PASSWORD_GRANT) | BIT(HABIT_IMPLICIT));

	if (!str_empty(name) && !str_starts(name, S("${")))
		client_text(r, "name", name);
	json_object_set_new(r->out, "enabled", json_boolean(yes(r, "enabled", true)));
	secret_read(r);
	client_habits(r, list, could);
	redirects_read(r);
	origins_read(r);
	scopes_read(r);
	life_read(r, k->realm, "access.token.lifespan", "accessTokenLifespan", "access_ttl_s");
	life_read(r, k->realm, "client.session.max.lifespan", "ssoSessionMaxLifespan", "refresh_ttl_s");
	rest_judge(r);
	service_read(k, r, id);
	json_object_set_new(r->out, "grants", list);
}

static bool
is_taken(struct keycloak *k, const json_t *row, struct str id)
{
	struct str protocol = json_member_str(row, "protocol"), of = ARENA_CAT(k->x.mem, S("client "), id);

	if (keycloak_is_own(k, id))
		finding_add(k->x.plan, FIND_OWN_CLIENT, of, STR_ABSENT);
	else if (!str_empty(protocol) && !str_is(protocol, "openid-connect"))
		finding_add(k->x.plan, FIND_PROTOCOL, of, protocol);
	else
		return true;
	return false;
}

bool
keycloak_clients(struct keycloak *k)
{
	const struct table_states none = { .x = &k->x, .table = S("clients") };
	json_t *seen = json_object();
	const json_t *row;
	struct reading r;
	size_t i;

	json_array_foreach(json_object_get(k->realm, "clients"), i, row) {
		struct str id = json_member_str(row, "clientId");

		if (!is_taken(k, row, id) || !client_begin(&r, &none, row, id, seen))
			continue;
		client_read(k, &r, id);
		client_end(&r);
	}
	json_decref(seen);
	return seen != NULL;
}
