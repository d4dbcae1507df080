/* admin/keys.c - the life of an issuer's signing keys: published, signing, retired, gone; sealed in the store. RFC 7517 keys. */
#include "admin/admin.h"

/*
 *   (nothing) --first start--> ACTIVE
 *   COMING    --its time-----> ACTIVE --a successor's time--> RETIRED --retire_s--> gone
 * active_s of a coming key is when it will begin to sign. Keys of another algorithm than the issuer's are retired at once.
 */
#define KEYS_MAX 64
#define DROPS_MAX 8                             /* of one call; leaves room for what is added and moved */
#define TOKEN_KID "token-key"
#define TOKEN_ALG "HMAC"
#define TOKEN_KEY_SIZE 32
static const char *const state_names[] = { [KEY_COMING] = "coming", [KEY_ACTIVE] = "active", [KEY_RETIRED] = "retired" };

/* What a start, a tick or a command is about to change. */
struct plan {
	struct arena *mem; struct str issuer; const uint8_t *kek; const struct key_rules *rules; int64_t now_s;
	struct key_row *rows; size_t n;         /* as they will be */
	struct store_op ops[STORE_OPS_MAX]; size_t n_ops;
	struct str *why;
};

static bool
is_state(const struct key_row *k, enum key_state s)
{
	return str_is(k->state, state_names[s]);
}

static bool
is_token_key(const struct key_row *k)
{
	return str_is(k->kid, TOKEN_KID);
}

static bool
is_ours(const struct plan *p, const struct key_row *k)
{
	return str_is(k->alg, alg_name(p->rules->alg));
}

/* Note a change; false when the list is full: what is left is done by the next call, since every step is idempotent. */
static bool
plan_op(struct plan *p, enum store_op_kind kind, const struct key_row *row)
{
	for (size_t i = 0; i < p->n_ops; i++)
		if (p->ops[i].key == row && kind == OP_KEY_PUT)
			return true;
	if (p->n_ops == STORE_OPS_MAX)
		return false;
	p->ops[p->n_ops++] = (struct store_op){ .kind = kind, .key = row };
	return true;
}

static struct key_row *
plan_find(struct plan *p, enum key_state state)
{
	for (size_t i = 0; i < p->n; i++)
		if (!is_token_key(&p->rows[i]) && is_ours(p, &p->rows[i]) && is_state(&p->rows[i], state))
			return &p->rows[i];
	return NULL;
}

static struct key_row *
row_add(struct plan *p, struct str kid, struct str alg, enum key_state state, int64_t active_s, struct str plain)
{
	struct str sealed = seal(p->mem, p->kek, S("key"), plain);
	struct key_row *row = &p->rows[p->n];

	if (p->n == KEYS_MAX || !str_given(sealed) || !str_given(kid)) {
		*p->why = S("too many signing keys are stored, or memory is exhausted");
		return NULL;
	}
	*row = (struct key_row){ p->issuer, kid, alg, str_of(state_names[state]), sealed, p->now_s, active_s, 0 };
	p->n++;
	plan_op(p, OP_KEY_PUT, row);
	return row;
}

static struct key_row *
key_add(struct plan *p, enum key_state state, int64_t active_s)
{
	struct key *key = key_generate(p->rules->alg);
	struct str der = key ? key_private_der(p->mem, key) : STR_ABSENT;
	struct key_row *row = NULL;

	if (str_given(der))
		row = row_add(p, arena_dup(p->mem, str_of(key->kid)), str_of(alg_name(p->rules->alg)), state, active_s, der);
	else
		*p->why = arena_printf(p->mem, "cannot generate a %s key", alg_name(p->rules->alg));
	key_free(key);
	return row;
}

static bool
token_key_add(struct plan *p)
{
	uint8_t secret[TOKEN_KEY_SIZE];
	bool ok;

	rand_bytes(secret, sizeof secret);
	ok = row_add(p, S(TOKEN_KID), S(TOKEN_ALG), KEY_ACTIVE, p->now_s, str_span(secret, sizeof secret)) != NULL;
	explicit_bzero(secret, sizeof secret);
	return ok;
}

static void
retire(struct plan *p, struct key_row *row)
{
	row->state = str_of(state_names[KEY_RETIRED]);
	row->retired_s = p->now_s;
	plan_op(p, OP_KEY_PUT, row);
}

/* row signs from now on; every other active key retires. */
static void
activate(struct plan *p, struct key_row *row)
{
	for (size_t i = 0; i < p->n; i++)
		if (&p->rows[i] != row && !is_token_key(&p->rows[i]) && is_state(&p->rows[i], KEY_ACTIVE))
			retire(p, &p->rows[i]);
	row->state = str_of(state_names[KEY_ACTIVE]);
	row->active_s = p->now_s;
	plan_op(p, OP_KEY_PUT, row);
}

