/*
 * hufu/doctor.h - between the files of hufu doctor: what is looked at gives lines of a report, and what deserves an
 * operator's hand becomes a numbered list.
 */
#ifndef HUFU_DOCTOR_H
#define HUFU_DOCTOR_H

#include "hufu/hufu_int.h"
#include "probe/probe.h"

/* Where it came from stands before what is said: "issuer main: ...". clause: absent where no document asks for it. */
struct remark { enum probe_verdict verdict; struct str said, clause; };
#define REMARKS_MAX 512
struct report {
	struct cli *c;
	struct remark at[REMARKS_MAX];
	size_t n, n_left_out;
};
/* doctor_report.c */
void remark(struct report *r, enum probe_verdict v, struct str said);
/* An issuer by its checks (probe/checks.def); who: before each line. */
void remark_server(struct report *r, struct str who, struct probe *p, struct probe_server *s);

/* doctor_look.c: one function for each row of doctor.def */
#define LOOK(id, en, zh) void look_at_##id(struct report *r);
#include "hufu/doctor.def"
#undef LOOK
#endif
