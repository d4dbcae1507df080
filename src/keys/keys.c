/*
 * keys/keys.c - an issuer's keys loaded for use, and the commands that change them. Each is a plan
 * that is made again when it lost a race.
 */
#include "keys/keys_int.h"

#define RACES_MAX 8

static bool
plan_load(struct key_plan *p)
{
	return plan_read(p) && plan_tend(p);
}

struct keyring *
keys_load(struct store *s, const uint8_t kek[32], struct str issuer, const struct key_rules *r, int64_t now_s,
    struct arena *mem, struct str *why)
{
	for (int i = 0; i < RACES_MAX; i++) {
		struct key_plan p = { .mem = mem,
			.store = s,
			.issuer = issuer,
			.kek = kek,
			.rules = r,
			.now_s = now_s,
			.why = why };
		enum planned done = plan_load(&p) ? plan_commit(&p) : KEYS_FAILED;

		if (done != KEYS_RACED)
			return done == KEYS_DONE ? ring_of_plan(&p) : NULL;
	}
	return NULL;
}

/* --- commands --------------------------------------------------------------------------------- */

/* The line of keys that the order is about. False with *why. */
static bool
line_of_order(const struct key_plan *p, const struct key_order *o, struct str *line)
{
	*line = str_empty(o->alg) ? str_of(alg_name(p->rules->alg)) : o->alg;
	if (plan_has_line(p, *line))
		return true;
	*p->why = arena_say(p->mem, "issuer %.*s has no keys for %.*s; name one of signing_alg and id_token_algs",
	    STR_ARG(p->issuer), STR_ARG(o->alg));
	return false;
}

static bool
alg_of_order(const struct key_plan *p, const struct key_order *o, enum jose_alg *alg)
{
	struct str line;

	if (!line_of_order(p, o, &line))
		return false;
	if (alg_read(line, alg))
		return true;
	*p->why = arena_say(p->mem, "a key for %.*s is not imported but made here; rotate it", STR_ARG(line));
	return false;
}

/* A successor that waits already may be as stale as what it would replace: the command means a fresh one. */
static bool
rotate(struct key_plan *p, const struct key_order *o, struct str *kid)
{
	struct held_key *k;
	struct str line;

	if (!line_of_order(p, o, &line))
		return false;
	while ((k = plan_of_line(p, line, LIFE_COMING)) != NULL)
		plan_drop(k);
	k = plan_generate(p, line, LIFE_COMING, o->now ? p->now_s : p->now_s + p->rules->publish_s);
	if (k == NULL)
		return false;
	if (o->now)
		plan_activate(p, k);
	*kid = k->row.kid;
	return true;
}

static bool
rotate_token_key(struct key_plan *p, const struct key_order *o, struct str *kid)
{
	struct held_key *k = plan_token_key(p);

	(void)o;
	if (k != NULL)
		*kid = k->row.kid;
	return k != NULL;
}

/* A key that is here already only becomes active again; one that was revoked never does. */
static bool
import(struct key_plan *p, const struct key_order *o, struct str *kid)
{
	struct held_key *k;
	enum jose_alg alg;
	struct key *key;

	if (!alg_of_order(p, o, &alg))
		return false;
	if ((key = key_from_der(alg, o->der)) == NULL) {
		*p->why = arena_say(p->mem, "issuer %.*s signs with %s, which this key cannot do (RSA needs at least 2048 bits)", STR_ARG(p->issuer), alg_name(alg));
		return false;
	}
	*kid = arena_dup(p->mem, str_of(key->kid));
	key_free(key);
	k = plan_find(p, *kid);
	if (k != NULL && key_is(k, LIFE_REVOKED)) {
		*p->why = arena_say(p->mem, "the key %.*s of issuer %.*s was revoked and never comes back; import another one", STR_ARG(*kid), STR_ARG(p->issuer));
		return false;
	}
	if (k != NULL && !str_is(k->row.alg, alg_name(alg))) {
		*p->why = arena_say(p->mem, "the key %.*s of issuer %.*s is one for %.*s already, and a key is for one algorithm; import another one", STR_ARG(*kid), STR_ARG(p->issuer), STR_ARG(k->row.alg));
		return false;
	}
	if (k == NULL)
		k = plan_add(p, *kid, str_of(alg_name(alg)), LIFE_COMING, p->now_s, o->der);
	if (k != NULL && !key_is(k, LIFE_ACTIVE))
		plan_activate(p, k);
	return k != NULL;
}

