/* wire/password_rules.c - what a page says of a password that is chosen: page/templates/chosen.html. */
#include "wire/wire_int.h"

void
put_password_rules(struct exchange *x, const struct chosen_rules *rules, struct page_list *v)
{
	page_put(v, "password_max", arena_printf(x->q->mem, "%lld", (long long)rules->max));
	if (rules->min > 0)
		page_put(v, "password_min", arena_printf(x->q->mem, "%lld", (long long)rules->min));
	if (rules->own_words)
		page_put(v, "password_own", S("1"));
	if (rules->common)
		page_put(v, "password_common", S("1"));
	if (rules->breached)
		page_put(v, "password_breached", S("1"));
	if (rules->former)
		page_put(v, "password_former", S("1"));
}
