/* oauth/upstream/who.c - who somebody is, by what a provider's answers say. */
#include "oauth/upstream/upstream_int.h"
#include "store/user_claims.h"

#define GROUPS_MAX 200
#define AMR_MAX    16
#define TEXT_MAX   256          /* of a name, an address: what is longer is none */
#define SHOWN_MAX  120

/* On one line, and nothing that steers a terminal. */
static struct str
text_of(const struct call *c, const json_t *known, const char *t, size_t max)
{
	struct str s = upstream_fill(c->mem, known, t);

	return str_given(s) && s.n <= max && str_utf8(s) && text_is_shown(s) ? s : S("");
}

static bool
is_true(struct str s)
{
	return str_is(s, "true") || str_is(s, "1");
}

static bool
is_mail(struct str s)
{
	ptrdiff_t at = str_rindex(s, '@');

	return at > 0 && (size_t)at + 1 < s.n && str_index(s, ' ') < 0 && str_index(s, '@') == at;
}

/*
 * RFC 8176 has no word for a login elsewhere; "fed" says that there was one, and what the provider tells of its own
 * stands beside it where an operator believes it.
 */
static struct str
amr_of(const struct call *c, const struct upstream *u, const json_t *known)
{
	struct str words[AMR_MAX];
	size_t n = u->believes_amr && u->what.openid ? upstream_values(c->mem, known, S("id.amr"), words, AMR_MAX) : 0;
	struct buf b;

	buf_init(&b, c->mem, 256);
	buf_put(&b, S("fed"));
	for (size_t i = 0; i < n; i++)
		if (str_is_visible(words[i]) && words[i].n <= 16 && !str_has_word(buf_str(&b), words[i], ' ')
		    && b.n + words[i].n < 250)
			buf_printf(&b, " %.*s", STR_ARG(words[i]));
	return buf_str(&b);
}

static struct str
claims_of(const struct call *c, const struct upstream *u, const json_t *known)
{
	struct str whose = ARENA_CAT(c->mem, S("identity provider "), u->name, S(": ")), values[USER_CLAIM_ITEMS_MAX];
	json_t *said = u->claims.n > 0 ? claim_map_begin(c->mem) : NULL;

	for (size_t i = 0; said != NULL && i < u->claims.n; i++) {
		const struct claim_map_row *r = &u->claims.rows[i];
		size_t n = upstream_values(c->mem, known, str_of(r->from), values, COUNT(values));

		claim_map_put(c->mem, said, r, values, n, whose);
	}
	return said != NULL ? claim_map_end(c->mem, said, whose) : STR_ABSENT;
}

/* When it logged in there, as far as that is told; what lies ahead is now. */
static int64_t
auth_time(const struct call *c, const json_t *known)
{
	int64_t t = 0;

	return json_member_time(json_object_get(known, "id"), "auth_time", &t) && t > 0 && t < c->now_s ? t : c->now_s;
}

bool
upstream_somebody(const struct call *c, const struct upstream *u, const json_t *known, struct somebody *out)
{
	struct str subject = upstream_fill_whole(c->mem, known, u->what.subject);
	struct str email = text_of(c, known, u->what.email, TEXT_MAX);

	if (str_empty(subject) || subject.n > IDENTITY_SUBJECT_MAX || !str_utf8(subject) || !text_is_shown(subject))
		return false;
	*out = (struct somebody){ .provider = u->name, .subject = subject,
		.shown = text_of(c, known, u->what.shown, SHOWN_MAX),
		.name = text_of(c, known, u->what.person, TEXT_MAX),
		.phone = text_of(c, known, u->what.phone, TEXT_MAX),
		.claims = claims_of(c, u, known), .amr = amr_of(c, u, known), .auth_s = auth_time(c, known) };
	if (is_mail(email) && is_true(upstream_fill(c->mem, known, u->what.email_verified)))
		out->email = email;
	return true;
}

/* --- may it come? ----------------------------------------------------------------------------- */

/* By the domain of an address that is verified, and of nothing else. */
static bool
domain_fits(const struct upstream *u, const struct somebody *p)
{
	ptrdiff_t at = str_rindex(p->email, '@');
	struct str rest = u->domains, domain = at >= 0 ? str_from(p->email, (size_t)at + 1) : STR_ABSENT;

	if (str_empty(rest))
		return true;
	while (str_given(domain) && str_given(rest))
		if (str_eq_nocase(str_cut(&rest, ' '), domain))
			return true;
	return false;
}

static size_t
groups_of(const struct call *c, const struct upstream *u, const json_t *known, struct str out[GROUPS_MAX])
{
	return u->groups != NULL ? upstream_values(c->mem, known, str_of(u->groups), out, GROUPS_MAX) : 0;
}

bool
upstream_lets_in(const struct call *c, const struct upstream *u, const json_t *known, const struct somebody *p)
{
	struct str groups[GROUPS_MAX];
	size_t n = groups_of(c, u, known, groups);
	bool fits = str_empty(u->allowed_groups);

	for (size_t i = 0; !fits && i < n; i++)
		fits = str_has_word(u->allowed_groups, groups[i], ' ');
	return fits && domain_fits(u, p);
}

struct str
upstream_authorities(const struct call *c, const struct upstream *u, const json_t *known)
{
	struct str groups[GROUPS_MAX];
	size_t n = groups_of(c, u, known, groups);
	struct buf b;

	buf_init(&b, c->mem, 4096);
	buf_put(&b, u->authorities);
	for (size_t k = 0; k < u->n_group_authorities; k++)
		for (size_t i = 0; i < n; i++)
			if (str_eq(u->group_authorities[k].name, groups[i])
			    && !str_has_word(buf_str(&b), u->group_authorities[k].value, ' '))
				buf_printf(&b, "%s%.*s", b.n > 0 ? " " : "", STR_ARG(u->group_authorities[k].value));
	return b.full ? STR_ABSENT : buf_str(&b);
}
