/* The demo page: links that start flows, and the finished request for a code. */
#include "desk.h"

TEST(every_dialect_has_its_demo)
{
	for (size_t i = 0; wires[i] != NULL; i++) {
		struct desk *d = desk_new(wires[i], "http://localhost");
		struct str r = talk(d, mem, "GET /demo?code=a%27b", "", NULL);

		EXPECT_INT(status_of_reply(r), 200);
		EXPECT(has(r, "response_type=code"));
		EXPECT(has(r, "code=a%27b"));                   /* a quote cannot leave the shell's string */
		EXPECT(has(r, wires[i]->demo->client));
		EXPECT(has(r, "code stands in the address bar") == (wires[i]->demo->redirect_uri != NULL));
		d->mount.demo = false;
		EXPECT_INT(status_of_reply(talk(d, mem, "GET /demo", "Accept: text/html\r\n", NULL)), 404);
		desk_free(d);
	}
}
