/* Mail beside what gives cause for it: written down with it or not at all, within bounds of which strangers hear one. */
#include "../outpost.h"
#include "oauth/mail.h"
#include "outbound/mail.h"
#include "world.h"

static const struct mail_server server = { .terminal = true };

struct mail_world { struct world *w; struct outpost *post; };

static struct mail_world
mail_world_new(void)
{
	struct mail_world m = { .w = world_new() };

	m.w->strict.mail.recipient_per_hour = 2;
	m.w->strict.mail.recipient_per_day = 3;
	m.w->strict.mail.address_per_hour = 5;
	m.w->strict.mail.budget_per_day = 4;
	m.w->modern.mail = &server;
	m.post = outpost_new(m.w->store, &mail_outbox, 10);
	m.post->silent = true;                  /* nothing is sent: what is written down is counted */
	m.w->svc.mail = m.post->box;
	return m;
}

static void
mail_world_free(struct mail_world *m)
{
	outpost_free(m->post);
	world_free(m->w);
}

enum outcome { SENT, COUNTED, NETWORK, QUIET, FAILED };

static enum outcome
order(struct mail_world *m, struct arena *mem, struct str to, bool nobody, bool free_of_bounds, enum reason *why)
{
	struct call c = call_at(m->w, &m->w->modern, mem);
	struct mail_order o = { .words = { .what = S("reset"), .to = to, .code = S("12345678") }, .nobody = nobody,
		.free = free_of_bounds, .not_after_s = c.now_s + 600 };
	struct mail_sending s;
	struct ops ops = { .n = 0 };
	enum store_result r;
	enum mail_bound bound;
	size_t lost = 0;

	c.peer = S("192.0.2.7");
	if (!mail_add(&c, &ops, &o, &s)) {
		*why = c.why;
		return FAILED;
	}
	r = ops.n > 0 ? store_commit(m->w->store, ops.at, ops.n, &lost) : STORE_DONE;
	bound = r == STORE_LOST ? mail_bound(&c, &s, lost) : MAIL_UNBOUND;
	mail_done(&c, &s, r == STORE_DONE);
	if (r == STORE_DONE)
		return nobody ? COUNTED : SENT;
	EXPECT(c.retry_after_s > 0);
	return bound == MAIL_BOUND_NETWORK ? NETWORK : bound == MAIL_BOUND_QUIET ? QUIET : FAILED;
}

TEST(mail_is_bound_by_receiver_network_and_day)
{
	struct mail_world m = mail_world_new();
	enum reason why = R_NONE;

	EXPECT_INT(order(&m, mem, S("a@b.example"), false, false, &why), SENT);
	EXPECT_INT(order(&m, mem, S("A@B.example"), false, false, &why), SENT);         /* the same mailbox */
	EXPECT_INT(order(&m, mem, S("a@b.example"), false, false, &why), QUIET);        /* counts nowhere */
	EXPECT_INT(outpost_rows(m.post, mem), 2);
	EXPECT_INT(order(&m, mem, S("c@d.example"), false, false, &why), SENT);
	EXPECT_INT(order(&m, mem, S("not an address"), true, false, &why), COUNTED);    /* of nobody: the network alone */
	EXPECT_INT(order(&m, mem, S("e@f.example"), false, false, &why), SENT);
	EXPECT_INT(order(&m, mem, S("g@h.example"), false, false, &why), NETWORK);
	EXPECT_INT(order(&m, mem, S("nobody"), true, false, &why), NETWORK);
	EXPECT_INT(outpost_rows(m.post, mem), 4);
	m.w->strict.mail.address_per_hour = 100;
	EXPECT_INT(order(&m, mem, S("g@h.example"), false, false, &why), QUIET);        /* the day's budget */
	EXPECT_INT(order(&m, mem, S("a@b.example"), false, true, &why), SENT);          /* what a person must hear of */
	EXPECT_INT(outpost_rows(m.post, mem), 5);
	mail_world_free(&m);
}

TEST(mail_that_cannot_be_sent_is_said)
{
	struct mail_world m = mail_world_new();
	enum reason why = R_NONE;

	EXPECT_INT(order(&m, mem, S("a@b\r\nBcc: c@d"), false, false, &why), FAILED);
	EXPECT_INT(why, R_MAIL_LIMIT);
	m.w->svc.mail = NULL;
	EXPECT_INT(order(&m, mem, S("a@b.example"), false, false, &why), FAILED);
	EXPECT_INT(why, R_MAIL_LIMIT);
	m.w->modern.mail = NULL;
	EXPECT_INT(order(&m, mem, S("a@b.example"), false, false, &why), FAILED);
	EXPECT_INT(why, R_MAIL_NONE);
	EXPECT_INT(outpost_rows(m.post, mem), 0);
	mail_world_free(&m);
}
