/* manage/client.c - clients: create, list, show, set, rotate-secret, delete. */
#include "manage/manage_int.h"
#include "oauth/profile.h"
#include "oauth/subject.h"
#include "oauth/client_metadata.h"
#include "outbound/outbound.h"

const struct field client_fields[] = {
	{ "name", FIELD_TEXT, offsetof(struct client, name), check_text },
	{ "grants", FIELD_WORDS, offsetof(struct client, grants), check_grant },
	{ "scopes", FIELD_WORDS, offsetof(struct client, scopes), check_scope, SCOPES_SIZE_MAX, SCOPE_WORDS_MAX },
	{ "redirect_uris", FIELD_LINES, offsetof(struct client, redirect_uris), check_redirect_uri_old },
	{ "auto_approve", FIELD_APPROVE, offsetof(struct client, auto_approve), check_scope },
	{ "authorities", FIELD_WORDS, offsetof(struct client, authorities), check_word, AUTHORITIES_MAX },
	{ "resource_ids", FIELD_WORDS, offsetof(struct client, resource_ids), check_word, RESOURCES_MAX },
	{ "origins", FIELD_WORDS, offsetof(struct client, origins), check_origin },
	{ "acts_for", FIELD_TEXT, offsetof(struct client, acts_for), check_text },
	{ "legacy", FIELD_WORDS, offsetof(struct client, legacy), check_habit },
	{ "introspects", FIELD_WORDS, offsetof(struct client, introspects), check_word },
	{ "info", FIELD_OBJECT, offsetof(struct client, info), NULL },
	{ "metadata", FIELD_METADATA, offsetof(struct client, metadata), NULL },
	{ "access_ttl_s", FIELD_TTL, offsetof(struct client, access_ttl_s), NULL },
	{ "refresh_ttl_s", FIELD_TTL, offsetof(struct client, refresh_ttl_s), NULL },
	{ "enabled", FIELD_BOOL, offsetof(struct client, enabled), NULL },
	{ .name = NULL },
};
#define CREDENTIALS_SHOWN 32
#define CLIENT_KNOWN "do realm id registered secret secret_encoded encoded public"

static void
put_json(struct buf *b, const struct client *c)
{
	jw_open(b, '{');
	jm_str(b, S("realm"), c->realm);
	jm_str(b, S("id"), c->id);
	jm_str(b, S("name"), c->name);
	jm_bool(b, S("public"), client_row_is_public(c));
	jm_str(b, S("secret_encoding"), c->secret.n > 0 ? client_secret_encoding(c->secret) : STR_ABSENT);
	if (c->former_secret.n > 0)
		jm_int(b, S("former_secret_until_s"), c->former_until_s);
	jm_words(b, S("grants"), c->grants, ' ');
	jm_words(b, S("scopes"), c->scopes, ' ');
	jm_words(b, S("redirect_uris"), c->redirect_uris, '\n');
	jm_words(b, S("auto_approve"), c->auto_approve, ' ');
	jm_words(b, S("authorities"), c->authorities, ' ');
	jm_words(b, S("resource_ids"), c->resource_ids, ' ');
	jm_words(b, S("origins"), c->origins, ' ');
	jm_str(b, S("acts_for"), c->acts_for);
	jm_words(b, S("legacy"), c->legacy, ' ');
	jm_words(b, S("introspects"), c->introspects, ' ');
	jm_raw(b, S("info"), c->info.n > 0 ? c->info : S("{}"));
	jm_raw(b, S("metadata"), c->metadata.n > 0 ? c->metadata : S("{}"));
	jm_int(b, S("access_ttl_s"), c->access_ttl_s);
	jm_int(b, S("refresh_ttl_s"), c->refresh_ttl_s);
	jm_bool(b, S("enabled"), c->enabled);
	jm_int(b, S("created_s"), c->created_s);
	jm_int(b, S("updated_s"), c->updated_s);
	jm_bool(b, S("registered"), c->lease_s != 0);
	if (c->lease_s > 0)
		jm_int(b, S("lease_s"), c->lease_s);
	jw_close(b, '}');
}

