/* login/password_rule.c - is a password that somebody chooses one that a stranger would try first? */
#include "login/password_rule.h"

#define WORD_MIN    3                   /* bytes: a shorter name is only refused as the whole password */
#define AFFIX_MAX   3                   /* characters beside an own word that do not make another password of it */
#define PHONE_MIN   6                   /* digits of a phone number that are the number */

static const char *const common[] = {
#define COMMON(word) word,
#include "login/password_common.def"
#undef COMMON
};

int64_t
password_length(struct str s)
{
	int64_t n = 0;
	size_t step;

	if (!str_utf8(s))
		return (int64_t)s.n;
	for (; s.n > 0 && (step = str_utf8_step(s)) > 0; n++)
		s = str_from(s, step);
	return n;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A letter of any script: what is no ASCII counts as one. */
static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

/* Folded, without blanks and ASCII marks: "Alice.Smith" and "alice_smith" are one word. */
static struct str
core_of(struct arena *mem, struct str s)
{
	struct str folded = str_fold_wide(mem, s);
	char *out = arena_alloc(mem, folded.n + 1);
	size_t n = 0;

	for (size_t i = 0; out != NULL && i < folded.n; i++)
		if (is_letter(folded.p[i]) || is_digit(folded.p[i]))
			out[n++] = folded.p[i];
	return out != NULL ? str_span(out, n) : STR_ABSENT;
}

/* Where word begins in text; -1: nowhere. */
static ptrdiff_t
position(struct str text, struct str word)
{
	for (size_t i = 0; i + word.n <= text.n; i++)
		if (memcmp(text.p + i, word.p, word.n) == 0)
			return (ptrdiff_t)i;
	return -1;
}

static bool
only_digits(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_digit(s.p[i]))
			return false;
	return true;
}

static bool
is_little_more_than(struct str password, struct str word)
{
	ptrdiff_t at = position(password, word);
	struct str before, after;

	if (str_empty(word) || at < 0)
		return false;
	if (password.n == word.n)
		return true;
	before = str_sub(password, 0, (size_t)at);
	after = str_from(password, (size_t)at + word.n);
	return word.n >= WORD_MIN
	    && ((only_digits(before) && only_digits(after))
		|| password_length(before) + password_length(after) <= AFFIX_MAX);
}

/* With or without the code of the country, or its last digits; password: its core. */
static bool
is_of_phone(struct arena *mem, struct str password, struct str phone)
{
	struct str number = core_of(mem, phone);
	char *digits = arena_alloc(mem, password.n);
	size_t n = 0;

	for (size_t i = 0; digits != NULL && i < password.n; i++)
		if (is_digit(password.p[i]))
			digits[n++] = password.p[i];
	return n >= PHONE_MIN && password.n - n <= AFFIX_MAX && position(number, str_span(digits, n)) >= 0;
}

static struct str
local_part(struct str mail)
{
	ptrdiff_t at = str_rindex(mail, '@');

	return at > 0 ? str_sub(mail, 0, (size_t)at) : STR_ABSENT;
}

static bool
is_own(struct arena *mem, struct str password, const struct user *u)
{
	const struct str words[] = { u->name, local_part(u->name), u->display_name, u->email, local_part(u->email) };
	struct str core = core_of(mem, password);

	for (size_t i = 0; i < COUNT(words); i++)
		if (str_given(words[i]) && is_little_more_than(core, core_of(mem, words[i])))
			return true;
	return is_of_phone(mem, core, u->phone);
}

/* One character all the way, or a row of the alphabet or the digits: 12345678, 87654321, abcdefgh. */
static bool
is_a_row(struct str s)
{
	int step = s.n > 1 ? s.p[1] - s.p[0] : 0;

	if (s.n < 2 || step < -1 || step > 1)
		return false;
	for (size_t i = 2; i < s.n; i++)
		if (s.p[i] - s.p[i - 1] != step)
			return false;
	return true;
}

static bool
is_common(struct str folded)
{
	for (size_t i = 0; i < COUNT(common); i++)
		if (str_is(folded, common[i]))
			return true;
	return is_a_row(folded);
}

/*
 * The file is searched as it is: nothing is made of it, and next to the hash that follows it costs
 * little. Only lines with characters beyond ASCII must be folded.
 */
static bool
is_listed(struct str list, struct str folded)
{
	struct arena scratch;
	bool found = false;

	arena_init(&scratch, 64 * 1024);
	while (!found && str_given(list)) {
		struct str line = str_cut(&list, '\n');
		bool plain = true;

		if (str_ends(line, S("\r")))
			line = str_sub(line, 0, line.n - 1);
		for (size_t i = 0; plain && i < line.n; i++)
			plain = (unsigned char)line.p[i] < 0x80;
		if (line.n == 0 || line.n > 4096)
			continue;
		if (plain)
			found = line.n == folded.n && str_eq_nocase(line, folded);
		else {
			found = str_eq(str_fold_wide(&scratch, line), folded);
			arena_reset(&scratch);
		}
	}
	arena_free(&scratch);
	return found;
}

static bool
is_long(const struct password_rule *rule, struct str password)
{
	return rule->max > 0 && password_length(password) > rule->max;
}

/* Those that ask for the folded text, none of them twice. */
static unsigned
faults_of_many(const struct password_rule *rule, struct arena *mem, struct str password)
{
	struct str folded = str_fold_wide(mem, password);
	unsigned found = 0;

	if (rule->common && is_common(folded))
		found |= 1u << PASSWORD_COMMON;
	if (str_given(rule->listed) && is_listed(rule->listed, folded))
		found |= 1u << PASSWORD_LISTED;
	return found;
}

unsigned
password_faults(const struct password_rule *rule, struct arena *mem, struct str password, const struct user *user)
{
	unsigned found = 0;

	if (rule == NULL)
		return 0;
	if (password_length(password) < rule->min)
		found |= 1u << PASSWORD_SHORT;
	if (is_long(rule, password))
		return found | 1u << PASSWORD_LONG;     /* the rest would cost what its length costs */
	if (rule->own_words && is_own(mem, password, user))
		found |= 1u << PASSWORD_OWN_WORDS;
	if (password_filter_has(&rule->breached, password))
		found |= 1u << PASSWORD_BREACHED;
	return found | faults_of_many(rule, mem, password);
}

enum password_fault
password_judge(const struct password_rule *rule, struct arena *mem, struct str password, const struct user *user)
{
	unsigned found = password_faults(rule, mem, password, user);

	for (int i = PASSWORD_FITS + 1; i < PASSWORD_FAULTS; i++)
		if (found & 1u << i)
			return (enum password_fault)i;
	return PASSWORD_FITS;
}

const char *
password_fault_key(enum password_fault fault)
{
	static const char *const keys[PASSWORD_FAULTS] = { [PASSWORD_FITS] = "",
		[PASSWORD_SHORT] = "password_short", [PASSWORD_LONG] = "password_long",
		[PASSWORD_OWN_WORDS] = "password_own_words", [PASSWORD_COMMON] = "password_common",
		[PASSWORD_LISTED] = "password_common", [PASSWORD_BREACHED] = "password_breached",
		[PASSWORD_REUSED] = "password_reused" };

	return keys[fault];
}
