/* tests/unit/setup/dialects_test.c - dialects of one's own: what may be said, what is refused and how, and that a shown one is the same. */
#include "../test.h"
#include "setup/setup.h"

static char *no_env[] = { (char[]){ "HUFU_DATA=/tmp/hufu-no-such-store" }, NULL };

/* c is freed. */
static bool
opens(struct conf *c, struct arena *mem, struct str *why)
{
	struct findings f;
	struct opened o;
	bool ok;

	findings_init(&f, mem);
	ok = setup_open_conf(c, &f, &o);
	setup_close(&o);
	*why = findings_lines(&f, FINDING_ERROR);
	return ok;
}

/* The complaints about a dialect with these lines; "" when it is taken. */
static struct str
said(struct arena *mem, const char *base, const char *lines)
{
	struct str why = STR_ABSENT, yaml = arena_printf(mem, "listeners:\n  l:\n    bind: 127.0.0.1:1\nissuers:\n  one:\n    url: http://localhost\n    dialect: mine\ndialects:\n  mine:\n    based_on: %s\n%s", base, lines);
	struct conf *c = conf_parse(S("f.yaml"), yaml, no_env, &why, mem);

	if (c != NULL && opens(c, mem, &why))
		why = S("");
	return why;
}

#define TAKES(base, lines) EXPECT_STR(said(mem, base, lines), S(""))
#define REFUSES(base, lines, line, part) do { \
	struct str said_ = said(mem, base, lines); \
	if (!str_contains(said_, S("f.yaml:" line ": ")) || !str_contains(said_, S(part))) \
		test_fail(__FILE__, __LINE__, "said \"%.*s\"", STR_ARG(said_)); \
	} while (0)

TEST(bases_are_built_in_and_names_are_free)
{
	TAKES("spring", "");
	REFUSES("sprung", "", "10", "did you mean spring?");
	REFUSES("mine", "", "10", "is no built-in dialect");               /* so nothing is based on itself */
	EXPECT(str_contains(said(mem, "spring", "  zlt:\n    based_on: spring\n"), S("f.yaml:12: `dialects.zlt`: a built-in dialect has this name")));
	EXPECT(str_contains(said(mem, "spring", "  other:\n    based_on: spring\n    paths: {tokn: /x}\n"), S("f.yaml:13: `dialects.other.paths.tokn`")));  /* though nobody speaks it */
}

/* A place is no part of the sentence, whose colons another language may write otherwise. */
TEST(a_place_is_told_once_in_every_language)
{
	struct str why;

	language_here(LANGUAGE_CHINESE);
	why = said(mem, "spring", "  zlt:\n    based_on: spring\n");
	language_as_set();
	EXPECT_STR(why, S("f.yaml:12: `dialects.zlt`：这是内置方言的名称；请另选"));
}

TEST(an_issuer_may_name_its_own_dialects_only)
{
	struct str why = STR_ABSENT;
	struct conf *c = conf_parse(S("f.yaml"), S("listeners:\n  l:\n    bind: 127.0.0.1:1\nissuers:\n  one:\n    url: http://localhost\n    dialect: yours\ndialects:\n  mine:\n    based_on: spring\n"), no_env, &why, mem);

	NEED(c != NULL);
	EXPECT(!opens(c, mem, &why));
	EXPECT(str_contains(why, S("f.yaml:7: dialect: \"yours\" is not known; choose one of modern, ")) && str_contains(why, S(", mine")));
}

TEST(paths)
{
	TAKES("spring", "    paths:\n      token: [/a, /b/c.do]\n      check_token: none\n      jwks: /keys\n      token.password: /login_token\n");
	TAKES("zlt", "    paths: {sms_code: /code/*}\n");
	REFUSES("spring", "    paths:\n      tokn: /x\n", "12", "`dialects.mine.paths.tokn`: there is no endpoint tokn; did you mean token?");
	REFUSES("spring", "    paths: {zzzzzzzzzzzzzzzz: /x}\n", "11", "`hufu dialect show spring` lists them");
	REFUSES("spring", "    paths: {token: x}\n", "11", "a path begins with /");
	REFUSES("spring", "    paths: {token: 'http://h/x'}\n", "11", "a path begins with /");
	REFUSES("spring", "    paths: {token: '/a b'}\n", "11", "letters, digits");
	REFUSES("spring", "    paths: {token: '/a?b'}\n", "11", "letters, digits");
	REFUSES("spring", "    paths: {token: '/a%2f'}\n", "11", "letters, digits");
	REFUSES("spring", "    paths: {token: /a/*}\n", "11", "letters, digits");
	REFUSES("spring", "    paths: {token: /a//b}\n", "11", "no empty segment");
	REFUSES("spring", "    paths: {token: /a/../b}\n", "11", "no empty segment");
	REFUSES("spring", "    paths: {token: /demo}\n", "11", "are taken");
	REFUSES("spring", "    paths: {token: /assets/x}\n", "11", "are taken");
	REFUSES("spring", "    paths: {token: /login}\n", "11", "are both at /login");
	REFUSES("spring", "    paths:\n      token: /a\n      check_token: /a\n", "13", "token and check_token are both at /a");
	REFUSES("zlt", "    paths: {sms_code: /x/*, home: /x/y}\n", "11", "are both at");
	REFUSES("spring", "    paths: {login_page: none}\n", "11", "browsers are led there");
	REFUSES("taroco", "    paths: {confirm_page: none}\n", "11", "browsers are led there");
	TAKES("spring", "    paths: {confirm_page: none}\n");
	REFUSES("spring", "    paths: {userinfo: /me}\n", "11", "say in `userinfo`");
	REFUSES("spring", "    paths: {token: [/a, {b: c}]}\n", "11", "write one word, a list");
	REFUSES("spring", "    paths: {token: []}\n", "11", "the list is empty");
}

