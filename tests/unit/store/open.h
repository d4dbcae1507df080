/*
 * tests/unit/store/open.h - the one factory of the suite. Where HUFU_STORE_URL names a database (tests/with-postgres sets it),
 * each store is a schema of its own there, and every test must pass that is not about the embedded engine's files.
 */
#ifndef HUFU_TEST_STORE_OPEN_H
#define HUFU_TEST_STORE_OPEN_H
#include "store/store.h"
#include "../test.h"

/* A directory of its own under $TMPDIR, removed when mem is released. */
struct str suite_directory(struct arena *mem);
/* A fresh, empty store in such a directory, closed when mem is released. NULL is printed with its reason. */
struct store *suite_open(struct arena *mem);
struct store *suite_open_at(struct arena *mem, struct str directory);   /* not closed by mem */
struct store_conf suite_conf(struct arena *mem, struct str directory);  /* by which the directory's store is opened */
bool suite_is_elsewhere(void);
#define EMBEDDED_ONLY do { if (suite_is_elsewhere()) return; } while (0)

/* A second look at the tables of a store, past it. */
struct suite_look;
struct suite_look *suite_look(struct arena *mem, struct str directory);
int64_t suite_number(struct suite_look *l, const char *sql);            /* the first column of the first row; -1: trouble */
/* Every row's first two columns, texts. How many there were; -1: trouble. */
int suite_pairs(struct suite_look *l, const char *sql, void (*fn)(const char *first, const char *second));
void suite_look_close(struct suite_look *l);

/* In the directory, closed: a file as this program left it at an earlier schema, with rows given as SQL. */
bool suite_earlier(struct arena *mem, struct str directory, int schema, const char *rows);

/* Rows with every field filled in, different for each n. */
struct client suite_client(int n);
struct user suite_user(int n);
struct session suite_session(int n);
struct pending suite_pending(int n);
struct code suite_code(int n);
struct family suite_family(int n);
struct token suite_token(int n);
struct id16 suite_id(int n);
struct dig32 suite_dig(int n);

/* One operation, committed. */
enum store_result suite_do(struct store *s, struct store_op op);
#define DO(s, kind_, member, row) suite_do((s), (struct store_op){ .kind = (kind_), .member = (row) })

/* The store complains in the log when it is broken on purpose: not here, until mem is released. */
void suite_hush(struct arena *mem);

/* n threads run fn(arg, index) at once; all have ended when it returns. */
void suite_race(int n, void (*fn)(void *arg, int index), void *arg);
#endif
