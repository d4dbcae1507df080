/* Policies that fit their dialect, and those that do not. */
#include "desk.h"

TEST(every_default_is_sound)
{
	for (size_t i = 0; wires[i] != NULL; i++) {
		struct policy law;
		struct knobs knobs;
		struct str why = S("");

		wire_defaults(wires[i], &law, &knobs);
		EXPECT(wire_policy_is_sound(wires[i], &law, mem, &why));
		EXPECT_STR(why, S(""));
	}
}

static bool
refused(struct arena *mem, const struct policy *law)
{
	struct str why = STR_ABSENT;

	return !wire_policy_is_sound(&wire_modern, law, mem, &why) && why.n > 40;
}

#define REFUSED(change) do { struct policy p = wire_modern.law; change; EXPECT(refused(mem, &p)); } while (0)

TEST(each_weak_rule_is_refused_by_a_strict_dialect)
{
	REFUSED(p.offers_implicit = true);
	REFUSED(p.grants |= BIT(GI_password));
	REFUSED(p.grants |= BIT(GI_mobile_password));
	REFUSED(p.grants |= BIT(GI_open_id));
	REFUSED(p.refresh_rule = REFRESH_KEPT);
	REFUSED(p.pkce = PKCE_WHEN_SENT);
	REFUSED(p.pkce_plain_allowed = true);
	REFUSED(p.consent = CONSENT_NEVER);
	REFUSED(p.redirect_query_may_grow = true);
	REFUSED(p.live_token_is_returned = true);
	REFUSED(p.code_shape = CODE_6_ALNUM);
	REFUSED(p.refresh_shape = SHAPE_UUID);
	REFUSED(p.csrf_required = false);
	REFUSED(p.introspect_open = true);
	REFUSED(p.distinct_login_errors = true);
	REFUSED(p.client_auth_repeat = true);
	REFUSED(p.habits_need_mark = false);
	REFUSED(p.access_ttl_s = 0);
	REFUSED(p.code_ttl_s = 601);
}

TEST(a_strict_dialect_takes_no_parameter_twice)
{
	struct policy law;
	struct knobs knobs;
	struct str why = S("");

	for (size_t i = 0; wires[i] != NULL; i++) {
		wire_defaults(wires[i], &law, &knobs);
		EXPECT(wire_knobs_are_sound(wires[i], &knobs, mem, &why));
		knobs.duplicate_parameters = DUPLICATES_FIRST;
		EXPECT_INT(wire_knobs_are_sound(wires[i], &knobs, mem, &why), !wires[i]->strict);
	}
	EXPECT(has(why, "duplicate_parameters"));
}

TEST(a_jwt_needs_claims)
{
	struct policy law = wire_spring.law;
	struct str why;

	law.access_shape = SHAPE_JWT;
	EXPECT(wire_policy_is_sound(&wire_spring, &law, mem, &why));
	law.access_claims = NULL;
	EXPECT(!wire_policy_is_sound(&wire_spring, &law, mem, &why));
	EXPECT(has(why, "access_shape"));
	law = wire_modern.law;
	law.refresh_shape = SHAPE_JWT;
	EXPECT(!wire_policy_is_sound(&wire_modern, &law, mem, &why));
}
