/* setup/mail.c - the mail server as configured: judged, and copied into a snapshot. */
#include "setup/setup_int.h"

#define PASSWORD_FILE_MAX 4096

static struct str
text_of(const struct conf *c, const char *name)
{
	return conf_text(c, SEC_TOP, STR_ABSENT, name);
}

static struct str
password_of(const struct conf *c, struct arena *mem, struct str *why)
{
	struct str path = text_of(c, "mail.password_file");

	*why = STR_ABSENT;
	return str_empty(path) ? text_of(c, "mail.password") : str_trim(file_content(mem, path, PASSWORD_FILE_MAX, why));
}

/* Letters, digits, dots and hyphens, or an IPv6 address: it stands in a URL. */
static bool
host_is_sane(struct str host)
{
	for (size_t i = 0; i < host.n; i++) {
		char c = host.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-'
			|| (c == ':' && address_kind(host) != ADDRESS_NONE)))
			return false;
	}
	return host.n > 0;
}

#define wrong(c, f, key, ...) complain(f, conf_where(c, SEC_TOP, STR_ABSENT, "mail." key), __VA_ARGS__)

static void
server_judge(const struct conf *c, struct str host, struct findings *f)
{
	bool clear = conf_int(c, SEC_TOP, STR_ABSENT, "mail.tls") == MAIL_CLEAR;
	bool here = address_kind(host) == ADDRESS_LOOPBACK || str_is(host, "localhost");
	struct str why = STR_ABSENT, password = password_of(c, f->mem, &why);

	if (!host_is_sane(host))
		wrong(c, f, "server", "mail.server: \"%.*s\" is neither the name of a host nor an address; the port is mail.port",
		    STR_ARG(host));
	if (clear && !here)
		wrong(c, f, "tls",
		    "mail.tls: none is for a mail server on this machine only: links and codes would travel in clear");
	if (!mail_address_ok(text_of(c, "mail.from")))
		wrong(c, f, "from", "mail.from: \"%.*s\" is no address that mail can come from; it is needed, such as "
		    "no-reply@example.org", STR_ARG(text_of(c, "mail.from")));
	if (!str_empty(text_of(c, "mail.reply_to")) && !mail_address_ok(text_of(c, "mail.reply_to")))
		wrong(c, f, "reply_to", "mail.reply_to: \"%.*s\" is no address", STR_ARG(text_of(c, "mail.reply_to")));
	if (str_given(why))
		wrong(c, f, "password_file", "mail.password_file: %.*s; correct the path or its rights", STR_ARG(why));
	else if (str_empty(text_of(c, "mail.user")) != str_empty(password))
		wrong(c, f, "user", "mail.user: user and password belong together; one of them is missing");
}

void
mail_is_consistent(const struct conf *c, struct findings *f)
{
	struct str host = text_of(c, "mail.server");

	if (!str_empty(host))
		server_judge(c, host, f);
}

static int
port_of(const struct conf *c, enum mail_tls tls)
{
	int64_t port = conf_int(c, SEC_TOP, STR_ABSENT, "mail.port");

	if (port > 0)
		return (int)port;
	return tls == MAIL_IMPLICIT ? 465 : tls == MAIL_CLEAR ? 25 : 587;
}

const struct mail_server *
mail_server_of(const struct conf *c, struct arena *mem)
{
	bool demo = conf_int(c, SEC_TOP, STR_ABSENT, "demo") != 0, none = str_empty(text_of(c, "mail.server"));
	struct mail_server *s = none && !demo ? NULL : arena_new(mem, struct mail_server);
	enum mail_tls tls = (enum mail_tls)conf_int(c, SEC_TOP, STR_ABSENT, "mail.tls");
	struct str why;

	if (s == NULL)
		return NULL;
	*s = (struct mail_server){ .terminal = none, .host = arena_dup(mem, text_of(c, "mail.server")),
		.port = port_of(c, tls), .tls = tls, .ca_file = arena_dup(mem, text_of(c, "mail.ca_file")),
		.user = arena_dup(mem, text_of(c, "mail.user")), .password = arena_dup(mem, password_of(c, mem, &why)),
		.from = arena_dup(mem, text_of(c, "mail.from")),
		.reply_to = arena_dup(mem, text_of(c, "mail.reply_to")),
		.timeout_ms = conf_int(c, SEC_TOP, STR_ABSENT, "mail.timeout") * 1000 };
	return s;
}

/* --- self-service ----------------------------------------------------------------------------- */

static void
needs_mail(const struct conf *c, const struct issuer *i, const char *setting, struct findings *f)
{
	if (i->mail == NULL)
		complain(f, conf_where(c, SEC_ISSUER, i->name, setting),
		    "issuer %.*s: %s: a mail server is needed; set mail.server and mail.from", STR_ARG(i->name), setting);
}

