/* hufud/trail.c - the audit file as the settings have it. */
#include "hufud/daemon_int.h"

bool
daemon_trail_change(struct daemon *d, const struct conf *c, struct arena *mem, struct str *why)
{
	const struct trail_rules r = {
		.file = conf_text(c, SEC_TOP, STR_ABSENT, "audit.file"),
		.size_max = conf_int(c, SEC_TOP, STR_ABSENT, "audit.rotate_size"),
		.every_s = conf_int(c, SEC_TOP, STR_ABSENT, "audit.rotate_every"),
		.keep_s = conf_int(c, SEC_TOP, STR_ABSENT, "audit.keep"),
		.keep_size = conf_int(c, SEC_TOP, STR_ABSENT, "audit.keep_size"),
		.syslog = conf_text(c, SEC_TOP, STR_ABSENT, "audit.syslog"),
		.journald = conf_text(c, SEC_TOP, STR_ABSENT, "audit.journald"),
		.standard_output = conf_int(c, SEC_TOP, STR_ABSENT, "audit.stdout") != 0,
		.sign_s = conf_int(c, SEC_TOP, STR_ABSENT, "audit.sign_every"),
	};
	struct str said = STR_ABSENT;

	if (trail_change(d->trail, &r, mem, &said))
		return true;
	*why = ARENA_CAT(mem, S("audit.file: "), said);
	return false;
}

bool
daemon_trail_begin(struct daemon *d, bool shared, struct str *why)
{
	struct str said = STR_ABSENT;

	d->trail = trail_new(d->kek);
	*why = SAY("memory is exhausted");
	if (d->trail == NULL)
		return false;
	trail_share(d->trail, shared);
	if (!daemon_trail_change(d, d->boot, &d->mem, &said)) {
		*why = ARENA_CAT(&d->mem, conf_where(d->boot, SEC_TOP, STR_ABSENT, "audit.file"), S(": "), said);
		return false;
	}
	record_beside(trail_put, d->trail);
	return true;
}

void
daemon_trail_end(struct daemon *d)
{
	record_beside(NULL, NULL);
	trail_free(d->trail);
	d->trail = NULL;
}
