/*
 * import/jackson.h - JSON that Jackson wrote with type information:
 * {"@class":"java.util.Collections$UnmodifiableMap", ...}, ["java.time.Duration",300.000000000]. It is read
 * as data: a class name is only passed over.
 */
#ifndef HUFU_IMPORT_JACKSON_H
#define HUFU_IMPORT_JACKSON_H

#include "base/base.h"

/* A JSON object, in mem; NULL: it is none. */
const json_t *jackson_read(struct arena *mem, struct str text);
/* The value without its type: behind ["a.Class", value] the value, of {"@class":"a.Class","value":"x"} the "value". */
const json_t *jackson_plain(const json_t *v);
/* A Duration: seconds as a number or text, or "PT1H30M" (ISO 8601). Fractions are cut off. False: it is none. */
bool jackson_seconds(const json_t *v, int64_t *out);
#endif
