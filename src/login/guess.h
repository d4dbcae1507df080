/*
 * login/guess.h - wrong client secrets, counted so that guessing takes time and a stranger's
 * guesses stop the stranger only. RFC 6749 section 2.3.1: the endpoint is protected against brute
 * force.
 *
 * G1: what is counted of one address (of one /64) never makes another one wait, but for secrets
 * that are not remembered.
 * G2: a remembered secret from an address without failures is never delayed, whoever else guesses.
 *
 * Three counters: of the client from this address (the wait grows as an account's does, a right
 * secret clears it), of this address alone, and of the client over all addresses that have not
 * proven it yet. They live in memory, bounded: when there are more than fit, those touched longest
 * ago give way; a restart begins anew.
 */
#ifndef HUFU_LOGIN_GUESS_H
#define HUFU_LOGIN_GUESS_H

#include "login/login.h"

struct guess_book;                              /* thread-safe; one per process */
/*
 * Room for at least `counters` counters (48 bytes each) and as many proven pairs of client and
 * address (16 bytes each).
 */
struct guess_book *guess_book_new(size_t counters);
void guess_book_free(struct guess_book *b);     /* NULL is fine */

/* Who guesses, digested under a key of the process. An address that is not known is counted with the client only. */
struct guesser { uint64_t pair, address, client; };
struct guesser guesser_of(const struct guess_book *b, struct str realm, struct str client_id, struct str address);

/*
 * Milliseconds to wait before anything is compared; 0: go ahead. An address that has proven this
 * client is not held up by what others guess from behind it at other clients, only by its own
 * failures.
 */
int64_t guess_wait_ms(struct guess_book *b, const struct throttle_rules *r, const struct guesser *g, int64_t now_ms);
/*
 * The same before a secret is verified that is not remembered: also what all the unproven addresses
 * together have guessed.
 */
int64_t guess_crowd_wait_ms(
    struct guess_book *b, const struct throttle_rules *r, const struct guesser *g, int64_t now_ms);
void guess_wrong(struct guess_book *b, const struct throttle_rules *r, const struct guesser *g, int64_t now_ms);
void guess_right(struct guess_book *b, const struct guesser *g);

/* --- users who log in ---------------------------------------------------------------------------------------------------------
 * The same book remembers from which addresses an account has logged in, and how many logins an
 * address had lately. b NULL, or an address that is not known: nothing.
 */
#define LOGINS_EACH 5                           /* logins of one account from one address that count in a minute */
struct login_from { uint64_t pair, address; };
struct login_from login_from_of(const struct guess_book *b, const struct dig32 *account, struct str address);
void login_note(struct guess_book *b, const struct login_from *f, int64_t now_ms);
bool login_is_known(struct guess_book *b, const struct login_from *f);
/* Logins from that address in this minute and the one before: never more than there were, at most 2048. */
int64_t login_count(struct guess_book *b, const struct login_from *f, int64_t now_ms);
#endif
