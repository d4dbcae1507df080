/* import/plan.c - the plan of an import: its lists, and what is found on the way. */
#include "import/spring.h"

const struct finding_row finding_rows[FIND_COUNT] = {
#define FINDING(id, kind, code, en, zh) [FIND_##id] = { kind, code, en, zh },
#include "import/findings.def"
#undef FINDING
};

void
finding_add(struct spring_plan *p, enum finding f, struct str of, struct str value)
{
	json_t *one = json_pack("{s:i, s:s%, s:s%}", "finding", (int)f, "of", of.p ? of.p : "", of.n, "value",
	    value.p ? value.p : "", value.n);

	if (one != NULL)
		json_array_append_new(p->findings, one);
}

struct str
value_what(struct arena *mem, struct str member, struct str value, const char *wrong)
{
	return ARENA_CAT(mem, member, S(" \""), value, S("\": "), str_of(wrong));
}

bool
spring_plan_begin(struct spring_plan *p, struct arena *mem)
{
	json_t **lists[] = { &p->clients, &p->users, &p->approvals, &p->tokens, &p->findings };
	bool ok;

	*p = (struct spring_plan){ .mem = mem, .names = json_object() };
	ok = p->names != NULL && arena_defer(mem, (void (*)(void *))json_decref, p->names);
	for (size_t i = 0; i < COUNT(lists); i++)
		ok = ok && (*lists[i] = json_array()) != NULL
		    && arena_defer(mem, (void (*)(void *))json_decref, *lists[i]);
	return ok;
}
