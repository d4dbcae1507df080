/* login/ldap_talk.c - one conversation with a directory server: connect, TLS, bind, search. RFC 4511, RFC 4513. */
#include "login/ldap_int.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/time.h>

#define INCOMING_MAX   (1024 * 1024)    /* bytes of one message */
#define REFERENCES_MAX 100              /* Active Directory sends a few with every search from the top */
#define VALUES_MAX     10000            /* of one attribute: more than INCOMING_MAX can hold in practice */

enum outcome
talk_down(struct talk *t, const char *step, const char *cause)
{
	log_warn("directory %.*s: %s: %s: %s", STR_ARG(t->d->name), t->url, say(step), say(cause));
	return STEP_DOWN;
}

enum outcome
talk_down_code(struct talk *t, const char *step, int code)
{
	return talk_down(t, step,
	    code == LDAP_REFERRAL ? say("the server refers to another one, which is not followed")
				  : t->l->ldap_err2string(code));
}

/* --- the deadline ----------------------------------------------------------------------------- */

/*
 * The library's own time limits do not hold inside TLS: with GnuTLS a server that falls silent
 * during the handshake makes it spin for ever. So a layer of ours lies between TLS and the socket:
 * it waits no longer than the deadline and then fails for good.
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

/* --- connecting ------------------------------------------------------------------------------- */

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
	int version = LDAP_VERSION3, demand = LDAP_OPT_X_TLS_DEMAND, tls12 = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2,
	    client = 0, never = LDAP_DEREF_NEVER;
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

LDAPMessage *
talk_await(struct talk *t, int id, const char *step, enum outcome *outcome)
{
	int64_t left_ms = (t->deadline_us - clock_mono_us()) / 1000;
	struct timeval left = time_of_ms(left_ms > 1 ? left_ms : 1);
	LDAPMessage *m = NULL;
	int r = t->l->ldap_result(t->ld, id, LDAP_MSG_ONE, &left, &m), code = LDAP_SERVER_DOWN;

	if (r > 0)
		return m;
	if (r < 0)
		t->l->ldap_get_option(t->ld, LDAP_OPT_RESULT_CODE, &code);
	*outcome = r == 0 ? talk_down(t, step, "no answer in time") : talk_down_code(t, step, code);
	return NULL;
}

static enum outcome
begin_tls(struct talk *t)
{
	enum outcome o = STEP_OK;
	LDAPMessage *m;
	int id, code, r = t->l->ldap_start_tls(t->ld, NULL, NULL, &id);

	if (r != LDAP_SUCCESS)
		return talk_down_code(t, "StartTLS", r);
	m = talk_await(t, id, "StartTLS", &o);
	if (m == NULL)
		return o;
	r = t->l->ldap_parse_result(t->ld, m, &code, NULL, NULL, NULL, NULL, 1);
	if (r != LDAP_SUCCESS || code != LDAP_SUCCESS)
		return talk_down_code(t, "StartTLS", r != LDAP_SUCCESS ? r : code);
	r = t->l->ldap_install_tls(t->ld);
	return r == LDAP_SUCCESS
	    ? STEP_OK
	    : talk_down(t, "StartTLS", "TLS failed; check ca_file and the name in the server's certificate");
}

/* --- the certificate's names ------------------------------------------------------------------ */

/* RFC 6125 section 6.4.4: where a certificate has names of its own kind for hosts, its subject says nothing. */
static bool
names_fit(X509 *x, const char *host)
{
	uint8_t raw[16];
	bool is_address = inet_pton(AF_INET, host, raw) == 1 || inet_pton(AF_INET6, host, raw) == 1;

	if (X509_get_ext_by_NID(x, NID_subject_alt_name, -1) < 0)
		return true;                    /* the library has compared the subject */
	return is_address ? X509_check_ip_asc(x, host, 0) == 1
			  : X509_check_host(x, host, 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL) == 1;
}

/*
 * libldap takes the subject's name when none of the others fits; a certificate that names another
 * host is refused here.
 */
static bool
certificate_fits(struct talk *t)
{
	struct berval der = { .bv_val = NULL };
	const unsigned char *at;
	struct url url;
	X509 *x = NULL;
	const char *host = url_read(str_of(t->url), &url) == NULL ? url.host : NULL;
	bool fits;

	if (t->l->ldap_get_option(t->ld, LDAP_OPT_X_TLS_PEERCERT, &der) == LDAP_OPT_SUCCESS && der.bv_val != NULL) {
		at = (const unsigned char *)der.bv_val;
		x = d2i_X509(NULL, &at, (long)der.bv_len);
	}
	fits = x != NULL && host != NULL && names_fit(x, host);
	X509_free(x);
	t->l->ldap_memfree(der.bv_val);
	return fits;
}

