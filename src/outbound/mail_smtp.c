/* outbound/mail_smtp.c - one message handed to the mail server through libcurl. RFC 5321, RFC 3207, RFC 4954. */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include "outbound/mail.h"
#include "outbound/outbound.h"

#define CONNECT_MS 10000

/* greeted: the server has let us in, and what it refuses then is the message. */
struct hand { CURL *curl; curl_mime *mime; struct curl_slist *headers, *to; struct mail_report *r; bool greeted; };

static bool
header_add(struct hand *h, struct arena *mem, const char *name, struct str value)
{
	char *line = str_given(value) ? arena_z(mem, ARENA_CAT(mem, str_of(name), S(": "), value)) : NULL;
	struct curl_slist *more = line != NULL ? curl_slist_append(h->headers, line) : NULL;

	if (more != NULL)
		h->headers = more;
	return more != NULL;
}

/* RFC 3834 section 5: nobody's holiday notice answers. */
static bool
headers_make(struct hand *h, struct arena *mem, const struct mail_server *s, const struct mail_letter *m)
{
	struct str host = str_from(s->from, (size_t)str_rindex(s->from, '@'));

	return header_add(h, mem, "Date", mail_date(mem, m->at_s))
	    && header_add(h, mem, "From", mail_mailbox(mem, m->sender, s->from))
	    && header_add(h, mem, "To", mail_mailbox(mem, S(""), m->to))
	    && (str_empty(s->reply_to) || header_add(h, mem, "Reply-To", mail_mailbox(mem, S(""), s->reply_to)))
	    && header_add(h, mem, "Subject", mail_header(mem, m->said.subject))
	    && header_add(h, mem, "Message-ID", ARENA_CAT(mem, S("<"), m->id, host, S(">")))
	    && header_add(h, mem, "Auto-Submitted", S("auto-generated"))
	    && header_add(h, mem, "Content-Type", S("multipart/alternative"));
}

static bool
part_add(curl_mime *mime, struct str body, const char *type)
{
	curl_mimepart *part = curl_mime_addpart(mime);

	return part != NULL && curl_mime_data(part, body.p, body.n) == CURLE_OK
	    && curl_mime_type(part, type) == CURLE_OK && curl_mime_encoder(part, "base64") == CURLE_OK;
}

/* The last one is the one that readers prefer: RFC 2046 section 5.1.4. */
static bool
body_make(struct hand *h, const struct mail_text *said)
{
	h->mime = curl_mime_init(h->curl);
	return h->mime != NULL && part_add(h->mime, said->text, "text/plain; charset=utf-8")
	    && part_add(h->mime, said->html, "text/html; charset=utf-8");
}

/* Its answers, one call a line; the last refusal is kept, not that to the QUIT behind it. */
static size_t
take_answer(char *p, size_t one, size_t n, void *ctx)
{
	struct hand *h = ctx;
	struct mail_report *r = h->r;
	struct str line = str_trim(str_span(p, one * n));
	size_t kept = line.n < sizeof r->answer - 1 ? line.n : sizeof r->answer - 1;

	h->greeted |= str_starts(line, S("2"));
	if (kept == 0 || (line.p[0] != '4' && line.p[0] != '5'))
		return one * n;
	for (size_t i = 0; i < kept; i++)
		r->answer[i] = line.p[i] >= ' ' && line.p[i] < 0x7f ? line.p[i] : '?';
	r->answer[kept] = '\0';
	return one * n;
}

/* The name behind the host is what it is greeted with: the domain that the mail comes from. */
static char *
url_of(struct arena *mem, const struct mail_server *s)
{
	struct str domain = str_from(s->from, (size_t)str_rindex(s->from, '@') + 1);
	bool six = str_index(s->host, ':') >= 0;

	return arena_z(mem, arena_printf(mem, "%s://%s%.*s%s:%d/%.*s", s->tls == MAIL_IMPLICIT ? "smtps" : "smtp",
	    six ? "[" : "", STR_ARG(s->host), six ? "]" : "", s->port, STR_ARG(domain)));
}

