/* hufu/import_gone.c - rows that an import before took from the old server, and that its tables have no more. */
#include "hufu/import_int.h"

/* One list: what the plan has of it, and what is remembered. name: the member that names the row in both. */
struct looking { struct cli *c; struct str issuer; const char *list; json_t *here, *gone; size_t remembered; };

static struct str
hex_of_uuid(struct arena *mem, struct str uuid)
{
	uint8_t id[16];
	char *hex = arena_alloc(mem, 2 * sizeof id);

	if (hex == NULL || !uuid_read(uuid, id))
		return S("");
	hex_write(hex, id, sizeof id);
	return str_span(hex, 2 * sizeof id);
}

/*
 * As manage/import_tokens.c names it: the family, which begins like the digest of the text that
 * leads to it, or the access token.
 */
static struct str
token_name(struct arena *mem, const json_t *row)
{
	struct str family = json_member_str(row, "family"), refresh = json_member_str(row, "refresh"),
		   access = json_member_str(row, "access");

	if (str_given(json_member_str(row, "token")))
		return json_member_str(row, "token");
	if (str_given(family))
		return hex_of_uuid(mem, family);
	if (str_given(refresh))
		return str_sub(refresh, 0, 32);
	return str_given(json_member_str(row, "user")) ? str_sub(access, 0, 32) : access;
}

/* What names the row in its list. */
static struct str
row_name(struct looking *l, const json_t *row)
{
	struct arena *mem = &l->c->mem;

	if (strcmp(l->list, "clients") == 0)
		return json_member_str(row, "id");
	if (strcmp(l->list, "users") == 0)
		return str_given(json_member_str(row, "name")) ? json_member_str(row, "name")
							       : json_member_str(row, "user");
	if (strcmp(l->list, "tokens") == 0)
		return token_name(mem, row);
	return ARENA_CAT(mem, json_member_str(row, "user"), S("\n"), json_member_str(row, "client"), S("\n"),
	    json_member_str(row, "scope"));
}

static void
here_put(struct looking *l, const json_t *rows)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		struct str name = row_name(l, row);

		if (str_given(name))
			json_object_set_new(l->here, arena_z(&l->c->mem, name), json_true());
	}
}

static bool
gone_put(struct looking *l, json_t *row)
{
	struct str name = row_name(l, row), issuer = json_member_str(row, "issuer");
	json_t *copy;

	if (str_given(issuer) && !str_eq(issuer, l->issuer))
		return true;
	l->remembered++;
	if (json_object_get(l->here, arena_z(&l->c->mem, name)) != NULL)
		return true;
	if ((copy = json_copy(row)) == NULL)
		return cli_fail(l->c, str_of(text(l->c, T_no_memory)), STR_ABSENT);
	if (strcmp(l->list, "users") == 0) {
		json_object_set(copy, "name", json_object_get(row, "user"));
		json_object_del(copy, "user");
	}
	json_object_set_new(copy, "gone", json_true());
	return json_array_append_new(l->gone, copy) == 0;
}

/* Page by page; what was ended before is not reported again. */
static bool
remembered_read(struct looking *l)
{
	json_t *ask = json_pack("{s:s, s:s, s:O, s:O}", "do", "realm.imported", "list", l->list, "realm",
		   json_object_get(l->c->ask, "realm"), "source", json_object_get(l->c->ask, "source")),
	       *answer, *at = NULL, *row;
	bool ok = ask != NULL;
	size_t i;

	do {
		answer = ok ? cli_order(l->c, ask) : NULL;
		ok = answer != NULL;
		json_array_foreach(json_object_get(answer, "rows"), i, row)
			ok = ok && gone_put(l, row);
		at = json_object_get(answer, "at");
		if (ok && at != NULL)
			json_object_set(ask, "after", at);
	} while (ok && at != NULL);
	json_decref(ask);
	return ok;
}

/* Most of it gone: more likely another server, or half a file. Nothing of it is ended by a guess. */
static void
doubt(struct looking *l, struct spring_plan *plan)
{
	size_t gone = json_array_size(l->gone);

	if (2 * gone <= l->remembered || cli_flag(l->c, "end_gone"))
		return;
	finding_add(plan, FIND_GONE_LEFT, str_of(l->list), arena_printf(&l->c->mem, "%zu of %zu", gone, l->remembered));
	json_array_clear(l->gone);
}

/* They go first: a token that is gone makes room for the one that took its place. */
static bool
list_look(struct cli *c, struct str issuer, const char *list, json_t *rows, struct spring_plan *people)
{
	struct looking l = { .c = c, .issuer = issuer, .list = list, .here = json_object(), .gone = json_array() };
	bool ok = l.here != NULL && l.gone != NULL && arena_defer(&c->mem, (void (*)(void *))json_decref, l.here)
	    && arena_defer(&c->mem, (void (*)(void *))json_decref, l.gone);

	if (!ok)
		return cli_fail(c, str_of(text(c, T_no_memory)), STR_ABSENT);
	here_put(&l, rows);
	if (!remembered_read(&l))
		return false;
	if (people != NULL)
		doubt(&l, people);
	if (json_array_size(l.gone) == 0)
		return true;
	return json_array_extend(l.gone, rows) == 0 && json_array_clear(rows) == 0
	    && json_array_extend(rows, l.gone) == 0;
}

bool
import_gone_find(struct cli *c, struct str issuer, struct spring_plan *plan)
{
	const struct { const char *list; json_t *rows; bool whole; struct spring_plan *people; } all[] = {
		{ "users", plan->users, json_array_size(plan->users) > 0, plan },
		{ "clients", plan->clients, json_array_size(plan->clients) > 0, plan },
		{ "approvals", plan->approvals, plan->approvals_read, NULL },
		{ "tokens", plan->tokens, plan->tokens_read, NULL },
	};

	for (size_t i = 0; !cli_flag(c, "keep_gone") && i < COUNT(all); i++)
		if (all[i].whole && !list_look(c, issuer, all[i].list, all[i].rows, all[i].people))
			return false;
	return true;
}
