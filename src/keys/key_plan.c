/*
 * keys/key_plan.c - the rows of an issuer's keys: read, unsealed, moved through their lives,
 * written back. RFC 7517 keys.
 */
#include <assert.h>

#include "keys/keys_int.h"

#define ROWS_AT_ONCE 64
#define ROWS_ADDED   (ALG_COUNT + 6)    /* more than any one call adds */
#define CLOCK_SLACK_S 3600              /* by which a clock is corrected in the ordinary run */
#define FIRST_TOKEN_KID "token-key"

static const char *const life_names[] = { [LIFE_COMING] = "coming",
	[LIFE_ACTIVE] = "active",
	[LIFE_RETIRED] = "retired",
	[LIFE_REVOKED] = "revoked" };

bool
key_is(const struct held_key *k, enum life l)
{
	return k->step != STEP_DROP && str_is(k->row.state, life_names[l]);
}

bool
key_is_token_key(const struct held_key *k)
{
	return str_is(k->row.alg, TOKEN_ALG);
}

const struct enc_line enc_lines[] = { { "RSA-OAEP", KIND_RSA }, { "ECDH-ES", KIND_P256 }, { NULL } };

const struct enc_line *
enc_line_of(struct str alg)
{
	for (const struct enc_line *l = enc_lines; l->alg != NULL; l++)
		if (str_is(alg, l->alg))
			return l;
	return NULL;
}

bool
plan_has_line(const struct key_plan *p, struct str name)
{
	enum jose_alg alg;

	if (enc_line_of(name) != NULL)
		return p->rules->encrypted;
	return alg_read(name, &alg) && (alg == p->rules->alg || (p->rules->algs & BIT(alg)) != 0);
}

static bool
is_ours(const struct key_plan *p, const struct held_key *k)
{
	return plan_has_line(p, k->row.alg);
}

struct held_key *
plan_find(struct key_plan *p, struct str kid)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->at[i].step != STEP_DROP && str_eq(p->at[i].row.kid, kid))
			return &p->at[i];
	return NULL;
}

struct held_key *
plan_of_line(struct key_plan *p, struct str alg, enum life l)
{
	for (size_t i = 0; i < p->n; i++)
		if (str_eq(p->at[i].row.alg, alg) && key_is(&p->at[i], l))
			return &p->at[i];
	return NULL;
}

static void
changed(struct held_key *k)
{
	if (k->step == STEP_NONE)
		k->step = STEP_CHANGE;
}

void
plan_set(struct held_key *k, enum life l)
{
	k->row.state = str_of(life_names[l]);
	changed(k);
}

static void
retire(const struct key_plan *p, struct held_key *k)
{
	plan_set(k, LIFE_RETIRED);
	k->row.retired_s = p->now_s;
}

void
plan_drop(struct held_key *k)
{
	k->step = STEP_DROP;
}

/* --- sealed rows ------------------------------------------------------------------------------ */

/* A row opens as what it is only: a copy under another issuer, kid or algorithm does not. */
static struct str
label_of(const struct key_plan *p, const struct key_row *r)
{
	return ARENA_CAT(p->mem, S("hufu key\0"), p->issuer, S("\0"), r->kid, S("\0"), r->alg);
}

static bool
row_seal(struct key_plan *p, struct held_key *k)
{
	k->row.sealed = seal(p->mem, p->kek, label_of(p, &k->row), k->plain);
	return str_given(k->row.sealed);
}

/* Rows of earlier versions say no more than that they are keys; they are bound now. */
static bool
row_unseal(struct key_plan *p, struct held_key *k)
{
	if (str_empty(k->row.sealed) || unseal(p->mem, p->kek, label_of(p, &k->row), k->row.sealed, &k->plain))
		return true;
	if (!unseal(p->mem, p->kek, S("key"), k->row.sealed, &k->plain) || !row_seal(p, k))
		return false;
	changed(k);
	return true;
}

