/* wire/derive_answers.c - members, envelopes and wording of a custom dialect. */
#include "wire/derive.h"

#define MEMBERS_MAX 40

static const struct { const char *name; enum token_part part; } parts[] = {
	{ "access_token", TP_ACCESS }, { "token_type", TP_TYPE }, { "refresh_token", TP_REFRESH }, { "expires_in", TP_EXPIRES }, { "scope", TP_SCOPE },
	{ "id_token", TP_ID_TOKEN }, { "jti", TP_JTI }, { "claim_text", TP_CLAIM_TEXT }, { "user_name", TP_USER_NAME }, { "user_number", TP_USER_NUMBER },
	{ "account_type", TP_ACCOUNT_TYPE },
};

/* --- the members of a token answer -------------------------------------------------------------------------------------------------- */

static const char *
type_of_base(const struct wire *base)
{
	for (const struct token_row *row = base->tokens; row->name != NULL; row++)
		if (row->part == TP_TYPE)
			return row->text;
	return "Bearer";
}

static bool
member_part(struct derive *d, const struct tree *node, struct str name, struct token_row *row)
{
	struct nearest near = nearest_to(name);

	for (size_t i = 0; i < COUNT(parts); i++) {
		nearest_try(&near, str_of(parts[i].name));
		if (!str_is(name, parts[i].name))
			continue;
		row->part = parts[i].part;
		row->text = parts[i].part == TP_TYPE ? type_of_base(d->base) : NULL;
		return true;
	}
	wrong_name(d, "token_answer", node, "placeholder", &near);
	return false;
}

static bool
member_read(struct derive *d, const struct tree *node, struct token_row *row)
{
	struct str name;

	*row = (struct token_row){ .name = arena_z(d->mem, node->name), .part = node->kind == TREE_TEXT ? TP_TEXT : TP_JSON };
	if (node->kind == TREE_LIST || node->kind == TREE_MAP) {
		wrong(d, "token_answer", node, "a token answer is flat: write a constant or one placeholder in quotes; `success` puts an envelope around it");
		return false;
	}
	if (node->kind == TREE_TEXT && body_placeholder(node->text, &name, &row->or_null))
		return member_part(d, node, name, row);
	if (node->kind == TREE_TEXT && str_index(node->text, '{') >= 0) {
		wrong(d, "token_answer", node, "write a constant or one placeholder, such as \"{access_token}\"");
		return false;
	}
	row->text = node->kind == TREE_NULL ? "null" : arena_z(d->mem, node->text);
	return true;
}

static bool
same_rows(const struct token_row *a, const struct token_row *b)
{
	for (; a->name != NULL && b->name != NULL; a++, b++)
		if (strcmp(a->name, b->name) != 0 || a->part != b->part || a->or_null != b->or_null || (a->text && strcmp(a->text, b->text) != 0))
			return false;
	return a->name == NULL && b->name == NULL;
}

/* The fragment of the implicit grant has the same names, without what is null; the state stands behind the type, else at the end. */
static void
fragment_of(struct derive *d, const struct token_row *rows, size_t n)
{
	const struct token_row state = { .name = "state", .part = TP_STATE };
	struct token_row *out = arena_array(d->mem, struct token_row, n + 2);
	bool placed = false;
	size_t k = 0;

	for (size_t i = 0; out != NULL && i < n; i++) {
		if (rows[i].part != TP_JSON || strcmp(rows[i].text, "null") != 0)
			out[k++] = rows[i];
		if (rows[i].part == TP_TYPE && !placed) {
			out[k++] = state;
			placed = true;
		}
	}
	if (out != NULL && !placed)
		out[k] = state;
	d->w->fragment = out;
}

static void
token_answer(struct derive *d)
{
	const struct tree *map = d->spec->token_answer;
	struct token_row *rows = map ? arena_array(d->mem, struct token_row, MEMBERS_MAX + 1) : NULL;
	bool has_access = false;
	size_t n = 0;

	if (rows == NULL)
		return;
	for (size_t i = 0; i < map->n; i++) {
		if (n == MEMBERS_MAX) {
			wrong(d, "token_answer", NULL, "there are more than %d members", MEMBERS_MAX);
			break;
		}
		n += member_read(d, &map->at[i], &rows[n]);
		has_access |= n > 0 && rows[n - 1].part == TP_ACCESS;
	}
	rows[n] = (struct token_row){ 0 };
	if (!has_access)
		wrong(d, "token_answer", NULL, "no member is \"{access_token}\"");
	if (same_rows(rows, d->base->tokens))
		return;
	d->w->tokens = rows;
	fragment_of(d, rows, n);
}

/* --- bodies ---------------------------------------------------------------------------------------------------------------------------- */

struct tour { struct derive *d; const char *map; enum body kind; const struct tree *node; bool tokens; struct nearest near; };

static void
candidate(void *ctx, struct str name)
{
	struct tour *t = ctx;

	nearest_try(&t->near, name);
}

