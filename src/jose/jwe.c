/* jose/jwe.c - a JWE in its compact form, written and read. RFC 7516 sections 3.1, 4.1, 5.1, 5.2 and 7.1. */
#include "jose/jose_int.h"

#include <openssl/err.h>
#include <openssl/x509.h>

/* --- written ------------------------------------------------------------------------------------- */

static struct str
header_write(struct arena *mem, const struct jwk *to, const struct jwe_form *form, const EVP_PKEY *ephemeral)
{
	struct buf b, epk;

	buf_init(&b, mem, JWE_HEADER_MAX);
	buf_init(&epk, mem, JWE_HEADER_MAX);
	jw_open(&b, '{');
	jm_str(&b, S("alg"), str_of(jwe_alg_name(form->alg)));
	jm_str(&b, S("enc"), str_of(jwe_enc_name(form->enc)));
	jm_str(&b, S("kid"), to->kid);
	jm_str(&b, S("typ"), form->typ);
	jm_str(&b, S("cty"), form->cty);
	jm_str(&b, S("iss"), form->iss);
	if (ephemeral != NULL) {
		if (!jwk_put_ephemeral(&epk, to->kind, ephemeral))
			return STR_ABSENT;
		jm_raw(&b, S("epk"), buf_str(&epk));
	}
	jw_close(&b, '}');
	return b.full ? STR_ABSENT : buf_str(&b);
}

static struct str
compact(struct arena *mem, struct str aad, struct str sealed, const struct jwe_content *c)
{
	return ARENA_CAT(mem, aad, S("."), b64url_encode(mem, sealed), S("."), b64url_encode(mem, c->iv), S("."),
	    b64url_encode(mem, c->text), S("."), b64url_encode(mem, c->tag));
}

bool
jwe_encrypt(struct arena *mem, const struct jwk *to, const struct jwe_form *form, struct str plain, struct str *out)
{
	struct jwe_keys k = { .alg = form->alg, .enc = form->enc };
	EVP_PKEY *ephemeral = NULL;
	struct jwe_content c;
	struct str header, token = STR_ABSENT;

	if (plain.n > JWE_PLAIN_MAX)
		return false;
	if (jwe_keys_make(mem, &k, to->pkey, to->kind, &ephemeral)
	    && str_given(header = header_write(mem, to, form, ephemeral))) {
		c = (struct jwe_content){ .aad = b64url_encode(mem, header) };
		if (str_given(c.aad) && content_seal(mem, form->enc, k.cek, plain, &c))
			token = compact(mem, c.aad, k.sealed, &c);
	}
	explicit_bzero(k.cek, sizeof k.cek);
	EVP_PKEY_free(ephemeral);
	if (!str_given(token) || mem->full || token.n > JWE_MAX)
		return false;
	*out = token;
	return true;
}

/* --- read ------------------------------------------------------------------------------------------ */

struct parts { struct str header, sealed; struct jwe_content content; };

static bool
token_split(struct arena *mem, struct str token, struct parts *p)
{
	struct str at[5], rest = token;

	if (token.n > JWE_MAX)
		return false;
	for (size_t i = 0; i < COUNT(at); i++) {
		if (!str_given(rest))
			return false;
		at[i] = str_cut(&rest, '.');
	}
	if (str_given(rest))            /* a sixth part */
		return false;
	p->content.aad = at[0];
	return at[0].n <= B64URL_SIZE(JWE_HEADER_MAX) && b64url_decode(mem, at[0], &p->header)
	    && b64url_decode(mem, at[1], &p->sealed) && b64url_decode(mem, at[2], &p->content.iv)
	    && b64url_decode(mem, at[3], &p->content.text) && b64url_decode(mem, at[4], &p->content.tag);
}

/* A member that is there must be a text. */
static bool
text_or_nothing(const json_t *header, const char *name, struct str *out)
{
	*out = json_member_str(header, name);
	return str_given(*out) || json_object_get(header, name) == NULL;
}

/* RFC 7518 sections 4.6.1.2 and 4.6.1.3: any bytes. */
static bool
party_read(struct arena *mem, const json_t *header, const char *name, struct str *out)
{
	struct str text;

	*out = STR_ABSENT;
	return text_or_nothing(header, name, &text) && (!str_given(text) || b64url_decode(mem, text, out));
}

