/*
 * login/sealed.h - client secrets that have to be read again: client_secret_jwt signs with the very text (OpenID
 * Connect Core 9, 10.1). The stored form is "{sealed}" and base64url of the text, sealed for this realm and client
 * under a key that follows from the key-encryption key, so it opens nowhere else. It is no encoding of
 * login/login.h: whoever verifies a client's secret comes by client_secret_holds.
 */
#ifndef HUFU_LOGIN_SEALED_H
#define HUFU_LOGIN_SEALED_H

#include "login/login.h"

#define SECRET_PURPOSE S("client secrets")

bool secret_is_sealed(struct str stored);
/* key: 32 bytes. Absent: mem is full. */
struct str secret_seal(struct arena *mem, const uint8_t *key, struct str realm, struct str client, struct str text);
/* False: not sealed, for another client, or under another key (NULL: there is none). */
bool secret_unseal(struct arena *mem, const uint8_t *key, struct str realm, struct str client, struct str stored,
    struct str *text);
/* client_secret_verify of either form. */
enum password_result client_secret_holds(struct arena *mem, const uint8_t *key, struct str realm, struct str client,
    struct str stored, struct str given);
#endif
