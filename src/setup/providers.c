/* setup/providers.c - the identity providers of the settings as upstream/ wants them. */
#include "setup/setup_int.h"

#include "upstream/upstream.h"

#define KEY_FILE_MAX (16 * 1024)
#define CONNECT_MS   3000
#define CERTIFICATES_MAX (256 * 1024)

/* One item while it is read: what is wrong with it goes to f, named by its setting. */
struct reading { const struct conf *c; struct str name; struct arena *mem; struct findings *f; };

static const struct conf_value *
value_of(const struct reading *r, const char *key)
{
	return conf_get(r->c, SEC_PROVIDER, r->name, key);
}

static struct str
text_of(const struct reading *r, const char *key)
{
	return arena_dup(r->mem, value_of(r, key)->text);
}

static bool
flag_of(const struct reading *r, const char *key)
{
	return value_of(r, key)->number != 0;
}

static struct str
words_of(const struct reading *r, const char *key)
{
	const struct conf_value *v = value_of(r, key);
	struct buf b;

	buf_init(&b, r->mem, SIZE_MAX / 4);
	for (size_t i = 0; i < v->n_words; i++) {
		if (i > 0)
			buf_putc(&b, ' ');
		buf_put(&b, v->words[i]);
	}
	return buf_str(&b);
}

/* "A=B" words. */
static const struct upstream_pair *
pairs_of(const struct reading *r, const char *key, size_t *n)
{
	const struct conf_value *v = value_of(r, key);
	struct upstream_pair *out = arena_array(r->mem, struct upstream_pair, v->n_words + 1);

	for (*n = 0; out != NULL && *n < v->n_words; *n += 1) {
		struct str value = arena_dup(r->mem, v->words[*n]), name = str_cut(&value, '=');

		out[*n] = (struct upstream_pair){ name, value };
		if (str_empty(name) || str_empty(value))
			findings_add(r->f, FINDING_ERROR, str_of(key), "%s: \"%.*s\" is not written A=B", key,
			    STR_ARG(v->words[*n]));
	}
	return out;
}

static uint64_t
algs_of(const struct reading *r)
{
	const struct conf_value *v = value_of(r, "algs");
	uint64_t bits = 0;
	enum jose_alg alg;

	for (size_t i = 0; i < v->n_words; i++)
		if (alg_read(v->words[i], &alg))
			bits |= BIT(alg);
		else
			setting_wrong(r->f, "algs", "algs: \"%.*s\" is no algorithm that is taken here; none and those "
			    "with a shared secret never are", STR_ARG(v->words[i]));
	return bits;
}

/* --- templates -------------------------------------------------------------------------------- */

/* What the settings say in place of the kind's word; empty: that. */
static const char *
template_of(const struct reading *r, const char *key, const char *fallback)
{
	struct str t = text_of(r, key);
	const char *wrong = upstream_template_wrong(t);

	if (wrong != NULL)
		findings_add(r->f, FINDING_ERROR, str_of(key), "%s: the template %s", key, wrong);
	return str_empty(t) ? fallback : arena_z(r->mem, t);
}

static const char *
path_of(const struct reading *r, const char *key)
{
	struct str t = text_of(r, key);

	if (str_index(t, '{') >= 0)
		findings_add(r->f, FINDING_ERROR, str_of(key), "%s: must be a path without braces", key);
	return str_empty(t) ? NULL : arena_z(r->mem, t);
}

#define wrong_request(r, node, ...) findings_add((r)->f, FINDING_ERROR, S("requests"), __VA_ARGS__)

