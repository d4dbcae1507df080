/*
 * hufu/import_int.h - what the files of hufu import share: the lists of a plan are sent in pieces,
 * and what came of them is told.
 */
#ifndef HUFU_IMPORT_INT_H
#define HUFU_IMPORT_INT_H

#include "hufu/bulk.h"
#include "import/spring.h"

enum { IMPORT_LISTS = 4, IMPORT_FATES = 10 };
/* import_counts.c: report holds for each list how many rows met each fate */
extern const char *const import_lists[IMPORT_LISTS], *const import_fates[IMPORT_FATES];
int64_t import_changes(const json_t *report);           /* rows written */

/*
 * import_gone.c: what an import before took from the old server and its tables have no more goes
 * into the lists of the plan, marked.
 */
bool import_gone_find(struct cli *c, struct str issuer, struct spring_plan *plan);
/*
 * import_send.c: all lists of the plan; counts by list into *report, refused rows into its member
 * "refused", differences into "differs". A check finds the rows whose clear secrets are to be
 * hashed; the run takes their hashes along, and stops between two pieces when a signal waits, and
 * says so.
 */
struct import_sending { struct hash_jobs jobs; struct interrupts held; };
bool import_send(
    struct cli *c, const struct spring_plan *plan, bool check, struct import_sending *with, json_t *report);

/* import_report.c */
void import_report(struct cli *c, json_t *report, json_t *findings);
bool import_is_stopped(const json_t *findings);                 /* must something be settled first? */
/* Nothing is written; the findings say why. Always false. */
bool import_complain(struct cli *c, json_t *findings, json_t *report, enum text what, enum text hint);

/* import_names.c */
/*
 * How the realm is to compare names after this import; *names NULL: as it does now. Said in the
 * plan's findings, with the names that then fall together. False: already complained.
 */
bool import_names_find(struct cli *c, struct spring_plan *plan, const char **names);
bool import_names_set(struct cli *c, const char *names);
#endif
