/*
 * oauth/client/register_judge.c - is what a client says of itself a client? RFC 7591 section 2,
 * OpenID Connect Dynamic Client Registration 1.0 section 2. Members that are not known are ignored,
 * also those with a language but client_name#zh-CN. Of grants, response types and scopes what is not
 * offered is left out, which the answer says (RFC 7591 section 3.2.1); where nothing is left the
 * registration is refused.
 */
#include "login/sealed.h"
#include "oauth/client/register_int.h"
#include "oauth/details.h"
#include "oauth/profile.h"
#include "oauth/subject.h"

#define LIST_MAX 64             /* elements of an array */

bool
member_refuse(struct registering *r, const char *member, const char *what)
{
	return fail_with(r->c, R_REGISTRATION_METADATA,
	    ARENA_CAT(r->c->mem, str_of(member), S(" "), str_of(what)));
}

static bool
is_word(struct str s)
{
	return str_is_visible(s) && s.n <= METADATA_TEXT_MAX;
}

/* null is as good as nothing: RFC 7592 section 2.2. */
static const json_t *
member_of(const struct registering *r, const char *member)
{
	const json_t *v = json_object_get(r->said, member);

	return json_is_null(v) ? NULL : v;
}

bool
member_words(struct registering *r, const char *member, char sep, struct str *out)
{
	const json_t *list = member_of(r, member), *one;
	struct buf b;
	size_t i;

	*out = STR_ABSENT;
	if (list == NULL)
		return true;
	if (!json_is_array(list) || json_array_size(list) > LIST_MAX)
		return member_refuse(r, member, "must be an array of at most 64 texts");
	buf_init(&b, r->c->mem, CLIENT_METADATA_MAX);
	json_array_foreach(list, i, one) {
		if (!is_word(json_text(one)))
			return member_refuse(r, member, "must hold texts of visible ASCII characters");
		if (str_has_word(buf_str(&b), json_text(one), sep))
			continue;
		if (b.n > 0)
			buf_putc(&b, sep);
		buf_put(&b, json_text(one));
	}
	*out = buf_str(&b);
	return !b.full || member_refuse(r, member, "is too long");
}

/* --- the columns ------------------------------------------------------------------------------ */

static bool
name_judge(struct registering *r)
{
	const json_t *v = member_of(r, "client_name");
	struct str name = json_text(v);

	if (v != NULL && !json_is_string(v))
		return member_refuse(r, "client_name", "must be text");
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] < 0x20 || name.p[i] == 0x7f)
			return member_refuse(r, "client_name", "must not contain control characters");
	if (name.n > 256)
		return member_refuse(r, "client_name", "must have at most 256 bytes");
	r->client.name = str_given(name) ? name : S("");
	return true;
}

static bool
grant_is_offered(const struct policy *policy, struct str name)
{
	if (str_is(name, "implicit"))
		return policy->authorize.offers_implicit || policy->authorize.responses != RESPONSES_PLAIN;
	for (int g = 0; g < GI_COUNT; g++)
		if (str_is(name, grants[g]->name))
			return (policy->grant.offered & policy->registration.grants & BIT(g)) != 0;
	return false;
}

/* Those of the words that are allowed, in their order. */
static struct str
words_left(struct registering *r, struct str words, char sep, bool (*fits)(const struct registering *, struct str))
{
	struct buf b;

	buf_init(&b, r->c->mem, words.n + 1);
	while (str_given(words)) {
		struct str word = str_cut(&words, sep);

		if (word.n == 0 || !fits(r, word))
			continue;
		if (b.n > 0)
			buf_putc(&b, sep);
		buf_put(&b, word);
	}
	return buf_str(&b);
}

static bool
grant_fits(const struct registering *r, struct str name)
{
	return grant_is_offered(r->c->issuer->policy, name);
}

static bool
grants_judge(struct registering *r)
{
	struct str asked;

	if (!member_words(r, "grant_types", ' ', &asked))
		return false;
	if (str_empty(asked))
		asked = S("authorization_code");
	r->client.grants = words_left(r, asked, ' ', grant_fits);
	return r->client.grants.n > 0 || member_refuse(r, "grant_types", "holds none that a client may register for here");
}

/* --- response types --------------------------------------------------------------------------- */

