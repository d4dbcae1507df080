/* jose/revocation.c - which certificates their authorities have taken back: revocation lists. RFC 5280 section 5. */
#include "jose/certificate_int.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#define NAME_MAX_BYTES 512

static bool
list_keep(struct authorities *t, X509_CRL *list)
{
	if (X509_STORE_add_crl(t->store, list) == 1 && sk_X509_CRL_push(t->lists, list) > 0)
		return true;
	X509_CRL_free(list);
	return false;
}

/* A delta says what has changed since a whole list: by itself it would leave out nearly all. */
static bool
is_delta(const X509_CRL *list)
{
	return X509_CRL_get_ext_by_NID(list, NID_delta_crl, -1) >= 0;
}

static X509_CRL *
list_next(BIO *text, bool der)
{
	return der ? d2i_X509_CRL_bio(text, NULL) : PEM_read_bio_X509_CRL(text, NULL, NULL, NULL);
}

/* All of the text, which has one list where it is DER. What is wrong with it; NULL: nothing. */
static const char *
lists_read(struct authorities *t, BIO *text, bool der)
{
	X509_CRL *list;
	int n = 0;

	for (; (n == 0 || !der) && (list = list_next(text, der)) != NULL; n++) {
		if (is_delta(list)) {
			X509_CRL_free(list);
			return say("holds a delta of a revocation list; only whole ones are read");
		}
		if (!list_keep(t, list))
			return say("memory is exhausted");
	}
	if (n == 0 && !der && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE)
		return say("holds no certificate revocation list in PEM or DER");
	if (der ? n == 0 || BIO_pending(text) > 0 : ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return say("holds a revocation list that cannot be read");
	return NULL;
}

bool
revocation_add(struct authorities *t, struct str bytes, const char **why)
{
	BIO *text = bytes.n <= INT32_MAX ? BIO_new_mem_buf(bytes.p, (int)bytes.n) : NULL;

	if (t->lists == NULL)
		t->lists = sk_X509_CRL_new_null();
	ERR_clear_error();
	*why = text == NULL || t->lists == NULL ? say("memory is exhausted")
						: lists_read(t, text, bytes.n > 0 && bytes.p[0] == 0x30);
	ERR_clear_error();
	BIO_free(text);
	return *why == NULL;
}

/* --- what is doubtful ------------------------------------------------------------------------- */

static struct str
name_text(struct arena *mem, const X509_NAME *name)
{
	BIO *b = BIO_new(BIO_s_mem());
	struct str text = S("?");
	char *p;
	long n;

	if (b != NULL && X509_NAME_print_ex(b, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0
	    && (n = BIO_get_mem_data(b, &p)) > 0)
		text = arena_dup(mem, str_span(p, (size_t)(n < NAME_MAX_BYTES ? n : NAME_MAX_BYTES)));
	BIO_free(b);
	return text;
}

static bool
list_is_current(const X509_CRL *list, int64_t now_s)
{
	time_t now = (time_t)now_s;
	const ASN1_TIME *next = X509_CRL_get0_nextUpdate(list);

	return X509_cmp_time(X509_CRL_get0_lastUpdate(list), &now) < 0
	    && (next == NULL || X509_cmp_time(next, &now) > 0);
}

/* Is there one of that name which holds now? any: or one that does not. */
static bool
has_list(const struct authorities *t, const X509_NAME *name, bool any, int64_t now_s)
{
	for (int i = 0; i < sk_X509_CRL_num(t->lists); i++) {
		const X509_CRL *list = sk_X509_CRL_value(t->lists, i);

		if (X509_NAME_cmp(X509_CRL_get_issuer(list), name) == 0 && (any || list_is_current(list, now_s)))
			return true;
	}
	return false;
}

void
revocation_judge(const struct authorities *t, int64_t now_s, struct str where, struct findings *f)
{
	STACK_OF(X509_OBJECT) *all = X509_STORE_get0_objects(t->store);

	for (int i = 0; i < sk_X509_CRL_num(t->lists); i++) {
		const X509_NAME *name = X509_CRL_get_issuer(sk_X509_CRL_value(t->lists, i));

		if (!has_list(t, name, false, now_s))
			findings_add(f, FINDING_WARNING, where,
			    "the revocation list of %.*s has expired, or is not valid yet; clients with a "
			    "certificate of "
			    "this authority are refused until there is a current one and hufu reload",
			    STR_ARG(name_text(f->mem, name)));
	}
	for (int i = 0; i < sk_X509_OBJECT_num(all); i++) {
		const X509 *x = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(all, i));

		if (x != NULL && !has_list(t, X509_get_subject_name(x), true, now_s))
			findings_add(f, FINDING_WARNING, where,
			    "there is no revocation list of %.*s; clients with a certificate that this authority has "
			    "signed are refused",
			    STR_ARG(name_text(f->mem, X509_get_subject_name(x))));
	}
}

/* --- asked about, while a chain is looked at -------------------------------------------------- */

/* An authority that is trusted as it stands needs nobody's list, but one that names it counts. */
static int
spare_anchor(int ok, X509_STORE_CTX *ctx)
{
	int anchor = sk_X509_num(X509_STORE_CTX_get0_chain(ctx)) - 1;

	if (ok || X509_STORE_CTX_get_error_depth(ctx) != anchor)
		return ok;
	switch (X509_STORE_CTX_get_error(ctx)) {
	case X509_V_ERR_UNABLE_TO_GET_CRL:
	case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
	case X509_V_ERR_CRL_HAS_EXPIRED:
	case X509_V_ERR_CRL_NOT_YET_VALID: return 1;
	default: return 0;
	}
}

void
revocation_ask(const struct authorities *t, X509_STORE_CTX *ctx)
{
	if (t->lists == NULL)
		return;
	X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(ctx), X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
	X509_STORE_CTX_set_verify_cb(ctx, spare_anchor);
}
