/* probe/judge.c - RFC 9700 from outside: each row of checks.def by what the server says and does. */
#include "probe/probe.h"

const struct probe_row probe_rows[PROBE_COUNT] = {
#define CHECK(id, clause, weight, said) [PROBE_##id] = { clause, said, PROBE_##weight },
#include "probe/checks.def"
#undef CHECK
};

#define STRANGER "probe-of-a-stranger"

/* What was asked once, for several checks. */
struct round {
	struct probe *p;
	struct probe_server *s;
	struct outbound_answer page, token, token_get;
	bool has_page, has_token, has_token_get;
};
enum field { FIELD_CSP, FIELD_FRAME, FIELD_CORS, FIELD_REFERRER, FIELD_LOCATION, FIELD_DATE };

static bool
visit(struct round *r, const char *member, const char *method, struct str query, struct outbound_answer *a)
{
	struct str url = json_member_str(r->s->metadata, member);
	bool post = strcmp(method, "POST") == 0;
	struct outbound_ask ask = { .method = str_of(method),
		.n_headers = post ? 2 : 1,
		.body = query,
		.headers = { S("Origin: https://stranger.invalid"),
		    S("Content-Type: application/x-www-form-urlencoded") },
		.wants = { "Content-Security-Policy", "X-Frame-Options", "Access-Control-Allow-Origin",
		    "Referrer-Policy", "Location", "Date" } };

	if (!str_given(url))
		return false;
	ask.url = post ? url : ARENA_CAT(r->p->mem, url, str_index(url, '?') >= 0 ? S("&") : S("?"), query);
	return probe_ask(r->p, &ask, a);
}

static void
round_begin(struct round *r)
{
	struct str form = S("grant_type=client_credentials&client_id=" STRANGER "&client_secret=none");

	r->has_page = visit(r, "authorization_endpoint", "GET",
	    S("response_type=code&client_id=" STRANGER
	      "&redirect_uri=https%3A%2F%2Fstranger.invalid%2Fcallback&state=s"),
	    &r->page);
	r->has_token = visit(r, "token_endpoint", "POST", form, &r->token);
	r->has_token_get = visit(r, "token_endpoint", "GET", form, &r->token_get);
}

typedef struct probe_finding judge_fn(struct round *r);

static struct probe_finding
seen(enum probe_verdict v, struct str saw)
{
	return (struct probe_finding){ v, saw };
}

static struct probe_finding
good_if(bool good)
{
	return seen(good ? PROBE_GOOD : PROBE_BAD, STR_ABSENT);         /* its row says how bad */
}

/* --- what it says ---------------------------------------------------------------------------------------------------- */

/* Nobody else hears it; from outside it is something else that is asked. */
static bool
is_of_this_machine(struct str text)
{
	struct url u;

	return url_read(text, &u) == NULL && u.kind == ADDRESS_LOOPBACK;
}

static bool
is_endpoint(const char *name)
{
	size_t n = strlen(name);

	return (n > 9 && strcmp(name + n - 9, "_endpoint") == 0) || strcmp(name, "jwks_uri") == 0
	    || strcmp(name, "issuer") == 0;
}

static struct probe_finding
judge_tls(struct round *r)
{
	struct probe_finding found = good_if(true);
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)r->s->metadata, name, v) {
		struct str text = json_text(v);

		if (!is_endpoint(name) || !str_given(text) || str_starts_nocase(text, S("https://")))
			continue;
		found = seen(is_of_this_machine(text) ? PROBE_UNSEEN : PROBE_BAD,
		    ARENA_CAT(r->p->mem, str_of(name), S(": "), text));
		if (found.verdict == PROBE_BAD)
			break;
	}
	return found;
}

static struct probe_finding
judge_metadata(struct round *r)
{
	struct str says = json_member_str(r->s->metadata, "issuer");

	return str_eq(says, r->s->issuer) ? good_if(true)
	    : seen(PROBE_BAD, arena_say(r->p->mem, "they name \"%.*s\"", STR_ARG(says)));
}

static struct probe_finding
judge_pkce(struct round *r)
{
	return good_if(probe_says(r->s, "code_challenge_methods_supported", "S256"));
}

static struct probe_finding
judge_pkce_plain(struct round *r)
{
	return good_if(!probe_says(r->s, "code_challenge_methods_supported", "plain"));
}

static struct probe_finding
judge_implicit(struct round *r)
{
	const json_t *types = json_object_get(r->s->metadata, "response_types_supported"), *one;
	size_t i;

	json_array_foreach(types, i, one)
		if (str_has_word(json_text(one), S("token"), ' '))
			return seen(PROBE_BAD, json_text(one));
	return good_if(true);
}

static struct probe_finding
judge_password(struct round *r)
{
	return good_if(!probe_says(r->s, "grant_types_supported", "password"));
}

static struct probe_finding
judge_mix_up(struct round *r)
{
	return good_if(json_is_true(
	    json_object_get(r->s->metadata, "authorization_response_iss_parameter_supported")));
}

static struct probe_finding
judge_bound_tokens(struct round *r)
{
	return good_if(json_object_get(r->s->metadata, "dpop_signing_alg_values_supported") != NULL
	    || json_is_true(json_object_get(r->s->metadata, "tls_client_certificate_bound_access_tokens")));
}

