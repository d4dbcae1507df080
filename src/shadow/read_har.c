/* shadow/read_har.c - an entry of a HAR file (HTTP Archive 1.2), as browsers and proxies export it. */
#include "shadow/shadow_int.h"

static bool
fields_read(struct arena *mem, const json_t *list, bool (*keep)(struct str name), struct shadow_fields *f)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one) {
		struct str name = json_member_str(one, "name"), value = json_member_str(one, "value");

		if (!str_empty(name) && str_given(value) && keep(name) && !fields_add(mem, f, name, value))
			return false;
	}
	return true;
}

/* postData has a text, or pairs where the exporter took it apart. */
static struct str
body_of(struct arena *mem, const json_t *data)
{
	struct str text = json_member_str(data, "text");
	const json_t *list = json_object_get(data, "params"), *one;
	struct buf b;
	size_t i;

	if (!str_empty(text) || json_array_size(list) == 0)
		return str_some(text);
	buf_init(&b, mem, SHADOW_LINE_MAX);
	json_array_foreach(list, i, one) {
		buf_put(&b, b.n > 0 ? S("&") : S(""));
		pct_encode(&b, json_member_str(one, "name"), S(""));
		buf_putc(&b, '=');
		pct_encode(&b, json_member_str(one, "value"), S(""));
	}
	return b.full ? STR_ABSENT : buf_str(&b);
}

static bool
url_apart(struct arena *mem, struct str text, struct shadow_ask *ask)
{
	struct url u;

	if (url_read(text, &u) != NULL || !u.web)
		return false;
	ask->host = u.authority;
	ask->target = ARENA_CAT(mem, u.path.n > 0 ? u.path : S("/"), str_given(u.query) ? S("?") : S(""), u.query);
	return str_given(ask->target);
}

static bool
answer_read(struct arena *mem, const json_t *v, struct shadow_answer *a)
{
	const json_t *content = json_object_get(v, "content");
	struct str body = json_member_str(content, "text"), bytes;
	int64_t status = 0;

	json_member_int(v, "status", &status);
	if (status < 100 || status > 999)
		return status == 0;             /* the browser got none */
	a->given = true;
	a->status = (int)status;
	if (!fields_read(mem, json_object_get(v, "headers"), field_is_answered, &a->fields))
		return false;
	if (str_is(json_member_str(content, "encoding"), "base64")) {
		if (!b64_decode(mem, body, &bytes))
			return false;
		body = bytes;
	}
	/* browsers do not keep the body of a redirect, and say so by leaving it out */
	a->partial = !str_given(body);
	return answer_body(mem, a, body);
}

bool
har_entry_read(struct arena *mem, const json_t *entry, struct shadow_exchange *x)
{
	const json_t *ask = json_object_get(entry, "request"), *data = json_object_get(ask, "postData");

	x->at = json_member_str(entry, "startedDateTime");
	x->ask.method = json_member_str(ask, "method");
	if (!fields_read(mem, json_object_get(ask, "headers"), field_is_asked, &x->ask.fields)
	    || !url_apart(mem, json_member_str(ask, "url"), &x->ask))
		return false;
	x->ask.body = body_of(mem, data);
	if (str_given(x->ask.body) && !str_given(fields_get(&x->ask.fields, "content-type"))
	    && !fields_add(mem, &x->ask.fields, S("content-type"), json_member_str(data, "mimeType")))
		return false;
	return ask_is_sound(&x->ask) && answer_read(mem, json_object_get(entry, "response"), &x->answer);
}