static void
row_drop(struct plan *p, size_t i)
{
	struct key_row *gone = arena_new(p->mem, struct key_row);

	if (gone == NULL)
		return;
	*gone = p->rows[i];
	if (plan_op(p, OP_KEY_DELETE, gone))
		p->rows[i].kid = STR_ABSENT;
}

/* Dropped rows leave the list only here, so that pointers into it stay good while a plan is made. */
static void
rows_close_gaps(struct plan *p)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->n; i++)
		if (str_given(p->rows[i].kid))
			p->rows[kept++] = p->rows[i];
	p->n = kept;
}

static bool
is_over(const struct plan *p, const struct key_row *k)
{
	bool foreign_coming = is_state(k, KEY_COMING) && !is_ours(p, k);

	return !is_token_key(k) && (foreign_coming || (is_state(k, KEY_RETIRED) && k->retired_s + p->rules->retire_s <= p->now_s));
}

static bool
successor_is_due(const struct plan *p, const struct key_row *active)
{
	return p->rules->rotate_s > 0 && p->now_s >= active->active_s + p->rules->rotate_s - p->rules->publish_s;
}

static bool
signing_key_is_current(struct plan *p)
{
	struct key_row *active = plan_find(p, KEY_ACTIVE), *coming = plan_find(p, KEY_COMING);

	if (active == NULL && coming == NULL)
		coming = key_add(p, KEY_COMING, p->now_s);      /* the first key signs at once */
	else if (coming == NULL && successor_is_due(p, active))
		coming = key_add(p, KEY_COMING, p->now_s + p->rules->publish_s);
	else if (coming == NULL)
		return true;
	if (coming == NULL)
		return false;
	if (active == NULL || coming->active_s <= p->now_s)
		activate(p, coming);
	return true;
}

static bool
plan_read(struct plan *p, struct store *s)
{
	int n;

	p->rows = arena_array(p->mem, struct key_row, KEYS_MAX);
	n = p->rows ? store_keys(s, p->mem, p->issuer, KEYS_MAX, p->rows) : -1;
	if (n < 0)
		*p->why = arena_printf(p->mem, "the keys of issuer %.*s cannot be read from the store", STR_ARG(p->issuer));
	p->n = n > 0 ? (size_t)n : 0;
	return n >= 0;
}

/* What is there must open with this key-encryption key before anything is added under it. */
static bool
plan_unseals(struct plan *p)
{
	struct str plain;

	for (size_t i = 0; i < p->n; i++) {
		if (!unseal(p->mem, p->kek, S("key"), p->rows[i].sealed, &plain)) {
			*p->why = arena_printf(p->mem, "the keys of issuer %.*s cannot be unsealed: this is not the key-encryption key they were stored under; restore the old key file",
				STR_ARG(p->issuer));
			return false;
		}
	}
	return true;
}

static bool
plan_updates(struct plan *p)
{
	bool have_token_key = false;

	for (size_t i = 0; i < p->n; i++) {
		have_token_key |= is_token_key(&p->rows[i]);
		if (is_over(p, &p->rows[i]) && p->n_ops < DROPS_MAX)
			row_drop(p, i);
	}
	return (have_token_key || token_key_add(p)) && signing_key_is_current(p);
}

static bool
plan_commits(struct plan *p, struct store *s)
{
	if (p->n_ops == 0 || store_commit(s, p->ops, p->n_ops, NULL) == STORE_DONE)
		return true;
	*p->why = arena_printf(p->mem, "the keys of issuer %.*s cannot be stored", STR_ARG(p->issuer));
	return false;
}

/* --- rows to a keyring -------------------------------------------------------------------------------------------------------- */

static struct key *
key_of_row(struct plan *p, const struct key_row *row, struct str plain)
{
	enum jose_alg alg;
	struct key *key = alg_read(row->alg, &alg) ? key_from_der(alg, plain) : NULL;

	if (key == NULL || !str_is(row->kid, key->kid)) {
		*p->why = arena_printf(p->mem, "the stored key %.*s of issuer %.*s is damaged", STR_ARG(row->kid), STR_ARG(p->issuer));
		key_free(key);
		return NULL;
	}
	key->state = is_state(row, KEY_COMING) ? KEY_COMING : is_state(row, KEY_ACTIVE) ? KEY_ACTIVE : KEY_RETIRED;
	key->created_s = row->created_s;
	key->active_s = row->active_s;
	key->retired_s = row->retired_s;
	return key;
}

