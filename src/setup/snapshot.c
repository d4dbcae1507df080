/* setup/snapshot.c - settings, clients and keys put together: what a request holds while it is served. */
#include "setup/setup_int.h"

#include "jose/certificate.h"
#include "login/ldap.h"
#include "oauth/client_metadata.h"
#include "oauth/profile.h"
#include "outbound/outbound.h"
#include "login/table.h"

#include <stdatomic.h>

#define SNAPSHOT_MAX (64u * 1024 * 1024)
#define CSS_MAX (256 * 1024)
#define CA_MAX  (4 * 1024 * 1024)

/* What is needed while a snapshot is made. */
struct builder {
	const struct conf *c; struct store *store; const uint8_t *kek;
	struct snapshot *snap; struct arena *mem /* of the snapshot */, *tmp;
	struct findings *f; int64_t now_s;
};

static struct str
text_of(const struct builder *b, struct str issuer, const char *name)
{
	return conf_text(b->c, SEC_ISSUER, issuer, name);
}

static int64_t
top_int(const struct builder *b, const char *name)
{
	return conf_int(b->c, SEC_TOP, STR_ABSENT, name);
}

/* --- one issuer ------------------------------------------------------------------------------- */

static const struct realm *
realm_of(struct builder *b, struct str name)
{
	struct snapshot *s = b->snap;
	struct realm *r;

	for (size_t i = 0; i < s->n_realms; i++)
		if (str_eq(realm_name(s->realms[i]), name))
			return s->realms[i];
	r = realm_load(b->store, name);
	if (r != NULL)
		s->realms[s->n_realms++] = r;
	return r;
}

static struct str
kek_where(const struct builder *b)
{
	return conf_where(b->c, SEC_TOP, STR_ABSENT,
	    str_empty(conf_text(b->c, SEC_TOP, STR_ABSENT, "keys.kek")) ? "keys.kek_file" : "keys.kek");
}

static struct keyring *
ring_of(struct builder *b, const struct issuer *i)
{
	struct key_rules rules = setup_key_rules(b->c, i->policy, i->realm);
	struct str why = STR_ABSENT;
	struct keyring *ring = keys_load(b->store, b->kek, i->name, &rules, b->now_s, b->tmp, &why);

	if (ring != NULL)
		b->snap->rings[b->snap->n_rings++] = ring;
	else
		complain(b->f, kek_where(b), "%.*s", STR_ARG(why));
	return ring;
}

/* What is remembered of its servers is shared by all issuers that ask it. */
static const struct directory *
directory_take(struct builder *b, struct str name)
{
	struct snapshot *s = b->snap;
	struct directory *d;
	struct findings judged;                 /* by directories_are_consistent already */

	findings_init(&judged, b->tmp);
	for (size_t i = 0; i < s->n_directories; i++)
		if (str_eq(s->directories[i]->name, name))
			return s->directories[i];
	d = conf_has(b->c, SEC_DIRECTORY, name) ? directory_read(b->c, name, b->mem, &judged) : NULL;
	if (d == NULL)
		return NULL;
	s->directories[s->n_directories++] = d;
	if (!directory_can_look(d))
		findings_add(b->f, FINDING_WARNING, conf_where(b->c, SEC_DIRECTORY, d->name, NULL),
		    "directory %.*s: without bind_dn and base it cannot be asked about its users again; "
		    "their sessions and refresh tokens end %lld seconds after a login (grace)",
		    STR_ARG(d->name), (long long)(d->grace_s > d->recheck_s ? d->grace_s : d->recheck_s));
	return d;
}

/* All that have users in the realm. NULL: none. */
static const struct directory *const *
directories_of(struct builder *b, struct str realm)
{
	const struct str *names;
	size_t n = conf_names(b->c, SEC_DIRECTORY, &names), found = 0;
	const struct directory **all = arena_array(b->mem, const struct directory *, n + 1);

	for (size_t i = 0; all != NULL && i < n; i++)
		if (directory_is_of_realm(b->c, names[i], realm) && (all[found] = directory_take(b, names[i])) != NULL)
			found++;
	return found > 0 ? all : NULL;
}

/* The table that the realm reads its users from; its connections are shared by all issuers of the realm. */
static const struct user_table *
table_of(struct builder *b, struct str realm)
{
	struct snapshot *s = b->snap;

	for (size_t i = 0; i < s->n_tables; i++)
		if (str_eq(s->tables[i]->realm, realm))
			return s->tables[i];
	return NULL;
}

