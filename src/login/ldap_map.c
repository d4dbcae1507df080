/* login/ldap_map.c - what a directory's entry says, as the fields of a user: names, addresses, authorities from groups. */
#include "login/ldap.h"

#define TEXT_MAX        256

static const struct ldap_attribute *
find(const struct ldap_attribute *attrs, size_t n, const char *name)
{
	for (size_t i = 0; i < n && name[0] != '\0'; i++)
		if (str_eq_nocase(str_of(attrs[i].name), str_of(name)))
			return &attrs[i];
	return NULL;
}

static bool
is_text(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return s.n > 0 && s.n <= TEXT_MAX && str_utf8(s);
}

/* The first value; empty when there is none that is plain text, absent when no attribute is named for it. */
static struct str
first(const struct ldap_attribute *attrs, size_t n, const char *name)
{
	const struct ldap_attribute *a = find(attrs, n, name);

	if (name[0] == '\0')
		return STR_ABSENT;
	return a != NULL && a->n > 0 && is_text(a->values[0]) ? a->values[0] : S("");
}

/* The value of the first part of a distinguished name: "Domain Admins" of "CN=Domain Admins,OU=x"; a plain name is its own. */
static struct str
first_part(struct str dn)
{
	ptrdiff_t equals = str_index(dn, '=');
	struct str value = equals < 0 ? dn : str_from(dn, (size_t)equals + 1);
	size_t end = 0;

	if (equals < 0)
		return dn;
	while (end < value.n && value.p[end] != ',' && value.p[end] != '+')
		end += value.p[end] == '\\' ? 2 : 1;
	return str_sub(value, 0, end);
}

/* A blank in a group's name is written _ in the settings, whose words have none. */
static bool
group_is(struct str group, struct str key)
{
	if (group.n != key.n)
		return false;
	for (size_t i = 0; i < key.n; i++) {
		struct str g = str_sub(group, i, 1), k = str_sub(key, i, 1);

		if (!str_eq_nocase(g, k) && !(g.p[0] == ' ' && k.p[0] == '_'))
			return false;
	}
	return true;
}

static void
put_word(struct buf *b, struct str word)
{
	if (word.n == 0 || str_has_word(buf_str(b), word, ' '))
		return;
	if (b->n > 0)
		buf_putc(b, ' ');
	buf_put(b, word);
}

static void
put_mapped(struct buf *b, const struct directory *d, struct str group)
{
	for (size_t i = 0; i < d->n_groups; i++) {
		ptrdiff_t cut = str_rindex(d->groups[i], '=');
		struct str key = str_sub(d->groups[i], 0, cut < 0 ? 0 : (size_t)cut);

		if (key.n > 0 && (group_is(group, key) || group_is(first_part(group), key)))
			put_word(b, str_from(d->groups[i], (size_t)cut + 1));
	}
}

/* "ROLE_DOMAIN_ADMINS": no byte of a group's name can end the word and begin another authority. False: the name is no text. */
static bool
put_named(struct buf *b, struct arena *mem, const struct directory *d, struct str group)
{
	struct str name = first_part(group), word = ARENA_CAT(mem, d->authority_prefix, name);
	char *p = (char *)(uintptr_t)word.p;

	if (name.n == 0)
		return true;
	if (!is_text(name) || p == NULL)
		return false;
	for (size_t i = d->authority_prefix.n; i < word.n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c >= 'a' && c <= 'z')
			p[i] = (char)(c - 'a' + 'A');
		else if (c < 0x80 && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9'))
			p[i] = '_';
	}
	put_word(b, word);
	return true;
}

/* All of them, or none. */
static bool
authorities_of(struct arena *mem, const struct directory *d, const struct ldap_attribute *groups, struct str *out, struct str *why)
{
	struct buf b;

	buf_init(&b, mem, AUTHORITIES_MAX);
	buf_put(&b, d->authorities);
	for (size_t i = 0; groups != NULL && i < groups->n; i++) {
		if (d->n_groups > 0)
			put_mapped(&b, d, groups->values[i]);
		else if (!put_named(&b, mem, d, groups->values[i])) {
			*why = S("a group's name is no text of 1 to 256 bytes: map groups by name with groups");
			return false;
		}
	}
	*out = buf_str(&b);
	if (!b.full && authorities_fit(*out))
		return true;
	*why = S("an entry is in more groups than a token can say: map those that matter with groups");
	return false;
}

bool
ldap_person_read(struct arena *mem, const struct directory *d, const struct ldap_attribute *attrs, size_t n,
    struct directory_person *out, struct str *why)
{
	struct str number = first(attrs, n, d->number_attr);

	*out = (struct directory_person){
		.name = first(attrs, n, d->name_attr), .display_name = first(attrs, n, d->display_name_attr), .mail = first(attrs, n, d->mail_attr),
		.phone = first(attrs, n, d->phone_attr), .authorities = STR_ABSENT,
	};
	if (!str_int(number, &out->number))
		out->number = 0;
	*why = arena_printf(mem, "an entry has no usable attribute %s", d->name_attr);
	return out->name.n > 0
	    && (d->group_attr[0] == '\0' || authorities_of(mem, d, find(attrs, n, d->group_attr), &out->authorities, why));
}
