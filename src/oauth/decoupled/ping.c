/*
 * oauth/decoupled/ping.c - the notice to a client that its user has decided. CIBA Core 1.0 section 10.2: the client
 * asks the token endpoint then. It holds what the client gave to know the notice by, so it is sealed wherever it lies.
 */
#include "oauth/client_metadata.h"
#include "oauth/decoupled/ciba_int.h"
#include "oauth/session/session.h"

#define TOTAL_MS    5000
#define SCRATCH_MAX (1024 * 1024)
#define NOTICE      "ciba notice 1"

/* Sealed in the row until the decision: the bearer token, a line end, the request's name. */
struct str
ciba_notice_seal(const struct call *c, struct str auth_req_id, struct str client_notification_token)
{
	return browser_seal(c, NOTICE, ARENA_CAT(c->mem, client_notification_token, S("\n"), auth_req_id));
}

/* --- a payload: the client, its address then, the bearer token, the request's name, a line each ------- */

struct told { struct str client, url, token, id; };

static struct told
payload_read(struct str payload)
{
	struct told t;

	t.client = str_cut(&payload, '\n');
	t.url = str_cut(&payload, '\n');
	t.token = str_cut(&payload, '\n');
	t.id = payload;
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

/* Where a client is told. Absent: it wants to be told no more. */
static struct str
address_in(const struct client *k)
{
	if (k == NULL || !k->enabled || !str_is(client_metadata(k)->backchannel_token_delivery_mode, "ping"))
		return STR_ABSENT;
	return str_some(client_metadata(k)->backchannel_client_notification_endpoint);
}

static struct str
body_of(struct arena *mem, struct str id)
{
	struct buf b;

	buf_init(&b, mem, 4096);
	jw_open(&b, '{');
	jm_str(&b, S("auth_req_id"), id);
	jw_close(&b, '}');
	return buf_str(&b);
}

/* A redirect is no success: section 10.2. */
static enum errand_end
send(struct arena *mem, struct str payload, const struct outbox_issuer *i, struct errand_report *r)
{
	const struct outbound_rules rules = errand_rules(i, TOTAL_MS);
	struct told t = payload_read(payload);
	const struct client *k = realm_client(i->issuer->realm, t.client);
	struct outbound_ask ask = { .method = S("POST"), .url = k != NULL ? address_in(k) : t.url, .n_headers = 2,
		.headers = { S("Content-Type: application/json"),
		    ARENA_CAT(mem, S("Authorization: Bearer "), t.token) } };

	r->wrong = str_given(ask.url) ? outbound_url_trouble(ask.url, &rules)
				      : say("the client wants no notices any more");
	if (r->wrong != NULL)
		return ERRAND_REFUSED;
	ask.body = body_of(mem, t.id);
	return errand_ask(mem, &rules, &ask, r);
}

static void
settled(struct store *s, const struct outgoing *row, struct str payload, enum errand_end end,
    const struct errand_report *r)
{
	struct arena mem;
	struct record line;

	(void)s;
	if (end == ERRAND_LATER)
		return;
	arena_init(&mem, SCRATCH_MAX);
	record_begin(&line, EV_ciba_told);
	record_text(&line, "issuer", row->issuer);
	record_text(&line, "client", payload_read(payload).client);
	record_text(&line, "to", shown_of(&mem, payload));
	record_text(&line, "result", end == ERRAND_DONE ? S("done") : S("failed"));
	record_int(&line, "status", r->status);
	record_end(&line);
	arena_free(&mem);
}

const struct outbox_kind ciba_outbox = {
	.letter = 'c', .longest_s = TOTAL_MS / 1000, .plural = "CIBA notices", .line = "CIBA notice to",
	.neighbour = neighbour_of, .shown = shown_of, .send = send, .settled = settled,
};

/* --- from the row that was decided to the outbox ---------------------------------------------- */

/* The payload; absent: there is nobody to be told, or nothing can be read of it. */
static struct str
payload_of(struct store *s, struct arena *mem, const struct issuer *i, const struct decoupled *row)
{
	struct call c = { .mem = mem, .issuer = i };
	struct str url, sealed;
	struct client k;

	if (i == NULL || store_client(s, mem, realm_name(i->realm), row->auth.client, &k) != FOUND)
		return STR_ABSENT;
	k.registered = metadata_keep(mem, k.metadata);
	url = address_in(&k);
	if (!str_given(url) || !browser_unseal(&c, NOTICE, row->notify, &sealed))
		return STR_ABSENT;
	return ARENA_CAT(mem, k.id, S("\n"), url, S("\n"), sealed);
}

static bool
row_is_settled(struct store *s, struct outbox *o, const struct issuers_by_name *issuers, struct arena *mem,
    const struct decoupled *row)
{
	struct str payload = payload_of(s, mem, issuers->find(issuers->ctx, row->auth.issuer), row);
	struct errand *e = str_given(payload) ? outbox_prepare(o, row->auth.issuer, payload, row->expires_s) : NULL;
	struct store_op ops[2] = { { .kind = OP_DECOUPLED_TELL, .decoupled.row = row } };
	enum store_result r;

	if (str_given(payload) && e == NULL)
		return false;
	if (e != NULL)
		ops[1] = (struct store_op){ .kind = OP_OUTGOING_ADD, .outgoing = errand_row(e) };
	r = store_commit(s, ops, e != NULL ? 2 : 1, NULL);
	if (e != NULL && r == STORE_DONE)
		outbox_post(o, e);
	else if (e != NULL)
		outbox_cancel(o, e);
	return r != STORE_FAILED;
}

int
ciba_hand_over(struct store *s, struct outbox *o, const struct issuers_by_name *issuers, int max)
{
	const struct decoupled_walk decided = { .decided = true };
	struct decoupled *rows;
	struct arena mem;
	int n = -1;

	arena_init(&mem, 4 * SCRATCH_MAX);
	rows = arena_array(&mem, struct decoupled, (size_t)max);
	if (rows != NULL)
		n = store_decoupled_waiting(s, &mem, &decided, max, rows);
	for (int i = 0; i < n; i++)
		if (!row_is_settled(s, o, issuers, &mem, &rows[i])) {
			n = -1;
			break;
		}
	arena_free(&mem);
	return n;
}