/* Under the key-encryption key, which is not in the store: what is kept of a password tells nobody else anything. */
static void
mark_keys_put(const struct builder *b)
{
	for (size_t i = 0; i < b->snap->n_tables; i++) {
		struct user_table *t = b->snap->tables[i];

		t->has_mark_key = b->kek != NULL;
		if (t->has_mark_key)
			HMAC256(t->mark_key, str_span(b->kek, 32), S("user table password mark"), t->name);
	}
}

static void
tables_build(struct builder *b)
{
	const struct str *names;
	size_t n = conf_names(b->c, SEC_USER_TABLE, &names);

	b->snap->tables = arena_array(b->mem, struct user_table *, n);
	for (size_t i = 0; i < n && !b->mem->full; i++) {
		struct user_table *t = user_table_read(b->c, names[i], b->mem, b->f);

		if (t != NULL && user_table_open(t, b->c))
			b->snap->tables[b->snap->n_tables++] = t;
		else if (t != NULL)
			complain(b->f, conf_where(b->c, SEC_USER_TABLE, names[i], NULL),
			    "user table %.*s: memory is exhausted", STR_ARG(names[i]));
	}
}

/* The issuer's own, else that of all. */
static struct str
css_of(struct builder *b, struct str issuer, const struct style *style)
{
	bool own = !str_empty(style->css_file);
	struct str path = own ? style->css_file : conf_text(b->c, SEC_TOP, STR_ABSENT, "pages.css_file");
	struct str why = STR_ABSENT, css;

	if (str_empty(path))
		return STR_ABSENT;
	css = file_content(b->mem, path, CSS_MAX, &why);
	if (!str_given(css))
		complain(b->f,
		    own ? conf_where(b->c, SEC_ISSUER, issuer, "css_file")
			: conf_where(b->c, SEC_TOP, STR_ABSENT, "pages.css_file"),
		    "%s: the style sheet %.*s; correct the path or its rights",
		    own ? "css_file" : "pages.css_file", STR_ARG(why));
	return css;
}

static bool
demo_of(const struct builder *b, struct str name)
{
	const struct conf_value *v = conf_get(b->c, SEC_ISSUER, name, "demo");

	return v->set ? v->number != 0 : top_int(b, "demo") != 0;
}

/* What this issuer would never tell of a logout is said when it is set, not when somebody logs out. */
static void
notices_judge(struct builder *b, const struct issuer *i)
{
	struct outbound_rules rules = { .allow_private = i->policy->logout.notices_private,
		.allow_http = i->policy->logout.notices_http };
	size_t n;
	const struct logout_client *all =
	    i->realm != NULL && i->policy->logout.notices ? realm_logout_clients(i->realm, &n) : NULL;

	for (size_t k = 0; all != NULL && k < n; k++)
		for (struct str rest = all[k].urls; str_given(rest);) {
			struct str url = str_trim(str_cut(&rest, ','));
			const char *wrong = url.n > 0 ? outbound_url_trouble(url, &rules) : NULL;

			if (wrong != NULL)
				findings_add(b->f, FINDING_WARNING,
				    conf_where(b->c, SEC_ISSUER, i->name, NULL),
				    "issuer %.*s: client %.*s will hear of no logout at %.*s "
				    "(LOGOUT_NOTIFY_URL_LIST): %s",
				    STR_ARG(i->name), STR_ARG(all[k].client->id), STR_ARG(url), wrong);
		}
}

/*
 * Clients of the realm that the issuer's profile forbids: it refuses them when they come. Another issuer of the realm
 * may take them, so that they are no error.
 */
static void
clients_judge(struct builder *b, const struct issuer *i)
{
	enum profile profile = i->policy->profile.name;
	struct profile_change broken[PROFILE_CHANGES_MAX];
	const struct client *all;
	size_t n = profile != PROFILE_OAUTH_2_1 && i->realm != NULL ? realm_clients(i->realm, &all) : 0;

	for (size_t k = 0; k < n; k++) {
		size_t changes = all[k].enabled
		    ? profile_client_changes(profile, &all[k], client_metadata(&all[k]), broken) : 0;

		for (size_t c = 0; c < changes; c++)
			findings_add(b->f, FINDING_WARNING, conf_where(b->c, SEC_ISSUER, i->name, "profile"),
			    "issuer %.*s: client %.*s does not keep the profile %s; it would have to %s (%s: %s)",
			    STR_ARG(i->name), STR_ARG(all[k].id), profile_names[profile].word, broken[c].change,
			    broken[c].member, broken[c].where);
	}
}

