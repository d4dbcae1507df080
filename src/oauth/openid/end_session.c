/*
 * oauth/openid/end_session.c - an application sends its user to log out. OpenID Connect RP-Initiated Logout 1.0.
 *
 * Whoever shows an ID token of a session that is here ends it without a question: it was given to an application
 * that the user logged in to, and no other site has it. Of several accounts it says which; logout_hint says so too, to
 * the page that asks. Everybody else's request asks on a page, so that no link
 * ends a session. Where it leads on is judged before anything else: an address that is not registered for the
 * client named is told here and never followed.
 */
#include "oauth/client_metadata.h"
#include "oauth/openid/openid.h"
#include "oauth/session/session.h"
#include "oauth/subject.h"

#define KIND     "end session 1"
#define DATA_MAX (64 * 1024)

/* hinted: an ID token came along, of this subject and session. uri: registered; absent: none was asked for. */
struct ending {
	const struct client *client;    /* NULL: nobody is named */
	struct str uri, state;
	bool       hinted;
	struct str sub, sid;
};

/* Who is here: all.at[0] is the one it is about; the others stay unless all are to go. */
struct present { struct accounts all; bool whole; };

/* --- what is asked for ------------------------------------------------------------------------ */

static bool
hint_is_ours(struct call *c, struct ending *e)
{
	struct str hint = c->arg[P_ID_TOKEN_HINT];
	struct jwt t;

	if (str_empty(hint))
		return true;
	if (!id_token_read(c, hint, &t))
		return fail(c, R_ID_TOKEN_HINT, STR_ABSENT);
	e->hinted = true;
	e->sub = json_member_str(t.claims, "sub");
	e->sid = json_member_str(t.claims, "sid");
	e->client = client_find(c, id_token_client(&t));
	if (call_has(c, P_CLIENT_ID) && !str_eq(c->arg[P_CLIENT_ID], id_token_client(&t)))
		return fail(c, R_LOGOUT_OTHER_CLIENT, c->arg[P_CLIENT_ID]);
	return true;
}

static bool
client_is_known(struct call *c, struct ending *e)
{
	if (str_empty(c->arg[P_CLIENT_ID]) || e->hinted)
		return true;
	e->client = client_find(c, c->arg[P_CLIENT_ID]);
	return (e->client != NULL && e->client->enabled) || fail(c, R_AUTHZ_CLIENT, c->arg[P_CLIENT_ID]);
}

/* Compared as it is, byte for byte: section 3. */
static bool
is_registered(const struct client *k, struct str uri)
{
	struct str rest = client_metadata(k)->post_logout_redirect_uris, one;

	while (str_given(rest) && (one = str_cut(&rest, '\n')).p)
		if (one.n > 0 && str_eq(one, uri))
			return true;
	return false;
}

static bool
uri_is_registered(struct call *c, struct ending *e)
{
	struct str uri = c->arg[P_POST_LOGOUT_REDIRECT_URI];

	if (str_empty(uri))
		return true;
	if (e->client == NULL)
		return fail(c, R_LOGOUT_NO_CLIENT, STR_ABSENT);
	if (!e->client->enabled || !is_registered(e->client, uri))
		return fail(c, R_LOGOUT_URI, uri);
	e->uri = uri;
	e->state = call_has(c, P_STATE) ? c->arg[P_STATE] : STR_ABSENT;
	return true;
}

static bool
request_is_sound(struct call *c, struct ending *e)
{
	if (!c->issuer->policy->logout.by_client)
		return true;
	return hint_is_ours(c, e) && client_is_known(c, e) && uri_is_registered(c, e);
}

/* --- the question ----------------------------------------------------------------------------- */

/* What the page carries to its form. */
static struct str
ending_write(const struct call *c, const struct ending *e)
{
	struct buf b;

	buf_init(&b, c->mem, DATA_MAX);
	jw_open(&b, '{');
	jm_str(&b, S("client"), e->client != NULL ? e->client->id : STR_ABSENT);
	jm_str(&b, S("uri"), e->uri);
	jm_str(&b, S("state"), e->state);
	jw_close(&b, '}');
	return b.full ? STR_ABSENT : browser_seal(c, KIND, buf_str(&b));
}

