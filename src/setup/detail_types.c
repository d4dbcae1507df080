/*
 * setup/detail_types.c - the types of authorization details of an issuer, its setting `authorization_details`: what an
 * object of a type may be (a JSON schema, here or in a file), who may ask for it, and how the consent page tells it.
 * RFC 9396.
 */
#include "base/json_schema.h"
#include "setup/setup_int.h"

#define TYPES_MAX  32
#define FIELDS_MAX 32
#define LABEL_MAX  256
#define SCHEMA_MAX (64 * 1024)

struct reading {
	struct str issuer;
	struct arena *mem;
	struct findings *f;
};
#define wrong(r, node, type, ...) wrong_type(r, node, arena_say((r)->mem, __VA_ARGS__), type)

static bool
wrong_type(const struct reading *r, const struct tree *node, struct str said, struct str type)
{
	complain(r->f, node->where, "issuer %.*s: authorization_details: %.*s: %.*s", STR_ARG(r->issuer), STR_ARG(type),
	    STR_ARG(said));
	return false;
}

/* --- members ---------------------------------------------------------------------------------- */

static bool
label_read(const struct reading *r, const struct tree *node, struct str type, struct str *out)
{
	if (node->kind != TREE_TEXT || node->text.n == 0 || node->text.n > LABEL_MAX || !str_utf8(node->text))
		return wrong(r, node, type, "%.*s must be text of 1 to 256 bytes", STR_ARG(node->name));
	*out = arena_dup(r->mem, node->text);
	return true;
}

/* "a b", or a list. */
static bool
words_read(const struct reading *r, const struct tree *node, struct str type, struct str *out)
{
	struct buf b;

	buf_init(&b, r->mem, 8192);
	if (node->kind == TREE_TEXT)
		buf_put(&b, node->text);
	for (size_t i = 0; node->kind == TREE_LIST && i < node->n; i++) {
		if (!str_is_visible(node->at[i].text))
			return wrong(r, node, type, "%.*s must be words", STR_ARG(node->name));
		buf_put(&b, i > 0 ? S(" ") : S(""));
		buf_put(&b, node->at[i].text);
	}
	if (b.full || b.n == 0)
		return wrong(r, node, type, "%.*s must be words", STR_ARG(node->name));
	*out = buf_str(&b);
	return true;
}

static bool
remember_read(const struct reading *r, const struct tree *node, struct detail_type *t)
{
	if (node->kind != TREE_BOOL)
		return wrong(r, node, t->type, "remember must be true or false");
	t->asks_always = str_is(node->text, "false");
	return true;
}

/* JSON itself, or the path of a file. */
static bool
schema_read(const struct reading *r, const struct tree *node, struct detail_type *t)
{
	struct str text = str_trim(node->text), why = STR_ABSENT, at;
	const char *fault;

	if (node->kind != TREE_TEXT || text.n == 0)
		return wrong(r, node, t->type, "schema must be a JSON schema or the path of its file");
	if (text.p[0] != '{') {
		text = file_content(r->mem, text, SCHEMA_MAX, &why);
		if (!str_given(text))
			return wrong(r, node, t->type, "schema: %.*s", STR_ARG(why));
	}
	t->schema = json_read_upto(r->mem, text, SCHEMA_MAX);
	if (!json_is_object(t->schema))
		return wrong(r, node, t->type, "schema is no JSON object, or is deeper than 32 levels");
	if ((fault = json_schema_wrong(r->mem, t->schema, &at)) != NULL)
		return wrong(r, node, t->type, "schema: %.*s %s", STR_ARG(at), fault);
	return true;
}

