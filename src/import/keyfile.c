/* import/keyfile.c - which kind of key file it is, and the one private key that is wanted. RFC 7292, RFC 7468. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "import/keyfile.h"

struct wanted { struct arena *mem; struct str alias, password; struct str *der, *why; int keys; bool open; };

static bool
der_keep(struct wanted *w, const PKCS8_PRIV_KEY_INFO *info)
{
	unsigned char *raw = NULL;
	int n = info ? i2d_PKCS8_PRIV_KEY_INFO(info, &raw) : -1;

	if (n > 0)
		*w->der = arena_dup(w->mem, str_span(raw, (size_t)n));
	OPENSSL_clear_free(raw, n > 0 ? (size_t)n : 0);
	return n > 0 && str_given(*w->der);
}

/* --- PEM -------------------------------------------------------------------------------------- */

static int
pass_give(char *to, int size, int writing, void *ctx)
{
	const struct wanted *w = ctx;

	(void)writing;
	if (!str_given(w->password) || w->password.n > (size_t)size)
		return -1;
	memcpy(to, w->password.p, w->password.n);
	return (int)w->password.n;
}

static bool
pem_read(struct wanted *w, struct str text)
{
	BIO *bio = BIO_new_mem_buf(text.p, (int)text.n);
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, pass_give, w) : NULL;
	PKCS8_PRIV_KEY_INFO *info = key ? EVP_PKEY2PKCS8(key) : NULL;
	bool ok = der_keep(w, info);

	PKCS8_PRIV_KEY_INFO_free(info);
	EVP_PKEY_free(key);
	BIO_free(bio);
	if (!ok)
		*w->why = SAY("the PEM file holds no private key, or it is encrypted and the password (--password-file) is wrong");
	return ok;
}

/* --- PKCS#12 ---------------------------------------------------------------------------------- */

static bool
is_wanted(struct wanted *w, PKCS12_SAFEBAG *bag)
{
	char *name = str_given(w->alias) ? PKCS12_get_friendlyname(bag) : NULL;
	bool yes = !str_given(w->alias) || (name != NULL && str_eq_nocase(str_of(name), w->alias));

	OPENSSL_free(name);
	return yes;
}

static void
bag_read(struct wanted *w, PKCS12_SAFEBAG *bag)
{
	int kind = PKCS12_SAFEBAG_get_nid(bag);
	PKCS8_PRIV_KEY_INFO *opened = NULL;

	if ((kind != NID_keyBag && kind != NID_pkcs8ShroudedKeyBag) || !is_wanted(w, bag))
		return;
	w->keys++;
	if (kind == NID_pkcs8ShroudedKeyBag)
		opened = PKCS12_decrypt_skey(bag, w->password.p ? w->password.p : "", (int)w->password.n);
	w->open = der_keep(w, opened ? opened : kind == NID_keyBag ? PKCS12_SAFEBAG_get0_p8inf(bag) : NULL) || w->open;
	PKCS8_PRIV_KEY_INFO_free(opened);
}

static void
safe_read(struct wanted *w, PKCS7 *safe)
{
	STACK_OF(PKCS12_SAFEBAG) *bags = NULL;

	if (PKCS7_type_is_data(safe))
		bags = PKCS12_unpack_p7data(safe);
	else if (PKCS7_type_is_encrypted(safe))         /* certificates mostly; what old ciphers hide is not needed */
		bags = PKCS12_unpack_p7encdata(safe, w->password.p ? w->password.p : "", (int)w->password.n);
	for (int i = 0; bags != NULL && i < sk_PKCS12_SAFEBAG_num(bags); i++)
		bag_read(w, sk_PKCS12_SAFEBAG_value(bags, i));
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
}

static bool
count_is_one(struct wanted *w)
{
	if (w->keys == 0)
		*w->why = str_given(w->alias) ? arena_say(w->mem, "the file holds no private key named \"%.*s\"", STR_ARG(w->alias)) : SAY("the file holds no private key");
	else if (w->keys > 1)
		*w->why = SAY("the file holds several private keys: name one with --alias");
	else if (!w->open)
		*w->why = SAY("the private key does not open with this password (--password-file)");
	return w->keys == 1 && w->open;
}

static bool
p12_read(struct wanted *w, struct str text)
{
	const unsigned char *p = (const unsigned char *)text.p;
	PKCS12 *file = d2i_PKCS12(NULL, &p, (long)text.n);
	STACK_OF(PKCS7) *safes = file ? PKCS12_unpack_authsafes(file) : NULL;

	for (int i = 0; safes != NULL && i < sk_PKCS7_num(safes); i++)
		safe_read(w, sk_PKCS7_value(safes, i));
	sk_PKCS7_pop_free(safes, PKCS7_free);
	PKCS12_free(file);
	if (safes == NULL)
		*w->why = SAY("the file is no PEM, PKCS#12 or JKS key file");
	return safes != NULL && count_is_one(w);
}

/* --- JKS -------------------------------------------------------------------------------------- */

static bool
jks_read(struct wanted *w, struct str text)
{
	struct jks_entry e[JKS_ENTRIES_MAX];
	int n = jks_entries(text, e, JKS_ENTRIES_MAX);

	*w->why = SAY("the Java key store is damaged");
	for (int i = 0; i < n; i++) {
		if (str_given(w->alias) && !str_eq_nocase(e[i].alias, w->alias))
			continue;
		w->keys++;
		w->open = jks_open(w->mem, &e[i], w->password, w->der) || w->open;
	}
	return n >= 0 && count_is_one(w);
}

bool
keyfile_read(struct arena *mem, struct str bytes, struct str alias, struct str password, struct str *der,
    struct str *why)
{
	struct wanted w = { .mem = mem, .alias = alias, .password = password, .der = der, .why = why };
	const char *shape;
	bool ok;

	*der = STR_ABSENT;
	if (bytes.n == 0 || bytes.n > KEYFILE_MAX) {
		*why = SAY("the key file is empty or too large");
		return false;
	}
	if (str_starts(bytes, S("\xfe\xed\xfe\xed")))
		ok = jks_read(&w, bytes);
	else
		ok = str_contains(bytes, S("-----BEGIN ")) ? pem_read(&w, bytes) : p12_read(&w, bytes);
	ERR_clear_error();
	shape = ok || w.keys > 0 ? NULL : keyfile_shape(bytes);
	if (shape != NULL)
		*why = str_of(shape);
	return ok;
}
