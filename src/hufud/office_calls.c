/* hufud/office_calls.c - what the office asks of the daemon: readiness, keys, tokens. */
#include "hufud/daemon_int.h"

static bool
ready(void *ctx, struct arena *mem, struct str *why)
{
	struct daemon *d = ctx;
	struct snapshot *s;
	bool ok = true;

	if (atomic_load(&d->stopping)) {
		*why = SAY("stopping");
		return false;
	}
	if (daemon_is_blind(d)) {
		*why = SAY("the store is not heard of; nothing is answered until it is");
		return false;
	}
	if (!store_ready(d->store)) {
		*why = SAY("the store cannot write");
		return false;
	}
	s = daemon_hold(d);
	for (const struct mount *const *t = s->mounts; ok && *t != NULL; t++) {
		ok = keyring_signer((*t)->issuer->keys, (*t)->issuer->policy->token.signing_alg) != NULL;
		if (!ok)
			*why = arena_say(mem, "issuer %.*s has no signing key", STR_ARG((*t)->issuer->name));
	}
	snapshot_drop(s);
	return ok;
}

/* All issuers, or those of other realms than `but`. */
struct str
daemon_issuers_but(struct daemon *d, struct arena *mem, struct str but)
{
	struct snapshot *s = daemon_hold(d);
	struct buf b;

	buf_init(&b, mem, 16 * 1024);
	for (const struct mount *const *t = s->mounts; *t != NULL; t++) {
		if (str_given(but) && str_eq(realm_name((*t)->issuer->realm), but))
			continue;
		if (b.n > 0)
			buf_putc(&b, ' ');
		buf_put(&b, (*t)->issuer->name);
	}
	snapshot_drop(s);
	return buf_str(&b);
}

static struct str
issuers(void *ctx, struct arena *mem)
{
	return daemon_issuers_but(ctx, mem, STR_ABSENT);
}

static struct str
elsewhere(void *ctx, struct arena *mem, struct str realm)
{
	return daemon_issuers_but(ctx, mem, realm);
}

static bool
settle(void *ctx)
{
	struct daemon *d = ctx;

	return habit_book_write(d->habits, d->store) && habit_book_write(d->credentials, d->store);
}

/* The settings may be replaced by a reload meanwhile. */
static struct key_rules
rules_of(struct daemon *d, const struct issuer *i)
{
	struct key_rules rules;

	pthread_mutex_lock(&d->change);
	rules = setup_key_rules(d->conf, i->policy, i->realm);
	pthread_mutex_unlock(&d->change);
	return rules;
}

/* What was refused at the store has changed nothing; what is stored and not in force is another matter, and said. */
static bool
key_in_force(struct daemon *d, const struct key_order *o, struct str kid, struct arena *mem, struct str *why)
{
	struct str cause = STR_ABSENT;

	if (daemon_refresh(d, mem, &cause)) {
		if (o->what == KEY_REVOKE)
			log_warn("issuer %.*s: the key %.*s is revoked by command; %.*s is used from now on",
			    STR_ARG(o->issuer), STR_ARG(o->kid), STR_ARG(kid));
		else
			log_info("issuer %.*s: the key %.*s is new by command", STR_ARG(o->issuer), STR_ARG(kid));
		return true;
	}
	*why = arena_say(mem, "the keys are changed in the store, but this daemon goes on with the old ones until hufu reload succeeds: %.*s", STR_ARG(cause));
	log_lines(LOG_ERROR, "", *why);
	return false;
}

static bool
key_do(void *ctx, const struct key_order *o, struct arena *mem, struct str *out)
{
	struct daemon *d = ctx;
	struct snapshot *s = daemon_hold(d);
	const struct mount *t = snapshot_issuer(s, o->issuer);
	struct str why = SAY("there is no such issuer");
	struct key_rules rules;
	bool ok;

	if (t != NULL)
		rules = rules_of(d, t->issuer);
	ok = t != NULL && keys_do(d->store, d->kek, &rules, o, clock_now_s(), mem, out, &why)
	    && key_in_force(d, o, *out, mem, &why);
	snapshot_drop(s);
	if (!ok)
		*out = why;
	return ok;
}

static bool
public_key(void *ctx, struct arena *mem, struct str issuer, struct str kid, struct str *jwk, struct str *pem)
{
	struct snapshot *s = daemon_hold(ctx);
	const struct mount *t = snapshot_issuer(s, issuer);
	bool ok = t != NULL && ring_public_key(t->issuer->keys, mem, kid, jwk, pem);

	snapshot_drop(s);
	return ok;
}

