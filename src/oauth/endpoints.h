/*
 * oauth/endpoints.h - what can be asked: one function an endpoint, from a call to an answer. Each may block on the
 * store; token and login may cost a password hash or a signature. call_lane says beforehand where a call should run,
 * and the functions in halves (begin, end, commit) let it run where nothing may block.
 */
#ifndef HUFU_OAUTH_ENDPOINTS_H
#define HUFU_OAUTH_ENDPOINTS_H

#include "base/base.h"
#include "oauth/call.h"
#include "store/store.h"

struct answer token_endpoint(struct call *c);           /* RFC 6749 3.2 */
/*
 * The same in two halves around its commit, for LANE_WRITER and LANE_SIGN. token_begin:
 * TOKEN_ANSWERED, *a holds the answer (a refusal, or a living token returned again);
 * TOKEN_PREPARED, commit *ops, then token_end tells the answer; TOKEN_RACES, the commit may lose
 * to another call and must then look again: token_commit does both, where one may wait; *w is NULL
 * when something else must be committed first, and the whole call has to wait: token_endpoint.
 * Only token_commit blocks. w lives in the call's arena. A prepared commit may be lost too (O7):
 * then token_commit looks again; token_end is not for that.
 */
struct token_work;
enum token_next { TOKEN_ANSWERED, TOKEN_PREPARED, TOKEN_RACES };
enum token_next token_begin(struct call *c, struct token_work **w, const struct store_op **ops, size_t *n,
    struct answer *a);
struct answer token_end(struct call *c, struct token_work *w, enum store_result r);
struct answer token_commit(struct call *c, struct token_work *w);
struct answer authorize_endpoint(struct call *c);       /* RFC 6749 3.1: GET, or POST without a decision */
/*
 * The same without waiting, as token_begin. ANSWERED: *a is the answer. PREPARED: it is, once *ops
 * are committed; if they are lost, authorize_endpoint looks again. RACES: something must be
 * committed first, authorize_endpoint does. *ops live in the call's arena.
 */
enum token_next authorize_begin(struct call *c, const struct store_op **ops, size_t *n, struct answer *a);
/* The same of login_endpoint, where a passkey came and nobody else has to be asked. */
enum token_next login_begin(struct call *c, const struct store_op **ops, size_t *n, struct answer *a);
/* What those two had prepared was lost, or could not be written: nothing of it holds, no cookie either. */
void call_begins_again(struct call *c);
/* RFC 9126: the parameters of an authorization request, kept for the browser that comes with their name. ANS_PUSHED. */
struct answer pushed_endpoint(struct call *c);
/* The same without waiting, as authorize_begin; its client has been proven (call_lane). */
enum token_next pushed_begin(struct call *c, const struct store_op **ops, size_t *n, struct answer *a);
/*
 * draft-ietf-oauth-first-party-apps-03, -04: a first-party application asks its user itself (P_USERNAME and P_PASSWORD;
 * P_PHONE, then P_CODE; P_WECHAT_CODE; P_OTP beside one) and goes on by P_AUTH_SESSION. CHALLENGED.
 */
struct answer challenge_endpoint(struct call *c);
/* What a user can prove himself by there. */
bool challenge_takes_sms(const struct issuer *i);
bool challenge_takes_wechat(const struct issuer *i);
/* Is anybody trusted there for identity assertions that are grants (ID-JAG)? */
bool id_jag_is_taken(const struct issuer *i);
struct answer consent_endpoint(struct call *c);         /* POST with the user's decision */
/* the question once more: ANS_PAGE_CONSENT of the session's pending request */
struct answer confirm_page_endpoint(struct call *c);
/* RFC 8628 3.1: ANS_WAITS */
struct answer device_authorization_endpoint(struct call *c);
/*
 * CIBA Core 1.0 section 7: ANS_WAITS, once the user is asked. approvals_page_endpoint: what waits for whoever is logged
 * in, and the decision on P_DECOUPLED. PAGE_APPROVALS, and as device_page_endpoint.
 */
struct answer ciba_endpoint(struct call *c);
struct answer approvals_page_endpoint(struct call *c, bool posted);
/*
 * 3.3: the page where a user types P_USER_CODE, and that of the decision on what it leads to, P_DECOUPLED: allow what
 * is ticked, or refuse. GO, PAGE_DEVICE, PAGE_APPROVE, PAGE_DECIDED.
 */
