/*
 * oauth/account/profile.c - what is known of the person: standard claims (OpenID Connect Core 5.1), those of them
 * changed that the policy's account_profile names.
 */
#include "oauth/account/account.h"
#include "store/user_claims.h"

/* One thing that can be shown: a claim, or a member of `address`. */
struct row { const char *name; enum user_claim_kind kind; };
static const struct row rows[] = {
#define USER_CLAIM(name, kind) { #name, UC_##kind },
#include "store/user_claims.def"
#undef USER_CLAIM
	{ "address.street_address", UC_TEXT }, { "address.postal_code", UC_TEXT }, { "address.locality", UC_TEXT },
	{ "address.region", UC_TEXT }, { "address.country", UC_TEXT },
};
#define ADDRESS S("address.")

/* The server's own word, a mark beside an address, or shown by its members. */
static bool
is_shown(const struct row *r)
{
	return r->kind != UC_FLAG && r->kind != UC_ADDRESS && strcmp(r->name, "sub") != 0
	    && strcmp(r->name, "updated_at") != 0;
}

bool
account_claim_may_change(struct str word)
{
	enum user_claim_kind kind = user_claim_kind(word);

	return kind == UC_COLUMN ? str_is(word, "name") : kind != UC_OWN && kind != UC_FLAG;
}

static bool
may_change(const struct call *c, const struct account_here *h, const struct row *r)
{
	struct str words = c->issuer->policy->account.profile, name = str_of(r->name);

	if (str_starts(name, ADDRESS))
		name = S("address");
	return !account_is_managed(h) && account_claim_may_change(name) && str_has_word(words, name, ' ');
}

/* --- values --------------------------------------------------------------------------------------- */

static struct str
column_of(const struct user *u, struct str name)
{
	return str_is(name, "name")                 ? u->display_name
	    : str_is(name, "preferred_username")    ? u->name
	    : str_is(name, "email")                 ? u->email
	    : str_is(name, "phone_number")          ? u->phone
						    : STR_ABSENT;
}

static struct str
value_of(const struct user *u, const json_t *claims, const struct row *r)
{
	struct str name = str_of(r->name);

	if (r->kind == UC_COLUMN)
		return column_of(u, name);
	if (str_starts(name, ADDRESS))
		return json_member_str(json_object_get(claims, "address"), r->name + ADDRESS.n);
	return json_member_str(claims, r->name);
}

static enum account_mark
mark_of(const json_t *claims, const struct row *r, struct str value)
{
	const char *mark = strcmp(r->name, "email") == 0 ? "email_verified"
	    : strcmp(r->name, "phone_number") == 0       ? "phone_number_verified"
							 : NULL;

	if (mark == NULL || str_empty(value))
		return ACCOUNT_UNMARKED;
	return json_is_true(json_object_get(claims, mark)) ? ACCOUNT_VERIFIED : ACCOUNT_UNVERIFIED;
}

static const char *
input_of(enum user_claim_kind kind)
{
	return kind == UC_URL ? "url" : "text";
}

/* A field of a form has one line: those of an address stand beside each other there. */
static struct str
one_line(const struct call *c, struct str value)
{
	struct buf b;

	if (str_index(value, '\n') < 0)
		return value;
	buf_init(&b, c->mem, 2 * value.n + 1);
	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] == '\n')
			buf_put(&b, S(", "));
		else if (value.p[i] != '\r')
			buf_putc(&b, value.p[i]);
	return buf_str(&b);
}

/* What was sent for it; absent: nothing. */
static struct str
sent(const struct call *c, const char *name)
{
	for (size_t i = 0; i < c->n_claims; i++)
		if (str_is(c->claims[i].name, name))
			return c->claims[i].value;
	return STR_ABSENT;
}

/* The fields of the page; what was typed stands there again. */
static bool
fields_put(struct call *c, const struct account_here *h, struct account_page *p)
{
	struct account_field *at = arena_array(c->mem, struct account_field, COUNT(rows));
	const json_t *claims = user_claims_read(c->mem, h->u.claims);
	struct str typed;

	if (at == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct account_field f = { .name = rows[i].name, .input = input_of(rows[i].kind),
			.value = one_line(c, value_of(&h->u, claims, &rows[i])),
			.may_change = may_change(c, h, &rows[i]) };

		f.mark = mark_of(claims, &rows[i], f.value);
		typed = f.may_change ? sent(c, f.name) : STR_ABSENT;
		f.changed = str_given(typed) && !str_eq(typed, str_given(f.value) ? f.value : S(""));
		if (f.changed)
			f.value = typed;
		if (!is_shown(&rows[i]) || (!f.may_change && str_empty(f.value)))
			continue;
		at[p->n_fields++] = f;
		p->may_change = p->may_change || f.may_change;
	}
	p->fields = at;
	p->seen = arena_printf(c->mem, "%lld", (long long)h->u.version);
	return true;
}

static struct account_page *
page(struct call *c, const struct account_here *h)
{
	struct account_page *p = account_page(c, ACCOUNT_PROFILE, h);

	return p != NULL && fields_put(c, h, p) ? p : NULL;
}

/* --- a change ------------------------------------------------------------------------------------- */

/* The sentence for a person; whoever keeps the record reads another one (user_claim_wrong). */
static const char *
wrong_key(enum user_claim_kind kind)
{
	switch (kind) {
	case UC_URL: return "account_wrong_url";
	case UC_DATE: return "account_wrong_date";
	case UC_ZONE: return "account_wrong_zone";
	case UC_LOCALE: return "account_wrong_locale";
	default: return "account_wrong_text";
	}
}

