/* hufu/language.c - hufu language: list, export, check. Files of texts; no daemon and no store. */
#include "hufu/hufu_int.h"
#include "page/page.h"

static int
list(struct cli *c)
{
	struct buf b;

	buf_init(&b, &c->mem, 4096);
	jw_open(&b, '{');
	for (int i = 0; i < LANG_COUNT; i++)
		jm_str(&b, str_of(page_lang_shipped_tag(i)), page_text(i, "language_name"));
	jw_close(&b, '}');
	if (c->json)
		out_line(buf_str(&b));
	for (int i = 0; !c->json && i < LANG_COUNT; i++)
		out_line(arena_printf(
		    &c->mem, "%s\t%.*s", page_lang_shipped_tag(i), STR_ARG(page_text(i, "language_name"))));
	return EXIT_DONE;
}

/* The texts of a language that is shipped, as a file to begin with. */
static int
export_texts(struct cli *c)
{
	struct str tag = json_member_str(c->local, "tag"), yaml;
	int lang = page_lang_shipped(tag);

	if (lang < 0) {
		cli_fail(c, FILL(c, T_language_none, tag), str_of(text(c, T_language_none_hint)));
		return c->code;
	}
	yaml = page_lang_yaml(&c->mem, lang);
	fwrite(yaml.p, 1, yaml.n, stdout);
	return EXIT_DONE;
}

static void
lacks_add(struct str lacks, struct str where, struct findings *f)
{
	while (str_given(lacks) && lacks.n > 0) {
		struct str key = str_cut(&lacks, ' ');

		findings_add(f, FINDING_WARNING, where, "`%.*s`: is missing", STR_ARG(key));
	}
}

/* Everything that is wrong with a file: what the start warns of fails here. */
static int
check(struct cli *c)
{
	struct str file = json_member_str(c->local, "file"), tag = json_member_str(c->local, "tag");
	struct page_own own = { .tag = str_given(tag) ? tag : S("und") };
	struct findings f;

	findings_init(&f, &c->mem);
	own.texts = conf_texts_read(file, &f, &c->mem);
	if (own.texts != NULL)
		lacks_add(page_own_judge(&own, &f), own.texts->where, &f);
	if (c->json)
		cli_findings_json(c, &f, f.n == 0);
	else
		cli_findings_print(c, &f);
	if (!c->json && f.n == 0)
		out_line(FILL(c, T_language_ok, file));
	return f.n == 0 ? EXIT_DONE : EXIT_FAILED;
}

static const struct opt check_options[] = {
	{ "--tag", "tag", OPT_LOCAL, T_o_language_tag },
	OPT_END,
};

const struct command language_commands[] = {
	{ "language", "list", NULL, T_d_language_list, .run = list },
	{ "language", "export", NULL, T_d_language_export, .arg = "TAG", .member = "tag", .run = export_texts },
	{ "language", "check", NULL, T_d_language_check, .arg = "FILE", .member = "file", .opts = check_options,
	    .run = check },
	{ .noun = NULL },
};
