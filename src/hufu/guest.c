/* hufu/guest.c - a client for one run: registered, used, deleted with what it was given. */
#include "hufu/hufu_int.h"

static bool
words_put(json_t *order, const char *member, struct str words)
{
	json_t *list = json_array();

	if (list == NULL || json_object_set_new(order, member, list) != 0)
		return false;
	while (str_given(words)) {
		struct str word = str_cut(&words, ' ');

		if (word.n > 0 && json_array_append_new(list, json_str(word)) != 0)
			return false;
	}
	return true;
}

static json_t *
order_of(const struct guest *g, const char *grant, struct str redirect_uri, struct str scope)
{
	json_t *order = json_object();

	if (order == NULL || !json_put_str(order, "do", S("client.create")) || !json_put_str(order, "realm", g->realm)
	    || !json_put_str(order, "id", g->id) || !json_put_str(order, "name", S("hufu perform"))
	    || !words_put(order, "grants", str_of(grant)) || !words_put(order, "scopes", scope)
	    || (str_given(redirect_uri) && !words_put(order, "redirect_uris", redirect_uri))) {
		json_decref(order);
		return NULL;
	}
	return order;
}

static struct str
fresh_id(struct arena *mem)
{
	uint8_t raw[8];

	rand_bytes(raw, sizeof raw);
	return ARENA_CAT(mem, S("guest-"), hex_encode(mem, str_span(raw, sizeof raw)));
}

bool
guest_make(struct cli *c, const char *grant, struct str redirect_uri, struct str scope, struct guest *out)
{
	json_t *order, *answer;

	if (!str_given(json_member_str(c->ask, "realm")) && !cli_realm(c))
		return false;
	*out = (struct guest){ .realm = json_member_str(c->ask, "realm"), .id = fresh_id(&c->mem) };
	if ((order = order_of(out, grant, redirect_uri, scope)) == NULL)
		return cli_fail(c, str_of(text(c, T_no_memory)), STR_ABSENT);
	answer = cli_order(c, order);
	json_decref(order);
	if (answer != NULL)
		out->secret = json_member_str(answer, "secret");
	return answer != NULL;
}

void
guest_leave(struct cli *c, const struct guest *g)
{
	json_t *order = json_object();

	if (order != NULL && json_put_str(order, "do", S("client.delete")) && json_put_str(order, "realm", g->realm)
	    && json_put_str(order, "id", g->id) && cli_order(c, order) == NULL)
		cli_note(FILL(c, T_guest_stays, g->id));
	json_decref(order);
}
