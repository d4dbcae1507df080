/* manage/client_secret.c - the secret of a client as it is stored, and the one before it. */
#include "login/sealed.h"
#include "manage/manage_int.h"
#include "oauth/client_metadata.h"

#define METADATA_ROOM (1u << 20)
#define SIGNING_MIN   32                        /* bytes: RFC 7518 section 3.2, HS256 */
#define OVERLAP_MAX_S (400 * 24 * 3600)

/* The text itself is needed: OpenID Connect Core 9. */
static bool
signs_with_it(struct job *j, const struct client *c)
{
	struct client_metadata m;

	return c->metadata.n > 0 && metadata_read(j->mem, c->metadata, &m)
	    && str_is(m.token_endpoint_auth_method, "client_secret_jwt");
}

/* The method it has registered; scratch is the caller's, to be freed. */
static struct client_metadata
registered(struct arena *scratch, const struct client *c)
{
	struct client_metadata m = { .response_types = STR_ABSENT };

	arena_init(scratch, METADATA_ROOM);
	if (c->metadata.n == 0 || !metadata_read(scratch, c->metadata, &m))
		m = (struct client_metadata){ .response_types = STR_ABSENT };
	return m;
}

bool
client_row_is_public(const struct client *c)
{
	struct client row = *c;
	struct client_metadata m;
	struct arena scratch;
	bool public;

	m = registered(&scratch, c);
	row.registered = &m;
	public = client_is_public(&row);
	arena_free(&scratch);
	return public;
}

bool
client_uses_a_secret(const struct client *c)
{
	struct arena scratch;
	struct client_metadata m = registered(&scratch, c);
	bool uses = !(method_needs_no_secret(m.token_endpoint_auth_method) || str_is(m.token_endpoint_auth_method, "none"));

	arena_free(&scratch);
	return uses;
}

struct str
client_secret_encoding(struct str stored)
{
	return secret_is_sealed(stored) ? S("sealed") : password_encoding(stored);
}

static bool
keep_sealed(struct job *j, const struct client *c, struct str text, struct str *stored)
{
	uint8_t key[DIGEST_SIZE];
	struct str why;

	if (text.n < SIGNING_MIN)
		return job_refuse(j, "invalid", "choose a longer one, or have one made",
		    "a secret that signs must have at least %d bytes", SIGNING_MIN);
	if (j->lent->derived_key == NULL)
		return job_refuse(j, "invalid", "choose another way to authenticate",
		    "client_secret_jwt needs a key-encryption key");
	if (!j->lent->derived_key(j->lent->ctx, j->mem, SECRET_PURPOSE, key, &why))
		return job_refuse(j, "invalid", "put the key-encryption key where it was", "%.*s", STR_ARG(why));
	*stored = secret_seal(j->mem, key, c->realm, c->id, text);
	explicit_bzero(key, sizeof key);
	return str_given(*stored) || job_refuse(j, "invalid", "try again", "out of memory");
}

bool
client_secret_keep(struct job *j, const struct client *c, struct str text, hash_fn *hash, struct str *stored)
{
	if (signs_with_it(j, c))
		return keep_sealed(j, c, text, stored);
	*stored = hash(j->mem, text);
	return str_given(*stored) || job_refuse(j, "invalid", "try again", "out of memory");
}

bool
client_secret_read(struct job *j, const json_t *obj, const struct client *c, struct str *stored, struct str place)
{
	struct str clear = json_member_str(obj, "secret"), ready = json_member_str(obj, "secret_encoded");
	bool encoded = json_is_true(json_object_get(obj, "encoded"));

	*stored = encoded ? clear : ready;
	if (secret_is_sealed(*stored) && !(str_given(clear) && str_given(ready)) && check_text(*stored) == NULL)
		return true;
	if (!secret_read(j, obj, "secret", password_hash, stored, place))
		return false;
	if (str_empty(clear) || encoded || !signs_with_it(j, c))
		return true;
	return keep_sealed(j, c, clear, stored);
}

bool
client_secret_serves(struct job *j, const struct client *c)
{
	return !signs_with_it(j, c) || secret_is_sealed(c->secret)
	    || job_refuse(j, "invalid", "give the secret in the same command",
		"client_secret_jwt needs the text of the secret, and only its hash is kept");
}

void
client_former_end(struct client *c)
{
	c->former_secret = S("");
	c->former_until_s = 0;
}

bool
client_former_keep(struct job *j, struct client *c)
{
	const json_t *v = json_object_get(j->ask, "overlap_s");
	int64_t overlap_s = 0;

	if (v != NULL && (!json_member_int(j->ask, "overlap_s", &overlap_s) || overlap_s < 0
			     || overlap_s > OVERLAP_MAX_S))
		return job_refuse(j, "invalid", "give 0 to 34560000 seconds", "overlap_s must be a number of seconds");
	client_former_end(c);
	if (overlap_s > 0 && c->secret.n > 0) {
		c->former_secret = c->secret;
		c->former_until_s = clock_now_s() + overlap_s;
	}
	return true;
}
