/* jose/certificate.c - a certificate that a client has shown: whose it is, who vouches for it. RFC 5280, RFC 8705. */
#include "jose/certificate_int.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#define LEVEL 2                 /* of libcrypto: keys and digests of 112 bits, so neither RSA of 1024 bits nor SHA-1 */

static void
x509_release(void *x)
{
	X509_free(x);
}

bool
certificate_read(struct arena *mem, struct str der, struct certificate *out)
{
	const uint8_t *p = (const uint8_t *)der.p;
	X509 *x = der.n > 0 && der.n <= CERTIFICATE_MAX ? d2i_X509(NULL, &p, (long)der.n) : NULL;

	if (x == NULL || p != (const uint8_t *)der.p + der.n) {
		ERR_clear_error();
		X509_free(x);
		return false;
	}
	*out = (struct certificate){ der, x };
	return arena_defer(mem, x509_release, x);
}

bool
certificate_is_current(const struct certificate *c, int64_t now_s)
{
	time_t now = (time_t)now_s;

	/* 0: a time that cannot be read */
	return X509_cmp_time(X509_get0_notBefore(c->x509), &now) < 0
	    && X509_cmp_time(X509_get0_notAfter(c->x509), &now) > 0;
}

/* --- whose it is ------------------------------------------------------------------------------ */

/* 4 or 16 bytes; 0: no address. */
static size_t
ip_bytes(struct str text, uint8_t out[16])
{
	char z[INET6_ADDRSTRLEN];

	if (text.n == 0 || text.n >= sizeof z)
		return 0;
	memcpy(z, text.p, text.n);
	z[text.n] = '\0';
	if (memchr(z, '\0', text.n) != NULL)
		return 0;
	return inet_pton(AF_INET, z, out) == 1 ? 4 : inet_pton(AF_INET6, z, out) == 1 ? 16 : 0;
}

