/*
 * tests/unit/admin/scripted_directory.h - a directory with one entry that is as the test says. The tests of this room are linked with
 * --wrap, so that directory_ask and directory_look (login/ldap.h) come here and no server is needed.
 */
#ifndef HUFU_TEST_SCRIPTED_DIRECTORY_H
#define HUFU_TEST_SCRIPTED_DIRECTORY_H
#include "login/ldap.h"

enum entry { ENTRY_FINE, ENTRY_DISABLED, ENTRY_GONE };
struct scripted_directory {
	struct directory d;
	const struct directory *list[2];        /* for struct issuer.directories */
	struct str user, key;                   /* the entry; its password is "right" */
	struct str mail;                        /* what it says of it; absent: nothing */
	_Atomic int is;                         /* enum entry; may change beside a question */
};
/* user is borrowed. What was asked less than recheck_s ago is not asked again. */
void scripted_directory_init(struct scripted_directory *s, struct arena *mem, struct str user, int64_t recheck_s);
#endif