/* Every {word} of a text must be one that is known here. */
static void
check_text(struct tour *t, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		struct str rest = str_from(text, i), name;
		ptrdiff_t end = text.p[i] == '{' ? str_index(rest, '}') : -1;
		bool or_null;

		if (end < 0 || !body_placeholder(str_sub(rest, 0, (size_t)end + 1), &name, &or_null))
			continue;
		if (!body_knows(t->kind, name)) {
			t->near = nearest_to(name);
			body_names(t->kind, candidate, t);
			wrong_name(t->d, t->map, t->node, "placeholder", &t->near);
		} else if (str_is(name, "tokens") && (size_t)end + 1 != text.n)
			wrong(t->d, t->map, t->node, "{tokens} is an object and stands alone");
		t->tokens |= str_is(name, "tokens");
	}
}

static void
check_tree(struct tour *t, const struct tree *node)
{
	for (size_t i = 0; i < node->n; i++) {
		if (str_given(node->at[i].name))
			t->node = &node->at[i];
		if (node->at[i].kind == TREE_TEXT)
			check_text(t, node->at[i].text);
		check_tree(t, &node->at[i]);
	}
}

static void
body_of_map(struct derive *d, const char *name, enum body kind, const struct tree *map, const struct tree **out)
{
	struct tour t = { .d = d, .map = name, .kind = kind };

	if (map == NULL)
		return;
	check_tree(&t, map);
	if (kind == BODY_SUCCESS && !t.tokens)
		wrong(d, name, map, "no member is \"{tokens}\" (in quotes), so the client would get none");
	*out = tree_copy(d->mem, map);
}

/* --- wording --------------------------------------------------------------------------------------------------------------------------- */

static bool
base_words_it(const struct wire *w, struct str error)
{
	for (size_t i = 0; i < COUNT(w->phrases) && w->phrases[i] != NULL; i++)
		for (const struct phrase *p = w->phrases[i]; p->why != R_NONE; p++)
			if (str_is(error, p->error))
				return true;
	for (int i = R_NONE + 1; i < R_COUNT; i++)
		if (str_is(error, reason_rows[i].error))
			return true;
	return false;
}

/* An error code as the base words it, else a reason. */
static bool
reword_key(struct derive *d, const struct tree *node, struct reword *r)
{
	struct nearest near = nearest_to(node->name);

	r->of = "";
	if (base_words_it(d->base, node->name)) {
		r->of = arena_z(d->mem, node->name);
		return true;
	}
	for (int i = R_NONE + 1; i < R_COUNT; i++) {
		nearest_try(&near, str_of(reason_rows[i].error));
		if (str_eq_nocase(node->name, str_of(reason_rows[i].name))) {
			r->why = (enum reason)i;
			return true;
		}
	}
	if (str_given(near.name))
		wrong_name(d, "errors", node, "error code or reason", &near);
	else
		wrong(d, "errors", node, "there is no error code or reason of this name; docs/metrics.md lists the reasons");
	return false;
}

static void
reword_field(struct derive *d, const struct tree *node, const struct tree *field, struct reword *r)
{
	struct nearest near = nearest_to(field->name);
	int64_t status;

	if (field->kind == TREE_MAP || field->kind == TREE_LIST || field->kind == TREE_NULL)
		wrong(d, "errors", node, "%.*s takes one value", STR_ARG(field->name));
	else if (str_is(field->name, "status")) {
		if (str_int(field->text, &status) && status >= 400 && status <= 599)
			r->status = (int)status;
		else
			wrong(d, "errors", node, "the status of a failure is 400 to 599; `failure_status: 200` hides it from the client");
	} else if (str_is(field->name, "error"))
		r->error = arena_z(d->mem, field->text);
	else if (str_is(field->name, "text"))
		r->text = arena_z(d->mem, field->text);
	else if (str_is(field->name, "text_zh"))
		r->zh = arena_z(d->mem, field->text);
	else if (str_is(field->name, "code"))
		r->code = tree_copy(d->mem, field);
	else {
		static const char *const fields[] = { "status", "error", "code", "text", "text_zh" };

		for (size_t i = 0; i < COUNT(fields); i++)
			nearest_try(&near, str_of(fields[i]));
		wrong_name(d, "errors", node, "field", &near);
	}
}

static void
errors(struct derive *d)
{
	const struct tree *map = d->spec->errors;
	struct reword *rows = map ? arena_array(d->mem, struct reword, map->n + 1) : NULL;
	size_t n = 0;

	for (size_t i = 0; rows != NULL && i < map->n; i++) {
		const struct tree *node = &map->at[i];

		if (node->kind != TREE_MAP)
			wrong(d, "errors", node, "write {status: 400, text: \"...\"}: any of status, error, code, text, text_zh");
		else if (reword_key(d, node, &rows[n])) {
			for (size_t k = 0; k < node->n; k++)
				reword_field(d, node, &node->at[k], &rows[n]);
			n++;
		}
	}
	if (rows != NULL)
		rows[n].of = NULL;
	d->w->rewords = rows;
}

void
derive_answers(struct derive *d)
{
	const struct wire_spec *s = d->spec;

	token_answer(d);
	body_of_map(d, "success", BODY_SUCCESS, s->success, &d->w->success);
	body_of_map(d, "failure", BODY_FAILURE, s->failure, &d->w->failure);
	body_of_map(d, "done", BODY_DONE, s->done, &d->w->done);
	body_of_map(d, "check_token", BODY_FACTS, s->check_token, &d->w->check_token);
	body_of_map(d, "userinfo", BODY_FACTS, s->userinfo, &d->w->about_user);
	errors(d);
}