/* A form without it, or of which the address is registered no more, leads nowhere. */
static void
ending_read(const struct call *c, struct ending *e)
{
	struct str plain, uri;
	json_t *j = NULL;

	if (browser_unseal(c, KIND, c->arg[P_SAVED_REQUEST], &plain))
		j = json_read_upto(c->mem, plain, DATA_MAX);
	if (j == NULL)
		return;
	e->client = client_find(c, json_member_str(j, "client"));
	uri = json_member_str(j, "uri");
	if (e->client == NULL || !e->client->enabled || str_empty(uri) || !is_registered(e->client, uri))
		return;
	e->uri = uri;
	e->state = json_member_str(j, "state");
}

static struct answer
ask(struct call *c, const struct present *here, const struct ending *e)
{
	const struct account *about = &here->all.at[0];
	struct answer a = { .kind = ANS_PAGE_LOGOUT_CONFIRM };

	account_use(c, about);
	a.login.csrf = csrf_token(c, c->session_cookie);
	a.login.username = about->s.user_name;
	a.login.client = e->client;
	a.login.saved = ending_write(c, e);
	if (c->accounts != NULL && !accounts_shown(c, &here->all, &a))
		return answer_fault(c);
	if (str_given(a.login.saved))
		return a;
	fail(c, R_INTERNAL, S("memory"));
	return answer_fault(c);
}

/* The token is of the user who is here, and of this session where it names one. */
static bool
is_about(struct call *c, const struct ending *e, const struct session *s)
{
	return e->hinted && str_eq(e->sub, subject_of(c->mem, c->issuer, e->client, &s->user))
	    && (str_empty(e->sid) || session_is_called(c, s, e->client != NULL ? e->client->id : S(""), e->sid));
}

/* --- the end ---------------------------------------------------------------------------------- */

static struct answer
signed_out(struct call *c, const struct ending *e, const struct str *frames, size_t n)
{
	struct answer a = { .kind = ANS_PAGE_LOGGED_OUT };

	if (c->why != R_NONE)
		return answer_fault(c);
	c->client = e->client;
	if (n == 0 && !str_given(e->uri))
		return (struct answer){ .kind = ANS_GO, .go = { .place = PLACE_SIGNED_OUT } };
	a.signed_out.uri = e->uri;
	a.signed_out.state = e->state;
	a.signed_out.frames = frames;
	a.signed_out.n_frames = n;
	return a;
}

/* The addresses that n sessions are told at, in one list. False: c->why. */
static bool
frames_of(struct call *c, const struct present *here, size_t n, const struct str **frames, size_t *total)
{
	struct str *out;
	size_t room = 0;

	*total = 0;
	if (n == 1)
		return session_frames(c, &here->all.at[0].s, frames, total);
	for (size_t i = 0; i < n; i++) {
		const struct str *some;
		size_t count;

		if (!session_frames(c, &here->all.at[i].s, &some, &count))
			return false;
		out = arena_array(c->mem, struct str, room + count);
		if (out == NULL)
			return fail(c, R_INTERNAL, S("memory"));
		for (size_t k = 0; k < room + count; k++)
			out[k] = k < room ? (*frames)[k] : some[k - room];
		*frames = out;
		*total = room += count;
	}
	return true;
}

static struct answer
end(struct call *c, const struct ending *e, const struct present *here)
{
	size_t ending = here->whole ? here->all.n : here->all.n > 0, n = 0;
	const struct str *frames = NULL;
	struct ops o = { .n = 0 };

	if (ending > 0 && c->issuer->policy->logout.tells_clients && !frames_of(c, here, ending, &frames, &n))
		return answer_fault(c);
	for (size_t i = 0; i < ending; i++) {
		struct session *s = arena_new(c->mem, struct session);

		if (s == NULL) {
			fail(c, R_INTERNAL, S("memory"));
			return answer_fault(c);
		}
		*s = here->all.at[i].s;
		s->why = SESSION_END_SIGNED_OUT;
		ops_add(&o, OP_SESSION_END)->session = s;
		session_cookie_goes(c, here->all.at[i].cookie);
	}
	if (ending > 0 && !commit_or_fail(c, &o))
		return answer_fault(c);
	if (!here->all.has_active && str_given(active_cookie(c)))
		c->set_session = S("");
	return signed_out(c, e, frames, n);
}