/* Of one that registered itself: by what, from where, and until when unless it is used. */
static bool
put_registration(struct job *j, struct buf *b, const struct client *c)
{
	struct registration r;
	enum store_found f = c->lease_s != 0 ? store_registration(j->store, j->mem, c->realm, c->id, &r) : NOT_FOUND;

	if (f != FOUND)
		return f == NOT_FOUND || job_store_failed(j);
	jw_name(b, S("registration"));
	jw_open(b, '{');
	jm_str(b, S("issuer"), r.issuer);
	jm_str(b, S("by"), r.by);
	jm_str(b, S("address"), r.address);
	jm_int(b, S("created_s"), r.created_s);
	jm_int(b, S("expires_s"), r.expires_s);
	jw_close(b, '}');
	return true;
}

/* When each of its secrets and keys was last used, to the minute. */
static bool
put_credentials(struct job *j, struct buf *b, const struct client *c)
{
	struct credential_use used[CREDENTIALS_SHOWN];
	int n = store_credentials_of(j->store, j->mem, c->realm, c->id, CREDENTIALS_SHOWN, used);

	if (n < 0)
		return job_store_failed(j);
	jw_name(b, S("credentials"));
	jw_open(b, '[');
	for (int i = 0; i < n; i++) {
		jw_open(b, '{');
		jm_str(b, S("credential"), used[i].credential);
		jm_int(b, S("last_s"), used[i].last_s);
		jw_close(b, '}');
	}
	jw_close(b, ']');
	return true;
}

static bool
answer(struct job *j, const struct client *c, struct str secret)
{
	struct buf b;

	answer_open(j, &b);
	jw_name(&b, S("client"));
	put_json(&b, c);
	if (!put_registration(j, &b, c) || !put_credentials(j, &b, c))
		return false;
	jm_str(&b, S("secret"), secret);
	warnings_put(j, &b);
	return answer_close(j, &b);
}

struct store_op
client_op(const struct client *c)
{
	return (struct store_op){ .kind = c->version == 0 ? OP_CLIENT_ADD : OP_CLIENT_SET, .client = c };
}

static bool
put(struct job *j, struct client *c)
{
	struct store_op op = client_op(c);

	c->updated_s = clock_now_s();
	return job_commit(j, &op, 1);
}

/* The client that the request names. */
static bool
find(struct job *j, struct client *c)
{
	struct str realm, id = job_arg(j, "id");
	enum store_found found;

	if (!job_realm(j, &realm))
		return false;
	if (str_empty(id))
		return job_refuse(j, "invalid", "name the client in the member \"id\" (--id)", "a client id is needed");
	found = store_client(j->store, j->mem, realm, id, c);
	if (found == NOT_FOUND)
		return job_refuse(j, "not_found", "hufu client list shows those there are",
		    "there is no client \"%.*s\" in realm \"%.*s\"", STR_ARG(id), STR_ARG(realm));
	return found == FOUND || job_store_failed(j);
}

static struct client
fresh(struct str realm, struct str id)
{
	struct client c = store_client_new(realm, id, clock_now_s());

	c.grants = S("authorization_code refresh_token");
	return c;
}

/* 256 random bits; the text is shown once. */
static bool
secret_make(struct job *j, struct client *c, struct str *shown)
{
	uint8_t random[32];

	rand_bytes(random, sizeof random);
	*shown = b64url_encode(j->mem, str_span(random, sizeof random));
	explicit_bzero(random, sizeof random);
	return client_secret_keep(j, c, *shown, secret_hash, &c->secret);
}

/*
 * An old application keeps the scheme it was built with: the mark says that it is one. Issuers that
 * ask for the dot refuse it all the same.
 */
