/* wire/show.c - a dialect printed as an item of the section `dialects`: what another one can be started from. */
#include "wire/wire_int.h"

#include <assert.h>

#define SHOW_MAX (256 * 1024)

/* A YAML scalar: as it is when that is one plain word, else between quotes (JSON's escapes are YAML's too). */
static void
put_word(struct buf *b, struct str s)
{
	bool plain = s.n > 0 && tree_kind_of_word(s) == TREE_TEXT && s.p[0] != '-' && s.p[0] != '.';

	for (size_t i = 0; i < s.n && plain; i++)
		plain = (s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= 'A' && s.p[i] <= 'Z') || strchr("/-._*", s.p[i]);
	if (plain && s.p[0] != '*' && !str_is(s, "none"))
		buf_put(b, s);
	else
		buf_json(b, s);
}

static void
put_key(struct buf *b, const char *indent, struct str key)
{
	buf_put(b, str_of(indent));
	put_word(b, key);
	buf_put(b, S(": "));
}

/* Words as one, or as a list. */
static void
put_words(struct buf *b, const struct str *at, size_t n)
{
	if (n == 0)
		buf_put(b, S("none"));
	else if (n == 1)
		put_word(b, at[0]);
	else {
		buf_putc(b, '[');
		for (size_t i = 0; i < n; i++) {
			buf_put(b, i ? S(", ") : S(""));
			put_word(b, at[i]);
		}
		buf_putc(b, ']');
	}
	buf_putc(b, '\n');
}

#define WORDS_MAX 160           /* names of one parameter, paths of one place: derive_names.c and derive_routes.c allow fewer */

/* --- paths and methods ---------------------------------------------------------------------------------------------------------- */

static bool
seen_before(const struct wire *w, const struct route *r, struct arena *mem)
{
	for (const struct route *p = w->routes; p < r; p++)
		if (str_eq(route_name(mem, p), route_name(mem, r)))
			return true;
	return false;
}

static void
one_more(struct str *words, size_t *n, const char *word)
{
	assert(*n < WORDS_MAX);
	words[(*n)++] = str_of(word);
}

static void
put_paths(struct buf *b, const struct wire *w, const struct wire *base)
{
	buf_put(b, S("    paths:\n"));
	for (const struct route *r = w->routes; r->path != NULL; r++) {
		struct str paths[WORDS_MAX];
		size_t n = 0;

		if (seen_before(w, r, b->mem))
			continue;
		for (const struct route *p = r; p->path != NULL; p++)
			if (str_eq(route_name(b->mem, p), route_name(b->mem, r)))
				one_more(paths, &n, p->path);
		put_key(b, "      ", route_name(b->mem, r));
		put_words(b, paths, n);
	}
	for (const struct route *r = base ? base->routes : w->routes; base && r->path != NULL; r++)
		if (!seen_before(base, r, b->mem) && route_named(b->mem, w->routes, route_name(b->mem, r)) == NULL) {
			put_key(b, "      ", route_name(b->mem, r));
			put_words(b, NULL, 0);
		}
}

static void
put_methods(struct buf *b, const struct route *r)
{
	bool get = (r->methods & BIT(M_GET)) != 0;

	buf_put(b, get && (r->methods & BIT(M_POST)) ? S("[GET, POST]") : get ? S("GET") : S("POST"));
	buf_putc(b, '\n');
}

/* Only those that differ: a row that is asked by the base's methods keeps what the base says of others. */
static void
put_own_methods(struct buf *b, const struct wire *w, const struct wire *base)
{
	bool any = false;

	for (const struct route *r = w->routes; base && r->path != NULL; r++) {
		const struct route *old = route_named(b->mem, base->routes, route_name(b->mem, r));

		if (old == NULL)
			old = route_of_endpoint(base, r->endpoint);
		if (seen_before(w, r, b->mem) || !endpoint_is(r->endpoint, EF_VARIES) || (old && old->methods == r->methods))
			continue;
		if (!any)
			buf_put(b, S("    methods:\n"));
		any = true;
		put_key(b, "      ", route_name(b->mem, r));
		put_methods(b, r);
	}
}

