/*
 * A forgotten password: whether there is an account makes no difference to answers and work (U2, L1), counted by what is
 * computed, not by a clock.
 */
#include "../../outpost.h"
#include "../world.h"
#include "login/login.h"
#include "outbound/mail.h"

static const struct mail_server server = { .terminal = true };

struct tried { enum answer_kind kind; int status; size_t n_url; int64_t work_us; const char *error; };

static struct tried
tried(struct world *w, struct arena *mem, struct str identifier)
{
	struct call c = call_at(w, &w->modern, mem), again;
	struct saved s = { .url = S("") };
	struct str cookie;
	int64_t before = login_work_us();
	struct answer a;
	struct tried t;

	c.self = S("https://issuer.example/forgot");
	cookie = c.saved_cookie = saved_write(&c, &s);
	call_set(&c, P_CSRF, csrf_token(&c, s.nonce));
	call_set(&c, P_IDENTIFIER, identifier);
	a = forgot_endpoint(&c, true);
	t = (struct tried){ .kind = a.kind, .n_url = a.go.url.n };
	again = call_at(w, &w->modern, mem);
	again.self = c.self;
	again.saved_cookie = cookie;
	call_set(&again, P_CSRF, c.arg[P_CSRF]);
	call_set(&again, P_PROOF, str_from(a.go.url, str_of("https://issuer.example/forgot?proof=").n));
	call_set(&again, P_PROOF_CODE, S("00000000"));
	call_set(&again, P_NEW_PASSWORD, S("a-password-of-mine"));
	call_set(&again, P_NEW_PASSWORD_AGAIN, S("a-password-of-mine"));
	a = forgot_endpoint(&again, true);
	t.status = a.kind;
	t.error = a.self.error;
	t.work_us = login_work_us() - before;
	return t;
}

TEST(nothing_tells_who_has_an_account)
{
	struct world *w = world_new();
	struct outpost *post = outpost_new(w->store, &mail_outbox, 100);
	static const char *const names[] = { "alice", "alice@example.org", "nobody", "nobody@example.org", "locked" };
	struct user alice = w->alice, locked = w->alice;
	struct tried first = { .kind = ANS_FAULT };

	alice.email = S("alice@example.org");
	locked.id = id_new();
	locked.name = S("locked");
	locked.email = S("locked@example.org");
	locked.phone = locked.open_id = S("");
	locked.locked = true;
	EXPECT_INT(store_commit(w->store, &(struct store_op){ .kind = OP_USER_PUT, .user = &alice }, 1, NULL), STORE_DONE);
	EXPECT_INT(store_commit(w->store, &(struct store_op){ .kind = OP_USER_PUT, .user = &locked }, 1, NULL), STORE_DONE);
	post->silent = true;
	w->svc.mail = post->box;
	w->modern.mail = &server;
	w->strict.selfservice.reset = SELF_MAIL;
	w->strict.selfservice.ttl_s = 900;
	w->strict.selfservice.tries = 5;
	w->strict.mail.recipient_per_hour = w->strict.mail.recipient_per_day = 100;
	w->strict.mail.address_per_hour = w->strict.mail.budget_per_day = 100;
	for (size_t i = 0; i < COUNT(names); i++) {
		struct tried t = tried(w, mem, str_of(names[i]));

		if (i == 0)
			first = t;
		EXPECT_INT(t.kind, ANS_GO);
		EXPECT_INT(t.status, ANS_PAGE_SELF);
		EXPECT(t.error != NULL && strcmp(t.error, "proof_code_wrong") == 0);
		EXPECT_INT(t.n_url, first.n_url);       /* nor does the length of an address that nobody typed */
		EXPECT_INT(t.work_us, first.work_us);
	}
	EXPECT_INT(outpost_rows(post, mem), 2);         /* alice's, by name and by address */
	outpost_free(post);
	world_free(w);
}
