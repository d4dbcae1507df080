/* oauth/selfservice/page.c - the pages: what is asked, where a code is typed, what is said at the end. */
#include "login/password_rule.h"
#include "oauth/selfservice/selfservice.h"

static struct answer
page_of(struct call *c, const char *page, const char *step, const char *error)
{
	struct answer a = { .kind = ANS_PAGE_SELF };
	struct saved s;

	a.self.page = page;
	a.self.step = step;
	a.self.error = error;
	a.self.csrf = csrf_token(c, form_secret(c, &s));
	a.self.saved = str_some(c->arg[P_SAVED_REQUEST]);
	a.self.wait_s = c->retry_after_s;
	a.self.identifier = str_utf8(c->arg[P_IDENTIFIER]) ? c->arg[P_IDENTIFIER] : STR_ABSENT;
	return a;
}

struct answer
self_ask(struct call *c, const char *page, const char *error)
{
	return page_of(c, page, "ask", error);
}

struct answer
self_code(struct call *c, const char *page, const struct proof *p, const char *error)
{
	struct answer a = page_of(c, page, p->of == SELF_UNDO ? "undo" : "code", error);

	a.self.proof = p->handle;
	if ((error == NULL || strcmp(error, "proof_code_wrong") != 0) && str_utf8(c->arg[P_PROOF_CODE]))
		a.self.code = c->arg[P_PROOF_CODE];
	a.self.sent = p->by_sms ? "sms" : "mail";
	a.self.new_password = p->of == SELF_RESET || p->of == SELF_SIGNUP;
	a.self.rules = chosen_rules(c, p->of == SELF_RESET);
	if (p->of == SELF_SIGNUP) {
		a.self.fields = c->issuer->policy->selfservice.fields;
		a.self.terms = c->issuer->policy->selfservice.terms;
	}
	return a;
}

struct answer
self_notice(struct call *c, const char *page, const char *notice, bool leads_to_login)
{
	struct answer a = page_of(c, page, "notice", NULL);

	a.self.notice = notice;
	a.self.leads_to_login = leads_to_login;
	return a;
}

/* What is told on the page itself. The rest is an error of the server's. */
static bool
is_told(const struct call *c, const char **error)
{
	if (c->why == R_WAIT || c->why == R_MAIL_LIMIT || c->why == R_SMS_LIMIT)
		*error = "wait";
	else if (c->why == R_CSRF)
		*error = "expired_form";
	else
		return c->why == R_NONE;
	return true;
}

static void
begin_anew(struct call *c)
{
	int64_t wait_s = c->retry_after_s;

	call_begins_anew(c);
	c->retry_after_s = wait_s;
}

struct answer
self_ask_again(struct call *c, const char *page, const char *error)
{
	if (!is_told(c, &error))
		return answer_fault(c);
	begin_anew(c);
	return self_ask(c, page, error);
}

struct answer
self_code_again(struct call *c, const char *page, const struct proof *p, const char *error)
{
	if (!is_told(c, &error))
		return answer_fault(c);
	begin_anew(c);
	return self_code(c, page, p, error);
}

bool
self_form_holds(struct call *c, const char *page, struct answer *a)
{
	struct saved s;

	saved_of_form(c, &s);
	if (csrf_holds(c, s.nonce))
		return true;
	*a = self_ask_again(c, page, NULL);
	return false;
}

bool
self_proof(struct call *c, enum self_kind kind, const char *page, struct proof *p, struct answer *a)
{
	if (!proof_read(c, kind, p))
		*a = self_notice(c, page, "self_gone", false);
	else if (kind != SELF_UNDO && !proof_is_of_browser(c, p))
		*a = self_notice(c, page, "self_elsewhere", false);
	else
		return true;
	return false;
}
