/* conf/check.c - what can be said about settings without knowing what they are for: given, existing, well-formed. */
#include "conf/conf_int.h"

static void
required(struct loader *l, const struct conf_item *item, const struct setting *row)
{
	bool counts = row->type == SET_TEXT || row->type == SET_PATH || row->type == SET_WORDS;

	if (counts && row->min > 0 && row->fallback[0] == '\0' && !item->values[row - settings].set)
		conf_complain(l, item->where, "`%s.%.*s` needs `%s`; add it", section_keys[row->section],
		    STR_ARG(item->name), row->name);
}

/* "host:port", "[v6]:port", "*:port" or "unix:/path". */
static bool
address_is_good(struct str a)
{
	ptrdiff_t colon = str_rindex(a, ':');
	struct str host = str_sub(a, 0, colon < 0 ? 0 : (size_t)colon);
	int64_t port;

	if (str_starts(a, S("unix:")))
		return a.n > 6 && a.p[5] == '/';
	if (colon < 0 || host.n == 0 || !str_int(str_from(a, (size_t)colon + 1), &port) || port < 0 || port > 65535)
		return false;
	return host.p[0] == '[' ? str_ends(host, S("]")) : str_index(host, ':') < 0;
}

static void
address_check(struct loader *l, struct str where, const char *name, struct str a)
{
	if (!address_is_good(a))
		conf_complain(l, where,
		    "`%s` holds \"%.*s\", which is no address; write 127.0.0.1:8080, [::1]:8080, *:8080 or "
		    "unix:/path",
		    name, STR_ARG(a));
}

static void
listener_check(struct loader *l, struct str name)
{
	const struct conf_value *bind = conf_get(l->conf, SEC_LISTENER, name, "bind");
	const struct conf_value *cert = conf_get(l->conf, SEC_LISTENER, name, "cert_file"),
				*key = conf_get(l->conf, SEC_LISTENER, name, "key_file");

	for (size_t i = 0; i < bind->n_words; i++)
		address_check(l, bind->where, "bind", bind->words[i]);
	if ((cert->text.n > 0) != (key->text.n > 0))
		conf_complain(l, cert->text.n > 0 ? cert->where : key->where,
		    "`listeners.%.*s` needs cert_file and key_file together; add the other one",
		    STR_ARG(name));
}

static void
names_check(struct loader *l, const struct conf_value *v, enum setting_section s)
{
	for (size_t i = 0; i < v->n_words; i++)
		if (item_find(l->conf, s, v->words[i]) == NULL)
			conf_complain(l, v->where,
			    "`%s` names \"%.*s\", which is not in `%s`; add it there or correct the name",
			    v->row->name, STR_ARG(v->words[i]), section_keys[s]);
}

static void
issuer_check(struct loader *l, struct str name)
{
	const struct conf_value *url = conf_get(l->conf, SEC_ISSUER, name, "url");
	struct url parts;
	const char *wrong = url_read(url->text, &parts);

	if (url->set && !parts.web)
		conf_complain(l, url->where,
		    "`issuers.%.*s.url` must begin with https:// (or http:// on loopback), not \"%.*s\"",
		    STR_ARG(name), STR_ARG(url->text));
	else if (url->set && wrong != NULL)
		conf_complain(l, url->where, "`issuers.%.*s.url` cannot be \"%.*s\": %s",
		    STR_ARG(name), STR_ARG(url->text), wrong);
	names_check(l, conf_get(l->conf, SEC_ISSUER, name, "listener"), SEC_LISTENER);
	names_check(l, conf_get(l->conf, SEC_ISSUER, name, "accepts_from"), SEC_ISSUER);
	names_check(l, conf_get(l->conf, SEC_ISSUER, name, "sms_gateway"), SEC_SMS_GATEWAY);
	names_check(l, conf_get(l->conf, SEC_ISSUER, name, "trusts"), SEC_TRUSTED_ISSUER);
	names_check(l, conf_get(l->conf, SEC_ISSUER, name, "identity_providers"), SEC_PROVIDER);
	if (!str_is(conf_get(l->conf, SEC_ISSUER, name, "directory")->text, DIRECTORY_NONE))
		names_check(l, conf_get(l->conf, SEC_ISSUER, name, "directory"), SEC_DIRECTORY);
}

/* A name that no issuer has is a slip, and its rules would hold for nobody. */
static void
realm_check(struct loader *l, struct str name)
{
	const struct conf_items *issuers = &l->conf->list[SEC_ISSUER];
	struct nearest near = nearest_to(name);

	for (size_t i = 0; i < issuers->n; i++) {
		struct str realm = conf_get(l->conf, SEC_ISSUER, issuers->names[i], "realm")->text;

		if (str_eq(realm, name))
			return;
		nearest_try(&near, realm);
	}
	if (str_given(near.name))
		conf_complain(l, conf_where(l->conf, SEC_REALM, name, NULL),
		    "`realms.%.*s`: no issuer uses this realm; did you mean `%.*s`?", STR_ARG(name),
		    STR_ARG(near.name));
	else
		conf_complain(l, conf_where(l->conf, SEC_REALM, name, NULL),
		    "`realms.%.*s`: no issuer uses this realm; correct the name", STR_ARG(name));
}

void
conf_check(struct loader *l)
{
	const struct conf_value *listen = conf_get(l->conf, SEC_TOP, STR_ABSENT, "admin.listen");

	for (int s = SEC_LISTENER; s < SEC_COUNT; s++)
		for (size_t i = 0; i < l->conf->list[s].n; i++)
			for (const struct setting *row = settings; row->name != NULL; row++)
				if ((int)row->section == s)
					required(l, &l->conf->list[s].at[i], row);
	if (listen->text.n > 0)
		address_check(l, listen->set ? listen->where : l->conf->start, "admin.listen", listen->text);
	for (size_t i = 0; i < l->conf->list[SEC_LISTENER].n; i++)
		listener_check(l, l->conf->list[SEC_LISTENER].names[i]);
	for (size_t i = 0; i < l->conf->list[SEC_DIRECTORY].n; i++)
		if (str_is(l->conf->list[SEC_DIRECTORY].names[i], DIRECTORY_NONE))
			conf_complain(l,
			    conf_where(l->conf, SEC_DIRECTORY, l->conf->list[SEC_DIRECTORY].names[i], NULL),
			    "`directories.none` needs another name: `directory: none` says that an issuer "
			    "asks none");
	for (size_t i = 0; i < l->conf->list[SEC_ISSUER].n; i++)
		issuer_check(l, l->conf->list[SEC_ISSUER].names[i]);
	for (size_t i = 0; i < l->conf->list[SEC_REALM].n; i++)
		realm_check(l, l->conf->list[SEC_REALM].names[i]);
}
