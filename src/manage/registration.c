/*
 * manage/registration.c - initial access tokens (RFC 7591 section 3): create, list, revoke; and the
 * end of clients that registered themselves and are used no more.
 */
#include "manage/manage_int.h"
#include "manage/lapse.h"

#define TOKEN_BYTES 32

/* As oauth/client/register.c looks for it. */
static struct dig32
token_digest(struct str realm, struct str text)
{
	struct dig32 d;

	SHA256(d.b, S("initial access token"), S("\0"), realm, S("\0"), text);
	return d;
}

static bool
number_read(struct job *j, const char *name, int64_t least, int64_t otherwise, int64_t *out)
{
	const json_t *v = json_object_get(j->ask, name);

	*out = v == NULL ? otherwise : json_integer_value(v);
	if (v == NULL || (json_is_integer(v) && *out >= least))
		return true;
	return job_refuse(j, "invalid", "give a number", "%s must be a whole number, at least %lld", name, (long long)least);
}

static bool
name_read(struct job *j, struct str *name)
{
	const char *wrong;

	*name = job_arg(j, "name");
	wrong = str_empty(*name) ? say("is needed") : check_realm(*name);
	if (wrong == NULL && (str_is(*name, "open") || str_is(*name, "document")))
		wrong = say("must not be open or document: that is how others come");
	return wrong == NULL
	    || job_refuse(j, "invalid", "give it a name by which you know it again", "the name of the token %s", wrong);
}

static void
token_put(struct buf *b, const struct initial_token *t)
{
	jw_open(b, '{');
	jm_str(b, S("realm"), t->realm);
	jm_str(b, S("name"), t->name);
	if (t->uses < 0)
		jm_null(b, S("uses_left"));
	else
		jm_int(b, S("uses_left"), t->uses);
	jm_int(b, S("created_s"), t->created_s);
	jm_int(b, S("expires_s"), t->expires_s);
	jw_close(b, '}');
}

bool
registration_token_create(struct job *j)
{
	struct initial_token t = { .created_s = clock_now_s() };
	struct store_op op = { .kind = OP_INITIAL_TOKEN_ADD, .initial_token = &t };
	uint8_t random[TOKEN_BYTES];
	int64_t ttl_s;
	struct str shown;
	struct buf b;

	if (!job_realm(j, &t.realm) || !name_read(j, &t.name) || !number_read(j, "uses", 1, -1, &t.uses)
	    || !number_read(j, "ttl_s", 0, 0, &ttl_s))
		return false;
	rand_bytes(random, sizeof random);
	rand_id(t.id.b);
	shown = b64url_encode(j->mem, str_span(random, sizeof random));
	explicit_bzero(random, sizeof random);
	t.digest = token_digest(t.realm, shown);
	t.expires_s = ttl_s == 0 ? 0 : t.created_s + ttl_s;
	switch (store_commit(j->store, &op, 1, NULL)) {
	case STORE_DONE: break;
	case STORE_FAILED: return job_store_failed(j);
	case STORE_LOST:
		return job_refuse(j, "exists", "choose another name, or revoke the one that is there",
		    "there is already a token \"%.*s\"", STR_ARG(t.name));
	}
	answer_open(j, &b);
	jw_name(&b, S("token"));
	token_put(&b, &t);
	jm_str(&b, S("secret"), shown);
	return answer_close(j, &b);
}

bool
registration_token_revoke(struct job *j)
{
	struct initial_token t = { .created_s = 0 };
	struct store_op op = { .kind = OP_INITIAL_TOKEN_END, .initial_token = &t };
	struct buf b;

	if (!job_realm(j, &t.realm) || !name_read(j, &t.name))
		return false;
	switch (store_commit(j->store, &op, 1, NULL)) {
	case STORE_DONE: break;
	case STORE_FAILED: return job_store_failed(j);
	case STORE_LOST:
		return job_refuse(j, "not_found", "hufu registration token-list shows those there are",
		    "there is no token \"%.*s\"", STR_ARG(t.name));
	}
	answer_open(j, &b);
	return answer_close(j, &b);
}

static int
tokens_read(struct page *p, void *rows, int max)
{
	return store_initial_tokens(p->job->store, &p->mem, *(const struct str *)p->filter, p->after, max, rows);
}

static bool
token_wanted(const struct page *p, const void *row)
{
	(void)p, (void)row;
	return true;
}

static void
token_row_put(struct page *p, const void *row)
{
	token_put(&p->out, row);
}

static struct str
token_key(struct page *p, const void *row)
{
	return arena_dup(p->job->mem, ((const struct initial_token *)row)->name);
}

bool
registration_token_list(struct job *j)
{
	static const struct paged tokens = { "tokens", sizeof(struct initial_token), tokens_read, token_wanted,
		token_row_put, token_key };
	struct str realm;

	return job_realm(j, &realm) && page_answer(j, &tokens, &realm);
}

/* --- leases ----------------------------------------------------------------------------------- */

/* Used at this very moment, it stays: the first operation is lost then. */
static bool
client_lapses(struct store *s, struct str elsewhere, const struct registration *r, int64_t now_s)
{
	struct client k = { .realm = r->realm, .id = r->client };
	struct store_op ops[] = { { .kind = OP_REGISTRATION_END, .registration = { r, 0, now_s } },
		{ .kind = OP_CLIENT_DELETE, .gone = { &k, elsewhere } } };

	return store_commit(s, ops, COUNT(ops), NULL) == STORE_DONE;
}

static void
lapsed_record(const struct registration *rows, const bool *gone, int n)
{
	struct record_list names;
	struct record r;

	record_begin(&r, EV_client_lapsed);
	record_list_open(&r, &names, "client_names");
	for (int i = 0; i < n; i++)
		if (gone[i])
			record_list_add(&r, &names, rows[i].client);
	record_list_close(&r, &names);
	record_end(&r);
}

int
registrations_lapse(struct store *s, const struct lapse *l, int64_t now_s)
{
	struct registration rows[LAPSE_MAX];
	const struct registration_walk walk = { .over_s = now_s };
	bool gone[LAPSE_MAX];
	struct arena mem;
	int n, all = 0;

	arena_init(&mem, 1u << 20);
	n = store_registrations(s, &mem, &walk, LAPSE_MAX, rows);
	for (int i = 0; i < n; i++) {
		gone[i] = client_lapses(s, l->elsewhere(l->ctx, &mem, rows[i].realm), &rows[i], now_s);
		all += gone[i];
	}
	if (all > 0)
		lapsed_record(rows, gone, n);
	arena_free(&mem);
	return all;
}
