/*
 * manage/manage_int.h - what the files of manage share: the job in hand, the fields of records as
 * rows, and checks of words.
 */
#ifndef HUFU_MANAGE_INT_H
#define HUFU_MANAGE_INT_H

#include "login/login.h"
#include "manage/check.h"
#include "manage/manage.h"
#include "oauth/issuer.h"
#include "oauth/lists.h"
#include "oauth/person.h"

#define LIST_MAX   200                  /* rows of one answer */
#define ANSWER_MAX (512 * 1024)
#define WARNING_MAX (16 * 1024)         /* one of them: a name, escaped, and its text */

struct job {
	struct store *store; struct arena *mem; const json_t *ask; struct str issuers, elsewhere, out;
	const uint8_t *import_key;                              /* as of manage_do */
	const struct lent *lent;
	const struct password_rule *passwords;
	bool changed;
	bool check;                                             /* judge, hash nothing, write nothing */
	struct buf to_hash;                                     /* see job_hash_note */
	struct buf warnings;                                    /* see job_warn */
	bool realm_warned;
	int64_t warnings_left_out;                              /* there is no room for more; the answer says how many */
	/* a row has changed since it was read: the order is run anew */
	bool again;
};

/* {"error":text,"code":code,"hint":hint}; always false. code: "invalid", "exists", "not_found", "store". */
bool job_refuse(struct job *j, const char *code, const char *hint, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
bool job_store_failed(struct job *j);
struct str job_arg(const struct job *j, const char *name);
void answer_open(struct job *j, struct buf *b);                 /* {"ok":true */
bool answer_close(struct job *j, struct buf *b);
bool job_realm(struct job *j, struct str *realm);               /* the member "realm", checked */
bool job_commit(struct job *j, const struct store_op *ops, size_t n);   /* false: refused, or again */
bool issuer_is_named_right(struct job *j); /* the member "issuer", where it is given, is one of this realm */

/*
 * list.c: a page of a list as the answer {"ok":true,NAME:[...],"more":bool,"after":place}. read
 * fills rows behind p->after, in the list's order, texts in p->mem; key names a row's place, in
 * p->job->mem, so that read can go on there.
 */
struct page {
	struct job *job; const void *filter; struct str after; int64_t max, rows; bool more, wrong_after;
	struct arena mem;                                       /* of the rows being looked at */
	struct buf out;
};
struct paged {
	const char *name; size_t row_size;
	int (*read)(struct page *p, void *rows, int max);       /* how many; -1: the store is in trouble */
	bool (*wanted)(const struct page *p, const void *row);
	void (*put)(struct page *p, const void *row);
	struct str (*key)(struct page *p, const void *row);
	/* more members of the answer; false: the store is in trouble; or NULL */
	bool (*also)(struct page *p);
};
bool page_answer(struct job *j, const struct paged *l, const void *filter);
/* p->after, of rows whose place is an id in hex: *id stays where there is none. False: it is no such place. */
bool page_after_id(struct page *p, struct id16 *id);
/* Filters; what is not asked for fits. says: a part of the text, ASCII letters in either case. */
bool says(struct str text, struct str wanted);
bool is_or_any(struct str value, struct str wanted);
bool word_fits(struct str words, struct str wanted);
bool flag_fits(const struct job *j, const char *name, bool value);
bool issuer_fits(const struct job *j, struct str issuer);       /* the member "issuer", and of this realm */
bool is_over(int64_t expires_s);
/* The member "user" of the realm; *id NULL: not asked for. */
bool user_asked(struct job *j, struct user *u, const struct id16 **id);

/* field.c: members of a JSON object become members of a record. */
enum field_kind {
	FIELD_TEXT,
	FIELD_WORDS, /* blank-separated */
	FIELD_LINES, /* '\n'-separated */
	FIELD_APPROVE, /* true, false, or words */
	FIELD_OBJECT,
	FIELD_METADATA, /* members of oauth/metadata.def, each put for itself; null takes one away */
	FIELD_CLAIMS, /* of a user: claims.c */
	FIELD_TTL,
	FIELD_INT,
	FIELD_BOOL
};
struct field {
	const char *name;
	enum field_kind kind;
	size_t at;                                              /* offset in the record */
	const char *(*check)(struct str word);                  /* NULL, or what is wrong with it */
	size_t size_max, words_max;                             /* of words: bytes as JSON, and how many; 0: any */
};
/*
 * Reads the members given; others stay. place: "clients[3]: " or "". Members in neither rows nor
 * known (blank-separated) are refused.
 */
bool fields_read(struct job *j, const json_t *obj, const struct field *rows, const char *known, void *record,
    struct str place);
/* claims.c: the member "claims" over those that are there. */
bool claims_patch(struct job *j, const json_t *patch, struct str *claims, struct str place);
/*
 * An e-mail address or phone number other than before is no longer verified, unless the order says so of
 * the new one.
 */
bool claims_follow(struct job *j, const struct user *before, struct user *u, const json_t *order);
/*
 * A secret or password of the object: "name" in clear, hashed by hash; "name_encoded", or "name"
 * with "encoded":true, as it is. Absent when none was given.
 */
/*
 * --- client_secret.c --- a client's secret as it is stored: by hash, or sealed where the client signs with it
 * (client_secret_jwt). job_refuse says why not.
 */
/* client_is_public of a row as it is stored, whose metadata nobody has read. */
bool client_row_is_public(const struct client *c);
/* A secret beside another registered method opens nothing: whoever is shown one would keep it for nothing. */
bool client_uses_a_secret(const struct client *c);
typedef struct str hash_fn(struct arena *mem, struct str given);
bool client_secret_keep(struct job *j, const struct client *c, struct str text, hash_fn *hash, struct str *stored);
/* The members "secret", "secret_encoded", "encoded"; *stored absent: there are none. */
bool client_secret_read(struct job *j, const json_t *obj, const struct client *c, struct str *stored, struct str place);
/* ... can be used as the client authenticates */
bool client_secret_serves(struct job *j, const struct client *c);
struct str client_secret_encoding(struct str stored);
/* Before a rotation: "overlap_s", how long the secret that there is goes on beside the new one. */
bool client_former_keep(struct job *j, struct client *c);
void client_former_end(struct client *c);
bool secret_read(struct job *j, const json_t *obj, const char *name,
    struct str (*hash)(struct arena *, struct str), struct str *out, struct str place);

/*
 * In a check: the row of this name or id has a secret in clear that would be hashed, and is named
 * in the member "hash" of the answer. Whoever has many of them hashes them on all cores and sends
 * them encoded. Gives what stands for the hash meanwhile.
 */
struct str job_hash_note(struct job *j, struct str name);
void hash_put(struct job *j, struct buf *b);

/*
 * What deserves a second look, collected while the order runs: {"code","what","text"} in the member
 * "warnings" of the answer.
 */
void job_warn(struct job *j, const char *code, struct str what, const char *text);
void warnings_put(struct job *j, struct buf *b);
void realm_warning(struct job *j, struct str realm);
void client_warnings(struct job *j, const struct client *c);
/* clients that act for somebody of the name; false: the store is in trouble */
bool warn_of_namesakes(struct job *j, const struct user *u);

bool user_in_ask(struct job *j, struct user *u);                 /* the member "name" */

/* client.c, user.c: the members of a record; one record from an object of realm.load. */
extern const struct field client_fields[], user_fields[], resource_fields[];    /* each ends without a name */
bool resource_load(struct job *j, const json_t *obj, struct str realm, struct resource_server *out, struct str place);
struct store_op resource_op(const struct resource_server *r);
bool client_load(struct job *j, const json_t *obj, struct str realm, struct client *out, struct client *old,
    struct str place);
bool user_load(
    struct job *j, const json_t *obj, struct str realm, struct user *out, struct user *old, struct str place);
/*
 * Over what is there, as read: out->version is that of old, 0: nothing. A user whose password
 * changes, or who is let in no longer, loses sessions and tokens with it. How many operations: at
 * most 2.
 */
size_t user_ops(const struct job *j, struct store_op ops[2], struct user *u, const struct user *old);
struct store_op client_op(const struct client *c);

/* realm.c: false: already refused. */
bool realm_folds(struct job *j, struct str realm, bool *folds);

bool realm_show(struct job *j), realm_set(struct job *j);
bool client_create(struct job *j), client_list(struct job *j), client_show(struct job *j),
    client_set(struct job *j), client_rotate(struct job *j), client_delete(struct job *j),
    client_check(struct job *j);
bool user_create(struct job *j), user_list(struct job *j), user_show(struct job *j), user_set(struct job *j),
    user_set_password(struct job *j), user_disable(struct job *j), user_enable(struct job *j),
    user_delete(struct job *j), user_factors(struct job *j), user_factors_reset(struct job *j);
bool resource_create(struct job *j), resource_list(struct job *j), resource_show(struct job *j),
    resource_set(struct job *j), resource_delete(struct job *j);
bool realm_export(struct job *j), user_export(struct job *j), token_list(struct job *j),
    approval_list(struct job *j), approval_withdraw(struct job *j);
bool identity_list(struct job *j), identity_unlink(struct job *j);
bool session_list(struct job *j), session_ended(struct job *j), session_deliveries(struct job *j), session_end(struct job *j),
	realm_fill(struct job *j),
	realm_import(struct job *j), realm_imported(struct job *j), realm_import_forget(struct job *j),
	legacy_uses(struct job *j), legacy_unused(struct job *j);
bool ciba_list(struct job *j), ciba_approve(struct job *j), ciba_deny(struct job *j);
bool registration_token_create(struct job *j), registration_token_list(struct job *j),
    registration_token_revoke(struct job *j);
#endif
