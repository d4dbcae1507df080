/* setup/policy.c - an issuer's policy and style: the dialect's defaults, then what the settings say. */
#include "setup/setup_int.h"

#include "login/webauthn.h"
#include "oauth/endpoints.h"
#include "oauth/profile.h"

/* A rule may be its realm's. */
static const struct conf_value *
value_of(const struct conf *c, struct str issuer, const char *name)
{
	return conf_rule(c, issuer, name);
}

static void
grants_read(const struct conf_value *v, uint64_t *out, struct findings *f)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < v->n_words; i++) {
		int g = 0;

		while (g < GI_COUNT && !str_is(v->words[i], grants[g]->name))
			g++;
		if (g == GI_COUNT)
			complain(f, v->where, "grants: \"%.*s\" is no grant that the token endpoint knows",
			    STR_ARG(v->words[i]));
		else
			bits |= BIT(g);
	}
	*out = bits;
}

static void
methods_read(const struct conf_value *v, uint64_t *out, struct findings *f)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < v->n_words; i++) {
		int m = 0;

		while (m < METHOD_COUNT && !str_is(v->words[i], method_rows[m].name))
			m++;
		if (m == METHOD_COUNT)
			complain(f, v->where, "client_auth_methods: \"%.*s\" is no way in which a client authenticates",
			    STR_ARG(v->words[i]));
		else
			bits |= BIT(m);
	}
	*out = bits;
}

static void
algs_read(const char *setting, const struct conf_value *v, uint64_t *out, struct findings *f)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < v->n_words; i++) {
		enum jose_alg alg;

		if (alg_read(v->words[i], &alg))
			bits |= BIT(alg);
		else
			complain(f, v->where, "%s: \"%.*s\" is no signature algorithm that signing_alg could name",
			    setting, STR_ARG(v->words[i]));
	}
	*out = bits;
}

#define SET_NUMBER(setting, to) if ((v = value_of(c, issuer, setting))->set) (to) = v->number;
#define SET_TRUTH(setting, to)  if ((v = value_of(c, issuer, setting))->set) (to) = v->number != 0;
#define SET_STR(setting, to)    if ((v = value_of(c, issuer, setting))->set) (to) = arena_dup(mem, v->text);
#define SET_CSTR(setting, to)   if ((v = value_of(c, issuer, setting))->set) (to) = arena_z(mem, v->text);
#define SET_GRANTS(setting, to) if ((v = value_of(c, issuer, setting))->set) grants_read(v, &(to), f);
#define SET_ALGS(setting, to)   if ((v = value_of(c, issuer, setting))->set) algs_read(setting, v, &(to), f);
#define SET_METHODS(setting, to) if ((v = value_of(c, issuer, setting))->set) methods_read(v, &(to), f);

/* Text values are copied: a snapshot outlives the settings it was built from. */
static void
policy_apply(const struct conf *c, struct str issuer, struct policy *policy, struct arena *mem, struct findings *f)
{
	const struct conf_value *v;

#define POLICY_SECONDS(setting, group, field, least, most, help, zh)   SET_NUMBER(#setting, policy->group.field)
#define POLICY_INT(setting, group, field, least, most, unit, help, zh) SET_NUMBER(#setting, policy->group.field)
#define POLICY_BOOL(setting, group, field, help, zh)                   SET_TRUTH(#setting, policy->group.field)
#define POLICY_CHOICE(setting, group, field, type, choices, help, zh)  SET_NUMBER(#setting, policy->group.field)
#define POLICY_ALG(setting, group, field, help, zh)                    SET_NUMBER(#setting, policy->group.field)
#define POLICY_ALGS(setting, group, field, help, zh)                   SET_ALGS(#setting, policy->group.field)
#define POLICY_TEXT(setting, group, field, help, zh)                   SET_STR(#setting, policy->group.field)
#define POLICY_CSTR(setting, group, field, help, zh)                   SET_CSTR(#setting, policy->group.field)
#define POLICY_GRANTS(setting, group, field, help, zh)                 SET_GRANTS(#setting, policy->group.field)
#define POLICY_METHODS(setting, group, field, help, zh)                SET_METHODS(#setting, policy->group.field)
#include "oauth/policy.def"
}

