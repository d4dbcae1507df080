/* wire/go.c - where a browser goes next: to a page of the issuer, or on with its request. */
#include "wire/wire_int.h"

/* A page that tells what went wrong needs it in the address, for nothing is stored of a visitor. */
static const char *
failure_word(enum reason why)
{
	switch (why) {
	case R_USER_DISABLED: return "=disabled";
	case R_USER_LOCKED:   return "=locked";
	case R_PASSKEY:       return "=passkey_refused";
	case R_SESSIONS_FULL: return "=sessions";
	default:              return "";
	}
}

/* The page of identities, which says how it went, or asks whether one is to be connected. */
static struct str
identities_url(struct exchange *x, const struct answer *a)
{
	const char *word = a->why == R_NONE ? "connected" : upstream_failure_word(a->why);
	const struct route *r = route_of_endpoint(x->w, EP_ACCOUNT_IDENTITIES);

	if (r == NULL)
		return issuer_href(x, x->w->places[PLACE_HOME]);
	if (str_given(a->link.identity))
		return ARENA_CAT(x->q->mem, issuer_href(x, r->path), S("?identity="), a->link.identity);
	return ARENA_CAT(x->q->mem, issuer_href(x, r->path), S("?account_done="), str_of(word));
}

/* What no recorded server had to tell is told at every dialect. */
static const char *
new_failure_word(enum reason why)
{
	return why == R_PASSWORD_EXPIRED ? "password_expired" : upstream_failure_word(why);
}

static struct str
place_url(struct exchange *x, const struct answer *a)
{
	const char *path = a->go.place < COUNT(x->w->places) ? x->w->places[a->go.place] : NULL;

	if (a->go.place == PLACE_SAVED)
		return a->go.url;
	if (a->go.place == PLACE_FACTOR)
		return issuer_href(x, route_of_endpoint(x->w, EP_FACTOR)->path);
	if (a->go.place == PLACE_IDENTITIES)
		return identities_url(x, a);
	if (a->go.place == PLACE_LOGIN_FAILED && new_failure_word(a->why) != NULL) {
		struct str page = issuer_href(x, x->w->places[PLACE_LOGIN]);

		return ARENA_CAT(x->q->mem, page, str_index(page, '?') < 0 ? S("?error=") : S("&error="),
		    str_of(new_failure_word(a->why)));
	}
	if (a->go.place == PLACE_LOGIN_FAILED && x->w->strict)
		return ARENA_CAT(x->q->mem, x->mount->issuer->url, str_of(path), str_of(failure_word(a->why)));
	return issuer_href(x, path);
}

/*
 * Beside another login page that waits, one says in its address what it is about: so it is still
 * about that when somebody goes back to it.
 */
static struct str
place_with_request(struct exchange *x, const struct answer *a)
{
	struct str url = place_url(x, a);

	if (!str_given(a->go.saved))
		return url;
	return ARENA_CAT(x->q->mem, url, str_index(url, '?') >= 0 ? S("&") : S("?"), REQUEST_IN_QUERY, a->go.saved);
}

/* Waiting is told on the page itself, with the status that says so. */
static void
speak_wait(struct exchange *x, struct http_reply *r)
{
	struct answer page = login_page_endpoint(&x->c);

	page.login.wait_s = x->c.retry_after_s;
	page.login.username = x->c.arg[P_USERNAME];
	speak_login_page(x, &page, r, 429, "wait");
	if (x->c.retry_after_s > 0)
		http_reply_header(r, "Retry-After", arena_printf(x->q->mem, "%lld", (long long)x->c.retry_after_s));
}

/* To a script: where it leads, or how it went. */
static struct str
go_body(struct exchange *x, const struct answer *a, int *status)
{
	if (x->w->done && a->go.place != PLACE_LOGIN && a->go.place != PLACE_LOGIN_FAILED)
		return body_done(x, a->go.place == PLACE_SAVED ? a->go.url : STR_ABSENT);
	return x->w->go ? x->w->go(x, a, status) : STR_ABSENT;
}

void
speak_go(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	unsigned flags = x->route ? x->route->flags : 0;
	struct onward to = { .set = HS_GENERIC, .to_client = exchange_endpoint(x) == EP_REMOVE_TOKEN };
	int status = 200;

	if (a->go.place == PLACE_LOGIN_FAILED)
		x->why = a->why == R_NONE ? R_USER_CREDENTIALS : a->why;
	if (a->go.place == PLACE_IDENTITIES)
		x->why = a->why;
	if ((flags & RF_JSON) && x->w->failure && a->go.place == PLACE_LOGIN_FAILED && !x->html) {
		speak_fault(x, x->why, r);
		return;
	}
	if ((flags & RF_JSON) && (x->w->go != NULL || x->w->done) && !x->html) {
		struct str body = go_body(x, a, &status);

		if (str_given(body)) {
			reply_json(x, r, status, HS_GENERIC, body);
			reply_retry_after(x, status, r);
			return;
		}
	}
	if (a->go.place == PLACE_LOGIN_FAILED && a->why == R_WAIT) {
		speak_wait(x, r);
		return;
	}
	to.status = (flags & RF_JSON) && x->html ? 303 : x->w->go_status;
	to.location = place_with_request(x, a);
	speak_onward(x, r, &to);
}
