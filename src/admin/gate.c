/* admin/gate.c - who may ask for probes and metrics by admin.listen: named addresses, holders of a token (RFC 6750). */
#include "admin/admin.h"

static void
deny(struct http_reply *r, int status, struct str body)
{
	r->status = status;
	r->body = body;
	http_reply_header(r, "Content-Type", S("text/plain; charset=utf-8"));
	http_reply_header(r, "Cache-Control", S("no-store"));
	if (status == 401)
		http_reply_header(r, "WWW-Authenticate", S("Bearer realm=\"hufu\""));
}

static bool
has_token(const struct office *o, const struct http_req *q)
{
	struct str given = http_header(q, "Authorization"), scheme;

	if (!str_given(given))
		return false;
	scheme = str_cut(&given, ' ');
	return str_eq_nocase(scheme, S("Bearer")) && str_given(given) && str_eq_secret(str_trim(given), o->token);
}

bool
office_admits(const struct office *o, const struct http_req *q, struct http_reply *r)
{
	if (o->n_allow > 0 && !http_address_is_in(q->peer, o->allow, o->n_allow)) {
		deny(r, 403, S("forbidden: admin.allow does not name this address\n"));
		return false;
	}
	if (str_empty(o->token) || str_is(q->path, "/livez") || has_token(o, q))
		return true;
	deny(r, 401, S("unauthorized: send Authorization: Bearer and admin.token\n"));
	return false;
}