static bool
schemes_have_dots(struct job *j, const struct client *c)
{
	struct str uris = c->redirect_uris;

	while (str_given(uris) && !str_has_word(c->legacy, str_of(habit_rows[HABIT_LOOSE_REDIRECT].word), ' ')) {
		struct str uri = str_cut(&uris, '\n');
		const char *wrong = uri.n > 0 ? check_redirect_uri(uri) : NULL;

		if (wrong != NULL)
			return job_refuse(j, "invalid",
			    "take such a scheme, or mark an old application with loose_redirect (--legacy), "
			    "which counts at issuers of the "
			    "old dialects",
			    "redirect_uris %s", wrong);
	}
	return true;
}

/* Registered anew; what is there already, or comes from an old server, is the operator's to change. */
static bool
redirects_are_plain(struct job *j, struct str uris)
{
	while (str_given(uris)) {
		struct str uri = str_cut(&uris, '\n');

		if (redirect_speaks_as_response(uri))
			return job_refuse(j, "invalid", "take the parameter out of the redirect URI",
			    "the query of %.*s holds a parameter that belongs to the response (code, state, "
			    "error, iss ...)",
			    STR_ARG(uri));
	}
	return true;
}

/* Addresses that could never be told of a logout, whatever an issuer allows. */
static bool
notices_are_sound(struct job *j, const struct client *c)
{
	static const struct outbound_rules any = { .allow_private = true, .allow_http = true };
	json_t *info = json_read(j->mem, c->info);
	struct str urls = json_member_str(info, "LOGOUT_NOTIFY_URL_LIST");

	if (json_object_get(info, "LOGOUT_NOTIFY_URL_LIST") != NULL && !str_given(urls))
		return job_refuse(j, "invalid", "write addresses separated by commas",
		    "LOGOUT_NOTIFY_URL_LIST must be text");
	while (str_given(urls)) {
		struct str url = str_trim(str_cut(&urls, ','));
		const char *wrong = url.n > 0 ? outbound_url_trouble(url, &any) : NULL;

		if (wrong != NULL)
			return job_refuse(j, "invalid", "correct the address", "LOGOUT_NOTIFY_URL_LIST: %.*s: %s",
			    STR_ARG(url), wrong);
	}
	return true;
}

/* OpenID Connect Core 8.1. */
static bool
sector_is_one(struct job *j, const struct client *c)
{
	struct client_metadata m;

	if (!metadata_read(j->mem, c->metadata, &m) || !str_is(m.subject_type, "pairwise")
	    || str_given(subject_sector(j->mem, m.sector_identifier_uri, c->redirect_uris)))
		return true;
	return job_refuse(j, "invalid", "name the address of a list of them (--sector-identifier-uri), or keep to one host",
	    "a client with pairwise subjects has redirect URIs of one host");
}

/* RFC 8705 sections 2.1.2, 2.2.2: what a certificate is compared with. */
static bool
certificate_is_named(struct job *j, const struct client *c)
{
	struct client_metadata m;
	const char *wrong = metadata_read(j->mem, c->metadata, &m) ? metadata_method_trouble(&m) : NULL;

	return wrong == NULL || job_refuse(j, "invalid", "say how its certificate is known", "%s", wrong);
}

/* What contradicts itself in a client that a person registers; an import takes what the old system had. */
static bool
is_consistent(struct job *j, const struct client *c)
{
	bool redirects = str_has_word(c->grants, S("authorization_code"), ' ')
	    || str_has_word(c->grants, S("implicit"), ' ');

	if (redirects && c->redirect_uris.n == 0)
		return job_refuse(j, "invalid",
		    "add one (--redirect-uri), or choose grants without a browser (--grant "
		    "client_credentials)",
		    "a client with the grant authorization_code or implicit needs a redirect URI");
	if (client_row_is_public(c) && str_has_word(c->grants, S("client_credentials"), ' '))
		return job_refuse(j, "invalid", "make it confidential, or leave the grant out",
		    "a public client cannot use client_credentials (RFC 6749 section 4.4)");
	if (client_row_is_public(c) && c->introspects.n > 0)
		return job_refuse(j, "invalid", "make it confidential, or leave out introspects",
		    "a public client cannot ask about tokens: anybody can call itself by its name (RFC 7662 "
		    "section 4)");
	return sector_is_one(j, c) && certificate_is_named(j, c);
}

