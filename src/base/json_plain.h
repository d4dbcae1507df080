/*
 * base/json_plain.h - the JSON that nearly all JSON is: objects, arrays, texts without escapes, whole numbers that are
 * not negative, true, false, null. For base/json.c alone.
 */
#ifndef HUFU_BASE_JSON_PLAIN_H
#define HUFU_BASE_JSON_PLAIN_H

#include "base/base.h"

#define JSON_LEVELS_MAX 32

/*
 * The value of a whole text, the caller's: the same that jansson makes of it (JSON_REJECT_DUPLICATES, JSON_DECODE_ANY),
 * in a quarter of the time, for jansson asks for each byte by a call. NULL: it is not plain, is not sound, has more
 * than JSON_LEVELS_MAX levels, or memory is exhausted; which of them, jansson says.
 */
json_t *json_read_plain(struct str text);
#endif