/* A map of templates as pairs; between: of two of them, and of a name and its value. */
static const char *
map_of(const struct reading *r, const struct tree *node, char between, const char *of)
{
	struct buf b;

	buf_init(&b, r->mem, 8192);
	for (size_t i = 0; node != NULL && i < node->n; i++) {
		const struct tree *one = &node->at[i];
		const char *wrong = upstream_template_wrong(one->text);

		if (one->kind == TREE_LIST || one->kind == TREE_MAP || wrong != NULL || str_index(one->text, between) >= 0
		    || str_index(one->name, between) >= 0)
			wrong_request(r, one, "requests: %.*s: must be a text without %c, and its braces in pairs",
			    STR_ARG(one->name), between);
		if (b.n > 0)
			buf_putc(&b, between);
		buf_put(&b, one->name);
		buf_put(&b, str_of(of));
		buf_put(&b, one->text);
	}
	return b.n > 0 ? arena_z(r->mem, buf_str(&b)) : NULL;
}

static const char *
text_in(const struct reading *r, const struct tree *node)
{
	if (node->kind == TREE_LIST || node->kind == TREE_MAP)
		wrong_request(r, node, "requests: %.*s: must be a text", STR_ARG(node->name));
	return arena_z(r->mem, node->text);
}

static void
member_read(const struct reading *r, const struct tree *m, struct upstream_step *s)
{
	if (str_is(m->name, "url"))
		s->url = text_in(r, m);
	else if (str_is(m->name, "query"))
		s->query = map_of(r, m, '&', "=");
	else if (str_is(m->name, "form"))
		s->form = map_of(r, m, '&', "=");
	else if (str_is(m->name, "json"))
		s->json = map_of(r, m, '&', "=");
	else if (str_is(m->name, "headers"))
		s->headers = map_of(r, m, '|', ": ");
	else if (str_is(m->name, "error"))
		s->error = text_in(r, m);
	else if (str_is(m->name, "fine"))
		s->fine = text_in(r, m);
	else if (str_is(m->name, "expired"))
		s->expired = text_in(r, m);
	else if (str_is(m->name, "stale"))
		s->stale = text_in(r, m);
	else if (str_is(m->name, "keeps"))
		s->keeps = text_in(r, m);
	else if (str_is(m->name, "optional"))
		s->optional = str_is(m->text, "true");
	else
		wrong_request(r, m, "requests: %.*s is no member; there are url, query, form, json, headers, error, fine, "
		    "expired, stale, keeps and optional", STR_ARG(m->name));
}

static void
requests_read(const struct reading *r, struct upstream_kind *what)
{
	const struct tree *map = value_of(r, "requests")->map;

	if (map == NULL || map->n == 0)
		return;
	if (map->n > UPSTREAM_STEPS_MAX) {
		setting_wrong(r->f, "requests", "requests: there are more than %d", UPSTREAM_STEPS_MAX);
		return;
	}
	for (size_t i = 0; i < map->n; i++) {
		struct upstream_step *s = &what->steps[i];

		*s = (struct upstream_step){ .name = arena_z(r->mem, map->at[i].name) };
		for (size_t m = 0; m < map->at[i].n; m++)
			member_read(r, &map->at[i].at[m], s);
		if (s->url == NULL)
			wrong_request(r, &map->at[i], "requests: %s: its url is missing", s->name);
		if (s->form != NULL && s->json != NULL)
			wrong_request(r, &map->at[i], "requests: %s: form and json stand side by side; a request has one body",
			    s->name);
	}
}

static struct upstream_kind
kind_of(const struct reading *r)
{
	struct upstream_kind what = upstream_kinds[value_of(r, "kind")->number];
	struct str code = text_of(r, "code_parameter");

	what.subject = template_of(r, "subject", what.subject);
	what.person = template_of(r, "name", what.person);
	what.email = template_of(r, "email", what.email);
	what.email_verified = template_of(r, "email_verified", what.email_verified);
	what.authorize_url = template_of(r, "authorize_url", what.authorize_url);
	what.authorize = template_of(r, "authorize",
	    what.authorize != NULL && what.authorize[0] != '\0' ? what.authorize : upstream_oauth2_pairs);
	what.shown = what.shown != NULL ? what.shown : what.person;
	what.code_name = str_empty(code) ? what.code_name : arena_z(r->mem, code);
	what.no_pkce = what.no_pkce || !flag_of(r, "pkce");
	requests_read(r, &what);
	return what;
}

