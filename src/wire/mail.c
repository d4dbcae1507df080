/* wire/mail.c - an issuer's mail: its words as the pages' templates say them. */
#include "outbound/mail.h"
#include "wire/wire_int.h"

/* For wire_mail_look. */
static bool
render(const void *ctx, struct arena *mem, const struct mail_words *w, struct mail_text *out)
{
	const struct mount *t = ctx;
	const struct page_var vars[] = {
		{ .name = "issuer_name", .value = mount_brand(t) },
		{ .name = "name", .value = w->name },
		{ .name = "href", .value = w->link },
		{ .name = "code", .value = w->code },
		{ .name = "minutes", .value = w->minutes > 0 ? arena_printf(mem, "%lld", (long long)w->minutes) : S("") },
	};
	struct page_mail said;

	if (!page_mail(t->pages, mem, page_lang_pick(t->pages, w->lang, STR_ABSENT, STR_ABSENT), w->what,
	    &(struct page_vars){ vars, COUNT(vars) }, &said))
		return false;
	*out = (struct mail_text){ said.subject, said.text, said.html };
	return true;
}

struct mail_look
wire_mail_look(const struct mount *t)
{
	struct str own = t->issuer->policy->mail.sender;

	return (struct mail_look){ .server = t->issuer->mail, .sender = str_empty(own) ? mount_brand(t) : own,
		.render = render, .ctx = t };
}

bool
wire_serves(const struct wire *w, enum endpoint e)
{
	return route_of_endpoint(w, e) != NULL;
}