static bool
response_type_fits(const struct registering *r, struct str type)
{
	enum response offered;

	return response_read(r->c->issuer->policy, type, &offered);
}

/* `none` needs what a code needs: it is that without the code. */
static bool
is_by_code(struct str type)
{
	return str_has_word(type, S("code"), ' ') || str_is(type, "none");
}

/* Dynamic Client Registration 1.0 section 2: what comes from the authorization endpoint has its grant. */
static bool
type_has_grants(struct registering *r, struct str type)
{
	bool code = is_by_code(type);
	bool front = str_has_word(type, S("token"), ' ') || str_has_word(type, S("id_token"), ' ');

	if (code && !client_may(&r->client, S("authorization_code")))
		return member_refuse(r, "response_types", "holds code, which needs the grant type authorization_code");
	if (front && !client_may(&r->client, S("implicit")))
		return member_refuse(r, "response_types", "holds token or id_token, which needs the grant type implicit");
	return true;
}

static bool
grants_have_types(struct registering *r, struct str types)
{
	bool code = false, front = false;

	while (str_given(types)) {
		struct str type = str_cut(&types, '\n');

		if (type.n > 0 && !type_has_grants(r, type))
			return false;
		code |= is_by_code(type);
		front |= str_has_word(type, S("token"), ' ') || str_has_word(type, S("id_token"), ' ');
	}
	if (!code && client_may(&r->client, S("authorization_code")))
		return member_refuse(r, "grant_types", "holds authorization_code, which needs a response type with code");
	if (!front && client_may(&r->client, S("implicit")))
		return member_refuse(r, "grant_types", "holds implicit, which needs a response type with token or id_token");
	return true;
}

static bool
types_judge(struct registering *r)
{
	struct str asked = r->metadata.response_types;
	bool redirects = client_may(&r->client, S("authorization_code")) || client_may(&r->client, S("implicit"));

	if (str_empty(asked))
		asked = redirects ? S("code") : S("");
	r->metadata.response_types = words_left(r, asked, '\n', response_type_fits);
	if (redirects && r->metadata.response_types.n == 0)
		return member_refuse(r, "response_types", "holds none that is offered here");
	return grants_have_types(r, r->metadata.response_types);
}

/* --- scope ------------------------------------------------------------------------------------ */

static bool
scope_fits(const struct registering *r, struct str word)
{
	return str_has_word(r->c->issuer->policy->registration.scopes, word, ' ');
}

static bool
scope_judge(struct registering *r)
{
	const json_t *v = member_of(r, "scope");
	struct str asked = json_text(v);

	if (v != NULL && !json_is_string(v))
		return member_refuse(r, "scope", "must be text, words with a blank between them");
	if (str_empty(asked))
		asked = r->c->issuer->policy->registration.scopes;
	r->client.scopes = words_left(r, asked, ' ', scope_fits);
	if (r->client.scopes.n == 0 && str_given(json_text(v)) && asked.n > 0)
		return member_refuse(r, "scope", "holds none that a client may register for here");
	return r->client.scopes.n <= SCOPES_SIZE_MAX || member_refuse(r, "scope", "is too long");
}

/* --- the other members ------------------------------------------------------------------------ */

/* What an operator has written stays when the client replaces its registration. */
static void
operators_keep(struct registering *r)
{
	struct client_metadata was;

	if (str_empty(r->client.metadata) || !metadata_read(r->c->mem, r->client.metadata, &was))
		return;
	for (const struct metadata_row *row = metadata_rows; row->member != NULL; row++)
		if (metadata_is_of_operators(row))       /* all of them are texts */
			*(struct str *)(void *)((char *)&r->metadata + row->at) =
			    *(const struct str *)(const void *)((const char *)&was + row->at);
}

#define NAME_IN S("client_name#")

/* client_name#TAG (RFC 7591 section 2.2), as the row of client_names has them; NULL: there are none. */
static const json_t *
names_said(const struct registering *r)
{
	json_t *list = json_array(), *v;
	const char *key;

	if (list == NULL)
		return NULL;
	arena_defer(r->c->mem, (void (*)(void *))json_decref, list);
	json_object_foreach((json_t *)(uintptr_t)r->said, key, v) {
		struct str tag = str_from(str_of(key), NAME_IN.n);

		if (!str_starts(str_of(key), NAME_IN) || json_is_null(v))
			continue;
		json_array_append_new(list, json_is_string(v)
			? json_str(ARENA_CAT(r->c->mem, tag, S("="), json_text(v))) : json_null());
	}
	return json_array_size(list) > 0 ? list : NULL;
}