/* An address is judged whole, by the members that it has. */
static const char *
member_wrong(struct call *c, const char *name, json_t *value)
{
	bool of_address = str_starts(str_of(name), ADDRESS);
	json_t *whole = of_address ? json_object() : json_incref(value);
	const char *wrong;
	struct str at;

	if (whole == NULL || !arena_defer(c->mem, (void (*)(void *))json_decref, whole))
		return "memory";
	if (of_address)
		json_object_set(whole, name + ADDRESS.n, value);
	wrong = user_claim_wrong(c->mem, of_address ? S("address") : str_is(str_of(name), "name") ? S("nickname")
												   : str_of(name),
	    whole, &at);
	return wrong;
}

static bool
object_put(json_t *in, const char *name, struct str value)
{
	return str_empty(value) ? (json_object_del(in, name), true) : json_put_str(in, name, value);
}

/* Into the claims; an address without members is none. */
static bool
claim_put(json_t *claims, const char *name, struct str value)
{
	json_t *address;

	if (!str_starts(str_of(name), ADDRESS))
		return object_put(claims, name, value);
	address = json_object_get(claims, "address");
	if (address == NULL) {
		if (str_empty(value))
			return true;
		if (json_object_set_new(claims, "address", json_object()) != 0)
			return false;
		address = json_object_get(claims, "address");
	}
	if (!object_put(address, name + ADDRESS.n, value))
		return false;
	if (json_object_size(address) == 0)
		json_object_del(claims, "address");
	return true;
}

/* One field into the record. False: *f->wrong says why, or c->why. */
static bool
field_take(struct call *c, struct account_field *f, enum user_claim_kind kind, json_t *claims, struct user *u)
{
	json_t *value = json_str(f->value);

	if (value == NULL || !arena_defer(c->mem, (void (*)(void *))json_decref, value))
		return fail(c, R_INTERNAL, S("memory"));
	if (!str_empty(f->value) && member_wrong(c, f->name, value) != NULL) {
		f->wrong = wrong_key(kind);
		return false;
	}
	if (str_is(str_of(f->name), "name"))
		u->display_name = str_given(f->value) ? f->value : S("");
	else if (!claim_put(claims, f->name, f->value))
		return fail(c, R_INTERNAL, S("memory"));
	return true;
}

static enum user_claim_kind
kind_of(const char *name)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			return rows[i].kind;
	return UC_OWN;
}

/* Everything that may change and was typed otherwise. False: c->why, or *error is the sentence for the page. */
static bool
fields_take(struct call *c, struct account_page *p, struct user *u, const char **error)
{
	json_t *claims = user_claims_read(c->mem, u->claims);

	*error = NULL;
	if (claims == NULL
	    && ((claims = json_object()) == NULL || !arena_defer(c->mem, (void (*)(void *))json_decref, claims)))
		return fail(c, R_INTERNAL, S("memory"));
	for (size_t i = 0; i < p->n_fields; i++) {
		struct account_field *f = (struct account_field *)(uintptr_t)&p->fields[i];

		if (!f->changed)
			continue;
		if (!field_take(c, f, kind_of(f->name), claims, u)) {
			if (c->why != R_NONE)
				return false;
			*error = "account_wrong";
		}
	}
	if (*error == NULL && !user_claims_write(c->mem, claims, &u->claims))
		*error = "account_wrong_large";
	return *error == NULL;
}

/*
 * The page as the form is held against it, what was typed in it. NULL: *a is the answer. An operator may have
 * changed the person since the page was shown: that stays, and is shown.
 */
static struct account_page *
form_page(struct call *c, const struct account_here *h, struct answer *a)
{
	struct account_page *p = page(c, h);

	if (p == NULL)
		*a = answer_fault(c);
	else if (!account_form_holds(c))
		*a = c->why == R_NONE ? account_wrong(c, p, 403, "expired_form") : answer_fault(c);
	else if (p->managed || !p->may_change)
		*a = account_wrong(c, p, 403, p->managed ? "account_managed" : "account_fixed");
	else if (!str_eq(c->arg[P_SEEN], p->seen)) {
		c->n_claims = 0;
		*a = account_wrong(c, page(c, h), 409, "account_changed");
	} else
		return p;
	return NULL;
}

/* True: *a is the answer. */
static bool
change_once(struct call *c, struct answer *a)
{
	struct account_here h;
	struct account_page *p;
	struct ops o = { .n = 0 };
	const char *error;
	struct user u;

	if (!account_session(c, ACCOUNT_SEES, &h, a) || (p = form_page(c, &h, a)) == NULL)
		return true;
	u = h.u;
	if (!fields_take(c, p, &u, &error)) {
		*a = c->why == R_NONE ? account_wrong(c, p, 400, error) : answer_fault(c);
		return true;
	}
	u.updated_s = c->now_s;
	ops_add(&o, OP_USER_SET)->user = &u;
	if (!account_commit(c, &h, &o)) {
		*a = answer_fault(c);
		return c->why != R_NONE;
	}
	c->detail = SAY("the person has changed the profile");
	*a = account_done(c, "profile");
	return true;
}

struct answer
account_profile_endpoint(struct call *c, bool posted)
{
	struct account_here h;
	struct answer a;

	if (posted)
		return account_settles(c, change_once);
	return account_session(c, ACCOUNT_SEES, &h, &a) ? account_answer(c, page(c, &h)) : a;
}
