/*
 * oauth/token/status_list.c - a status list, made and signed, and the list of the lists.
 * draft-ietf-oauth-status-list-21 sections 4, 5.1, 8.2, 9.
 */
#include <zlib.h>

#include "oauth/status_lists.h"
#include "oauth/token/token.h"

#define BYTES       (STATUS_PLACES / 8)
#define PAGE        4096                /* rows read at a time: no reader is held for the whole of a list */
#define WORK_MAX    (4 * 1024 * 1024)
#define ASK_MAX     (256 * 1024)
#define GZIP        (15 + 16)           /* zlib's word for the largest window, in the form of RFC 1952 */
#define MEM_LEVEL   8                   /* zlib's own default */
#define TAG_BYTES   12
#define LISTS_MAX   4096
#define LISTS_BYTES (2 * 1024 * 1024)

/* A list in the making; mem is its own, so that a call's is not filled by it. */
struct making { struct call *c; struct arena *mem; int64_t list; uint8_t *bits; };

/* --- which have ended --------------------------------------------------------------------------- */

static void
bit_set(struct making *m, int64_t idx)
{
	if (idx >= 0 && idx < STATUS_PLACES)
		m->bits[idx / 8] |= (uint8_t)(1u << idx % 8);       /* section 4.1: from the least significant on */
}

/* It was exchanged for a token: that one, and what that was exchanged for, are asked as introspection asks them. */
static bool
exchanged_is_judged(struct making *m, const struct status_ended *row)
{
	struct call asks = *m->c;
	struct family f;
	struct arena mem;

	arena_init(&mem, ASK_MAX);
	asks.mem = &mem;
	if (!family_is_alive(&asks, &row->family, &f) && asks.why == R_NONE)
		bit_set(m, row->idx);
	arena_free(&mem);
	return asks.why == R_NONE || fail(m->c, asks.why, S("status list"));
}

static bool
ended_are_marked(struct making *m)
{
	const struct issuer *i = m->c->issuer;
	struct status_walk w = { .issuer = i->name, .realm = realm_name(i->realm), .list = m->list, .after = -1,
		.refresh_ends = i->policy->refresh.kills_access };
	struct status_ended *rows = arena_array(m->mem, struct status_ended, PAGE);
	int n = PAGE;

	if (rows == NULL)
		return fail(m->c, R_INTERNAL, S("memory"));
	while (n == PAGE) {
		n = store_status_ended(m->c->svc->store, m->mem, &w, PAGE, rows);
		if (n < 0)
			return fail(m->c, R_STORE, S("read"));
		for (int k = 0; k < n; k++) {
			w.after = rows[k].idx;
			if (id_none(&rows[k].family))
				bit_set(m, rows[k].idx);
			else if (!exchanged_is_judged(m, &rows[k]))
				return false;
		}
	}
	return true;
}

/* --- the token: section 5.1 --------------------------------------------------------------------- */

static struct str
compressed(struct making *m)
{
	uLongf n = compressBound(BYTES);
	Bytef *out = arena_alloc(m->mem, n);

	if (out == NULL || compress2(out, &n, m->bits, BYTES, Z_BEST_COMPRESSION) != Z_OK)
		return STR_ABSENT;
	return b64url_encode(m->mem, str_span(out, n));
}

static struct str
uri_of(struct arena *mem, const struct issuer *i, int64_t list)
{
	return arena_printf(mem, "%.*s/%lld", STR_ARG(i->status_lists), (long long)list);
}

static struct str
claims_of(struct making *m, struct str lst, int64_t made_s)
{
	const struct issuer *i = m->c->issuer;
	int64_t ttl_s = i->policy->token.status_list_ttl_s;
	struct buf b;

	buf_init(&b, m->mem, JWT_CLAIMS_MAX);
	jw_open(&b, '{');
	jm_str(&b, S("iss"), i->url);
	jm_str(&b, S("sub"), uri_of(m->mem, i, m->list));
	jm_int(&b, S("iat"), made_s);
	jm_int(&b, S("exp"), made_s + STATUS_EXP_S(ttl_s));
	jm_int(&b, S("ttl"), ttl_s);
	jw_name(&b, S("status_list"));
	jw_open(&b, '{');
	jm_int(&b, S("bits"), 1);
	jm_str(&b, S("lst"), lst);
	jm_str(&b, S("aggregation_uri"), i->status_lists);
	jw_close(&b, '}');
	jw_close(&b, '}');
	return b.full || !str_given(lst) ? STR_ABSENT : buf_str(&b);
}

static bool
list_is_signed(struct making *m, int64_t made_s, struct str *out)
{
	const struct policy *policy = m->c->issuer->policy;
	const struct key *key = keyring_signer(m->c->issuer->keys, policy->token.signing_alg);
	struct jwt_form form = { .typ = S("statuslist+jwt"), .with_kid = true };
	struct str claims = claims_of(m, compressed(m), made_s);

	return (key != NULL && str_given(claims) && sign_bounded(m->mem, key, &form, claims, out))
	    || fail(m->c, R_INTERNAL, SAY("the status list cannot be signed"));
}

/*
 * As it is sent to who takes gzip (section 8.2): of the base64url a quarter goes. Once for each version of a list, and
 * so is its tag.
 */
