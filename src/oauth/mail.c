/* oauth/mail.c - mail bounded, written down with its cause, and handed over. */
#include "oauth/mail.h"

#define HOUR_S 3600
#define DAY_S  86400

static struct quota
bound_of(const struct call *c, const char *what, struct str whose, int64_t window_s, int64_t limit)
{
	struct str window = arena_printf(c->mem, "%s %lld", what, (long long)(c->now_s / window_s));

	return (struct quota){ .key = digest_of(c->issuer, window, whose), .limit = limit,
		.expires_s = (c->now_s / window_s + 1) * window_s };
}

/* One mailbox has many spellings; what differs in case alone is one. */
static void
bounds_make(const struct call *c, struct str to, struct mail_sending *out)
{
	const struct policy *policy = c->issuer->policy;
	struct throttle_key from = throttle_address(c->peer);
	struct str box = str_fold(c->mem, to);

	out->bounds[MAIL_RECIPIENT_HOUR] = bound_of(c, "mail recipient hour", box, HOUR_S,
	    policy->mail.recipient_per_hour);
	out->bounds[MAIL_RECIPIENT_DAY] = bound_of(c, "mail recipient day", box, DAY_S, policy->mail.recipient_per_day);
	out->bounds[MAIL_ADDRESS_HOUR] = bound_of(c, "mail address hour", dig_str(&from.digest), HOUR_S,
	    throttle_is_none(&from) ? INT64_MAX : policy->mail.address_per_hour);
	out->bounds[MAIL_BUDGET] = bound_of(c, "mail budget", S(""), DAY_S, policy->mail.budget_per_day);
}

static struct str
language_of(const struct call *c, const struct user *u)
{
	const json_t *claims = u != NULL && !str_empty(u->claims) ? json_read(c->mem, u->claims) : NULL;
	struct str locale = json_member_str(claims, "locale");

	return str_empty(locale) ? c->lang : locale;
}

bool
mail_add(struct call *c, struct ops *o, const struct mail_order *m, struct mail_sending *out)
{
	struct mail_words w = m->words;

	*out = (struct mail_sending){ .first = o->n };
	if (!mail_is_sent(c->issuer))
		return fail(c, R_MAIL_NONE, STR_ABSENT);
	if (str_empty(w.lang))
		w.lang = language_of(c, m->user);
	if (m->nobody && !mail_address_ok(w.to))
		w.to = S("nobody@invalid");             /* takes its place in the queue like an address */
	out->errand = mail_prepare(c->mem, c->svc->mail, c->issuer->name, &w, m->not_after_s);
	if (out->errand == NULL)
		return fail(c, R_MAIL_LIMIT, SAY("too many mails wait, or the address is none"));
	out->row = *errand_row(out->errand);
	if (m->user != NULL)
		out->row.user = m->user->id;
	bounds_make(c, m->words.to, out);
	out->n = m->free ? 0 : m->nobody ? 1 : MAIL_BOUNDS;
	for (size_t i = 0; i < out->n; i++)
		ops_add(o, OP_QUOTA_USE)->quota = &out->bounds[i];
	out->nobody = m->nobody;
	if (!m->nobody)
		ops_add(o, OP_OUTGOING_ADD)->outgoing = &out->row;
	return true;
}

void
mail_done(struct call *c, struct mail_sending *m, bool committed)
{
	if (committed && m->errand != NULL && !m->nobody)
		outbox_post(c->svc->mail, m->errand);
	else if (m->errand != NULL)
		outbox_cancel(c->svc->mail, m->errand);
	m->errand = NULL;
}

static void
budget_spent(const struct call *c)
{
	static _Atomic int64_t told;
	struct record r;

	if (!log_is_due(&told, 60))
		return;
	log_warn("issuer %.*s: the day's budget of %lld mails is spent; nothing more is sent before tomorrow "
		 "(mail_budget_per_day)",
	    STR_ARG(c->issuer->name), (long long)c->issuer->policy->mail.budget_per_day);
	record_begin(&r, EV_budget_spent);
	record_text(&r, "issuer", c->issuer->name);
	record_int(&r, "budget", c->issuer->policy->mail.budget_per_day);
	record_end(&r);
}

enum mail_bound
mail_bound(struct call *c, const struct mail_sending *m, size_t lost)
{
	if (lost < m->first || lost >= m->first + m->n)
		return MAIL_UNBOUND;
	if (lost == m->first + MAIL_BUDGET)
		budget_spent(c);
	c->retry_after_s = m->bounds[lost - m->first].expires_s - c->now_s;
	return lost == m->first + MAIL_ADDRESS_HOUR ? MAIL_BOUND_NETWORK : MAIL_BOUND_QUIET;
}
