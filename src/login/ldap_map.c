/*
 * login/ldap_map.c - what a directory's entry says, as the fields of a user: names, addresses,
 * authorities from groups.
 */
#include "login/ldap.h"

#define TEXT_MAX        256

const struct ldap_attribute *
ldap_attribute_find(const struct ldap_attribute *attrs, size_t n, const char *name)
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
	const struct ldap_attribute *a = ldap_attribute_find(attrs, n, name);

	static _Atomic int64_t told;

	if (name[0] == '\0')
		return STR_ABSENT;
	if (a != NULL && a->n > 0 && a->values[0].n > TEXT_MAX && log_is_due(&told, 60))
		log_warn("a directory's entry has %zu bytes in %s, which is more than is taken; it counts as empty",
		    a->values[0].n, name);
	return a != NULL && a->n > 0 && is_text(a->values[0]) ? a->values[0] : S("");
}

struct str
ldap_first_part(struct str dn)
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

/* --- distinguished names ---------------------------------------------------------------------- */

static bool
is_separator(char c)
{
	return c == ',' || c == '=' || c == '+';
}

/* The next byte that counts, small: a blank beside a separator does not. -1 at the end. */
static int
dn_next(struct str dn, size_t *at)
{
	size_t end = *at;

	while (end < dn.n && dn.p[end] == ' ')
		end++;
	if (end > *at && (end == dn.n || is_separator(dn.p[end]) || *at == 0 || is_separator(dn.p[*at - 1])))
		*at = end;
	if (*at >= dn.n)
		return -1;
	return dn.p[*at] >= 'A' && dn.p[*at] <= 'Z' ? dn.p[(*at)++] | 32 : (unsigned char)dn.p[(*at)++];
}

bool
ldap_dn_same(struct str a, struct str b)
{
	size_t i = 0, j = 0;
	int c;

	do {
		c = dn_next(a, &i);
		if (c != dn_next(b, &j))
			return false;
	} while (c >= 0);
	return true;
}

/* --- what a group gives ----------------------------------------------------------------------- */

/* The key of a row of the settings, and what it gives. */
static struct str
row_key(const struct directory *d, size_t i, struct str *gives)
{
	ptrdiff_t cut = str_rindex(d->groups[i], '=');

	*gives = str_from(d->groups[i], (size_t)(cut + 1));
	return str_sub(d->groups[i], 0, cut < 0 ? 0 : (size_t)cut);
}

static bool
is_mapped_whole(const struct directory *d, struct str group)
{
	struct str gives, key;

	for (size_t i = 0; i < d->n_groups; i++)
		if ((key = row_key(d, i, &gives)).n > 0 && group_is(group, key))
			return true;
	return false;
}

bool
ldap_group_is_named(const struct directory *d, struct str dn)
{
	struct str gives;

	if (d->n_groups == 0)
		return true;
	for (size_t i = 0; i < d->n_groups; i++)
		if (group_is(ldap_first_part(dn), row_key(d, i, &gives)))
			return !is_mapped_whole(d, dn);
	return false;
}

/*
 * "ROLE_DOMAIN_ADMINS": no byte of a group's name can end the word and begin another authority.
 * Empty: there is nothing to name; absent: no text.
 */
static struct str
word_of(struct arena *mem, const struct directory *d, struct str group)
{
	struct str name = ldap_first_part(group), word = ARENA_CAT(mem, d->authority_prefix, name);
	char *p = (char *)(uintptr_t)word.p;
	bool named = false;

	if (name.n == 0)
		return S("");
	if (!is_text(name) || p == NULL)
		return STR_ABSENT;
	for (size_t i = d->authority_prefix.n; i < word.n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c >= 'a' && c <= 'z')
			p[i] = (char)(c - 'a' + 'A');
		else if (c < 0x80 && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9'))
			p[i] = '_';
		named |= p[i] != '_';
	}
	return named ? word : S("");
}

/* All groups that are known, those of the entry first, and the word that each would become where there is no map. */
struct known { const struct directory *d; const struct ldap_group_set *g; struct str *words; };

static struct str
known_dn(const struct known *k, size_t i)
{
	return i < k->g->n ? k->g->dns[i] : k->g->others[i - k->g->n];
}

/* Would both count as one where groups count by their names? key given: of that row of the settings. */
static bool
is_alike(const struct known *k, size_t a, size_t b, struct str key)
{
	if (str_given(key))
		return group_is(ldap_first_part(known_dn(k, b)), key) && !is_mapped_whole(k->d, known_dn(k, b));
	return str_eq(k->words[a], k->words[b]);
}

/* Another group would give the same: so neither does (L17). */
static bool
has_double(const struct known *k, size_t at, struct str key)
{
	struct str group = known_dn(k, at);

	for (size_t i = 0; i < k->g->n + k->g->n_others; i++) {
		if (i == at || !is_alike(k, at, i, key) || ldap_dn_same(group, known_dn(k, i)))
			continue;
		if (log_is_due_about(k->d->name, group, 60))
			log_warn("directory %.*s: the groups %.*s and %.*s have one name here, so neither "
				 "gives an authority; name each by its whole name in `groups`",
			    STR_ARG(k->d->name), STR_ARG(group), STR_ARG(known_dn(k, i)));
		return true;
	}
	return false;
}