/* --- names ------------------------------------------------------------------------------------------------------------------------- */

static bool
is_shown(int p)
{
	return !param_is_own((enum param)p);
}

/* The parameter that a row is about: one that it names, or one whose name it hides. */
static int
about(const struct wire *w, const struct param_alias *a)
{
	return a->is == P_COUNT ? wire_param(w, str_of(a->name)) : (int)a->is;
}

/* What some place calls otherwise, once for each parameter. */
static void
put_aliases(struct buf *b, const struct wire *w, struct str place, const struct param_alias *table)
{
	for (const struct param_alias *a = table; a != NULL && a->name != NULL; a++) {
		struct str names[WORDS_MAX];
		size_t n = 0;
		bool again = about(w, a) < 0;

		for (const struct param_alias *p = table; p < a; p++)
			again |= about(w, p) == about(w, a);
		if (again)
			continue;
		for (const struct param_alias *p = a; a->is != P_COUNT && p->name != NULL; p++)
			if (p->is == a->is)
				one_more(names, &n, p->name);
		put_key(b, "      ", ARENA_CAT(b->mem, place, S("."), str_of(param_names[about(w, a)])));
		put_words(b, names, n);
	}
}

static bool
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

static void
put_parameters(struct buf *b, const struct wire *w)
{
	buf_put(b, S("    parameters:\n"));
	for (int p = 0; p < P_COUNT; p++) {
		struct str names[WORDS_MAX];
		size_t n = 0;

		if (!is_shown(p))
			continue;
		for (const struct param_alias *a = w->params; a != NULL && a->name != NULL; a++)
			if ((int)a->is == p)
				one_more(names, &n, a->name);
		if (w->params == NULL)
			one_more(names, &n, param_names[p]);
		put_key(b, "      ", str_of(param_names[p]));
		put_words(b, names, n);
	}
	for (const struct grant_row *g = w->grants; g->name != NULL; g++)
		if (first_of_grant(w, g))
			put_aliases(b, w, str_of(g->grant->name), g->aliases);
	for (const struct route *r = w->routes; r->path != NULL; r++)
		if (r->only == NULL)
			put_aliases(b, w, route_name(b->mem, r), r->aliases);
}

static void
put_grants(struct buf *b, const struct wire *w, const struct wire *base)
{
	struct str bare[WORDS_MAX];
	size_t n_bare = 0;

	buf_put(b, S("    grants:\n"));
	for (int i = 0; i < GI_COUNT; i++) {
		struct str names[WORDS_MAX];
		size_t n = 0;

		for (const struct grant_row *g = w->grants; g->name != NULL; g++) {
			if (g->grant != grants[i])
				continue;
			if (n == 0 && g->tokens == tokens_bare)
				bare[n_bare++] = str_of(g->grant->name);
			one_more(names, &n, g->name);
		}
		if (n == 0 && !(base && has_grant(base, grants[i])))
			continue;
		put_key(b, "      ", str_of(grants[i]->name));
		put_words(b, names, n);
	}
	if (n_bare) {
		buf_put(b, S("    bare_grants: "));
		put_words(b, bare, n_bare);
	}
}

static void
put_redirect(struct buf *b, const struct wire *w)
{
	buf_put(b, S("    redirect:\n"));
	for (int i = 0; i < RW_COUNT; i++) {
		struct str name = str_of(wire_redirect_word(w, (enum redirect_word)i));

		put_key(b, "      ", str_of(redirect_words[i]));
		put_words(b, &name, 1);
	}
}

/* --- answers ----------------------------------------------------------------------------------------------------------------------- */

static const char *
placeholder_of(enum token_part part)
{
	static const char *const names[] = {
		[TP_ACCESS] = "access_token", [TP_TYPE] = "token_type", [TP_REFRESH] = "refresh_token", [TP_EXPIRES] = "expires_in", [TP_SCOPE] = "scope",
		[TP_ID_TOKEN] = "id_token", [TP_JTI] = "jti", [TP_CLAIM_TEXT] = "claim_text", [TP_USER_NAME] = "user_name", [TP_USER_NUMBER] = "user_number",
		[TP_ACCOUNT_TYPE] = "account_type",
	};

	return part < COUNT(names) ? names[part] : NULL;
}