/* --- its key ---------------------------------------------------------------------------------- */

static void
key_release(void *key)
{
	key_free(key);
}

/* RSA or P-256; what the provider calls it goes into the header of what it signs. */
static const struct key *
key_of(const struct reading *r)
{
	struct str file = value_of(r, "private_key_file")->text, why = STR_ABSENT, pem, kid = value_of(r, "key_id")->text;
	struct key *key;

	if (str_empty(file))
		return NULL;
	pem = file_content(r->mem, file, KEY_FILE_MAX, &why);
	if (!str_given(pem)) {
		setting_wrong(r->f, "private_key_file", "private_key_file: %.*s", STR_ARG(why));
		return NULL;
	}
	key = key_from_pem(ALG_RS256, pem);
	if (key == NULL)
		key = key_from_pem(ALG_ES256, pem);
	if (key == NULL)
		setting_wrong(r->f, "private_key_file", "private_key_file: %.*s holds no private key of RSA (2048 bits at "
		    "least) or P-256 as PEM, without a pass phrase", STR_ARG(file));
	else if (!str_empty(kid))
		snprintf(key->kid, sizeof key->kid, "%.*s", STR_ARG(kid));
	return key != NULL && arena_defer(r->mem, key_release, key) ? key : NULL;
}

static void
answer_key_release(void *key)
{
	public_key_free(key);
}

/* Of the provider's own signatures. */
static const struct public_key *
answer_key_of(const struct reading *r)
{
	struct str file = value_of(r, "answer_key_file")->text, why = STR_ABSENT, text;
	struct public_key *key;

	if (str_empty(file))
		return NULL;
	text = file_content(r->mem, file, KEY_FILE_MAX, &why);
	if (!str_given(text)) {
		setting_wrong(r->f, "answer_key_file", "answer_key_file: %.*s", STR_ARG(why));
		return NULL;
	}
	key = public_key_read(r->mem, text);
	if (key == NULL)
		setting_wrong(r->f, "answer_key_file",
		    "answer_key_file: %.*s holds no public key of RSA (2048 bits at least), "
		    "as PEM or as base64 alone",
		    STR_ARG(file));
	return key != NULL && arena_defer(r->mem, answer_key_release, key) ? key : NULL;
}

static void
signers_release(void *s)
{
	signers_free(s);
}

/* A file of certificates, which is read whole; absent: none is named, or it cannot be. */
static struct str
certificates_of(const struct reading *r, const char *key)
{
	struct str file = value_of(r, key)->text, why = STR_ABSENT, pem;

	if (str_empty(file))
		return STR_ABSENT;
	pem = file_content(r->mem, file, CERTIFICATES_MAX, &why);
	if (!str_given(pem))
		findings_add(r->f, FINDING_ERROR, str_of(key), "%s: %.*s", key, STR_ARG(why));
	return pem;
}

static struct str
number_in(const struct reading *r, const char *key, struct str (*of)(struct arena *, struct str), struct str pem)
{
	struct str number = of(r->mem, pem);

	if (!str_given(number))
		findings_add(r->f, FINDING_ERROR, str_of(key), "%s: %.*s holds no certificate in PEM that can be used", key,
		    STR_ARG(value_of(r, key)->text));
	return number;
}

