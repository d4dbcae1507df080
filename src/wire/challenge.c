/*
 * wire/challenge.c - the answers of the authorization challenge endpoint: a code, or what the application has to ask its
 * user for, or where a browser goes on. draft-ietf-oauth-first-party-apps-03 and -04 section 5.2.
 */
#include "wire/wire_int.h"

/* What can be sent next: a code that was sent is all that is missing. */
static void
put_methods(struct buf *b, const struct issuer *i, bool sent)
{
	jw_name(b, S("methods"));
	jw_open(b, '[');
	ja_str(b, S("password"));
	if (challenge_takes_sms(i))
		ja_str(b, S("sms"));
	if (challenge_takes_wechat(i))
		ja_str(b, S("wechat"));
	jw_close(b, ']');
	if (sent)
		jm_bool(b, S("code_required"), true);
}

static void
put_more(struct buf *b, const struct issuer *i, const struct answer *a)
{
	if (a->why == R_CHALLENGE_MORE) {
		jm_str(b, S("auth_session"), a->challenge.auth_session);
		put_methods(b, i, a->challenge.sent);
	}
	if (a->why == R_CHALLENGE_WEB && a->challenge.otp)
		jm_bool(b, S("otp_required"), true);
	if (a->why == R_CHALLENGE_WEB && str_given(a->pushed.uri)) {
		jm_str(b, S("request_uri"), a->pushed.uri);
		jm_int(b, S("expires_in"), a->pushed.expires_in_s);
	}
}

/* Section 5.2.2.1: what goes on is no bad request since revision 04. */
static int
status_of(const struct issuer *i, enum reason why, int said)
{
	bool goes_on = why == R_CHALLENGE_MORE || why == R_CHALLENGE_WEB;

	return goes_on && i->policy->authorize.first_party_draft >= FIRST_PARTY_04 ? 403 : said;
}

void
speak_challenged(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	struct wording s = phrase_of(x, a->why);
	struct buf b;

	buf_init(&b, x->q->mem, BODY_MAX);
	jw_open(&b, '{');
	if (a->why == R_NONE) {
		jm_str(&b, S("authorization_code"), a->challenge.code);
	} else {
		jm_str(&b, S("error"), s.error);
		jm_str(&b, S("error_description"), s.text);
		put_more(&b, x->mount->issuer, a);
	}
	jw_close(&b, '}');
	reply_json(x, r, a->why == R_NONE ? 200 : status_of(x->mount->issuer, a->why, s.status), HS_TOKENS, body_of(&b));
}
