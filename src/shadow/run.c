/* shadow/run.c - an exchange is sent to the new server, and compared. */
#include "shadow/shadow_int.h"

struct shadow_run {
	struct shadow_how how;
	struct shadow_report *report;
	struct chain to_new, to_old;            /* what each side gave for what the source has */
	json_t *accepted;                       /* placeholders of passwords and secrets that were right */
};

struct shadow_run *
shadow_begin(const struct shadow_how *how, struct shadow_report *report)
{
	struct shadow_run *r = calloc(1, sizeof *r);

	if (r == NULL)
		return NULL;
	r->how = *how;
	r->report = report;
	r->accepted = json_object();
	if (chain_begin(&r->to_new) && chain_begin(&r->to_old) && r->accepted != NULL)
		return r;
	shadow_end(r);
	return NULL;
}

void
shadow_end(struct shadow_run *r)
{
	if (r == NULL)
		return;
	chain_end(&r->to_new);
	chain_end(&r->to_old);
	json_decref(r->accepted);
	free(r);
}

/* --- passwords and client secrets of a recording ------------------------------------------------------------------- */

struct learning { struct shadow_run *r; bool success; int status; };

static struct str
learn_one(void *ctx, struct arena *mem, const struct secret *s)
{
	struct learning *l = ctx;
	bool right = s->kind == KIND_PASSWORD ? l->success : s->kind == KIND_CLIENT_SECRET && l->status < 400;
	char *z = right && is_placeholder(s->value) ? arena_z(mem, s->value) : NULL;

	if (z != NULL)
		json_object_set_new(l->r->accepted, z, json_true());
	return s->value;
}

void
shadow_learn(struct shadow_run *r, struct arena *mem, const struct shadow_exchange *x)
{
	struct learning l = { r, answer_is_success(mem, &x->answer), x->answer.status };
	struct shadow_ask unused;

	if (x->answer.given)
		ask_swap(mem, &x->ask, learn_one, &l, &unused);
}

/* Was the old server's refusal about this secret, rather than about something else? */
static bool
was_refused(struct arena *mem, const struct shadow_answer *a, enum shadow_kind kind)
{
	static const char *const others[] = { "invalid_scope", "unsupported_grant_type", "unauthorized_client",
		"invalid_client", "invalid_request" };
	struct str error = answer_error(mem, a);

	if (kind == KIND_CLIENT_SECRET)
		return a->status == 401 || str_is(error, "invalid_client");
	for (size_t i = 0; i < COUNT(others); i++)
		if (str_is(error, others[i]))
			return false;
	return a->given && !answer_is_success(mem, a);
}

/* A placeholder that was wrong is as wrong at the new server. */
static struct str
secret_of(struct shadow_run *r, struct arena *mem, const struct shadow_exchange *x, const struct secret *s)
{
	const char *list = s->kind == KIND_PASSWORD ? "users" : "clients";
	char *mark = arena_z(mem, s->value), *who = str_given(s->who) ? arena_z(mem, s->who) : NULL;

	if (!is_placeholder(s->value) || mark == NULL)
		return s->value;
	if (json_object_get(r->accepted, mark) == NULL && was_refused(mem, &x->answer, s->kind))
		return s->value;
	return who != NULL ? json_member_str(json_object_get(r->how.secrets, list), who) : STR_ABSENT;
}

/* --- a request for one side ---------------------------------------------------------------------------------------- */

struct resolving {
	struct shadow_run *r;
	const struct shadow_exchange *x;
	struct chain *chain;
	enum shadow_skip skip;                  /* SHADOW_SKIPS: none */
};

static struct str
unknown(struct resolving *g, enum shadow_skip why, struct str value)
{
	if (g->skip == SHADOW_SKIPS)
		g->skip = why;
	return value;
}

/* RFC 7636: a recording has neither; the pair that stands for them here follows from their placeholder. */
static struct str
verifier_of(struct arena *mem, const struct secret *s)
{
	uint8_t digest[DIGEST_SIZE];
	struct str verifier, mark = s->value;

	if (!is_placeholder(s->value))
		return s->value;
	mark = str_from(mark, (size_t)str_rindex(mark, '.'));
	SHA256(digest, S("hufu shadow"), mark);
	verifier = b64url_encode(mem, str_span(digest, sizeof digest));
	if (s->kind == KIND_VERIFIER)
		return verifier;
	SHA256(digest, verifier);
	return b64url_encode(mem, str_span(digest, sizeof digest));
}

static struct str
token_of(struct resolving *g, struct arena *mem, const struct secret *s)
{
	const struct shadow_answer *a = &g->x->answer;
	struct str found = chain_find(g->chain, mem, s->value);

	if (str_given(found))
		return found.n > 0 ? found : unknown(g, SHADOW_SKIP_BROKEN, s->value);
	if (s->kind == KIND_ID || (a->given && !answer_is_success(mem, a)))
		return s->value;                /* it was as unknown to the old server */
	if (g->r->how.imported && !is_placeholder(s->value))
		return s->value;
	return unknown(g, SHADOW_SKIP_TOKEN, s->value);
}

