/* wire/custom/bodies.c - `success`, `failure`, `done`, `check_token`, `userinfo`: trees with placeholders. */
#include "wire/custom/custom.h"

struct tour {
	struct derive *d;
	const char *map;
	enum body kind;
	const struct tree *node;
	bool tokens;
	struct nearest near;
};

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
body_read(struct derive *d, const char *name, enum body kind, const struct tree *map, const struct tree **out)
{
	struct tour t = { .d = d, .map = name, .kind = kind };

	if (map == NULL)
		return;
	check_tree(&t, map);
	if (kind == BODY_SUCCESS && !t.tokens)
		wrong(d, name, map, "no member is \"{tokens}\" (in quotes), so the client would get none");
	*out = tree_copy(d->mem, map);
}

static void
body_show(struct buf *b, const char *name, const struct tree *t)
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

static const char *
built_in(const struct wire *w)
{
	return w->based_on ? w->based_on : w->name;
}

void
read_success(struct derive *d)
{
	body_read(d, "success", BODY_SUCCESS, d->spec->success, &d->w->success);
}

/* An envelope that a function writes is told as a comment. */
void
show_success(struct buf *b, const struct wire *w, const struct wire *base)
{
	(void)base;
	body_show(b, "success", w->success);
	if (w->success == NULL && w->wrap != NULL)
		buf_printf(b,
		    "    # success: the envelope of %s; write {code: 0, msg: ok, data: \"{tokens}\"} for one "
		    "of your own\n",
		    built_in(w));
}

void
read_failure(struct derive *d)
{
	body_read(d, "failure", BODY_FAILURE, d->spec->failure, &d->w->failure);
}

void
show_failure(struct buf *b, const struct wire *w, const struct wire *base)
{
	(void)base;
	body_show(b, "failure", w->failure);
	if (w->failure == NULL)
		buf_printf(b,
		    "    # failure: as %s writes failures; write {code: \"{code}\", msg: \"{text}\", error: "
		    "\"{error}\"}"
		    " for one of your own\n",
		    built_in(w));
}

/* The rest is a tree or nothing. */
#define BODY(name, kind, member) \
	void read_##name(struct derive *d) { body_read(d, #name, kind, d->spec->name, &d->w->member); } \
	void show_##name(struct buf *b, const struct wire *w, const struct wire *base) { (void)base; body_show(b, #name, w->member); }
BODY(done,        BODY_DONE,  done)
BODY(check_token, BODY_FACTS, check_token)
BODY(userinfo,    BODY_FACTS, about_user)
#undef BODY
