/* tests/unit/import/plan.h - what the readers of an old server's tables make of a JSON dump. */
#ifndef TEST_PLAN_H
#define TEST_PLAN_H

#include "import/spring.h"

bool read_text(struct arena *mem, const char *json, struct spring_options o, struct spring_plan *plan, struct str *why);
/* Is there this finding? */
bool says(const struct spring_plan *p, enum finding f, const char *of, const char *value);
/* As JSON with sorted keys; good until the next call. */
const char *text_of(const json_t *v);
#endif
