/* Policies that fit their dialect, and those that do not. */
#include "desk.h"

TEST(every_default_is_sound)
{
	for (size_t i = 0; wires[i] != NULL; i++) {
		struct policy policy;
		struct style style;
		struct str why = S("");

		wire_defaults(wires[i], &policy, &style);
		EXPECT(wire_policy_is_valid(wires[i], &policy, mem, &why));
		EXPECT_STR(why, S(""));
	}
}

static bool
refused(struct arena *mem, const struct policy *policy)
{
	struct str why = STR_ABSENT;

	return !wire_policy_is_valid(&wire_modern, policy, mem, &why) && why.n > 40;
}

#define REFUSED(change) do { struct policy p = wire_modern.policy; change; EXPECT(refused(mem, &p)); } while (0)

TEST(each_weak_rule_is_refused_by_a_strict_dialect)
{
	REFUSED(p.authorize.offers_implicit = true);
	REFUSED(p.grant.offered |= BIT(GI_password));
	REFUSED(p.grant.offered |= BIT(GI_mobile_password));
	REFUSED(p.grant.offered |= BIT(GI_open_id));
	REFUSED(p.refresh.rule = REFRESH_KEPT);
	REFUSED(p.authorize.pkce_plain_allowed = true);
	REFUSED(p.consent.rule = CONSENT_NEVER);
	REFUSED(p.authorize.redirect_query_may_grow = true);
	REFUSED(p.token.live_is_returned = true);
	REFUSED(p.authorize.code_shape = CODE_6_ALNUM);
	REFUSED(p.refresh.shape = SHAPE_UUID);
	REFUSED(p.session.csrf_required = false);
	REFUSED(p.client.introspect_open = true);
	REFUSED(p.session.distinct_login_errors = true);
	REFUSED(p.client.auth_repeat = true);
	REFUSED(p.client.habits_need_mark = false);
	REFUSED(p.token.access_ttl_s = 0);
	REFUSED(p.authorize.code_ttl_s = 601);
}

TEST(a_strict_dialect_takes_no_parameter_twice)
{
	struct policy policy;
	struct style style;
	struct str why = S("");

	for (size_t i = 0; wires[i] != NULL; i++) {
		wire_defaults(wires[i], &policy, &style);
		EXPECT(wire_style_is_valid(wires[i], &style, mem, &why));
		style.duplicate_parameters = DUPLICATES_FIRST;
		EXPECT_INT(wire_style_is_valid(wires[i], &style, mem, &why), !wires[i]->strict);
	}
	EXPECT(has(why, "duplicate_parameters"));
}

TEST(a_jwt_needs_claims)
{
	struct policy policy = wire_spring.policy;
	struct str why;

	policy.token.access_shape = SHAPE_JWT;
	EXPECT(wire_policy_is_valid(&wire_spring, &policy, mem, &why));
	policy.token.access_claims = NULL;
	EXPECT(!wire_policy_is_valid(&wire_spring, &policy, mem, &why));
	EXPECT(has(why, "access_shape"));
	policy = wire_modern.policy;
	policy.refresh.shape = SHAPE_JWT;
	EXPECT(!wire_policy_is_valid(&wire_modern, &policy, mem, &why));
}