static void
directories_put(struct builder *b, struct issuer *i, struct str name)
{
	struct str doubt;

	i->directory = i->policy->grant.offered & BIT(GI_directory)
	    ? directory_take(b, text_of(b, name, "directory"))
	    : NULL;
	i->at_login = directory_take(b, directory_at_login(b->c, name, &doubt));
	i->directories = directories_of(b, text_of(b, name, "realm"));
}

/* Which certificates these authorities have taken back. False: they cannot be read, and f says why. */
static bool
revocations_put(struct builder *b, struct str issuer, struct authorities *t)
{
	struct str path = text_of(b, issuer, "client_crl_path"), why = STR_ABSENT;
	struct str where = conf_where(b->c, SEC_ISSUER, issuer, "client_crl_path");

	if (str_empty(path))
		return true;
	if (!revocation_lists_read(t, path, b->tmp, &why)) {
		complain(b->f, where, "client_crl_path: %.*s; correct the path or what is there", STR_ARG(why));
		return false;
	}
	revocation_judge(t, clock_now_s(), where, b->f);
	return true;
}

/* The authorities whose word counts for the clients of an issuer. NULL: it names none, or f says why. */
static const struct authorities *
client_cas_of(struct builder *b, struct str issuer)
{
	struct str path = text_of(b, issuer, "client_ca_file"), why = STR_ABSENT, pem;
	struct str where = conf_where(b->c, SEC_ISSUER, issuer, "client_ca_file");
	const char *wrong = NULL;
	struct authorities *t = NULL;

	if (str_empty(path)) {
		if (!str_empty(text_of(b, issuer, "client_crl_path")))
			complain(b->f, conf_where(b->c, SEC_ISSUER, issuer, "client_crl_path"),
			    "client_crl_path: revocation lists are those of the authorities in client_ca_file; set "
			    "it too");
		return NULL;
	}
	pem = file_content(b->tmp, path, CA_MAX, &why);
	if (str_given(pem) && (t = authorities_load(pem, &wrong)) == NULL)
		why = arena_printf(b->tmp, "%.*s %s", STR_ARG(path), wrong);
	if (t == NULL)
		complain(b->f, where, "client_ca_file: %.*s; correct the path or its rights", STR_ARG(why));
	else if (!issuer_takes_certs(b->c, issuer))
		findings_add(b->f, FINDING_WARNING, where,
		    "client_ca_file: nobody asks for certificates; set client_certificates of a listener, or "
		    "http.client_cert_header");
	if (t == NULL || !arena_defer(b->mem, authorities_free, t))
		return NULL;
	return revocations_put(b, issuer, t) ? t : NULL;
}

/* NULL: memory is exhausted, or f says why. What the store has is put in by snapshot_read_store and snapshot_fill. */
static struct mount *
mount_make(struct builder *b, struct str name)
{
	struct mount *t = arena_new(b->mem, struct mount);
	struct issuer *i = arena_new(b->mem, struct issuer);
	struct policy *policy = arena_new(b->mem, struct policy);
	struct issuer_url url = { 0 };

	if (t == NULL || i == NULL || policy == NULL || (t->wire = dialect_of(b->c, name, b->mem, b->f)) == NULL)
		return NULL;
	policy_of(b->c, name, t->wire, policy, &t->style, b->mem, b->f);
	i->name = arena_dup(b->mem, name);
	i->url = arena_dup(b->mem, text_of(b, name, "url"));
	i->userinfo = wire_userinfo_url(t->wire, i->url, b->mem);
	i->status_lists = wire_status_lists_url(t->wire, policy, i->url, b->mem);
	i->policy = policy;
	i->takes_certs = issuer_takes_certs(b->c, name);
	i->mtls_url = str_some(arena_dup(b->mem, text_of(b, name, "mtls_url")));
	i->client_cas = client_cas_of(b, name);
	i->sms = gateway_of(b->c, name, b->mem);
	i->mail = b->snap->mail;
	i->wechat = wechat_of(b->c, name, b->mem);
	i->trusted = trusted_of(b->c, name, b->mem);
	i->upstreams = providers_of(b->c, name, b->mem);
	i->table = table_of(b, text_of(b, name, "realm"));
	directories_put(b, i, name);
	issuer_url_read(i->url, &url);
	t->issuer = i;
	self_service_judge(b->c, t, b->f);
	t->prefix = url.prefix;
	t->elsewhere = conf_get(b->c, SEC_ISSUER, name, "also_at")->n_words > 0;
	t->secure = url.secure;
	t->pages = b->snap->pages;
	t->custom_css = css_of(b, name, &t->style);
	t->demo = demo_of(b, name);
	farewell_read(b->c, name, b->mem, &t->farewell);
	t->cache = arena_new(b->mem, struct reply_cache);
	return t;
}