bool
key_row_opens(const struct key_row *row, const uint8_t kek[32], struct arena *mem)
{
	struct key_plan p = { .mem = mem, .issuer = row->issuer, .kek = kek };
	struct str plain;

	return unseal(mem, kek, label_of(&p, row), row->sealed, &plain)
	    || unseal(mem, kek, S("key"), row->sealed, &plain);
}

/* What is there must open with this key-encryption key before anything is added under it. */
static bool
rows_unseal(struct key_plan *p)
{
	const struct held_key *bad = NULL;
	size_t opened = 0;

	for (size_t i = 0; i < p->n; i++) {
		if (!row_unseal(p, &p->at[i]))
			bad = &p->at[i];
		else
			opened += !str_empty(p->at[i].row.sealed);
	}
	if (bad != NULL && opened > 0)
		*p->why = arena_say(p->mem, "the key %.*s of issuer %.*s cannot be unsealed: it is damaged, or was sealed for another issuer or as another key; restore the store from a backup",
		    STR_ARG(bad->row.kid), STR_ARG(p->issuer));
	else if (bad != NULL)
		*p->why = arena_say(p->mem,
		    "the keys of issuer %.*s cannot be unsealed: this is not the key-encryption key they "
		    "were stored under; restore the old key file, "
		    "or, if it is lost for good, begin with a new one: hufu key new --lost-kek (hufu key "
		    "forget only drops the keys)",
		    STR_ARG(p->issuer));
	return bad == NULL;
}

/* --- reading ---------------------------------------------------------------------------------- */

bool
keys_all(struct store *s, struct arena *mem, struct str issuer, struct key_row **rows, size_t *n)
{
	for (int room = ROWS_AT_ONCE; room <= INT32_MAX / 2; room *= 2) {
		int got;

		*rows = arena_array(mem, struct key_row, (size_t)room);
		got = *rows != NULL ? store_keys(s, mem, issuer, room, *rows) : -1;
		if (got < 0)
			return false;
		*n = (size_t)got;
		if (got < room)
			return true;
	}
	return false;
}

/* A time that lies ahead, because the clock was set back since, must not hold anything up until it comes again. */
static void
times_bound(struct key_plan *p, struct held_key *k)
{
	int64_t latest = p->now_s + p->rules->publish_s;

	if (k->row.retired_s > p->now_s) {
		k->row.retired_s = p->now_s;
		changed(k);
	}
	if (key_is(k, LIFE_COMING) && k->row.active_s > latest) {
		k->row.active_s = latest;
		changed(k);
	}
}

bool
plan_read(struct key_plan *p)
{
	struct key_row *rows;

	if (!keys_all(p->store, p->mem, p->issuer, &rows, &p->n)) {
		*p->why = arena_say(p->mem, "the keys of issuer %.*s cannot be read from the store", STR_ARG(p->issuer));
		return false;
	}
	p->room = p->n + ROWS_ADDED;
	p->at = arena_array(p->mem, struct held_key, p->room);
	if (p->at == NULL) {
		*p->why = SAY("memory is exhausted");
		return false;
	}
	for (size_t i = 0; i < p->n; i++) {
		p->at[i] = (struct held_key){ .row = rows[i] };
		p->at[i].row.was = rows[i].state;
		times_bound(p, &p->at[i]);
	}
	return rows_unseal(p);
}

/* --- new keys --------------------------------------------------------------------------------- */

struct held_key *
plan_add(struct key_plan *p, struct str kid, struct str alg, enum life l, int64_t active_s, struct str plain)
{
	struct held_key *k = &p->at[p->n];

	assert(p->n < p->room);
	*k = (struct held_key){ .plain = plain, .step = STEP_ADD };
	k->row = (struct key_row){ .issuer = p->issuer,
		.kid = kid,
		.alg = alg,
		.state = str_of(life_names[l]),
		.created_s = p->now_s,
		.active_s = active_s };
	if (!str_given(kid) || !str_given(plain) || !row_seal(p, k)) {
		*p->why = SAY("memory is exhausted");
		return NULL;
	}
	p->n++;
	return k;
}

