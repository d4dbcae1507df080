/* setup/open.c - settings read, and all that they name opened: the one way of the start, of a reload and of a check. */
#include "setup/setup_int.h"

#include <errno.h>
#include <unistd.h>

void
setup_close(struct opened *o)
{
	snapshot_drop(o->snap);
	conf_free(o->conf);
	*o = (struct opened){ 0 };
}

/* Everything is looked at, whatever has been found, so that one run names it all. */
bool
setup_open_conf(struct conf *c, struct findings *f, struct opened *o)
{
	*o = (struct opened){ .conf = c };
	settings_are_consistent(c, f);
	dialects_are_consistent(c, f->mem, f);
	sockets_are_sound(c, f);
	paths_are_there(c, f);
	o->snap = snapshot_open(c, f);
	if (o->snap == NULL || f->mem->full)
		complain(f, conf_where(c, SEC_TOP, STR_ABSENT, NULL), "memory is exhausted");
	if (f->n_errors == 0)
		return true;
	setup_close(o);
	return false;
}

bool
setup_open(struct str path, char **envp, struct findings *f, struct opened *o)
{
	struct conf *c = conf_read(path, envp, f, f->mem);

	*o = (struct opened){ 0 };
	return c != NULL && setup_open_conf(c, f, o);
}

/* --- the store -------------------------------------------------------------------------------- */

bool
setup_judge_store(struct opened *o, struct store *s, const uint8_t *kek, struct findings *f)
{
	snapshot_read_store(o->snap, o->conf, s, kek, f);
	return f->n_errors == 0;
}

static struct str
top(const struct opened *o, const char *name)
{
	return conf_text(o->conf, SEC_TOP, STR_ABSENT, name);
}

/* The start begins a new one when there is none, unless a key file says that there was. */
static bool
store_will_begin(const struct opened *o, struct arena *mem)
{
	char *file = arena_z(mem, ARENA_CAT(mem, top(o, "data"), S("/hufu.db")));

	if (!str_empty(top(o, "store.url")))
		return false;
	return file != NULL && access(file, F_OK) != 0 && errno == ENOENT && !setup_store_was_here(o->conf, mem);
}

/*
 * Tables that the start would make or bring up to date cannot be judged yet, and are no mistake of the settings; but an empty
 * store beside a key file is one that was lost. *said: absent when there is nothing to say.
 */
static bool
store_is_made(const struct opened *o, struct arena *mem, struct str *said)
{
	struct store_conf sc;
	struct str why = STR_ABSENT;
	enum store_state state;

	if (!setup_store_conf(o->conf, mem, &sc, &why))
		return true;                    /* who opens it says so */
	state = store_state(&sc, mem, &why);
	if (state == STORE_OLD)
		*said = SAY("the tables of the store are of an earlier version, and were not looked at; the next start of hufud "
			    "brings them up to date, or hufu store migrate");
	else if (state == STORE_NONE && str_given(sc.url) && !str_empty(sc.url) && !setup_store_was_here(o->conf, mem))
		*said = SAY("the database is empty: no store has been made there yet; the first start of hufud makes it, or hufu "
			    "store migrate");
	return !str_given(*said);
}

bool
setup_check_store(struct opened *o, struct findings *f)
{
	bool elsewhere = !str_empty(top(o, "store.url"));
	const char *key = elsewhere ? "store.url" : "data";
	struct str why = STR_ABSENT, where = conf_where(o->conf, SEC_TOP, STR_ABSENT, key);
	bool has_kek = false, sound = true;
	struct str said = STR_ABSENT;
	struct store *s;
	uint8_t kek[32];

	if (store_will_begin(o, f->mem))
		return true;
	if (!store_is_made(o, f->mem, &said)) {
		findings_add(f, FINDING_WARNING, where, "%s: %.*s", key, STR_ARG(said));
		return true;
	}
	s = setup_store(o->conf, true, f->mem, &why);
	if (s == NULL) {
		complain(f, where, "%s: %.*s", key, STR_ARG(why));
		return false;
	}
	if (!setup_kek_look(o->conf, s, f->mem, kek, &has_kek, &why)) {
		complain(f, conf_where(o->conf, SEC_TOP, STR_ABSENT, "keys.kek_file"), "keys.kek_file: %.*s",
		    STR_ARG(why));
		sound = false;
	}
	sound = sound && setup_judge_store(o, s, has_kek ? kek : NULL, f);
	explicit_bzero(kek, sizeof kek);
	store_close(s);
	return sound;
}

bool
setup_fill(struct opened *o, struct store *s, struct secret_memory *secrets, const uint8_t kek[32], struct findings *f)
{
	snapshot_fill(o->snap, o->conf, s, secrets, kek, f);
	return f->n_errors == 0;
}

/* --- after a change in the store -------------------------------------------------------------- */

struct snapshot *
snapshot_build(const struct conf *c, struct store *s, struct secret_memory *secrets, const uint8_t kek[32],
    struct findings *f)
{
	struct snapshot *snap = snapshot_open(c, f);

	if (snap == NULL)
		complain(f, conf_where(c, SEC_TOP, STR_ABSENT, NULL), "memory is exhausted");
	if (f->n_errors == 0)
		snapshot_read_store(snap, c, s, kek, f);
	if (f->n_errors == 0)
		snapshot_fill(snap, c, s, secrets, kek, f);
	if (f->n_errors == 0)
		return snap;
	snapshot_drop(snap);
	return NULL;
}
