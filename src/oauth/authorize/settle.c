/* oauth/authorize/settle.c - a request is looked at again while the rows that it stands on change (O7). */
#include "oauth/authorize/authorize_int.h"

struct answer
authz_settle(struct call *c, struct answer (*look)(struct call *c))
{
	for (int i = 0; i < RACES_MAX; i++) {
		struct answer a = look(c);

		if (a.kind != ANS_FAULT || c->why != R_NONE)
			return a;
	}
	c->retry_after_s = 1;
	fail(c, R_TOO_BUSY, SAY("lost the race too often"));
	return answer_fault(c);
}
