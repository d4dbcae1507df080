/* conf/yaml_int.h - YAML event by event, for who reads some here: one document, no anchors, aliases or tags. */
#ifndef HUFU_CONF_YAML_INT_H
#define HUFU_CONF_YAML_INT_H

#include <yaml.h>

#include "conf/conf_int.h"

struct reader {
	yaml_parser_t parser;
	struct loader *l;
	bool broken;                    /* already complained about; stop */
};
/* Goes through text, at most CONF_SIZE_MAX bytes, and hands the first event of its document to document, with `to`. */
typedef void document_fn(struct reader *r, const yaml_event_t *first, void *to);
void yaml_walk(struct loader *l, struct str text, document_fn *document, void *to);
/* The next event, to be deleted by the caller; false when there is none to go on with. */
bool reader_next(struct reader *r, yaml_event_t *ev);
/* The rest of a node whose first event was `type`. */
void reader_skip(struct reader *r, yaml_event_type_t type);
/* Nothing more can be read; said once. */
void reader_break(struct reader *r, size_t line, const char *what, const char *hint);
struct str reader_where(struct reader *r, size_t line);                         /* "file:line" */
struct str reader_scalar(struct reader *r, const yaml_event_t *ev);             /* in l->mem */
#endif
