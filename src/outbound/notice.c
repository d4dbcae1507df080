/* outbound/notice.c - notices of a logout as errands: written down as address and tokens. */
#include "outbound/notice.h"

#define TOTAL_MS 3000

struct str
notice_url(struct arena *mem, struct str url, struct str tokens)
{
	struct str base = str_cut(&url, '#');
	struct buf b;

	buf_init(&b, mem, URL_MAX);
	buf_put(&b, base);
	if (str_index(base, '?') < 0)
		buf_putc(&b, '?');
	else if (!str_ends(base, S("?")) && !str_ends(base, S("&")))
		buf_putc(&b, '&');
	buf_put(&b, S("tokens="));
	pct_encode(&b, tokens, S(","));
	return b.full ? STR_ABSENT : buf_str(&b);
}

/* --- what an outbox asks of its kind: a payload is the address, a line end, the tokens -------- */

static struct str
shown_of(struct arena *mem, struct str payload)
{
	(void)mem;
	return errand_shown(str_cut(&payload, '\n'));
}

/* Applications of one server share its queue. */
static struct str
neighbour_of(struct arena *mem, struct str payload)
{
	return outbound_neighbour(mem, str_cut(&payload, '\n'));
}

static enum errand_end
send(struct arena *mem, struct str payload, const struct outbox_issuer *i, struct errand_report *r)
{
	const struct outbound_rules rules = errand_rules(i, TOTAL_MS);
	struct str url = str_cut(&payload, '\n');
	struct outbound_ask ask = { .method = S("GET"), .url = notice_url(mem, url, payload) };

	r->wrong = outbound_url_trouble(url, &rules);
	if (r->wrong != NULL)
		return ERRAND_REFUSED;
	return errand_ask(mem, &rules, &ask, r);
}

const struct outbox_kind notice_outbox = {
	.letter = 'n', .longest_s = TOTAL_MS / 1000, .plural = "notices of a logout", .line = "notice of a logout to",
	.neighbour = neighbour_of, .shown = shown_of, .send = send,
};

struct errand *
notice_prepare(struct arena *mem, struct outbox *o, struct str issuer, struct str url, struct str tokens, int64_t now_s)
{
	struct str payload = ARENA_CAT(mem, url, S("\n"), tokens);

	return str_given(payload) ? outbox_prepare(o, issuer, payload, now_s + NOTICE_KEEP_S) : NULL;
}
