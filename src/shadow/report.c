/* shadow/report.c - differences by cause, endpoint and what differs: how often, and the first of each as an example. */
#include "shadow/shadow_int.h"

const struct shadow_cause_row shadow_causes[SHADOW_CAUSES] = {
#define CAUSE(id, word, minor, en, zh) [SHADOW_##id] = { word, minor, { en, zh } },
#include "shadow/causes.def"
#undef CAUSE
};
const struct shadow_skip_row shadow_skips[SHADOW_SKIPS] = {
#define SKIP(id, word, en, zh) [SHADOW_SKIP_##id] = { word, { en, zh } },
#include "shadow/skips.def"
#undef SKIP
};

void
shadow_report_begin(struct shadow_report *r, struct arena *mem)
{
	*r = (struct shadow_report){ .mem = mem, .groups = arena_array(mem, struct shadow_group, SHADOW_GROUPS_MAX) };
}

/* Other words of a status or an error are another difference; other values of a member are the same one again. */
static bool
is_same(const struct shadow_group *a, const struct shadow_group *b)
{
	bool values_count = a->cause == SHADOW_STATUS || a->cause == SHADOW_ERROR_CODE;

	return a->cause == b->cause && str_eq(a->endpoint, b->endpoint) && str_eq(a->what, b->what)
	    && (!values_count || (str_eq(a->old, b->old) && str_eq(a->new, b->new)));
}

void
report_add(struct shadow_report *r, const struct shadow_group *g)
{
	struct shadow_group *to;

	for (size_t i = 0; i < r->n_groups; i++)
		if (is_same(&r->groups[i], g)) {
			r->groups[i].count++;
			return;
		}
	if (r->groups == NULL || r->n_groups == SHADOW_GROUPS_MAX) {
		r->more++;
		return;
	}
	to = &r->groups[r->n_groups++];
	*to = *g;
	to->endpoint = arena_dup(r->mem, g->endpoint);
	to->what = arena_dup(r->mem, g->what);
	to->old = arena_dup(r->mem, g->old);
	to->new = arena_dup(r->mem, g->new);
	to->at = arena_dup(r->mem, g->at);
}

/* By cause, as causes.def has them; within one, the most frequent first. */
static int
by_weight(const void *p, const void *q)
{
	const struct shadow_group *a = p, *b = q;

	if (a->cause != b->cause)
		return a->cause < b->cause ? -1 : 1;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

static json_t *
group_json(const struct shadow_group *g)
{
	json_t *one = json_object(), *example = json_object();

	if (one == NULL || example == NULL)
		return NULL;
	json_object_set_new(one, "cause", json_string(shadow_causes[g->cause].word));
	json_object_set_new(one, "minor", json_boolean(shadow_causes[g->cause].minor));
	json_put_str(one, "endpoint", g->endpoint);
	if (!str_empty(g->what))
		json_put_str(one, "what", g->what);
	json_object_set_new(one, "count", json_integer(g->count));
	json_object_set_new(example, "exchange", json_integer(g->number));
	if (!str_empty(g->at))
		json_put_str(example, "at", g->at);
	json_put_str(example, "old", g->old);
	json_put_str(example, "new", g->new);
	json_object_set_new(one, "example", example);
	return one;
}

static json_t *
skips_json(const struct shadow_report *r)
{
	json_t *list = json_array();

	for (int i = 0; list != NULL && i < SHADOW_SKIPS; i++)
		if (r->skipped[i] > 0)
			json_array_append_new(list, json_pack("{ss sI}", "why", shadow_skips[i].word, "count",
			    (json_int_t)r->skipped[i]));
	return list;
}

json_t *
shadow_report_json(struct shadow_report *r, struct arena *mem, struct str old, struct str new)
{
	json_t *list = json_array(), *all;

	if (r->n_groups > 0)
		qsort(r->groups, r->n_groups, sizeof *r->groups, by_weight);
	for (size_t i = 0; list != NULL && i < r->n_groups; i++)
		json_array_append_new(list, group_json(&r->groups[i]));
	all = json_pack("{sI sI sI sI sI sI so so sI}", "at", (json_int_t)clock_now_s(), "exchanges",
	    (json_int_t)r->exchanges, "compared", (json_int_t)r->compared, "same", (json_int_t)r->same, "minor",
	    (json_int_t)r->minor, "different", (json_int_t)r->different, "not_compared", skips_json(r), "differences",
	    list, "more", (json_int_t)r->more);
	if (all == NULL || !arena_defer(mem, (void (*)(void *))json_decref, all))
		return NULL;
	if (str_given(old))
		json_put_str(all, "old", old);
	json_put_str(all, "new", new);
	return all;
}
