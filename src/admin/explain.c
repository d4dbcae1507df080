/* admin/explain.c - see explain.h. */
#include "admin/explain.h"

bool
explain_id_is_sane(struct str id)
{
	for (size_t i = 0; i < id.n; i++)
		if (!((id.p[i] >= 'a' && id.p[i] <= 'z') || (id.p[i] >= '0' && id.p[i] <= '9')))
			return false;
	return id.n > 0 && id.n <= EXPLAIN_ID_MAX;
}

bool
explain_line_read(struct arena *mem, struct str line, struct str id, struct explained *out)
{
	const struct { const char *name; struct str *to; } members[] = {
		{ "ts", &out->ts }, { "issuer", &out->issuer }, { "endpoint", &out->endpoint },
		{ "method", &out->method }, { "grant", &out->grant },
		{ "client", &out->client }, { "user", &out->user }, { "reason", &out->reason },
		{ "detail", &out->detail }, { "peer", &out->peer },
		{ "param", &out->param }, { "came", &out->came }, { "near", &out->near }, { "differs", &out->differs },
	};
	ptrdiff_t brace = str_index(line, '{');
	const json_t *o;

	*out = (struct explained){ .status = 0 };
	if (brace < 0 || line.n > EXPLAIN_LINE_MAX || !explain_id_is_sane(id) || !str_contains(line, id))
		return false;
	o = json_read(mem, str_trim(str_from(line, (size_t)brace)));
	if (!json_is_object(o) || !str_is(json_member_str(o, "level"), "audit")
	    || !str_eq(json_member_str(o, "error_id"), id))
		return false;
	for (size_t i = 0; i < COUNT(members); i++)
		*members[i].to = json_member_str(o, members[i].name);
	out->status = json_integer_value(json_object_get(o, "status"));
	return true;
}