bool
client_create(struct job *j)
{
	struct str realm, id = job_arg(j, "id"), given, shown = STR_ABSENT;
	const char *wrong = str_given(id) ? check_client_id(id) : say("is needed");
	bool public = json_is_true(json_object_get(j->ask, "public"));
	struct client c, old;
	enum store_found found;

	if (!job_realm(j, &realm))
		return false;
	if (wrong != NULL)
		return job_refuse(j, "invalid", "give another id (--id)", "the client id %s", wrong);
	if ((found = store_client(j->store, j->mem, realm, id, &old)) != NOT_FOUND)
		return found == FIND_FAILED
		    ? job_store_failed(j)
		    : job_refuse(j, "exists", "choose another id, or change this one with hufu client set",
			"there is already a client \"%.*s\"", STR_ARG(id));
	c = fresh(realm, id);
	if (!fields_read(j, j->ask, client_fields, CLIENT_KNOWN, &c, S(""))
	    || !client_secret_read(j, j->ask, &c, &given, S("")))
		return false;
	if (public && str_given(given))
		return job_refuse(j, "invalid", "leave out the secret or \"public\"", "a public client has no secret");
	c.secret = str_given(given) ? given : S("");
	if (!public && !str_given(given) && client_uses_a_secret(&c) && !secret_make(j, &c, &shown))
		return false;
	if (!is_consistent(j, &c) || !client_secret_serves(j, &c) || !schemes_have_dots(j, &c)
	    || !redirects_are_plain(j, c.redirect_uris)
	    || !notices_are_sound(j, &c) || !put(j, &c))
		return false;
	client_warnings(j, &c);
	return answer(j, &c, shown);
}

bool
client_set(struct job *j)
{
	bool public = json_is_true(json_object_get(j->ask, "public"));
	struct client c;
	struct str given;

	if (!find(j, &c) || !fields_read(j, j->ask, client_fields, CLIENT_KNOWN, &c, S(""))
	    || !client_secret_read(j, j->ask, &c, &given, S("")))
		return false;
	if (public || str_given(given)) {
		c.secret = str_given(given) ? given : S("");
		client_former_end(&c);
	}
	if (client_row_is_public(&c) && json_is_false(json_object_get(j->ask, "public")))
		return job_refuse(j, "invalid", "hufu client rotate-secret gives it one", "this client has no secret");
	if (json_object_get(j->ask, "redirect_uris") != NULL
	    && (!schemes_have_dots(j, &c) || !redirects_are_plain(j, c.redirect_uris)))
		return false;
	if (json_object_get(j->ask, "info") != NULL && !notices_are_sound(j, &c))
		return false;
	if (!is_consistent(j, &c) || !client_secret_serves(j, &c) || !put(j, &c))
		return false;
	client_warnings(j, &c);
	return answer(j, &c, STR_ABSENT);
}

bool
client_rotate(struct job *j)
{
	struct client c;
	struct str shown;

	return find(j, &c) && client_former_keep(j, &c) && secret_make(j, &c, &shown) && put(j, &c)
	    && answer(j, &c, shown);
}

bool
client_show(struct job *j)
{
	struct client c;

	return find(j, &c) && answer(j, &c, STR_ABSENT);
}