enum outcome
talk_open(struct talk *t)
{
	bool plain = str_starts_nocase(str_of(t->url), S("ldap://"));
	enum outcome o = STEP_OK;
	int r = t->l->ldap_initialize(&t->ld, t->url);

	t->on_connect = (struct ldap_conncb){ .lc_add = connected, .lc_del = disconnected, .lc_arg = t };
	if (r != LDAP_SUCCESS)
		return talk_down_code(t, "its URL", r);
	if (!options_set(t))
		return talk_down(t, "TLS settings", "refused by the LDAP library; check ca_file");
	t->deadline_us = clock_mono_us() + t->d->connect_ms * 1000;
	r = t->l->ldap_connect(t->ld);
	if (r != LDAP_SUCCESS)
		return talk_down(t, "connect",
		    plain ? t->l->ldap_err2string(r)
			  : say("no connection, or TLS failed; check ca_file and the name in the server's "
				"certificate"));
	t->deadline_us = clock_mono_us() + t->d->operation_ms * 1000;
	if (plain)
		o = begin_tls(t);
	if (o == STEP_OK && !certificate_fits(t))
		o = talk_down(t, "TLS", "the certificate names another host");
	return o;
}

/* --- binding ---------------------------------------------------------------------------------- */

static LDAPControl policy_asked = { .ldctl_oid = (char *)(uintptr_t)LDAP_CONTROL_PASSWORDPOLICYREQUEST };
LDAPControl *talk_policy_asked[2] = { &policy_asked, NULL };

struct policy_word
talk_policy_word(struct talk *t, LDAPControl **ctrls)
{
	struct policy_word w = { .grace = -1, .error = PP_noError };
	LDAPControl *said;
	ber_int_t expires = -1, grace = -1;

	if (ctrls == NULL)
		return w;
	said = t->l->ldap_control_find(LDAP_CONTROL_PASSWORDPOLICYRESPONSE, ctrls, NULL);
	if (said != NULL
	    && t->l->ldap_parse_passwordpolicy_control(t->ld, said, &expires, &grace, &w.error) == LDAP_SUCCESS)
		w.grace = grace;
	else
		w.error = PP_noError;
	w.expired = t->l->ldap_control_find(LDAP_CONTROL_X_PASSWORD_EXPIRED, ctrls, NULL) != NULL;
	t->l->ldap_controls_free(ctrls);
	return w;
}

/*
 * Active Directory says in its text why a bind was refused. These are said only after the right
 * password: not now, not here, password expired, account disabled, account expired, password must
 * change. 775 (locked out) is said for any password, so it is no news that a stranger may have
 * (L2).
 */
static enum outcome
refused_by(const char *diagnostic)
{
	static const struct { const char *code; enum outcome means; } rows[] = {
		{ "data 530", STEP_CLOSED }, { "data 531", STEP_CLOSED }, { "data 532", STEP_STALE },
		{ "data 533", STEP_CLOSED },
		{ "data 701", STEP_CLOSED }, { "data 773", STEP_STALE },
	};

	for (size_t i = 0; diagnostic != NULL && i < COUNT(rows); i++)
		if (str_contains(str_of(diagnostic), str_of(rows[i].code)))
			return rows[i].means;
	return STEP_NO;
}

/* Of a password that was right. The last logins with one that is over are for changing it, where that can be done. */
static bool
must_change(const struct talk *t, const struct policy_word *said)
{
	return said->expired || said->error == PP_passwordExpired || said->error == PP_changeAfterReset
	    || (said->grace >= 0 && t->d->change != CHANGE_NONE);
}

/* "Expired" beside a refusal is said after the right password only; "locked" is said for any, and counts as a wrong one (L2). */
static enum outcome
bind_outcome(struct talk *t, int code, const char *diagnostic, const struct policy_word *said)
{
	switch (code) {
	case LDAP_SUCCESS: return must_change(t, said) ? STEP_STALE : STEP_OK;
	case LDAP_INVALID_CREDENTIALS:
		return said->expired || said->error == PP_passwordExpired ? STEP_STALE : refused_by(diagnostic);
	case LDAP_NO_SUCH_OBJECT:
	case LDAP_INVALID_DN_SYNTAX:
	case LDAP_INAPPROPRIATE_AUTH:
	case LDAP_UNWILLING_TO_PERFORM:         /* 389 Directory Server of a closed account, whatever the password */
	case LDAP_CONSTRAINT_VIOLATION: return STEP_NO;
	default: return talk_down_code(t, "bind", code);
	}
}

