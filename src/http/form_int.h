/* http/form_int.h - what the readers of pairs share. */
#ifndef HUFU_FORM_INT_H
#define HUFU_FORM_INT_H
#include "http/http.h"

/* Append one decoded pair, or say what is wrong with it. */
enum form_error pair_add(struct pairs *p, struct str name, struct str value, bool from_query);
/* The value of a parameter of a structured field ("form-data; name=\"x\""), unquoted, in mem; absent when there is none or it
 * is malformed. The first one of that name. */
struct str field_param(struct arena *mem, struct str field, struct str name);
#endif
