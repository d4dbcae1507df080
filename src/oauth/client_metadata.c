/* oauth/client_metadata.c - the members of a client's registration: judged, written for the store, read again. */
#include "oauth/client_metadata.h"
#include "jose/certificate.h"
#include "jose/jwe.h"
#include "oauth/issuer.h"
#include "oauth/lists.h"

/* --- what a text may be ----------------------------------------------------------------------- */

static const char *
is_text(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return say("must not contain control characters");
	return str_utf8(s) ? NULL : say("must be UTF-8");
}

/* "zh-TW=商店": RFC 7591 section 2.2, as the store keeps it. */
static const char *
is_name_in(struct str s)
{
	struct str name = s, tag = str_cut(&name, '=');

	if (!str_is_visible(tag) || tag.n > 35 || str_empty(name) || name.n > 256)
		return say("must be a language tag, '=' and a name of at most 256 bytes, such as zh-TW=商店");
	return is_text(name);
}

static const char *
is_word(struct str s)
{
	return str_is_visible(s) ? NULL : say("must be words of visible ASCII characters");
}

/* A page or an endpoint of the application, on the web. */
static const char *
is_web_uri(struct str s)
{
	struct url u;

	if (!str_is_visible(s) || url_read(s, &u) != NULL || !u.web)
		return say("must be an address that begins with https:// or http://, without user or password");
	return str_given(u.fragment) ? say("must not have a fragment ('#')") : NULL;
}

/* A fragment tells one version of a document from another: Dynamic Client Registration 1.0 section 2, request_uris. */
static const char *
is_document_uri(struct str s)
{
	struct url u;

	return str_is_visible(s) && url_read(s, &u) == NULL && u.web
	    ? NULL
	    : say("must be an address that begins with https:// or http://, without user or password");
}

static const char *
is_https_uri(struct str s)
{
	const char *wrong = is_web_uri(s);

	return wrong != NULL || str_starts(s, S("https://")) ? wrong : say("must begin with https://");
}

/* On the web, or of an application that a scheme of its own opens. */
static const char *
is_application_uri(struct str s)
{
	struct url u;

	if (!str_is_visible(s) || url_read(s, &u) != NULL)
		return say("must be an absolute URI such as https://app.example/callback");
	if (!u.web && !url_scheme_is_private(u.scheme))
		return say("must be https, http, or a private-use scheme: this one runs code or has another meaning");
	return str_given(u.fragment) ? say("must not have a fragment ('#')") : NULL;
}

/* Some of the words code, id_token and token, or none alone. OAuth 2.0 Multiple Response Type Encoding Practices. */
static const char *
is_response_type(struct str s)
{
	struct str rest = s;
	bool known = s.n > 0;

	while (known && str_given(rest)) {
		struct str word = str_cut(&rest, ' ');

		known = str_is(word, "code") || str_is(word, "id_token") || str_is(word, "token")
		    || (str_is(word, "none") && word.n == s.n);
	}
	return known ? NULL : say("must be made of code, id_token and token, or be none");
}

static const char *
is_auth_method(struct str s)
{
	for (int m = 0; m < METHOD_COUNT; m++)
		if (str_is(s, method_rows[m].name))
			return NULL;
	return say("must be a way that is known, such as client_secret_basic, client_secret_post or none");
}

static const char *
is_subject_dn(struct str s)
{
	return subject_trouble(SUBJECT_DN, s);
}

static const char *
is_san_dns(struct str s)
{
	return subject_trouble(SAN_DNS, s);
}

static const char *
is_san_uri(struct str s)
{
	return subject_trouble(SAN_URI, s);
}

static const char *
is_san_ip(struct str s)
{
	return subject_trouble(SAN_IP, s);
}

static const char *
is_san_email(struct str s)
{
	return subject_trouble(SAN_EMAIL, s);
}

static const char *
is_application_type(struct str s)
{
	return str_is(s, "web") || str_is(s, "native") ? NULL : say("must be web or native");
}

static const char *
is_subject_type(struct str s)
{
	return str_is(s, "public") || str_is(s, "pairwise") ? NULL : say("must be public or pairwise");
}

