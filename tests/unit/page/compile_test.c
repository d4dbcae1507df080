/* Malformed templates are refused with file, line and a sentence; well-formed ones say what they say. */
#include "page/page.h"
#include "../test.h"

static void
refused(struct arena *mem, const char *template, const char *says)
{
	struct str why = STR_ABSENT;
	struct page_set *p = page_set_with(S("login.html"), str_of(template), mem, &why);

	if (p != NULL)
		test_fail(__FILE__, __LINE__, "accepted: %s", template);
	else if (!str_starts(why, S("login.html:")) || !str_contains(why, str_of(says)))
		test_fail(__FILE__, __LINE__, "\"%.*s\" does not say \"%s\"", STR_ARG(why), says);
	page_set_free(p);
}

TEST(refuses_what_is_malformed)
{
	refused(mem, "{{username", ":1: the tag that begins here");
	refused(mem, "a\nb {{#error}}\nc", ":3: the section \"error\" is never closed");
	refused(mem, "\n\n{{/error}}", ":3: {{/error}} closes nothing");
	refused(mem, "{{#error}}{{#csrf}}{{/error}}{{/csrf}}", "{{/csrf}} is expected");
	refused(mem, "{{}}", "is no tag");
	refused(mem, "{{{username}}}", "is no tag");
	refused(mem, "{{&username}}", "is no tag");
	refused(mem, "{{user name}}", "is no tag");
	refused(mem, "{{usernme}}", "no page has a value called \"usernme\"");
	refused(mem, "{{t:usrname}}", "there is no text called \"usrname\"");
	refused(mem, "{{#t:username}}{{/t:username}}", "a section needs a value");
	refused(mem, "{{t:scope_[nothing]}}", "no page has a value called \"nothing\"");
	refused(mem, "{{>page}}", "belongs into layout.html");
	refused(mem, "{{>login}}", "there is no such part");
	refused(mem, "\xff", "no UTF-8");
}

TEST(refuses_values_where_escaping_does_not_help)
{
	refused(mem, "<p title={{username}}>", "put quotes around it");
	refused(mem, "<p {{username}}>", "in the name of a tag or attribute");
	refused(mem, "<script>let a = \"{{username}}\"</script>", "inside a script or style element");
	refused(mem, "<!-- {{username}} -->", "inside a comment");
	refused(mem, "<p onclick=\"{{username}}\">", "attribute that holds code");
	refused(mem, "<a href=\"{{t:username}}\">", "where a URL belongs");
	refused(mem, "{{#error}}<p {{/error}}>", "ends in another part of the HTML");
	refused(mem, "<p title=\"{{#error}}\" {{/error}}>", "ends in another part of the HTML");
	refused(mem, "<a title {{#error}}href {{/error}}=\"{{username}}\">", "in the name of a tag or attribute");
}

TEST(is_bounded)
{
	struct buf b;

	buf_init(&b, mem, 1024 * 1024);
	for (int i = 0; i < 13; i++)
		buf_put(&b, S("{{#error}}"));
	buf_putc(&b, '\0');
	refused(mem, b.p, "sections are more than 12 deep");
	b.n = 0;
	for (int i = 0; i < 5000; i++)
		buf_put(&b, S("{{lang}}"));
	buf_putc(&b, '\0');
	refused(mem, b.p, "more than 4096 parts");
	b.n = 0;
	for (int i = 0; i < 66000; i++)
		buf_putc(&b, 'x');
	buf_putc(&b, '\0');
	refused(mem, b.p, "larger than 64 KiB");
}

TEST(parts_cannot_include_each_other_for_ever)
{
	struct str why = STR_ABSENT;

	EXPECT(page_set_with(S("logo.html"), S("{{>logo}}"), mem, &why) == NULL);
	EXPECT(str_contains(why, S("logo.html:1: {{>logo}}: parts include each other")));
	EXPECT(page_set_with(S("layout.html"), S("{{>page}}{{>layout}}"), mem, &why) == NULL);
	EXPECT(page_set_with(S("nothing.html"), S(""), mem, &why) == NULL);
	EXPECT(str_contains(why, S("no page has this name")));
}
