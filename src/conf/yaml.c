/*
 * conf/yaml.c - the YAML file (YAML 1.1 as libyaml reads it) walked event by event: nothing is
 * built but the settings. One document; no anchors, aliases or tags, so that a small file cannot
 * become a large one; three levels, no more, but for the settings that are trees, which are bounded
 * by themselves.
 */
#include "conf/yaml_int.h"

#define KEYS_MAX 128                    /* keys of one mapping; a map of names may have as many as there may be items */

/* One mapping being walked; `taken` remembers its keys, to find repeated ones. */
struct level {
	enum setting_section section;
	struct str group;               /* SEC_TOP: absent at the top, else the group */
	struct conf_item *item;
	bool names;                     /* the keys are names of items */
	struct str *taken;
	size_t n_taken, taken_max;
};

struct str
reader_where(struct reader *r, size_t line)
{
	return arena_printf(r->l->mem, "%.*s:%zu", STR_ARG(r->l->file), line + 1);
}

void
reader_break(struct reader *r, size_t line, const char *what, const char *hint)
{
	if (!r->broken)
		conf_complain(r->l, reader_where(r, line), "%s; %s", say(what), say(hint));
	r->broken = r->l->broken = true;
}

static bool
is_decorated(const yaml_event_t *ev)
{
	switch (ev->type) {
	case YAML_ALIAS_EVENT: return true;
	case YAML_SCALAR_EVENT: return ev->data.scalar.anchor != NULL || ev->data.scalar.tag != NULL;
	case YAML_SEQUENCE_START_EVENT:
		return ev->data.sequence_start.anchor != NULL || ev->data.sequence_start.tag != NULL;
	case YAML_MAPPING_START_EVENT:
		return ev->data.mapping_start.anchor != NULL || ev->data.mapping_start.tag != NULL;
	default: return false;
	}
}

bool
reader_next(struct reader *r, yaml_event_t *ev)
{
	if (r->broken)
		return false;
	if (!yaml_parser_parse(&r->parser, ev)) {
		const char *problem = r->parser.problem != NULL ? r->parser.problem : "unreadable text";
		reader_break(r, r->parser.problem_mark.line, problem,
		    "correct the YAML syntax here (indentation by blanks, `key: value`)");
		return false;
	}
	if (is_decorated(ev)) {
		reader_break(
		    r, ev->start_mark.line, "anchors, aliases and tags are not allowed", "write the value out");
		yaml_event_delete(ev);
		return false;
	}
	return true;
}

void
reader_skip(struct reader *r, yaml_event_type_t type)
{
	int depth = type == YAML_MAPPING_START_EVENT || type == YAML_SEQUENCE_START_EVENT;
	yaml_event_t ev;

	while (depth > 0 && reader_next(r, &ev)) {
		if (ev.type == YAML_MAPPING_START_EVENT || ev.type == YAML_SEQUENCE_START_EVENT)
			depth++;
		else if (ev.type == YAML_MAPPING_END_EVENT || ev.type == YAML_SEQUENCE_END_EVENT)
			depth--;
		if (depth > 8)
			reader_break(r, ev.start_mark.line, "this is nested too deeply",
			    "settings stand at most three levels deep");
		yaml_event_delete(&ev);
	}
}

struct str
reader_scalar(struct reader *r, const yaml_event_t *ev)
{
	return arena_dup(r->l->mem, str_span(ev->data.scalar.value, ev->data.scalar.length));
}

/* `key:` with nothing, ~ or null. */
static bool
is_null(const yaml_event_t *ev)
{
	struct str s = str_span(ev->data.scalar.value, ev->data.scalar.length);

	return ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && (s.n == 0 || str_is(s, "~") || str_is(s, "null"));
}

/* The words of a list, behind its start. */
static bool
list_read(struct reader *r, struct str *words, size_t *n)
{
	yaml_event_t ev;
	bool ok = true, more = true;

	while (more && reader_next(r, &ev)) {
		more = ev.type != YAML_SEQUENCE_END_EVENT;
		if (more && (ev.type != YAML_SCALAR_EVENT || *n >= CONF_WORDS_MAX)) {
			ok = false;
			reader_skip(r, ev.type);
		} else if (more)
			words[(*n)++] = reader_scalar(r, &ev);
		yaml_event_delete(&ev);
	}
	return ok;
}

