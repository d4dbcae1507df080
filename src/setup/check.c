/* setup/check.c - settings that contradict one another: URLs, listeners, demo mode beyond this machine. */
#include "setup/setup_int.h"

void
complain(struct complaints *c, const char *fmt, ...)
{
	char line[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	if (n <= 0)
		return;
	if (c->text.n > 0)
		buf_putc(&c->text, '\n');
	buf_put(&c->text, str_span(line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1));
}

void
complain_all(struct complaints *c, struct str lines)
{
	if (c->text.n > 0)
		buf_putc(&c->text, '\n');
	buf_put(&c->text, lines);
}

bool
complained(const struct complaints *c)
{
	return c->text.n > 0 || c->text.full;
}

/* A prefix is matched byte for byte against request paths, so it must have one spelling only. */
bool
prefix_is_sane(struct str prefix)
{
	if (prefix.n == 0)
		return true;
	for (size_t i = 0; i < prefix.n; i++) {
		char c = prefix.p[i];
		bool fine = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || strchr("/-._~", c);

		if (!fine || (c == '/' && i + 1 < prefix.n && (prefix.p[i + 1] == '/' || prefix.p[i + 1] == '.')))
			return false;
	}
	return prefix.p[prefix.n - 1] != '/';
}

/* Answers repeat it byte for byte and requests are matched with it: small letters only, where letters do not count. */
bool
issuer_url_read(struct str text, struct issuer_url *out)
{
	struct url url;
	bool web = str_starts(text, S("https://")) || str_starts(text, S("http://"));

	if (!web || url_read(text, &url) != NULL || str_given(url.query) || str_given(url.fragment))
		return false;
	*out = (struct issuer_url){ .secure = url.secure, .host = url.authority, .prefix = url.path };
	return prefix_is_sane(out->prefix);
}

bool
address_is_loopback(struct str address)
{
	ptrdiff_t colon = str_rindex(address, ':');
	struct str host = colon >= 0 ? str_sub(address, 0, (size_t)colon) : address;

	if (str_starts(address, S("unix:")) || str_eq(host, S("[::1]")) || str_eq(host, S("localhost")))
		return true;
	if (!str_starts(host, S("127.")))
		return false;
	for (size_t i = 0; i < host.n; i++)
		if (host.p[i] != '.' && (host.p[i] < '0' || host.p[i] > '9'))
			return false;                   /* 127.example.com is a name, not an address */
	return true;
}

static void
listener_is_consistent(const struct conf *c, struct str name, bool demo, struct complaints *bad)
{
	const struct conf_value *bind = conf_get(c, SEC_LISTENER, name, "bind");
	bool cert = !str_empty(conf_text(c, SEC_LISTENER, name, "cert_file")), key = !str_empty(conf_text(c, SEC_LISTENER, name, "key_file"));

	if (bind->n_words == 0)
		complain(bad, "listener %.*s: bind: name at least one address, such as 127.0.0.1:8080", STR_ARG(name));
	for (size_t i = 0; demo && i < bind->n_words; i++)
		if (!address_is_loopback(bind->words[i]))
			complain(bad, "%.*s: bind: demo mode knows everybody's passwords and must not be reachable from elsewhere: %.*s is no loopback address; use 127.0.0.1 and [::1], or set demo: false",
				STR_ARG(bind->where), STR_ARG(bind->words[i]));
	if (cert != key)
		complain(bad, "listener %.*s: cert_file and key_file belong together: give both or neither", STR_ARG(name));
}

static bool
is_issuer(const struct conf *c, struct str name)
{
	const struct str *names;
	size_t n = conf_names(c, SEC_ISSUER, &names);

	for (size_t i = 0; i < n; i++)
		if (str_eq(names[i], name))
			return true;
	return false;
}

/* The name goes into cookie names, metrics and log lines. */
static bool
name_is_sane(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_'))
			return false;
	}
	return name.n > 0 && name.n <= 40;
}