/* The one published already takes over, since whoever keeps a copy of the published keys knows it; else a new one. */
static bool
revoke_signing(struct key_plan *p, struct held_key *k, struct str *kid)
{
	struct str line = plan_has_line(p, k->row.alg) ? k->row.alg : str_of(alg_name(p->rules->alg));

	plan_set(k, LIFE_REVOKED);
	k->row.retired_s = p->now_s;
	k->row.sealed = S("");
	k->plain = STR_ABSENT;
	if (!plan_works(p, line))
		return false;
	*kid = plan_of_line(p, line, LIFE_ACTIVE)->row.kid;
	return true;
}

static struct held_key *
active_token_key(struct key_plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (key_is_token_key(&p->at[i]) && key_is(&p->at[i], LIFE_ACTIVE))
			return &p->at[i];
	return NULL;
}

static bool
revoke_token_key(struct key_plan *p, struct held_key *k, struct str *kid)
{
	struct held_key *now;

	plan_set(k, LIFE_REVOKED);
	k->row.retired_s = p->now_s;
	now = active_token_key(p);
	if (now == NULL)
		now = plan_token_key(p);
	if (now != NULL)
		*kid = now->row.kid;
	return now != NULL;
}

static bool
revoke(struct key_plan *p, const struct key_order *o, struct str *kid)
{
	struct held_key *k = plan_find(p, o->kid);

	if (k == NULL) {
		*p->why = arena_say(p->mem, "issuer %.*s has no key %.*s", STR_ARG(p->issuer), STR_ARG(o->kid));
		return false;
	}
	if (key_is(k, LIFE_REVOKED)) {
		*kid = o->kid;
		return true;
	}
	return key_is_token_key(k) ? revoke_token_key(p, k, kid) : revoke_signing(p, k, kid);
}

bool
keys_do(struct store *s, const uint8_t kek[32], const struct key_rules *r, const struct key_order *o,
    int64_t now_s, struct arena *mem, struct str *kid, struct str *why)
{
	static bool (*const deeds[])(struct key_plan *, const struct key_order *, struct str *) = {
		[KEY_ROTATE] = rotate,
		[KEY_ROTATE_TOKEN_KEY] = rotate_token_key,
		[KEY_IMPORT] = import,
		[KEY_REVOKE] = revoke,
	};

	for (int i = 0; i < RACES_MAX; i++) {
		struct key_plan p = { .mem = mem,
			.store = s,
			.issuer = o->issuer,
			.kek = kek,
			.rules = r,
			.now_s = now_s,
			.why = why };
		enum planned done = plan_read(&p) && deeds[o->what](&p, o, kid) ? plan_commit(&p) : KEYS_FAILED;

		if (done != KEYS_RACED)
			return done == KEYS_DONE;
	}
	return false;
}

/* To look only: nothing is too old. */
static struct key_plan
plan_without_rules(
    struct store *s, const uint8_t kek[32], struct str issuer, struct arena *mem, struct str *why)
{
	static const struct key_rules none = { .retire_s = KEYS_FOR_EVER, .token_retire_s = KEYS_FOR_EVER };

	return (struct key_plan){ .mem = mem,
		.store = s,
		.issuer = issuer,
		.kek = kek,
		.rules = &none,
		.now_s = clock_now_s(),
		.why = why };
}

bool
keys_judge(struct store *s, const uint8_t kek[32], struct str issuer, struct arena *mem, struct str *why)
{
	struct key_plan p = plan_without_rules(s, kek, issuer, mem, why);

	return plan_read(&p);
}

bool
keys_open(struct store *s, const uint8_t kek[32], struct str issuer, struct arena *mem)
{
	struct str why = STR_ABSENT;
	struct key_plan p = plan_without_rules(s, kek, issuer, mem, &why);

	size_t opened = 0;

	if (!plan_read(&p))
		return false;
	for (size_t i = 0; i < p.n; i++)
		opened += str_given(p.at[i].plain);
	return opened > 0;
}

bool
keys_forget(struct store *s)
{
	return store_commit(s, &(struct store_op){ .kind = OP_KEYS_FORGET }, 1, NULL) == STORE_DONE;
}