static const json_t *
value_said(const struct registering *r, const struct metadata_row *row)
{
	return str_is(str_of(row->member), "client_names") ? names_said(r) : member_of(r, row->member);
}

/* What is wrong is said in English: it goes to a program. */
static bool
metadata_judge(struct registering *r)
{
	operators_keep(r);
	for (const struct metadata_row *row = metadata_rows; row->member != NULL; row++) {
		const json_t *v = value_said(r, row);
		const char *wrong;

		if (v == NULL || metadata_is_of_operators(row))
			continue;
		language_here(LANGUAGE_ENGLISH);
		wrong = metadata_put(r->c->mem, &r->metadata, row, v);
		language_as_set();
		if (wrong != NULL)
			return member_refuse(r, row->member, wrong);
	}
	return true;
}

/* RFC 7591 section 2: client_secret_basic where nothing is said; none: a public client. */
static bool
method_judge(struct registering *r)
{
	struct str *method = &r->metadata.token_endpoint_auth_method;
	const char *wrong;

	if (str_empty(*method))
		*method = r->document ? S("none") : S("client_secret_basic");
	if (r->document && (str_starts(*method, S("client_secret_")) || json_object_get(r->said, "client_secret") != NULL
		|| json_object_get(r->said, "client_secret_expires_at") != NULL))
		return member_refuse(r, "client_secret", "has no place in a document that everybody can read");
	for (int m = 0; m < METHOD_COUNT; m++)
		if (str_is(*method, method_rows[m].name) && !method_is_possible(r->c->issuer, (enum method)m))
			return member_refuse(r, "token_endpoint_auth_method", "must be a way that this issuer offers");
	language_here(LANGUAGE_ENGLISH);
	wrong = metadata_method_trouble(&r->metadata);
	language_as_set();
	if (wrong != NULL)
		return member_refuse(r, "token_endpoint_auth_method", wrong);
	if (!str_is(*method, "none"))
		return true;
	if (!r->c->issuer->policy->client.public_at_token)
		return member_refuse(r, "token_endpoint_auth_method", "must not be none: clients have a secret here");
	return !client_may(&r->client, S("client_credentials"))
	    || member_refuse(r, "grant_types", "holds client_credentials, which a client without a secret cannot use");
}

static bool
alg_is_offered(struct registering *r, const char *member, struct str name)
{
	enum jose_alg alg;

	if (str_empty(name) || (alg_read(name, &alg) && keyring_signer(r->c->issuer->keys, alg) != NULL))
		return true;
	return member_refuse(r, member, "must be an algorithm that this issuer signs with");
}

static bool
keys_judge(struct registering *r)
{
	const struct client_metadata *m = &r->metadata;

	if (str_given(m->jwks) && str_given(m->jwks_uri))
		return member_refuse(r, "jwks_uri", "must not stand beside jwks");
	return alg_is_offered(r, "id_token_signed_response_alg", m->id_token_signed_response_alg)
	    && alg_is_offered(r, "userinfo_signed_response_alg", m->userinfo_signed_response_alg)
	    && alg_is_offered(r, "authorization_signed_response_alg", m->authorization_signed_response_alg)
	    && alg_is_offered(r, "introspection_signed_response_alg", m->introspection_signed_response_alg);
}

/* RFC 9396 section 10. */
static bool
details_judge(struct registering *r)
{
	struct str rest = r->metadata.authorization_details_types;

	while (str_given(rest)) {
		struct str word = str_cut(&rest, ' ');

		if (word.n > 0 && detail_type_of(r->c->issuer->policy, word) == NULL)
			return member_refuse(r, "authorization_details_types",
			    "names a type that this issuer does not have");
	}
	return true;
}

