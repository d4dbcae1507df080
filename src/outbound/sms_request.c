/*
 * outbound/sms_request.c - the HTTP request that carries a code: a template, a signed webhook, or
 * one of the two clouds' SendSms.
 */
#include "outbound/sms.h"

#include <time.h>

#define REQUEST_MAX 16384

/* Values are digits, so they fit into JSON, a form or a URL as they are. */
static struct str
fill(struct arena *mem, struct str text, const struct sms_message *m)
{
	struct str minutes = arena_printf(mem, "%lld", (long long)m->minutes);
	const struct {
		struct str hole, value;
	} holes[] = { { S("{phone}"), m->phone }, { S("{code}"), m->code }, { S("{minutes}"), minutes } };
	struct buf b;

	buf_init(&b, mem, REQUEST_MAX);
	for (size_t i = 0; i < text.n;) {
		size_t h = 0;

		while (h < COUNT(holes) && !str_starts(str_from(text, i), holes[h].hole))
			h++;
		if (h < COUNT(holes)) {
			buf_put(&b, holes[h].value);
			i += holes[h].hole.n;
		} else {
			buf_putc(&b, text.p[i++]);
		}
	}
	return b.full ? STR_ABSENT : buf_str(&b);
}

static void
add(struct outbound_ask *a, struct str header)
{
	if (a->n_headers < OUTBOUND_HEADERS_MAX)
		a->headers[a->n_headers++] = header;
}

static void
by_template(struct arena *mem, const struct sms_gateway *g, const struct sms_message *m, struct outbound_ask *a)
{
	a->method = str_empty(g->method) ? S("POST") : g->method;
	a->url = fill(mem, g->url, m);
	a->body = fill(mem, g->body, m);
	for (size_t i = 0; i < g->n_headers; i++)
		add(a, g->headers[i]);
}

/*
 * A secret signs the body, so that the receiver knows who asks: X-Hufu-Signature:
 * t=TIME,v1=HMAC-SHA256(secret, TIME.BODY).
 */
static void
by_webhook(struct arena *mem, const struct sms_gateway *g, const struct sms_message *m, int64_t now_s,
    struct outbound_ask *a)
{
	struct str now = arena_printf(mem, "%lld", (long long)now_s);
	uint8_t mac[DIGEST_SIZE];

	a->method = S("POST");
	a->url = g->url;
	a->body = fill(mem, S("{\"phone\":\"{phone}\",\"code\":\"{code}\",\"minutes\":{minutes}}"), m);
	add(a, S("Content-Type: application/json"));
	for (size_t i = 0; i < g->n_headers; i++)
		add(a, g->headers[i]);
	if (str_empty(g->secret))
		return;
	HMAC256(mac, g->secret, now, S("."), a->body);
	add(a, ARENA_CAT(mem, S("X-Hufu-Signature: t="), now, S(",v1="), hex_encode(mem, str_span(mac, sizeof mac))));
}

/* As libcurl writes it into the Host field: without the scheme's own port. */
static struct str
host_and_port(struct str text)
{
	struct url url;

	if (url_read(text, &url) != NULL)
		return STR_ABSENT;
	if (url.has_port && url.port == (url.secure ? 443 : 80))
		url.authority.n = (size_t)str_rindex(url.authority, ':');
	return url.authority;
}

static void
put_query(struct buf *b, struct str name, struct str value)
{
	if (b->n > 0)
		buf_putc(b, '&');
	buf_put(b, name);
	buf_putc(b, '=');
	pct_encode(b, value, S(""));
}

static struct str
utc_text(struct arena *mem, int64_t now_s)
{
	time_t t = (time_t)now_s;
	struct tm tm;
	char text[32];

	gmtime_r(&t, &tm);
	return arena_dup(mem, str_span(text, strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm)));
}

#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* Dysmsapi 2017-05-25, SendSms: everything in the query, which is sorted. */
static void
by_aliyun(struct arena *mem, const struct sms_gateway *g, const struct sms_message *m, int64_t now_s,
    struct str nonce, struct outbound_ask *a)
{
	struct str host = host_and_port(g->url);
	struct str headers[] = {
		ARENA_CAT(mem, S("host:"), host),
		S("x-acs-action:SendSms"),
		S("x-acs-content-sha256:" EMPTY_SHA256),
		ARENA_CAT(mem, S("x-acs-date:"), utc_text(mem, now_s)),
		ARENA_CAT(mem, S("x-acs-signature-nonce:"), nonce),
		S("x-acs-version:2017-05-25"),
	};
	struct buf q;

