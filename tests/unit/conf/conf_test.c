/* tests/unit/conf/conf_test.c - loading, order of sources, reading the result. */
#include <unistd.h>

#include "../test.h"
#include "conf/conf.h"

static const char basic[] =
    "data: /srv/hufu\n"
    "http:\n"
    "  header_max: 32k\n"
    "  idle_timeout: 2m\n"
    "  trusted_proxies: [10.0.0.0/8, \"::1\"]\n"
    "listeners:\n"
    "  main:\n"
    "    bind: 127.0.0.1:8080 [::1]:8080\n"
    "issuers:\n"
    "  modern:\n"
    "    url: http://localhost:8080\n"
    "    listener: main\n"
    "    access_shape: jwt\n"
    "    refresh_grace_ms: 10000\n"
    "  old-one:\n"
    "    url: http://localhost:8090\n"
    "    access_ttl_s: 12h\n";

TEST(values_of_a_file)
{
	struct str why = STR_ABSENT;
	const struct str *names;
	struct conf *c = conf_parse(S("/etc/hufu/hufu.yaml"), str_of(basic), NULL, &why, mem);

	EXPECT_STR(why, STR_ABSENT);
	NEED(c != NULL);
	EXPECT_INT(conf_int(c, SEC_TOP, STR_ABSENT, "http.header_max"), 32768);
	EXPECT_INT(conf_int(c, SEC_TOP, STR_ABSENT, "http.idle_timeout"), 120);
	EXPECT_INT(conf_int(c, SEC_TOP, STR_ABSENT, "http.body_max"), 65536);
	EXPECT_INT(conf_get(c, SEC_TOP, STR_ABSENT, "http.body_max")->set, false);
	EXPECT_INT(conf_get(c, SEC_TOP, STR_ABSENT, "http.trusted_proxies")->n_words, 2);
	EXPECT_STR(conf_get(c, SEC_TOP, STR_ABSENT, "http.trusted_proxies")->words[1], S("::1"));
	EXPECT_STR(conf_text(c, SEC_LISTENER, S("main"), "bind"), S("127.0.0.1:8080 [::1]:8080"));
	EXPECT_INT(conf_names(c, SEC_ISSUER, &names), 2);
	EXPECT_STR(names[1], S("old-one"));
	EXPECT_INT(conf_int(c, SEC_ISSUER, S("modern"), "access_shape"), 3);
	EXPECT_STR(conf_get(c, SEC_ISSUER, S("modern"), "access_shape")->where, S("/etc/hufu/hufu.yaml:13"));
	EXPECT_INT(conf_int(c, SEC_ISSUER, S("old-one"), "access_ttl_s"), 43200);
	EXPECT_INT(conf_get(c, SEC_ISSUER, S("old-one"), "access_shape")->set, false);
	EXPECT_STR(conf_text(c, SEC_ISSUER, S("old-one"), "dialect"), S("modern"));
	conf_free(c);
}

TEST(paths_of_defaults_are_below_data)
{
	struct str why;
	struct conf *c = conf_parse(S("x.yaml"), str_of(basic), NULL, &why, mem);

	NEED(c != NULL);
	EXPECT_STR(conf_text(c, SEC_TOP, STR_ABSENT, "admin.socket"), S("/srv/hufu/hufud.sock"));
	EXPECT_STR(conf_text(c, SEC_TOP, STR_ABSENT, "keys.kek_file"), S("/srv/hufu/kek"));
	conf_free(c);
}

TEST(relative_paths_are_beside_the_file)
{
	struct str why;
	struct conf *c = conf_parse(S("/opt/h/hufu.yaml"), S("data: store\n"), NULL, &why, mem);

	NEED(c != NULL);
	EXPECT_STR(conf_text(c, SEC_TOP, STR_ABSENT, "data"), S("/opt/h/store"));
	EXPECT_STR(conf_text(c, SEC_TOP, STR_ABSENT, "admin.socket"), S("/opt/h/store/hufud.sock"));
	conf_free(c);
	c = conf_parse(S("hufu.yaml"), S("data: store\n"), NULL, &why, mem);
	NEED(c != NULL);
	EXPECT_STR(conf_text(c, SEC_TOP, STR_ABSENT, "data"), S("store"));
	conf_free(c);
}

TEST(nothing_at_all_is_the_defaults)
{
	struct str why = STR_ABSENT;
	const struct str *names;
	struct conf *c = conf_load(STR_ABSENT, NULL, &why, mem);

	NEED(c != NULL);
	EXPECT_STR(conf_text(c, SEC_TOP, STR_ABSENT, "data"), S("/var/lib/hufu"));
	EXPECT_STR(conf_text(c, SEC_TOP, STR_ABSENT, "log.level"), S("info"));
	EXPECT_INT(conf_int(c, SEC_TOP, STR_ABSENT, "keys.rotate"), 90 * 86400);
	EXPECT_INT(conf_names(c, SEC_ISSUER, &names), 0);
	conf_free(c);
	c = conf_parse(S("x"), S("# only a comment\n"), NULL, &why, mem);
	EXPECT(c != NULL);
	conf_free(c);
}

TEST(missing_file_says_so)
{
	struct str why = STR_ABSENT;

	EXPECT(conf_load(S("/nonexistent/hufu.yaml"), NULL, &why, mem) == NULL);
	EXPECT(str_starts(why, S("/nonexistent/hufu.yaml: ")));
	EXPECT(str_contains(why, S("No such file")));
	EXPECT(str_contains(why, S("--config")));
}

TEST(a_file_on_disk)
{
	char path[] = "/tmp/hufu-conf-XXXXXX";
	int fd = mkstemp(path);
	struct str why = STR_ABSENT;
	struct conf *c;

	NEED(fd >= 0 && write(fd, basic, strlen(basic)) == (ssize_t)strlen(basic));
	close(fd);
	c = conf_load(str_of(path), NULL, &why, mem);
	EXPECT(c != NULL);
	conf_free(c);
	unlink(path);
}
