/*
 * oauth/session/account_factors.c - the page where who is logged in sees and changes second factors and remembered
 * devices. A change of factors stands on a fresh proof: a factor shown a moment ago, or a login where there is none.
 */
#include "oauth/session/factor_kinds.h"

#define DEVICES_MAX 50

struct looking { struct session s; struct user u; struct factor_set has; };

/* --- the page --------------------------------------------------------------------------------- */

static struct str
device_id(const struct call *c, const struct trusted_device *d)
{
	struct dig32 id = digest_of(c->issuer, S("device id"), dig_str(&d->digest));

	return hex_encode(c->mem, str_span(id.b, 16));
}

static bool
factors_put(struct call *c, const struct looking *k, struct answer *a)
{
	struct factor_shown *rows = arena_array(c->mem, struct factor_shown, FACTORS_MAX);

	if (rows == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	for (size_t i = 0; i < k->has.n; i++) {
		const struct factor *f = &k->has.at[i];
		enum factor_kind kind = factor_named(f->kind);

		if (kind == FACTOR_COUNT || !(factor_rows[kind].flags & FACTOR_STANDS))
			continue;
		rows[a->factor.n_rows++] = (struct factor_shown){ .id = uuid_write(c->mem, f->id.b), .kind = f->kind,
			.name = f->name, .created_s = f->created_s, .last_s = f->last_s,
			.stale = (factor_rows[kind].flags & FACTOR_BY_MESSAGE) && !message_is_bound(c, &k->u, f) };
	}
	a->factor.rows = rows;
	a->factor.recovery_left = (int64_t)factors_of_kind(&k->has, FACTOR_RECOVERY);
	return true;
}

static bool
devices_put(struct call *c, const struct looking *k, struct answer *a)
{
	struct trusted_device *rows = arena_array(c->mem, struct trusted_device, DEVICES_MAX), here;
	struct device_shown *out = arena_array(c->mem, struct device_shown, DEVICES_MAX);
	bool is_here = device_stands(c, &k->u, &here);
	int n = rows == NULL || out == NULL ? -1 : store_devices(c->svc->store, c->mem, &k->u.id, DEVICES_MAX, rows);

	if (n < 0)
		return fail(c, R_STORE, S("read"));
	for (int i = 0; i < n; i++) {
		const struct trusted_device *d = &rows[i];

		if (!str_eq(d->issuer, c->issuer->name) || expired(d->expires_s, c->now_s))
			continue;
		out[a->factor.n_devices++] = (struct device_shown){ .id = device_id(c, d), .address = d->address,
			.agent = d->agent, .created_s = d->created_s, .last_s = d->last_s, .expires_s = d->expires_s,
			.here = is_here && memcmp(d->digest.b, here.digest.b, sizeof here.digest.b) == 0 };
	}
	a->factor.devices = out;
	return c->why == R_NONE;
}

/* Kinds by message that may be set up, one of each. */
static bool
messages_put(struct call *c, const struct looking *k, struct answer *a)
{
	struct str *words = arena_array(c->mem, struct str, FACTOR_COUNT);

	if (words == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	for (enum factor_kind kind = 0; kind < FACTOR_COUNT; kind++)
		if ((factor_rows[kind].flags & FACTOR_BY_MESSAGE) && message_row(c, &k->u, &k->has, kind) == NULL
		    && enrolment_is_offered(c, &k->u, kind))
			words[a->factor.n_others++] = str_of(factor_rows[kind].word);
	a->factor.others = words;
	return true;
}

static struct answer
list_page(struct call *c, const struct looking *k, const char *error)
{
	struct answer a = { .kind = ANS_PAGE_FACTORS };

	a.factor.csrf = csrf_token(c, c->session_cookie);
	a.factor.user_name = k->u.name;
	a.factor.error = error;
	a.factor.may_enrol = factor_may_be_added(&k->has, 1 + RECOVERY_CODES);
	a.factor.by_code = enrolment_is_offered(c, &k->u, FACTOR_TOTP);
	a.factor.by_passkey = enrolment_is_offered(c, &k->u, FACTOR_PASSKEY);
	return factors_put(c, k, &a) && messages_put(c, k, &a) && devices_put(c, k, &a) ? a : answer_fault(c);
}

static struct answer
enrol_page(struct call *c, const struct looking *k, const char *error)
{
	struct answer a = { .kind = ANS_PAGE_ENROL };

	a.factor.csrf = csrf_token(c, c->session_cookie);
	a.factor.user_name = k->u.name;
	a.factor.error = error;
	a.factor.wait_s = c->retry_after_s;
	return enrolment_offer(c, &k->u, c->session_cookie, &a) ? a : answer_fault(c);
}

static struct answer
codes_page(const struct looking *k, const struct str *codes, size_t n)
{
	struct answer a = { .kind = ANS_PAGE_RECOVERY };

	a.factor.user_name = k->u.name;
	a.factor.codes = codes;
	a.factor.n_codes = n;
	return a;
}

/* --- changes ---------------------------------------------------------------------------------- */

static bool
is_fresh(const struct call *c, const struct looking *k)
{
	bool asked = factors_stand(&k->has) && c->issuer->policy->factor.rule != SECOND_FACTOR_OFF;
	int64_t proven_s = asked ? k->s.factor_s : k->s.auth_s;

	return c->now_s - proven_s <= FACTOR_FRESH_S;
}

/* To the proof, and back to the page. */
static struct answer
proof_wanted(struct call *c, const struct looking *k)
{
	struct saved s = { .url = c->self, .demanded = BIT(PROMPT_LOGIN) };

	if (factors_stand(&k->has) && c->issuer->policy->factor.rule != SECOND_FACTOR_OFF)
		return factor_wanted(c, c->self);
	return (struct answer){ .kind = ANS_GO, .go = { .place = PLACE_LOGIN, .saved = saved_begin(c, &s) } };
}

/* False without c->why: user or session has changed meanwhile. */
static bool
commit_change(struct call *c, const struct looking *k, struct ops *change)
{
	struct ops o = { .n = 0 };
	size_t lost;

	ops_stand_on(c, &o, &k->u, &k->s);
	ops_append(&o, change);
	switch (commit_standing(c, &o, &lost)) {
	case STORE_DONE: return true;
	case STORE_LOST: return !stands_no_more(c, &o, lost) && fail(c, R_FACTOR_CODE, S("change"));
	default: return false;
	}
}

/* What was wrong is told on the page of the enrolment. False: the rest. */
static bool
refused(struct call *c, struct looking *k, struct answer *a)
{
	enum reason why = c->why;
	int64_t wait_s = c->retry_after_s;

	if (factor_refusal(why) == NULL)
		return false;
	call_begins_anew(c);
	c->retry_after_s = wait_s;
	*a = enrol_page(c, k, factor_refusal(why));
	a->why = why;
	return true;
}

/* The session has shown what was set up in it: it rises, under another cookie. */
static bool
confirm(struct call *c, struct looking *k, struct answer *a)
{
	struct saved none = { .url = S("") };
	struct beginning b = { .u = &k->u, .account_type = k->s.account_type, .auth_s = k->s.auth_s,
		.factor_s = c->now_s, .lost = R_FACTOR_CODE, .from = &k->s };
	enum factor_kind kind = enrolment_kind(c, &k->u);
	const struct factor_row *row = &factor_rows[kind < FACTOR_COUNT ? kind : FACTOR_TOTP];
	const struct str *codes = NULL;
	struct ops with = { .n = 0 };
	size_t n = 0;

	b.amr = str_has_word(k->s.amr, S("mfa"), ' ') ? k->s.amr
	    : ARENA_CAT(c->mem, k->s.amr, k->s.amr.n > 0 ? S(" ") : S(""), str_of(row->amr));
	b.with = &with;
	if (enrolment_confirmed(c, &k->u, &k->has, c->session_cookie, &with, &codes, &n)
	    && session_begin(c, &b, &none) == STORE_DONE) {
		factor_record(c, EV_factor_enrolled, &k->u, str_of(row->word), -1);
		c->session_cookie = c->set_session;
		*a = n > 0 ? codes_page(k, codes, n)
			   : (struct answer){ .kind = ANS_GO, .go = { .place = PLACE_SAVED, .url = c->self, .saved_exists = true } };
		return true;
	}
	return refused(c, k, a);
}

/* A code is wanted: this form alone sends one. */
static bool
send_code(struct call *c, struct looking *k, struct answer *a)
{
	if (!enrolment_send(c, &k->u))
		return refused(c, k, a);
	*a = enrol_page(c, k, NULL);
	return true;
}

/* A passkey may be all that lets its user in. False: it is, and *a says so; or c->why. */
static bool
another_way_stays(struct call *c, const struct looking *k, struct str kind, struct ops *o, struct answer *a)
{
	struct ways_in w;

	if (!str_is(kind, PASSKEY_KIND))
		return true;
	if (!ways_in_of(c, &k->u, &w))
		return false;
	if (w.passkeys == 0)
		return true;
	w.passkeys--;
	if (ways_in_suffice(&w, &k->u, o))
		return true;
	*a = list_page(c, k, "last_way_in");
	return false;
}

/* With the last one the recovery codes go, and what stood for it. */
static bool
remove_one(struct call *c, struct looking *k, struct answer *a)
{
	struct op_factors drop = { .user = &k->u };
	struct trusted_device whose = { .user = k->u.id };
	struct ops o = { .n = 0 };
	struct str kind = STR_ABSENT;
	size_t standing = 0;

	if (!uuid_read(c->arg[P_FACTOR], drop.one.b))
		return fail(c, R_BAD_REQUEST, c->arg[P_FACTOR]);
	for (size_t i = 0; i < k->has.n; i++) {
		enum factor_kind is = factor_named(k->has.at[i].kind);

		standing += is < FACTOR_COUNT && (factor_rows[is].flags & FACTOR_STANDS);
		if (memcmp(k->has.at[i].id.b, drop.one.b, sizeof drop.one.b) == 0)
			kind = k->has.at[i].kind;
	}
	if (standing == 1 && str_given(kind)) {
		drop.one = (struct id16){ { 0 } };
		ops_add(&o, OP_DEVICES_END)->device.row = &whose;
	}
	ops_add(&o, OP_FACTORS_DROP)->factors = drop;
	if (!another_way_stays(c, k, kind, &o, a))
		return c->why == R_NONE;
	if (str_given(kind) && !commit_change(c, k, &o))
		return false;
	if (str_given(kind))
		factor_record(c, EV_factor_removed, &k->u, kind, -1);
	*a = (struct answer){ .kind = ANS_GO, .go = { .place = PLACE_SAVED, .url = c->self, .saved_exists = true } };
	return true;
}

static bool
recovery_anew(struct call *c, struct looking *k, struct answer *a)
{
	struct op_factors drop = { .user = &k->u, .kind = S("recovery") };
	struct ops o = { .n = 0 };
	struct factor *rows;
	struct str *texts;

	if (!factors_stand(&k->has)) {
		*a = list_page(c, k, NULL);
		return true;
	}
	if (!recovery_draw(c, &k->u, &rows, &texts))
		return false;
	ops_add(&o, OP_FACTORS_DROP)->factors = drop;
	ops_add(&o, OP_FACTORS_ADD)->factors = (struct op_factors){ .user = &k->u, .rows = rows, .n = RECOVERY_CODES };
	if (!commit_change(c, k, &o))
		return false;
	factor_record(c, EV_factor_enrolled, &k->u, S("recovery"), -1);
	*a = codes_page(k, texts, RECOVERY_CODES);
	return true;
}

/* The user's own word for it: nothing depends on it. */
static bool
rename_one(struct call *c, struct looking *k, struct answer *a)
{
	struct factor row = { .user = k->u.id, .name = str_trim(c->arg[P_FACTOR_NAME]) };
	struct ops o = { .n = 0 };

	if (!uuid_read(c->arg[P_FACTOR], row.id.b))
		return fail(c, R_BAD_REQUEST, c->arg[P_FACTOR]);
	if (!str_utf8(row.name) || !text_is_shown(row.name) || row.name.n > FACTOR_NAME_MAX) {
		*a = list_page(c, k, "factor_name_wrong");
		return true;
	}
	ops_add(&o, OP_FACTOR_RENAME)->factor.row = &row;
	if (store_commit(c->svc->store, o.at, o.n, NULL) == STORE_FAILED)
		return fail(c, R_STORE, S("commit"));
	*a = (struct answer){ .kind = ANS_GO, .go = { .place = PLACE_SAVED, .url = c->self, .saved_exists = true } };
	return true;
}

/* A browser stands for nothing any more; that needs no other proof than the session. */
static bool
forget_device(struct call *c, struct looking *k, struct answer *a)
{
	struct trusted_device *rows = arena_array(c->mem, struct trusted_device, DEVICES_MAX);
	int n = rows == NULL ? -1 : store_devices(c->svc->store, c->mem, &k->u.id, DEVICES_MAX, rows);
	struct ops o = { .n = 0 };

	if (n < 0)
		return fail(c, R_STORE, S("read"));
	for (int i = 0; i < n && o.n == 0; i++)
		if (str_eq(c->arg[P_DEVICE], device_id(c, &rows[i])))
			ops_add(&o, OP_DEVICE_END)->device.row = &rows[i];
	if (o.n > 0 && store_commit(c->svc->store, o.at, o.n, NULL) == STORE_FAILED)
		return fail(c, R_STORE, S("commit"));
	*a = (struct answer){ .kind = ANS_GO, .go = { .place = PLACE_SAVED, .url = c->self, .saved_exists = true } };
	return true;
}

static bool
begin_enrolment(struct call *c, struct looking *k, struct answer *a)
{
	*a = factor_may_be_added(&k->has, 1 + RECOVERY_CODES) ? enrol_page(c, k, NULL) : list_page(c, k, "factor_many");
	return true;
}

static const struct {
	const char *word;
	bool fresh;                     /* it stands on a fresh proof */
	bool (*act)(struct call *c, struct looking *k, struct answer *a);
} actions[] = {
	{ "enrol", true, begin_enrolment }, { "send", true, send_code }, { "confirm", true, confirm },
	{ "remove", true, remove_one }, { "recovery", true, recovery_anew },
	{ "forget", false, forget_device }, { "rename", false, rename_one },
};

/* True: *a is the answer. */
static bool
act_once(struct call *c, struct looking *k, struct answer *a)
{
	for (size_t i = 0; i < COUNT(actions); i++) {
		if (!str_is(c->arg[P_ACTION], actions[i].word))
			continue;
		if (actions[i].fresh && !is_fresh(c, k)) {
			*a = proof_wanted(c, k);
			return true;
		}
		if (actions[i].act(c, k, a))
			return true;
		if (c->why == R_NONE)
			return false;
		*a = answer_fault(c);
		return true;
	}
	*a = list_page(c, k, NULL);
	return true;
}

/* --- the endpoint ----------------------------------------------------------------------------- */

static bool
look_once(struct call *c, bool posted, struct answer *a)
{
	struct looking *k = arena_new(c->mem, struct looking);
	struct saved s = { .url = c->self };

	c->session_cookie = active_cookie(c);
	if (k == NULL)
		fail(c, R_INTERNAL, S("memory"));
	else if (session_find(c, &k->s) && session_touch(c, &k->s) && user_of_session_again(c, &k->s, &k->u)
	    && factors_of(c, &k->u, &k->has)) {
		if (posted && csrf_holds(c, c->session_cookie))
			return act_once(c, k, a);
		*a = posted ? answer_fault(c) : list_page(c, k, NULL);
		return true;
	}
	*a = c->why != R_NONE ? answer_fault(c)
	    : (struct answer){ .kind = ANS_GO, .go = { .place = PLACE_LOGIN, .saved = saved_begin(c, &s) } };
	return true;
}

struct answer
account_factors_endpoint(struct call *c, bool posted)
{
	struct answer a;

	if (!factors_are_kept(c->issuer)) {
		fail(c, R_NOT_FOUND, STR_ABSENT);
		return answer_fault(c);
	}
	for (int i = 0; i < RACES_MAX; i++)
		if (look_once(c, posted, &a))
			return a;
	return login_too_busy(c);
}
