/*
 * manage/manage.h - the operations on records: one JSON object in, one out. What the command line, the
 * control socket and the demonstration call.
 */
#ifndef HUFU_MANAGE_H
#define HUFU_MANAGE_H

#include "base/base.h"
#include "login/password_rule.h"
#include "store/store.h"

/*
 * {"error","code","hint"}: a sentence about what is wrong, a word for programs, and a sentence
 * (English) about what to do.
 */
struct str refusal(struct arena *mem, const char *code, const char *hint, struct str text);

/*
 * manage.c: what an operator does to clients, users and sessions, as one JSON object in and one
 * out; the same code whether the daemon runs (control socket) or not (`hufu` on the store). do:
 * client.create|list|show|set|rotate-secret|delete, resource.create|list|show|set|delete,
 * user.create|list|show|export|set-password|set|disable|enable|delete, session.list|ended|end,
 * session.deliveries (which clients were told of the end of a session: "client", "issuer", "state"),
 * token.list, approval.list|withdraw, identity.list|unlink (of "user", at "provider" as "subject"), realm.load (a JSON file of clients and users; what a record
 * says nothing of a secret or password, it keeps; "check" and "hash" as in realm.import: what is
 * named there comes encoded then; "first": where in the file these rows stand), realm.export
 * ("what": clients, users or resource_servers, in the form that realm.load takes; "secrets": with what is stored of
 * them), realm.show, realm.set ("names": "fold" or "exact": whether user names compare without
 * case), realm.import (lists clients, users, approvals, tokens of an old server, tokens as digests:
 * {"added","same","updated","kept","replaced", "ended","conflict","expired","orphaned","refused":
 * numbers, "why":[sentences], "differs":[{"of","field","there","here","decision"}], "absent":[ids
 * of rows that will not be there]}. Rows are compared with what the import before, of the same
 * "source", saw of them: what changed there is taken, what changed here is kept, both: a conflict
 * unless "replace" or "keep". "gone":true in a row: the old table has it no more. "check": judge,
 * write nothing; then "client_comes" and "user_comes" of a row say that its owners come with the
 * same import, and the answer names in "hash" the rows whose clear secret would be hashed: sent
 * again, such a row may bring the hash as "hashed"), realm.imported (rows of "list" that came from
 * "source", behind "after"), realm.import-forget (what is remembered of imports). legacy.uses (weak
 * habits that were used: of "realm", "issuer", behind "after", the "at" of a row), legacy.unused
 * (marks that no request has used). Lists take filters, "max" (1 to 200 rows) and "after", and say
 * "more" and the "after" to go on with; a page may have fewer rows than asked for and more behind
 * it. lent->issuers: the names of all, blank-separated; absent: not known. lent->elsewhere: those
 * of other realms than the one the request names: what is there belongs to other clients and users.
 * lent->import_key: of DIGEST_SIZE bytes, for the digests that realm.import compares by; NULL:
 * zeros. lent->derived_key, with ctx: the key of a purpose (keys.h, kek_derive), for secrets that are kept to be read
 * again (login/sealed.h); NULL: there are none. lent->passwords: what a password must be that
 * user.create, user.set-password or realm.load sets in clear; NULL: nothing is asked of it. False:
 * *out is {"error":"...","hint":"..."}; else {"ok":true, ...}. A generated secret appears once, in the
 * answer. *changed: clients changed, the caller refreshes its snapshot.
 */
struct lent {
	struct str issuers, elsewhere;
	const uint8_t *import_key;
	bool (*derived_key)(void *ctx, struct arena *mem, struct str purpose, uint8_t key[DIGEST_SIZE],
	    struct str *why);
	void *ctx;
	const struct password_rule *passwords;
};
bool manage_do(struct store *s, struct arena *mem, const json_t *request, const struct lent *lent, struct str *out,
    bool *changed);
/* It changes nothing: a list, or an import that only judges. False for what is no request of manage.c. */
bool manage_reads(const json_t *request);
#endif