static void
put_tokens(struct buf *b, const struct wire *w)
{
	buf_put(b, S("    token_answer:\n"));
	for (const struct token_row *row = w->tokens; row->name != NULL; row++) {
		put_key(b, "      ", str_of(row->name));
		if (placeholder_of(row->part))
			buf_printf(b, "\"{%s%s}\"", placeholder_of(row->part), row->or_null ? "?" : "");
		else if (row->part == TP_JSON)
			buf_put(b, str_of(row->text));
		else
			buf_json(b, str_of(row->text));
		if (row->part == TP_TYPE)
			buf_printf(b, "    # %s", row->text);
		buf_putc(b, '\n');
	}
}

static const char *
word_of_claim(const struct claim_row *r)
{
	for (const struct claim_word *w = claim_words; w->name != NULL; w++)
		if (w->from == r->from && w->type == r->type)
			return w->name;
	return NULL;
}

/* Of a built-in dialect as a comment: some of its claims are made by rules of their own. */
static void
put_claims(struct buf *b, const struct wire *w, const struct wire *base)
{
	bool own = base && w->policy.token.access_claims != base->policy.token.access_claims;

	if (w->policy.token.access_claims == NULL)
		return;
	buf_put(b, own ? S("    access_claims:\n") : S("    # access_claims:\n"));
	for (const struct claim_row *r = w->policy.token.access_claims; r->claim != NULL; r++) {
		const char *word = word_of_claim(r);

		put_key(b, own ? "      " : "    #   ", str_of(r->claim));
		if (r->from == FROM_TEXT)
			buf_json(b, str_of(r->text));
		else
			buf_printf(b, "\"{%s}\"", word ? word : "...");
		buf_putc(b, '\n');
	}
}

static void
put_tree(struct buf *b, const char *name, const struct tree *t)
{
	if (t == NULL)
		return;
	buf_printf(b, "    %s:%s\n", name, t->n ? "" : " {}");
	for (size_t i = 0; i < t->n; i++) {
		put_key(b, "      ", t->at[i].name);
		tree_json(b, &t->at[i]);
		buf_putc(b, '\n');
	}
}

/* What a built-in dialect writes by a function of its own. */
static void
put_envelopes(struct buf *b, const struct wire *w)
{
	const char *of = w->based_on ? w->based_on : w->name;

	if (w->success == NULL && w->wrap != NULL)
		buf_printf(b, "    # success: the envelope of %s; write {code: 0, msg: ok, data: \"{tokens}\"} for one of your own\n", of);
	if (w->failure == NULL)
		buf_printf(b, "    # failure: as %s writes failures; write {code: \"{code}\", msg: \"{text}\", error: \"{error}\"} for one of your own\n", of);
	if (strcmp(w->json_type, w->tokens_type) == 0) {
		buf_put(b, S("    content_type: "));
		buf_json(b, str_of(w->json_type));
		buf_putc(b, '\n');
	} else
		buf_printf(b, "    # content_type: %s; tokens: %s\n", w->json_type, w->tokens_type);
	put_tree(b, "success", w->success);
	put_tree(b, "failure", w->failure);
	buf_printf(b, "    failure_status: %s\n    unknown_paths: %s\n    expires_less: %d\n", w->envelope_always_200 ? "200" : "real",
		w->anonymous_go_to_login ? "login" : "not_found", w->expires_less);
	put_tree(b, "done", w->done);
	put_tree(b, "check_token", w->check_token);
	put_tree(b, "userinfo", w->about_user);
}

/* "code_replayed" */
static struct str
reason_name(struct arena *mem, enum reason why)
{
	struct buf b;

	buf_init(&b, mem, 64);
	for (const char *p = reason_rows[why].name; *p != '\0'; p++)
		buf_putc(&b, *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p);
	return buf_str(&b);
}

