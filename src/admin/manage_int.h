/* admin/manage_int.h - what the files of manage share: the job in hand, the fields of records as rows, and checks of words. */
#ifndef HUFU_MANAGE_INT_H
#define HUFU_MANAGE_INT_H

#include "admin/admin.h"
#include "admin/check.h"

#define LIST_MAX   200                  /* rows of one answer */
#define ANSWER_MAX (512 * 1024)

struct job {
	struct store *store; struct arena *mem; const json_t *ask; struct str elsewhere, out;
	const uint8_t *import_key;                              /* as of manage_do */
	bool changed;
	bool again;                                             /* a row has changed since it was read: the order is run anew */
};

/* {"error":text,"code":code,"hint":hint}; always false. code: "invalid", "exists", "not_found", "store". */
bool job_refuse(struct job *j, const char *code, const char *hint, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
bool job_store_failed(struct job *j);
struct str job_arg(const struct job *j, const char *name);
void answer_open(struct job *j, struct buf *b);                 /* {"ok":true */
bool answer_close(struct job *j, struct buf *b);
bool job_realm(struct job *j, struct str *realm);               /* the member "realm", checked */
bool job_commit(struct job *j, const struct store_op *ops, size_t n);   /* false: refused, or again */
/* Page of a list: "after", "max". */
int  job_page(const struct job *j, struct str *after);

/* manage_field.c: members of a JSON object become members of a record. */
enum field_kind { FIELD_TEXT, FIELD_WORDS /* blank-separated */, FIELD_LINES /* '\n'-separated */, FIELD_APPROVE /* true, false, or words */, FIELD_OBJECT, FIELD_TTL, FIELD_INT, FIELD_BOOL };
struct field {
	const char *name;
	enum field_kind kind;
	size_t at;                                              /* offset in the record */
	const char *(*check)(struct str word);                  /* NULL, or what is wrong with it */
	size_t size_max, words_max;                             /* of words: bytes as JSON, and how many; 0: any */
};
/* Reads the members given; others stay. place: "clients[3]: " or "". Members in neither rows nor known (blank-separated) are refused. */
bool fields_read(struct job *j, const json_t *obj, const struct field *rows, const char *known, void *record, struct str place);
/* A secret or password of the object: "name" in clear, hashed by hash; "name_encoded", or "name" with "encoded":true, as it is. Absent when none was given. */
bool secret_read(struct job *j, const json_t *obj, const char *name, struct str (*hash)(struct arena *, struct str), struct str *out, struct str place);

/* manage_client.c, manage_user.c: the members of a record; one record from an object of realm.load. */
extern const struct field client_fields[], user_fields[];       /* each ends without a name */
bool client_load(struct job *j, const json_t *obj, struct str realm, struct client *out, struct client *old, struct str place);
bool user_load(struct job *j, const json_t *obj, struct str realm, struct user *out, struct user *old, struct str place);
/*
 * Over what is there, as read: out->version is that of old, 0: nothing. A user whose password changes, or who is let in no longer, loses
 * sessions and tokens with it. How many operations: at most 2.
 */
size_t user_ops(struct store_op ops[2], struct user *u, const struct user *old);
struct store_op client_op(const struct client *c);

bool client_create(struct job *j), client_list(struct job *j), client_show(struct job *j), client_set(struct job *j), client_rotate(struct job *j), client_delete(struct job *j);
bool user_create(struct job *j), user_list(struct job *j), user_show(struct job *j), user_set(struct job *j), user_set_password(struct job *j), user_disable(struct job *j),
	user_enable(struct job *j), user_delete(struct job *j);
bool session_list(struct job *j), session_end(struct job *j), realm_fill(struct job *j),
	realm_import(struct job *j), realm_imported(struct job *j), realm_import_forget(struct job *j),
	legacy_uses(struct job *j), legacy_unused(struct job *j);
#endif
