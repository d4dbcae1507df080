/*
 * oauth/openid/back_channel.c - logout tokens: made, sent, and what became of them. OpenID Connect
 * Back-Channel Logout 1.0.
 */
#include "oauth/client_metadata.h"
#include "oauth/openid/tell.h"
#include "oauth/subject.h"

#define TOTAL_MS    5000
#define TOKEN_TTL_S 120                 /* section 2.4: preferably at most two minutes */
#define EVENT       "{\"http://schemas.openid.net/event/backchannel-logout\":{}}"
#define PAYLOAD_MAX (16 * 1024)

/* --- a payload: the address as it was, then the row, the client, the subject and the session, a line each -------- */

struct told { struct str url, id, client, sub, sid; };

static struct str
payload_write(struct arena *mem, struct str url, struct str sub, const struct session_client *row)
{
	return ARENA_CAT(mem, url, S("\n"), hex_encode(mem, id_str(&row->id)), S("\n"), row->client, S("\n"),
	    sub, S("\n"), row->sid);
}

static struct told
payload_read(struct str payload)
{
	struct told t;

	t.url = str_cut(&payload, '\n');
	t.id = str_cut(&payload, '\n');
	t.client = str_cut(&payload, '\n');
	t.sub = str_cut(&payload, '\n');
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

/* --- the logout token: section 2.4 ------------------------------------------------------------ */

static struct str
claims_of(struct arena *mem, const struct issuer *i, const struct told *t)
{
	int64_t now_s = clock_now_s();
	struct id16 jti = id_new();
	struct buf b;

	buf_init(&b, mem, JWT_CLAIMS_MAX);
	jw_open(&b, '{');
	jm_str(&b, S("iss"), i->url);
	jm_str(&b, S("sub"), t->sub);
	jm_str(&b, S("aud"), t->client);
	jm_int(&b, S("iat"), now_s);
	jm_int(&b, S("exp"), now_s + TOKEN_TTL_S);
	jm_str(&b, S("jti"), uuid_write(mem, jti.b));
	jm_raw(&b, S("events"), S(EVENT));
	jm_str(&b, S("sid"), t->sid);
	jw_close(&b, '}');
	return b.full ? STR_ABSENT : buf_str(&b);
}

/* Section 2.4: encrypted where the client's ID tokens are, with iss outside as well. */
static const char *
token_seal(struct arena *mem, const struct issuer *i, const struct client *k, struct str *token)
{
	const struct jwe_form form = { .typ = S("logout+jwt"), .cty = S("JWT"), .iss = i->url };
	const struct client_metadata *m = k != NULL ? client_metadata(k) : NULL;

	return m == NULL ? NULL
			 : client_encrypt(mem, k, m->id_token_encrypted_response_alg,
			       m->id_token_encrypted_response_enc, &form, token);
}

/* Signed like the client's ID tokens. NULL: done; else why not. */
static const char *
token_make(struct arena *mem, const struct issuer *i, const struct told *t, struct str *out)
{
	const struct client *k = realm_client(i->realm, t->client);
	struct str wanted = k != NULL ? client_metadata(k)->id_token_signed_response_alg : STR_ABSENT;
	struct jwt_form form = { .typ = S("logout+jwt"), .with_kid = true };
	struct str claims = claims_of(mem, i, t);
	const struct key *key;
	enum jose_alg alg;

	key = id_token_alg(i->policy, wanted, &alg) ? keyring_signer(i->keys, alg) : NULL;
	if (key == NULL || !str_given(claims) || !sign_bounded(mem, key, &form, claims, out))
		return say("the logout token cannot be signed");
	return token_seal(mem, i, k, out);
}

/* --- sending it: sections 2.5, 2.8 ------------------------------------------------------------ */

/* Where a client hears of it. Absent: it wants to hear no more. */
static struct str
address_in(const struct issuer *i, const struct client *k)
{
	if (k == NULL || !k->enabled || !i->policy->logout.tells_clients
	    || str_empty(client_metadata(k)->backchannel_logout_uri))
		return STR_ABSENT;
	return client_metadata(k)->backchannel_logout_uri;
}

/* As the store has it, for one that has just registered is in no snapshot yet. */
static enum store_found
client_stored(struct store *s, struct arena *mem, const struct issuer *i, struct str id, struct client *k)
{
	enum store_found f = store_client(s, mem, realm_name(i->realm), id, k);

	if (f == FOUND)
		k->registered = metadata_keep(mem, k->metadata);
	return f;
}

/* Where it hears of it now, for it may have moved since; where it was to hear of it, while no snapshot knows it. */
static struct str
address_now(const struct issuer *i, const struct told *t)
{
	const struct client *k = realm_client(i->realm, t->client);

	return k != NULL ? address_in(i, k) : t->url;
}

static enum errand_end
send(struct arena *mem, struct str payload, const struct outbox_issuer *i, struct errand_report *r)
{
	const struct outbound_rules rules = errand_rules(i, TOTAL_MS);
	struct told t = payload_read(payload);
	struct outbound_ask ask = { .method = S("POST"), .url = address_now(i->issuer, &t), .n_headers = 1,
		.headers = { S("Content-Type: application/x-www-form-urlencoded") } };
	struct str token;

	r->wrong = str_given(ask.url) ? outbound_url_trouble(ask.url, &rules)
	    : say("the client wants to hear of no logout any more");
	if (r->wrong != NULL)
		return ERRAND_REFUSED;
	if ((r->wrong = token_make(mem, i->issuer, &t, &token)) != NULL)
		return ERRAND_LATER;
	ask.body = ARENA_CAT(mem, S("logout_token="), token);
	return errand_ask(mem, &rules, &ask, r);
}

/* --- what becomes of it ----------------------------------------------------------------------- */

static void
told_record(const struct outgoing *row, const struct told *t, struct str to, enum errand_end end, int status)
{
	struct record r;

	record_begin(&r, EV_logout_told);
	record_text(&r, "issuer", row->issuer);
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
		told_settled(s, &id, STR_ABSENT, end, r);
	if (end != ERRAND_LATER)
		told_record(row, &t, shown_of(&mem, payload), end, r->status);
	arena_free(&mem);
}

const struct outbox_kind logout_outbox = {
	.letter = 'b', .longest_s = TOTAL_MS / 1000, .plural = "logout tokens", .line = "logout token to",
	.neighbour = neighbour_of, .shown = shown_of, .send = send, .settled = settled,
};

/* --- from the row that has ended to the outbox ------------------------------------------------ */

static bool
row_is_settled(struct store *s, struct outbox *o, const struct issuer *i, struct session_client *row)
{
	enum store_found found = NOT_FOUND;
	struct str url = STR_ABSENT;
	struct client k;
	struct arena mem;
	bool ok = true;

	arena_init(&mem, 4 * CLIENT_METADATA_MAX);
	if (i != NULL)
		found = client_stored(s, &mem, i, row->client, &k);
	if (found == FOUND)
		url = address_in(i, &k);
	if (found == FIND_FAILED)
		ok = false;
	else if (str_given(url))
		ok = told_hand_over(s, o, payload_write(&mem, url, subject_of(&mem, i, &k, &row->user), row), row);
	else
		ok = told_drop(s, row);
	arena_free(&mem);
	return ok;
}

int
back_channel_hand_over(struct store *s, struct outbox *o, const struct issuers_by_name *issuers, int max)
{
	return told_walk(s, o, issuers, false, max, row_is_settled);
}