static const struct issuer *
issuer_named(const struct mount *const *all, struct str name)
{
	for (; *all != NULL; all++)
		if (str_eq((*all)->issuer->name, name))
			return (*all)->issuer;
	return NULL;
}

/* Once all issuers are made: whose refresh tokens each honours. Unknown names were refused by the check. */
static void
acceptance_of(struct builder *b, const struct mount *const *all, struct issuer *i)
{
	const struct conf_value *v = conf_get(b->c, SEC_ISSUER, i->name, "accepts_from");
	const struct issuer **list = arena_array(b->mem, const struct issuer *, v->n_words + 1);
	size_t n = 0;

	for (size_t w = 0; list != NULL && w < v->n_words; w++) {
		const struct issuer *other = issuer_named(all, v->words[w]);

		if (other != NULL && !str_eq(text_of(b, other->name, "realm"), text_of(b, i->name, "realm")))
			complain(b->f, v->where,
			    "accepts_from: %.*s has another realm, so its users are others",
			    STR_ARG(other->name));
		else if (other != NULL && other != i)
			list[n++] = other;
	}
	i->accepted = list;
}

/* Issuers of other realms: a client of the same id is another one there. */
static void
elsewhere_of(struct builder *b, const struct mount *const *all, struct issuer *i)
{
	struct str realm = text_of(b, i->name, "realm");
	struct buf names;

	buf_init(&names, b->mem, SIZE_MAX / 4);
	for (; *all != NULL; all++) {
		if (str_eq(text_of(b, (*all)->issuer->name, "realm"), realm))
			continue;
		if (names.n > 0)
			buf_putc(&names, ' ');
		buf_put(&names, (*all)->issuer->name);
	}
	i->elsewhere = buf_str(&names);
}

/* --- places ----------------------------------------------------------------------------------- */

static struct str
mtls_host(const struct mount *t)
{
	struct issuer_url url;

	return issuer_url_read(t->issuer->mtls_url, &url) ? host_name(url.host) : STR_ABSENT;
}

static void
places_of(struct builder *b, struct mount_place *all, const struct mount *t)
{
	const struct str *listeners;
	size_t n = conf_names(b->c, SEC_LISTENER, &listeners);
	struct str host = arena_dup(b->mem, text_of(b, t->issuer->name, "host")), prefixes[PREFIXES_MAX];
	size_t n_prefixes = issuer_prefixes(b->c, t->issuer->name, prefixes);

	for (size_t l = 0; l < n; l++)
		for (size_t p = 0; p < n_prefixes && issuer_is_on(b->c, t->issuer->name, listeners[l]); p++) {
			struct str prefix = arena_dup(b->mem, prefixes[p]);

			all[b->snap->n_places++] = (struct mount_place){ (int)l, host, prefix, t };
			/* one that a host name selects is reached by that of mtls_url too */
			if (host.n > 0 && str_given(t->issuer->mtls_url))
				all[b->snap->n_places++] = (struct mount_place){ (int)l, mtls_host(t), prefix, t };
		}
}

/* --- the whole -------------------------------------------------------------------------------- */