static struct str
resolve(void *ctx, struct arena *mem, const struct secret *s)
{
	struct resolving *g = ctx;
	struct str value;

	switch (s->kind) {
	case KIND_PASSWORD:
	case KIND_CLIENT_SECRET:
		value = secret_of(g->r, mem, g->x, s);
		return str_given(value) ? value : unknown(g, SHADOW_SKIP_SECRET, s->value);
	case KIND_TOKEN:
	case KIND_CODE:
	case KIND_ID: return token_of(g, mem, s);
	case KIND_VERIFIER:
	case KIND_CHALLENGE: return verifier_of(mem, s);
	default: return s->value;
	}
}

/* An application that asks by itself may carry a cookie, too; the answer does not hang on it. */
static bool
is_of_browser(struct arena *mem, const struct shadow_ask *ask)
{
	return !str_given(fields_get(&ask->fields, "authorization")) && !str_given(ask_param(mem, ask, "grant_type"));
}

/* A session that began before we looked, and that the old server knew: without it the answer would be another. */
static bool
session_is_missed(struct arena *mem, const struct shadow_exchange *x, struct str cookie)
{
	struct str fold = str_fold(mem, cookie);

	return str_contains(fold, S("sess")) && x->answer.given && !x->answer.partial
	    && !str_given(fields_get(&x->answer.fields, "set-cookie")) && is_of_browser(mem, &x->ask);
}

/* What a browser says of where it comes from names the server that it asks. */
static struct str
origin_moved(struct arena *mem, const struct shadow_run *r, const struct shadow_ask *ask, struct str value)
{
	struct str at = url_origin(mem, value), host = ask->host, rest;
	struct url u;

	if (at.n == 0 || url_read(at, &u) != NULL)
		return value;
	if (!str_eq(at, url_origin(mem, r->how.old)) && !str_eq_nocase(u.authority, host))
		return value;
	rest = str_from(value, at.n);
	return ARENA_CAT(mem, url_origin(mem, r->how.new), rest);
}

static bool
fields_moved(struct resolving *g, struct arena *mem, const json_t *session, struct shadow_ask *ask)
{
	struct shadow_fields from = ask->fields;
	struct str cookie = jar_cookie(mem, session);

	ask->fields = (struct shadow_fields){ 0 };
	for (size_t i = 0; i < from.n; i++) {
		struct str name = from.at[i].name, value = from.at[i].value;

		if (str_eq_nocase(name, S("cookie")))
			continue;
		if (str_eq_nocase(name, S("origin")) || str_eq_nocase(name, S("referer")))
			value = origin_moved(mem, g->r, &g->x->ask, value);
		if (!fields_add(mem, &ask->fields, name, value))
			return false;
	}
	return !str_given(cookie) || fields_add(mem, &ask->fields, S("cookie"), cookie);
}

/* SHADOW_SKIPS: *out may be sent. */
static enum shadow_skip
prepare(struct shadow_run *r, struct arena *mem, const struct shadow_exchange *x, struct chain *chain,
    struct shadow_ask *out)
{
	struct resolving g = { r, x, chain, SHADOW_SKIPS };
	struct str cookie = fields_get(&x->ask.fields, "cookie");
	json_t *session = jar_find(chain, mem, cookie);

	if (!ask_swap(mem, &x->ask, resolve, &g, out))
		return SHADOW_SKIP_BODY;
	if (g.skip != SHADOW_SKIPS)
		return g.skip;
	if (json_object_get(session, "broken") != NULL && is_of_browser(mem, &x->ask))
		return SHADOW_SKIP_BROKEN;
	if (session == NULL && str_given(cookie) && session_is_missed(mem, x, cookie))
		return SHADOW_SKIP_TOKEN;
	if (session != NULL && ask_body_kind(out) == BODY_FORM)
		out->body = jar_form(mem, session, ask_path(out), out->body);
	return fields_moved(&g, mem, session, out) ? SHADOW_SKIPS : SHADOW_SKIP_BODY;
}

/* --- both ----------------------------------------------------------------------------------------------------------- */

/* Asked a second time it neither spends anything nor changes what the first one gave. */
static bool
is_repeatable(struct arena *mem, const struct shadow_ask *ask)
{
	static const char *const reads[] = { "/check_token", "/introspect", "/token_key", "/userinfo", "/jwks" };
	struct str grant = ask_param(mem, ask, "grant_type"), path = ask_path(ask);

	if (str_given(grant))
		return str_is(grant, "password") || str_is(grant, "client_credentials");
	for (size_t i = 0; i < COUNT(reads); i++)
		if (str_ends(path, str_of(reads[i])))
			return true;
	return str_is(ask->method, "GET") && !str_given(fields_get(&ask->fields, "cookie"))
	    && !str_contains(path, S("logout")) && !str_contains(path, S("sms"));
}

