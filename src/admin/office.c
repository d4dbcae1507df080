/* admin/office.c - what operators ask a running daemon: probes, metrics, and commands on the control socket. */
#include <unistd.h>

#include "admin/admin.h"

#define ANSWER_MAX (256 * 1024)
/* What an order works in, beside the room of its answer: what was done can always be told. */
#define WORK_ROOM  (64 * 1024 * 1024)

/* One command: what was asked, and where the answer goes. */
struct order { const struct office *o; struct arena *mem; const json_t *ask; const char *code; struct str out, ended; bool is_long; };

static bool
refuse(struct order *d, const char *hint, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static bool
refuse(struct order *d, const char *hint, const char *fmt, ...)
{
	struct str text;
	va_list ap;

	va_start(ap, fmt);
	text = arena_vprintf(d->mem, say(fmt), ap);
	va_end(ap);
	d->out = refusal(d->mem, d->code != NULL ? d->code : "invalid", hint, text);
	return false;
}

/* What was asked is in order, and could not be done. */
static bool
refuse_why(struct order *d, const char *hint, struct str why)
{
	d->code = "failed";
	return refuse(d, hint, "%.*s", STR_ARG(why));
}

static void
answer_open(struct order *d, struct buf *b)
{
	buf_init(b, d->mem, ANSWER_MAX);
	jw_open(b, '{');
	jm_bool(b, S("ok"), true);
}

static bool
answer_close(struct order *d, struct buf *b)
{
	jw_close(b, '}');
	d->out = buf_str(b);
	return !b->full || refuse(d, "ask for less at once", "the answer is too long");
}

static bool
answer_ok(struct order *d)
{
	struct buf b;

	answer_open(d, &b);
	return answer_close(d, &b);
}

static struct str
argument(const struct order *d, const char *name)
{
	return json_member_str(d->ask, name);
}

static bool
issuer_is_known(struct order *d, struct str name)
{
	struct str all = d->o->issuers(d->o->ctx, d->mem);

	if (str_given(name) && str_has_word(all, name, ' '))
		return true;
	return refuse(d, "name it in the member \"issuer\"", "%s: \"%.*s\"; there are: %.*s",
	    str_given(name) ? say("there is no such issuer") : say("an issuer is needed"), STR_ARG(name),
	    STR_ARG(all));
}

/* --- commands --------------------------------------------------------------------------------- */

static bool
do_version(struct order *d)
{
	struct buf b;

	answer_open(d, &b);
	jm_str(&b, S("version"), S(HUFU_VERSION));
	return answer_close(d, &b);
}

/* The command line makes it; here it is only written down. */
static bool
do_backup(struct order *d)
{
	struct buf b;

	if (json_is_true(json_object_get(d->ask, "failed")))
		return refuse_why(d, "look at what hufu said", SAY("the backup could not be written"));
	answer_open(d, &b);
	return answer_close(d, &b);
}

static bool
do_status(struct order *d)
{
	struct str why = STR_ABSENT;
	bool ready = d->o->ready(d->o->ctx, d->mem, &why);
	struct buf b;

	answer_open(d, &b);
	jm_str(&b, S("version"), S(HUFU_VERSION));
	jm_bool(&b, S("ready"), ready);
	jm_str(&b, S("why"), ready ? STR_ABSENT : why);
	jm_words(&b, S("issuers"), d->o->issuers(d->o->ctx, d->mem), ' ');
	jm_int(&b, S("process"), (int64_t)getpid());
	jm_int(&b, S("schema"), store_schema_version(d->o->store));
	jm_int(&b, S("now"), clock_now_s());
	return answer_close(d, &b);
}

static bool
do_reload(struct order *d)
{
	struct str why = STR_ABSENT;
	struct reloaded told;
	struct buf b;

	if (!d->o->reload(d->o->ctx, d->mem, &told, &why))
		return refuse_why(d, "the old configuration stays in force; correct the file and reload again", why);
	answer_open(d, &b);
	jm_words(&b, S("changed"), told.changed, ' ');
	jm_words(&b, S("restart"), told.restart, ' ');
	return answer_close(d, &b);
}

#define WITHIN_MAX_S 3600

static bool
do_upgrade(struct order *d)
{
	struct upgrade_order o = { .binary = argument(d, "binary"),
		.within_s = json_integer_value(json_object_get(d->ask, "within")) };
	struct upgraded done = { 0 };
	struct str why = STR_ABSENT;
	struct buf b;

	if (o.within_s < 0 || o.within_s > WITHIN_MAX_S)
		return refuse(d, "give seconds", "\"within\" is at most %d seconds", WITHIN_MAX_S);
	if (str_given(o.binary) && (o.binary.n == 0 || o.binary.p[0] != '/'))
		return refuse(d, "give a path that begins with /", "\"binary\" is no absolute path");
	if (d->o->upgrade == NULL)
		return refuse(d, "start hufud", "there is no daemon to be upgraded");
	if (!d->o->upgrade(d->o->ctx, d->mem, &o, &done, &why))
		return refuse_why(d, "the running one goes on as before; the log says what the new one complained of", why);
	answer_open(d, &b);
	jm_int(&b, S("process"), done.pid);
	jm_int(&b, S("took_ms"), done.took_ms);
	return answer_close(d, &b);
}

static void
put_key(struct order *d, struct buf *b, const struct key_row *row)
{
	struct str jwk, pem;

	jw_open(b, '{');
	jm_str(b, S("issuer"), row->issuer);
	jm_str(b, S("kid"), row->kid);
	jm_str(b, S("alg"), row->alg);
	jm_str(b, S("state"), row->state);
	jm_int(b, S("created"), row->created_s);
	jm_int(b, S("active"), row->active_s);
	jm_int(b, S("retired"), row->retired_s);
	if (d->o->public_key != NULL && d->o->public_key(d->o->ctx, d->mem, row->issuer, row->kid, &jwk, &pem)) {
		jm_raw(b, S("jwk"), jwk);
		jm_str(b, S("pem"), pem);
	}
	jw_close(b, '}');
}

/* What a resource server verifies by: the signing key of that name, or the one in use. */
static bool
is_shown(const struct key_row *row, struct str kid)
{
	return str_empty(kid) ? str_is(row->state, "active") && !str_is(row->alg, "HMAC") : str_eq(row->kid, kid);
}

/*
 * On the way through the keys in the order of issuers and kids. from: "ISSUER KID" of the page
 * before, behind which this one begins; at: of the last one put; all: not only those that key.show
 * is about.
 */
struct key_walk {
	struct buf b;
	struct str from_issuer, from_kid, at;
	int64_t left;
	size_t shown;
	bool all, behind, more;
};

static bool
key_fits(const struct order *d, const struct key_walk *w, const struct key_row *k)
{
	struct str state = argument(d, "state"), alg = argument(d, "alg");

	if (str_given(alg) && !str_eq(k->alg, alg))
		return false;
	return w->all ? !str_given(state) || str_eq(k->state, state) : is_shown(k, argument(d, "kid"));
}

static bool
put_keys(struct order *d, struct key_walk *w, struct str issuer)
{
	bool at_start = !w->behind && str_eq(issuer, w->from_issuer);
	struct key_row *rows;
	size_t n;

	if (!keys_all(d->o->store, d->mem, issuer, &rows, &n))
		return false;
	for (size_t i = 0; i < n && !w->more; i++) {
		if ((at_start && str_cmp(rows[i].kid, w->from_kid) <= 0) || !key_fits(d, w, &rows[i]))
			continue;
		w->more = w->left == 0 || w->b.n > ANSWER_MAX / 2;
		if (w->more)
			break;
		put_key(d, &w->b, &rows[i]);
		w->at = ARENA_CAT(d->mem, issuer, S(" "), rows[i].kid);
		w->left--;
		w->shown++;
	}
	w->behind = w->behind || at_start;
	return true;
}

#define KEYS_LISTED 200
static bool
key_walk_begin(struct order *d, struct key_walk *w, bool all)
{
	struct str after = argument(d, "after"), rest = after;

	*w = (struct key_walk){ .from_issuer = str_cut(&rest, ' '),
		.from_kid = rest,
		.behind = !str_given(after),
		.left = KEYS_LISTED,
		.all = all };
	if (str_given(after)
	    && (!str_given(rest) || !str_has_word(d->o->issuers(d->o->ctx, d->mem), w->from_issuer, ' ')))
		return refuse(d, "give the \"after\" of the page before", "\"after\" names no place in this list");
	if (json_object_get(d->ask, "max") != NULL
	    && (!json_member_int(d->ask, "max", &w->left) || w->left < 1 || w->left > KEYS_LISTED))
		return refuse(d, "ask for more behind \"after\"", "\"max\" must be a number from 1 to %d", KEYS_LISTED);
	return true;
}

static bool
keys_tell(struct order *d, bool all)
{
	struct str one = argument(d, "issuer"), names = d->o->issuers(d->o->ctx, d->mem);
	struct key_walk w;
	bool ok = true;

	if ((str_given(one) && !issuer_is_known(d, one)) || !key_walk_begin(d, &w, all))
		return false;
	answer_open(d, &w.b);
	jw_name(&w.b, S("keys"));
	jw_open(&w.b, '[');
	for (struct str name; ok && str_given(names) && (name = str_cut(&names, ' ')).p; ) {
		bool before = !w.behind && !str_eq(name, w.from_issuer);

		if (name.n > 0 && !before && (!str_given(one) || str_eq(name, one)))
			ok = put_keys(d, &w, name);
	}
	jw_close(&w.b, ']');
	jm_bool(&w.b, S("more"), w.more);
	jm_str(&w.b, S("after"), w.more ? w.at : STR_ABSENT);
	if (!ok)
		return refuse(d, "look at the daemon's log", "the keys cannot be read from the store");
	if (!all && w.shown == 0)
		return refuse(d, "hufu key list shows all", "there is no such key");
	return answer_close(d, &w.b);
}

static bool
do_key_list(struct order *d)
{
	return keys_tell(d, true);
}

static bool
do_key_show(struct order *d)
{
	return keys_tell(d, false);
}

static bool
key_order_run(struct order *d, const struct key_order *o, const char *hint)
{
	struct str out = STR_ABSENT;
	struct buf b;

	if (!issuer_is_known(d, o->issuer))
		return false;
	if (!d->o->key_do(d->o->ctx, o, d->mem, &out))
		return refuse_why(d, hint, out);
	answer_open(d, &b);
	jm_str(&b, S("issuer"), o->issuer);
	jm_str(&b, S("kid"), out);
	return answer_close(d, &b);
}

static bool
do_key_rotate(struct order *d)
{
	bool token = json_is_true(json_object_get(d->ask, "token_key"));

	return key_order_run(d,
	    &(struct key_order){ .what = token ? KEY_ROTATE_TOKEN_KEY : KEY_ROTATE,
		.issuer = argument(d, "issuer"),
		.alg = argument(d, "alg"),
		.now = json_is_true(json_object_get(d->ask, "now")) },
	    "look at the daemon's log");
}

/* {"key": base64 of PKCS#8}: only on the control socket, which is the owner's. */
static bool
do_key_import(struct order *d)
{
	struct key_order o = { .what = KEY_IMPORT, .issuer = argument(d, "issuer"), .alg = argument(d, "alg") };

	if (!issuer_is_known(d, o.issuer))
		return false;
	if (str_empty(argument(d, "key")) || !b64_decode(d->mem, argument(d, "key"), &o.der))
		return refuse(d, "put its PKCS#8 form, in base64, into the member \"key\"", "a private key is needed");
	return key_order_run(d, &o, "give a key of the issuer's signing algorithm, or change signing_alg");
}

/*
 * Which of these issuers have the key, blank-separated; absent when the store cannot be read. Token
 * keys of all bear the same first name.
 */
static struct str
holders_of(struct order *d, struct str issuers, struct str kid)
{
	struct buf b;

	buf_init(&b, d->mem, ANSWER_MAX);
	for (struct str w; str_given(issuers) && (w = str_cut(&issuers, ' ')).p;) {
		struct key_row *rows;
		size_t n;

		if (w.n == 0)
			continue;
		if (!keys_all(d->o->store, d->mem, w, &rows, &n))
			return STR_ABSENT;
		for (size_t i = 0; i < n; i++)
			if (str_eq(rows[i].kid, kid))
				buf_printf(&b, "%s%.*s", b.n > 0 ? " " : "", STR_ARG(w));
	}
	return b.n > 0 ? buf_str(&b) : S("");
}

static bool
revoke_at(struct order *d, struct str holders, struct str kid)
{
	struct buf b;

	answer_open(d, &b);
	jw_name(&b, S("revoked"));
	jw_open(&b, '[');
	for (struct str w; str_given(holders) && (w = str_cut(&holders, ' ')).p;) {
		struct str out = STR_ABSENT;

		if (!d->o->key_do(d->o->ctx,
			&(struct key_order){ .what = KEY_REVOKE, .issuer = w, .kid = kid }, d->mem, &out))
			return refuse_why(
			    d, "look at the daemon's log; run the command again once the cause is gone", out);
		jw_open(&b, '{');
		jm_str(&b, S("issuer"), w);
		jm_str(&b, S("kid"), kid);
		jm_str(&b, S("successor"), out);
		jw_close(&b, '}');
	}
	jw_close(&b, ']');
	return answer_close(d, &b);
}

/* A key that was stolen is stolen wherever it is used: without an issuer it is revoked at all that have it. */
static bool
do_key_revoke(struct order *d)
{
	struct str issuer = argument(d, "issuer"), kid = argument(d, "kid"), holders;

	if (str_given(issuer) && !issuer_is_known(d, issuer))
		return false;
	if (str_empty(kid))
		return refuse(d, "put it into the member \"kid\"; hufu key list shows all",
		    "the id of a key is needed");
	holders = holders_of(d, str_given(issuer) ? issuer : d->o->issuers(d->o->ctx, d->mem), kid);
	if (!str_given(holders))
		return refuse(d, "look at the daemon's log", "the keys cannot be read from the store");
	if (holders.n == 0)
		return refuse(d, "hufu key list shows all", "there is no key \"%.*s\"; nothing was revoked",
		    STR_ARG(kid));
	if (str_starts(kid, S("token-key")) && str_index(holders, ' ') >= 0)
		return refuse(d, "name the issuer; each has a token key of its own",
		    "there is more than one \"%.*s\"; nothing was revoked", STR_ARG(kid));
	return revoke_at(d, holders, kid);
}

static bool
do_token_introspect(struct order *d)
{
	struct str issuer = argument(d, "issuer"), token = argument(d, "token");
	struct buf b;

	if (!issuer_is_known(d, issuer))
		return false;
	if (str_empty(token))
		return refuse(d, "put it into the member \"token\"", "a token is needed");
	answer_open(d, &b);
	jm_raw(&b, S("token"), d->o->introspect(d->o->ctx, d->mem, issuer, token));
	return answer_close(d, &b);
}

static bool
do_token_revoke(struct order *d)
{
	struct str issuer = argument(d, "issuer"), token = argument(d, "token"), why = STR_ABSENT;

	if (!issuer_is_known(d, issuer))
		return false;
	if (str_empty(token))
		return refuse(d, "put it into the member \"token\"", "a token is needed");
	d->ended = d->o->introspect(d->o->ctx, d->mem, issuer, token);
	if (!d->o->revoke(d->o->ctx, d->mem, issuer, token, &why))
		return refuse_why(d, "check the issuer and the token; nothing was revoked", why);
	return answer_ok(d);
}

static bool
do_clock_turn(struct order *d)
{
	int64_t ms;
	struct buf b;

	if (!d->o->test_clock)
		return refuse(d, "start hufud with --test-clock, in tests only",
		    "this daemon's clock cannot be turned");
	if (!json_member_int(d->ask, "ms", &ms))
		return refuse(d, "put milliseconds into the member \"ms\"", "by how much is not said");
	clock_turn_ms(ms);
	answer_open(d, &b);
	jm_int(&b, S("now"), clock_now_s());
	return answer_close(d, &b);
}

/* What asks for habits, or ends a client with its habits, must see those that were used a moment ago. */
static bool
habits_are_settled(struct order *d, struct str what)
{
	if (d->o->settle == NULL || !(str_starts(what, S("legacy.")) || str_is(what, "client.show")
	    || str_is(what, "client.delete")))
		return true;
	return d->o->settle(d->o->ctx)
	    || refuse(d, "look at free space and rights of the data directory, and at the log",
		"the store cannot be written now");
}

static bool
passwords_lent(struct order *d, struct lent *lent)
{
	struct str what = argument(d, "do"), why = STR_ABSENT;

	if (d->o->passwords == NULL || !(str_starts(what, S("user.")) || str_is(what, "realm.load")))
		return true;
	return d->o->passwords(d->o->ctx, d->mem, &lent->passwords, &why)
	    || refuse_why(d, "correct the settings (hufu config check)", why);
}

/* Clients, users, sessions: a change of clients must be in force when the answer arrives. */
static bool
do_manage(struct order *d)
{
	struct str why = STR_ABSENT, realm = argument(d, "realm");
	uint8_t key[DIGEST_SIZE];
	struct lent lent = { .issuers = d->o->issuers(d->o->ctx, d->mem), .elsewhere = STR_ABSENT,
		.derived_key = d->o->derived_key, .ctx = d->o->ctx };
	bool changed = false, ok;
	struct arena work;

	if (!habits_are_settled(d, argument(d, "do")))
		return false;
	if (d->o->elsewhere != NULL && str_given(realm))
		lent.elsewhere = d->o->elsewhere(d->o->ctx, d->mem, realm);
	if (str_is(argument(d, "do"), "realm.import") && d->o->derived_key != NULL) {
		if (!d->o->derived_key(d->o->ctx, d->mem, S("import"), key, &why))
			return refuse_why(d, "put the key-encryption key where it was", why);
		lent.import_key = key;
	}
	if (!passwords_lent(d, &lent))
		return false;
	arena_init(&work, WORK_ROOM);
	ok = manage_do(d->o->store, &work, d->ask, &lent, &d->out, &changed);
	d->out = arena_dup(d->mem, d->out);
	arena_free(&work);
	explicit_bzero(key, sizeof key);
	if (changed && !d->o->refresh(d->o->ctx, d->mem, &why)) {
		log_error("clients were changed in the store but are not in force: %.*s", STR_ARG(why));
		return refuse_why(d, "the change is stored; run hufu reload once the cause is gone", why);
	}
	return ok;
}

/* reads: it changes nothing, and is not written down. */
static const struct command { const char *name; bool (*run)(struct order *); bool reads; } commands[] = {
	{ "version", do_version, true },
	{ "status", do_status, true },
	{ "reload", do_reload, false },
	{ "upgrade", do_upgrade, false },
	{ "backup", do_backup, false },
	{ "key.list", do_key_list, true },
	{ "key.show", do_key_show, true },
	{ "key.rotate", do_key_rotate, false },
	{ "key.import", do_key_import, false },
	{ "key.revoke", do_key_revoke, false },
	{ "token.introspect", do_token_introspect, true },
	{ "token.revoke", do_token_revoke, false },
	{ "clock.turn", do_clock_turn, false },
};
static const char *const managed[] = { "client.", "resource.", "user.", "session.", "token.", "approval.", "realm.",
	"legacy.", "registration.", "ciba.", "identity." };

static bool
do_nothing(struct order *d)
{
	struct str what = argument(d, "do");

	if (d->is_long)
		return refuse(d, "send it in portions, or use hufu realm load", "an order has at most %d bytes", JSON_READ_MAX);
	if (!str_given(what))
		return refuse(d, "send {\"do\":\"status\"}", "the body is no JSON object with a member \"do\"");
	return refuse(d, "see hufu help", "there is no command \"%.*s\"", STR_ARG(what));
}

static struct command
command_of(const struct order *d)
{
	struct str what = argument(d, "do");

	for (size_t i = 0; str_given(what) && i < COUNT(commands); i++)
		if (str_is(what, commands[i].name))
			return commands[i];
	for (size_t i = 0; str_given(what) && i < COUNT(managed); i++)
		if (str_starts(what, str_of(managed[i])))
			return (struct command){ managed[i], do_manage, manage_reads(d->ask) };
	return (struct command){ NULL, do_nothing, false };
}

static bool
order_run(struct order *d, const struct http_req *q)
{
	struct command c = command_of(d);
	struct operator_act a = { .q = q, .ask = d->ask, .known = c.name != NULL, .reads = c.reads };

	if (d->o->announce && !act_announce(&a))
		return refuse_why(d, "look at free space and rights of the data directory; nothing was done",
		    SAY("what is done cannot be written down"));
	a.done = c.run(d);
	a.answer = d->out;
	a.ended = d->ended;
	act_record(&a);
	return a.done;
}

/* --- over HTTP -------------------------------------------------------------------------------- */

static void
reply(struct http_reply *r, int status, const char *type, struct str body)
{
	r->status = status;
	r->body = body;
	http_reply_header(r, "Content-Type", str_of(type));
	http_reply_header(r, "Cache-Control", S("no-store"));
}

static void
control(const struct office *o, struct http_req *q, struct http_reply *r)
{
	struct order d = { .o = o, .mem = q->mem, .ask = str_given(q->body) ? json_read(q->mem, q->body) : NULL,
		.is_long = q->body.n > JSON_READ_MAX };
	enum language asked;
	bool ok;

	if (language_read(http_header(q, "Accept-Language"), &asked))
		language_here(asked);
	ok = order_run(&d, q);
	language_as_set();
	reply(r, ok ? 200 : 400, "application/json", d.out);
}

static void
probe_ready(const struct office *o, struct http_req *q, struct http_reply *r)
{
	struct str why = STR_ABSENT;
	bool ready = o->ready(o->ctx, q->mem, &why);

	reply(r, ready ? 200 : 503, "text/plain; charset=utf-8",
	    ready ? S("ready\n") : arena_printf(q->mem, "not ready: %.*s\n", STR_ARG(why)));
}

static void
probe_metrics(const struct office *o, struct http_req *q, struct http_reply *r)
{
	struct str text = metrics_text(o->metrics, &o->sources, q->mem);

	reply(r, str_given(text) ? 200 : 500, "text/plain; version=0.0.4; charset=utf-8", text);
}

static void
probe_live(const struct office *o, struct http_req *q, struct http_reply *r)
{
	(void)o, (void)q;
	reply(r, 200, "text/plain; charset=utf-8", S("live\n"));
}

/* The newest signed head of the audit file, for whoever keeps it where the file cannot be changed with it. */
static void
probe_head(const struct office *o, struct http_req *q, struct http_reply *r)
{
	struct str head = o->audit_head != NULL ? o->audit_head(o->ctx, q->mem) : STR_ABSENT;

	if (str_given(head))
		reply(r, 200, "application/json", head);
	else
		reply(r, 404, "text/plain; charset=utf-8", S("no head is signed: audit.file is empty, or nothing was written yet\n"));
}

static const struct probe {
	const char *path;
	enum http_method method;
	bool control;
	void (*serve)(const struct office *, struct http_req *, struct http_reply *);
} probes[] = {
	{ "/livez", M_GET, false, probe_live },
	{ "/readyz", M_GET, false, probe_ready },
	{ "/metrics", M_GET, false, probe_metrics },
	{ "/audit/head", M_GET, false, probe_head },
	{ "/control", M_POST, true, control },
};

void
office_serve(const struct office *o, struct http_req *q, struct http_reply *r, bool is_control)
{
	for (const struct probe *p = probes; p < probes + COUNT(probes); p++) {
		if (!str_is(q->path, p->path) || (p->control && !is_control))
			continue;
		if (q->method == p->method || (q->method == M_HEAD && p->method == M_GET)) {
			p->serve(o, q, r);
			return;
		}
		reply(r, 405, "text/plain; charset=utf-8", S("method not allowed\n"));
		http_reply_header(r, "Allow", p->method == M_GET ? S("GET, HEAD") : S("POST"));
		return;
	}
	reply(r, 404, "text/plain; charset=utf-8", S("not found\n"));
}
