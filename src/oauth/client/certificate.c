/*
 * oauth/client/certificate.c - a client that authenticates by the certificate it has shown in the TLS handshake. RFC
 * 8705 section 2. It holds the private key; whose certificate that is, is asked here.
 */
#include "oauth/client/client.h"
#include "oauth/client_metadata.h"
#include "jose/certificate.h"

/*
 * RFC 8705 section 2: client_id comes with it. A certificate alone is no evidence of this kind, for a client that
 * proves itself otherwise shows one too when its tokens are bound to it (section 3).
 */
static const struct client *
client_by(const struct call *c, enum method method)
{
	const struct client *k = str_empty(c->arg[P_CLIENT_ID]) ? NULL : client_find(c, c->arg[P_CLIENT_ID]);

	return k != NULL && str_is(client_metadata(k)->token_endpoint_auth_method, method_rows[method].name) ? k : NULL;
}

static bool
is_sent(const struct call *c, enum method method)
{
	return str_given(c->evidence.cert.der) && client_by(c, method) != NULL;
}

bool
tls_is_sent(const struct call *c)
{
	return is_sent(c, METHOD_TLS);
}

bool
self_signed_is_sent(const struct call *c)
{
	return is_sent(c, METHOD_SELF_SIGNED);
}

bool
keys_need_document(const struct call *c)
{
	return assertion_needs_document(c)
	    || (self_signed_is_sent(c) && client_keys_are_elsewhere(client_by(c, METHOD_SELF_SIGNED)));
}

static bool
refuse(struct call *c, struct str why)
{
	return fail(c, R_CLIENT_CERTIFICATE, why);
}

static bool
is_sound(struct call *c, struct certificate *cert)
{
	if (!certificate_read(c->mem, c->evidence.cert.der, cert))
		return refuse(c, SAY("it is no X.509 certificate"));
	return certificate_is_current(cert, c->now_s) || refuse(c, SAY("its dates do not hold now"));
}

static bool
is_enabled(struct call *c, const struct client *k)
{
	if (!k->enabled)
		return fail(c, R_CLIENT_DISABLED, k->id);
	c->client = k;
	return true;
}

/* Section 2.1: an authority vouches for it, and it is for the one subject that the client registered. */
bool
tls_holds(struct call *c)
{
	const struct client_evidence *e = &c->evidence;
	const struct client *k = client_by(c, METHOD_TLS);
	struct certificate cert;
	enum subject kind;
	struct str subject = metadata_subject(client_metadata(k), &kind);
	const char *why;

	if (c->issuer->client_cas == NULL)
		return refuse(c, SAY("the issuer names no authority (client_ca_file)"));
	if (!is_sound(c, &cert))
		return false;
	if (!certificate_is_trusted(c->issuer->client_cas, &cert, e->cert.chain, e->cert.n_chain, c->now_s, &why))
		return refuse(c, arena_say(c->mem, "no authority of client_ca_file vouches for it: %s", why));
	if (!str_given(subject))
		return refuse(c, SAY("the client has registered no subject, or more than one"));
	if (!certificate_is_for(&cert, kind, subject))
		return refuse(c, SAY("its subject is not the client's"));
	return is_enabled(c, k);
}

/* Section 2.2: nobody has to vouch for it, and it is one that the client registered. */
bool
self_signed_holds(struct call *c)
{
	const struct client *k = client_by(c, METHOD_SELF_SIGNED);
	struct certificate cert;
	struct str why;

	if (!is_sound(c, &cert))
		return false;
	return client_has_certificate(c, k, &cert, &why) ? is_enabled(c, k) : refuse(c, why);
}