static void
issuer_is_consistent(const struct conf *c, struct str name, struct complaints *bad)
{
	const struct conf_value *url = conf_get(c, SEC_ISSUER, name, "url"), *on = conf_get(c, SEC_ISSUER, name, "listener");
	const struct conf_value *from = conf_get(c, SEC_ISSUER, name, "accepts_from"), *also = conf_get(c, SEC_ISSUER, name, "also_at");
	struct issuer_url parts;

	if (!name_is_sane(name))
		complain(bad, "issuer %.*s: a name is at most 40 letters, digits, - and _", STR_ARG(name));
	if (str_empty(url->text))
		complain(bad, "issuer %.*s: url: say how clients reach it, such as https://login.example.com", STR_ARG(name));
	else if (!issuer_url_read(url->text, &parts))
		complain(bad, "%.*s: url: \"%.*s\" is no issuer URL: http or https, a host, perhaps a path; no query, no fragment, no slash at the end",
			STR_ARG(url->where), STR_ARG(url->text));
	for (size_t i = 0; i < on->n_words; i++)
		if (listener_index(c, on->words[i]) < 0)
			complain(bad, "%.*s: listener: there is no listener %.*s", STR_ARG(on->where), STR_ARG(on->words[i]));
	for (size_t i = 0; i < from->n_words; i++)
		if (!is_issuer(c, from->words[i]))
			complain(bad, "%.*s: accepts_from: there is no issuer %.*s", STR_ARG(from->where), STR_ARG(from->words[i]));
	for (size_t i = 0; i < also->n_words; i++)
		if (!str_starts(also->words[i], S("/")) || (also->words[i].n > 1 && !prefix_is_sane(also->words[i])))
			complain(bad, "%.*s: also_at: \"%.*s\" is no path prefix such as /uaa, or / for none", STR_ARG(also->where), STR_ARG(also->words[i]));
}

void
settings_are_consistent(const struct conf *c, struct complaints *bad)
{
	bool demo = conf_int(c, SEC_TOP, STR_ABSENT, "demo") != 0;
	struct str office = conf_text(c, SEC_TOP, STR_ABSENT, "admin.listen");
	const struct str *names;
	size_t n = conf_names(c, SEC_LISTENER, &names);

	if (n == 0)
		complain(bad, "listeners: there is none, so nobody could reach this server; add one");
	for (size_t i = 0; i < n; i++)
		listener_is_consistent(c, names[i], demo, bad);
	if (!str_empty(office) && !address_is_loopback(office))
		complain(bad, "admin.listen: %.*s: the operator's page has no login and stays on this machine; use a loopback address", STR_ARG(office));
	gateways_are_consistent(c, bad);
	n = conf_names(c, SEC_ISSUER, &names);
	if (n == 0)
		complain(bad, "issuers: there is none; add one with its url");
	for (size_t i = 0; i < n; i++) {
		issuer_is_consistent(c, names[i], bad);
		wechat_is_consistent(c, names[i], bad);
	}
	passwords_are_consistent(c, bad);
	directories_are_consistent(c, bad);
	user_tables_are_consistent(c, bad);
	if (!complained(bad))
		mounts_are_distinct(c, bad);
}

bool
setup_check(const struct conf *c, struct arena *mem, struct str *why)
{
	struct complaints bad;
	const struct str *names;
	size_t n = conf_names(c, SEC_ISSUER, &names);

	buf_init(&bad.text, mem, 256 * 1024);
	settings_are_consistent(c, &bad);
	dialects_are_consistent(c, mem, &bad);
	for (size_t i = 0; i < n; i++) {
		struct policy law;
		struct knobs knobs;
		struct str wrong = STR_ABSENT;

		if (!setup_policy(c, names[i], &law, &knobs, mem, &wrong) && !str_contains(buf_str(&bad.text), wrong))
			complain_all(&bad, wrong);
	}
	*why = buf_str(&bad.text);
	return !complained(&bad);
}
