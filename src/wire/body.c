/*
 * wire/body.c - JSON bodies as a custom dialect writes them: a tree of members, placeholders filled
 * in, escaped by the JSON writer.
 */
#include "wire/wire_int.h"

#include <assert.h>
#include <time.h>

/* A placeholder's value: text, or JSON of another type. Absent: there is none. */
struct filling { const char *name; bool is_json; struct str value; };
#define FILLINGS_MAX 32
struct fillings { struct filling at[FILLINGS_MAX]; size_t n; };

/* --- what may be named where ------------------------------------------------------------------ */

#define COMMON_PART(name, kind, value) name,
static const char *const common_names[] = {
#include "wire/placeholders.def"
	NULL
};
#define TOKEN_PART(id, name, kind, value) name,
static const char *const token_names[] = {      /* the first of those that have none ends them */
#include "wire/placeholders.def"
};
#define FAILURE_PART(name, kind, value) name,
static const char *const failure_names[] = {
#include "wire/placeholders.def"
	NULL
};
#define DONE_PART(name, kind, value) name,
static const char *const done_names[] = {
#include "wire/placeholders.def"
	NULL
};
#define FACT_PART(name, kind, value) name,
static const char *const facts_names[] = {
#include "wire/placeholders.def"
	NULL
};
static const char *const *const names_of[BODY_COUNT] = {
	[BODY_SUCCESS] = token_names,
	[BODY_FAILURE] = failure_names,
	[BODY_DONE] = done_names,
	[BODY_FACTS] = facts_names,
};

void
body_names(enum body kind, void (*each)(void *ctx, struct str name), void *ctx)
{
	if (kind == BODY_SUCCESS)
		each(ctx, S("tokens"));
	for (const char *const *p = names_of[kind]; *p != NULL; p++)
		each(ctx, str_of(*p));
	for (const char *const *p = common_names; *p != NULL; p++)
		each(ctx, str_of(*p));
}

struct search { struct str name; bool found; };

static void
compare(void *ctx, struct str name)
{
	struct search *s = ctx;

	s->found |= str_eq(s->name, name);
}

bool
body_knows(enum body kind, struct str name)
{
	struct search s = { name, false };

	body_names(kind, compare, &s);
	return s.found;
}

/* Length of the placeholder that text begins with, braces included; 0 when it begins with none. */
static size_t
placeholder(struct str text, struct str *name, bool *or_null)
{
	size_t n = 1;

	if (text.n < 3 || text.p[0] != '{')
		return 0;
	while (n < text.n && ((text.p[n] >= 'a' && text.p[n] <= 'z') || text.p[n] == '_'))
		n++;
	*name = str_sub(text, 1, n - 1);
	*or_null = n < text.n && text.p[n] == '?';
	n += *or_null;
	return n < text.n && text.p[n] == '}' && name->n > 0 ? n + 1 : 0;
}

bool
body_placeholder(struct str text, struct str *name, bool *or_null)
{
	return text.n > 0 && placeholder(text, name, or_null) == text.n;
}

/* --- filling in ------------------------------------------------------------------------------- */

static void
fill(struct fillings *f, const char *name, bool is_json, struct str value)
{
	assert(f->n < FILLINGS_MAX);
	f->at[f->n++] = (struct filling){ name, is_json, value };
}
#define IS_TEXT false
#define IS_JSON true
#define IS_CODE (s->code == NULL || s->code->kind != TREE_TEXT)

static struct str
int_text(struct exchange *x, int64_t value)
{
	return arena_printf(x->q->mem, "%lld", (long long)value);
}

static int64_t
left_of(const struct exchange *x, int64_t exp_s)
{
	return exp_s > x->c.now_s ? exp_s - x->c.now_s : 0;
}

/* "2026-01-02 03:04:05", UTC. */
static struct str
time_text(struct exchange *x)
{
	time_t s = (time_t)x->c.now_s;
	struct tm t;
	char text[32];

	gmtime_r(&s, &t);
	return arena_dup(x->q->mem, str_span(text, strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &t)));
}

static void
fill_common(struct exchange *x, struct fillings *f)
{
#define COMMON_PART(name, kind, value) fill(f, name, IS_##kind, value);
#include "wire/placeholders.def"
}

static const struct filling *
filling_of(const struct fillings *f, struct str name)
{
	for (size_t i = 0; i < f->n; i++)
		if (str_is(name, f->at[i].name))
			return &f->at[i];
	return NULL;
}

