/*
 * oauth/openid/resource_events.c - sign-out events for resource servers: made, sent, and what became of them.
 * RFC 8417, RFC 8935, RFC 9493, OpenID Continuous Access Evaluation Profile 1.0.
 */
#include "oauth/client_metadata.h"
#include "oauth/openid/tell.h"
#include "oauth/resource_events.h"
#include "oauth/subject.h"

#define TOTAL_MS    5000
#define EVENT       "https://schemas.openid.net/secevent/caep/event-type/session-revoked"
#define PAYLOAD_MAX (16 * 1024)

/* --- a payload: a line each; the address is that of when it ended -------------------------------- */

struct told { struct str url, id, resource, client, sub, ended_ms, sid; };

static struct str
payload_write(struct arena *mem, struct str url, struct str sub, const struct session_client *row)
{
	return ARENA_CAT(mem, url, S("\n"), hex_encode(mem, id_str(&row->id)), S("\n"), row->resource, S("\n"),
	    row->client, S("\n"), sub, S("\n"), arena_printf(mem, "%lld", (long long)clock_now_ms()), S("\n"),
	    str_given(row->sid) ? row->sid : S(""));
}

static struct told
payload_read(struct str payload)
{
	struct told t;

	t.url = str_cut(&payload, '\n');
	t.id = str_cut(&payload, '\n');
	t.resource = str_cut(&payload, '\n');
	t.client = str_cut(&payload, '\n');
	t.sub = str_cut(&payload, '\n');
	t.ended_ms = str_cut(&payload, '\n');
	t.sid = payload;
	return t;
}

static struct str
shown_of(struct arena *mem, struct str payload)
{
	(void)mem;
	return errand_shown(payload_read(payload).url);
}

static struct str
neighbour_of(struct arena *mem, struct str payload)
{
	return outbound_neighbour(mem, payload_read(payload).url);
}

/* --- the event token: RFC 8417 section 2.2 ------------------------------------------------------------------------ */

static void
user_put(struct buf *b, const struct issuer *i, const struct told *t)
{
	jm_str(b, S("format"), S("iss_sub"));
	jm_str(b, S("iss"), i->url);
	jm_str(b, S("sub"), t->sub);
}

/* Whom it is about: RFC 9493; with its session where that has a name, as a complex subject of the framework. */
static void
subject_put(struct buf *b, const struct issuer *i, const struct told *t)
{
	jw_name(b, S("sub_id"));
	jw_open(b, '{');
	if (t->sid.n == 0) {
		user_put(b, i, t);
	} else {
		jm_str(b, S("format"), S("complex"));
		jw_name(b, S("user"));
		jw_open(b, '{');
		user_put(b, i, t);
		jw_close(b, '}');
		jw_name(b, S("session"));
		jw_open(b, '{');
		jm_str(b, S("format"), S("opaque"));
		jm_str(b, S("id"), t->sid);
		jw_close(b, '}');
	}
	jw_close(b, '}');
}

static struct str
claims_of(struct arena *mem, const struct issuer *i, const struct told *t, const struct id16 *id)
{
	int64_t ended_ms = 0;
	struct buf b;

	(void)str_int(t->ended_ms, &ended_ms);
	buf_init(&b, mem, JWT_CLAIMS_MAX);
	jw_open(&b, '{');
	jm_str(&b, S("iss"), i->url);
	jm_str(&b, S("aud"), t->resource);
	jm_int(&b, S("iat"), clock_now_s());
	jm_str(&b, S("jti"), uuid_write(mem, id->b));
	subject_put(&b, i, t);
	jw_name(&b, S("events"));
	jw_open(&b, '{');
	jw_name(&b, S(EVENT));
	jw_open(&b, '{');
	jm_int(&b, S("event_timestamp"), ended_ms / 1000);
	jm_str(&b, S("client_id"), t->client);          /* whose tokens: one of several applications of the user */
	jw_close(&b, '}');
	jw_close(&b, '}');
	jw_close(&b, '}');
	return b.full ? STR_ABSENT : buf_str(&b);
}

