/* store/user_claims.c - the claims of a user: which there are, what may stand in them, their text. */
#include "store/user_claims.h"

enum user_claim_kind
user_claim_kind(struct str name)
{
	static const struct { const char *name; enum user_claim_kind kind; } rows[] = {
#define USER_CLAIM(name, kind) { #name, UC_##kind },
#include "store/user_claims.def"
#undef USER_CLAIM
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (str_is(name, rows[i].name))
			return rows[i].kind;
	return UC_OWN;
}

/* --- what may stand in a text ----------------------------------------------------------------- */

static struct str
text_of(const json_t *v)
{
	return json_is_string(v) ? str_span(json_string_value(v), json_string_length(v)) : STR_ABSENT;
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Of letters and digits, and the characters in more. */
static bool
made_of(struct str s, struct str more)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_letter(s.p[i]) && !is_digit(s.p[i]) && str_index(more, s.p[i]) < 0)
			return false;
	return s.n > 0;
}

/* lines: a line break is no control character there, as in addresses (5.1.1). */
static const char *
line_wrong(struct str s, bool lines)
{
	if (s.n == 0)
		return say("must not be empty");
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] < 0x20 && !(lines && (s.p[i] == '\n' || s.p[i] == '\r'))) || s.p[i] == 0x7f)
			return say("must not contain control characters");
	return !str_utf8(s) ? say("must be UTF-8")
	    : s.n > USER_CLAIM_TEXT_MAX ? say("must have at most 1024 bytes") : NULL;
}

static const char *
url_wrong(struct str s)
{
	struct url u;

	return url_read(s, &u) != NULL || !u.web ? say("must be a web address such as https://people.example/carol")
						 : NULL;
}

static int
number_at(struct str s, size_t from, size_t n)
{
	int value = 0;

	for (size_t i = from; i < from + n; i++) {
		if (i >= s.n || !is_digit(s.p[i]))
			return -1;
		value = value * 10 + (s.p[i] - '0');
	}
	return value;
}

/* The year 0000 stands for none, and may be a leap year. */
static bool
is_date(struct str s)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year = number_at(s, 0, 4), month = number_at(s, 5, 2), day = number_at(s, 8, 2);
	bool leap = year == 0 || (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));

	if (s.n == 4)
		return year > 0;
	return s.n == 10 && year >= 0 && s.p[4] == '-' && s.p[7] == '-' && month >= 1 && month <= 12 && day >= 1
	    && day <= days[month - 1] + (month == 2 && leap);
}

static const char *
date_wrong(struct str s)
{
	return is_date(s) ? NULL : say("must be a date as YYYY-MM-DD, 0000-MM-DD without the year, or YYYY");
}

/* Area/Location, or one of the names without an area, such as UTC. */
static const char *
zone_wrong(struct str s)
{
	struct str rest = s;

	while (str_given(rest))
		if (!made_of(str_cut(&rest, '/'), S("_+-")) || s.n > 64)
			return say("must be the name of a time zone such as Europe/Berlin");
	return NULL;
}

/* RFC 5646 section 2.1: letters first, then subtags of one to eight letters and digits. */
static const char *
locale_wrong(struct str s)
{
	struct str rest = s, first = str_cut(&rest, '-');
	bool good = first.n >= 2 && first.n <= 8 && s.n <= 64;

	for (size_t i = 0; i < first.n; i++)
		good = good && is_letter(first.p[i]);
	while (good && str_given(rest)) {
		struct str tag = str_cut(&rest, '-');

		good = tag.n <= 8 && made_of(tag, S(""));
	}
	return good ? NULL : say("must be a language tag such as zh-CN (BCP 47)");
}

static const char *
text_wrong(enum user_claim_kind kind, struct str s, bool lines)
{
	const char *wrong = !str_given(s) ? say("must be text") : line_wrong(s, lines);

	if (wrong != NULL)
		return wrong;
	switch (kind) {
	case UC_URL: return url_wrong(s);
	case UC_DATE: return date_wrong(s);
	case UC_ZONE: return zone_wrong(s);
	case UC_LOCALE: return locale_wrong(s);
	default: return NULL;
	}
}

