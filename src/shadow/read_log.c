/*
 * shadow/read_log.c - a line of nginx's access log in the log_format of docs/shadow.md: one flat JSON object
 * (escape=json), an empty text where there is nothing.
 */
#include "shadow/shadow_int.h"

static const struct { const char *member, *field; } asked[] = {
	{ "content_type", "content-type" },
	{ "authorization", "authorization" },
	{ "cookie", "cookie" },
	{ "accept", "accept" },
	{ "accept_language", "accept-language" },
};
static const struct { const char *member, *field; } answered[] = {
	{ "sent_content_type", "content-type" },
	{ "sent_location", "location" },
	{ "sent_www_authenticate", "www-authenticate" },
	{ "sent_set_cookie", "set-cookie" },
};

/* A number or a text of digits. */
static bool
status_read(const json_t *v, int *out)
{
	int64_t n = 0;

	if (!json_is_integer(v) ? !str_int(json_text(v), &n) : (n = json_integer_value(v)) < 0)
		return false;
	*out = (int)n;
	return n >= 100 && n <= 999;
}

static bool
answer_read(struct arena *mem, const json_t *line, struct shadow_answer *a)
{
	if (json_object_get(line, "status") == NULL)
		return true;
	if (!status_read(json_object_get(line, "status"), &a->status))
		return false;
	a->given = a->partial = true;
	for (size_t i = 0; i < COUNT(answered); i++) {
		struct str value = json_member_str(line, answered[i].member);

		if (!str_empty(value) && !fields_add(mem, &a->fields, str_of(answered[i].field), value))
			return false;
	}
	return true;
}

bool
log_read(struct arena *mem, const json_t *line, struct shadow_exchange *x)
{
	x->at = json_member_str(line, "time");
	x->ask.method = json_member_str(line, "method");
	x->ask.target = json_member_str(line, "uri");
	x->ask.host = str_some(json_member_str(line, "host"));
	x->ask.body = str_some(json_member_str(line, "body"));
	for (size_t i = 0; i < COUNT(asked); i++) {
		struct str value = json_member_str(line, asked[i].member);

		if (!str_empty(value) && !fields_add(mem, &x->ask.fields, str_of(asked[i].field), value))
			return false;
	}
	return ask_is_sound(&x->ask) && answer_read(mem, line, &x->answer);
}
