/*
 * wire/custom/grants.c - `grants` and `bare_grants`: what grant types are called, and whose answers
 * stand in no envelope.
 */
#include "wire/custom/custom.h"

#define GRANT_ROWS_MAX 48

struct grant_table { struct grant_row at[GRANT_ROWS_MAX + 1]; size_t n; };

bool
grant_is_offered(const struct wire *w, struct str name)
{
	for (const struct grant_row *g = w->grants; g->name != NULL; g++)
		if (str_is(name, g->grant->name))
			return true;
	return false;
}

static void
grant_add(struct derive *d, struct grant_table *t, const struct tree *node, const struct grant_row *like,
    const char *name)
{
	if (t->n == GRANT_ROWS_MAX)
		wrong(d, "grants", node, "there are more than %d names", GRANT_ROWS_MAX);
	else {
		t->at[t->n] = *like;
		t->at[t->n++].name = name;
	}
}

/* A dialect that takes up one-time codes gets the bounds that go with them; an issuer may set others. */
static void
offer(struct derive *d, const struct grant *g)
{
	static const struct policy_sms usual = SMS_POLICY(300);
	struct policy *policy = &d->w->policy;

	policy->grant.offered |= BIT(g->index);
	if (g->index == GI_sms && policy->sms.code_ttl_s == 0)
		policy->sms = usual;
}

static void
name_grant(struct derive *d, struct grant_table *t, const struct tree *node, const struct grant_row *like)
{
	struct words names;

	if (!words_of(d, "grants", node, &names) || !names_are_good(d, "grants", node, &names))
		return;
	if (names.n == 0)
		d->w->policy.grant.offered &= ~BIT(like->grant->index);
	else
		offer(d, like->grant);
	for (size_t i = 0; i < names.n; i++)
		grant_add(d, t, node, like, arena_z(d->mem, names.at[i]));
}

static void
add_grant(struct derive *d, struct grant_table *t, const struct tree *node)
{
	struct nearest near = nearest_to(node->name);

	for (int i = 0; i < GI_COUNT; i++) {
		if (str_is(node->name, grants[i]->name)) {
			name_grant(d, t, node, &(struct grant_row){ grants[i]->name, grants[i], NULL, NULL });
			return;
		}
		nearest_try(&near, str_of(grants[i]->name));
	}
	wrong_name(d, "grants", node, "grant", &near);
}

/* No name twice; told of a key that made it so. */
static void
check_grants(struct derive *d, const struct grant_table *t)
{
	for (size_t i = 0; i < t->n; i++)
		for (size_t k = 0; k < i; k++) {
			const struct tree *node = tree_member(d->spec->grants, t->at[i].grant->name);
			const struct grant *other = t->at[node ? k : i].grant;

			if (strcmp(t->at[i].name, t->at[k].name) == 0)
				wrong(d, "grants",
				    node ? node : tree_member(d->spec->grants, t->at[k].grant->name),
				    "%s is the name of %s already; give one of them another", t->at[i].name,
				    other->name);
		}
}

void
read_grants(struct derive *d)
{
	struct grant_table *t = arena_new(d->mem, struct grant_table);
	const struct tree *map = d->spec->grants;

	if (t == NULL)
		return;
	for (const struct grant_row *g = d->base->grants; g->name != NULL; g++) {
		const struct tree *node = tree_member(map, g->grant->name);

		if (node == NULL)
			grant_add(d, t, NULL, g, g->name);
		else if (g == d->base->grants || (g - 1)->grant != g->grant)
			name_grant(d, t, node, g);
	}
	for (size_t i = 0; map != NULL && i < map->n; i++)
		if (!grant_is_offered(d->base, map->at[i].name))
			add_grant(d, t, &map->at[i]);
	check_grants(d, t);
	d->w->grants = t->at;
}

/* Which grants' answers stand in no envelope. */
void
read_bare_grants(struct derive *d)
{
	const struct wire_words *bare = &d->spec->bare_grants;
	struct grant_row *rows = (struct grant_row *)(uintptr_t)d->w->grants;

	for (size_t i = 0; i < bare->n; i++)
		if (!grant_is_offered(d->w, bare->at[i]))
			wrong(d, "bare_grants", NULL, "%.*s is no grant of this dialect", STR_ARG(bare->at[i]));
	if (bare->n == 0 && d->spec->success == NULL)
		return;
	for (struct grant_row *g = rows; g->name != NULL; g++) {
		g->tokens = NULL;
		for (size_t i = 0; i < bare->n; i++)
			if (str_is(bare->at[i], g->grant->name))
				g->tokens = tokens_bare;
	}
}

bool
first_of_grant(const struct wire *w, const struct grant_row *row)
{
	for (const struct grant_row *g = w->grants; g < row; g++)
		if (g->grant == row->grant)
			return false;
	return true;
}

static bool
has_grant(const struct wire *w, const struct grant *grant)
{
	for (const struct grant_row *g = w->grants; g->name != NULL; g++)
		if (g->grant == grant)
			return true;
	return false;
}

void
show_grants(struct buf *b, const struct wire *w, const struct wire *base)
{
	buf_put(b, S("    grants:\n"));
	for (int i = 0; i < GI_COUNT; i++) {
		struct str names[WORDS_MAX];
		size_t n = 0;

		for (const struct grant_row *g = w->grants; g->name != NULL; g++)
			if (g->grant == grants[i])
				one_more(names, &n, g->name);
		if (n == 0 && !(base && has_grant(base, grants[i])))
			continue;
		put_key(b, "      ", str_of(grants[i]->name));
		put_words(b, names, n);
	}
}

void
show_bare_grants(struct buf *b, const struct wire *w, const struct wire *base)
{
	struct str names[WORDS_MAX];
	size_t n = 0;

	(void)base;
	for (const struct grant_row *g = w->grants; g->name != NULL; g++)
		if (g->tokens == tokens_bare && first_of_grant(w, g))
			one_more(names, &n, g->grant->name);
	if (n == 0)
		return;
	buf_put(b, S("    bare_grants: "));
	put_words(b, names, n);
}
