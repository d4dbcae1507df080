/* tests/unit/conf/env_test.c - settings from the environment stand above the file. */
#include <unistd.h>

#include "../test.h"
#include "conf/conf.h"

static const char base[] = "data: /file\nlisteners:\n  main-one:\n    bind: 127.0.0.1:1\nissuers:\n  old-one:\n    url: http://file\n";

static struct conf *
with(struct arena *mem, char **env, struct str *why)
{
	*why = STR_ABSENT;
	return conf_parse(S("f.yaml"), str_of(base), env, why, mem);
}

TEST(variables_stand_above_the_file)
{
	char *env[] = { (char[]){ "PATH=/bin" }, (char[]){ "HUFU_CONFIG=ignored" }, (char[]){ "HUFU_DATA=/env" }, (char[]){ "HUFU_HTTP__BODY_MAX=1m" }, (char[]){ "HUFU_ISSUERS__OLD_ONE__URL=http://env" },
		(char[]){ "HUFU_LISTENERS__MAIN_ONE__BIND=127.0.0.1:2 [::1]:2" }, (char[]){ "HUFU_ISSUERS__NEW__URL=https://new" }, NULL };
	struct str why;
	const struct str *names;
	struct conf *c = with(mem, env, &why);

	EXPECT_STR(why, STR_ABSENT);
	NEED(c != NULL);
	EXPECT_STR(conf_text(c, SEC_TOP, STR_ABSENT, "data"), S("/env"));
	EXPECT_STR(conf_text(c, SEC_TOP, STR_ABSENT, "keys.kek_file"), S("/env/kek"));
	EXPECT_INT(conf_int(c, SEC_TOP, STR_ABSENT, "http.body_max"), 1048576);
	EXPECT_STR(conf_text(c, SEC_ISSUER, S("old-one"), "url"), S("http://env"));
	EXPECT_STR(conf_get(c, SEC_ISSUER, S("old-one"), "url")->where, S("HUFU_ISSUERS__OLD_ONE__URL"));
	EXPECT_INT(conf_get(c, SEC_LISTENER, S("main-one"), "bind")->n_words, 2);
	EXPECT_INT(conf_names(c, SEC_ISSUER, &names), 2);
	EXPECT_STR(names[1], S("new"));
	conf_free(c);
}

TEST(unknown_and_wrong_variables_are_errors)
{
	char *env[] = { (char[]){ "HUFU_DATUM=/x" }, (char[]){ "HUFU_HTTP__NOTHING=1" }, (char[]){ "HUFU_HTTP__DRAIN=soon" }, (char[]){ "HUFU_ISSUERS__X=1" }, (char[]){ "HUFU_DATUM_FILE=/x" }, NULL };
	struct str why;

	EXPECT(with(mem, env, &why) == NULL);
	EXPECT(str_contains(why, S("HUFU_DATUM: this environment variable names no setting")));
	EXPECT(str_contains(why, S("HUFU_DATUM_FILE: this")));
	EXPECT(str_contains(why, S("HUFU_HTTP__NOTHING: this")));
	EXPECT(str_contains(why, S("HUFU_ISSUERS__X: this")));
	EXPECT(str_contains(why, S("HUFU_HTTP__DRAIN: `http.drain` must be a time")));
}

TEST(a_file_variable_stands_above_a_plain_one)
{
	char path[] = "/tmp/hufu-env-XXXXXX", variable[64];
	char *env[] = { variable, (char[]){ "HUFU_LOG__LEVEL=debug" }, (char[]){ "HUFU_KEYS__KEK_FILE=/run/kek" }, NULL };
	int fd = mkstemp(path);
	struct str why;
	struct conf *c;

	snprintf(variable, sizeof variable, "HUFU_LOG__LEVEL_FILE=%s", path);
	NEED(fd >= 0 && write(fd, "warn\n", 5) == 5);
	close(fd);
	c = with(mem, env, &why);
	EXPECT_STR(why, STR_ABSENT);
	NEED(c != NULL);
	EXPECT_STR(conf_text(c, SEC_TOP, STR_ABSENT, "log.level"), S("warn"));
	EXPECT_STR(conf_text(c, SEC_TOP, STR_ABSENT, "keys.kek_file"), S("/run/kek"));       /* a setting of that very name comes first */
	conf_free(c);
	unlink(path);
	EXPECT(with(mem, env, &why) == NULL);
	EXPECT(str_contains(why, S("cannot be read")));
}

TEST(a_secret_is_not_in_a_complaint)
{
	char *env[] = { (char[]){ "HUFU_KEYS__KEK=topsecret\x01" }, NULL };
	struct str why;

	EXPECT(with(mem, env, &why) == NULL);
	EXPECT(str_contains(why, S("keys.kek")));
	EXPECT(!str_contains(why, S("topsecret")));
}
