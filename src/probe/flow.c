/* probe/flow.c - grants from the first request to the tokens. RFC 6749, 7636, 8628, 9126, 9207. */
#include <time.h>

#include "probe/probe.h"

#define RANDOM_BYTES 32
#define INTERVAL_S   5                  /* RFC 8628 section 3.2 */
#define URL_ROOM     (16 * 1024)

static struct str
random_text(struct arena *mem)
{
	uint8_t raw[RANDOM_BYTES];

	rand_bytes(raw, sizeof raw);
	return b64url_encode(mem, str_span(raw, sizeof raw));
}

static struct str
encoded(struct arena *mem, struct str s)
{
	struct buf b;

	buf_init(&b, mem, URL_ROOM);
	pct_encode(&b, s, S(""));
	return buf_str(&b);
}

/* RFC 6749 section 2.3.1: percent-encoded, then Basic. */
static struct str
basic_of(struct arena *mem, const struct probe_client *k)
{
	struct str both = ARENA_CAT(mem, encoded(mem, k->id), S(":"), encoded(mem, k->secret));

	return ARENA_CAT(mem, S("Authorization: Basic "), b64_encode(mem, both));
}

/* A form to an endpoint, as the client. NULL: nobody answered, or no JSON object. */
static json_t *
form_send(struct probe *p, struct str url, const struct probe_client *k, struct probe_pairs *pairs, int *status)
{
	struct outbound_ask ask = { .method = S("POST"), .url = url, .n_headers = 2,
		.headers = { S("Content-Type: application/x-www-form-urlencoded"), S("Accept: application/json") } };
	struct outbound_answer a;
	json_t *got;

	if (str_given(k->secret) && !k->post)
		ask.headers[ask.n_headers++] = basic_of(p->mem, k);
	else
		probe_pair(pairs, "client_id", k->id);
	if (k->post)
		probe_pair(pairs, "client_secret", k->secret);
	ask.body = probe_form(p, pairs);
	if (!str_given(ask.body) || !probe_ask(p, &ask, &a))
		return NULL;
	*status = a.status;
	got = json_read_upto(p->mem, a.body, p->rules.answer_max);
	if (json_is_object(got))
		return got;
	probe_fail(p, arena_say(p->mem, "%.*s: status %d, and the answer is no JSON object", STR_ARG(url), a.status));
	return NULL;
}

static bool
error_told(struct probe *p, const json_t *answer, int status)
{
	struct str error = json_member_str(answer, "error"), more = json_member_str(answer, "error_description");

	return probe_fail(p, arena_say(p->mem, "status %d, error %.*s", status, STR_ARG(
	    ARENA_CAT(p->mem, str_given(error) ? error : S("-"), str_given(more) ? S(": ") : S(""), more))));
}

json_t *
probe_token(struct probe *p, const struct probe_server *s, const struct probe_client *k, struct probe_pairs *pairs)
{
	struct str url = probe_endpoint(p, s, "token_endpoint");
	int status = 0;
	json_t *got = str_given(url) ? form_send(p, url, k, pairs, &status) : NULL;

	if (got == NULL)
		return NULL;
	if (status == 200 && str_given(json_member_str(got, "access_token")))
		return got;
	error_told(p, got, status);
	return NULL;
}

json_t *
probe_client_credentials(struct probe *p, const struct probe_server *s, const struct probe_client *k, struct str scope)
{
	struct probe_pairs pairs = { .n = 0 };

	probe_pair(&pairs, "grant_type", S("client_credentials"));
	probe_pair(&pairs, "scope", scope);
	return probe_token(p, s, k, &pairs);
}

/* --- the device grant ------------------------------------------------------------------------------------------- */

static void
pause_s(int64_t s)
{
	struct timespec t = { .tv_sec = (time_t)s };

	nanosleep(&t, NULL);
}