	buf_init(&q, mem, REQUEST_MAX);
	put_query(&q, S("PhoneNumbers"), m->phone);
	put_query(&q, S("SignName"), g->sign_name);
	put_query(&q, S("TemplateCode"), g->template_code);
	put_query(&q, S("TemplateParam"), ARENA_CAT(mem, S("{\"code\":\""), m->code, S("\"}")));
	a->method = S("POST");
	a->body = S("");
	a->url = ARENA_CAT(mem, g->url, S("/?"), buf_str(&q));
	for (size_t i = 0; i < COUNT(headers); i++)
		add(a, headers[i]);
	add(a, S("Content-Type:"));             /* none: the body is empty */
	add(a,
	    ARENA_CAT(mem, S("Authorization: "),
		acs3_authorization(mem, g->access_key, g->secret, a->method, S("/"), buf_str(&q), headers,
		    COUNT(headers), a->body)));
}

/* sms 2021-01-11, SendSms: numbers in the international form; the template is given the code and the minutes. */
static struct str
tencent_body(struct arena *mem, const struct sms_gateway *g, const struct sms_message *m)
{
	struct str number = str_starts(m->phone, S("+"))
	    ? m->phone
	    : ARENA_CAT(mem, S("+"), str_empty(g->country) ? S("86") : g->country, m->phone);
	struct buf b;

	buf_init(&b, mem, REQUEST_MAX);
	jw_open(&b, '{');
	jm_words(&b, S("PhoneNumberSet"), number, ' ');
	jm_str(&b, S("SmsSdkAppId"), g->app_id);
	jm_str(&b, S("SignName"), g->sign_name);
	jm_str(&b, S("TemplateId"), g->template_code);
	jm_words(&b, S("TemplateParamSet"),
	    arena_printf(mem, "%.*s %lld", STR_ARG(m->code), (long long)m->minutes), ' ');
	jw_close(&b, '}');
	return b.full ? STR_ABSENT : buf_str(&b);
}

static void
by_tencent(struct arena *mem, const struct sms_gateway *g, const struct sms_message *m, int64_t now_s,
    struct outbound_ask *a)
{
	struct str headers[] = { S("content-type:application/json; charset=utf-8"),
		ARENA_CAT(mem, S("host:"), host_and_port(g->url)) };

	a->method = S("POST");
	a->body = tencent_body(mem, g, m);
	a->url = ARENA_CAT(mem, g->url, S("/"));
	for (size_t i = 0; i < COUNT(headers); i++)
		add(a, headers[i]);
	add(a, S("X-TC-Action: SendSms"));
	add(a, S("X-TC-Version: 2021-01-11"));
	add(a, ARENA_CAT(mem, S("X-TC-Region: "), str_empty(g->region) ? S("ap-guangzhou") : g->region));
	add(a, arena_printf(mem, "X-TC-Timestamp: %lld", (long long)now_s));
	add(a,
	    ARENA_CAT(mem, S("Authorization: "),
		tc3_authorization(
		    mem, g->access_key, g->secret, S("sms"), now_s, headers, COUNT(headers), a->body)));
}

bool
sms_request(struct arena *mem, const struct sms_gateway *g, const struct sms_message *m, int64_t now_s,
    struct str nonce, struct outbound_ask *out)
{
	*out = (struct outbound_ask){ 0 };
	switch (g->kind) {
	case SMS_LOG: break;
	case SMS_WEBHOOK: by_webhook(mem, g, m, now_s, out); break;
	case SMS_HTTP: by_template(mem, g, m, out); break;
	case SMS_ALIYUN: by_aliyun(mem, g, m, now_s, nonce, out); break;
	case SMS_TENCENT: by_tencent(mem, g, m, now_s, out); break;
	}
	return !mem->full && str_given(out->url) && str_given(out->body);
}

/* --- answers ---------------------------------------------------------------------------------- */

static bool
tencent_took_it(const json_t *answer)
{
	const json_t *set = json_object_get(json_object_get(answer, "Response"), "SendStatusSet");

	return str_is(json_member_str(json_array_get(set, 0), "Code"), "Ok");
}

const char *
sms_refusal(struct arena *mem, const struct sms_gateway *g, const struct outbound_answer *a)
{
	json_t *answer;

	if (a->status >= 300 && a->status < 400)
		return say("the gateway redirects, which is not followed");
	if (a->status < 200 || a->status >= 300)
		return say("the gateway answered with an error");
	if (g->kind == SMS_HTTP && !str_empty(g->success) && !str_contains(a->body, g->success))
		return say("the gateway's answer has not what `success` says; it did not take the message");
	if (g->kind != SMS_ALIYUN && g->kind != SMS_TENCENT)
		return NULL;
	answer = json_read(mem, a->body);
	if (answer == NULL)
		return say("the gateway's answer is no JSON");
	if (g->kind == SMS_ALIYUN ? str_is(json_member_str(answer, "Code"), "OK") : tencent_took_it(answer))
		return NULL;
	return say("the gateway did not take the message; its console says why");
}