/* By certificates in the place of a bare key: whose they are, and who vouches for them. */
static void
certificates_read(const struct reading *r, struct upstream *u)
{
	struct str own = certificates_of(r, "certificate_file"), answers = certificates_of(r, "answer_certificate_file");
	struct str roots = certificates_of(r, "root_certificate_file");
	struct signers *s;
	const char *why;

	if (!str_given(own) || !str_given(answers) || !str_given(roots))
		return;
	u->own_number = number_in(r, "certificate_file", certificate_number, own);
	u->root_number = number_in(r, "root_certificate_file", certificate_numbers, roots);
	if (u->key != NULL && str_given(u->own_number) && !certificate_fits(own, u->key))
		setting_wrong(r->f, "certificate_file", "certificate_file: it is not the certificate of private_key_file");
	s = signers_load(answers, roots, &why);
	if (s == NULL)
		setting_wrong(r->f, "answer_certificate_file", "answer_certificate_file: the file %.*s %s",
		    STR_ARG(value_of(r, "answer_certificate_file")->text), why);
	else if (arena_defer(r->mem, signers_release, s))
		u->signers = s;
}

/* --- one item --------------------------------------------------------------------------------- */

/* The kind's issuer, with the parameters in it. */
static struct str
issuer_of(const struct reading *r, const struct upstream *u)
{
	struct str own = text_of(r, "issuer");
	json_t *known = str_empty(own) && u->what.issuer != NULL ? upstream_known(r->mem, u) : NULL;

	return known != NULL ? arena_dup(r->mem, upstream_fill(r->mem, known, u->what.issuer)) : own;
}

static struct upstream *
provider_read(const struct reading *r)
{
	struct upstream *u = arena_new(r->mem, struct upstream);
	int64_t total_ms = value_of(r, "timeout")->number * 1000;
	const struct conf_value *claims = value_of(r, "claims");
	struct str label = text_of(r, "label");

	if (u == NULL)
		return NULL;
	*u = (struct upstream){ .name = arena_dup(r->mem, r->name), .what = kind_of(r), .client_id = text_of(r, "client_id"),
		.client_secret = text_of(r, "client_secret"), .auth = (enum upstream_auth)value_of(r, "client_auth")->number,
		.key = key_of(r), .answer_key = answer_key_of(r), .kept = upstream_kept_new(r->mem),
		.team_id = text_of(r, "team_id"), .algs = algs_of(r), .userinfo = flag_of(r, "userinfo"),
		.believes_amr = flag_of(r, "trust_amr"), .link = (enum upstream_link)value_of(r, "link_by")->number,
		.link_by_password = flag_of(r, "link_by_password"), .creates = flag_of(r, "create_users"),
		.domains = words_of(r, "allowed_domains"), .allowed_groups = words_of(r, "allowed_groups"),
		.authorities = words_of(r, "authorities"), .groups = path_of(r, "groups"),
		.user_name = template_of(r, "user_name", NULL),
		.claims = claim_map_read(r->mem, claims->words, claims->n_words, r->f),
		.rules = { .allow_private = flag_of(r, "allow_private"), .allow_http = flag_of(r, "allow_http"),
		    .connect_ms = total_ms < CONNECT_MS ? total_ms : CONNECT_MS, .total_ms = total_ms,
		    .answer_max = UPSTREAM_ANSWER_MAX } };
	certificates_read(r, u);
	u->parameters = pairs_of(r, "parameters", &u->n_parameters);
	u->addresses = pairs_of(r, "addresses", &u->n_addresses);
	u->group_authorities = pairs_of(r, "group_authorities", &u->n_group_authorities);
	u->label = str_empty(label) ? str_of(u->what.label) : label;
	u->label_zh = text_of(r, "label_zh");
	if (str_empty(u->label_zh) && str_empty(label) && u->what.label_zh != NULL)
		u->label_zh = str_of(u->what.label_zh);
	u->scope = words_of(r, "scope");
	if (str_empty(u->scope) && u->what.scope != NULL)
		u->scope = str_of(u->what.scope);
	u->issuer = issuer_of(r, u);
	u->rests_until_ms = (_Atomic int64_t *)arena_calloc(r->mem, 1, sizeof *u->rests_until_ms);
	return r->mem->full ? NULL : u;
}

/* --- judged ----------------------------------------------------------------------------------- */

