/* setup/sms.c - SMS gateways as configured: judged, and copied into a snapshot. */
#include "setup/setup_int.h"

#define ANSWER_MAX (64 * 1024)
#define CONNECT_MS 5000
#define HEADERS_MAX 10

static const char *const usual_urls[] = {
	[SMS_ALIYUN] = "https://dysmsapi.aliyuncs.com", [SMS_TENCENT] = "https://sms.tencentcloudapi.com"
};
static const char *const methods[] = { "POST", "PUT", "GET" };

static struct str
text_of(const struct conf *c, struct str name, const char *key)
{
	return conf_text(c, SEC_SMS_GATEWAY, name, key);
}

static int64_t
number_of(const struct conf *c, struct str name, const char *key)
{
	return conf_int(c, SEC_SMS_GATEWAY, name, key);
}

static struct str
url_of(const struct conf *c, struct str name)
{
	enum sms_kind kind = (enum sms_kind)number_of(c, name, "kind");
	struct str url = text_of(c, name, "url");

	if (str_empty(url) && kind < COUNT(usual_urls) && usual_urls[kind] != NULL)
		url = str_of(usual_urls[kind]);
	while ((kind == SMS_ALIYUN || kind == SMS_TENCENT) && str_ends(url, S("/")))
		url.n--;
	return url;
}

static struct outbound_rules
rules_of(const struct conf *c, struct str name)
{
	int64_t total_ms = number_of(c, name, "timeout") * 1000;

	return (struct outbound_rules){ .allow_private = number_of(c, name, "allow_private") != 0,
		.allow_http = number_of(c, name, "allow_http") != 0,
		.connect_ms = total_ms < CONNECT_MS ? total_ms : CONNECT_MS,
		.total_ms = total_ms,
		.answer_max = ANSWER_MAX };
}

static void
needs(const struct conf *c, struct str name, const char *key, struct findings *f)
{
	if (str_empty(text_of(c, name, key)))
		complain(f, conf_where(c, SEC_SMS_GATEWAY, name, key),
		    "sms_gateways.%.*s: %s: this kind of gateway needs it", STR_ARG(name), key);
}

static bool
has_more_than_a_host(struct str text)
{
	struct url url;

	return url_read(text, &url) != NULL || url.path.n > 0 || str_given(url.query) || str_given(url.fragment);
}

/* Separated by bars. They may hold secrets: only their place is named. */
static void
headers_are_lines(const struct conf *c, struct str name, struct findings *f)
{
	struct str rest = text_of(c, name, "headers"), line;
	size_t n = 0;

	while (str_given(rest) && rest.n > 0 && (line = str_cut(&rest, '|')).p != NULL) {
		n++;
		if (str_index(str_trim(line), ':') <= 0)
			complain(f, conf_where(c, SEC_SMS_GATEWAY, name, "headers"),
			    "sms_gateways.%.*s: headers: number %zu has no name before a colon",
			    STR_ARG(name), n);
	}
	if (n > HEADERS_MAX)
		complain(f, conf_where(c, SEC_SMS_GATEWAY, name, "headers"),
		    "sms_gateways.%.*s: headers: there are %zu; there is room for %d", STR_ARG(name), n,
		    HEADERS_MAX);
}

