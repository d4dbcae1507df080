/* dialect/java_order.c - the order in which the old platform prints members of hashed maps and sets, and the check_token answer that shows it. */
#include "wire/dialect/spring_family.h"

/* One code point of UTF-8; malformed bytes stand for themselves. */
static uint32_t
code_point(struct str s, size_t *i)
{
	unsigned char b = (unsigned char)s.p[(*i)++];
	int more = b >= 0xf0 ? 3 : b >= 0xe0 ? 2 : b >= 0xc0 ? 1 : 0;
	uint32_t c = more == 3 ? b & 7u : more == 2 ? b & 15u : more == 1 ? b & 31u : b;

	for (; more > 0 && *i < s.n; more--)
		c = c << 6 | ((unsigned char)s.p[(*i)++] & 63u);
	return c;
}

uint32_t
java_hash(struct str text)
{
	uint32_t h = 0;

	for (size_t i = 0; i < text.n;) {
		uint32_t c = code_point(text, &i);

		if (c >= 0x10000) {
			h = 31 * h + (0xd800 + ((c - 0x10000) >> 10));
			c = 0xdc00 + ((c - 0x10000) & 0x3ff);
		}
		h = 31 * h + c;
	}
	return h ^ h >> 16;
}

void
java_map_put(struct java_map *m, struct str name, struct str json)
{
	if (m->n == COUNT(m->at))
		return;
	m->at[m->n].name = name;
	m->at[m->n++].json = json;
	while (m->n > m->capacity * 3 / 4)
		m->capacity *= 2;
}

/* A stable sort by bucket: doubling a table keeps the order of the entries that stay together. */
void
java_map_order(const struct java_map *m, size_t order[24])
{
	for (size_t i = 0; i < m->n; i++) {
		uint32_t bucket = java_hash(m->at[i].name) & (uint32_t)(m->capacity - 1);
		size_t at = i;

		while (at > 0 && (java_hash(m->at[order[at - 1]].name) & (uint32_t)(m->capacity - 1)) > bucket) {
			order[at] = order[at - 1];
			at--;
		}
		order[at] = i;
	}
}

static size_t
power_of_two(size_t n)
{
	size_t p = 1;

	while (p < n)
		p *= 2;
	return p;
}

static struct str
words_by_hash(struct arena *mem, struct str words, size_t capacity)
{
	struct java_map m = { .capacity = capacity };
	struct str rest = words, word;
	size_t order[24];
	struct buf b;

	while (str_given(rest) && (word = str_cut(&rest, ' ')).p)
		if (word.n)
			java_map_put(&m, word, STR_ABSENT);
	java_map_order(&m, order);
	buf_init(&b, mem, 8192);
	for (size_t i = 0; i < m.n; i++) {
		if (i)
			buf_putc(&b, ' ');
		buf_put(&b, m.at[order[i]].name);
	}
	return buf_str(&b);
}

static size_t
word_count(struct str words)
{
	struct str rest = words, word;
	size_t n = 0;

	while (str_given(rest) && (word = str_cut(&rest, ' ')).p)
		n += word.n > 0;
	return n;
}

struct str
java_hash_set(struct arena *mem, struct str words, bool through_16)
{
	size_t n = word_count(words), first = power_of_two(n * 4 / 3 + 1);

	if (through_16)
		words = words_by_hash(mem, words, first > 16 ? first : 16);
	return words_by_hash(mem, words, power_of_two(n ? n : 1));
}

/* --- check_token ------------------------------------------------------------------------------------------------------------------ */

static struct str
text_json(struct exchange *x, struct str text)
{
	struct buf b;

	buf_init(&b, x->q->mem, BODY_MAX);
	buf_json(&b, text);
	return body_of(&b);
}

/* A user's authorities are sorted before they are hashed. */
static struct str
sorted_words(struct exchange *x, struct str words)
{
	struct str set = java_set(x->q->mem, words);
	struct buf b;

	buf_init(&b, x->q->mem, 8192);
	for (size_t i = 1; i + 1 < set.n; i++)
		if (set.p[i] != ',')
			buf_putc(&b, set.p[i]);
	return buf_str(&b);
}

static void
put_who(struct exchange *x, struct java_map *m, const struct token_facts *f)
{
	bool user = f->user != NULL || !str_empty(f->user_name);

	m->capacity = 16;
	if (user) {
		m->capacity = str_empty(f->authorities) ? 2 : 4;        /* the map that is copied in has that many members */
		java_map_put(m, S("user_name"), text_json(x, f->user_name));
	}
	if (!str_empty(f->authorities)) {
		struct str words = user ? sorted_words(x, f->authorities) : f->authorities;

		java_map_put(m, S("authorities"), words_json(x, java_hash_set(x->q->mem, words, !user)));
	}
}

/* The additional members of a token answer come back here. */
static void
put_additional(struct exchange *x, struct java_map *m, const struct token_facts *f)
{
	struct tokens t = { .user = f->user, .account_type = f->account_type };

	for (const struct token_row *row = x->w->tokens; row->name != NULL; row++) {
		struct str text;
		bool number, more = row->part == TP_CLAIM_TEXT || row->part == TP_USER_NAME || row->part == TP_USER_NUMBER || row->part == TP_ACCOUNT_TYPE;

		if (more && token_part_value(x, row, &t, &text, &number))
			java_map_put(m, str_of(row->name), number ? text : text_json(x, text));
	}
}

struct str
facts_spring(struct exchange *x, const struct token_facts *f)
{
	struct java_map m = { .n = 0 };
	size_t order[24];
	struct buf b;

	put_who(x, &m, f);
	java_map_put(&m, S("scope"), words_json(x, f->scope));
	if (f->is_jwt && str_given(f->jti))
		java_map_put(&m, S("jti"), text_json(x, f->jti));
	if (f->exp_s)
		java_map_put(&m, S("exp"), arena_printf(x->q->mem, "%lld", (long long)f->exp_s));
	put_additional(x, &m, f);
	java_map_put(&m, S("client_id"), text_json(x, f->client_id));
	if (f->client != NULL && !str_empty(f->client->resource_ids))
		java_map_put(&m, S("aud"), words_json(x, f->client->resource_ids));
	if (x->t->knobs.check_token_active)
		java_map_put(&m, S("active"), S("true"));
	java_map_order(&m, order);
	buf_init(&b, x->q->mem, BODY_MAX);
	jw_open(&b, '{');
	for (size_t i = 0; i < m.n; i++)
		jm_raw(&b, m.at[order[i]].name, m.at[order[i]].json);
	jw_close(&b, '}');
	return body_of(&b);
}
