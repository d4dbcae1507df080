/* tests/unit/import/dump.h - the recorded database: its tables, its blobs, and the answers of the server that wrote them. */
#ifndef HUFU_TEST_DUMP_H
#define HUFU_TEST_DUMP_H
#include "../test.h"

#define DUMP_FILE "tests/unit/import/data/dump-2.3.8.json"
json_t *dump_load(struct arena *mem);
json_t *dump_table(json_t *dump, const char *name);
struct str dump_blob(struct arena *mem, const json_t *row, const char *column);
json_t *dump_issued(json_t *dump, struct str access_token);     /* {request, response, check_token}, NULL when unknown */
#endif
