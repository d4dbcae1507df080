/* http/forwarded.c - client address and scheme behind trusted proxies: X-Forwarded-For, X-Forwarded-Proto. */
#include "http/http_int.h"

#define HOPS_MAX 16

static bool
is_trusted(const struct block *trusted, size_t n, const struct address *a)
{
	for (size_t i = 0; i < n; i++)
		if (block_has(&trusted[i], a))
			return true;
	return false;
}

/* From the right: each proxy appended whom it heard, so the first one that is not ours is the client as far as anyone
 * we trust can tell. Something unreadable ends the walk at the hop that wrote it. */
struct str
forwarded_client(struct arena *mem, struct str list, struct str peer, const struct block *trusted, size_t n)
{
	struct str best = peer;
	struct address a;
	char text[ADDRESS_TEXT];

	for (int hop = 0; hop < HOPS_MAX && !str_empty(list); hop++) {
		ptrdiff_t comma = str_rindex(list, ',');
		struct str one = str_from(list, (size_t)(comma + 1));

		list = comma < 0 ? STR_ABSENT : str_sub(list, 0, (size_t)comma);
		if (!address_read(one, &a))
			break;
		best = arena_dup(mem, str_span(text, address_write(&a, text)));
		if (!is_trusted(trusted, n, &a))
			break;
	}
	return str_given(best) ? best : peer;
}

struct joined { struct buf for_list; struct str proto; };

static enum MHD_Result
on_field(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_n, const char *value, size_t value_n)
{
	struct joined *j = cls;
	struct str n = str_span(name, name_n), v = str_span(value ? value : "", value ? value_n : 0);

	(void)kind;
	if (str_eq_nocase(n, S("X-Forwarded-For"))) {
		if (j->for_list.n > 0)
			buf_putc(&j->for_list, ',');
		buf_put(&j->for_list, v);
	}
	if (str_eq_nocase(n, S("X-Forwarded-Proto")))
		j->proto = v;
	return MHD_YES;
}

bool
conn_is_proxied(const struct request *rq)
{
	return !rq->conn->unix_peer && terms_trust(rq->terms, &rq->conn->addr);
}

void
forwarded_read(struct request *rq)
{
	const struct terms *t = rq->terms;
	const struct conn *c = rq->conn;
	bool proxied = conn_is_proxied(rq);
	struct joined j = { 0 };
	struct address named;
	ptrdiff_t comma;

	rq->q.peer = conn_peer(rq->conn);
	rq->q.peer_is_shared = c->unix_peer || proxied;
	rq->q.proxied = proxied;
	rq->q.secure = c->site->tls;
	if (!proxied)
		return;
	buf_init(&j.for_list, &rq->mem, rq->io->server->conf.header_max);
	MHD_get_connection_values_n(rq->mhd, MHD_HEADER_KIND, on_field, &j);
	rq->q.peer = forwarded_client(&rq->mem, buf_str(&j.for_list), rq->q.peer, t->trusted, t->n_trusted);
	rq->q.peer_is_shared =
	    address_read(rq->q.peer, &named) && is_trusted(t->trusted, t->n_trusted, &named);
	comma = str_rindex(j.proto, ',');       /* the last word is our own proxy's */
	if (str_eq_nocase(str_trim(str_from(j.proto, (size_t)(comma + 1))), S("https")))
		rq->q.secure = true;
}
