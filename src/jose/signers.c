/* jose/signers.c - certificates of files by which answers are verified, named by numbers. RFC 5280 section 6. */
#include "jose/signers.h"

#include "jose/certificate_int.h"
#include "jose/jose_int.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#define LEVEL      2            /* of libcrypto: keys and digests of 112 bits */
#define NUMBER     32           /* characters */
#define ISSUER_MAX 4096

struct signers { struct authorities *roots; STACK_OF(X509) *all; };

/* --- numbers ---------------------------------------------------------------------------------- */

/* CN first, as it stands, without escapes of what is no ASCII. */
static bool
issuer_put(BIO *text, const X509 *x)
{
	unsigned long how = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;

	return X509_NAME_print_ex(text, X509_get_issuer_name(x), 0, how) >= 0;
}

static bool
serial_put(BIO *text, const X509 *x)
{
	BIGNUM *n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL);
	char *decimal = n != NULL ? BN_bn2dec(n) : NULL;
	bool ok = decimal != NULL && BIO_puts(text, decimal) > 0;

	OPENSSL_free(decimal);
	BN_free(n);
	return ok;
}

static bool
number_of(const X509 *x, char out[NUMBER + 1])
{
	static const char digits[] = "0123456789abcdef";
	BIO *text = BIO_new(BIO_s_mem());
	unsigned char md5[EVP_MAX_MD_SIZE];
	unsigned int size = 0;
	char *said = NULL;
	long n = 0;
	bool ok = text != NULL && issuer_put(text, x) && serial_put(text, x)
	    && (n = BIO_get_mem_data(text, &said)) <= ISSUER_MAX
	    && EVP_Digest(said, (size_t)n, md5, &size, EVP_md5(), NULL) == 1 && size * 2 == NUMBER;

	for (size_t i = 0; ok && i < NUMBER; i++)
		out[i] = digits[i % 2 == 0 ? md5[i / 2] >> 4 : md5[i / 2] & 15];
	out[NUMBER] = '\0';
	BIO_free(text);
	return ok;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* All of a text. NULL: one cannot be read, or memory is exhausted; the caller frees them. */
static STACK_OF(X509) *
certificates_of(struct str pem)
{
	BIO *text = pem.n <= INT_MAX ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
	STACK_OF(X509) *all = text != NULL ? sk_X509_new_null() : NULL;
	bool ended;

	for (X509 *x; all != NULL && (x = PEM_read_bio_X509(text, NULL, NULL, NULL)) != NULL;)
		if (sk_X509_push(all, x) <= 0)
			X509_free(x);
	ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
	ERR_clear_error();
	BIO_free(text);
	if (all != NULL && ended)
		return all;
	sk_X509_pop_free(all, X509_free);
	return NULL;
}

static bool
is_signed_by_rsa(const X509 *x)
{
	int key = NID_undef;

	return OBJ_find_sigid_algs(X509_get_signature_nid(x), NULL, &key) == 1
	    && (key == NID_rsaEncryption || key == NID_rsassaPss);
}

struct str
certificate_number(struct arena *mem, struct str pem)
{
	STACK_OF(X509) *all = certificates_of(pem);
	char number[NUMBER + 1];
	bool ok = all != NULL && sk_X509_num(all) > 0 && number_of(sk_X509_value(all, 0), number);

	sk_X509_pop_free(all, X509_free);
	return ok ? arena_dup(mem, str_span(number, NUMBER)) : STR_ABSENT;
}

struct str
certificate_numbers(struct arena *mem, struct str pem)
{
	STACK_OF(X509) *all = certificates_of(pem);
	int n = all != NULL ? sk_X509_num(all) : 0;
	char number[NUMBER + 1];
	bool ok = true;
	struct buf b;

	buf_init(&b, mem, (size_t)n * (NUMBER + 1) + 1);
	for (int i = 0; ok && i < n; i++) {
		if (!is_signed_by_rsa(sk_X509_value(all, i)))
			continue;
		ok = number_of(sk_X509_value(all, i), number);
		buf_printf(&b, "%s%s", b.n > 0 ? "_" : "", number);
	}
	sk_X509_pop_free(all, X509_free);
	return ok && b.n > 0 && !b.full ? buf_str(&b) : STR_ABSENT;
}

bool
certificate_fits(struct str pem, const struct key *key)
{
	STACK_OF(X509) *all = certificates_of(pem);
	bool fits = all != NULL && sk_X509_num(all) > 0
	    && X509_check_private_key(sk_X509_value(all, 0), key_own(key)->pkey) == 1;

	sk_X509_pop_free(all, X509_free);
	ERR_clear_error();
	return fits;
}

/* --- signers ---------------------------------------------------------------------------------- */

/* Not one of those in between: what they sign are certificates. */
static bool
is_signer(X509 *x)
{
	return X509_check_ca(x) == 0;
}

static const char *
trouble_of(const struct signers *s)
{
	bool some = false;

	for (int i = 0; s->all != NULL && i < sk_X509_num(s->all); i++) {
		X509 *x = sk_X509_value(s->all, i);
		EVP_PKEY *key = X509_get0_pubkey(x);

		if (is_signer(x) && (key == NULL || !kind_fits(KIND_RSA, key)))
			return say("holds a certificate whose key is not RSA of 2048 bits at least");
		some = some || is_signer(x);
	}
	return s->all == NULL ? say("holds a certificate that cannot be read")
	    : !some           ? say("holds no certificate of a signer in PEM") : NULL;
}

struct signers *
signers_load(struct str pem, struct str roots, const char **why)
{
	struct signers *s = calloc(1, sizeof *s);

	*why = say("memory is exhausted");
	if (s == NULL || (s->roots = authorities_load(roots, why)) == NULL) {
		signers_free(s);
		return NULL;
	}
	s->all = certificates_of(pem);
	*why = trouble_of(s);
	ERR_clear_error();
	if (*why == NULL)
		return s;
	signers_free(s);
	return NULL;
}

void
signers_free(void *p)
{
	struct signers *s = p;

	if (s == NULL)
		return;
	authorities_free(s->roots);
	sk_X509_pop_free(s->all, X509_free);
	free(s);
}

/* X509_V_OK, or what libcrypto says. */
static int
chain_trouble(const struct signers *s, X509 *x, int64_t now_s)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int said = X509_V_ERR_OUT_OF_MEM;

	if (ctx != NULL && X509_STORE_CTX_init(ctx, s->roots->store, x, s->all) == 1) {
		X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

		X509_VERIFY_PARAM_set_time(param, (time_t)now_s);
		X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
		X509_VERIFY_PARAM_set_auth_level(param, LEVEL);
		said = X509_verify_cert(ctx) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(ctx);
	}
	X509_STORE_CTX_free(ctx);
	ERR_clear_error();
	return said;
}

