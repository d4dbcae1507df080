/* oauth/upstream/told.c - a person hears by mail of an identity that was connected or disconnected: it is a way in. */
#include "oauth/selfservice/selfservice.h"
#include "oauth/upstream/upstream_int.h"

#define WAITS_S 86400

bool
identity_told(struct call *c, struct ops *o, const struct user *u, const char *what, struct mail_sending *m)
{
	struct mail_order order = { .user = u, .free = true, .not_after_s = c->now_s + WAITS_S,
		.words = { .what = str_of(what), .to = u->email, .name = u->display_name } };

	*m = (struct mail_sending){ .errand = NULL };
	return !mail_is_sent(c->issuer) || !user_has_mail(c, u) || mail_add(c, o, &order, m);
}