static void
put_mapped(struct buf *b, const struct known *k, size_t at)
{
	struct str group = known_dn(k, at);

	for (size_t i = 0; i < k->d->n_groups; i++) {
		struct str gives, key = row_key(k->d, i, &gives);

		if (key.n == 0)
			continue;
		if (group_is(group, key)
		    || (group_is(ldap_first_part(group), key) && !is_mapped_whole(k->d, group)
			&& !has_double(k, at, key)))
			put_word(b, gives);
	}
}

/* Of the entry's own groups a name that is no text is a fault; of others nothing comes. */
static bool
words_make(struct arena *mem, struct known *k)
{
	k->words = arena_array(mem, struct str, k->g->n + k->g->n_others);
	for (size_t i = 0; k->words != NULL && i < k->g->n + k->g->n_others; i++) {
		k->words[i] = word_of(mem, k->d, known_dn(k, i));
		if (i < k->g->n && !str_given(k->words[i]))
			return false;
	}
	return k->words != NULL;
}

/* All of them, or none. */
static bool
authorities_of(struct arena *mem, const struct directory *d, const struct ldap_group_set *g, struct str *out,
    struct str *why)
{
	struct known k = { .d = d, .g = g };
	struct buf b;

	*why = SAY("a group's name is no text of 1 to 256 bytes: map groups by name with groups");
	if (d->n_groups == 0 && !words_make(mem, &k))
		return false;
	buf_init(&b, mem, AUTHORITIES_MAX);
	buf_put(&b, d->authorities);
	for (size_t i = 0; i < g->n; i++)
		if (d->n_groups > 0)
			put_mapped(&b, &k, i);
		else if (k.words[i].n > 0 && !has_double(&k, i, STR_ABSENT))
			put_word(&b, k.words[i]);
	*why = SAY("an entry is in more groups than a token can say: map those that matter with groups");
	*out = buf_str(&b);
	return !b.full && authorities_fit(*out);
}

/* --- an entry --------------------------------------------------------------------------------- */

/* What names an entry for ever, as "ATTRIBUTE=HEX". */
static struct str
key_of(struct arena *mem, const struct ldap_attribute *attrs, size_t n)
{
	static const char *const names[] = LDAP_KEY_ATTRIBUTES;

	for (size_t i = 0; i < COUNT(names); i++) {
		const struct ldap_attribute *a = ldap_attribute_find(attrs, n, names[i]);

		if (a != NULL && a->n == 1 && a->values[0].n > 0 && a->values[0].n <= TEXT_MAX)
			return ARENA_CAT(mem, str_of(names[i]), S("="), hex_encode(mem, a->values[0]));
	}
	return S("");
}

/* lockoutTime outlasts the lock; where Active Directory computes whether that still holds, this counts. */
static enum state
state_of(const struct ldap_attribute *attrs, size_t n, bool *must_change)
{
	bool computed = ldap_attribute_find(attrs, n, "msDS-User-Account-Control-Computed") != NULL;
	enum state all = STATE_FINE;

	for (size_t i = 0; i < n; i++) {
		if (computed && str_eq_nocase(str_of(attrs[i].name), S("lockoutTime")))
			continue;
		for (size_t v = 0; v < attrs[i].n; v++)
			all = state_worse(all,
			    state_of_attribute(str_of(attrs[i].name), attrs[i].values[v], clock_now_s()));
	}
	*must_change = all == STATE_STALE;
	return all == STATE_STALE ? STATE_FINE : all;
}

/* By the rows of the setting `claims`. */
static struct str
claims_of(struct arena *mem, const struct directory *d, const struct ldap_attribute *attrs, size_t n)
{
	struct str whose = arena_say(mem, "directory %.*s: ", STR_ARG(d->name));
	json_t *said = d->claims.n > 0 ? claim_map_begin(mem) : NULL;

	for (size_t i = 0; said != NULL && i < d->claims.n; i++) {
		const struct claim_map_row *r = &d->claims.rows[i];
		const struct ldap_attribute *a = ldap_attribute_find(attrs, n, r->from);

		claim_map_put(mem, said, r, a != NULL ? a->values : NULL, a != NULL ? a->n : 0, whose);
	}
	return said != NULL ? claim_map_end(mem, said, whose) : STR_ABSENT;
}

bool
ldap_person_read(struct arena *mem, const struct directory *d, const struct ldap_attribute *attrs, size_t n,
    const struct ldap_group_set *groups, struct directory_person *out, struct str *why)
{
	const struct ldap_attribute *direct = ldap_attribute_find(attrs, n, d->group_attr);
	struct ldap_group_set own = { .dns = direct != NULL ? (struct str *)(uintptr_t)direct->values : NULL,
		.n = direct != NULL ? direct->n : 0 };
	struct str number = first(attrs, n, d->number_attr);

	*out = (struct directory_person){
		.name = first(attrs, n, d->name_attr),
		.display_name = first(attrs, n, d->display_name_attr),
		.mail = first(attrs, n, d->mail_attr),
		.phone = first(attrs, n, d->phone_attr),
		.key = key_of(mem, attrs, n),
		.authorities = STR_ABSENT,
		.claims = claims_of(mem, d, attrs, n),
	};
	out->state = state_of(attrs, n, &out->must_change);
	if (!str_int(number, &out->number))
		out->number = 0;
	out->has_number = d->number_attr[0] != '\0';
	*why = arena_say(mem, "an entry has no usable attribute %s", d->name_attr);
	return out->name.n > 0
	    && (!directory_has_groups(d)
		|| authorities_of(mem, d, groups != NULL ? groups : &own, &out->authorities, why));
}
