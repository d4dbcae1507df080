/*
 * manage/factors.c - second factors and remembered devices of a user: what there is, never a secret; and the reset of one
 * that was lost.
 */
#include "manage/manage_int.h"

#define FACTORS_MAX 64
#define DEVICES_MAX 200

static const char *const words[] = {
#define FACTOR(id, word, amr, check, begin, on, flags) word,
#include "oauth/factors.def"
#undef FACTOR
};

/* Each recovery code is a row; how many are left is said once. */
static bool
factors_put(struct job *j, struct buf *b, const struct user *u)
{
	struct factor *rows = arena_array(j->mem, struct factor, FACTORS_MAX);
	int n = rows == NULL ? -1 : store_factors(j->store, j->mem, u->realm, &u->id, FACTORS_MAX, rows);
	int64_t codes = 0;

	if (n < 0)
		return false;
	jw_name(b, S("factors"));
	jw_open(b, '[');
	for (int i = 0; i < n; i++) {
		if (str_is(rows[i].kind, "recovery"))
			codes++;
		else
			factor_json(b, j->mem, &rows[i]);
	}
	jw_close(b, ']');
	jm_int(b, S("recovery_codes"), codes);
	return true;
}

static bool
devices_put(struct job *j, struct buf *b, const struct user *u)
{
	struct trusted_device *rows = arena_array(j->mem, struct trusted_device, DEVICES_MAX);
	int n = rows == NULL ? -1 : store_devices(j->store, j->mem, &u->id, DEVICES_MAX, rows);

	if (n < 0)
		return false;
	jw_name(b, S("devices"));
	jw_open(b, '[');
	for (int i = 0; i < n; i++)
		if (!is_over(rows[i].expires_s) && !str_has_word(j->elsewhere, rows[i].issuer, ' '))
			device_json(b, &rows[i]);
	jw_close(b, ']');
	return true;
}

bool
user_factors(struct job *j)
{
	struct user u;
	struct buf b;

	if (!user_in_ask(j, &u))
		return false;
	answer_open(j, &b);
	if (!factors_put(j, &b, &u) || !devices_put(j, &b, &u))
		return job_store_failed(j);
	return answer_close(j, &b);
}

static bool
kind_is_known(struct str kind)
{
	for (size_t i = 0; i < COUNT(words); i++)
		if (str_is(kind, words[i]))
			return true;
	return false;
}

/* The waits after wrong codes begin anew as well. */
static size_t
throttles_clear(const struct user *u, struct throttle *rows, struct store_op *ops)
{
	for (size_t i = 0; i < COUNT(words); i++) {
		struct throttle_key k = throttle_factor(u->realm, &u->id, u->name, str_of(words[i]));

		rows[i] = (struct throttle){ .kind = k.kind, .key = k.digest };
		ops[i] = (struct store_op){ .kind = OP_THROTTLE_CLEAR, .throttle = &rows[i] };
	}
	return COUNT(words);
}

/* Sessions go on: they were begun with what was there. Whoever has lost a device to somebody ends them too. */
bool
user_factors_reset(struct job *j)
{
	struct str kind = job_arg(j, "kind");
	struct trusted_device whose;
	struct throttle rows[COUNT(words)];
	struct store_op ops[3 + COUNT(rows)];
	struct user u;
	struct buf b;
	size_t n = 0;

	if (str_given(kind) && !kind_is_known(kind))
		return job_refuse(j, "invalid", "hufu user factors shows those there are", "\"%.*s\" is no kind of second factor",
		    STR_ARG(kind));
	if (!user_in_ask(j, &u))
		return false;
	whose = (struct trusted_device){ .user = u.id };
	ops[n++] = (struct store_op){ .kind = OP_FACTORS_DROP, .factors = { .user = &u, .kind = kind } };
	if (!str_given(kind))
		ops[n++] = (struct store_op){ .kind = OP_DEVICES_END, .device.row = &whose };
	n += throttles_clear(&u, rows, &ops[n]);
	if (!job_commit(j, ops, n))
		return false;
	answer_open(j, &b);
	return answer_close(j, &b);
}