static struct held_key *
generate_enc(struct key_plan *p, const struct enc_line *line, enum life l, int64_t active_s)
{
	struct jwe_key *key = jwe_key_generate(line->kind);
	struct held_key *k = NULL;

	if (key != NULL)
		k = plan_add(p, arena_dup(p->mem, str_of(key->kid)), str_of(line->alg), l, active_s,
		    jwe_key_private_der(p->mem, key));
	else
		*p->why = arena_say(p->mem, "cannot generate a %s key", line->alg);
	jwe_key_free(key);
	return k;
}

static struct held_key *
generate_signing(struct key_plan *p, enum jose_alg alg, enum life l, int64_t active_s)
{
	struct key *key = key_generate(alg);
	struct held_key *k = NULL;

	if (key != NULL)
		k = plan_add(p, arena_dup(p->mem, str_of(key->kid)), str_of(alg_name(alg)), l, active_s,
		    key_private_der(p->mem, key));
	else
		*p->why = arena_say(p->mem, "cannot generate a %s key", alg_name(alg));
	key_free(key);
	return k;
}

struct held_key *
plan_generate(struct key_plan *p, struct str name, enum life l, int64_t active_s)
{
	const struct enc_line *line = enc_line_of(name);
	enum jose_alg alg;

	if (line != NULL)
		return generate_enc(p, line, l, active_s);
	return alg_read(name, &alg) ? generate_signing(p, alg, l, active_s) : NULL;
}

/* The first one is called token-key, later ones have digits behind it: a name is never used again. */
struct held_key *
plan_token_key(struct key_plan *p)
{
	uint8_t *secret = arena_alloc(p->mem, TOKEN_KEY_SIZE), mark[8];
	struct str kid = S(FIRST_TOKEN_KID);

	rand_bytes(mark, sizeof mark);
	if (secret != NULL)
		rand_bytes(secret, TOKEN_KEY_SIZE);
	for (size_t i = 0; i < p->n; i++) {
		if (!key_is_token_key(&p->at[i]))
			continue;
		kid = ARENA_CAT(p->mem, S(FIRST_TOKEN_KID "-"), hex_encode(p->mem, str_span(mark, sizeof mark)));
		if (key_is(&p->at[i], LIFE_ACTIVE))
			retire(p, &p->at[i]);
	}
	return plan_add(p, kid, S(TOKEN_ALG), LIFE_ACTIVE, p->now_s, str_span(secret, secret ? TOKEN_KEY_SIZE : 0));
}

void
plan_activate(struct key_plan *p, struct held_key *k)
{
	for (size_t i = 0; i < p->n; i++) {
		struct held_key *other = &p->at[i];

		if (other != k && str_eq(other->row.alg, k->row.alg) && key_is(other, LIFE_ACTIVE))
			retire(p, other);
	}
	plan_set(k, LIFE_ACTIVE);
	k->row.active_s = p->now_s;
	k->row.retired_s = 0;
}

/* --- what is due ------------------------------------------------------------------------------ */

static bool
is_over(const struct key_plan *p, const struct held_key *k)
{
	bool token = key_is_token_key(k);
	int64_t keep_s = token ? p->rules->token_retire_s : p->rules->retire_s;

	if (key_is(k, LIFE_COMING))
		return !is_ours(p, k);
	if (!key_is(k, LIFE_RETIRED) && !(token && key_is(k, LIFE_REVOKED)))
		return false;
	return keep_s != KEYS_FOR_EVER && k->row.retired_s + keep_s <= p->now_s;
}

static bool
successor_is_due(const struct key_plan *p, const struct held_key *active)
{
	int64_t age_s = p->now_s - active->row.active_s;

	return p->rules->rotate_s > 0 && (age_s >= p->rules->rotate_s - p->rules->publish_s || age_s < -CLOCK_SLACK_S);
}

bool
plan_works(struct key_plan *p, struct str alg)
{
	struct held_key *coming;

	if (plan_of_line(p, alg, LIFE_ACTIVE) != NULL)
		return true;
	coming = plan_of_line(p, alg, LIFE_COMING);
	if (coming == NULL)
		coming = plan_generate(p, alg, LIFE_COMING, p->now_s);
	if (coming != NULL)
		plan_activate(p, coming);
	return coming != NULL;
}

