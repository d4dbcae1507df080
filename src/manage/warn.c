/* manage/warn.c - what is done as it was asked for, and deserves a second look: said at once, in the answer. */
#include "manage/manage_int.h"

void
job_warn(struct job *j, const char *code, struct str what, const char *text)
{
	struct buf *b = &j->warnings;

	if (b->mem == NULL)
		buf_init(b, j->mem, ANSWER_MAX / 2);
	if (b->n > ANSWER_MAX / 2 - WARNING_MAX) {
		j->warnings_left_out++;
		return;
	}
	jw_open(b, '{');
	jm_str(b, S("code"), str_of(code));
	jm_str(b, S("what"), what);
	jm_str(b, S("text"), str_of(say(text)));
	jw_close(b, '}');
}

void
warnings_put(struct job *j, struct buf *b)
{
	if (j->warnings.n > 0)
		jm_raw(b, S("warnings"), ARENA_CAT(j->mem, S("["), buf_str(&j->warnings), S("]")));
	if (j->warnings_left_out > 0)
		jm_int(b, S("warnings_left_out"), j->warnings_left_out);
}

/* Every issuer is one of another realm: nobody will ever ask for what is stored here. */
void
realm_warning(struct job *j, struct str realm)
{
	if (str_given(j->issuers) && str_eq(j->issuers, j->elsewhere) && !j->realm_warned)
		job_warn(j, "realm_unknown", realm,
		    "no issuer of the settings has this realm, so nobody can use what is stored in it");
	j->realm_warned = true;
}

static void
redirect_warning(struct job *j, struct str uri)
{
	struct url u;
	bool readable = url_read(uri, &u) == NULL;

	if (str_index(uri, '*') >= 0)
		job_warn(j, "redirect_wildcard", uri,
		    "'*' stands for itself: addresses are compared letter by letter (RFC 9700 section 2.1)");
	if (readable && u.web && !u.secure && u.kind != ADDRESS_LOOPBACK)
		job_warn(j, "redirect_plain_http", uri,
		    "codes and tokens travel to this address in the clear; use https");
}

void
client_warnings(struct job *j, const struct client *c)
{
	bool redirects =
	    str_has_word(c->grants, S("authorization_code"), ' ') || str_has_word(c->grants, S("implicit"), ' ');
	struct str uris = c->redirect_uris;

	realm_warning(j, c->realm);
	for (struct str uri; str_given(uris) && (uri = str_cut(&uris, '\n')).p;)
		if (uri.n > 0)
			redirect_warning(j, uri);
	if (redirects && c->redirect_uris.n == 0)
		job_warn(j, "redirect_missing", c->id,
		    "this client has no redirect URI, which its grants authorization_code or implicit need");
	if (c->grants.n > 0 && c->scopes.n == 0)
		job_warn(j, "scope_missing", c->id, "this client has no scope: whatever scope it asks for is refused");
	if (c->grants.n == 0)
		job_warn(j, "grant_missing", c->id, "this client has no grant: it gets no token");
}

bool
warn_of_namesakes(struct job *j, const struct user *u)
{
	struct client *rows = arena_array(j->mem, struct client, LIST_MAX);
	struct str after = STR_ABSENT;
	int n = rows == NULL ? -1 : LIST_MAX;

	while (n == LIST_MAX) {
		n = store_clients(j->store, j->mem, u->realm, after, LIST_MAX, rows);
		for (int i = 0; i < n; i++)
			if (str_eq(rows[i].acts_for, u->name))
				job_warn(j, "acts_for", rows[i].id,
				    "this client still acts for the user's name: hufu client set ID --acts-for ''");
		if (n > 0)
			after = rows[n - 1].id;
	}
	return n >= 0 || job_store_failed(j);
}
