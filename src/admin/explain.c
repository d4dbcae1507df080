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

/* The line of a request whose member says so. */
static bool
line_read(struct arena *mem, struct str line, const char *member, struct str wanted, struct explained *out)
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
	if (brace < 0 || line.n > EXPLAIN_LINE_MAX || !str_contains(line, wanted))
		return false;
	o = json_read(mem, str_trim(str_from(line, (size_t)brace)));
	if (!json_is_object(o) || !str_is(json_member_str(o, "level"), "audit")
	    || !str_eq(json_member_str(o, member), wanted))
		return false;
	for (size_t i = 0; i < COUNT(members); i++)
		*members[i].to = json_member_str(o, members[i].name);
	out->status = json_integer_value(json_object_get(o, "status"));
	return true;
}

bool
explain_line_read(struct arena *mem, struct str line, struct str id, struct explained *out)
{
	*out = (struct explained){ .status = 0 };
	return explain_id_is_sane(id) && line_read(mem, line, "error_id", id, out);
}

bool
explain_trace_read(struct arena *mem, struct str line, struct str trace, struct explained *out)
{
	*out = (struct explained){ .status = 0 };
	return trace_id_is_sane(trace) && line_read(mem, line, "trace_id", trace, out);
}