bool
signers_judge(const struct signers *s, int64_t now_s, const char **why, bool *over)
{
	for (int i = 0; i < sk_X509_num(s->all); i++) {
		X509 *x = sk_X509_value(s->all, i);
		int said = is_signer(x) ? chain_trouble(s, x, now_s) : X509_V_OK;

		*why = X509_verify_cert_error_string(said);
		*over = said == X509_V_ERR_CERT_HAS_EXPIRED || said == X509_V_ERR_CERT_NOT_YET_VALID;
		if (said != X509_V_OK)
			return false;
	}
	return true;
}

static X509 *
signer_named(const struct signers *s, struct str number)
{
	char own[NUMBER + 1];

	for (int i = 0; i < sk_X509_num(s->all); i++) {
		X509 *x = sk_X509_value(s->all, i);

		if (is_signer(x) && number_of(x, own) && str_is(number, own))
			return x;
	}
	return NULL;
}

bool
signers_verify(const struct signers *s, struct str number, int64_t now_s, struct str input, struct str signature,
    const char **why)
{
	X509 *x = signer_named(s, number);
	int said = x != NULL ? chain_trouble(s, x, now_s) : X509_V_OK;

	if (x == NULL)
		*why = say("it names none of them");
	else if (said != X509_V_OK)
		*why = X509_verify_cert_error_string(said);
	else if (jws_verify_by(ALG_RS256, X509_get0_pubkey(x), input, signature))
		return true;
	else
		*why = say("the signature is wrong");
	return false;
}