TEST(methods_and_sources)
{
	TAKES("spring", "    methods: {token: [GET, POST], check_token: GET}\n    read_from: [query, json]\n");
	REFUSES("spring", "    methods: {token: PUT}\n", "11", "write GET, POST or [GET, POST]");
	REFUSES("spring", "    methods: {login: GET}\n", "11", "forms of pages stay POST");
	REFUSES("spring", "    methods: {tokens: GET}\n", "11", "did you mean token?");
	REFUSES("spring", "    read_from: [cookie]\n", "10", "\"cookie\" is none of");
}

TEST(parameter_names)
{
	TAKES("spring", "    parameters: {client_id: appId, username: [user, 'LoginForm[user]'], nonce: none}\n");
	TAKES("zlt", "    parameters: {sms.phone: tel, mobile_password.phone: [tel, mobile], login.username: acct, remove_token.token: t}\n");
	REFUSES("spring", "    parameters: {clientid: appId}\n", "11", "did you mean client_id?");
	REFUSES("spring", "    parameters: {client_id: code}\n", "11", "code is the name of code already");
	REFUSES("spring", "    parameters: {client_id: a, username: a}\n", "11", "a is the name of client_id already");
	REFUSES("spring", "    parameters: {client_id: 'a b'}\n", "11", "is no name");
	REFUSES("spring", "    parameters: {client_id: 'a\"'}\n", "11", "is no name");
	REFUSES("spring", "    parameters: {client_id: _csrf}\n", "11", "hufu's own forms");
	REFUSES("spring", "    parameters: {_csrf: x}\n", "11", "keeps its name");
	REFUSES("spring", "    parameters: {sms.phone: x}\n", "11", "sms is neither a grant nor an endpoint");
	REFUSES("spring", "    parameters: {password.usernam: x}\n", "11", "did you mean username?");
}

TEST(grant_names)
{
	TAKES("spring", "    grants: {password: [pwd, password], client_credentials: none, sms: vcode}\n    paths: {sms_code: /sms/*}\n");
	REFUSES("spring", "    grants: {passwrd: x}\n", "11", "did you mean password?");
	REFUSES("spring", "    grants: {password: refresh_token}\n", "11", "refresh_token is the name of refresh_token already");
	REFUSES("spring", "    bare_grants: [sms]\n", "10", "sms is no grant of this dialect");
}

TEST(bodies)
{
	TAKES("spring", "    token_answer: {at: '{access_token}', n: 1, x: null, y: '{scope?}'}\n    success: {a: [1, {b: '{tokens}'}], t: 'at {time}'}\n    failure: {c: '{code}', m: '{error}: {text}', r: {literal: '{}'}}\n");
	REFUSES("spring", "    token_answer: {at: '{acess_token}'}\n", "11", "did you mean access_token?");
	REFUSES("spring", "    token_answer: {at: x}\n", "10", "no member is \"{access_token}\"");
	REFUSES("spring", "    token_answer: {at: 'x {access_token}'}\n", "11", "a constant or one placeholder");
	REFUSES("spring", "    token_answer: {at: {b: 1}}\n", "11", "a token answer is flat");
	REFUSES("spring", "    success: {data: {tokens}}\n", "11", "(in quotes)");
	REFUSES("spring", "    success: {code: 0}\n", "11", "no member is \"{tokens}\"");
	REFUSES("spring", "    success: {code: '{tokens} '}\n", "11", "stands alone");
	REFUSES("spring", "    success: {d: '{tokens}', x: {y: '{txt}'}}\n", "11", "there is no placeholder txt; docs/dialects.md lists them");
	REFUSES("spring", "    failure: {d: '{tex}'}\n", "11", "did you mean text?");
	REFUSES("spring", "    failure: {d: '{tokens}'}\n", "11", "there is no placeholder tokens");
	REFUSES("spring", "    scope_separator: a\n", "10", "it is one of , ; | : /");
	REFUSES("spring", "    content_type: text/html\n", "10", "it begins with");
	REFUSES("spring", "    redirect: {cod: x}\n", "11", "did you mean code?");
	REFUSES("spring", "    redirect: {code: state}\n", "10", "code and state are both called state");
}

