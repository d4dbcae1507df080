/* login/ldap.c - the questions to a directory: is this the password, and is this user still there. */
#include "login/ldap_int.h"

#define DEAD_MS        5000             /* a server that gave no answer is left out for so long */
#define TRY_MS(d)      ((d)->connect_ms + (d)->operation_ms)
#define ATTRIBUTES_MAX 128
#define SCRATCH_MAX    (16u * 1024 * 1024)      /* of one conversation */

struct entry { const char *dn; struct ldap_attribute attrs[ATTRIBUTES_MAX]; size_t n; int found; };

/* --- finding an entry ------------------------------------------------------------------------- */

/* The first entry is kept; a second is only counted. False: more than was asked for. */
static bool
entry_take(void *ctx, struct talk *t, LDAPMessage *m)
{
	struct entry *e = ctx;
	BerElement *at = NULL;
	bool sound = true;

	if (e->found++ > 0)
		return true;
	e->dn = talk_dn(t, m);
	for (char *name = t->l->ldap_first_attribute(t->ld, m, &at); name != NULL;
	     name = t->l->ldap_next_attribute(t->ld, m, at)) {
		sound = sound && e->n < COUNT(e->attrs) && talk_values(t, m, name, &e->attrs[e->n++]);
		t->l->ldap_memfree(name);
	}
	if (at != NULL)
		t->l->ber_free(at, 0);
	return sound;
}

/* What is asked of an entry: the user's attributes, what names it for ever, and what may be said against it. */
static const char **
wanted(struct talk *t)
{
	const struct directory *d = t->d;
	static const char *const keys[] = LDAP_KEY_ATTRIBUTES;
	const char *const own[] = { d->name_attr, d->display_name_attr, d->mail_attr, d->phone_attr, d->number_attr,
		d->group_attr };
	const char **out = arena_array(t->mem, const char *, ATTRIBUTES_MAX + 1);
	size_t n = 0;

	if (out == NULL)
		return NULL;
	for (size_t i = 0; i < COUNT(own); i++)
		if (own[i][0] != '\0')
			out[n++] = own[i];
	for (size_t i = 0; i < d->claims.n; i++)
		out[n++] = d->claims.rows[i].from;
	for (size_t i = 0; i < COUNT(keys); i++)
		out[n++] = keys[i];
	for (size_t i = 0; state_attribute(i) != NULL && n < ATTRIBUTES_MAX; i++)
		if (i == 0 || strcmp(state_attribute(i - 1), state_attribute(i)) != 0)
			out[n++] = state_attribute(i);
	out[n] = NULL;
	return out;
}

static enum outcome
search(struct talk *t, struct str filter, struct entry *e)
{
	struct ldap_query q = { .base = t->d->base,
		.scope = LDAP_SCOPE_SUBTREE,
		.filter = filter,
		.attrs = wanted(t),
		.limit = 2,
		.enough = 2,
		.take = entry_take,
		.ctx = e };
	enum outcome o = q.attrs != NULL ? talk_search(t, &q) : talk_down(t, "search", "out of memory");

	if (o == STEP_NO)
		return talk_down(t, "search", "there is no such base");
	if (o == STEP_OK && e->found > 1)
		log_warn("directory %.*s: the filter finds more than one entry for one name; the login is refused",
		    STR_ARG(t->d->name));
	return o != STEP_OK || e->found == 1 ? o : STEP_NO;
}

static struct str
login_of(struct talk *t, struct str user)
{
	struct str domain = t->d->domain;

	switch (t->d->bind) {
	case DIRECTORY_UPN: return ARENA_CAT(t->mem, user, S("@"), domain);
	case DIRECTORY_DOMAIN: return ARENA_CAT(t->mem, domain, S("\\"), user);
	default: return user;
	}
}

static struct str
filter_of(struct talk *t, struct str user)
{
	struct str usual =
	    t->d->bind == DIRECTORY_UPN ? S("(userPrincipalName={login})") : S("(sAMAccountName={user})");

	return ldap_filter_make(t->mem, str_empty(t->d->filter) ? usual : t->d->filter, user, login_of(t, user));
}

/* --- what an entry says ----------------------------------------------------------------------- */

/* Without a search nothing is known but the name, which a directory takes in either case. */
static bool
bare_person(struct talk *t, struct str user, struct directory_person *out)
{
	struct str name = arena_dup(t->mem, user);

	for (size_t i = 0; i < name.n; i++)
		((char *)(uintptr_t)name.p)[i] = ascii_lower(name.p[i]);
	*out = (struct directory_person){ .name = name, .key = S("") };
	return str_given(name);
}

static enum outcome
person_read(struct talk *t, const struct entry *e, struct directory_person *out)
{
	struct ldap_group_set groups = { .n = 0 };
	enum outcome o = STEP_OK;
	struct str why;

	if (directory_has_groups(t->d))
		o = groups_find(t, e->dn, ldap_attribute_find(e->attrs, e->n, t->d->group_attr), &groups);
	if (o != STEP_OK || ldap_person_read(t->mem, t->d, e->attrs, e->n, &groups, out, &why))
		return o;
	log_warn("directory %.*s: %s: %.*s; the login is refused", STR_ARG(t->d->name), e->dn, STR_ARG(why));
	return STEP_CLOSED;                     /* the password was right: no guess is counted */
}