static struct throttle_rules
throttle_rules_of(const struct builder *b)
{
	return (struct throttle_rules){
		.account_free = (int)top_int(b, "login.account_free"),
		.account_total = (int)top_int(b, "login.account_total"),
		.account_first_ms = top_int(b, "login.account_first") * 1000,
		.account_max_ms = top_int(b, "login.account_max") * 1000,
		.address_per_minute = (int)top_int(b, "login.address_per_minute"),
		.code_per_minute = (int)top_int(b, "login.code_per_minute"),
		.forget_s = top_int(b, "login.forget"),
		.client_free = (int)top_int(b, "login.client_free"),
		.client_per_minute = (int)top_int(b, "login.client_per_minute"),
	};
}

static void
pages_load(struct builder *b)
{
	struct str why = STR_ABSENT, dir = conf_text(b->c, SEC_TOP, STR_ABSENT, "pages.templates");
	struct page_own own[PAGE_OWN_MAX];
	size_t n_own = setup_languages(b->c, b->f, own);

	b->snap->pages = page_set_load(str_empty(dir) ? STR_ABSENT : dir, own, n_own, b->tmp, &why);
	if (b->snap->pages == NULL)
		complain(b->f, conf_where(b->c, SEC_TOP, STR_ABSENT, "pages.templates"),
		    "pages.templates: %.*s", STR_ARG(why));
}

static void
passwords_load(struct builder *b)
{
	struct str why = STR_ABSENT;

	if (!setup_passwords(b->c, b->mem, &b->snap->passwords, &why))
		complain(b->f, conf_where(b->c, SEC_TOP, STR_ABSENT, setup_passwords_key(why)), "%.*s", STR_ARG(why));
}

static void
listeners_put(struct builder *b, const struct str *names, size_t n)
{
	struct str *own = arena_array(b->mem, struct str, n);

	for (size_t i = 0; own != NULL && i < n; i++)
		own[i] = arena_dup(b->mem, names[i]);
	b->snap->listeners = own;
	b->snap->n_listeners = own != NULL ? n : 0;
}

static void
issuers_build(struct builder *b)
{
	const struct str *names, *listeners;
	size_t n_directories = conf_names(b->c, SEC_DIRECTORY, &names);
	size_t n = conf_names(b->c, SEC_ISSUER, &names), n_listeners = conf_names(b->c, SEC_LISTENER, &listeners);
	struct mount **mounts = arena_array(b->mem, struct mount *, n + 1);
	struct mount_place *places = arena_array(b->mem, struct mount_place, 2 * n * n_listeners * PREFIXES_MAX);

	listeners_put(b, listeners, n_listeners);
	b->snap->mail = mail_server_of(b->c, b->mem);
	b->snap->realms = arena_array(b->mem, struct realm *, n);
	b->snap->directories = arena_array(b->mem, struct directory *, n_directories + 1);
	b->snap->rings = arena_array(b->mem, struct keyring *, n);
	if (b->mem->full)
		return;
	b->snap->mounts = (const struct mount *const *)mounts;
	b->snap->places = places;
	for (size_t i = 0, made = 0; i < n; i++) {
		struct mount *t = mount_make(b, names[i]);

		if (t == NULL)
			continue;
		t->all = b->snap->mounts;
		mounts[made++] = t;
		places_of(b, places, t);
	}
	for (struct mount **t = mounts; *t != NULL; t++) {
		struct issuer *i = (struct issuer *)(uintptr_t)(*t)->issuer;

		acceptance_of(b, b->snap->mounts, i);
		elsewhere_of(b, b->snap->mounts, i);
	}
}

struct snapshot *
snapshot_open(const struct conf *c, struct findings *f)
{
	struct snapshot *snap = calloc(1, sizeof *snap);
	struct builder b = { .c = c, .snap = snap, .tmp = f->mem, .f = f };

	if (snap == NULL)
		return NULL;
	atomic_init(&snap->refs, 1);
	arena_init(&snap->mem, SNAPSHOT_MAX);
	b.mem = &snap->mem;
	passwords_load(&b);
	pages_load(&b);
	tables_build(&b);
	issuers_build(&b);
	snap->svc = (struct services){ .throttle = throttle_rules_of(&b),
		.passwords = &snap->passwords,
		.rehash = conf_int(c, SEC_TOP, STR_ABSENT, "login.rehash") != 0 };
	if (!snap->mem.full)
		return snap;
	snapshot_drop(snap);
	return NULL;
}

/* --- what the store has ----------------------------------------------------------------------- */

#define REALMS_MAX 256