#define CLAIMS "exp: '{exp}', jti: '{jti}', scope: '{scope}', client_id: '{client_id}'"
TEST(claims)
{
	TAKES("spring", "    access_claims: {" CLAIMS ", sub: '{user_id}', aud: here, name: '{user_name}'}\n");
	REFUSES("spring", "    access_claims: {exp: '{exp}'}\n", "10", "`jti` is missing");
	REFUSES("spring", "    access_claims: {" CLAIMS ", sub: '{client_id}'}\n", "11", "has a meaning here");
	REFUSES("spring", "    access_claims: {" CLAIMS ", user_name: root}\n", "11", "has a meaning here");
	REFUSES("spring", "    access_claims: {" CLAIMS ", ati: x}\n", "11", "marks other kinds");
	REFUSES("spring", "    access_claims: {" CLAIMS ", a: 1}\n", "11", "write a text or one placeholder");
	REFUSES("spring", "    access_claims: {" CLAIMS ", a: '{user_nam}'}\n", "11", "did you mean user_name?");
	REFUSES("modern", "    access_claims: {" CLAIMS "}\n", "11", "modern is strict");
}

TEST(errors)
{
	TAKES("spring", "    errors:\n      invalid_grant: {status: 401, code: 7, text: no, text_zh: 不, error: bad}\n      code_replayed: {code: \"7\"}\n      Unauthorized: {code: 1}\n");
	REFUSES("spring", "    errors: {invalid_grand: {code: 1}}\n", "11", "did you mean invalid_grant?");
	REFUSES("spring", "    errors: {qqqqqqqqqqqq: {code: 1}}\n", "11", "docs/metrics.md lists the reasons");
	REFUSES("spring", "    errors: {invalid_grant: 1}\n", "11", "write {status: 400");
	REFUSES("spring", "    errors: {invalid_grant: {status: 200}}\n", "11", "400 to 599");
	REFUSES("spring", "    errors: {invalid_grant: {txt: x}}\n", "11", "did you mean text?");
}

TEST(a_strict_base_stays_strict)
{
	TAKES("modern", "    paths: {token: /oauth/token}\n    success: {code: 0, data: '{tokens}'}\n    parameters: {client_id: appId}\n");
	REFUSES("modern", "    methods: {token: GET}\n", "11", "modern is strict");
	REFUSES("modern", "    read_from: [query]\n", "10", "modern is strict");
	REFUSES("modern", "    paths: {check_token: /c}\n", "11", "takes up no endpoint");
	EXPECT(str_contains(said(mem, "modern", "    grants: {password: pwd}\n"), S("grants: the password grant shows")));
	EXPECT(str_contains(said(mem, "modern", "    grants: {open_id: o}\n"), S("grants: open_id believes")));
}

TEST(all_complaints_are_told_at_once)
{
	struct str why = said(mem, "spring", "    paths: {tokn: /x}\n    grants: {passwrd: x}\n    errors: {invalid_grant: 1}\n    scope_separator: a\n");

	EXPECT(str_contains(why, S("paths.tokn")) && str_contains(why, S("grants.passwrd")) && str_contains(why, S("errors.invalid_grant")) && str_contains(why, S("scope_separator")));
}

TEST(a_shown_dialect_is_the_same_dialect)
{
	for (const struct wire *const *w = wires; *w != NULL; w++) {
		struct str why = STR_ABSENT, yaml = wire_show(*w, mem), name = ARENA_CAT(mem, S("my-"), wire_name(*w));
		struct conf *c = conf_parse(S("f.yaml"), yaml, no_env, &why, mem);
		const struct wire *mine = c ? setup_dialect(c, name, mem, &why) : NULL;

		if (mine == NULL)
			test_fail(__FILE__, __LINE__, "%.*s: %.*s", STR_ARG(name), STR_ARG(why));
		conf_free(c);
		if (mine != NULL)
			EXPECT_STR(wire_show(mine, mem), yaml);
	}
}

/* The section `dialects` as the reader of the settings knows it, and as custom.def reads and prints it. */
TEST(every_key_of_a_dialect_is_read_and_printed)
{
	static const char *const keys[] = {
#define TOP(...)
#define TOP_START(...)
#define ITEM(section, key, ...) section == SEC_DIALECT ? key : NULL,
#include "conf/settings.def"
#undef TOP
#undef TOP_START
#undef ITEM
	};
	static const char *const rows[] = {
		"based_on",
#define CUSTOM(key, type, read, show) #key,
#include "wire/custom/custom.def"
#undef CUSTOM
	};
	size_t of_dialects = 0;

	for (size_t i = 0; i < COUNT(keys); i++) {
		bool found = keys[i] == NULL;

		of_dialects += !found;
		for (size_t k = 0; k < COUNT(rows); k++)
			found |= keys[i] != NULL && strcmp(keys[i], rows[k]) == 0;
		if (!found)
			test_fail(__FILE__, __LINE__, "%s has no row in custom.def", keys[i]);
	}
	EXPECT_INT(of_dialects, COUNT(rows));
}
