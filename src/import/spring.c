/* import/spring.c - the order in which the old tables are read. */
#include "import/spring.h"

bool
spring_read(struct row_source *s, const struct spring_options *o, struct spring_plan *out, struct str *why)
{
	struct spring x = { s, o, out, s->mem, NULL, why };

	*why = SAY("memory is exhausted");
	return spring_plan_begin(out, s->mem) && spring_lone(&x) && spring_clients(&x) && spring_users(&x)
	    && spring_approvals(&x) && (!o->tokens || spring_tokens(&x));
}