/* Signed as the access tokens for that resource server are. NULL: done; else why not. */
static const char *
token_make(struct arena *mem, const struct issuer *i, const struct told *t, struct str *out)
{
	const struct resource_server *s = realm_resource(i->realm, t->resource);
	enum jose_alg alg = i->policy->token.signing_alg;
	struct jwt_form form = { .typ = S("secevent+jwt"), .with_kid = true };
	const struct key *key;
	struct id16 id;

	if (s != NULL && s->signing_alg.n > 0)
		(void)alg_read(s->signing_alg, &alg);
	key = keyring_signer(i->keys, alg);
	if (key == NULL || !told_id(mem, t->id, &id) || !sign_bounded(mem, key, &form, claims_of(mem, i, t, &id), out))
		return say("the sign-out event cannot be signed");
	return NULL;
}

/* --- sending it: RFC 8935 section 2 ------------------------------------------------------------------------------- */

/* Where it hears of it now. Absent: it wants to hear no more. */
static struct str
address_of(const struct issuer *i, struct str resource)
{
	const struct resource_server *s = realm_resource(i->realm, resource);

	return s != NULL && s->enabled && !str_empty(s->sign_out_uri) ? s->sign_out_uri : STR_ABSENT;
}

static enum errand_end
send(struct arena *mem, struct str payload, const struct outbox_issuer *i, struct errand_report *r)
{
	const struct outbound_rules rules = errand_rules(i, TOTAL_MS);
	struct told t = payload_read(payload);
	struct outbound_ask ask = { .method = S("POST"), .url = address_of(i->issuer, t.resource), .n_headers = 2,
		.headers = { S("Content-Type: application/secevent+jwt"), S("Accept: application/json") } };

	r->wrong = str_given(ask.url) ? outbound_url_trouble(ask.url, &rules)
	    : say("the resource server wants to hear of no sign-out any more");
	if (r->wrong != NULL)
		return ERRAND_REFUSED;
	if ((r->wrong = token_make(mem, i->issuer, &t, &ask.body)) != NULL)
		return ERRAND_LATER;
	return errand_ask(mem, &rules, &ask, r);
}

/* --- what becomes of it ------------------------------------------------------------------------------------------- */

static void
told_record(const struct outgoing *row, const struct told *t, struct str to, enum errand_end end, int status)
{
	struct record r;

	record_begin(&r, EV_resource_told);
	record_text(&r, "issuer", row->issuer);
	record_text(&r, "resource", t->resource);
	record_text(&r, "client", t->client);
	record_text(&r, "to", to);
	record_text(&r, "result", end == ERRAND_DONE ? S("done") : S("failed"));
	record_int(&r, "status", status);
	record_end(&r);
}

static void
settled(struct store *s, const struct outgoing *row, struct str payload, enum errand_end end,
    const struct errand_report *r)
{
	struct told t = payload_read(payload);
	struct arena mem;
	struct id16 id;

	arena_init(&mem, PAYLOAD_MAX);
	if (told_id(&mem, t.id, &id))
		told_settled(s, &id, t.resource, end, r);
	if (end != ERRAND_LATER)
		told_record(row, &t, shown_of(&mem, payload), end, r->status);
	arena_free(&mem);
}

const struct outbox_kind resource_outbox = {
	.letter = 'r', .longest_s = TOTAL_MS / 1000, .plural = "sign-out events", .line = "sign-out event to",
	.neighbour = neighbour_of, .shown = shown_of, .send = send, .settled = settled,
};

/* --- from the row that has ended to the outbox -------------------------------------------------------------------- */

/* As the client of the tokens was told it, so as the tokens said it; of one that is gone too. */
static struct str
subject_told(struct store *s, struct arena *mem, const struct issuer *i, const struct session_client *row)
{
	struct client k = store_client_new(realm_name(i->realm), row->client, 0);

	if (store_client(s, mem, realm_name(i->realm), row->client, &k) == FOUND)
		k.registered = metadata_keep(mem, k.metadata);
	return subject_of(mem, i, &k, &row->user);
}

static bool
row_is_settled(struct store *s, struct outbox *o, const struct issuer *i, struct session_client *row)
{
	struct str url = i != NULL ? address_of(i, row->resource) : STR_ABSENT;
	struct arena mem;
	bool ok;

	if (!str_given(url))
		return told_drop(s, row);
	arena_init(&mem, 4 * CLIENT_METADATA_MAX);
	ok = told_hand_over(s, o, payload_write(&mem, url, subject_told(s, &mem, i, row), row), row);
	arena_free(&mem);
	return ok;
}

int
resource_events_hand_over(struct store *s, struct outbox *o, const struct issuers_by_name *issuers, int max)
{
	return told_walk(s, o, issuers, true, max, row_is_settled);
}