static bool
line_is_current(struct key_plan *p, struct str alg)
{
	struct held_key *active = plan_of_line(p, alg, LIFE_ACTIVE), *coming = plan_of_line(p, alg, LIFE_COMING);

	if (!plan_has_line(p, alg))
		return true;
	if (active == NULL)
		return plan_works(p, alg);
	if (coming == NULL && successor_is_due(p, active))
		coming = plan_generate(p, alg, LIFE_COMING, p->now_s + p->rules->publish_s);
	else if (coming == NULL)
		return true;
	if (coming != NULL && coming->row.active_s <= p->now_s)
		plan_activate(p, coming);
	return coming != NULL;
}

static bool
lines_are_current(struct key_plan *p)
{
	for (int alg = 0; alg < ALG_COUNT; alg++)
		if (!line_is_current(p, str_of(alg_name((enum jose_alg)alg))))
			return false;
	for (const struct enc_line *l = enc_lines; l->alg != NULL; l++)
		if (!line_is_current(p, str_of(l->alg)))
			return false;
	return true;
}

bool
plan_tend(struct key_plan *p)
{
	bool have_token_key = false;

	for (size_t i = 0; i < p->n; i++) {
		have_token_key |= key_is_token_key(&p->at[i]) && key_is(&p->at[i], LIFE_ACTIVE);
		if (is_over(p, &p->at[i]))
			plan_drop(&p->at[i]);
		else if (key_is(&p->at[i], LIFE_ACTIVE) && !key_is_token_key(&p->at[i]) && !is_ours(p, &p->at[i]))
			retire(p, &p->at[i]);
	}
	return (have_token_key || plan_token_key(p) != NULL) && lines_are_current(p);
}

/* --- writing ---------------------------------------------------------------------------------- */

/*
 * What belongs together is small and comes first: new keys and changed ones, the newest ahead; what
 * is over may go piece by piece.
 */
static size_t
ops_of_step(struct key_plan *p, struct store_op *ops, enum key_step step, enum store_op_kind kind)
{
	size_t n = 0;

	for (size_t i = p->n; i-- > 0;)
		if (p->at[i].step == step)
			ops[n++] = (struct store_op){ .kind = kind, .key = &p->at[i].row };
	return n;
}

/* A row that was only sealed anew is still what it was. */
static void
state_record(const struct key_plan *p, const struct held_key *k)
{
	struct record r;

	if (k->step == STEP_NONE || (k->step == STEP_CHANGE && str_eq(k->row.state, k->row.was)))
		return;
	record_begin(&r, EV_key_state);
	record_text(&r, "issuer", p->issuer);
	record_text(&r, "kid", k->row.kid);
	record_text(&r, "alg", k->row.alg);
	if (k->step != STEP_ADD)
		record_text(&r, "was", k->row.was);
	record_text(&r, "state", k->step == STEP_DROP ? S("gone") : k->row.state);
	record_end(&r);
}

enum planned
plan_commit(struct key_plan *p)
{
	struct store_op *ops = arena_array(p->mem, struct store_op, p->n + 1);
	size_t n = 0;

	*p->why = arena_say(p->mem, "the keys of issuer %.*s cannot be stored", STR_ARG(p->issuer));
	if (ops == NULL)
		return KEYS_FAILED;
	n += ops_of_step(p, ops + n, STEP_ADD, OP_KEY_ADD);
	n += ops_of_step(p, ops + n, STEP_CHANGE, OP_KEY_CHANGE);
	n += ops_of_step(p, ops + n, STEP_DROP, OP_KEY_DELETE);
	for (size_t i = 0; i < n; i += STORE_OPS_MAX) {
		enum store_result r =
		    store_commit(p->store, ops + i, n - i < STORE_OPS_MAX ? n - i : STORE_OPS_MAX, NULL);

		if (r != STORE_DONE)
			return r == STORE_LOST ? KEYS_RACED : KEYS_FAILED;
	}
	for (size_t i = 0; i < p->n; i++)
		state_record(p, &p->at[i]);
	return KEYS_DONE;
}
