/*
 * import/principal.h - whose token is it? What the old library's getName() gave is known where its
 * store wrote it down (the column user_name, the key of an authentication), or where only the
 * framework's classes were asked. A product's own class is learned from the tokens whose user is
 * known: the fields that had the name in all of them. Where they do not agree, nobody is named: a
 * guess would hand somebody's token to another.
 */
#ifndef HUFU_IMPORT_PRINCIPAL_H
#define HUFU_IMPORT_PRINCIPAL_H

#include "import/java.h"

struct principals { json_t *shapes; };          /* shape -> {path: true} */
bool principals_begin(struct principals *p);
void principals_end(struct principals *p);
/* The user of this authentication is known. */
void principal_learn(struct principals *p, struct arena *mem, const struct java_authentication *a, struct str name);
enum token_owner { OWNER_CLIENT, OWNER_USER, OWNER_UNSURE };
/* *name, for OWNER_USER, in the stream or in mem; else absent. */
enum token_owner principal_owner(
    const struct principals *p, struct arena *mem, const struct java_authentication *a, struct str *name);
/*
 * The key of DefaultAuthenticationKeyGenerator: MD5 over user (absent: the client's own), client
 * and sorted scope, 32 hex digits in mem; absent without memory. The store wrote it beside the
 * token.
 */
struct str authentication_key(struct arena *mem, struct str user, struct str client, const struct java_words *scope);
#endif
