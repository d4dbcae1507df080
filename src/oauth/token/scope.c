/* oauth/token/scope.c - scope values: words, order, and what a client may have. RFC 6749 section 3.3. */
#include "oauth/token/token.h"

static bool
is_gap(const struct policy *policy, char ch)
{
	return ch == ' ' || ch == '\t'
	    || (policy->scope.plus_separates && (ch == '+' || ch == '\n' || ch == '\r' || ch == '\f'));
}

static bool
word_add(struct scope_words *w, struct str word)
{
	for (size_t i = 0; i < w->n; i++)
		if (str_eq(w->at[i], word))
			return true;
	if (w->n == SCOPES_MAX)
		return false;
	w->at[w->n++] = word;
	return true;
}

bool
scope_split(const struct policy *policy, struct str scope, struct scope_words *out)
{
	size_t from = 0;

	out->n = 0;
	for (size_t i = 0; i <= scope.n; i++) {
		if (i < scope.n && !is_gap(policy, scope.p[i]))
			continue;
		if (i > from && !word_add(out, str_sub(scope, from, i - from)))
			return false;
		from = i + 1;
	}
	return true;
}

void
scope_sort(struct scope_words *w)
{
	for (size_t i = 1; i < w->n; i++)
		for (size_t j = i; j > 0 && str_cmp(w->at[j - 1], w->at[j]) > 0; j--) {
			struct str t = w->at[j];

			w->at[j] = w->at[j - 1];
			w->at[j - 1] = t;
		}
}

struct str
scope_join(struct arena *mem, const struct scope_words *w, struct str sep)
{
	struct str parts[2 * SCOPES_MAX];
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++) {
		if (i > 0)
			parts[n++] = sep;
		parts[n++] = w->at[i];
	}
	return n == 0 ? S("") : arena_cat(mem, parts, n);
}

bool
scope_within(const struct scope_words *w, struct str list, struct str *first_foreign)
{
	for (size_t i = 0; i < w->n; i++)
		if (!str_has_word(list, w->at[i], ' ')) {
			*first_foreign = w->at[i];
			return false;
		}
	return true;
}

static bool
scope_default(struct call *c, const struct client *k, struct str *scope)
{
	const struct policy *policy = c->issuer->policy;

	*scope = policy->scope.absent_means_all ? k->scopes : policy->scope.when_absent;
	if (!str_empty(*scope))
		return true;
	return fail(c, R_SCOPE_EMPTY, k->id);
}

bool
scope_settle(struct call *c, const struct client *k, struct str *scope)
{
	struct scope_words w;
	struct str foreign;

	c->allowed = k->scopes;
	if (!scope_split(c->issuer->policy, c->arg[P_SCOPE], &w))
		return fail_with(c, R_SCOPE_UNKNOWN, S("..."));
	if (w.n == 0)
		return scope_default(c, k, scope);
	if (c->issuer->policy->scope.is_sorted)
		scope_sort(&w);
	if (!scope_within(&w, k->scopes, &foreign))
		return fail_with(c, R_SCOPE_UNKNOWN, foreign);
	*scope = scope_join(c->mem, &w, S(" "));
	return true;
}

bool
scope_bind(struct call *c, struct str most, struct str *scope)
{
	struct scope_words w, kept = { .n = 0 };
	struct str foreign;

	if (!str_given(most))
		return true;
	c->allowed = most;
	if (!scope_split(c->issuer->policy, *scope, &w))
		return fail_with(c, R_SCOPE_UNKNOWN, S("..."));
	if (!str_empty(c->arg[P_SCOPE]))
		return scope_within(&w, most, &foreign) || fail_with(c, R_SCOPE_WIDER, foreign);
	for (size_t i = 0; i < w.n; i++)
		if (str_has_word(most, w.at[i], ' '))
			kept.at[kept.n++] = w.at[i];
	*scope = scope_join(c->mem, &kept, S(" "));
	return kept.n > 0 || w.n == 0 || fail_with(c, R_SCOPE_WIDER, w.at[0]);
}

/*
 * OpenID Connect Core 11: offline_access is a word for whoever can have a refresh token, registered or not; for others,
 * and where no code comes, it says nothing. Without: the scope that is left of it.
 */
static bool
offline_is_asked(const struct call *c, struct str *without)
{
	struct scope_words w;
	size_t n = 0;

	if (!c->issuer->policy->authorize.claims_are_read || !str_has_word(c->arg[P_SCOPE], S(OFFLINE_ACCESS), ' ')
	    || !scope_split(c->issuer->policy, c->arg[P_SCOPE], &w))
		return false;
	for (size_t i = 0; i < w.n; i++)
		if (!str_is(w.at[i], OFFLINE_ACCESS))
			w.at[n++] = w.at[i];
	w.n = n;
	*without = scope_join(c->mem, &w, S(" "));
	return without->n > 0;
}

bool
scope_settle_offline(struct call *c, const struct client *k, bool has_meaning, struct str *scope)
{
	struct str asked = c->arg[P_SCOPE], rest;
	bool ok;

	if (!offline_is_asked(c, &rest))
		return scope_settle(c, k, scope);
	call_put(c, P_SCOPE, rest);
	ok = scope_settle(c, k, scope);
	call_put(c, P_SCOPE, asked);
	if (ok && has_meaning)
		*scope = ARENA_CAT(c->mem, *scope, S(" " OFFLINE_ACCESS));
	return ok;
}
