/* setup/policy.c - an issuer's policy and knobs: the dialect's defaults, then what the settings say. */
#include "setup/setup_int.h"

static const struct conf_value *
value_of(const struct conf *c, struct str issuer, const char *name)
{
	return conf_get(c, SEC_ISSUER, issuer, name);
}

static bool
grants_read(const struct conf_value *v, uint64_t *out, struct arena *mem, struct str *why)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < v->n_words; i++) {
		int g = 0;

		while (g < GI_COUNT && !str_is(v->words[i], grants[g]->name))
			g++;
		if (g == GI_COUNT) {
			*why = arena_printf(mem, "%.*s: \"%.*s\" is no grant that the token endpoint knows", STR_ARG(v->where), STR_ARG(v->words[i]));
			return false;
		}
		bits |= BIT(g);
	}
	*out = bits;
	return true;
}

/* Text values are copied: a snapshot outlives the settings it was built from. */
static bool
policy_apply(const struct conf *c, struct str issuer, struct policy *law, struct arena *mem, struct str *why)
{
	const struct conf_value *v;

#define POLICY_SECONDS(field, least, most, help, zh)      if ((v = value_of(c, issuer, #field))->set) law->field = v->number;
#define POLICY_INT(field, least, most, unit, help, zh)    if ((v = value_of(c, issuer, #field))->set) law->field = v->number;
#define POLICY_BOOL(field, help, zh)                      if ((v = value_of(c, issuer, #field))->set) law->field = v->number != 0;
#define POLICY_CHOICE(field, choices, help, zh)           if ((v = value_of(c, issuer, #field))->set) law->field = v->number;
#define POLICY_TEXT(field, help, zh)                      if ((v = value_of(c, issuer, #field))->set) law->field = arena_dup(mem, v->text);
#define POLICY_CSTR(field, help, zh)                      if ((v = value_of(c, issuer, #field))->set) law->field = arena_z(mem, v->text);
#define POLICY_GRANTS(field, help, zh)                    if ((v = value_of(c, issuer, #field))->set && !grants_read(v, &law->field, mem, why)) return false;
#include "conf/issuer.def"
	return true;
}

static void
knobs_apply(const struct conf *c, struct str issuer, struct knobs *knobs, struct arena *mem)
{
	const struct conf_value *v;

#define KNOB_INT(field, least, most, unit, help, zh)      if ((v = value_of(c, issuer, #field))->set) knobs->field = v->number;
#define KNOB_BOOL(field, help, zh)                        if ((v = value_of(c, issuer, #field))->set) knobs->field = v->number != 0;
#define KNOB_CHOICE(field, choices, help, zh)             if ((v = value_of(c, issuer, #field))->set) knobs->field = v->number;
#define KNOB_TEXT(field, help, zh)                        if ((v = value_of(c, issuer, #field))->set) knobs->field = arena_dup(mem, v->text);
#define KNOB_PATH(field, help, zh)                        if ((v = value_of(c, issuer, #field))->set) knobs->field = arena_dup(mem, v->text);
#include "conf/issuer.def"
}

/* Codes that nobody could redeem are not offered, unless the settings ask for them: then wire_policy_is_sound says so. */
static void
offers_narrow(const struct conf *c, struct str issuer, struct policy *law)
{
	if (!(law->grants & BIT(GI_authorization_code)) && !value_of(c, issuer, "offers_code")->set)
		law->offers_code = false;
}

/* Complaints about a dialect of one's own have their lines; one that does not exist is the issuer's mistake. */
const struct wire *
dialect_of(const struct conf *c, struct str issuer, struct arena *mem, struct str *why)
{
	const struct conf_value *dialect = value_of(c, issuer, "dialect");
	const struct wire *w = setup_dialect(c, dialect->text, mem, why);

	if (w == NULL && str_starts(*why, S("\"")))
		*why = arena_printf(mem, "%.*s: dialect: %.*s", STR_ARG(dialect->where), STR_ARG(*why));
	return w;
}

bool
policy_of(const struct conf *c, struct str issuer, const struct wire *w, struct policy *law, struct knobs *knobs, struct arena *mem, struct str *why)
{
	wire_defaults(w, law, knobs);
	if (!policy_apply(c, issuer, law, mem, why))
		return false;
	knobs_apply(c, issuer, knobs, mem);
	if (str_empty(value_of(c, issuer, "directory")->text))
		law->grants &= ~BIT(GI_directory);
	offers_narrow(c, issuer, law);
	if (wire_policy_is_sound(w, law, mem, why) && wire_knobs_are_sound(w, knobs, mem, why))
		return true;
	*why = arena_printf(mem, "issuer %.*s: %.*s", STR_ARG(issuer), STR_ARG(*why));
	return false;
}

bool
setup_policy(const struct conf *c, struct str issuer, struct policy *law, struct knobs *knobs, struct arena *mem, struct str *why)
{
	const struct wire *w = dialect_of(c, issuer, mem, why);

	return w != NULL && policy_of(c, issuer, w, law, knobs, mem, why);
}

static int64_t
longest(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Who verifies tokens that name no key has read the one key when it started, and would refuse those of a new one. */
static bool
keys_may_age(const struct policy *law)
{
	return law->access_shape != SHAPE_JWT || law->kid_in_header;
}

/* A life of 0 never ends. */
static int64_t
outlives(int64_t keep_s, int64_t ttl_s)
{
	return ttl_s == 0 ? KEYS_FOR_EVER : longest(keep_s, ttl_s);
}

struct key_rules
setup_key_rules(const struct conf *c, const struct policy *law, const struct realm *realm)
{
	int64_t access_s = realm_longest_access(realm, law->access_ttl_s), refresh_s = realm_longest_refresh(realm, law->refresh_ttl_s);
	int64_t retire_s = conf_int(c, SEC_TOP, STR_ABSENT, "keys.retire");
	struct key_rules r = { law->signing_alg, conf_int(c, SEC_TOP, STR_ABSENT, "keys.rotate"), conf_int(c, SEC_TOP, STR_ABSENT, "keys.publish"),
		retire_s, outlives(outlives(retire_s, access_s), refresh_s) };

	if (!keys_may_age(law))
		r.rotate_s = 0;
	if (law->access_shape == SHAPE_JWT)
		r.retire_s = outlives(r.retire_s, access_s);
	if (law->refresh_shape == SHAPE_JWT)
		r.retire_s = outlives(r.retire_s, refresh_s);
	r.retire_s = longest(r.retire_s, law->id_claims ? law->id_token_ttl_s : 0);
	return r;
}