static void
url_judge(const struct reading *r, const struct upstream *u, const char *key, struct str url)
{
	const char *wrong = outbound_url_trouble(upstream_address(r->mem, u, url), &u->rules);

	if (wrong != NULL)
		findings_add(r->f, FINDING_ERROR, str_of(key), "%s: %s", key, wrong);
}

static void
parameters_judge(const struct reading *r, const struct upstream *u)
{
	struct str needs = str_of(u->what.needs);

	while (str_given(needs)) {
		struct str name = str_cut(&needs, ' ');
		bool there = false;

		for (size_t i = 0; i < u->n_parameters; i++)
			there = there || str_eq(u->parameters[i].name, name);
		if (!there)
			setting_wrong(r->f, "parameters", "parameters: %s needs %.*s=VALUE", u->what.name, STR_ARG(name));
	}
}

/* All three or none, and where the kind knows of them; does a chain lead from them to the roots? */
static void
certificates_judge(const struct reading *r, const struct upstream *u)
{
	static const char *const keys[] = { "certificate_file", "answer_certificate_file", "root_certificate_file" };
	const char *missing = NULL, *why = NULL;
	bool some = false, over = false;

	for (size_t i = 0; i < COUNT(keys); i++)
		if (str_empty(value_of(r, keys[i])->text))
			missing = keys[i];
		else
			some = true;
	if (some && u->what.steps[0].signer == NULL)
		setting_wrong(r->f, "certificate_file", "certificate_file: %s knows no certificates", u->what.name);
	if (some && missing != NULL)
		findings_add(r->f, FINDING_ERROR, str_of(missing), "%s: is needed beside the other certificates", missing);
	if (some && !str_empty(value_of(r, "answer_key_file")->text))
		setting_wrong(r->f, "answer_key_file", "answer_key_file: answers are verified by a key or by certificates; "
		    "set one of both");
	if (u->signers != NULL && !signers_judge(u->signers, clock_now_ms() / 1000, &why, &over))
		findings_add(r->f, over ? FINDING_WARNING : FINDING_ERROR, S("answer_certificate_file"),
		    "answer_certificate_file: no chain leads from it to root_certificate_file: %s", why);
}

/* Answers that are signed need the key, and of what is kept there is one. */
static void
answers_judge(const struct reading *r, const struct upstream *u)
{
	bool vouched = false;
	int kept = 0;

	for (size_t i = 0; i < UPSTREAM_STEPS_MAX; i++) {
		vouched = vouched || u->what.steps[i].vouched != NULL;
		kept += u->what.steps[i].keeps != NULL;
	}
	if (vouched && str_empty(value_of(r, "answer_key_file")->text)
	    && str_empty(value_of(r, "answer_certificate_file")->text))
		setting_wrong(r->f, "answer_key_file", "answer_key_file: %s needs one, by which its answers are "
		    "verified", u->what.name);
	if (kept > 1)
		setting_wrong(r->f, "requests", "requests: keeps stands in more than one of them");
}

static bool
has_signed_step(const struct upstream *u)
{
	for (size_t i = 0; i < UPSTREAM_STEPS_MAX; i++)
		if (u->what.steps[i].signs)
			return true;
	return false;
}

static void
proof_judge(const struct reading *r, const struct upstream *u)
{
	bool secret = !str_empty(u->client_secret), key = !str_empty(value_of(r, "private_key_file")->text);
	bool by_key = u->what.openid && u->auth == UPSTREAM_PRIVATE_KEY_JWT;

	if (u->what.secret_is_jwt || has_signed_step(u)) {
		if (!key)
			setting_wrong(r->f, "private_key_file", "private_key_file: %s needs one", u->what.name);
		if (u->what.secret_is_jwt && (str_empty(u->team_id) || str_empty(value_of(r, "key_id")->text)))
			setting_wrong(r->f, "team_id", "team_id: %s needs it, and key_id", u->what.name);
	} else if (u->what.openid && u->auth == UPSTREAM_SECRET_JWT && u->client_secret.n < 32) {
		setting_wrong(r->f, "client_secret", "client_secret: client_secret_jwt needs one of 32 bytes at least");
	} else if (!secret && !by_key && !(u->what.openid && u->auth == UPSTREAM_PUBLIC)
	    && strcmp(u->what.name, "oauth2") != 0) {
		setting_wrong(r->f, "client_secret", "client_secret: is needed; or say by client_auth how else the provider "
		    "is to know this server");
	}
}

