/* http/form_int.h - what the readers of pairs share. */
#ifndef HUFU_FORM_INT_H
#define HUFU_FORM_INT_H
#include "http/http.h"

/* Append one decoded pair, or say what is wrong with it. */
enum form_error pair_add(struct pairs *p, struct str name, struct str value, bool from_query);
#endif
