/*
 * page/compile.c - templates to programs: tags, sections, included files; see page.h for the
 * language, P1 for what is refused.
 */
#include "page/page_int.h"

struct open_section { struct str tag; uint32_t op; struct html_at at; };
struct compiler {
	struct page_set *set;
	struct op *ops;
	uint32_t n;
	enum page_kind kind;
	struct html_at at;
	struct open_section open[TEMPLATE_DEPTH_MAX];
	size_t n_open, n_files;
	struct arena *why_mem;
	struct str *why;
};
/* One file being read. */
struct reader { struct str name, text; size_t pos; };
/* The name or text key between the braces. */
struct operand { struct str before, name; bool is_text; };

static bool file_compile(struct compiler *k, enum template_id id);

static bool refuse(struct compiler *k, const struct reader *r, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static bool
refuse(struct compiler *k, const struct reader *r, const char *fmt, ...)
{
	char said[256];
	va_list ap;
	int line = 1;

	for (size_t i = 0; i < r->pos && i < r->text.n; i++)
		line += r->text.p[i] == '\n';
	va_start(ap, fmt);
	vsnprintf(said, sizeof said, say(fmt), ap);
	va_end(ap);
	*k->why = arena_printf(k->why_mem, "%.*s:%d: %s", STR_ARG(r->name), line, said);
	return false;
}

static struct op *
op_add(struct compiler *k, const struct reader *r, enum op_kind kind)
{
	if (k->n == TEMPLATE_OPS_MAX) {
		refuse(k, r, "the page has more than %d parts", TEMPLATE_OPS_MAX);
		return NULL;
	}
	k->ops[k->n] = (struct op){ .kind = kind };
	return &k->ops[k->n++];
}

static bool
literal_add(struct compiler *k, const struct reader *r, struct str text)
{
	struct op *op;

	if (text.n == 0)
		return true;
	op = op_add(k, r, OP_LITERAL);
	if (op == NULL)
		return false;
	op->text = text;
	html_scan(&k->at, text);
	return true;
}

static bool
name_is_word(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '_'))
			return false;
	return true;
}

/* "name", "t:key" or "t:before_[name]" */
static bool
operand_read(struct compiler *k, const struct reader *r, struct str s, struct operand *o)
{
	ptrdiff_t bracket;

	*o = (struct operand){ .is_text = str_starts(s, S("t:")) };
	if (o->is_text)
		s = str_from(s, 2);
	bracket = o->is_text ? str_index(s, '[') : -1;
	if (bracket >= 0 && str_ends(s, S("]"))) {
		o->before = str_sub(s, 0, (size_t)bracket);
		o->name = str_sub(s, (size_t)bracket + 1, s.n - (size_t)bracket - 2);
	} else if (o->is_text) {
		o->before = s;
	} else {
		o->name = s;
	}
	if (!name_is_word(o->before) || !name_is_word(o->name) || o->before.n + o->name.n == 0
	    || (bracket >= 0 && o->name.n == 0))
		return refuse(k, r, "{{%.*s}} is no tag; names consist of a-z, 0-9 and _", STR_ARG(s));
	if (o->name.n > 0 && !name_is_known(o->name))
		return refuse(k, r, "no page has a value called \"%.*s\"", STR_ARG(o->name));
	return true;
}

static bool
value_add(struct compiler *k, const struct reader *r, struct str s)
{
	const char *reason = "";
	struct operand o;
	struct op *op;
	size_t number = 0;
	enum html_fit fit = html_fit(&k->at, &reason);

	if (fit == FIT_NOT)
		return refuse(k, r, "{{%.*s}} stands %s", STR_ARG(s), reason);
	if (!operand_read(k, r, s, &o))
		return false;
	if (o.is_text && fit == FIT_URL)
		return refuse(k, r, "{{%.*s}} is a text and stands where a URL belongs", STR_ARG(s));
	if (o.is_text && o.name.n == 0 && !text_find(o.before, &number))
		return refuse(k, r, "there is no text called \"%.*s\"", STR_ARG(o.before));
	op = op_add(k, r, !o.is_text ? fit == FIT_URL ? OP_URL : OP_VALUE : o.name.n == 0 ? OP_TEXT : OP_TEXT_BY);
	if (op == NULL)
		return false;
	op->text = o.name;
	op->before = o.before;
	op->to = (uint32_t)number;
	return true;
}

static bool
section_open(struct compiler *k, const struct reader *r, struct str s, enum op_kind kind)
{
	struct operand o;
	struct op *op;

	if (k->n_open == TEMPLATE_DEPTH_MAX)
		return refuse(k, r, "sections are more than %d deep", TEMPLATE_DEPTH_MAX);
	if (!operand_read(k, r, s, &o))
		return false;
	if (o.name.n == 0)
		return refuse(k, r, "a section needs a value: {{#t:before_[name]}}");
	op = op_add(k, r, !o.is_text ? kind : kind == OP_UNLESS ? OP_UNLESS_TEXT : OP_IF_TEXT);
	if (op == NULL)
		return false;
	op->text = o.name;
	op->before = o.before;
	if (k->at.state == HTML_TAG)
		k->at.n_attr = 0;               /* what stands before may not be there: no "=" may refer to it */
	k->open[k->n_open++] = (struct open_section){ s, k->n - 1, k->at };
	return true;
}