static void
style_apply(const struct conf *c, struct str issuer, struct style *style, struct arena *mem)
{
	const struct conf_value *v;

#define STYLE_INT(field, least, most, unit, help, zh) SET_NUMBER(#field, style->field)
#define STYLE_BOOL(field, help, zh)                   SET_TRUTH(#field, style->field)
#define STYLE_CHOICE(field, type, choices, help, zh)  SET_NUMBER(#field, style->field)
#define STYLE_TEXT(field, help, zh)                   SET_STR(#field, style->field)
#define STYLE_PATH(field, help, zh)                   SET_STR(#field, style->field)
#include "wire/style.def"
}

/* A word that is none of them has been complained of, and counts as none. */
static enum profile
profile_said(const struct conf *c, struct str issuer)
{
	const struct conf_value *v = value_of(c, issuer, "profile");

	return v->set && v->number >= 0 && v->number < PROFILE_COUNT ? (enum profile)v->number : PROFILE_OAUTH_2_1;
}

/* Before the settings, which may depart from what it sets as far as it allows. */
static void
profile_take(const struct conf *c, struct str issuer, const struct wire *w, struct policy *policy, struct findings *f)
{
	const struct conf_value *v = value_of(c, issuer, "profile");

	policy->profile.name = profile_said(c, issuer);
	if (policy->profile.name != PROFILE_OAUTH_2_1 && !wire_keeps_profiles(w))
		complain(f, v->where, "profile: the dialect %.*s of an older system cannot keep it; take modern",
		    STR_ARG(wire_name(w)));
	profile_defaults(policy);
}

/*
 * Codes that nobody could redeem are not offered, unless the settings ask for them: then
 * wire_policy_is_valid says so.
 */
static void
offers_narrow(const struct conf *c, struct str issuer, struct policy *policy)
{
	if (!(policy->grant.offered & BIT(GI_authorization_code)) && !value_of(c, issuer, "offers_code")->set)
		policy->authorize.offers_code = false;
}

/* Sentences that begin with the setting they are about. */
static void
complain_of_issuer(const struct conf *c, struct str issuer, struct str lines, struct findings *f)
{
	struct str line;

	while (str_given(lines) && (line = str_cut(&lines, '\n')).p != NULL)
		complain(f, conf_rule_said(c, issuer, line), "issuer %.*s: %.*s",
		    STR_ARG(issuer), STR_ARG(line));
}

/*
 * Where browsers make passkeys (Web Authentication section 5.1.3): at a host name, in a secure context, for that host or
 * a domain above it.
 */
static void
passkeys_fit(const struct conf *c, struct str issuer, const struct policy *policy, struct findings *f)
{
	const struct conf_value *v = value_of(c, issuer, "passkeys");
	struct url u;

	if (policy->passkey.rule == PASSKEYS_OFF || url_read(value_of(c, issuer, "url")->text, &u) != NULL)
		return;
	if (!webauthn_rp_id_fits(str_of(u.host), str_of(u.host)))
		complain(f, v->where, "issuer %.*s: passkeys: need a URL with a host name; browsers make none for the address %s",
		    STR_ARG(issuer), u.host);
	else if (!u.secure && u.kind != ADDRESS_LOOPBACK)
		complain(f, v->where, "issuer %.*s: passkeys: need https; over http browsers make them at localhost alone",
		    STR_ARG(issuer));
	if (!str_empty(policy->passkey.rp_id) && !webauthn_rp_id_fits(str_of(u.host), policy->passkey.rp_id))
		complain(f, value_of(c, issuer, "passkey_rp_id")->where,
		    "issuer %.*s: passkey_rp_id: \"%.*s\" is neither the host %s nor a domain above it", STR_ARG(issuer),
		    STR_ARG(policy->passkey.rp_id), u.host);
}