/* RFC 8628 section 3.5: until it is neither pending nor too soon. */
static json_t *
device_poll(struct probe *p, const struct probe_server *s, const struct probe_client *k, struct str code,
    int64_t interval, int64_t end_s)
{
	struct str url = probe_endpoint(p, s, "token_endpoint");

	while (str_given(url) && clock_now_s() < end_s) {
		struct probe_pairs pairs = { .n = 0 };
		struct str error;
		int status = 0;
		json_t *got;

		pause_s(interval);
		probe_pair(&pairs, "grant_type", S("urn:ietf:params:oauth:grant-type:device_code"));
		probe_pair(&pairs, "device_code", code);
		if ((got = form_send(p, url, k, &pairs, &status)) == NULL)
			return NULL;
		if (status == 200)
			return got;
		error = json_member_str(got, "error");
		if (str_is(error, "slow_down"))
			interval += INTERVAL_S;
		else if (!str_is(error, "authorization_pending"))
			return error_told(p, got, status), NULL;
	}
	return str_given(url) ? (probe_fail(p, SAY("nobody has answered before the code expired")), NULL) : NULL;
}

json_t *
probe_device(struct probe *p, const struct probe_server *s, const struct probe_client *k, struct str scope,
    probe_shown *shown, void *ctx)
{
	struct str url = probe_endpoint(p, s, "device_authorization_endpoint"), code;
	struct probe_pairs pairs = { .n = 0 };
	int64_t interval = INTERVAL_S, lives_s = 600;
	int status = 0;
	json_t *got;

	probe_pair(&pairs, "scope", scope);
	got = str_given(url) ? form_send(p, url, k, &pairs, &status) : NULL;
	if (got == NULL)
		return NULL;
	code = json_member_str(got, "device_code");
	if (status != 200 || !str_given(code))
		return error_told(p, got, status), NULL;
	(void)json_member_int(got, "interval", &interval);
	(void)json_member_int(got, "expires_in", &lives_s);
	shown(ctx, got);
	return device_poll(p, s, k, code, interval > 0 && interval < 60 ? interval : INTERVAL_S,
	    clock_now_s() + (lives_s > 0 && lives_s < 86400 ? lives_s : 600));
}

/* --- the authorization code ---------------------------------------------------------------------------------------- */

struct sent { struct str state, nonce, verifier; };

static struct probe_pairs
authorization_pairs(struct arena *mem, const struct probe_code *how, const struct sent *sent)
{
	struct probe_pairs pairs = { .n = 0 };
	uint8_t digest[DIGEST_SIZE];

	SHA256(digest, sent->verifier);
	probe_pair(&pairs, "response_type", S("code"));
	probe_pair(&pairs, "redirect_uri", how->redirect_uri);
	probe_pair(&pairs, "scope", how->scope);
	probe_pair(&pairs, "state", sent->state);
	probe_pair(&pairs, "nonce", str_has_word(how->scope, S("openid"), ' ') ? sent->nonce : STR_ABSENT);
	probe_pair(&pairs, "code_challenge", b64url_encode(mem, str_span(digest, sizeof digest)));
	probe_pair(&pairs, "code_challenge_method", S("S256"));
	probe_pair(&pairs, "prompt", how->prompt);
	probe_pair(&pairs, "acr_values", how->acr_values);
	return pairs;
}

/* RFC 9126 section 2: what was pushed stands for the parameters. */
static bool
push(struct probe *p, const struct probe_server *s, const struct probe_client *k, struct probe_pairs *pairs)
{
	struct str url = probe_endpoint(p, s, "pushed_authorization_request_endpoint");
	struct probe_pairs by_name = { .n = 0 };
	int status = 0;
	json_t *got = str_given(url) ? form_send(p, url, k, pairs, &status) : NULL;

	if (got == NULL)
		return false;
	if (!str_given(json_member_str(got, "request_uri")))
		return error_told(p, got, status);
	probe_pair(&by_name, "request_uri", json_member_str(got, "request_uri"));
	*pairs = by_name;
	return true;
}