struct answer device_page_endpoint(struct call *c, bool posted);
/* A user code as it is written, "WDJB-MJHT", of one in any case, width and spacing, in mem. False: it is none. */
bool user_code_read(struct arena *mem, struct str text, struct str *out);
/*
 * Pages on which people help themselves (oauth/selfservice/): a forgotten password, an account of one's own, another
 * address or number. A GET only shows; PAGE_SELF, GO.
 */
struct answer forgot_endpoint(struct call *c, bool posted);
struct answer signup_endpoint(struct call *c, bool posted);
struct answer email_endpoint(struct call *c, bool posted);
struct answer phone_endpoint(struct call *c, bool posted);
/* a form with a CSRF token; sets the saved-request cookie when there is none */
struct answer login_page_endpoint(struct call *c);
/* who is logged in already goes on: ANS_GO SAVED to P_SAVED_REQUEST or the cookie's, else HOME */
struct answer login_resume_endpoint(struct call *c);
/* a request of an application waits for a login: in P_SAVED_REQUEST or the cookie */
bool login_waits(const struct call *c);
/* it wants a login also of who is logged in */
bool login_is_demanded(const struct call *c);
/* P_USERNAME, P_PASSWORD, P_CSRF -> ANS_GO SAVED, HOME or LOGIN_FAILED */
struct answer login_endpoint(struct call *c);
/*
 * Logins at identity providers (upstream/upstream.h). login_with_endpoint: on to P_PROVIDER, ANS_GO SAVED to its
 * address with c->set_way; login_back_endpoint: back from there, P_STATE and c->back. login_link_page_endpoint: P_IDENTITY
 * is an account there that is nobody's here; login_link_endpoint: P_USERNAME and P_PASSWORD of whose it is to be; P_CONNECTS "no": nobody's.
 * ANS_GO as login_endpoint, or LOGIN_FAILED with a reason of its own.
 */
struct answer login_with_endpoint(struct call *c);
struct answer login_back_endpoint(struct call *c);
struct answer login_link_page_endpoint(struct call *c);
struct answer login_link_endpoint(struct call *c);
/* What the provider of that name calls the parameters of its answer; defaults where there is none. */
struct upstream_names { const char *code; };
struct upstream_names upstream_names_of(const struct issuer *i, struct str provider);
#define LOGIN_WITH_PATH "/login/with/"
#define LOGIN_BACK_PATH "/login/back/"
#define LOGIN_LINK_PATH "/login/link"
/* The name of the cookie of a login that state names ends with. */
struct str login_way_suffix(struct arena *mem, struct str state);
#define LOGIN_WAYS_MAX 6                /* of one browser at the same time */
#define LOGIN_WAY_TTL_S 900
/*
 * P_PHONE: send it a code. ANS_EMPTY for a number of a user and for one of nobody alike; nothing
 * is sent to the latter. client_first: only for an authenticated client that may use the grant.
 */
struct answer sms_code_endpoint(struct call *c, bool client_first);
struct answer sms_login_endpoint(struct call *c);       /* P_PHONE, P_CODE: a login; answers as login_endpoint */
/*
 * The end of the session. LOGOUT_ASK: ask first, whoever has one. LOGOUT_LINK: somebody followed a
 * link, which old servers took for a logout. LOGOUT_POSTED: a form, P_CSRF; like every form
 * refused when a header shows another site, whatever csrf_required says.
 */
enum logout_step { LOGOUT_ASK, LOGOUT_LINK, LOGOUT_POSTED };
struct answer logout_endpoint(struct call *c, enum logout_step step);
/*
 * The same where logout_by_client holds: an application asks for it, with P_ID_TOKEN_HINT, P_CLIENT_ID,
 * P_POST_LOGOUT_REDIRECT_URI and P_STATE; a form of ours has P_CSRF. ANS_PAGE_LOGOUT_CONFIRM asks,
 * ANS_PAGE_LOGGED_OUT leads on.
 */
struct answer end_session_endpoint(struct call *c, bool posted);
/*
 * What the browser is to remember in a cookie that scripts of check_session may read, after this call: it changes with
 * each of its sessions and with who is active, and says nothing of them. Empty: there is none.
 */
struct str browser_state(const struct call *c);
/*
 * The page on which a browser's user chooses among several accounts, and the choice: P_ACCOUNT, P_CSRF -> ANS_GO SAVED
 * or HOME, with that one active. Where nobody is logged in the page is the login's.
 */
