/* One request found in the log by its id, whatever else the log holds. */
#include "../test.h"
#include "admin/explain.h"

#define ID S("abcd2345")
#define LINE "{\"ts\":\"T\",\"level\":\"audit\",\"issuer\":\"main\",\"endpoint\":\"authorize\",\"method\":\"GET\",\"client\":\"app\",\"status\":400," \
	"\"reason\":\"redirect_unregistered\",\"error_id\":\"abcd2345\",\"param\":\"redirect_uri\",\"came\":\"c\",\"near\":\"n\",\"differs\":\"port\",\"peer\":\"p\"}"

TEST(a_line_is_read)
{
	struct explained e;

	NEED(explain_line_read(mem, S(LINE), ID, &e));
	EXPECT_STR(e.client, S("app"));
	EXPECT_STR(e.reason, S("redirect_unregistered"));
	EXPECT_STR(e.came, S("c"));
	EXPECT_STR(e.near, S("n"));
	EXPECT_STR(e.differs, S("port"));
	EXPECT_INT(e.status, 400);
	EXPECT(!str_given(e.detail) && !str_given(e.user));
	EXPECT(explain_line_read(mem, S("Nov 29 host hufud[1]: " LINE "\n"), ID, &e));
}

TEST(another_line_is_none)
{
	struct explained e;

	EXPECT(!explain_line_read(mem, S(LINE), S("abcd2346"), &e));
	EXPECT(!explain_line_read(mem, S("{\"level\":\"record\",\"error_id\":\"abcd2345\"}"), ID, &e));
	EXPECT(!explain_line_read(mem, S("{\"level\":\"audit\",\"came\":\"abcd2345\",\"error_id\":\"x\"}"), ID, &e));
	EXPECT(!explain_line_read(mem, S("{\"level\":\"audit\",\"error_id\":\"abcd2345\""), ID, &e));
	EXPECT(!explain_line_read(mem, S("abcd2345"), ID, &e) && !explain_line_read(mem, S(""), ID, &e));
}

TEST(an_id_is_letters_and_digits)
{
	(void)mem;
	EXPECT(explain_id_is_sane(ID));
	EXPECT(!explain_id_is_sane(S("")) && !explain_id_is_sane(S("a b")) && !explain_id_is_sane(S("../x")) && !explain_id_is_sane(S("ABCD")));
	EXPECT(!explain_id_is_sane(S("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")));
}

TEST(a_line_of_a_trace)
{
	static const char line[] = "{\"ts\":\"T\",\"level\":\"audit\",\"endpoint\":\"token\",\"method\":\"POST\",\"status\":200,\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\"}";
	struct explained e;

	EXPECT(explain_trace_read(mem, str_of(line), S("4bf92f3577b34da6a3ce929d0e0e4736"), &e));
	EXPECT_STR(e.endpoint, S("token"));
	EXPECT_INT(e.status, 200);
	EXPECT(!explain_trace_read(mem, str_of(line), S("4bf92f3577b34da6a3ce929d0e0e4737"), &e));
	EXPECT(!explain_trace_read(mem, str_of(line), S("4bf92f"), &e));
	EXPECT(!explain_trace_read(mem, S(LINE), S("4bf92f3577b34da6a3ce929d0e0e4736"), &e));
}
