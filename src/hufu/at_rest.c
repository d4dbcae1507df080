/* hufu/at_rest.c - the store at rest with its keys and, when they are asked for, its issuers. */
#include "hufu/hufu_int.h"

#define SECRETS_KEPT 16

bool
rest_kek(struct at_rest *r, struct arena *mem, struct str *why)
{
	if (!r->has_kek)
		r->has_kek = setup_kek(r->cli->conf, r->store, mem, r->kek, why);
	return r->has_kek;
}

bool
rest_snapshot(struct at_rest *r, struct arena *mem, struct str *why)
{
	struct findings f;

	if (r->snap != NULL)
		return true;
	if (!rest_kek(r, mem, why))
		return false;
	if (r->secrets == NULL)
		r->secrets = secret_memory_new(SECRETS_KEPT);
	findings_init(&f, mem);
	r->snap = snapshot_build(r->cli->conf, r->store, r->secrets, r->kek, &f);
	if (r->snap == NULL)
		*why = findings_lines(&f, FINDING_ERROR);
	return r->snap != NULL;
}
