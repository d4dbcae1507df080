/* setup/trusted_issuers.c - the trusted issuers of the settings as oauth/ wants them. */
#include "setup/setup_int.h"

#include "jose/jwks.h"
#include "oauth/trusted_issuer.h"

#define JWKS_FILE_MAX (64 * 1024)
#define CONNECT_MS    3000

static const struct conf_value *
value_of(const struct conf *c, struct str name, const char *key)
{
	return conf_get(c, SEC_TRUSTED_ISSUER, name, key);
}

static struct str
text_of(const struct conf *c, struct arena *mem, struct str name, const char *key)
{
	return arena_dup(mem, value_of(c, name, key)->text);
}

static int64_t
ms_of(const struct conf *c, struct str name, const char *key)
{
	return value_of(c, name, key)->number * 1000;
}

/* Words as one text; absent: none. */
static struct str
words_of(const struct conf *c, struct arena *mem, struct str name, const char *key)
{
	const struct conf_value *v = value_of(c, name, key);
	struct buf b;

	buf_init(&b, mem, SIZE_MAX / 4);
	for (size_t i = 0; i < v->n_words; i++) {
		if (i > 0)
			buf_putc(&b, ' ');
		buf_put(&b, v->words[i]);
	}
	return v->n_words > 0 ? buf_str(&b) : STR_ABSENT;
}

static uint64_t
trusts_read(const struct conf *c, struct str name, const char *key, struct findings *f)
{
	const struct conf_value *v = value_of(c, name, key);
	uint64_t bits = 0;
	enum trust t;

	for (size_t i = 0; i < v->n_words; i++)
		if (trust_read(v->words[i], &t))
			bits |= BIT(t);
		else
			findings_add(f, FINDING_ERROR, str_of(key),
			    "%s: \"%.*s\" is nothing that an issuer can be trusted for; there are "
			    "jwt_bearer, id_jag, client_assertion, software_statement and token_exchange",
			    key, STR_ARG(v->words[i]));
	return bits;
}

static uint64_t
algs_read(const struct conf *c, struct str name, struct findings *f)
{
	const struct conf_value *v = value_of(c, name, "algs");
	uint64_t bits = 0;
	enum jose_alg alg;

	for (size_t i = 0; i < v->n_words; i++)
		if (alg_read(v->words[i], &alg))
			bits |= BIT(alg);
		else
			setting_wrong(f, "algs", "algs: \"%.*s\" is no algorithm that is taken here; none and those "
			    "with a shared secret never are", STR_ARG(v->words[i]));
	return bits;
}

static struct str
jwks_of(const struct conf *c, struct arena *mem, struct str name, struct findings *f)
{
	struct str file = value_of(c, name, "jwks_file")->text, why = STR_ABSENT, text;

	if (str_empty(file))
		return str_some(text_of(c, mem, name, "jwks"));
	text = file_content(mem, file, JWKS_FILE_MAX, &why);
	if (!str_given(text))
		setting_wrong(f, "jwks_file", "jwks_file: %.*s", STR_ARG(why));
	return str_some(text);
}

/* What is wrong with it is added to f. NULL: mem is full. */
static struct trusted_issuer *
trusted_read(const struct conf *c, struct str name, struct arena *mem, struct findings *f)
{
	struct trusted_issuer *t = arena_new(mem, struct trusted_issuer);
	int64_t total_ms = ms_of(c, name, "timeout");

	if (t == NULL)
		return NULL;
	*t = (struct trusted_issuer){
		.name = arena_dup(mem, name),
		.url = text_of(c, mem, name, "url"),
		.jwks = jwks_of(c, mem, name, f),
		.jwks_uri = str_some(text_of(c, mem, name, "jwks_uri")),
		.algs = algs_read(c, name, f),
		.trusts = trusts_read(c, name, "for", f),
		.once = trusts_read(c, name, "once", f),
		.audiences = words_of(c, mem, name, "audiences"),
		.scopes = words_of(c, mem, name, "scopes"),
		.speaks_for_client = value_of(c, name, "subject_is")->number == 1,
		.subject_claim = text_of(c, mem, name, "subject_claim"),
		.by = (enum subject_by)value_of(c, name, "subject_by")->number,
		.life_max_s = value_of(c, name, "life_max")->number,
		.skew_s = value_of(c, name, "clock_skew")->number,
		.keys_kept_ms = ms_of(c, name, "keys_kept"),
		.keys_grace_ms = ms_of(c, name, "keys_grace"),
		.rules = { .allow_private = value_of(c, name, "allow_private")->number != 0,
		    .allow_http = value_of(c, name, "allow_http")->number != 0,
		    .connect_ms = total_ms < CONNECT_MS ? total_ms : CONNECT_MS,
		    .total_ms = total_ms },
		.asking = trusted_asking_new(mem),
	};
	return mem->full ? NULL : t;
}

/* --- judged ----------------------------------------------------------------------------------- */

