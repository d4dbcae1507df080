/* login/ldap.c - one question to a directory: connect, TLS, bind, search, bind. RFC 4511, RFC 4513. */
#include "login/ldap_int.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <sys/time.h>

#define DEAD_MS        5000             /* a server that gave no answer is left out for so long */
#define INCOMING_MAX   (1024 * 1024)    /* bytes of one message */
#define REFERENCES_MAX 100              /* Active Directory sends a few with every search from the top */
#define ATTRIBUTES_MAX 16
#define VALUES_MAX     10000            /* of one attribute */

/* How one step went. NO: the password or the name is wrong. */
enum outcome { STEP_OK, STEP_NO, STEP_CLOSED, STEP_DOWN };

/* One conversation with one server. */
struct talk {
	const struct ldap_library *l;
	const struct directory *d;
	struct arena *mem;
	LDAP *ld;
	const char *url;
	int64_t deadline_us;
	struct ldap_conncb on_connect;
};
struct entry { const char *dn; struct ldap_attribute attrs[ATTRIBUTES_MAX]; size_t n; int found; bool cut /* it has more than was read */; };

static enum outcome
down(struct talk *t, const char *step, const char *cause)
{
	log_warn("directory %.*s: %s: %s: %s", STR_ARG(t->d->name), t->url, step, cause);
	return STEP_DOWN;
}

static enum outcome
down_code(struct talk *t, const char *step, int code)
{
	return down(t, step, code == LDAP_REFERRAL ? "the server refers to another one, which is not followed" : t->l->ldap_err2string(code));
}

/* --- the deadline ------------------------------------------------------------------------------------------------------------------ */

/*
 * The library's own time limits do not hold inside TLS: with GnuTLS a server that falls silent during the handshake makes it spin for
 * ever. So a layer of ours lies between TLS and the socket: it waits no longer than the deadline and then fails for good.
 */
static bool
wait_for(Sockbuf_IO_Desc *io, short events)
{
	const struct talk *t = io->sbiod_pvt;
	struct pollfd p = { .fd = -1, .events = events };
	int64_t left_ms;
	int r;

	t->l->ber_sockbuf_ctrl(io->sbiod_sb, LBER_SB_OPT_GET_FD, &p.fd);
	do {
		left_ms = (t->deadline_us - clock_mono_us() + 999) / 1000;
		r = left_ms > 0 ? poll(&p, 1, (int)left_ms) : 0;
	} while (r < 0 && errno == EINTR);
	if (r <= 0)
		errno = ETIMEDOUT;
	return r > 0;
}