/* What it must change to be a client of a security profile. */
bool
client_check(struct job *j)
{
	struct profile_change broken[PROFILE_CHANGES_MAX];
	struct client_metadata m = { .response_types = STR_ABSENT };
	enum profile profile;
	struct client c;
	struct buf b;
	size_t n;

	if (!profile_read(job_arg(j, "profile"), &profile))
		return job_refuse(j, "invalid",
		    "take oauth-2.1, fapi-2.0-security, fapi-2.0-message-signing, fapi-1.0-advanced or ciba",
		    "there is no such profile");
	if (!find(j, &c))
		return false;
	metadata_read(j->mem, c.metadata, &m);
	n = profile_client_changes(profile, &c, &m, broken);
	answer_open(j, &b);
	jm_str(&b, S("id"), c.id);
	jm_str(&b, S("profile"), str_of(profile_names[profile].word));
	jm_bool(&b, S("fits"), n == 0);
	jw_name(&b, S("changes"));
	jw_open(&b, '[');
	for (size_t i = 0; i < n; i++) {
		jw_open(&b, '{');
		jm_str(&b, S("member"), str_of(broken[i].member));
		jm_str(&b, S("change"), str_of(broken[i].change));
		jm_str(&b, S("where"), str_of(broken[i].where));
		jw_close(&b, '}');
	}
	jw_close(&b, ']');
	return answer_close(j, &b);
}

bool
client_delete(struct job *j)
{
	struct client c;
	struct store_op ops[] = { { .kind = OP_CLIENT_STANDS, .stands = { &c, 0 } },
		{ .kind = OP_CLIENT_DELETE, .gone = { &c, j->elsewhere } } };

	return find(j, &c) && job_commit(j, ops, COUNT(ops)) && answer(j, &c, STR_ABSENT);
}

/* --- client.list ------------------------------------------------------------------------------ */

static int
clients_read(struct page *p, void *rows, int max)
{
	return store_clients(p->job->store, &p->mem, *(const struct str *)p->filter, p->after, max, rows);
}

static bool
client_wanted(const struct page *p, const void *row)
{
	const struct client *c = row;
	const struct job *j = p->job;
	struct str text = job_arg(j, "search");

	return flag_fits(j, "enabled", c->enabled) && flag_fits(j, "registered", c->lease_s != 0)
	    && flag_fits(j, "public", client_row_is_public(c))
	    && word_fits(c->grants, job_arg(j, "grant")) && word_fits(c->scopes, job_arg(j, "scope"))
	    && word_fits(c->legacy, job_arg(j, "legacy_mark")) && is_or_any(c->acts_for, job_arg(j, "acts_for"))
	    && (says(c->id, text) || says(c->name, text) || says(c->redirect_uris, text));
}

static void
client_row_put(struct page *p, const void *row)
{
	put_json(&p->out, row);
}

static struct str
client_key(struct page *p, const void *row)
{
	return arena_dup(p->job->mem, ((const struct client *)row)->id);
}

bool
client_list(struct job *j)
{
	static const struct paged clients = { "clients", sizeof(struct client), clients_read, client_wanted,
		client_row_put, client_key };
	struct str realm;

	return job_realm(j, &realm) && page_answer(j, &clients, &realm);
}

/* --- realm.load ------------------------------------------------------------------------------- */

bool
client_load(struct job *j, const json_t *obj, struct str realm, struct client *out, struct client *old,
    struct str place)
{
	struct str id = json_member_str(obj, "id"), secret;
	const char *wrong = str_given(id) ? check_client_id(id) : say("is needed");
	enum store_found found;

	*old = (struct client){ .version = 0 };
	if (wrong != NULL)
		return job_refuse(j, "invalid", "correct the file", "%.*sthe client id %s", STR_ARG(place), wrong);
	*out = fresh(realm, id);
	if (!fields_read(j, obj, client_fields, CLIENT_KNOWN, out, place)
	    || !client_secret_read(j, obj, out, &secret, place))
		return false;
	out->secret = str_given(secret) ? secret : S("");
	if (!client_secret_serves(j, out))
		return false;
	found = store_client(j->store, j->mem, realm, id, old);
	if (found == FOUND) {
		out->created_s = old->created_s;
		out->lease_s = old->lease_s;
		out->version = old->version;
		if (str_eq(out->secret, old->secret)) {
			out->former_secret = old->former_secret;
			out->former_until_s = old->former_until_s;
		}
	}
	return found != FIND_FAILED || job_store_failed(j);
}
