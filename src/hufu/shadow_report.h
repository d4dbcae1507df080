/* hufu/shadow_report.h - the report of hufu shadow: printed, kept beside the store for an issuer, read again. */
#ifndef HUFU_SHADOW_REPORT_H
#define HUFU_SHADOW_REPORT_H

#include "hufu/hufu_int.h"

/* In the language of the reader; report as shadow_report_json, with what was recorded. */
void shadow_report_print(struct cli *c, const json_t *report);
/* As shadow-ISSUER.json in the data directory, mode 0600, in place of the one before. A note says when it cannot be. */
void shadow_report_keep(struct cli *c, struct str issuer, const json_t *report);
/* NULL: there is none, or it is not one that can be read. Borrowed. */
const json_t *shadow_report_kept(struct cli *c, struct str issuer);
/* One line of it: when, how many were compared, what differs how often. */
struct str shadow_report_line(struct cli *c, struct str issuer, const json_t *report);
#endif