static const char *
is_signing_alg(struct str s)
{
	enum jose_alg alg;

	return alg_read(s, &alg) ? NULL : say("must be a signing algorithm such as RS256, PS256, ES256 or EdDSA");
}

static const char *
is_assertion_alg(struct str s)
{
	enum jose_hmac alg;

	return hmac_read(s, &alg) ? NULL : is_signing_alg(s);
}

const char *
signing_alg_trouble(struct str s)
{
	return is_signing_alg(s);
}

static const char *
is_request_alg(struct str s)
{
	return str_is(s, "none") ? NULL : is_signing_alg(s);
}

static const char *
is_encryption_alg(struct str s)
{
	enum jwe_alg alg;

	return jwe_alg_read(s, &alg) ? NULL : say("must be RSA-OAEP, RSA-OAEP-256, ECDH-ES, ECDH-ES+A128KW or ECDH-ES+A256KW");
}

static const char *
is_content_encryption(struct str s)
{
	enum jwe_enc enc;

	return jwe_enc_read(s, &enc) ? NULL : say("must be A128CBC-HS256, A256CBC-HS512, A128GCM or A256GCM");
}

static const char *
is_delivery_mode(struct str s)
{
	return str_is(s, "poll") || str_is(s, "ping") ? NULL : say("must be poll or ping");
}

static const char *
is_pkce(struct str s)
{
	return str_is(s, "required") || str_is(s, "nonce") || str_is(s, "when_sent")
	    ? NULL
	    : say("must be required, nonce or when_sent");
}

/* What stands before the star must say whose the subject is. */
static const char *
is_federated_subject(struct str s)
{
	ptrdiff_t star = str_index(s, '*');

	if (!str_is_visible(s))
		return say("must be words of visible ASCII characters");
	if (star < 0)
		return NULL;
	if (star < 8 || str_index(str_from(s, (size_t)star + 1), '*') >= 0)
		return say("must have one * at most, after 8 characters or more");
	return NULL;
}

static const char *
is_exchange_mode(struct str s)
{
	return str_is(s, "delegation") || str_is(s, "impersonation")
	    ? NULL : say("must be delegation or impersonation");
}

static const char *
is_exchange_type(struct str s)
{
	return str_is(s, "access_token") || str_is(s, "jwt") || str_is(s, "refresh_token") || str_is(s, "id_token")
	    ? NULL
	    : say("must be access_token, jwt, refresh_token or id_token");
}

/* An issuer and words behind it, one blank between two. */
static const char *
is_id_jag_audience(struct str s)
{
	struct str rest = s, issuer = str_cut(&rest, ' ');
	struct url u;

	if (url_read(issuer, &u) != NULL || !str_is_visible(issuer))
		return say("must begin with an issuer, such as https://login.partner.example");
	while (str_given(rest)) {
		struct str word = str_cut(&rest, ' ');

		if (word.n == 0 || !str_is_visible(word))
			return say("must be words of visible ASCII characters with one blank between them");
	}
	return NULL;
}

/* Only public keys have a place in a registration. RFC 7517 sections 5, 9.1. */
static const char *
is_jwks(struct str s)
{
	const char *wrong = NULL;
	struct arena mem;
	struct jwks set;

	arena_init(&mem, 1u << 20);
	(void)jwks_read(&mem, NULL, s, &set, &wrong);
	arena_free(&mem);
	return wrong;
}

/* --- rows ------------------------------------------------------------------------------------- */