/* --- settings that are trees ------------------------------------------------------------------ */

struct growth { struct str setting; size_t nodes; };

static bool
tree_refuse(struct reader *r, const yaml_event_t *ev, const struct growth *g, const char *what)
{
	conf_complain(r->l, reader_where(r, ev->start_mark.line), "`%.*s`: %s", STR_ARG(g->setting), say(what));
	reader_skip(r, ev->type);
	return false;
}

static bool node_read(struct reader *r, const yaml_event_t *ev, struct growth *g, int depth, struct tree *out);

/* The key of a pair, not yet taken in this map. */
static bool
node_name(struct reader *r, const yaml_event_t *key, const struct growth *g, const struct tree *kids,
    size_t n, struct str *name)
{
	if (key->type != YAML_SCALAR_EVENT)
		return tree_refuse(r, key, g, "a key must be a plain word; write `key: value`");
	*name = reader_scalar(r, key);
	if (name->n == 0 || name->n > 200 || !text_is_one_line(*name))
		return tree_refuse(r, key, g, "a key must be one line of at most 200 bytes");
	for (size_t i = 0; i < n; i++)
		if (str_eq(kids[i].name, *name)) {
			conf_complain(r->l, reader_where(r, key->start_mark.line),
			    "`%.*s`: `%.*s` is given twice; remove one of them", STR_ARG(g->setting),
			    STR_ARG(*name));
			return false;
		}
	return true;
}

/*
 * What is below a map or a list, behind its start, to its end. One that does not fit is read over,
 * so that the next complaint is a true one.
 */
static bool
kids_read(struct reader *r, bool map, struct growth *g, int depth, struct tree *out)
{
	struct tree kids[CONF_KIDS_MAX], *kept;
	bool ok = true, more = true;
	yaml_event_t ev;

	while (more && reader_next(r, &ev)) {
		struct str name = STR_ABSENT;
		struct tree kid = { .kind = TREE_NULL };

		more = ev.type != YAML_SEQUENCE_END_EVENT && ev.type != YAML_MAPPING_END_EVENT;
		if (more && map) {
			ok &= node_name(r, &ev, g, kids, out->n, &name);
			yaml_event_delete(&ev);
			if (!reader_next(r, &ev))
				return false;
		}
		if (more && out->n == CONF_KIDS_MAX)
			ok = tree_refuse(r, &ev, g, "there are too many values here; shorten it");
		else if (more && node_read(r, &ev, g, depth, &kid)) {
			kid.name = arena_dup(&r->l->conf->mem, name);
			kids[out->n++] = kid;
		} else
			ok &= !more;
		yaml_event_delete(&ev);
	}
	kept = arena_array(&r->l->conf->mem, struct tree, out->n);
	if (kept != NULL && out->n > 0)
		memcpy(kept, kids, out->n * sizeof kids[0]);
	out->at = kept;
	return ok && kept != NULL && !r->broken;
}

static bool
node_read(struct reader *r, const yaml_event_t *ev, struct growth *g, int depth, struct tree *out)
{
	bool map = ev->type == YAML_MAPPING_START_EVENT;

	*out = (struct tree){ .where = arena_dup(&r->l->conf->mem, reader_where(r, ev->start_mark.line)) };
	if (++g->nodes > CONF_NODES_MAX)
		return tree_refuse(r, ev, g, "this is too large; shorten it");
	if (ev->type == YAML_SCALAR_EVENT) {
		out->text = arena_dup(&r->l->conf->mem, reader_scalar(r, ev));
		out->kind = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE ? tree_kind_of_word(out->text) : TREE_TEXT;
		if (!text_is_one_line(out->text) || out->text.n > 4096)
			return tree_refuse(r, ev, g, "a value must be one line of UTF-8 text of at most 4096 bytes");
		return true;
	}
	if (depth == CONF_DEPTH_MAX)
		return tree_refuse(r, ev, g, "this is nested too deeply; at most four levels");
	out->kind = map ? TREE_MAP : TREE_LIST;
	return kids_read(r, map, g, depth + 1, out);
}