/* Text around placeholders; one without a value is nothing there. */
static struct str
mixed(struct exchange *x, struct str text, const struct fillings *f)
{
	struct buf b;

	buf_init(&b, x->q->mem, BODY_MAX);
	for (size_t i = 0; i < text.n;) {
		struct str name;
		bool or_null;
		size_t n = placeholder(str_from(text, i), &name, &or_null);
		const struct filling *v = n ? filling_of(f, name) : NULL;

		if (v != NULL) {
			buf_put(&b, v->value);
			i += n;
		} else
			buf_putc(&b, text.p[i++]);
	}
	return body_of(&b);
}

/* The value that a node becomes as JSON; absent: the member is left out. */
static struct str
scalar_json(struct exchange *x, const struct tree *t, const struct fillings *f)
{
	const struct filling *v;
	struct str name;
	bool or_null = false;
	struct buf b;

	buf_init(&b, x->q->mem, BODY_MAX);
	if (t->kind != TREE_TEXT)
		tree_json(&b, t);
	else if (!body_placeholder(t->text, &name, &or_null) || (v = filling_of(f, name)) == NULL)
		buf_json(&b, str_index(t->text, '{') < 0 ? t->text : mixed(x, t->text, f));
	else if (!str_given(v->value))
		return or_null ? S("null") : STR_ABSENT;
	else if (v->is_json)
		return v->value;
	else
		buf_json(&b, v->value);
	return body_of(&b);
}

static void
put(struct buf *b, struct exchange *x, const struct tree *t, const struct fillings *f)
{
	bool map = t->kind == TREE_MAP;

	jw_open(b, map ? '{' : '[');
	for (size_t i = 0; i < t->n; i++) {
		const struct tree *kid = &t->at[i];
		bool deep = kid->kind == TREE_MAP || kid->kind == TREE_LIST;
		struct str json = deep ? STR_ABSENT : scalar_json(x, kid, f);

		if (!deep && !str_given(json))
			continue;
		if (map)
			jw_name(b, kid->name);
		if (deep)
			put(b, x, kid, f);
		else
			jw_item(b, json);
	}
	jw_close(b, map ? '}' : ']');
}

static struct str
body_with(struct exchange *x, const struct tree *t, struct fillings *f)
{
	struct buf b;

	fill_common(x, f);
	buf_init(&b, x->q->mem, BODY_MAX);
	put(&b, x, t, f);
	return body_of(&b);
}

/* --- the bodies ------------------------------------------------------------------------------- */

struct str
body_success(struct exchange *x, const struct tokens *t)
{
	struct fillings f = { .n = 0 };

	fill(&f, "tokens", true, tokens_bare(x, t));
	for (int i = 0; token_part_name((enum token_part)i) != NULL; i++) {
		struct token_row row = { token_part_name((enum token_part)i), (enum token_part)i, "Bearer", false };
		struct str value;
		bool number, there = token_part_value(x, &row, t, &value, &number);

		fill(&f, row.name, number, there ? value : STR_ABSENT);
	}
	return body_with(x, x->w->success, &f);
}

/* As the settings have it for the reason: text, or another scalar; else the status. */
static struct str
code_text(struct exchange *x, const struct wording *s)
{
	struct buf b;

	if (s->code == NULL)
		return int_text(x, s->status);
	if (s->code->kind == TREE_TEXT)
		return s->code->text;
	buf_init(&b, x->q->mem, BODY_MAX);
	tree_json(&b, s->code);
	return body_of(&b);
}

struct str
body_failure(struct exchange *x, const struct wording *s)
{
	struct fillings f = { .n = 0 };

#define FAILURE_PART(name, kind, value) fill(&f, name, IS_##kind, value);
#include "wire/placeholders.def"
	return body_with(x, x->w->failure, &f);
}

struct str
body_done(struct exchange *x, struct str location)
{
	struct fillings f = { .n = 0 };

#define DONE_PART(name, kind, value) fill(&f, name, IS_##kind, value);
#include "wire/placeholders.def"
	return body_with(x, x->w->done, &f);
}

struct str
body_facts(struct exchange *x, const struct tree *body, const struct token_facts *t)
{
	const struct user *u = t->user;
	struct fillings f = { .n = 0 };

#define FACT_PART(name, kind, value) fill(&f, name, IS_##kind, value);
#include "wire/placeholders.def"
	return body_with(x, body, &f);
}
