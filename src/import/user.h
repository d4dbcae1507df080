/*
 * import/user.h - a user of an old server becomes a row of a realm.import order: what is the same whatever
 * tables it came from.
 */
#ifndef HUFU_IMPORT_USER_H
#define HUFU_IMPORT_USER_H

#include "import/spring.h"

/* Has it a name, which no user before it had? False with a finding. table: where it stands. */
bool user_is_new(struct spring *x, struct str table, struct str of, struct str name);
/*
 * Of all users of a plan: values that cannot stand in a record are left out, each with a finding.
 * Once, when the plan is whole.
 */
void users_judge(struct spring_plan *p);
/* Into the plan, under its name. Takes user. */
bool user_add(struct spring *x, struct str name, json_t *user);
void user_text(json_t *user, const char *member, struct str value);     /* nothing when it is empty */
/*
 * A claim of the user: a standard one, "address.locality" and the like, or an attribute, whose further values make a
 * list. Nothing when text is empty, or the name is that of a field (user_text).
 */
void user_claim(struct arena *mem, json_t *user, struct str name, struct str text);
void user_id(json_t *user, struct str id);      /* when it is a UUID: the sub of its tokens stays what it was */
/* A password that had to be changed before the next login opens nothing until somebody has unlocked the user. */
void user_state(json_t *user, enum state s);
void user_authority(json_t *user, struct str word);                     /* one word, as it is */
#endif
