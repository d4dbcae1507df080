/* oauth/session/passkey_row.c - what is kept of a passkey: a row of `factors` and its data. */
#include "oauth/session/passkey.h"

#define ROW_MAX 8192

struct str
passkey_write(struct arena *mem, const struct webauthn_credential *k)
{
	struct buf b;

	buf_init(&b, mem, ROW_MAX);
	jw_open(&b, '{');
	jm_str(&b, S("id"), b64url_encode(mem, k->id));
	jm_str(&b, S("key"), b64url_encode(mem, k->key));
	jm_int(&b, S("alg"), k->alg);
	jm_str(&b, S("aaguid"), hex_encode(mem, str_span(k->aaguid, sizeof k->aaguid)));
	jm_bool(&b, S("uv"), k->verified);
	jm_bool(&b, S("be"), k->may_be_backed_up);
	jm_bool(&b, S("bs"), k->is_backed_up);
	jw_close(&b, '}');
	return b.full ? STR_ABSENT : buf_str(&b);
}

static bool
is_true(const json_t *o, const char *name)
{
	return json_is_true(json_object_get(o, name));
}

bool
passkey_row_read(struct arena *mem, const struct factor *f, struct webauthn_credential *out)
{
	const json_t *o = str_is(f->kind, PASSKEY_KIND) ? json_read_upto(mem, f->data, ROW_MAX) : NULL;
	struct str aaguid = STR_ABSENT;
	int64_t alg;

	*out = (struct webauthn_credential){ .count = (uint32_t)f->counter };
	if (!json_is_object(o) || !json_member_int(o, "alg", &alg)
	    || !b64url_decode(mem, json_member_str(o, "id"), &out->id)
	    || !b64url_decode(mem, json_member_str(o, "key"), &out->key)
	    || !hex_decode(mem, json_member_str(o, "aaguid"), &aaguid) || aaguid.n != sizeof out->aaguid)
		return false;
	memcpy(out->aaguid, aaguid.p, sizeof out->aaguid);
	out->alg = (enum webauthn_alg)alg;
	out->verified = is_true(o, "uv");
	out->may_be_backed_up = is_true(o, "be");
	out->is_backed_up = is_true(o, "bs");
	out->handle = arena_dup(mem, str_span(f->user.b, sizeof f->user.b));
	return str_given(out->handle);
}

int
passkeys_of(struct call *c, const struct user *u, struct factor *out)
{
	struct factor_set *all = arena_new(c->mem, struct factor_set);
	int kept = 0;

	if (all == NULL) {
		fail(c, R_INTERNAL, S("memory"));
		return -1;
	}
	if (!factors_of(c, u, all))
		return -1;
	for (size_t i = 0; i < all->n && kept < PASSKEYS_MAX; i++)
		if (str_is(all->at[i].kind, PASSKEY_KIND))
			out[kept++] = all->at[i];
	return kept;
}