struct answer accounts_endpoint(struct call *c, bool posted);
/* The value of an account's cookie, as sent. False: there are too many, or it came before. */
bool account_cookie_read(struct account_cookies *a, struct str cookie);
/* What the name of its cookie ends with. */
struct str account_suffix(const struct issuer *i, struct arena *mem, struct str cookie);
/*
 * The second factor of a login that has proven the rest (P_HALF_LOGIN), or of the session that is live:
 * oauth/session/factor.h. The page; and P_CSRF with P_FACTOR_CODE, or P_ENROLMENT with it -> ANS_GO SAVED or HOME,
 * PAGE_RECOVERY, or the page once more.
 */
struct answer factor_endpoint(struct call *c, bool posted);
/*
 * A login whose password must be another one: P_CSRF, P_NEW_PASSWORD, P_NEW_PASSWORD_AGAIN, with P_HALF_LOGIN, or P_USERNAME and
 * P_CURRENT_PASSWORD of a directory's user -> as the login goes on, or PAGE_NEW_PASSWORD once more. Not posted: to the login page.
 */
struct answer new_password_endpoint(struct call *c, bool posted);
/* The factors and remembered devices of who is logged in; P_ACTION: "enrol", "confirm", "remove", "recovery", "forget". */
struct answer account_factors_endpoint(struct call *c, bool posted);
/*
 * The pages on which people look after their account: ANS_PAGE_ACCOUNT, the login page or the chooser where nobody is
 * here, and for a form that was taken ANS_GO to the page once more. account_data_endpoint, posted: ANS_DOCUMENT.
 */
struct answer account_endpoint(struct call *c);
struct answer account_profile_endpoint(struct call *c, bool posted);
struct answer account_password_endpoint(struct call *c, bool posted);
struct answer account_sessions_endpoint(struct call *c, bool posted);
/*
 * account_join_endpoint, posted: on to P_PROVIDER, whose account there is to be connected with who is here; what comes
 * of it is told at PLACE_IDENTITIES by its why, or asked there: link.identity is P_IDENTITY of the page that asks,
 * account_connect_page_endpoint. account_connect_endpoint: P_CONNECTS "yes", or anything else, which connects nothing.
 */
struct answer account_identities_endpoint(struct call *c, bool posted);
struct answer account_join_endpoint(struct call *c);
struct answer account_connect_page_endpoint(struct call *c);
struct answer account_connect_endpoint(struct call *c);
struct answer account_applications_endpoint(struct call *c, bool posted);
struct answer account_data_endpoint(struct call *c, bool posted);
struct answer account_deletion_endpoint(struct call *c, bool posted);
/* May account_profile name this claim? Not what is verified first: e-mail addresses, phone numbers, their marks. */
bool account_claim_may_change(struct str word);
struct answer introspect_endpoint(struct call *c);      /* RFC 7662: ANS_FACTS; O6 */
/* the same question of access tokens, failures told apart; O6 unless it is open */
struct answer check_token_endpoint(struct call *c);
/* OpenID Connect Core 5.3: the user of the Bearer token, in facts.user */
struct answer userinfo_endpoint(struct call *c);
/*
 * Whether the client has registered to have that as a JWT, signed (userinfo_signed_response_alg), encrypted
 * (userinfo_encrypted_response_alg) or both, and the JWT: claims hold iss and aud too (Core 5.3.2). Absent: c->why. In
 * the lane that call_lane has named.
 */
/*
 * What introspection says, as a JWT for c->client, who has been authenticated: RFC 9701 section 5. Absent: c->why. In
 * the lane that call_lane has named.
 */
struct str introspection_jwt(struct call *c, struct str facts);
/* Does the client ask for that, where the policy has it? */
bool introspection_is_jwt(const struct call *c);
bool userinfo_is_jwt(const struct client *k);
struct str userinfo_jwt(struct call *c, const struct client *k, struct str claims);
/*
 * An authorization response to k as a JWT (JARM): claims, JSON, signed by authorization_signed_response_alg and
 * encrypted where the client has registered for that. Absent: c->why. Slow: not on the I/O thread (authorize_begin
 * sees to it).
 */
struct str response_jwt(struct call *c, const struct client *k, struct str claims);
#define RESPONSE_JWT_TTL_S 600          /* JARM section 2.1: at most ten minutes */
/* what the Bearer token is worth, also one of a client alone */
struct answer bearer_endpoint(struct call *c);
/*
 * For a proxy in front of an API: is the Bearer token for one of the audiences of P_AUDIENCE (none: for the issuer
 * itself), with every scope of P_SCOPE? R_BEARER, R_BEARER_AUDIENCE, R_BEARER_SCOPE. Nobody else is asked who asks:
 * it tells of the token that is presented, and what that opens, to whoever holds it.
 */