static bool
ring_add(struct plan *p, struct keyring *ring, const struct key_row *row)
{
	struct str plain = STR_ABSENT;

	if (!unseal(p->mem, p->kek, S("key"), row->sealed, &plain))
		return false;
	if (!is_token_key(row)) {
		struct key *key = key_of_row(p, row, plain);

		if (key != NULL)
			ring->keys[ring->n++] = key;
		return key != NULL;
	}
	if (plain.n != TOKEN_KEY_SIZE) {
		*p->why = arena_printf(p->mem, "the stored token key of issuer %.*s is damaged", STR_ARG(p->issuer));
		return false;
	}
	memcpy(ring->token_key, plain.p, TOKEN_KEY_SIZE);
	return true;
}

static struct keyring *
ring_of_plan(struct plan *p)
{
	struct keyring *ring = calloc(1, sizeof *ring);

	if (ring == NULL || (ring->keys = calloc(p->n + 1, sizeof *ring->keys)) == NULL) {
		*p->why = S("memory is exhausted");
		free(ring);
		return NULL;
	}
	for (size_t i = 0; i < p->n; i++) {
		if (!ring_add(p, ring, &p->rows[i])) {
			keyring_free(ring);
			return NULL;
		}
	}
	return ring;
}

struct keyring *
keys_load(struct store *s, const uint8_t kek[32], struct str issuer, const struct key_rules *r, int64_t now_s, struct arena *mem, struct str *why)
{
	struct plan p = { .mem = mem, .issuer = issuer, .kek = kek, .rules = r, .now_s = now_s, .why = why };

	if (!plan_read(&p, s) || !plan_unseals(&p) || !plan_updates(&p) || !plan_commits(&p, s))
		return NULL;
	rows_close_gaps(&p);
	return ring_of_plan(&p);
}

void
keyring_free(struct keyring *ring)
{
	if (ring == NULL)
		return;
	for (size_t i = 0; i < ring->n; i++)
		key_free(ring->keys[i]);
	free(ring->keys);
	explicit_bzero(ring, sizeof *ring);
	free(ring);
}

/* A successor that waits already may be as stale as what it would replace: the command means a fresh one. */
static void
coming_keys_drop(struct plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (!is_token_key(&p->rows[i]) && str_given(p->rows[i].kid) && is_state(&p->rows[i], KEY_COMING) && p->n_ops < DROPS_MAX)
			row_drop(p, i);
}

bool
keys_rotate(struct store *s, const uint8_t kek[32], struct str issuer, const struct key_rules *r, bool now, int64_t now_s, struct arena *mem, struct str *kid, struct str *why)
{
	struct plan p = { .mem = mem, .issuer = issuer, .kek = kek, .rules = r, .now_s = now_s, .why = why };
	struct key_row *row;

	if (!plan_read(&p, s) || !plan_unseals(&p))
		return false;
	coming_keys_drop(&p);
	row = key_add(&p, KEY_COMING, now ? now_s : now_s + r->publish_s);
	if (row == NULL)
		return false;
	if (now)
		activate(&p, row);
	*kid = row->kid;
	return plan_commits(&p, s);
}

/* A key that is here already only becomes active again. */
static struct key_row *
key_put(struct plan *p, struct str der)
{
	struct key *key = key_from_der(p->rules->alg, der);
	struct key_row *row = NULL;
	struct str kid;

	if (key == NULL) {
		*p->why = arena_printf(p->mem, "issuer %.*s signs with %s, which this key cannot do (RSA needs at least 2048 bits)", STR_ARG(p->issuer), alg_name(p->rules->alg));
		return NULL;
	}
	kid = arena_dup(p->mem, str_of(key->kid));
	for (size_t i = 0; i < p->n; i++)
		if (str_eq(p->rows[i].kid, kid))
			row = &p->rows[i];
	if (row == NULL)
		row = row_add(p, kid, str_of(alg_name(p->rules->alg)), KEY_COMING, p->now_s, der);
	key_free(key);
	return row;
}

bool
keys_import(struct store *s, const uint8_t kek[32], struct str issuer, const struct key_rules *r, struct str der, int64_t now_s, struct arena *mem, struct str *kid, struct str *why)
{
	struct plan p = { .mem = mem, .issuer = issuer, .kek = kek, .rules = r, .now_s = now_s, .why = why };
	struct key_row *row;

	if (!plan_read(&p, s) || !plan_unseals(&p))
		return false;
	row = key_put(&p, der);
	if (row == NULL)
		return false;
	if (!is_state(row, KEY_ACTIVE)) {
		row->retired_s = 0;
		activate(&p, row);
	}
	*kid = row->kid;
	return plan_commits(&p, s);
}