/* Core 8.1: redirect URIs of several hosts are one sector only where a list at one address says so. */
static bool
subject_judge(struct registering *r)
{
	const struct client_metadata *m = &r->metadata;

	if (!str_is(m->subject_type, "pairwise"))
		return true;
	if (!r->c->issuer->policy->token.pairwise)
		return member_refuse(r, "subject_type", "must be public, which is what this issuer offers");
	return str_given(subject_sector(r->c->mem, m->sector_identifier_uri, r->client.redirect_uris))
	    || member_refuse(r, "sector_identifier_uri", "is needed for pairwise subjects of redirect URIs of several hosts");
}

bool
registration_body(struct registering *r, struct str body)
{
	r->said = json_read(r->c->mem, body);
	return json_is_object(r->said)
	    || fail_with(r->c, R_REGISTRATION_METADATA,
		S("the body must be one JSON object of at most 64 KB, without a member that stands there twice"));
}

/* RFC 7592 section 2.2: what the server gives is not the client's to say, and its id must be right. */
bool
replacement_is_sound(struct registering *r)
{
	static const char *const given[] = { "registration_access_token", "registration_client_uri",
		"client_secret_expires_at", "client_id_issued_at" };
	struct str secret = json_member_str(r->said, "client_secret");
	enum password_result verified;

	for (size_t i = 0; i < COUNT(given); i++)
		if (json_object_get(r->said, given[i]) != NULL)
			return member_refuse(r, given[i], "must not be sent: the server gives it");
	if (!str_eq(json_member_str(r->said, "client_id"), r->client.id))
		return member_refuse(r, "client_id", "must be that of the client");
	if (json_object_get(r->said, "client_secret") == NULL)
		return true;
	verified = r->client.secret.n == 0 ? PASSWORD_WRONG
	    : client_secret_holds(r->c->mem, r->c->svc->secret_key, r->client.realm, r->client.id, r->client.secret,
		secret);
	return verified == PASSWORD_OK || verified == PASSWORD_OK_REHASH
	    || member_refuse(r, "client_secret", "must be the one that was given");
}


#define GRANT_PROFILE_ID_JAG "urn:ietf:params:oauth:grant-profile:id-jag"

/*
 * draft-ietf-oauth-identity-assertion-authz-grant-04 section 8: who says that it follows that profile uses both of its
 * grants, one at each of two servers; which of them this one offers is no matter.
 */
static bool
grant_profiles_judge(struct registering *r)
{
	struct str said = r->metadata.authorization_grant_profiles_supported, asked;

	if (!str_has_word(said, S(GRANT_PROFILE_ID_JAG), ' '))
		return true;
	if (!member_words(r, "grant_types", ' ', &asked))
		return false;
	return (str_has_word(asked, str_of(grant_token_exchange.name), ' ')
		   && str_has_word(asked, str_of(grant_jwt_bearer.name), ' '))
	    || member_refuse(r, "authorization_grant_profiles_supported",
		"holds the profile id-jag, which needs the grant types token-exchange and jwt-bearer");
}

/* What the issuer's security profile asks of every client. */
static bool
profile_judge(struct registering *r)
{
	struct profile_change broken[PROFILE_CHANGES_MAX];
	enum profile profile = r->c->issuer->policy->profile.name;
	size_t n = 0;

	if (profile == PROFILE_OAUTH_2_1)
		return true;
	language_here(LANGUAGE_ENGLISH);
	n = profile_client_changes(profile, &r->client, &r->metadata, broken);
	language_as_set();
	return n == 0 || member_refuse(r, broken[0].member,
	    arena_z(r->c->mem,
		ARENA_CAT(r->c->mem, S("does not fit here: this client would have to "), str_of(broken[0].change))));
}

bool
registration_judge(struct registering *r)
{
	return registration_statement(r) && name_judge(r) && grants_judge(r) && metadata_judge(r) && types_judge(r)
	    && scope_judge(r) && method_judge(r)
	    && keys_judge(r) && details_judge(r) && grant_profiles_judge(r) && registration_redirects(r) && subject_judge(r)
	    && profile_judge(r);
}

bool
registration_metadata(struct registering *r)
{
	r->client.metadata = metadata_text(r->c->mem, &r->metadata);
	return str_given(r->client.metadata)
	    || fail_with(r->c, R_REGISTRATION_METADATA, S("all members together are too long"));
}
