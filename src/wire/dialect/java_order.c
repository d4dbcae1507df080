/*
 * dialect/java_order.c - the check_token answer of the old framework: a hashed map with hashed sets
 * in it (base/hash_order.h).
 */
#include "wire/dialect/spring_family.h"

#include <assert.h>

/*
 * Members of a map; it begins with so many buckets. A custom dialect has at most 40 more of
 * them (wire/derive_answers.c).
 */
#define MEMBERS_MAX 64
struct map { struct str name[MEMBERS_MAX], json[MEMBERS_MAX]; size_t n, capacity; };

/* More than the dialects' tables can name is a programmer's mistake. */
static void
put(struct map *m, struct str name, struct str json)
{
	assert(m->n < MEMBERS_MAX);
	m->name[m->n] = name;
	m->json[m->n++] = json;
}

/* --- check_token ------------------------------------------------------------------------------ */

static struct str
text_json(struct exchange *x, struct str text)
{
	struct buf b;

	buf_init(&b, x->q->mem, BODY_MAX);
	buf_json(&b, text);
	return body_of(&b);
}

/*
 * A user's authorities are sorted before they are hashed; a client's went through the set of a
 * copied collection first.
 */
static struct str
authorities_json(struct exchange *x, struct str words, bool user)
{
	struct arena *mem = x->q->mem;
	size_t n = str_words(words, ' ', NULL);
	struct str first = user ? words_sorted(mem, words) : hash_order_words(mem, words, hash_capacity_copy(n));

	return words_json(x, hash_order_words(mem, first, hash_capacity_for(n)));
}

static void
put_who(struct exchange *x, struct map *m, const struct token_facts *f)
{
	bool user = f->user != NULL || !str_empty(f->user_name);

	m->capacity = 16;
	if (user) {
		/* the map that is copied in has that many members */
		m->capacity = str_empty(f->authorities) ? 2 : 4;
		put(m, S("user_name"), text_json(x, f->user_name));
	}
	if (!str_empty(f->authorities))
		put(m, S("authorities"), authorities_json(x, f->authorities, user));
}

/* The client's resources, as a set copied from a list. */
static struct str
resources_json(struct exchange *x, struct str words)
{
	return words_json(x, hash_order_words(x->q->mem, words, hash_capacity_copy(str_words(words, ' ', NULL))));
}

/* The additional members of a token answer come back here. */
static void
put_additional(struct exchange *x, struct map *m, const struct token_facts *f)
{
	struct tokens t = { .user = f->user, .account_type = f->account_type };

	for (const struct token_row *row = x->w->tokens; row->name != NULL; row++) {
		struct str text;
		bool number,
		    more = row->part == TP_CLAIM_TEXT || row->part == TP_USER_NAME
		    || row->part == TP_USER_NUMBER || row->part == TP_ACCOUNT_TYPE;

		if (more && token_part_value(x, row, &t, &text, &number))
			put(m, str_of(row->name), number ? text : text_json(x, text));
	}
}

struct str
facts_spring(struct exchange *x, const struct token_facts *f)
{
	struct map m = { .n = 0 };
	size_t *order;
	struct buf b;

	put_who(x, &m, f);
	put(&m, S("scope"), words_json(x, f->scope));
	if (f->is_jwt && str_given(f->jti))
		put(&m, S("jti"), text_json(x, f->jti));
	if (f->exp_s)
		put(&m, S("exp"), arena_printf(x->q->mem, "%lld", (long long)f->exp_s));
	put_additional(x, &m, f);
	put(&m, S("client_id"), text_json(x, f->client_id));
	if (f->client != NULL && !str_empty(f->client->resource_ids))
		put(&m, S("aud"), resources_json(x, f->client->resource_ids));
	if (x->mount->style.check_token_active)
		put(&m, S("active"), S("true"));
	order = hash_order(x->q->mem, m.name, m.n, m.capacity);
	buf_init(&b, x->q->mem, BODY_MAX);
	jw_open(&b, '{');
	for (size_t i = 0; order != NULL && i < m.n; i++)
		jm_raw(&b, m.name[order[i]], m.json[order[i]]);
	jw_close(&b, '}');
	return body_of(&b);
}
