/*
 * import/keyfile_shape.c - a file that is no key file: what it is, and what to do about it. RFC
 * 7468, RFC 7517, RFC 7518 3.2.
 */
#include <ctype.h>

#include "import/keyfile.h"

#define SECRET_MAX   1024       /* a longer text is something else */
#define PEM_LINE_MAX 76         /* RFC 7468 writes 64; some tools write 76 */

static bool
is_text(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] < 0x20 && s.p[i] != '\n' && s.p[i] != '\r' && s.p[i] != '\t')
		    || s.p[i] == 0x7f)
			return false;
	return s.n > 0;
}

static bool
is_base64(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!isalnum((unsigned char)s.p[i]) && strchr("+/=\r\n", s.p[i]) == NULL)
			return false;
	return true;
}

static bool
has_long_line(struct str s)
{
	while (str_given(s))
		if (str_trim(str_cut(&s, '\n')).n > PEM_LINE_MAX)
			return true;
	return false;
}

static const char *
pem_shape(struct str s)
{
	if (str_contains(s, S("PUBLIC KEY-----")) || str_contains(s, S("BEGIN CERTIFICATE-----")))
		return str_contains(s, S("PRIVATE KEY-----"))
		    ? NULL
		    : say("this is a public key or a certificate: give the private key, which signs");
	if (!has_long_line(s))
		return NULL;
	return say(
	    "the PEM stands on one line: break it behind -----BEGIN ...-----, before -----END ...----- and "
	    "after every 64 characters between them "
	    "(\\n that is written out becomes a line break: sed 's/\\\\n/\\n/g'), then import it again");
}

/* "MII": a DER sequence of more than 255 bytes, as private keys are. */
static const char *
bare_shape(struct str s)
{
	if (str_starts(s, S("MII")) && is_base64(s))
		return say("this is base64 without its PEM lines: put -----BEGIN PRIVATE KEY----- before it "
			   "(-----BEGIN RSA PRIVATE KEY----- for a key of PKCS#1), "
			   "-----END ... ----- behind it and a line break after every 64 characters, then "
			   "import it again");
	if (s.n > SECRET_MAX || str_contains(s, S("\n")) || (str_starts(s, S("{")) && !str_contains(s, S("\"kty\""))))
		return NULL;
	if (str_starts(s, S("{")) && !str_contains(s, S("\"oct\"")))
		return say("this is a JWK: write its private key as PEM (PKCS#8), then import it again");
	return say("this looks like a shared secret (HMAC, HS256), and this server signs with a key pair "
		   "only: import no key, it has one of its own. What the "
		   "secret signed ends at the switch, so users log in again; resource servers get the public "
		   "key (hufu key show --pem, or the JWKS) in the "
		   "place of the secret. If it is a private key, write it as PEM");
}

const char *
keyfile_shape(struct str bytes)
{
	struct str s = str_trim(bytes);

	if (!is_text(s))
		return NULL;
	return str_contains(s, S("-----BEGIN ")) ? pem_shape(s) : bare_shape(s);
}