static void
peer_release(void *pkey)
{
	EVP_PKEY_free(pkey);
}

struct opening { struct jwe_keys keys; struct str kid; EVP_PKEY *peer; enum key_kind peer_kind; };

/* The sender's key of an agreement: a curve's, with nothing private in it. */
static bool
peer_read(struct arena *mem, const json_t *header, struct opening *o)
{
	const char *why;

	if (jwe_alg_rows[o->keys.alg].rsa)
		return true;
	o->peer = jwk_read(mem, NULL, json_object_get(header, "epk"), &o->peer_kind, &why);
	return o->peer != NULL && arena_defer(mem, peer_release, o->peer)
	    && party_read(mem, header, "apu", &o->keys.apu) && party_read(mem, header, "apv", &o->keys.apv);
}

/* RFC 7516 sections 4.1.3 and 4.1.13: nothing critical and no compression is understood here. */
static bool
header_read(struct arena *mem, struct str text, struct opening *o, struct jwe *out)
{
	const json_t *h = text.n <= JWE_HEADER_MAX ? json_read(mem, text) : NULL;

	if (!json_is_object(h) || json_object_get(h, "crit") != NULL || json_object_get(h, "zip") != NULL
	    || !jwe_alg_read(json_member_str(h, "alg"), &out->alg) || !jwe_enc_read(json_member_str(h, "enc"), &out->enc)
	    || !text_or_nothing(h, "kid", &o->kid) || !text_or_nothing(h, "typ", &out->typ)
	    || !text_or_nothing(h, "cty", &out->cty))
		return false;
	o->keys.alg = out->alg;
	o->keys.enc = out->enc;
	return peer_read(mem, h, o);
}

static bool
key_is_meant(const struct jwe_key *key, const struct opening *o)
{
	return (!str_given(o->kid) || str_is(o->kid, key->kid)) && (o->peer == NULL || o->peer_kind == key->kind);
}

bool
jwe_decrypt(struct arena *mem, const struct jwe_key *const *keys, size_t n, struct str token, struct jwe *out)
{
	struct opening o = { 0 };
	struct parts p;
	struct jwe t = { 0 };
	bool opened = false;

	if (!token_split(mem, token, &p) || !header_read(mem, p.header, &o, &t))
		return false;
	o.keys.sealed = p.sealed;
	for (size_t i = 0; i < n && !opened; i++) {
		t.key = keys[i];
		opened = key_is_meant(t.key, &o) && jwe_keys_open(&o.keys, t.key->pkey, t.key->kind, o.peer)
		    && content_open(mem, t.enc, o.keys.cek, &p.content, &t.plain);
	}
	explicit_bzero(o.keys.cek, sizeof o.keys.cek);
	if (opened)
		*out = t;
	return opened;
}

/* --- keys of our own ------------------------------------------------------------------------------ */

/* Takes pkey over, also when it fails. */
static struct jwe_key *
key_from(EVP_PKEY *pkey)
{
	struct jwe_key *key = calloc(1, sizeof *key);

	if (key == NULL || pkey == NULL) {
		EVP_PKEY_free(pkey);
		free(key);
		ERR_clear_error();
		return NULL;
	}
	key->pkey = pkey;
	while (key->kind < KIND_ED25519 && !kind_fits(key->kind, pkey))
		key->kind++;
	if (key->kind < KIND_ED25519 && jwk_of(key->kind, pkey, "enc", NULL, key->kid, &key->jwk, &key->jwk_n))
		return key;
	ERR_clear_error();
	jwe_key_free(key);
	return NULL;
}

struct jwe_key *
jwe_key_generate(enum key_kind kind)
{
	return key_from(kind_generate(kind));
}

struct jwe_key *
jwe_key_from_der(struct str der)
{
	return key_from(pkey_from_der(der));
}

struct str
jwe_key_private_der(struct arena *mem, const struct jwe_key *key)
{
	return pkey_private_der(mem, key->pkey);
}

void
jwe_key_free(struct jwe_key *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_free(key->pkey);
	free(key->jwk);
	free(key);
}

void
jwe_key_put_jwk(struct buf *b, const struct jwe_key *key)
{
	jw_item(b, str_span(key->jwk, key->jwk_n));
}
