/* tests/unit/import/rows.h - what a reader of an old server's tables makes of a JSON dump. */
#ifndef HUFU_TEST_ROWS_H
#define HUFU_TEST_ROWS_H
#include "import/spring.h"

typedef bool rows_reader(struct row_source *, const struct spring_options *, struct spring_plan *, struct str *why);
bool rows_read(struct arena *mem, const char *json, rows_reader *read, const struct spring_options *o, struct spring_plan *plan, struct str *why);
/* Is the dump refused, with this sentence? */
bool rows_refused(struct arena *mem, const char *json, rows_reader *read, const char *sentence);
bool rows_say(const struct spring_plan *p, enum finding f, const char *of, const char *value);
struct str rows_text(const json_t *v);          /* sorted, compact; until the next call */
#endif
