/*
 * base/json_schema.h - whether a JSON value is as a schema wants it: a bounded part of JSON Schema 2020-12, whose words
 * are the rows of json_schema.def. Nothing is fetched, nothing is compiled, no word takes more than time linear in the
 * value; a schema with a word that is none of them is refused, so none is passed over.
 *
 * One thing is stricter than 2020-12: an object whose schema names `properties` takes no others, unless
 * `additionalProperties` says so (RFC 9396 section 5: unknown fields are refused).
 *
 * Schema and value are only read, and may be read by many threads at once.
 */
#ifndef HUFU_BASE_JSON_SCHEMA_H
#define HUFU_BASE_JSON_SCHEMA_H

#include "base/text.h"

/*
 * NULL: the schema can be used. Else what is wrong with it, as a sentence without its subject; *at in mem: the member
 * that is meant ("properties.amount.pattern").
 */
const char *json_schema_wrong(struct arena *mem, const json_t *schema, struct str *at);
/*
 * NULL: the value is as the schema wants it. Else what is wrong with it and *at which member ("amount.value"; empty:
 * the whole). The schema is one that json_schema_wrong found nothing wrong with. beside: a member of
 * the whole that may be there though the schema does not name it; NULL: none.
 */
const char *json_schema_judge(struct arena *mem, const json_t *schema, const json_t *value, const char *beside,
    struct str *at);
#endif
