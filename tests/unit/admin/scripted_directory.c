/* tests/unit/admin/scripted_directory.c - see scripted_directory.h. */
#include "scripted_directory.h"

static _Atomic int64_t answers[1];              /* no server was ever found dead */
static const char *const urls[] = { "ldaps://directory.example" };

void
scripted_directory_init(struct scripted_directory *s, struct arena *mem, struct str user, int64_t recheck_s)
{
	s->d = (struct directory){ .name = S("corp"), .urls = urls, .dead_until_ms = answers, .n_urls = COUNT(urls),
		.bind = DIRECTORY_SEARCH, .domain = S(""), .bind_dn = "cn=hufu", .bind_password = S("its own"), .base = "dc=example",
		.filter = S(""), .group_base = "", .name_attr = "uid", .display_name_attr = "", .mail_attr = "", .phone_attr = "",
		.number_attr = "", .group_attr = "", .authority_prefix = S(""), .authorities = S("ROLE_STAFF"), .connect_ms = 1000,
		.operation_ms = 1000, .recheck_s = recheck_s, .grace_s = recheck_s, .create_users = true };
	s->list[0] = &s->d;
	s->list[1] = NULL;
	s->user = user;
	s->mail = STR_ABSENT;
	s->key = ARENA_CAT(mem, S("entryUUID="), hex_encode(mem, user));
	atomic_init(&s->is, ENTRY_FINE);
}

static enum directory_result
person(const struct scripted_directory *s, enum entry is, struct directory_person *out)
{
	*out = (struct directory_person){ .name = s->user, .key = s->key, .authorities = S("ROLE_STAFF"), .mail = s->mail,
		.state = is == ENTRY_DISABLED ? STATE_DISABLED : STATE_FINE };
	return DIRECTORY_RIGHT;
}

enum directory_result __wrap_directory_ask(struct arena *mem, const struct directory *d, const struct directory_try *try,
    struct directory_person *out);
enum directory_result __wrap_directory_look(struct arena *mem, const struct directory *d, struct str key, struct str name,
    struct directory_person *out);

/* A login. */
enum directory_result
__wrap_directory_ask(struct arena *mem, const struct directory *d, const struct directory_try *try, struct directory_person *out)
{
	struct scripted_directory *s = (struct scripted_directory *)(uintptr_t)d;
	enum entry is = (enum entry)atomic_load(&s->is);

	(void)mem;
	if (is == ENTRY_GONE || !str_eq(try->name, s->user))
		return DIRECTORY_WRONG;
	if (try->may_bind != NULL && !try->may_bind(try->ctx, s->key))
		return DIRECTORY_WAIT;
	if (!str_is(try->password, "right"))
		return DIRECTORY_WRONG;
	return is == ENTRY_DISABLED ? DIRECTORY_DISABLED : person(s, is, out);
}

/* Asked again about somebody: by the key of the entry, where it is known. */
enum directory_result
__wrap_directory_look(struct arena *mem, const struct directory *d, struct str key, struct str name, struct directory_person *out)
{
	struct scripted_directory *s = (struct scripted_directory *)(uintptr_t)d;
	enum entry is = (enum entry)atomic_load(&s->is);

	(void)mem;
	if (is == ENTRY_GONE || (key.n > 0 ? !str_eq(key, s->key) : !str_eq(name, s->user)))
		return DIRECTORY_WRONG;
	return person(s, is, out);
}
