/* outbound/sms_sender.c - text messages as errands: kept as words, made into a request at each try. */
#include "outbound/sms.h"

/* The four lines of a payload. */
struct words { struct str gateway; struct sms_message m; };

static bool
words_read(struct str payload, struct words *w)
{
	w->gateway = str_cut(&payload, '\n');
	w->m.phone = str_cut(&payload, '\n');
	w->m.code = str_cut(&payload, '\n');
	return str_int(payload, &w->m.minutes) && w->m.code.n > 0;
}

static struct str
neighbour_of(struct arena *mem, struct str payload)
{
	(void)mem;
	return str_cut(&payload, '\n');
}

static enum errand_end
print_on_terminal(const struct sms_message *m)
{
	printf(say("SMS to %.*s: your code is %.*s\n"), STR_ARG(m->phone), STR_ARG(m->code));
	fflush(stdout);
	return ERRAND_DONE;
}

/* What was surely not handed over may be tried again; everything else may have arrived. */
static enum errand_end
ask_gateway(struct arena *mem, const struct sms_gateway *g, const struct sms_message *m, struct errand_report *r)
{
	struct outbound_answer a = { 0 };
	struct outbound_ask ask;
	uint8_t raw[16];

	rand_bytes(raw, sizeof raw);
	r->wrong = say("memory is exhausted");
	if (!sms_request(mem, g, m, clock_now_s(), hex_encode(mem, str_span(raw, sizeof raw)), &ask))
		return ERRAND_REFUSED;
	r->wrong = outbound_do(mem, &g->rules, &ask, &a) ? sms_refusal(mem, g, &a) : a.trouble;
	r->status = a.status;
	return r->wrong == NULL ? ERRAND_DONE : a.unheard ? ERRAND_LATER : ERRAND_REFUSED;
}

/* Neither number nor code is logged: the number is personal, the code opens an account. */
static enum errand_end
send(struct arena *mem, struct str payload, const struct outbox_issuer *i, struct errand_report *r)
{
	struct words w;

	r->wrong = say("its issuer has no gateway any more");
	if (i->gateway == NULL || !words_read(payload, &w))
		return ERRAND_REFUSED;
	return i->gateway->kind == SMS_LOG ? print_on_terminal(&w.m) : ask_gateway(mem, i->gateway, &w.m, r);
}

const struct outbox_kind sms_outbox = {
	.letter = 's', .longest_s = 60, .at_most_once = true, .plural = "text messages", .line = "SMS gateway",
	.neighbour = neighbour_of, .shown = neighbour_of, .send = send,
};

struct errand *
sms_prepare(struct arena *mem, struct outbox *o, struct str issuer, const struct sms_gateway *g,
    const struct sms_message *m, int64_t not_after_s)
{
	struct str minutes = arena_printf(mem, "%lld", (long long)m->minutes);
	struct str payload = ARENA_CAT(mem, g->name, S("\n"), m->phone, S("\n"), m->code, S("\n"), minutes);

	return o != NULL && str_given(payload) ? outbox_prepare(o, issuer, payload, not_after_s) : NULL;
}
