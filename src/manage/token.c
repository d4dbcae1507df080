/*
 * manage/token.c - token.list: what was given and lives. Families first, each with the opaque
 * tokens that stem from it, then the tokens of no family. Of signed tokens only the family is
 * stored, which ends them. No row says a token's text.
 */
#include "manage/manage_int.h"

/* A row of the list: a family, or a token. */
struct given { bool is_family; struct family family; struct token token; };

/*
 * Where a page goes on: behind this family's token (none: behind the family itself), or among the
 * tokens without one.
 */
struct spot { bool in_families, in_one; struct family family; struct id16 token; };
struct asked { const struct id16 *user; struct str client; struct spot *at; };

/* "f" family token client, "t" token: ids in hex, the client's as it is. */
static bool
id_read(struct page *p, struct str hex, struct id16 *out)
{
	struct str bytes;

	if (!hex_decode(&p->mem, hex, &bytes) || bytes.n != sizeof out->b)
		return false;
	memcpy(out->b, bytes.p, sizeof out->b);
	return true;
}

static bool
spot_read(struct page *p, struct str text, struct spot *at)
{
	*at = (struct spot){ .in_families = true };
	if (!str_given(text))
		return true;
	if (str_starts(text, S("t"))) {
		at->in_families = false;
		return id_read(p, str_from(text, 1), &at->token);
	}
	at->in_one = true;
	at->family.auth.client = str_from(text, 65);
	return str_starts(text, S("f")) && id_read(p, str_sub(text, 1, 32), &at->family.id)
	    && id_read(p, str_sub(text, 33, 32), &at->token);
}

static struct str
given_key(struct page *p, const void *row)
{
	const struct given *g = row;
	struct id16 none = { { 0 } };
	struct arena *mem = p->job->mem;

	if (!g->is_family && id_none(&g->token.family))
		return ARENA_CAT(mem, S("t"), hex_encode(mem, id_str(&g->token.id)));
	return ARENA_CAT(mem, S("f"), hex_encode(mem, id_str(&g->family.id)),
	    hex_encode(mem, id_str(g->is_family ? &none : &g->token.id)), g->family.auth.client);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* The next rows of one family; -1: trouble. *at->in_one is false behind its last. */
static int
tokens_of_one(struct page *p, struct spot *at, struct given *rows, int max)
{
	struct token *got = arena_array(&p->mem, struct token, (size_t)max);
	int n = got == NULL
	    ? -1
	    : store_tokens(p->job->store, &p->mem,
		&(struct token_walk){ .family = &at->family.id, .after = at->token }, max, got);

	for (int i = 0; i < n; i++) {
		rows[i] = (struct given){ .family = at->family, .token = got[i] };
		at->token = got[i].id;
	}
	at->in_one = n == max;
	return n;
}

static int
next_family(struct page *p, const struct asked *a, struct given *row)
{
	struct family_walk w = { .user = a->user, .client = a->client, .after = a->at->family };
	int n = store_families(p->job->store, &p->mem, &w, 1, &row->family);

	row->is_family = true;
	a->at->in_families = n == 1;
	a->at->in_one = n == 1;
	a->at->token = (struct id16){ { 0 } };
	if (n == 1)
		a->at->family = row->family;
	return n;
}

static int
loose_tokens(struct page *p, const struct asked *a, struct given *rows, int max)
{
	struct token_walk w = { .user = a->user, .client = a->client, .after = a->at->token };
	struct token *got = arena_array(&p->mem, struct token, (size_t)max);
	int n = got == NULL ? -1 : store_tokens(p->job->store, &p->mem, &w, max, got);

	for (int i = 0; i < n; i++) {
		rows[i] = (struct given){ .token = got[i] };
		a->at->token = got[i].id;
	}
	return n;
}

static int
given_read(struct page *p, void *out, int max)
{
	const struct asked *a = p->filter;
	struct given *rows = out;
	int n = 0, got = 0;

	if (!spot_read(p, p->after, a->at)) {
		p->wrong_after = true;
		return 0;
	}
	while (n < max && got >= 0) {
		if (a->at->in_one)
			got = tokens_of_one(p, a->at, &rows[n], max - n);
		else if (a->at->in_families)
			got = next_family(p, a, &rows[n]);
		else {
			got = loose_tokens(p, a, &rows[n], max - n);
			return got < 0 ? -1 : n + got;
		}
		n += got > 0 ? got : 0;
	}
	return got < 0 ? -1 : n;
}

/* --- showing ---------------------------------------------------------------------------------- */

static const char *
kind_of(const struct given *g)
{
	return g->is_family ? family_kind(&g->family) : "access_token";
}

static bool
lives(const struct given *g)
{
	if (g->is_family || !id_none(&g->family.id))
		if (g->family.state != FAMILY_LIVE)
			return false;
	return !is_over(g->is_family ? g->family.expires_s : g->token.expires_s);
}

static bool
given_wanted(const struct page *p, const void *row)
{
	const struct given *g = row;
	const struct asked *a = p->filter;
	const struct token *t = &g->token;
	struct str client = g->is_family ? g->family.auth.client : t->auth.client;
	const struct id16 *user = g->is_family ? &g->family.auth.user : &t->auth.user;

	if (!g->is_family && id_none(&g->family.id) && !id_none(&t->family))
		return false;                   /* it was there with its family, or that has ended */
	return lives(g) && issuer_fits(p->job, g->is_family ? g->family.auth.issuer : t->auth.issuer)
	    && is_or_any(client, a->client) && (a->user == NULL || memcmp(user, a->user, sizeof *user) == 0)
	    && is_or_any(str_of(kind_of(g)), job_arg(p->job, "kind"));
}

static void
given_put(struct page *p, const void *row)
{
	const struct given *g = row;

	if (g->is_family)
		family_json(&p->out, &p->mem, &g->family);
	else
		token_json(&p->out, &p->mem, &g->token, id_none(&g->family.id) ? NULL : &g->family.id);
}

bool
token_list(struct job *j)
{
	static const struct paged tokens = { "tokens", sizeof(struct given), given_read, given_wanted, given_put,
		given_key };
	struct spot at;
	struct asked a = { .client = job_arg(j, "client"), .at = &at };
	struct user u;

	return user_asked(j, &u, &a.user) && issuer_is_named_right(j) && page_answer(j, &tokens, &a);
}
