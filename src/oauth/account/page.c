/* oauth/account/page.c - what all pages of an account have: navigation, a form's token, sentences, the commit. */
#include "oauth/account/account.h"

static void
sections_offered(const struct call *c, const struct account_here *h, struct account_page *p)
{
	static bool (*const offered[])(const struct call *, const struct account_here *) = {
#define ACCOUNT_SECTION(id, endpoint, page, word, offered) offered,
#include "oauth/account_sections.def"
#undef ACCOUNT_SECTION
	};

	for (int i = 0; i < ACCOUNT_SECTIONS; i++)
		p->offered[i] = offered[i](c, h);
}

/* A word of the address, where everybody can write it: only what the pages themselves say. */
static void
told_put(const struct call *c, struct account_page *p)
{
	static const struct { const char *word, *notice, *error; } known[] = {
		{ "profile", "account_done_profile", NULL }, { "password", "account_done_password", NULL },
		{ "session", "account_done_session", NULL }, { "others", "account_done_others", NULL },
		{ "withdrawn", "account_done_withdrawn", NULL }, { "connected", "account_done_connected", NULL },
		{ "disconnected", "account_done_disconnected", NULL }, { "unconnected", "account_done_unconnected", NULL },
		{ "with_down", NULL, "connect_down" },
		{ "with_state", NULL, "connect_state" }, { "with_denied", NULL, "connect_denied" },
		{ "with_code", NULL, "with_code" }, { "with_token", NULL, "with_token" },
		{ "with_outside", NULL, "with_outside" }, { "with_taken", NULL, "with_taken" },
	};

	for (size_t i = 0; i < COUNT(known); i++)
		if (str_is(c->arg[P_DONE], known[i].word)) {
			p->notice = known[i].notice;
			p->error = known[i].error;
		}
}

struct account_page *
account_page(struct call *c, enum account_section section, const struct account_here *h)
{
	struct account_page *p = arena_new(c->mem, struct account_page);
	struct saved here = { .url = c->self };

	if (p == NULL) {
		fail(c, R_INTERNAL, S("memory"));
		return NULL;
	}
	p->section = section;
	p->status = 200;
	p->user_name = h->u.name;
	p->display_name = h->u.display_name;
	p->csrf = csrf_token(c, c->session_cookie);
	p->managed = account_is_managed(h);
	told_put(c, p);
	if (c->accounts != NULL)
		p->here = request_write(c, &here);
	sections_offered(c, h, p);
	return p;
}

struct answer
account_answer(struct call *c, const struct account_page *p)
{
	return p != NULL ? (struct answer){ .kind = ANS_PAGE_ACCOUNT, .account = p } : answer_fault(c);
}

struct answer
account_wrong(struct call *c, struct account_page *p, int status, const char *error)
{
	if (p == NULL)
		return answer_fault(c);
	p->status = status;
	p->error = error;
	p->notice = NULL;
	return account_answer(c, p);
}

#define DONE "?account_done="
struct answer
account_done(struct call *c, const char *what)
{
	ptrdiff_t mark = str_index(c->self, '?');
	struct str page = mark < 0 ? c->self : str_sub(c->self, 0, (size_t)mark);

	return (struct answer){ .kind = ANS_GO, .go = { .place = PLACE_SAVED, .saved_exists = true,
		.url = ARENA_CAT(c->mem, page, S(DONE), str_of(what)) } };
}

bool
account_form_holds(struct call *c)
{
	if (str_empty(c->arg[P_CSRF]) && c->site != SITE_CROSS)        /* whatever csrf_required says of older forms */
		return false;
	if (csrf_holds(c, c->session_cookie))
		return true;
	if (c->why == R_CSRF)
		call_begins_anew(c);
	return false;
}

#define ROOM_MAX (64u * 1024 * 1024)

static void
room_free(void *room)
{
	arena_free(room);
}

struct arena *
account_room(struct call *c)
{
	struct arena *room = arena_new(c->mem, struct arena);

	if (room != NULL) {
		arena_init(room, ROOM_MAX);
		if (arena_defer(c->mem, room_free, room))
			return room;
	}
	fail(c, R_INTERNAL, S("memory"));
	return NULL;
}

bool
account_commit(struct call *c, const struct account_here *h, const struct ops *more)
{
	struct ops o = { .n = 0 };
	size_t lost;

	ops_stand_on(c, &o, &h->u, &h->s);
	ops_append(&o, more);
	return commit_standing(c, &o, &lost) == STORE_DONE;
}

struct answer
account_settles(struct call *c, bool (*once)(struct call *c, struct answer *a))
{
	struct answer a;

	for (int i = 0; i < RACES_MAX; i++)
		if (once(c, &a))
			return a;
	return login_too_busy(c);
}