static bool
section_close(struct compiler *k, const struct reader *r, struct str s, size_t outside)
{
	const struct open_section *o = k->n_open > outside ? &k->open[k->n_open - 1] : NULL;

	if (o == NULL || !str_eq(o->tag, s))
		return refuse(k, r, "{{/%.*s}} closes nothing that is open here%s%.*s%s", STR_ARG(s),
		    o ? "; {{/" : "", STR_ARG(o ? o->tag : S("")), o ? say("}} is expected") : "");
	if (!html_same(&k->at, &o->at))
		return refuse(k, r, "the section \"%.*s\" ends in another part of the HTML than it began in; "
		    "keep a tag, a quoted value and an attribute with a blank after it whole", STR_ARG(s));
	k->at.value_begun = o->at.value_begun;
	if (k->at.state == HTML_TAG)
		k->at.n_attr = 0;
	k->ops[o->op].to = k->n;
	k->n_open--;
	return true;
}

static bool
include(struct compiler *k, const struct reader *r, struct str name)
{
	enum template_id id;

	if (str_is(name, "page") && k->n_files == 1 && k->kind < PAGE_KIND_COUNT)
		return file_compile(k, (enum template_id)k->kind);
	if (!template_named(name, &id) || id <= T_LAYOUT)
		return refuse(k, r, "{{>%.*s}}: there is no such part%s", STR_ARG(name),
		    str_is(name, "page") ? say("; the page itself belongs into layout.html")
					 : say("; there are {{>fields}}, {{>logo}} and {{>scope}}"));
	if (k->n_files == TEMPLATE_FILES_MAX)
		return refuse(k, r, "{{>%.*s}}: parts include each other more than %d deep", STR_ARG(name),
		    TEMPLATE_FILES_MAX);
	return file_compile(k, id);
}

static bool
tag_compile(struct compiler *k, const struct reader *r, struct str tag, size_t outside)
{
	struct str rest;

	tag = str_trim(tag);
	rest = str_trim(str_from(tag, 1));
	switch (tag.n > 0 ? tag.p[0] : 0) {
	case '#': return section_open(k, r, rest, OP_IF);
	case '?': return section_open(k, r, rest, OP_ONCE);
	case '^': return section_open(k, r, rest, OP_UNLESS);
	case '/': return section_close(k, r, rest, outside);
	case '>': return include(k, r, rest);
	default:  return value_add(k, r, tag);
	}
}

/* The end of the tag that begins at r->pos ("{{"), or 0. Comments may be longer than other tags. */
static size_t
tag_find_end(const struct reader *r)
{
	bool comment = str_starts(str_trim(str_sub(r->text, r->pos + 2, 8)), S("!"));
	struct str rest = str_sub(r->text, r->pos + 2, comment ? TEMPLATE_SIZE_MAX : TEMPLATE_TAG_MAX + 2);
	const char *end = memmem(rest.p, rest.n, "}}", 2);

	return end ? (size_t)(end - r->text.p) : 0;
}

static bool
text_check(struct compiler *k, const struct reader *r)
{
	if (r->text.n > TEMPLATE_SIZE_MAX)
		return refuse(k, r, "the file is larger than %d KiB", TEMPLATE_SIZE_MAX / 1024);
	if (!str_utf8(r->text) || str_index(r->text, '\0') >= 0)
		return refuse(k, r, "the file is no UTF-8 text");
	return true;
}

static bool
reader_compile(struct compiler *k, struct reader *r, size_t outside)
{
	while (r->pos < r->text.n) {
		struct str rest = str_from(r->text, r->pos);
		const char *brace = memmem(rest.p, rest.n, "{{", 2);
		size_t n = brace ? (size_t)(brace - rest.p) : rest.n, end;
		struct str tag;

		if (!literal_add(k, r, str_sub(rest, 0, n)))
			return false;
		r->pos += n;
		if (brace == NULL)
			break;
		end = tag_find_end(r);
		if (end == 0)
			return refuse(k, r, "the tag that begins here with {{ has no }} within %d bytes",
			    TEMPLATE_TAG_MAX);
		tag = str_sub(r->text, r->pos + 2, end - r->pos - 2);
		if (!str_starts(str_trim(tag), S("!")) && !tag_compile(k, r, tag, outside))
			return false;
		r->pos = end + 2;
	}
	if (k->n_open > outside)
		return refuse(k, r, "the section \"%.*s\" is never closed", STR_ARG(k->open[k->n_open - 1].tag));
	return true;
}

static bool
file_compile(struct compiler *k, enum template_id id)
{
	struct reader r = { k->set->shown[id], k->set->source[id], 0 };
	bool ok;

	k->n_files++;
	ok = text_check(k, &r) && reader_compile(k, &r, k->n_open);
	k->n_files--;
	return ok;
}

static bool
program_compile(struct page_set *set, enum template_id root, enum page_kind kind, struct program *out,
    struct arena *why_mem, struct str *why)
{
	struct compiler k = { .set = set, .kind = kind, .why_mem = why_mem, .why = why };
	struct op *kept;
	bool ok;

	k.ops = malloc(TEMPLATE_OPS_MAX * sizeof(struct op));
	if (k.ops == NULL)
		return *why = SAY("out of memory"), false;
	ok = file_compile(&k, root);
	kept = ok ? arena_array(&set->mem, struct op, k.n) : NULL;
	if (kept != NULL) {
		memcpy(kept, k.ops, k.n * sizeof(struct op));
		*out = (struct program){ kept, k.n };
	} else if (ok) {
		*why = SAY("out of memory");
	}
	free(k.ops);
	return kept != NULL;
}

bool
page_compile(struct page_set *set, enum page_kind kind, struct arena *why_mem, struct str *why)
{
	return program_compile(set, T_LAYOUT, kind, &set->pages[kind], why_mem, why);
}

/* {{>page}} is no part of them: a mail stands by itself. */
bool
mails_compile(struct page_set *set, struct arena *why_mem, struct str *why)
{
	return program_compile(set, T_MAIL, PAGE_KIND_COUNT, &set->mails[0], why_mem, why)
	    && program_compile(set, T_MAIL_TEXT, PAGE_KIND_COUNT, &set->mails[1], why_mem, why);
}