static void
tls_set(CURL *h, struct arena *mem, const struct mail_server *s)
{
	curl_easy_setopt(h, CURLOPT_USE_SSL, (long)(s->tls == MAIL_CLEAR ? CURLUSESSL_NONE : CURLUSESSL_ALL));
	curl_easy_setopt(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (!str_empty(s->ca_file))
		curl_easy_setopt(h, CURLOPT_CAINFO, arena_z(mem, s->ca_file));
}

static bool
options_set(struct hand *h, struct arena *mem, const struct mail_server *s, const struct mail_letter *m)
{
	char *url = url_of(mem, s), *from = arena_z(mem, s->from), *to = arena_z(mem, m->to);

	if (url == NULL || from == NULL || to == NULL || (h->to = curl_slist_append(NULL, to)) == NULL)
		return false;
	curl_easy_setopt(h->curl, CURLOPT_URL, url);
	curl_easy_setopt(h->curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(h->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h->curl, CURLOPT_PROXY, "");
	curl_easy_setopt(h->curl, CURLOPT_NETRC, 0L);
	curl_easy_setopt(h->curl, CURLOPT_CONNECTTIMEOUT_MS,
	    (long)(s->timeout_ms < CONNECT_MS ? s->timeout_ms : CONNECT_MS));
	curl_easy_setopt(h->curl, CURLOPT_TIMEOUT_MS, (long)s->timeout_ms);
	curl_easy_setopt(h->curl, CURLOPT_MAIL_FROM, from);
	curl_easy_setopt(h->curl, CURLOPT_MAIL_RCPT, h->to);
	curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, h->headers);
	curl_easy_setopt(h->curl, CURLOPT_MIMEPOST, h->mime);
	curl_easy_setopt(h->curl, CURLOPT_HEADERFUNCTION, take_answer);
	curl_easy_setopt(h->curl, CURLOPT_HEADERDATA, h);
	if (!str_empty(s->user)) {
		curl_easy_setopt(h->curl, CURLOPT_USERNAME, arena_z(mem, s->user));
		curl_easy_setopt(h->curl, CURLOPT_PASSWORD, arena_z(mem, s->password));
	}
	tls_set(h->curl, mem, s);
	return !mem->full;
}

static const char *
trouble_of(const struct hand *h, CURLcode rc, long status)
{
	switch (rc) {
	case CURLE_OK: return NULL;
	case CURLE_COULDNT_RESOLVE_HOST: return say("the host name is not known");
	case CURLE_COULDNT_CONNECT: return say("no connection");
	case CURLE_OPERATION_TIMEDOUT: return say("no answer in time");
	case CURLE_PEER_FAILED_VERIFICATION: return say("the certificate is not trusted");
	case CURLE_SSL_CACERT_BADFILE: return say("the file of authorities cannot be read");
	case CURLE_USE_SSL_FAILED: return say("the mail server offers no STARTTLS");
	case CURLE_SSL_CONNECT_ERROR: return say("TLS cannot be begun with the mail server");
	case CURLE_LOGIN_DENIED: return say("the mail server does not accept user and password");
	default: break;
	}
	if (status >= 500)
		return h->greeted ? say("the mail server refuses the message")
				  : say("the mail server lets this machine hand nothing over");
	return status >= 400 ? say("the mail server cannot take the message now") : say("the connection failed");
}

/*
 * Refused for good is what the server says of the sender, the receiver or the message. What it says of this program
 * (RFC 4954 section 6: 530, 534, 535, 538), or before anything was asked (RFC 5321 section 3.1: 554), an operator can
 * mend.
 */
static bool
is_final(const struct hand *h, CURLcode rc, long status)
{
	bool of_login = status == 530 || (status >= 534 && status <= 538);

	return h->greeted && status >= 500 && status < 600 && !of_login
	    && (rc == CURLE_SEND_ERROR || rc == CURLE_RECV_ERROR || rc == CURLE_WEIRD_SERVER_REPLY);
}

static enum errand_end
perform(struct hand *h)
{
	CURLcode rc = curl_easy_perform(h->curl);
	long status = 0;

	curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
	h->r->status = (int)status;
	h->r->wrong = trouble_of(h, rc, status);
	return rc == CURLE_OK ? ERRAND_DONE : is_final(h, rc, status) ? ERRAND_REFUSED : ERRAND_LATER;
}

static void
hand_free(struct hand *h)
{
	if (h->curl != NULL)
		curl_easy_cleanup(h->curl);
	if (h->mime != NULL)
		curl_mime_free(h->mime);
	curl_slist_free_all(h->headers);
	curl_slist_free_all(h->to);
}

enum errand_end
mail_hand_over(struct arena *mem, const struct mail_server *s, const struct mail_letter *m, struct mail_report *r)
{
	struct hand h = { .r = r };
	enum errand_end end = ERRAND_LATER;

	*r = (struct mail_report){ .wrong = say("memory is exhausted") };
	if (outbound_library())
		h.curl = curl_easy_init();
	if (h.curl == NULL)
		return end;
	if (!mail_address_ok(m->to) || !headers_make(&h, mem, s, m)) {
		r->wrong = say("an address or the subject is none that mail can have");
		end = ERRAND_REFUSED;
	} else if (body_make(&h, &m->said) && options_set(&h, mem, s, m))
		end = perform(&h);
	hand_free(&h);
	return end;
}
