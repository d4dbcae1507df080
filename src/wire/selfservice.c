/* wire/selfservice.c - the pages on which people help themselves: what each shows. */
#include "wire/wire_int.h"

/* A registration by number has words of its own. */
static const char *
service_of(const struct exchange *x, const struct answer *a)
{
	bool phone = x->mount->issuer->policy->selfservice.registration == SELF_REGISTRATION_PHONE;

	return strcmp(a->self.page, "signup") == 0 && phone ? "signup_phone" : a->self.page;
}

static void
put_fields(struct exchange *x, const struct answer *a, struct page_list *v)
{
	static const struct { const char *word, *name, *value; enum param is; } all[] = {
		{ "name", "ask_name", "claim_name", P_CLAIM_NAME },
		{ "given_name", "ask_given_name", "claim_given_name", P_CLAIM_GIVEN_NAME },
		{ "family_name", "ask_family_name", "claim_family_name", P_CLAIM_FAMILY_NAME },
		{ "nickname", "ask_nickname", "claim_nickname", P_CLAIM_NICKNAME },
		{ "birthdate", "ask_birthdate", "claim_birthdate", P_CLAIM_BIRTHDATE },
	};

	for (size_t i = 0; i < COUNT(all); i++)
		if (str_has_word(a->self.fields, str_of(all[i].word), ' ')) {
			page_put(v, all[i].name, S("1"));
			if (str_utf8(x->c.arg[all[i].is]))
				page_put(v, all[i].value, x->c.arg[all[i].is]);
		}
	page_put(v, "terms_href", str_some(a->self.terms));
}

static void
put_notice(struct exchange *x, const struct answer *a, bool good, struct page_list *v)
{
	struct str href = local_href(x, x->w->places[PLACE_LOGIN]);

	page_put(v, "notice", str_of(a->self.notice));
	if (good)
		page_put(v, "good", S("1"));
	else
		page_put(v, "again_href", local_href(x, x->route->path));
	if (a->self.leads_to_login && str_given(a->self.saved))
		href = ARENA_CAT(x->q->mem, href, str_index(href, '?') < 0 ? S("?") : S("&"), REQUEST_IN_QUERY, a->self.saved);
	if (a->self.leads_to_login)
		page_put(v, "login_href", href);
}

static void
put_code(struct exchange *x, const struct answer *a, const char *service, struct page_list *v)
{
	page_put(v, "proof", a->self.proof);
	if (strcmp(a->self.step, "undo") == 0) {
		page_put(v, "undo", S("1"));
		return;
	}
	page_put(v, "proof_code", a->self.code);
	page_put(v, "sent", arena_printf(x->q->mem, "%s_%s", service, a->self.sent));
	if (a->self.new_password)
		page_put(v, "new_password", S("1"));
	put_password_rules(x, &a->self.rules, v);
	put_fields(x, a, v);
}

static void
put_ask(const struct answer *a, struct page_list *v)
{
	page_put(v, "identifier", a->self.identifier);
	if (a->self.chooses_way)
		page_put(v, "chooses_way", S("1"));
	if (a->self.asks_password)
		page_put(v, "asks_password", S("1"));
}

void
speak_self_page(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	bool notice = strcmp(a->self.step, "notice") == 0, ask = strcmp(a->self.step, "ask") == 0;
	bool bad = notice && (strcmp(a->self.notice, "self_gone") == 0 || strcmp(a->self.notice, "self_elsewhere") == 0
		|| strcmp(a->self.notice, "kept_elsewhere") == 0);
	int status = a->self.wait_s > 0 ? 429 : a->self.error != NULL || bad ? 400 : 200;
	const char *service = service_of(x, a);
	struct page_list v = { .n = 0 };

	x->page_request = a->self.saved;
	page_put(&v, "page", str_of(service));
	page_put(&v, "service", str_of(service));
	page_put(&v, "action", local_href(x, x->route->path));
	page_put(&v, "csrf", a->self.csrf);
	if (exchange_endpoint(x) == EP_EMAIL || exchange_endpoint(x) == EP_PHONE)
		page_put(&v, "account_href", account_home_href(x));
	page_put(&v, "saved_request", a->self.saved);
	if (a->self.error != NULL)
		page_put(&v, "error", str_of(a->self.error));
	if (a->self.wait_s > 0) {
		page_put(&v, "wait_s", arena_printf(x->q->mem, "%lld", (long long)a->self.wait_s));
		http_reply_header(r, "Retry-After", arena_printf(x->q->mem, "%lld", (long long)a->self.wait_s));
	}
	if (notice)
		put_notice(x, a, !bad, &v);
	else if (ask)
		put_ask(a, &v);
	else
		put_code(x, a, service, &v);
	put_page(x, r, status, HS_GENERIC, notice ? PAGE_SELF_NOTICE : ask ? PAGE_SELF_ASK : PAGE_SELF_CODE, &v);
}

/* Links of the login page; what the login is for goes along. */
static struct str
self_href(struct exchange *x, enum endpoint e, struct str saved)
{
	const struct route *to = route_of_endpoint(x->w, e);

	if (to == NULL)
		return STR_ABSENT;
	return str_empty(saved) ? local_href(x, to->path)
				: ARENA_CAT(x->q->mem, local_href(x, to->path), S("?saved_request="), saved);
}

void
put_self_links(struct exchange *x, const struct answer *a, struct page_list *v)
{
	const struct policy *policy = x->mount->issuer->policy;

	if (policy->selfservice.reset != SELF_OFF)
		page_put(v, "forgot_href", self_href(x, EP_FORGOT, a->login.saved));
	if (policy->selfservice.registration != SELF_REGISTRATION_OFF)
		page_put(v, "signup_href", self_href(x, EP_SIGNUP, a->login.saved));
}