static void
map_setting_read(struct reader *r, const struct level *at, const struct setting *row, const yaml_event_t *ev)
{
	struct str where = reader_where(r, ev->start_mark.line);
	struct growth g = { value_name(r->l->mem, at->item, row), 0 };
	struct tree *root = arena_new(&r->l->conf->mem, struct tree);

	if (ev->type != YAML_MAPPING_START_EVENT)
		tree_refuse(r, ev, &g, "this takes keys of its own, indented below it");
	else if (root != NULL && node_read(r, ev, &g, 0, root) && !r->broken)
		value_read(r->l, at->item, row, &(struct given){ .map = root }, where, STR_ABSENT);
}

/* --- sections, items, settings ---------------------------------------------------------------- */

static void
setting_read(struct reader *r, const struct level *at, const struct setting *row, const yaml_event_t *ev)
{
	struct str where = reader_where(r, ev->start_mark.line), words[CONF_WORDS_MAX];
	struct str name = value_name(r->l->mem, at->item, row);
	struct given g = { .words = words };

	value_spoil(r->l, at->item, row, where);
	if (row->type == SET_MAP) {
		map_setting_read(r, at, row, ev);
		return;
	}
	if (ev->type == YAML_SCALAR_EVENT && !is_null(ev))
		g.text = reader_scalar(r, ev);
	else if (ev->type == YAML_SCALAR_EVENT) {
		conf_complain(r->l, where, "`%.*s` has no value; give one or remove the line", STR_ARG(name));
		return;
	} else if (ev->type == YAML_SEQUENCE_START_EVENT) {
		g.is_list = true;
		if (!list_read(r, words, &g.n_words)) {
			conf_complain(r->l, where, "`%.*s` must be a list of at most %d words", STR_ARG(name),
			    CONF_WORDS_MAX);
			return;
		}
	} else {
		conf_complain(r->l, where, "`%.*s` takes a value, not keys of its own", STR_ARG(name));
		reader_skip(r, ev->type);
		return;
	}
	if (!r->broken)
		value_read(r->l, at->item, row, &g, where, r->l->dir);
}

static void
unknown_key(struct reader *r, const struct level *at, struct str key, size_t line)
{
	struct str near = setting_nearest(at->section, at->section == SEC_TOP ? at->group : STR_ABSENT, key);
	struct str place = str_given(at->group) ? at->group
	    : at->section == SEC_TOP            ? SAY("the top level")
						: str_of(section_keys[at->section]);

	if (str_given(near))
		conf_complain(r->l, reader_where(r, line), "unknown key `%.*s` in %.*s; did you mean `%.*s`?",
		    STR_ARG(key), STR_ARG(place), STR_ARG(near));
	else
		conf_complain(r->l, reader_where(r, line),
		    "unknown key `%.*s` in %.*s; remove it (`hufu config manual` lists the settings)",
		    STR_ARG(key), STR_ARG(place));
}

static void map_read(struct reader *r, struct level *at);

/* A mapping is expected as the value of a group, a section or an item. */
static void
submap_read(struct reader *r, struct level *below, struct str key, const yaml_event_t *ev)
{
	if (ev->type == YAML_MAPPING_START_EVENT)
		map_read(r, below);
	else if (ev->type != YAML_SCALAR_EVENT || !is_null(ev)) {
		conf_complain(r->l, reader_where(r, ev->start_mark.line),
		    "`%.*s` takes keys of its own, indented below it", STR_ARG(key));
		reader_skip(r, ev->type);
	}
}

static void
item_read(struct reader *r, const struct level *at, struct str name, size_t line, const yaml_event_t *ev)
{
	struct level below = { .section = at->section };

	if (!item_name_is_good(name)) {
		conf_complain(r->l, reader_where(r, line),
		    "\"%.*s\" is no name for one of %s; use a-z, 0-9 and -", STR_ARG(name),
		    section_keys[at->section]);
		reader_skip(r, ev->type);
		return;
	}
	below.item = item_add(r->l, at->section, name, reader_where(r, line));
	if (below.item != NULL)
		submap_read(r, &below, name, ev);
	else
		reader_skip(r, ev->type);
}

