/* shadow/send.c - a request to a server, and what counts of its answer. */
#include "shadow/shadow_int.h"

#define CONNECT_MS 5000
#define TOTAL_MS   30000
#define ANSWER_MAX (4u * 1024 * 1024)

struct str
url_prefix(struct str base)
{
	struct url u;
	struct str path;

	if (!str_given(base) || url_read(base, &u) != NULL)
		return S("");
	path = u.path;
	while (path.n > 0 && path.p[path.n - 1] == '/')
		path.n--;
	return path;
}

struct str
url_origin(struct arena *mem, struct str base)
{
	struct url u;

	if (!str_given(base) || url_read(base, &u) != NULL)
		return S("");
	return ARENA_CAT(mem, u.scheme, S("://"), u.authority);
}

struct str
url_below(struct arena *mem, struct str new, struct str old, struct str target)
{
	struct str prefix = url_prefix(old);

	if (prefix.n > 0 && str_starts(target, prefix) && (target.n == prefix.n || target.p[prefix.n] == '/'))
		target = str_from(target, prefix.n);
	return ARENA_CAT(mem, url_origin(mem, new), url_prefix(new), target);
}

/* Fields of libcurl's own are named without a value, which leaves them out. */
static bool
headers_set(struct arena *mem, const struct shadow_ask *ask, struct outbound_ask *out)
{
	struct str *lines = arena_array(mem, struct str, ask->fields.n + 2);

	if (lines == NULL)
		return false;
	for (size_t i = 0; i < ask->fields.n; i++) {
		const struct shadow_field *f = &ask->fields.at[i];

		if (f->value.n > 0)
			lines[out->n_more++] = ARENA_CAT(mem, f->name, S(": "), f->value);
	}
	if (str_empty(fields_get(&ask->fields, "accept")))
		lines[out->n_more++] = S("Accept:");
	if (str_empty(fields_get(&ask->fields, "content-type")))
		lines[out->n_more++] = ask_body_kind(ask) == BODY_FORM
		    ? S("Content-Type: application/x-www-form-urlencoded")
		    : S("Content-Type:");
	out->more = lines;
	return true;
}

bool
ask_send(struct arena *mem, struct str url, const struct shadow_ask *ask, struct shadow_answer *out)
{
	static const struct outbound_rules rules = { .allow_private = true, .allow_http = true, .connect_ms = CONNECT_MS,
		.total_ms = TOTAL_MS, .answer_max = ANSWER_MAX };
	struct outbound_ask o = { .method = ask->method, .url = url, .body = ask->body, .wants_all = true };
	struct outbound_answer a;

	*out = (struct shadow_answer){ .given = false };
	if (!headers_set(mem, ask, &o) || !outbound_do(mem, &rules, &o, &a))
		return false;
	for (size_t i = 0; i < a.n_all; i++)
		if (field_is_answered(a.all[i].name)
		    && !fields_add(mem, &out->fields, a.all[i].name, a.all[i].value))
			return false;
	out->status = a.status;
	out->given = answer_body(mem, out, a.body);
	return out->given;
}
