/* login/webauthn.c - passkeys registered and used. Web Authentication Level 2 and 3, sections 7.1 and 7.2. */
#include "login/webauthn_int.h"

const char *
webauthn_fault_text(enum webauthn_fault f)
{
	switch (f) {
#define FAULT(id, text) case WEBAUTHN_##id: return say(text);
#include "login/webauthn.def"
#undef FAULT
	default: return "";
	}
}

static bool
is_of_size(struct str s, size_t max)
{
	return s.n > 0 && s.n <= max;
}

/* --- registering ------------------------------------------------------------------------------ */

/* Section 8.7, 8.2: nobody vouches for the authenticator, or its new key does. */
static enum webauthn_fault
statement_judge(cbor_item_t *object, const struct webauthn_credential *new, struct str auth_data,
    struct str client_data)
{
	cbor_item_t *fmt = cbor_member(object, "fmt"), *stmt = cbor_member(object, "attStmt");
	uint8_t hash[DIGEST_SIZE];
	int64_t alg;

	if (stmt == NULL || !cbor_isa_map(stmt))
		return WEBAUTHN_ATTESTATION;
	if (cbor_text_is(fmt, "none"))
		return cbor_map_size(stmt) == 0 ? WEBAUTHN_OK : WEBAUTHN_STATEMENT;
	if (!cbor_text_is(fmt, "packed") || cbor_map_size(stmt) != 2)   /* with x5c somebody else vouches */
		return WEBAUTHN_FORMAT;
	SHA256(hash, client_data);
	return cbor_number(cbor_member(stmt, "alg"), &alg) && alg == new->alg
		&& cose_verify(new->alg, new->key, (struct str[]){ auth_data, str_span(hash, sizeof hash) }, 2,
		    cbor_bytes(cbor_member(stmt, "sig")))
	    ? WEBAUTHN_OK
	    : WEBAUTHN_STATEMENT;
}

static struct webauthn_credential
credential_of(const struct auth_data *a)
{
	struct webauthn_credential new = { .id = a->credential_id, .count = a->count };

	new.verified = (a->flags & FLAG_UV) != 0;
	new.may_be_backed_up = (a->flags & FLAG_BE) != 0;
	new.is_backed_up = (a->flags & FLAG_BS) != 0;
	memcpy(new.aaguid, a->aaguid.p, sizeof new.aaguid);
	return new;
}

static enum webauthn_fault
attestation_judge(struct arena *mem, const struct webauthn_asked *asked, struct str client_data,
    struct str attestation, struct webauthn_credential *out)
{
	size_t used;
	cbor_item_t *object = cbor_read(mem, attestation, &used);
	struct str bytes = cbor_bytes(cbor_member(object, "authData"));
	struct webauthn_credential new;
	struct auth_data a;
	enum webauthn_fault f;

	if (object == NULL || used != attestation.n || str_empty(bytes))
		return WEBAUTHN_ATTESTATION;
	if (!auth_data_read(mem, bytes, true, &a))
		return WEBAUTHN_AUTH_DATA;
	if ((f = auth_data_judge(asked, &a)) != WEBAUTHN_OK)
		return f;
	new = credential_of(&a);
	if (!cose_key_read(mem, a.key, &new.alg, &new.key))
		return WEBAUTHN_KEY;
	f = statement_judge(object, &new, bytes, client_data);
	new.id = arena_dup(mem, new.id);
	if (f == WEBAUTHN_OK && !mem->full)
		*out = new;
	return f;
}

/* What had no room was not read: that says nothing of the answer. */
static enum webauthn_fault
unless_full(const struct arena *mem, enum webauthn_fault f)
{
	return mem->full ? WEBAUTHN_MEMORY : f;
}

enum webauthn_fault
webauthn_register(struct arena *mem, const struct webauthn_asked *asked, struct str client_data,
    struct str attestation, struct webauthn_credential *out)
{
	enum webauthn_fault f;