/* --- what may be a value ---------------------------------------------------------------------- */

static const char *
address_wrong(struct arena *mem, const json_t *v, struct str *at)
{
	static const char *const members[] = { "formatted", "street_address", "locality", "region", "postal_code",
		"country" };
	const char *name, *wrong;
	json_t *part;

	if (!json_is_object(v) || json_object_size(v) == 0)
		return say("must be an object with some of formatted, street_address, locality, region, postal_code "
			   "and country");
	json_object_foreach((json_t *)(uintptr_t)v, name, part) {
		size_t i = 0;

		while (i < COUNT(members) && strcmp(members[i], name) != 0)
			i++;
		*at = ARENA_CAT(mem, S("address."), str_of(name));
		if (i == COUNT(members))
			return say("is no member of an address: OpenID Connect Core 5.1.1 has formatted, "
				   "street_address, locality, region, postal_code and country");
		if ((wrong = text_wrong(UC_TEXT, text_of(part), i <= 1)) != NULL)
			return wrong;
	}
	return NULL;
}

static const char *
list_wrong(const json_t *v)
{
	const char *wrong = NULL;
	json_t *item;
	size_t i;

	if (json_array_size(v) > USER_CLAIM_ITEMS_MAX)
		return say("must have at most 64 items");
	json_array_foreach(v, i, item)
		if (wrong == NULL)
			wrong = text_wrong(UC_TEXT, text_of(item), false);
	return wrong;
}

static const char *
own_wrong(struct str name, const json_t *v)
{
	if (name.n > USER_CLAIM_NAME_MAX || !made_of(name, S("_-.:/")))
		return say("is no name for an attribute: use at most 128 letters, digits, '_', '-', '.', ':' and '/'");
	if (json_is_string(v))
		return line_wrong(text_of(v), false);
	if (json_is_array(v))
		return list_wrong(v);
	return json_is_number(v) || json_is_boolean(v) ? NULL
	    : say("must be text, a number, true or false, or a list of texts");
}

const char *
user_claim_wrong(struct arena *mem, struct str name, const json_t *v, struct str *at)
{
	enum user_claim_kind kind = user_claim_kind(name);

	*at = name;
	switch (kind) {
	case UC_OWN: return own_wrong(name, v);
	case UC_FLAG: return json_is_boolean(v) ? NULL : say("must be true or false");
	case UC_ADDRESS: return address_wrong(mem, v, at);
	case UC_COLUMN:
		return say("stands elsewhere: name, display_name (the claim name), email and phone are fields of the "
			   "user, sub and updated_at the server's");
	default: return text_wrong(kind, text_of(v), false);
	}
}

/* --- the text --------------------------------------------------------------------------------- */

#define FORM (JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(USER_CLAIM_DIGITS))

json_t *
user_claims_read(struct arena *mem, struct str text)
{
	json_t *claims = str_empty(text) ? NULL : json_read_upto(mem, text, USER_CLAIMS_MAX);

	return json_is_object(claims) ? claims : NULL;
}

bool
user_claims_write(struct arena *mem, const json_t *claims, struct str *out)
{
	char *text = json_object_size(claims) > 0 ? json_dumps(claims, FORM) : NULL;
	struct str s = STR_ABSENT;
	bool ok = text != NULL || json_object_size(claims) == 0;

	if (text != NULL) {
		ok = strlen(text) <= USER_CLAIMS_MAX;
		s = ok ? arena_dup(mem, str_of(text)) : STR_ABSENT;
		ok = str_given(s);
	}
	free(text);
	if (ok)
		*out = s;
	return ok;
}

bool
user_claims_unmark(struct arena *mem, struct str *claims, struct user_marks changed)
{
	json_t *object = changed.email || changed.phone ? user_claims_read(mem, *claims) : NULL;

	if (object == NULL)
		return true;
	if (changed.email)
		json_object_del(object, "email_verified");
	if (changed.phone)
		json_object_del(object, "phone_number_verified");
	return user_claims_write(mem, object, claims);
}
