/* page/render.c - runs a page's program. Values are escaped here and nowhere else; the work of one page is bounded. */
#include "page/page_int.h"

struct scope { const struct page_vars *vars; const struct scope *outer; };
struct run {
	const struct page_set *set;
	const struct op *at;
	int lang;
	struct buf *out;
	bool plain;                     /* text, not HTML: nothing is escaped */
	bool isolates;                  /* in a text that is written from right to left */
	uint32_t steps;
};

static void run_ops(struct run *r, uint32_t from, uint32_t to, const struct scope *s);

static const struct page_var *
value_find(const struct scope *s, struct str name)
{
	for (; s != NULL; s = s->outer)
		for (size_t i = 0; s->vars != NULL && i < s->vars->n; i++)
			if (str_is(name, s->vars->at[i].name))
				return &s->vars->at[i];
	return NULL;
}

static struct str
value_of(const struct scope *s, struct str name)
{
	const struct page_var *v = value_find(s, name);

	return v ? v->value : STR_ABSENT;
}

static bool
is_application(const struct scope *s, struct str name)
{
	const struct page_var *v = value_find(s, name);

	return v != NULL && v->application;
}

/* RFC 8252 7.1: an application's own scheme is a domain name turned round. With its dot it is none that runs code. */
static bool
is_private_use(struct str scheme)
{
	bool dot = false;

	for (size_t i = 0; i < scheme.n; i++) {
		char c = (char)(scheme.p[i] | 0x20);
		bool letter = c >= 'a' && c <= 'z', digit = scheme.p[i] >= '0' && scheme.p[i] <= '9';

		if (!letter && (i == 0 || (!digit && memchr("+-.", scheme.p[i], 3) == NULL)))
			return false;
		dot |= scheme.p[i] == '.';
	}
	return dot;
}

/* A relative reference, http(s) or an application's scheme: a value never brings a scheme that runs code. */
static bool
url_is_harmless(struct str url, bool application)
{
	for (size_t i = 0; i < url.n; i++) {
		if ((unsigned char)url.p[i] <= ' ')
			return false;           /* browsers drop such bytes before they look for the scheme */
		if (url.p[i] == ':')
			return str_starts_nocase(url, S("http://")) || str_starts_nocase(url, S("https://"))
			    || is_private_use(str_sub(url, 0, i))
			    || (application && url_scheme_is_private(str_sub(url, 0, i)));
		if (url.p[i] == '/' || url.p[i] == '?' || url.p[i] == '#')
			return true;
	}
	return true;
}

static bool
text_by(const struct scope *s, const struct op *op, size_t *number)
{
	char key[64];
	struct str value = value_of(s, op->text);

	if (value.n == 0 || op->before.n + value.n > sizeof key)
		return false;
	memcpy(key, op->before.p, op->before.n);
	memcpy(key + op->before.n, value.p, value.n);
	return text_find(str_span(key, op->before.n + value.n), number);
}

static void
run_text(struct run *r, size_t number, const struct scope *s)
{
	const struct program *p = &r->set->langs[r->lang].texts[number];
	const struct run before = *r;

	r->at = p->at;
	r->isolates = r->set->langs[r->lang].rtl;
	run_ops(r, 0, p->n, s);
	r->at = before.at;
	r->isolates = before.isolates;
}

static bool
section_is_shown(const struct op *op, const struct scope *s, const struct page_rows **rows)
{
	const struct page_var *v;
	size_t number;
	bool shown;

	*rows = NULL;
	if (op->kind == OP_IF_TEXT || op->kind == OP_UNLESS_TEXT)
		return text_by(s, op, &number) == (op->kind == OP_IF_TEXT);
	v = value_find(s, op->text);
	shown = v != NULL && (v->rows ? v->rows->n : v->value.n) > 0;
	if (shown && op->kind == OP_IF)
		*rows = v->rows;
	return shown == (op->kind != OP_UNLESS);
}

static void
run_section(struct run *r, uint32_t i, const struct scope *s)
{
	const struct op *op = &r->at[i];
	const struct page_rows *rows;

	if (!section_is_shown(op, s, &rows))
		return;
	if (rows == NULL)
		run_ops(r, i + 1, op->to, s);
	for (size_t row = 0; rows != NULL && row < rows->n; row++)
		run_ops(r, i + 1, op->to, &(struct scope){ &rows->at[row], s });
}

static void
run_op(struct run *r, const struct op *op, const struct scope *s)
{
	struct str value = STR_ABSENT;
	size_t number;

	if (op->kind == OP_LITERAL) {
		buf_put(r->out, r->plain && str_given(op->before) ? op->before : op->text);
		return;
	}
	if (op->kind == OP_TEXT || (op->kind == OP_TEXT_BY && text_by(s, op, &number))) {
		run_text(r, op->kind == OP_TEXT ? op->to : number, s);
		return;
	}
	if (op->kind != OP_TEXT_BY || op->before.n == 0)        /* a key by itself that is none is shown as it is */
		value = value_of(s, op->text);
	if (op->kind == OP_URL && !url_is_harmless(value, is_application(s, op->text)))
		value = S("#");
	if (r->isolates && value.n > 0)
		buf_put(r->out, S("\u2068"));
	if (r->plain)
		buf_put(r->out, value);
	else
		html_put(r->out, value);
	if (r->isolates && value.n > 0)
		buf_put(r->out, S("\u2069"));
}

static void
run_ops(struct run *r, uint32_t from, uint32_t to, const struct scope *s)
{
	for (uint32_t i = from; i < to && !r->out->full; i++) {
		if (++r->steps > PAGE_STEPS_MAX) {
			r->out->full = true;
			return;
		}
		if (r->at[i].kind < OP_IF) {
			run_op(r, &r->at[i], s);
		} else {
			run_section(r, i, s);
			i = r->at[i].to - 1;
		}
	}
}

struct str
page_run(const struct page_set *p, struct arena *mem, const struct program *program, int lang, bool plain,
    const struct page_vars *outer, const struct page_vars *inner)
{
	const struct scope behind = { outer, NULL }, s = { inner, &behind };
	struct run r = { .set = p, .at = program->at, .lang = lang, .plain = plain };
	struct buf out;

	buf_init(&out, mem, PAGE_SIZE_MAX);
	r.out = &out;
	run_ops(&r, 0, program->n, &s);
	return out.full ? STR_ABSENT : buf_str(&out);
}

struct str
page_render(const struct page_set *p, struct arena *mem, enum page_kind kind, int lang,
    const struct page_vars *vars)
{
	const struct page_var own[] = {
		{ "lang", p->langs[lang].tag, NULL },
		{ "page", str_of(template_names[kind]), NULL },
	};

	return page_run(p, mem, &p->pages[kind], lang, false, &(struct page_vars){ own, COUNT(own) }, vars);
}
