/* conf/texts.c - a file of texts: one map KEY: TEXT, in YAML as the settings are. Nothing is built but its lines. */
#include "conf/yaml_int.h"

struct texts { struct tree *at; size_t n; };

static bool
line_refuse(struct reader *r, const yaml_event_t *ev, struct str key, const char *what)
{
	conf_complain(r->l, reader_where(r, ev->start_mark.line), "`%.*s`: %s", STR_ARG(key), say(what));
	return false;
}

/* The pair whose value begins with ev. */
static bool
line_take(struct reader *r, struct texts *t, struct str key, const yaml_event_t *ev)
{
	struct str text;

	for (size_t i = 0; i < t->n; i++)
		if (str_eq(t->at[i].name, key))
			return line_refuse(r, ev, key, "is given twice; remove one of them");
	if (t->n == CONF_TEXTS_MAX)
		return line_refuse(r, ev, key, "there are too many values here; shorten it");
	if (ev->type != YAML_SCALAR_EVENT)
		return line_refuse(r, ev, key, "a text is one line: write `key: \"text\"`");
	text = reader_scalar(r, ev);
	if (!text_is_one_line(text) || text.n > CONF_TEXT_MAX)
		return line_refuse(r, ev, key, "a text is one line of UTF-8 of at most 2000 bytes");
	t->at[t->n++] = (struct tree){ .kind = TREE_TEXT, .name = key, .text = text,
		.where = reader_where(r, ev->start_mark.line) };
	return true;
}

static void
document_read(struct reader *r, const yaml_event_t *ev, void *to)
{
	yaml_event_t key, value;
	bool more = ev->type == YAML_MAPPING_START_EVENT;

	if (!more)
		reader_break(r, ev->start_mark.line, "the file must hold texts", "write `key: \"text\"` lines");
	while (more && reader_next(r, &key)) {
		more = key.type != YAML_MAPPING_END_EVENT;
		if (more && key.type != YAML_SCALAR_EVENT)
			reader_break(r, key.start_mark.line, "a key must be a plain word", "write `key: value`");
		if (more && reader_next(r, &value)) {
			if (!line_take(r, to, reader_scalar(r, &key), &value))
				reader_skip(r, value.type);
			yaml_event_delete(&value);
		}
		yaml_event_delete(&key);
	}
}

const struct tree *
conf_texts_parse(struct str name, struct str text, struct findings *f, struct arena *mem)
{
	struct loader l = { .mem = mem, .file = name, .findings = f };
	struct texts t = { arena_array(mem, struct tree, CONF_TEXTS_MAX), 0 };
	struct tree *out = arena_new(mem, struct tree);
	size_t before = f->n_errors;

	if (out == NULL || t.at == NULL) {
		conf_complain(&l, name, "out of memory");
		return NULL;
	}
	yaml_walk(&l, text, document_read, &t);
	if (l.broken || f->n_errors > before || mem->full)
		return NULL;
	*out = (struct tree){ .kind = TREE_MAP, .at = t.at, .n = t.n, .where = name };
	return out;
}

const struct tree *
conf_texts_read(struct str path, struct findings *f, struct arena *mem)
{
	struct str text, why = STR_ABSENT;

	if (file_read(mem, path, CONF_SIZE_MAX, &text, &why))
		return conf_texts_parse(path, text, f, mem);
	findings_add(f, FINDING_ERROR, path, "%.*s", STR_ARG(why));
	return NULL;
}
