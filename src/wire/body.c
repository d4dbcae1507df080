/* wire/body.c - JSON bodies as a custom dialect writes them: a tree of members, placeholders filled in, escaped by the JSON writer. */
#include "wire/wire_int.h"

#include <assert.h>
#include <time.h>

/* A placeholder's value: text, or JSON of another type. Absent: there is none. */
struct filling { const char *name; bool is_json; struct str value; };
#define FILLINGS_MAX 32
struct fillings { struct filling at[FILLINGS_MAX]; size_t n; };

/* --- what may be named where ------------------------------------------------------------------------------------------------------ */

static const char *const common_names[] = { "now", "now_ms", "time", NULL };
static const char *const token_names[] = {
	"tokens", "access_token", "token_type", "refresh_token", "expires_in", "scope", "id_token", "jti", "user_name", "user_number", "account_type", NULL
};
static const char *const failure_names[] = { "status", "code", "error", "text", "allowed", "path", "error_id", NULL };
static const char *const done_names[] = { "location", NULL };
static const char *const facts_names[] = {
	"active", "scope", "scopes", "client_id", "user_id", "user_number", "user_name", "display_name", "email", "phone", "authorities", "account_type",
	"jti", "sub", "aud", "exp", "iat", "expires_in", NULL
};
static const char *const *const names_of[BODY_COUNT] = {
	[BODY_SUCCESS] = token_names, [BODY_FAILURE] = failure_names, [BODY_DONE] = done_names, [BODY_FACTS] = facts_names,
};

void
body_names(enum body kind, void (*each)(void *ctx, struct str name), void *ctx)
{
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

/* --- filling in ------------------------------------------------------------------------------------------------------------------- */

static void
fill(struct fillings *f, const char *name, bool is_json, struct str value)
{
	assert(f->n < FILLINGS_MAX);
	f->at[f->n++] = (struct filling){ name, is_json, value };
}

static void
fill_text(struct fillings *f, const char *name, struct str value)
{
	fill(f, name, false, value);
}

static void
fill_int(struct exchange *x, struct fillings *f, const char *name, int64_t value)
{
	fill(f, name, true, arena_printf(x->q->mem, "%lld", (long long)value));
}

static void
fill_words(struct exchange *x, struct fillings *f, const char *name, struct str words)
{
	fill(f, name, true, words_json(x, words));
}

/* "2026-01-02 03:04:05", UTC. */
static void
fill_common(struct exchange *x, struct fillings *f)
{
	time_t s = (time_t)x->c.now_s;
	struct tm t;
	char text[32];

	gmtime_r(&s, &t);
	fill_int(x, f, "now", x->c.now_s);
	fill_int(x, f, "now_ms", x->c.now_ms);
	fill_text(f, "time", arena_dup(x->q->mem, str_span(text, strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &t))));
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

/* --- the bodies ----------------------------------------------------------------------------------------------------------------------- */

struct str
body_success(struct exchange *x, const struct tokens *t)
{
	static const struct { const char *name; enum token_part part; } parts[] = {
		{ "access_token", TP_ACCESS }, { "refresh_token", TP_REFRESH }, { "expires_in", TP_EXPIRES }, { "scope", TP_SCOPE },
		{ "id_token", TP_ID_TOKEN }, { "jti", TP_JTI }, { "user_name", TP_USER_NAME }, { "user_number", TP_USER_NUMBER }, { "account_type", TP_ACCOUNT_TYPE },
	};
	struct fillings f = { .n = 0 };

	fill(&f, "tokens", true, tokens_bare(x, t));
	fill_text(&f, "token_type", S("Bearer"));
	for (size_t i = 0; i < COUNT(parts); i++) {
		struct token_row row = { parts[i].name, parts[i].part, NULL, false };
		struct str value;
		bool number, there = token_part_value(x, &row, t, &value, &number);

		fill(&f, parts[i].name, number, there ? value : STR_ABSENT);
	}
	return body_with(x, x->w->success, &f);
}

struct str
body_failure(struct exchange *x, const struct wording *s)
{
	struct fillings f = { .n = 0 };
	struct buf code;

	buf_init(&code, x->q->mem, BODY_MAX);
	if (s->code)
		tree_json(&code, s->code);
	else
		buf_int(&code, s->status);
	fill_int(x, &f, "status", s->status);
	if (s->code && s->code->kind == TREE_TEXT)
		fill_text(&f, "code", s->code->text);
	else
		fill(&f, "code", true, body_of(&code));
	fill_text(&f, "error", s->error);
	fill_text(&f, "text", s->text);
	fill_text(&f, "allowed", str_is(s->error, "invalid_scope") && !str_empty(s->allowed) ? s->allowed : STR_ABSENT);
	fill_text(&f, "path", x->path);
	fill_text(&f, "error_id", str_of(x->error_id));
	return body_with(x, x->w->failure, &f);
}

struct str
body_done(struct exchange *x, struct str location)
{
	struct fillings f = { .n = 0 };

	fill_text(&f, "location", location);
	return body_with(x, x->w->done, &f);
}

static struct str
some(struct str s)
{
	return str_empty(s) ? STR_ABSENT : s;
}

static void
fill_user(struct exchange *x, struct fillings *f, const struct token_facts *t)
{
	const struct user *u = t->user;

	fill_text(f, "user_name", some(str_empty(t->user_name) && u ? u->name : t->user_name));
	fill_text(f, "user_id", u ? uuid_write(x->q->mem, u->id.b) : STR_ABSENT);
	fill(f, "user_number", true, u && u->number ? arena_printf(x->q->mem, "%lld", (long long)u->number) : STR_ABSENT);
	fill_text(f, "display_name", u ? some(u->display_name) : STR_ABSENT);
	fill_text(f, "email", u ? some(u->email) : STR_ABSENT);
	fill_text(f, "phone", u ? some(u->phone) : STR_ABSENT);
	fill_words(x, f, "authorities", str_empty(t->authorities) && u ? u->authorities : t->authorities);
	fill_text(f, "account_type", some(t->account_type));
}

struct str
body_facts(struct exchange *x, const struct tree *body, const struct token_facts *t)
{
	struct fillings f = { .n = 0 };

	fill(&f, "active", true, t->active ? S("true") : S("false"));
	fill_text(&f, "scope", str_given(t->scope) ? scope_out(x, t->scope) : STR_ABSENT);
	fill_words(x, &f, "scopes", t->scope);
	fill_text(&f, "client_id", some(t->client_id));
	fill_user(x, &f, t);
	fill_text(&f, "jti", some(t->jti));
	fill_text(&f, "sub", some(t->sub));
	fill_words(x, &f, "aud", t->aud);
	fill(&f, "exp", true, t->exp_s ? arena_printf(x->q->mem, "%lld", (long long)t->exp_s) : STR_ABSENT);
	fill(&f, "iat", true, t->iat_s ? arena_printf(x->q->mem, "%lld", (long long)t->iat_s) : STR_ABSENT);
	fill(&f, "expires_in", true, t->exp_s ? arena_printf(x->q->mem, "%lld", (long long)(t->exp_s > x->c.now_s ? t->exp_s - x->c.now_s : 0)) : STR_ABSENT);
	return body_with(x, body, &f);
}