static struct str
authorization_url(struct probe *p, const struct probe_server *s, const struct probe_client *k,
    struct probe_pairs *pairs)
{
	struct str url = probe_endpoint(p, s, "authorization_endpoint");
	bool pushed = json_is_true(json_object_get(s->metadata, "require_pushed_authorization_requests"));
	struct str query;

	if (!str_given(url) || (pushed && !push(p, s, k, pairs)))
		return STR_ABSENT;
	probe_pair(pairs, "client_id", k->id);
	query = probe_form(p, pairs);
	return str_given(query) ? ARENA_CAT(p->mem, url, str_index(url, '?') >= 0 ? S("&") : S("?"), query) : STR_ABSENT;
}

/* The decoded value of a name in a query; absent: it is not there. */
static struct str
query_value(struct arena *mem, struct str query, const char *name)
{
	while (str_given(query)) {
		struct str pair = str_cut(&query, '&'), key = str_cut(&pair, '='), value;

		if (str_is(key, name) && str_given(pair) && pct_decode(mem, pair, true, &value))
			return value;
	}
	return STR_ABSENT;
}

/* What came back is of this flow and of this server: RFC 6749 section 10.12, RFC 9207 section 2.4. */
static struct str
code_read(struct probe *p, const struct probe_server *s, const struct sent *sent, struct str query)
{
	struct str error = query_value(p->mem, query, "error"), iss = query_value(p->mem, query, "iss"), code;
	bool has_iss = json_is_true(
	    json_object_get(s->metadata, "authorization_response_iss_parameter_supported"));

	if (!str_eq(query_value(p->mem, query, "state"), sent->state))
		return probe_fail(p, SAY("state is not the one that was sent")), STR_ABSENT;
	if ((has_iss || str_given(iss)) && !str_eq(iss, s->issuer))
		return probe_fail(p, SAY("iss of the answer is not that issuer")), STR_ABSENT;
	if (str_given(error))
		return probe_fail(p, arena_say(p->mem, "the server answered %.*s: %.*s", STR_ARG(error),
		    STR_ARG(query_value(p->mem, query, "error_description")))), STR_ABSENT;
	code = query_value(p->mem, query, "code");
	if (!str_given(code))
		probe_fail(p, SAY("there is no code in the answer"));
	return code;
}

static json_t *
redeem(struct probe *p, struct probe_server *s, const struct probe_client *k, const struct probe_code *how,
    const struct sent *sent, struct str code, struct jwt *id)
{
	struct probe_pairs pairs = { .n = 0 };
	struct probe_expects e = { .aud = k->id, .nonce = sent->nonce, .now_s = clock_now_s() };
	struct str token;
	json_t *got;

	probe_pair(&pairs, "grant_type", S("authorization_code"));
	probe_pair(&pairs, "code", code);
	probe_pair(&pairs, "redirect_uri", how->redirect_uri);
	probe_pair(&pairs, "code_verifier", sent->verifier);
	if ((got = probe_token(p, s, k, &pairs)) == NULL)
		return NULL;
	token = json_member_str(got, "id_token");
	return !str_given(token) || probe_verify(p, s, token, &e, id) ? got : NULL;
}

json_t *
probe_code(struct probe *p, struct probe_server *s, const struct probe_client *k, const struct probe_code *how,
    probe_opened *opened, void *ctx, struct jwt *id)
{
	struct sent sent = { random_text(p->mem), random_text(p->mem), random_text(p->mem) };
	struct probe_pairs pairs = authorization_pairs(p->mem, how, &sent);
	struct probe_listener *l = probe_listen(p, how->redirect_uri);
	struct str url, query = STR_ABSENT, code = STR_ABSENT;

	*id = (struct jwt){ .claims = NULL };
	if (l == NULL)
		return NULL;
	url = authorization_url(p, s, k, &pairs);
	if (str_given(url)) {
		opened(ctx, url);
		query = probe_wait(p, l, how->wait_s);
	}
	if (str_given(query))
		code = code_read(p, s, &sent, query);
	probe_listener_free(l);
	return str_given(code) ? redeem(p, s, k, how, &sent, code, id) : NULL;
}
