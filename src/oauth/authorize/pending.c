/* oauth/authorize/pending.c - a request that waits for a decision: its row, its page, what was decided. */
#include "oauth/authorize/authorize_int.h"
#include "oauth/session/session.h"
#include "oauth/token/token.h"

#define AUTHZ_DATA_MAX (256 * 1024)    /* beside a state of the largest request */
#define ANSWER         "answer 1"

struct str
authz_write(struct arena *mem, const struct authz *z)
{
	struct buf b;

	buf_init(&b, mem, AUTHZ_DATA_MAX);
	jw_open(&b, '{');
	jm_str(&b, S("uri"), z->redirect_uri);
	jm_bool(&b, S("sent"), z->redirect_sent);
	jm_str(&b, S("response"), str_of(response_rows[z->response].type));
	jm_str(&b, S("mode"), str_of(response_modes[z->mode]));
	jm_str(&b, S("requested"), z->requested);
	jm_str(&b, S("state"), z->state);
	jm_str(&b, S("challenge"), z->challenge);
	jm_str(&b, S("self"), z->self);
	if (!id_none(&z->pushed))
		jm_str(&b, S("pushed"), hex_encode(mem, id_str(&z->pushed)));
	jm_str(&b, S("answer"), z->answer);
	if (z->factor)
		jm_bool(&b, S("factor"), true);
	jw_close(&b, '}');
	return b.full ? STR_ABSENT : buf_str(&b);
}

/* Rows of before there was more than code and token say "token": true or false. */
static bool
response_of(const json_t *j, struct authz *z)
{
	if (json_object_get(j, "response") == NULL) {
		z->response = json_is_true(json_object_get(j, "token")) ? RESPONSE_TOKEN : RESPONSE_CODE;
		z->mode = response_rows[z->response].mode;
		return true;
	}
	return response_named(json_member_str(j, "response"), &z->response)
	    && response_mode_read(json_member_str(j, "mode"), &z->mode);
}

static bool
pushed_of(struct call *c, const json_t *j, struct authz *z)
{
	struct str hex = json_member_str(j, "pushed"), raw;

	if (str_empty(hex))
		return true;
	if (!hex_decode(c->mem, hex, &raw) || raw.n != sizeof z->pushed.b)
		return false;
	memcpy(z->pushed.b, raw.p, sizeof z->pushed.b);
	return true;
}

bool
authz_uses_pushed(struct call *c, const struct authz *z, struct ops *o)
{
	struct pushed *row;

	if (id_none(&z->pushed))
		return true;
	if ((row = arena_new(c->mem, struct pushed)) == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	row->id = z->pushed;
	ops_add(o, OP_PUSHED_TAKE)->pushed.row = row;
	return true;
}

bool
authz_read(struct call *c, const struct pending *p, struct authz *z)
{
	json_t *j = json_read_upto(c->mem, p->data, AUTHZ_DATA_MAX);

	if (j == NULL)
		return false;
	*z = (struct authz){
		.auth = p->auth, .client = client_find(c, p->auth.client),
		.redirect_uri = json_member_str(j, "uri"), .redirect_sent = json_is_true(json_object_get(j, "sent")),
		.requested = json_member_str(j, "requested"),
		.state = json_member_str(j, "state"), .challenge = json_member_str(j, "challenge"),
		.self = json_member_str(j, "self"), .answer = json_member_str(j, "answer"),
		.factor = json_is_true(json_object_get(j, "factor")),
	};
	return pushed_of(c, j, z) && response_of(j, z) && z->client != NULL && z->client->enabled;
}

bool
authz_decided(struct call *c, const struct authz *z, struct str code)
{
	struct authz with = *z;

	if (z->decided == NULL)
		return true;
	with.answer = browser_seal(c, ANSWER, ARENA_CAT(c->mem, S("="), code));
	z->decided->data = authz_write(c->mem, &with);
	return str_given(z->decided->data) || fail(c, R_INTERNAL, S("memory"));
}

bool
authz_answer(const struct call *c, const struct authz *z, struct str *code)
{
	if (!browser_unseal(c, ANSWER, z->answer, code) || code->n == 0)
		return false;
	*code = str_from(*code, 1);
	return true;
}

/* The resources that the request names: RFC 8707 section 2. */
static bool
resources_shown(struct call *c, const struct authz *z, struct answer *a)
{
	struct consent_resource *rows = arena_array(c->mem, struct consent_resource, TARGETS_MAX);
	struct authorization_extra x;
	size_t n = 0;

	if (rows == NULL || !authorization_extra_get(c->mem, &z->auth, &x))
		return fail(c, R_INTERNAL, S("memory"));
	for (struct str rest = x.resource; str_given(rest) && n < TARGETS_MAX; n++) {
		const struct resource_server *s;

		rows[n].id = str_cut(&rest, ' ');
		s = resource_find(c, rows[n].id);
		rows[n].name = s != NULL && !str_empty(s->name) ? s->name : STR_ABSENT;
	}
	a->consent.resources = rows;
	a->consent.n_resources = n;
	return true;
}

struct answer
authz_page(struct call *c, const struct authz *z, const struct session *s, const struct pending *p, struct str approved)
{
	struct answer a = { .kind = ANS_PAGE_CONSENT };
	struct scope_words w;
	struct consent_scope *rows;
	bool again = false;

	if (!scope_split(c->issuer->policy, authz_asks(c, z), &w)
	    || (rows = arena_array(c->mem, struct consent_scope, w.n)) == NULL) {
		fail(c, R_INTERNAL, S("memory"));
		return answer_fault(c);
	}
	for (size_t i = 0; i < w.n; i++) {
		rows[i] = (struct consent_scope){ .name = w.at[i], .approved = str_has_word(approved, w.at[i], ' ') };
		again = again || scope_is_asked_always(c, z->client, w.at[i]);
	}
	a.consent.client = z->client;
	a.consent.user_name = s->user_name;
	a.consent.redirect_uri = z->redirect_uri;
	a.consent.request_id = hex_encode(c->mem, id_str(&p->id));
	a.consent.csrf = csrf_token(c, c->session_cookie);
	a.consent.saved = request_write(c, &(struct saved){ .url = z->self });
	a.consent.scopes = rows;
	a.consent.n_scopes = w.n;
	a.consent.details = authz_details(c, z);
	a.consent.offline = c->issuer->policy->authorize.claims_are_read
	    && str_has_word(z->auth.scope, S(OFFLINE_ACCESS), ' ');
	a.consent.remembered = c->issuer->policy->consent.memory == MEMORY_APPROVALS && !again;
	a.consent.remembered_s = c->issuer->policy->consent.approval_ttl_s;
	return resources_shown(c, z, &a) ? a : answer_fault(c);
}