/* --- the ways of asking ----------------------------------------------------------------------- */

static enum outcome
bind_service(struct talk *t)
{
	enum outcome o = talk_bind(t, t->d->bind_dn, t->d->bind_password);

	if (o == STEP_STALE && t->bound)
		return STEP_OK;
	if (o == STEP_NO || o == STEP_CLOSED || o == STEP_STALE)
		return talk_down(t, "bind", "the service account is refused; check bind_dn and bind_password");
	return o;
}

/* No such user costs a bind too, of a name that nobody has (L1). */
static void
bind_nobody(struct talk *t, struct str password)
{
	uint8_t raw[12];
	struct str who;
	char *z;

	rand_bytes(raw, sizeof raw);
	who = arena_printf(t->mem, "%s=%.*s,%s", t->d->name_attr,
	    STR_ARG(hex_encode(t->mem, str_span(raw, sizeof raw))), t->d->base);
	z = arena_z(t->mem, who);
	if (z != NULL)
		(void)talk_bind(t, z, password);
}

/* What the entry is called here, for whoever counts wrong passwords. */
static bool
may_bind(struct talk *t, const struct directory_try *try, const struct entry *e)
{
	const struct ldap_attribute *name = ldap_attribute_find(e->attrs, e->n, t->d->name_attr);

	return try->may_bind == NULL || name == NULL || name->n == 0 || try->may_bind(try->ctx, name->values[0]);
}

/* The service account finds the entry, so that it is known who is guessed at; then the password is tried. */
static enum outcome
ask_by_search(struct talk *t, const struct directory_try *try, struct entry *e)
{
	enum outcome o = bind_service(t);
	const char *who = NULL;

	if (o == STEP_OK)
		o = search(t, filter_of(t, try->name), e);
	if (o == STEP_NO)
		bind_nobody(t, try->password);
	if (o != STEP_OK)
		return o;
	if (!may_bind(t, try, e))
		return STEP_WAIT;
	who = t->d->bind == DIRECTORY_SEARCH ? e->dn : arena_z(t->mem, login_of(t, try->name));
	o = who != NULL && who[0] != '\0' ? talk_bind(t, who, try->password) : STEP_NO;
	return o == STEP_OK && directory_has_groups(t->d) ? bind_service(t) : o;
}

static enum outcome
ask_by_name(struct talk *t, const struct directory_try *try, struct entry *e)
{
	char *z = arena_z(t->mem, login_of(t, try->name));
	enum outcome o = z != NULL ? talk_bind(t, z, try->password) : STEP_NO;

	if (o == STEP_OK && t->d->base[0] != '\0')
		o = search(t, filter_of(t, try->name), e);
	return o;
}

/* The directory has let them in, so a lock is over, whatever an attribute still says that it writes later. */
static enum outcome
judged(const struct directory_person *p)
{
	return p->state == STATE_FINE || p->state == STATE_LOCKED ? STEP_OK : STEP_CLOSED;
}

static enum outcome
ask_password(struct talk *t, const struct directory_try *try, struct entry *e)
{
	return directory_can_look(t->d) ? ask_by_search(t, try, e) : ask_by_name(t, try, e);
}

/*
 * The password is right and must be changed. It is, by its user, or by the service account where the user is let in no more; then all
 * is asked once more, with the new one.
 */
static enum outcome
ask_with_new(struct talk *t, const struct directory_try *try, struct entry *e)
{
	struct directory_try next = { .name = try->name, .password = try->new_password, .fault = try->fault };
	struct password_change c = { e->found > 0 ? e->dn : "", try->password, try->new_password };
	enum outcome o = STEP_OK;

	*try->fault = t->d->change != CHANGE_NONE && (t->bound || directory_can_look(t->d)) ? NULL : "password_kept_there";
	if (!str_given(try->new_password) || *try->fault != NULL)
		return STEP_STALE;
	if (!t->bound)
		o = bind_service(t);
	if (o == STEP_OK)
		o = password_change(t, &c, try->fault);
	if (o != STEP_OK)
		return o;
	*e = (struct entry){ .found = 0 };
	o = ask_password(t, &next, e);
	return o == STEP_NO ? talk_down(t, "password", "the new password was taken and does not open") : o;
}

static enum outcome
ask_server(struct talk *t, const void *question, struct directory_person *out)
{
	const struct directory_try *try = question;
	struct entry e = { .found = 0 };
	enum outcome o = ask_password(t, try, &e);

	if (o == STEP_STALE)
		o = ask_with_new(t, try, &e);
	if (o == STEP_OK && t->d->base[0] == '\0')
		o = bare_person(t, try->name, out) ? STEP_OK : STEP_NO;
	else if (o == STEP_OK)
		o = person_read(t, &e, out);
	out->must_change = false;
	return o == STEP_OK ? judged(out) : o;
}

