/*
 * login/ldap_password.c - another password for an entry: the operation of RFC 3062, and Active Directory's unicodePwd (MS-ADTS
 * 3.1.1.3.1.5); what the directory says against the one that was chosen.
 */
#include "login/ldap_int.h"

/* --- what is said against it ------------------------------------------------------------------ */

static const char *
policy_fault(LDAPPasswordPolicyError said)
{
	switch (said) {
	case PP_insufficientPasswordQuality: return "password_weak";
	case PP_passwordTooShort: return "password_too_short";
	case PP_passwordTooLong: return "password_too_long";
	case PP_passwordTooYoung: return "password_young";
	case PP_passwordInHistory: return "password_reused";
	case PP_passwordModNotAllowed: return "password_kept_there";
	default: return NULL;
	}
}

/* Active Directory's text begins with a Windows error: 0x52D is ERROR_PASSWORD_RESTRICTION, which may be any of its rules. */
static const char *
code_fault(int code)
{
	switch (code) {
	case LDAP_CONSTRAINT_VIOLATION: return "password_refused";
	case LDAP_INSUFFICIENT_ACCESS:
	case LDAP_UNWILLING_TO_PERFORM:
	case LDAP_PROTOCOL_ERROR:                /* it knows no such operation */
	case LDAP_NO_SUCH_ATTRIBUTE:
	case LDAP_UNDEFINED_TYPE: return "password_kept_there";
	default: return NULL;
	}
}

static enum outcome
answer_read(struct talk *t, int id, const char **fault)
{
	LDAPControl **ctrls = NULL;
	char *diagnostic = NULL;
	enum outcome o = STEP_DOWN;
	int code = LDAP_SUCCESS, r;
	LDAPMessage *m = talk_await(t, id, "password", &o);
	struct policy_word said;

	if (m == NULL)
		return o;
	r = t->l->ldap_parse_result(t->ld, m, &code, NULL, &diagnostic, NULL, &ctrls, 1);
	said = talk_policy_word(t, ctrls);
	if (r == LDAP_SUCCESS && code != LDAP_SUCCESS) {
		*fault = policy_fault(said.error);
		*fault = *fault != NULL ? *fault : code_fault(code);
		log_info("directory %.*s: %s: the new password of a user was not taken: %s (%s)", STR_ARG(t->d->name),
		    t->url, t->l->ldap_err2string(code), diagnostic != NULL ? diagnostic : "");
	}
	t->l->ldap_memfree(diagnostic);
	if (r != LDAP_SUCCESS || (code != LDAP_SUCCESS && *fault == NULL))
		return talk_down_code(t, "password", r != LDAP_SUCCESS ? r : code);
	return code == LDAP_SUCCESS ? STEP_OK : STEP_STALE;
}

/* --- the two ways ----------------------------------------------------------------------------- */

static struct berval
bytes_of(struct str s)
{
	return (struct berval){ .bv_len = s.n, .bv_val = (char *)(uintptr_t)s.p };
}

static enum outcome
modify(struct talk *t, const struct password_change *c, const char **fault)
{
	struct berval dn = bytes_of(str_of(c->dn)), old = bytes_of(c->old_password), new = bytes_of(c->new_password);
	int id, r = t->l->ldap_passwd(t->ld, dn.bv_len > 0 ? &dn : NULL, &old, &new, talk_policy_asked, NULL, &id);

	return r == LDAP_SUCCESS ? answer_read(t, id, fault) : talk_down_code(t, "password", r);
}

static uint32_t
code_point(struct str sequence)
{
	static const unsigned char lead[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t c = (unsigned char)sequence.p[0] & lead[sequence.n];

	for (size_t i = 1; i < sequence.n; i++)
		c = c << 6 | ((unsigned char)sequence.p[i] & 0x3f);
	return c;
}

static void
put_unit(struct buf *b, uint32_t unit)
{
	buf_putc(b, (char)(unit & 0xff));
	buf_putc(b, (char)(unit >> 8));
}

struct str
ldap_unicode_pwd(struct arena *mem, struct str password)
{
	struct buf b;
	size_t step;

	buf_init(&b, mem, 2 * password.n + 5);
	put_unit(&b, '"');
	for (; password.n > 0; password = str_from(password, step)) {
		uint32_t c;

		if ((step = str_utf8_step(password)) == 0)
			return STR_ABSENT;
		c = code_point(str_sub(password, 0, step));
		if (c >= 0x10000) {
			put_unit(&b, 0xd800 + ((c - 0x10000) >> 10));
			put_unit(&b, 0xdc00 + ((c - 0x10000) & 0x3ff));
		} else
			put_unit(&b, c);
	}
	put_unit(&b, '"');
	return b.full ? STR_ABSENT : buf_str(&b);
}

/* The old one is taken away and the new one added, which is a change by its user: history and age count. */
static enum outcome
unicode_pwd(struct talk *t, const struct password_change *c, const char **fault)
{
	struct str texts[] = { ldap_unicode_pwd(t->mem, c->old_password), ldap_unicode_pwd(t->mem, c->new_password) };
	struct berval old = bytes_of(texts[0]), new = bytes_of(texts[1]);
	struct berval *olds[] = { &old, NULL }, *news[] = { &new, NULL };
	LDAPMod gone = { .mod_op = LDAP_MOD_DELETE | LDAP_MOD_BVALUES, .mod_type = (char *)(uintptr_t)"unicodePwd",
		.mod_vals.modv_bvals = olds };
	LDAPMod added = { .mod_op = LDAP_MOD_ADD | LDAP_MOD_BVALUES, .mod_type = (char *)(uintptr_t)"unicodePwd",
		.mod_vals.modv_bvals = news };
	LDAPMod *mods[] = { &gone, &added, NULL };
	int id, r;

	if (!str_given(texts[0]) || !str_given(texts[1])) {
		*fault = "password_refused";
		return STEP_STALE;
	}
	r = t->l->ldap_modify_ext(t->ld, c->dn, mods, NULL, NULL, &id);
	return r == LDAP_SUCCESS ? answer_read(t, id, fault) : talk_down_code(t, "password", r);
}

enum outcome
password_change(struct talk *t, const struct password_change *c, const char **fault)
{
	*fault = NULL;
	t->has_written = true;
	return t->d->change == CHANGE_UNICODE_PWD ? unicode_pwd(t, c, fault) : modify(t, c, fault);
}