/* A realm that nobody has heard of, in a store that has others, is more likely mistyped. */
static void
realm_is_known(struct builder *b, const struct issuer *i)
{
	struct str *names = arena_array(b->tmp, struct str, REALMS_MAX), realm = text_of(b, i->name, "realm");
	int n = names != NULL ? store_realms(b->store, b->tmp, REALMS_MAX, names) : 0;
	struct nearest near = nearest_to(realm);

	for (int k = 0; k < n; k++) {
		if (str_eq(names[k], realm))
			return;
		nearest_try(&near, names[k]);
	}
	if (n <= 0 || n == REALMS_MAX)
		return;
	if (str_given(near.name))
		findings_add(b->f, FINDING_WARNING, conf_where(b->c, SEC_ISSUER, i->name, "realm"),
		    "issuer %.*s: realm: the store has no client and no user of %.*s yet; did you mean %.*s?",
		    STR_ARG(i->name), STR_ARG(realm), STR_ARG(near.name));
	else
		findings_add(b->f, FINDING_WARNING, conf_where(b->c, SEC_ISSUER, i->name, "realm"),
		    "issuer %.*s: realm: the store has no client and no user of %.*s yet", STR_ARG(i->name),
		    STR_ARG(realm));
}

/* The mounts are constant to everybody else; a snapshot that is being made is nobody else's yet. */
static struct issuer *
issuer_of(const struct mount *t)
{
	return (struct issuer *)(uintptr_t)t->issuer;
}

void
snapshot_read_store(
    struct snapshot *s, const struct conf *c, struct store *store, const uint8_t *kek, struct findings *f)
{
	struct arena tmp;
	struct builder b = { .c = c, .store = store, .kek = kek, .snap = s, .mem = &s->mem, .tmp = &tmp, .f = f };

	arena_init(&tmp, SNAPSHOT_MAX);
	for (const struct mount *const *t = s->mounts; *t != NULL; t++) {
		struct issuer *i = issuer_of(*t);
		struct str why = STR_ABSENT;

		i->realm = realm_of(&b, text_of(&b, i->name, "realm"));
		if (i->realm == NULL)
			complain(f, conf_where(c, SEC_ISSUER, i->name, "realm"),
			    "issuer %.*s: the clients of realm %.*s cannot be read from the store",
			    STR_ARG(i->name), STR_ARG(text_of(&b, i->name, "realm")));
		realm_is_known(&b, i);
		notices_judge(&b, i);
		clients_judge(&b, i);
		if (kek != NULL && !keys_judge(store, kek, i->name, &tmp, &why))
			complain(f, kek_where(&b), "%.*s", STR_ARG(why));
		arena_reset(&tmp);
	}
	arena_free(&tmp);
}

void
snapshot_fill(struct snapshot *s, const struct conf *c, struct store *store, struct secret_memory *secrets,
    const uint8_t *kek, struct findings *f)
{
	struct arena tmp;                       /* holds keys unsealed: gone with the issuer, not with the caller's */
	struct builder b = { .c = c,
		.store = store,
		.kek = kek,
		.snap = s,
		.mem = &s->mem,
		.tmp = &tmp,
		.f = f,
		.now_s = clock_now_s() };

	arena_init(&tmp, SNAPSHOT_MAX);
	mark_keys_put(&b);
	for (const struct mount *const *t = s->mounts; *t != NULL; t++) {
		issuer_of(*t)->keys = ring_of(&b, (*t)->issuer);
		arena_reset(&tmp);
	}
	arena_free(&tmp);
	s->svc.passwords = &s->passwords;
	s->svc.store = store;
	s->svc.secrets = secrets;
}

struct snapshot *
snapshot_hold(struct snapshot *s)
{
	atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
	return s;
}

void
snapshot_drop(struct snapshot *s)
{
	if (s == NULL || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (const struct mount *const *t = s->mounts; t != NULL && *t != NULL; t++)
		reply_cache_free((*t)->cache);
	for (size_t i = 0; i < s->n_tables; i++)
		sql_pool_free(s->tables[i]->pool);
	for (size_t i = 0; i < s->n_rings; i++)
		keyring_free(s->rings[i]);
	for (size_t i = 0; i < s->n_realms; i++)
		realm_free(s->realms[i]);
	if (s->pages != NULL)
		page_set_free(s->pages);
	arena_free(&s->mem);
	free(s);
}