	if (!is_of_size(client_data, WEBAUTHN_CLIENT_DATA_MAX) || !is_of_size(attestation, WEBAUTHN_ATTESTATION_MAX))
		return WEBAUTHN_SIZE;
	if ((f = client_data_judge(mem, asked, "webauthn.create", client_data)) != WEBAUTHN_OK)
		return unless_full(mem, f);
	return unless_full(mem, attestation_judge(mem, asked, client_data, attestation, out));
}

/* --- asserting -------------------------------------------------------------------------------- */

static bool
sizes_hold(const struct webauthn_answer *a)
{
	return is_of_size(a->id, WEBAUTHN_ID_MAX) && is_of_size(a->client_data, WEBAUTHN_CLIENT_DATA_MAX)
	    && is_of_size(a->auth_data, WEBAUTHN_AUTH_DATA_MAX) && is_of_size(a->signature, WEBAUTHN_SIGNATURE_MAX)
	    && a->handle.n <= WEBAUTHN_HANDLE_MAX;
}

/* Section 7.2 steps 5 and 6. */
static enum webauthn_fault
owner_judge(const struct webauthn_credential *known, const struct webauthn_answer *a, bool named)
{
	if (!str_eq(a->id, known->id))
		return WEBAUTHN_CREDENTIAL;
	if (str_empty(a->handle) ? !named : !str_eq(a->handle, known->handle))
		return WEBAUTHN_USER_HANDLE;
	return WEBAUTHN_OK;
}

/* Section 7.2 steps 23 (of Level 3) and 21. */
static enum webauthn_fault
state_judge(const struct webauthn_credential *known, const struct auth_data *a)
{
	if (known->may_be_backed_up != ((a->flags & FLAG_BE) != 0))
		return WEBAUTHN_BACKUP;
	if ((a->count != 0 || known->count != 0) && a->count <= known->count)
		return WEBAUTHN_COUNTER;
	return WEBAUTHN_OK;
}

enum webauthn_fault
webauthn_assert(struct arena *mem, const struct webauthn_asked *asked, const struct webauthn_credential *known,
    const struct webauthn_answer *answer, bool named, struct webauthn_seen *out)
{
	uint8_t hash[DIGEST_SIZE];
	struct auth_data a;
	enum webauthn_fault f;

	if (!sizes_hold(answer))
		return WEBAUTHN_SIZE;
	if ((f = client_data_judge(mem, asked, "webauthn.get", answer->client_data)) != WEBAUTHN_OK
	    || (f = owner_judge(known, answer, named)) != WEBAUTHN_OK)
		return unless_full(mem, f);
	if (!auth_data_read(mem, answer->auth_data, false, &a))
		return unless_full(mem, WEBAUTHN_AUTH_DATA);
	if ((f = auth_data_judge(asked, &a)) != WEBAUTHN_OK)
		return f;
	SHA256(hash, answer->client_data);
	if (!cose_verify(known->alg, known->key,
		(struct str[]){ answer->auth_data, str_span(hash, sizeof hash) }, 2, answer->signature))
		return WEBAUTHN_SIGNATURE;
	if ((f = state_judge(known, &a)) != WEBAUTHN_OK)
		return f;
	*out = (struct webauthn_seen){ a.count, (a.flags & FLAG_UV) != 0, (a.flags & FLAG_BS) != 0 };
	return WEBAUTHN_OK;
}

/* --- where ------------------------------------------------------------------------------------ */

static bool
is_address(struct str host)
{
	bool digits = host.n > 0;

	for (size_t i = 0; i < host.n; i++)
		digits = digits && (host.p[i] == '.' || (host.p[i] >= '0' && host.p[i] <= '9'));
	return digits || str_index(host, ':') >= 0;
}

bool
webauthn_rp_id_fits(struct str host, struct str rp_id)
{
	size_t above = host.n - rp_id.n;

	if (is_address(host) || str_empty(rp_id) || rp_id.n > host.n)
		return false;
	if (above == 0)
		return str_eq(host, rp_id);
	return str_index(rp_id, '.') > 0 && rp_id.p[rp_id.n - 1] != '.' && host.p[above - 1] == '.'
	    && str_eq(str_from(host, above), rp_id);
}
