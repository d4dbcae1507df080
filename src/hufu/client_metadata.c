/*
 * hufu/client_metadata.c - a client's registration on the command line: one option and one line for each row of
 * oauth/metadata.def.
 */
#include "hufu/hufu_int.h"
#include "oauth/client_metadata.h"

static const struct { const char *member; enum text heading; } headings[] = {
#define METADATA(kind, member, check, option, heading, heading_zh, help, help_zh) { #member, T_h_md_##member },
#include "oauth/metadata.def"
};

/* As the member's kind is written; a new value. */
static json_t *
value_of(const struct metadata_row *row, struct str value)
{
	int64_t n;

	if (value.n == 0)
		return json_null();
	switch (row->kind) {
	case MD_TEXT: case MD_WORDS: case MD_LINES: return json_str(value);
	case MD_BOOL: return json_boolean(str_is(value, "true"));
	case MD_SECONDS: return str_int(value, &n) ? json_integer(n) : json_str(value);
	case MD_JWKS: return json_loadb(value.p, value.n, JSON_REJECT_DUPLICATES, NULL);
	}
	return NULL;
}

/* Lists grow by each option; the first empty value alone empties one. */
static bool
list_add(json_t *into, const char *member, json_t *v)
{
	json_t *list = json_object_get(into, member);

	if (json_is_null(v))
		return json_object_set_new(into, member, json_array()) == 0;
	if (list == NULL && json_object_set_new(into, member, list = json_array()) != 0)
		return false;
	return json_array_append_new(list, v) == 0;
}

bool
metadata_option(struct cli *c, const struct opt *o, struct str value)
{
	const struct metadata_row *row = metadata_row(str_of(o->member));
	bool word = row->kind != MD_BOOL || value.n == 0 || str_is(value, "true") || str_is(value, "false");
	json_t *into = json_object_get(c->ask, "metadata"), *v = word ? value_of(row, value) : NULL;

	if (v == NULL)
		return cli_usage(c, FILL(c, T_bad_metadata, str_of(o->flag),
		    str_of(row->kind == MD_BOOL ? say("must be true or false") : say("must be a JSON object"))));
	if (into == NULL)
		json_object_set_new(c->ask, "metadata", into = json_object());
	return row->kind == MD_WORDS || row->kind == MD_LINES ? list_add(into, o->member, v)
							      : json_object_set_new(into, o->member, v) == 0;
}

void
metadata_lines(struct table *t, struct cli *c, const json_t *metadata)
{
	for (size_t i = 0; i < COUNT(headings); i++) {
		const json_t *v = json_object_get(metadata, headings[i].member);
		char *more = v != NULL && !json_is_string(v) && !json_is_array(v)
		    ? json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY)
		    : NULL;

		if (json_is_string(v))
			pair_line(t, headings[i].heading, json_text(v));
		else if (json_is_array(v))
			pair_line(t, headings[i].heading, out_words(c, metadata, headings[i].member));
		else if (more != NULL)
			pair_line(t, headings[i].heading, arena_dup(&c->mem, str_of(more)));
		free(more);
	}
}
