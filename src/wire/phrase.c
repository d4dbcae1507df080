/* wire/phrase.c - how a dialect words a reason, and the OAuth error body. RFC 6749 section 5.2. */
#include "wire/wire_int.h"


/* Which of two client credentials failed: oauth/ names Basic when it was; the form is looked at first. */
static bool
basic_failed(const struct exchange *x, enum reason why)
{
	if (why == R_CLIENT_MALFORMED || why == R_CLIENT_NONE || !x->form_tried)
		return true;
	return x->c.evidence.basic_sent && str_is(x->c.offender, "basic");
}

static bool
applies(const struct exchange *x, const struct phrase *p)
{
	switch (p->when) {
	case ALWAYS:         return true;
	case WHEN_FORM:      return !basic_failed(x, p->why);
	case WHEN_BASIC_SENT: return x->c.evidence.basic_sent;
	case WHEN_TOKEN_GET:
		return exchange_endpoint(x) == EP_TOKEN && (x->q->method == M_GET || x->q->method == M_HEAD);
	case WHEN_BARE:      return x->bare_authorization;
	case WHEN_IN_QUERY:  return x->query_refused;
	case WHEN_WRAPPED:   return x->mount->style.client_errors_wrapped && basic_failed(x, p->why);
	case WHEN_DISTINCT:  return x->mount->issuer->policy->session.distinct_login_errors;
	case WHEN_NOT_NAMED: return !x->form_tried && !x->c.evidence.basic_sent;
	case WHEN_SMS:       return x->c.grant == &grant_sms || exchange_endpoint(x) == EP_SMS_LOGIN;
	case WHEN_URIS_LISTED: return x->mount->style.registered_uris_in_errors;
	case WHEN_AUTHORIZE: return exchange_endpoint(x) == EP_AUTHORIZE || exchange_endpoint(x) == EP_CONSENT;
	}
	return false;
}

static const struct phrase *
phrase_find(const struct exchange *x, enum reason why)
{
	for (size_t i = 0; i < COUNT(x->w->phrases) && x->w->phrases[i] != NULL; i++)
		for (const struct phrase *p = x->w->phrases[i]; p->why != R_NONE; p++)
			if (p->why == why && applies(x, p))
				return p;
	return NULL;
}

static int
by_bytes(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Separated by blanks or by line feeds. */
static struct str *
words_split(struct arena *mem, struct str words, size_t *n)
{
	char sep = str_index(words, '\n') >= 0 ? '\n' : ' ';
	struct str *at = arena_array(mem, struct str, *n = str_words(words, sep, NULL));

	if (at == NULL)
		return NULL;
	str_words(words, sep, at);
	qsort(at, *n, sizeof(at[0]), by_bytes);
	return at;
}

/* Distinct ones, in order, with sep between them. */
static struct str
words_print(struct arena *mem, struct str words, const char *open, const char *sep, const char *end)
{
	size_t n;
	struct str *at = words_split(mem, words, &n);
	struct buf b;

	if (at == NULL)
		return STR_ABSENT;
	buf_init(&b, mem, words.n * 2 + 8);
	buf_put(&b, str_of(open));
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && str_eq(at[i], at[i - 1]))
			continue;
		if (i > 0)
			buf_put(&b, str_of(sep));
		buf_put(&b, at[i]);
	}
	buf_put(&b, str_of(end));
	return body_of(&b);
}

struct str
java_set(struct arena *mem, struct str words)
{
	return words_print(mem, words, "[", ", ", "]");
}

struct str
words_sorted(struct arena *mem, struct str words)
{
	return words_print(mem, words, "", " ", "");
}

static struct str
value_shown(const struct exchange *x, const struct phrase *p)
{
	if (p->shows == P_COUNT)
		return x->c.offender;
	return x->c.arg[p->shows];
}

static struct str
registered_uris(const struct exchange *x)
{
	return x->c.client ? x->c.client->redirect_uris : S("");
}

/* text with {}, {set} and {uris} filled in. */
static struct str
fill(struct exchange *x, const struct phrase *p, struct str text)
{
	struct str value = value_shown(x, p);
	struct buf b;

	if (str_index(text, '{') < 0)
		return text;
	buf_init(&b, x->q->mem, BODY_MAX);
	for (size_t i = 0; i < text.n;) {
		struct str rest = str_from(text, i);

		if (str_starts(rest, S("{}"))) {
			buf_put(&b, str_given(value) ? value : S("null"));
			i += 2;
		} else if (str_starts(rest, S("{set}"))) {
			buf_put(&b, java_set(x->q->mem, value));
			i += 5;
		} else if (str_starts(rest, S("{uris}"))) {
			buf_put(&b, java_set(x->q->mem, registered_uris(x)));
			i += 6;
		} else {
			buf_putc(&b, text.p[i++]);
		}
	}
	return body_of(&b);
}