static void
needs_gateway(const struct conf *c, const struct issuer *i, const char *setting, struct findings *f)
{
	if (i->sms == NULL)
		complain(f, conf_where(c, SEC_ISSUER, i->name, setting),
		    "issuer %.*s: %s: a gateway for text messages is needed; set sms_gateway", STR_ARG(i->name), setting);
	else if (i->policy->sms.number_per_hour == 0 || i->policy->sms.address_per_hour == 0)
		complain(f, conf_where(c, SEC_ISSUER, i->name, setting),
		    "issuer %.*s: %s: its bounds let no text message through; set sms_number_per_hour, sms_number_per_day, "
		    "sms_address_per_hour and sms_budget_per_day", STR_ARG(i->name), setting);
}

static void
needs_page(const struct conf *c, const struct mount *t, const char *setting, enum endpoint e, struct findings *f)
{
	if (!wire_serves(t->wire, e))
		complain(f, conf_where(c, SEC_ISSUER, t->issuer->name, setting),
		    "issuer %.*s: %s: its dialect has no such page; give it a path in the section dialects",
		    STR_ARG(t->issuer->name), setting);
}

/* A name that somebody takes here would stand before that of a directory or table. */
static void
needs_own_users(const struct conf *c, const struct issuer *i, struct findings *f)
{
	if (i->table != NULL || i->at_login != NULL)
		complain(f, conf_where(c, SEC_ISSUER, i->name, "self_registration"),
		    "issuer %.*s: self_registration: the realm has users of a directory or table, whose names anybody "
		    "could take", STR_ARG(i->name));
}

/* Is that kind of second factor one by message, whose way is open? */
static void
factor_kind_judge(const struct conf *c, const struct issuer *i, struct str word, struct findings *f)
{
	enum self_way reset = i->policy->selfservice.reset;
	bool sms = str_is(word, "sms"), mail = str_is(word, "mail");

	if (sms)
		needs_gateway(c, i, "second_factor_kinds", f);
	if (mail)
		needs_mail(c, i, "second_factor_kinds", f);
	if (!sms && !mail && !str_is(word, "totp"))
		complain(f, conf_where(c, SEC_ISSUER, i->name, "second_factor_kinds"),
		    "issuer %.*s: second_factor_kinds: \"%.*s\" is none of totp, sms and mail", STR_ARG(i->name),
		    STR_ARG(word));
	if ((sms && (reset == SELF_SMS || reset == SELF_BOTH)) || (mail && (reset == SELF_MAIL || reset == SELF_BOTH)))
		findings_add(f, FINDING_WARNING, conf_where(c, SEC_ISSUER, i->name, "second_factor_kinds"),
		    "issuer %.*s: second_factor_kinds: %.*s: a forgotten password is set anew by the same way "
		    "(password_reset), so "
		    "whoever has it needs nothing else",
		    STR_ARG(i->name), STR_ARG(word));
}

static void
factor_kinds_judge(const struct conf *c, const struct issuer *i, struct findings *f)
{
	struct str rest = i->policy->factor.kinds, word;

	if (i->policy->factor.rule == SECOND_FACTOR_OFF)
		return;
	while (str_given(rest) && (word = str_cut(&rest, ' ')).p != NULL)
		if (word.n > 0)
			factor_kind_judge(c, i, word, f);
}

void
self_service_judge(const struct conf *c, const struct mount *t, struct findings *f)
{
	const struct policy_selfservice *p = &t->issuer->policy->selfservice;

	factor_kinds_judge(c, t->issuer, f);
	if (p->reset != SELF_OFF)
		needs_page(c, t, "password_reset", EP_FORGOT, f);
	if (p->reset == SELF_MAIL || p->reset == SELF_BOTH)
		needs_mail(c, t->issuer, "password_reset", f);
	if (p->reset == SELF_SMS || p->reset == SELF_BOTH)
		needs_gateway(c, t->issuer, "password_reset", f);
	if (p->registration != SELF_REGISTRATION_OFF) {
		needs_page(c, t, "self_registration", EP_SIGNUP, f);
		needs_own_users(c, t->issuer, f);
	}
	if (p->registration == SELF_REGISTRATION_EMAIL)
		needs_mail(c, t->issuer, "self_registration", f);
	if (p->registration == SELF_REGISTRATION_PHONE)
		needs_gateway(c, t->issuer, "self_registration", f);
	if (p->email_change) {
		needs_page(c, t, "email_change", EP_EMAIL, f);
		needs_mail(c, t->issuer, "email_change", f);
	}
	if (p->phone_change) {
		needs_page(c, t, "phone_change", EP_PHONE, f);
		needs_gateway(c, t->issuer, "phone_change", f);
	}
}