struct answer verify_endpoint(struct call *c);
/* the user who is logged in, in facts.user; R_LOGIN_REQUIRED when nobody is */
struct answer session_user_endpoint(struct call *c);
/*
 * RFC 7591 section 3: c->body is what a client says of itself. ANS_REGISTERED; O1 the reason, with what is wrong in
 * c->offender.
 */
struct answer register_endpoint(struct call *c);
/* RFC 7592: the client P_CLIENT_ID by its registration access token: read, replaced by c->body, ended (EMPTY). */
enum registered_step { REGISTERED_READ, REGISTERED_PUT, REGISTERED_DELETE };
struct answer registered_endpoint(struct call *c, enum registered_step step);
/* The logo of the client P_CLIENT_ID, fetched from its logo_uri: ANS_DOCUMENT. */
struct answer logo_endpoint(struct call *c);
struct answer revoke_endpoint(struct call *c);          /* RFC 7009 */
/*
 * Ends the token and its family, no client authentication; unknown is fine. With logout_notices it
 * is a logout everywhere: the user's tokens at every client that wants to hear of logouts end too,
 * and each is told which. ANS_GO to a P_REDIRECT_URI that the token's client has registered.
 */
struct answer remove_token_endpoint(struct call *c);
/* access or refresh token, nobody asked who wants to know: operators only */
struct answer operator_inspect_endpoint(struct call *c);
/* ends the token and its family; an unknown one is a fault */
struct answer operator_revoke_endpoint(struct call *c);
struct answer jwks_endpoint(struct call *c);            /* ANS_DOCUMENT */
/*
 * The status list c->list_asked, signed, and the addresses of all of them (oauth/status_lists.h): ANS_DOCUMENT, and for
 * how long it need not be asked for again. R_NOT_FOUND.
 */
struct answer status_list_endpoint(struct call *c);
struct answer status_lists_endpoint(struct call *c);
/* ANS_DOCUMENT with the PEM as body (base64 on one line); R_NOT_FOUND for issuers without JWT */
struct answer token_key_endpoint(struct call *c);
/* Is someone logged in? Used by pages that only a user may see. out may be NULL. */
bool session_is_live(struct call *c, struct session *out);
/* The client of that id: the snapshot's, the renewed one, or one that is newer than the snapshot; NULL when unknown. */
const struct client *client_find(const struct call *c, struct str id);
/*
 * Clients that a third party may have begin a login (initiate_login_uri), for a page of the issuer; how many, at most
 * most.
 */
size_t applications_of(const struct call *c, const struct client **out, size_t most);
/* Client authentication alone, for endpoints that ask nothing else. */
bool client_authenticate(struct call *c);
/*
 * The same where the endpoint has a commit of its own: an assertion that was used is in memory alone until that holds
 * ops_spend_assertion (oauth/client/client.h). client_authenticate commits it by itself.
 */
bool client_is_proven(struct call *c);
/*
 * The same where the answer is not for everybody: the id of a public client is known to all and proves nothing
 * (R_CLIENT_NONE).
 */
bool client_authenticate_confidential(struct call *c);
/*
 * For LANE_CLIENT: client_authenticate before the endpoint asks, slow hash and all. What it finds stays in
 * c->proof.
 */
void client_prove(struct call *c);

/* --- what an issuer offers at its authorization endpoint: responses.def ----------------------- */

bool response_is_offered(const struct policy *policy, enum response r);
bool response_mode_is_offered(const struct policy *policy, enum response_mode m);

/* --- where a call runs ------------------------------------------------------------------------ */

enum oauth_endpoint {
#define CALL(id, client, lane) OE_##id,
#include "oauth/calls.def"
#undef CALL
	OE_COUNT
};
bool call_asks_client(enum oauth_endpoint e);           /* always */
enum lane call_lane(struct call *c, enum oauth_endpoint e);
/*
 * By whose work a lane is shared out: the realm, in it the client's network, and in that the client it names; in
 * CLIENT the latter two the other way round. 0: nobody. unread: where nothing may be read of the store, so without
 * the client.
 */
#define CALL_SHARES 3
void call_shares(const struct call *c, enum lane lane, uint64_t out[CALL_SHARES]);
void call_shares_unread(const struct call *c, uint64_t out[CALL_SHARES]);

#endif
