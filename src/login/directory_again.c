/* login/directory_again.c - users of directories asked about again: a leaver leaves, and roles follow (L15). */
#include "login/directory_int.h"

#define LOOKS_MAX 16

static const struct directory *
named(const struct directory *const *all, struct str name)
{
	for (; all != NULL && *all != NULL; all++)
		if (str_eq((*all)->name, name))
			return *all;
	return NULL;
}

const struct directory *
directory_of(const struct directory *const *all, const struct user *u)
{
	const struct directory *d = user_is_shadow(u) ? NULL : named(all, u->account_type);

	if (d == NULL && !user_is_shadow(u) && str_empty(u->account_type))
		d = named(all, entry_parts(u->entry).directory);
	return d;
}

bool
user_is_orphan(const struct directory *const *all, const struct user *u)
{
	return !user_is_shadow(u) && u->entry.n > 0 && str_eq(u->account_type, entry_parts(u->entry).directory)
	    && named(all, u->account_type) == NULL;
}

/* A clock that was set back makes nothing fresh. */
static bool
is_within(int64_t since_s, int64_t now_s, int64_t limit_s)
{
	return now_s - since_s <= limit_s && since_s - now_s <= limit_s;
}

bool
directory_word_holds(const struct directory *d, const struct user *u, int64_t now_s)
{
	return is_within(u->checked_s, now_s, d->grace_s > d->recheck_s ? d->grace_s : d->recheck_s);
}

enum again
directory_again_due(const struct directory *d, const struct user *u, bool always, int64_t now_s)
{
	bool asks = directory_can_look(d);

	if (!always && is_within(u->checked_s, now_s, d->recheck_s))
		return AGAIN_NOT;
	if (asks && !directory_rests(d))
		return AGAIN_ASK;
	if (directory_word_holds(d, u, now_s))
		return AGAIN_NOT;
	return asks ? AGAIN_STALE : AGAIN_OVER;
}

/* --- asking ----------------------------------------------------------------------------------- */

struct word { const struct directory *d; struct directory_person p; struct str shut, name; };

static bool
word_get(struct arena *mem, const struct user *u, struct word *w)
{
	struct entry_parts entry = entry_parts(u->entry);

	w->name = str_empty(entry.name) ? u->name : entry.name;
	switch (directory_look(mem, w->d, str_given(entry.key) ? entry.key : S(""), w->name, &w->p)) {
	case DIRECTORY_RIGHT: break;
	/* an entry that is no user: the log says why */
	case DIRECTORY_DISABLED: w->shut = str_of(state_words[STATE_UNKNOWN]); return true;
	case DIRECTORY_WRONG: w->shut = str_of(state_words[STATE_DELETED]); return true;
	default: return false;
	}
	/* the name that was found then leads to somebody else */
	if (str_empty(entry.key) && !str_eq_nocase(w->p.name, u->name)) {
		w->shut = str_of(state_words[STATE_DELETED]);
		w->p = (struct directory_person){ .name = S("") };
	} else
		w->shut = w->p.state == STATE_FINE ? S("") : str_of(state_words[w->p.state]);
	return true;
}

/* Somebody locked out for a while keeps what they have until then; whoever has left does not. */
static bool
ends_by(struct str shut)
{
	return shut.n > 0 && !str_is(shut, state_words[STATE_LOCKED]);
}

/* When the word was the same as before only its time is noted, and that not at each of many. */
static enum store_result
word_write(struct arena *mem, struct store *s, const struct word *w, const struct user *old)
{
	bool there = w->p.name.n > 0, news = !str_eq(w->shut, old->shut);
	struct user u = *old;
	struct store_op ops[] = { { .kind = OP_USER_SET, .user = &u }, { .kind = OP_USER_REVOKE, .ends.user = &u } };

	if (there && str_eq(u.account_type, w->d->name))
		news |= directory_apply(mem, w->d, &u, &w->p);
	if (there && w->p.key.n > 0 && !str_eq(u.entry, directory_entry(mem, w->d, &w->p, w->name))) {
		u.entry = directory_entry(mem, w->d, &w->p, w->name);
		news = true;
	}
	u.shut = w->shut;
	u.checked_s = clock_now_s();
	if (!news && u.checked_s - old->checked_s < w->d->recheck_s / 2 && u.checked_s >= old->checked_s)
		return STORE_DONE;
	if (news)
		u.updated_s = u.checked_s;
	else
		ops[0].kind = OP_USER_CHECKED;
	return store_commit(s, ops, ends_by(u.shut) && !ends_by(old->shut) ? 2 : 1, NULL);
}

static enum person_answer
user_read(struct arena *mem, struct store *s, struct user *u)
{
	switch (store_user_by_id(s, mem, u->realm, &u->id, u)) {
	case FOUND: return PERSON_FOUND;
	case NOT_FOUND: return PERSON_NONE;
	default: return PERSON_TROUBLE;
	}
}

enum person_answer
directory_again(struct arena *mem, struct store *s, const struct directory *d, struct user *u)
{
	struct word w = { .d = d };
	enum person_answer a = PERSON_FOUND;

	if (!word_get(mem, u, &w))
		return PERSON_DOWN;
	for (int i = 0; a == PERSON_FOUND && i < LOOKS_MAX; i++) {
		enum store_result r = word_write(mem, s, &w, u);

		if (r == STORE_FAILED)
			return PERSON_TROUBLE;
		if (r == STORE_DONE && ends_by(w.shut) && !ends_by(u->shut))
			log_info("directory %.*s: %.*s is let in no more (%.*s): sessions and tokens have ended",
			    STR_ARG(d->name), STR_ARG(u->name), STR_ARG(w.shut));
		a = user_read(mem, s, u);
		if (r == STORE_DONE)
			return a;
	}
	return a == PERSON_FOUND ? PERSON_TROUBLE : a;
}
