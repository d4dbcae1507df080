/*
 * login/passed.h - what a process remembers, passed to the one that takes its place (hufud/upgrade.h): parts with a name
 * in one file without a name (memfd_create(2)), in the layout of this program. A part that another program laid out
 * otherwise is not there for it, and it begins anew with that, as a restart does.
 */
#ifndef HUFU_LOGIN_PASSED_H
#define HUFU_LOGIN_PASSED_H

#include "login/guess.h"
#include "login/login.h"
#include "login/once.h"

#define PASSED_NAME 32                          /* bytes of a part's name at most, its NUL included */
/* Append a part of the bytes of a and then of b. False: it cannot be written. */
bool pass_part(int fd, const char *name, struct str a, struct str b);
/* The bytes of the first part of that name; absent: there is none, or all is no such file. Borrowed. */
struct str passed_part(struct str all, const char *name);

/* Each: false, nothing of it is to be used. What is in the book already stays there. */
bool once_pass(struct once_book *b, int fd, int64_t now_s);
bool once_take(struct once_book *b, struct str all, int64_t now_s);
bool secrets_pass(const struct secret_memory *m, int fd);
bool secrets_take(struct secret_memory *m, struct str all);     /* before anybody uses it */
bool guesses_pass(struct guess_book *b, int fd);
bool guesses_take(struct guess_book *b, struct str all);        /* the same */
#endif