static void
provider_judge(const struct reading *r, const struct upstream *u)
{
	if (u->what.openid && str_empty(u->issuer))
		setting_wrong(r->f, "issuer", "issuer: is needed, the URL that its ID tokens name as iss");
	else if (u->what.openid)
		url_judge(r, u, "issuer", u->issuer);
	else if (u->what.authorize_url == NULL)
		setting_wrong(r->f, "authorize_url", "authorize_url: is needed");
	else
		url_judge(r, u, "authorize_url", str_of(u->what.authorize_url));
	if (u->what.subject == NULL)
		setting_wrong(r->f, "subject", "subject: is needed, a template of what the provider calls its user for ever");
	if (!u->what.openid && u->what.steps[0].name == NULL)
		setting_wrong(r->f, "requests", "requests: at least the one that redeems the code is needed");
	for (size_t i = 0; i < UPSTREAM_STEPS_MAX && u->what.steps[i].url != NULL; i++)
		if (u->what.steps[i].url[0] != '{')
			url_judge(r, u, "requests", str_of(u->what.steps[i].url));
	for (size_t i = 0; i < u->n_addresses; i++)
		url_judge(r, u, "addresses", u->addresses[i].value);
	parameters_judge(r, u);
	proof_judge(r, u);
	answers_judge(r, u);
	certificates_judge(r, u);
	if (!str_empty(u->allowed_groups) && u->groups == NULL)
		setting_wrong(r->f, "allowed_groups", "allowed_groups: set groups too, where the answers list them");
}

void
providers_are_consistent(const struct conf *c, struct findings *f)
{
	const struct str *names;
	size_t n = conf_names(c, SEC_PROVIDER, &names);

	for (size_t i = 0; i < n; i++) {
		struct findings found;
		struct reading r = { c, names[i], f->mem, &found };
		const struct upstream *u;

		findings_init(&found, f->mem);
		u = provider_read(&r);
		if (u == NULL)
			findings_add(&found, FINDING_ERROR, STR_ABSENT, "memory is exhausted");
		else
			provider_judge(&r, u);
		if (!issuer_names(c, "identity_providers", names[i]))
			findings_add(&found, FINDING_WARNING, STR_ABSENT, "no issuer names it in `identity_providers`");
		complain_of(f, c, SEC_PROVIDER, names[i],
		    arena_say(f->mem, "identity provider %.*s: ", STR_ARG(names[i])), &found);
	}
}

/* --- put -------------------------------------------------------------------------------------- */

const struct upstream *const *
providers_of(const struct conf *c, struct str issuer, struct arena *mem)
{
	const struct conf_value *v = conf_get(c, SEC_ISSUER, issuer, "identity_providers");
	const struct upstream **list = v->n_words > 0 ? arena_array(mem, const struct upstream *, v->n_words + 1) : NULL;
	struct findings told_elsewhere;
	struct arena scratch;
	size_t n = 0;

	arena_init(&scratch, 1u << 20);
	findings_init(&told_elsewhere, &scratch);
	for (size_t i = 0; list != NULL && i < v->n_words; i++) {
		struct reading r = { c, v->words[i], mem, &told_elsewhere };

		if (conf_has(c, SEC_PROVIDER, v->words[i]) && (list[n] = provider_read(&r)) != NULL)
			n++;
	}
	arena_free(&scratch);
	return list;
}