static void
gateway_is_consistent(const struct conf *c, struct str name, bool demo, struct findings *f)
{
	enum sms_kind kind = (enum sms_kind)number_of(c, name, "kind");
	struct outbound_rules rules = rules_of(c, name);
	const char *wrong;

	if (kind == SMS_LOG && !demo)
		complain(f, conf_where(c, SEC_SMS_GATEWAY, name, "kind"),
		    "sms_gateways.%.*s: kind: log shows codes to whoever reads the output, so it is for demo "
		    "mode only; choose webhook, http, aliyun or tencent",
		    STR_ARG(name));
	if (kind == SMS_LOG)
		return;
	wrong = outbound_url_trouble(url_of(c, name), &rules);
	if (wrong != NULL)
		complain(f, conf_where(c, SEC_SMS_GATEWAY, name, "url"), "sms_gateways.%.*s: url: %s",
		    STR_ARG(name), wrong);
	if (wrong == NULL && (kind == SMS_ALIYUN || kind == SMS_TENCENT) && has_more_than_a_host(url_of(c, name)))
		complain(f, conf_where(c, SEC_SMS_GATEWAY, name, "url"),
		    "sms_gateways.%.*s: url: this kind is signed for a host alone; leave path and query out",
		    STR_ARG(name));
	if (kind == SMS_HTTP && number_of(c, name, "method") != 2)
		needs(c, name, "body", f);
	if (kind != SMS_HTTP && !str_empty(text_of(c, name, "success")))
		complain(f, conf_where(c, SEC_SMS_GATEWAY, name, "success"),
		    "sms_gateways.%.*s: success: is for kind http alone; the others know what their answers "
		    "mean",
		    STR_ARG(name));
	headers_are_lines(c, name, f);
	if (kind != SMS_ALIYUN && kind != SMS_TENCENT)
		return;
	needs(c, name, "access_key", f);
	needs(c, name, "secret", f);
	needs(c, name, "sign_name", f);
	needs(c, name, "template", f);
	if (kind == SMS_TENCENT)
		needs(c, name, "app_id", f);
}

void
gateways_are_consistent(const struct conf *c, struct findings *f)
{
	bool demo = conf_int(c, SEC_TOP, STR_ABSENT, "demo") != 0;
	const struct str *names;
	size_t n = conf_names(c, SEC_SMS_GATEWAY, &names);

	for (size_t i = 0; i < n; i++)
		gateway_is_consistent(c, names[i], demo, f);
}

/* As headers_are_lines has found them good. */
static const struct str *
header_lines(struct str text, struct arena *mem, size_t *n)
{
	struct str *out = arena_array(mem, struct str, HEADERS_MAX);
	struct str rest = text, line;

	for (*n = 0; out != NULL && str_given(rest) && (line = str_cut(&rest, '|')).p && *n < HEADERS_MAX;)
		if (str_index(line, ':') > 0)
			out[(*n)++] = arena_dup(mem, str_trim(line));
	return out;
}

/* Everything is copied: a snapshot outlives the settings it was built from. */
const struct sms_gateway *
gateway_of(const struct conf *c, struct str issuer, struct arena *mem)
{
	const struct conf_value *named = conf_get(c, SEC_ISSUER, issuer, "sms_gateway");
	struct sms_gateway *g;
	struct str name;

	if (named->n_words == 0 || !conf_has(c, SEC_SMS_GATEWAY, named->words[0]))
		return NULL;
	name = named->words[0];
	g = arena_new(mem, struct sms_gateway);
	if (g == NULL)
		return NULL;
	*g = (struct sms_gateway){
		.name = arena_dup(mem, name),
		.kind = (enum sms_kind)number_of(c, name, "kind"),
		.url = arena_dup(mem, url_of(c, name)),
		.method = str_of(methods[number_of(c, name, "method")]),
		.body = arena_dup(mem, text_of(c, name, "body")),
		.success = arena_dup(mem, text_of(c, name, "success")),
		.access_key = arena_dup(mem, text_of(c, name, "access_key")),
		.secret = arena_dup(mem, text_of(c, name, "secret")),
		.region = arena_dup(mem, text_of(c, name, "region")),
		.sign_name = arena_dup(mem, text_of(c, name, "sign_name")),
		.template_code = arena_dup(mem, text_of(c, name, "template")),
		.app_id = arena_dup(mem, text_of(c, name, "app_id")),
		.country = arena_dup(mem, text_of(c, name, "country")),
		.rules = rules_of(c, name),
	};
	g->headers = header_lines(text_of(c, name, "headers"), mem, &g->n_headers);
	return g;
}
