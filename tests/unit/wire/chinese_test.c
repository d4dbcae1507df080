/*
 * No English sentence on a Chinese page: every page, with every reason, at every dialect. A sentence is two words of Latin letters side by
 * side that no mark joins; names of the protocol (client_id, S256, OAuth 2.0, https://...) hold a mark, a digit or stand alone, and
 * commands to copy stand in <pre>.
 */
#include "desk.h"
#include "wire/wire_int.h"

#define ZH "Accept-Language: zh-CN\r\n"

/* What people see: without tags, without what stands in <pre> and <style>, and without the names that this test has given. */
static struct str
seen(struct arena *mem, struct str page)
{
	static const char *const names[] = { "Name of app", "简体中文" };
	struct buf b;
	bool pre = false;

	buf_init(&b, mem, page.n + 1);
	for (size_t i = 0; i < page.n;) {
		struct str rest = str_from(page, i);
		ptrdiff_t end = str_index(rest, '>');
		bool name = false;

		for (size_t k = 0; k < COUNT(names) && !name; k++)
			if (str_starts(rest, str_of(names[k]))) {
				i += strlen(names[k]);
				name = true;
			}
		if (name)
			continue;
		if (page.p[i] == '<' && end >= 0) {
			pre = str_starts(rest, S("<pre")) || (pre && !str_starts(rest, S("</pre")));
			buf_putc(&b, '\n');
			i += (size_t)end + 1;
		} else {
			if (!pre)
				buf_putc(&b, page.p[i]);
			i++;
		}
	}
	return buf_str(&b);
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A blank between two words of letters alone. */
static bool
has_sentence(struct str text, struct str *where)
{
	for (size_t i = 1; i + 1 < text.n; i++) {
		size_t from = i, to = i + 1;

		if (text.p[i] != ' ')
			continue;
		while (from > 0 && is_letter(text.p[from - 1]))
			from--;
		while (to < text.n && is_letter(text.p[to]))
			to++;
		if (i - from < 2 || to - i < 3 || (from > 0 && strchr(" \n\"(", text.p[from - 1]) == NULL) || (to < text.n && strchr(" \n\".,:;)&", text.p[to]) == NULL))
			continue;
		*where = str_sub(text, from, to - from + 20);
		return true;
	}
	return false;
}

static void
expect_chinese(struct arena *mem, const char *what, struct str page)
{
	struct str where = S(""), text = seen(mem, page);

	EXPECT(str_contains(page, S("lang=\"zh-CN\"")));
	if (has_sentence(text, &where))
		printf("   ! %s: \"%.*s\"\n", what, STR_ARG(where));
	EXPECT(!has_sentence(text, &where));
}

TEST(a_sentence_is_known_when_it_is_seen)
{
	struct str where;

	(void)mem;
	EXPECT(has_sentence(S("x \n the token is unknown \n"), &where) && has_sentence(S("\nUnknown error\n"), &where));
	EXPECT(has_sentence(S("error=\"x\", error_description=\"Bad client credentials\""), &where));
	EXPECT(!has_sentence(S("缺少 client_id，或 client_id 未知 OAuth 2.0 PKCE\nEnglish\n"), &where));
}

TEST(every_reason_on_a_chinese_error_page)
{
	for (size_t i = 0; wires[i] != NULL; i++) {
		struct desk *d = desk_new(wires[i], "http://localhost");

		for (int why = R_NONE + 1; why < R_COUNT; why++) {
			struct exchange *x = desk_begin(d, mem, M_GET, "/login");
			struct http_reply r = { 0 };
			struct wording s;

			x->lang = LANG_ZH;
			x->c.offender = S("odd_value");
			s = phrase_of(x, (enum reason)why);
			speak_error_page(x, &s, &r);
			expect_chinese(mem, arena_z(mem, ARENA_CAT(mem, str_of(wires[i]->name), S(" "), str_of(reason_rows[why].name))), r.body);
			arena_reset(mem);
		}
		desk_free(d);
	}
}

TEST(every_page_of_a_browser_in_chinese)
{
	static const char *const asks[] = {
		"GET /login", "GET /login?error", "GET /login?error=wait", "GET /login?error=disabled", "GET /login?error=locked",
		"GET /login?error=expired", "GET /login?logout", "GET /logout", "GET /", "GET /demo",
		"GET /demo?error=access_denied&error_description=the+user+denied+access", "GET /demo?code=abc", "GET /oauth/error", "GET /nothing",
		"GET /oauth/authorize", "GET /oauth/authorize?response_type=code&client_id=app", "GET /authorize", "GET /oauth2/authorize",
		"GET /oauth/confirm_access", "GET /oauth/authorize?response_type=code&client_id=ask", "GET /oauth/authorize?response_type=code&client_id=none",
	};

	for (size_t i = 0; wires[i] != NULL; i++) {
		struct desk *d = desk_new(wires[i], "http://localhost");
		const char *cookie = desk_login(d, mem, "/login");

		for (size_t k = 0; k < COUNT(asks) * 2; k++) {
			const char *ask = asks[k / 2], *headers = k % 2 == 0 ? ZH "Accept: text/html\r\n" : arena_z(mem, arena_printf(mem, ZH "Accept: text/html\r\n%s", cookie));
			struct str reply = talk(d, mem, ask, headers, NULL);

			if (str_starts(field_of_reply(reply, "Content-Type"), S("text/html")))
				expect_chinese(mem, arena_z(mem, ARENA_CAT(mem, str_of(wires[i]->name), S(" "), str_of(ask))), body_of_reply(reply));
		}
		desk_free(d);
	}
}