enum outcome
talk_bind(struct talk *t, const char *who, struct str password)
{
	struct berval cred = { .bv_len = password.n, .bv_val = (char *)(uintptr_t)password.p };
	enum outcome o = STEP_DOWN;
	LDAPControl **ctrls = NULL;
	struct policy_word said;
	char *diagnostic = NULL;
	LDAPMessage *m;
	int id, code, r;

	assert(password.n > 0);                 /* L4 */
	t->bound = false;
	r = t->l->ldap_sasl_bind(t->ld, who, LDAP_SASL_SIMPLE, &cred, talk_policy_asked, NULL, &id);
	if (r != LDAP_SUCCESS)
		return talk_down_code(t, "bind", r);
	m = talk_await(t, id, "bind", &o);
	if (m == NULL)
		return o;
	r = t->l->ldap_parse_result(t->ld, m, &code, NULL, &diagnostic, NULL, &ctrls, 1);
	said = talk_policy_word(t, ctrls);
	t->bound = r == LDAP_SUCCESS && code == LDAP_SUCCESS;
	o = r == LDAP_SUCCESS ? bind_outcome(t, code, diagnostic, &said) : talk_down_code(t, "bind", r);
	t->l->ldap_memfree(diagnostic);
	return o;
}

/* --- searching -------------------------------------------------------------------------------- */

/* False: the range does not reach to the last value ("memberOf;range=0-1499"). */
static bool
range_is_whole(struct str name)
{
	return !str_contains(name, S(";range=")) || str_ends(name, S("-*"));
}

bool
talk_values(struct talk *t, LDAPMessage *m, const char *name, struct ldap_attribute *out)
{
	struct berval **v = t->l->ldap_get_values_len(t->ld, m, name);
	struct str bare = str_of(name), *values;
	ptrdiff_t option = str_index(bare, ';');
	size_t n = 0;

	while (v != NULL && v[n] != NULL)
		n++;
	values = arena_array(t->mem, struct str, n);
	for (size_t i = 0; values != NULL && i < n; i++)
		values[i] = arena_dup(t->mem, str_span(v[i]->bv_val, v[i]->bv_len));
	if (v != NULL)
		t->l->ldap_value_free_len(v);
	*out = (struct ldap_attribute){ arena_z(t->mem, option > 0 ? str_sub(bare, 0, (size_t)option) : bare),
		values, n, range_is_whole(bare) };
	return values != NULL && out->name != NULL && n <= VALUES_MAX;
}

const char *
talk_dn(struct talk *t, LDAPMessage *m)
{
	char *dn = t->l->ldap_get_dn(t->ld, m), *z = arena_z(t->mem, str_of(dn != NULL ? dn : ""));

	t->l->ldap_memfree(dn);
	return z != NULL ? z : "";
}

static enum outcome
too_many(struct talk *t, const struct ldap_query *q)
{
	if (!q->of_groups)
		return talk_down(t, "search", "more entries than were asked for");
	log_warn("directory %.*s: %s: one answer does not hold all groups that a user is in, or whose names "
		 "are like theirs; the login is refused",
	    STR_ARG(t->d->name), t->url);
	return STEP_CLOSED;
}

/* One message of the search's answer; false: that was the last. */
static bool
search_step(struct talk *t, const struct ldap_query *q, LDAPMessage *m, struct ldap_count *n, enum outcome *o)
{
	int type = t->l->ldap_msgtype(m), code = LDAP_PROTOCOL_ERROR, r;

	if (type == LDAP_RES_SEARCH_ENTRY) {
		if (++n->entries > q->limit)
			*o = too_many(t, q);
		else if (!q->take(q->ctx, t, m))
			*o = talk_down(t, "search", "more than can be read");
		return *o == STEP_OK;
	}
	if (type == LDAP_RES_SEARCH_REFERENCE) {
		if (++n->references > REFERENCES_MAX)
			*o = talk_down(t, "search", "too many references");
		return *o == STEP_OK;
	}
	r = t->l->ldap_parse_result(t->ld, m, &code, NULL, NULL, NULL, NULL, 0);
	if (r != LDAP_SUCCESS)
		code = r;
	if (code == LDAP_NO_SUCH_OBJECT || (code == LDAP_INSUFFICIENT_ACCESS && q->may_be_hidden))
		*o = STEP_NO;
	else if (code == LDAP_SIZELIMIT_EXCEEDED)
		*o = n->entries >= q->enough ? STEP_OK : too_many(t, q);
	else if (code != LDAP_SUCCESS)
		*o = talk_down_code(t, "search", code);
	return false;
}

enum outcome
talk_search(struct talk *t, const struct ldap_query *q)
{
	char *z = arena_z(t->mem, q->filter);
	struct timeval limit = time_of_ms(t->d->operation_ms);
	struct ldap_count n = { 0 };
	enum outcome o = STEP_OK;
	bool more = true;
	int id, r;

	if (z == NULL)
		return talk_down(t, "search", "out of memory");
	r = t->l->ldap_search_ext(
	    t->ld, q->base, q->scope, z, (char **)(uintptr_t)q->attrs, 0, NULL, NULL, &limit, q->limit, &id);
	if (r != LDAP_SUCCESS)
		return talk_down_code(t, "search", r);
	while (more) {
		LDAPMessage *m = talk_await(t, id, "search", &o);

		more = m != NULL && search_step(t, q, m, &n, &o);
		t->l->ldap_msgfree(m);
	}
	return o;
}