struct look { struct str key, name; };

/* "objectGUID=hex" as a filter; the login's own filter says who may come in. */
static struct str
look_filter(struct talk *t, const struct look *l)
{
	struct str value = l->key, attr = str_cut(&value, '='), raw, own = filter_of(t, l->name);
	struct buf b;

	if (l->key.n == 0 || !str_given(own))
		return own;
	if (!hex_decode(t->mem, value, &raw))
		return STR_ABSENT;
	buf_init(&b, t->mem, 16 * 1024);
	buf_put(&b, S("(&("));
	buf_put(&b, attr);
	buf_putc(&b, '=');
	for (size_t i = 0; i < raw.n; i++) {
		buf_putc(&b, '\\');
		buf_put(&b, hex_encode(t->mem, str_sub(raw, i, 1)));
	}
	buf_putc(&b, ')');
	buf_put(&b, own);
	buf_putc(&b, ')');
	return b.full ? STR_ABSENT : buf_str(&b);
}

static enum outcome
look_server(struct talk *t, const void *question, struct directory_person *out)
{
	const struct look *l = question;
	struct str filter = look_filter(t, l);
	struct entry e = { .found = 0 };
	enum outcome o = str_given(filter) ? bind_service(t) : STEP_NO;

	if (o == STEP_OK)
		o = search(t, filter, &e);
	return o == STEP_OK ? person_read(t, &e, out) : o;
}

/* --- the servers ------------------------------------------------------------------------------ */

bool
directory_rests(const struct directory *d)
{
	int64_t now = clock_now_ms();

	for (size_t i = 0; i < d->n_urls; i++) {
		int64_t until = atomic_load(&d->dead_until_ms[i]);

		if (until <= now || until - now > DEAD_MS + TRY_MS(d))
			return false;
	}
	return true;
}

bool
directory_can_look(const struct directory *d)
{
	return d->bind_dn[0] != '\0' && d->bind_password.n > 0 && d->base[0] != '\0';
}

typedef enum outcome server_question(struct talk *t, const void *question, struct directory_person *out);

static enum outcome
one_server(struct talk *t, server_question *ask, const void *question, struct directory_person *out)
{
	enum outcome o = talk_open(t);

	if (o == STEP_OK)
		o = ask(t, question, out);
	if (t->ld != NULL)
		t->l->ldap_unbind_ext(t->ld, NULL, NULL);
	return o;
}

/* Out of the conversation's own memory, so that no server can fill that of the request. */
static bool
person_keep(struct arena *mem, const struct directory_person *p, struct directory_person *out)
{
	*out = (struct directory_person){
		.name = arena_dup(mem, p->name),
		.display_name = arena_dup(mem, p->display_name),
		.mail = arena_dup(mem, p->mail),
		.phone = arena_dup(mem, p->phone),
		.authorities = arena_dup(mem, p->authorities),
		.claims = arena_dup(mem, p->claims),
		.key = arena_dup(mem, p->key),
		.number = p->number,
		.has_number = p->has_number,
		.state = p->state,
		.must_change = p->must_change,
	};
	return !mem->full;
}

static enum directory_result
servers_ask(struct arena *mem, const struct directory *d, server_question *ask, const void *question,
    struct directory_person *out)
{
	static const enum directory_result means[] = {
		[STEP_OK] = DIRECTORY_RIGHT,
		[STEP_NO] = DIRECTORY_WRONG,
		[STEP_CLOSED] = DIRECTORY_DISABLED,
		[STEP_WAIT] = DIRECTORY_WAIT,
		[STEP_STALE] = DIRECTORY_STALE,
	};
	const struct ldap_library *l = ldap_library();
	enum outcome o = STEP_DOWN;
	bool has_written = false;
	struct arena scratch;

	arena_init(&scratch, SCRATCH_MAX);
	for (size_t i = 0; l != NULL && o == STEP_DOWN && !has_written && i < d->n_urls; i++) {
		struct talk t = { .l = l, .d = d, .mem = &scratch, .url = d->urls[i] };
		struct directory_person p = { .number = 0 };

		if (clock_rests(&d->dead_until_ms[i], DEAD_MS, TRY_MS(d)))
			continue;
		o = one_server(&t, ask, question, &p);
		has_written = t.has_written;
		if (o == STEP_OK && !person_keep(mem, &p, out))
			o = STEP_DOWN;
		atomic_store(&d->dead_until_ms[i], o == STEP_DOWN ? clock_now_ms() + DEAD_MS : 0);
	}
	arena_free(&scratch);
	return o == STEP_DOWN ? DIRECTORY_DOWN : means[o];
}

enum directory_result
directory_ask(struct arena *mem, const struct directory *d, const struct directory_try *try,
    struct directory_person *out)
{
	return servers_ask(mem, d, ask_server, try, out);
}

enum directory_result
directory_look(struct arena *mem, const struct directory *d, struct str key, struct str name,
    struct directory_person *out)
{
	struct look l = { key, name };

	return servers_ask(mem, d, look_server, &l, out);
}