static void
key_set_judge(const struct conf *c, const struct trusted_issuer *t, struct findings *f)
{
	static const char *const ways[] = { "jwks", "jwks_file", "jwks_uri" };
	const char *first = NULL, *wrong;
	struct jwks set;

	for (size_t i = 0; i < COUNT(ways); i++) {
		if (str_empty(value_of(c, t->name, ways[i])->text))
			continue;
		if (first != NULL)
			findings_add(f, FINDING_ERROR, str_of(ways[i]),
			    "%s: stands beside %s; name the keys in one way", ways[i], first);
		first = ways[i];
	}
	if (!str_empty(t->jwks) && !jwks_read(f->mem, NULL, t->jwks, &set, &wrong))
		findings_add(f, FINDING_ERROR, str_of(first), "%s: %s", first, wrong);
	if (!str_empty(t->jwks_uri) && (wrong = outbound_url_trouble(t->jwks_uri, &t->rules)) != NULL)
		setting_wrong(f, "jwks_uri", "jwks_uri: %s", wrong);
	if (first == NULL && (wrong = outbound_url_trouble(t->url, &t->rules)) != NULL)
		setting_wrong(f, "url", "url: %s; or name its keys by jwks, jwks_file or jwks_uri", wrong);
}

static void
trusted_judge(const struct conf *c, const struct trusted_issuer *t, struct findings *f)
{
	if (!str_is_visible(t->url))
		setting_wrong(f, "url", "url: must be the iss of its tokens, without blanks");
	if (value_of(c, t->name, "once")->set && (t->once & ~t->trusts))
		setting_wrong(f, "once", "once: names something that is not in `for`");
	if (t->once & BIT(TRUST_SOFTWARE_STATEMENT))
		setting_wrong(f, "once", "once: software_statement is shown by every copy of an application");
	key_set_judge(c, t, f);
}

/* Of two with one iss, one would never be asked. */
static void
issuer_is_certain(const struct conf *c, struct str issuer, struct findings *f)
{
	const struct conf_value *v = conf_get(c, SEC_ISSUER, issuer, "trusts");

	for (size_t i = 0; i < v->n_words; i++)
		for (size_t k = 0; k < i; k++)
			if (conf_has(c, SEC_TRUSTED_ISSUER, v->words[i]) && conf_has(c, SEC_TRUSTED_ISSUER, v->words[k])
			    && str_eq(value_of(c, v->words[i], "url")->text, value_of(c, v->words[k], "url")->text))
				complain(f, v->where, "issuer %.*s: trusts: %.*s and %.*s have the same url",
				    STR_ARG(issuer), STR_ARG(v->words[k]), STR_ARG(v->words[i]));
}

void
trusted_issuers_are_consistent(const struct conf *c, struct findings *f)
{
	const struct str *names;
	size_t n = conf_names(c, SEC_TRUSTED_ISSUER, &names);

	for (size_t i = 0; i < n; i++) {
		struct findings found;
		const struct trusted_issuer *t;

		findings_init(&found, f->mem);
		t = trusted_read(c, names[i], f->mem, &found);
		if (t == NULL)
			findings_add(&found, FINDING_ERROR, STR_ABSENT, "memory is exhausted");
		else
			trusted_judge(c, t, &found);
		if (!issuer_names(c, "trusts", names[i]))
			findings_add(&found, FINDING_WARNING, STR_ABSENT, "no issuer names it in `trusts`");
		complain_of(f, c, SEC_TRUSTED_ISSUER, names[i],
		    arena_say(f->mem, "trusted issuer %.*s: ", STR_ARG(names[i])), &found);
	}
	n = conf_names(c, SEC_ISSUER, &names);
	for (size_t i = 0; i < n; i++)
		issuer_is_certain(c, names[i], f);
}

bool
trusted_for(const struct conf *c, struct str issuer, struct str word)
{
	const struct conf_value *v = conf_get(c, SEC_ISSUER, issuer, "trusts");

	for (size_t i = 0; i < v->n_words; i++) {
		const struct conf_value *what =
		    conf_has(c, SEC_TRUSTED_ISSUER, v->words[i]) ? value_of(c, v->words[i], "for") : NULL;

		for (size_t w = 0; what != NULL && w < what->n_words; w++)
			if (str_eq(what->words[w], word))
				return true;
	}
	return false;
}

/* --- put -------------------------------------------------------------------------------------- */

const struct trusted_issuer *const *
trusted_of(const struct conf *c, struct str issuer, struct arena *mem)
{
	const struct conf_value *v = conf_get(c, SEC_ISSUER, issuer, "trusts");
	const struct trusted_issuer **list = v->n_words > 0
	    ? arena_array(mem, const struct trusted_issuer *, v->n_words + 1) : NULL;
	struct findings told_elsewhere;
	struct arena scratch;
	size_t n = 0;

	arena_init(&scratch, 1u << 20);
	findings_init(&told_elsewhere, &scratch);
	for (size_t i = 0; list != NULL && i < v->n_words; i++)
		if (conf_has(c, SEC_TRUSTED_ISSUER, v->words[i])
		    && (list[n] = trusted_read(c, v->words[i], mem, &told_elsewhere)) != NULL)
			n++;
	arena_free(&scratch);
	return list;
}
