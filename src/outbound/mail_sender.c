/* outbound/mail_sender.c - mail as errands: kept as words, made into a message at each try. */
#include "outbound/mail.h"

/* JSON, since words may hold anything but what an address cannot. */
static struct str
words_write(struct arena *mem, const struct mail_words *w, struct str id)
{
	struct buf b;

	buf_init(&b, mem, 16384);
	jw_open(&b, '{');
	jm_str(&b, S("id"), id);
	jm_int(&b, S("at"), clock_now_s());
	jm_str(&b, S("what"), w->what);
	jm_str(&b, S("to"), w->to);
	jm_str(&b, S("lang"), w->lang);
	jm_str(&b, S("name"), w->name);
	jm_str(&b, S("link"), w->link);
	jm_str(&b, S("code"), w->code);
	jm_int(&b, S("minutes"), w->minutes);
	jw_close(&b, '}');
	return b.full ? STR_ABSENT : buf_str(&b);
}

static int64_t
number_of(const json_t *words, const char *name)
{
	return json_integer_value(json_object_get(words, name));
}

static bool
words_read(struct arena *mem, struct str payload, struct mail_words *w, struct mail_letter *m)
{
	const json_t *words = json_read(mem, payload);

	*w = (struct mail_words){ json_member_str(words, "what"), json_member_str(words, "to"),
		json_member_str(words, "lang"), json_member_str(words, "name"), json_member_str(words, "link"),
		json_member_str(words, "code"), number_of(words, "minutes") };
	*m = (struct mail_letter){ .to = w->to, .id = json_member_str(words, "id"), .at_s = number_of(words, "at") };
	return str_given(w->what) && str_given(w->to) && str_given(m->id);
}

/* There is one server for all. */
static struct str
neighbour_of(struct arena *mem, struct str payload)
{
	(void)mem;
	(void)payload;
	return S("mail");
}

/* What it is about; whom it is for is personal. */
static struct str
shown_of(struct arena *mem, struct str payload)
{
	struct mail_words w;
	struct mail_letter m;

	return words_read(mem, payload, &w, &m) ? arena_dup(mem, w.what) : S("mail");
}

static enum errand_end
print_on_terminal(const struct mail_letter *m)
{
	printf(say("Mail to %.*s: %.*s\n%.*s\n"), STR_ARG(m->to), STR_ARG(m->said.subject), STR_ARG(m->said.text));
	fflush(stdout);
	return ERRAND_DONE;
}

static enum errand_end
send(struct arena *mem, struct str payload, const struct outbox_issuer *i, struct errand_report *r)
{
	struct mail_report report = { .status = 0 };
	struct mail_words w;
	struct mail_letter m;
	enum errand_end end;

	r->wrong = say("its issuer has no mail server any more");
	if (i->mail.server == NULL || !words_read(mem, payload, &w, &m))
		return ERRAND_REFUSED;
	r->wrong = say("memory is exhausted");
	m.sender = i->mail.sender;
	if (!i->mail.render(i->mail.ctx, mem, &w, &m.said))
		return ERRAND_LATER;
	if (i->mail.server->terminal)
		return print_on_terminal(&m);
	end = mail_hand_over(mem, i->mail.server, &m, &report);
	r->wrong = report.wrong;
	r->status = report.status;
	return end;
}

const struct outbox_kind mail_outbox = {
	.letter = 'm', .longest_s = 300, .plural = "mails", .line = "mail server, mail of kind",
	.neighbour = neighbour_of, .shown = shown_of, .send = send,
};

struct errand *
mail_prepare(struct arena *mem, struct outbox *o, struct str issuer, const struct mail_words *w, int64_t not_after_s)
{
	uint8_t raw[16];
	struct str payload;

	if (o == NULL || !mail_address_ok(w->to))
		return NULL;
	rand_bytes(raw, sizeof raw);
	payload = words_write(mem, w, hex_encode(mem, str_span(raw, sizeof raw)));
	return str_given(payload) ? outbox_prepare(o, issuer, payload, not_after_s) : NULL;
}
