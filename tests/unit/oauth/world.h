/*
 * tests/unit/oauth/world.h - a small world to ask oauth/ questions in: a store in a temporary folder, a realm, keys, and two
 * issuers, a strict one and one with the rules of an old server.
 */
#ifndef HUFU_TEST_WORLD_H
#define HUFU_TEST_WORLD_H
#include "../test.h"
#include "oauth/endpoints.h"
#include "oauth/client/client.h"
#include "oauth/oauth_int.h"
#include "oauth/session/session.h"
#include "oauth/token/token.h"

struct world {
	struct arena mem;
	char dir[64];
	struct store *store;
	struct services svc;
	struct realm *realm;
	struct keyring ring;
	struct token_key token_keys[3];
	struct key *keys[2];
	struct policy strict, old;
	struct issuer modern, legacy;
	struct user alice;
};
struct world *world_new(void);
struct world *world_tuned(const char *tuning);          /* settings of the store: store_open_with */
void world_free(struct world *w);
void world_realm(struct world *w);       /* the clients as the store has them now; the realm before stays the caller's to free */
/* An empty call at an issuer; now comes from the clock. */
struct call call_at(struct world *w, const struct issuer *i, struct arena *mem);
void call_set(struct call *c, enum param p, struct str value);
void call_basic(struct call *c, struct str id, struct str secret);
/* Log alice in: fills the session cookie of later calls. */
struct str world_login(struct world *w, const struct issuer *i, struct arena *mem);
/* A code for alice and the client through the authorize endpoint; absent when it did not come. */
struct str world_code(struct world *w, const struct issuer *i, struct arena *mem, struct str client, struct str redirect_uri, struct str challenge);
struct answer redeem(struct world *w, const struct issuer *i, struct arena *mem, struct str client, struct str secret, struct str code, struct str redirect_uri, struct str verifier);
struct answer refresh(struct world *w, const struct issuer *i, struct arena *mem, struct str client, struct str secret, struct str token);
bool is_active(struct world *w, const struct issuer *i, struct arena *mem, struct str token);
#define VERIFIER  S("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
#define CHALLENGE S("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
#endif