static enum language
language_of_page(const struct exchange *x)
{
	return x->lang == LANG_ZH ? LANGUAGE_CHINESE : LANGUAGE_ENGLISH;
}

static struct wording
wording_by_default(const struct exchange *x, enum reason why)
{
	const struct reason_row *r = &reason_rows[why];
	bool bearer = why == R_BEARER || why == R_BEARER_NO_OPENID || why == R_BEARER_NO_USER
	    || why == R_BEARER_UNPROVEN || why == R_BEARER_PROOF || why == R_BEARER_NONCE || why == R_BEARER_STEP_UP
	    || why == R_BEARER_AUDIENCE || why == R_BEARER_SCOPE || why == R_REGISTRATION_TOKEN,
	     basic = r->status == 401 && x->w->basic_realm;

	return (struct wording){ .why = why,
		.status = r->status,
		.error = str_of(r->error),
		.text = str_of(r->text),
		.shown = str_of(sentence_in(language_of_page(x), r->text)),
		.challenge = bearer ? CH_BEARER
		    : basic         ? CH_BASIC
				    : CH_NONE };
}

static bool
chinese_is_preferred(const struct exchange *x)
{
	static const char *const tags[] = { "en", "zh-CN" };

	return accept_language(http_header(x->q, "Accept-Language"), tags, 2, 0) == 1;
}

static void
reword_by(const struct exchange *x, const struct reword *r, struct wording *s)
{
	const char *text = r->zh && chinese_is_preferred(x) ? r->zh : r->text;

	if (r->status)
		s->status = r->status;
	if (r->error)
		s->error = str_of(r->error);
	if (text)
		s->text = str_of(text);
	if (x->lang == LANG_ZH && r->zh)
		s->shown = str_of(r->zh);
	if (r->code)
		s->code = r->code;
}

static void
reword_code(const struct exchange *x, struct str code, struct wording *s)
{
	for (const struct reword *r = x->w->rewords; r->of != NULL; r++)
		if (r->of[0] != '\0' && str_is(code, r->of))
			reword_by(x, r, s);
}

/* No such address, method or media type: the RFCs have no error code of their own for that. */
static bool
is_of_transport(enum reason why)
{
	int status = reason_rows[why].status;

	return status == 404 || status == 405 || status == 415;
}

/* First what is said of the RFC's error code, then of the dialect's, then of the reason itself. */
static void
reword(const struct exchange *x, struct wording *s)
{
	struct str was = s->error, rfc = str_of(reason_rows[s->why].error);

	if (!is_of_transport(s->why))
		reword_code(x, rfc, s);
	if (!str_eq(was, rfc))
		reword_code(x, was, s);
	for (const struct reword *r = x->w->rewords; r->of != NULL; r++)
		if (r->of[0] == '\0' && r->why == s->why)
			reword_by(x, r, s);
}

struct wording
phrase_of(struct exchange *x, enum reason why)
{
	const struct phrase *p = phrase_find(x, why);
	struct wording s = wording_by_default(x, why);
	const char *text;

	if (p != NULL) {
		text = x->mount->style.echo_values_in_errors && p->echo ? p->echo : p->text;
		if (p->zh && chinese_is_preferred(x))
			text = p->zh;
		s = (struct wording){ .why = why,
			.status = p->status,
			.error = str_of(p->error),
			.shape = p->shape,
			.challenge = p->challenge,
			.shown = s.shown };
		if (x->lang == LANG_ZH && p->zh)
			s.shown = fill(x, p, str_of(p->zh));
		s.text = fill(x, p, str_of(text));
		s.without_allow = p->without_allow;
	}
	s.allowed = str_given(x->c.allowed) ? scope_out(x, x->c.allowed) : STR_ABSENT;
	if (x->w->rewords)
		reword(x, &s);
	/* the dialect's own words are English; in Chinese it seldom has any, and those are Simplified Chinese */
	if (x->lang == LANG_EN || (x->lang != LANG_ZH && !chinese_is_preferred(x)))
		s.shown = s.text;
	return s;
}

/* --- bodies ----------------------------------------------------------------------------------- */

struct str
fault_rfc6749(struct exchange *x, const struct wording *s)
{
	struct buf b;

	buf_init(&b, x->q->mem, BODY_MAX);
	jw_open(&b, '{');
	jm_str(&b, S("error"), s->error);
	jm_str(&b, S("error_description"), s->text);
	jw_close(&b, '}');
	return body_of(&b);
}

/* The code alone; the text when the issuer asks for it. */
struct str
fault_error_only(struct exchange *x, const struct wording *s)
{
	struct buf b;

	if (x->mount->style.error_descriptions)
		return fault_rfc6749(x, s);
	buf_init(&b, x->q->mem, BODY_MAX);
	jw_open(&b, '{');
	jm_str(&b, S("error"), s->error);
	jw_close(&b, '}');
	return body_of(&b);
}