/* What imports compare by is worth nothing to whoever has the store without the key-encryption key. */
static bool
derived_key(void *ctx, struct arena *mem, struct str purpose, uint8_t key[DIGEST_SIZE], struct str *why)
{
	struct daemon *d = ctx;

	(void)mem, (void)why;
	kek_derive(d->kek, purpose, key);
	return true;
}

/* The rule belongs to the snapshot, which is held until the order is answered. */
static void
drop(void *snapshot)
{
	snapshot_drop(snapshot);
}

static bool
passwords(void *ctx, struct arena *mem, const struct password_rule **rule, struct str *why)
{
	struct snapshot *s = daemon_hold(ctx);

	*rule = &s->passwords;
	if (arena_defer(mem, drop, s))
		return true;
	*why = SAY("memory is exhausted");
	return false;
}

static struct str
introspect(void *ctx, struct arena *mem, struct str issuer, struct str token)
{
	struct daemon *d = ctx;
	struct snapshot *s = daemon_hold(d);
	const struct mount *t = snapshot_issuer(s, issuer);
	struct str out = t ? operator_introspect(t->issuer, &s->svc, mem, token) : S("{\"active\":false}");

	snapshot_drop(s);
	return out;
}

static bool
revoke(void *ctx, struct arena *mem, struct str issuer, struct str token, struct str *why)
{
	struct daemon *d = ctx;
	struct snapshot *s = daemon_hold(d);
	const struct mount *t = snapshot_issuer(s, issuer);
	bool ok;

	*why = SAY("there is no such issuer");
	ok = t != NULL && operator_revoke(t->issuer, &s->svc, mem, token, why);
	snapshot_drop(s);
	return ok;
}

static struct str
audit_head(void *ctx, struct arena *mem)
{
	struct daemon *d = ctx;

	return trail_head(d->trail, mem);
}

/* --- the listener ----------------------------------------------------------------------------- */

static const char *const lane_names[] = { "sign", "commit", "client", "password", "status_list", "directory", "wechat",
    "table", "document" };

void
office_make(struct daemon *d)
{
	const struct conf_value *allow = conf_get(d->boot, SEC_TOP, STR_ABSENT, "admin.allow");

	d->office = (struct office){
		.store = d->store,
		.metrics = d->metrics,
		.sources = { d->store, d->server, d->sms, d->mail, d->notices, d->logouts, d->ciba, d->events, &d->lanes[LANE_SIGN],
		    lane_names, COUNT(lane_names), trail_lost(d->trail), trail_target_names, TARGET_COUNT },
		.reload = daemon_reload,
		.upgrade = daemon_upgrade,
		.refresh = daemon_refresh,
		.key_do = key_do,
		.public_key = public_key,
		.derived_key = derived_key,
		.issuers = issuers,
		.elsewhere = elsewhere,
		.passwords = passwords,
		.settle = settle,
		.introspect = introspect,
		.revoke = revoke,
		.audit_head = audit_head,
		.ready = ready,
		.allow = allow->words,
		.n_allow = allow->n_words,
		.token = conf_text(d->boot, SEC_TOP, STR_ABSENT, "admin.token"),
		.test_clock = d->opt.test_clock,
		.ctx = d,
	};
}

/* Commands may hash a password or commit: one at a time, off the thread that answers probes. */
static enum http_when
command(void *ctx, struct http_req *q, struct http_reply *r)
{
	struct daemon *d = ctx;

	office_serve(&d->office, q, r, true);
	return HTTP_NOW;
}

/* Said like every answer of the office, so that the command line can print it. */
static void
office_is_busy(struct arena *mem, struct http_reply *r)
{
	struct buf b;

	buf_init(&b, mem, 1024);
	jw_open(&b, '{');
	jm_str(&b, S("error"), SAY("too many commands wait already"));
	jm_str(&b, S("hint"), SAY("run the command again in a moment"));
	jw_close(&b, '}');
	r->status = 503;
	r->body = buf_str(&b);
	http_reply_header(r, "Content-Type", S("application/json"));
	http_reply_header(r, "Cache-Control", S("no-store"));
	http_reply_header(r, "Retry-After", S("1"));
}

enum http_when
office_request(void *ctx, struct http_req *q, struct http_reply *r)
{
	struct daemon *d = ctx;

	if (q->listener != d->control_socket && !office_admits(&d->office, q, r))
		return HTTP_NOW;
	if (q->listener != d->control_socket || q->method != M_POST) {
		office_serve(&d->office, q, r, false);
		return HTTP_NOW;
	}
	if (http_defer(d->control_lane, q, r, command, d))
		return HTTP_LATER;
	office_is_busy(q->mem, r);
	return HTTP_NOW;
}
