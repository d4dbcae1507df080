/* jose/distinguished_name.c - a distinguished name from its text: RFC 4514. */
#include "jose/certificate_int.h"

#include <openssl/err.h>

/* One attribute of the text, unescaped; hex: the value is DER after '#'. end: ',' or '+', 0 at the end. */
struct attribute { struct str type, value; bool hex; char end; };

/* Short names that libcrypto knows in this case only. RFC 4514 section 2.3: descriptors have no case. */
static const char *const descriptors[] = { "CN", "L", "ST", "O", "OU", "C", "DC", "UID", "GN", "SN", "street", "title",
	"serialNumber", "emailAddress", "businessCategory", "organizationIdentifier", "postalCode", "givenName",
	"surname", "initials", "pseudonym", "dnQualifier", "description", "jurisdictionC", "jurisdictionST",
	"jurisdictionL", "jurisdictionCountryName", "jurisdictionStateOrProvinceName", "jurisdictionLocalityName",
	"organizationName", "organizationalUnitName", "commonName", "countryName", "localityName",
	"stateOrProvinceName", "streetAddress", "userId", "domainComponent" };

static ASN1_OBJECT *
type_read(struct str type)
{
	char z[80];

	if (str_starts_nocase(type, S("OID.")))
		type = str_from(type, 4);
	if (type.n == 0 || type.n >= sizeof z)
		return NULL;
	for (size_t i = 0; i < COUNT(descriptors); i++)
		if (str_eq_nocase(type, str_of(descriptors[i])))
			return OBJ_txt2obj(descriptors[i], 0);
	memcpy(z, type.p, type.n);
	z[type.n] = '\0';
	return z[0] >= '0' && z[0] <= '9' ? OBJ_txt2obj(z, 1) : NULL;
}

/* A backslash and what it escapes, off the front of *rest. */
static bool
escaped(struct str *rest, struct buf *b)
{
	static const char specials[] = " \"#+,;<=>\\";
	char c;

	if (rest->n < 2)
		return false;
	c = rest->p[1];
	if (memchr(specials, c, sizeof specials - 1) != NULL) {
		buf_putc(b, c);
		*rest = str_from(*rest, 2);
		return true;
	}
	if (rest->n < 3 || hex_value(c) < 0 || hex_value(rest->p[2]) < 0)
		return false;
	buf_putc(b, (char)(hex_value(c) * 16 + hex_value(rest->p[2])));
	*rest = str_from(*rest, 3);
	return true;
}

/* RFC 4514 section 3, and blanks around the separators as RFC 2253 section 4 lets them be. kept: blanks that count. */
static bool
value_cut(struct str *rest, struct buf *b)
{
	size_t kept = 0;

	while (rest->n > 0 && rest->p[0] != ',' && rest->p[0] != '+') {
		char c = rest->p[0];

		if (c == '\\') {
			if (!escaped(rest, b))
				return false;
			kept = b->n;
			continue;
		}
		if (c == '"' || c == ';' || c == '<' || c == '>' || c == '\0')
			return false;
		buf_putc(b, c);
		*rest = str_from(*rest, 1);
		if (c != ' ')
			kept = b->n;
	}
	b->n = kept;
	return !b->full;
}

static struct str
without_blanks(struct str s)
{
	while (s.n > 0 && s.p[0] == ' ')
		s = str_from(s, 1);
	while (s.n > 0 && s.p[s.n - 1] == ' ')
		s.n--;
	return s;
}

static bool
attribute_cut(struct arena *mem, struct str *rest, struct attribute *a)
{
	ptrdiff_t eq = str_index(*rest, '=');
	struct buf b;

	if (eq < 0)
		return false;
	buf_init(&b, mem, rest->n + 1);
	a->type = without_blanks(str_sub(*rest, 0, (size_t)eq));
	*rest = str_from(*rest, (size_t)eq + 1);
	while (rest->n > 0 && rest->p[0] == ' ')
		*rest = str_from(*rest, 1);
	a->hex = rest->n > 0 && rest->p[0] == '#';
	if (a->hex)
		*rest = str_from(*rest, 1);
	if (!value_cut(rest, &b))
		return false;
	a->value = buf_str(&b);
	a->end = rest->n > 0 ? rest->p[0] : '\0';
	*rest = str_from(*rest, 1);
	return a->end == '\0' || rest->n > 0;
}

static bool
add_der(X509_NAME *name, const ASN1_OBJECT *type, struct str hex, int set)
{
	uint8_t der[1024];
	const uint8_t *p = der;
	ASN1_TYPE *any;
	bool ok;

	if (hex.n % 2 != 0 || hex.n / 2 > sizeof der)
		return false;
	for (size_t i = 0; i < hex.n; i++)
		if (hex_value(hex.p[i]) < 0)
			return false;
	for (size_t i = 0; i < hex.n / 2; i++)
		der[i] = (uint8_t)(hex_value(hex.p[2 * i]) * 16 + hex_value(hex.p[2 * i + 1]));
	any = d2i_ASN1_TYPE(NULL, &p, (long)(hex.n / 2));
	ok = any != NULL && p == der + hex.n / 2 && any->type != V_ASN1_OBJECT && any->type != V_ASN1_BOOLEAN
	    && any->type != V_ASN1_NULL
	    && X509_NAME_add_entry_by_OBJ(name, type, any->type, any->value.asn1_string->data,
		   any->value.asn1_string->length, 0, set) == 1;
	ASN1_TYPE_free(any);
	return ok;
}

/* The text begins with the last: each one goes before those that were read, beside them where '+' stands between. */
static bool
attribute_put(X509_NAME *name, const struct attribute *a, bool joins)
{
	ASN1_OBJECT *type = type_read(a->type);
	bool ok;

	if (type == NULL)
		return false;
	ok = a->hex ? add_der(name, type, a->value, joins)
	    : a->value.n > 0 && str_utf8(a->value)
		&& X509_NAME_add_entry_by_OBJ(name, type, V_ASN1_UTF8STRING, (const uint8_t *)a->value.p,
		       (int)a->value.n, 0, joins) == 1;
	ASN1_OBJECT_free(type);
	return ok;
}

X509_NAME *
distinguished_name(struct str text)
{
	X509_NAME *name = X509_NAME_new();
	struct attribute a = { .end = ',' };
	struct arena mem;
	bool ok = name != NULL && text.n <= DN_MAX;

	arena_init(&mem, 64u * DN_MAX);
	for (char before; ok && a.end != '\0';) {
		before = a.end;
		ok = attribute_cut(&mem, &text, &a) && attribute_put(name, &a, before == '+');
	}
	arena_free(&mem);
	if (ok)
		return name;
	ERR_clear_error();
	X509_NAME_free(name);
	return NULL;
}
