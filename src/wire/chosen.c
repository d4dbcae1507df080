/* wire/chosen.c - what pages say of a password that somebody chooses: the part chosen.html. */
#include "wire/wire_int.h"

static struct str
number_of(struct exchange *x, int64_t n)
{
	return arena_printf(x->q->mem, "%lld", (long long)n);
}

void
put_password_rule(struct exchange *x, const struct password_rule *rule, int64_t max, bool has_former, struct page_list *v)
{
	page_put(v, "password_max", number_of(x, max));
	if (rule == NULL)
		return;
	if (rule->min > 0)
		page_put(v, "password_min", number_of(x, rule->min));
	if (rule->own_words)
		page_put(v, "password_own", S("1"));
	if (rule->common || str_given(rule->listed))
		page_put(v, "password_common", S("1"));
	if (rule->breached.bits.p != NULL)
		page_put(v, "password_breached", S("1"));
	if (has_former && rule->history > 0)
		page_put(v, "password_former", S("1"));
}
