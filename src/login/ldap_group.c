/*
 * login/ldap_group.c - the groups of an entry: nested ones are followed as the settings say, and
 * others of the same name are looked for.
 */
#include "login/ldap_int.h"

#define GROUPS_MAX     5000
#define FILTER_GROUPS  40       /* names asked for at once */
#define FILTER_BYTES   (64 * 1024)
#define IN_CHAIN       "member:1.2.840.113556.1.4.1941:="      /* [MS-ADTS] 3.1.1.3.4.4.3: through all groups between */
#define GROUP_CLASSES  "(|(objectClass=group)(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=groupOfMembers)" \
	"(objectClass=groupOfEntries)(objectClass=groupOfURLs)(objectClass=posixGroup))"

static const char *const nothing[] = { LDAP_NO_ATTRS, NULL };

/* False: there are too many, or mem is full. One that is there already is passed over. */
static bool
add(struct arena *mem, struct str **list, size_t *n, size_t *room, struct str dn)
{
	for (size_t i = 0; i < *n; i++)
		if (ldap_dn_same((*list)[i], dn))
			return true;
	if (*n == GROUPS_MAX)
		return false;
	if (*n == *room) {
		size_t more = 2 * *room + 16;

		*list = arena_grow(mem, *list, *room * sizeof **list, more * sizeof **list);
		*room = more;
	}
	if (*list == NULL)
		return false;
	(*list)[(*n)++] = dn;
	return true;
}

struct gathering { struct ldap_group_set *set; struct str **list; size_t *n, *room; const char *attr; };

/* The server does what it should; it is this entry that cannot be a user here. */
static enum outcome
no_user(struct talk *t, const char *dn, const char *why)
{
	log_warn("directory %.*s: %s: %s; the login is refused", STR_ARG(t->d->name), dn, say(why));
	return STEP_CLOSED;
}

static bool
take_dn(void *ctx, struct talk *t, LDAPMessage *m)
{
	struct gathering *g = ctx;

	return *g->n == GROUPS_MAX || add(t->mem, g->list, g->n, g->room, str_of(talk_dn(t, m)));
}

static bool
take_values(void *ctx, struct talk *t, LDAPMessage *m)
{
	struct gathering *g = ctx;
	struct ldap_attribute a;

	if (!talk_values(t, m, g->attr, &a) || !a.whole)
		return false;
	for (size_t i = 0; i < a.n && *g->n < GROUPS_MAX; i++)
		if (!add(t->mem, g->list, g->n, g->room, a.values[i]))
			return false;
	return true;
}

/* --- nested groups ---------------------------------------------------------------------------- */

static struct str
dn_filter(struct talk *t, const char *before, const char *dn, const char *between, const char *after)
{
	struct buf b;

	buf_init(&b, t->mem, FILTER_BYTES);
	buf_put(&b, str_of(before));
	ldap_filter_put(&b, str_of(dn));
	if (between != NULL) {
		buf_put(&b, str_of(between));
		ldap_filter_put(&b, str_of(dn));
	}
	buf_put(&b, str_of(after));
	return b.full ? STR_ABSENT : buf_str(&b);
}

/* All groups that have this entry as a member. */
static enum outcome
holders(struct talk *t, struct str filter, struct gathering *g)
{
	struct ldap_query q = { .base = t->d->group_base,
		.scope = LDAP_SCOPE_SUBTREE,
		.filter = filter,
		.attrs = nothing,
		.limit = GROUPS_MAX,
		.enough = GROUPS_MAX + 1,
		.of_groups = true,
		.take = take_dn,
		.ctx = g };

	return talk_search(t, &q);
}

/* What a group says itself of the groups that it is in; one that cannot be read is in none. */
static enum outcome
parents(struct talk *t, struct str dn, struct gathering *g)
{
	const char *attrs[] = { t->d->group_attr, NULL };
	struct ldap_query q = { .base = arena_z(t->mem, dn),
		.scope = LDAP_SCOPE_BASE,
		.filter = S("(objectClass=*)"),
		.attrs = attrs,
		.limit = 1,
		.enough = 1,
		.may_be_hidden = true,
		.take = take_values,
		.ctx = g };
	enum outcome o = q.base != NULL ? talk_search(t, &q) : STEP_NO;

	return o == STEP_NO ? STEP_OK : o;
}