static void
base_add(struct bases *b, struct str base)
{
	size_t i = b->n;

	if (base.n == 0 || b->n == BASES_MAX)
		return;
	while (i > 0 && b->at[i - 1].n < base.n) {
		b->at[i] = b->at[i - 1];
		i--;
	}
	b->at[i] = base;
	b->n++;
}

/* The new server may call itself by the old one's name already. */
static void
bases_set(struct shadow_run *r, struct arena *mem, const struct shadow_exchange *x, struct compared *c)
{
	struct str prefix = url_prefix(r->how.old), host = x->ask.host;
	struct bases *both[] = { &c->old, &c->new };

	for (size_t i = 0; i < COUNT(both); i++) {
		base_add(both[i], ARENA_CAT(mem, url_origin(mem, r->how.old), prefix));
		if (str_empty(host))
			continue;
		base_add(both[i], ARENA_CAT(mem, S("http://"), host, prefix));
		base_add(both[i], ARENA_CAT(mem, S("https://"), host, prefix));
	}
	base_add(&c->new, ARENA_CAT(mem, url_origin(mem, r->how.new), url_prefix(r->how.new)));
	c->new.origin = url_origin(mem, r->how.new);
	c->old.origin = !str_empty(host) ? ARENA_CAT(mem, S("http://"), host) : url_origin(mem, r->how.old);
}

static void
learn_both(struct chain *c, struct arena *mem, const struct shadow_exchange *x, const struct shadow_answer *other)
{
	struct str cookie = fields_get(&x->ask.fields, "cookie");

	chain_learn(c, mem, &x->answer, other);
	jar_learn(c, mem, jar_find(c, mem, cookie), &x->answer, other);
}

/* *out: what to compare with, as the source has it or as the old server says it now. */
static enum shadow_skip
old_answer(struct shadow_run *r, struct arena *mem, struct shadow_exchange *x, struct shadow_answer *out)
{
	struct shadow_ask ask;
	enum shadow_skip skip;

	*out = x->answer;
	if (!r->how.ask_old)
		return x->answer.given ? SHADOW_SKIPS : SHADOW_SKIP_NO_ANSWER;
	if (r->how.twice && !is_repeatable(mem, &x->ask))
		return SHADOW_SKIP_TWICE;
	if ((skip = prepare(r, mem, x, &r->to_old, &ask)) != SHADOW_SKIPS)
		return skip;
	if (!ask_send(mem, url_below(mem, r->how.old, r->how.old, ask.target), &ask, out))
		return SHADOW_SKIP_OLD;
	if (x->answer.given)
		learn_both(&r->to_old, mem, x, out);
	else
		x->answer = *out;
	return SHADOW_SKIPS;
}

static enum shadow_skip
compared(struct shadow_run *r, struct arena *mem, struct shadow_exchange *x)
{
	struct compared c = { .report = r->report, .x = x, .mem = mem, .endpoint = ask_endpoint(mem, &x->ask) };
	struct shadow_answer old, new;
	struct shadow_ask ask;
	enum shadow_skip skip = old_answer(r, mem, x, &old);

	if (skip != SHADOW_SKIPS || (skip = prepare(r, mem, x, &r->to_new, &ask)) != SHADOW_SKIPS)
		return skip;
	if (!ask_send(mem, url_below(mem, r->how.new, r->how.old, ask.target), &ask, &new))
		return SHADOW_SKIP_NEW;
	bases_set(r, mem, x, &c);
	answers_compare(&c, &old, &new);
	learn_both(&r->to_new, mem, x, &new);
	r->report->compared++;
	r->report->different += c.differs;
	r->report->minor += c.minor && !c.differs;
	r->report->same += !c.minor && !c.differs;
	return SHADOW_SKIPS;
}

/* What the old server gave is wanted later, and the new one has nothing for it. */
void
shadow_exchange(struct shadow_run *r, struct arena *mem, struct shadow_exchange *x)
{
	static const struct shadow_answer nothing;
	enum shadow_skip skip;

	r->report->exchanges++;
	skip = compared(r, mem, x);
	if (skip == SHADOW_SKIPS)
		return;
	r->report->skipped[skip]++;
	if (!x->answer.given)
		return;
	chain_learn(&r->to_new, mem, &x->answer, &nothing);
	if (is_of_browser(mem, &x->ask))
		jar_break(&r->to_new, mem, jar_find(&r->to_new, mem, fields_get(&x->ask.fields, "cookie")), &x->answer);
}
