/*
 * tests/unit/admin/operators_test.c - S6, O7 between operators: an act, an import or a load that had read before another operator was
 * told "done" does not undo it. Each is run with each of the others at its k-th use of the store, for each k.
 */
#include "../oauth/world.h"
#include "admin/admin.h"
#include "store/store_int.h"

/* --- what is there, and what an act has made of it -------------------------------------------------------------------------------------- */

enum field { PASSWORD = 1, ENABLED = 2, LOCKED = 4, EMAIL = 8, ROLES = 16, SECRET = 32, CLIENT_ENABLED = 64, SCOPES = 128, USER = 256, CLIENT = 512 };
struct rows { bool has_user, has_client; struct user u; struct client c; };

static bool password_new(const struct rows *r)    { return r->has_user && str_is(r->u.password, "{noop}new"); }
static bool password_loaded(const struct rows *r) { return r->has_user && str_is(r->u.password, "{noop}imported"); }
static bool is_disabled(const struct rows *r)     { return r->has_user && !r->u.enabled; }
static bool is_locked(const struct rows *r)       { return r->has_user && r->u.locked; }
static bool email_new(const struct rows *r)       { return r->has_user && str_is(r->u.email, "new@id.example"); }
static bool roles_new(const struct rows *r)       { return r->has_user && str_is(r->u.authorities, "ROLE_NEW"); }
static bool user_there(const struct rows *r)      { return r->has_user; }
static bool user_gone(const struct rows *r)       { return !r->has_user; }
static bool secret_new(const struct rows *r)      { return r->has_client && !str_is(r->c.secret, "{noop}secret"); }
static bool client_disabled(const struct rows *r) { return r->has_client && !r->c.enabled; }
static bool scopes_new(const struct rows *r)      { return r->has_client && str_is(r->c.scopes, "write"); }
static bool client_there(const struct rows *r)    { return r->has_client; }
static bool client_gone(const struct rows *r)     { return !r->has_client; }

#define AS_USER   "\"realm\":\"r\",\"name\":\"u\"}"
#define AS_CLIENT "\"realm\":\"r\",\"id\":\"c\"}"
#define OF_USER   (PASSWORD | ENABLED | LOCKED | EMAIL | ROLES)
#define OF_CLIENT (SECRET | CLIENT_ENABLED | SCOPES)
/*
 * writes: what a "done" of it speaks of; makes: what it puts there where it is missing. ahead: uses of the store before it reads the
 * rows; an import asks first under which key its memory is kept.
 */
static const struct deed {
	const char *name, *ask;
	unsigned writes, makes;
	bool (*holds)(const struct rows *);
	int ahead;
} deeds[] = {
	{ "set-password", "{\"do\":\"user.set-password\",\"password_encoded\":\"{noop}new\"," AS_USER, PASSWORD, 0, password_new },
	{ "disable", "{\"do\":\"user.disable\"," AS_USER, ENABLED, 0, is_disabled },
	{ "lock", "{\"do\":\"user.set\",\"locked\":true," AS_USER, LOCKED, 0, is_locked },
	{ "set an address", "{\"do\":\"user.set\",\"email\":\"new@id.example\"," AS_USER, EMAIL, 0, email_new },
	{ "set roles", "{\"do\":\"user.set\",\"authorities\":\"ROLE_NEW\"," AS_USER, ROLES, 0, roles_new },
	{ "delete", "{\"do\":\"user.delete\"," AS_USER, OF_USER | USER, 0, user_gone },
	{ "load a user", "{\"do\":\"realm.load\",\"realm\":\"r\",\"users\":[{\"name\":\"u\",\"email\":\"new@id.example\"}]}", OF_USER, USER, email_new },
	{ "import a user", "{\"do\":\"realm.import\",\"realm\":\"r\",\"users\":[{\"name\":\"u\",\"password_encoded\":\"{noop}imported\"}]}", 0, USER, user_there, 1 },
	{ "import over a user", "{\"do\":\"realm.import\",\"replace\":true,\"realm\":\"r\",\"users\":[{\"name\":\"u\",\"password_encoded\":\"{noop}imported\"}]}", OF_USER, USER, password_loaded, 1 },
	{ "client rotate-secret", "{\"do\":\"client.rotate-secret\"," AS_CLIENT, SECRET, 0, secret_new },
	{ "client disable", "{\"do\":\"client.set\",\"enabled\":false," AS_CLIENT, CLIENT_ENABLED, 0, client_disabled },
	{ "client set scopes", "{\"do\":\"client.set\",\"scopes\":\"write\"," AS_CLIENT, SCOPES, 0, scopes_new },
	{ "client delete", "{\"do\":\"client.delete\"," AS_CLIENT, OF_CLIENT | CLIENT, 0, client_gone },
	{ "load a client", "{\"do\":\"realm.load\",\"realm\":\"r\",\"clients\":[{\"id\":\"c\",\"grants\":\"client_credentials\",\"scopes\":\"write\"}]}", OF_CLIENT, CLIENT, scopes_new },
	{ "import a client", "{\"do\":\"realm.import\",\"realm\":\"r\",\"clients\":[{\"id\":\"c\",\"grants\":\"client_credentials\",\"scopes\":\"write\",\"secret_encoded\":\"{noop}imported\"}]}", 0, CLIENT, client_there, 1 },
	{ "import over a client", "{\"do\":\"realm.import\",\"replace\":true,\"realm\":\"r\",\"clients\":[{\"id\":\"c\",\"grants\":\"client_credentials\",\"scopes\":\"write\"}]}", OF_CLIENT, CLIENT, scopes_new, 1 },
};