static enum outcome
walk(struct talk *t, const char *dn, struct gathering *g)
{
	enum outcome o = STEP_OK;

	if (t->d->nested == NESTED_MEMBER)
		o = holders(t, dn_filter(t, "(|(member=", dn, ")(uniqueMember=", "))"), g);
	for (size_t i = 0; o == STEP_OK && i < g->set->n && g->set->n < GROUPS_MAX; i++) {
		const char *group = arena_z(t->mem, g->set->dns[i]);

		if (t->d->nested == NESTED_MEMBER_OF)
			o = parents(t, g->set->dns[i], g);
		else if (group != NULL)
			o = holders(t, dn_filter(t, "(|(member=", group, ")(uniqueMember=", "))"), g);
	}
	return o;
}

/* --- others of the same name ------------------------------------------------------------------ */

static bool
is_plain(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

/*
 * "(cn=domain*admins)" for "CN=Domain-Admins,OU=x": every name that could become the same word.
 * False: there is none to ask for.
 */
static bool
put_alike(struct buf *b, struct str dn)
{
	ptrdiff_t equals = str_index(dn, '=');
	struct str name = ldap_first_part(dn);
	bool plain = false;

	for (ptrdiff_t i = 0; i < equals; i++)
		if (!is_plain(dn.p[i]) && dn.p[i] != '-' && dn.p[i] != '.')
			return false;
	for (size_t i = 0; i < name.n; i++)
		plain |= is_plain(name.p[i]);
	if (equals <= 0 || !plain)
		return false;
	buf_putc(b, '(');
	buf_put(b, str_sub(dn, 0, (size_t)equals + 1));
	for (size_t i = 0; i < name.n; i++) {
		if (is_plain(name.p[i]))
			ldap_filter_put(b, str_sub(name, i, 1));
		else if (b->p[b->n - 1] != '*')
			buf_putc(b, '*');
		if (name.p[i] == '\\')          /* what is escaped, by itself or in hex */
			i += i + 2 < name.n && is_plain(name.p[i + 1]) ? 2 : 1;
	}
	buf_putc(b, ')');
	return true;
}

static enum outcome
others_find(struct talk *t, struct ldap_group_set *set, struct gathering *g)
{
	enum outcome o = STEP_OK;

	for (size_t i = 0; o == STEP_OK && i < set->n;) {
		struct ldap_query q = { .base = t->d->group_base,
			.scope = LDAP_SCOPE_SUBTREE,
			.attrs = nothing,
			.limit = GROUPS_MAX,
			.enough = GROUPS_MAX + 1,
			.may_be_hidden = true,
			.of_groups = true,
			.take = take_dn,
			.ctx = g };
		struct buf b;
		size_t asked = 0;

		buf_init(&b, t->mem, FILTER_BYTES);
		buf_put(&b, S("(&" GROUP_CLASSES "(|"));
		for (; asked < FILTER_GROUPS && i < set->n && b.n < FILTER_BYTES / 2; i++)
			if (ldap_group_is_named(t->d, set->dns[i]))
				asked += put_alike(&b, set->dns[i]);
		buf_put(&b, S("))"));
		q.filter = buf_str(&b);
		if (asked > 0)
			o = talk_search(t, &q);
	}
	return o == STEP_NO ? STEP_OK : o;
}

enum outcome
groups_find(struct talk *t, const char *dn, const struct ldap_attribute *direct, struct ldap_group_set *out)
{
	size_t room = 0, others_room = 0, n = 0;
	struct gathering g = { out, &out->dns, &out->n, &room, t->d->group_attr },
			 more = { out, &out->others, &n, &others_room, NULL };
	enum outcome o = STEP_OK;

	*out = (struct ldap_group_set){ .n = 0 };
	if (direct != NULL && !direct->whole)
		return no_user(t, dn, "one answer does not hold all its groups; set nested_groups: in_chain");
	for (size_t i = 0; direct != NULL && i < direct->n; i++)
		if (!add(t->mem, &out->dns, &out->n, &room, direct->values[i]))
			return no_user(t, dn, "it is in more groups than can be followed");
	if (t->d->nested == NESTED_IN_CHAIN)
		o = holders(t, dn_filter(t, "(" IN_CHAIN, dn, NULL, ")"), &g);
	else if (t->d->nested != NESTED_NONE)
		o = walk(t, dn, &g);
	if (o == STEP_OK)
		o = others_find(t, out, &more);
	out->n_others = n;
	if (out->n == GROUPS_MAX || n == GROUPS_MAX)
		return no_user(t, dn, "it is in more groups than can be followed");
	return o == STEP_NO ? talk_down(t, "groups", "there is no group_base") : o;
}
