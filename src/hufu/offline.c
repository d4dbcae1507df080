/*
 * hufu/offline.c - without a daemon the same office works on the store at rest: the same commands,
 * checks and answers.
 */
#include <errno.h>
#include <unistd.h>

#include "hufu/hufu_int.h"

static bool
not_running(void *ctx, struct arena *mem, struct str *why)
{
	struct at_rest *r = ctx;

	(void)mem;
	*why = str_of(text(r->cli, T_needs_daemon));
	return false;
}

static bool
nothing_to_reload(void *ctx, struct arena *mem, struct reloaded *told, struct str *why)
{
	(void)told;
	return not_running(ctx, mem, why);
}

/* A daemon that starts later reads the clients anyway. */
static bool
nothing_to_refresh(void *ctx, struct arena *mem, struct str *why)
{
	(void)ctx, (void)mem, (void)why;
	return true;
}

/* All issuers, or those of other realms than `but`. */
static struct str
issuers_but(const struct at_rest *r, struct arena *mem, struct str but)
{
	const struct str *names;
	size_t n = conf_names(r->cli->conf, SEC_ISSUER, &names);
	struct buf b;

	buf_init(&b, mem, 64 * 1024);
	for (size_t i = 0; i < n; i++) {
		if (str_given(but) && str_eq(conf_text(r->cli->conf, SEC_ISSUER, names[i], "realm"), but))
			continue;
		if (b.n > 0)
			buf_putc(&b, ' ');
		buf_put(&b, names[i]);
	}
	return buf_str(&b);
}

static struct str
issuers(void *ctx, struct arena *mem)
{
	return issuers_but(ctx, mem, STR_ABSENT);
}

static struct str
elsewhere(void *ctx, struct arena *mem, struct str realm)
{
	return issuers_but(ctx, mem, realm);
}

static bool
key_do(void *ctx, const struct key_order *o, struct arena *mem, struct str *out)
{
	struct at_rest *r = ctx;
	struct policy policy;
	struct style style;
	struct key_rules rules;
	struct str why = STR_ABSENT;

	if (rest_kek(r, mem, &why) && setup_policy(r->cli->conf, o->issuer, &policy, &style, mem, &why)) {
		rules = setup_key_rules(r->cli->conf, &policy, NULL);
		if (keys_do(r->store, r->kek, &rules, o, clock_now_s(), mem, out, &why))
			return true;
	}
	*out = why;
	return false;
}

/* A store without keys gets none by a question. */
static bool
public_key(void *ctx, struct arena *mem, struct str issuer, struct str kid, struct str *jwk, struct str *pem)
{
	struct at_rest *r = ctx;
	struct str why = STR_ABSENT;
	const struct mount *t = NULL;

	if (store_has_keys(r->store) == FOUND && rest_snapshot(r, mem, &why))
		t = snapshot_issuer(r->snap, issuer);
	return t != NULL && ring_public_key(t->issuer->keys, mem, kid, jwk, pem);
}

static bool
derived_key(void *ctx, struct arena *mem, struct str purpose, uint8_t key[DIGEST_SIZE], struct str *why)
{
	struct at_rest *r = ctx;

	if (!rest_kek(r, mem, why))
		return false;
	kek_derive(r->kek, purpose, key);
	return true;
}

static bool
passwords(void *ctx, struct arena *mem, const struct password_rule **rule, struct str *why)
{
	struct at_rest *r = ctx;
	struct password_rule *made = arena_new(mem, struct password_rule);

	*rule = made;
	if (made == NULL)
		return false;
	if (setup_passwords(r->cli->conf, mem, made, why))
		return true;
	*why = arena_printf(mem, "%.*s: %.*s", STR_ARG(conf_where(r->cli->conf, SEC_TOP, STR_ABSENT, setup_passwords_key(*why))), STR_ARG(*why));
	return false;
}

static void
rest_close(struct at_rest *r)
{
	if (r->snap != NULL)
		snapshot_drop(r->snap);
	if (r->secrets != NULL)
		secret_memory_free(r->secrets);
	if (r->store != NULL)
		store_close(r->store);
	explicit_bzero(r->kek, sizeof r->kek);
}

/* A directory named by hand that holds no store is more likely mistyped; one of the settings may be about to begin. */
bool
cli_store_is_elsewhere(const struct cli *c)
{
	return !str_empty(conf_text(c->conf, SEC_TOP, STR_ABSENT, "store.url"));
}

bool
cli_store_is_there(struct cli *c, struct str *why)
{
	struct str data = conf_text(c->conf, SEC_TOP, STR_ABSENT, "data");
	char *file = arena_z(&c->mem, ARENA_CAT(&c->mem, data, S("/hufu.db")));

	if (cli_store_is_elsewhere(c) || c->data == NULL || file == NULL || access(file, F_OK) == 0 || errno != ENOENT)
		return true;
	*why = FILL(c, T_store_not_there, data, data);
	return false;
}

bool
offline_ask(struct cli *c, struct str request, struct str *body, struct str *why)
{
	struct at_rest r = { .cli = c };
	struct http_req q = { .mem = &c->mem,
		.method = M_POST,
		.method_name = S("POST"),
		.path = S("/control"),
		.body = request };
	struct http_reply reply = { 0 };
	struct office office = { .reload = nothing_to_reload,
		.refresh = nothing_to_refresh,
		.key_do = key_do,
		.public_key = public_key,
		.derived_key = derived_key,
		.issuers = issuers,
		.elsewhere = elsewhere,
		.passwords = passwords,
		.introspect = rest_introspect,
		.revoke = rest_revoke,
		.ready = not_running,
		.announce = true,
		.ctx = &r };
	struct offline_records records;

	if (!cli_store_is_there(c, why))
		return false;
	r.store = office.store = setup_store(c->conf, false, &c->mem, why);
	if (r.store == NULL)
		return false;
	if (store_is_new(r.store))      /* a mistyped directory must not go unnoticed */
		cli_note(FILL(c, T_store_begins, conf_text(c->conf, SEC_TOP, STR_ABSENT, "data")));
	offline_records_begin(&records, r.store);
	office_serve(&office, &q, &reply, true);
	offline_records_end(&records);
	*body = reply.body;
	rest_close(&r);
	return true;
}
