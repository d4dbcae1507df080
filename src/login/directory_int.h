/* login/directory_int.h - what directory.c and directory_again.c share: an entry as a row of the realm. */
#ifndef HUFU_LOGIN_DIRECTORY_INT_H
#define HUFU_LOGIN_DIRECTORY_INT_H

#include "login/ldap.h"

/* What the directory says of somebody, into the row; true when that is news. */
bool directory_apply(struct arena *mem, const struct directory *d, struct user *u, const struct directory_person *p);
/* struct user.entry: "DIRECTORY:KEY:NAME"; name: as it was found. The parts are those of the text. */
struct entry_parts { struct str directory, key, name; };
struct entry_parts entry_parts(struct str entry);
struct str directory_entry(
    struct arena *mem, const struct directory *d, const struct directory_person *p, struct str name);
#endif
