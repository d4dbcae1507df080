/* login/ldap_filter.c - names as users type them, into search filters. RFC 4515 section 3. */
#include "login/ldap.h"

#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#define NAME_MAX_BYTES 256
#define FILTER_MAX     8192

void
ldap_filter_put(struct buf *b, struct str value)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.p[i];

		if (c >= 0x20 && c < 0x7f && c != '(' && c != ')' && c != '*' && c != '\\') {
			buf_putc(b, (char)c);
			continue;
		}
		buf_putc(b, '\\');
		buf_putc(b, digits[c >> 4]);
		buf_putc(b, digits[c & 15]);
	}
}

struct str
ldap_filter_make(struct arena *mem, struct str filter, struct str user, struct str login)
{
	struct buf b;

	buf_init(&b, mem, FILTER_MAX);
	for (size_t i = 0; i < filter.n;) {
		struct str rest = str_from(filter, i);

		if (str_starts(rest, S("{user}"))) {
			ldap_filter_put(&b, user);
			i += 6;
		} else if (str_starts(rest, S("{login}"))) {
			ldap_filter_put(&b, login);
			i += 7;
		} else {
			buf_putc(&b, filter.p[i]);
			i++;
		}
	}
	return b.full ? STR_ABSENT : buf_str(&b);
}

/* "alice" of "alice@corp.example"; false when another domain stands there. */
static bool
suffix_cut(struct str domain, struct str *user)
{
	ptrdiff_t at = str_rindex(*user, '@');

	if (at < 0)
		return true;
	if (!str_eq_nocase(str_from(*user, (size_t)at + 1), domain))
		return false;
	*user = str_sub(*user, 0, (size_t)at);
	return str_index(*user, '@') < 0;
}

static bool
domain_cut(struct str domain, struct str *user)
{
	ptrdiff_t at = str_index(*user, '\\');

	if (at < 0)
		return true;
	if (!str_eq_nocase(str_sub(*user, 0, (size_t)at), domain))
		return false;
	*user = str_from(*user, (size_t)at + 1);
	return str_index(*user, '\\') < 0;
}

bool
ldap_user_read(const struct directory *d, struct str typed, struct str *user)
{
	struct str name = str_trim(typed);

	if (d->bind == DIRECTORY_UPN && (!suffix_cut(d->domain, &name) || str_index(name, '\\') >= 0))
		return false;
	if (d->bind == DIRECTORY_DOMAIN && (!domain_cut(d->domain, &name) || str_index(name, '@') >= 0))
		return false;
	if (name.n == 0 || name.n > NAME_MAX_BYTES || !str_utf8(name))
		return false;
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] < 0x20 || name.p[i] == 0x7f)
			return false;
	*user = name;
	return true;
}

/* --- one name, however it is written ---------------------------------------------------------- */

/* Directories pass over accents (Active Directory), blanks (RFC 4518 section 2.6) and what has no shape. */
static bool
counts(ucs4_t c)
{
	return !uc_is_general_category(c, UC_CATEGORY_M) && !uc_is_general_category(c, UC_CATEGORY_C)
	    && !uc_is_general_category(c, UC_CATEGORY_Z);
}

struct str
ldap_name_folded(struct arena *mem, struct str name)
{
	size_t n = 0;
	uint8_t *folded =
	    str_utf8(name) ? u8_casefold((const uint8_t *)name.p, name.n, NULL, UNINORM_NFKD, NULL, &n) : NULL;
	struct buf b;

	if (folded == NULL)
		return name;
	buf_init(&b, mem, n + 1);
	for (size_t i = 0; i < n;) {
		ucs4_t c;
		int size = u8_mbtouc(&c, folded + i, n - i);

		if (counts(c))
			buf_put(&b, str_span(folded + i, (size_t)size));
		i += (size_t)size;
	}
	free(folded);
	return b.full || b.n == 0 ? name : buf_str(&b);
}
