/*
 * oauth/session/factor_address.c - which kinds of factors an issuer has, and the numbers and addresses that codes are sent
 * to. Of rows and settings alone: demand.c asks it of everybody.
 */
#include "oauth/session/factor_kinds.h"

static bool
kind_is_named(const struct issuer *i, enum factor_kind kind)
{
	return i->policy->factor.rule != SECOND_FACTOR_OFF
	    && str_has_word(i->policy->factor.kinds, str_of(factor_rows[kind].word), ' ');
}

bool
totp_is_on(const struct issuer *i)
{
	return kind_is_named(i, FACTOR_TOTP);
}

bool
sms_is_on(const struct issuer *i)
{
	return kind_is_named(i, FACTOR_SMS) && i->sms != NULL;
}

bool
mail_is_on(const struct issuer *i)
{
	return kind_is_named(i, FACTOR_MAIL) && mail_is_sent(i);
}

struct str
message_address(struct call *c, const struct user *u, enum factor_kind kind)
{
	if (kind == FACTOR_SMS)
		return user_has_phone(c, u) ? u->phone : STR_ABSENT;
	return kind == FACTOR_MAIL && user_has_mail(c, u) ? u->email : STR_ABSENT;
}

/* Spellings that differ in case alone are one. */
struct dig32
message_digest(struct call *c, const struct user *u, enum factor_kind kind, struct str address)
{
	struct str nul = str_span("", 1);
	struct dig32 d;

	SHA256(d.b, S("factor address"), nul, u->realm, nul, id_str(&u->id), str_of(factor_rows[kind].word), nul,
	    str_fold(c->mem, address));
	return d;
}

struct str
message_data(struct call *c, const struct user *u, enum factor_kind kind, struct str address)
{
	struct dig32 d = message_digest(c, u, kind, address);

	return hex_encode(c->mem, dig_str(&d));
}

bool
message_is_bound(struct call *c, const struct user *u, const struct factor *row)
{
	enum factor_kind kind = factor_named(row->kind);
	struct str address = message_address(c, u, kind);

	return str_given(address) && str_eq(row->data, message_data(c, u, kind, address));
}

const struct factor *
message_row(struct call *c, const struct user *u, const struct factor_set *has, enum factor_kind kind)
{
	for (size_t i = 0; i < has->n; i++)
		if (factor_named(has->at[i].kind) == kind && message_is_bound(c, u, &has->at[i]))
			return &has->at[i];
	return NULL;
}

#define DOTS S("\u2022\u2022\u2022\u2022")

/* So much of it that its owner knows which one it is, and nobody else what it is. */
struct str
message_masked(struct call *c, struct str address)
{
	ptrdiff_t at = str_index(address, '@');
	size_t head = str_starts(address, S("+")) ? 3 : 2;

	if (at >= 0)
		return ARENA_CAT(c->mem,
		    at > 1 && (unsigned char)address.p[0] < 0x80 ? str_sub(address, 0, 1) : S(""), DOTS,
		    str_from(address, (size_t)at));
	return ARENA_CAT(c->mem, address.n > 6 ? str_sub(address, 0, head) : S(""), DOTS,
	    str_from(address, address.n > 2 ? address.n - 2 : address.n));
}
