/* tests/unit/sql/address_test.c - URLs and paths of databases. */
#include "../test.h"
#include "sql/sql.h"

TEST(a_mysql_url_is_taken_apart)
{
	struct sql_address a;
	struct str why = STR_ABSENT;

	NEED(sql_address_read(mem, S("mysql://read%40er:p%3Aw@db.example:3307/uaa?socket=/run/my%20sql&ca=/etc/ca.pem"), &a, &why));
	EXPECT_INT(a.kind, SQL_MYSQL);
	EXPECT_STR(a.user, S("read@er"));
	EXPECT_STR(a.password, S("p:w"));
	EXPECT_STR(a.host, S("db.example"));
	EXPECT_INT(a.port, 3307);
	EXPECT_STR(a.database, S("uaa"));
	EXPECT_STR(a.socket, S("/run/my sql"));
	EXPECT_STR(a.ca, S("/etc/ca.pem"));
	NEED(sql_address_read(mem, S("mariadb://h/d"), &a, &why));
	EXPECT_STR(a.user, STR_ABSENT);
	EXPECT_INT(a.port, 0);
}

TEST(what_is_no_address_is_told)
{
	static const char *const bad[] = { "", "mysql://", "mysql://h", "mysql://h/", "mysql://h:x/d", "mysql://h:70000/d", "mysql://h/d?tls=1", "mysql://h/d?socket", "mysql://u%zz@h/d", "a\nb" };
	struct sql_address a;
	struct str why;

	for (size_t i = 0; i < COUNT(bad); i++) {
		why = STR_ABSENT;
		if (sql_address_read(mem, str_of(bad[i]), &a, &why) || !str_given(why))
			test_fail(__FILE__, __LINE__, "%s: is taken", bad[i]);
	}
}

TEST(kinds_and_passwords)
{
	struct sql_address a;
	struct str why = STR_ABSENT;

	NEED(sql_address_read(mem, S("postgres://reader@[::1]:5432/db?sslmode=verify-full"), &a, &why));
	EXPECT_INT(a.kind, SQL_POSTGRES);
	NEED(sql_address_read(mem, S("/var/lib/old.db"), &a, &why));
	EXPECT_INT(a.kind, SQL_SQLITE);
	EXPECT(sql_is_url(S("mysql://h/d")) && !sql_is_url(S("redis://h")) && !sql_is_url(S("/a")));
	EXPECT(sql_has_password(S("postgresql://u:p@h/db")) && sql_has_password(S("mysql://u:@h/db")) && sql_has_password(S("postgresql://u@h/db?password=x")));
	EXPECT(!sql_has_password(S("postgresql://u@h:5432/db")) && !sql_has_password(S("mysql://h/a:b@c")) && !sql_has_password(S("/a:b@c")));
}