/* An address that has to be verified is changed elsewhere; of the server's own words nothing is. */
static void
account_claims_judge(const struct conf *c, struct str issuer, const struct policy *policy, struct findings *f)
{
	struct str words = policy->account.profile, word;

	while (str_given(words) && (word = str_cut(&words, ' ')).p != NULL)
		if (word.n > 0 && !account_claim_may_change(word))
			complain(f, value_of(c, issuer, "account_profile")->where,
			    "account_profile: \"%.*s\" is no claim that people may change of themselves; there are name, "
			    "given_name, family_name, middle_name, nickname, profile, picture, website, gender, birthdate, "
			    "zoneinfo, locale and address", STR_ARG(word));
}

bool
policy_of(const struct conf *c, struct str issuer, const struct wire *w, struct policy *policy,
    struct style *style, struct arena *mem, struct findings *f)
{
	size_t before = f->n_errors;
	struct str why = STR_ABSENT;

	wire_defaults(w, policy, style);
	profile_take(c, issuer, w, policy, f);
	policy_apply(c, issuer, policy, mem, f);
	policy->profile.name = profile_said(c, issuer);
	style_apply(c, issuer, style, mem);
	if (str_empty(value_of(c, issuer, "directory")->text)
	    || str_is(value_of(c, issuer, "directory")->text, DIRECTORY_NONE))
		policy->grant.offered &= ~BIT(GI_directory);
	if (!trusted_for(c, issuer, S("jwt_bearer")) && !trusted_for(c, issuer, S("id_jag")))
		policy->grant.offered &= ~BIT(GI_jwt_bearer);
	offers_narrow(c, issuer, policy);
	own_claims_read(c, issuer, w, policy, mem, f);
	detail_types_read(c, issuer, w, policy, mem, f);
	account_claims_judge(c, issuer, policy, f);
	if (!wire_policy_is_valid(w, policy, mem, &why))
		complain_of_issuer(c, issuer, why, f);
	passkeys_fit(c, issuer, policy, f);
	if (!profile_is_kept(policy, mem, &why))
		complain_of_issuer(c, issuer, why, f);
	if (!wire_style_is_valid(w, style, mem, &why))
		complain_of_issuer(c, issuer, why, f);
	return f->n_errors == before;
}

bool
setup_policy(const struct conf *c, struct str issuer, struct policy *policy, struct style *style,
    struct arena *mem, struct str *why)
{
	struct findings f;
	const struct wire *w;

	findings_init(&f, mem);
	w = dialect_of(c, issuer, mem, &f);
	if (w != NULL && policy_of(c, issuer, w, policy, style, mem, &f))
		return true;
	*why = findings_lines(&f, FINDING_ERROR);
	return false;
}

static int64_t
longest(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Who verifies tokens that name no key has read the one key when it started, and would refuse those of a new one. */
static bool
keys_may_age(const struct policy *policy)
{
	return policy->token.access_shape != SHAPE_JWT || policy->token.kid_in_header;
}

/* A life of 0 never ends. */
static int64_t
outlives(int64_t keep_s, int64_t ttl_s)
{
	return ttl_s == 0 ? KEYS_FOR_EVER : longest(keep_s, ttl_s);
}

struct key_rules
setup_key_rules(const struct conf *c, const struct policy *policy, const struct realm *realm)
{
	int64_t access_s = realm_longest_access(realm, policy->token.access_ttl_s),
		refresh_s = realm_longest_refresh(realm, policy->refresh.ttl_s);
	int64_t retire_s = conf_int(c, SEC_TOP, STR_ABSENT, "keys.retire");
	struct key_rules r = { policy->token.signing_alg, conf_int(c, SEC_TOP, STR_ABSENT, "keys.rotate"),
		conf_int(c, SEC_TOP, STR_ABSENT, "keys.publish"), retire_s,
		outlives(outlives(retire_s, access_s), refresh_s), policy_algs(policy),
		policy->authorize.encrypted_requests };

	if (policy->token.takes_resource)
		r.algs |= realm_resource_needs(realm).algs;
	if (!keys_may_age(policy))
		r.rotate_s = 0;
	if (policy->token.access_shape == SHAPE_JWT)
		r.retire_s = outlives(r.retire_s, access_s);
	if (policy->refresh.shape == SHAPE_JWT)
		r.retire_s = outlives(r.retire_s, refresh_s);
	r.retire_s = longest(r.retire_s, policy->token.id_claims ? policy->token.id_token_ttl_s : 0);
	return r;
}
