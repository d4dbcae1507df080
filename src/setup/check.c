/* setup/check.c - settings that contradict one another: URLs, listeners, demo mode beyond this machine. */
#include "setup/setup_int.h"
#include "sql/sql.h"

#define OFFICE_TOKEN_MIN 20

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
listener_is_consistent(const struct conf *c, struct str name, bool demo, struct findings *f)
{
	const struct conf_value *bind = conf_get(c, SEC_LISTENER, name, "bind");

	if (bind->n_words == 0)
		complain(f, conf_where(c, SEC_LISTENER, name, "bind"),
		    "listener %.*s: bind: name at least one address, such as 127.0.0.1:8080", STR_ARG(name));
	if (conf_int(c, SEC_LISTENER, name, "client_certificates") != 0
	    && str_empty(conf_text(c, SEC_LISTENER, name, "cert_file")))
		complain(f, conf_where(c, SEC_LISTENER, name, "client_certificates"),
		    "client_certificates: only a listener with TLS can ask for them; set cert_file and key_file");
	for (size_t i = 0; demo && i < bind->n_words; i++)
		if (!address_is_loopback(bind->words[i]))
			complain(f, bind->where,
			    "bind: demo mode knows everybody's passwords and must not be reachable from "
			    "elsewhere: %.*s is no loopback address; use 127.0.0.1 and [::1], or set demo: "
			    "false",
			    STR_ARG(bind->words[i]));
}

/* The name goes into cookie names, metrics and log lines. */
static bool
name_is_sane(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-'
			|| c == '_'))
			return false;
	}
	return name.n > 0 && name.n <= 40;
}

static void
issuer_is_consistent(const struct conf *c, struct str name, struct findings *f)
{
	const struct conf_value *url = conf_get(c, SEC_ISSUER, name, "url"),
				*also = conf_get(c, SEC_ISSUER, name, "also_at");
	struct str where = conf_where(c, SEC_ISSUER, name, NULL);
	struct issuer_url parts;

	if (!name_is_sane(name))
		complain(f, where, "issuer %.*s: a name is at most 40 letters, digits, - and _", STR_ARG(name));
	if (!str_empty(url->text) && !issuer_url_read(url->text, &parts))
		complain(f, url->where,
		    "url: \"%.*s\" is no issuer URL: http or https, a host, perhaps a path; no query, no "
		    "fragment, no slash at the end",
		    STR_ARG(url->text));
	for (size_t i = 0; i < also->n_words; i++)
		if (!str_starts(also->words[i], S("/")) || (also->words[i].n > 1 && !prefix_is_sane(also->words[i])))
			complain(f, also->where,
			    "also_at: \"%.*s\" is no path prefix such as /uaa, or / for none",
			    STR_ARG(also->words[i]));
}

/* Endpoints keep their paths: only scheme, host and port are others. */
static void
mtls_url_is_consistent(const struct conf *c, struct str name, struct findings *f)
{
	const struct conf_value *v = conf_get(c, SEC_ISSUER, name, "mtls_url");
	struct issuer_url own, other;

	if (str_empty(v->text) || !issuer_url_read(conf_text(c, SEC_ISSUER, name, "url"), &own))
		return;
	if (!issuer_url_read(v->text, &other) || !other.secure || !str_eq(own.prefix, other.prefix))
		complain(f, v->where,
		    "mtls_url: \"%.*s\" must be https, a host and perhaps a port, and then the path of url: \"%.*s\"",
		    STR_ARG(v->text), STR_ARG(own.prefix));
	else if (!issuer_takes_certs(c, name))
		complain(f, v->where,
		    "mtls_url: no listener of the issuer has client_certificates, and no proxy passes certificates on "
		    "(http.client_cert_header)");
}