static bool
ask(struct world *w, struct arena *mem, const char *text)
{
	json_t *request = json_read(mem, str_of(text));
	struct str out;
	bool changed;

	return request != NULL && manage_do(w->store, mem, request, &(struct lent){ .elsewhere = S("") }, &out, &changed);
}

static void
rows_read(struct world *w, struct arena *mem, struct rows *r)
{
	r->has_user = store_user_by_name(w->store, mem, S("r"), S("u"), &r->u) == FOUND;
	r->has_client = store_client(w->store, mem, S("r"), S("c"), &r->c) == FOUND;
}

static void
begin(struct world *w, struct arena *mem)
{
	(void)ask(w, mem, "{\"do\":\"user.delete\"," AS_USER);
	(void)ask(w, mem, "{\"do\":\"client.delete\"," AS_CLIENT);
	NEED(ask(w, mem, "{\"do\":\"user.create\",\"password_encoded\":\"{noop}right\"," AS_USER));
	NEED(ask(w, mem, "{\"do\":\"client.create\",\"grants\":\"client_credentials\",\"scopes\":\"read\",\"secret_encoded\":\"{noop}secret\"," AS_CLIENT));
}

/* --- one beside the other --------------------------------------------------------------------------------------------------------------- */

struct meeting { struct world *w; struct arena *mem; const struct deed *other; int at, left; bool inside, came, done; };

static void
step(void *ctx)
{
	struct meeting *m = ctx;

	if (m->inside || m->came || m->left-- > 0)
		return;
	m->came = m->inside = true;
	m->done = ask(m->w, m->mem, m->other->ask);
	m->inside = false;
}

/* The other was told "done" while this one was under way. Where both write the same, either word may stand; gone stays gone. */
static bool
is_kept(const struct deed *one, const struct meeting *m, bool one_done, const struct rows *r)
{
	const struct deed *other = m->other;
	bool same = (one->writes & other->writes) != 0 || (one->makes & other->writes) != 0 || (other->makes & one->writes) != 0;

	if (!m->done)
		return true;
	if ((other->writes & (USER | CLIENT)) != 0 && (one->makes & other->writes) == 0)
		return other->holds(r);
	if (one->makes != 0 && m->at > one->ahead)       /* of many rows: what somebody says of one of them meanwhile stands */
		return other->holds(r);
	return same ? other->holds(r) || (one_done && one->holds(r)) : other->holds(r) && (!one_done || one->holds(r));
}

static bool
meet(struct world *w, const struct deed *one, const struct deed *other, int at)
{
	struct arena mem;
	struct meeting m = { .w = w, .mem = &mem, .other = other, .at = at, .left = at };
	struct rows r;
	bool done;

	arena_init(&mem, 1 << 22);
	begin(w, &mem);
	store_hook_set(w->store, step, &m);
	done = ask(w, &mem, one->ask);
	store_hook_set(w->store, NULL, NULL);
	rows_read(w, &mem, &r);
	if (!is_kept(one, &m, done, &r))
		test_fail(__FILE__, __LINE__, "%s, and %s at step %d: not what both were told", one->name, other->name, at);
	if (!m.came && !(done && one->holds(&r)))
		test_fail(__FILE__, __LINE__, "%s alone: it does not hold", one->name);
	arena_free(&mem);
	return m.came;
}

#define STEPS_MAX 64
TEST(no_operator_undoes_what_another_was_told)
{
	struct world *w = world_tuned("PRAGMA synchronous=OFF");

	for (size_t a = 0; a < COUNT(deeds); a++)
		for (size_t b = 0; b < COUNT(deeds); b++) {
			int n = 0;

			while (n < STEPS_MAX && meet(w, &deeds[a], &deeds[b], n))
				n++;
			EXPECT(n > 0 && n < STEPS_MAX);
		}
	world_free(w);
}