/* One key and its value, whose first event is ev. */
static void
pair_read(struct reader *r, const struct level *at, struct str key, size_t line, const yaml_event_t *ev)
{
	bool top = at->section == SEC_TOP && !str_given(at->group);
	struct level below = { .section = SEC_TOP, .item = &r->l->conf->list[SEC_TOP].at[0], .group = key };
	const struct setting *row = setting_find(
	    at->section, str_given(at->group) ? ARENA_CAT(r->l->mem, at->group, S("."), key) : key);

	if (at->names)
		item_read(r, at, key, line, ev);
	else if (top && setting_section_of(key) != SEC_TOP) {
		below = (struct level){ .section = setting_section_of(key), .names = true };
		submap_read(r, &below, key, ev);
	} else if (top && setting_group_exists(key))
		submap_read(r, &below, key, ev);
	else if (row != NULL && (!top || row->group[0] == '\0'))
		setting_read(r, at, row, ev);
	else {
		unknown_key(r, at, key, line);
		reader_skip(r, ev->type);
	}
}

static bool
key_is_new(struct reader *r, struct level *at, struct str key, size_t line)
{
	for (size_t i = 0; i < at->n_taken; i++) {
		if (str_eq(at->taken[i], key)) {
			conf_complain(r->l, reader_where(r, line), "`%.*s` is given twice; remove one of them",
			    STR_ARG(key));
			return false;
		}
	}
	if (at->n_taken == at->taken_max)
		reader_break(r, line, "there are too many keys here", "shorten the file");
	else
		at->taken[at->n_taken++] = key;
	return !r->broken;
}

/* The pairs of a mapping, behind its start, to its end. */
static void
map_read(struct reader *r, struct level *at)
{
	yaml_event_t key, value;
	bool more = true;

	at->taken_max = at->names ? CONF_ITEMS_MAX + 1 : KEYS_MAX;
	at->taken = arena_array(r->l->mem, struct str, at->taken_max);
	if (at->taken == NULL)
		reader_break(r, 0, "out of memory", "shorten the file");
	while (more && reader_next(r, &key)) {
		more = key.type != YAML_MAPPING_END_EVENT;
		if (more && key.type != YAML_SCALAR_EVENT)
			reader_break(r, key.start_mark.line, "a key must be a plain word", "write `key: value`");
		if (more && reader_next(r, &value)) {
			struct str name = reader_scalar(r, &key);
			if (key_is_new(r, at, name, key.start_mark.line))
				pair_read(r, at, name, key.start_mark.line, &value);
			else
				reader_skip(r, value.type);
			yaml_event_delete(&value);
		}
		yaml_event_delete(&key);
	}
}

static void
document_read(struct reader *r, const yaml_event_t *ev, void *to)
{
	struct level top = { .section = SEC_TOP, .item = &r->l->conf->list[SEC_TOP].at[0] };

	(void)to;
	if (ev->type == YAML_MAPPING_START_EVENT)
		map_read(r, &top);
	else if (ev->type != YAML_SCALAR_EVENT || !is_null(ev))
		reader_break(r, ev->start_mark.line, "the file must hold settings", "write `key: value` lines");
}

void
yaml_walk(struct loader *l, struct str text, document_fn *document, void *to)
{
	struct reader r = { .l = l };
	int documents = 0;
	bool more = true;
	yaml_event_t ev;

	if (text.n > CONF_SIZE_MAX) {
		conf_complain(l, l->file, "the file is larger than %d bytes; shorten it", CONF_SIZE_MAX);
		l->broken = true;
		return;
	}
	if (!yaml_parser_initialize(&r.parser)) {
		conf_complain(l, l->file, "out of memory");
		l->broken = true;
		return;
	}
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text.p, text.n);
	while (more && reader_next(&r, &ev)) {
		more = ev.type != YAML_STREAM_END_EVENT;
		if (ev.type == YAML_DOCUMENT_START_EVENT && ++documents > 1)
			reader_break(&r, ev.start_mark.line, "there is more than one document",
			    "remove the line `---` and what follows");
		else if (ev.type == YAML_MAPPING_START_EVENT || ev.type == YAML_SEQUENCE_START_EVENT
		    || ev.type == YAML_SCALAR_EVENT)
			document(&r, &ev, to);
		yaml_event_delete(&ev);
	}
	yaml_parser_delete(&r.parser);
}

void
yaml_load(struct loader *l, struct str text)
{
	yaml_walk(l, text, document_read, NULL);
}