/* --- which account ---------------------------------------------------------------------------- */

static void
put_first(struct present *here, size_t at)
{
	struct account one = here->all.at[at];

	for (; at > 0; at--)
		here->all.at[at] = here->all.at[at - 1];
	here->all.at[0] = one;
}

/* The ID token says it, else logout_hint (section 2): a name, an address, or the session's name to the client. */
static bool
first_is_named(struct call *c, const struct ending *e, struct present *here)
{
	const struct account *named;
	struct str hint = c->arg[P_LOGOUT_HINT];

	for (size_t i = 0; i < here->all.n; i++)
		if (is_about(c, e, &here->all.at[i].s)) {
			put_first(here, i);
			return true;
		}
	if (!c->issuer->policy->logout.by_client || str_empty(hint) || c->why != R_NONE)
		return false;
	for (size_t i = 0; e->client != NULL && i < here->all.n; i++)
		if (session_is_called(c, &here->all.at[i].s, e->client->id, hint)) {
			put_first(here, i);
			return false;
		}
	if ((named = account_hinted(c, &here->all, hint)) != NULL)
		put_first(here, (size_t)(named - here->all.at));
	return false;
}

/* A form of ours: it is of any of the sessions that are here. */
static bool
form_is_ours(struct call *c, const struct present *here)
{
	struct call probe = *c;

	for (size_t i = 1; i < here->all.n; i++, probe.why = R_NONE)
		if (csrf_holds(&probe, here->all.at[i].cookie))
			return true;
	return here->all.n == 0 || csrf_holds(c, here->all.at[0].cookie);
}

#define ALL "all"

/* Which one the form names. One that has ended meanwhile: nobody ends in its place. */
static void
first_is_chosen(struct call *c, struct present *here)
{
	struct str id = c->accounts != NULL ? c->arg[P_ACCOUNT] : STR_ABSENT;
	const struct account *one = account_called(c, &here->all, id);

	here->whole = str_is(id, ALL);
	if (one != NULL)
		put_first(here, (size_t)(one - here->all.at));
	else if (!str_empty(id) && !here->whole)
		here->all.n = 0;
}

/* A POST of an application has one of these; without any it is a form, and needs the token of one. */
static bool
is_decided(const struct call *c)
{
	return call_has(c, P_CSRF) || !(call_has(c, P_ID_TOKEN_HINT) || call_has(c, P_CLIENT_ID)
	    || call_has(c, P_POST_LOGOUT_REDIRECT_URI) || call_has(c, P_STATE) || call_has(c, P_UI_LOCALES)
	    || (c->accounts != NULL && call_has(c, P_LOGOUT_HINT)));
}

struct answer
end_session_endpoint(struct call *c, bool posted)
{
	struct present *here = arena_new(c->mem, struct present);
	struct ending e = { .hinted = false };

	if (here == NULL)
		fail(c, R_INTERNAL, S("memory"));
	else
		accounts_live(c, &here->all);
	if (c->why != R_NONE)
		return answer_fault(c);
	if (here->all.n > 0)
		c->user_name = here->all.at[0].s.user_name;
	if (posted && is_decided(c)) {
		if (!form_is_ours(c, here))
			return answer_fault(c);
		ending_read(c, &e);
		first_is_chosen(c, here);
	} else if (!request_is_sound(c, &e)) {
		return answer_fault(c);
	} else if (here->all.n > 0 && !first_is_named(c, &e, here)) {
		return c->why == R_NONE ? ask(c, here, &e) : answer_fault(c);
	}
	return end(c, &e, here);
}