static ber_slen_t
limited_read(Sockbuf_IO_Desc *io, void *buf, ber_len_t n)
{
	ber_slen_t got = -1;

	while (wait_for(io, POLLIN)) {
		got = LBER_SBIOD_READ_NEXT(io, buf, n);
		if (got >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return got;
}

static ber_slen_t
limited_write(Sockbuf_IO_Desc *io, void *buf, ber_len_t n)
{
	ber_slen_t put = -1;

	while (wait_for(io, POLLOUT)) {
		put = LBER_SBIOD_WRITE_NEXT(io, buf, n);
		if (put >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return put;
}

static int
limited_setup(Sockbuf_IO_Desc *io, void *talk)
{
	io->sbiod_pvt = talk;
	return 0;
}

static int
limited_nothing(Sockbuf_IO_Desc *io)
{
	(void)io;
	return 0;
}

static int
limited_ctrl(Sockbuf_IO_Desc *io, int option, void *arg)
{
	return LBER_SBIOD_CTRL_NEXT(io, option, arg);
}

static Sockbuf_IO limited = {           /* the library's type is not const */
	limited_setup, limited_nothing, limited_ctrl, limited_read, limited_write, limited_nothing,
};

static int
connected(LDAP *ld, Sockbuf *sb, LDAPURLDesc *url, struct sockaddr *address, struct ldap_conncb *self)
{
	struct talk *t = self->lc_arg;

	(void)ld, (void)url, (void)address;
	return t->l->ber_sockbuf_add_io(sb, &limited, (LBER_SBIOD_LEVEL_PROVIDER + LBER_SBIOD_LEVEL_TRANSPORT) / 2, t);
}

static void
disconnected(LDAP *ld, Sockbuf *sb, struct ldap_conncb *self)
{
	(void)ld, (void)sb, (void)self;
}

/* --- connecting ------------------------------------------------------------------------------------------------------------------- */

static struct timeval
time_of_ms(int64_t ms)
{
	return (struct timeval){ .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
}

/* All that a file or the environment of libldap could have loosened is set here. */
static bool
options_set(struct talk *t)
{
	const struct ldap_library *l = t->l;
	struct timeval connect = time_of_ms(t->d->connect_ms), operation = time_of_ms(t->d->operation_ms);
	int version = LDAP_VERSION3, demand = LDAP_OPT_X_TLS_DEMAND, tls12 = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2, client = 0, never = LDAP_DEREF_NEVER;
	ber_len_t incoming = INCOMING_MAX;
	Sockbuf *sb = NULL;

	return l->ldap_set_option(t->ld, LDAP_OPT_PROTOCOL_VERSION, &version) == 0
	    && l->ldap_set_option(t->ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) == 0
	    && l->ldap_set_option(t->ld, LDAP_OPT_DEREF, &never) == 0
	    && l->ldap_set_option(t->ld, LDAP_OPT_NETWORK_TIMEOUT, &connect) == 0
	    && l->ldap_set_option(t->ld, LDAP_OPT_TIMEOUT, &operation) == 0
	    && l->ldap_set_option(t->ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand) == 0
	    && l->ldap_set_option(t->ld, LDAP_OPT_X_TLS_CACERTDIR, "") == 0
	    && l->ldap_set_option(t->ld, LDAP_OPT_X_TLS_CACERTFILE, t->d->ca_file) == 0
	    && l->ldap_set_option(t->ld, LDAP_OPT_X_TLS_PROTOCOL_MIN, &tls12) == 0
	    && l->ldap_set_option(t->ld, LDAP_OPT_X_TLS_NEWCTX, &client) == 0
	    && l->ldap_set_option(t->ld, LDAP_OPT_CONNECT_CB, &t->on_connect) == 0
	    && l->ldap_get_option(t->ld, LDAP_OPT_SOCKBUF, &sb) == 0
	    && l->ber_sockbuf_ctrl(sb, LBER_SB_OPT_SET_MAX_INCOMING, &incoming) >= 0;
}

/* The next message of an operation; NULL after *outcome is DOWN. */
static LDAPMessage *
await(struct talk *t, int id, const char *step, enum outcome *outcome)
{
	int64_t left_ms = (t->deadline_us - clock_mono_us()) / 1000;
	struct timeval left = time_of_ms(left_ms > 1 ? left_ms : 1);
	LDAPMessage *m = NULL;
	int r = t->l->ldap_result(t->ld, id, LDAP_MSG_ONE, &left, &m), code = LDAP_SERVER_DOWN;

	if (r > 0)
		return m;
	if (r < 0)
		t->l->ldap_get_option(t->ld, LDAP_OPT_RESULT_CODE, &code);
	*outcome = r == 0 ? down(t, step, "no answer in time") : down_code(t, step, code);
	return NULL;
}

static enum outcome
begin_tls(struct talk *t)
{
	enum outcome o = STEP_OK;
	LDAPMessage *m;
	int id, code, r = t->l->ldap_start_tls(t->ld, NULL, NULL, &id);

	if (r != LDAP_SUCCESS)
		return down_code(t, "StartTLS", r);
	m = await(t, id, "StartTLS", &o);
	if (m == NULL)
		return o;
	r = t->l->ldap_parse_result(t->ld, m, &code, NULL, NULL, NULL, NULL, 1);
	if (r != LDAP_SUCCESS || code != LDAP_SUCCESS)
		return down_code(t, "StartTLS", r != LDAP_SUCCESS ? r : code);
	r = t->l->ldap_install_tls(t->ld);
	return r == LDAP_SUCCESS ? STEP_OK : down(t, "StartTLS", "TLS failed; check ca_file and the name in the server's certificate");
}

static enum outcome
open_talk(struct talk *t)
{
	bool plain = str_starts_nocase(str_of(t->url), S("ldap://"));
	enum outcome o = STEP_OK;
	int r = t->l->ldap_initialize(&t->ld, t->url);

	t->on_connect = (struct ldap_conncb){ .lc_add = connected, .lc_del = disconnected, .lc_arg = t };
	if (r != LDAP_SUCCESS)
		return down_code(t, "its URL", r);
	if (!options_set(t))
		return down(t, "TLS settings", "refused by the LDAP library; check ca_file");
	t->deadline_us = clock_mono_us() + t->d->connect_ms * 1000;
	r = t->l->ldap_connect(t->ld);
	if (r != LDAP_SUCCESS)
		return down(t, "connect", plain ? t->l->ldap_err2string(r) : "no connection, or TLS failed; check ca_file and the name in the server's certificate");
	t->deadline_us = clock_mono_us() + t->d->operation_ms * 1000;
	if (plain)
		o = begin_tls(t);
	return o;
}

/* --- binding ---------------------------------------------------------------------------------------------------------------------- */

/*
 * Active Directory says in its text why a bind was refused. These are said only after the right password: not now, not here,
 * password expired, account disabled, account expired, password must change. 775 (locked out) is said for any password, so it is no
 * news that a stranger may have (L2).
 */
static bool
is_closed(const char *diagnostic)
{
	static const char *const codes[] = { "data 530", "data 531", "data 532", "data 533", "data 701", "data 773" };

	for (size_t i = 0; diagnostic != NULL && i < COUNT(codes); i++)
		if (str_contains(str_of(diagnostic), str_of(codes[i])))
			return true;
	return false;
}

static enum outcome
bind_outcome(struct talk *t, int code, const char *diagnostic)
{
	switch (code) {
	case LDAP_SUCCESS: return STEP_OK;
	case LDAP_INVALID_CREDENTIALS: return is_closed(diagnostic) ? STEP_CLOSED : STEP_NO;
	case LDAP_NO_SUCH_OBJECT:
	case LDAP_INVALID_DN_SYNTAX:
	case LDAP_INAPPROPRIATE_AUTH:
	case LDAP_CONSTRAINT_VIOLATION: return STEP_NO;
	default: return down_code(t, "bind", code);
	}
}

static enum outcome
bind_as(struct talk *t, const char *who, struct str password)
{
	struct berval cred = { .bv_len = password.n, .bv_val = (char *)(uintptr_t)password.p };
	enum outcome o = STEP_DOWN;
	char *diagnostic = NULL;
	LDAPMessage *m;
	int id, code, r;

	assert(password.n > 0);                 /* L4 */
	r = t->l->ldap_sasl_bind(t->ld, who, LDAP_SASL_SIMPLE, &cred, NULL, NULL, &id);
	if (r != LDAP_SUCCESS)
		return down_code(t, "bind", r);
	m = await(t, id, "bind", &o);
	if (m == NULL)
		return o;
	r = t->l->ldap_parse_result(t->ld, m, &code, NULL, &diagnostic, NULL, NULL, 1);
	o = r == LDAP_SUCCESS ? bind_outcome(t, code, diagnostic) : down_code(t, "bind", r);
	t->l->ldap_memfree(diagnostic);
	return o;
}

/* --- searching -------------------------------------------------------------------------------------------------------------------- */

static void
values_take(struct talk *t, LDAPMessage *m, char *name, struct entry *e)
{
	struct berval **v = t->l->ldap_get_values_len(t->ld, m, name);
	struct str bare = str_of(name), *values;
	ptrdiff_t range = str_index(bare, ';'); /* "memberOf;range=0-1499" of those in very many groups */
	size_t n = 0;

	while (v != NULL && v[n] != NULL && n < VALUES_MAX)
		n++;
	e->cut |= (v != NULL && v[n] != NULL) || e->n == COUNT(e->attrs) || (range > 0 && !str_ends(bare, S("-*")));
	values = arena_array(t->mem, struct str, n);
	for (size_t i = 0; values != NULL && i < n; i++)
		values[i] = arena_dup(t->mem, str_span(v[i]->bv_val, v[i]->bv_len));
	if (values != NULL && e->n < COUNT(e->attrs))
		e->attrs[e->n++] = (struct ldap_attribute){ arena_z(t->mem, range > 0 ? str_sub(bare, 0, (size_t)range) : bare), values, n };
	if (v != NULL)
		t->l->ldap_value_free_len(v);
}

static void
entry_take(struct talk *t, LDAPMessage *m, struct entry *e)
{
	char *dn = t->l->ldap_get_dn(t->ld, m);
	BerElement *at = NULL;

	e->dn = arena_z(t->mem, str_of(dn));
	t->l->ldap_memfree(dn);
	for (char *name = t->l->ldap_first_attribute(t->ld, m, &at); name != NULL; name = t->l->ldap_next_attribute(t->ld, m, at)) {
		values_take(t, m, name, e);
		t->l->ldap_memfree(name);
	}
	if (at != NULL)
		t->l->ber_free(at, 0);
}

/* One message of the search's answer; false: that was the last. */
static bool
search_step(struct talk *t, LDAPMessage *m, struct entry *e, int *references, enum outcome *o)
{
	int type = t->l->ldap_msgtype(m), code = LDAP_PROTOCOL_ERROR, r;

	if (type == LDAP_RES_SEARCH_ENTRY) {
		if (e->found++ == 0)
			entry_take(t, m, e);
		if (e->found > 2)
			*o = down(t, "search", "more entries than were asked for");
		return e->found <= 2;
	}
	if (type == LDAP_RES_SEARCH_REFERENCE) {
		if (++*references > REFERENCES_MAX)
			*o = down(t, "search", "too many references");
		return *references <= REFERENCES_MAX;
	}
	r = t->l->ldap_parse_result(t->ld, m, &code, NULL, NULL, NULL, NULL, 0);
	if (r != LDAP_SUCCESS)
		code = r;
	*o = code == LDAP_SUCCESS || (code == LDAP_SIZELIMIT_EXCEEDED && e->found > 1) ? STEP_OK : down_code(t, "search", code);
	return false;
}

static enum outcome
search(struct talk *t, struct str filter, struct entry *e)
{
	const struct directory *d = t->d;
	const char *wanted[] = { d->name_attr, d->display_name_attr, d->mail_attr, d->phone_attr, d->number_attr, d->group_attr };
	char *attrs[COUNT(wanted) + 1] = { NULL }, *z = arena_z(t->mem, filter);
	struct timeval limit = time_of_ms(d->operation_ms);
	enum outcome o = STEP_OK;
	int id, r, references = 0;
	bool more = true;

	for (size_t i = 0, n = 0; i < COUNT(wanted); i++)
		if (wanted[i][0] != '\0')
			attrs[n++] = (char *)(uintptr_t)wanted[i];
	if (z == NULL)
		return down(t, "search", "out of memory");
	r = t->l->ldap_search_ext(t->ld, d->base, LDAP_SCOPE_SUBTREE, z, attrs, 0, NULL, NULL, &limit, 2, &id);
	if (r != LDAP_SUCCESS)
		return down_code(t, "search", r);
	while (more) {
		LDAPMessage *m = await(t, id, "search", &o);

		more = m != NULL && search_step(t, m, e, &references, &o);
		t->l->ldap_msgfree(m);
	}
	if (o == STEP_OK && e->found > 1)
		log_warn("directory %.*s: the filter finds more than one entry for one name; the login is refused", STR_ARG(d->name));
	return o != STEP_OK || e->found == 1 ? o : STEP_NO;
}

static struct str
filter_of(struct talk *t, struct str user, struct str login)
{
	struct str usual = t->d->bind == DIRECTORY_UPN ? S("(userPrincipalName={login})") : S("(sAMAccountName={user})");

	return ldap_filter_make(t->mem, str_empty(t->d->filter) ? usual : t->d->filter, user, login);
}

/* --- the ways of asking ------------------------------------------------------------------------------------------------------------ */

/* No such user costs a bind too, of a name that nobody has (L1). */
static void
bind_nobody(struct talk *t, struct str password)
{
	uint8_t raw[12];
	struct str who;
	char *z;

	rand_bytes(raw, sizeof raw);
	who = arena_printf(t->mem, "%s=%.*s,%s", t->d->name_attr, STR_ARG(hex_encode(t->mem, str_span(raw, sizeof raw))), t->d->base);
	z = arena_z(t->mem, who);
	if (z != NULL)
		(void)bind_as(t, z, password);
}

static enum outcome
ask_by_search(struct talk *t, struct str user, struct str password, struct entry *e)
{
	enum outcome o = bind_as(t, t->d->bind_dn, t->d->bind_password);

	if (o == STEP_NO || o == STEP_CLOSED)
		return down(t, "bind", "the service account is refused; check bind_dn and bind_password");
	if (o == STEP_OK)
		o = search(t, filter_of(t, user, user), e);
	if (o == STEP_NO)
		bind_nobody(t, password);
	if (o == STEP_OK)
		o = e->dn != NULL && e->dn[0] != '\0' ? bind_as(t, e->dn, password) : STEP_NO;
	return o;
}

static enum outcome
ask_by_name(struct talk *t, struct str user, struct str password, struct entry *e)
{
	struct str domain = t->d->domain;
	struct str login = t->d->bind == DIRECTORY_UPN ? ARENA_CAT(t->mem, user, S("@"), domain) : ARENA_CAT(t->mem, domain, S("\\"), user);
	char *z = arena_z(t->mem, login);
	enum outcome o = z != NULL ? bind_as(t, z, password) : STEP_NO;

	if (o == STEP_OK && t->d->base[0] != '\0')
		o = search(t, filter_of(t, user, login), e);
	return o;
}

/* Without a search nothing is known but the name, which a directory takes in either case. */
static bool
person_of(struct talk *t, struct str user, const struct entry *e, struct directory_person *out, struct str *why)
{
	struct str name = arena_dup(t->mem, user);

	*why = S("an entry has more values than one answer of the server holds, so its groups are not known");
	if (e->cut)
		return false;
	if (t->d->base[0] != '\0')
		return ldap_person_read(t->mem, t->d, e->attrs, e->n, out, why);
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] >= 'A' && name.p[i] <= 'Z')
			((char *)(uintptr_t)name.p)[i] = (char)(name.p[i] - 'A' + 'a');
	*out = (struct directory_person){ .name = name };
	return str_given(name);
}

static enum directory_result
ask_server(struct talk *t, struct str user, struct str password, struct directory_person *out)
{
	struct entry e = { .found = 0 };
	enum outcome o = open_talk(t);
	struct str why;

	if (o == STEP_OK)
		o = t->d->bind == DIRECTORY_SEARCH ? ask_by_search(t, user, password, &e) : ask_by_name(t, user, password, &e);
	if (o == STEP_OK && !person_of(t, user, &e, out, &why)) {
		log_warn("directory %.*s: %.*s: %.*s; the login is refused", STR_ARG(t->d->name), STR_ARG(user), STR_ARG(why));
		o = STEP_CLOSED;                /* the password was right: no guess is counted */
	}
	if (t->ld != NULL)
		t->l->ldap_unbind_ext(t->ld, NULL, NULL);
	return o == STEP_OK ? DIRECTORY_RIGHT : o == STEP_NO ? DIRECTORY_WRONG : o == STEP_CLOSED ? DIRECTORY_DISABLED : DIRECTORY_DOWN;
}

enum directory_result
directory_ask(struct arena *mem, const struct directory *d, struct str user, struct str password, struct directory_person *out)
{
	const struct ldap_library *l = ldap_library();

	for (size_t i = 0; l != NULL && i < d->n_urls; i++) {
		struct talk t = { .l = l, .d = d, .mem = mem, .url = d->urls[i] };
		int64_t dead_ms = atomic_load(&d->dead_until_ms[i]) - clock_now_ms();
		enum directory_result r;

		if (dead_ms > 0 && dead_ms <= DEAD_MS)
			continue;
		r = ask_server(&t, user, password, out);
		if (r != DIRECTORY_DOWN)
			return r;
		atomic_store(&d->dead_until_ms[i], clock_now_ms() + DEAD_MS);
	}
	return DIRECTORY_DOWN;
}

struct str
directory_fault(struct arena *mem, const struct directory *d)
{
	for (size_t i = 0; i < d->n_urls; i++) {
		struct str url = str_of(d->urls[i]);
		struct url parts;
		const char *wrong = url_read(url, &parts);

		if (!str_starts(url, S("ldaps://")) && !str_starts(url, S("ldap://")))
			return arena_printf(mem, "urls: \"%s\" is no LDAP URL; write ldaps://host or ldap://host", d->urls[i]);
		if (wrong != NULL || parts.path.n > 0 || str_given(parts.query)
		    || str_given(parts.fragment) || str_empty(parts.authority))
			return arena_printf(mem, "urls: \"%s\" must hold a host and perhaps a port, nothing else", d->urls[i]);
		if (str_starts(url, S("ldap://")) && !d->starttls)
			return arena_printf(mem, "urls: %s would carry passwords in the clear; use ldaps:// or set starttls: true", d->urls[i]);
	}
	if (d->bind != DIRECTORY_SEARCH)
		return str_empty(d->domain) ? S("domain: bind upn and domain need it") : STR_ABSENT;
	if (d->bind_dn[0] == '\0' || str_empty(d->bind_password) || d->base[0] == '\0')
		return S("bind: search needs bind_dn, bind_password and base");
	return STR_ABSENT;
}