static struct probe_finding
judge_client_keys(struct round *r)
{
	static const char *const methods[] = { "private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth" };

	for (size_t i = 0; i < COUNT(methods); i++)
		if (probe_says(r->s, "token_endpoint_auth_methods_supported", methods[i]))
			return good_if(true);
	return good_if(false);
}

static struct probe_finding
judge_unsigned_tokens(struct round *r)
{
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)r->s->metadata, name, v)
		if (strstr(name, "_alg_values_supported") != NULL && json_has_word(v, "none"))
			return seen(PROBE_BAD, str_of(name));
	return good_if(true);
}

static struct probe_finding
judge_keys(struct round *r)
{
	if (!str_given(json_member_str(r->s->metadata, "jwks_uri")))
		return seen(PROBE_UNSEEN, STR_ABSENT);
	return probe_keys(r->p, r->s) ? good_if(true) : seen(PROBE_BAD, r->p->why);
}

/* --- what it does ---------------------------------------------------------------------------------------------------- */

static struct probe_finding
judge_open_redirect(struct round *r)
{
	struct str to = r->page.fields[FIELD_LOCATION];

	if (!r->has_page)
		return seen(PROBE_UNSEEN, STR_ABSENT);
	return str_starts_nocase(to, S("https://stranger.invalid")) ? seen(PROBE_BAD, to) : good_if(true);
}

static struct probe_finding
judge_framing(struct round *r)
{
	if (!r->has_page || (r->page.status >= 300 && r->page.status < 400))
		return seen(PROBE_UNSEEN, STR_ABSENT);
	return good_if(str_contains(r->page.fields[FIELD_CSP], S("frame-ancestors"))
	    || str_given(r->page.fields[FIELD_FRAME]));
}

static struct probe_finding
judge_cors(struct round *r)
{
	struct str allowed = r->page.fields[FIELD_CORS];

	if (!r->has_page)
		return seen(PROBE_UNSEEN, STR_ABSENT);
	return str_given(allowed) ? seen(PROBE_BAD, allowed) : good_if(true);
}

static struct probe_finding
judge_referrer(struct round *r)
{
	if (!r->has_page || (r->page.status >= 300 && r->page.status < 400))
		return seen(PROBE_UNSEEN, STR_ABSENT);
	return good_if(str_given(r->page.fields[FIELD_REFERRER]));
}

static struct probe_finding
judge_no_store(struct round *r)
{
	if (!r->has_token)
		return seen(PROBE_UNSEEN, STR_ABSENT);
	return str_contains(r->token.cache_control, S("no-store")) ? good_if(true)
								    : seen(PROBE_BAD, r->token.cache_control);
}

static struct probe_finding
judge_token_get(struct round *r)
{
	if (!r->has_token_get)
		return seen(PROBE_UNSEEN, STR_ABSENT);
	/* one that judges the client first may not have looked at the method: invalid_client tells that it read the query */
	return r->token_get.status < 400 || str_contains(r->token_get.body, S("invalid_client"))
	    ? seen(PROBE_BAD, arena_say(r->p->mem, "the status is %d", r->token_get.status))
	    : good_if(true);
}

static struct probe_finding
judge_client_refused(struct round *r)
{
	struct str error;

	if (!r->has_token)
		return seen(PROBE_UNSEEN, STR_ABSENT);
	error = json_member_str(json_read_upto(r->p->mem, r->token.body, r->p->rules.answer_max), "error");
	if ((r->token.status == 400 || r->token.status == 401) && str_is(error, "invalid_client"))
		return good_if(true);
	return seen(PROBE_BAD, arena_say(r->p->mem, "status %d, error %.*s", r->token.status, STR_ARG(error)));
}

static struct probe_finding
judge_introspection(struct round *r)
{
	struct outbound_answer a;

	if (!visit(r, "introspection_endpoint", "POST", S("token=" STRANGER), &a))
		return seen(PROBE_UNSEEN, STR_ABSENT);
	return a.status >= 400 ? good_if(true) : seen(PROBE_BAD, arena_say(r->p->mem, "the status is %d", a.status));
}

static struct probe_finding
judge_clock(struct round *r)
{
	int64_t theirs, apart;

	if (!r->has_token || !outbound_date(r->token.fields[FIELD_DATE], &theirs))
		return seen(PROBE_UNSEEN, STR_ABSENT);
	apart = theirs - clock_now_s();
	return apart >= -PROBE_SKEW_S && apart <= PROBE_SKEW_S
	    ? good_if(true)
	    : seen(PROBE_BAD, arena_say(r->p->mem, "it differs by %lld seconds", (long long)apart));
}

static judge_fn *const judges[PROBE_COUNT] = {
#define CHECK(id, clause, weight, said) [PROBE_##id] = judge_##id,
#include "probe/checks.def"
#undef CHECK
};

void
probe_judge(struct probe *p, struct probe_server *s, struct probe_finding out[PROBE_COUNT])
{
	struct round r = { .p = p, .s = s };

	round_begin(&r);
	for (int i = 0; i < PROBE_COUNT; i++) {
		out[i] = judges[i](&r);
		if (out[i].verdict == PROBE_BAD)
			out[i].verdict = probe_rows[i].weight;
	}
}
