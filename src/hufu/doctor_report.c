/* hufu/doctor_report.c - lines of a report, and an issuer by its checks. */
#include "hufu/doctor.h"

static void
put(struct report *r, const struct remark *one)
{
	if (r->n < REMARKS_MAX)
		r->at[r->n++] = *one;
	else
		r->n_left_out++;
}

void
remark(struct report *r, enum probe_verdict v, struct str said)
{
	put(r, &(struct remark){ v, arena_plain(&r->c->mem, said), STR_ABSENT });
}

void
remark_server(struct report *r, struct str who, struct probe *p, struct probe_server *s)
{
	struct probe_finding found[PROBE_COUNT];

	probe_judge(p, s, found);
	for (int i = 0; i < PROBE_COUNT; i++) {
		struct str saw = found[i].saw, said;

		said = ARENA_CAT(&r->c->mem, who, S(": "), str_of(say(probe_rows[i].said)));
		if (str_given(saw))
			said = ARENA_CAT(&r->c->mem, said, S(" ("), arena_plain(&r->c->mem, saw), S(")"));
		put(r, &(struct remark){ found[i].verdict, said, str_of(probe_rows[i].clause) });
	}
}