static struct str
gzipped(struct arena *mem, struct str text)
{
	z_stream z = { .next_in = (Bytef *)text.p, .avail_in = (uInt)text.n };
	struct str out = STR_ABSENT;
	uLong n;
	Bytef *bytes;

	if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, GZIP, MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		return out;
	n = deflateBound(&z, text.n);
	bytes = arena_alloc(mem, n);
	z.next_out = bytes;
	z.avail_out = (uInt)n;
	if (bytes != NULL && deflate(&z, Z_FINISH) == Z_STREAM_END)
		out = str_span(bytes, z.total_out);
	deflateEnd(&z);
	return out;
}

static bool
list_is_made(struct making *m, struct str text, int64_t made_ms, struct made_list *out)
{
	struct dig32 tag;

	SHA256(tag.b, text);
	*out = (struct made_list){ .text = text, .gzip = gzipped(m->mem, text),
		.tag = b64url_encode(m->mem, str_span(tag.b, TAG_BYTES)), .made_ms = made_ms };
	return (str_given(out->gzip) && str_given(out->tag)) || fail(m->c, R_INTERNAL, S("memory"));
}

/* --- asked for ---------------------------------------------------------------------------------- */

/* A list of another key or at another address is another one. */
static bool
list_named(const struct call *c, int64_t *list, struct dig32 *what)
{
	const struct issuer *i = c->issuer;
	const struct key *key = keyring_signer(i->keys, i->policy->token.signing_alg);

	if (!str_given(i->status_lists) || !str_int(c->list_asked, list) || *list <= 0)
		return false;
	SHA256(what->b, i->name, S("\0"), i->status_lists, S("\0"), c->list_asked, S("\0"),
	    str_of(key != NULL ? key->kid : ""));
	return true;
}

bool
status_list_is_kept(struct call *c)
{
	int64_t list, kept_ms = STATUS_KEPT_S(c->issuer->policy->token.status_list_ttl_s) * 1000;
	struct dig32 what;

	return !list_named(c, &list, &what)
	    || status_kept_find(c->svc->status_lists, c->mem, &what, clock_now_ms() - kept_ms, &c->list);
}

static bool
list_make(struct making *m, const struct dig32 *what)
{
	struct call *c = m->c;
	int64_t made_ms = clock_now_ms();       /* what ends from now on may be missing */
	struct status_list known;
	struct made_list made;
	struct str text;

	if (!store_answered(c, store_status_list(c->svc->store, c->issuer->name, m->list, &known)))
		return fail(c, R_NOT_FOUND, SAY("there is no such status list"));
	m->bits = arena_calloc(m->mem, BYTES, 1);
	if (m->bits == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	if (!ended_are_marked(m) || !list_is_signed(m, made_ms / 1000, &text) || !list_is_made(m, text, made_ms, &made))
		return false;
	status_kept_put(c->svc->status_lists, what, &made);
	return made_list_copy(c->mem, &made, &c->list) || fail(c, R_INTERNAL, S("memory"));
}

struct answer
status_list_endpoint(struct call *c)
{
	struct answer a = { .kind = ANS_DOCUMENT, .document = { .type = S(STATUS_TYPE) } };
	struct making m = { .c = c };
	struct dig32 what;
	struct arena mem;

	if (!list_named(c, &m.list, &what)) {
		fail(c, R_NOT_FOUND, STR_ABSENT);
		return answer_fault(c);
	}
	arena_init(&mem, WORK_MAX);
	m.mem = &mem;
	if (!str_given(c->list.text) && !status_list_is_kept(c))        /* somebody has made it while this one waited */
		(void)list_make(&m, &what);
	arena_free(&mem);
	if (!str_given(c->list.text))
		return answer_fault(c);
	a.document.body = c->list.text;
	a.document.gzip = c->list.gzip;
	a.document.tag = c->list.tag;
	a.document.max_age_s = STATUS_KEPT_S(c->issuer->policy->token.status_list_ttl_s)
	    - (clock_now_ms() - c->list.made_ms) / 1000;
	return a;
}

/* Section 9.3. */
struct answer
status_lists_endpoint(struct call *c)
{
	struct answer a = { .kind = ANS_DOCUMENT, .document = { .type = S("application/json") } };
	int64_t *lists = arena_array(c->mem, int64_t, LISTS_MAX);
	struct buf b;
	int n;

	if (!str_given(c->issuer->status_lists)) {
		fail(c, R_NOT_FOUND, STR_ABSENT);
		return answer_fault(c);
	}
	n = lists != NULL ? store_status_lists(c->svc->store, c->issuer->name, 0, LISTS_MAX, lists) : 0;
	buf_init(&b, c->mem, LISTS_BYTES);
	jw_open(&b, '{');
	jw_name(&b, S("status_lists"));
	jw_open(&b, '[');
	for (int k = 0; k < n; k++)
		ja_str(&b, uri_of(c->mem, c->issuer, lists[k]));
	jw_close(&b, ']');
	jw_close(&b, '}');
	if (n < 0)
		fail(c, R_STORE, S("read"));
	else if (n == LISTS_MAX || lists == NULL || b.full)
		fail(c, R_INTERNAL, SAY("there are more status lists than one document names"));
	if (c->why != R_NONE)
		return answer_fault(c);
	a.document.body = buf_str(&b);
	a.document.max_age_s = STATUS_KEPT_S(c->issuer->policy->token.status_list_ttl_s);
	return a;
}