static struct str
ia5(const ASN1_STRING *s)
{
	return str_span(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

/* RFC 5280 section 7.5: the host has no case. */
static bool
email_is(struct str a, struct str b)
{
	ptrdiff_t at = str_rindex(a, '@'), other = str_rindex(b, '@');

	return at > 0 && at == other && str_eq(str_sub(a, 0, (size_t)at), str_sub(b, 0, (size_t)at))
	    && str_eq_nocase(str_from(a, (size_t)at), str_from(b, (size_t)at));
}

static bool
name_is(const GENERAL_NAME *name, enum subject kind, struct str text)
{
	uint8_t ip[16];

	switch (kind) {
	case SAN_DNS: return name->type == GEN_DNS && str_eq_nocase(ia5(name->d.dNSName), text);
	case SAN_URI: return name->type == GEN_URI && str_eq(ia5(name->d.uniformResourceIdentifier), text);
	case SAN_EMAIL: return name->type == GEN_EMAIL && email_is(ia5(name->d.rfc822Name), text);
	case SAN_IP:
		return name->type == GEN_IPADD && ip_bytes(text, ip) > 0
		    && str_eq(ia5(name->d.iPAddress), str_span(ip, ip_bytes(text, ip)));
	case SUBJECT_DN:
	case SUBJECT_COUNT: break;
	}
	return false;
}

static bool
has_alternative_name(const struct certificate *c, enum subject kind, struct str text)
{
	GENERAL_NAMES *all = X509_get_ext_d2i(c->x509, NID_subject_alt_name, NULL, NULL);
	bool found = false;

	for (int i = 0; all != NULL && !found && i < sk_GENERAL_NAME_num(all); i++)
		found = name_is(sk_GENERAL_NAME_value(all, i), kind, text);
	GENERAL_NAMES_free(all);
	ERR_clear_error();
	return found;
}

bool
certificate_is_for(const struct certificate *c, enum subject kind, struct str text)
{
	X509_NAME *name;
	bool same;

	if (text.n == 0)
		return false;
	if (kind != SUBJECT_DN)
		return has_alternative_name(c, kind, text);
	name = distinguished_name(text);
	same = name != NULL && X509_NAME_cmp(name, X509_get_subject_name(c->x509)) == 0;
	X509_NAME_free(name);
	return same;
}

static bool
is_distinguished_name(struct str text)
{
	X509_NAME *name = distinguished_name(text);

	X509_NAME_free(name);
	return name != NULL;
}

const char *
subject_trouble(enum subject kind, struct str text)
{
	uint8_t ip[16];

	switch (kind) {
	case SUBJECT_DN:
		return is_distinguished_name(text)
		    ? NULL
		    : say("must be a distinguished name such as CN=client,O=Example,C=CN (RFC 4514)");
	case SAN_IP: return ip_bytes(text, ip) > 0 ? NULL : say("must be an IPv4 or IPv6 address");
	case SAN_EMAIL:
		return str_is_visible(text) && str_index(text, '@') > 0 ? NULL : say("must be an e-mail address");
	case SAN_DNS:
	case SAN_URI: return str_is_visible(text) ? NULL : say("must be words of visible ASCII characters");
	case SUBJECT_COUNT: break;
	}
	return NULL;
}

/* --- who vouches for it ----------------------------------------------------------------------- */

void
authorities_free(void *p)
{
	struct authorities *t = p;

	if (t == NULL)
		return;
	X509_STORE_free(t->store);
	sk_X509_CRL_pop_free(t->lists, X509_CRL_free);
	free(t);
}

/* All certificates of the text; anything else in it is left out. How many, -1: memory. */
static int
anchors_add(X509_STORE *store, BIO *text)
{
	int n = 0;

	for (X509 *x; (x = PEM_read_bio_X509(text, NULL, NULL, NULL)) != NULL; n++) {
		int ok = X509_STORE_add_cert(store, x);

		X509_free(x);
		if (ok != 1)
			return -1;
	}
	return n;
}

struct authorities *
authorities_load(struct str pem, const char **why)
{
	BIO *text = pem.n <= INT32_MAX ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
	struct authorities *t = calloc(1, sizeof *t);
	int n = -1;
	bool ended;

	if (t != NULL && text != NULL && (t->store = X509_STORE_new()) != NULL)
		n = anchors_add(t->store, text);
	ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
	ERR_clear_error();
	BIO_free(text);
	if (n > 0 && ended)
		return t;
	*why = n == 0 ? say("holds no certificate in PEM") : n < 0 ? say("memory is exhausted")
							     : say("holds a certificate that cannot be read");
	authorities_free(t);
	return NULL;
}

/* The certificates that came beside it; what is none of them is left out. */
static STACK_OF(X509) *
others_of(struct arena *mem, const struct str *chain, size_t n)
{
	STACK_OF(X509) *all = sk_X509_new_null();
	struct certificate one;

	for (size_t i = 0; all != NULL && i < n; i++)
		if (certificate_read(mem, chain[i], &one))
			sk_X509_push(all, one.x509);
	return all;
}

bool
certificate_is_trusted(const struct authorities *t, const struct certificate *c, const struct str *chain, size_t n,
    int64_t now_s, const char **why)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *others;
	struct arena mem;
	bool ok = false;

	*why = say("memory is exhausted");
	arena_init(&mem, 1 << 16);
	others = others_of(&mem, chain, n);
	if (ctx != NULL && others != NULL && X509_STORE_CTX_init(ctx, t->store, c->x509, others) == 1
	    && X509_STORE_CTX_set_default(ctx, "ssl_client") == 1) {
		X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

		X509_VERIFY_PARAM_set_time(param, (time_t)now_s);
		X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
		X509_VERIFY_PARAM_set_auth_level(param, LEVEL);
		revocation_ask(t, ctx);
		ok = X509_verify_cert(ctx) == 1;
		*why = ok ? NULL : X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx));
	}
	X509_STORE_CTX_free(ctx);
	sk_X509_free(others);
	arena_free(&mem);
	ERR_clear_error();
	return ok;
}

/* --- among keys ------------------------------------------------------------------------------- */

bool
jwks_has_certificate(struct arena *mem, const struct jwks *set, const struct certificate *c)
{
	EVP_PKEY *own = X509_get0_pubkey(c->x509);
	struct str der;

	for (size_t i = 0; own != NULL && i < set->n; i++) {
		const struct jwk *k = &set->at[i];

		if (str_given(k->x5c) ? b64_decode(mem, k->x5c, &der) && str_eq(der, c->der)
				      : EVP_PKEY_eq(own, k->pkey) == 1)
			return true;
	}
	ERR_clear_error();
	return false;
}