/* show: {PATH: LABEL}; show_zh: the same in Chinese, of the same paths. */
static bool
fields_read(const struct reading *r, const struct tree *node, struct detail_type *t)
{
	struct detail_field *fields = arena_array(r->mem, struct detail_field, FIELDS_MAX);
	bool ok = node->kind == TREE_MAP && node->n <= FIELDS_MAX && fields != NULL;

	for (size_t i = 0; ok && i < node->n; i++) {
		fields[i] = (struct detail_field){ .path = arena_dup(r->mem, node->at[i].name), .label_zh = S("") };
		if (!label_read(r, &node->at[i], t->type, &fields[i].label))
			return false;
	}
	if (!ok)
		return wrong(r, node, t->type, "show must be at most 32 rows of PATH: LABEL");
	t->fields = fields;
	t->n_fields = node->n;
	return true;
}

static bool
chinese_read(const struct reading *r, const struct tree *node, struct detail_type *t)
{
	for (size_t i = 0; i < node->n; i++) {
		struct detail_field *fields = (struct detail_field *)(uintptr_t)t->fields;
		size_t k = 0;

		while (k < t->n_fields && !str_eq(fields[k].path, node->at[i].name))
			k++;
		if (k == t->n_fields)
			return wrong(r, &node->at[i], t->type, "show_zh: %.*s is no row of show",
			    STR_ARG(node->at[i].name));
		if (!label_read(r, &node->at[i], t->type, &fields[k].label_zh))
			return false;
	}
	return true;
}

/* --- one type --------------------------------------------------------------------------------- */

static bool
member_read(const struct reading *r, const struct tree *node, struct detail_type *t)
{
	if (str_is(node->name, "title"))
		return label_read(r, node, t->type, &t->title);
	if (str_is(node->name, "title_zh"))
		return label_read(r, node, t->type, &t->title_zh);
	if (str_is(node->name, "clients"))
		return words_read(r, node, t->type, &t->clients);
	if (str_is(node->name, "resources"))
		return words_read(r, node, t->type, &t->resources);
	if (str_is(node->name, "remember"))
		return remember_read(r, node, t);
	if (str_is(node->name, "schema"))
		return schema_read(r, node, t);
	if (str_is(node->name, "show"))
		return fields_read(r, node, t);
	return str_is(node->name, "show_zh")    /* behind show: type_read */
	    || wrong(r, node, t->type,
		"%.*s is no member: there are title, title_zh, show, show_zh, clients, resources, remember and schema",
		STR_ARG(node->name));
}

static bool
type_read(const struct reading *r, const struct tree *node, struct detail_type *t)
{
	const struct tree *chinese = tree_member(node, "show_zh");
	bool ok = node->kind == TREE_MAP;

	*t = (struct detail_type){ .type = arena_dup(r->mem, node->name) };
	if (!str_is_visible(node->name))
		return wrong(r, node, node->name, "a type's name has visible characters and no blanks");
	for (size_t i = 0; ok && i < node->n; i++)
		ok = member_read(r, &node->at[i], t);
	if (ok && chinese != NULL && !chinese_read(r, chinese, t))
		return false;
	if (ok && t->schema == NULL)
		return wrong(r, node, t->type, "schema is missing: it says what such an object may be");
	return ok;
}

void
detail_types_read(const struct conf *c, struct str issuer, const struct wire *w, struct policy *policy,
    struct arena *mem, struct findings *f)
{
	const struct tree *map = conf_get(c, SEC_ISSUER, issuer, "authorization_details")->map;
	const struct reading r = { issuer, mem, f };
	struct detail_type *rows;
	size_t n = 0;

	if (map == NULL || map->n == 0)
		return;
	if (!wire_knows_details(w))
		return complain(f, map->where, "issuer %.*s: authorization_details: this dialect has none",
		    STR_ARG(issuer));
	if (map->n > TYPES_MAX)
		return complain(f, map->where, "issuer %.*s: authorization_details: there are more than %d types",
		    STR_ARG(issuer), TYPES_MAX);
	if ((rows = arena_array(mem, struct detail_type, map->n + 1)) == NULL)
		return;
	for (size_t i = 0; i < map->n; i++)
		n += type_read(&r, &map->at[i], &rows[n]);
	rows[n] = (struct detail_type){ .type = STR_ABSENT };
	policy->token.detail_types = rows;
}
