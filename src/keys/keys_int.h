/*
 * keys/keys_int.h - a plan: the keys of one issuer as they are stored, and what a start, a tick or
 * a command is about to change.
 *
 *   (nothing) --first start--> ACTIVE
 *   COMING    --its time-----> ACTIVE --a successor's time--> RETIRED --retire_s--> gone
 *   any of them --keys_revoke--> REVOKED, for good: the row stays as a mark without the private part
 *
 * active_s of a coming key is when it will begin to sign. Each algorithm has a line of its own; keys of one that the
 * issuer has no more are retired at once. The token key has the last three states; a revoked one keeps its secret, by
 * which what it made is told from what others made.
 */
#ifndef HUFU_KEYS_INT_H
#define HUFU_KEYS_INT_H

#include "jose/jwe.h"
#include "keys/keys.h"

#define TOKEN_ALG      "HMAC"
#define TOKEN_KEY_SIZE 32

enum life { LIFE_COMING, LIFE_ACTIVE, LIFE_RETIRED, LIFE_REVOKED };
enum key_step { STEP_NONE, STEP_ADD, STEP_CHANGE, STEP_DROP };

/*
 * A row, its private part in the clear (absent: it has none), and what becomes of it; row.was is
 * the state it was read in.
 */
struct held_key { struct key_row row; struct str plain; enum key_step step; };

struct key_plan {
	struct arena *mem;
	struct store *store;
	struct str issuer;
	const uint8_t *kek;
	const struct key_rules *rules;
	int64_t now_s;
	struct held_key *at; size_t n, room;
	struct str *why;
};

/*
 * Read and unseal all rows; seal anew what is not bound to its issuer and kid, and bound times that
 * lie ahead. False with *why.
 */
bool plan_read(struct key_plan *p);
/* One step of every life that is due. */
bool plan_tend(struct key_plan *p);
/* Write down what changed. KEYS_RACED: another change came first; read again. */
enum planned { KEYS_DONE, KEYS_FAILED, KEYS_RACED };
enum planned plan_commit(struct key_plan *p);

bool key_is(const struct held_key *k, enum life l);
bool key_is_token_key(const struct held_key *k);
/*
 * A line of keys is called as its rows say it in alg: a signature algorithm, or for keys that others encrypt to one of
 * enc_lines, which stands for every algorithm of that kind of key. A coming one of these is not
 * published, since whoever sees it may use it.
 */
struct enc_line { const char *alg; enum key_kind kind; };
extern const struct enc_line enc_lines[];               /* ends without alg */
const struct enc_line *enc_line_of(struct str alg);     /* NULL: a key that signs, or a token key */
/* Does the issuer have keys of that line? */
bool plan_has_line(const struct key_plan *p, struct str alg);
struct held_key *plan_find(struct key_plan *p, struct str kid);
/* The key of the line in this state; NULL: none. */
struct held_key *plan_of_line(struct key_plan *p, struct str alg, enum life l);
/* A new key, not yet written. NULL with *why. */
struct held_key *plan_add(
    struct key_plan *p, struct str kid, struct str alg, enum life l, int64_t active_s, struct str plain);
struct held_key *plan_generate(struct key_plan *p, struct str alg, enum life l, int64_t active_s);
struct held_key *plan_token_key(struct key_plan *p);    /* active; the one before retires */
/* in use from now on; every other active key of its algorithm retires */
void plan_activate(struct key_plan *p, struct held_key *k);
void plan_drop(struct held_key *k);
/* an active key of the line there is, or is made now from the coming one or afresh */
bool plan_works(struct key_plan *p, struct str alg);
void plan_set(struct held_key *k, enum life l);

/* key_ring.c: what is in use of the plan, for a snapshot. NULL with *why. */
struct keyring *ring_of_plan(struct key_plan *p);
#endif