/* Metrics tell of clients: other machines see them when it is said which, or by a secret. */
static void
office_is_closed(const struct conf *c, struct findings *f)
{
	struct str address = conf_text(c, SEC_TOP, STR_ABSENT, "admin.listen"),
		   token = conf_text(c, SEC_TOP, STR_ABSENT, "admin.token");
	const struct conf_value *allow = conf_get(c, SEC_TOP, STR_ABSENT, "admin.allow");

	for (size_t i = 0; i < allow->n_words; i++)
		if (!http_proxy_is_sound(allow->words[i]))
			complain(f, allow->where,
			    "admin.allow: \"%.*s\" is no address and no CIDR block; write 10.0.0.7, 10.0.0.0/8 or "
			    "fd00::/8",
			    STR_ARG(allow->words[i]));
	if (!str_empty(token) && token.n < OFFICE_TOKEN_MIN)
		complain(f, conf_where(c, SEC_TOP, STR_ABSENT, "admin.token"),
		    "admin.token: it has fewer than %d characters; openssl rand -base64 24 makes one",
		    OFFICE_TOKEN_MIN);
	if (!str_empty(address) && !address_is_loopback(address) && allow->n_words == 0 && str_empty(token))
		complain(f, conf_where(c, SEC_TOP, STR_ABSENT, "admin.listen"),
		    "admin.listen: %.*s: other machines could read the metrics; say which may by admin.allow, set "
		    "admin.token, or use a loopback address",
		    STR_ARG(address));
}

/* The chain goes on from its file, whoever else gets it. */
static void
audit_has_file(const struct conf *c, struct findings *f)
{
	static const char *const also[] = { "audit.syslog", "audit.journald", "audit.stdout" };

	for (size_t i = 0; i < COUNT(also); i++) {
		const struct conf_value *v = conf_get(c, SEC_TOP, STR_ABSENT, also[i]);

		if ((v->row->type == SET_BOOL ? v->number != 0 : v->text.n > 0)
		    && str_empty(conf_text(c, SEC_TOP, STR_ABSENT, "audit.file")))
			complain(f, v->where, "%s: it gets the lines of the audit file, and there is none; set audit.file",
			    also[i]);
	}
}

static void
store_is_consistent(const struct conf *c, struct findings *f)
{
	const struct conf_value *url = conf_get(c, SEC_TOP, STR_ABSENT, "store.url");
	const char *wrong = NULL;

	if (str_empty(url->text)) {
		if (conf_int(c, SEC_TOP, STR_ABSENT, "store.backend") != 0)
			complain(f, conf_where(c, SEC_TOP, STR_ABSENT, "store.backend"),
			    "store.backend: postgresql needs store.url, such as postgresql://hufu@db.example.com/hufu");
		return;
	}
	if (!str_starts(url->text, S("postgresql://")) && !str_starts(url->text, S("postgres://")))
		wrong = "store.url: a store lies in PostgreSQL; its URL begins with postgresql://";
	else if (sql_has_password(url->text))
		wrong = "store.url: must not hold the password, which everybody would see who is shown the settings; "
			"put it into store.password_file";
	if (wrong != NULL)
		complain(f, url->where, "%s", say(wrong));
}

/* Names were looked up by the reader (conf/check.c); it does so for every setting that holds one. */
void
settings_are_consistent(const struct conf *c, struct findings *f)
{
	bool demo = conf_int(c, SEC_TOP, STR_ABSENT, "demo") != 0;
	const struct str *names;
	size_t n = conf_names(c, SEC_LISTENER, &names);

	if (n == 0)
		complain(f, conf_where(c, SEC_TOP, STR_ABSENT, NULL),
		    "listeners: there is none, so nobody could reach this server; add one");
	for (size_t i = 0; i < n; i++)
		listener_is_consistent(c, names[i], demo, f);
	office_is_closed(c, f);
	audit_has_file(c, f);
	store_is_consistent(c, f);
	gateways_are_consistent(c, f);
	mail_is_consistent(c, f);
	n = conf_names(c, SEC_ISSUER, &names);
	if (n == 0)
		complain(f, conf_where(c, SEC_TOP, STR_ABSENT, NULL), "issuers: there is none; add one with its url");
	for (size_t i = 0; i < n; i++) {
		issuer_is_consistent(c, names[i], f);
		mtls_url_is_consistent(c, names[i], f);
		farewell_is_consistent(c, names[i], f);
		wechat_is_consistent(c, names[i], f);
	}
	directories_are_consistent(c, f);
	user_tables_are_consistent(c, f);
	trusted_issuers_are_consistent(c, f);
	providers_are_consistent(c, f);
	places_are_distinct(c, f);
}