/* The wording of each reason as it is without any circumstance; a comment, for a line that stands here would hold in all of them. */
static void
put_reason(struct buf *b, const struct wire *w, int why)
{
	const char *error = reason_rows[why].error, *text = reason_rows[why].text, *zh = NULL;
	int status = reason_rows[why].status;
	bool found = false;

	for (size_t i = 0; i < COUNT(w->phrases) && w->phrases[i] != NULL; i++)
		for (const struct phrase *p = w->phrases[i]; p->why != R_NONE && !found; p++)
			if ((int)p->why == why && p->when == ALWAYS) {
				found = true;
				status = p->status;
				error = p->error;
				text = p->text;
				zh = p->zh;
			}
	put_key(b, "    #   ", reason_name(b->mem, (enum reason)why));
	buf_printf(b, "{status: %d, error: ", status);
	put_word(b, str_of(error));
	buf_put(b, S(", text: "));
	buf_json(b, str_of(text));
	if (zh) {
		buf_put(b, S(", text_zh: "));
		buf_json(b, str_of(zh));
	}
	buf_put(b, S("}\n"));
}

static void
put_field(struct buf *b, const char *name, const char *text)
{
	if (b->p[b->n - 1] != '{')
		buf_put(b, S(", "));
	buf_printf(b, "%s: ", name);
	buf_json(b, str_of(text));
}

static void
put_sources(struct buf *b, const struct wire *w)
{
	static const struct { const char *word; enum source source; } words[] = {
		{ "query", SRC_QUERY }, { "form", SRC_FORM }, { "json", SRC_JSON }, { "multipart", SRC_MULTIPART },
	};
	const struct route *token = route_of_endpoint(w, EP_TOKEN);
	unsigned sources = w->read_from ? w->read_from : token && token->sources ? token->sources : w->sources;
	bool more = false;

	buf_put(b, w->read_from ? S("    read_from: [") : S("    # read_from: ["));
	for (size_t i = 0; i < COUNT(words); i++) {
		if (!(sources & words[i].source))
			continue;
		buf_printf(b, "%s%s", more ? ", " : "", words[i].word);
		more = true;
	}
	buf_put(b, w->strict ? S("]    # a strict dialect keeps this\n") : S("]\n"));
}

static void
put_errors(struct buf *b, const struct wire *w)
{
	if (w->rewords)
		buf_put(b, w->rewords->of ? S("    errors:\n") : S("    errors: {}\n"));
	for (const struct reword *r = w->rewords; r != NULL && r->of != NULL; r++) {
		put_key(b, "      ", r->of[0] ? str_of(r->of) : reason_name(b->mem, r->why));
		buf_putc(b, '{');
		if (r->status)
			buf_printf(b, "status: %d", r->status);
		if (r->error)
			put_field(b, "error", r->error);
		if (r->text)
			put_field(b, "text", r->text);
		if (r->zh)
			put_field(b, "text_zh", r->zh);
		if (r->code) {
			buf_put(b, b->p[b->n - 1] != '{' ? S(", code: ") : S("code: "));
			if (r->code->kind == TREE_TEXT)
				buf_json(b, r->code->text);
			else
				buf_put(b, r->code->text);
		}
		buf_put(b, S("}\n"));
	}
	buf_printf(b, "    # %s\n", w->rewords ? "the other reasons:" : "errors:");
	for (int i = R_NONE + 1; i < R_COUNT; i++)
		put_reason(b, w, i);
}

struct str
wire_show(const struct wire *w, struct arena *mem)
{
	const struct wire *base = w->based_on ? wire_named(str_of(w->based_on)) : NULL;
	struct buf b;

	buf_init(&b, mem, SHOW_MAX);
	buf_printf(&b, "dialects:\n  %s%s:\n    based_on: %s\n", w->based_on ? "" : "my-", w->name, w->based_on ? w->based_on : w->name);
	put_paths(&b, w, base);
	put_own_methods(&b, w, base);
	put_sources(&b, w);
	put_parameters(&b, w);
	put_grants(&b, w, base);
	if (w->scope_separator)
		buf_printf(&b, "    scope_separator: \"%c\"\n", w->scope_separator);
	else
		buf_put(&b, S("    scope_separator: \" \"\n"));
	put_redirect(&b, w);
	put_tokens(&b, w);
	put_claims(&b, w, base);
	put_envelopes(&b, w);
	put_errors(&b, w);
	return body_of(&b);
}
