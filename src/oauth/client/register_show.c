/* oauth/client/register_show.c - what is registered, told to the client. RFC 7591 section 3.2.1, RFC 7592 section 3. */
#include "oauth/client/register_int.h"

static bool
put_words(json_t *o, const char *name, struct str words, char sep)
{
	json_t *list = json_array();

	while (list != NULL && str_given(words)) {
		struct str word = str_cut(&words, sep);

		if (word.n > 0 && json_array_append_new(list, json_str(word)) != 0)
			return json_decref(list), false;
	}
	return json_object_set_new(o, name, list) == 0;
}

static bool
put_given(json_t *o, const char *name, struct str text)
{
	return str_empty(text) || json_put_str(o, name, text);
}

/* "zh-TW=Name" as client_name#zh-TW: RFC 7591 section 2.2. */
static bool
names_spread(json_t *o)
{
	json_t *list = json_incref(json_object_get(o, "client_names")), *one;
	bool ok = true;
	size_t i;

	json_object_del(o, "client_names");
	json_array_foreach(list, i, one) {
		struct str name = json_text(one), tag = str_cut(&name, '=');
		char member[64];

		snprintf(member, sizeof member, "client_name#%.*s", STR_ARG(tag));
		ok = ok && json_put_str(o, member, name);
	}
	json_decref(list);
	return ok;
}

static bool
put_all(json_t *o, const struct registered *r)
{
	const struct client *k = &r->client;
	bool secret = !str_empty(r->secret);

	return json_put_str(o, "client_id", k->id) && put_given(o, "client_secret", r->secret)
	    && (!secret || json_object_set_new(o, "client_secret_expires_at", json_integer(0)) == 0)
	    && json_object_set_new(o, "client_id_issued_at", json_integer(k->created_s)) == 0
	    && put_given(o, "registration_access_token", r->token) && put_given(o, "registration_client_uri", r->uri)
	    && put_given(o, "software_statement", r->statement)
	    && put_given(o, "client_name", k->name) && put_given(o, "scope", k->scopes)
	    && put_words(o, "redirect_uris", k->redirect_uris, '\n') && put_words(o, "grant_types", k->grants, ' ');
}

struct str
registration_text(struct arena *mem, const struct registered *r)
{
	struct str own = r->client.metadata;
	json_t *o = str_empty(own) ? json_object() : json_loadb(own.p, own.n, 0, NULL);
	char *dumped = o != NULL && names_spread(o) && put_all(o, r) ? json_dumps(o, JSON_COMPACT) : NULL;
	struct str text = dumped != NULL ? arena_dup(mem, str_of(dumped)) : STR_ABSENT;

	if (dumped != NULL)
		explicit_bzero(dumped, strlen(dumped));
	free(dumped);
	json_decref(o);
	return text;
}
