/* login/password_ldap.c - userPassword values of LDAP directories: {SSHA} and its relatives. RFC 2307 section 5.3. */
#include "login/password_int.h"

struct ldap_row { struct str prefix; const char *digest; };     /* digest NULL: crypt(3) */
static const struct ldap_row rows[] = {
	{ S("{SSHA}"), "SHA-1" }, { S("{SHA}"), "SHA-1" }, { S("{SMD5}"), "MD5" }, { S("{MD5}"), "MD5" },
	{ S("{SSHA256}"), "SHA-256" }, { S("{SHA256}"), "SHA-256" }, { S("{SSHA384}"), "SHA-384" },
	{ S("{SHA384}"), "SHA-384" },
	{ S("{SSHA512}"), "SHA-512" }, { S("{SHA512}"), "SHA-512" }, { S("{CRYPT}"), NULL },
};

/* Scheme names are compared without case, as directories do. */
static const struct ldap_row *
ldap_row(struct str body)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (str_starts_nocase(body, rows[i].prefix))
			return &rows[i];
	return NULL;
}

int64_t
ldap_cost(const struct scheme *k, struct str body)
{
	const struct ldap_row *row = ldap_row(body);

	if (row == NULL)
		return COST_MALFORMED;
	body = str_from(body, row->prefix.n);
	if (row->digest == NULL)
		return crypt_cost(k, body);
	return body.n >= (old_digest_size(row->digest) * 4 + 2) / 3 ? 5 : COST_MALFORMED;
}

/* Base64 of digest and salt; the schemes without S have no salt. */
bool
ldap_verify(const struct scheme *k, struct arena *mem, struct str body, struct str given)
{
	const struct ldap_row *row = ldap_row(body);
	uint8_t digest[OLD_DIGEST_MAX];
	struct str raw;
	size_t n;

	if (row == NULL)
		return false;
	body = str_from(body, row->prefix.n);
	if (row->digest == NULL)
		return crypt_verify(k, mem, body, given);
	n = old_digest_size(row->digest);
	if (!b64_decode(mem, body, &raw) || raw.n < n || old_digest(row->digest, given, str_from(raw, n), digest) != n)
		return false;
	return str_eq_secret(str_sub(raw, 0, n), str_span(digest, n));
}