const struct metadata_row metadata_rows[] = {
#define METADATA(kind, member, check, option, heading, heading_zh, help, help_zh) \
	{ #member, MD_##kind, offsetof(struct client_metadata, member), check },
#include "oauth/metadata.def"
	{ .member = NULL },
};

const struct metadata_row *
metadata_row(struct str member)
{
	for (const struct metadata_row *r = metadata_rows; r->member != NULL; r++)
		if (str_is(member, r->member))
			return r;
	return NULL;
}

bool
metadata_is_of_operators(const struct metadata_row *row)
{
	struct str member = str_of(row->member);

	return str_is(member, "pkce") || str_is(member, "first_party") || str_is(member, "id_jag_audiences")
	    || str_starts(member, S("token_exchange_"))
	    || str_starts(member, S("federated_"));
}

/* --- one member ------------------------------------------------------------------------------- */

static const char *
text_take(const struct metadata_row *row, struct str text, struct str *out)
{
	const char *wrong = text.n > METADATA_TEXT_MAX ? say("must have at most 2000 bytes")
	    : text.n > 0                               ? row->check(text)
						       : NULL;

	if (wrong == NULL)
		*out = text;
	return wrong;
}

static const char *
list_take(struct arena *mem, const struct metadata_row *row, const json_t *v, char sep, struct str *out)
{
	const json_t *one;
	struct buf b;
	size_t i;

	buf_init(&b, mem, CLIENT_METADATA_MAX);
	json_array_foreach(v, i, one) {
		struct str text;
		const char *wrong = !json_is_string(one) || json_string_length(one) == 0
		    ? say("must be a list of texts")
		    : text_take(row, json_text(one), &text);

		if (wrong != NULL)
			return wrong;
		if (str_has_word(buf_str(&b), text, sep))
			continue;
		if (b.n > 0)
			buf_putc(&b, sep);
		buf_put(&b, text);
	}
	if (!json_is_array(v))
		return say("must be a list of texts");
	if (b.full)
		return say("is too long");
	*out = buf_str(&b);
	return NULL;
}

static const char *
object_take(struct arena *mem, const struct metadata_row *row, const json_t *v, struct str *out)
{
	char *dumped = json_is_object(v) ? json_dumps(v, JSON_COMPACT) : NULL;
	struct str text = dumped != NULL ? arena_dup(mem, str_of(dumped)) : STR_ABSENT;
	const char *wrong = dumped == NULL || !str_given(text) ? say("must be a JSON object") : row->check(text);

	free(dumped);
	if (wrong == NULL)
		*out = text;
	return wrong;
}

static const char *
seconds_take(struct arena *mem, const json_t *v, struct str *out)
{
	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return say("must be a whole number that is not negative");
	*out = arena_printf(mem, "%lld", (long long)json_integer_value(v));
	return NULL;
}

const char *
metadata_put(struct arena *mem, struct client_metadata *m, const struct metadata_row *row, const json_t *v)
{
	void *at = (char *)m + row->at;

	if (json_is_null(v)) {
		if (row->kind == MD_BOOL)
			*(bool *)at = false;
		else
			*(struct str *)at = STR_ABSENT;
		return NULL;
	}
	switch (row->kind) {
	case MD_TEXT: return json_is_string(v) ? text_take(row, json_text(v), at) : say("must be text");
	case MD_WORDS: return list_take(mem, row, v, ' ', at);
	case MD_LINES: return list_take(mem, row, v, '\n', at);
	case MD_SECONDS: return seconds_take(mem, v, at);
	case MD_JWKS: return object_take(mem, row, v, at);
	case MD_BOOL:
		if (!json_is_boolean(v))
			return say("must be true or false");
		*(bool *)at = json_is_true(v);
		return NULL;
	}
	return NULL;
}

/* --- the object ------------------------------------------------------------------------------- */

static bool
member_write(struct buf *b, const struct metadata_row *row, const void *at)
{
	struct str name = str_of(row->member), text = row->kind == MD_BOOL ? S("") : *(const struct str *)at;

	if (row->kind == MD_BOOL ? !*(const bool *)at : text.n == 0)
		return false;
	switch (row->kind) {
	case MD_TEXT: jm_str(b, name, text); break;
	case MD_WORDS: jm_words(b, name, text, ' '); break;
	case MD_LINES: jm_words(b, name, text, '\n'); break;
	case MD_SECONDS: case MD_JWKS: jm_raw(b, name, text); break;
	case MD_BOOL: jm_bool(b, name, true); break;
	}
	return true;
}

struct str
metadata_text(struct arena *mem, const struct client_metadata *m)
{
	bool any = false;
	struct buf b;

	buf_init(&b, mem, CLIENT_METADATA_MAX);
	jw_open(&b, '{');
	for (const struct metadata_row *r = metadata_rows; r->member != NULL; r++)
		any |= member_write(&b, r, (const char *)m + r->at);
	jw_close(&b, '}');
	return b.full ? STR_ABSENT : any ? buf_str(&b) : S("");
}

bool
metadata_read(struct arena *mem, struct str text, struct client_metadata *m)
{
	const json_t *object, *v;
	const char *name;

	*m = (struct client_metadata){ .response_types = STR_ABSENT };
	if (str_empty(text))
		return true;
	object = json_read_upto(mem, text, CLIENT_METADATA_MAX);
	if (!json_is_object(object))
		return false;
	json_object_foreach((json_t *)(uintptr_t)object, name, v) {
		const struct metadata_row *row = metadata_row(str_of(name));

		if (row != NULL)
			(void)metadata_put(mem, m, row, v);
	}
	return !mem->full;
}

const struct client_metadata *
metadata_keep(struct arena *mem, struct str text)
{
	struct client_metadata read, *kept = NULL;
	struct arena scratch;

	if (str_empty(text))
		return NULL;
	arena_init(&scratch, 1u << 20);
	if (metadata_read(&scratch, text, &read) && (kept = arena_new(mem, struct client_metadata)) != NULL) {
		*kept = read;
		for (const struct metadata_row *r = metadata_rows; r->member != NULL; r++) {
			struct str *at = (struct str *)(void *)((char *)kept + r->at);

			if (r->kind != MD_BOOL && str_given(*at))
				*at = arena_dup(mem, *at);
		}
	}
	arena_free(&scratch);
	return kept;
}

const struct client_metadata *
client_metadata(const struct client *k)
{
	static const struct client_metadata none;

	return k->registered != NULL ? k->registered : &none;
}

bool
client_is_public(const struct client *k)
{
	const struct client_metadata *m = client_metadata(k);

	return (str_empty(k->secret) || str_is(k->secret, "{noop}"))
	    && !method_needs_no_secret(m->token_endpoint_auth_method) && str_empty(m->federated_issuer);
}

struct str
metadata_subject(const struct client_metadata *m, enum subject *kind)
{
	const struct str all[SUBJECT_COUNT] = {
		[SUBJECT_DN] = m->tls_client_auth_subject_dn, [SAN_DNS] = m->tls_client_auth_san_dns,
		[SAN_URI] = m->tls_client_auth_san_uri, [SAN_IP] = m->tls_client_auth_san_ip,
		[SAN_EMAIL] = m->tls_client_auth_san_email,
	};
	struct str found = STR_ABSENT;

	for (int i = 0; i < SUBJECT_COUNT; i++) {
		if (str_empty(all[i]))
			continue;
		if (str_given(found))
			return STR_ABSENT;
		found = all[i];
		*kind = (enum subject)i;
	}
	return found;
}

bool
method_is_by_certificate(struct str name)
{
	return str_is(name, method_rows[METHOD_TLS].name) || str_is(name, method_rows[METHOD_SELF_SIGNED].name);
}

const char *
metadata_method_trouble(const struct client_metadata *m)
{
	enum subject kind;

	if (str_is(m->token_endpoint_auth_method, method_rows[METHOD_TLS].name)
	    && !str_given(metadata_subject(m, &kind)))
		return say("tls_client_auth needs exactly one of tls_client_auth_subject_dn, tls_client_auth_san_dns, "
			   "tls_client_auth_san_uri, tls_client_auth_san_ip and tls_client_auth_san_email");
	if (str_is(m->token_endpoint_auth_method, method_rows[METHOD_SELF_SIGNED].name) && str_empty(m->jwks)
	    && str_empty(m->jwks_uri))
		return say("self_signed_tls_client_auth needs jwks or jwks_uri");
	return NULL;
}

bool
method_is_possible(const struct issuer *i, enum method method)
{
	switch (method) {
	case METHOD_TLS: return i->takes_certs && i->client_cas != NULL;
	case METHOD_SELF_SIGNED: return i->takes_certs;
	default: return true;
	}
}

bool
method_needs_no_secret(struct str name)
{
	return str_is(name, method_rows[METHOD_JWT].name) || method_is_by_certificate(name);
}
